/* garbage.c - a step that returns a number of its own. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  (void)c;
  return 0x5eed;
}

PROVIDER(garbage, step)
PLUGIN(garbage);
