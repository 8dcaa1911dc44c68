/* fal.c - fal.ai: jobs in the queue of queue.fal.run.
 *
 * One endpoint is one model; its id is the path of the submit, and what it
 * calls things is the catalog's "wire" (input.c).  A job is a POST, then polls
 * of its status (or one stream of it), then one GET of the result; direct.c
 * does without the queue, upload.c brings files to fal.  What surprises:
 *
 *  - Status, result and cancel drop the sub path: owner/app only, with a
 *    namespace (workflows, comfy) three parts.
 *  - COMPLETED is not success.  There is no FAILED: the status carries "error",
 *    or the result answers with the error's own status.
 *  - The result of a failed job stays failed, so only the submit is worth
 *    repeating, except when an ingress answered in fal's place.
 *  - 422 means wrong input or refused content; has_nsfw_concepts marks pictures
 *    that were replaced by black ones.
 *
 * State: "id" of the request, "polls" so far, what was "said" last; "status",
 * "result", "cancel" only when fal named paths other than the usual.
 */
#include "fal.h"
#include <string.h>

/* A stream of the status may be silent as long as nothing changes. */
#define WATCH_SILENCE_MS (5 * 60 * 1000)

#define QUEUE "https://queue.fal.run"

static const char *const phases[] = {
  [FAL_SUBMIT] = "submit", [FAL_STATUS] = "status",     [FAL_RESULT] = "result",
  [FAL_CANCEL] = "cancel", [FAL_WATCH] = "watch",       [FAL_RUN] = "run",
  [FAL_STREAM] = "stream", [FAL_INITIATE] = "initiate", [FAL_PUT] = "put",
  [FAL_PART] = "part",     [FAL_COMPLETE] = "complete", [FAL_MODELS] = "models",
  [FAL_PRICES] = "prices", [FAL_BALANCE] = "balance",   [FAL_KEYS] = "keys",
};

