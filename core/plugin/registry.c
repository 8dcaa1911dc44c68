/* registry.c - providers found at run time, a row for whatever brought them.
 *
 * A plugin is loaded when its name is first asked for and stays until the
 * registry goes; what is wrong with it is said once and remembered.  The
 * outcome must not depend on which plugin was asked for first, therefore a
 * plugin may not bring a provider whose name is the file name of another one.
 * Not for two threads at once; the context that owns it has a lock. */
#include "base/file.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <stdio.h>
#include <string.h>

#define SYMBOL_TAIL "_LTX_gamut_plugin"

static struct gm_provider *const no_providers[] = { NULL };

/* ---- rows ------------------------------------------------------------------
 */

static void providers_free(struct gm_row *row)
{
  size_t i;

  for (i = 0; row->providers && row->providers[i]; i++) {
    gm_free(row->providers[i]->file);
    gm_free(row->providers[i]);
  }
  gm_free(GM_TAKE(row->providers));
}

static void row_free(struct gm_row *row)
{
  if (!row)
    return;
  providers_free(row);
  gm_module_close(row->module);
  gm_free(row->name);
  gm_free(row->file);
  gm_free(row->refused);
  gm_free(row);
}
GM_CLEANUP(struct gm_row, row_free)

int32_t gm_row_new(struct gm_registry *r, const char *name, const char *file,
                   struct gm_row **ret)
{
  _cleanup_(row_freep) struct gm_row *row = gm_zalloc(sizeof(*row));
  struct gm_row **grown;

  if (!row)
    return GAMUT_E_NOMEM;
  row->name = gm_strdup(name);
  row->file = gm_strdup(file);
  grown = gm_realloc(r->rows, (r->n_rows + 1) * sizeof(struct gm_row *));
  if (grown)
    r->rows = grown;
  if (!grown || !row->name || (file && !row->file) ||
      !gm_map_put(&r->stems, name, row))
    return GAMUT_E_NOMEM;
  row->info.name = row->name;
  row->info.file = row->file;
  row->info.providers = (const struct gm_provider *const *)no_providers;
  grown[r->n_rows++] = row;
  *ret = GM_TAKE(row);
  return 0;
}

void gm_row_refuse(struct gm_row *row, const char *why)
{
  gm_free(row->refused);
  row->refused = gm_strdup(why);
  row->info.refused = row->refused ? row->refused : "out of memory";
  row->tried = true;
}

/* ---- taking providers ------------------------------------------------------
 */

/* Copy what both sides know; members that an older plugin lacks are zero. */
static struct gm_provider *provider_new(const struct gamut_provider *def,
                                        const struct gm_row *row)
{
  struct gm_provider *p = gm_zalloc(sizeof(*p));

  if (!p)
    return NULL;
  memcpy(&p->def, def, GM_MIN((size_t)def->struct_size, sizeof(p->def)));
  p->def.struct_size = (uint32_t)sizeof(p->def);
  p->plugin = row->plugin;
  p->file = gm_strdup(row->file);
  if (!row->file || p->file)
    return p;
  gm_free(p);
  return NULL;
}

static const char *origin_of(const struct gm_provider *p)
{
  if (p->file)
    return p->file;
  return p->plugin ? "the library itself" : "the application";
}

/* Is the name free for this row to take? */
static int32_t check_claim(struct gm_registry *r, const struct gm_row *row,
                           const char *name, struct gm_error *err)
{
  const struct gm_provider *taken = gm_map_get(&r->providers, name);
  struct gm_row *other = NULL;
  int32_t rc;

  if (taken)
    return gm_fail(err, GAMUT_E_PLUGIN,
                   "brings a provider '%s', which is that of %s already", name,
                   origin_of(taken));
  if (!row->file || strcmp(row->name, name) == 0)
    return 0;
  rc = gm_find_stem(r, name, &other);
  if (rc)
    return gm_fail(err, rc, "out of memory");
  if (!other || !other->file)
    return 0;
  return gm_fail(err, GAMUT_E_PLUGIN,
                 "brings a provider '%s', a name that belongs to %s", name,
                 other->file);
}

static void unmap(struct gm_registry *r, struct gm_row *row)
{
  size_t i;

  for (i = 0; row->providers && row->providers[i]; i++)
    gm_map_remove(&r->providers, row->providers[i]->def.name);
}

