/* shim.h - what the modules share that stand before a program: which calls they
 * look at, and how they reach the next one of a name.  Included once by each.
 */
#ifndef TESTS_CRASH_SHIM_H
#define TESTS_CRASH_SHIM_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PROGRAM "gamut" /* not the script that libtool puts before it */
#define SEEN    __attribute__((visibility("default")))

static bool awake;
static unsigned long at;
static atomic_ulong calls;

/* NULL: nothing that outlives the process. */
static const char *about_path(const char *path)
{
  if (!path)
    return NULL;
  if (strstr(path, ".gamut-"))
    return "draft";
  if (strstr(path, "/state/"))
    return "store";
  if (strstr(path, "[eventfd]") || strncmp(path, "pipe:", 5) == 0)
    return "wake";
  return strncmp(path, "/dev/", 5) == 0 || strchr(path, ':') ? NULL : "file";
}

static const char *about_fd(int fd)
{
  char link[64], path[PATH_MAX];
  struct stat st;
  ssize_t n;

  if (fd <= 2 || fstat(fd, &st))
    return NULL;
  if (S_ISSOCK(st.st_mode))
    return "net";
  snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  n = readlink(link, path, sizeof(path) - 1);
  if (n <= 0)
    return NULL;
  path[n] = '\0';
  return about_path(path);
}

/* ---- the log ------------------------------------------------------------- */

static void note(const char *what, const char *call)
{
  const char *log = getenv("CRASH_LOG");
  char line[128];
  int fd, n;

  n = snprintf(line, sizeof(line), "%s %s %lu\n", what, call,
               atomic_load(&calls));
  fd = log ? (int)syscall(SYS_openat, AT_FDCWD, log,
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)
           : -1;
  if (fd < 0)
    return;
  syscall(SYS_write, fd, line, (size_t)n);
  close(fd);
}

/* ---- the calls ----------------------------------------------------------- */

/* The next one of this name, looked up once. */
#define CALL(name)                                                             \
  __extension__({                                                              \
    static _Atomic(void *) found;                                              \
    if (!atomic_load(&found))                                                  \
      atomic_store(&found, dlsym(RTLD_NEXT, #name));                           \
    (__typeof__(&name))atomic_load(&found);                                    \
  })

/* Where the headers check sizes, their inline functions call these. */
extern ssize_t __recv_chk(int fd, void *p, size_t len, size_t room, int flags);
extern ssize_t __recvfrom_chk(int fd, void *p, size_t len, size_t room,
                              int flags, __SOCKADDR_ARG from,
                              socklen_t *from_len);
extern ssize_t __read_chk(int fd, void *p, size_t len, size_t room);

#endif
