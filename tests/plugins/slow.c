/* slow.c - a step that keeps the loop waiting for 300 ms, busily. */
#include "plugin_test.h"
#include <time.h>

#define BUSY_MS 300

static int64_t now_ms(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int32_t step(void *instance, struct gamut_call *c)
{
  int64_t end_ms = now_ms() + BUSY_MS;

  (void)instance;
  while (now_ms() < end_ms)
    ;
  return c->host->done(c);
}

PROVIDER(slow, step)
PLUGIN(slow);
