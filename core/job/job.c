/* job.c - a job's life: its states, its memory, its record.
 *
 * Every move goes through gm_job_move(); an illegal one is a bug that debug
 * builds stop at.  What an attempt brought is judged in the state READY, so an
 * attempt that ends is always READY, FETCHING or QUEUED. */
#include "job/job.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "job/flight.h"
#include "job/limiter.h"
#include "job/parsed.h"
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  uint32_t next;
} states[] = {
#define GM_JOB_ROW(name, text, next) { text, next },
  GM_JOB_STATES(GM_JOB_ROW)
#undef GM_JOB_ROW
};

/* A wait is over. */
static void go_on(struct gm_job *job)
{
  gm_job_move(job, GM_JOB_READY);
  if (job->pending)
    gm_job_send(job);
  else
    gm_job_step(job, GAMUT_EV_START, NULL);
}

static void still_ours(struct gm_durable *d, int32_t error_class)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);

  if (error_class == GAMUT_E_DETACHED)
    gm_job_late(job);
  else if (job->state == GM_JOB_WAITING && job->timer.at == 0)
    go_on(job); /* nobody woke it meanwhile */
}

bool gm_job_may_be_lost(const struct gm_job *job)
{
  return gm_journal_doubts(job->engine->journal, &job->durable);
}

static bool asks_first(struct gm_job *job)
{
  if (job->state != GM_JOB_WAITING || job->durable.entry || job->late ||
      !gm_job_may_be_lost(job))
    return false;
  job->durable.ready = still_ours;
  return gm_job_write(job, GM_PUT_WAIT) == 0;
}

static void on_timer(struct gm_timer *t)
{
  struct gm_job *job = GM_CONTAINER(t, struct gm_job, timer);

  if (job->state == GM_JOB_QUEUED) {
    gm_job_move(job, GM_JOB_READY);
    gm_job_take_up(job);
    return;
  }
  if (job->state == GM_JOB_FETCHING) {
    gm_job_fetch_next(job);
    return;
  }
  if (job->state == GM_JOB_READY) { /* it was held */
    gm_job_send(job);
    return;
  }
  if (!asks_first(job))
    go_on(job);
}

void gm_job_lost(struct gm_job *job)
{
  if (job->unsent)
    gm_job_unsend(job);
  gm_error_finish(&job->err);
  gm_job_fail(job, GAMUT_E_DETACHED,
              "another process has taken the job over and goes on with it");
}

void gm_job_prepare(struct gm_job *job, struct gm_engine *e,
                    const struct gm_job_ops *ops)
{
  job->engine = e;
  job->ops = ops;
  job->timer.fire = on_timer;
  job->permille = job->queue_position = -1;
  gm_list_init(&job->link);
  gm_job_late_unwait(job);
  job->durable.lost = gm_job_record_lost;
  gm_list_init(&job->beside);
}

int32_t gm_job_init(struct gm_job *job, struct gm_engine *e,
                    const struct gm_job_ops *ops)
{
  gm_job_prepare(job, e, ops);
  if (!job->id[0])
    gm_id_new(job->id);
  if (!gm_map_put(&e->jobs, job->id, job))
    return GAMUT_E_NOMEM;
  return 0;
}

/* Forget what is on the wire or on its way there. */
void gm_job_stop(struct gm_job *job)
{
  job->unsent = job->unwritten = job->held = false;
  gm_timer_stop(job->engine->loop, &job->timer);
  gm_list_remove(&job->link);
  gm_limit_release(job);
  gm_journal_unwait(&job->durable);
  if (job->late)
    gm_job_late_unwait(job);
  gm_job_unwork(job);
  gm_partial_drop(job);
  gm_anew_drop(job);
  if (job->flight) {
    gm_job_observe_abort(job, job->flight);
    gm_http_abort(job->engine->http, &job->flight->x);
    gm_draft_drop(&job->flight->draft);
    gm_flight_release(job->flight);
  }
}

