/* video.c - videos: create, poll until it is over, hand the content's URL over.
 *
 * The client asks by the job's id, so the polling URL, which is relative in one
 * document and absolute in another, is only looked at when the id is missing:
 * then its last part is the id.  The official client takes nothing but 202 for
 * a success; here any good answer that names a job will do, for it is paid.
 *
 * The option job=ID brings a video home that was asked for elsewhere.
 */
#include "modelgates.h"
#include <string.h>

/* "every 10 to 30 seconds" */
#define POLL_FIRST_MS 10000
#define POLL_STEP_MS  5000
#define POLL_MOST_MS  30000
#define ID_MAX        200

/* As a part of a path. */
static int is_id(const char *id)
{
  return *id && strlen(id) <= ID_MAX && strcmp(id, ".") != 0 &&
         strcmp(id, "..") != 0;
}

static const char *path_of(struct gamut_call *c, const char *tail)
{
  const struct gamut_host *h = c->host;

  return h->text(c, "/videos/%s%s",
                 h->escape(c, h->json_str(c->state, "id", "")), tail);
}

static int32_t poll_job(struct gamut_call *c, int now)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GATE_POLL,
                          .method = "GET",
                          .url = path_of(c, "") };
  int64_t polls = h->json_int(c->state, "polls", 0);
  int64_t ms = POLL_FIRST_MS + POLL_STEP_MS * (polls < 100 ? polls : 100);

  if (!now)
    x.delay_ms = (uint32_t)(ms < POLL_MOST_MS ? ms : POLL_MOST_MS);
  if (!now)
    x.poll_ms = POLL_FIRST_MS;
  h->json_set_int(c->state, "polls", polls + 1);
  h->header(c, "accept", "application/json");
  return h->http(c, &x);
}

/* ---- beginning ---------------------------------------------------------- */

static int32_t fetch(struct gamut_call *c, const char *id)
{
  const struct gamut_host *h = c->host;

  if (!is_id(id))
    return h->fail(c, GAMUT_E_INVALID, "option 'job': '%s' is no job's id", id);
  h->json_set_str(c->state, "id", id);
  h->json_set_int(c->state, "fetched", 1);
  return poll_job(c, 1);
}

int32_t gate_video(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = GATE_SUBMIT,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_ALL,
                          .method = "POST",
                          .url = "/videos" };
  const char *job = h->json_str(c->request, "options/job", NULL);
  const char *wrong = NULL;
  int32_t error_class = 0;

  x.json = gate_body(c, &wrong, &error_class);
  if (wrong)
    return h->fail(c, error_class, "%s", wrong);
  if (job)
    return fetch(c, job);
  h->header(c, "accept", "application/json");
  return h->http(c, &x);
}

/* ---- the end ------------------------------------------------------------ */

/* "/videos/..." of a URL of the API itself, as the gateway names it, or NULL.
 */
static const char *own_path(const char *url)
{
  static const char *const apis[] = { "/api/v1", "https://modelgates.ai/api/v1",
                                      "https://openrouter.ai/api/v1" };
  size_t i, n;

  for (i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
    n = strlen(apis[i]);
    if (strncmp(url, apis[i], n) == 0 && url[n] == '/')
      return url + n;
  }
  return NULL;
}

/* The i-th video.  A gateway behind a proxy names itself, not the proxy that we
 * were told to use, and the key is for that one alone.  A URL of any other host
 * is fetched as it is, without the key. */
static const char *url_of(struct gamut_call *c, const char *named, uint32_t i)
{
  const struct gamut_host *h = c->host;
  const char *base = h->config_str(c, "base_url");
  const char *path = own_path(named);
  int n = base ? (int)strlen(base) : 0;

  if (*named && !path)
    return named;
  if (!path)
    path = h->text(c, "%s?index=%u", path_of(c, "/content"), (unsigned)i);
  while (n > 0 && base[n - 1] == '/')
    n--;
  return h->text(c, "%.*s%s", n, base ? base : "", path);
}

static void hand_over(struct gamut_call *c, const char *url)
{
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = GAMUT_VIDEO,
                              .url = url };

  c->host->artifact(c, &a);
}

