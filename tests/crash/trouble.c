/* trouble.c - put before a program by LD_PRELOAD: gives it trouble at the n-th
 * of its calls that may meet it.
 *
 *   CRASH_AT    which one, from 1; none: only count
 *   CRASH_HOW   which trouble; see `hows`
 *   CRASH_LOG   what met it first, or how many calls there were, is added here
 *
 * Not everything that one can think of is asked: local files are opened,
 * renamed and closed without EINTR, and SQLite's syncs are made by a thread
 * that gets no signal. */
#include "shim.h"
#include <poll.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

enum { /* of calls */
       READS = 1,
       WRITES = 2,
       WAITS = 4,
       SYNCS = 8,
       CUTS = 16,
       NAMES = 32, /* change a folder */
       MAKES = 64, /* make a file or a folder */
       OPENS = 128,
       BEGETS = 256, /* descriptors that are no files */
       LOCKS = 512,
       OPEN_LOCKS = 1024, /* of the open file, not of the process */
       MAPS = 2048
};
#define SHORT (-1) /* one byte, for a number of errno */
#define STORM                                                                  \
  (-2) /* EINTR or one byte, at each third call; CRASH_AT: the seed */

struct how {
  const char *word;
  unsigned kinds;
  const char *place; /* "store"; "disk": wherever files are; NULL: all */
  int number;
  bool stays; /* from then on */
};

/* clang-format off */
#define SPACE (WRITES | CUTS | MAKES | NAMES)
static const struct how hows[] = {
  { "eintr", READS | WRITES | WAITS | SYNCS, NULL, EINTR, false },
  { "short", READS | WRITES, NULL, SHORT, false },
  { "storm", READS | WRITES | WAITS, NULL, STORM, true },
  { "eio", READS | WRITES | SYNCS | CUTS | NAMES, "disk", EIO, false },
  { "enospc", SPACE, "disk", ENOSPC, false },
  { "full", SPACE, "disk", ENOSPC, true },
  { "edquot", SPACE, "disk", EDQUOT, false },
  { "erofs", MAKES | NAMES, "disk", EROFS, true },
  { "emfile", MAKES | OPENS | BEGETS, NULL, EMFILE, false },
  { "nofiles", MAKES | OPENS | BEGETS, NULL, EMFILE, true },
  { "enolck", LOCKS | OPEN_LOCKS, "store", ENOLCK, true },
  { "nolocks", LOCKS | OPEN_LOCKS, "store", EOPNOTSUPP, true },
  { "noofd", OPEN_LOCKS, "store", EINVAL, true },
  { "nomap", MAPS, "store", ENODEV, true },
};
/* clang-format on */

static const struct how *how;
static atomic_bool met;

static void __attribute__((constructor)) wake_up(void)
{
  const char *nth = getenv("CRASH_AT"), *word = getenv("CRASH_HOW");
  size_t i;

  at = nth ? strtoul(nth, NULL, 10) : 0;
  for (i = 0; word && i < sizeof(hows) / sizeof(*hows); i++)
    if (strcmp(word, hows[i].word) == 0)
      how = &hows[i];
  awake = how && strcmp(program_invocation_short_name, PROGRAM) == 0;
}

static void __attribute__((destructor)) fall_asleep(void)
{
  if (awake && at == 0)
    note("whole", "run");
  awake = false;
}

static bool is_there(const char *what)
{
  if (!how->place || strcmp(how->place, what) == 0)
    return true;
  return strcmp(how->place, "disk") == 0 && strcmp(what, "net") != 0 &&
         strcmp(what, "wake") != 0 && strcmp(what, "wait") != 0;
}

