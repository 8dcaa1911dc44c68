/* campaign.h - the same done to every flow, at one of its points after the
 * other. */
#ifndef TESTS_CRASH_CAMPAIGN_H
#define TESTS_CRASH_CAMPAIGN_H

#include "flows.h"
#include <stdint.h>

#define MAX_HOWS 3

struct tally {
  unsigned points, fates[N_FATES];
};

struct campaign {
  const char *done;        /* what is done at a point: "killed" */
  const char *const *hows; /* the kinds of points */
  int n_hows;
  bool (*takes)(const struct flow *f); /* NULL: each */
  /* How many calls of each kind the flow makes; the size of its file. */
  int64_t (*measure)(const struct flow *f, unsigned long *ret_calls);
  void (*try_one)(const struct flow *f, const struct point *p, int64_t size,
                  struct tally *t);
  /* Those that were tried and not looked at yet. */
  void (*judge)(const struct flow *f, int64_t size, struct tally *t);
};

/* All flows, or those that are named.  CRASH_POINTS: so many points, spread
 * over the flows and along each, from a place that CRASH_SEED chooses; 0: every
 * point there is.  Prints a table; false: something was wrong, or nothing was
 * tried. */
bool campaign_run(const struct campaign *c, int argc, char **argv);

#endif
