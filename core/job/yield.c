/* yield.c - an attempt that takes too long makes room for another.
 *
 * Two jobs must not be paid for where one was asked for.  So what has left and
 * costs is only given up once the vendor has said that it is cancelled, as the
 * answer to the wish or when it is looked at after that: most take the wish and
 * may still finish, and charge.  A vendor that cannot, or says no, keeps the job,
 * and we look at it as before. */
#include "base/clock.h"
#include "job/flight.h"
#include "job/parsed.h"

#define TOLD_MS 500 /* then the vendor may have done what it was told */

void gm_job_drop_kept(struct gm_job *job)
{
  job->giving_way = false;
  gm_free(GM_TAKE(job->kept));
  gm_free(GM_TAKE(job->kept_state));
}

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

/* In a paid stream the question that would be put again is the paid one. */
static bool can_ask(const struct gm_job *job)
{
  return gm_job_has_cancel(job) && job->pending && !job->maybe_charged &&
         !(job->pending->flags & GAMUT_HTTP_BILLABLE);
}

/* Nothing is on the wire, and no timer runs. */
static void park(struct gm_job *job)
{
  gm_job_stop(job);
  if (job->state != GM_JOB_READY)
    gm_job_move(job, GM_JOB_READY);
  gm_job_move(job, GM_JOB_WAITING);
}

static bool look_in(struct gm_job *job, uint32_t ms)
{
  return gm_timer_start(job->engine->loop, &job->timer, gm_mono_ms() + ms);
}

static bool look_on(struct gm_job *job)
{
  return look_in(job, job->pending->delay_ms);
}

/* What it goes on with when the vendor will not cancel it. */
static bool keep(struct gm_job *job)
{
  job->kept_state = gm_strdup(job->state_text);
  if (job->state_text && !job->kept_state)
    return false;
  gm_job_stop(job); /* whatever is on the wire borrows what is pending */
  job->kept = GM_TAKE(job->pending);
  return true;
}

/* That it gives way is written before the vendor is asked: whoever finds it
 * cancelled knows why. */
static void written(struct gm_durable *d, int32_t error_class)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);

  if (error_class == GAMUT_E_DETACHED) {
    d->lost(d);
  } else if (error_class || past_it(job) || !can_ask(job) || !keep(job)) {
    gm_job_drop_kept(job);
    if (job->state == GM_JOB_WAITING && !look_on(job))
      gm_job_fail(job, GAMUT_E_NOMEM, "no memory for a timer");
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
  park(job);
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
  gm_job_stop(job);
  gm_free(job->pending);
  job->pending = GM_TAKE(job->kept);
  gm_parsed_drop(job);
  gm_free(job->state_text);
  job->state_text = GM_TAKE(job->kept_state);
  job->cancelling = job->maybe_charged = false;
  job->repeats = 0;
}

void gm_job_look_whether(struct gm_job *job)
{
  gm_job_stay(job);
  job->told = true;
  park(job);
  if (!look_in(job, GM_MIN(job->pending->delay_ms, TOLD_MS)))
    gm_job_fail(job, GAMUT_E_NOMEM, "no memory for a timer");
}

void gm_job_judge_told(struct gm_job *job)
{
  if (job->giving_way && job->told &&
      job->err.error_class == GAMUT_E_NOT_FOUND)
    job->err.error_class = GAMUT_E_CANCELLED;
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
  park(job);
  if (look_on(job))
    return true;
  gm_fail(&job->err, GAMUT_E_NOMEM, "no memory for a timer");
  return false;
}
