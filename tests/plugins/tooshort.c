/* tooshort.c - its struct ends before the list of providers. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

PROVIDER(tooshort, step)
HEAD(tooshort, GAMUT_ABI_MAGIC, GAMUT_ABI_MAJOR, 0,
     offsetof(struct gamut_plugin, providers), 0, "tooshort")
