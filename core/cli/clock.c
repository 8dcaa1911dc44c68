/* clock.c - the monotonic clock, in milliseconds. */
#include "clock.h"
#include <time.h>

int64_t cli_now_ms(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
