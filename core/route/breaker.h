/* breaker.h - links that fail again and again are left alone for a while.
 *
 * One breaker for each link (provider, account, model) and one for each
 * account:
 *
 *   closed     all goes; failures in a row, and their share, are counted
 *   open       the link is passed over until a time
 *   half-open  that time is over: one job tries, the others pass
 *
 * Opened by failures that are the vendor's or the network's (policy table), it
 * stays open for 30 s, then twice as long each time, up to 5 minutes.  A key
 * that the vendor refuses, and an account without credit, are switched off at
 * once and for longer.  What is not closed is in the store's table `fact`, so
 * that the next process knows; nothing is written as long as all goes well. */
#ifndef GM_ROUTE_BREAKER_H
#define GM_ROUTE_BREAKER_H

#include "store/store.h"

enum gm_breaker_state {
  GM_BREAKER_CLOSED,
  GM_BREAKER_OPEN,
  GM_BREAKER_HALF_OPEN
};
const char *gm_breaker_name(enum gm_breaker_state s); /* "half-open" */

struct gm_breaker_rules {
  bool off;
  uint32_t in_a_row; /* failures that open it */
  uint64_t open_ms;  /* the first time */
  uint64_t away_ms;  /* of a refused key, of an account without credit */
};

struct gm_breaker;
struct gm_breakers;

int32_t gm_breakers_new(struct gm_store *store, struct gm_breakers **ret);
void gm_breakers_rules(struct gm_breakers *all,
                       const struct gm_breaker_rules *r);
/* Nothing is asked of the store from now on; before gm_store_free(). */
void gm_breakers_close(struct gm_breakers *all);
void gm_breakers_free(struct gm_breakers *all); /* after gm_store_free() */
GM_CLEANUP(struct gm_breakers, gm_breakers_free)

/* Get or make.  `account` tells accounts apart and is no secret; `model` NULL:
 * the account's own.  NULL: no memory, or names too long for a key: everything
 * below then lets pass. */
struct gm_breaker *gm_breaker_of(struct gm_breakers *all, const char *provider,
                                 const char *account, const char *model);
/* Begin to read what other processes know of it, once. */
void gm_breaker_want(struct gm_breaker *b);

struct gm_breaker_view {
  enum gm_breaker_state state;
  int32_t error_class; /* that opened it; 0 */
  uint32_t failures;   /* in a row */
  uint64_t left_ms;    /* while it is open */
};
void gm_breaker_look(const struct gm_breaker *b, struct gm_breaker_view *ret);
/* May a job take this link?  The one that half-open lets through is bound to
 * call gm_breaker_done() or gm_breaker_leave(). */
bool gm_breaker_enter(struct gm_breaker *b);
/* How a job ended that was sent: 0 or its class. */
void gm_breaker_done(struct gm_breaker *b, int32_t error_class);
/* It ended without telling anything of the link. */
void gm_breaker_leave(struct gm_breaker *b);

#endif
