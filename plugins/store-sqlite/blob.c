/* blob.c - bytes by the hash of their content: a file each, below blobs/.
 *
 * A file is written under a temporary name and renamed when it is whole, so
 * nobody ever sees a part.  It is not synced: who reads compares the hash.  The
 * temporary name holds the writer's session, so that what a dead process left
 * behind is known and goes. */
#include "sqlite.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAFT "draft-"

struct sq_blob {
  struct sq_store *store;
  struct sq_blob *next; /* among those not ended */
  char *path;           /* sqlite3_free */
  int fd;
};

/* ---- names --------------------------------------------------------------- */

/* <folder>/blobs/ab/cdef..., or its folder alone. */
static char *path_of(const struct sq_store *s, const char *hash, int whole)
{
  return sqlite3_mprintf("%s/" SQ_BLOBS "/%.2s%s%s", s->folder, hash,
                         whole ? "/" : "", whole ? hash + 2 : "");
}

static int make_folder(const char *path)
{
  return path && mkdir(path, 0700) && errno != EEXIST ? -1 : 0;
}

static int64_t session_of(const char *name)
{
  int64_t session = 0;

  for (name += strlen(DRAFT); *name >= '0' && *name <= '9'; name++)
    session = (session * 10 + (*name - '0')) & INT64_MAX;
  return session;
}

/* Drafts of processes that are gone. */
static void sweep(struct sq_store *s, const char *folder)
{
  DIR *d = s->swept ? NULL : opendir(folder);
  struct dirent *e;

  s->swept = 1;
  while (d && (e = readdir(d))) {
    if (strncmp(e->d_name, DRAFT, strlen(DRAFT)) == 0 &&
        !sq_session_lives(s, session_of(e->d_name)))
      unlinkat(dirfd(d), e->d_name, 0);
  }
  if (d)
    closedir(d);
}

/* ---- writing ------------------------------------------------------------- */

static void end(struct sq_blob *b)
{
  struct sq_blob **at = &b->store->unended;

  while (*at && *at != b)
    at = &(*at)->next;
  if (*at)
    *at = b->next;
  if (b->fd >= 0)
    close(b->fd);
  sqlite3_free(b->path);
  sqlite3_free(b);
}

