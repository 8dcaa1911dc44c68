/* run.c - the life of a run: bound, begun, asked by its job, freed.  What its
 * links come to is router.c. */
#include "base/clock.h"
#include "job/input.h"
#include "job/trace.h"
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

/* ---- what its job asks --------------------------------------------------- */

static void job_event(struct gm_job *job, const struct gm_job_event *e)
{
  struct gm_run *run = run_of(job);

  run->ops->event(run, e);
}

static bool job_watched(struct gm_job *job)
{
  struct gm_run *run = run_of(job);

  return run->ops->wants_events && run->ops->wants_events(run);
}

/* What it takes to go on with the route in another process. */
static void job_record(struct gm_job *job, struct gm_buf *b)
{
  gm_run_record(run_of(job), b);
}

static int32_t job_paying(struct gm_job *job, bool begins)
{
  struct gm_run *run = run_of(job);
  struct gm_charge *c = run->charge;

  job->durable.with =
    run->member && run->member->lead ? run->member->lead->job.id : NULL;
  if (begins)
    return gm_charge_reserve(c);
  gm_charge_take_back(c);
  return 0;
}

static int32_t job_regained(struct gm_job *job, const struct json_object *owner)
{
  struct gm_run *run = run_of(job);

  if (run->team) /* what it costs is its members' */
    return gm_team_knows_more(run, gm_json_at(owner, "team")) ? 0
                                                              : GAMUT_E_UNKNOWN;
  return run->charge ? gm_charge_regain(run->charge, owner) : 0;
}

static struct gm_job *job_whole_of(struct gm_job *job)
{
  const struct gm_member *m = run_of(job)->member;

  return m && m->lead ? &m->lead->job : NULL;
}

static void job_parts_alone(struct gm_job *job)
{
  if (run_of(job)->team)
    gm_team_go_alone(run_of(job));
}

static bool job_has_next_key(struct gm_job *job)
{
  return gm_pool_has_next(run_of(job));
}

static void job_generated(struct gm_job *job)
{
  if (run_of(job)->member)
    gm_member_generated(run_of(job));
}

static void job_name(struct gm_job *job, struct gm_output *o,
                     struct gm_name_facts *f)
{
  if (run_of(job)->member)
    gm_member_name(run_of(job), o, f);
}

static const struct gm_job_ops job_ops = {
  .generated = job_generated,
  .name = job_name,
  .has_next_key = job_has_next_key,
  .paying = job_paying,
  .regained = job_regained,
  .whole_of = job_whole_of,
  .parts_alone = job_parts_alone,
  .attempt_over = gm_run_attempt_over,
  .event = job_event,
  .wants_events = job_watched,
  .record = job_record,
};

/* ---- made ---------------------------------------------------------------- */

static int32_t bind(struct gm_run *run, const struct gm_ask *ask,
                    struct gm_error *err)
{
  _cleanup_(gm_ask_freep) struct gm_ask *named = NULL;
  int64_t n = gm_json_i64(ask->fields, "n", 1);
  int32_t rc;

  if (ask->err.error_class)
    return gm_fail(err, ask->err.error_class, "%s", gm_error_text(&ask->err));
  rc = gm_named_ask(run->router->settings, ask, &named, err);
  if (rc)
    return rc;
  ask = named ? named : ask;
  if (json_object_deep_copy(ask->fields, &run->fields, NULL))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
  rc = gm_bind_user(run, gm_json_str(run->fields, "user", NULL), err);
  if (rc == 0)
    rc = run->quoting ? gm_validate_quote(run->fields, err)
                      : gm_validate_common(run->fields, err);
  if (rc == 0)
    rc = gm_bind_control(run, ask->control, err);
  if (rc == 0)
    rc = gm_bind_inputs(run, ask, err);
  if (rc == 0)
    rc = gm_bind_links(run, ask, err);
  /* Of a member's names some may be there by now. */
  if (rc == 0 && !run->quoting && !run->member)
    rc = gm_output_check(&run->plan, n > 1 ? (uint32_t)n : 1, err);
  if (rc == 0)
    gm_prefer_sort(run);
  return rc;
}

static struct gm_run *new_run(struct gm_router *r, const struct gm_run_ops *ops,
                              void *owner, const char *id)
{
  struct gm_run *run = gm_zalloc(sizeof(*run));

  if (!run)
    return NULL;
  run->router = r;
  run->ops = ops;
  run->owner = owner;
  run->price_microusd = -1;
  run->began_ms = gm_mono_ms();
  run->began_wall_ms = gm_wall_ms();
  if (id)
    memcpy(run->job.id, id, GM_ID_SIZE);
  return run;
}

/* Bound, but for its links' prices, and ready to begin. */
static int32_t make(struct gm_run *run, const struct gm_ask *ask,
                    struct gm_error *err)
{
  struct gm_engine *e = run->router->engine;
  int32_t rc = bind(run, ask, err);

  if (rc)
    return rc;
  if (gm_job_init(&run->job, e, &job_ops))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  run->job.inputs = run->inputs;
  run->job.n_inputs = run->n_inputs;
  run->job.plan = &run->plan;
  gm_run_trace(run);
  if (gm_run_open_charge(run))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  return 0;
}

