/* cancel.c - the vendor is asked to cancel a job, for good or to make room.
 *
 * Most vendors take the wish and may still finish, and charge.  So the job is
 * looked at once more after that: what was made meanwhile is paid for, and is
 * fetched; what the vendor calls cancelled, or does not know any more, costs
 * nothing; and of what still runs nobody can say.  Some delete what they have
 * made, too: there the job is looked at before. */
#include "base/clock.h"
#include "job/flight.h"
#include "job/parsed.h"

#define TOLD_MS 500  /* then the vendor may have done what it was told */
#define LOOK_MS 2000 /* the longest that who cancels waits for a look */
#define SEEN_MS 1000 /* it was looked at just now */

#define MAY_GO_ON "cancelled here, but the vendor may go on with it"

static bool has_flag(const struct gm_job *job, uint32_t flag)
{
  return job->instance && job->instance->provider->def.flags & flag;
}

static bool is_made(const struct gm_job *job)
{
  return job->state == GM_JOB_FETCHING ||
         (job->found && job->found->n_outputs > 0);
}

/* By what the vendor knows it the provider says when it goes on with it. */
static bool is_named(const struct gm_job *job)
{
  return !job->looked_up || job->pending || job->state_text;
}

bool gm_job_has_cancel(const struct gm_job *job)
{
  return job->accepted && is_named(job) && has_flag(job, GAMUT_WANTS_CANCEL) &&
         !is_made(job) && !job->cancelling && !job->before;
}

void gm_job_park(struct gm_job *job)
{
  gm_job_stop(job);
  if (job->state != GM_JOB_READY)
    gm_job_move(job, GM_JOB_READY);
  gm_job_move(job, GM_JOB_WAITING);
}

void gm_job_look_in(struct gm_job *job, uint32_t ms)
{
  if (!gm_timer_start(job->engine->loop, &job->timer, gm_mono_ms() + ms))
    gm_job_fail(job, GAMUT_E_NOMEM, "no memory for a timer");
}

/* ---- what it was looked at with */

void gm_job_drop_kept(struct gm_job *job)
{
  gm_free(GM_TAKE(job->kept));
  gm_free(GM_TAKE(job->kept_state));
}

/* In a paid stream the question that would be put again is the paid one. */
static void keep(struct gm_job *job)
{
  gm_job_drop_kept(job);
  if (!gm_job_can_ask_again(job))
    return;
  job->kept_state = gm_strdup(job->state_text);
  if (!job->state_text || job->kept_state)
    job->kept = GM_TAKE(job->pending);
}

void gm_job_put_back(struct gm_job *job)
{
  gm_job_stop(job); /* whatever is on the wire borrows what is pending */
  if (!job->kept)
    return;
  gm_free(job->pending);
  job->pending = GM_TAKE(job->kept);
  gm_parsed_drop(job);
  gm_free(job->state_text);
  job->state_text = GM_TAKE(job->kept_state);
  job->repeats = 0;
}

/* ---- asking */

static bool was_seen(const struct gm_job *job)
{
  uint64_t at = GM_MAX(job->seen_ms, job->sent_ms ? job->accepted_ms : 0);

  return at > 0 && gm_mono_ms() - at < SEEN_MS;
}

static void tell(struct gm_job *job)
{
  gm_job_stop(job);
  keep(job);
  job->looking = false;
  gm_free(GM_TAKE(job->pending));
  if (job->state != GM_JOB_READY)
    gm_job_move(job, GM_JOB_READY);
  gm_job_step(job, GAMUT_EV_CANCEL, NULL);
}

void gm_job_ask_cancel(struct gm_job *job)
{
  job->takeup = GM_TAKEUP_NONE;
  job->cancelling = true;
  job->told = false;
  job->looking = has_flag(job, GAMUT_CANCEL_DELETES) &&
                 gm_job_can_ask_again(job) && !was_seen(job);
  if (!job->looking) {
    tell(job);
    return;
  }
  gm_job_park(job);
  gm_job_look_in(job, 0);
}

