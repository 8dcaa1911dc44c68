/* pace.h - when to look at a job next: rarely as long as its end is far, often
 * near it, less and less when it is overdue. */
#ifndef GM_JOB_PACE_H
#define GM_JOB_PACE_H

#include "base/util.h"

/* How long such a job takes, from submission on. */
struct gm_pace {
  uint32_t early_ms; /* hardly one is done before; 0: nothing is known */
  uint32_t usual_ms; /* half of them are done by then */
  uint32_t late_ms;  /* hardly one takes longer */
  bool guessed;      /* by the catalog: nothing has been measured yet */
};

struct gm_pace_look {
  uint64_t elapsed_ms; /* since the submission */
  uint32_t wish_ms;    /* how long the provider would wait */
  uint32_t least_ms;   /* what the vendor allows */
};

/* How long to wait before the next look, without any spreading. */
uint32_t gm_pace_wait_ms(const struct gm_pace *p,
                         const struct gm_pace_look *look);
/* The same, spread at random so that jobs that began together part. */
uint32_t gm_pace_ms(const struct gm_pace *p, const struct gm_pace_look *look);

/* By the catalog's usual latency. */
struct gm_pace gm_pace_guess(uint32_t latency_ms);

#endif