static void forget_attempt(struct gm_job *job)
{
  gm_job_stop(job);
  gm_upload_forget(job);
  gm_job_drop_kept(job);
  gm_free(job->pending);
  job->pending = NULL;
  gm_parsed_drop(job);
  gm_free(job->state_text);
  job->state_text = NULL;
  gm_free(job->request);
  job->request = NULL;
  gm_free(GM_TAKE(job->looked_up));
  gm_error_finish(&job->err);
  gm_found_free(job->found);
  job->found = NULL;
  job->maybe_earlier |= job->maybe_charged;
  job->maybe_charged = false;
  job->accepted = job->replayable = job->renewed = job->doubtful = false;
  job->giving_way = job->looking = job->told = false;
  job->woken = job->asked_anew = false;
  job->usual = NULL;
  job->sent_ms = job->queued_ms = job->seen_ms = job->age_ms = 0;
  job->polls = 0;
  job->takeup = GM_TAKEUP_NONE;
  job->drafted = job->settled = job->missed = false;
  job->quick = 0;
  job->tries = job->repeats = job->total_repeats = 0;
  job->http_status = 0;
  job->permille = job->queue_position = -1;
}

void gm_job_finish(struct gm_job *job)
{
  if (!job->engine)
    return;
  if (gm_map_get(&job->engine->jobs, job->id) == job)
    gm_map_remove(&job->engine->jobs, job->id);
  forget_attempt(job);
  gm_job_late_drop(job);
  gm_journal_forget(job->engine->journal, &job->durable);
  gm_partials_free(job->partials, job->n_partials);
  job->partials = NULL;
  gm_free(GM_TAKE(job->before));
  job->engine = NULL;
}

/* What it was left in is true until it goes on. */
const char *gm_job_state_name(const struct gm_job *job)
{
  bool waits = job->takeup != GM_TAKEUP_NONE && job->state != GM_JOB_ENDED;

  return states[waits ? job->left : job->state].name;
}

enum gm_job_state gm_job_state_named(const char *name)
{
  unsigned i;

  for (i = 0; i < GM_LEN(states); i++)
    if (gm_streq(states[i].name, name))
      return (enum gm_job_state)i;
  return GM_JOB_READY;
}

void gm_job_move(struct gm_job *job, enum gm_job_state to)
{
  gm_assert(states[job->state].next & (1u << to));
  gm_debug(job->engine->log, "job %s: %s -> %s", job->id,
           states[job->state].name, states[to].name);
  job->state = (uint8_t)to;
  gm_job_tell(job, GAMUT_EVENT_STATE, 0, 0, states[to].name);
}

bool gm_job_watched(const struct gm_job *job)
{
  return job->ops->event && job->ops->wants_events &&
         job->ops->wants_events(gm_unconst(job));
}

void gm_job_tell(struct gm_job *job, int32_t type, int64_t number,
                 int64_t total, const char *text)
{
  struct gm_job_event e = {
    .type = type, .number = number, .total = total, .text = text
  };

  if (type == GAMUT_EVENT_RETRY)
    gm_trace_event(job->trace, "retry", text, number);
  else if (type == GAMUT_EVENT_FALLBACK)
    gm_trace_event(job->trace, "fallback", text, 0);
  if (gm_job_watched(job))
    job->ops->event(job, &e);
}

void gm_job_set(struct gm_job *job, struct gm_instance *instance,
                struct json_object *wire, char *request)
{
  forget_attempt(job);
  if (job->state != GM_JOB_QUEUED)
    gm_job_move(job, GM_JOB_QUEUED);
  job->instance = instance;
  if (!job->own_fn)
    job->fn = instance->provider->def.step;
  job->wire = wire;
  job->request = request;
  job->began_ms = gm_mono_ms();
  job->accepted_ms = job->working_ms = job->generated_ms = job->ended_ms = 0;
  job->polled_ms = 0;
  gm_id_new(job->attempt_id);
  gm_job_observe_begin(job);
}

