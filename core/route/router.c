/* router.c - one link after the other.  The policy table decides what follows a
 * failure; all failures are kept and reported together.
 *
 * A link that was perhaps paid for ends the chain: going on could pay twice,
 * which only the user may allow. */
#include "route/router.h"
#include "base/clock.h"
#include "job/flight.h"
#include "job/input.h"
#include "job/policy.h"
#include "job/trace.h"
#include "plugin/slot.h"
#include "route/bind.h"
#include "route/choose.h"
#include "route/ledger.h"
#include "route/named.h"
#include "route/pool.h"
#include "route/prefer.h"
#include "route/team.h"
#include <string.h>

static struct gm_run *run_of(struct gm_job *job)
{
  return GM_CONTAINER(job, struct gm_run, job);
}

const struct gm_link *gm_run_link(const struct gm_run *run)
{
  return &run->links[GM_MIN(run->at, run->n_links - 1)];
}

struct gm_attempt *gm_run_add_attempt(struct gm_run *run, struct gm_attempt *a)
{
  struct gm_attempt *bigger =
    gm_realloc(run->attempts, (run->n_attempts + 1) * sizeof(*bigger));

  if (!bigger) {
    gm_attempt_finish(a);
    return NULL;
  }
  run->attempts = bigger;
  bigger[run->n_attempts] = *a;
  return &bigger[run->n_attempts++];
}

static struct gm_attempt *add_attempt(struct gm_run *run)
{
  struct gm_attempt a = { .provider = gm_strdup(gm_run_link(run)->provider),
                          .model = gm_strdup(gm_run_link(run)->model) };

  return gm_run_add_attempt(run, &a);
}

/* A link that never came to send anything. */
static void record_refusal(struct gm_run *run, const struct gm_error *err)
{
  struct gm_attempt *a = add_attempt(run);

  if (!a)
    return;
  gm_fail(&a->err, err->error_class, "%s", gm_error_text(err));
  gm_link_excuse(gm_run_link(run), run->router->catalog, &a->err);
}

static void count_attempt(const struct gm_run *run, const struct gm_attempt *a)
{
  struct gm_meters *m = run->router->engine->meters;
  const struct gm_job *job = &run->job;

  gm_count(m, GM_M_ATTEMPTS, 1, a->provider, a->model,
           a->err.error_class ? gm_policy_of(a->err.error_class)->name : "ok");
  gm_count(m, GM_M_RETRIES, a->repeats, a->provider, a->model, NULL);
  if (job->polled_ms)
    gm_observe(m, GM_M_FIRST_POLL, (int64_t)(job->polled_ms - job->accepted_ms),
               a->provider, a->model, NULL);
}

static void record_attempt(struct gm_run *run)
{
  struct gm_job *job = &run->job;
  struct gm_attempt *a = add_attempt(run);

  if (!a)
    return;
  if (job->err.error_class)
    gm_fail(&a->err, job->err.error_class, "%s", gm_error_text(&job->err));
  gm_link_excuse(gm_run_link(run), run->router->catalog, &a->err);
  if (job->found)
    a->request_id = gm_strdup(gm_texts_get(&job->found->facts, "request_id"));
  if (job->instance && gm_slot_is_one(job->instance))
    a->key = gm_strdup(job->instance->slot);
  a->http_status = job->http_status;
  a->tries = job->tries;
  a->repeats = job->total_repeats;
  a->elapsed_ms = job->ended_ms - job->began_ms;
  if (!job->served && !run->too_dear.error_class) /* the vendor was asked */
    count_attempt(run, a);
}

/* How long a repeat may wait when there is no other link to turn to. */
#define PATIENCE_MS 300000

uint32_t gm_run_patience_ms(const struct gm_run *run)
{
  return run->at + 1 < run->n_links ? run->router->engine->retry_cap_ms
                                    : PATIENCE_MS;
}

static uint32_t bit_of(uint32_t link)
{
  return UINT32_C(1) << link; /* GM_ASK_LINKS_MAX of them */
}

/* Until the store was asked all may be tried: nothing is begun before that. */
static bool may_try(struct gm_run *run, const struct gm_instance *instance,
                    struct gm_error *err)
{
  if (!run->chosen)
    return true;
  if (gm_choice_enter(run, instance, err))
    return true;
  run->spared |= bit_of(run->at);
  if (gm_policy_of(err->error_class)->trips)
    run->failing |= bit_of(run->at);
  return false;
}

