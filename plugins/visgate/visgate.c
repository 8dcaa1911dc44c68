/* visgate.c - visgate: one API and key in front of fal, Replicate and Runway.
 *
 * A picture is one POST that waits for it; a video is a POST that is answered
 * with the id of a job, then reads of that job.  Which of the two it is the
 * header Prefer asks for, and the server may wait all the same.  What
 * surprises:
 *
 *  - The same request may bring the same picture again: the gateway has a
 * cache, by words and by likeness, and nothing passes it by.
 *  - A video's 200 may have no URL in it; nothing was made then.
 *  - A job's answer has neither price nor more than one file.
 *  - Keys of the caller's own (at fal, Replicate, Runway) go along with every
 *    exchange and change who pays.  They are asked for by variables of their
 *    own: FAL_KEY was set for fal, not for a gateway to it.
 *  - Codes with PROVIDER in them blame the provider behind, under any status
 *    but 401, 422 and 429.
 *  - Nothing can be cancelled, and no key makes a repeated POST harmless; a 5xx
 *    is repeated as the official client does, a lost answer is not.
 *
 * State: "id" of the job, "polls" so far, what was "said" last.
 */
#include "visgate.h"
#include <string.h>

#define POLL_MS 2000
/* The answer comes when the work is done; asked to answer at once, the server
 * may wait all the same. */
#define PICTURE_MS (10 * 60 * 1000)
#define VIDEO_MS   (30 * 60 * 1000)

static const char *const phases[] = {
  [VG_GENERATE] = "generate",
  [VG_IMAGES] = "images",
  [VG_VIDEOS] = "videos",
  [VG_REQUEST] = "status",
  [VG_MODELS] = "models",
  [VG_BILLING] = "billing",
  [VG_BALANCES] = "balances",
  [VG_USAGE] = "usage",
  [VG_KEYS] = "keys",
  [VG_API_KEYS] = "api-keys",
  [VG_SET_KEY] = "set-key",
  [VG_VALIDATE_KEY] = "validate-key",
  [VG_DELETE_KEY] = "delete-key",
  [VG_HEALTH] = "health",
};

#define SECRET(name, env, help)                                                \
  {                                                                            \
    name, env, NULL, NULL, help, GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0          \
  }
static const struct gamut_key keys[] = {
  SECRET("api_key", "VISGATE_API_KEY", "key of visgateai.com, as vg-..."),
  { "base_url", "VISGATE_BASE_URL", NULL, NULL, "where the API is", GAMUT_URL,
    0, 0, 0 },
  SECRET("fal_key", "VISGATE_FAL_API_KEY VISGATE_FAL_KEY",
         "own key at fal, sent along: fal charges you then"),
  SECRET("replicate_key", "VISGATE_REPLICATE_API_KEY VISGATE_REPLICATE_KEY",
         "own key at Replicate, sent along"),
  SECRET("runway_key", "VISGATE_RUNWAY_API_KEY VISGATE_RUNWAY_KEY",
         "own key at Runway, sent along"),
  SECRET("runpod_key", "VISGATE_RUNPOD_KEY",
         "own key at RunPod, sent along (the header's name is not sure)"),
};

/* The own keys are no proof without visgate's. */
static const struct gamut_credential credentials[] = {
  { NULL, "authorization", "Bearer {api_key}" },
  { NULL, "x-fal-key", "{?api_key}{fal_key}" },
  { NULL, "x-replicate-key", "{?api_key}{replicate_key}" },
  { NULL, "x-runway-key", "{?api_key}{runway_key}" },
  { NULL, "x-runpod-key", "{?api_key}{runpod_key}" },
};

#define STATUS(status, class, flags)                                           \
  {                                                                            \
    status, class, NULL, NULL, flags, 0                                        \
  }
#define ORDERS (1u << VG_GENERATE | 1u << VG_IMAGES | 1u << VG_VIDEOS)
#define ONCE(status, class)                                                    \
  {                                                                            \
    status, class, NULL, NULL, GAMUT_REASON_FINAL, ORDERS                      \
  }
#define UNSURE(status, class)                                                  \
  {                                                                            \
    status, class, NULL, NULL, GAMUT_REASON_DOUBTFUL, ORDERS                   \
  }
