/* killer.c - put before a program by LD_PRELOAD: kills or stops it at the n-th
 * of the calls by which it changes something that outlives it, or learns
 * something that it must not forget.  Those are the writes, syncs, cuts and
 * renames of its files, the bytes it sends and receives, and the wake-ups from
 * one of its threads to another.
 *
 *   CRASH_AT    which one, from 1; none: only count
 *   CRASH_HOW   before  before the call; bytes that came are a call when they
 *                       are there, so the program has read them and no more
 *               half    of those calls that write or send: after half the bytes
 *               after   of those that send: when all have left
 *   CRASH_STOPS 1: it is stopped and not killed, and not at calls for its store,
 *               whose lock it may hold there; not for half
 *   CRASH_LOG   what it was killed at, or how many there were, is added here
 *
 * Calls of libcurl and SQLite come through here as the program's own do. */
#include "shim.h"
#include <signal.h>

enum how { BEFORE, HALF, AFTER };

static enum how how;
static bool stops;

/* ---- the end ------------------------------------------------------------- */

/* One that is stopped goes on from here. */
static void die(const char *what, const char *call)
{
  note(what, call);
  syscall(SYS_kill, getpid(), stops ? SIGSTOP : SIGKILL);
  while (!stops)
    pause();
}

/* Is this the one?  Only those calls are numbered at which one can die so. */
static bool due(const char *what, bool fits)
{
  if (stops && what && strcmp(what, "store") == 0)
    return false;
  return awake && what && fits && atomic_fetch_add(&calls, 1) + 1 == at;
}

static void __attribute__((constructor)) wake_up(void)
{
  const char *nth = getenv("CRASH_AT"), *word = getenv("CRASH_HOW");

  awake = strcmp(program_invocation_short_name, PROGRAM) == 0;
  at = nth ? strtoul(nth, NULL, 10) : 0;
  stops = getenv("CRASH_STOPS") != NULL;
  if (word && strcmp(word, "before") != 0)
    how = strcmp(word, "half") == 0 ? HALF : AFTER;
}

static void __attribute__((destructor)) fall_asleep(void)
{
  if (awake && at == 0)
    note("whole", "run");
  awake = false;
}

/* ---- the calls ----------------------------------------------------------- */

