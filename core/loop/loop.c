/* loop.c - one turn: wait, then sockets, timers, posts, hooks.
 *
 * Only the list of posts and the poller's wake-up are touched by other threads.
 * Posts form a stack that grows by compare-and-swap and is taken as a whole, so
 * a post costs no lock; whoever finds it empty wakes the loop. */
#include "base/clock.h"
#include "loop/loop_private.h"
#include <errno.h>
#include <gamut/plugin.h>
#include <limits.h>
#include <string.h>

enum { BATCH = 64 };

int32_t gm_loop_new(struct gm_log *log, struct gm_loop **ret,
                    struct gm_error *err)
{
  struct gm_loop *l = gm_zalloc(sizeof(*l));
  int rc;

  if (!l)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an event loop");
  l->log = log;
  l->armed_ms = UINT64_MAX;
  gm_list_init(&l->hooks);
  gm_list_init(&l->watches);
  atomic_init(&l->posts, NULL);
  rc = gm_timer_heap_init(&l->timers) ? gm_poller_new(&l->poller) : -ENOMEM;
  if (rc) {
    gm_loop_free(l);
    if (rc == -ENOMEM)
      return gm_fail(err, GAMUT_E_NOMEM, "no memory for an event loop");
    return gm_fail(err, GAMUT_E_TRANSPORT, "no event loop: %s", strerror(-rc));
  }
  *ret = l;
  return 0;
}

void gm_loop_free(struct gm_loop *l)
{
  if (!l)
    return;
  gm_poller_free(l->poller);
  gm_timer_heap_finish(&l->timers);
  gm_free(l);
}

/* ---- time */

int gm_loop_wait_ms(const struct gm_loop *l)
{
  uint64_t due = gm_timer_next(l), now;

  if (due == UINT64_MAX)
    return -1;
  now = gm_mono_ms();
  if (due <= now)
    return 0;
  return (int)GM_MIN(due - now, (uint64_t)INT_MAX);
}

static void arm(struct gm_loop *l)
{
  uint64_t due = gm_timer_next(l);

  if (!l->fd_wanted || due == l->armed_ms)
    return;
  l->armed_ms = due;
  gm_poller_arm(l->poller, gm_loop_wait_ms(l));
}

void gm_loop_timers_moved(struct gm_loop *l)
{
  if (!l->in_turn)
    arm(l);
}

int gm_loop_fd(struct gm_loop *l)
{
  int fd = gm_poller_fd(l->poller);

  if (fd >= 0 && !l->fd_wanted) {
    l->fd_wanted = true;
    gm_loop_timers_moved(l);
  }
  return fd;
}

/* ---- posts */

void gm_loop_wake(struct gm_loop *l)
{
  gm_poller_wake(l->poller);
}

void gm_loop_post(struct gm_loop *l, struct gm_post *p)
{
  struct gm_post *head = atomic_load_explicit(&l->posts, memory_order_relaxed);

  do
    p->next = head;
  while (!atomic_compare_exchange_weak_explicit(
    &l->posts, &head, p, memory_order_release, memory_order_relaxed));
  if (!head)
    gm_poller_wake(l->poller);
}

/* All there are, the oldest first. */
static struct gm_post *take_posts(struct gm_loop *l)
{
  struct gm_post *p, *next, *first = NULL;

  p = atomic_exchange_explicit(&l->posts, NULL, memory_order_acquire);
  for (; p; p = next) {
    next = p->next;
    p->next = first;
    first = p;
  }
  return first;
}

void gm_loop_unpost(struct gm_loop *l, struct gm_post *gone)
{
  struct gm_post *p, *next;

  for (p = take_posts(l); p; p = next) {
    next = p->next;
    if (p != gone)
      gm_loop_post(l, p);
  }
}

static int run_posts(struct gm_loop *l)
{
  struct gm_post *p, *next;
  int count = 0;

  if (!atomic_load_explicit(&l->posts, memory_order_relaxed))
    return 0;
  for (p = take_posts(l); p; p = next) {
    next = p->next; /* `run` may free or post it */
    p->run(p);
    count++;
  }
  return count;
}

