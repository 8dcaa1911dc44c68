/* yield.c - an attempt that takes too long makes room for another.
 *
 * Two jobs must not be paid for where one was asked for.  So what has left and
 * costs is only given up once the vendor has said that it is cancelled, see
 * cancel.c.  A vendor that cannot, or says no, keeps the job, and we look at it
 * as before. */
#include "base/clock.h"
#include "job/flight.h"
#include "job/parsed.h"

/* Where a record is taken up, what it will do is not known yet; what waits to
 * be written down leaves in a moment; what has left is not answered, or works.
 */
static bool undecided(const struct gm_job *job)
{
  return job->takeup != GM_TAKEUP_NONE || job->unsent || job->perform ||
         (!job->accepted && gm_job_in_doubt(job));
}

/* Its outputs are on their way, or it never was at a vendor. */
static bool past_it(const struct gm_job *job)
{
  return job->state == GM_JOB_FETCHING || job->state == GM_JOB_ENDED ||
         job->settled || job->served || job->cancelling || job->told;
}

static bool can_ask(const struct gm_job *job)
{
  return gm_job_has_cancel(job) && gm_job_can_ask_again(job) &&
         !job->maybe_charged;
}

static void look_on(struct gm_job *job)
{
  gm_job_look_in(job, job->pending->delay_ms);
}

/* That it gives way is written before the vendor is asked: whoever finds it
 * cancelled knows why. */
static void written(struct gm_durable *d, int32_t error_class)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);

  if (error_class == GAMUT_E_DETACHED) {
    gm_job_late(job);
  } else if (error_class || past_it(job) || !can_ask(job)) {
    job->giving_way = false;
    if (job->state == GM_JOB_WAITING && !job->cancelling)
      look_on(job);
  } else {
    gm_job_ask_cancel(job);
  }
}

bool gm_job_give_way(struct gm_job *job, const char *why)
{
  if (past_it(job))
    return true;
  if (undecided(job))
    return false;
  if (!job->accepted) {
    gm_error_finish(&job->err);
    gm_job_fail(job, GAMUT_E_TIMEOUT, "%s", why);
    return true;
  }
  if (!can_ask(job))
    return true;
  gm_job_park(job);
  job->giving_way = true;
  job->durable.ready = written;
  if (gm_job_write(job, GM_PUT_WAIT))
    written(&job->durable, GAMUT_E_NOMEM);
  return true;
}

static bool is_asked(const struct gm_job *job)
{
  return job->giving_way && job->cancelling;
}

void gm_job_stay(struct gm_job *job)
{
  if (!is_asked(job))
    return;
  gm_job_put_back(job);
  job->cancelling = job->looking = job->maybe_charged = false;
}

bool gm_job_stays(struct gm_job *job)
{
  int32_t error_class = job->err.error_class;

  if (!is_asked(job) || job->state == GM_JOB_FETCHING || error_class == 0 ||
      error_class == GAMUT_E_CANCELLED || error_class == GAMUT_E_DETACHED)
    return false;
  gm_info(job->engine->log, "job %s goes on: it was not cancelled (%s)",
          job->id, gm_error_text(&job->err));
  gm_job_stay(job);
  job->giving_way = false;
  gm_error_finish(&job->err);
  if (!job->pending) {
    gm_fail(&job->err, GAMUT_E_NOMEM, "no memory for a job that goes on");
    return false;
  }
  gm_job_park(job);
  look_on(job);
  return true;
}
