/* team_end.c - the lead's result, put together from what its members brought.
 */
#include "base/clock.h"
#include "base/str.h"
#include "job/flight.h"
#include "route/bind.h"
#include "route/team.h"
#include <stdlib.h>
#include <string.h>

/* ---- those that go on without it ------------------------------------------
 */

/* Where it is, or was to begin. */
static const struct gm_link *link_of(const struct gm_run *lead,
                                     const struct gm_member *m)
{
  if (m->run)
    return gm_run_link(m->run);
  return m->n_places > 0 ? &lead->links[m->places[0]] : NULL;
}

/* An attempt that nobody has seen the end of. */
static void add_open(struct gm_run *lead, const struct gm_member *m)
{
  const struct gm_link *l = link_of(lead, m);
  struct gm_attempt a = { .provider = gm_strdup(l ? l->provider : "unknown"),
                          .model = gm_strdup(l ? l->model : "unknown") };

  if (m->err.error_class)
    gm_fail(&a.err, m->err.error_class, "%s", gm_error_text(&m->err));
  else
    gm_fail(&a.err, GAMUT_E_DETACHED,
            "another link was quicker; job %s goes on at the vendor", m->id);
  if (m->run) {
    a.tries = m->run->job.tries;
    a.elapsed_ms = gm_mono_ms() - m->run->job.began_ms;
  }
  gm_run_add_attempt(lead, &a);
}

/* It is followed to its end, if there is time for that. */
static void let_go(struct gm_router *r, struct gm_member *m)
{
  gm_member_leave_team(m);
  gm_list_append(&r->leftovers, &m->link);
}

/* It is a part yet: whoever has the request needs its record. */
static void go_alone(struct gm_member *m)
{
  if (m->why == GM_WHY_FIRST || m->why == GM_WHY_HEDGE) {
    m->lost = true;
    gm_member_leave(m->run);
  }
  let_go(m->run->router, m);
}

/* Or may be, as its answer will tell. */
static bool is_paid(const struct gm_job *job)
{
  return job->accepted || gm_job_in_doubt(job);
}

void gm_team_go_alone(struct gm_run *lead)
{
  struct gm_list *l = lead->team->members.next, *next;

  for (; l != &lead->team->members; l = next) {
    struct gm_member *m = GM_CONTAINER(l, struct gm_member, link);

    next = l->next;
    if (!m->over && m->run && is_paid(&m->run->job))
      go_alone(m);
  }
}

static void let_lost_one_go(struct gm_router *r, struct gm_member *m)
{
  let_go(r, m);
  m->run->job.is_part = false;
  if (!m->run->job.unsent) /* what is about to be written is waited for */
    gm_job_save(&m->run->job, false);
}

static void let_lost_go(struct gm_run *lead)
{
  struct gm_list *l = lead->team->members.next, *next;

  for (; l != &lead->team->members; l = next) {
    struct gm_member *m = GM_CONTAINER(l, struct gm_member, link);

    next = l->next;
    if (!m->over && m->run)
      let_lost_one_go(lead->router, m);
  }
}

/* ---- what they brought ----------------------------------------------------
 */

static bool counts(const struct gm_team *team, const struct gm_member *m)
{
  if (!m->run || !m->run->job.found)
    return false;
  return gm_team_is_won(team) ? m == team->winner : !m->lost;
}

static void take_attempts(struct gm_run *lead, struct gm_member *m)
{
  struct gm_run *run = m->run;

  if (!run || !m->over) { /* what is not said of it is where it was */
    if (run || m->err.error_class)
      add_open(lead, m);
    return;
  }
  gm_team_take_attempts(lead, run);
}

static bool take_outputs(struct gm_found *to, struct gm_run *run)
{
  struct gm_found *from = run->job.found;
  const struct gm_link *l = gm_run_link(run);
  struct gm_output *bigger;
  uint32_t i;

  to->withheld += from->withheld;
  if (from->n_outputs == 0)
    return true;
  bigger = gm_realloc(to->outputs,
                      (to->n_outputs + from->n_outputs) * sizeof(*bigger));
  if (!bigger)
    return false;
  to->outputs = bigger;
  for (i = 0; i < from->n_outputs; i++) {
    struct gm_output *o = &bigger[to->n_outputs++];

    *o = from->outputs[i];
    o->provider = gm_strdup(l->provider);
    o->model = gm_strdup(l->model);
  }
  from->n_outputs = 0;
  return true;
}

static int by_number(const void *a, const void *b)
{
  const struct gm_output *x = a, *y = b;

  return x->number < y->number ? -1 : x->number > y->number;
}

