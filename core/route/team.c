/* team.c - the members of a team: begun, heard of, and let go. */
#include "route/team.h"
#include "base/clock.h"
#include "job/trace.h"
#include "route/bind.h"
#include "route/choose.h"
#include "route/ledger.h"
#include <string.h>

#define YIELD_AGAIN_MS 100
#define JUST_SENT_MS   1000
#define CANCEL_MS      2000 /* the longest that a result waits for a cancel */

bool gm_team_is_wanted(const struct gm_run *run)
{
  return !run->quoting && !run->member && run->n_links > 1 &&
         (run->hedge_ms != 0 || gm_json_i64(run->fields, "n", 1) > 1);
}

/* ---- members ------------------------------------------------------------- */

struct gm_member *gm_member_new(struct gm_run *lead, enum gm_why why,
                                struct gm_share share)
{
  struct gm_member *m = gm_zalloc(sizeof(*m));

  if (!m)
    return NULL;
  gm_list_init(&m->link);
  m->lead = lead;
  m->why = (uint8_t)why;
  m->first = share.first;
  m->n = share.n;
  if (!lead)
    return m;
  m->total = lead->team->n;
  memcpy(m->of, lead->job.id, GM_ID_SIZE);
  return m;
}

static struct gm_member *stand_in(const struct gm_member *m)
{
  struct gm_member *same =
    gm_member_new(m->lead, m->why, (struct gm_share){ m->first, m->n });

  if (!same)
    return NULL;
  memcpy(same->id, m->id, GM_ID_SIZE);
  memcpy(same->places, m->places, sizeof(m->places));
  same->n_places = m->n_places;
  same->topped_up = m->topped_up;
  same->over = true;
  return same;
}

void gm_member_leave_team(struct gm_member *m)
{
  struct gm_member *same = stand_in(m);

  if (same)
    gm_list_append(&m->link, &same->link); /* in its place */
  gm_list_remove(&m->link);
  m->lead = NULL;
  if (m->run)
    m->run->job.durable.with = NULL;
}

void gm_member_free(struct gm_member *m)
{
  struct gm_run *run = m ? GM_TAKE(m->run) : NULL;

  if (!m)
    return;
  if (run) {
    gm_timer_stop(run->router->engine->loop, &m->timer);
    run->member = NULL;
    gm_run_free(run);
  }
  gm_list_remove(&m->link);
  gm_error_finish(&m->err);
  gm_free(m);
}

uint32_t gm_team_place(const struct gm_run *lead, const struct gm_link *l)
{
  uint32_t i;

  for (i = 0; i < lead->n_links; i++) {
    if (strcmp(lead->links[i].provider, l->provider) == 0 &&
        strcmp(lead->links[i].model, l->model) == 0)
      return i;
  }
  return lead->at;
}

/* Its attempts are under the request's span. */
void gm_member_trace(struct gm_member *m)
{
  struct gm_trace *t = m->run->job.trace;
  const struct gm_trace *leads = m->lead->job.trace;

  if (t && leads)
    memcpy(t->root, leads->root, sizeof(t->root));
}

struct gm_member *gm_team_bind(struct gm_run *lead, enum gm_why why,
                               const struct gm_link *links, uint32_t n_links,
                               struct gm_share share, struct gm_error *err)
{
  _cleanup_(gm_ask_freep) struct gm_ask *ask =
    gm_team_ask(lead, why, links, n_links, share.n);
  struct gm_member *m = gm_member_new(lead, why, share);
  uint32_t i;

  if (!ask || !m) {
    gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
    gm_member_free(m);
    return NULL;
  }
  if (gm_run_join(lead->router, ask, m, err)) {
    gm_member_free(m);
    return NULL;
  }
  memcpy(m->id, m->run->job.id, GM_ID_SIZE);
  m->run->job.is_part = true;
  m->run->job.durable.with = lead->job.id;
  for (i = 0; i < n_links && i < GM_ASK_LINKS_MAX; i++)
    m->places[m->n_places++] = (uint8_t)gm_team_place(lead, &links[i]);
  if (why != GM_WHY_FIRST)
    m->run->plan.partials = false; /* their names would meet */
  m->run->plan.taken_up = lead->plan.taken_up;
  gm_member_trace(m);
  return m;
}

