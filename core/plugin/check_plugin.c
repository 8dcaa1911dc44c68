/* check_plugin.c - is this a plugin, and which?  What surrounds its providers,
 * looked at in an order that never reads a member before it is known to be
 * there. */
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <gamut/store.h>
#include <string.h>

#define PROVIDERS_MAX 64

/* "store-sqlite" is "store_sqlite" where only a C identifier can stand. */
static bool same_name(const char *name, const char *stem)
{
  for (; *name && *stem; name++, stem++) {
    char a = *name == '-' ? '_' : *name, b = *stem == '-' ? '_' : *stem;

    if (a != b)
      return false;
  }
  return *name == *stem;
}

static int32_t check_version(const struct gamut_plugin *p, struct gm_error *err)
{
  if (p->magic != GAMUT_ABI_MAGIC)
    return gm_plugin_bad(err,
                         "it is no gamut plugin (magic %08x, expected %08x)",
                         p->magic, GAMUT_ABI_MAGIC);
  if (p->abi_major != GAMUT_ABI_MAJOR)
    return gm_plugin_bad(
      err, "it was built for ABI %u.%u and this is ABI %u.%u", p->abi_major,
      p->abi_minor, GAMUT_ABI_MAJOR, GAMUT_ABI_MINOR);
  if (p->needs_minor > GAMUT_ABI_MINOR)
    return gm_plugin_bad(
      err,
      "it needs ABI %u.%u at least and this is ABI %u.%u: gamut "
      "is too old for it",
      p->abi_major, p->needs_minor, GAMUT_ABI_MAJOR, GAMUT_ABI_MINOR);
  if (p->struct_size < GM_END_OF(gamut_plugin, providers) ||
      p->struct_size > GM_STRUCT_MAX)
    return gm_plugin_bad(err, "its struct has %u bytes, expected %zu",
                         p->struct_size, sizeof(*p));
  return 0;
}

static int32_t check_names(const struct gamut_plugin *p, const char *stem,
                           struct gm_error *err)
{
  if (!p->name || !same_name(p->name, stem))
    return gm_plugin_bad(err, "its name is '%.60s' but its file is called '%s'",
                         p->name ? p->name : "", stem);
  if (!p->version || !*p->version)
    return gm_plugin_bad(err, "it has no version");
  if (!p->license || !*p->license)
    return gm_plugin_bad(err, "it has no license");
  if ((!p->providers || !p->providers[0]) && !GAMUT_HAS(p, extension))
    return gm_plugin_bad(err, "it brings neither a provider nor an extension");
  return 0;
}

static int32_t check_once(const struct gamut_plugin *p, size_t i,
                          struct gm_error *err)
{
  size_t j;

  for (j = 0; j < i; j++) {
    if (strcmp(p->providers[j]->name, p->providers[i]->name) == 0)
      return gm_plugin_bad(err, "it brings the provider '%s' twice",
                           p->providers[i]->name);
  }
  return 0;
}

static int32_t check_crypto(const struct gamut_plugin *p, struct gm_error *err)
{
  const struct gamut_crypto *crypto;

  crypto = GAMUT_HAS(p, extension) ? p->extension(GAMUT_EXT_CRYPTO) : NULL;
  if (crypto && (crypto->struct_size < GM_END_OF(gamut_crypto, verify) ||
                 !crypto->sign || !crypto->verify))
    return gm_plugin_bad(err, "its " GAMUT_EXT_CRYPTO " is too short or empty");
  return 0;
}

static int32_t check_store(const struct gamut_plugin *p, struct gm_error *err)
{
  const struct gamut_store *s;

  s = GAMUT_HAS(p, extension) ? p->extension(GAMUT_EXT_STORE) : NULL;
  if (!s)
    return 0;
  if (s->struct_size < GM_END_OF(gamut_store, blob_each) ||
      s->struct_size > GM_STRUCT_MAX)
    return gm_plugin_bad(err,
                         "its " GAMUT_EXT_STORE " has %u bytes, expected %zu",
                         s->struct_size, sizeof(*s));
  if (!s->open || !s->close || !s->now || !s->commit || !s->scan ||
      !s->blob_new || !s->blob_add || !s->blob_keep || !s->blob_drop ||
      !s->blob_read || !s->blob_remove || !s->blob_each)
    return gm_plugin_bad(err, "its " GAMUT_EXT_STORE " lacks a function");
  return 0;
}

int32_t gm_plugin_check(const struct gamut_plugin *p, const char *stem,
                        struct gm_error *err)
{
  int32_t rc;
  size_t i;

  rc = check_version(p, err);
  if (!rc)
    rc = check_names(p, stem, err);
  if (!rc)
    rc = check_crypto(p, err);
  if (!rc)
    rc = check_store(p, err);
  for (i = 0; !rc && p->providers && p->providers[i]; i++) {
    if (i == PROVIDERS_MAX)
      return gm_plugin_bad(err, "it brings more than %d providers",
                           PROVIDERS_MAX);
    rc = gm_provider_check(p->providers[i], err);
    if (!rc)
      rc = check_once(p, i, err);
  }
  return rc;
}
