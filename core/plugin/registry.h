/* registry.h - providers found at run time.  Only what a route names is loaded;
 * listing reads folders, not plugins. */
#ifndef GM_PLUGIN_REGISTRY_H
#define GM_PLUGIN_REGISTRY_H

#include "base/error.h"
#include "base/log.h"
#include "base/map.h"
#include "plugin/settings.h"
#include <gamut/plugin.h>

/* A loaded or registered provider: the plugin's struct copied up to what this
 * host knows, missing members zero. */
struct gm_provider {
  struct gamut_provider def;
  const struct gamut_plugin *plugin; /* NULL: registered by the application */
  char *file;                        /* where it came from, or NULL */
};

struct gm_registry;
/* `path`: GAMUT_PLUGIN_PATH form (colon-separated) or NULL for the standard
 * folders. */
int32_t gm_registry_new(const char *path, struct gm_log *log,
                        struct gm_registry **ret, struct gm_error *err);
/* Setting plugin_trust: take files and folders that others may write.  To be
 * called before anything is looked for. */
void gm_registry_trust_any(struct gm_registry *r);
void gm_registry_free(struct gm_registry *r);
GM_CLEANUP(struct gm_registry, gm_registry_free)

/* The provider of this name, loading <name>.so (or, when no file has the name,
 * each plugin not yet loaded until one brings it).  NOT_FOUND lists what there
 * is and the nearest name; PLUGIN says why the file was refused. */
int32_t gm_registry_find(struct gm_registry *r, const char *name,
                         const struct gm_provider **ret, struct gm_error *err);
/* By the application.  PLUGIN when a rule is broken or the name is taken. */
int32_t gm_registry_add(struct gm_registry *r, const struct gamut_provider *p,
                        struct gm_error *err);

/* What the plugin <stem>.so, which need not be a provider, has by this id
 * ("gamut.crypto/1"), loading it; NULL and NOT_FOUND, or PLUGIN with the reason
 * why the file was refused. */
const void *gm_registry_extension(struct gm_registry *r, const char *stem,
                                  const char *id, struct gm_error *err);

/* Everything that can be seen: one row a file or registered provider. */
struct gm_plugin_info {
  const char *name;      /* file stem or provider name */
  const char *file;      /* NULL: registered or built in */
  const char *refused;   /* why, or NULL */
  const char *version;   /* NULL while not loaded */
  const char *license;
  const struct gm_provider *const *providers; /* NULL-terminated; empty while
                                                 not loaded */
};
/* Load all (for `providers`, `doctor`), then walk with i = 0.. until NULL. */
void gm_registry_load_all(struct gm_registry *r);
const struct gm_plugin_info *gm_registry_info(struct gm_registry *r, size_t i);
/* The folders searched, in order, and why one is not used (or NULL). */
const char *gm_registry_folder(struct gm_registry *r, size_t i,
                               const char **ret_refused);

/* Checks in order, a sentence each (check.c); used for files and registration. */
int32_t gm_plugin_check(const struct gamut_plugin *p, const char *stem,
                        struct gm_error *err);
int32_t gm_provider_check(const struct gamut_provider *p, struct gm_error *err);

/* May a provider end a step with it?  Cancelled: somebody did so at the
 * vendor. */
static inline bool gm_class_is_providers(int32_t error_class)
{
  return error_class == GAMUT_E_CANCELLED ||
         (error_class < 0 && error_class > GAMUT_E_TRANSPORT);
}

/* Bytes of one row of a table that this host may read. */
const void *gm_table_row(const struct gamut_table *t, uint32_t i, size_t want,
                         void *tmp); /* copies into tmp when rows are shorter */

#endif