/* clang-format off */
static const struct gamut_reason reasons[] = {
  STATUS(401, GAMUT_E_AUTH, 0),
  STATUS(422, GAMUT_E_INVALID, 0),
  STATUS(429, GAMUT_E_RATE, 0),
  /* Repeated, whatever the code. */
  STATUS(500, GAMUT_E_PROVIDER, 0),
  STATUS(502, GAMUT_E_PROVIDER, 0),
  STATUS(503, GAMUT_E_PROVIDER, 0),
  STATUS(504, GAMUT_E_PROVIDER, 0),
  { 0, GAMUT_E_PROVIDER, "error", "*PROVIDER*", GAMUT_REASON_FINAL, 0 },
  STATUS(400, GAMUT_E_INVALID, 0),
  STATUS(402, GAMUT_E_QUOTA, 0),
  STATUS(403, GAMUT_E_PERMISSION, 0),
  STATUS(404, GAMUT_E_NOT_FOUND, 0),
  STATUS(410, GAMUT_E_NOT_FOUND, 0),
  STATUS(413, GAMUT_E_INVALID, 0),
  STATUS(415, GAMUT_E_INVALID, 0),
  /* Who gave up waiting leaves the work behind going on, perhaps: it may be made
   * and charged. */
  UNSURE(408, GAMUT_E_TIMEOUT),
  UNSURE(520, GAMUT_E_PROVIDER),
  UNSURE(522, GAMUT_E_PROVIDER),
  UNSURE(524, GAMUT_E_TIMEOUT),
  /* Not repeated where it costs; a job is asked after again. */
  ONCE(405, GAMUT_E_PROVIDER),
  ONCE(409, GAMUT_E_PROVIDER),
  ONCE(425, GAMUT_E_PROVIDER),
  ONCE(5, GAMUT_E_PROVIDER), /* and what else a server may say */
};
/* clang-format on */

/* ---- exchanges ---------------------------------------------------------- */

/* The official client says its content type where there is none, too.  All
 * statuses: wording decides what was refused. */
int32_t vg_http(struct gamut_call *c, struct gamut_http *x)
{
  x->struct_size = sizeof(*x);
  x->flags |= GAMUT_HTTP_ALL;
  c->host->header(c, "content-type", "application/json");
  return c->host->http(c, x);
}

static const char *submit_url(struct gamut_call *c, int32_t endpoint)
{
  if (endpoint == VG_GENERATE)
    return "/generate";
  if (endpoint == VG_VIDEOS)
    return "/videos/generate";
  return vg_wants(c, "include_steps", 0) ? "/images/generate?include_steps=true"
                                         : "/images/generate";
}

static int32_t submit(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  int32_t endpoint = vg_endpoint(c), rc = vg_check_options(c);
  struct gamut_http x = { .phase = endpoint,
                          .flags = GAMUT_HTTP_BILLABLE,
                          .method = "POST" };
  const char *wrong = NULL;

  if (rc != 0)
    return rc;
  x.json = vg_body(c, &wrong);
  if (wrong)
    return h->fail(c, GAMUT_E_UNSUPPORTED, "%s", wrong);
  x.url = submit_url(c, endpoint);
  x.timeout_ms = endpoint == VG_VIDEOS ? VIDEO_MS : PICTURE_MS;
  if (vg_is_async(c))
    h->header(c, "prefer", "respond-async");
  return vg_http(c, &x);
}

/* At once, then every two seconds. */
static int32_t poll_job(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  int64_t polls = h->json_int(c->state, "polls", 0);
  struct gamut_http x = { .phase = VG_REQUEST,
                          .method = "GET",
                          .delay_ms = polls > 0 ? POLL_MS : 0,
                          .poll_ms = POLL_MS };

  h->json_set_int(c->state, "polls", polls + 1);
  x.url =
    h->text(c, "/requests/%s", h->escape(c, h->json_str(c->state, "id", "")));
  return vg_http(c, &x);
}

/* ---- a job -------------------------------------------------------------- */

/* An older reply names it "id". */
static const char *job_id(struct gamut_call *c, const char *otherwise)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;

  return h->json_str(r, "request_id", h->json_str(r, "id", otherwise));
}

static void say(struct gamut_call *c, const char *note)
{
  const struct gamut_host *h = c->host;

  if (strcmp(h->json_str(c->state, "said", ""), note) == 0)
    return;
  h->json_set_str(c->state, "said", note);
  h->progress(c, -1, note);
}

static int32_t completed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *media = h->json_str(r, "media_type", NULL);
  int32_t kind = vg_endpoint(c) == VG_VIDEOS ? GAMUT_VIDEO : GAMUT_IMAGE;

  if (media)
    kind = strcmp(media, "video") == 0   ? GAMUT_VIDEO
           : strcmp(media, "audio") == 0 ? GAMUT_AUDIO
                                         : GAMUT_IMAGE;
  vg_tell(c);
  if (!vg_hand_over(c, kind, h->json_str(r, "output_url", NULL)))
    return h->fail(c, GAMUT_E_PROVIDER,
                   "the job is completed but names no file");
  return h->done(c);
}

