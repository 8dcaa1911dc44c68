/* nosymbol.c - exports its struct under another name. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

PROVIDER(nosymbol, step)
HEAD(some, GAMUT_ABI_MAGIC, GAMUT_ABI_MAJOR, 0, sizeof(struct gamut_plugin), 0,
     "nosymbol")
