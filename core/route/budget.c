/* budget.c - limits on spending, as they are configured and as they are named
 * in the store.
 *
 * Periods are those of the calendar in GMT, so that processes in several time
 * zones count into the same row. */
#include "route/budget.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/str.h"
#include <string.h>

#define NAME_MAX_IN_KEY 140
#define LIMIT_MAX_USD   1e9

static const char *const scopes[] = { "all",  "provider", "project",
                                      "user", "tag",      NULL };
static const char *const periods[] = { "day", "week", "month", "year", NULL };

const char *gm_scope_name(enum gm_scope s)
{
  return scopes[s];
}

const char *gm_period_name(enum gm_period p)
{
  return periods[p];
}

static int index_of(const char *word, const char *const *words)
{
  int i;

  for (i = 0; words[i]; i++)
    if (gm_streq(word, words[i]))
      return i;
  return -1;
}

bool gm_period_from(const char *name, enum gm_period *ret)
{
  int i = index_of(name, periods);

  if (i >= 0)
    *ret = (enum gm_period)i;
  return i >= 0;
}

/* ---- the setting --------------------------------------------------------- */

static int32_t wrong(struct gm_error *err, size_t i, const char *member,
                     struct json_object *value, const char *allowed)
{
  return gm_fail(err, GAMUT_E_INVALID, "budgets[%zu].%s: %.60s is not %s", i,
                 member, value ? gm_json_text(value, NULL) : "nothing",
                 allowed);
}

static int32_t read_scope(struct gm_purse *b, struct json_object *o, size_t i,
                          struct gm_error *err)
{
  int at = index_of(gm_json_str(o, "scope", NULL), scopes);

  if (at < 0)
    return wrong(err, i, "scope", gm_json_at(o, "scope"),
                 "one of all, provider, project, user, tag");
  b->scope = (enum gm_scope)at;
  return 0;
}

static int32_t read_name(struct gm_purse *b, struct json_object *o, size_t i,
                         struct gm_error *err)
{
  struct json_object *name = gm_json_at(o, "name");

  if (!name)
    return 0;
  if (b->scope == GM_SCOPE_ALL)
    return wrong(err, i, "name", name, "allowed with the scope all");
  if (!json_object_is_type(name, json_type_string) ||
      json_object_get_string_len(name) == 0)
    return wrong(err, i, "name", name, "text");
  b->name = gm_strdup(json_object_get_string(name));
  return b->name ? 0 : gm_fail(err, GAMUT_E_NOMEM, "no memory for budgets");
}

static int32_t read_limit(struct gm_purse *b, struct json_object *o, size_t i,
                          struct gm_error *err)
{
  struct json_object *limit = gm_json_at(o, "limit_usd");
  double usd = gm_json_real(o, "limit_usd", -1);

  if (!(usd >= 0 && usd <= LIMIT_MAX_USD))
    return wrong(err, i, "limit_usd", limit,
                 "a number of US dollars from 0 to 1000000000");
  b->limit_microusd = (int64_t)(usd * 1e6 + 0.5);
  return 0;
}

static int32_t read_period(struct gm_purse *b, struct json_object *o, size_t i,
                           struct gm_error *err)
{
  if (gm_period_from(gm_json_str(o, "period", NULL), &b->period) &&
      b->period != GM_YEAR)
    return 0;
  return wrong(err, i, "period", gm_json_at(o, "period"),
               "one of day, week, month");
}

static int32_t check_members(struct json_object *o, size_t i,
                             struct gm_error *err)
{
  static const char *const known[] = { "scope", "name", "limit_usd", "period",
                                       NULL };
  const struct lh_entry *e;
  const char *near;

  if (!json_object_is_type(o, json_type_object))
    return gm_fail(err, GAMUT_E_INVALID, "budgets[%zu]: not an object", i);
  for (e = json_object_get_object(o)->head; e; e = e->next) {
    if (index_of(lh_entry_k(e), known) >= 0)
      continue;
    near = gm_nearest(lh_entry_k(e), known);
    return gm_fail(err, GAMUT_E_INVALID,
                   "budgets[%zu]: '%.60s' is none of scope, name, limit_usd, "
                   "period%s%s%s",
                   i, (const char *)lh_entry_k(e),
                   near ? "; did you mean '" : "", near ? near : "",
                   near ? "'?" : "");
  }
  return 0;
}

static bool is_same(const struct gm_purse *a, const struct gm_purse *b)
{
  return a->scope == b->scope && a->period == b->period &&
         gm_streq(a->name, b->name);
}

static int32_t read_one(struct gm_budgets *all, struct json_object *o, size_t i,
                        struct gm_error *err)
{
  struct gm_purse *b = &all->items[all->n++];
  size_t k;
  int32_t rc = check_members(o, i, err);

