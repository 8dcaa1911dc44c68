/* webhook.c - is a delivery the gateway's, and what does it say?
 *
 * The signature is over the time and the body as it came, joined by a comma.
 * Several deliveries of one end have the same idempotency key.  What it says is
 * a hint: the job is asked for the truth.
 */
#include "modelgates.h"
#include <stdlib.h>
#include <string.h>

#define SIGNATURE "headers/x-openrouter-signature"
#define DELIVERY  "headers/x-openrouter-idempotency-key"
#define OLD_S     300

/* "t=1790000000,v1=0123...": the member's value, NULL when there is none. */
static const char *member(struct gamut_call *c, const char *list,
                          const char *name)
{
  size_t n = strlen(name);

  while (*list) {
    size_t len = strcspn(list, ",");

    if (len > n && strncmp(list, name, n) == 0 && list[n] == '=')
      return c->host->text(c, "%.*s", (int)(len - n - 1), list + n + 1);
    list += len;
    list += strspn(list, ", ");
  }
  return NULL;
}

static int is_fresh(struct gamut_call *c, const char *time)
{
  int64_t now = (int64_t)(c->now_ms / 1000), then = 0;
  const char *p;

  for (p = time; *p >= '0' && *p <= '9' && then < INT64_MAX / 20; p++)
    then = then * 10 + (*p - '0');
  return p > time && *p == '\0' && llabs(now - then) <= OLD_S;
}

static int32_t check(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_signature s = { .struct_size = sizeof(s),
                               .alg = "HS256",
                               .secret = "webhook_secret" };
  const char *list = h->json_str(c->request, SIGNATURE, NULL), *time;

  if (!list)
    return h->fail(c, GAMUT_E_AUTH, "the delivery is not signed");
  time = member(c, list, "t");
  s.signature = member(c, list, "v1");
  if (!time || !s.signature)
    return h->fail(c, GAMUT_E_AUTH,
                   "x-openrouter-signature has no time or no signature");
  s.text = h->text(c, "%s,%s", time, h->json_str(c->request, "body", ""));
  if (h->verify(c, &s))
    return h->fail(c, GAMUT_E_AUTH, "the signature is wrong");
  if (!is_fresh(c, time))
    return h->fail(c, GAMUT_E_AUTH,
                   "the delivery is more than %d seconds away from now", OLD_S);
  return 0;
}

static const char *state_of(const char *status, const char *why)
{
  static const struct {
    const char *status, *state;
  } rows[] = {
    { "completed", "completed" }, { "cancelled", "cancelled" },
    { "pending", "running" },     { "in_progress", "running" },
    { "failed", "failed" },       { "expired", "failed" },
    { "dead", "failed" },
  };
  size_t i;

  if (gate_says_blocked(why))
    return "blocked";
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    if (strcmp(rows[i].status, status) == 0)
      return rows[i].state;
  return NULL;
}

static int32_t tell(struct gamut_call *c, const struct gamut_json *body)
{
  const struct gamut_host *h = c->host;
  const char *type = h->json_str(body, "type", ""), *dot = strrchr(type, '.');
  const char *status = h->json_str(body, "data/status", dot ? dot + 1 : "");
  const char *why = h->json_str(body, "data/error", NULL);
  struct gamut_json *answer = h->json_object(c);

  h->json_set_str(answer, "job", h->json_str(body, "data/id", NULL));
  h->json_set_str(answer, "state", state_of(status, why));
  h->json_set_str(answer, "delivery", h->json_str(c->request, DELIVERY, NULL));
  h->json_set_str(answer, "message", why);
  h->answer(c, answer);
  return h->done(c);
}

static int32_t verify(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *text = h->json_str(c->request, "body", "");
  int32_t rc = check(c);
  const struct gamut_json *body;

  (void)instance;
  if (rc)
    return rc;
  body = h->json_parse(c, text, strlen(text));
  if (!h->json_str(body, "data/id", NULL))
    return h->fail(c, GAMUT_E_PROTOCOL,
                   "the delivery is genuine, but names no job");
  return tell(c, body);
}

const struct gamut_webhook gate_webhook = { .struct_size = sizeof(gate_webhook),
                                            .verify = verify };
