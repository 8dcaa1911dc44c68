/* lock.c - who has the store open, told by locks that end with their process.
 *
 * One file beside the database.  Its first byte is locked by all who have the
 * database open, so that only the last one moves a damaged file aside.  Every
 * handle also locks one byte far behind, by a number of its own: as long as it
 * is locked the process lives, however it may end.  These are locks of the open
 * file (OFD), not of the process: two handles of one process differ, and
 * closing another descriptor of the file takes none away. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 2
/* Bytes far behind any content, as many as numbers can be drawn from. */
#define FIRST_SESSION INT64_C(0x100000000)
#define SESSIONS      INT64_C(0x3fffffffffffffff)

#ifdef F_OFD_SETLK
static int lock(int fd, short type, int64_t at)
{
  struct flock l = {
    .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1
  };

  return fcntl(fd, F_OFD_SETLK, &l);
}

int sq_session_lives(const struct sq_store *s, int64_t session)
{
  struct flock l = {
    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = session, .l_len = 1
  };

  if (session == s->session || session < FIRST_SESSION)
    return 1;
  return fcntl(s->lock_fd, F_OFD_GETLK, &l) != 0 || l.l_type != F_UNLCK;
}
#else
/* Without them nobody knows who lives: owners end when they expire, and nothing
 * is ever moved aside. */
static int lock(int fd, short type, int64_t at)
{
  (void)fd;
  (void)at;
  return type == F_WRLCK && at == 0 ? -1 : 0;
}

int sq_session_lives(const struct sq_store *s, int64_t session)
{
  (void)s;
  (void)session;
  return 1;
}
#endif

/* Numbers below 3 belong to the standard streams even when those are closed. */
static int above_stdio(int fd)
{
  int up;

  if (fd < 0 || fd > 2)
    return fd;
  up = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  close(fd);
  return up;
}

/* Open, and not that of a folder that was taken away. */
static int has_lock(const struct sq_store *s, const char *path)
{
  struct stat ours, there;

  return s->lock_fd >= 0 && fstat(s->lock_fd, &ours) == 0 &&
         lstat(path, &there) == 0 && ours.st_dev == there.st_dev &&
         ours.st_ino == there.st_ino;
}

/* A lock that is there is kept when the database is opened anew: its session is
 * what our owners live by. */
int32_t sq_lock_open(struct sq_store *s, char *message)
{
  char *path = sqlite3_mprintf("%s/%s", s->folder, SQ_LOCK);
  int32_t rc = 0;
  int tries = 0;

  if (!path)
    return sq_fail(s, SQLITE_NOMEM, message);
  if (has_lock(s, path)) {
    sqlite3_free(path);
    return 0;
  }
  sq_lock_close(s);
  s->lock_fd =
    above_stdio(open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (s->lock_fd < 0)
    rc = sq_fail_errno("write", path, message);
  while (rc == 0) {
    sqlite3_randomness(sizeof(s->session), &s->session);
    s->session = FIRST_SESSION + (s->session & (SESSIONS - 2 * FIRST_SESSION));
    if (lock(s->lock_fd, F_WRLCK, s->session) == 0)
      break;
    if ((errno != EAGAIN && errno != EACCES) || ++tries == 8)
      rc = sq_fail_errno("lock", path, message);
  }
  if (rc)
    sq_lock_close(s);
  sqlite3_free(path);
  return rc;
}

void sq_lock_close(struct sq_store *s)
{
  if (s->lock_fd >= 0)
    close(s->lock_fd);
  s->lock_fd = -1;
}

int32_t sq_lock_shared(struct sq_store *s, char *message)
{
  while (lock(s->lock_fd, F_RDLCK, 0)) {
    if (errno != EAGAIN && errno != EACCES && errno != EINTR)
      return sq_fail_errno("lock", s->file, message);
    if (sq_mono_ms() >= s->busy_until)
      return sq_fail(s, SQLITE_BUSY, message);
    sq_sleep_ms(WAIT_MS);
  }
  return 0;
}

int sq_lock_alone(struct sq_store *s)
{
  return lock(s->lock_fd, F_WRLCK, 0) == 0;
}

void sq_unlock(struct sq_store *s)
{
  lock(s->lock_fd, F_UNLCK, 0);
}