/* The first of several lends its facts. */
static void take_found(struct gm_run *lead, struct gm_run *run)
{
  struct gm_found *f = lead->job.found;

  if (!f) {
    lead->job.found = GM_TAKE(run->job.found);
    return;
  }
  (void)take_outputs(f, run);
  if (f->n_outputs > 1)
    qsort(f->outputs, f->n_outputs, sizeof(*f->outputs), by_number);
}

static void mark_makers(struct gm_run *lead, const struct gm_run *run)
{
  struct gm_found *f = lead->job.found;
  const struct gm_link *l = gm_run_link(run);
  uint32_t i;

  for (i = 0; i < f->n_outputs; i++) {
    if (f->outputs[i].provider)
      continue;
    f->outputs[i].provider = gm_strdup(l->provider);
    f->outputs[i].model = gm_strdup(l->model);
  }
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
  return a && b ? GM_MIN(a, b) : a + b;
}

static void take_times(struct gm_job *to, const struct gm_job *from)
{
  to->accepted_ms = earlier(to->accepted_ms, from->accepted_ms);
  to->working_ms = earlier(to->working_ms, from->working_ms);
  to->generated_ms = GM_MAX(to->generated_ms, from->generated_ms);
}

static int64_t sum(int64_t a, int64_t b)
{
  return a < 0 || b < 0 ? -1 : a + b;
}

/* What failed has cost nothing, as far as the vendor said, and what may have
 * been charged for is said beside the cost; but of what a vendor works on yet
 * nobody knows. */
static bool has_cost(const struct gm_run *run)
{
  int32_t error_class = run->err.error_class;

  return !error_class || error_class == GAMUT_E_DETACHED ||
         run->cost.microusd > 0;
}

/* As of one job: without any that has a cost it is not known, which is not
 * zero. */
static void take_costs(struct gm_run *lead)
{
  struct gm_cost *to = &lead->cost;
  const struct gm_member *m;
  bool some = false;

  *to = (struct gm_cost){ .known = true };
  GM_EACH_MEMBER(lead->team, m)
  {
    if (!m->run || !m->over || !has_cost(m->run))
      continue;
    some = true;
    to->microusd = sum(to->microusd, m->run->cost.microusd);
    to->formula_microusd =
      sum(to->formula_microusd, m->run->cost.formula_microusd);
    to->estimated |= m->run->cost.estimated;
  }
  if (!some)
    to->microusd = to->formula_microusd = -1;
  to->estimated &= to->microusd >= 0;
}

/* What the lead is asked for later, it answers as the job that made it. */
static void take_job(struct gm_run *lead, struct gm_run *run)
{
  struct gm_job *to = &lead->job, *from = &run->job;

  to->instance = from->instance;
  to->request = GM_TAKE(from->request);
  to->pending = GM_TAKE(from->pending);
  to->state_text = GM_TAKE(from->state_text);
  to->accepted = from->accepted;
  to->served = from->served;
  to->http_status = from->http_status;
  to->partials = GM_TAKE(from->partials);
  to->n_partials = from->n_partials;
  from->n_partials = 0;
  lead->hit = GM_TAKE(run->hit);
  lead->notes = GM_TAKE(run->notes);
  lead->price_microusd = run->price_microusd;
  lead->embedding_usd = run->embedding_usd;
  lead->at = gm_team_place(lead, gm_run_link(run));
}

/* Of several jobs none can be asked again for all. */
static void take_more(struct gm_run *lead, const struct gm_run *run)
{
  struct gm_job *to = &lead->job;
  struct json_object *o;

  gm_free(GM_TAKE(to->pending));
  gm_free(GM_TAKE(to->state_text));
  lead->price_microusd = sum(lead->price_microusd, run->price_microusd);
  o = to->request
        ? gm_json_parse_once(to->request, strlen(to->request), NULL, NULL)
        : NULL;
  if (!o)
    return;
  json_object_object_add(o, "n", json_object_new_int64(lead->team->n));
  gm_free(to->request);
  to->request = gm_strdup(gm_json_text(o, NULL));
  json_object_put(o);
}

static void take_results(struct gm_run *lead)
{
  struct gm_member *m, *first = NULL, *last = NULL;

  take_costs(lead);
  GM_EACH_MEMBER(lead->team, m)
  {
    if (m->run && m->over) {
      lead->team->maybe_charged |=
        m->run->job.maybe_charged || m->run->job.maybe_earlier;
      lead->team->accepted |= m->run->job.accepted;
    }
    take_attempts(lead, m);
    last = m->run ? m : last;
    if (!counts(lead->team, m))
      continue;
    if (m->run->ops) /* else it ended in another process's time */
      take_times(&lead->job, &m->run->job);
    if (!first) {
      take_job(lead, m->run);
      take_found(lead, m->run);
      first = m;
      continue;
    }
    mark_makers(lead, first->run);
    take_found(lead, m->run);
    take_more(lead, m->run);
  }
  if (!first && last)
    take_job(lead, last->run);
}