int32_t gm_job_go(struct gm_job *job)
{
  return gm_timer_start(job->engine->loop, &job->timer, gm_mono_ms())
           ? 0
           : GAMUT_E_NOMEM;
}

int32_t gm_job_begin(struct gm_job *job, struct gm_instance *instance,
                     struct json_object *wire, char *request)
{
  gm_job_set(job, instance, wire, request);
  return gm_job_go(job);
}

void gm_job_stand_by(struct gm_job *job)
{
  if (job->state != GM_JOB_QUEUED)
    return;
  gm_job_move(job, GM_JOB_READY);
  gm_job_move(job, GM_JOB_WAITING);
}

void gm_job_give_up(struct gm_job *job, int32_t error_class, const char *why)
{
  gm_job_fail(job, error_class, "%s", why);
}

/* Ours to lose: the vendor works on a job that we give up for a reason that has
 * nothing to do with it. */
static bool lost(const struct gm_job *job)
{
  int32_t error_class = job->err.error_class;

  return job->accepted && job->state != GM_JOB_FETCHING &&
         (error_class == GAMUT_E_PLUGIN || error_class == GAMUT_E_NOMEM);
}

/* A paid exchange left by its key and got no answer: whatever keeps it from
 * being sent once more, what became of it stays unknown. */
static void keep_doubt(struct gm_job *job)
{
  struct gm_error *err = &job->err;

  if (!job->doubtful || job->cancelling || err->error_class == 0 ||
      err->error_class == GAMUT_E_DETACHED)
    return;
  job->maybe_charged = true;
  if (err->error_class == GAMUT_E_UNKNOWN)
    return;
  gm_error_prefix(err, "sent, but no answer came");
  err->error_class = GAMUT_E_UNKNOWN;
}

/* An attempt ends in READY, so that another may begin; one whose outputs were
 * being fetched was paid for, and none follows. */
void gm_job_over(struct gm_job *job)
{
  gm_job_stop(job);
  if (gm_job_stays(job) || gm_job_tells_unseen(job))
    return;
  if (lost(job))
    job->maybe_charged = true;
  keep_doubt(job);
  /* What is known of its cost stays so, whatever keeps us from it now. */
  if (job->before || (job->again && !job->was_maybe))
    job->maybe_charged = false;
  gm_job_judge_cancel(job);
  if (job->state == GM_JOB_SENDING || job->state == GM_JOB_WAITING ||
      job->state == GM_JOB_WORKING)
    gm_job_move(job, GM_JOB_READY);
  job->ended_ms = gm_mono_ms();
  if (job->sent_ms) /* as long as it was on its way it may have arrived */
    job->paid_until_ms = gm_wall_ms();
  gm_job_observe_end(job);
  job->ops->attempt_over(job);
}

void gm_job_fail(struct gm_job *job, int32_t error_class, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  gm_vfail(&job->err, error_class, fmt, ap);
  va_end(ap);
  gm_job_over(job);
}

/* From the submission to the answer that brought the outputs.  Where that was a
 * look it had been ready for a while: half of the time since the look before.
 */
static void measure(struct gm_job *job)
{
  uint64_t since = GM_MAX(job->seen_ms, job->accepted_ms), waited = 0;

  if (job->err.error_class || !job->usual || !job->sent_ms ||
      job->generated_ms < job->sent_ms)
    return;
  if (job->polls > 0 && job->generated_ms > since)
    waited = (job->generated_ms - since) / 2;
  gm_usual_add(job->usual, job->generated_ms - job->sent_ms - waited);
}

void gm_job_end(struct gm_job *job)
{
  unsigned flags = GM_PUT_ENDED | (job->is_part ? GM_PUT_PART : 0) |
                   (job->served ? GM_PUT_LOOSE : 0);

  gm_job_move(job, GM_JOB_ENDED);
  measure(job);
  if (job->err.error_class && job->before)
    gm_job_write_before(job, flags);
  else if (job->err.error_class != GAMUT_E_DETACHED)
    gm_job_write(job, flags);
}

