/* twoends.c - a step that is done and wants an exchange as well. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .method = "GET",
                          .url = "/more" };

  (void)instance;
  c->host->http(c, &x);
  return c->host->done(c);
}

PROVIDER(twoends, step)
PLUGIN(twoends);
