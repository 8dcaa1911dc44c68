/* repeat.c - what follows when an exchange failed: the same again after a
 * while, or the end of the attempt.  The class decides, by the policy table,
 * unless the provider's reason knows better (FINAL, AGAIN).
 *
 * An exchange that was not answered is sent again as it is, with the same
 * attempt id.  One that was answered (429, 503) is made anew where the provider
 * can make it from nothing (START), with a new attempt id; unless a paid one
 * left before without an answer: then only the same key makes sure that it is
 * paid once. */
#include "base/clock.h"
#include "job/flight.h"
#include "job/limiter.h"
#include "job/parsed.h"
#include "job/policy.h"

/* Free exchanges of an accepted job are repeated longer: the render is paid,
 * and a minute without a network must not lose it. */
#define ACCEPTED_REPEATS 12

static uint32_t limit_of(const struct gm_job *job)
{
  if (gm_job_look_ms(job))
    return 0;
  if (job->cancelling) /* whoever cancels does not wait for long */
    return job->engine->retry_attempts - 1;
  if (job->accepted && !(job->pending->flags & GAMUT_HTTP_BILLABLE))
    return GM_MAX(ACCEPTED_REPEATS, job->engine->retry_attempts - 1);
  return job->engine->retry_attempts - 1;
}

static void wait_and_repeat(struct gm_job *job, uint32_t wait_ms,
                            bool was_answered)
{
  job->repeats++;
  job->total_repeats++;
  if (!job->accepted)
    gm_limit_release(job);
  if (was_answered && job->replayable && !job->doubtful) {
    /* What the state holds is from the same START. */
    gm_free(GM_TAKE(job->pending));
    gm_parsed_drop(job);
    gm_free(GM_TAKE(job->state_text));
    gm_id_new(job->attempt_id);
  }
  gm_job_move(job, GM_JOB_WAITING);
  if (!gm_timer_start(job->engine->loop, &job->timer, gm_mono_ms() + wait_ms))
    gm_job_fail(job, GAMUT_E_NOMEM, "no memory for a timer");
}

/* A question about a job that the vendor has, and nobody has told him to end. */
static bool asks_about_it(const struct gm_job *job)
{
  return job->accepted && !job->cancelling && !job->told && job->pending &&
         !(job->pending->flags & GAMUT_HTTP_BILLABLE);
}

/* Who asks is not let in, or is not understood; that says nothing of the job. */
static bool is_about_asking(const struct gm_job *job, int32_t error_class)
{
  switch (error_class) {
  case GAMUT_E_AUTH:
  case GAMUT_E_QUOTA:
  case GAMUT_E_PERMISSION:
    return job->pending && !(job->pending->flags & GAMUT_HTTP_BILLABLE);
  case GAMUT_E_INVALID:
  case GAMUT_E_NOT_FOUND:
    return asks_about_it(job);
  default:
    return false;
  }
}

/* The vendor has the job, and `err` says why we could not learn how it went.  A
 * final error is the job's own: it has ended. */
static bool outcome_open(const struct gm_job *job, const struct gm_error *err,
                         bool final)
{
  return job->accepted && !final &&
         (gm_policy_of(err->error_class)->again ||
          is_about_asking(job, err->error_class));
}

/* One key too many requests: another one of the account's may be free. */
static bool goes_elsewhere(struct gm_job *job, const struct gm_error *err,
                           bool was_answered)
{
  return err->error_class == GAMUT_E_RATE && was_answered && !job->accepted &&
         !job->doubtful && job->ops->has_next_key &&
         job->ops->has_next_key(job);
}

/* The one before was the same, and would have been refused for that as well. */
static bool tells_of_both(int32_t error_class)
{
  return error_class == GAMUT_E_INVALID || error_class == GAMUT_E_UNSUPPORTED ||
         error_class == GAMUT_E_BLOCKED;
}

