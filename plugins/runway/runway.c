/* runway.c - Runway: tasks at api.dev.runwayml.com (the "dev" host is the real
 * one).
 *
 * A job is a POST that names a kind of work and a model, then reads of its task
 * until that has ended; what a model takes is the catalog's "wire" (body.c).
 * What surprises:
 *
 *  - THROTTLED is a way of waiting: the organization has as many tasks of this
 *    model as it may, and this one begins when another ends.
 *  - Refused content is no HTTP error: the task fails, and failureCode says
 *    why.  "failure" is for people.
 *  - An empty purse is a 400, told from bad input by its sentence alone.
 *  - DELETE cancels a task that has not ended, and deletes one that has; in
 *    both cases it is unknown afterwards.
 *  - The key and the version belong to the API alone: the storage of uploads
 *    and the files refuse or leak them.
 *  - No key makes a repeated POST harmless; a 5xx is repeated as the official
 *    clients do, a lost answer is not.
 *
 * State: "id" of the task, "polls" so far, what was "said" last, the most
 * "credits" that it may cost.
 */
#include "runway.h"
#include <string.h>

/* The clients wait 4.5 to 7.5 s, anew each time; the host adds up to a tenth.
 */
#define WAIT_MIN_MS     4500u
#define WAIT_SPREAD_MS  2300u
#define CREDIT_MICROUSD 10000.0
#define NO_CREDITS      "enough credits"
#define FRAME_SEQUENCE  ".zip" /* how a sequence of images ends */

static const char *const phases[] = { "submit", "status", "cancel",
                                      "upload", "store",  "organization",
                                      "usage" };

static const struct gamut_key keys[] = {
  { "api_key", "RUNWAYML_API_SECRET", NULL, NULL,
    "key of dev.runwayml.com, as key_...", GAMUT_STRING, GAMUT_KEY_SECRET, 0,
    0 },
  { "base_url", "RUNWAYML_BASE_URL", NULL, NULL, "where the API is", GAMUT_URL,
    0, 0, 0 },
  { "version", NULL, "2024-11-06", NULL, "version of the API to speak",
    GAMUT_STRING, 0, 0, 0 },
  { "custom_headers", "RUNWAYML_CUSTOM_HEADERS", NULL, NULL,
    "lines of Name: value, sent along to the API and in place of what has the "
    "same name",
    GAMUT_STRING, GAMUT_KEY_SECRET | GAMUT_KEY_HEADERS, 0, 0 },
};

static const struct gamut_credential credentials[] = {
  { NULL, "*", "{custom_headers}" },
  { NULL, "authorization", "Bearer {api_key}" },
  { NULL, "x-runway-version", "{version}" },
};

/* What the server thinks of a repetition goes before the status, and leaves the
 * class alone. */
#define PASSING(status, class)                                                 \
  {                                                                            \
    status, class, "@x-should-retry", "true", GAMUT_REASON_AGAIN, 0            \
  }
#define NO_USE(status, class)                                                  \
  {                                                                            \
    status, class, "@x-should-retry", "false", GAMUT_REASON_FINAL, 0           \
  }

