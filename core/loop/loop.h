/* loop.h - one event loop carries everything: sockets (for curl), timers, work
 * handed over from other threads.  One thread at a time runs it; functions
 * marked [any] may be called from every thread, the rest only from the one that
 * runs the loop. */
#ifndef GM_LOOP_LOOP_H
#define GM_LOOP_LOOP_H

#include "base/error.h"
#include "base/list.h"
#include "base/log.h"

struct gm_loop;

int32_t gm_loop_new(struct gm_log *log, struct gm_loop **ret,
                    struct gm_error *err);
void gm_loop_free(struct gm_loop *l); /* nothing may be under way */
GM_CLEANUP(struct gm_loop, gm_loop_free)

/* Wait at most `timeout_ms` (-1: until something happens, 0: not at all), run
 * what is due: sockets, timers, posts; at last the turn hooks.  Returns how
 * many things ran. */
int gm_loop_turn(struct gm_loop *l, int timeout_ms);
/* When the next timer is due: 0 now, -1 none; for callers that wait elsewhere.
 */
int gm_loop_wait_ms(const struct gm_loop *l);
/* Becomes readable whenever gm_loop_turn(l, 0) has something to do, also for a
 * timer (epoll); -1 where the system has no such thing. */
int gm_loop_fd(struct gm_loop *l);
void gm_loop_wake(struct gm_loop *l); /* [any] end a waiting turn */

/* A timer is its owner's memory: zero it, set `fire`.  A binary heap, so ten
 * thousand of them cost nothing while they wait. */
struct gm_timer {
  uint64_t due_ms; /* gm_mono_ms() time */
  size_t at;       /* place in the heap + 1; 0: not running */
  void (*fire)(struct gm_timer *t);
};
/* Start or move it.  False: no memory. */
bool gm_timer_start(struct gm_loop *l, struct gm_timer *t, uint64_t due_ms);
void gm_timer_stop(struct gm_loop *l, struct gm_timer *t);

/* Run `run` once on the loop's thread, in the order posted. [any] */
struct gm_post {
  struct gm_post *next;
  void (*run)(struct gm_post *p);
};
void gm_loop_post(struct gm_loop *l, struct gm_post *p);
/* Forget one that has not run, if it was posted.  Nobody may be posting it. */
void gm_loop_unpost(struct gm_loop *l, struct gm_post *p);
/* Is a turn running, so that its hooks are still to come? */
bool gm_loop_in_turn(const struct gm_loop *l);

/* Run at the end of each turn that ran something (group commit lives here). */
struct gm_turn_hook {
  struct gm_list link;
  void (*run)(struct gm_turn_hook *h);
};
void gm_loop_hook(struct gm_loop *l, struct gm_turn_hook *h);
void gm_loop_unhook(struct gm_turn_hook *h);

/* Sockets, for http.c: events are GM_READ | GM_WRITE, 0 forgets the socket. */
enum { GM_READ = 1, GM_WRITE = 2 };
typedef void gm_socket_fn(void *user, int fd, int events);
void gm_loop_on_socket(struct gm_loop *l, gm_socket_fn *fn, void *user);
int32_t gm_loop_watch(struct gm_loop *l, int fd, int events);
/* A new socket whose end will be told too, just before it is closed: to wait for
 * it again and again then costs nothing. */
void gm_loop_opened(struct gm_loop *l, int fd);
void gm_loop_closes(struct gm_loop *l, int fd);

/* A descriptor of somebody else's, beside those of http.c: its owner's memory,
 * zeroed, with `fd` and `ready` set.  Few at a time. */
struct gm_watch {
  struct gm_list link;
  int fd;
  void (*ready)(struct gm_watch *w, int events); /* may stop any watch */
};
/* Start, or wait for other events; never for none. */
int32_t gm_watch_start(struct gm_loop *l, struct gm_watch *w, int events);
void gm_watch_stop(struct gm_loop *l, struct gm_watch *w); /* before close() */

#endif
