/* mem.c - the one door to the heap.
 *
 * Everything in the library allocates here, so a test can fail any allocation
 * it likes.  A process that never called gm_mem_fail() pays one relaxed load
 * an allocation; after the first call allocations are counted, by atomics,
 * since worker threads allocate too.  json-c and libcurl keep their own heap.
 */
#include "base/util.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static atomic_bool counting;
static atomic_uint_fast64_t asked; /* since the last gm_mem_fail() */
static atomic_uint_fast64_t fail_at;
static atomic_bool fail_after;

static bool counted_fails(void)
{
  uint64_t nth = atomic_fetch_add(&asked, 1) + 1;
  uint64_t at = atomic_load(&fail_at);

  if (at == 0 || nth < at)
    return false;
  return nth == at || atomic_load(&fail_after);
}

static inline bool fails(void)
{
  if (__builtin_expect(!atomic_load_explicit(&counting, memory_order_relaxed),
                       1))
    return false;
  return counted_fails();
}

uint64_t gm_mem_fail(uint64_t nth, bool and_all_after)
{
  uint64_t n;

  atomic_store(&fail_at, 0);
  atomic_store(&counting, true);
  atomic_store(&fail_after, and_all_after);
  n = atomic_exchange(&asked, 0);
  atomic_store(&fail_at, nth);
  return n;
}

void *gm_alloc(size_t size)
{
  /* malloc(0) may be NULL, which here would read as "no memory". */
  return fails() ? NULL : malloc(size ? size : 1);
}

void *gm_zalloc(size_t size)
{
  return fails() ? NULL : calloc(1, size ? size : 1);
}

void *gm_realloc(void *p, size_t size)
{
  return fails() ? NULL : realloc(p, size ? size : 1);
}

char *gm_strdup(const char *s)
{
  return s ? gm_strndup(s, strlen(s)) : NULL;
}

char *gm_strndup(const char *s, size_t len)
{
  char *copy = len < SIZE_MAX ? gm_alloc(len + 1) : NULL;

  if (!copy)
    return NULL;
  if (len)
    memcpy(copy, s, len);
  copy[len] = '\0';
  return copy;
}

void gm_free(void *p)
{
  free(p);
}

#ifdef GM_DEBUG
void gm_assert_failed(const char *what, const char *file, int line)
{
  fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, what);
  abort();
}
#endif
