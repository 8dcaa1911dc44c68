/* rate_headers.h - what a reply's headers say of how much may still be asked.
 */
#ifndef GM_LOOP_RATE_HEADERS_H
#define GM_LOOP_RATE_HEADERS_H

#include "base/util.h"

struct gm_rate_headers {
  int64_t remaining; /* requests; -1: not said */
  int64_t limit;     /* -1: not said */
  int64_t reset_ms;  /* from now on, at most a day; -1: not said */
  bool refills;      /* bit by bit until then, not all at once */
};

/* `lines` as gm_exchange.header_text: "name: value\n", names in lower case.
 * Understood are x-ratelimit-remaining-requests and -reset-requests ("120ms",
 * "6m0s": until all is there again), x-ratelimit-remaining and -reset (seconds,
 * or a moment since 1970 in seconds or milliseconds), the same without "x-",
 * and `RateLimit: limit=100, remaining=5, reset=30` or `"name";r=5;t=30`.  Of
 * several the scarcest counts; nonsense counts as absent.  False: nothing. */
bool gm_rate_headers(const char *lines, size_t len, uint64_t wall_ms,
                     struct gm_rate_headers *ret);

#endif