/* All of them or none. */
static int32_t take_providers(struct gm_registry *r, struct gm_row *row,
                              const struct gamut_provider *const *defs,
                              size_t n, struct gm_error *err)
{
  int32_t rc;
  size_t i;

  for (i = 0; i < n; i++) {
    rc = check_claim(r, row, defs[i]->name, err);
    if (rc)
      return rc;
  }
  row->providers = gm_zalloc((n + 1) * sizeof(struct gm_provider *));
  for (i = 0; row->providers && i < n; i++) {
    row->providers[i] = provider_new(defs[i], row);
    if (!row->providers[i] ||
        !gm_map_put(&r->providers, defs[i]->name, row->providers[i]))
      break;
  }
  if (!row->providers || i < n) {
    unmap(r, row);
    providers_free(row);
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  }
  row->info.providers = (const struct gm_provider *const *)row->providers;
  return 0;
}

static int32_t take_plugin(struct gm_registry *r, struct gm_row *row,
                           const struct gamut_plugin *p, struct gm_error *err)
{
  size_t n = 0;
  int32_t rc;

  rc = gm_plugin_check(p, row->name, err);
  if (rc)
    return rc;
  while (p->providers && p->providers[n])
    n++;
  row->plugin = p;
  rc = take_providers(r, row, p->providers, n, err);
  if (rc)
    return rc;
  row->info.version = p->version;
  row->info.license = p->license;
  return 0;
}

/* ---- loading ---------------------------------------------------------------
 */

static void symbol_of(const char *stem, char out[64])
{
  size_t i;

  snprintf(out, 64, "%s" SYMBOL_TAIL, stem);
  for (i = 0; out[i]; i++) {
    if (out[i] == '-')
      out[i] = '_';
  }
}

static int32_t load_module(struct gm_registry *r, struct gm_row *row,
                           const struct gm_trusted *file, struct gm_error *err)
{
  const struct gamut_plugin *p;
  char symbol[64];
  int32_t rc;

  if (!r->started && !gm_loader_start())
    return gm_fail(err, GAMUT_E_NOMEM, "libltdl cannot be started");
  r->started = true;
  rc = gm_module_open(file->real, &row->module, err);
  if (rc)
    return rc;
  if (!r->trust_any && !gm_trust_same(file))
    return gm_fail(err, GAMUT_E_PLUGIN, "was exchanged while it was loaded");
  symbol_of(row->name, symbol);
  p = gm_module_symbol(row->module, symbol);
  if (!p)
    return gm_fail(err, GAMUT_E_PLUGIN, "exports no %s", symbol);
  return take_plugin(r, row, p, err);
}

/* Load the row's file unless that was tried.  Only NOMEM is an error here: why
 * a file is refused stands in its row. */
static int32_t load(struct gm_registry *r, struct gm_row *row)
{
  _cleanup_(gm_trusted_finish) struct gm_trusted file = { 0 };
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  int32_t rc;

  if (row->tried)
    return 0;
  rc = gm_trust_file(row->file, r->trust_any, &file, &err);
  if (!rc)
    rc = load_module(r, row, &file, &err);
  if (!rc) {
    row->tried = true;
    gm_debug(r->log, "plugin %s %s from %s", row->name, row->info.version,
             file.real);
    return 0;
  }
  row->plugin = NULL;
  gm_module_close(GM_TAKE(row->module));
  if (rc == GAMUT_E_NOMEM)
    return rc;
  gm_row_refuse(row, gm_error_text(&err));
  gm_debug(r->log, "plugin %s refused: %s", row->file, row->info.refused);
  return 0;
}

/* ---- the registry ----------------------------------------------------------
 */

static int32_t take_bundled(struct gm_registry *r)
{
  const struct gamut_plugin *const *p;
  struct gm_row *row;
  int32_t rc;

  for (p = gm_bundled_plugins; *p; p++) {
    _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
    const char *name = (*p)->name ? (*p)->name : "";

    rc = gm_row_new(r, name, NULL, &row);
    if (rc)
      return rc;
    row->tried = true;
    rc = take_plugin(r, row, *p, &err);
    if (rc == GAMUT_E_NOMEM)
      return rc;
    if (rc)
      gm_row_refuse(row, gm_error_text(&err));
  }
  return 0;
}

int32_t gm_registry_new(const char *path, struct gm_log *log,
                        struct gm_registry **ret, struct gm_error *err)
{
  _cleanup_(gm_registry_freep) struct gm_registry *r = gm_zalloc(sizeof(*r));
  int32_t rc;

  if (!r)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  r->log = log;
  rc = gm_folders_new(r, path);
  if (!rc)
    rc = take_bundled(r);
  if (rc)
    return gm_fail(err, rc, "out of memory");
  *ret = GM_TAKE(r);
  return 0;
}

void gm_registry_trust_any(struct gm_registry *r)
{
  r->trust_any = true;
}

void gm_registry_free(struct gm_registry *r)
{
  size_t i;

  if (!r)
    return;
  for (i = 0; i < r->n_rows; i++)
    row_free(r->rows[i]);
  gm_free(r->rows);
  gm_map_finish(&r->stems);
  gm_map_finish(&r->providers);
  gm_folders_free(r);
  if (r->started)
    gm_loader_stop();
  gm_free(r);
}

