/* store.h - the store as the core sees it: transactions and looks go in, their
 * ends come back on the loop.
 *
 * A durable store may wait for the disk, so it has a thread of its own, which
 * starts with the first thing asked of it.  What the loop hands over in one
 * turn is committed together, and so is what piled up during a commit.  A store
 * that keeps nothing is asked on the spot.  Whoever uses this cannot tell the
 * two apart, except that `done` may have been called when a function returns.
 */
#ifndef GM_STORE_STORE_H
#define GM_STORE_STORE_H

#include "loop/loop.h"
#include <gamut/store.h>

struct gm_store;

/* Which store it is to be. */
struct gm_store_choice {
  const struct gamut_store *type;
  char *place;   /* gm_free */
  bool required; /* false: when it cannot be opened, the user is told so, once,
                    and the memory store takes its place */
};
/* Called once, when the first thing is asked of it.  On failure `ret->required`
 * counts all the same. */
typedef int32_t gm_store_choose_fn(void *user, struct gm_store_choice *ret,
                                   struct gm_error *err);

int32_t gm_store_new(struct gm_loop *l, struct gm_log *log,
                     gm_store_choose_fn *choose, void *user,
                     struct gm_store **ret);
/* Everything that was asked is done and its end told, and what is asked for in
 * those ends as well; then the store is closed. */
void gm_store_free(struct gm_store *s);
GM_CLEANUP(struct gm_store, gm_store_free)

/* What waits in the queue; private. */
struct gm_store_item {
  struct gm_list link;
  bool is_look, queued;
  int32_t error_class;
  uint64_t until_ms; /* of what is tried again; 0: it was not yet */
};

/* A transaction, in its owner's memory.  `done` is called once, always: with 0,
 * and tx.outcome then tells whether its conditions held, or with the class of
 * what failed, and then nothing was written. */
struct gm_tx {
  struct gamut_store_tx tx;
  void (*done)(struct gm_tx *t, int32_t error_class);
  /* It says what something paid for came to: as long as the store is locked by
   * others it is tried again, for a minute. */
  bool lasting;
  struct gm_store_item item;
};
void gm_store_commit(struct gm_store *s, struct gm_tx *t);
/* Take one back that waits still: true, and `done` is not called. */
bool gm_store_take_back(struct gm_store *s, struct gm_tx *t);

/* Anything else: scans and blobs. */
struct gm_look {
  /* [store thread] 0, or a class and a sentence; `message` as in gamut/store.h.
   * Not called when the store could not be opened. */
  int32_t (*run)(struct gm_look *k, const struct gamut_store *type,
                 void *handle, char *message);
  void (*done)(struct gm_look *k, int32_t error_class);
  struct gm_store_item item;
};
void gm_store_look(struct gm_store *s, struct gm_look *k);
/* [store thread] In run(): show the one row of that key, if it is there. `flags`:
 * 0, or GAMUT_SCAN_NO_BODY. */
int32_t gm_store_row(const struct gamut_store *type, void *handle,
                     const char *table, const char *key, uint32_t flags,
                     gamut_store_row_fn *fn, void *user, char *message);

/* The sentence of the last failure, in `done`; never NULL. */
const char *gm_store_why(const struct gm_store *s);
/* Does what is written outlive the process?  Known once something was written. */
bool gm_store_keeps(struct gm_store *s);
/* Milliseconds since 1970 by the store's clock, as far as it was heard of: once
 * something was asked of it. */
int64_t gm_store_now(struct gm_store *s);
/* Has anything been asked of it yet? */
bool gm_store_begun(const struct gm_store *s);

#endif