/* clang-format off */
static const struct gamut_reason reasons[] = {
  /* Of a task that failed; anything else is the vendor's fault. */
  { 200, GAMUT_E_BLOCKED, "failureCode", "SAFETY.*", 0, 1u << TASK },
  { 200, GAMUT_E_BLOCKED, "failureCode", "INPUT_PREPROCESSING.SAFETY*", 0,
    1u << TASK },
  { 200, GAMUT_E_INVALID, "failureCode", "ASSET.INVALID*", 0, 1u << TASK },
  { 200, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_FINAL, 1u << TASK },
  { 400, GAMUT_E_QUOTA, "error", "*" NO_CREDITS "*", GAMUT_REASON_AGAIN,
    1u << CREATE }, /* as refused() sees to, when the server says so */
  { 400, GAMUT_E_QUOTA, "error", "*" NO_CREDITS "*", 0, 0 },
  NO_USE(408, GAMUT_E_TIMEOUT),
  NO_USE(409, GAMUT_E_PROVIDER),
  NO_USE(429, GAMUT_E_RATE),
  NO_USE(504, GAMUT_E_TIMEOUT),
  NO_USE(5, GAMUT_E_PROVIDER),
  { 408, GAMUT_E_TIMEOUT, NULL, NULL, 0, 0 },
  { 429, GAMUT_E_RATE, NULL, NULL, 0, 0 },
  { 504, GAMUT_E_TIMEOUT, NULL, NULL, 0, 0 },
  { 409, GAMUT_E_PROVIDER, NULL, NULL, 0, 0 },
  PASSING(401, GAMUT_E_AUTH),
  PASSING(402, GAMUT_E_QUOTA),
  PASSING(403, GAMUT_E_PERMISSION),
  PASSING(404, GAMUT_E_NOT_FOUND),
  PASSING(410, GAMUT_E_NOT_FOUND),
  { 425, GAMUT_E_RATE, "@x-should-retry", "true", 0, 0 },
  { 499, GAMUT_E_PROVIDER, "@x-should-retry", "true", 0, 0 },
  PASSING(4, GAMUT_E_INVALID),
  { 405, GAMUT_E_INVALID, NULL, NULL, 0, 0 },
};
/* clang-format on */

/* ---- exchanges ---------------------------------------------------------- */

int32_t runway_http(struct gamut_call *c, struct gamut_http *x)
{
  int deletes = strcmp(x->method, "DELETE") == 0; /* and gets no JSON */

  x->struct_size = sizeof(*x);
  c->host->header(c, "accept", deletes ? "*/*" : "application/json");
  return c->host->http(c, x);
}

static const char *task_url(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  return h->text(c, "/v1/tasks/%s",
                 h->escape(c, h->json_str(c->state, "id", "")));
}

static int32_t create(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .phase = CREATE,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_ALL,
                          .method = "POST" };
  const char *path = NULL, *wrong = NULL;

  x.json = runway_body(c, &path, &wrong);
  if (wrong)
    return h->fail(c, GAMUT_E_UNSUPPORTED, "%s", wrong);
  x.url = h->text(c, "/v1/%s", path ? path : "");
  return runway_http(c, &x);
}

/* From what the call is about, so that a replay waits as long. */
static uint32_t wait_ms(struct gamut_call *c, int64_t polls)
{
  uint32_t hash = 2166136261u ^ (uint32_t)polls; /* FNV-1a */
  const char *id = c->host->json_str(c->state, "id", "");

  for (; *id; id++)
    hash = (hash ^ (unsigned char)*id) * 16777619u;
  hash ^= hash >> 15;
  return WAIT_MIN_MS + hash * 2654435761u % WAIT_SPREAD_MS;
}

static int32_t poll_task(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .phase = TASK, .method = "GET" };
  int64_t polls = h->json_int(c->state, "polls", 0);

  x.delay_ms = wait_ms(c, polls);
  x.poll_ms = WAIT_MIN_MS;
  x.url = task_url(c);
  h->json_set_int(c->state, "polls", polls + 1);
  return runway_http(c, &x);
}

static int32_t cancel(struct gamut_call *c)
{
  struct gamut_http x = { .phase = CANCEL,
                          .flags = GAMUT_HTTP_ALL,
                          .method = "DELETE" };

  if (!c->host->json_str(c->state, "id", NULL))
    return c->host->done(c); /* Runway has not heard of it */
  x.url = task_url(c);
  return runway_http(c, &x);
}

/* ---- replies ------------------------------------------------------------ */

/* An empty purse stays empty unless the server says that it does not, and a row
 * sees what is in the body or in a header, not both. */
static int32_t refused(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *error = h->json_str(c->reply->json, "error", "");
  const char *again = h->reply_header(c, "x-should-retry");

  if (c->reply->status != 400 || !strstr(error, NO_CREDITS) ||
      (again && strcmp(again, "true") == 0))
    return h->fail_reply(c);
  return h->fail(c, GAMUT_E_QUOTA, "%s (HTTP 400)", error);
}