/* A lone link need not wait for what others know of it. */
static void read_beside(const struct gm_run *run)
{
  gm_breaker_want(run->link_breaker);
  gm_breaker_want(run->account_breaker);
}

/* What was recorded before was recorded without knowing. */
static void choose_anew(struct gm_run *run)
{
  while (run->n_attempts > 0)
    gm_attempt_finish(&run->attempts[--run->n_attempts]);
  run->at = 0;
  gm_prefer_sort(run);
}

/* Begin the present link or the first later one that can do it.  False: none;
 * each refusal is recorded. */
static bool begin_some(struct gm_run *run)
{
  for (; run->at < run->n_links; run->at++) {
    _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
    const struct gm_link *l = gm_run_link(run);
    struct gm_instance *instance;
    char *request;

    if (run->last_resort && !(run->last_resort & bit_of(run->at)))
      continue;
    request = gm_bind_request(run, run->at, &instance, &err);
    if (request && gm_pool_choose(run, &instance, &err) == 0 &&
        gm_instance_ready(instance, &err) == 0 &&
        may_try(run, instance, &err)) {
      run->job.patience_ms = gm_run_patience_ms(run);
      run->job.latency_ms = gm_model_latency_ms(l->entry);
      gm_job_set(&run->job, instance,
                 l->entry ? gm_json_at(l->entry->entry, "wire") : NULL,
                 request);
      request = NULL; /* the job has it */
      gm_run_attempt_deadline(run, run->job.began_ms + run->attempt_timeout_ms);
      if (!run->chosen) {
        if (gm_choice_begin(run))
          return true;
        choose_anew(run);
        return begin_some(run);
      }
      gm_pool_begun(run);
      if (gm_cache_begin(run) ||
          (!run->too_dear.error_class && gm_job_go(&run->job) == 0)) {
        gm_free(GM_TAKE(run->quote));
        read_beside(run);
        return true;
      }
      gm_error_move(&err, &run->too_dear);
      gm_fail(&err, GAMUT_E_NOMEM, "no memory to begin");
    }
    gm_free(request);
    record_refusal(run, &err);
    if (err.error_class == GAMUT_E_INVALID || err.error_class == GAMUT_E_NOMEM)
      return false;
  }
  return false;
}

/* Those that were passed over and may be tried when no other brings anything:
 * of accounts that are off only when there was no other at all. */
static uint32_t last_resort(const struct gm_run *run)
{
  return (run->tried ? run->failing : run->spared) & ~run->tried;
}

bool gm_run_begin_link(struct gm_run *run)
{
  if (begin_some(run))
    return true;
  if (run->last_resort)
    return false;
  run->last_resort = last_resort(run);
  run->at = 0;
  return run->last_resort && begin_some(run);
}

/* All failures in one sentence; the class is that of the last link that was
 * really tried. */
void gm_run_sum_up(struct gm_run *run)
{
  const struct gm_attempt *a, *last = NULL;
  struct gm_buf b = GM_BUF_INIT(GM_ERROR_MAX);
  uint32_t i;

  for (i = 0; i < run->n_attempts; i++) {
    a = &run->attempts[i];
    if (!a->err.error_class)
      continue;
    if (!last || a->tries > 0 || last->tries == 0 ||
        a->err.error_class == GAMUT_E_UNKNOWN)
      last = a;
    gm_buf_addf(&b, "%s%s:%s: %s", b.len ? "; " : "", a->provider, a->model,
                gm_error_text(&a->err));
  }
  if (last && run->n_attempts == 1)
    gm_fail(&run->err, last->err.error_class, "%s: %s", last->provider,
            gm_error_text(&last->err));
  else if (last)
    gm_fail(&run->err, last->err.error_class, "%s",
            gm_buf_failed(&b) ? gm_error_text(&last->err) : gm_buf_text(&b));
  else /* there was no memory to keep them */
    gm_fail(&run->err,
            run->job.err.error_class ? run->job.err.error_class : GAMUT_E_NOMEM,
            "%s", gm_error_text(&run->job.err));
  gm_buf_finish(&b);
}

/* Is it left to be gone on with?  A stream that was left cannot be. */
static bool goes_on(const struct gm_job *job)
{
  return job->state == GM_JOB_FETCHING ||
         (job->err.error_class == GAMUT_E_DETACHED &&
          !(job->maybe_charged && gm_job_has_streamed(job)));
}