void gm_job_cancel(struct gm_job *job)
{
  bool tell = gm_job_has_cancel(job);

  job->giving_way = false; /* whoever cancels does not want it to go on */
  if (job->cancelling || gm_job_ends_well(job))
    return;
  if (gm_job_in_doubt(job))
    job->maybe_charged = true;
  if (tell) {
    gm_job_ask_cancel(job);
    return;
  }
  job->cancelling = true;
  if (job->accepted && !is_made(job) && !job->before)
    job->maybe_charged = true;
  gm_error_finish(&job->err);
  gm_job_fail(job, GAMUT_E_CANCELLED, "cancelled");
}

/* ---- what came of it */

bool gm_job_is_told(const struct gm_job *job)
{
  return job->cancelling && !job->told && !job->looking;
}

uint32_t gm_job_look_ms(const struct gm_job *job)
{
  return job->cancelling && (job->told || job->looking) ? LOOK_MS : 0;
}

static void still_runs(struct gm_job *job)
{
  job->maybe_charged = true;
  gm_job_fail(job, GAMUT_E_CANCELLED,
              MAY_GO_ON ": it was told to stop, and runs yet");
}

void gm_job_looked(struct gm_job *job)
{
  if (job->looking)
    tell(job);
  else
    still_runs(job);
}

/* What kept us from seeing it has set maybe_charged. */
bool gm_job_tells_unseen(struct gm_job *job)
{
  int32_t error_class = job->err.error_class;

  if (!job->looking || job->state == GM_JOB_FETCHING || !job->maybe_charged ||
      error_class == 0 || error_class == GAMUT_E_DETACHED)
    return false;
  gm_error_finish(&job->err);
  tell(job);
  return true;
}

/* As often as such jobs are looked at anyway. */
static uint32_t told_ms(const struct gm_pending *p)
{
  uint32_t ms = GM_MAX(p->delay_ms, p->poll_ms);

  return ms > 0 && ms < TOLD_MS ? ms : TOLD_MS;
}

void gm_job_look_whether(struct gm_job *job)
{
  if (!job->kept) { /* and then it may not make room, either */
    job->giving_way = false;
    still_runs(job);
    return;
  }
  if (job->giving_way)
    gm_job_stay(job);
  else
    gm_job_put_back(job);
  job->told = true;
  gm_job_park(job);
  gm_job_look_in(job, told_ms(job->pending));
}

/* Its end as the look has shown it: what kept us from seeing one has set
 * maybe_charged, and all else was over at the vendor. */
static void judge_look(struct gm_job *job)
{
  struct gm_error *err = &job->err;

  if (!job->maybe_charged && (err->error_class == GAMUT_E_CANCELLED ||
                              err->error_class == GAMUT_E_NOT_FOUND)) {
    gm_error_finish(err);
    gm_fail(err, GAMUT_E_CANCELLED, "cancelled at the vendor");
  } else if (job->cancelling && err->error_class != GAMUT_E_CANCELLED) {
    if (job->maybe_charged)
      gm_error_prefix(err, MAY_GO_ON);
    err->error_class = GAMUT_E_CANCELLED;
  }
}

static void judge_wish(struct gm_job *job)
{
  struct gm_error *err = &job->err;

  if (!job->cancelling || err->error_class == GAMUT_E_CANCELLED)
    return;
  err->error_class = GAMUT_E_CANCELLED;
  gm_error_prefix(err, MAY_GO_ON);
  job->maybe_charged = true;
  gm_job_put_back(job); /* it may be fetched later, if that is so */
}

void gm_job_judge_cancel(struct gm_job *job)
{
  int32_t error_class = job->err.error_class;

  if (error_class == 0 || error_class == GAMUT_E_DETACHED ||
      job->state == GM_JOB_FETCHING)
    return;
  if (job->told || job->looking)
    judge_look(job);
  else
    judge_wish(job);
}
