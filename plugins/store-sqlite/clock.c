/* clock.c - two clocks: the calendar's, which may jump, and one that goes on
 * evenly since the machine was started. */
#include "sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

static int64_t read_ms(clockid_t id)
{
  struct timespec t;

  if (clock_gettime(id, &t))
    return 0;
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Stands still while the machine sleeps, as all who have the store open do. */
int64_t sq_mono_ms(void)
{
  return read_ms(CLOCK_MONOTONIC);
}

int64_t sq_wall_ms(void)
{
  return read_ms(CLOCK_REALTIME);
}

void sq_sleep_ms(int64_t ms)
{
  struct timespec t = { .tv_sec = (time_t)(ms / 1000),
                        .tv_nsec = (long)(ms % 1000) * 1000000 };

  nanosleep(&t, NULL);
}

int64_t sq_now(const struct sq_store *s, const char *table)
{
  if (s->even_clock && strcmp(table, GAMUT_STORE_OWNERS) == 0)
    return sq_mono_ms();
  return sq_wall_ms();
}

#if defined(__APPLE__)
int sq_boot_id(char out[64])
{
  size_t len = 63;

  memset(out, 0, 64);
  if (sysctlbyname("kern.bootsessionuuid", out, &len, NULL, 0))
    out[0] = '\0';
  return 0;
}
#else
static ssize_t read_name(int fd, char *out, size_t size)
{
  size_t done = 0;
  ssize_t n = 1;

  while (n != 0 && done < size) {
    n = read(fd, out + done, size - done);
    if (n < 0 && errno != EINTR)
      return n;
    done += n > 0 ? (size_t)n : 0;
  }
  return (ssize_t)done;
}

int sq_boot_id(char out[64])
{
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC), saved;
  ssize_t n = fd >= 0 ? read_name(fd, out, 63) : -1;

  saved = errno;
  if (fd >= 0)
    close(fd);
  out[n > 0 ? n : 0] = '\0';
  out[strcspn(out, "\n")] = '\0';
  if (n >= 0 || saved == ENOENT || saved == EACCES || saved == EPERM)
    return 0; /* no such thing on this machine */
  errno = saved;
  return -1;
}
#endif
