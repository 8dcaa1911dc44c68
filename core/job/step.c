/* step.c - calls the provider and does what it asked for.
 *
 * The outcome of a call lives in the call's arena: whatever outlives it is
 * copied before gm_call_end(), and only then the job moves, because moving may
 * call the provider again. */
#include "base/clock.h"
#include "base/json.h"
#include "job/flight.h"
#include "job/limiter.h"
#include "job/pace.h"
#include "job/parsed.h"
#include <string.h>

/* A provider that never waits is broken, not busy; but long lists come in many
 * pages, and large files in many parts. */
#define QUICK_MAX     64
#define QUICK_OWN_MAX 1000
#define RAW_MAX       (256u << 10)
#define NOTES_MAX     100 /* lines of a vendor's log that are kept */
/* Waits below this are not worth spreading. */
#define SPREAD_MIN_MS 200

static void keep_facts(struct gm_job *job, const struct gm_call *c)
{
  struct gm_found *found = c->n_facts ? gm_job_found(job) : NULL;
  uint32_t i;

  for (i = 0; i < c->n_facts && found; i++)
    gm_texts_set(&found->facts, c->facts[i].name, c->facts[i].value);
}

static void keep_usage(struct gm_job *job, const struct gm_call *c)
{
  struct gm_found *found = c->usage_unit ? gm_job_found(job) : NULL;

  if (!found)
    return;
  gm_free(found->usage_unit);
  found->usage_unit = gm_strdup(c->usage_unit);
  found->usage_amount = c->usage_amount;
  if (c->cost_microusd >= 0)
    found->cost_microusd = c->cost_microusd;
}

static bool keep_answer(struct gm_job *job, const struct gm_call *c)
{
  struct gm_found *found = c->answer ? gm_job_found(job) : NULL;

  return !c->answer || (found && gm_answer_join(&found->answer, c->answer));
}

static void keep_token(struct gm_job *job, const struct gm_call *c)
{
  struct gm_instance *i = job->instance;
  char *copy = c->token_value ? gm_strdup(c->token_value) : NULL;

  if (!copy)
    return;
  gm_log_secret(job->engine->log, copy);
  gm_free(i->token);
  i->token = copy;
  i->token_until_ms = gm_mono_ms() + gm_token_use_ms(c->token_ttl_s);
}

static bool copy_bytes(struct gm_output *o, struct gm_call *c,
                       const struct gamut_artifact *a)
{
  struct gm_blob *blob = gm_call_blob(c, a->data);

  o->base64 = a->flags & GAMUT_ART_BASE64;
  if (blob) {
    o->blob = gm_alloc(sizeof(*o->blob));
    if (!o->blob)
      return false;
    *o->blob = *blob; /* the bytes change hands */
    gm_blob_init(blob, 0, 0);
    return true;
  }
  o->source = gm_strndup(a->data, a->data_len);
  o->source_len = a->data_len;
  return o->source != NULL;
}

static bool is_data_uri(const char *url)
{
  return url && strncmp(url, "data:", 5) == 0;
}

bool gm_job_take_output(struct gm_output *o, struct gm_call *c,
                        const struct gamut_artifact *a)
{
  struct gm_blob *blob = a->url ? gm_call_blob(c, a->url) : NULL;

  memset(o, 0, sizeof(*o));
  gm_buf_init(&o->data, GM_IMAGE_MAX);
  o->kind = a->kind;
  o->vendor_width = a->width;
  o->vendor_height = a->height;
  o->vendor_duration_ms = a->duration_ms;
  o->vendor_mime = gm_strdup(a->mime);
  if (blob || is_data_uri(a->url)) {
    struct gamut_artifact bytes = *a;

    bytes.data = a->url;
    bytes.data_len = strlen(a->url);
    bytes.flags |= GAMUT_ART_BASE64;
    return copy_bytes(o, c, &bytes);
  }
  if (a->url) {
    o->url = gm_strdup(a->url);
    return o->url != NULL;
  }
  return a->data && copy_bytes(o, c, a);
}

