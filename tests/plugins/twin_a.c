/* twin_a.c - brings the same provider as twin_b. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

PROVIDER(twin, step)
PLUGIN(twin_a);
