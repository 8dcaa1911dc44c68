/* limiter.h - one request budget per provider and credential: how many requests
 * a second, how many generations at once, how many repeats.
 *
 * The limits are settings (`fal.max_per_second`, `fal.max_concurrent`) or
 * learned from refusals and from what replies say is left.  As long as there is
 * neither, nothing waits and nothing is asked of the store.  With one, all
 * processes take their share from rows of the table `fact`. */
#ifndef GM_JOB_LIMITER_H
#define GM_JOB_LIMITER_H

#include "job/job.h"

/* Before an exchange of a job is sent: true when it may leave now.  False: the
 * job waits, gm_job_send() is called for it again; or it was sent, or has
 * failed.  Nothing may touch the job then. */
bool gm_limit_ready(struct gm_job *job);
/* It leaves. */
void gm_limit_sent(struct gm_job *job);
/* It was answered, or not (x->status 0). */
void gm_limit_answered(struct gm_job *job, struct gm_exchange *x);
/* The vendor said that it was one too many. */
void gm_limit_refused(struct gm_job *job, const struct gm_exchange *x);
/* It does not generate any more, or waits no longer. */
void gm_limit_release(struct gm_job *job);

/* May one exchange more be repeated (for another reason than a refusal)? Counts
 * it.  At most one in five of the
 * requests of the last ten seconds, but ten a second always. */
bool gm_retry_allowed(struct gm_job *job);

/* For whoever looks at it (metrics, `gamut explain`): zeros when there was no
 * exchange yet. */
struct gm_limit_facts {
  double per_second;   /* what holds now; 0: no limit */
  uint32_t at_once;    /* 0: no limit */
  uint32_t waiting;    /* jobs */
  uint32_t generating; /* jobs that count against at_once */
  uint64_t held_ms;    /* from now on: until when nothing paid is sent */
  uint64_t waits;      /* jobs that had to wait, so far */
  uint64_t refusals;   /* of the vendor, so far */
  uint64_t denied;     /* repeats that were not allowed, so far */
};
void gm_limit_look(const struct gm_instance *i, struct gm_limit_facts *ret);

void gm_limits_finish(struct gm_engine *e); /* no job may be left */

#endif
