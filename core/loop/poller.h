/* poller.h - waits for file descriptors, for a wake-up from another thread and,
 * where one descriptor can stand for all of it, for a moment.  epoll does it on
 * Linux, poll anywhere else; loop.c is the only user. */
#ifndef GM_LOOP_POLLER_H
#define GM_LOOP_POLLER_H

#include "base/util.h"

struct gm_poller;
struct gm_poller_event {
  int fd;
  int events; /* GM_READ | GM_WRITE; both for an error or a hang-up */
};

int gm_poller_new(struct gm_poller **ret); /* 0 or -errno */
void gm_poller_free(struct gm_poller *p);
/* Events 0 forgets the descriptor; unknown ones may be forgotten too.  0 or
 * -errno. */
int gm_poller_watch(struct gm_poller *p, int fd, int events);
/* A new descriptor whose closing will be told, just before: while nobody waits
 * for it, it may stay with the system, which spares the next who does. */
void gm_poller_opened(struct gm_poller *p, int fd);
void gm_poller_closes(struct gm_poller *p, int fd);
/* Wait (-1: for ever) and fill `ret`; the count.  A wake-up, a signal or the
 * armed moment ends the wait with what else is there, perhaps nothing. */
int gm_poller_wait(struct gm_poller *p, int timeout_ms,
                   struct gm_poller_event *ret, int max);
void gm_poller_wake(struct gm_poller *p); /* [any] */
/* One descriptor that is readable whenever a wait would not block; -1: the
 * system has none. */
int gm_poller_fd(const struct gm_poller *p);
/* Make that descriptor readable in `delay_ms`; negative: never. */
void gm_poller_arm(struct gm_poller *p, int64_t delay_ms);

#endif
