/* catalog_load.c - which files there are: the folders and the user's overlays.
 *
 * In a catalog folder <provider>.json is that provider's file, so looking at
 * names tells what there is without opening anything.  The user's own files
 * may have any name; they are read at first use, parsed whole and held against
 * schema.json, since nobody has tested them.  A broken one stops everything
 * that asks the catalog until it is mended: its facts would be missing
 * silently.
 */
#include "base/file.h"
#include "base/str.h"
#include "route/catalog_private.h"
#include "route/schema.h"
#include <dirent.h>
#include <errno.h>
#include <gamut/plugin.h>
#include <string.h>

#define OVERLAY_MAX (4u * 1024 * 1024)
#define SCHEMA_MAX  (256u * 1024)
#define BUNDLED     GM_DATADIR "/catalog"

static void closedirp(DIR **d)
{
  if (*d)
    closedir(*d);
}

/* ---- names of files ----------------------------------------------------- */

struct names {
  char **names;
  size_t n, size;
};

static void names_finish(struct names *l)
{
  size_t i;

  for (i = 0; i < l->n; i++)
    gm_free(l->names[i]);
  gm_free(l->names);
}

static bool names_add(struct names *l, const char *name)
{
  if (l->n == l->size) {
    size_t size = l->size ? l->size * 2 : 16;
    char **more = gm_realloc(l->names, size * sizeof(*more));

    if (!more)
      return false;
    l->names = more;
    l->size = size;
  }
  l->names[l->n] = gm_strdup(name);
  return l->names[l->n++] != NULL;
}

