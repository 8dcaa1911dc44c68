/* journal.h - the jobs' records on their way to the store.  All records of one
 * loop turn share one commit; whoever must not act before its record is durable
 * waits with a gm_durable. */
#ifndef GM_STORE_JOURNAL_H
#define GM_STORE_JOURNAL_H

#include "loop/loop.h"
#include "store/store.h"

struct gm_journal;

/* Called once, from the loop, when the record is safe (error_class 0) or could
 * not be written. */
struct gm_durable {
  void (*ready)(struct gm_durable *d, int32_t error_class);
  struct gm_list link; /* private */
};

int32_t gm_journal_new(struct gm_loop *l, struct gm_store *store,
                       struct gm_log *log, struct gm_journal **ret);
void gm_journal_free(struct gm_journal *j); /* commits what is left */
GM_CLEANUP(struct gm_journal, gm_journal_free)

/* Queue a record (copied); a later one of the same job in the same turn takes
 * its place.  `wait` may be NULL. NOMEM: nothing was queued, `wait` is not
 * called. */
int32_t gm_journal_put(struct gm_journal *j, const struct gm_record *r,
                       struct gm_durable *wait);
/* Forget that somebody waits (the job ended meanwhile). */
void gm_journal_unwait(struct gm_durable *d);

#endif
