/* usage.c - the ledger summed up.
 *
 * A year of it may be a million rows.  What is summed is in their numbers; the
 * names to group by stand first in the body, in a form that we wrote ourselves
 * (charge_text.c), and are cut out of it as they are, JSON text, which serves
 * as the key of a group just as well.  Only the names of groups are parsed. */
#include "route/usage.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "route/ledger.h"
#include <stdio.h>
#include <string.h>

#define KEY_MAX (4u << 20)
#define NEAR    256
#define HEAD    "{\"by\":["

struct tally {
  char *key; /* JSON text, or a plain word */
  uint32_t requests, by_status[GM_CHARGE_STATUSES], unknown;
  int64_t settled, maybe, reserved, saved;
  uint32_t *ms; /* of those that ended well, at a vendor */
  size_t n_ms, room_ms;
};

struct gm_usage {
  struct gm_usage_query q;
  struct tally total;
  struct gm_map groups; /* key -> struct tally */
  struct gm_buf key;
  struct tally *near[NEAR]; /* groups met lately, by their last letters */
};

/* ---- one row ------------------------------------------------------------- */

static bool add_ms(struct tally *t, int64_t ms)
{
  size_t room = t->room_ms ? 2 * t->room_ms : 64;
  uint32_t *bigger;

  if (t->n_ms == t->room_ms) {
    bigger = gm_realloc(t->ms, room * sizeof(*bigger));
    if (!bigger)
      return false;
    t->ms = bigger;
    t->room_ms = room;
  }
  t->ms[t->n_ms++] = (uint32_t)GM_MIN(ms, UINT32_MAX);
  return true;
}

static bool add_money(struct tally *t, const struct gamut_store_row *row)
{
  t->settled += row->numbers[GM_CHARGE_SETTLED];
  t->maybe += row->numbers[GM_CHARGE_MAYBE];
  return true;
}

static bool add_row(struct tally *t, const struct gamut_store_row *row)
{
  const int64_t *n = row->numbers;
  uint32_t status = (uint32_t)GM_FACT_STATUS(n[GM_CHARGE_FACTS]);

  t->requests++;
  if (status < GM_CHARGE_STATUSES)
    t->by_status[status]++;
  t->unknown += GM_FACT_UNKNOWN(n[GM_CHARGE_FACTS]) > 0;
  t->reserved += n[GM_CHARGE_RESERVED];
  t->saved += n[GM_CHARGE_SAVED];
  return status != GM_CHARGE_COMPLETED || n[GM_CHARGE_MS] < 0 ||
         add_ms(t, n[GM_CHARGE_MS]);
}

static struct tally **near_of(struct gm_usage *u, const char *key, size_t len)
{
  size_t i = len > 8 ? len - 8 : 0;
  uint32_t h = (uint32_t)len;

  for (; i < len; i++)
    h = h * 31 + (unsigned char)key[i];
  return &u->near[h % NEAR];
}

static struct tally *group(struct gm_usage *u, const char *key, size_t len)
{
  struct tally **near = near_of(u, key, len), *t = *near;

  if (t && strncmp(t->key, key, len) == 0 && t->key[len] == '\0')
    return t;
  gm_buf_clear(&u->key);
  gm_buf_addn(&u->key, key, len);
  if (gm_buf_failed(&u->key))
    return NULL;
  t = gm_map_get(&u->groups, gm_buf_text(&u->key));
  if (t)
    return *near = t;
  t = gm_zalloc(sizeof(*t));
  if (t && (t->key = gm_strndup(key, len)) && gm_map_put(&u->groups, t->key, t))
    return *near = t;
  if (t)
    gm_free(t->key);
  gm_free(t);
  return NULL;
}

/* ---- names --------------------------------------------------------------- */

/* The next value of the array, as JSON text: a string or null.  The head is our
 * own; whatever is cut short is nothing. */
static bool next_value(const char **at, const char *end, const char **ret,
                       size_t *ret_len)
{
  const char *p = *at;

  if (p < end && *p == ',')
    p++;
  *ret = p;
  if (p < end && *p == '"') {
    for (p++; p < end && *p != '"'; p++)
      p += *p == '\\';
    if (p >= end)
      return false;
    p++;
  } else {
    while (p < end && *p >= 'a' && *p <= 'z')
      p++;
  }
  *at = p;
  *ret_len = (size_t)(p - *ret);
  return *ret_len > 0;
}

