/* usual.h - how long jobs usually take, measured: per provider, model and
 * operation one row of the store's table `fact`, to which every process adds
 * what it has seen.
 *
 * A row is a histogram of durations whose classes grow by 30 per cent, from
 * 100 ms to one hour; old ones fade as new ones come.  It is read once per
 * context, beside the jobs that it is about, and added to in memory. */
#ifndef GM_JOB_USUAL_H
#define GM_JOB_USUAL_H

#include "job/pace.h"
#include "store/store.h"

#define GM_TABLE_FACT "fact"

struct gm_usual;
struct gm_usuals;

int32_t gm_usuals_new(struct gm_store *store, struct gm_usuals **ret);
/* Write what has not been written; before gm_store_free(). */
void gm_usuals_flush(struct gm_usuals *all);
void gm_usuals_free(struct gm_usuals *all); /* after gm_store_free() */
GM_CLEANUP(struct gm_usuals, gm_usuals_free)

/* Get or make; nothing is read yet.  NULL: no memory, or the names are too long
 * for a key.  `provider` is the instance's name: another server is another
 * vendor.  `operation` may be NULL. */
struct gm_usual *gm_usual_of(struct gm_usuals *all, const char *provider,
                             const char *model, const char *operation);
/* Begin to read it, once; what the store says counts as soon as it is there.
 * (Whoever must wait for it asks the store for a look of his own behind: it is
 * run in order.) */
void gm_usual_want(struct gm_usual *u);
/* A job came to its end after `ms`. */
void gm_usual_add(struct gm_usual *u, uint64_t ms);

/* The time by which half of the jobs (95 per cent) were done, in milliseconds;
 * -1: fewer than GM_USUAL_LEAST have been seen. */
#define GM_USUAL_LEAST 5
int64_t gm_usual_p50(struct gm_usual *u);
int64_t gm_usual_p95(struct gm_usual *u);
/* How many jobs it is made of, old ones counted less. */
uint32_t gm_usual_count(const struct gm_usual *u);
/* early_ms 0: too few have been seen. */
struct gm_pace gm_usual_pace(struct gm_usual *u);

#endif
