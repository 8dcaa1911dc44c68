/* arena.c - memory that goes at once.
 *
 * A list of blocks, the one being filled first.  Blocks double up to BLOCK_MAX;
 * what does not fit a block of that size gets one of its own behind the head,
 * so the rest of the head is not lost.  `total` counts the blocks' bytes.
 */
#include "base/arena.h"
#include <stdio.h>
#include <string.h>

#define ALIGN     16u
#define BLOCK_MIN 2032u /* with its head a round number for malloc */
#define BLOCK_MAX (64u * 1024)

struct gm_arena_block {
  struct gm_arena_block *next;
  size_t size;
  _Alignas(ALIGN) char data[];
};

void gm_arena_init(struct gm_arena *a, size_t limit)
{
  *a = (struct gm_arena){ .limit = limit };
}

/* The oldest block that is not oversized: what the next call will need is
 * known least from the largest thing the last one did. */
static struct gm_arena_block *first_block(const struct gm_arena *a)
{
  struct gm_arena_block *b, *first = NULL;

  for (b = a->blocks; b; b = b->next) {
    if (b->size <= BLOCK_MAX)
      first = b;
  }
  return first;
}

static void keep_only(struct gm_arena *a, struct gm_arena_block *keep)
{
  struct gm_arena_block *b;

  while ((b = a->blocks)) {
    a->blocks = b->next;
    if (b != keep)
      gm_free(b);
  }
  if (keep)
    keep->next = NULL;
  a->blocks = keep;
  a->used = 0;
  a->total = keep ? keep->size : 0;
}

void gm_arena_reset(struct gm_arena *a)
{
  keep_only(a, first_block(a));
}

void gm_arena_finish(struct gm_arena *a)
{
  keep_only(a, NULL);
}

static size_t next_size(const struct gm_arena *a, size_t need)
{
  size_t size = a->blocks ? a->blocks->size * 2 : BLOCK_MIN;

  size = GM_MIN(size, BLOCK_MAX);
  size = GM_MIN(size, a->limit - a->total) & ~(size_t)(ALIGN - 1);
  return GM_MAX(size, need);
}

/* A block with room for `need` bytes, at the head unless it is oversized. */
static struct gm_arena_block *add_block(struct gm_arena *a, size_t need)
{
  size_t size;
  struct gm_arena_block *b;

  if (need > a->limit - a->total)
    return NULL;
  size = next_size(a, need);
  b = gm_alloc(sizeof(*b) + size);
  if (!b)
    return NULL;
  b->size = size;
  a->total += size;
  if (need > BLOCK_MAX && a->blocks) {
    b->next = a->blocks->next;
    a->blocks->next = b;
  } else {
    b->next = a->blocks;
    a->blocks = b;
    a->used = 0;
  }
  return b;
}

void *gm_arena_alloc(struct gm_arena *a, size_t size)
{
  struct gm_arena_block *b = a->blocks;
  size_t need;
  void *p;

  if (size > SIZE_MAX / 2)
    return NULL;
  need = (GM_MAX(size, 1) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
  if (!b || need > b->size - a->used) {
    b = add_block(a, need);
    if (!b)
      return NULL;
    if (b != a->blocks)
      return b->data;
  }
  p = b->data + a->used;
  a->used += need;
  return p;
}

char *gm_arena_strdup(struct gm_arena *a, const char *s)
{
  return s ? gm_arena_strndup(a, s, strlen(s)) : NULL;
}

char *gm_arena_strndup(struct gm_arena *a, const char *s, size_t len)
{
  char *copy = len < SIZE_MAX ? gm_arena_alloc(a, len + 1) : NULL;

  if (!copy)
    return NULL;
  if (len)
    memcpy(copy, s, len);
  copy[len] = '\0';
  return copy;
}

char *gm_arena_vprintf(struct gm_arena *a, const char *fmt, va_list ap)
{
  va_list again;
  char *text;
  int n;

  va_copy(again, ap);
  n = vsnprintf(NULL, 0, fmt, again);
  va_end(again);
  if (n < 0)
    return NULL;
  text = gm_arena_alloc(a, (size_t)n + 1);
  if (text)
    vsnprintf(text, (size_t)n + 1, fmt, ap);
  return text;
}

char *gm_arena_printf(struct gm_arena *a, const char *fmt, ...)
{
  char *text;
  va_list ap;

  va_start(ap, fmt);
  text = gm_arena_vprintf(a, fmt, ap);
  va_end(ap);
  return text;
}
