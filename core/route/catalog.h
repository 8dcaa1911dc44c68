/* catalog.h - the models as data: bundled files, the user's overlays, what
 * plugins bring.  Files are read at first use; a file's models are parsed only
 * when something asks for one of them. */
#ifndef GM_ROUTE_CATALOG_H
#define GM_ROUTE_CATALOG_H

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

struct gm_catalog;

/* One model.  Lives as long as the catalog. */
struct gm_model {
  const char *provider, *id;
  struct json_object *entry; /* as in the file, overlays merged in */
  double credit_usd; /* what one of the provider's credits costs; 0: unknown */
};

/* `path`: colon-separated folders instead of the bundled one, or NULL.  `overlay`
 * is the user's folder or NULL: $XDG_CONFIG_HOME/gamut/catalog.  Nothing is read
 * yet. */
int32_t gm_catalog_new(const char *path, const char *overlay,
                       struct gm_log *log, struct gm_catalog **ret);
void gm_catalog_free(struct gm_catalog *c);
GM_CLEANUP(struct gm_catalog, gm_catalog_free)
/* A plugin's own catalog text (must outlive it).  A file of that provider in a
 * catalog folder wins model by model. */
int32_t gm_catalog_add_text(struct gm_catalog *c, const char *provider,
                            const char *text, struct gm_error *err);

/* By id or shorthand; `provider` NULL: in every file, shorthands first (bundled
 * order is alphabetical; a shorthand that two providers claim belongs to the
 * first whose file does not only alias it).  *ret NULL when there is none.
 * INVALID when an overlay breaks the schema (file, place, value). */
int32_t gm_catalog_find(struct gm_catalog *c, const char *provider,
                        const char *name, const struct gm_model **ret,
                        struct gm_error *err);
/* The provider whose id patterns match, or NULL. */
int32_t gm_catalog_match(struct gm_catalog *c, const char *id,
                         const char **ret_provider, struct gm_error *err);
/* The provider's default model for "image" or "video"; *ret NULL: none. */
int32_t gm_catalog_default(struct gm_catalog *c, const char *provider,
                           const char *media, const struct gm_model **ret,
                           struct gm_error *err);
/* The model of the same family that can do `operation` (`m` itself when it
 * can), or NULL. */
const struct gm_model *gm_catalog_sibling(struct gm_catalog *c,
                                          const struct gm_model *m,
                                          const char *operation);
/* Walk all models: i = 0.. until *ret is NULL. */
int32_t gm_catalog_at(struct gm_catalog *c, size_t i,
                      const struct gm_model **ret, struct gm_error *err);
/* The nearest known id or shorthand, or NULL. */
const char *gm_catalog_nearest(struct gm_catalog *c, const char *name);
/* The stem of the plugin file that brings a provider, when a catalog file says
 * so, else NULL. */
const char *gm_catalog_plugin(struct gm_catalog *c, const char *provider);

/* Is there a file of this provider's models? */
bool gm_catalog_has_file(struct gm_catalog *c, const char *provider);

/* Write `list` (models as the vendor lists them) as the overlay 00-PROVIDER.json;
 * it counts from the next start on.  *ret: {"provider", "file", "models", "added",
 * "changed", "left_out"}, the last three ids.  STORAGE, NOMEM, PLUGIN. */
int32_t gm_catalog_refresh(struct gm_catalog *c, const char *provider,
                           const struct json_object *list,
                           struct json_object **ret, struct gm_error *err);

/* How long it usually takes; 0: not said, or no model. */
uint32_t gm_model_latency_ms(const struct gm_model *m);
bool gm_model_can(const struct gm_model *m, const char *operation);

#endif