void gm_team_take_attempts(struct gm_run *lead, struct gm_run *run)
{
  uint32_t i;

  for (i = 0; i < run->n_attempts; i++)
    gm_run_add_attempt(lead, &run->attempts[i]);
  run->n_attempts = 0;
}

/* The lead's record must name it before its own is written, which is in the
 * next turn at the earliest. */
int32_t gm_team_go(struct gm_member *m, struct gm_error *err)
{
  int32_t rc = gm_run_start(m->run, err);

  if (rc) {
    if (m->why == GM_WHY_PART) /* nobody else tells why it is missing */
      gm_team_take_attempts(m->lead, m->run);
    gm_member_free(m);
    return rc;
  }
  gm_list_append(&m->lead->team->members, &m->link);
  return 0;
}

struct gm_member *gm_team_add(struct gm_run *lead, enum gm_why why,
                              const struct gm_link *links, uint32_t n_links,
                              struct gm_share share, struct gm_error *err)
{
  struct gm_member *m = gm_team_bind(lead, why, links, n_links, share, err);

  return m && gm_team_go(m, err) == 0 ? m : NULL;
}

/* ---- what is heard of them ----------------------------------------------- */

static bool all_over(const struct gm_team *team)
{
  struct gm_member *m;

  GM_EACH_MEMBER(team, m)
  {
    if (!m->over)
      return false;
  }
  return true;
}

/* A request is accepted when all its jobs are. */
static bool all_accepted(const struct gm_team *team)
{
  struct gm_member *m;

  GM_EACH_MEMBER(team, m)
  {
    if (!m->over && !m->accepted)
      return false;
  }
  return true;
}

/* How far it is tells the eldest of those that count; the others would only
 * make it jump. */
static bool is_for_all(const struct gm_member *m, int32_t type)
{
  const struct gm_member *other;

  if (type != GAMUT_EVENT_STATE && type != GAMUT_EVENT_QUEUE &&
      type != GAMUT_EVENT_PROGRESS && type != GAMUT_EVENT_NOTE)
    return true;
  GM_EACH_MEMBER(m->lead->team, other)
  {
    if (!other->over && !other->lost)
      return other == m;
  }
  return false;
}

static void member_event(struct gm_run *run, const struct gm_job_event *e)
{
  struct gm_member *m = run->member;

  if (!m->lead)
    return;
  m->accepted |= e->type == GAMUT_EVENT_ACCEPTED;
  if (e->type == GAMUT_EVENT_FALLBACK)
    gm_hedge_arm(m->lead);
  if (e->type == GAMUT_EVENT_ACCEPTED && !all_accepted(m->lead->team))
    return;
  if (!is_for_all(m, e->type))
    return;
  m->lead->at = gm_team_place(m->lead, gm_run_link(run));
  m->lead->ops->event(m->lead, e);
}

static bool member_watched(struct gm_run *run)
{
  struct gm_run *lead = run->member->lead;

  return lead && lead->ops->wants_events && lead->ops->wants_events(lead);
}

/* That the vendors have all the others has not been told: this one was awaited
 * yet. */
static void rest_accepted(const struct gm_member *m)
{
  const struct gm_job_event e = { .type = GAMUT_EVENT_ACCEPTED };
  const struct gm_team *team = m->lead->team;

  if (!m->accepted && !team->cancelling && !team->detaching &&
      !all_over(team) && all_accepted(team) && member_watched(m->run))
    m->lead->ops->event(m->lead, &e);
}

static void member_over(struct gm_run *run)
{
  struct gm_member *m = run->member;

  m->over = true;
  gm_timer_stop(run->router->engine->loop, &m->timer);
  if (!m->lead) {
    gm_member_free(m);
    return;
  }
  if (!run->err.error_class)
    gm_cache_keep(run, run->job.found, run->cost.microusd, run->cost.estimated);
  rest_accepted(m);
  gm_team_look(m->lead);
}

const struct gm_run_ops gm_member_ops = {
  .over = member_over,
  .event = member_event,
  .wants_events = member_watched,
};

/* ---- winning and losing -------------------------------------------------- */

void gm_member_leave(struct gm_run *run)
{
  run->plan.leave = true;
  gm_free(GM_TAKE(run->plan.name));
}

static void on_yield(struct gm_timer *t);