/* A seed and a number make always the same. */
static uint32_t lot(uint64_t n)
{
  n = (n + (uint64_t)at * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
  n ^= n >> 27;
  n *= 0x94d049bb133111ebu;
  return (uint32_t)(n >> 33);
}

static int storm(unsigned long n, bool long_enough)
{
  uint32_t l = lot(n);

  if (l % 3)
    return 0;
  return l % 2 && long_enough ? SHORT : EINTR;
}

/* 0: none; SHORT; else the number for errno. */
static int trouble(const char *what, unsigned kind, bool long_enough,
                   const char *call)
{
  unsigned long n;

  if (!awake || !what || !(how->kinds & kind) || !is_there(what))
    return 0;
  /* An eventfd moves a number or nothing. */
  long_enough = long_enough && strcmp(what, "wake") != 0;
  if ((how->number == SHORT && !long_enough) ||
      (how->number == EINTR && kind == SYNCS && strcmp(what, "store") == 0))
    return 0;
  n = atomic_fetch_add(&calls, 1) + 1;
  if (at == 0 || (how->number != STORM && n != at && !(how->stays && n > at)))
    return 0;
  if (!atomic_exchange(&met, true))
    note(what, call);
  return how->number == STORM ? storm(n, long_enough) : how->number;
}

/* ---- the calls ----------------------------------------------------------- */

/* One that moves bytes, of which it may move one only. */
#define MOVES(kind, name, params, len, args, short_args)                       \
  SEEN ssize_t name params;                                                    \
  ssize_t name params                                                          \
  {                                                                            \
    int error = errno;                                                         \
    int t = trouble(awake ? about_fd(fd) : NULL, kind, (len) > 1, #name);      \
    errno = t > 0 ? t : error;                                                 \
    if (t > 0)                                                                 \
      return -1;                                                               \
    return t ? CALL(name) short_args : CALL(name) args;                        \
  }

/* One that is made or not. */
#define DOES(kind, name, params, args, about)                                  \
  SEEN int name params;                                                        \
  int name params                                                              \
  {                                                                            \
    int error = errno;                                                         \
    int t = trouble(awake ? (about) : NULL, kind, false, #name);               \
    errno = t ? t : error;                                                     \
    return t ? -1 : CALL(name) args;                                           \
  }

/* clang-format off */
MOVES(WRITES, write, (int fd, const void *p, size_t len), len,
      (fd, p, len), (fd, p, 1))
MOVES(WRITES, pwrite, (int fd, const void *p, size_t len, off_t to), len,
      (fd, p, len, to), (fd, p, 1, to))
MOVES(WRITES, pwrite64, (int fd, const void *p, size_t len, off64_t to), len,
      (fd, p, len, to), (fd, p, 1, to))
MOVES(WRITES, send, (int fd, const void *p, size_t len, int flags), len,
      (fd, p, len, flags), (fd, p, 1, flags))
MOVES(WRITES, sendto, (int fd, const void *p, size_t len, int flags,
                       __CONST_SOCKADDR_ARG to, socklen_t to_len), len,
      (fd, p, len, flags, to, to_len), (fd, p, 1, flags, to, to_len))
MOVES(WRITES, sendmsg, (int fd, const struct msghdr *m, int flags), 0,
      (fd, m, flags), (fd, m, flags))
MOVES(WRITES, writev, (int fd, const struct iovec *v, int n_iov), n_iov,
      (fd, v, n_iov), (fd, v, 1))
MOVES(READS, read, (int fd, void *p, size_t len), len,
      (fd, p, len), (fd, p, 1))
MOVES(READS, pread, (int fd, void *p, size_t len, off_t from), len,
      (fd, p, len, from), (fd, p, 1, from))
MOVES(READS, pread64, (int fd, void *p, size_t len, off64_t from), len,
      (fd, p, len, from), (fd, p, 1, from))
MOVES(READS, recv, (int fd, void *p, size_t len, int flags), len,
      (fd, p, len, flags), (fd, p, 1, flags))
MOVES(READS, recvfrom, (int fd, void *p, size_t len, int flags,
                        __SOCKADDR_ARG from, socklen_t *from_len), len,
      (fd, p, len, flags, from, from_len), (fd, p, 1, flags, from, from_len))
MOVES(READS, recvmsg, (int fd, struct msghdr *m, int flags), 0,
      (fd, m, flags), (fd, m, flags))
MOVES(READS, __recv_chk, (int fd, void *p, size_t len, size_t room, int flags),
      len, (fd, p, len, room, flags), (fd, p, 1, room, flags))
MOVES(READS, __recvfrom_chk, (int fd, void *p, size_t len, size_t room,
                              int flags, __SOCKADDR_ARG from,
                              socklen_t *from_len), len,
      (fd, p, len, room, flags, from, from_len),
      (fd, p, 1, room, flags, from, from_len))
MOVES(READS, __read_chk, (int fd, void *p, size_t len, size_t room), len,
      (fd, p, len, room), (fd, p, 1, room))
extern ssize_t __pread_chk(int fd, void *p, size_t len, off_t from,
                           size_t room);
extern ssize_t __pread64_chk(int fd, void *p, size_t len, off64_t from,
                             size_t room);
MOVES(READS, __pread_chk, (int fd, void *p, size_t len, off_t from,
                           size_t room), len,
      (fd, p, len, from, room), (fd, p, 1, from, room))
MOVES(READS, __pread64_chk, (int fd, void *p, size_t len, off64_t from,
                             size_t room), len,
      (fd, p, len, from, room), (fd, p, 1, from, room))

extern int __poll_chk(struct pollfd *p, nfds_t n, int ms, size_t room);
DOES(WAITS, poll, (struct pollfd *p, nfds_t n, int ms), (p, n, ms), "wait")
DOES(WAITS, __poll_chk, (struct pollfd *p, nfds_t n, int ms, size_t room),
     (p, n, ms, room), "wait")
DOES(WAITS, epoll_wait, (int fd, struct epoll_event *e, int n, int ms),
     (fd, e, n, ms), "wait")

DOES(SYNCS, fsync, (int fd), (fd), about_fd(fd))
DOES(SYNCS, fdatasync, (int fd), (fd), about_fd(fd))
DOES(CUTS, ftruncate, (int fd, off_t len), (fd, len), about_fd(fd))
DOES(CUTS, ftruncate64, (int fd, off64_t len), (fd, len), about_fd(fd))

DOES(NAMES, rename, (const char *from, const char *to), (from, to),
     about_path(from))
DOES(NAMES, renameat, (int d, const char *from, int e, const char *to),
     (d, from, e, to), about_path(from))
DOES(NAMES, renameat2, (int d, const char *from, int e, const char *to,
                        unsigned flags), (d, from, e, to, flags),
     about_path(from))
DOES(NAMES, link, (const char *from, const char *to), (from, to),
     about_path(from))
DOES(NAMES, linkat, (int d, const char *from, int e, const char *to,
                     int flags), (d, from, e, to, flags), about_path(from))
DOES(MAKES, mkdir, (const char *path, mode_t mode), (path, mode),
     about_path(path))

DOES(BEGETS, socket, (int domain, int type, int protocol),
     (domain, type, protocol), "net")
DOES(BEGETS, accept4, (int fd, __SOCKADDR_ARG from, socklen_t *len, int flags),
     (fd, from, len, flags), "net")
DOES(BEGETS, socketpair, (int domain, int type, int protocol, int two[2]),
     (domain, type, protocol, two), "net")
DOES(BEGETS, eventfd, (unsigned n, int flags), (n, flags), "wake")
DOES(BEGETS, epoll_create1, (int flags), (flags), "wait")
DOES(BEGETS, pipe2, (int two[2], int flags), (two, flags), "wake")
/* clang-format on */

#define OPENING(name)                                                          \
  SEEN int name(const char *path, int flags, ...);                             \
  int name(const char *path, int flags, ...)                                   \
  {                                                                            \
    bool makes = flags & O_CREAT;                                              \
    int t = trouble(awake ? about_path(path) : NULL, makes ? MAKES : OPENS,    \
                    false, #name);                                             \
    mode_t mode;                                                               \
    va_list ap;                                                                \
    va_start(ap, flags);                                                       \
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;             \
    va_end(ap);                                                                \
    if (t == 0)                                                                \
      return CALL(name)(path, flags, mode);                                    \
    errno = t;                                                                 \
    return -1;                                                                 \
  }

OPENING(open)
OPENING(open64)

/* What a command does; those that take no lock are made. */
static unsigned kind_of(int command)
{
  if (command == F_OFD_SETLK || command == F_OFD_GETLK)
    return OPEN_LOCKS;
  return command == F_SETLK || command == F_SETLKW || command == F_GETLK ? LOCKS
                                                                         : 0;
}

#define CONTROLS(name)                                                         \
  SEEN int name(int fd, int command, ...);                                     \
  int name(int fd, int command, ...)                                           \
  {                                                                            \
    int error = errno;                                                         \
    unsigned kind = kind_of(command);                                          \
    int t = trouble(awake && kind ? about_fd(fd) : NULL, kind, false, #name);  \
    void *arg;                                                                 \
    va_list ap;                                                                \
    va_start(ap, command);                                                     \
    arg = va_arg(ap, void *);                                                  \
    va_end(ap);                                                                \
    errno = t ? t : error;                                                     \
    return t ? -1 : CALL(name)(fd, command, arg);                              \
  }

CONTROLS(fcntl)
CONTROLS(fcntl64)

#define MAPPING(name, offset)                                                  \
  SEEN void *name(void *to, size_t len, int prot, int flags, int fd,           \
                  offset from);                                                \
  void *name(void *to, size_t len, int prot, int flags, int fd, offset from)   \
  {                                                                            \
    bool shared = awake && (flags & MAP_SHARED) && fd > 2;                     \
    int t = trouble(shared ? about_fd(fd) : NULL, MAPS, false, #name);         \
    if (t == 0)                                                                \
      return CALL(name)(to, len, prot, flags, fd, from);                       \
    errno = t;                                                                 \
    return MAP_FAILED;                                                         \
  }

MAPPING(mmap, off_t)
MAPPING(mmap64, off64_t)