static bool keep_artifacts(struct gm_job *job, struct gm_call *c)
{
  struct gm_found *found = c->n_artifacts ? gm_job_found(job) : NULL;
  struct gm_output *bigger;
  uint32_t i;

  if (c->n_artifacts == 0)
    return true;
  if (!found)
    return false;
  bigger = gm_realloc(found->outputs, (found->n_outputs + c->n_artifacts) *
                                        sizeof(*bigger));
  if (!bigger)
    return false;
  found->outputs = bigger;
  for (i = 0; i < c->n_artifacts; i++) {
    const struct gamut_artifact *a = &c->artifacts[i];

    if (a->flags & GAMUT_ART_PARTIAL)
      gm_partial_take(job, c, a);
    else if (a->flags & GAMUT_ART_BLOCKED)
      found->withheld++;
    else if (!gm_job_take_output(&found->outputs[found->n_outputs++], c, a))
      return false;
  }
  return true;
}

static void keep_raw(struct gm_job *job, struct gm_exchange *x)
{
  struct gm_found *found;

  if (!x || !x->reader.is_json || x->reader.text.len > RAW_MAX)
    return;
  found = gm_job_found(job);
  if (!found)
    return;
  gm_free(found->raw);
  found->raw = gm_strndup(x->reader.text.data, x->reader.text.len);
}

/* For whoever asks later; the oldest go when there are too many. */
static void keep_note(struct gm_job *job, const char *note)
{
  struct gm_found *f = gm_job_found(job);

  if (!f)
    return;
  if (f->notes.n >= NOTES_MAX)
    gm_texts_remove(&f->notes, gm_texts_next(&f->notes, NULL));
  gm_texts_add(&f->notes, note);
}

static void tell_progress(struct gm_job *job, const struct gm_call *c)
{
  uint32_t i;

  for (i = 0; i < c->n_notes; i++) {
    keep_note(job, c->notes[i]);
    gm_job_tell(job, GAMUT_EVENT_NOTE, 0, 0, c->notes[i]);
  }
  if (c->queue_position < 0 && job->queue_position >= 0 && !job->working_ms)
    job->working_ms = gm_mono_ms(); /* no place in the queue any more */
  if (c->queue_position >= 0 && c->queue_position != job->queue_position) {
    job->queue_position = c->queue_position;
    gm_job_tell(job, GAMUT_EVENT_QUEUE, c->queue_position, 0, NULL);
  }
  if (c->permille < 0 || c->permille == job->permille)
    return;
  job->permille = c->permille;
  if (c->permille > 0 && !job->working_ms)
    job->working_ms = gm_mono_ms();
  gm_job_tell(job, GAMUT_EVENT_PROGRESS, c->permille, 1000, NULL);
}

static bool keep_state(struct gm_job *job, struct gm_call *c)
{
  const char *text = c->json_set ? gm_call_state_text(c) : job->state_text;
  char *copy;

  if (!text)
    return !c->json_set;
  if (strcmp(text, "{}") == 0)
    return true;
  if (!job->state_text || strcmp(job->state_text, text) != 0) {
    copy = gm_strdup(text);
    if (!copy)
      return false;
    gm_free(job->state_text);
    job->state_text = copy;
  }
  gm_parsed_keep_state(job, gm_call_take_state(c));
  return true;
}

/* The next look at what becomes of it, by how long such jobs take. */
static uint32_t look_delay_of(const struct gm_job *job)
{
  struct gm_pace pace = gm_usual_pace(job->usual);
  uint64_t now = gm_mono_ms();
  struct gm_pace_look look = {
    .elapsed_ms = now - GM_MAX(job->sent_ms, job->began_ms) + job->age_ms,
    .wish_ms = job->pending->delay_ms,
    .least_ms = job->pending->poll_ms
  };

  if (pace.early_ms == 0)
    pace = gm_pace_guess(job->latency_ms);
  return gm_pace_ms(&pace, &look);
}

/* How long to wait before the pending exchange: the provider's wish, the user's
 * poll interval instead, spread by up to a tenth so that jobs that began
 * together do not stay together. */