static void yield(struct gm_member *m)
{
  struct gm_loop *loop = m->run->router->engine->loop;

  if (gm_job_give_way(&m->run->job, "another link was quicker"))
    return; /* it may be gone with that */
  m->timer.fire = on_yield;
  gm_timer_start(loop, &m->timer, gm_mono_ms() + YIELD_AGAIN_MS);
}

static void on_yield(struct gm_timer *t)
{
  yield(GM_CONTAINER(t, struct gm_member, timer));
}

void gm_member_lose(struct gm_member *m)
{
  m->lost = true;
  if (m->over || !m->run)
    return;
  gm_member_leave(m->run);
  yield(m);
}

void gm_member_generated(struct gm_run *run)
{
  struct gm_member *m = run->member, *other;
  struct gm_team *team = m->lead ? m->lead->team : NULL;

  if (!team || !m->lead->hedge_ms || team->winner || m->lost)
    return;
  team->winner = m;
  gm_job_save(&m->lead->job, false);
  team->busy = true;
  GM_EACH_MEMBER(team, other)
  {
    if (other != m)
      gm_member_lose(other);
  }
  team->busy = false; /* the winner's files are yet to come */
}

bool gm_team_is_won(const struct gm_team *team)
{
  return team->hedged && team->winner;
}

bool gm_member_gave_way(struct gm_run *run)
{
  struct gm_job *job = &run->job;
  bool gave_way = job->giving_way && job->err.error_class == GAMUT_E_CANCELLED;

  if (!run->member || !run->member->lost)
    return false;
  if (gave_way || (job->tries == 0 && !job->cancelling &&
                   job->err.error_class == GAMUT_E_TIMEOUT)) {
    job->giving_way = job->cancelling = false;
    gm_error_finish(&job->err);
    gm_fail(&job->err, GAMUT_E_CANCELLED,
            "cancelled: another link was quicker");
  }
  return true;
}

/* ---- names ---------------------------------------------------------------
 */

/* Each output has its number, whoever is quicker and however often its job is
 * taken up. */
void gm_member_name(struct gm_run *run, struct gm_output *o,
                    struct gm_name_facts *f)
{
  const struct gm_member *m = run->member;

  f->job = m->of;
  if (m->total < 2)
    return;
  o->number = m->first + f->index - 1;
  if (f->index > m->n) /* more than was asked for */
    o->number += m->total;
  f->index = o->number;
  f->count = GM_MAX(m->total, f->index);
}

/* ---- the whole ----------------------------------------------------------- */

int32_t gm_team_begin(struct gm_run *lead, struct gm_error *err)
{
  struct gm_team *team = lead->team;
  int32_t rc;

  if (lead->spread && team->n > 1)
    rc = gm_spread_begin(lead, err);
  else
    rc = gm_team_add(lead, GM_WHY_FIRST, lead->links, lead->n_links,
                     (struct gm_share){ 1, team->n }, err)
           ? 0
           : err->error_class;
  if (rc)
    return rc;
  gm_job_stand_by(&lead->job);
  gm_hedge_arm(lead);
  return gm_job_save(&lead->job, false);
}

int32_t gm_team_start(struct gm_run *lead, struct gm_error *err)
{
  struct gm_team *team = gm_zalloc(sizeof(*team));

  if (!team)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  gm_list_init(&team->members);
  team->n = (uint32_t)gm_json_i64(lead->fields, "n", 1);
  lead->team = team;
  lead->chosen = true;
  gm_charge_drop(GM_TAKE(lead->charge)); /* each member has its own */
  lead->job.durable.also = NULL;
  gm_id_new(lead->job.attempt_id);
  lead->job.began_ms = gm_mono_ms();
  return gm_team_begin(lead, err);
}

/* Another process drives one of them. */
static bool one_is_gone(const struct gm_team *team)
{
  struct gm_member *m;

  GM_EACH_MEMBER(team, m)
  {
    if (m->over && m->run && !m->lost &&
        m->run->err.error_class == GAMUT_E_DETACHED)
      return true;
  }
  return false;
}

/* A vendor that is asked for a job answers in a moment; one that has not until
 * then makes the picture first. */
static bool is_just_sent(const struct gm_job *job)
{
  return job->unsent ||
         (!job->accepted && job->state == GM_JOB_SENDING && job->sent_ms &&
          gm_mono_ms() - job->sent_ms < JUST_SENT_MS);
}

