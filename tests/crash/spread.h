/* spread.h - some of a row of points, evenly, from a place that CRASH_SEED
 * chooses. */
#ifndef TESTS_CRASH_SPREAD_H
#define TESTS_CRASH_SPREAD_H

#include "flows.h"
#include <stdint.h>

struct spread {
  uint64_t all, from, n;
};

/* `wanted` 0: all. */
static inline struct spread spread_over(uint64_t all, uint64_t wanted)
{
  if (wanted == 0 || wanted >= all)
    return (struct spread){ all, 0, all };
  return (struct spread){ all, below(all), wanted };
}

static inline uint64_t spread_at(const struct spread *s, uint64_t i)
{
  return (s->from + i * s->all / s->n) % s->all;
}

#endif
