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

/* What its record says must not decide about money: PROTOCOL. */
int32_t gm_job_damaged(const char *id, struct gm_error *err);

/* A look that is waited for: `run` on the store's thread. */
struct gm_waited_look {
  struct gm_look look;
  struct gamut *g;
  bool over;
  struct gm_error err;
};
int32_t gm_look_and_wait(struct gamut *g, struct gm_waited_look *w);

#endif
