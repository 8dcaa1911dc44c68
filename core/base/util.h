/* util.h - what every file uses: lengths, clean-up, hand-over, assertions. */
#ifndef GM_BASE_UTIL_H
#define GM_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define GM_LEN(a)    (sizeof(a) / sizeof((a)[0]))
#define GM_MIN(a, b) ((a) < (b) ? (a) : (b))
#define GM_MAX(a, b) ((a) > (b) ? (a) : (b))

#define GM_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Run `f` on the address of the variable when it goes out of scope. */
#define _cleanup_(f) __attribute__((cleanup(f)))

/* Hand the pointer over: the variable is NULL afterwards. */
#define GM_TAKE(p)                                                             \
  (__extension__({                                                             \
    __typeof__(p) *gm_take_ = &(p);                                            \
    __typeof__(p) gm_taken_ = *gm_take_;                                       \
    *gm_take_ = NULL;                                                          \
    gm_taken_;                                                                 \
  }))

/* `static void name_p(type **)` for _cleanup_, from a destructor. */
#define GM_CLEANUP(type, destroy)                                              \
  static inline void destroy##p(type **p)                                      \
  {                                                                            \
    destroy(*p);                                                               \
  }

/* The structure that contains `member` at `ptr`. */
#define GM_CONTAINER(ptr, type, member)                                        \
  ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* A broken invariant of ours.  Alive in debug builds, free otherwise. */
#ifdef GM_DEBUG
_Noreturn void gm_assert_failed(const char *what, const char *file, int line);
#define gm_assert(x) ((x) ? (void)0 : gm_assert_failed(#x, __FILE__, __LINE__))
#else
#define gm_assert(x) ((void)sizeof(x))
#endif

/* Allocation goes through these so that tests can fail the n-th one
 * (base/mem.c).  They never abort; NULL means no memory. */
void *gm_alloc(size_t size);
void *gm_zalloc(size_t size);
void *gm_realloc(void *p, size_t size);
char *gm_strdup(const char *s); /* NULL stays NULL */
/* Exactly `len` bytes, whatever they are, and a NUL behind them. */
char *gm_strndup(const char *s, size_t len);
void gm_free(void *p);
static inline void gm_freep(void *p)
{
  gm_free(*(void **)p);
}
#define _cleanup_free_ _cleanup_(gm_freep)

/* Tests only: fail the n-th allocation from now (1 is the next; 0: none), once
 * or from there on; returns how many were asked for since the last call. */
uint64_t gm_mem_fail(uint64_t nth, bool and_all_after);

/* Cast const away in the one place where an old API forces us to. */
static inline void *gm_unconst(const void *p)
{
  return (void *)(uintptr_t)p;
}

#endif
