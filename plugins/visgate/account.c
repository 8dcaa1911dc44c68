/* account.c - what visgate says of the account, and of its models.
 *
 * The gateway has a purse of its own and tells what is left at the providers
 * behind, as far as keys of theirs are stored with it.  What an account may not
 * see (403) or an older server has not got (404) is left out, where there is
 * something else to answer with.
 */
#include "visgate.h"
#include <string.h>

#define MICRO      1000000.0
#define CENTS      100.0
#define FIRST_PAGE 100 /* what the official client asks for */
#define DATE_LEN   10  /* of "2026-02-14T00:00:00Z" */

/* ---- exchanges ---------------------------------------------------------- */

static int32_t get(struct gamut_call *c, int32_t phase, const char *url)
{
  struct gamut_http x = { .phase = phase, .method = "GET", .url = url };

  return vg_http(c, &x);
}

static int is_withheld(struct gamut_call *c)
{
  return c->reply->status == 403 || c->reply->status == 404;
}

static int32_t answered(struct gamut_call *c, const struct gamut_json *answer)
{
  c->host->answer(c, answer);
  return c->host->done(c);
}

/* ---- copying ------------------------------------------------------------ */

static int is_there(struct gamut_call *c, const struct gamut_json *value)
{
  return c->host->json_type(value) > GAMUT_JSON_NULL;
}

static void copy(struct gamut_call *c, struct gamut_json *to, const char *as,
                 const char *member, const struct gamut_json *from)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value = h->json_get(from, member);

  if (is_there(c, value))
    h->json_set(to, as, value);
}

/* A number in other units. */
static void copy_in(struct gamut_call *c, struct gamut_json *to, const char *as,
                    const char *member, const struct gamut_json *from,
                    double unit)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *value = h->json_get(from, member);

  if (is_there(c, value))
    h->json_set_real(to, as, h->json_real(value, "", 0) / unit);
}

static int is_false(struct gamut_call *c, const struct gamut_json *value)
{
  return c->host->json_type(value) == GAMUT_JSON_BOOL &&
         strcmp(c->host->json_text(c, value), "false") == 0;
}

/* A list in an object, as answers have it. */
static struct gamut_json *listed(struct gamut_call *c, const char *name,
                                 const struct gamut_json *entry)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c), *list = h->json_array(c);

  if (entry)
    h->json_set(list, NULL, entry);
  h->json_set(o, name, list);
  return o;
}

/* ---- balance ------------------------------------------------------------ */

static void tell_purse(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  struct gamut_json *purse = h->json_object(c), *limit = h->json_object(c), *o;

  h->json_set_str(purse, "name", "visgate");
  h->json_set_str(purse, "unit", "usd");
  copy_in(c, purse, "remaining", "balance_micro", r, MICRO);
  copy(c, purse, "note", "billing_status", r);
  o = listed(c, "balances", purse);
  copy(c, o, "account", "company_name", r);
  copy(c, o, "plan", "tier", r);
  h->answer(c, o);
  if (!is_there(c, h->json_get(r, "monthly_budget_cents")) &&
      !is_there(c, h->json_get(r, "usage_this_month_cents")))
    return;
  h->json_set_str(limit, "name", "this month, US dollars");
  copy_in(c, limit, "limit", "monthly_budget_cents", r, CENTS);
  copy_in(c, limit, "used", "usage_this_month_cents", r, CENTS);
  h->answer(c, listed(c, "limits", limit));
}

static struct gamut_json *provider_balance(struct gamut_call *c,
                                           const struct gamut_json *from)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c);

  copy(c, o, "name", "provider", from);
  copy(c, o, "unit", "currency", from);
  copy(c, o, "remaining", "remaining", from);
  copy(c, o, "limit", "limit", from);
  if (is_false(c, h->json_get(from, "configured")))
    h->json_set_str(o, "note", "no key stored with visgate");
  else if (is_false(c, h->json_get(from, "available")))
    h->json_set_str(o, "note", "not available");
  copy(c, o, "note", "message", from);
  return o;
}

static int32_t tell_balances(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *list = h->json_get(c->reply->json, "balances"), *one;
  struct gamut_json *o = h->json_object(c), *to = h->json_array(c);
  uint32_t i;

  for (i = 0; (one = h->json_member(list, i, NULL)); i++)
    h->json_set(to, NULL, provider_balance(c, one));
  h->json_set(o, "balances", to);
  return answered(c, o);
}

static int32_t balance(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return get(c, VG_BILLING, "/billing/info");
  if (c->phase == VG_BILLING && (c->reply->status < 400 || is_withheld(c))) {
    if (c->reply->status < 400)
      tell_purse(c);
    return get(c, VG_BALANCES, "/providers/balances");
  }
  return c->reply->status >= 400 ? c->host->fail_reply(c) : tell_balances(c);
}

