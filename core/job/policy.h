/* policy.h - the class decides: again, next link, breaker, exit, name. */
#ifndef GM_JOB_POLICY_H
#define GM_JOB_POLICY_H

#include "base/util.h"

enum gm_next { GM_NEXT_NO, GM_NEXT_YES, GM_NEXT_IF_ASKED, GM_NEXT_IF_LONG };
struct gm_policy {
  int32_t error_class;
  const char *name;  /* "rate": in JSON, logs, `--json` */
  bool again;        /* the same exchange, with backoff */
  enum gm_next next; /* the next link of the route */
  bool trips;        /* counts against the breaker */
  int32_t exit;      /* of the CLI */
  const char *hint;  /* what to do next, for people; or NULL */
};
/* Never NULL: an unknown class is treated as PROVIDER. */
const struct gm_policy *gm_policy_of(int32_t error_class);

/* Full jitter: a random wait in [0, min(cap, base * 2^n)], n from 0; a
 * Retry-After (has) wins, plus up to 250 ms when it is 0, capped at five
 * minutes. */
uint32_t gm_backoff_ms(uint32_t n, uint32_t base_ms, uint32_t cap_ms,
                       bool has_retry_after, uint32_t retry_after_ms);

#endif
