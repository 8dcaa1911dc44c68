/* owner.h - our name in the store: rows under it are ours as long as we keep it
 * alive there.  See "Owners" in gamut/store.h. */
#ifndef GM_STORE_OWNER_H
#define GM_STORE_OWNER_H

#include "base/random.h"
#include "store/store.h"

struct gm_owner {
  struct gm_store *store;
  char name[GM_ID_SIZE];
  uint32_t n_held;     /* rows that are ours */
  uint64_t asked_ms; /* mono, when it was last to be renewed; 0: not yet */
  uint64_t good_ms;  /* mono, of the last that was; 0: none was */
  uint32_t lapses;   /* how often it may have gone bad, because we or the store
                        hung */
  struct gm_timer timer;
  struct gm_loop *loop;
  struct gm_tx tx;
  struct gamut_store_op op;
  char body[160]; /* who this is, for people: {"pid": ...} */
  bool under_way;
};

void gm_owner_init(struct gm_owner *o, struct gm_loop *l,
                   struct gm_store *store);
void gm_owner_finish(struct gm_owner *o); /* after gm_store_free() */
/* To be called before anything is written under the name: it is good then. */
void gm_owner_use(struct gm_owner *o);
void gm_owner_hold(struct gm_owner *o); /* one row more; one less */
void gm_owner_release(struct gm_owner *o);

#endif
