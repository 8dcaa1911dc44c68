/* limiter_traffic.c - the requests of the last ten seconds, and the repeats
 * among them: the retry budget. */
#include "base/clock.h"
#include "job/limiter_private.h"
#include <string.h>

#define REPEATS_ALWAYS 10 /* a second */
#define REPEATS_SHARE  5  /* one in so many requests */

/* The buckets of seconds that are over are emptied. */
static uint32_t bucket(struct gm_account *a, uint64_t now)
{
  uint64_t second = now / 1000;

  if (second - a->second >= GM_SECONDS) {
    memset(a->sent, 0, sizeof(a->sent));
    memset(a->repeated, 0, sizeof(a->repeated));
    a->second = second;
  }
  while (a->second < second) {
    a->second++;
    a->sent[a->second % GM_SECONDS] = 0;
    a->repeated[a->second % GM_SECONDS] = 0;
  }
  return (uint32_t)(second % GM_SECONDS);
}

static uint32_t sum(const uint32_t n[GM_SECONDS])
{
  uint32_t i, all = 0;

  for (i = 0; i < GM_SECONDS; i++)
    all += n[i];
  return all;
}

void gm_traffic_sent(struct gm_account *a, uint64_t now)
{
  a->sent[bucket(a, now)]++;
}

/* The busier of this second and the one before. */
uint32_t gm_traffic_rate(struct gm_account *a, uint64_t now)
{
  uint32_t at = bucket(a, now);

  return GM_MAX(a->sent[at], a->sent[(at + GM_SECONDS - 1) % GM_SECONDS]);
}

bool gm_traffic_repeat(struct gm_account *a, uint64_t now)
{
  uint32_t at = bucket(a, now);

  if (a->repeated[at] >= REPEATS_ALWAYS &&
      sum(a->repeated) >= sum(a->sent) / REPEATS_SHARE) {
    a->denied++;
    return false;
  }
  a->repeated[at]++;
  return true;
}

bool gm_retry_allowed(struct gm_job *job)
{
  struct gm_account *a = job->instance->account;

  return !a || gm_traffic_repeat(a, gm_mono_ms());
}
