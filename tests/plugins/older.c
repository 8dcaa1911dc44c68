/* older.c - a provider whose struct ends with step(), as if extension() had
 * been appended later: what lies behind it must not be read. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

static const void *wrong(const char *id)
{
  return id; /* looks like an extension, and is none */
}

ONE_PHASE
static const struct gamut_provider provider = {
  .struct_size = offsetof(struct gamut_provider, extension),
  .name = "older",
  .base_url = BASE_URL,
  .phases = GAMUT_TABLE(phases),
  .step = step,
  .extension = wrong,
};
static const struct gamut_provider *const providers[] = { &provider, NULL };
PLUGIN(older);
