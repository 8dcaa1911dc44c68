/* trust.c - who could have written what we are about to run.
 *
 * A plugin is code with all our rights, so its file and every folder above it,
 * up to the root, must belong to root or to us and be writable by nobody else.
 * The path is resolved first: a symbolic link is as good as the place that it
 * leads to.  A folder that everybody may write is fine as a *parent* when it is
 * sticky (/tmp), for then nobody else can exchange what is ours in it.
 *
 * A group that has the user alone as its member is the user: some systems give
 * everybody such a group and a umask of 002.  For root this is not asked, so
 * nothing is looked up in the user database then. */
#include "plugin/plugin_private.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void closep(const int *fd)
{
  if (*fd >= 0)
    close(*fd);
}

static bool only_member(const struct group *g, const char *user)
{
  char *const *m;

  for (m = g->gr_mem; *m; m++) {
    if (strcmp(*m, user) != 0)
      return false;
  }
  return strcmp(g->gr_name, user) == 0;
}

static bool is_private_group(gid_t gid)
{
  char user_text[4096], group_text[4096];
  struct passwd user, *u;
  struct group group, *g;

  if (geteuid() == 0)
    return false;
  if (getpwuid_r(geteuid(), &user, user_text, sizeof(user_text), &u) || !u ||
      user.pw_gid != gid)
    return false;
  return getgrgid_r(gid, &group, group_text, sizeof(group_text), &g) == 0 &&
         g && only_member(&group, user.pw_name);
}

/* The reason not to trust it, or NULL. */
static const char *fault(const struct stat *st)
{
  if (st->st_uid != 0 && st->st_uid != geteuid())
    return "belongs to another user";
  if (st->st_mode & S_IWOTH)
    return "can be written by everybody";
  if (st->st_mode & S_IWGRP && !is_private_group(st->st_gid))
    return "can be written by its group";
  return NULL;
}

static const char *parent_fault(const struct stat *st)
{
  if (st->st_mode & S_ISVTX && (st->st_uid == 0 || st->st_uid == geteuid()))
    return NULL;
  return fault(st);
}

static int32_t refuse(struct gm_error *err, const char *what, const char *path,
                      const char *why)
{
  return gm_fail(err, GAMUT_E_PLUGIN, "%s %s %s", what, path, why);
}

static int32_t check_folder(const char *path, bool last, struct gm_error *err)
{
  const char *why;
  struct stat st;

  if (lstat(path, &st))
    return gm_fail(err, GAMUT_E_PLUGIN, "the folder %s: %s", path,
                   strerror(errno));
  if (!S_ISDIR(st.st_mode))
    return refuse(err, "the path", path, "is not a folder");
  why = last ? fault(&st) : parent_fault(&st);
  return why ? refuse(err, "the folder", path, why) : 0;
}

int32_t gm_trust_folder(const char *real, struct gm_error *err)
{
  _cleanup_free_ char *part = gm_strdup(real);
  char *slash = part;
  int32_t rc;

  if (!part)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  rc = check_folder("/", real[1] == '\0', err);
  while (!rc && slash && slash[1]) {
    slash = strchr(slash + 1, '/');
    if (slash)
      *slash = '\0';
    rc = check_folder(part, slash == NULL, err);
    if (slash)
      *slash = '/';
  }
  return rc;
}

static int32_t check_file(const char *real, bool any, struct gm_trusted *t,
                          struct gm_error *err)
{
  _cleanup_(closep) int fd =
    open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
  const char *why;
  struct stat st;

  if (fd < 0 || fstat(fd, &st))
    return refuse(err, "the file", real, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return refuse(err, "the path", real, "is not a regular file");
  why = any ? NULL : fault(&st);
  if (why)
    return refuse(err, "the file", real, why);
  if (st.st_size == 0)
    return refuse(err, "the file", real, "is empty");
  t->dev = st.st_dev;
  t->ino = st.st_ino;
  return 0;
}

static int32_t check_place(const char *real, struct gm_error *err)
{
  _cleanup_free_ char *folder =
    gm_strndup(real, (size_t)(strrchr(real, '/') - real));

  if (!folder)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  return gm_trust_folder(*folder ? folder : "/", err);
}

int32_t gm_trust_file(const char *path, bool any, struct gm_trusted *ret,
                      struct gm_error *err)
{
  struct gm_trusted t = { 0 };
  char *real = realpath(path, NULL);
  int32_t rc;

  if (!real)
    return gm_fail(err, errno == ENOMEM ? GAMUT_E_NOMEM : GAMUT_E_PLUGIN,
                   "%s: %s", path, strerror(errno));
  t.real = gm_strdup(real);
  free(real);
  if (!t.real)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  rc = any ? 0 : check_place(t.real, err);
  if (!rc)
    rc = check_file(t.real, any, &t, err);
  if (rc) {
    gm_trusted_finish(&t);
    return rc;
  }
  *ret = t;
  return 0;
}

bool gm_trust_same(const struct gm_trusted *t)
{
  struct stat st;

  return lstat(t->real, &st) == 0 && st.st_dev == t->dev && st.st_ino == t->ino;
}

void gm_trusted_finish(struct gm_trusted *t)
{
  gm_free(t->real);
  *t = (struct gm_trusted){ 0 };
}
