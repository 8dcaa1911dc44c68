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
                          .flags = GAMUT_HTTP_BILLABLE,
                          .timeout_ms = RUN_MS,
                          .method = "POST" };

  x.url = c->host->text(c, "https://fal.run/%s", fal_endpoint(c));
  return fal_post(c, &x);
}

int32_t fal_stream(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = FAL_STREAM,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_STREAM,
                          .method = "POST" };
  const char *id = fal_endpoint(c);
  size_t n = id ? strlen(id) : 0;
  const char *tail =
    n > 7 && strcmp(id + n - 7, "/stream") == 0 ? "" : "/stream";

  x.url = c->host->text(c, "https://fal.run/%s%s", id, tail);
  c->host->header(c, "accept", "text/event-stream");
  return fal_post(c, &x);
}

static void say_id(struct gamut_call *c)
{
  c->host->fact(c, "request_id", c->host->reply_header(c, "x-fal-request-id"));
  fal_billed(c);
}

int32_t fal_ran(struct gamut_call *c)
{
  say_id(c);
  return fal_output(c, c->reply->json);
}

/* ---- events ------------------------------------------------------------- */

/* An error in the midst of a stream has the shapes of an error body. */
static int32_t broke_off(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *type = h->json_str(r, "detail/0/type", "");
  const char *why = h->json_str(
    r, "detail/0/msg", h->json_str(r, "detail", h->json_str(r, "error", "")));

  return h->fail(c,
                 strcmp(type, "content_policy_violation") == 0
                   ? GAMUT_E_BLOCKED
                   : GAMUT_E_PROVIDER,
                 "fal broke the stream off: %s", why);
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
  if (h->json_get(r, "detail") || h->json_get(r, "error"))
    return broke_off(c);
  if (share >= 0 && share <= 1)
    h->progress(c, (int32_t)(share * 1000), NULL);
  if (!is_final(c))
    fal_partial(c);
  h->json_set(c->state, "last", r);
  return h->more(c);
}

/* The server has closed; or it ignored the wish and answered as a run does. */
int32_t fal_streamed(struct gamut_call *c)
{
  const struct gamut_json *last = c->host->json_get(c->state, "last");

  say_id(c);
  return fal_output(c, c->reply->json ? c->reply->json : last);
}
