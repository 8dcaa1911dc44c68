/* misnamed.c - says that it is somebody else. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

PROVIDER(misnamed, step)
HEAD(misnamed, GAMUT_ABI_MAGIC, GAMUT_ABI_MAJOR, 0, sizeof(struct gamut_plugin),
     0, "good")