static int32_t failed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *why = h->json_str(c->reply->json, "error_message", "");

  vg_tell(c);
  return h->fail(c, vg_is_refusal(why) ? GAMUT_E_BLOCKED : GAMUT_E_PROVIDER,
                 "%s", *why ? why : "the job failed, and no word why");
}

/* Words that nobody knows mean waiting, as no word does. */
static int32_t looked(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *status = h->json_str(c->reply->json, "status", "pending");
  const char *id = h->json_str(c->state, "id", "");

  if (h->json_type(c->reply->json) != GAMUT_JSON_OBJECT)
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer is no job");
  if (strcmp(job_id(c, id), id) != 0)
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer is about another job");
  if (strcmp(status, "completed") == 0)
    return completed(c);
  if (strcmp(status, "failed") == 0)
    return failed(c);
  if (strcmp(status, "pending") == 0 || strcmp(status, "accepted") == 0)
    say(c, "in the queue");
  else
    say(c, strcmp(status, "processing") == 0 ? "running" : status);
  return poll_job(c);
}

/* The first answer is about the job as all the others are.  Without an id the
 * job runs and nobody can ask after it: PROTOCOL, which the host takes for
 * maybe charged behind what is paid for. */
static int32_t accepted(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *id = job_id(c, "");

  if (!*id || strlen(id) > 200)
    return h->fail(c, GAMUT_E_PROTOCOL,
                   "the job was taken but has no request_id");
  h->json_set_str(c->state, "id", id);
  h->fact(c, "request_id", id);
  return looked(c);
}

/* ---- an answer that waited ---------------------------------------------- */

static int32_t pictures(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *images = h->json_get(c->reply->json, "images");
  uint32_t i, n = h->json_count(images, "");
  int found = 0;

  for (i = 0; i < n; i++)
    found += vg_hand_over(
      c, GAMUT_IMAGE, h->json_str(h->json_member(images, i, NULL), "", NULL));
  if (found == 0)
    found = vg_hand_over(c, GAMUT_IMAGE,
                         h->json_str(c->reply->json, "image_url", NULL));
  return found > 0
           ? h->done(c)
           : h->fail(c, GAMUT_E_PROVIDER, "the answer names no picture");
}

static int32_t video(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  if (!vg_hand_over(c, GAMUT_VIDEO,
                    h->json_str(c->reply->json, "video_url", NULL)))
    return h->fail(c, GAMUT_E_PROVIDER,
                   "the answer names no video (video_url is empty)");
  return h->done(c);
}

/* 202, or a 200 that tells of a job and brings no result. */
static int is_job(struct gamut_call *c)
{
  static const char *const words[] = { "pending", "accepted", "processing",
                                       "failed" };
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *status = h->json_str(r, "status", "");
  size_t i;

  if (c->reply->status == 202)
    return 1;
  for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    if (strcmp(status, words[i]) == 0)
      return h->json_str(r, "request_id", NULL) != NULL;
  return h->json_str(r, "output_url", NULL) != NULL;
}

/* A good status whose answer makes no sense leaves it open: it has been taken,
 * and perhaps made and charged.  A whole answer that names nothing tells the
 * outcome: nothing was made. */
static int32_t submitted(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  if (is_job(c))
    return accepted(c);
  if (h->json_type(c->reply->json) != GAMUT_JSON_OBJECT)
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer is no JSON object");
  vg_tell(c);
  return c->phase == VG_VIDEOS ? video(c) : pictures(c);
}

static int32_t vg_step(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return submit(c);
  if (c->reply->status >= 400)
    return vg_refused(c);
  return c->phase == VG_REQUEST ? looked(c) : submitted(c);
}

static const void *extension(const char *id)
{
  if (strcmp(id, GAMUT_EXT_MODELS) == 0)
    return &vg_models;
  return strcmp(id, GAMUT_EXT_ACCOUNT) == 0 ? &vg_account : NULL;
}

static const struct gamut_provider visgate = {
  .struct_size = sizeof(visgate),
  .state_version = 1,
  .name = "visgate",
  .title = "visgate",
  .homepage = "https://visgateai.com",
  .base_url = "https://visgateai.com/api/v1",
  .error_path = "message error",
  .keys = GAMUT_TABLE(keys),
  .credentials = GAMUT_TABLE(credentials),
  .phases = GAMUT_TABLE(phases),
  .reasons = GAMUT_TABLE(reasons),
  .step = vg_step,
  .extension = extension,
};
static const struct gamut_provider *const providers[] = { &visgate, NULL };
GAMUT_PLUGIN(visgate, .version = "1.0.0", .license = "MIT",
             .providers = providers);
