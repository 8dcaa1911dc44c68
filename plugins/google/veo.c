/* veo.c - Veo: predictLongRunning, polls, a video.
 *
 * Pictures and videos stand in the instance, all else in the parameters.  The
 * operation's name is where to ask: on Vertex by a POST to the model that the
 * name begins with (by key too, where the name holds a project that the start
 * did not), on Studio by a GET of the name itself.  `done` comes with an error,
 * whose code is one of google.rpc, or with a response whose videos lie one
 * level deeper on Studio.  A response without videos is a refusal.
 *
 * State: "operation", its name; "poll", the URL to ask.
 */
#include "google.h"
#include <string.h>

enum { POLL_MS = 10000 };

/* What belongs elsewhere than into the parameters. */
#define ELSEWHERE "labels webhookConfig userMetadata maskMode referenceType"
/* What the official client refuses to send to Studio. */
#define NOT_ON_STUDIO                                                          \
  "seed generateAudio storageUri fps labels pubsubTopic compressionQuality "   \
  "resizeMode maskMode mask outputGcsUri"

/* ---- the instance ------------------------------------------------------- */

static void set_image(struct google *g, struct gamut_json *instance,
                      const char *name, int32_t input)
{
  if (input >= 0)
    g->h->json_set(instance, name, google_image(g, (uint32_t)input));
}

static void set_video(struct google *g, struct gamut_json *instance)
{
  const struct gamut_host *h = g->h;
  int32_t input = google_input(g, "video", 0);
  struct gamut_json *video = h->json_object(g->c);
  const char *url;

  if (input < 0 || !g->studio) {
    set_image(g, instance, "video", input);
    return;
  }
  url = h->input_info(g->c, (uint32_t)input, "url");
  if (!url || google_is_gs(url))
    google_wrong(g, GAMUT_E_INVALID,
                 "the Gemini API extends only videos of its own, by their URL");
  h->json_set_str(video, "uri", url);
  h->json_set(instance, "video", video);
}

static void set_references(struct google *g, struct gamut_json *instance)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *list = h->json_array(g->c), *one;
  uint32_t n, count = google_count(g, "reference");

  for (n = 0; n < count; n++) {
    one = h->json_object(g->c);
    set_image(g, one, "image", google_input(g, "reference", n));
    h->json_set_str(one, "referenceType", "ASSET");
    google_take(g, one, "referenceType");
    h->json_set(list, NULL, one);
  }
  if (count > 0)
    h->json_set(instance, "referenceImages", list);
}

/* One flat object: the picture's members and the mode. */
static void set_mask(struct google *g, struct gamut_json *instance)
{
  int32_t input = google_input(g, "mask", 0);
  struct gamut_json *mask;

  if (input < 0)
    return;
  if (g->studio)
    google_wrong(g, GAMUT_E_INVALID, "masks are taken on Vertex only");
  mask = google_image(g, (uint32_t)input);
  google_take(g, mask, "maskMode");
  g->h->json_set(instance, "mask", mask);
}

static void set_instance(struct google *g, struct gamut_json *instance)
{
  int32_t first = google_input(g, "first_frame", 0);

  google_set_any(g, instance, "prompt", "prompt");
  set_image(g, instance, "image",
            first >= 0 ? first : google_input(g, "image", 0));
  set_image(g, instance, "lastFrame", google_input(g, "last_frame", 0));
  set_video(g, instance);
  set_references(g, instance);
  set_mask(g, instance);
}

static void check_inputs(struct google *g)
{
  uint32_t images = google_count(g, "image") + google_count(g, "first_frame");
  uint32_t references = google_count(g, "reference");
  uint32_t videos = google_count(g, "video");
  uint32_t lasts = google_count(g, "last_frame");
  const char *wrong = NULL;

  if (images > 1 || videos > 1 || lasts > 1)
    wrong = "Veo takes one picture of each kind";
  else if (images > 0 && videos > 0)
    wrong = "Veo takes an image or a video";
  else if (references > 0 && images + videos + lasts > 0)
    wrong = "Veo takes references or other pictures, not both";
  else if (references > 0 && !google_ask(g, "prompt"))
    wrong = "references need a prompt";
  else if (lasts > 0 && images == 0)
    wrong = "a last frame needs a first frame";
  if (wrong)
    google_wrong(g, GAMUT_E_INVALID, "%s", wrong);
}

