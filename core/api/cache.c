/* cache.c - what the cache holds, for people and scripts. */
#include "route/cache.h"
#include "api/jobs.h"
#include "api/look.h"
#include "base/clock.h"
#include "base/str.h"
#include <string.h>

static void put_time(struct json_object *o, const char *name, int64_t wall_ms)
{
  char text[32];

  if (wall_ms > 0)
    gm_look_put(o, name, gm_fmt_time(text, (uint64_t)wall_ms));
}

static void put_int(struct json_object *o, const char *name, int64_t n)
{
  json_object_object_add(o, name, json_object_new_int64(n));
}

static void put_usd(struct json_object *o, const char *name, int64_t microusd)
{
  if (microusd >= 0)
    json_object_object_add(o, name, gm_json_new_real((double)microusd / 1e6));
}

/* Hand the document out, or report. */
static int32_t give(struct gm_error *err, struct json_object *o,
                    char **ret_json, struct gamut_error *ret_error)
{
  if (!err->error_class) {
    *ret_json = gm_strdup(gm_json_text(o, NULL));
    if (!*ret_json)
      gm_fail(err, GAMUT_E_NOMEM, "no memory for a document");
  }
  return gm_report(err, ret_error);
}

/* ---- all rows ------------------------------------------------------------ */

struct listing {
  struct gm_waited_look w;
  struct json_object *list; /* NULL: only sums */
  int64_t entries, bytes, hits, saved, used_ms;
};

static int32_t add_entry(struct listing *l, const struct gamut_store_row *row)
{
  static const char *const members[] = { "job",       "provider", "model",
                                         "operation", "prompt",   "project" };
  _cleanup_json_ struct json_object *entry =
    gm_json_parse_once(row->body, row->body_len, NULL, NULL);
  struct json_object *o = json_object_new_object();
  size_t i;

  gm_look_put(o, "key", row->key);
  for (i = 0; i < GM_LEN(members); i++)
    gm_look_put(o, members[i], gm_json_str(entry, members[i], NULL));
  put_time(o, "made_at", gm_json_i64(entry, "at", 0));
  put_time(o, "used_at", row->rank);
  put_int(o, "hits", row->numbers[GM_SHELF_HITS]);
  put_int(o, "bytes", row->numbers[GM_SHELF_BYTES]);
  put_usd(o, "cost_usd", row->numbers[GM_SHELF_COST]);
  json_object_object_add(o, "files",
                         json_object_get(gm_json_at(entry, "files")));
  return json_object_array_add(l->list, o) ? GAMUT_E_NOMEM : 0;
}

static int32_t list_row(void *user, const struct gamut_store_row *row)
{
  const int64_t *n = row->numbers;
  struct listing *l = user;

  l->entries++;
  l->bytes += n[GM_SHELF_BYTES];
  l->hits += n[GM_SHELF_HITS];
  if (n[GM_SHELF_COST] > 0)
    l->saved += n[GM_SHELF_COST] * n[GM_SHELF_HITS];
  l->used_ms = GM_MAX(l->used_ms, row->rank);
  return l->list ? add_entry(l, row) : 0;
}

static int32_t run_listing(struct gm_look *k, const struct gamut_store *type,
                           void *handle, char *message)
{
  struct listing *l = GM_CONTAINER(k, struct listing, w.look);
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .flags =
                                         GAMUT_SCAN_BY_RANK | GAMUT_SCAN_DOWN |
                                         (l->list ? 0 : GAMUT_SCAN_NO_BODY),
                                       .table = GM_TABLE_CACHE,
                                       .min_rank = INT64_MIN,
                                       .max_rank = INT64_MAX };

  return type->scan(handle, &q, list_row, l, message);
}

int32_t gamut_cache_list(struct gamut *g, char **ret_json,
                         struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *list = json_object_new_array();
  struct listing l = { .w.look.run = run_listing, .list = list };
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  gm_look_and_wait(g, &l.w);
  return give(&l.w.err, list, ret_json, ret_error);
}

struct limits {
  uint64_t max_bytes;
  int64_t ttl_ms;
};

static void read_limits(struct gamut *g, void *arg)
{
  struct limits *m = arg;

  m->max_bytes = gm_cache_max(g->router.cache);
  m->ttl_ms = gm_cache_ttl_ms(g->router.cache);
}

int32_t gamut_cache_stats(struct gamut *g, char **ret_json,
                          struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *o = json_object_new_object();
  struct listing l = { .w.look.run = run_listing };
  struct limits m;
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  gm_look_and_wait(g, &l.w);
  gm_on_engine(g, read_limits, &m);
  put_int(o, "entries", l.entries);
  put_int(o, "bytes", l.bytes);
  put_int(o, "max_bytes", (int64_t)m.max_bytes);
  put_int(o, "ttl_ms", m.ttl_ms);
  put_int(o, "hits", l.hits);
  put_usd(o, "saved_usd", l.saved);
  put_time(o, "used_at", l.used_ms);
  json_object_object_add(o, "durable",
                         json_object_new_boolean(gm_store_keeps(g->store)));
  return give(&l.w.err, o, ret_json, ret_error);
}

/* ---- sweeping ------------------------------------------------------------ */

struct sweeping {
  struct gm_waited_look w;
  struct gm_sweep sweep;
};

static int32_t run_sweep(struct gm_look *k, const struct gamut_store *type,
                         void *handle, char *message)
{
  struct sweeping *s = GM_CONTAINER(k, struct sweeping, w.look);
  const struct gm_shelf shelf = { type, handle, message };

  return gm_shelf_sweep(&shelf, &s->sweep);
}

static int32_t sweep(struct gamut *g, bool all, char **ret_json,
                     struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *o = json_object_new_object();
  struct sweeping s = { .w.look.run = run_sweep };
  struct limits m;
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  (void)gamut_durable(g); /* opens it: its kind decides how much there may be */
  gm_on_engine(g, read_limits, &m);
  s.sweep.max_bytes = m.max_bytes;
  s.sweep.ttl_ms = m.ttl_ms;
  s.sweep.all = all;
  s.sweep.verify = !all;
  gm_look_and_wait(g, &s.w);
  put_int(o, "entries", s.sweep.entries);
  put_int(o, "bytes", (int64_t)s.sweep.bytes);
  put_int(o, "removed", s.sweep.removed);
  put_int(o, "freed", (int64_t)s.sweep.freed);
  put_int(o, "damaged", s.sweep.damaged);
  put_int(o, "strays", s.sweep.strays);
  return give(&s.w.err, o, ret_json, ret_error);
}

int32_t gamut_cache_clear(struct gamut *g, char **ret_json,
                          struct gamut_error *ret_error)
{
  return sweep(g, true, ret_json, ret_error);
}

int32_t gamut_cache_verify(struct gamut *g, char **ret_json,
                           struct gamut_error *ret_error)
{
  return sweep(g, false, ret_json, ret_error);
}
