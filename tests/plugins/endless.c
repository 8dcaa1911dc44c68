/* endless.c - whatever the answer, it asks the same again, at once and for
 * ever.
 */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .method = "GET",
                          .url = "/again" };

  (void)instance;
  return c->host->http(c, &x);
}

PROVIDER(endless, step)
PLUGIN(endless);
