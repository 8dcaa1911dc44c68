/* budget.h - how many bytes of replies are in memory, over all transfers.  What
 * holds them counts them in and out; http_pause.c lets transfers wait when
 * there are too many. */
#ifndef GM_LOOP_BUDGET_H
#define GM_LOOP_BUDGET_H

#include "base/util.h"

struct gm_budget {
  uint64_t max; /* a wish: the last transfer that flows may go beyond it */
  uint64_t held;
  uint64_t peak;                     /* the most there ever was */
  void (*less)(struct gm_budget *b); /* some were given back; may be NULL */
};

/* `*counted` of them are in; from now on `now`.  NULL: nobody counts. */
static inline void gm_budget_count(struct gm_budget *b, size_t *counted,
                                   size_t now)
{
  size_t before = *counted;

  if (!b || now == before)
    return;
  *counted = now;
  b->held = b->held - before + now;
  b->peak = GM_MAX(b->peak, b->held);
  if (now < before && b->less)
    b->less(b);
}

#endif
