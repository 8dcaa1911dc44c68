/* timer.c - the timers of a loop: a binary heap of pointers into their owners'
 * memory.  Each timer knows its place, so moving and stopping need no search.
 *
 * Memory is needed only to add one more than ever before: a timer that is in
 * the heap can be moved, and one that fires can start itself again, without
 * fail.  A due time of UINT64_MAX means never and keeps a place. */
#include "base/clock.h"
#include "loop/loop_private.h"

enum { FIRST_SIZE = 64 };

bool gm_timer_heap_init(struct gm_timer_heap *h)
{
  h->at = gm_alloc(FIRST_SIZE * sizeof(struct gm_timer *));
  h->size = h->at ? FIRST_SIZE : 0;
  h->n = 0;
  return h->at;
}

void gm_timer_heap_finish(struct gm_timer_heap *h)
{
  gm_free(h->at);
  h->at = NULL;
  h->n = h->size = 0;
}

static void put(struct gm_timer_heap *h, size_t i, struct gm_timer *t)
{
  h->at[i] = t;
  t->at = i + 1;
}

static size_t rise(struct gm_timer_heap *h, size_t i, struct gm_timer *t)
{
  while (i > 0) {
    size_t parent = (i - 1) / 2;

    if (h->at[parent]->due_ms <= t->due_ms)
      break;
    put(h, i, h->at[parent]);
    i = parent;
  }
  put(h, i, t);
  return i;
}

static void sink(struct gm_timer_heap *h, size_t i, struct gm_timer *t)
{
  for (;;) {
    size_t child = 2 * i + 1;

    if (child >= h->n)
      break;
    if (child + 1 < h->n && h->at[child + 1]->due_ms < h->at[child]->due_ms)
      child++;
    if (t->due_ms <= h->at[child]->due_ms)
      break;
    put(h, i, h->at[child]);
    i = child;
  }
  put(h, i, t);
}

static void place(struct gm_timer_heap *h, size_t i, struct gm_timer *t)
{
  if (rise(h, i, t) == i)
    sink(h, i, t);
}

static bool grow(struct gm_timer_heap *h)
{
  struct gm_timer **at;

  if (h->n < h->size)
    return true;
  at = gm_realloc(h->at, h->size * 2 * sizeof(struct gm_timer *));
  if (!at)
    return false;
  h->at = at;
  h->size *= 2;
  return true;
}

static void take_out(struct gm_timer_heap *h, struct gm_timer *t)
{
  size_t i = t->at - 1;
  struct gm_timer *last = h->at[--h->n];

  t->at = 0;
  if (last != t)
    place(h, i, last);
}

bool gm_timer_start(struct gm_loop *l, struct gm_timer *t, uint64_t due_ms)
{
  struct gm_timer_heap *h = &l->timers;

  if (!t->at && !grow(h))
    return false;
  t->due_ms = due_ms;
  place(h, t->at ? t->at - 1 : h->n++, t);
  gm_loop_timers_moved(l);
  return true;
}

void gm_timer_stop(struct gm_loop *l, struct gm_timer *t)
{
  if (!t->at)
    return;
  take_out(&l->timers, t);
  gm_loop_timers_moved(l);
}

uint64_t gm_timer_next(const struct gm_loop *l)
{
  return l->timers.n ? l->timers.at[0]->due_ms : UINT64_MAX;
}

int gm_timer_run(struct gm_loop *l)
{
  struct gm_timer_heap *h = &l->timers;
  uint64_t now = h->n ? gm_mono_ms() : 0;
  size_t most = h->n; /* one that starts itself again at once waits a turn */
  int count = 0;

  while (most-- > 0 && h->n && h->at[0]->due_ms <= now) {
    struct gm_timer *t = h->at[0];

    take_out(h, t);
    t->fire(t);
    count++;
  }
  return count;
}
