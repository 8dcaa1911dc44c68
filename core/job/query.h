/* query.h - a question to a vendor beside a generation: gamut.models/1,
 * gamut.account/1, gamut.webhook/1, gamut.embed/1. */
#ifndef GM_JOB_QUERY_H
#define GM_JOB_QUERY_H

#include "job/job.h"

struct gm_query {
  struct gm_job job;
  char *secret;   /* wiped */
  bool remembers; /* the instance keeps the state: webhooks */
  bool done;
  const struct gm_trace *of; /* of the request that asks; NULL: nobody's */
  /* Once, from the loop, with `done` set: job.err, or job.found->answer.  Must
   * not free the query. */
  void (*over)(struct gm_query *q);
  void *user;
};

/* What the provider has: the function of this name ("models", "balance",
 * "usage", "keys", "health", "webhook", "embed"), or NULL. */
gamut_fn *gm_query_function(const struct gamut_provider *p, const char *what);
/* The i-th name, NULL past the end. */
const char *gm_query_name(size_t i);

/* Ask: `request` is JSON text (taken, gm_free), `secret` may be NULL.  `q` is
 * the owner's, zeroed.  UNSUPPORTED when the provider has no such function;
 * AUTH without a key; NOMEM. */
int32_t gm_query_begin(struct gm_query *q, struct gm_engine *e,
                       struct gm_instance *i, const char *what, char *request,
                       const char *secret, struct gm_error *err);
void gm_query_finish(struct gm_query *q); /* also in the middle */

#endif
