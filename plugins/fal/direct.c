/* direct.c - past the queue: POST https://fal.run/<id>, and its /stream.
 *
 * One paid exchange is the whole job; if it breaks, the job is lost, so only
 * what was answered with a refusal is repeated.  Of a stream each event is an
 * output so far and the last one is the output; nothing marks it, so the state
 * keeps the newest one ("last") until the server closes.
 */
#include "fal.h"
#include <string.h>

/* The answer comes when the job is done. */
#define RUN_MS (30 * 60 * 1000)

int32_t fal_run(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_RUN,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_ALL,
                          .timeout_ms = RUN_MS,
                          .method = "POST" };

  x.url = c->host->text(c, "https://%s/%s", c->host->config_str(c, "run_host"),
                        fal_endpoint(c));
  return fal_post(c, &x);
}

int32_t fal_stream(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_STREAM,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_STREAM |
                                   GAMUT_HTTP_ALL,
                          .method = "POST" };
  const char *id = fal_endpoint(c);
  size_t n = id ? strlen(id) : 0;
  const char *tail =
    n > 7 && strcmp(id + n - 7, "/stream") == 0 ? "" : "/stream";

  x.url = c->host->text(c, "https://%s/%s%s",
                        c->host->config_str(c, "run_host"), id, tail);
  c->host->header(c, "accept", "text/event-stream");
  return fal_post(c, &x);
}

static void say_id(struct gamut_call *c)
{
  c->host->fact(c, "request_id", c->host->reply_header(c, "x-fal-request-id"));
  fal_billed(c);
}

/* Would the same request have a chance?  Under the other statuses that fal.c
 * repeats it tells by the header alone. */
static int is_hopeless(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *older = h->reply_header(c, "x-fal-retryable");
  const char *newer = h->reply_header(c, "x-fal-needs-retry");

  return c->reply->status == 400 &&
         fal_has_type(c, c->reply->json, "downstream_service_error") &&
         ((older && strcmp(older, "false") == 0) ||
          (newer && strcmp(newer, "0") == 0));
}

/* All statuses come here: a failure has an id, and may have cost something. */
static int32_t failed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  if (is_hopeless(c))
    return h->fail(c, GAMUT_E_PROVIDER, "%s",
                   h->json_str(c->reply->json, "detail/0/msg",
                               "what the model needs does not work"));
  return h->fail_reply(c);
}

int32_t fal_ran(struct gamut_call *c)
{
  say_id(c);
  return c->reply->status >= 400 ? failed(c) : fal_output(c, c->reply->json);
}

/* ---- events ------------------------------------------------------------- */

/* An error in the midst of a stream has the shapes of an error body. */
static int32_t broke_off(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *why = h->json_str(
    r, "detail/0/msg", h->json_str(r, "detail", h->json_str(r, "error", "")));

  return h->fail(c,
                 fal_has_type(c, r, "content_policy_violation")
                   ? GAMUT_E_BLOCKED
                   : GAMUT_E_PROVIDER,
                 "fal broke the stream off: %s", why);
}

static int is_set(struct gamut_call *c, const char *name)
{
  return c->host->json_type(c->host->json_get(c->reply->json, name)) >
         GAMUT_JSON_NULL;
}

/* Only a whole output has these. */
static int is_final(struct gamut_call *c)
{
  return c->host->json_get(c->reply->json, "timings") ||
         c->host->json_get(c->reply->json, "seed");
}

int32_t fal_event(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  double share = h->json_real(r, "progress", -1);

  if (h->json_type(r) != GAMUT_JSON_OBJECT)
    return h->more(c);
  if (is_set(c, "detail") || is_set(c, "error"))
    return broke_off(c);
  if (share >= 0 && share <= 1)
    h->progress(c, (int32_t)(share * 1000), NULL);
  if (!is_final(c))
    fal_partial(c);
  h->json_set(c->state, "last", r);
  return h->more(c);
}

/* A file, as it is. */
static int32_t take_bytes(struct gamut_call *c, int32_t kind)
{
  const struct gamut_host *h = c->host;
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = kind,
                              .mime = c->reply->content_type,
                              .data = c->reply->body,
                              .data_len = c->reply->body_len };

  h->artifact(c, &a);
  return h->done(c);
}

/* The server has closed; or it ignored the wish and answered as a run does, or
 * with the file itself. */
int32_t fal_streamed(struct gamut_call *c)
{
  static const struct {
    const char *type;
    int32_t kind;
  } kinds[] = { { "image/", GAMUT_IMAGE },
                { "video/", GAMUT_VIDEO },
                { "audio/", GAMUT_AUDIO } };
  const struct gamut_reply *r = c->reply;
  size_t i;

  say_id(c);
  if (r->status >= 400)
    return failed(c);
  for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
    if (r->body_len > 0 && strncmp(r->content_type, kinds[i].type, 6) == 0)
      return take_bytes(c, kinds[i].kind);
  return fal_output(c, r->json ? r->json : c->host->json_get(c->state, "last"));
}