/* A wait because of trouble is kept: it is the vendor's wish, or ours. */
bool gm_job_wake(struct gm_job *job)
{
  bool polls = job->pending && !(job->pending->flags & GAMUT_HTTP_BILLABLE) &&
               !job->cancelling;

  if (job->state == GM_JOB_WAITING && polls && job->repeats == 0)
    return gm_timer_start(job->engine->loop, &job->timer, gm_mono_ms());
  job->woken = polls && job->state == GM_JOB_SENDING;
  return job->woken;
}

bool gm_job_can_ask_again(const struct gm_job *job)
{
  return job->accepted && job->pending &&
         !(job->pending->flags & GAMUT_HTTP_BILLABLE);
}

/* A paid exchange whose answer we do not wait for any more, or nobody did, or
 * the like in a thread. */
bool gm_job_in_doubt(const struct gm_job *job)
{
  if (job->doubtful || gm_job_works_paid(job) ||
      job->takeup == GM_TAKEUP_UNKNOWN)
    return true;
  return job->flight && job->pending &&
         (job->pending->flags & GAMUT_HTTP_BILLABLE) && job->flight->x.was_sent;
}

void gm_job_fail_unsent(struct gm_job *job, int32_t error_class,
                        const char *why)
{
  job->unsent = false;
  gm_job_fail(job, error_class, "%s", why);
}

void gm_job_unsend(struct gm_job *job)
{
  job->unsent = false;
  gm_job_stop(job);
  gm_job_move(job, GM_JOB_READY);
  if (job->ops->paying)
    job->ops->paying(job, false);
}

/* Only drafts are missing: whoever has no time for them has the rest. */
bool gm_job_ends_well(struct gm_job *job)
{
  if (!job->settled)
    return false;
  gm_partial_drop(job);
  gm_job_settle(job);
  return true;
}

static const char *where_left(const struct gm_job *job)
{
  if (job->before || job->state == GM_JOB_FETCHING)
    return "before its files had come";
  if (job->accepted)
    return "while the vendor works on it";
  return job->maybe_charged ? "before the vendor had answered"
                            : "before it was sent";
}

/* Nobody else has what came in the reply itself, or in a stream; that of a part
 * may not get its name yet. */
static void keep_whole(struct gm_job *job)
{
  bool streamed = gm_job_has_streamed(job) && !job->is_part;

  if ((job->state == GM_JOB_FETCHING || streamed) && !job->late &&
      !gm_job_may_be_lost(job))
    gm_job_keep_whole(job);
}

void gm_job_detach(struct gm_job *job)
{
  if (gm_job_ends_well(job))
    return;
  gm_job_stay(job);
  keep_whole(job);
  if (job->unsent || gm_job_awaits_work(job))
    gm_job_unsend(job);
  if (gm_job_in_doubt(job))
    job->maybe_charged = true;
  if (!job->before)
    gm_job_write(job, GM_PUT_RELEASE);
  gm_error_finish(&job->err);
  gm_job_fail(job, GAMUT_E_DETACHED, "left %s", where_left(job));
}

struct gm_found *gm_job_found(struct gm_job *job)
{
  if (!job->found) {
    job->found = gm_zalloc(sizeof(*job->found));
    if (job->found)
      job->found->cost_microusd = -1;
  }
  return job->found;
}

void gm_found_free(struct gm_found *found)
{
  uint32_t i;

  if (!found)
    return;
  for (i = 0; i < found->n_outputs; i++)
    gm_output_finish(&found->outputs[i]);
  gm_free(found->outputs);
  gm_texts_finish(&found->facts);
  json_object_put(found->answer);
  gm_texts_finish(&found->notes);
  gm_free(found->usage_unit);
  gm_free(found->raw);
  gm_free(found);
}
