/* cache_private.h - what the files of the cache share. */
#ifndef GM_ROUTE_CACHE_PRIVATE_H
#define GM_ROUTE_CACHE_PRIVATE_H

#include "base/map.h"
#include "job/input.h"
#include "route/cache.h"
#include "route/cache_key.h"
#include "route/embedding.h"
#include "route/router.h"
#include "store/vectors.h"

struct gm_cache {
  struct gm_router *router;
  struct gm_store *store;
  struct gm_endpoints *endpoints;
  struct gm_map leaders; /* key -> struct gm_lookup: who makes it here */
  uint32_t n_keeping;    /* writes under way */
  struct gm_embeddings embeddings;
  struct gm_vectors *vectors; /* the store thread's, while there is one */
};

/* A run's way through the cache, for one link.  It outlives the run while the
 * store works on it: `busy`, and then `run` is NULL. */
struct gm_lookup {
  struct gm_cache *cache;
  struct gm_run *run;
  struct gm_look look;
  struct gm_tx tx;
  struct gamut_store_op ops[2];
  bool busy;
  bool waits; /* until `timer` another look is not due; else it is patience */
  bool alone; /* whom it waited for could not keep it: make it, and no more */
  bool leads; /* in cache->leaders */
  bool owns;  /* its row in "making" is there */
  bool only_keeps;   /* not to be served */
  const char *owner; /* the name of this process in the store */
  uint32_t interval_ms;
  struct gm_timer timer;
  struct gm_list link;    /* among those who wait for a leader */
  struct gm_list waiters; /* of a leader */
  char key[GM_SHA256_HEX], shape[GM_SHA256_HEX];
  struct gm_input *inputs; /* copies, while they are hashed */
  uint32_t n_inputs;
  char kin[GM_SHA256_HEX];    /* what similar requests share; "": not asked */
  char group[GM_SHA256_HEX];  /* of the vectors to compare with */
  struct gm_similar *similar; /* its prompt was or is being embedded, or NULL */
  struct gm_shelf_row row;
  char served[GM_SHA256_HEX]; /* the key that `row` has */
  double similarity;          /* to the prompt of `row`; 0: it is the same */
  struct gm_serving *serving; /* cache_serve.c */
};

/* cache.c: ask the store; `done` is called only while there is a run. */
void gm_lookup_ask(struct gm_lookup *l,
                   int32_t (*run)(struct gm_look *, const struct gamut_store *,
                                  void *, char *),
                   void (*done)(struct gm_look *, int32_t));
/* False: the run has gone, and `l` with it. */
bool gm_lookup_back(struct gm_lookup *l);
void gm_lookup_look(struct gm_lookup *l);    /* for the entry (again) */
void gm_lookup_without(struct gm_lookup *l); /* begin the job, and no more */
void gm_lookup_failed(struct gm_lookup *l, const char *why); /* say why first */
/* The run ends with this instead. */
void gm_lookup_give_up(struct gm_lookup *l, struct gm_error *err);
/* It leads no longer: those who wait look again, or do without. */
void gm_lookup_resign(struct gm_lookup *l, bool look_again);
void gm_lookup_free(struct gm_lookup *l);
void gm_lookup_end(struct gm_lookup *l); /* the row in "making" goes first */
struct gm_lookup *gm_lookup_new(struct gm_run *run); /* NULL: no memory */
/* May the request be served, or at least be kept?  Its job is set. */
bool gm_cache_counts(struct gm_run *run, bool *ret_only_keeps);
/* The keys of the request that the run's job is set to.  INVALID: an input has
 * not been hashed. */
int32_t gm_lookup_key(struct gm_lookup *l, struct gm_run *run);

void gm_lookup_miss(struct gm_lookup *l); /* make it, or wait for who does */
void gm_lookup_make(struct gm_lookup *l); /* the job begins, and is kept */

/* cache_similar.c: is that on; what its key leaves out (GM_KEY_...). */
bool gm_similar_wanted(const struct gm_router *r);
unsigned gm_similar_leaves_out(const struct gm_router *r);
/* Look for one that is similar, once; false: there is no such wish.  Ends in
 * gm_lookup_serve(), gm_lookup_miss(), or gm_lookup_make() when only_keeps. */
bool gm_similar_begin(struct gm_lookup *l);
void gm_similar_stop(struct gm_lookup *l); /* the run goes its way */
void gm_similar_free(struct gm_similar *s);
/* [store thread] The vector of what was put there under l->key. */
void gm_similar_keep(const struct gm_lookup *l, const struct gm_shelf *s,
                     int64_t ttl_ms);

/* cache_serve.c: serve what is in l->row; false: it cannot be (broken, old). */
bool gm_lookup_serve(struct gm_lookup *l);
void gm_serving_free(struct gm_serving *s);

#endif