static int32_t created(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *id = h->json_str(c->reply->json, "id", "");
  double credits = h->json_real(c->reply->json, "estimatedCost/credits", -1);

  if (c->reply->status >= 400)
    return refused(c);
  if (!*id || strlen(id) > 200)
    return h->fail(c, GAMUT_E_PROTOCOL, "runway took the job but gave no id");
  h->json_set_str(c->state, "id", id);
  h->fact(c, "request_id", id);
  h->fact(c, "routed_model",
          h->json_str(c->reply->json, "routing/model", NULL));
  if (credits >= 0) {
    h->json_set_real(c->state, "credits", credits);
    h->fact(c, "estimated_credits", h->text(c, "%g", credits));
  }
  return poll_task(c);
}

/* Say it unless it was the last thing said. */
static void say(struct gamut_call *c, int32_t permille, const char *note)
{
  const struct gamut_host *h = c->host;
  int known = strcmp(h->json_str(c->state, "said", ""), note) == 0;

  if (known && permille < 0)
    return;
  h->json_set_str(c->state, "said", note);
  h->progress(c, permille, known ? NULL : note);
}

/* Whether it goes on. */
static int is_under_way(struct gamut_call *c, const char *status)
{
  double done = c->host->json_real(c->reply->json, "progress", -1);

  if (strcmp(status, "PENDING") == 0)
    say(c, -1, "in the queue");
  else if (strcmp(status, "THROTTLED") == 0)
    say(c, -1, "in the queue: too many tasks of this model at once");
  else if (strcmp(status, "RUNNING") == 0)
    say(c, done >= 0 && done <= 1 ? (int32_t)(done * 1000 + 0.5) : -1,
        "running");
  else
    return 0;
  return 1;
}

/* What it did cost; without that figure what it may have cost at most, when it
 * ended well. */
static void tell_cost(struct gamut_call *c, double otherwise)
{
  const struct gamut_host *h = c->host;
  double credits = h->json_real(c->reply->json, "cost/credits", otherwise);

  if (credits >= 0 && credits < 1e9)
    h->usage(c, "credit", credits, (int64_t)(credits * CREDIT_MICROUSD + 0.5));
}

static int url_ends(const char *url, const char *ending)
{
  size_t len = strcspn(url, "?#"), n = strlen(ending);

  return len > n && strncmp(url + len - n, ending, n) == 0;
}

/* By the file's own ending: image sequences come as a .zip, with sound beside
 * it. */
static int32_t kind_of_ending(const char *url)
{
  static const struct {
    const char *ending;
    int32_t kind;
  } kinds[] = {
    { ".png", GAMUT_IMAGE },  { ".jpg", GAMUT_IMAGE },
    { ".jpeg", GAMUT_IMAGE }, { ".webp", GAMUT_IMAGE },
    { ".mp4", GAMUT_VIDEO },  { ".mov", GAMUT_VIDEO },
    { ".webm", GAMUT_VIDEO }, { FRAME_SEQUENCE, GAMUT_VIDEO },
    { ".wav", GAMUT_AUDIO },  { ".mp3", GAMUT_AUDIO },
    { ".ogg", GAMUT_AUDIO },  { ".opus", GAMUT_AUDIO },
    { ".flac", GAMUT_AUDIO }, { ".m4a", GAMUT_AUDIO },
    { ".aac", GAMUT_AUDIO },
  };
  size_t i;

  for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
    if (url_ends(url, kinds[i].ending))
      return kinds[i].kind;
  return 0;
}

/* A task says nothing of its model, so the file tells more than what was asked,
 * and that the more the kind of work is named ("avatar_videos/..."). */