/* ---- finding ---------------------------------------------------------------
 */

static int32_t not_found(struct gm_registry *r, const char *name,
                         struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf known = GM_BUF_INIT(1024);
  _cleanup_free_ const char **names = NULL;
  struct gm_map_entry *e;
  size_t it = 0, n = 0;
  char hint[128] = "";

  gm_registry_load_all(r);
  names = gm_zalloc((r->providers.n_used + 1) * sizeof(*names));
  while (names && n < r->providers.n_used &&
         (e = gm_map_next(&r->providers, &it)))
    names[n++] = e->key;
  if (names)
    gm_sort_names(names, n);
  for (it = 0; it < n; it++)
    gm_buf_addf(&known, "%s%s", it ? ", " : "", names[it]);
  if (n == 0)
    gm_buf_add(&known, "none");
  if (names)
    gm_did_you_mean(hint, name, names);
  return gm_fail(err, GAMUT_E_NOT_FOUND,
                 "no provider '%.100s' (there are: %s)%s", name,
                 gm_buf_text(&known), hint);
}

static int32_t refused(const struct gm_row *row, struct gm_error *err)
{
  return gm_fail(err, GAMUT_E_PLUGIN, "%s: %s",
                 row->file ? row->file : row->name, row->info.refused);
}

/* The plugin that has the name as its file name, or any that brings it. */
static int32_t load_for(struct gm_registry *r, const char *name)
{
  struct gm_row *row;
  int32_t rc;
  size_t i;

  rc = gm_find_stem(r, name, &row);
  if (!rc && row)
    return load(r, row);
  if (!rc)
    rc = gm_find_all(r);
  for (i = 0; !rc && i < r->n_rows && !gm_map_get(&r->providers, name); i++)
    rc = load(r, r->rows[i]);
  return rc;
}

int32_t gm_registry_find(struct gm_registry *r, const char *name,
                         const struct gm_provider **ret, struct gm_error *err)
{
  const struct gm_provider *p = gm_map_get(&r->providers, name);
  const struct gm_row *row;
  int32_t rc;

  if (!p && gm_provider_name_ok(name)) {
    rc = load_for(r, name);
    if (rc)
      return gm_fail(err, rc, "out of memory");
    p = gm_map_get(&r->providers, name);
  }
  row = gm_map_get(&r->stems, name);
  if (!p && row && row->info.refused)
    return refused(row, err);
  if (!p)
    return not_found(r, name, err);
  *ret = p;
  return 0;
}

int32_t gm_registry_add(struct gm_registry *r, const struct gamut_provider *p,
                        struct gm_error *err)
{
  struct gm_row *row, *file, fresh = { 0 };
  int32_t rc;

  rc = gm_provider_check(p, err);
  if (!rc)
    rc = check_claim(r, &fresh, p->name, err);
  if (rc) {
    gm_error_prefix(err, "the application's provider");
    return rc;
  }
  /* A file of this name that nobody has asked for yet stands back: what a user
   * drops into a folder must not break an application. */
  file = gm_map_get(&r->stems, p->name);
  rc = gm_row_new(r, p->name, NULL, &row);
  if (rc)
    return gm_fail(err, rc, "out of memory");
  if (file && !file->tried)
    gm_row_refuse(file, "the application brings a provider of this name");
  row->tried = true;
  rc = take_providers(r, row, &p, 1, err);
  if (rc)
    gm_row_refuse(row, "out of memory");
  return rc;
}

const void *gm_registry_extension(struct gm_registry *r, const char *stem,
                                  const char *id, struct gm_error *err)
{
  struct gm_row *row = NULL;
  const void *found = NULL;
  int32_t rc;

  rc = gm_stem_ok(stem) ? gm_find_stem(r, stem, &row) : 0;
  if (!rc && row)
    rc = load(r, row);
  if (rc)
    gm_fail(err, rc, "out of memory");
  else if (row && row->info.refused)
    refused(row, err);
  else if (row && row->plugin && GAMUT_HAS(row->plugin, extension))
    found = row->plugin->extension(id);
  if (!found)
    gm_fail(err, GAMUT_E_NOT_FOUND, "no plugin '%.60s' with %.60s", stem, id);
  return found;
}

/* ---- listing ---------------------------------------------------------------
 */

void gm_registry_load_all(struct gm_registry *r)
{
  size_t i;

  gm_find_all(r);
  for (i = 0; i < r->n_rows; i++)
    load(r, r->rows[i]);
}

const struct gm_plugin_info *gm_registry_info(struct gm_registry *r, size_t i)
{
  if (i == 0)
    gm_find_all(r);
  return i < r->n_rows ? &r->rows[i]->info : NULL;
}
