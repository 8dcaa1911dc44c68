/* loop_private.h - what loop.c and timer.c share. */
#ifndef GM_LOOP_LOOP_PRIVATE_H
#define GM_LOOP_LOOP_PRIVATE_H

#include "loop/loop.h"
#include "loop/poller.h"
#include <stdatomic.h>

struct gm_timer_heap {
  struct gm_timer **at; /* the earliest at 0 */
  size_t n, size;
};

struct gm_loop {
  struct gm_poller *poller;
  struct gm_log *log;
  struct gm_timer_heap timers;
  struct gm_list hooks;
  struct gm_list watches;
  gm_socket_fn *on_socket;
  void *on_socket_user;
  _Atomic(struct gm_post *) posts; /* newest first */
  bool in_turn;
  bool fd_wanted;    /* somebody waits on gm_loop_fd() */
  uint64_t armed_ms; /* what its timer is set to; UINT64_MAX: off */
};

/* The earliest moment, UINT64_MAX: none. */
uint64_t gm_timer_next(const struct gm_loop *l);
/* Run what is due; the count. */
int gm_timer_run(struct gm_loop *l);
bool gm_timer_heap_init(struct gm_timer_heap *h);
void gm_timer_heap_finish(struct gm_timer_heap *h);
/* The earliest moment may have changed. */
void gm_loop_timers_moved(struct gm_loop *l);

#endif