  if (rc == 0)
    rc = read_scope(b, o, i, err);
  if (rc == 0)
    rc = read_name(b, o, i, err);
  if (rc == 0)
    rc = read_limit(b, o, i, err);
  if (rc == 0)
    rc = read_period(b, o, i, err);
  for (k = 0; rc == 0 && k < i; k++)
    if (is_same(&all->items[k], b))
      rc = gm_fail(err, GAMUT_E_INVALID,
                   "budgets[%zu]: the same as budgets[%zu], scope, name and "
                   "period",
                   i, k);
  return rc;
}

int32_t gm_budgets_parse(const char *text, struct gm_budgets *ret,
                         struct gm_error *err)
{
  _cleanup_json_ struct json_object *list =
    text ? gm_json_parse_config(text, strlen(text), err) : NULL;
  struct gm_budgets all = { NULL, 0 };
  size_t i, n = gm_json_count(list, NULL);
  int32_t rc = 0;

  *ret = all;
  if (!text || !*text)
    return 0;
  if (!list && err && err->error_class) {
    gm_error_prefix(err, "budgets");
    return err->error_class;
  }
  if (!json_object_is_type(list, json_type_array) || n > GM_BUDGETS_MAX)
    return gm_fail(err, GAMUT_E_INVALID,
                   "budgets: not an array of at most %d budgets",
                   GM_BUDGETS_MAX);
  all.items = gm_zalloc((n + 1) * sizeof(*all.items));
  if (!all.items)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for budgets");
  for (i = 0; i < n && rc == 0; i++)
    rc = read_one(&all, json_object_array_get_idx(list, i), i, err);
  if (rc)
    gm_budgets_finish(&all);
  *ret = all;
  return rc;
}

void gm_budgets_finish(struct gm_budgets *b)
{
  uint32_t i;

  for (i = 0; i < b->n; i++)
    gm_free(b->items[i].name);
  gm_free(b->items);
  *b = (struct gm_budgets){ NULL, 0 };
}

/* ---- counters ------------------------------------------------------------ */

/* "/month/2026-11-01" */
static void add_period(struct gm_buf *b, enum gm_period period, int64_t wall_ms)
{
  uint64_t from, to;
  char day[32];

  gm_period_of(period, wall_ms > 0 ? (uint64_t)wall_ms : 0, &from, &to);
  gm_buf_addf(b, "/%s/%.10s", periods[period], gm_fmt_time(day, from));
}

static void add_name(struct gm_buf *b, const char *name)
{
  size_t len = strlen(name);
  char hex[GM_SHA256_HEX];
  struct gm_sha256 sum;

  if (len <= NAME_MAX_IN_KEY) {
    gm_buf_add(b, name);
    return;
  }
  gm_sha256_init(&sum);
  gm_sha256_add(&sum, name, len);
  gm_sha256_hex(&sum, hex);
  gm_buf_addn(b, name, gm_utf8_cut(name, len, NAME_MAX_IN_KEY - 64));
  gm_buf_addf(b, "~%s", hex);
}

void gm_budget_key(enum gm_scope scope, const char *name, enum gm_period period,
                   int64_t wall_ms, char ret[GAMUT_STORE_KEY_MAX + 1])
{
  struct gm_buf b = GM_BUF_INIT(GAMUT_STORE_KEY_MAX);

  gm_buf_add(&b, scopes[scope]);
  if (name) {
    gm_buf_addc(&b, '/');
    add_name(&b, name);
  }
  add_period(&b, period, wall_ms);
  memcpy(ret, gm_buf_text(&b), b.len + 1);
  gm_buf_finish(&b);
}

bool gm_budget_key_is(const char *key, enum gm_scope scope,
                      enum gm_period period, int64_t wall_ms)
{
  struct gm_buf b = GM_BUF_INIT(64);
  size_t len = strlen(scopes[scope]);
  bool is;

  add_period(&b, period, wall_ms);
  is = gm_starts(key, scopes[scope]) && key[len] == '/' &&
       gm_ends(key, gm_buf_text(&b));
  gm_buf_finish(&b);
  return is;
}

void gm_budget_label(struct gm_buf *b, enum gm_scope scope, const char *name)
{
  gm_buf_add(b, scopes[scope]);
  if (name)
    gm_buf_addf(b, " '%.60s'", name);
}

void gm_add_usd(struct gm_buf *b, int64_t microusd)
{
  uint64_t abs = microusd < 0 ? 0 - (uint64_t)microusd : (uint64_t)microusd;
  uint64_t fraction = abs % 1000000;
  int digits = 6;

  for (; digits > 2 && fraction % 10 == 0; digits--)
    fraction /= 10;
  gm_buf_addf(b, "%s$%llu.%0*llu", microusd < 0 ? "-" : "",
              (unsigned long long)(abs / 1000000), digits,
              (unsigned long long)fraction);
}

void gm_add_reset(struct gm_buf *b, enum gm_period period, int64_t wall_ms)
{
  uint64_t from, to;
  char time[32];

  gm_period_of(period, wall_ms > 0 ? (uint64_t)wall_ms : 0, &from, &to);
  gm_buf_addf(b, "%.16sZ", gm_fmt_time(time, to));
}
