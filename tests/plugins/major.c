/* major.c - built against another major. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

PROVIDER(major, step)
HEAD(major, GAMUT_ABI_MAGIC, GAMUT_ABI_MAJOR + 1, 0,
     sizeof(struct gamut_plugin), 0, "major")
