/* find.c - the folders of plugins, and what is in them.
 *
 * Looking for one plugin asks each folder for that file and reads no list; a
 * folder is judged when it is first needed.  A file in a folder that is not
 * trusted still gets a row, refused with the folder's reason, unless a trusted
 * folder has a file of that name: then nobody needs to know. */
#include "base/file.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODULE_EXT ".so"

#ifndef GM_PLUGINDIR
#define GM_PLUGINDIR "/usr/local/lib/gamut-1"
#endif

/* ---- folders ---------------------------------------------------------------
 */

static int32_t add_folder(struct gm_registry *r, char *path)
{
  struct gm_folder *grown;

  if (!path)
    return GAMUT_E_NOMEM;
  grown = gm_realloc(r->folders, (r->n_folders + 1) * sizeof(*grown));
  if (!grown) {
    gm_free(path);
    return GAMUT_E_NOMEM;
  }
  r->folders = grown;
  grown[r->n_folders++] = (struct gm_folder){ .path = path };
  return 0;
}

static int32_t add_list(struct gm_registry *r, const char *list)
{
  while (*list) {
    size_t len = strcspn(list, ":");
    int32_t rc = len ? add_folder(r, gm_strndup(list, len)) : 0;

    if (rc)
      return rc;
    list += len + (list[len] == ':');
  }
  return 0;
}

int32_t gm_folders_new(struct gm_registry *r, const char *path)
{
  char *home;
  int32_t rc;

  if (path)
    return add_list(r, path);
  rc = add_folder(r, gm_strdup(GM_PLUGINDIR));
  home = gm_path_xdg("XDG_DATA_HOME", ".local/share", "gamut-1");
  if (rc || !home) {
    gm_free(home);
    return rc;
  }
  return add_folder(r, home);
}

void gm_folders_free(struct gm_registry *r)
{
  size_t i;

  for (i = 0; i < r->n_folders; i++) {
    gm_free(r->folders[i].path);
    gm_free(r->folders[i].real);
    gm_free(r->folders[i].refused);
  }
  gm_free(r->folders);
}

static int32_t judge(const struct gm_registry *r, struct gm_folder *f,
                     struct gm_error *err)
{
  char *real;

  if (f->path[0] != '/')
    return gm_fail(err, GAMUT_E_PLUGIN,
                   "'%s' is relative: a plugin folder must begin with '/'",
                   f->path);
  real = realpath(f->path, NULL);
  if (!real)
    return gm_fail(err, GAMUT_E_PLUGIN, "the folder %s: %s", f->path,
                   strerror(errno));
  gm_free(f->real); /* of a look that found no memory */
  f->real = gm_strdup(real);
  free(real);
  if (!f->real)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  return r->trust_any ? 0 : gm_trust_folder(f->real, err);
}

static int32_t look(struct gm_registry *r, struct gm_folder *f)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  if (f->looked)
    return 0;
  if (judge(r, f, &err) == GAMUT_E_NOMEM)
    return GAMUT_E_NOMEM;
  if (err.error_class) {
    f->refused = gm_strdup(gm_error_text(&err));
    if (!f->refused)
      return GAMUT_E_NOMEM;
  }
  f->looked = true;
  return 0;
}

const char *gm_registry_folder(struct gm_registry *r, size_t i,
                               const char **ret_refused)
{
  if (i >= r->n_folders)
    return NULL;
  look(r, &r->folders[i]);
  if (ret_refused)
    *ret_refused = r->folders[i].refused;
  return r->folders[i].path;
}

/* ---- files -----------------------------------------------------------------
 */

static int32_t add_file(struct gm_registry *r, const struct gm_folder *f,
                        const char *stem, struct gm_row **ret)
{
  _cleanup_(gm_buf_finish) struct gm_buf path = GM_BUF_INIT(65536);
  struct stat st;
  int32_t rc;

  gm_buf_addf(&path, "%s/%s" MODULE_EXT, f->path, stem);
  if (gm_buf_failed(&path))
    return GAMUT_E_NOMEM;
  if (lstat(path.data, &st))
    return 0;
  rc = gm_row_new(r, stem, path.data, ret);
  if (!rc && f->refused)
    gm_row_refuse(*ret, f->refused);
  return rc;
}

int32_t gm_find_stem(struct gm_registry *r, const char *stem,
                     struct gm_row **ret)
{
  int refused;
  int32_t rc;
  size_t i;

  *ret = gm_map_get(&r->stems, stem);
  for (refused = 0; refused < 2; refused++) {
    for (i = 0; !*ret && i < r->n_folders; i++) {
      struct gm_folder *f = &r->folders[i];

      rc = look(r, f);
      if (!rc && f->real && (f->refused != NULL) == refused)
        rc = add_file(r, f, stem, ret);
      if (rc)
        return rc;
    }
  }
  return 0;
}

/* "fal" of "fal.so"; false for what is no plugin's name. */
static bool stem_of(const char *file, char stem[GM_NAME_MAX + 1])
{
  size_t ext = strlen(MODULE_EXT), len = strlen(file);

  if (len <= ext || len - ext > GM_NAME_MAX || !gm_ends(file, MODULE_EXT))
    return false;
  memcpy(stem, file, len - ext);
  stem[len - ext] = '\0';
  return gm_stem_ok(stem);
}

struct names {
  const char **items; /* ours */
  size_t n;
};

static void names_finish(struct names *names)
{
  size_t i;

  for (i = 0; i < names->n; i++)
    gm_free(gm_unconst(names->items[i]));
  gm_free(names->items);
}

static void dir_closep(DIR **d)
{
  if (*d)
    closedir(*d);
}

static int32_t add_name(struct names *names, const char *stem)
{
  char *copy = gm_strdup(stem);
  const char **grown =
    gm_realloc(names->items, (names->n + 1) * sizeof(*grown));

  if (grown)
    names->items = grown;
  if (!grown || !copy) {
    gm_free(copy);
    return GAMUT_E_NOMEM;
  }
  grown[names->n++] = copy;
  return 0;
}

static int32_t list(const struct gm_folder *f, struct names *names)
{
  _cleanup_(dir_closep) DIR *d = opendir(f->real);
  char stem[GM_NAME_MAX + 1];
  struct dirent *e;
  int32_t rc = 0;

  while (!rc && d && (e = readdir(d))) {
    if (stem_of(e->d_name, stem))
      rc = add_name(names, stem);
  }
  /* The order of a folder is an accident; which of two plugins comes first
   * must not be. */
  gm_sort_names(names->items, names->n);
  return rc;
}

static int32_t add_all(struct gm_registry *r, struct gm_folder *f)
{
  _cleanup_(names_finish) struct names names = { NULL, 0 };
  struct gm_row *row;
  int32_t rc;
  size_t i;

  rc = list(f, &names);
  for (i = 0; !rc && i < names.n; i++)
    rc = gm_find_stem(r, names.items[i], &row);
  return rc;
}

int32_t gm_find_all(struct gm_registry *r)
{
  int32_t rc = 0;
  size_t i;

  if (r->listed)
    return 0;
  for (i = 0; !rc && i < r->n_folders; i++) {
    rc = look(r, &r->folders[i]);
    if (!rc && r->folders[i].real)
      rc = add_all(r, &r->folders[i]);
  }
  r->listed = rc == 0;
  return rc;
}
