/* good.c - nothing is wrong with this one. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

PROVIDER(good, step)
PLUGIN(good);
