/* claims.c - brings a provider with the name of another file. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

PROVIDER(good, step)
PLUGIN(claims);