static int32_t kind_of(struct gamut_call *c, const char *url)
{
  static const struct {
    const char *work;
    int32_t kind;
  } works[] = {
    { "_to_speech/", GAMUT_AUDIO }, { "sound_effect/", GAMUT_AUDIO },
    { "voice_", GAMUT_AUDIO },      { "generate/audio/", GAMUT_AUDIO },
    { "video", GAMUT_VIDEO },
  };
  const struct gamut_host *h = c->host;
  const char *model = h->json_str(c->request, "model", "");
  int32_t kind = kind_of_ending(url);
  size_t i;

  for (i = 0; !kind && i < sizeof(works) / sizeof(works[0]); i++)
    if (strstr(model, works[i].work))
      kind = works[i].kind;
  if (kind)
    return kind;
  return strstr(h->json_str(c->request, "operation", ""), "-video")
           ? GAMUT_VIDEO
           : GAMUT_IMAGE;
}

static int32_t succeeded(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *output = h->json_get(c->reply->json, "output");
  uint32_t i, n = h->json_count(output, ""), found = 0;

  tell_cost(c, h->json_real(c->state, "credits", -1));
  for (i = 0; i < n; i++) {
    struct gamut_artifact a = { .struct_size = sizeof(a) };

    a.url = h->json_str(h->json_member(output, i, NULL), "", NULL);
    if (!a.url)
      continue;
    a.kind = kind_of(c, a.url);
    if (url_ends(a.url, FRAME_SEQUENCE))
      a.mime = "application/zip";
    h->artifact(c, &a);
    found++;
  }
  if (found == 0) /* it has ended: the next read would tell the same */
    return h->fail(c, GAMUT_E_PROVIDER, "runway's task has no file in it");
  return h->done(c);
}

static int32_t polled(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *status = h->json_str(r, "status", "");

  if (is_under_way(c, status))
    return poll_task(c);
  if (strcmp(status, "SUCCEEDED") == 0)
    return succeeded(c);
  tell_cost(c, -1);
  if (strcmp(status, "FAILED") == 0) {
    h->fact(c, "failure_code", h->json_str(r, "failureCode", NULL));
    return h->fail_reply(c);
  }
  if (strcmp(status, "CANCELLED") == 0)
    return h->fail(c, GAMUT_E_PROVIDER,
                   "somebody cancelled the task at runway");
  return h->fail(c, r ? GAMUT_E_PROVIDER : GAMUT_E_PROTOCOL,
                 "runway reports the status '%s'", status);
}

/* 404: it is gone already, which is what was wanted. */
static int32_t cancelled(struct gamut_call *c)
{
  if (c->reply->status >= 400 && c->reply->status != 404)
    return c->host->fail_reply(c);
  return c->host->fail(c, GAMUT_E_CANCELLED, "cancelled at Runway");
}

static int32_t runway_step(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return create(c);
  if (c->event == GAMUT_EV_CANCEL)
    return cancel(c);
  switch (c->phase) {
  case CREATE:
    return created(c);
  case TASK:
    return polled(c);
  default:
    return cancelled(c);
  }
}

static const void *runway_extension(const char *id)
{
  if (strcmp(id, GAMUT_EXT_ACCOUNT) == 0)
    return &runway_account;
  return strcmp(id, GAMUT_EXT_UPLOAD) == 0 ? &runway_upload : NULL;
}

static const struct gamut_provider runway = {
  .struct_size = sizeof(runway),
  .state_version = 1,
  .name = "runway",
  .title = "Runway",
  .homepage = "https://dev.runwayml.com",
  .base_url = "https://api.dev.runwayml.com",
  .error_path = "issues error failure message",
  .keys = GAMUT_TABLE(keys),
  .credentials = GAMUT_TABLE(credentials),
  .phases = GAMUT_TABLE(phases),
  .reasons = GAMUT_TABLE(reasons),
  .flags = GAMUT_WANTS_CANCEL | GAMUT_CANCEL_DELETES,
  .step = runway_step,
  .extension = runway_extension,
};
static const struct gamut_provider *const providers[] = { &runway, NULL };
GAMUT_PLUGIN(runway, .version = "1.0.0", .license = "MIT",
             .providers = providers);