/* ---- parameters --------------------------------------------------------- */

static void check_studio(struct google *g)
{
  static const char fields[][6] = { "seed", "audio", "fps" };
  size_t i;

  for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
    if (google_ask(g, fields[i]))
      google_wrong(g, GAMUT_E_INVALID, "%s is taken by Veo on Vertex only",
                   fields[i]);
  google_forbid(g, g->h->json_get(g->c->request, "extra"), NOT_ON_STUDIO);
}

static struct gamut_json *parameters_of(struct google *g)
{
  struct gamut_json *parameters = g->h->json_object(g->c);

  google_set_int(g, parameters, "sampleCount", "n");
  google_set_int(g, parameters, "durationSeconds", "duration");
  google_set_any(g, parameters, "aspectRatio", "aspect_ratio");
  google_set_any(g, parameters, "resolution", "resolution");
  google_set_any(g, parameters, "generateAudio", "audio");
  google_set_int(g, parameters, "seed", "seed");
  google_set_any(g, parameters, "negativePrompt", "negative_prompt");
  google_set_int(g, parameters, "fps", "fps");
  google_leave(g, parameters, ELSEWHERE);
  return g->h->json_count(parameters, "") > 0 ? parameters : NULL;
}

static void set_webhook(struct google *g, struct gamut_json *body)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *url = google_ask(g, "webhook");
  struct gamut_json *config, *uris;

  if (!g->studio && (url || google_extra(g, "webhookConfig")))
    google_wrong(g, GAMUT_E_UNSUPPORTED,
                 "Vertex calls no webhook; set pubsubTopic instead");
  google_take(g, body, "webhookConfig");
  if (!url)
    return;
  config = h->json_object(g->c);
  uris = h->json_array(g->c);
  h->json_set(uris, NULL, url);
  h->json_set(config, "uris", uris);
  google_take(g, config, "userMetadata");
  h->json_set(body, "webhookConfig", config);
}

int32_t google_start(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *body = h->json_object(g->c), *list = h->json_array(g->c);
  struct gamut_json *instance = h->json_object(g->c);
  struct gamut_http x = { .phase = GOOGLE_START,
                          .flags = GAMUT_HTTP_BILLABLE,
                          .json = body,
                          .url = google_url(g, "predictLongRunning") };

  check_inputs(g);
  if (g->studio)
    check_studio(g);
  set_instance(g, instance);
  h->json_set(list, NULL, instance);
  h->json_set(body, "instances", list);
  h->json_set(body, "parameters", parameters_of(g));
  google_take(g, body, "labels");
  set_webhook(g, body);
  return google_send(g, &x);
}

/* ---- polls -------------------------------------------------------------- */

static int32_t poll_again(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *body = h->json_object(g->c);
  struct gamut_http x = { .phase = GOOGLE_POLL,
                          .delay_ms = POLL_MS,
                          .poll_ms = POLL_MS,
                          .method = g->studio ? "GET" : "POST",
                          .json = g->studio ? NULL : body,
                          .url = h->json_str(g->c->state, "poll", "") };

  h->json_set_str(body, "operationName",
                  h->json_str(g->c->state, "operation", ""));
  return google_send(g, &x);
}

