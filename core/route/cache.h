/* cache.h - what was made before is served, and what is being made just now,
 * here or in another process, is waited for (single flight).
 *
 * The look happens for each link, once the request is bound to it and before
 * the job begins there.  Whatever is wrong with the store, or takes it too
 * long, costs the caller the cache and nothing else: the job begins.
 *
 *   a request that may be served    look for its entry
 *     there is one                  its files are written by the rules of the
 *                                   output: a hit
 *     somebody makes it             wait for the entry; when he fails or dies,
 *                                   the next of those who wait makes it
 *     neither                       say that we make it (table "making"); begin
 *   a job has ended well            its files and an entry go to the shelf
 *
 * Blocked, failed and cancelled ends are nobody's but the caller's: the next
 * one who waits tries for himself. */
#ifndef GM_ROUTE_CACHE_H
#define GM_ROUTE_CACHE_H

#include "store/shelf.h"
#include "store/store.h"

struct json_object;
struct gm_cache;
struct gm_endpoints;
struct gm_found;
struct gm_router;
struct gm_run;

/* gm_run.cache_mode */
enum gm_cache_mode { GM_CACHE_OFF, GM_CACHE_USE, GM_CACHE_REFRESH };

/* Where a result came from that was not made for this request. */
struct gm_hit {
  char *job;             /* that it was made for */
  int64_t made_ms;       /* wall */
  int64_t cost_microusd; /* what it had cost; -1: not known */
  bool estimated;
  char *prompt;      /* that it was made for, when that is only similar */
  double similarity; /* then; 0: it is the same request */
};
void gm_hit_free(struct gm_hit *hit);

/* `r` as a whole is set later, and used then. */
int32_t gm_cache_new(struct gm_router *r, struct gm_store *s,
                     struct gm_endpoints *endpoints, struct gm_cache **ret);
/* Nothing is under way but what is being put on the shelf: wait for it. */
void gm_cache_drain(struct gm_cache *c);
void gm_cache_free(struct gm_cache *c); /* after gm_store_free() */

/* The job of the present link is set (gm_job_set()).  True: it is begun, or its
 * result served, later; never before this returns.  One that is too dear
 * (gm_run.too_dear) is served or ends. */
bool gm_cache_begin(struct gm_run *run);
/* May such a request be served?  It costs nothing then. */
bool gm_cache_may_serve(const struct gm_run *run,
                        const struct json_object *request);
/* The attempt is over and brought nothing, or the run goes.  Any time. */
void gm_cache_drop(struct gm_run *run);
/* It has ended well: put what it found on the shelf.  Nobody waits for that;
 * nothing of the run or of `found` is touched afterwards. */
void gm_cache_keep(struct gm_run *run, const struct gm_found *found,
                   int64_t cost_microusd, bool estimated);

/* How much there may be, in bytes, and for how long (0: for ever), by the
 * settings. */
uint64_t gm_cache_max(struct gm_cache *c);
int64_t gm_cache_ttl_ms(const struct gm_cache *c);

#endif
