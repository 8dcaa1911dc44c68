/* peer.h - a process, as far as a store can tell: a loop and a handle. */
#ifndef TESTS_STORE_PEER_H
#define TESTS_STORE_PEER_H

#include "store/store.h"

struct peer {
  const struct gamut_store *type;
  const char *place;
  struct gm_loop *loop;
  struct gm_store *store;
};

void peer_start(struct peer *p, const struct gamut_store *type,
                const char *place);
/* Wait until everything that was asked of the store is done. */
void peer_settle(struct peer *p);
void peer_stop_store(struct peer *p);
void peer_stop(struct peer *p); /* after it */

#endif
