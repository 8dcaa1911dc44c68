/* backoff.c - how long to wait before the same exchange goes out again.
 *
 * Full jitter: of clients that fail together few come back together.  What the
 * server asks for wins, but not more than five minutes of it: an answer must
 * not be able to put us to sleep for a day.
 */
#include "base/random.h"
#include "job/policy.h"

#define RETRY_AFTER_MAX_MS (5u * 60 * 1000)
#define AT_ONCE_MS         250u /* spread those who were told "now" */

static uint32_t up_to(uint32_t ms)
{
  return (uint32_t)gm_random_below((uint64_t)ms + 1);
}

uint32_t gm_backoff_ms(uint32_t n, uint32_t base_ms, uint32_t cap_ms,
                       bool has_retry_after, uint32_t retry_after_ms)
{
  uint64_t limit = base_ms;

  if (has_retry_after && retry_after_ms == 0)
    return up_to(AT_ONCE_MS);
  if (has_retry_after)
    return GM_MIN(retry_after_ms, RETRY_AFTER_MAX_MS);
  while (n-- > 0 && limit > 0 && limit < cap_ms)
    limit *= 2;
  return up_to((uint32_t)GM_MIN(limit, cap_ms));
}