/* A call that is made whole or not at all. */
#define WHOLE(type, name, params, args, about)                                 \
  SEEN type name params;                                                       \
  type name params                                                             \
  {                                                                            \
    int error = errno;                                                         \
    const char *what = awake ? about : NULL;                                   \
    if (due(what, how == BEFORE))                                              \
      die(what, #name);                                                        \
    errno = error;                                                             \
    return CALL(name) args;                                                    \
  }

/* One that takes `len` bytes of which it may have half. */
#define BYTES(name, params, len, args, half_args)                              \
  SEEN ssize_t name params;                                                    \
  ssize_t name params                                                          \
  {                                                                            \
    const char *what = awake ? about_fd(fd) : NULL;                            \
    bool sends = what && strcmp(what, "net") == 0;                             \
    bool now = due(what, how == BEFORE || (how == HALF && (len) > 1) ||        \
                           (how == AFTER && sends));                           \
    ssize_t n;                                                                 \
    if (now && how == HALF)                                                    \
      CALL(name) half_args;                                                    \
    if (now && how != AFTER)                                                   \
      die(what, #name);                                                        \
    n = CALL(name) args;                                                       \
    if (now && how == AFTER)                                                   \
      die(what, #name);                                                        \
    return n;                                                                  \
  }

/* One that brings bytes. */
#define BRINGS(name, params, args)                                             \
  SEEN ssize_t name params;                                                    \
  ssize_t name params                                                          \
  {                                                                            \
    ssize_t n = CALL(name) args;                                               \
    int error = errno;                                                         \
    const char *what = awake && n > 0 ? about_fd(fd) : NULL;                   \
    if (due(what && strcmp(what, "net") == 0 ? what : NULL, how == BEFORE))    \
      die(what, #name);                                                        \
    errno = error;                                                             \
    return n;                                                                  \
  }

/* clang-format off */
BYTES(write, (int fd, const void *p, size_t len), len,
      (fd, p, len), (fd, p, len / 2))
BYTES(pwrite, (int fd, const void *p, size_t len, off_t where), len,
      (fd, p, len, where), (fd, p, len / 2, where))
BYTES(pwrite64, (int fd, const void *p, size_t len, off64_t where), len,
      (fd, p, len, where), (fd, p, len / 2, where))
BYTES(send, (int fd, const void *p, size_t len, int flags), len,
      (fd, p, len, flags), (fd, p, len / 2, flags))
BYTES(sendto, (int fd, const void *p, size_t len, int flags,
               __CONST_SOCKADDR_ARG to, socklen_t to_len), len,
      (fd, p, len, flags, to, to_len), (fd, p, len / 2, flags, to, to_len))
BYTES(sendmsg, (int fd, const struct msghdr *m, int flags), 0,
      (fd, m, flags), (fd, m, flags))
BYTES(writev, (int fd, const struct iovec *v, int n_iov), n_iov,
      (fd, v, n_iov), (fd, v, n_iov / 2))

BRINGS(recv, (int fd, void *p, size_t len, int flags), (fd, p, len, flags))
BRINGS(recvfrom, (int fd, void *p, size_t len, int flags,
                  __SOCKADDR_ARG from, socklen_t *from_len),
       (fd, p, len, flags, from, from_len))
BRINGS(recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
BRINGS(read, (int fd, void *p, size_t len), (fd, p, len))
BRINGS(__recv_chk, (int fd, void *p, size_t len, size_t room, int flags),
       (fd, p, len, room, flags))
BRINGS(__recvfrom_chk, (int fd, void *p, size_t len, size_t room, int flags,
                        __SOCKADDR_ARG from, socklen_t *from_len),
       (fd, p, len, room, flags, from, from_len))
BRINGS(__read_chk, (int fd, void *p, size_t len, size_t room),
       (fd, p, len, room))

WHOLE(int, fsync, (int fd), (fd), about_fd(fd))
WHOLE(int, fdatasync, (int fd), (fd), about_fd(fd))
WHOLE(int, ftruncate, (int fd, off_t len), (fd, len), about_fd(fd))
WHOLE(int, ftruncate64, (int fd, off64_t len), (fd, len), about_fd(fd))
WHOLE(int, rename, (const char *from, const char *to), (from, to),
      about_path(from))
WHOLE(int, renameat, (int d, const char *from, int e, const char *to),
      (d, from, e, to), about_path(from))
WHOLE(int, renameat2, (int d, const char *from, int e, const char *to,
                       unsigned flags), (d, from, e, to, flags),
      about_path(from))
WHOLE(int, link, (const char *from, const char *to), (from, to),
      about_path(from))
WHOLE(int, linkat, (int d, const char *from, int e, const char *to, int flags),
      (d, from, e, to, flags), about_path(from))
WHOLE(int, unlink, (const char *path), (path), about_path(path))
WHOLE(int, unlinkat, (int d, const char *path, int flags), (d, path, flags),
      about_path(path))
/* clang-format on */

/* Files that are made. */
#define OPENS(name)                                                            \
  SEEN int name(const char *path, int flags, ...);                             \
  int name(const char *path, int flags, ...)                                   \
  {                                                                            \
    const char *what = flags & O_CREAT ? about_path(path) : NULL;              \
    mode_t mode;                                                               \
    va_list ap;                                                                \
    va_start(ap, flags);                                                       \
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;             \
    va_end(ap);                                                                \
    if (due(what, how == BEFORE))                                              \
      die(what, #name);                                                        \
    return CALL(name)(path, flags, mode);                                      \
  }

OPENS(open)
OPENS(open64)
