/* query.c - what can be asked of fal beside a job: its models with what they
 * cost, and the balance.
 *
 * The platform lists its models in pages, and the prices of up to 50 of them at
 * once, these only to who has a key.  A page is answered when its prices are
 * there.  Units that say nothing of an output ("compute seconds") are no price.
 *
 * State: "cursor" of the next page, "page": the models at hand, "at": how many
 * of them have been priced, "prices" by id, "more": where the prices go on.
 */
#include "fal.h"
#include <string.h>

#define PLATFORM "https://api.fal.ai/v1/models"
#define PAGE     "100"
#define PRICED   50

/* ---- the words ---------------------------------------------------------- */

static const struct {
  const char *category, *first, *second;
} categories[] = {
  { "text-to-image", "text-to-image", NULL },
  { "image-to-image", "image-to-image", "edit" },
  { "text-to-video", "text-to-video", NULL },
  { "image-to-video", "image-to-video", NULL },
  { "video-to-video", "video-to-video", NULL },
};

static const struct {
  const char *unit, *ours;
} units[] = {
  { "image", "image" },         { "images", "image" },
  { "megapixel", "megapixel" }, { "megapixels", "megapixel" },
  { "second", "second" },       { "seconds", "second" },
  { "video", "video" },         { "videos", "video" },
  { "generation", "request" },  { "generations", "request" },
};

/* NULL: none of ours, as speech or training. */
static struct gamut_json *operations_of(struct gamut_call *c,
                                        const char *category)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *list;
  size_t i;

  for (i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
    if (strcmp(categories[i].category, category) != 0)
      continue;
    list = h->json_array(c);
    h->json_set_str(list, NULL, categories[i].first);
    h->json_set_str(list, NULL, categories[i].second);
    return list;
  }
  return NULL;
}

static const char *life_of(const char *status)
{
  if (strcmp(status, "active") == 0)
    return "available";
  return strcmp(status, "deprecated") == 0 ? status : NULL;
}

static void add_model(struct gamut_call *c, struct gamut_json *page,
                      const struct gamut_json *listed)
{
  const struct gamut_host *h = c->host;
  const char *id = h->json_str(listed, "endpoint_id", "");
  struct gamut_json *operations =
    operations_of(c, h->json_str(listed, "metadata/category", ""));
  struct gamut_json *m;

  if (!*id || !operations)
    return;
  m = h->json_object(c);
  h->json_set_str(m, "id", id);
  h->json_set_str(m, "title",
                  h->json_str(listed, "metadata/display_name", NULL));
  h->json_set(m, "operations", operations);
  h->json_set_str(m, "life",
                  life_of(h->json_str(listed, "metadata/status", "")));
  h->json_set(page, NULL, m);
}

/* ---- exchanges ---------------------------------------------------------- */

/* `cursor`: "" at the beginning of a list. */
static int32_t get(struct gamut_call *c, int32_t phase, const char *url,
                   const char *cursor, uint32_t flags)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = phase,
                          .flags = flags,
                          .method = "GET",
                          .url = url };

  if (*cursor)
    x.url = h->text(c, "%s&cursor=%s", url, h->escape(c, cursor));
  return fal_http(c, &x);
}

static int32_t ask_page(struct gamut_call *c)
{
  return get(c, FAL_MODELS, PLATFORM "?limit=" PAGE,
             c->host->json_str(c->state, "cursor", ""), 0);
}

static int has_key(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  return h->config_int(c, "api_key") > 0 ||
         (h->config_int(c, "key_id") > 0 && h->config_int(c, "key_secret") > 0);
}

/* All statuses: a page without prices is better than none. */
static int32_t ask_prices(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *page = h->json_get(c->state, "page");
  uint32_t i = (uint32_t)h->json_int(c->state, "at", 0), n = 0;
  const struct gamut_json *m;
  const char *url = PLATFORM "/pricing?endpoint_id=";

  for (; n < PRICED && (m = h->json_member(page, i, NULL)); i++, n++)
    url = h->text(c, "%s%s%s", url, n ? "," : "",
                  h->escape(c, h->json_str(m, "id", "")));
  return get(c, FAL_PRICES, url, h->json_str(c->state, "more", ""),
             GAMUT_HTTP_ALL);
}

/* ---- answers ------------------------------------------------------------ */

static struct gamut_json *copy_of(struct gamut_call *c,
                                  const struct gamut_json *o)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *copy = h->json_object(c);
  const struct gamut_json *value;
  const char *key;
  uint32_t i;

  for (i = 0; (value = h->json_member(o, i, &key)); i++)
    h->json_set(copy, key, value);
  return copy;
}

/* An id has slashes, which a path cannot name. */
static const struct gamut_json *
member_of(struct gamut_call *c, const struct gamut_json *o, const char *name)
{
  const struct gamut_json *value;
  const char *key;
  uint32_t i;

  for (i = 0; (value = c->host->json_member(o, i, &key)); i++)
    if (strcmp(key, name) == 0)
      return value;
  return NULL;
}