static const struct gamut_key keys[] = {
  { "api_key", "FAL_KEY", NULL, NULL,
    "key of fal.ai/dashboard/keys, as id:secret", GAMUT_STRING,
    GAMUT_KEY_SECRET, 0, 0 },
  { "key_id", "FAL_KEY_ID", NULL, NULL, "the key's id, with key_secret",
    GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
  { "key_secret", "FAL_KEY_SECRET", NULL, NULL, "the key's secret, with key_id",
    GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
  { "logs", "FAL_LOGS", "false", NULL, "show the model's log lines", GAMUT_BOOL,
    0, 0, 0 },
  { "status_stream", "FAL_STATUS_STREAM", "false", NULL,
    "follow jobs by a stream of their status instead of polls", GAMUT_BOOL, 0,
    0, 0 },
  { "proxy", NULL, "false", NULL,
    "base_url is a proxy of fal's kind, which adds the key: the address of "
    "each "
    "request goes in its header x-fal-target-url",
    GAMUT_BOOL, 0, 0, 0 },
  { "run_host", "FAL_RUN_HOST", "fal.run", NULL,
    "in place of fal.run, and with queue. before it of queue.fal.run",
    GAMUT_STRING, 0, 0, 0 },
  { "queue_host", "FAL_QUEUE_RUN_HOST", NULL, NULL, "in place of queue.fal.run",
    GAMUT_STRING, 0, 0, 0 },
  { "inline_max", "FAL_INLINE_MAX", "262144", NULL,
    "larger files are uploaded, smaller ones travel in the request; 0: all are "
    "uploaded",
    GAMUT_INT, 0, 0, 32 * 1024 * 1024 },
};

#define BOTH(origin)                                                           \
  { origin, "authorization", "{!proxy}Key {api_key}" },                        \
  {                                                                            \
    origin, "authorization", "{!proxy}Key {key_id}:{key_secret}"               \
  }
static const struct gamut_credential credentials[] = {
  BOTH(NULL), /* base_url: the queue, or what stands in for it */
  BOTH(QUEUE),
  BOTH("https://{queue_host}"),
  BOTH("https://queue.{run_host}"),
  BOTH("https://{run_host}"),
  BOTH("https://rest.fal.ai"),
  BOTH("https://api.fal.ai"),
  { "https://v3.fal.media", NULL, NULL },
  { "https://v3b.fal.media", NULL, NULL },
  { "https://fal.media", NULL, NULL },
};

static const struct gamut_backup backups[] = {
  { QUEUE, "https://queue.falrun.com" },
  { "https://fal.run", "https://falrun.com" },
};

/* A row for a job that has run, whose result says how it failed: asking again
 * gives the same answer.  The same words from a submit are worth a repetition;
 * from a status they are the queue's own trouble, and the job goes on. */
#define ENDED (1u << FAL_RESULT)
#define ONCE                                                                   \
  (((2u << FAL_COMPLETE) - 1) &                                                \
   ~(1u << FAL_STATUS | 1u << FAL_RESULT | 1u << FAL_PART))
#define PAID (1u << FAL_SUBMIT | 1u << FAL_RUN | 1u << FAL_STREAM)
#define RAN(class, path, value)                                                \
  { 0, class, path, value, GAMUT_REASON_FINAL, ENDED },                        \
  {                                                                            \
    0, class, path, value, 0, 0                                                \
  }

#define RAN_STATUS(status, class)                                              \
  { status, class, NULL, NULL, GAMUT_REASON_FINAL, ENDED },                    \
  {                                                                            \
    status, class, NULL, NULL, 0, 0                                            \
  }

/* clang-format off */
static const struct gamut_reason reasons[] = {
  /* Refusals come under any status, in any entry. */
  { 0, GAMUT_E_BLOCKED, "detail/*/type", "content_policy_violation", 0, 0 },
  /* The caller's own start deadline. */
  { 504, GAMUT_E_TIMEOUT, "@x-fal-request-timeout-type", "user",
    GAMUT_REASON_FINAL, 0 },
  /* An empty purse is 403, not 402. */
  { 403, GAMUT_E_QUOTA, "detail", "User is locked*balance*", 0, 0 },
  { 403, GAMUT_E_QUOTA, "detail", "User is locked*TOP_UP*", 0, 0 },
  /* Would the same request have a chance?  Two names, old and new. */
  { 504, GAMUT_E_TIMEOUT, "@x-fal-retryable", "false", GAMUT_REASON_FINAL, 0 },
  { 5, GAMUT_E_PROVIDER, "@x-fal-retryable", "false", GAMUT_REASON_FINAL, 0 },
  { 504, GAMUT_E_TIMEOUT, "@x-fal-needs-retry", "0", GAMUT_REASON_FINAL, 0 },
  { 5, GAMUT_E_PROVIDER, "@x-fal-needs-retry", "0", GAMUT_REASON_FINAL, 0 },
  /* fal's own client repeats a 500 of a status and no other. */
  { 500, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_FINAL, ONCE },
  /* What models say. */
  { 0, GAMUT_E_PROVIDER, "detail/*/type", "no_media_generated",
    GAMUT_REASON_FINAL, 0 },
  RAN(GAMUT_E_PROVIDER, "detail/*/type", "internal_server_error"),
  RAN(GAMUT_E_PROVIDER, "detail/*/type", "downstream_service_*"),
  RAN(GAMUT_E_TIMEOUT, "detail/*/type", "generation_timeout"),
  RAN_STATUS(422, GAMUT_E_INVALID),
  /* What the platform says; a header has it as well. */
  RAN(GAMUT_E_TIMEOUT, "error_type", "request_timeout"),
  RAN(GAMUT_E_TIMEOUT, "error_type", "startup_timeout"),
  RAN(GAMUT_E_PROVIDER, "error_type", "runner_*"),
  RAN(GAMUT_E_PROVIDER, "error_type", "internal_error"),
  { 0, GAMUT_E_CANCELLED, "error_type", "client_*", 0, 0 },
  RAN(GAMUT_E_INVALID, "error_type", "bad_request"),
  { 0, GAMUT_E_PROVIDER, "error_type", "*", GAMUT_REASON_FINAL, ENDED },
  { 499, GAMUT_E_CANCELLED, NULL, NULL, 0, 0 },
  /* A failed job stays so, whatever is said of it; but what has no id came from
   * the ingress. */
  { 409, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_FINAL, ENDED },
  { 500, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_FINAL, ENDED },
  { 502, GAMUT_E_PROVIDER, "@x-fal-request-id", "*", GAMUT_REASON_FINAL, ENDED },
  { 503, GAMUT_E_PROVIDER, "@x-fal-request-id", "*", GAMUT_REASON_FINAL, ENDED },
  { 504, GAMUT_E_TIMEOUT, "@x-fal-request-id", "*", GAMUT_REASON_FINAL, ENDED },
  /* What is paid for is repeated where it was certainly not begun: fal's client
   * names the three; of an empty answer and of one that took too long a network
   * in between tells that fal had the request. */
  { 408, GAMUT_E_TIMEOUT, NULL, NULL, GAMUT_REASON_FINAL, PAID },
  { 409, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_FINAL, PAID },
  { 502, GAMUT_E_PROVIDER, NULL, NULL, 0, PAID },
  { 503, GAMUT_E_PROVIDER, NULL, NULL, 0, PAID },
  { 504, GAMUT_E_TIMEOUT, NULL, NULL, 0, PAID },
  { 520, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_DOUBTFUL, PAID },
  { 524, GAMUT_E_TIMEOUT, NULL, NULL, GAMUT_REASON_DOUBTFUL, PAID },
  { 5, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_FINAL, PAID },
};
/* clang-format on */

/* ---- where things are --------------------------------------------------- */

/* The queue, or what stands in for it. */
static const char *base_of(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *base = h->config_str(c, "base_url");
  const char *queue = h->config_str(c, "queue_host");

  if (!h->config_int(c, "proxy") && base && strcmp(base, QUEUE) != 0)
    return base;
  return queue ? h->text(c, "https://%s", queue)
               : h->text(c, "https://queue.%s", h->config_str(c, "run_host"));
}

/* "/fal-ai/flux/requests/<id>" and what follows. */
static const char *usual_path(struct gamut_call *c, const char *tail)
{
  const struct gamut_host *h = c->host;
  const char *id = fal_endpoint(c);

  return h->text(c, "/%.*s/requests/%s%s", fal_app_len(id), id,
                 h->json_str(c->state, "id", ""), tail);
}

/* The same, unless fal named another path. */
static const char *path_of(struct gamut_call *c, const char *named,
                           const char *tail)
{
  const char *path = c->host->json_str(c->state, named, NULL);

  return path ? path : usual_path(c, tail);
}

/* The path that fal's answer to the submit names is kept when it lies below our
 * own `base` and is not the usual one.  No other host gets the key. */
static void keep_path(struct gamut_call *c, const char *base, const char *home,
                      const char *member, const char *name, const char *tail)
{
  const char *url = c->host->json_str(c->reply->json, member, "");
  size_t n = base ? strlen(base) : 0, len = home ? strlen(home) : 0;

  while (n > 0 && base[n - 1] == '/')
    n--;
  if (n == 0 || strncmp(url, base, n) != 0 || url[n] != '/')
    return;
  url += n;
  if (len == 0 || strncmp(url, home, len) != 0 || strcmp(url + len, tail) != 0)
    c->host->json_set_str(c->state, name, url);
}

static void keep_paths(struct gamut_call *c)
{
  const char *base = base_of(c), *home = usual_path(c, "");

  keep_path(c, base, home, "status_url", "status", "/status");
  keep_path(c, base, home, "response_url", "result", "");
  keep_path(c, base, home, "cancel_url", "cancel", "/cancel");
}

/* ---- exchanges ---------------------------------------------------------- */

static const char *submit_url(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *hook = h->json_str(c->request, "webhook", NULL);
  const char *most = fal_option(c, "max_queue_length");
  const char *url = h->text(c, "/%s", fal_endpoint(c));

  if (hook)
    url = h->text(c, "%s?fal_webhook=%s", url, h->escape(c, hook));
  if (most)
    url = h->text(c, "%s%cfal_max_queue_length=%s", url, hook ? '&' : '?',
                  h->escape(c, most));
  return url;
}

int32_t fal_http(struct gamut_call *c, struct gamut_http *x)
{
  const struct gamut_host *h = c->host;
  const char *base = base_of(c);

  /* The host sets a path below base_url. */
  if (x->url && x->url[0] == '/' && base &&
      strcmp(base, h->config_str(c, "base_url")) != 0)
    x->url = h->text(c, "%s%s", base, x->url);
  if (h->config_int(c, "proxy")) {
    h->header(c, "x-fal-target-url", x->url);
    x->url = h->config_str(c, "base_url");
  }
  return h->http(c, x);
}

int32_t fal_post(struct gamut_call *c, struct gamut_http *x)
{
  const char *wrong = NULL;

  x->json = fal_input(c, &wrong);
  if (wrong)
    return c->host->fail(c, GAMUT_E_UNSUPPORTED, "%s", wrong);
  fal_job_headers(c, x->phase == FAL_SUBMIT);
  return fal_http(c, x);
}

static int32_t submit(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_SUBMIT,
                          .flags = GAMUT_HTTP_BILLABLE,
                          .method = "POST",
                          .url = submit_url(c) };

  return fal_post(c, &x);
}

static int32_t begin(struct gamut_call *c)
{
  int32_t rc = fal_check_options(c);

  if (rc != 0)
    return rc;
  if (!fal_endpoint(c))
    return c->host->fail(c, GAMUT_E_INVALID,
                         "'%s' is no endpoint of fal: owner/app is needed",
                         c->host->json_str(c->request, "model", ""));
  if (strcmp(fal_mode(c), "run") == 0)
    return fal_run(c);
  return strcmp(fal_mode(c), "stream") == 0 ? fal_stream(c) : submit(c);
}

/* As the option spells it: fal's clients write 0 and 1, or false and true. */
static const char *logs(struct gamut_call *c)
{
  const char *asked = fal_option(c, "logs");

  if (asked)
    return asked;
  return c->host->config_int(c, "logs") ? "1" : "0";
}

/* At first at once, then slower and slower. */
static int32_t poll_status(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_STATUS,
                          .method = "GET" };
  int64_t polls = h->json_int(c->state, "polls", 0);
  int is_video = fal_is_video(c);
  uint32_t base = is_video ? 2000 : 500, most = is_video ? 5000 : 2000;

  if (c->phase != FAL_WATCH) /* what the stream said is looked at now */
    x.poll_ms = base;
  if (polls > 0) {
    x.delay_ms = base + (uint32_t)(polls < 32 ? polls - 1 : 31) * (base / 4);
    x.delay_ms = x.delay_ms < most ? x.delay_ms : most;
  }
  h->json_set_int(c->state, "polls", polls + 1);
  x.url = h->text(c, "%s?logs=%s", path_of(c, "status", "/status"), logs(c));
  return fal_http(c, &x);
}

