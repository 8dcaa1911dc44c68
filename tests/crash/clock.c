/* clock.c - put before a program by LD_PRELOAD: its clocks are ahead by what a
 * file says, at each moment: "WALL EVEN", in seconds, in CLOCK_AHEAD.  So a
 * test lets a machine sleep, where the calendar goes on and the even clock
 * stands still, or a process hang, where both go on. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "gamut" /* not the script that libtool puts before it */
#define SEEN    __attribute__((visibility("default")))

static bool awake;

static void __attribute__((constructor)) wake_up(void)
{
  awake = strcmp(program_invocation_short_name, PROGRAM) == 0;
}

/* Read anew each time, by system calls alone. */
static void ahead(long *ret_wall, long *ret_even)
{
  const char *path = getenv("CLOCK_AHEAD");
  char text[64], *end;
  int error = errno, fd = -1;
  long n;

  *ret_wall = *ret_even = 0;
  if (awake && path)
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  n = fd >= 0 ? syscall(SYS_read, fd, text, sizeof(text) - 1) : -1;
  if (fd >= 0)
    syscall(SYS_close, fd);
  if (n > 0) {
    text[n] = '\0';
    *ret_wall = strtol(text, &end, 10);
    *ret_even = strtol(end, NULL, 10);
  }
  errno = error;
}

SEEN int clock_gettime(clockid_t id, struct timespec *t);
int clock_gettime(clockid_t id, struct timespec *t)
{
  long wall, even;

  if (syscall(SYS_clock_gettime, id, t))
    return -1;
  ahead(&wall, &even);
  t->tv_sec += id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE ? wall
               : id == CLOCK_BOOTTIME                              ? wall
                                                                   : even;
  return 0;
}

SEEN int gettimeofday(struct timeval *t, void *zone);
int gettimeofday(struct timeval *t, void *zone)
{
  struct timespec now;

  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec;
  t->tv_usec = now.tv_nsec / 1000;
  return 0;
}

SEEN time_t time(time_t *t);
time_t time(time_t *t)
{
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  if (t)
    *t = now.tv_sec;
  return now.tv_sec;
}