/* Of a body that is broken: null. */
static bool name_of(const struct gamut_store_row *row, enum gm_usage_by by,
                    const char **ret, size_t *ret_len)
{
  const char *at = row->body, *end = at + row->body_len, *from;
  int skip = by == GM_USAGE_PROJECT ? 2 : by == GM_USAGE_USER ? 3 : 0, i;
  size_t len;

  if (row->body_len < sizeof(HEAD) || memcmp(at, HEAD, sizeof(HEAD) - 1) != 0)
    return false;
  at += sizeof(HEAD) - 1;
  from = at;
  for (i = 0; i <= skip; i++)
    if (!next_value(&at, end, &from, &len))
      return false;
  *ret = from;
  *ret_len = len;
  /* "provider","model" is one name. */
  if (by == GM_USAGE_MODEL) {
    if (!next_value(&at, end, &from, &len))
      return false;
    *ret_len = (size_t)(at - *ret);
  }
  return true;
}

static bool add_to(struct gm_usage *u, const char *key, size_t len,
                   const struct gamut_store_row *row)
{
  struct tally *t = group(u, key, len);

  return t && add_row(t, row) && add_money(t, row);
}

static int64_t part_at(const struct json_object *part, size_t i)
{
  return json_object_get_int64(json_object_array_get_idx(part, i));
}

/* What was in doubt is in the body as it was, also when it is settled: then the
 * row says how. */
enum verdict { IN_DOUBT, CHARGED, NOT_CHARGED };

struct money {
  int64_t settled, maybe;
};

static struct money sum_of(const struct json_object *parts)
{
  size_t i, n = gm_json_count(parts, NULL);
  struct money all = { 0, 0 };

  for (i = 0; i < n; i++) {
    const struct json_object *part = json_object_array_get_idx(parts, i);

    all.settled += part_at(part, 2);
    all.maybe += part_at(part, 3);
  }
  return all;
}

static enum verdict verdict_of(const struct gamut_store_row *row,
                               const struct money *told)
{
  if (row->numbers[GM_CHARGE_MAYBE] > 0)
    return IN_DOUBT;
  return row->numbers[GM_CHARGE_SETTLED] < told->settled + told->maybe
           ? NOT_CHARGED
           : CHARGED;
}

/* What the parts do not tell is of the link that it was at: that one was under
 * way when its process was killed, and then it was settled. */
static void add_rest(struct tally *t, const struct gamut_store_row *row,
                     const struct money *told, enum verdict verdict)
{
  add_money(t, row);
  t->settled -= told->settled + (verdict == CHARGED ? told->maybe : 0);
  t->maybe -= verdict == IN_DOUBT ? told->maybe : 0;
}

static bool add_part(struct gm_usage *u, struct json_object *part,
                     enum verdict verdict)
{
  struct json_object *provider = json_object_array_get_idx(part, 0);
  struct json_object *model = json_object_array_get_idx(part, 1);
  struct gm_buf key = GM_BUF_INIT(KEY_MAX);
  struct tally *t;

  gm_buf_add_json(&key, json_object_get_string(provider));
  if (u->q.by == GM_USAGE_MODEL) {
    gm_buf_addc(&key, ',');
    gm_buf_add_json(&key, json_object_get_string(model));
  }
  t = gm_buf_failed(&key) ? NULL : group(u, gm_buf_text(&key), key.len);
  if (t) {
    t->settled += part_at(part, 2);
    *(verdict == IN_DOUBT ? &t->maybe : &t->settled) +=
      verdict == NOT_CHARGED ? 0 : part_at(part, 3);
  }
  gm_buf_finish(&key);
  return t != NULL;
}

/* A job that other links than the last have taken money for: to each its own;
 * `last` is that of the last. */
static bool add_parts(struct gm_usage *u, const struct gamut_store_row *row,
                      struct tally *last)
{
  _cleanup_json_ struct json_object *o =
    gm_json_parse_once(row->body, row->body_len, NULL, NULL);
  const struct json_object *parts = gm_json_at(o, "parts");
  size_t i, n = gm_json_count(parts, NULL);
  struct money told = sum_of(parts);
  enum verdict verdict = verdict_of(row, &told);
  bool ok = true;

  add_rest(last, row, &told, verdict);
  for (i = 0; i < n && ok; i++)
    ok = add_part(u, json_object_array_get_idx(parts, i), verdict);
  return ok;
}

/* Once for each tag; `at` stands behind the user. */
static bool add_tags(struct gm_usage *u, const struct gamut_store_row *row)
{
  const char *at = row->body, *end = at + row->body_len, *from;
  bool ok = true;
  size_t len;

  if (!name_of(row, GM_USAGE_USER, &from, &len))
    return add_to(u, "null", 4, row);
  at = from + len;
  if (end - at < 3 || at[1] != '[' || at[2] == ']')
    return add_to(u, "null", 4, row);
  at += 2;
  while (ok && at < end && *at != ']' && next_value(&at, end, &from, &len))
    ok = add_to(u, from, len, row);
  return ok;
}

