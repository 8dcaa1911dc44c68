/* prefer.h - which link of a route comes first: as written, the cheapest, the
 * fastest, or the best of both. */
#ifndef GM_ROUTE_PREFER_H
#define GM_ROUTE_PREFER_H

#include "route/router.h"

enum gm_prefer {
  GM_PREFER_ORDER, /* as written */
  GM_PREFER_CHEAPEST,
  GM_PREFER_FASTEST,
  GM_PREFER_BALANCED /* price over the lowest plus time over the shortest */
};

/* What is to be expected of a link. */
struct gm_outlook {
  int64_t microusd; /* -1: not known */
  int64_t ms;       /* from submit to result; -1: not known */
  bool measured;    /* the time: here, else it is the catalog's word */
};

/* "cheapest"; NULL and what is unknown mean as written. */
uint8_t gm_prefer_of(const char *text);
const char *gm_prefer_name(uint8_t prefer);

void gm_outlook_of(const struct gm_run *run, uint32_t i,
                   struct gm_outlook *ret);
/* Put the links of a run that has not begun into order.  Those of which the
 * deciding figure is not known come last; equal ones stay as written. */
void gm_prefer_sort(struct gm_run *run);

#endif
