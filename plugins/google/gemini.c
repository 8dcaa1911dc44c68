/* gemini.c - images from generateContent: what is asked.
 *
 * One user content: the pictures in the caller's order, then the words, for the
 * model sees them in that order.  There is no number of outputs, no negative
 * prompt, no mask and no size in pixels here.  What the caller names in
 * Google's own words goes where Google wants it: a few members to the top,
 * those of a picture into imageConfig, all others into generationConfig.
 */
#include "google.h"
#include <string.h>

#define TOP                                                                    \
  "safetySettings", "systemInstruction", "tools", "toolConfig", "labels",      \
    "cachedContent", "serviceTier", "store", "modelArmorConfig",               \
    "outputConfig", "continuationToken"
#define PICTURE                                                                \
  "aspectRatio", "imageSize", "personGeneration", "prominentPeople",           \
    "imageOutputOptions"
static const char *const top[] = { TOP, NULL };
static const char *const picture[] = { PICTURE, NULL };
static const char *const placed[] = { TOP, PICTURE, "generationConfig", NULL };
/* What the official client refuses to send. */
static const char *const not_on_studio[] = {
  "personGeneration",     "prominentPeople",
  "imageOutputOptions",   "outputMimeType",
  "outputConfig",         "outputCompressionQuality",
  "modelArmorConfig",     "audioTimestamp",
  "modelSelectionConfig", NULL,
};
static const char *const not_on_vertex[] = {
  "store",
  "enableEnhancedCivicAnswers",
  "partMetadata",
  NULL,
};

/* ---- inputs ------------------------------------------------------------- */

static void add_text(struct google *g, struct gamut_json *parts)
{
  const char *prompt = g->h->json_str(g->c->request, "prompt", NULL);
  struct gamut_json *part = g->h->json_object(g->c);

  if (!prompt)
    return;
  g->h->json_set_str(part, "text", prompt);
  g->h->json_set(parts, NULL, part);
}

static void add_input(struct google *g, struct gamut_json *parts, uint32_t i)
{
  const struct gamut_host *h = g->h;
  const char *url = h->input_info(g->c, i, "url");
  struct gamut_json *part = h->json_object(g->c);
  struct gamut_json *data = h->json_object(g->c);

  if (google_is_gs(url) && g->studio)
    google_wrong(g, GAMUT_E_INVALID, "gs:// addresses need Vertex");
  if (url && strncmp(url, "data:", 5) != 0) {
    h->json_set_str(data, "fileUri", url);
    h->json_set_str(data, "mimeType", google_mime(g, i));
    h->json_set(part, "fileData", data);
  } else {
    h->json_set_input(data, "data", i, GAMUT_AS_BASE64);
    h->json_set_str(data, "mimeType", google_mime(g, i));
    h->json_set(part, "inlineData", data);
  }
  h->json_set(parts, NULL, part);
}

static struct gamut_json *contents(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_json *list = h->json_array(g->c);
  struct gamut_json *content = h->json_object(g->c);
  struct gamut_json *parts = h->json_array(g->c);
  uint32_t i;

  for (i = 0; i < g->c->n_inputs; i++)
    add_input(g, parts, i);
  add_text(g, parts);
  h->json_set(content, "parts", parts);
  h->json_set_str(content, "role", "user");
  h->json_set(list, NULL, content);
  return list;
}

/* ---- options ------------------------------------------------------------ */

/* A number in quotes is a quality in percent. */
static int64_t percent(const char *s)
{
  int64_t n = 0;

  if (!s || !*s || strlen(s) > 3)
    return -1;
  for (; *s >= '0' && *s <= '9'; s++)
    n = n * 10 + (*s - '0');
  return *s || n > 100 ? -1 : n;
}

static void add_format(struct google *g, struct gamut_json *image)
{
  const struct gamut_host *h = g->h;
  const char *format = h->json_str(g->c->request, "format", NULL);
  int64_t quality = percent(h->json_str(g->c->request, "quality", NULL));
  struct gamut_json *options;

  if (!format && quality < 0)
    return;
  if (g->studio) {
    google_wrong(g, GAMUT_E_INVALID,
                 "the Gemini API lets nobody choose the file format; Vertex "
                 "(google:%s) does",
                 google_model(g));
    return;
  }
  options = h->json_object(g->c);
  if (format)
    h->json_set_str(options, "mimeType", h->text(g->c, "image/%s", format));
  if (quality >= 0)
    h->json_set_int(options, "compressionQuality", quality);
  h->json_set(image, "imageOutputOptions", options);
}

static struct gamut_json *image_config(struct google *g)
{
  struct gamut_json *image = g->h->json_object(g->c);
  size_t i;