static uint32_t delay_of(const struct gm_job *job)
{
  uint32_t delay = job->pending->delay_ms;
  bool looks = job->pending->poll_ms > 0 && job->accepted && !job->own_fn;

  if (delay == 0 && !looks)
    return 0;
  if (job->engine->poll_ms >= 0 && !job->own_fn)
    return delay == 0 ? 0 : (uint32_t)job->engine->poll_ms;
  if (looks)
    return look_delay_of(job);
  if (delay < SPREAD_MIN_MS)
    return delay;
  return delay + (uint32_t)gm_random_below(delay / 10 + 1);
}

static void next_exchange(struct gm_job *job, int32_t event)
{
  uint32_t delay = job->woken ? 0 : delay_of(job);
  bool looks = job->pending->poll_ms > 0 && job->accepted;
  int32_t most = job->own_fn ? QUICK_OWN_MAX : QUICK_MAX;

  if (gm_job_look_ms(job) && (looks || job->pending->delay_ms > 0)) {
    gm_job_looked(job);
    return;
  }
  job->woken = false;
  job->replayable = event == GAMUT_EV_START;
  /* START also makes an exchange anew that was refused: no fresh count then. */
  if (event != GAMUT_EV_START)
    job->repeats = 0;
  if (looks && job->polls++ > 0)
    job->seen_ms = gm_mono_ms(); /* the one before said: not yet */
  if (job->pending->delay_ms > 0 || delay > 0 || event == GAMUT_EV_START)
    job->quick = 0;
  else if (++job->quick > most) {
    gm_job_fail(job, GAMUT_E_PLUGIN,
                "provider '%s' asked for %d exchanges in a row without a delay",
                job->instance->name, (int)most);
    return;
  }
  if (delay == 0) {
    gm_job_send(job);
    return;
  }
  gm_job_move(job, GM_JOB_WAITING);
  if (!gm_timer_start(job->engine->loop, &job->timer, gm_mono_ms() + delay))
    gm_job_fail(job, GAMUT_E_NOMEM, "no memory for a timer");
}

/* What the vendor took and says is done is on its bill, whatever we can make of
 * the answer. */
static void brought_nothing(struct gm_job *job)
{
  job->maybe_charged |= job->accepted;
  gm_job_fail(job, GAMUT_E_PROVIDER,
              "the job ended well but brought no output");
}

static void well_done(struct gm_job *job)
{
  struct gm_found *found = gm_job_found(job);

  if (!found) {
    gm_job_fail(job, GAMUT_E_NOMEM, "no memory for a result");
    return;
  }
  if (gm_job_is_told(job) && found->n_outputs == 0) {
    gm_job_look_whether(job);
    return;
  }
  if (job->asks_anew) {
    gm_job_over(job);
    return;
  }
  if (job->again && found->n_outputs > 0)
    job->maybe_charged = false;
  job->generated_ms = gm_mono_ms();
  gm_limit_release(job);
  if (job->ops->generated && found->n_outputs > 0)
    job->ops->generated(job);
  if (found->n_outputs > 0)
    gm_job_fetch(job);
  else if (found->withheld > 0)
    gm_job_fail(job, GAMUT_E_BLOCKED,
                "the vendor's content filter withheld the output");
  else if (job->own_fn)
    gm_job_over(job); /* a token: nothing to fetch */
  else
    brought_nothing(job);
}

/* Is the exchange at hand a paid stream?  Its first event accepted the job, and
 * yet a later one is an answer to what was paid. */
static bool in_paid_stream(const struct gm_job *job)
{
  const uint32_t both = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_STREAM;

  return job->pending && (job->pending->flags & both) == both;
}

bool gm_job_has_streamed(const struct gm_job *job)
{
  return job->found && job->found->n_outputs > 0 && in_paid_stream(job);
}

/* It has shown drafts and closed without a picture: the vendor's fault, but it
 * has worked.  What came whole was made, whatever is said of the rest. */