static bool add_day(struct gm_usage *u, const struct gamut_store_row *row)
{
  char time[32];

  gm_fmt_time(time, row->rank > 0 ? (uint64_t)row->rank : 0);
  return add_to(u, time, 10, row);
}

static bool add_named(struct gm_usage *u, const struct gamut_store_row *row)
{
  bool parts = (u->q.by == GM_USAGE_PROVIDER || u->q.by == GM_USAGE_MODEL) &&
               GM_FACT_PARTS(row->numbers[GM_CHARGE_FACTS]);
  const char *name = "null";
  size_t len = 4;
  struct tally *t;

  (void)name_of(row, u->q.by, &name, &len);
  t = group(u, name, len);
  if (!t || !add_row(t, row))
    return false;
  return parts ? add_parts(u, row, t) : add_money(t, row);
}

static bool add_grouped(struct gm_usage *u, const struct gamut_store_row *row)
{
  const char *word;

  switch (u->q.by) {
  case GM_USAGE_TOTAL:
    return true;
  case GM_USAGE_DAY:
    return add_day(u, row);
  case GM_USAGE_STATUS:
    word = gm_charge_status_name(
      (enum gm_charge_status)GM_FACT_STATUS(row->numbers[GM_CHARGE_FACTS]));
    return add_to(u, word, strlen(word), row);
  case GM_USAGE_TAG:
    return add_tags(u, row);
  default:
    return add_named(u, row);
  }
}

static int32_t on_row(void *user, const struct gamut_store_row *row)
{
  struct gm_usage *u = user;

  return add_row(&u->total, row) && add_money(&u->total, row) &&
             add_grouped(u, row)
           ? 0
           : GAMUT_E_NOMEM;
}

int32_t gm_usage_scan(struct gm_usage *u, const struct gamut_store *type,
                      void *handle, char *message)
{
  bool plain = u->q.by == GM_USAGE_TOTAL || u->q.by == GM_USAGE_DAY ||
               u->q.by == GM_USAGE_STATUS;
  const struct gamut_store_query q = {
    .struct_size = sizeof(q),
    .flags = GAMUT_SCAN_BY_RANK | (plain ? GAMUT_SCAN_NO_BODY : 0u),
    .table = GM_TABLE_CHARGE,
    .min_rank = GM_MAX(u->q.from_ms, 1),
    .max_rank = u->q.to_ms - 1
  };
  int32_t rc = type->scan(handle, &q, on_row, u, message);

  if (rc == GAMUT_E_NOMEM)
    snprintf(message, GAMUT_STORE_MESSAGE, "no memory to sum up the ledger");
  return rc;
}

/* ---- life ---------------------------------------------------------------- */

struct gm_usage *gm_usage_new(const struct gm_usage_query *q)
{
  struct gm_usage *u = gm_zalloc(sizeof(*u));

  if (!u)
    return NULL;
  u->q = *q;
  gm_buf_init(&u->key, KEY_MAX);
  return u;
}

void gm_usage_free(struct gm_usage *u)
{
  struct gm_map_entry *e;
  size_t it = 0;

  if (!u)
    return;
  while ((e = gm_map_next(&u->groups, &it))) {
    struct tally *t = e->value;

    gm_free(t->key);
    gm_free(t->ms);
    gm_free(t);
  }
  gm_map_finish(&u->groups);
  gm_buf_finish(&u->key);
  gm_free(u->total.ms);
  gm_free(u);
}

/* ---- as a document ------------------------------------------------------- */

static void put_int(struct json_object *o, const char *name, int64_t v)
{
  json_object_object_add(o, name, json_object_new_int64(v));
}

static void put_usd(struct json_object *o, const char *name, int64_t microusd)
{
  json_object_object_add(o, name, gm_json_new_real((double)microusd / 1e6));
}

static int by_size(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

  return x < y ? -1 : x > y;
}

/* Nearest rank: of 20 the 10th and the 19th. */
static void put_times(struct json_object *o, const struct tally *t)
{
  if (t->n_ms == 0)
    return;
  qsort(t->ms, t->n_ms, sizeof(*t->ms), by_size);
  put_int(o, "p50_ms", t->ms[(t->n_ms * 50 + 99) / 100 - 1]);
  put_int(o, "p95_ms", t->ms[(t->n_ms * 95 + 99) / 100 - 1]);
}

