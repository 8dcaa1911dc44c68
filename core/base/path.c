/* path.c - names of files, and where a user's files live (XDG). */
#include "base/file.h"
#include "base/str.h"
#include <string.h>
#include <unistd.h>

const char *gm_path_base(const char *path)
{
  const char *slash = strrchr(path, '/');

  return slash ? slash + 1 : path;
}

char *gm_path_dir(const char *path)
{
  size_t len = (size_t)(gm_path_base(path) - path);

  if (len == 0)
    return gm_strdup(".");
  while (len > 1 && path[len - 1] == '/')
    len--;
  return gm_strndup(path, len);
}

char *gm_path_join(const char *dir, const char *name)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(SIZE_MAX / 4);
  size_t len = strlen(dir);

  while (len > 1 && dir[len - 1] == '/')
    len--;
  gm_buf_addn(&b, dir, len);
  if (len > 0) {
    name += strspn(name, "/");
    if (dir[len - 1] != '/')
      gm_buf_addc(&b, '/');
  }
  gm_buf_add(&b, name);
  return gm_buf_take(&b);
}

char *gm_path_from(const char *folder, const char *path)
{
  return folder && *path != '/' ? gm_path_join(folder, path) : gm_strdup(path);
}

char *gm_path_absolute(const char *path)
{
  char here[4096];

  if (*path == '/')
    return gm_strdup(path);
  return getcwd(here, sizeof(here)) ? gm_path_join(here, path) : NULL;
}

char *gm_path_xdg(const char *var, const char *fallback, const char *tail)
{
  _cleanup_free_ char *base = NULL;
  const char *set = var ? gm_env(var) : NULL;
  const char *home = gm_env("HOME");

  /* The specification: a relative path in such a variable counts as unset. */
  if (set && *set == '/')
    base = gm_strdup(set);
  else if (home)
    base = gm_path_join(home, fallback);
  if (!base)
    return NULL;
  return tail && *tail ? gm_path_join(base, tail) : GM_TAKE(base);
}

#ifdef HAVE_SECURE_GETENV
#define get_env secure_getenv
#else
/* The same promise: a program with more rights than its user sees nothing. */
static const char *get_env(const char *name)
{
  return issetugid() ? NULL : getenv(name);
}
#endif

const char *gm_env(const char *name)
{
  const char *value = get_env(name);

  return value && *value ? value : NULL;
}
