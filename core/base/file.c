/* file.c - whole files in, whole files out.
 *
 * Every descriptor is opened close-on-exec.  A file is opened without blocking
 * and must be a regular one, so a FIFO in the place of a settings file cannot
 * hang us.
 */
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 16384

static void closep(const int *fd)
{
  if (*fd >= 0)
    close(*fd);
}

/* Room for what is left of the file by its size, and to see that it ended. */
static size_t next_piece(const struct gm_buf *b, uint64_t left)
{
  size_t piece = left < PIECE ? (size_t)left + 1 : PIECE;

  return GM_MIN(piece, b->max - b->len);
}

static int32_t read_all(int fd, uint64_t size, struct gm_buf *b,
                        int32_t error_class, const char *path,
                        struct gm_error *err)
{
  for (;;) {
    uint64_t left = size > b->len ? size - b->len : 0;
    size_t piece = next_piece(b, left);
    char past = 0, *to = piece ? gm_buf_room(b, piece) : &past;
    ssize_t n;

    if (!to)
      return gm_fail(err, b->failed, "'%s': out of memory", path);
    n = read(fd, to, piece ? piece : 1);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return gm_fail(err, error_class, "'%s': %s", path, strerror(errno));
    if (n == 0)
      return 0;
    if (piece == 0)
      return gm_fail(err, error_class, "'%s': larger than %zu bytes", path,
                     b->max);
    gm_buf_grown(b, (size_t)n);
  }
}

int32_t gm_file_read(const char *path, struct gm_buf *b, int32_t error_class,
                     struct gm_error *err)
{
  _cleanup_(closep) int fd =
    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  struct stat st;

  if (fd < 0 || fstat(fd, &st))
    return gm_fail(err, error_class, "'%s': %s", path, strerror(errno));
  if (!S_ISREG(st.st_mode))
    return gm_fail(err, error_class, "'%s': not a regular file", path);
  gm_buf_clear(b);
  return read_all(fd, st.st_size > 0 ? (uint64_t)st.st_size : 0, b, error_class,
                  path, err);
}

int gm_write_all(int fd, const void *p, size_t len)
{
  const char *at = p;

  while (len > 0) {
    ssize_t n = write(fd, at, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -errno;
    if (n == 0)
      return -EIO; /* would loop for ever */
    at += n;
    len -= (size_t)n;
  }
  return 0;
}

ssize_t gm_read_at(int fd, uint64_t offset, void *p, size_t len)
{
  ssize_t n;

  do
    n = pread(fd, p, len, (off_t)offset);
  while (n < 0 && errno == EINTR);
  return n;
}

ssize_t gm_read_whole_at(int fd, uint64_t offset, void *p, size_t len)
{
  size_t done = 0;

  while (done < len) {
    ssize_t n = gm_read_at(fd, offset + done, (char *)p + done, len - done);

    if (n < 0)
      return n;
    if (n == 0)
      break;
    done += (size_t)n;
  }
  return (ssize_t)done;
}

int gm_sync(int fd)
{
  int rc;

  do
    rc = fsync(fd);
  while (rc && errno == EINTR);
  return rc ? -errno : 0;
}

#ifdef __APPLE__
#define st_mtim st_mtimespec
#endif

int gm_file_mark(int fd, struct gm_file_mark *ret)
{
  struct stat st;

  if (fstat(fd, &st))
    return -errno;
  ret->size = st.st_size > 0 ? (uint64_t)st.st_size : 0;
  ret->mtime_ns =
    (int64_t)st.st_mtim.tv_sec * 1000000000 + (int64_t)st.st_mtim.tv_nsec;
  return 0;
}

static int make_folder(const char *path)
{
  struct stat st;
  int rc;

  if (mkdir(path, 0700) == 0)
    return 0;
  rc = -errno;
  /* EEXIST also for a file in the way; and a read-only parent that exists. */
  if (stat(path, &st) == 0)
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
  return rc;
}

int gm_mkdirs(const char *path)
{
  _cleanup_free_ char *copy = gm_strdup(path);
  char *p;
  int rc;

  if (!copy)
    return -ENOMEM;
  for (p = copy + (*copy == '/'); (p = strchr(p, '/')); p++) {
    *p = '\0';
    rc = *copy ? make_folder(copy) : 0;
    *p = '/';
    if (rc)
      return rc;
  }
  return make_folder(copy);
}