static void put_tally(struct json_object *o, const struct tally *t)
{
  uint32_t ended = t->requests - t->by_status[GM_CHARGE_OPEN];

  put_int(o, "requests", t->requests);
  put_int(o, "succeeded", t->by_status[GM_CHARGE_COMPLETED]);
  put_int(o, "failed", t->by_status[GM_CHARGE_FAILED]);
  put_int(o, "blocked", t->by_status[GM_CHARGE_BLOCKED]);
  put_int(o, "cancelled", t->by_status[GM_CHARGE_CANCELLED]);
  put_int(o, "maybe_charged", t->by_status[GM_CHARGE_UNSURE]);
  put_int(o, "cached", t->by_status[GM_CHARGE_CACHED]);
  put_int(o, "open", t->by_status[GM_CHARGE_OPEN]);
  put_usd(o, "cost_usd", t->settled);
  put_usd(o, "maybe_usd", t->maybe);
  put_usd(o, "reserved_usd", t->reserved);
  put_usd(o, "saved_usd", t->saved);
  put_int(o, "unknown_cost", t->unknown);
  if (ended > 0)
    json_object_object_add(
      o, "hit_rate",
      gm_json_new_real((double)t->by_status[GM_CHARGE_CACHED] / ended));
  put_times(o, t);
}

/* "fal" of "\"fal\"", "fal:m" of "\"fal\",\"m\"", nothing of null. */
static struct json_object *name_from(const struct tally *t, enum gm_usage_by by)
{
  _cleanup_json_ struct json_object *list = NULL;
  struct gm_buf b = GM_BUF_INIT(KEY_MAX);
  struct json_object *name = NULL;
  size_t i, n;

  if (by == GM_USAGE_DAY || by == GM_USAGE_STATUS)
    return json_object_new_string(t->key);
  gm_buf_addf(&b, "[%s]", t->key);
  list = gm_json_parse_once(gm_buf_text(&b), b.len, NULL, NULL);
  gm_buf_clear(&b);
  n = gm_json_count(list, NULL);
  for (i = 0; i < n; i++) {
    struct json_object *piece = json_object_array_get_idx(list, i);

    if (piece)
      gm_buf_addf(&b, "%s%s", i ? ":" : "", json_object_get_string(piece));
  }
  if (b.len > 0)
    name = json_object_new_string_len(gm_buf_text(&b), (int)b.len);
  gm_buf_finish(&b);
  return name;
}

static int by_cost(const void *a, const void *b)
{
  const struct tally *x = *(struct tally *const *)a;
  const struct tally *y = *(struct tally *const *)b;

  if (x->settled != y->settled)
    return x->settled < y->settled ? 1 : -1;
  if (x->requests != y->requests)
    return x->requests < y->requests ? 1 : -1;
  return strcmp(x->key, y->key);
}

static int by_key(const void *a, const void *b)
{
  const struct tally *x = *(struct tally *const *)a;
  const struct tally *y = *(struct tally *const *)b;

  return strcmp(x->key, y->key);
}

static struct json_object *groups_of(const struct gm_usage *u)
{
  struct tally **all =
    gm_alloc((u->groups.n_used + 1) * sizeof(struct tally *));
  struct json_object *list = json_object_new_array(), *o;
  struct gm_map_entry *e;
  size_t it = 0, n = 0, i;

  while (all && (e = gm_map_next(&u->groups, &it)))
    all[n++] = e->value;
  if (n > 0)
    qsort(all, n, sizeof(struct tally *),
          u->q.by == GM_USAGE_DAY ? by_key : by_cost);
  for (i = 0; i < n; i++) {
    o = json_object_new_object();
    json_object_object_add(o, "name", name_from(all[i], u->q.by));
    put_tally(o, all[i]);
    json_object_array_add(list, o);
  }
  gm_free(all);
  return list;
}

struct json_object *gm_usage_json(const struct gm_usage *u)
{
  struct json_object *o = json_object_new_object();
  struct json_object *total = json_object_new_object();
  char time[32];

  if (!o || !total) {
    json_object_put(o);
    json_object_put(total);
    return NULL;
  }
  json_object_object_add(
    o, "from",
    json_object_new_string(gm_fmt_time(time, (uint64_t)u->q.from_ms)));
  json_object_object_add(
    o, "to", json_object_new_string(gm_fmt_time(time, (uint64_t)u->q.to_ms)));
  put_tally(total, &u->total);
  json_object_object_add(o, "total", total);
  if (u->q.by == GM_USAGE_TOTAL)
    return o;
  json_object_object_add(o, "by",
                         json_object_new_string(gm_usage_words[u->q.by]));
  json_object_object_add(o, "groups", groups_of(u));
  return o;
}
