/* adopt.c - catalogs that plugins bring themselves.
 *
 * Only what a route names is loaded, so a plugin's own catalog is not known
 * until then.  A route that begins with its name loads it; a name that no
 * catalog file knows loads those plugins, once, that have no file: what is
 * bundled has one, so this costs only who asks for somebody else's models. */
#include "plugin/registry.h"
#include "route/bind.h"

static int32_t adopt_row(struct gm_router *r, const struct gm_plugin_info *row,
                         struct gm_error *err)
{
  const struct gm_provider *const *p;
  int32_t rc = 0;

  for (p = row->providers; *p && rc == 0; p++) {
    const struct gamut_provider *def = &(*p)->def;

    if (!def->catalog)
      continue;
    rc = gm_catalog_add_text(r->catalog, def->name, def->catalog, err);
    if (rc)
      gm_error_prefix(err, "catalog of the provider '%s'", def->name);
  }
  return rc;
}

/* What every plugin loaded so far brings. */
static int32_t adopt_loaded(struct gm_router *r, struct gm_error *err)
{
  const struct gm_plugin_info *row;
  size_t i;
  int32_t rc = 0;

  for (i = 0; rc == 0 && (row = gm_registry_info(r->registry, i)); i++)
    rc = adopt_row(r, row, err);
  return rc;
}

int32_t gm_router_adopt_named(struct gm_router *r, const char *provider,
                              struct gm_error *err)
{
  const struct gm_provider *p;

  /* Why it cannot be loaded is told when the link is begun. */
  if (gm_registry_find(r->registry, provider, &p, NULL))
    return 0;
  return adopt_loaded(r, err);
}

int32_t gm_router_adopt_rest(struct gm_router *r, struct gm_error *err)
{
  const struct gm_plugin_info *row;
  const struct gm_provider *p;
  size_t i;

  if (r->adopted)
    return 0;
  r->adopted = true;
  for (i = 0; (row = gm_registry_info(r->registry, i)); i++) {
    if (!row->refused && !row->providers[0] &&
        !gm_catalog_has_file(r->catalog, row->name))
      (void)gm_registry_find(r->registry, row->name, &p, NULL);
  }
  return adopt_loaded(r, err);
}
