/* newer.c - built against a later minor, with members and columns that this
 * host does not know, but content with an older one. */
#include "plugin_test.h"

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

struct newer_key {
  struct gamut_key key;
  const char *appended;
};
static const struct newer_key keys[] = {
  { { "region", "NEWER_REGION", "eu", "eu|us", "where", GAMUT_CHOICE, 0, 0, 0 },
    "unknown to the host" },
  { { "quality", "NEWER_QUALITY", "7", NULL, "how good", GAMUT_INT, 0, 1, 10 },
    "unknown to the host" },
};
static const char *const phases[] = { "only" };

static const struct {
  struct gamut_provider provider;
  const char *appended[4];
} provider = {
  .provider = { .struct_size = sizeof(provider),
                .name = "newer",
                .base_url = BASE_URL,
                .keys = GAMUT_TABLE(keys),
                .phases = GAMUT_TABLE(phases),
                .step = step },
  .appended = { "unknown", "to", "the", "host" },
};
static const struct gamut_provider *const providers[] = { &provider.provider,
                                                          NULL };
HEAD(newer, GAMUT_ABI_MAGIC, GAMUT_ABI_MAJOR, GAMUT_ABI_MINOR + 5,
     sizeof(struct gamut_plugin) + 32, 0, "newer")
