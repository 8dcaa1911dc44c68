/* ledger.c - the ledger of a context: its budgets, and entries beside jobs. */
#include "base/str.h"
#include "route/ledger_private.h"
#include <string.h>

#define BODY_MAX (64u << 20)

struct gm_ledger *gm_ledger_new(struct gm_store *store, struct gm_log *log)
{
  struct gm_ledger *l = gm_zalloc(sizeof(*l));

  if (!l)
    return NULL;
  gm_buf_init(&l->text, BODY_MAX);
  l->store = store;
  l->log = log;
  return l;
}

void gm_ledger_free(struct gm_ledger *l)
{
  if (!l)
    return;
  gm_budgets_finish(&l->budgets);
  gm_map_finish(&l->warned);
  gm_buf_finish(&l->text);
  gm_free(l);
}

void gm_ledger_set_budgets(struct gm_ledger *l, struct gm_budgets *b)
{
  gm_budgets_finish(&l->budgets);
  l->budgets = *b;
  *b = (struct gm_budgets){ NULL, 0 };
}

const struct gm_budgets *gm_ledger_budgets(const struct gm_ledger *l)
{
  return &l->budgets;
}

/* ---- a price that is not known ------------------------------------------- */

static bool has_tag(const struct gm_charge *c, const char *name)
{
  _cleanup_json_ struct json_object *tags =
    c->tags ? gm_json_parse_once(c->tags, strlen(c->tags), NULL, NULL) : NULL;
  size_t i, n = gm_json_count(tags, NULL);

  for (i = 0; i < n; i++)
    if (!name || gm_streq(name, json_object_get_string(
                                  json_object_array_get_idx(tags, i))))
      return true;
  return false;
}

static bool is_named(const struct gm_purse *b, const char *name)
{
  return name && (!b->name || gm_streq(b->name, name));
}

static bool has_a_say(const struct gm_purse *b, const struct gm_run *run,
                      const struct gm_link *l)
{
  switch (b->scope) {
  case GM_SCOPE_ALL:
    return true;
  case GM_SCOPE_PROVIDER:
    return is_named(b, l->provider);
  case GM_SCOPE_PROJECT:
    return is_named(b, run->charge->project);
  case GM_SCOPE_USER:
    return is_named(b, run->charge->user);
  case GM_SCOPE_TAG:
    break;
  }
  return has_tag(run->charge, b->name);
}

int32_t gm_ledger_check(const struct gm_run *run, const struct gm_link *l,
                        struct gm_error *err)
{
  const struct gm_budgets *all =
    run->charge ? &run->charge->ledger->budgets : NULL;
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(512);
  uint32_t i;

  for (i = 0; all && i < all->n; i++)
    if (has_a_say(&all->items[i], run, l))
      break;
  if (!all || i == all->n || run->price_microusd >= 0 ||
      run->allow_unknown_cost)
    return 0;
  gm_budget_label(&b, all->items[i].scope, all->items[i].name);
  return gm_fail(err, GAMUT_E_UNSUPPORTED,
                 "the price of %s is not known, and the budget of %s has to "
                 "count it (allow_unknown_cost permits it)",
                 l->model, gm_buf_text(&b));
}