static bool broke_off(const struct gm_job *job, const struct gm_ending *end)
{
  if (gm_job_has_streamed(job))
    return true;
  return job->drafted && end->event == GAMUT_EV_REPLY && in_paid_stream(job) &&
         end->err.error_class == GAMUT_E_PROVIDER;
}

/* A step that failed by its own word, or broke a rule.  After a paid exchange
 * either may hide a job that runs. */
static void step_failed(struct gm_job *job, struct gm_error *err, bool paid)
{
  if (paid && err->error_class == GAMUT_E_PROTOCOL)
    err->error_class = GAMUT_E_UNKNOWN;
  if (paid && (err->error_class == GAMUT_E_UNKNOWN ||
               err->error_class == GAMUT_E_PLUGIN ||
               err->error_class == GAMUT_E_NOMEM))
    job->maybe_charged = true;
  gm_job_hear_doubt(job, err);
  gm_error_finish(&job->err);
  gm_error_move(&job->err, err);
  gm_job_over(job);
}

void gm_job_act(struct gm_job *job, struct gm_ending *end,
                struct gm_exchange *x)
{
  struct gm_error *err = &end->err;
  bool paid =
    end->paid || in_paid_stream(job) || gm_job_worked_paid(job, end->event);

  switch (end->kind) {
  case GM_STEP_HTTP:
    next_exchange(job, end->event);
    break;
  case GM_STEP_DONE:
    well_done(job);
    break;
  case GM_STEP_WORK:
    gm_job_work(job);
    break;
  case GM_STEP_REPLY:
    job->maybe_charged |= gm_job_has_streamed(job);
    if (x)
      gm_job_refused(job, x);
    else
      gm_job_fail(job, GAMUT_E_PLUGIN,
                  "provider '%s' judged a reply that never came",
                  job->instance->name);
    break;
  case GM_STEP_MORE:
    gm_job_fail(job, GAMUT_E_PLUGIN,
                "provider '%s' waits for events of a stream that is over",
                job->instance->name);
    break;
  case GM_STEP_FAIL:
  case GM_STEP_NONE:
    job->maybe_charged |= broke_off(job, end);
    if (x && !paid && err->error_class == GAMUT_E_PROTOCOL)
      gm_job_trouble(job, x, err, 0);
    else
      step_failed(job, err, paid);
    break;
  }
}

static bool answers_paid(const struct gm_job *job, const struct gm_exchange *x)
{
  return x && job->pending && (job->pending->flags & GAMUT_HTTP_BILLABLE) &&
         !job->accepted;
}

/* The first good answer to a paid exchange: the vendor has the job.  A provider
 * that goes on after a refusal has not got it yet. */
static void mark_accepted(struct gm_job *job, const struct gm_ending *end,
                          const struct gm_exchange *x)
{
  if (!end->paid || x->status >= 400 || end->kind == GM_STEP_FAIL ||
      end->kind == GM_STEP_REPLY || end->kind == GM_STEP_NONE)
    return;
  job->accepted = true;
  job->doubtful = job->maybe_charged = false;
  job->accepted_ms = gm_mono_ms();
}

/* Whoever only wants to be sure that the job can be collected later need not
 * wait any longer, and may leave it before anything else is asked: what was
 * held goes out in a later turn.  Had it not been written down, the next step
 * does.  What comes in a paid stream comes to nobody else. */
static void accepted_durable(struct gm_durable *d, int32_t error_class)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);
  bool held = job->held;

  if (error_class == GAMUT_E_DETACHED) {
    gm_job_late(job);
    return;
  }
  job->unwritten = job->held = false;
  job->missed = error_class != 0;
  if (job->missed)
    gm_warn(job->engine->log,
            "job %s: that the vendor has it could not be written down: %s",
            job->id, gm_store_why(job->engine->store));
  else if (!in_paid_stream(job))
    gm_job_tell(job, GAMUT_EVENT_ACCEPTED, 0, 0, NULL);
  if (held && !gm_timer_start(job->engine->loop, &job->timer, gm_mono_ms()))
    gm_job_send(job);
}

