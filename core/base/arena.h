/* arena.h - memory that goes at once.  Blocks are kept for reuse by reset. */
#ifndef GM_BASE_ARENA_H
#define GM_BASE_ARENA_H

#include "base/util.h"
#include <stdarg.h>

struct gm_arena_block;
struct gm_arena {
  struct gm_arena_block *blocks;
  size_t used, limit, total; /* total never passes limit */
};

void gm_arena_init(struct gm_arena *a, size_t limit);
void gm_arena_reset(struct gm_arena *a); /* keeps the first block */
void gm_arena_finish(struct gm_arena *a);
/* 16-byte aligned, not zeroed; NULL: no memory or limit. */
void *gm_arena_alloc(struct gm_arena *a, size_t size);
char *gm_arena_strdup(struct gm_arena *a, const char *s);
/* Exactly `len` bytes and a NUL. */
char *gm_arena_strndup(struct gm_arena *a, const char *s, size_t len);
GM_PRINTF(2, 0)
char *gm_arena_vprintf(struct gm_arena *a, const char *fmt, va_list ap);
GM_PRINTF(2, 3)
char *gm_arena_printf(struct gm_arena *a, const char *fmt, ...);

#endif