static int32_t open_draft(struct sq_store *s, struct sq_blob *b, char *message)
{
  char *folder = sqlite3_mprintf("%s/" SQ_BLOBS, s->folder);
  int32_t rc = 0;

  b->path = folder ? sqlite3_mprintf("%s/" DRAFT "%lld-%u", folder,
                                     (long long)s->session, s->n_blobs++)
                   : NULL;
  if (!b->path) {
    rc = sq_fail(s, SQLITE_NOMEM, message);
  } else if (make_folder(folder)) {
    rc = sq_fail_errno("make", folder, message);
  } else {
    sweep(s, folder);
    b->fd =
      open(b->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (b->fd < 0)
      rc = sq_fail_errno("write", b->path, message);
  }
  sqlite3_free(folder);
  return rc;
}

int32_t sq_blob_new(void *store, void **ret_blob, char *message)
{
  struct sq_store *s = store;
  struct sq_blob *b = sqlite3_malloc64(sizeof(*b));
  int32_t rc;

  if (!b)
    return sq_fail(s, SQLITE_NOMEM, message);
  *b = (struct sq_blob){ .store = s, .next = s->unended, .fd = -1 };
  s->unended = b;
  rc = open_draft(s, b, message);
  if (rc)
    end(b);
  else
    *ret_blob = b;
  return rc;
}

int32_t sq_blob_add(void *blob, const void *bytes, size_t len, char *message)
{
  struct sq_blob *b = blob;
  const char *at = bytes;

  while (len > 0) {
    ssize_t n = write(b->fd, at, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return sq_fail_errno("write", b->path, message);
    at += n;
    len -= (size_t)n;
  }
  return 0;
}

void sq_blob_drop(void *blob)
{
  struct sq_blob *b = blob;

  unlink(b->path);
  end(b);
}

static int32_t keep(struct sq_blob *b, const char *hash, char *message)
{
  char *folder = path_of(b->store, hash, 0), *path = path_of(b->store, hash, 1);
  int32_t rc = 0;

  if (!folder || !path)
    rc = sq_fail(b->store, SQLITE_NOMEM, message);
  else if (make_folder(folder))
    rc = sq_fail_errno("make", folder, message);
  else if (rename(b->path, path))
    rc = sq_fail_errno("write", path, message);
  sqlite3_free(folder);
  sqlite3_free(path);
  return rc;
}

int32_t sq_blob_keep(void *blob, const char *hash, char *message)
{
  struct sq_blob *b = blob;
  int32_t rc = keep(b, hash, message);

  if (rc)
    unlink(b->path);
  end(b);
  return rc;
}

void sq_blobs_finish(struct sq_store *s)
{
  while (s->unended)
    sq_blob_drop(s->unended);
}

/* ---- reading ------------------------------------------------------------- */

static int32_t read_at(int fd, uint64_t offset, void *buf, size_t size,
                       size_t *ret_len, const char *path, char *message)
{
  size_t done = 0;

  while (done < size) {
    ssize_t n =
      pread(fd, (char *)buf + done, size - done, (off_t)(offset + done));

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return sq_fail_errno("read", path, message);
    if (n == 0)
      break;
    done += (size_t)n;
  }
  *ret_len = done;
  return 0;
}

int32_t sq_blob_read(void *store, const char *hash, uint64_t offset, void *buf,
                     size_t size, size_t *ret_len, uint64_t *ret_total,
                     char *message)
{
  struct sq_store *s = store;
  char *path = path_of(s, hash, 1);
  int32_t rc = path ? 0 : sq_fail(s, SQLITE_NOMEM, message);
  int fd = rc == 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
  struct stat st;

  if (rc == 0 && fd < 0 && errno == ENOENT)
    rc = sq_say(message, GAMUT_E_NOT_FOUND, "no blob %.64s", hash);
  else if (rc == 0 && (fd < 0 || fstat(fd, &st)))
    rc = sq_fail_errno("read", path, message);
  if (rc == 0) {
    *ret_total = (uint64_t)st.st_size;
    *ret_len = 0;
    if (offset < *ret_total)
      rc = read_at(fd, offset, buf, size, ret_len, path, message);
  }
  if (fd >= 0)
    close(fd);
  sqlite3_free(path);
  return rc;
}

int32_t sq_blob_remove(void *store, const char *hash, char *message)
{
  struct sq_store *s = store;
  char *path = path_of(s, hash, 1);
  int32_t rc = path ? 0 : sq_fail(s, SQLITE_NOMEM, message);

  if (rc == 0 && unlink(path) && errno != ENOENT)
    rc = sq_fail_errno("remove", path, message);
  sqlite3_free(path);
  return rc;
}

/* ---- all of them --------------------------------------------------------- */

static int all_hex(const char *s, size_t len)
{
  return strlen(s) == len && strspn(s, "0123456789abcdef") == len;
}

static int32_t each_in(DIR *folder, const char *head, gamut_store_blob_fn *fn,
                       void *user)
{
  char hash[GAMUT_STORE_HASH];
  struct dirent *e;
  struct stat st;
  int64_t age;
  int32_t rc = 0;

  while (rc == 0 && (e = readdir(folder))) {
    if (!all_hex(e->d_name, GAMUT_STORE_HASH - 3) ||
        fstatat(dirfd(folder), e->d_name, &st, AT_SYMLINK_NOFOLLOW))
      continue; /* another process has just removed it */
    snprintf(hash, sizeof(hash), "%.2s%.62s", head, e->d_name);
    age = sq_wall_ms() - (int64_t)st.st_mtime * 1000;
    rc = fn(user, hash, (uint64_t)st.st_size, age > 0 ? age : 0);
  }
  return rc;
}

static DIR *open_below(DIR *folder, const char *name)
{
  int fd = openat(dirfd(folder), name,
                  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

  if (fd >= 0 && !d)
    close(fd);
  return d;
}

int32_t sq_blob_each(void *store, gamut_store_blob_fn *fn, void *user,
                     char *message)
{
  struct sq_store *s = store;
  char *path = sqlite3_mprintf("%s/" SQ_BLOBS, s->folder);
  DIR *d = path ? opendir(path) : NULL, *below;
  int32_t rc = path ? 0 : sq_fail(s, SQLITE_NOMEM, message);
  struct dirent *e;

  if (rc == 0 && !d && errno != ENOENT)
    rc = sq_fail_errno("read", path, message);
  while (d && rc == 0 && (e = readdir(d))) {
    below = all_hex(e->d_name, 2) ? open_below(d, e->d_name) : NULL;
    if (below) {
      rc = each_in(below, e->d_name, fn, user);
      closedir(below);
    }
  }
  if (d)
    closedir(d);
  sqlite3_free(path);
  return rc;
}
