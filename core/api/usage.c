/* usage.c - the books, for people and programs: what was used, and what budgets
 * have left. */
#include "route/usage.h"
#include "api/jobs.h"
#include "api/look.h"
#include "base/str.h"
#include "route/ledger.h"
#include <string.h>

static int32_t hand_out(struct json_object *o, char **ret_json,
                        struct gm_error *err)
{
  char *text = o ? gm_strdup(gm_json_text(o, NULL)) : NULL;

  json_object_put(o);
  if (!text)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an answer");
  *ret_json = text;
  return 0;
}

/* ---- usage --------------------------------------------------------------- */

struct usage_look {
  struct gm_waited_look w;
  const char *query;
  struct gm_usage *usage;
  struct gm_error err; /* of the query */
};

/* Which month it is the store says. */
static int32_t run_usage(struct gm_look *k, const struct gamut_store *type,
                         void *handle, char *message)
{
  struct usage_look *l = GM_CONTAINER(k, struct usage_look, w.look);
  struct gm_usage_query q;

  if (gm_usage_read(l->query, type->now(handle), &q, &l->err))
    return 0;
  l->usage = gm_usage_new(&q);
  if (l->usage)
    return gm_usage_scan(l->usage, type, handle, message);
  gm_fail(&l->err, GAMUT_E_NOMEM, "no memory to sum up the ledger");
  return 0;
}

int32_t gamut_usage(struct gamut *g, const char *query, char **ret_json,
                    struct gamut_error *ret_error)
{
  struct usage_look l = { .w.look.run = run_usage, .query = query };
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  if (gm_look_and_wait(g, &l.w))
    gm_error_move(&l.err, &l.w.err);
  if (!l.err.error_class)
    hand_out(gm_usage_json(l.usage), ret_json, &l.err);
  gm_usage_free(l.usage);
  return gm_report(&l.err, ret_error);
}

/* ---- budgets ------------------------------------------------------------- */

struct budget_look {
  struct gm_waited_look w;
  struct gm_budgets budgets;
  const struct gm_purse *purse; /* the one that is looked at */
  int64_t now;
  struct json_object *all;
  bool found;
};

static void copy_budgets(struct gamut *g, void *arg)
{
  struct budget_look *l = arg;

  gm_budgets_parse(gm_setting_str(&g->settings, "budgets"), &l->budgets,
                   &l->w.err);
}

static void put_usd(struct json_object *o, const char *name, int64_t microusd)
{
  json_object_object_add(o, name, gm_json_new_real((double)microusd / 1e6));
}

static void put_resets(struct json_object *o, const struct gm_purse *p,
                       int64_t now)
{
  uint64_t from, to;
  char time[32];

  gm_period_of(p->period, now > 0 ? (uint64_t)now : 0, &from, &to);
  gm_look_put(o, "resets_at", gm_fmt_time(time, to));
}

static int32_t add_budget(struct budget_look *l, const char *name,
                          const int64_t n[GAMUT_STORE_NUMBERS])
{
  struct json_object *o = json_object_new_object();
  const struct gm_purse *p = l->purse;

  gm_look_put(o, "scope", gm_scope_name(p->scope));
  gm_look_put(o, "name", name);
  gm_look_put(o, "period", gm_period_name(p->period));
  put_usd(o, "limit_usd", p->limit_microusd);
  put_usd(o, "spent_usd", n[GM_COUNT_SPENT]);
  put_usd(o, "maybe_usd", n[GM_COUNT_MAYBE]);
  put_usd(o, "reserved_usd",
          n[GM_COUNT_TAKEN] - n[GM_COUNT_SPENT] - n[GM_COUNT_MAYBE]);
  put_usd(o, "left_usd", GM_MAX(p->limit_microusd - n[GM_COUNT_TAKEN], 0));
  json_object_object_add(o, "unknown_cost",
                         json_object_new_int64(n[GM_COUNT_UNKNOWN]));
  put_resets(o, p, l->now);
  l->found = true;
  return json_object_array_add(l->all, o) ? GAMUT_E_NOMEM : 0;
}

static int32_t on_counter(void *user, const struct gamut_store_row *row)
{
  struct budget_look *l = user;

  return add_budget(l, l->purse->name, row->numbers);
}

static int32_t on_each(void *user, const struct gamut_store_row *row)
{
  struct budget_look *l = user;
  _cleanup_free_ char *name = NULL;

  if (!gm_budget_key_is(row->key, l->purse->scope, l->purse->period, l->now))
    return 0;
  name = gm_strndup(row->body, row->body_len);
  return name ? add_budget(l, name, row->numbers) : GAMUT_E_NOMEM;
}

/* One that has counted nothing yet is listed all the same. */
static int32_t scan_purse(struct budget_look *l, const struct gamut_store *type,
                          void *handle, char *message)
{
  static const int64_t none[GAMUT_STORE_NUMBERS];
  bool each = !l->purse->name && l->purse->scope != GM_SCOPE_ALL;
  char key[GAMUT_STORE_KEY_MAX + 1];
  const struct gamut_store_query q = {
    .struct_size = sizeof(q),
    .flags = each ? 0 : GAMUT_SCAN_KEY,
    .table = GM_TABLE_BUDGET,
    .from = each ? gm_scope_name(l->purse->scope) : key,
  };
  int32_t rc;

  gm_budget_key(l->purse->scope, l->purse->name, l->purse->period, l->now, key);
  l->found = false;
  rc = type->scan(handle, &q, each ? on_each : on_counter, l, message);
  return rc || l->found ? rc : add_budget(l, l->purse->name, none);
}

static int32_t run_budgets(struct gm_look *k, const struct gamut_store *type,
                           void *handle, char *message)
{
  struct budget_look *l = GM_CONTAINER(k, struct budget_look, w.look);
  int32_t rc = 0;
  uint32_t i;

  l->now = type->now(handle);
  for (i = 0; i < l->budgets.n && rc == 0; i++) {
    l->purse = &l->budgets.items[i];
    rc = scan_purse(l, type, handle, message);
  }
  return rc;
}

int32_t gamut_budgets(struct gamut *g, char **ret_json,
                      struct gamut_error *ret_error)
{
  struct budget_look l = { .w.look.run = run_budgets };
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  gm_on_engine(g, copy_budgets, &l);
  l.all = json_object_new_array();
  if (!l.w.err.error_class && gm_look_and_wait(g, &l.w) == 0)
    hand_out(GM_TAKE(l.all), ret_json, &l.w.err);
  json_object_put(l.all);
  gm_budgets_finish(&l.budgets);
  return gm_report(&l.w.err, ret_error);
}