static void answer_page(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *page = h->json_get(c->state, "page");
  const struct gamut_json *prices = h->json_get(c->state, "prices"), *m, *price;
  struct gamut_json *list = h->json_array(c), *rows, *entry;
  uint32_t i;

  for (i = 0; (m = h->json_member(page, i, NULL)); i++) {
    entry = copy_of(c, m);
    price = member_of(c, prices, h->json_str(m, "id", ""));
    if (price) {
      rows = h->json_array(c);
      h->json_set(rows, NULL, price);
      h->json_set(entry, "price", rows);
    }
    h->json_set(list, NULL, entry);
  }
  h->answer(c, list);
}

/* The prices of what is left of the page; then the next page. */
static int32_t go_on(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  if (has_key(c) &&
      h->json_int(c->state, "at", 0) < h->json_count(c->state, "page"))
    return ask_prices(c);
  answer_page(c);
  return *h->json_str(c->state, "cursor", "") ? ask_page(c) : h->done(c);
}

/* Where the list goes on, or "" at its end. */
static const char *next_of(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *more = h->json_get(c->reply->json, "has_more");
  const char *next = h->json_str(c->reply->json, "next_cursor", "");
  int ends = h->json_type(more) == GAMUT_JSON_BOOL &&
             strcmp(h->json_text(c, more), "false") == 0;

  return ends ? "" : next;
}

static int32_t listed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *models = h->json_get(c->reply->json, "models"), *m;
  const char *last = h->json_str(c->state, "cursor", ""), *next = next_of(c);
  struct gamut_json *page = h->json_array(c);
  uint32_t i;

  if (h->json_type(models) != GAMUT_JSON_ARRAY)
    return h->fail(c, GAMUT_E_PROTOCOL, "fal's list has no models in it");
  if (*next && strcmp(next, last) == 0)
    return h->fail(c, GAMUT_E_PROTOCOL, "fal's list of models does not end");
  for (i = 0; (m = h->json_member(models, i, NULL)); i++)
    add_model(c, page, m);
  h->json_set_str(c->state, "cursor", next);
  h->json_set_str(c->state, "more", "");
  h->json_set(c->state, "page", page);
  h->json_set(c->state, "prices", h->json_object(c));
  h->json_set_int(c->state, "at", 0);
  return go_on(c);
}

static void add_price(struct gamut_call *c, struct gamut_json *prices,
                      const struct gamut_json *row)
{
  const struct gamut_host *h = c->host;
  const char *id = h->json_str(row, "endpoint_id", "");
  double usd = h->json_real(row, "unit_price", -1);
  const char *unit = h->json_str(row, "unit", "");
  struct gamut_json *price;
  size_t i, n = sizeof(units) / sizeof(units[0]);

  for (i = 0; i < n && strcmp(units[i].unit, unit) != 0;)
    i++;
  if (i == n || !*id || usd < 0 ||
      strcmp(h->json_str(row, "currency", "USD"), "USD") != 0)
    return;
  price = h->json_object(c);
  h->json_set_str(price, "unit", units[i].ours);
  h->json_set_real(price, "usd", usd);
  h->json_set(prices, id, price);
}

/* Fifty more have their prices, or will not get any. */
static int32_t priced(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *rows = h->json_get(c->reply->json, "prices"), *row;
  struct gamut_json *prices = copy_of(c, h->json_get(c->state, "prices"));
  const char *last = h->json_str(c->state, "more", ""), *next = next_of(c);
  int32_t status = c->reply->status;
  uint32_t i;

  if (status >= 500 || status == 408 || status == 429)
    return h->fail_reply(c);
  if (status >= 400)
    h->log(c, GAMUT_WARN, "fal tells no prices: %s",
           h->json_str(c->reply->json, "error/message", "refused"));
  for (i = 0; (row = h->json_member(rows, i, NULL)); i++)
    add_price(c, prices, row);
  h->json_set(c->state, "prices", prices);
  if (strcmp(next, last) == 0)
    next = "";
  h->json_set_str(c->state, "more", next);
  if (!*next)
    h->json_set_int(c->state, "at", h->json_int(c->state, "at", 0) + PRICED);
  return go_on(c);
}

static int32_t list(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return ask_page(c);
  return c->phase == FAL_MODELS ? listed(c) : priced(c);
}

/* A bare number of dollars; fal does not document it. */
static int32_t balance(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_json *o, *all, *one, *usd;
  int32_t type;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return get(c, FAL_BALANCE, "https://rest.fal.ai/billing/user_balance", "",
               0);
  usd = h->json_parse(c, c->reply->body, c->reply->body_len);
  type = h->json_type(usd);
  if (type != GAMUT_JSON_INT && type != GAMUT_JSON_REAL)
    return h->fail(c, GAMUT_E_PROTOCOL, "fal's balance is no number");
  o = h->json_object(c);
  all = h->json_array(c);
  one = h->json_object(c);
  h->json_set_str(one, "name", "account");
  h->json_set_str(one, "unit", "usd");
  h->json_set_real(one, "remaining", h->json_real(usd, "", 0));
  h->json_set(all, NULL, one);
  h->json_set(o, "balances", all);
  h->answer(c, o);
  return h->done(c);
}

const struct gamut_models fal_models = { .struct_size = sizeof(fal_models),
                                         .flags = GAMUT_QUERY_OPEN,
                                         .list = list };
const struct gamut_account fal_account = { .struct_size = sizeof(fal_account),
                                           .balance = balance };