int32_t gm_run_new(struct gm_router *r, const struct gm_ask *ask,
                   const struct gm_run_ops *ops, void *owner, const char *id,
                   struct gm_run **ret, struct gm_error *err)
{
  struct gm_run *run = new_run(r, ops, owner, id);
  int32_t rc;

  if (!run)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  rc = make(run, ask, err);
  if (rc)
    gm_run_free(run);
  else
    *ret = run;
  return rc;
}

int32_t gm_run_join(struct gm_router *r, const struct gm_ask *ask,
                    struct gm_member *m, struct gm_error *err)
{
  m->run = new_run(r, &gm_member_ops, m, NULL);
  if (!m->run)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  m->run->member = m;
  return make(m->run, ask, err);
}

int32_t gm_run_quote(struct gm_router *r, const struct gm_ask *ask,
                     struct gm_run **ret, struct gm_error *err)
{
  struct gm_run *run = new_run(r, NULL, NULL, NULL);
  int32_t rc;

  if (!run)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
  run->quoting = true;
  rc = bind(run, ask, err);
  if (rc)
    gm_run_free(run);
  else
    *ret = run;
  return rc;
}

int32_t gm_run_open_charge(struct gm_run *run)
{
  if (!run->router->ledger)
    return 0;
  run->charge = gm_charge_new(run->router->ledger, run);
  if (!run->charge)
    return GAMUT_E_NOMEM;
  run->job.durable.also = gm_charge_also(run->charge);
  return 0;
}

int32_t gm_run_adopt(struct gm_router *r, const struct gm_run_ops *ops,
                     void *owner, const char *id, struct gm_run **ret,
                     struct gm_error *err)
{
  struct gm_run *run = new_run(r, ops, owner, id);

  if (!run)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  *ret = run;
  run->chosen = true; /* it was before */
  if (!ops) {         /* only to be looked at */
    gm_job_prepare(&run->job, r->engine, &job_ops);
    return 0;
  }
  if (gm_job_init(&run->job, r->engine, &job_ops) == 0)
    return 0;
  gm_run_free(run);
  *ret = NULL;
  return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
}

/* ---- begun, and gone ----------------------------------------------------- */

/* The first link that can do it begins here, so that a refusal by all of them
 * is the caller's at once. */
static int32_t begin(struct gm_run *run, struct gm_error *err)
{
  if (gm_run_begin_link(run))
    return 0;
  gm_run_sum_up(run);
  gm_error_move(err, &run->err);
  return err->error_class;
}

/* What was asked for takes two. */
static void warn_of_one(const struct gm_run *run)
{
  struct gm_log *log = run->router->engine->log;
  const char *model = run->links[0].model;

  if (run->member || run->n_links > 1)
    return;
  if (run->hedge_ms)
    gm_warn(log,
            "hedge: there is no model to begin beside %s (a fallback or a "
            "route names more)",
            model);
  if (run->spread)
    gm_warn(log,
            "spread: there is no model to share with %s (a fallback or a "
            "route names more)",
            model);
}

int32_t gm_run_start(struct gm_run *run, struct gm_error *err)
{
  int32_t rc;

  /* Else there is nothing to choose. */
  run->chosen = run->n_links < 2 && !gm_pool_is_there(run, 0);
  warn_of_one(run);
  rc = gm_team_is_wanted(run) ? gm_team_start(run, err) : begin(run, err);
  gm_bind_pack(run);
  if (rc == 0)
    gm_run_deadline(run, run->began_ms);
  return rc;
}

void gm_attempt_finish(struct gm_attempt *a)
{
  gm_free(a->provider);
  gm_free(a->model);
  gm_free(a->request_id);
  gm_free(a->key);
  gm_error_finish(&a->err);
}

void gm_run_free(struct gm_run *run)
{
  uint32_t i;

  if (!run)
    return;
  gm_run_no_deadline(run);
  gm_team_free(run);
  if (run->member && !run->member->lead) { /* that of a team goes before */
    gm_timer_stop(run->router->engine->loop, &run->member->timer);
    run->member->run = NULL;
    gm_member_free(run->member);
  }
  gm_choice_drop(run);
  gm_pool_drop(run);
  gm_cache_drop(run);
  gm_job_finish(&run->job);
  gm_charge_drop(run->charge);
  for (i = 0; i < run->n_attempts; i++)
    gm_attempt_finish(&run->attempts[i]);
  gm_free(run->quote);
  gm_free(run->attempts);
  for (i = 0; i < run->n_links; i++)
    gm_link_finish(&run->links[i]);
  gm_free(run->links);
  for (i = 0; i < run->n_inputs; i++)
    gm_input_close(&run->inputs[i]);
  gm_free(run->inputs);
  json_object_put(run->fields);
  gm_free(run->fields_text);
  json_object_put(run->notes);
  gm_free(run->plan.name);
  gm_free(run->plan_text);
  gm_free(run->team_text);
  gm_free(run->correlation_id);
  gm_free(run->project);
  gm_hit_free(run->hit);
  gm_free(run->traceparent);
  gm_trace_free(run->job.trace);
  gm_free(run->user);
  gm_free(run->tags);
  gm_error_finish(&run->err);
  gm_error_finish(&run->too_dear);
  gm_free(run);
}