/* What it has brought may get its names, for no other job goes on with it or
 * makes the same ones: of a hedge the lead does that, at its own end. */
static bool may_keep(const struct gm_run *run)
{
  const struct gm_member *m = run->member;

  return !goes_on(&run->job) &&
         !(m && (m->lost || (m->lead && m->lead->team->hedged)));
}

void gm_run_end(struct gm_run *run, bool failed)
{
  struct gm_job *job = &run->job;

  gm_run_no_deadline(run);
  if (failed && may_keep(run))
    gm_job_keep_whole(job);
  if (failed && !run->err.error_class)
    gm_run_sum_up(run);
  if (!run->cost.known) /* not by the books of the last attempt */
    gm_run_tally(run);
  gm_charge_end(run->charge);
  gm_job_end(job);
  run->ops->over(run);
}

static bool next_allowed(const struct gm_run *run, int32_t error_class)
{
  if (run->job.maybe_charged || run->job.maybe_earlier)
    return gm_bind_always_resubmit(run);
  switch (gm_policy_of(error_class)->next) {
  case GM_NEXT_YES:
  case GM_NEXT_IF_LONG:
    return true;
  case GM_NEXT_IF_ASKED:
    return run->blocked_next;
  case GM_NEXT_NO:
    break;
  }
  return false;
}

static void tell_fallback(struct gm_run *run)
{
  struct gm_buf b = GM_BUF_INIT(2048);

  gm_buf_addf(&b, "%s:%s (%s)", gm_run_link(run)->provider,
              gm_run_link(run)->model, gm_error_text(&run->job.err));
  gm_job_tell(&run->job, GAMUT_EVENT_FALLBACK, run->at, 0, gm_buf_text(&b));
  gm_buf_finish(&b);
}

/* The next key of the same link. */
static bool next_key(struct gm_run *run)
{
  if (!gm_pool_has_next(run))
    return false;
  gm_job_tell(&run->job, GAMUT_EVENT_RETRY, 0, 0, gm_error_text(&run->job.err));
  return gm_run_begin_link(run);
}

/* The later links, then those that were passed over. */
static bool next_link(struct gm_run *run)
{
  run->tried |= bit_of(run->at);
  if (run->at + 1 >= run->n_links && (run->last_resort || !last_resort(run)))
    return false;
  if (!run->too_dear.error_class) /* else it was not begun */
    gm_count(run->router->engine->meters, GM_M_FALLBACKS, 1,
             gm_run_link(run)->provider, gm_run_link(run)->model, NULL);
  run->at++;
  if (run->at < run->n_links && !run->too_dear.error_class)
    tell_fallback(run);
  return gm_run_begin_link(run);
}

/* Another attempt would cost what has come of this one. */
static bool is_last(const struct gm_job *job)
{
  int32_t error_class = job->err.error_class;

  return error_class == 0 || error_class == GAMUT_E_DETACHED ||
         job->cancelling || job->again || job->state == GM_JOB_FETCHING ||
         gm_job_has_streamed(job);
}

void gm_run_attempt_over(struct gm_job *job)
{
  struct gm_run *run = run_of(job);
  int32_t error_class;
  bool lost;

  gm_timer_stop(run->router->engine->loop, &run->attempt_deadline);
  gm_choice_drop(run);
  lost = gm_member_gave_way(run);
  if (!lost)
    gm_run_gave_way(run);
  error_class = job->err.error_class;
  gm_pool_over(run);
  record_attempt(run);
  gm_charge_attempt(run->charge);
  gm_choice_over(run);
  if (error_class)
    gm_cache_drop(run);
  if (lost || is_last(job)) {
    gm_run_end(run, error_class != 0);
    return;
  }
  if (error_class == GAMUT_E_UNKNOWN && !run->resubmitted &&
      gm_bind_may_resubmit(run)) {
    run->resubmitted = true;
    run->keys_tried = 0; /* with any key of the account's */
    gm_job_tell(job, GAMUT_EVENT_RETRY, 0, 0,
                "perhaps charged; submitted once more");
    if (!gm_run_begin_link(run))
      gm_run_end(run, true);
    return;
  }
  if (next_key(run))
    return;
  if (next_allowed(run, error_class) && next_link(run))
    return;
  gm_run_end(run, true);
}

void gm_run_chosen(struct gm_run *run)
{
  choose_anew(run);
  if (!gm_run_begin_link(run))
    gm_run_end(run, true);
}