static int32_t completed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json, *url;
  const struct gamut_json *urls = h->json_get(r, "unsigned_urls");
  uint32_t i;

  for (i = 0; (url = h->json_member(urls, i, NULL)); i++)
    hand_over(c, url_of(c, h->json_str(url, "", ""), i));
  if (i == 0) /* they are where the manual says */
    hand_over(c, url_of(c, "", 0));
  if (h->json_int(c->state, "fetched", 0))
    h->usage(c, "video", 0, 0); /* it was paid for when it was made */
  else
    gate_tell_cost(c, r, "video", i ? i : 1);
  return h->done(c);
}

/* The ends that are none to be glad of; a sentence tells more, or nothing. */
static const struct end {
  const char *status;
  int32_t error_class;
  const char *otherwise;
} ends[] = {
  { "failed", GAMUT_E_PROVIDER, "the job failed" },
  { "dead", GAMUT_E_PROVIDER, "the job is dead" },
  { "cancelled", GAMUT_E_CANCELLED, "somebody cancelled the job" },
  { "expired", GAMUT_E_TIMEOUT, "the job took too long and expired" },
};

static const struct end *bad_end(const char *status)
{
  size_t i;

  for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
    if (strcmp(status, ends[i].status) == 0)
      return &ends[i];
  return NULL;
}

static int32_t ended_badly(struct gamut_call *c, const struct end *end)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *why =
    h->json_str(r, "error/message", h->json_str(r, "error", ""));

  gate_tell_cost(c, r, "video", 0);
  return h->fail(c, gate_says_blocked(why) ? GAMUT_E_BLOCKED : end->error_class,
                 "%s", *why ? why : end->otherwise);
}

/* ---- going on ----------------------------------------------------------- */

static void say(struct gamut_call *c, const char *status)
{
  const struct gamut_host *h = c->host;

  if (strcmp(h->json_str(c->state, "said", ""), status) == 0)
    return;
  h->json_set_str(c->state, "said", status);
  h->progress(c, -1,
              strcmp(status, "pending") == 0       ? "in the queue"
              : strcmp(status, "in_progress") == 0 ? "running"
                                                   : status);
}

/* Statuses that nobody has told us of are on the way somewhere. */
static int32_t follow(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *status = h->json_str(c->reply->json, "status", "");

  gate_tell_facts(c, c->reply->json);
  if (strcmp(status, "completed") == 0)
    return completed(c);
  if (bad_end(status))
    return ended_badly(c, bad_end(status));
  say(c, status);
  return poll_job(c, 0);
}

static const char *id_of(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *url = h->json_str(r, "polling_url", "");
  const char *slash = strrchr(url, '/');

  return h->json_str(
    r, "id",
    slash ? h->text(c, "%.*s", (int)strcspn(slash + 1, "?#"), slash + 1) : "");
}

/* A good status with nothing but an error in it.  Of a job that is paid for, a
 * fault of the gateway's tells nothing: PROTOCOL has the host look again, as it
 * does behind a status of 500, where the reply's own class would end the job.
 */
static int32_t only_error(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  int32_t class = gate_class(c, r);

  if (c->phase != GATE_POLL ||
      (class != GAMUT_E_PROVIDER && class != GAMUT_E_TIMEOUT))
    return h->fail_reply(c);
  return h->fail(c, GAMUT_E_PROTOCOL, "%s",
                 h->json_str(r, "error/message",
                             h->json_str(r, "error", "the gateway failed")));
}

int32_t gate_video_reply(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;

  if (gate_has_error(c, r) && !h->json_str(r, "status", NULL))
    return only_error(c);
  if (c->phase == GATE_SUBMIT) {
    if (!is_id(id_of(c)))
      return h->fail(c, GAMUT_E_PROTOCOL,
                     "the answer names no job that could be asked for");
    h->json_set_str(c->state, "id", id_of(c));
    h->fact(c, "request_id", id_of(c));
  } else if (!h->json_str(r, "status", NULL)) {
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer has no status");
  }
  return follow(c);
}
