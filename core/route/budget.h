/* budget.h - limits on spending: what the settings say of them, and the
 * counters that they are kept by. */
#ifndef GM_ROUTE_BUDGET_H
#define GM_ROUTE_BUDGET_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include <gamut/store.h>

#define GM_TABLE_BUDGET "budget"
#define GM_BUDGETS_MAX  64

enum gm_scope {
  GM_SCOPE_ALL,
  GM_SCOPE_PROVIDER,
  GM_SCOPE_PROJECT,
  GM_SCOPE_USER,
  GM_SCOPE_TAG
};
/* A budget as it is configured. */
struct gm_purse {
  enum gm_scope scope;
  char *name; /* NULL: each that there is has one of its own */
  int64_t limit_microusd;
  enum gm_period period;
};
struct gm_budgets {
  struct gm_purse *items;
  uint32_t n;
};
/* From the setting's text, NULL for none.  INVALID with place, value and what
 * is allowed. */
int32_t gm_budgets_parse(const char *text, struct gm_budgets *ret,
                         struct gm_error *err);
void gm_budgets_finish(struct gm_budgets *b);

const char *gm_scope_name(enum gm_scope s);
const char *gm_period_name(enum gm_period p);
bool gm_period_from(const char *name, enum gm_period *ret);

/* A counter: a row of the table, for a period of a name in a scope.  Its
 * numbers are all millionths of a US dollar, sums over jobs. */
enum {
  GM_COUNT_TAKEN, /* all of what follows and what is reserved: has a ceiling */
  GM_COUNT_SPENT, /* settled */
  GM_COUNT_MAYBE, /* perhaps charged */
  GM_COUNT_UNKNOWN, /* how many that cost nobody knows what */
  GM_COUNTS
};
/* "tag/spring/month/2026-11-01"; a long name is cut, and its hash added. */
void gm_budget_key(enum gm_scope scope, const char *name, enum gm_period period,
                   int64_t wall_ms, char ret[GAMUT_STORE_KEY_MAX + 1]);
/* What all keys of the scope that are of that period begin with, as far as one
 * can tell, and whether a key is of the period that the moment is in. */
bool gm_budget_key_is(const char *key, enum gm_scope scope,
                      enum gm_period period, int64_t wall_ms);
/* "all", "tag 'spring'" */
void gm_budget_label(struct gm_buf *b, enum gm_scope scope, const char *name);
/* "$0.05", "$12.3456": cents at least, no digits that are 0 behind them. */
void gm_add_usd(struct gm_buf *b, int64_t microusd);
/* "2026-12-01T00:00Z": when the period that the moment is in ends. */
void gm_add_reset(struct gm_buf *b, enum gm_period period, int64_t wall_ms);

#endif