/* ---- usage -------------------------------------------------------------- */

/* Of a name that changed: the newer one, then the older one. */
static void copy_either(struct gamut_call *c, struct gamut_json *to,
                        const char *as, const char *newer, const char *older)
{
  copy(c, to, as, older, c->reply->json);
  copy(c, to, as, newer, c->reply->json);
}

static int32_t tell_usage(struct gamut_call *c)
{
  static const struct {
    const char *as, *newer, *older;
  } members[] = {
    { "from", "period_start", "period_start" },
    { "to", "period_end", "period_end" },
    { "requests", "total_requests", "total_requests" },
    { "succeeded", "successful_requests", "successful_requests" },
    { "failed", "failed_requests", "failed_requests" },
    { "cached", "cached_requests", "cached_requests" },
    { "cost_usd", "total_provider_cost", "total_provider_cost" },
    { "billed_usd", "total_billed_cost", "total_cost_usd" },
    { "saved_usd", "total_savings", "total_savings" },
    { "by_provider", "by_provider", "provider_breakdown" },
    { "by_model", "by_model", "model_breakdown" },
  };
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c);
  double all = h->json_real(c->reply->json, "total_requests", 0);
  double cached = h->json_real(c->reply->json, "cached_requests", -1);
  size_t i;

  if (h->json_type(c->reply->json) != GAMUT_JSON_OBJECT)
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer is no JSON object");
  for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
    copy_either(c, o, members[i].as, members[i].newer, members[i].older);
  if (all > 0 && cached >= 0 && cached <= all)
    h->json_set_real(o, "hit_rate", cached / all);
  return answered(c, o);
}

static int32_t usage(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  (void)instance;
  if (c->event == GAMUT_EV_REPLY)
    return c->reply->status >= 400 ? h->fail_reply(c) : tell_usage(c);
  if (h->json_get(c->request, "from") || h->json_get(c->request, "to"))
    return h->fail(c, GAMUT_E_UNSUPPORTED,
                   "it counts by the period, not from date to date; ask for "
                   "day, week, month or year");
  return get(c, VG_USAGE,
             h->text(c, "/usage?period=%s",
                     h->escape(c, h->json_str(c->request, "period", "month"))));
}

/* ---- keys --------------------------------------------------------------- */

static struct gamut_json *provider_key(struct gamut_call *c,
                                       const struct gamut_json *from)
{
  struct gamut_json *o = c->host->json_object(c);

  copy(c, o, "name", "provider", from);
  c->host->json_set_str(o, "kind", "provider");
  copy(c, o, "shown", "masked_key", from);
  copy(c, o, "valid", "validated", from);
  copy(c, o, "checked_at", "validated_at", from);
  return o;
}

static struct gamut_json *api_key(struct gamut_call *c,
                                  const struct gamut_json *from)
{
  const struct gamut_host *h = c->host;
  const char *prefix = h->json_str(from, "key_prefix", NULL);
  struct gamut_json *o = h->json_object(c);

  copy(c, o, "name", "id", from);
  copy(c, o, "name", "name", from);
  h->json_set_str(o, "kind", "api");
  if (prefix)
    h->json_set_str(o, "shown", h->text(c, "%s...", prefix));
  return o;
}

static void tell_keys(struct gamut_call *c, const struct gamut_json *list,
                      struct gamut_json *(*one_of)(struct gamut_call *,
                                                   const struct gamut_json *))
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c), *to = h->json_array(c);
  const struct gamut_json *one;
  uint32_t i;

  for (i = 0; (one = h->json_member(list, i, NULL)); i++)
    h->json_set(to, NULL, one_of(c, one));
  h->json_set(o, "keys", to);
  h->answer(c, o);
}

/* PUT stores it, POST has it looked at. */
static int32_t send_key(struct gamut_call *c, int32_t phase, const char *method,
                        const char *url)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *body = h->json_object(c);
  struct gamut_http x = { .phase = phase,
                          .flags = GAMUT_HTTP_FILL,
                          .method = method,
                          .url = url,
                          .json = body };

  h->json_set_str(body, "provider", h->json_str(c->request, "name", ""));
  h->json_set_str(body, "api_key", "{@secret}");
  return vg_http(c, &x);
}

