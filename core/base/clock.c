/* clock.c - two clocks, both replaceable as a whole by a test's.
 *
 * The fake ones stand in for every thread, hence the atomics.  A fake is
 * switched on last, so nobody sees it half set.
 */
#include "base/clock.h"
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static atomic_bool faked;
static atomic_uint_fast64_t fake_mono, fake_wall;

static inline bool is_fake(void)
{
  return atomic_load_explicit(&faked, memory_order_acquire);
}

static uint64_t read_us(clockid_t id)
{
  struct timespec t;

  if (clock_gettime(id, &t) || t.tv_sec < 0)
    return 0;
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t gm_mono_us(void)
{
  return is_fake() ? atomic_load(&fake_mono) * 1000 : read_us(CLOCK_MONOTONIC);
}

uint64_t gm_mono_ms(void)
{
  return is_fake() ? atomic_load(&fake_mono) : read_us(CLOCK_MONOTONIC) / 1000;
}

uint64_t gm_wall_ms(void)
{
  return is_fake() ? atomic_load(&fake_wall) : read_us(CLOCK_REALTIME) / 1000;
}

void gm_clock_fake(uint64_t mono_ms, uint64_t wall_ms)
{
  atomic_store(&fake_mono, mono_ms);
  atomic_store(&fake_wall, wall_ms);
  atomic_store(&faked, true);
}

void gm_clock_advance(uint64_t ms)
{
  atomic_fetch_add(&fake_mono, ms);
  atomic_fetch_add(&fake_wall, ms);
}

void gm_clock_real(void)
{
  atomic_store(&faked, false);
}

bool gm_clock_is_fake(void)
{
  return is_fake();
}