void gm_job_hear_doubt(struct gm_job *job, const struct gm_error *err)
{
  if (tells_of_both(err->error_class))
    job->doubtful = false;
}

static void give_up(struct gm_job *job, struct gm_error *err, bool final)
{
  if (outcome_open(job, err, final))
    job->maybe_charged = true;
  gm_job_hear_doubt(job, err);
  gm_error_finish(&job->err);
  gm_error_move(&job->err, err);
  gm_job_over(job);
}

/* Too many repeats at this vendor: the next link, or the end.  A job that the
 * vendor has is not given up for that, it waits longer; and what was one too
 * many waits for the limiter, which is slower than any budget. */
static bool in_budget(struct gm_job *job, int32_t error_class,
                      uint32_t *wait_ms)
{
  if (error_class == GAMUT_E_RATE || gm_retry_allowed(job))
    return true;
  *wait_ms = GM_MAX(*wait_ms, job->engine->retry_cap_ms);
  return job->accepted && !(job->pending->flags & GAMUT_HTTP_BILLABLE);
}

void gm_job_trouble(struct gm_job *job, struct gm_exchange *x,
                    struct gm_error *err, uint32_t flags)
{
  const struct gm_engine *e = job->engine;
  bool final = flags & GAMUT_REASON_FINAL;
  bool again = !final && (gm_policy_of(err->error_class)->again ||
                          flags & GAMUT_REASON_AGAIN);
  bool was_answered = x->error_class == 0;
  uint32_t wait_ms;

  if (err->error_class == GAMUT_E_AUTH && gm_token_renew(job)) {
    wait_and_repeat(job, 0, was_answered);
    return;
  }
  if (err->error_class == GAMUT_E_RATE && was_answered)
    gm_limit_refused(job, x);
  wait_ms = gm_backoff_ms(job->repeats, e->retry_base_ms, e->retry_cap_ms,
                          x->has_retry_after, x->retry_after_ms);
  if (!again || job->repeats >= limit_of(job) || wait_ms > job->patience_ms ||
      goes_elsewhere(job, err, was_answered) ||
      !in_budget(job, err->error_class, &wait_ms)) {
    give_up(job, err, final);
    return;
  }
  gm_job_tell(job, GAMUT_EVENT_RETRY, wait_ms, 0, gm_error_text(err));
  wait_and_repeat(job, wait_ms, was_answered);
}

/* An answer that leaves open whether what is paid for was done. */
static void doubt(struct gm_job *job, struct gm_error *err)
{
  if (!(job->pending->flags & GAMUT_HTTP_BILLABLE))
    return;
  if (job->pending->flags & GAMUT_HTTP_KEYED) {
    job->doubtful = true;
    return;
  }
  job->maybe_charged = true;
  gm_error_prefix(err, "sent, and perhaps done all the same");
  err->error_class = GAMUT_E_UNKNOWN;
}

void gm_job_refused(struct gm_job *job, struct gm_exchange *x)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_json_ struct json_object *body = NULL;
  uint32_t wait_ms, flags;

  if (x->reader.is_json)
    body = gm_json_parse(job->engine->parser, gm_buf_text(&x->reader.text),
                         x->reader.text.len, &(size_t){ 0 },
                         &(const char *){ NULL });
  gm_judge(job->instance, job->pending->phase, x, body, &err, &flags);
  if (flags & GAMUT_REASON_DOUBTFUL)
    doubt(job, &err);
  wait_ms = gm_judge_wait_ms(job->instance, x->has_retry_after, body);
  if (wait_ms > x->retry_after_ms) {
    x->retry_after_ms = wait_ms;
    x->has_retry_after = true;
  }
  /* A good answer that tells of a failed job tells the same the next time. */
  if (x->status < 300 && err.error_class != GAMUT_E_RATE)
    flags |= GAMUT_REASON_FINAL;
  gm_job_trouble(job, x, &err, flags);
}
