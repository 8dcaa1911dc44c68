/* killer.c - kills the program before its n-th call to the system that changes
 * something: a module to be preloaded.
 *
 *     CRASH_KILL_AT=N      die by SIGKILL before the N-th call
 *     CRASH_KILL_LIST=FILE write a line for each call, its name
 *
 * Counted are the calls by which bytes leave the process or become durable, and
 * those by which answers come in: of the program itself, of libcurl and of
 * SQLite alike, for all of them go through the C library.  So every write of
 * the journal has a point before it and one behind it, every exchange one
 * before it leaves, one when it has left and one when its answer is read but
 * not kept, and every download as many as it has pieces.
 *
 * Programs of other names (a shell that starts the one that is meant) are left
 * alone. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static atomic_long calls;
static long kill_at; /* 0: never */
static int list = -1;

static int is_meant(void)
{
  char path[4096];
  ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
  const char *name;

  if (n <= 0)
    return 0;
  path[n] = '\0';
  name = strrchr(path, '/');
  return name &&
         (strcmp(name, "/gamut") == 0 || strcmp(name, "/lt-gamut") == 0);
}

__attribute__((constructor)) static void begin(void)
{
  const char *at = getenv("CRASH_KILL_AT");
  const char *file = getenv("CRASH_KILL_LIST");

  if (!is_meant())
    return;
  if (at)
    kill_at = strtol(at, NULL, 10);
  if (file)
    list = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Before each call; by system calls of its own, which nobody counts. */
static void point(const char *name)
{
  char line[32];
  int n;

  if (kill_at == 0 && list < 0)
    return;
  if (list >= 0) {
    n = snprintf(line, sizeof(line), "%s\n", name);
    syscall(SYS_write, list, line, (size_t)n);
  }
  if (atomic_fetch_add(&calls, 1) + 1 == kill_at)
    syscall(SYS_kill, getpid(), SIGKILL);
}

/* The function behind ours. */
static void *behind(const char *name)
{
  void *f = dlsym(RTLD_NEXT, name);

  if (!f)
    abort();
  return f;
}

#define CALL(type, name, params, args)                                         \
  EXPORT type name params;                                                     \
  EXPORT type name params                                                      \
  {                                                                            \
    union {                                                                    \
      void *object;                                                            \
      type(*function) params;                                                  \
    } next = { behind(#name) };                                                \
                                                                               \
    point(#name);                                                              \
    return next.function args;                                                 \
  }

/* clang-format off */
CALL(ssize_t, send, (int fd, const void *p, size_t n, int flags),
     (fd, p, n, flags))
CALL(ssize_t, sendto, (int fd, const void *p, size_t n, int flags,
                       __CONST_SOCKADDR_ARG to, socklen_t len),
     (fd, p, n, flags, to, len))
CALL(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
CALL(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
CALL(ssize_t, pwrite64, (int fd, const void *p, size_t n, off_t at),
     (fd, p, n, at))
CALL(int, fsync, (int fd), (fd))
CALL(int, fdatasync, (int fd), (fd))
CALL(int, ftruncate64, (int fd, off_t size), (fd, size))
CALL(int, rename, (const char *from, const char *to), (from, to))
CALL(int, renameat2, (int a, const char *from, int b, const char *to,
                      unsigned flags),
     (a, from, b, to, flags))
CALL(int, link, (const char *from, const char *to), (from, to))
CALL(int, unlink, (const char *path), (path))
CALL(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
/* clang-format on */
