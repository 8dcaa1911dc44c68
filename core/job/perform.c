/* perform.c - gamut.perform/1: blocking work of a provider on the pool.
 *
 * The worker has a call of its own and copies of all it reads (no tree is
 * shared either: json-c counts references without locks); the job may go away
 * meanwhile (cancelled, detached), then the result is dropped when the thread
 * comes back. e->performs has them all, so that closing finds those that nobody
 * wants. */
#include "base/clock.h"
#include "base/json.h"
#include "job/flight.h"
#include "job/input.h"
#include <stdatomic.h>
#include <string.h>

struct gm_perform {
  struct gm_work work;
  struct gm_list link; /* in e->performs */
  struct gm_job *job;  /* NULL: nobody waits any more */
  struct gm_engine *engine;
  struct gm_instance *instance;
  gamut_fn *fn;
  struct gm_call call;
  struct gm_call_in in;
  struct json_object *request;
  struct gm_input *inputs;
  uint32_t n_inputs;
  char job_id[GM_ID_SIZE], attempt_id[GM_ID_SIZE];
  char *state;
  atomic_int cancelled;
};

static const struct gamut_perform *table_of(const struct gm_instance *i)
{
  const struct gamut_provider *p = &i->provider->def;
  const struct gamut_perform *t =
    p->extension ? p->extension(GAMUT_EXT_PERFORM) : NULL;

  return t && GAMUT_HAS(t, perform) ? t : NULL;
}

/* Written down as paid, for it cannot be begun a second time. */
static bool is_paid(const struct gm_instance *i)
{
  const struct gamut_perform *t = table_of(i);

  return t && !(t->flags & GAMUT_PERFORM_RESTARTABLE);
}

bool gm_job_works_paid(const struct gm_job *job)
{
  return job->perform && is_paid(job->instance);
}

bool gm_job_worked_paid(const struct gm_job *job, int32_t event)
{
  return event == GAMUT_EV_WORK && is_paid(job->instance);
}

bool gm_job_awaits_work(const struct gm_job *job)
{
  return job->state == GM_JOB_WORKING && !job->perform;
}

static uint32_t limit_of(const struct gm_instance *i)
{
  const struct gamut_perform *t = table_of(i);

  return t && t->max_parallel > 0 ? t->max_parallel : 1;
}

static int32_t is_cancelled(void *user)
{
  struct gm_perform *p = user;

  return atomic_load(&p->cancelled);
}

static void free_perform(struct gm_perform *p)
{
  uint32_t i;

  gm_list_remove(&p->link);
  gm_call_finish(&p->call);
  json_object_put(p->request);
  for (i = 0; i < p->n_inputs; i++)
    gm_input_close(&p->inputs[i]);
  gm_free(p->inputs);
  gm_free(p->state);
  gm_free(p);
}

void gm_perform_drop_all(struct gm_engine *e)
{
  struct gm_perform *p;

  while (!gm_list_empty(&e->performs)) {
    p = GM_CONTAINER(e->performs.next, struct gm_perform, link);
    gm_loop_unpost(e->loop, &p->work.post); /* one that ended just now */
    free_perform(p);
  }
}

static void run(struct gm_work *w)
{
  struct gm_perform *p = GM_CONTAINER(w, struct gm_perform, work);

  gm_call_run(&p->call, p->instance, p->fn, &p->in);
}

static struct gm_job *first_waiting(struct gm_engine *e,
                                    const struct gm_instance *i)
{
  struct gm_list *l;

  for (l = e->work_waits.next; l != &e->work_waits; l = l->next) {
    struct gm_job *job = GM_CONTAINER(l, struct gm_job, link);

    if (job->instance == i)
      return job;
  }
  return NULL;
}

static void begin(struct gm_job *job, const struct gamut_perform *t);

/* One that cannot begin ends and leaves its turn to the next. */
static void next_waiting(struct gm_engine *e, const struct gm_instance *i)
{
  const struct gamut_perform *t = table_of(i);
  struct gm_job *job;

  while (t && i->busy < limit_of(i) && (job = first_waiting(e, i))) {
    gm_list_remove(&job->link);
    begin(job, t);
  }
}

static void done(struct gm_work *w)
{
  struct gm_perform *p = GM_CONTAINER(w, struct gm_perform, work);
  struct gm_engine *e = p->engine;
  struct gm_instance *i = p->instance;
  struct gm_job *job = p->job;

  i->busy--;
  if (job) {
    job->perform = NULL;
    gm_job_move(job, GM_JOB_READY);
    gm_job_outcome(job, &p->call, GAMUT_EV_WORK, NULL);
  }
  free_perform(p);
  next_waiting(e, i);
}

