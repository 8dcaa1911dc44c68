/* needs.c - cannot live with a host as old as this. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

PROVIDER(needs, step)
HEAD(needs, GAMUT_ABI_MAGIC, GAMUT_ABI_MAJOR, GAMUT_ABI_MINOR + 9,
     sizeof(struct gamut_plugin), GAMUT_ABI_MINOR + 3, "needs")