void gm_job_take(struct gm_job *job, struct gm_call *c, int32_t event,
                 struct gm_exchange *x, struct gm_ending *end)
{
  bool kept;

  *end = (struct gm_ending){ .kind = c->kind, .event = event };
  end->paid = answers_paid(job, x);
  mark_accepted(job, end, x);
  tell_progress(job, c);
  keep_facts(job, c);
  keep_usage(job, c);
  keep_token(job, c);
  kept = keep_artifacts(job, c) && keep_state(job, c) && keep_answer(job, c);
  if (end->kind == GM_STEP_DONE)
    keep_raw(job, x);
  gm_error_move(&end->err, &c->err);
  if (end->kind == GM_STEP_HTTP) {
    gm_free(job->pending);
    job->pending = GM_TAKE(c->pending);
  }
  gm_call_end(c);
  if (!kept) {
    gm_error_finish(&end->err);
    end->kind = GM_STEP_FAIL;
    gm_fail(&end->err, GAMUT_E_NOMEM, "no memory for the outcome of a step");
  } else if (job->accepted && (end->paid || job->missed) && !job->own_fn) {
    job->durable.ready = accepted_durable;
    job->unwritten = true;
    if (gm_job_write(job, GM_PUT_WAIT))
      job->unwritten = false;
  }
}

void gm_job_outcome(struct gm_job *job, struct gm_call *c, int32_t event,
                    struct gm_exchange *x)
{
  struct gm_ending end;

  gm_job_take(job, c, event, x, &end);
  gm_job_act(job, &end, x);
  gm_error_finish(&end.err);
}

static struct gm_call_in input_of(struct gm_job *job, int32_t event,
                                  struct gm_exchange *x,
                                  struct json_object *request)
{
  return (struct gm_call_in){
    .event = event,
    .phase = x && job->pending ? job->pending->phase : -1,
    .job_id = job->id,
    .attempt_id = job->attempt_id,
    .request = request,
    .state = job->state_text,
    .state_tree = gm_parsed_take_state(job),
    .exchange = x,
    .inputs = job->inputs,
    .n_inputs = job->n_inputs,
  };
}

static void find_usual(struct gm_job *job, const struct json_object *request)
{
  if (!job->usual && !job->own_fn)
    job->usual = gm_usual_of(job->engine->usuals, job->instance->name,
                             gm_json_str(request, "model", ""),
                             gm_json_str(request, "operation", NULL));
}

/* What the outcome points to is in the request and the reply as well: both live
 * until it is taken. */
static void call(struct gm_job *job, int32_t event, struct gm_exchange *x,
                 const struct gm_sse_event *chunk, struct gm_ending *end)
{
  _cleanup_json_ struct json_object *request = gm_parsed_request(job);
  struct gm_call *c = &job->engine->call;
  struct gm_call_in in;

  if (!request) {
    *end = (struct gm_ending){ .kind = GM_STEP_FAIL,
                               .event = event,
                               .paid = answers_paid(job, x) };
    gm_fail(&end->err, GAMUT_E_NOMEM, "no memory for a step");
    return;
  }
  find_usual(job, request);
  /* The catalog's, which a request that is kept has not in it. */
  if (job->wire)
    json_object_object_add(request, "wire", json_object_get(job->wire));
  in = input_of(job, event, x, request);
  in.chunk = chunk;
  gm_call_run(c, job->instance, job->fn, &in);
  gm_job_take(job, c, event, x, end);
  if (job->wire)
    json_object_object_del(request, "wire");
}

void gm_job_step(struct gm_job *job, int32_t event, struct gm_exchange *x)
{
  struct gm_ending end;

  call(job, event, x, NULL, &end);
  gm_job_act(job, &end, x);
  gm_error_finish(&end.err);
}

void gm_job_chunk(struct gm_job *job, struct gm_exchange *x,
                  const struct gm_sse_event *chunk, struct gm_ending *end)
{
  call(job, GAMUT_EV_CHUNK, x, chunk, end);
}