static int32_t begin_keys(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *action = h->json_str(c->request, "action", "list");
  const char *name = h->json_str(c->request, "name", "");
  struct gamut_http x = { .phase = VG_DELETE_KEY, .method = "DELETE" };

  if (strcmp(action, "list") == 0)
    return get(c, VG_API_KEYS, "/api-keys");
  if (!*name)
    return h->fail(c, GAMUT_E_INVALID,
                   "name: whose key? visgate keeps those of fal, replicate and "
                   "runway");
  if (strcmp(action, "set") == 0)
    return send_key(c, VG_SET_KEY, "PUT", "/providers/keys");
  if (strcmp(action, "validate") == 0)
    return send_key(c, VG_VALIDATE_KEY, "POST", "/providers/validate");
  if (strcmp(action, "delete") != 0)
    return h->fail(c, GAMUT_E_INVALID,
                   "action '%s' is none of list, set, validate and delete",
                   action);
  x.url = h->text(c, "/providers/keys/%s", h->escape(c, name));
  return vg_http(c, &x);
}

/* Not valid is an answer, too. */
static int32_t validated(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c);

  if (h->json_type(h->json_get(c->reply->json, "valid")) != GAMUT_JSON_BOOL)
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer does not say 'valid'");
  copy(c, o, "valid", "valid", c->reply->json);
  copy(c, o, "message", "message", c->reply->json);
  return answered(c, o);
}

static int32_t deleted(struct gamut_call *c)
{
  if (is_false(c, c->host->json_get(c->reply->json, "deleted")))
    return c->host->fail(c, GAMUT_E_NOT_FOUND, "no key was deleted");
  return answered(c, listed(c, "keys", NULL));
}

static int32_t keys(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r =
    c->event == GAMUT_EV_REPLY ? c->reply->json : NULL;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return begin_keys(c);
  if (c->reply->status >= 400 && !(c->phase == VG_API_KEYS && is_withheld(c)))
    return h->fail_reply(c);
  switch (c->phase) {
  case VG_API_KEYS:
    if (c->reply->status < 400)
      tell_keys(c, r, api_key);
    return get(c, VG_KEYS, "/providers/keys");
  case VG_KEYS:
    tell_keys(c, h->json_get(r, "keys"), provider_key);
    return h->done(c);
  case VG_SET_KEY:
    return answered(c, listed(c, "keys", provider_key(c, r)));
  case VG_VALIDATE_KEY:
    return validated(c);
  default:
    return deleted(c);
  }
}

/* ---- health ------------------------------------------------------------- */

/* A server that is not well may say so with a 503. */
static int32_t health(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o, *parts;
  const struct gamut_json *value;
  const char *name, *status;
  uint32_t i;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return get(c, VG_HEALTH, "/health");
  status = h->json_str(c->reply->json, "status", NULL);
  if (!status)
    return c->reply->status >= 400
             ? h->fail_reply(c)
             : h->fail(c, GAMUT_E_PROTOCOL, "the answer has no status");
  o = h->json_object(c);
  parts = h->json_object(c);
  h->json_set_bool(o, "ok", strcmp(status, "ok") == 0);
  for (i = 0; (value = h->json_member(c->reply->json, i, &name)); i++)
    if (strcmp(name, "version") == 0)
      copy(c, o, name, name, c->reply->json);
    else if (is_there(c, value) &&
             (strcmp(name, "status") != 0 || strcmp(status, "ok") != 0))
      h->json_set_str(parts, name,
                      h->json_str(value, "", h->json_text(c, value)));
  if (h->json_count(parts, "") > 0)
    h->json_set(o, "parts", parts);
  return answered(c, o);
}

/* ---- models ------------------------------------------------------------- */

/* What generation calls it: models of fal keep fal's id. */
static const char *model_id(struct gamut_call *c, const struct gamut_json *m)
{
  const struct gamut_host *h = c->host;
  const char *id = h->json_str(m, "id", "");
  const char *provider = h->json_str(m, "provider", "fal");
  size_t n = strlen(provider);

  if (!*id || strcmp(provider, "fal") == 0 ||
      (strncmp(id, provider, n) == 0 && id[n] == '/'))
    return id;
  return h->text(c, "%s/%s", provider, id);
}

static int is_operation(const char *word)
{
  static const char *const operations[] = { "text-to-image",  "image-to-image",
                                            "edit",           "text-to-video",
                                            "image-to-video", "video-to-video",
                                            "upscale" };
  size_t i;

  for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
    if (strcmp(word, operations[i]) == 0)
      return 1;
  return 0;
}

/* Its capabilities, as far as they have a name here; else what its medium
 * suggests.  NULL: it makes neither pictures nor videos. */