int32_t google_started(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json;
  const char *name = h->json_str(r, "name", ""), *slash, *poll;

  if (h->json_get(r, "error"))
    return google_error(g, h->json_get(r, "error"), 0);
  slash = strstr(name, "/operations/");
  if (!slash || !google_is_plain(name, "-._/") || strstr(name, "..") ||
      name[0] == '/')
    return h->fail(g->c, GAMUT_E_PROTOCOL,
                   "Google took the job but named no operation");
  poll = name;
  if (!g->studio)
    poll =
      h->text(g->c, "%.*s:fetchPredictOperation", (int)(slash - name), name);
  h->fact(g->c, "operation", name);
  h->json_set_str(g->c->state, "operation", name);
  h->json_set_str(g->c->state, "poll", google_path(g, "", poll));
  return poll_again(g);
}

/* ---- the result --------------------------------------------------------- */

/* The download of a file is asked of our own base: the key belongs there. */
static const char *file_url(struct google *g, const char *uri)
{
  const char *id = strstr(uri, "files/");
  size_t n;

  if (!g->studio || !id)
    return uri;
  id += strlen("files/");
  n = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789");
  if (n == 0)
    return uri;
  id = g->h->text(g->c, "files/%.*s:download?alt=media", (int)n, id);
  return g->h->text(g->c, "%s%s", google_base(g), google_path(g, "", id));
}

static int take_video(struct google *g, const struct gamut_json *entry)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *v = h->json_get(entry, "video");
  const char *data, *gs, *url;

  v = v ? v : entry;
  data =
    h->json_str(v, "bytesBase64Encoded", h->json_str(v, "encodedVideo", NULL));
  url = h->json_str(v, "uri", NULL);
  gs = h->json_str(v, "gcsUri", google_is_gs(url) ? url : NULL);
  if (!data && !gs && !url)
    return 0;
  google_hand_over(
    g, GAMUT_VIDEO,
    h->json_str(v, "mimeType", h->json_str(v, "encoding", "video/mp4")), data,
    gs, data || gs ? NULL : file_url(g, url));
  return 1;
}

/* The first of the reasons is the sentence; each may have codes. */
static const char *read_reasons(struct google *g, const struct gamut_json *list)
{
  const struct gamut_host *h = g->h;
  const char *why = NULL, *codes = NULL, *text;
  uint32_t i;

  for (i = 0; i < h->json_count(list, ""); i++) {
    text = h->json_str(h->json_member(list, i, NULL), "", NULL);
    codes = google_codes(g, codes, text);
    why = why ? why : text;
  }
  google_tell_codes(g, codes);
  return why;
}

static int32_t conclude(struct google *g, const struct gamut_json *response)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *deep =
    h->json_get(response, "generateVideoResponse");
  const struct gamut_json *list, *one;
  int64_t filtered, n = 0;
  const char *why;
  uint32_t i;

  response = deep ? deep : response;
  list = h->json_get(response, "videos");
  list = list ? list : h->json_get(response, "generatedSamples");
  for (i = 0; (one = h->json_member(list, i, NULL)); i++)
    n += take_video(g, one);
  filtered = h->json_int(response, "raiMediaFilteredCount", 0);
  why = read_reasons(g, h->json_get(response, "raiMediaFilteredReasons"));
  if (n == 0 && (filtered > 0 || why))
    return h->fail(g->c, GAMUT_E_BLOCKED, "%s",
                   why ? why : "all videos were withheld");
  if (n == 0)
    return h->fail(g->c, GAMUT_E_PROVIDER,
                   "the job ended well but brought no video");
  for (i = 0; i < 100 && i < filtered; i++)
    google_withheld(g, GAMUT_VIDEO);
  google_count_fact(g, "filtered", filtered);
  return h->done(g->c);
}

int32_t google_polled(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *r = g->c->reply->json;

  if (h->json_type(r) != GAMUT_JSON_OBJECT)
    return h->fail(g->c, GAMUT_E_PROTOCOL, "Google's answer is no JSON object");
  if (!google_is(g, h->json_get(r, "done"), "true")) {
    h->progress(g->c, -1, NULL);
    return poll_again(g);
  }
  if (h->json_get(r, "error"))
    return google_error(g, h->json_get(r, "error"), 1);
  return conclude(g, h->json_get(r, "response"));
}
