/* serve.c - see serve.h. */
#include "job/serve.h"
#include "job/flight.h"

void gm_job_serve(struct gm_job *job, struct gm_draft *drafts)
{
  uint32_t i, n = job->found->n_outputs;

  job->served = true;
  gm_job_move(job, GM_JOB_READY);
  gm_job_move(job, GM_JOB_FETCHING);
  for (i = 0; i < n; i++) {
    struct gm_output *o = &job->found->outputs[i];

    (void)gm_job_keep(job, job->plan, &drafts[i], o, &o->err);
    gm_draft_drop(&drafts[i]);
    o->done = true;
  }
  gm_job_all_settled(job);
}
