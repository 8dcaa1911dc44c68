/* observe.c - what is seen of an exchange from outside: counters. */
#include "base/clock.h"
#include "job/flight.h"
#include "job/policy.h"
#include "plugin/call.h"
#include <stdio.h>

static const char *phase_of(const struct gm_job *job, const struct gm_flight *f)
{
  if (f->x.flags & GM_X_DOWNLOAD)
    return "download";
  return gm_phase_name(job->instance, job->pending ? job->pending->phase : -1);
}

static int64_t sent_by(const struct gm_exchange *x)
{
  return (int64_t)(x->made ? x->made->size : x->body_len);
}

static void count(const struct gm_job *job, const struct gm_flight *f)
{
  struct gm_meters *m = job->engine->meters;
  const struct gm_exchange *x = &f->x;
  const char *who = job->instance->name;
  char status[16];

  snprintf(status, sizeof(status), "%d", (int)x->status);
  gm_count(m, GM_M_EXCHANGES, 1, who, phase_of(job, f),
           x->error_class ? gm_policy_of(x->error_class)->name : status);
  if (x->was_sent)
    gm_count(m, GM_M_SENT_BYTES, sent_by(x), who, NULL, NULL);
  gm_count(m, GM_M_RECEIVED_BYTES, (int64_t)x->body_received, who, NULL, NULL);
}

void gm_job_observe(struct gm_job *job, const struct gm_flight *f)
{
  if (job->accepted && !job->polled_ms && !f->x.error_class)
    job->polled_ms = gm_mono_ms();
  count(job, f);
}
