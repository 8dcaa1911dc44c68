/* webhook.c - is a delivery Higgsfield's own, and what does it say?
 *
 * Two forms.  The present one is signed by the rules of Standard Webhooks with
 * the account's secret, once that has been revealed in the console; after a
 * change of the secret both sign for a day, hence the list of signatures.  The
 * old one, of job sets, only repeats the secret that the submit gave.  A
 * delivery with a signature is judged by it alone.
 */
#include "higgsfield.h"
#include <string.h>

#define TOLERANCE_MS (300 * 1000)

static const char *header_of(struct gamut_call *c, const char *name)
{
  return c->host->json_str(c->request, c->host->text(c, "headers/%s", name),
                           NULL);
}

/* Unix seconds; -1: no such number. */
static int64_t seconds_of(const char *s)
{
  int64_t n = 0;

  if (!*s || strlen(s) > 12)
    return -1;
  for (; *s; s++) {
    if (*s < '0' || *s > '9')
      return -1;
    n = n * 10 + (*s - '0');
  }
  return n;
}

static int is_recent(struct gamut_call *c, const char *timestamp)
{
  int64_t then = seconds_of(timestamp);
  int64_t apart = (int64_t)c->now_ms - then * 1000;

  return then >= 0 && apart >= -TOLERANCE_MS && apart <= TOLERANCE_MS;
}

/* One entry of "v1,<base64> v1,<base64>"; other versions are not ours. */
static int fits(struct gamut_call *c, const char *text, const char *entry,
                size_t len)
{
  const struct gamut_host *h = c->host;
  struct gamut_signature s = { .struct_size = sizeof(s),
                               .alg = "HS256",
                               .secret = "webhook_secret",
                               .text = text };

  if (len < 4 || strncmp(entry, "v1,", 3) != 0)
    return 0;
  s.signature = h->text(c, "%.*s", (int)(len - 3), entry + 3);
  return h->verify(c, &s) == 0;
}

/* 0, or why not. */
static const char *check_signed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *id = header_of(c, "webhook-id"), *text;
  const char *timestamp = header_of(c, "webhook-timestamp");
  const char *at = header_of(c, "webhook-signature");

  if (!id || !timestamp)
    return "a signature needs webhook-id and webhook-timestamp beside it";
  if (!is_recent(c, timestamp))
    return "it was signed more than 5 minutes from now";
  text =
    h->text(c, "%s.%s.%s", id, timestamp, h->json_str(c->request, "body", ""));
  while (*at) {
    size_t len = strcspn(at, " ");

    if (fits(c, text, at, len))
      return NULL;
    at += len + strspn(at + len, " ");
  }
  return "its signature is not of this secret";
}

static const char *check(struct gamut_call *c)
{
  struct gamut_signature s = { .struct_size = sizeof(s),
                               .alg = "same",
                               .secret = "webhook_secret_v1" };

  if (header_of(c, "webhook-signature"))
    return check_signed(c);
  s.signature = header_of(c, "x-webhook-secret-key");
  if (!s.signature)
    return "it carries neither signature nor secret: reveal the account's "
           "secret in Higgsfield's console";
  return c->host->verify(c, &s) == 0 ? NULL : "it carries another secret";
}

/* ---- what it says ------------------------------------------------------- */

static const struct {
  const char *status, *state;
} states[] = {
  { "completed", "completed" }, { "failed", "failed" },
  { "nsfw", "blocked" },        { "canceled", "cancelled" },
  { "queued", "running" },      { "in_progress", "running" },
};

static const char *state_of(const char *status)
{
  size_t i;

  for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
    if (strcmp(states[i].status, status) == 0)
      return states[i].state;
  return "failed";
}

/* A job set is over when all of its jobs are, well when one is, and blocked when
 * one of the others is: as jobset.c has it. */
static const char *status_of_set(struct gamut_call *c,
                                 const struct gamut_json *jobs)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *job;
  const char *status = "", *worst = "";
  int well = 0;
  uint32_t i;

  for (i = 0; (job = h->json_member(jobs, i, NULL)); i++) {
    status = h->json_str(job, "status", "");
    if (strcmp(state_of(status), "running") == 0)
      return status;
    well |= strcmp(status, "completed") == 0;
    if (i == 0 || strcmp(status, "nsfw") == 0)
      worst = status;
  }
  return well ? "completed" : worst;
}

static int32_t conclude(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *text = h->json_str(c->request, "body", "");
  const struct gamut_json *body = h->json_parse(c, text, strlen(text));
  const struct gamut_json *jobs = h->json_get(body, "jobs");
  const char *id = h->json_str(body, "request_id", h->json_str(body, "id", ""));
  const char *status = h->json_type(jobs) == GAMUT_JSON_ARRAY
                         ? status_of_set(c, jobs)
                         : h->json_str(body, "status", "");
  const char *delivery = header_of(c, "webhook-id");
  struct gamut_json *o = h->json_object(c);

  if (!*id || !*status)
    return h->fail(c, GAMUT_E_PROTOCOL,
                   "Higgsfield's delivery names no job or no status");
  h->json_set_str(o, "job", id);
  h->json_set_str(o, "state", state_of(status));
  h->json_set_str(o, "delivery",
                  delivery ? delivery : h->text(c, "%s:%s", id, status));
  h->json_set_str(
    o, "message",
    h->json_str(body, "error", h->json_str(body, "jobs/0/error", NULL)));
  h->answer(c, o);
  return h->done(c);
}

static int32_t verify(void *instance, struct gamut_call *c)
{
  const char *wrong = check(c);

  (void)instance;
  if (wrong)
    return c->host->fail(c, GAMUT_E_AUTH, "no delivery of Higgsfield's: %s",
                         wrong);
  return conclude(c);
}

const struct gamut_webhook hf_webhook = { .struct_size = sizeof(hf_webhook),
                                          .verify = verify };