/* ---- sockets */

void gm_loop_on_socket(struct gm_loop *l, gm_socket_fn *fn, void *user)
{
  l->on_socket = fn;
  l->on_socket_user = user;
}

int32_t gm_loop_watch(struct gm_loop *l, int fd, int events)
{
  int rc = gm_poller_watch(l->poller, fd, events);

  if (!rc)
    return 0;
  gm_debug(l->log, "socket %d cannot be watched: %s", fd, strerror(-rc));
  return rc == -ENOMEM ? GAMUT_E_NOMEM : GAMUT_E_TRANSPORT;
}

void gm_loop_opened(struct gm_loop *l, int fd)
{
  gm_poller_opened(l->poller, fd);
}

void gm_loop_closes(struct gm_loop *l, int fd)
{
  gm_poller_closes(l->poller, fd);
}

int32_t gm_watch_start(struct gm_loop *l, struct gm_watch *w, int events)
{
  int32_t rc = gm_loop_watch(l, w->fd, events);

  if (rc == 0 && !w->link.next)
    gm_list_append(&l->watches, &w->link);
  return rc;
}

void gm_watch_stop(struct gm_loop *l, struct gm_watch *w)
{
  if (!w->link.next)
    return;
  gm_loop_watch(l, w->fd, 0);
  gm_list_remove(&w->link);
  w->link.next = NULL;
}

/* One that was stopped in this very turn is not found: its number may be
 * somebody else's by now. */
static void tell(struct gm_loop *l, const struct gm_poller_event *ev)
{
  struct gm_list *e;

  for (e = l->watches.next; e != &l->watches; e = e->next) {
    struct gm_watch *w = GM_CONTAINER(e, struct gm_watch, link);

    if (w->fd == ev->fd) {
      w->ready(w, ev->events);
      return;
    }
  }
  if (l->on_socket)
    l->on_socket(l->on_socket_user, ev->fd, ev->events);
}

/* ---- hooks */

void gm_loop_hook(struct gm_loop *l, struct gm_turn_hook *h)
{
  gm_list_append(&l->hooks, &h->link);
}

void gm_loop_unhook(struct gm_turn_hook *h)
{
  gm_list_remove(&h->link);
}

/* Each hook moves back to the list before it runs: it may then remove itself,
 * any other, or add one for the next turn. */
static void run_hooks(struct gm_loop *l)
{
  struct gm_list todo, *e;

  if (gm_list_empty(&l->hooks))
    return;
  todo = l->hooks;
  todo.next->prev = todo.prev->next = &todo;
  gm_list_init(&l->hooks);
  while ((e = gm_list_pop(&todo)) != NULL) {
    struct gm_turn_hook *h = GM_CONTAINER(e, struct gm_turn_hook, link);

    gm_list_append(&l->hooks, e);
    h->run(h);
  }
}

/* ---- the turn */

bool gm_loop_in_turn(const struct gm_loop *l)
{
  return l->in_turn;
}

static int time_limit(const struct gm_loop *l, int timeout_ms)
{
  int wait_ms;

  if (!timeout_ms)
    return 0;
  wait_ms = gm_loop_wait_ms(l);
  if (wait_ms < 0 || (timeout_ms > 0 && timeout_ms < wait_ms))
    return timeout_ms;
  return wait_ms;
}

int gm_loop_turn(struct gm_loop *l, int timeout_ms)
{
  struct gm_poller_event ev[BATCH];
  int n, count;

  gm_assert(!l->in_turn);
  n = gm_poller_wait(l->poller, time_limit(l, timeout_ms), ev, BATCH);
  l->in_turn = true;
  count = 0;
  for (int i = 0; i < n; i++) {
    tell(l, &ev[i]);
    count++;
  }
  count += gm_timer_run(l);
  count += run_posts(l); /* a timer that one of them starts waits a turn */
  if (count)
    run_hooks(l);
  l->in_turn = false;
  /* The foreign loop's timer may have gone off early or by another clock. */
  if (gm_timer_next(l) != UINT64_MAX)
    l->armed_ms = UINT64_MAX;
  arm(l);
  return count;
}