/* All statuses of the stream too: what is wrong with it, a poll tells. */
static int32_t watch(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_WATCH,
                          .flags = GAMUT_HTTP_ALL | GAMUT_HTTP_STREAM,
                          .timeout_ms = WATCH_SILENCE_MS,
                          .method = "GET" };

  x.url =
    h->text(c, "%s/stream?logs=%s", path_of(c, "status", "/status"), logs(c));
  h->header(c, "accept", "text/event-stream");
  return fal_http(c, &x);
}

static int32_t follow(struct gamut_call *c)
{
  int streams = fal_option(c, "progress")
                  ? fal_option_is(c, "progress", "stream")
                  : c->host->config_int(c, "status_stream") != 0;

  return streams ? watch(c) : poll_status(c);
}

/* All statuses, for one of them is no error: 400, not finished yet. */
static int32_t fetch_result(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_RESULT,
                          .flags = GAMUT_HTTP_ALL,
                          .method = "GET",
                          .url = path_of(c, "result", "") };

  return fal_http(c, &x);
}

static int32_t cancel(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_CANCEL,
                          .flags = GAMUT_HTTP_ALL,
                          .method = "PUT" };

  if (!c->host->json_str(c->state, "id", NULL))
    return c->host->done(c); /* fal has not heard of it */
  x.url = path_of(c, "cancel", "/cancel");
  return fal_http(c, &x);
}

