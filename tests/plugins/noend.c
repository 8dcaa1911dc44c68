/* noend.c - a step that ends in no way at all. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  c->host->progress(c, 500, "half way");
  return 0;
}

PROVIDER(noend, step)
PLUGIN(noend);