  google_set_any(g, image, "aspectRatio", "aspect_ratio");
  google_set_any(g, image, "imageSize", "resolution");
  add_format(g, image);
  for (i = 0; picture[i]; i++)
    google_extra(g, image, picture[i]);
  return image;
}

/* NULL: nothing is said, so nothing is sent. */
static struct gamut_json *generation_config(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *own =
    h->json_get(g->c->request, "extra/generationConfig");
  struct gamut_json *config = h->json_object(g->c);
  struct gamut_json *image = image_config(g);
  const char *name;
  uint32_t n;

  google_set_int(g, config, "seed", "seed");
  if (h->json_count(image, "") > 0)
    h->json_set(config, "imageConfig", image);
  google_merge(g, config, placed);
  for (n = 0; h->json_member(own, n, &name); n++)
    h->json_set(config, name, h->json_member(own, n, NULL));
  return own || h->json_count(config, "") > 0 ? config : NULL;
}

static void check_extra(struct google *g)
{
  const struct gamut_host *h = g->h;
  const struct gamut_json *extra = h->json_get(g->c->request, "extra");
  const char *const *refused = g->studio ? not_on_studio : not_on_vertex;
  const char *name;
  uint32_t n;

  for (n = 0; h->json_member(extra, n, &name); n++)
    if (google_in(name, refused))
      google_wrong(g, GAMUT_E_INVALID, "%s is not offered by %s", name,
                   g->studio ? "the Gemini API, only on Vertex" : "Vertex");
  for (n = 0; g->studio && h->json_count(extra, "safetySettings") > n; n++)
    if (h->json_get(extra, h->text(g->c, "safetySettings/%u/method", n)))
      google_wrong(g, GAMUT_E_INVALID,
                   "safetySettings' method is offered on Vertex only");
  for (n = 0; g->studio && not_on_studio[n]; n++)
    if (h->json_get(extra, h->text(g->c, "imageConfig/%s", not_on_studio[n])))
      google_wrong(g, GAMUT_E_INVALID, "%s is offered on Vertex only",
                   not_on_studio[n]);
}

static void check_fields(struct google *g)
{
  static const char *const none[] = {
    "negative_prompt", "width",      "duration", "fps",
    "audio",           "guidance",   "steps",    "strength",
    "style",           "background", "webhook",  NULL
  };
  const char *model = google_model(g);
  size_t i;

  for (i = 0; none[i]; i++)
    if (google_ask(g, none[i]))
      google_wrong(g, GAMUT_E_UNSUPPORTED, "%s has no %s", model,
                   strcmp(none[i], "width") == 0 ? "size in pixels" : none[i]);
  if (g->h->json_int(g->c->request, "n", 1) > 1)
    google_wrong(g, GAMUT_E_UNSUPPORTED, "%s makes one picture a request",
                 model);
  if (google_count(g, "mask") > 0)
    google_wrong(g, GAMUT_E_UNSUPPORTED,
                 "%s takes no mask; say in words what to change", model);
}

/* Events on the way, or drafts, of which there is no number here. */
static int wants_stream(struct google *g)
{
  const struct gamut_json *stream =
    g->h->json_get(g->c->request, "options/stream");
  const char *word = stream ? g->h->json_text(g->c, stream) : NULL;

  return (word && strcmp(word, "true") == 0) ||
         g->h->json_int(g->c->request, "partials", -1) >= 0;
}

/* The 3.x models were announced for the location global; our preset is a
 * region, where they may be missing. */
int google_wants_global(struct google *g)
{
  const char *model = google_model(g);
  const char *location = g->studio ? NULL : g->h->config_str(g->c, "location");

  return google_way(g) == GOOGLE_BY_ADC && model &&
         strncmp(model, "gemini-3", 8) == 0 && location &&
         strcmp(location, "us-central1") == 0;
}

int32_t google_generate(struct google *g)
{
  const struct gamut_host *h = g->h;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GOOGLE_GENERATE,
                          .flags = GAMUT_HTTP_BILLABLE,
                          .method = "POST" };
  struct gamut_json *body = h->json_object(g->c), *config;
  size_t i;

  check_fields(g);
  check_extra(g);
  config = generation_config(g);
  h->json_set(body, "contents", contents(g));
  for (i = 0; top[i]; i++)
    google_extra(g, body, top[i]);
  h->json_set(body, "generationConfig", config);
  if (g->wrong)
    return google_refuse(g);
  x.json = body;
  if (wants_stream(g)) {
    x.phase = GOOGLE_STREAM;
    x.flags |= GAMUT_HTTP_STREAM;
    x.url = google_url(g, "streamGenerateContent?alt=sse");
  } else {
    x.url = google_url(g, "generateContent");
  }
  if (google_wants_global(g))
    x.flags |= GAMUT_HTTP_ALL;
  google_timeout(g);
  return h->http(g->c, &x);
}
