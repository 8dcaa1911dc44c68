/* serve.h - a job whose outputs are at hand already: no attempt is made. */
#ifndef GM_JOB_SERVE_H
#define GM_JOB_SERVE_H

#include "job/job.h"

/* The job is set and has not begun; job->found has the outputs, `drafts` their
 * bytes, in the same order.  They are kept by the rules of the plan, and the
 * attempt is over before this returns, well unless one of them could not be. */
void gm_job_serve(struct gm_job *job, struct gm_draft *drafts);

#endif