static struct gamut_json *operations_of(struct gamut_call *c,
                                        const struct gamut_json *m)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *list = h->json_get(m, "capabilities");
  const char *media = h->json_str(m, "media_type", "");
  struct gamut_json *to = h->json_array(c);
  uint32_t i, n = h->json_count(list, ""), found = 0;

  for (i = 0; i < n; i++) {
    const char *word = h->json_str(h->json_member(list, i, NULL), "", "");

    if (is_operation(word)) {
      h->json_set_str(to, NULL, word);
      found++;
    }
  }
  if (found > 0)
    return to;
  if (strcmp(media, "image") != 0 && strcmp(media, "video") != 0)
    return NULL;
  h->json_set_str(to, NULL, h->text(c, "text-to-%s", media));
  return to;
}

/* "per megapixels" is "megapixel"; NULL: no unit of ours. */
static const char *unit_of(const char *text)
{
  static const char *const units[] = { "image", "megapixel", "second", "video",
                                       "request" };
  size_t i, n = strlen(text);

  if (strncmp(text, "per ", 4) == 0) {
    text += 4;
    n -= 4;
  }
  n -= n > 0 && text[n - 1] == 's';
  for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
    if (strlen(units[i]) == n && strncmp(units[i], text, n) == 0)
      return units[i];
  return NULL;
}

/* What the provider behind takes; visgate's fee comes on top.  Where that is no
 * price of ours its words are. */
static void add_price(struct gamut_call *c, struct gamut_json *to,
                      const struct gamut_json *m)
{
  const struct gamut_host *h = c->host;
  const char *unit = unit_of(h->json_str(m, "pricing_unit", ""));
  const char *at = h->json_str(m, "last_synced_at", "");
  const char *words = h->json_str(m, "pricing", NULL);
  double micro = h->json_real(m, "base_cost_micro", 0);
  struct gamut_json *row = h->json_object(c), *rows = h->json_array(c);

  if (!unit || micro <= 0) {
    if (words)
      h->json_set_str(to, "note", words);
    return;
  }
  h->json_set_str(row, "unit", unit);
  h->json_set_real(row, "usd", micro / MICRO);
  h->json_set_str(row, "source", "visgate's list of models, without its fee");
  if (strspn(at, "0123456789-") == DATE_LEN)
    h->json_set_str(row, "checked", h->text(c, "%.*s", DATE_LEN, at));
  h->json_set_bool(row, "sure", 0);
  h->json_set(rows, NULL, row);
  h->json_set(to, "price", rows);
}

static void add_model(struct gamut_call *c, struct gamut_json *to,
                      const struct gamut_json *m)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o = h->json_object(c);
  struct gamut_json *operations = operations_of(c, m);
  const char *id = model_id(c, m);

  if (!*id || !operations)
    return;
  h->json_set_str(o, "id", id);
  copy(c, o, "title", "name", m);
  h->json_set(o, "operations", operations);
  add_price(c, o, m);
  h->json_set(to, NULL, o);
}

static int32_t tell_models(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *list = h->json_get(c->reply->json, "models"), *m;
  struct gamut_json *to = h->json_array(c);
  uint32_t i;

  if (h->json_type(list) != GAMUT_JSON_ARRAY)
    return h->fail(c, GAMUT_E_PROTOCOL, "the answer has no 'models'");
  for (i = 0; (m = h->json_member(list, i, NULL)); i++)
    add_model(c, to, m);
  return answered(c, to);
}

static int32_t ask_models(struct gamut_call *c, int64_t limit)
{
  c->host->json_set_int(c->state, "limit", limit);
  return get(c, VG_MODELS,
             c->host->text(c, "/models?limit=%lld", (long long)limit));
}

/* There are no pages: a full first one is asked for again as large as the whole
 * list; a server that has a limit of its own gets its first one back. */
static int32_t models(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  int64_t limit = h->json_int(c->state, "limit", 0), all;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return ask_models(c, FIRST_PAGE);
  if ((c->reply->status == 400 || c->reply->status == 422) &&
      limit > FIRST_PAGE) {
    h->json_set_bool(c->state, "is_limited", 1);
    return ask_models(c, FIRST_PAGE);
  }
  if (c->reply->status >= 400)
    return h->fail_reply(c);
  all = h->json_int(c->reply->json, "total_count", 0);
  if (limit == FIRST_PAGE && all > FIRST_PAGE &&
      h->json_count(c->reply->json, "models") >= FIRST_PAGE &&
      !h->json_get(c->state, "is_limited"))
    return ask_models(c, all);
  return tell_models(c);
}

const struct gamut_models vg_models = {
  .struct_size = sizeof(vg_models),
  .flags = GAMUT_QUERY_OPEN,
  .list = models,
};

const struct gamut_account vg_account = {
  .struct_size = sizeof(vg_account),
  .flags = GAMUT_QUERY_OPEN,
  .balance = balance,
  .usage = usage,
  .keys = keys,
  .health = health,
};
