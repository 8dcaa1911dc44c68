/* anew.c - the addresses of what was made are good no longer.
 *
 * Vendors sign them for a while, and a job that was taken up late, or has
 * waited long, is refused by them.  The question that brought them was free, so
 * it is put once more: once, and only while none of the files has come, so that
 * no answer can mix them up.
 *
 * Who asks is a job of its own, as for tokens and uploads.  The one that it
 * asks for stays in FETCHING with what it has found, and so does its record:
 * whatever becomes of either meanwhile, it is as if nobody had asked. */
#include "base/clock.h"
#include "job/flight.h"
#include <string.h>

/* Then it ends by what the download was refused with. */
#define ANSWER_MS 60000

struct gm_anew {
  struct gm_job job;
  struct gm_job *whose;
};

/* ---- the answer ---------------------------------------------------------- */

static void drop(struct gm_anew *a)
{
  a->job.n_inputs = 0; /* they are the other job's */
  gm_job_finish(&a->job);
  gm_job_untrace(&a->job);
  gm_free(a);
}

void gm_anew_drop(struct gm_job *job)
{
  struct gm_anew *a = GM_TAKE(job->anew);

  if (!a)
    return;
  gm_timer_stop(job->engine->loop, &job->timer);
  drop(a);
}

void gm_anew_give_up(struct gm_job *job)
{
  uint32_t i;

  gm_anew_drop(job);
  for (i = 0; i < job->found->n_outputs; i++) {
    struct gm_output *o = &job->found->outputs[i];

    o->done |= o->err.error_class != 0;
  }
}

/* The same files in the same order, or it is not the same answer. */
static bool matches(const struct gm_found *old, const struct gm_found *found)
{
  uint32_t i;

  if (!found || found->n_outputs != old->n_outputs)
    return false;
  for (i = 0; i < old->n_outputs; i++) {
    const struct gm_output *o = &found->outputs[i];

    if (o->kind != old->outputs[i].kind || !o->url != !old->outputs[i].url)
      return false;
  }
  return true;
}

static void take_addresses(struct gm_found *to, struct gm_found *from)
{
  uint32_t i;

  for (i = 0; i < to->n_outputs; i++) {
    struct gm_output *o = &to->outputs[i];

    if (o->done || !o->url)
      continue;
    gm_free(o->url);
    o->url = GM_TAKE(from->outputs[i].url);
    gm_error_finish(&o->err);
  }
}

static void over(struct gm_job *question)
{
  struct gm_anew *a = GM_CONTAINER(question, struct gm_anew, job);
  struct gm_job *job = a->whose;
  bool good =
    !question->err.error_class && matches(job->found, question->found);

  if (good) {
    take_addresses(job->found, question->found);
    gm_anew_drop(job);
    gm_job_fetch_newly(job);
    return;
  }
  gm_info(job->engine->log, "job %s: no other addresses came: %s", job->id,
          question->err.error_class ? gm_error_text(&question->err)
                                    : "the answer has other files");
  gm_job_fetch_next(job);
}

/* What leads to a paid exchange is not the question that was meant. */
static int32_t paying(struct gm_job *job, bool begins)
{
  (void)job;
  return begins ? GAMUT_E_PERMISSION : 0;
}

static const struct gm_job_ops ops = { .attempt_over = over, .paying = paying };

/* ---- the question -------------------------------------------------------- */

static bool copy_texts(struct gm_job *to, const struct gm_job *from)
{
  to->request = gm_strdup(from->request);
  to->state_text = gm_strdup(from->state_text);
  to->pending = gm_pending_copy(from->pending);
  return to->request && to->pending && (to->state_text || !from->state_text);
}

static bool copy(struct gm_job *to, const struct gm_job *from)
{
  memcpy(to->id, from->id, GM_ID_SIZE);
  memcpy(to->attempt_id, from->attempt_id, GM_ID_SIZE);
  gm_job_prepare(to, from->engine, &ops);
  to->instance = from->instance;
  to->fn = from->fn;
  to->wire = from->wire;
  to->inputs = from->inputs;
  to->n_inputs = from->n_inputs;
  to->secret = from->secret;
  to->patience_ms = from->patience_ms;
  to->latency_ms = from->latency_ms;
  to->began_ms = gm_mono_ms();
  to->accepted = to->asks_anew = true;
  to->takeup = GM_TAKEUP_SEND;
  return copy_texts(to, from);
}

static bool begin(struct gm_job *job)
{
  struct gm_anew *a = gm_zalloc(sizeof(*a));
  struct gm_loop *loop = job->engine->loop;
  uint64_t now = gm_mono_ms();

  if (!a)
    return false;
  a->whose = job;
  if (!copy(&a->job, job) || !gm_timer_start(loop, &a->job.timer, now) ||
      !gm_timer_start(loop, &job->timer, now + ANSWER_MS)) {
    drop(a);
    return false;
  }
  a->job.trace = gm_trace_below(job->trace, "gamut.addresses");
  gm_job_observe_begin(&a->job);
  job->anew = a;
  return true;
}

static bool says_gone(const struct gm_exchange *x)
{
  return !x->error_class &&
         (x->status == 403 || x->status == 404 || x->status == 410);
}

static bool some_came(const struct gm_job *job)
{
  uint32_t i;

  for (i = 0; i < job->found->n_outputs; i++)
    if (job->found->outputs[i].done && !job->found->outputs[i].err.error_class)
      return true;
  return false;
}

/* Of one that is to be cancelled the vendor may have deleted what it made, and
 * what is pending may be that wish. */
static bool may_ask(const struct gm_job *job)
{
  return !job->asked_anew && !job->cancelling && gm_job_can_ask_again(job) &&
         !some_came(job);
}

bool gm_anew_ask(struct gm_job *job, const struct gm_exchange *x,
                 const struct gm_error *err)
{
  if (!says_gone(x) || !may_ask(job))
    return false;
  job->asked_anew = true;
  if (!begin(job))
    return false;
  job->total_repeats++;
  gm_job_tell(job, GAMUT_EVENT_RETRY, 0, 0, gm_error_text(err));
  gm_info(job->engine->log, "job %s: %s, so its addresses are asked for anew",
          job->id, gm_error_text(err));
  return true;
}