static bool copy_request(struct gm_perform *p, const struct gm_job *job)
{
  struct json_object *wire = NULL;

  p->request = gm_json_parse_once(job->request, strlen(job->request),
                                  &(size_t){ 0 }, &(const char *){ NULL });
  if (!p->request)
    return false;
  if (!job->wire)
    return true;
  return json_object_deep_copy(job->wire, &wire, NULL) == 0 &&
         json_object_object_add(p->request, "wire", wire) == 0;
}

static bool copy_inputs(struct gm_perform *p, const struct gm_job *job)
{
  if (job->n_inputs == 0)
    return true;
  p->inputs = gm_zalloc(job->n_inputs * sizeof(*p->inputs));
  while (p->inputs && p->n_inputs < job->n_inputs) {
    uint32_t i = p->n_inputs++;

    if (!gm_input_copy(&p->inputs[i], &job->inputs[i]))
      return false;
  }
  return p->inputs != NULL;
}

static bool copy_state(struct gm_perform *p, const struct gm_job *job)
{
  p->state = gm_strdup(job->state_text);
  return p->state || !job->state_text;
}

static struct gm_perform *new_perform(struct gm_job *job,
                                      const struct gamut_perform *t)
{
  struct gm_perform *p = gm_zalloc(sizeof(*p));

  if (!p)
    return NULL;
  gm_list_init(&p->link);
  p->engine = job->engine;
  p->instance = job->instance;
  p->fn = t->perform;
  p->work.run = run;
  p->work.done = done;
  memcpy(p->job_id, job->id, sizeof(p->job_id));
  memcpy(p->attempt_id, job->attempt_id, sizeof(p->attempt_id));
  if (!copy_request(p, job) || !copy_inputs(p, job) || !copy_state(p, job) ||
      gm_call_init(&p->call, job->engine->log)) {
    free_perform(p);
    return NULL;
  }
  p->in = (struct gm_call_in){ .event = GAMUT_EV_WORK,
                               .phase = -1,
                               .job_id = p->job_id,
                               .attempt_id = p->attempt_id,
                               .request = p->request,
                               .state = p->state,
                               .inputs = p->inputs,
                               .n_inputs = p->n_inputs,
                               .is_cancelled = is_cancelled,
                               .user = p };
  return p;
}

static bool have_pool(struct gm_engine *e, struct gm_error *err)
{
  return e->pool ||
         gm_work_pool_new(e->loop, GM_WORKERS_MAX, &e->pool, err) == 0;
}

static void begin(struct gm_job *job, const struct gamut_perform *t)
{
  struct gm_perform *p = NULL;

  if (have_pool(job->engine, NULL))
    p = new_perform(job, t);
  if (!p || !gm_work_start(job->engine->pool, &p->work)) {
    if (p)
      free_perform(p);
    gm_job_fail(job, GAMUT_E_NOMEM, "no thread to work on");
    return;
  }
  p->job = job;
  gm_list_append(&job->engine->performs, &p->link);
  job->perform = p;
  job->instance->busy++;
  if (!job->accepted_ms)
    job->accepted_ms = gm_mono_ms();
}

static void durable(struct gm_durable *d, int32_t error_class)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);
  const struct gamut_perform *t = table_of(job->instance);

  if (error_class == GAMUT_E_DETACHED) {
    gm_job_late(job);
    return;
  }
  if (gm_job_heard_late(job, error_class))
    return;
  gm_job_paid_written(job, error_class);
  if (error_class)
    gm_job_fail(job, GAMUT_E_STORAGE,
                "the job could not be written down, so it was not begun: %s",
                gm_journal_why(job->engine->journal));
  else if (job->instance->busy >= limit_of(job->instance))
    gm_list_append(&job->engine->work_waits, &job->link);
  else
    begin(job, t);
}

void gm_job_work(struct gm_job *job)
{
  const struct gamut_perform *t = table_of(job->instance);

  if (!t) {
    gm_job_fail(job, GAMUT_E_PLUGIN,
                "provider '%s' handed over work but has no %s",
                job->instance->name, GAMUT_EXT_PERFORM);
    return;
  }
  gm_job_move(job, GM_JOB_WORKING);
  job->durable.ready = durable;
  (void)gm_job_write_paid(job);
}

void gm_job_unwork(struct gm_job *job)
{
  if (!job->perform)
    return;
  atomic_store(&job->perform->cancelled, 1);
  job->perform->job = NULL;
  job->perform = NULL;
}
