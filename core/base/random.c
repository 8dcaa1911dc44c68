/* random.c - randomness from the system, and a quick generator for jitter.
 *
 * The quick one is splitmix64, whose state is a counter: one atomic addition
 * serves all threads.  State 0 means not seeded yet; a seed of 0 is moved off
 * it.  Randomness that cannot be had ends the process: identifiers that repeat
 * would let one job pay for another's.
 */
#include "base/random.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>
#ifdef HAVE_GETRANDOM
#include <sys/random.h>
#endif

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static atomic_uint_fast64_t quick;

/* How many of `len` bytes the kernel gave. */
static size_t from_kernel(unsigned char *p, size_t len)
{
  size_t have = 0;

#ifdef HAVE_GETRANDOM
  while (have < len) {
    ssize_t n = getrandom(p + have, len - have, 0);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break; /* an old kernel or a filter on system calls */
    have += (size_t)n;
  }
#else
  (void)p;
  (void)len;
#endif
  return have;
}

static bool from_device(unsigned char *p, size_t len)
{
  int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC | O_NOCTTY);

  if (fd < 0)
    return false;
  while (len > 0) {
    ssize_t n = read(fd, p, len);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    p += n;
    len -= (size_t)n;
  }
  close(fd);
  return len == 0;
}

void gm_random(void *p, size_t len)
{
  int saved = errno;
  size_t have = from_kernel(p, len);

  if (have < len && !from_device((unsigned char *)p + have, len - have))
    abort();
  errno = saved;
}

void gm_random_seed(uint64_t seed)
{
  atomic_store(&quick, seed ? seed : GOLDEN);
}

static void seed_once(void)
{
  uint_fast64_t none = 0;
  uint64_t seed;

  gm_random(&seed, sizeof(seed));
  atomic_compare_exchange_strong(&quick, &none, seed | 1);
}

static uint64_t next(void)
{
  uint64_t z;

  if (atomic_load_explicit(&quick, memory_order_relaxed) == 0)
    seed_once();
  z = atomic_fetch_add_explicit(&quick, GOLDEN, memory_order_relaxed) + GOLDEN;
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

uint64_t gm_random_below(uint64_t n)
{
  uint64_t x, uneven;

  if (n <= 1)
    return 0;
  uneven = -n % n; /* so many low values would come up once too often */
  do
    x = next();
  while (x < uneven);
  return x % n;
}