/* ---- replies ------------------------------------------------------------ */

static int32_t submitted(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *id = h->json_str(c->reply->json, "request_id", "");

  if (!fal_is_word(id))
    return h->fail(c, GAMUT_E_PROTOCOL, "fal took the job but gave no id");
  h->json_set_str(c->state, "id", id);
  h->fact(c, "request_id", id);
  keep_paths(c);
  return follow(c);
}

static int32_t polled(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *status = h->json_str(r, "status", "");

  if (strcmp(status, "IN_QUEUE") == 0 || strcmp(status, "IN_PROGRESS") == 0) {
    fal_progress(c, status);
    return c->event == GAMUT_EV_CHUNK ? h->more(c) : poll_status(c);
  }
  if (c->event == GAMUT_EV_CHUNK && h->json_str(r, "error_type", NULL))
    return poll_status(c); /* an event cannot be judged, a reply can */
  if (strcmp(status, "COMPLETED") != 0)
    return h->fail(c, r ? GAMUT_E_PROVIDER : GAMUT_E_PROTOCOL,
                   "fal reports the status '%s'", status);
  fal_progress(c, status);
  if (h->json_str(r, "error_type", NULL))
    return h->fail_reply(c);
  return fetch_result(c);
}

static int32_t fetched(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  if (c->reply->status == 400 &&
      strcmp(h->json_str(c->reply->json, "detail", ""),
             "Request is still in progress") == 0)
    return poll_status(c);
  fal_billed(c);
  if (c->reply->status >= 400)
    return h->fail_reply(c);
  return fal_output(c, c->reply->json);
}

