/* retry_after.h - how long a server wants us to wait. */
#ifndef GM_LOOP_RETRY_AFTER_H
#define GM_LOOP_RETRY_AFTER_H

#include "base/util.h"

/* `Retry-After` (seconds, decimals allowed, or an HTTP date) and
 * `retry-after-ms`; either may be NULL; the ms form wins.  True and
 * *ret_ms (0 for a date in the past, capped at a day) when one makes sense;
 * nonsense and negative values count as absent. */
bool gm_retry_after(const char *retry_after, const char *retry_after_ms,
                    uint64_t wall_ms, uint32_t *ret_ms);

#endif
