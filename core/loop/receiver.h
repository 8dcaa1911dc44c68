/* receiver.h - receives HTTP requests on 127.0.0.1: one a connection, and as
 * many at a time as are worth holding.  What faces the network is the user's
 * own proxy or tunnel. */
#ifndef GM_LOOP_RECEIVER_H
#define GM_LOOP_RECEIVER_H

#include "loop/incoming.h"
#include "loop/loop.h"

#define GM_RECEIVER_BODY      (4u << 20) /* bytes of a body */
#define GM_RECEIVER_MOST      32         /* connections; further ones wait */
#define GM_RECEIVER_MS        10000      /* for a request to come in whole */
#define GM_RECEIVER_LINGER_MS 1000       /* for the peer to read the answer */

struct gm_receiver;

/* A request that has come in whole.  The receiver's; yours to answer, once. */
struct gm_received {
  struct gm_incoming in;
  void *user; /* of gm_receiver_new() */
};
typedef void gm_received_fn(struct gm_received *r);

/* Port 0: any that is free.  INVALID when it cannot be had (the sentence names
 * the port), NOMEM. */
int32_t gm_receiver_new(struct gm_loop *l, uint16_t port, gm_received_fn *fn,
                        void *user, struct gm_receiver **ret,
                        uint16_t *ret_port, struct gm_error *err);
/* What was not answered is not: nobody may answer it any more. */
void gm_receiver_free(struct gm_receiver *r);
/* At once or later; `text` is a line for people.  `r` is gone then. */
void gm_received_answer(struct gm_received *r, int status, const char *text);

#endif