static int by_name(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folder's *.json, sorted; none when it cannot be read (*ret_errno). */
static int32_t list_folder(const char *folder, struct names *ret,
                           int *ret_errno)
{
  _cleanup_(closedirp) DIR *d = opendir(folder);
  struct dirent *e;

  *ret_errno = d ? 0 : errno;
  while (d && (e = readdir(d))) {
    if (e->d_name[0] == '.' || !gm_ends(e->d_name, ".json") ||
        gm_streq(e->d_name, "schema.json"))
      continue;
    if (!names_add(ret, e->d_name))
      return GAMUT_E_NOMEM;
  }
  if (ret->n > 1)
    qsort(ret->names, ret->n, sizeof(*ret->names), by_name);
  return 0;
}

/* ---- sources ------------------------------------------------------------ */

static int compare(const struct gm_source *s, const char *provider,
                   uint32_t order)
{
  int by = strcmp(s->provider, provider);

  return by ? by : s->order > order ? 1 : s->order < order ? -1 : 0;
}

static int32_t insert(struct gm_catalog *c, struct gm_source *s)
{
  struct gm_source **more =
    gm_realloc(c->sources, (c->n_sources + 1) * sizeof(struct gm_source *));
  size_t i = c->n_sources;

  if (!more)
    return GAMUT_E_NOMEM;
  c->sources = more;
  for (; i > 0 && compare(more[i - 1], s->provider, s->order) > 0; i--)
    more[i] = more[i - 1];
  more[i] = s;
  c->n_sources++;
  return 0;
}

int32_t gm_catalog_add_source(struct gm_catalog *c, const char *provider,
                              char *path, uint32_t order, const char *text)
{
  struct gm_source *s = gm_zalloc(sizeof(*s));

  if (!s) {
    gm_free(path);
    return GAMUT_E_NOMEM;
  }
  *s = (struct gm_source){
    .provider = gm_strdup(provider),
    .path = path,
    .order = order,
    .taken = order >= GM_ORDER_TAKEN && order < GM_ORDER_OWN,
    .refers = text && strstr(text, "\"same_as\""),
    .text = text,
    .len = text ? strlen(text) : 0,
    .parser = c->parser,
    .scratch = &c->scratch,
  };
  if (s->provider && (path || text) && insert(c, s) == 0)
    return 0;
  gm_source_finish(s);
  gm_free(s);
  return GAMUT_E_NOMEM;
}

static int32_t add_folder(struct gm_catalog *c, const char *folder,
                          uint32_t order)
{
  _cleanup_(names_finish) struct names names = { NULL, 0, 0 };
  int error;
  int32_t rc = list_folder(folder, &names, &error);
  size_t i;

  if (error)
    gm_warn(c->log, "catalog folder '%s': %s", folder, strerror(error));
  for (i = 0; !rc && i < names.n; i++) {
    _cleanup_free_ char *stem =
      gm_strndup(names.names[i], strlen(names.names[i]) - strlen(".json"));

    if (!stem)
      return GAMUT_E_NOMEM;
    rc = gm_catalog_add_source(c, stem, gm_path_join(folder, names.names[i]),
                               order, NULL);
  }
  return rc;
}

/* The i-th of the colon-separated folders; NULL past the last, no memory is
 * *ret_rc. */
static char *folder_at(const struct gm_catalog *c, size_t i, int32_t *ret_rc)
{
  const char *p = c->path ? c->path : BUNDLED, *end;
  char *folder;

  for (;; p = end + 1) {
    end = p + strcspn(p, ":");
    if (end > p && i-- == 0)
      break;
    if (!*end)
      return NULL;
  }
  folder = gm_strndup(p, (size_t)(end - p));
  if (!folder)
    *ret_rc = GAMUT_E_NOMEM;
  return folder;
}

/* Files only: texts of plugins may have come before. */
static void drop_files(struct gm_catalog *c)
{
  size_t i, kept = 0;

  for (i = 0; i < c->n_sources; i++) {
    struct gm_source *s = c->sources[i];

    if (!s->path) {
      c->sources[kept++] = s;
      continue;
    }
    gm_source_finish(s);
    gm_free(s);
  }
  c->n_sources = kept;
}

static int32_t list_sources(struct gm_catalog *c)
{
  int32_t rc = 0;
  size_t i;

  for (i = 0; !rc; i++) {
    _cleanup_free_ char *folder = folder_at(c, i, &rc);

    if (!folder)
      break;
    rc = add_folder(c, folder, (uint32_t)i);
  }
  if (rc)
    drop_files(c);
  c->listed = rc == 0;
  return rc;
}

/* ---- overlays ----------------------------------------------------------- */

static struct json_object *read_json(const char *path, size_t max,
                                     struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(max);
  struct json_object *o;

  if (gm_file_read(path, &b, GAMUT_E_INVALID, err))
    return NULL;
  o = gm_json_parse_config(gm_buf_text(&b), b.len, err);
  if (!o && !err->error_class)
    gm_fail(err, GAMUT_E_INVALID, "says nothing");
  if (!o)
    gm_error_prefix(err, "%s", path);
  return o;
}

/* Beside the files in use, else the bundled one: a folder of the user's own
 * need not have it. */
struct json_object *gm_catalog_schema(struct gm_catalog *c,
                                      struct gm_error *err)
{
  struct json_object *schema = NULL;
  int32_t rc = 0;
  size_t i;

  for (i = 0; !schema; i++) {
    _cleanup_free_ char *folder = folder_at(c, i, &rc);
    _cleanup_free_ char *path = NULL;
    bool last = !folder;

    if (last && rc == 0)
      folder = gm_strdup(BUNDLED);
    path = folder ? gm_path_join(folder, "schema.json") : NULL;
    if (!path) {
      gm_error_finish(err);
      gm_fail(err, GAMUT_E_NOMEM, "out of memory");
      return NULL;
    }
    gm_error_finish(err);
    schema = read_json(path, SCHEMA_MAX, err);
    if (last)
      break;
  }
  if (schema)
    gm_error_finish(err);
  return schema;
}

static int32_t add_overlay(struct gm_catalog *c, const char *path,
                           const struct json_object *schema,
                           struct gm_error *err)
{
  struct gm_overlay *more =
    gm_realloc(c->overlays, (c->n_overlays + 1) * sizeof(*more));
  struct gm_overlay o;
  int32_t rc;

  if (!more)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  c->overlays = more;
  o.doc = read_json(path, OVERLAY_MAX, err);
  if (!o.doc)
    return err->error_class;
  rc = gm_schema_check(schema, o.doc, err);
  if (rc)
    gm_error_prefix(err, "%s", path);
  o.provider = gm_json_str(o.doc, "provider", NULL);
  o.path = rc ? NULL : gm_strdup(path);
  if (!rc && (!o.path || !o.provider))
    rc = gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  if (rc) {
    json_object_put(o.doc);
    gm_free(o.path);
    return rc;
  }
  c->overlays[c->n_overlays++] = o;
  return 0;
}

static int32_t read_folder(struct gm_catalog *c, const char *folder,
                           const struct names *names, struct gm_error *err)
{
  _cleanup_json_ struct json_object *schema = gm_catalog_schema(c, err);
  int32_t rc = 0;
  size_t i;

  if (!schema)
    return err->error_class;
  for (i = 0; !rc && i < names->n; i++) {
    _cleanup_free_ char *path = gm_path_join(folder, names->names[i]);

    if (!path)
      rc = gm_fail(err, GAMUT_E_NOMEM, "out of memory");
    else
      rc = add_overlay(c, path, schema, err);
  }
  return rc;
}

static void drop_overlays(struct gm_catalog *c)
{
  while (c->n_overlays > 0) {
    struct gm_overlay *o = &c->overlays[--c->n_overlays];

    json_object_put(o->doc);
    gm_free(o->path);
  }
}

static int32_t read_overlays(struct gm_catalog *c, struct gm_error *err)
{
  _cleanup_(names_finish) struct names names = { NULL, 0, 0 };
  _cleanup_free_ char *usual = NULL;
  const char *folder = c->overlay_dir;
  int32_t rc = 0;
  int error = 0;

  if (!folder)
    folder = usual = gm_path_xdg("XDG_CONFIG_HOME", ".config", "gamut/catalog");
  if (folder && *folder)
    rc = list_folder(folder, &names, &error);
  if (error && error != ENOENT)
    gm_warn(c->log, "catalog folder '%s': %s", folder, strerror(error));
  if (rc)
    return gm_fail(err, rc, "out of memory");
  if (names.n > 0)
    rc = read_folder(c, folder, &names, err);
  if (rc)
    drop_overlays(c);
  c->overlays_read = rc == 0;
  return rc;
}

int32_t gm_catalog_open(struct gm_catalog *c, struct gm_error *err)
{
  struct gm_error own = GM_ERROR_INIT;
  int32_t rc = 0;

  if (!c->listed)
    rc = list_sources(c);
  if (rc)
    return gm_fail(err, rc, "out of memory");
  if (!c->overlays_read)
    rc = read_overlays(c, &own);
  if (rc)
    gm_fail(err, rc, "%s", gm_error_text(&own));
  gm_error_finish(&own);
  return rc;
}

/* ---- going through them ------------------------------------------------- */

/* The k-th text that is this provider's own, or NULL. */
static const struct gm_source *own_source(const struct gm_catalog *c,
                                          const char *provider, size_t k)
{
  size_t i;

  for (i = 0; i < c->n_sources; i++) {
    const struct gm_source *s = c->sources[i];

    if (!s->taken && gm_streq(s->provider, provider) && k-- == 0)
      return s;
  }
  return NULL;
}

static bool has_followed(const struct gm_catalog *c, const char *provider)
{
  size_t i;

  for (i = 0; i < c->n_sources; i++) {
    if (c->sources[i]->taken && gm_streq(c->sources[i]->provider, provider))
      return true;
  }
  return false;
}

int32_t gm_catalog_follow(struct gm_catalog *c, struct gm_source *s,
                          struct gm_error *err)
{
  const struct gm_source *from;
  struct json_object *value;
  const char *other;
  int32_t rc;
  size_t k;

  if (!s->refers || s->taken || has_followed(c, s->provider))
    return 0;
  rc = gm_source_member(s, "same_as", &value, err);
  other = gm_json_str(value, NULL, NULL);
  if (rc || !other)
    return rc;
  for (k = 0; !rc && (from = own_source(c, other, k)); k++) {
    char *path = gm_strdup(from->path);

    rc = from->path && !path
           ? GAMUT_E_NOMEM
           : gm_catalog_add_source(c, s->provider, path,
                                   GM_ORDER_TAKEN + (uint32_t)k,
                                   from->path ? NULL : from->text);
  }
  return rc ? gm_fail(err, rc, "out of memory") : 0;
}

int32_t gm_catalog_next(struct gm_catalog *c, const char *provider, size_t *at,
                        struct gm_source **ret, struct gm_error *err)
{
  int32_t rc = 0;

  *ret = NULL;
  while (!rc && !*ret) {
    struct gm_source *s;

    if (*at > 0) /* it has been read by now, and may bring others behind it */
      rc = gm_catalog_follow(c, c->sources[*at - 1], err);
    if (rc || *at >= c->n_sources)
      return rc;
    s = c->sources[(*at)++];
    if (provider ? gm_streq(s->provider, provider) : !s->taken)
      *ret = s;
  }
  return rc;
}

bool gm_catalog_has_file(struct gm_catalog *c, const char *provider)
{
  size_t i;

  (void)gm_catalog_open(c, NULL);
  for (i = 0; i < c->n_sources; i++) {
    if (c->sources[i]->path && gm_streq(c->sources[i]->provider, provider))
      return true;
  }
  return false;
}
