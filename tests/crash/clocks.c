/* clocks.c - sets the clocks of all that run by clock.so. */
#include "clocks.h"
#include "flows.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAY_S 86400

static unsigned long ahead;

static void set(void)
{
  const char *path = getenv("CLOCK_AHEAD");
  char new[4096];
  FILE *f;

  snprintf(new, sizeof(new), "%s.new", path);
  f = fopen(new, "w");
  if (!f || fprintf(f, "%lu %lu\n", ahead, ahead) < 0 || fclose(f) ||
      rename(new, path))
    must(-1, "the clocks", "setting them");
}

void clocks_begin(void)
{
  time_t now = time(NULL), later = now + 2 * DAY_S;
  int month = gmtime(&now)->tm_mon;

  ahead = month == gmtime(&later)->tm_mon ? 0 : 2 * DAY_S;
  set();
}

void clocks_go_ahead(unsigned long seconds)
{
  ahead += seconds;
  set();
}