/* 2xx: asked to stop, though it may still finish and cost; 400: it is over
 * already; 404: fal has forgotten it.  None of them is an error. */
static int32_t cancelled(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *status = h->json_str(c->reply->json, "status", "");

  if (c->reply->status >= 400 && strcmp(status, "ALREADY_COMPLETED") != 0 &&
      strcmp(status, "NOT_FOUND") != 0)
    return h->fail_reply(c);
  h->fact(c, "cancel", status);
  return h->done(c);
}

static int32_t replied(struct gamut_call *c)
{
  switch (c->phase) {
  case FAL_SUBMIT:
    return submitted(c);
  case FAL_STATUS:
    return polled(c);
  case FAL_WATCH: /* it closed before the end */
    return poll_status(c);
  case FAL_RESULT:
    return fetched(c);
  case FAL_RUN:
    return fal_ran(c);
  case FAL_STREAM:
    return fal_streamed(c);
  default:
    return cancelled(c);
  }
}

static int32_t fal_step(void *instance, struct gamut_call *c)
{
  (void)instance;
  switch (c->event) {
  case GAMUT_EV_START:
    return begin(c);
  case GAMUT_EV_CANCEL:
    return cancel(c);
  case GAMUT_EV_CHUNK:
    return c->phase == FAL_WATCH ? polled(c) : fal_event(c);
  default:
    return replied(c);
  }
}

static const void *extension(const char *id)
{
  if (strcmp(id, GAMUT_EXT_MODELS) == 0)
    return &fal_models;
  if (strcmp(id, GAMUT_EXT_ACCOUNT) == 0)
    return &fal_account;
  if (strcmp(id, GAMUT_EXT_WEBHOOK) == 0)
    return &fal_webhook;
  return strcmp(id, GAMUT_EXT_UPLOAD) == 0 ? &fal_upload : NULL;
}

static const struct gamut_provider fal = {
  .struct_size = sizeof(fal),
  .state_version = 1,
  .name = "fal",
  .title = "fal.ai",
  .homepage = "https://fal.ai",
  .base_url = QUEUE,
  .error_path = "detail message error/message error status",
  .keys = GAMUT_TABLE(keys),
  .credentials = GAMUT_TABLE(credentials),
  .phases = GAMUT_TABLE(phases),
  .reasons = GAMUT_TABLE(reasons),
  .flags = GAMUT_WANTS_CANCEL,
  .step = fal_step,
  .extension = extension,
  .backups = GAMUT_TABLE(backups),
};
static const struct gamut_provider *const providers[] = { &fal, NULL };
GAMUT_PLUGIN(fal, .version = "1.0.0", .license = "MIT", .providers = providers);
