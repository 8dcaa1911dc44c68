/* account.c - the money: what the account has left, and what this key may spend
 * and has spent.
 *
 * The account's credits are documented for management keys only, and a gateway
 * may lack either part: one of them may be left out, not both.  A key without a
 * limit says null.
 *
 * State of a balance: "key" once that was told.
 */
#include "modelgates.h"
#include <math.h>
#include <string.h>

static int32_t ask(struct gamut_call *c, int32_t phase, const char *url)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = phase,
                          .flags = GAMUT_HTTP_ALL,
                          .method = "GET",
                          .url = url };

  c->host->header(c, "accept", "application/json");
  return c->host->http(c, &x);
}

static int is_withheld(struct gamut_call *c)
{
  return c->reply->status == 403 || c->reply->status == 404;
}

/* A number that is there; what is below a millionth is noise. */
static void put_number(struct gamut_call *c, const struct gamut_json *from,
                       const char *path, struct gamut_json *to,
                       const char *name)
{
  const struct gamut_host *h = c->host;
  int32_t type = h->json_type(h->json_get(from, path));

  if (type == GAMUT_JSON_INT || type == GAMUT_JSON_REAL)
    gate_put_number(c, to, name, h->json_real(from, path, 0), 1e6);
}

static struct gamut_json *balance_of(struct gamut_call *c, const char *name)
{
  struct gamut_json *b = c->host->json_object(c);

  c->host->json_set_str(b, "name", name);
  c->host->json_set_str(b, "unit", "usd");
  return b;
}

static void hand_over(struct gamut_call *c, const char *name,
                      const struct gamut_json *one)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *answer = h->json_object(c), *list = h->json_array(c);

  h->json_set(list, NULL, one);
  h->json_set(answer, name, list);
  h->answer(c, answer);
}

/* ---- balance ------------------------------------------------------------ */

static const char *note_on(struct gamut_call *c, const struct gamut_json *key)
{
  const struct gamut_host *h = c->host;
  const char *resets = h->json_str(key, "limit_reset", NULL);
  const char *ends = h->json_str(key, "expires_at", NULL);
  const char *note = resets ? h->text(c, "limit resets %s", resets) : NULL;

  if (!h->json_get(key, "limit") ||
      h->json_type(h->json_get(key, "limit")) == GAMUT_JSON_NULL)
    note = "no limit";
  if (!ends)
    return note;
  return h->text(c, "%s%sends %s", note ? note : "", note ? ", " : "", ends);
}

static void tell_key(struct gamut_call *c, const struct gamut_json *key)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *free = h->json_get(key, "free_model_daily_requests");
  struct gamut_json *b = balance_of(c, "this key");
  struct gamut_json *answer = h->json_object(c), *limit = h->json_object(c);

  put_number(c, key, "limit_remaining", b, "remaining");
  put_number(c, key, "limit", b, "limit");
  put_number(c, key, "usage", b, "used");
  h->json_set_str(b, "note", note_on(c, key));
  if (h->json_str(key, "label", NULL)) {
    h->json_set_str(answer, "account", h->json_str(key, "label", NULL));
    h->answer(c, answer);
  }
  hand_over(c, "balances", b);
  if (!h->json_get(free, "limit"))
    return;
  h->json_set_str(limit, "name", "free models a day");
  put_number(c, free, "limit", limit, "limit");
  put_number(c, free, "used", limit, "used");
  hand_over(c, "limits", limit);
}

static int32_t tell_credits(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *data = h->json_get(c->reply->json, "data");
  struct gamut_json *b = balance_of(c, "credits");
  double bought = h->json_real(data, "total_credits", NAN);
  double used = h->json_real(data, "total_usage", NAN);

  if (is_withheld(c) && h->json_int(c->state, "key", 0))
    return h->done(c);
  if (c->reply->status >= 400)
    return h->fail_reply(c);
  if (isnan(bought) || isnan(used))
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer tells no credits");
  gate_put_number(c, b, "remaining", bought - used, 1e6);
  put_number(c, data, "total_credits", b, "limit");
  put_number(c, data, "total_usage", b, "used");
  hand_over(c, "balances", b);
  return h->done(c);
}

static int32_t no_key(struct gamut_call *c)
{
  return c->host->fail(c, GAMUT_E_PROTOCOL,
                       "the answer tells nothing of a key");
}

static int32_t balance(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *key;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return ask(c, GATE_KEY, "/key");
  if (c->phase == GATE_CREDITS)
    return tell_credits(c);
  if (is_withheld(c))
    return ask(c, GATE_CREDITS, "/credits");
  if (c->reply->status >= 400)
    return h->fail_reply(c);
  key = h->json_get(c->reply->json, "data");
  if (h->json_type(key) != GAMUT_JSON_OBJECT)
    return no_key(c);
  tell_key(c, key);
  h->json_set_int(c->state, "key", 1);
  return ask(c, GATE_CREDITS, "/credits");
}

/* ---- usage -------------------------------------------------------------- */

/* The gateway counts the present day, week (from Monday) and month, in UTC. */
static const char *member_of(struct gamut_call *c)
{
  static const struct {
    const char *period, *member;
  } rows[] = {
    { "day", "daily" },
    { "week", "weekly" },
    { "month", "monthly" },
  };
  const char *period = c->host->json_str(c->request, "period", "");
  size_t i;

  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    if (strcmp(rows[i].period, period) == 0)
      return rows[i].member;
  return NULL;
}

static int32_t usage(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *member = member_of(c);
  const struct gamut_json *key;
  struct gamut_json *answer;
  double own, byok;

  (void)instance;
  if (!member)
    return h->fail(c, GAMUT_E_UNSUPPORTED,
                   "the gateway only counts the present day, week and month");
  if (c->event == GAMUT_EV_START)
    return ask(c, GATE_KEY, "/key");
  if (c->reply->status >= 400)
    return h->fail_reply(c);
  key = h->json_get(c->reply->json, "data");
  own = h->json_real(key, h->text(c, "usage_%s", member), NAN);
  byok = h->json_real(key, h->text(c, "byok_usage_%s", member), 0);
  if (isnan(own))
    return no_key(c);
  answer = h->json_object(c);
  gate_put_number(c, answer, "billed_usd", own, 1e6);
  gate_put_number(c, answer, "cost_usd", own + byok, 1e6);
  h->answer(c, answer);
  return h->done(c);
}

const struct gamut_account gate_account = { .struct_size = sizeof(gate_account),
                                            .balance = balance,
                                            .usage = usage };
