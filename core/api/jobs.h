/* jobs.h - private to core/api: jobs in the store. */
#ifndef GM_API_JOBS_H
#define GM_API_JOBS_H

#include "api/context.h"
#include "store/claim.h"

/* The whole id of the one job that begins with `given`, in any case of letters.
 * Waits.  NOT_FOUND; INVALID when several do. */
int32_t gm_job_find_id(struct gamut *g, const char *given,
                       char ret[GAMUT_ID_SIZE], struct gm_error *err);

/* A job as gamut_jobs() tells it, from its record and the row that has it;
 * json_object_put(). */
struct json_object *gm_job_row(const struct json_object *record,
                               const struct gamut_store_row *row);

/* The link that a record's owner is at; NULL: there is none. */
const struct json_object *gm_job_link(const struct json_object *owner);

/* A claim that did not come off, as a sentence; the class. */
int32_t gm_job_claim_failed(struct gamut *g, const struct gm_claim *c,
                            int32_t error_class, struct gm_error *err);
/* What gamut_job() tells; json_object_put(). */
int32_t gm_job_read_row(struct gamut *g, const char *id,
                        struct json_object **ret,
                        struct gamut_error *ret_error);
/* The same of one that is maybe-charged: INVALID when not. */
int32_t gm_job_unsettled(struct gamut *g, const char *given,
                         struct json_object **ret,
                         struct gamut_error *ret_error);
/* Settle what gm_job_unsettled() gave, unless it has changed since. */
int32_t gm_job_settle_as(struct gamut *g, const struct json_object *job,
                         bool charged, struct gamut_error *ret_error);

/* What the ledger says of a job, also when its record is gone: nothing, so
 * nothing was ever sent under this id; that it failed and nobody is charged;
 * that nobody is charged, but it came to something else, or goes on; that it
 * was paid for, or may have been.  Waits. */
enum {
  GM_REMAINS_NOTHING,
  GM_REMAINS_FREE,
  GM_REMAINS_COUNTS,
  GM_REMAINS_PAID /* counts as well */
};
int32_t gm_job_remains(struct gamut *g, const char *id, int32_t *ret,
                       struct gm_error *err);

/* A look that is waited for: `run` on the store's thread. */
struct gm_waited_look {
  struct gm_look look;
  struct gamut *g;
  bool over;
  struct gm_error err;
};
int32_t gm_look_and_wait(struct gamut *g, struct gm_waited_look *w);
/* One operation on the store, which is waited for.  *ret_done: its conditions
 * held. */
int32_t gm_write_and_wait(struct gamut *g, struct gamut_store_op *op,
                          bool *ret_done, struct gm_error *err);

#endif
