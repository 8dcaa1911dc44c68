/* magic.c - not our magic number. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

PROVIDER(magic, step)
HEAD(magic, 0x464c457fu, GAMUT_ABI_MAJOR, 0, sizeof(struct gamut_plugin), 0,
     "magic")