/* It is being taken up, or its vendor is being told, or soon will be. */
static bool gives_way(const struct gm_member *m)
{
  const struct gm_job *job = m->run ? &m->run->job : NULL;

  return !job || job->cancelling || job->told || job->takeup != GM_TAKEUP_NONE ||
         job->unwritten || is_just_sent(job) ||
         (job->accepted && m->timer.at != 0);
}

static bool one_gives_way(const struct gm_team *team)
{
  const struct gm_member *m;

  GM_EACH_MEMBER(team, m)
  {
    if (m->lost && !m->over && gives_way(m))
      return true;
  }
  return false;
}

static void on_impatience(struct gm_timer *t)
{
  struct gm_team *team = GM_CONTAINER(t, struct gm_team, hedge);

  team->impatient = true;
  gm_team_look(team->winner->lead);
}

/* Is there nothing more to wait for?  What the vendor says to a cancel is known
 * in a moment, and tells whether it costs. */
static bool is_done(struct gm_run *lead)
{
  struct gm_team *team = lead->team;

  if (all_over(team))
    return true;
  if (!gm_team_is_won(team) || !team->winner->over)
    return false;
  if (team->impatient || !one_gives_way(team))
    return true;
  if (team->hedge.fire == on_impatience)
    return false;
  team->hedge.fire = on_impatience;
  return !gm_timer_start(lead->router->engine->loop, &team->hedge,
                         gm_mono_ms() + CANCEL_MS);
}

void gm_team_look(struct gm_run *lead)
{
  struct gm_team *team = lead->team;

  if (team->busy)
    return;
  if (one_is_gone(team) && !team->detaching && !team->cancelling) {
    gm_team_detach(lead);
    return;
  }
  if (!is_done(lead))
    return;
  if (!team->cancelling && !team->detaching && !team->hedged) {
    team->busy = true; /* what begins may be refused at once */
    if (gm_spread_top_up(lead)) {
      team->busy = false;
      return;
    }
    team->busy = false;
  }
  gm_team_end(lead);
}

static void tell_all(struct gm_run *lead, void (*what)(struct gm_job *job))
{
  struct gm_member *m;

  lead->team->busy = true;
  GM_EACH_MEMBER(lead->team, m)
  {
    if (!m->over && m->run)
      what(&m->run->job);
  }
  lead->team->busy = false;
  gm_team_look(lead);
}

void gm_team_cancel(struct gm_run *lead)
{
  lead->team->cancelling = true;
  gm_timer_stop(lead->router->engine->loop, &lead->team->hedge);
  tell_all(lead, gm_job_cancel);
}

void gm_team_detach(struct gm_run *lead)
{
  lead->team->detaching = true;
  gm_timer_stop(lead->router->engine->loop, &lead->team->hedge);
  gm_team_let_claims_go(lead);
  tell_all(lead, gm_job_detach);
}

void gm_team_free(struct gm_run *lead)
{
  struct gm_team *team = lead->team;

  if (!team)
    return;
  gm_team_forget_records(lead);
  gm_timer_stop(lead->router->engine->loop, &team->hedge);
  gm_team_let_claims_go(lead);
  while (!gm_list_empty(&team->members))
    gm_member_free(GM_CONTAINER(team->members.next, struct gm_member, link));
  gm_free(GM_TAKE(lead->team));
}

/* Which is settled with the member's own job. */
bool gm_run_maybe_charged(const struct gm_run *run)
{
  return run->job.maybe_charged || run->job.maybe_earlier ||
         (run->team && run->team->maybe_charged);
}

bool gm_run_accepted(const struct gm_run *run)
{
  return run->job.accepted || (run->team && run->team->accepted);
}

void gm_run_cancel(struct gm_run *run)
{
  if (run->team)
    gm_team_cancel(run);
  else
    gm_job_cancel(&run->job);
}

void gm_run_detach(struct gm_run *run)
{
  if (run->team)
    gm_team_detach(run);
  else
    gm_job_detach(&run->job);
}

void gm_router_abandon(struct gm_router *r)
{
  while (!gm_list_empty(&r->leftovers)) {
    struct gm_member *m =
      GM_CONTAINER(r->leftovers.next, struct gm_member, link);

    gm_job_detach(&m->run->job);
  }
}