/* ---- how it ended ---------------------------------------------------------
 */

/* How many of those that count ended with this class. */
static uint32_t count_ends(const struct gm_team *team, int32_t error_class)
{
  const struct gm_member *m;
  uint32_t n = 0;

  GM_EACH_MEMBER(team, m)
  {
    if (m->run && m->over && !m->lost)
      n += m->run->err.error_class == error_class;
  }
  return n;
}

static bool went_well(const struct gm_team *team)
{
  if (gm_team_is_won(team))
    return team->winner->run && team->winner->run->err.error_class == 0;
  /* A part is better than nothing, but not when nothing was wanted any more. */
  return count_ends(team, 0) > 0 &&
         !(team->cancelling && count_ends(team, GAMUT_E_CANCELLED) > 0);
}

/* What was followed to its end by another process, which had lost the request,
 * is at the vendor: better than nothing. */
static void take_lost_one(struct gm_team *team)
{
  struct gm_member *m;

  if (team->winner || count_ends(team, 0) > 0)
    return;
  GM_EACH_MEMBER(team, m)
  {
    if (!m->lost || !m->over || !m->run || m->run->err.error_class)
      continue;
    m->lost = false;
    team->winner = m;
    return;
  }
}

static bool is_detached(const struct gm_team *team)
{
  return team->detaching &&
         (team->let_go || count_ends(team, GAMUT_E_DETACHED) > 0);
}

/* How it ended, or why that is not known. */
static struct gm_error *error_of(struct gm_member *m)
{
  return m->run ? &m->run->err : &m->err;
}

/* One alone says it as it was said. */
static void take_error(struct gm_run *lead)
{
  struct gm_team *team = lead->team;
  struct gm_member *m, *unsure = NULL, *last = NULL;

  GM_EACH_MEMBER(team, m)
  {
    if (m->run && m->run->err.error_class == GAMUT_E_UNKNOWN)
      unsure = m;
    if (m->run)
      last = m;
  }
  if (gm_team_is_won(team))
    last = team->winner;
  if (last && (last == team->winner || (team->members.next == &last->link &&
                                        team->members.prev == &last->link)))
    gm_error_move(&lead->err, error_of(last));
  if (!lead->err.error_class && team->cancelling && lead->n_attempts == 0)
    gm_fail(&lead->err, GAMUT_E_CANCELLED, "cancelled");
  if (!lead->err.error_class)
    gm_run_sum_up(lead);
  if (unsure)
    lead->err.error_class = GAMUT_E_UNKNOWN;
}

static void end_detached(struct gm_run *lead)
{
  const struct gm_member *m;

  GM_EACH_MEMBER(lead->team, m)
  {
    if (m->err.error_class && !lead->err.error_class)
      gm_fail(&lead->err, GAMUT_E_DETACHED, "%s, which is a part of it: %s",
              m->id, gm_error_text(&m->err));
  }
  if (!lead->err.error_class)
    gm_fail(&lead->err, GAMUT_E_DETACHED,
            "left while the vendors work on it");
  gm_fail(&lead->job.err, GAMUT_E_DETACHED, "%s", gm_error_text(&lead->err));
  gm_job_save(&lead->job, true);
}

void gm_team_end(struct gm_run *lead)
{
  bool well;

  take_lost_one(lead->team);
  well = went_well(lead->team);
  gm_team_let_claims_go(lead);
  if (is_detached(lead->team))
    end_detached(lead);
  take_results(lead);
  if (!well && !lead->err.error_class)
    take_error(lead);
  let_lost_go(lead); /* which their records say before the lead's has its end */
  lead->job.ended_ms = gm_mono_ms();
  gm_run_end(lead, lead->err.error_class != 0);
}

/* What is in doubt is settled by its own record, and who was left goes on by
 * that. */
static bool needs_record(const struct gm_run *run)
{
  return gm_run_maybe_charged(run) || run->err.error_class == GAMUT_E_DETACHED;
}

void gm_team_forget_records(const struct gm_run *lead)
{
  const struct gm_member *m;

  if (lead->job.state != GM_JOB_ENDED ||
      lead->job.err.error_class == GAMUT_E_DETACHED)
    return;
  GM_EACH_MEMBER(lead->team, m)
  {
    if (m->over && m->run && !needs_record(m->run))
      gm_job_forget(&m->run->job, &lead->job);
  }
}
