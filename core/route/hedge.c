/* hedge.c - when the second link begins, and with what.
 *
 * The first member has all links of the route.  When it has taken its time, the
 * first of its later links that can do the request, and all behind that one,
 * become the second's: whichever fails goes on with what it has, and no link is
 * ever tried by both. */
#include "base/clock.h"
#include "job/flight.h"
#include "job/meter.h"
#include "job/trace.h"
#include "job/usual.h"
#include "route/bind.h"
#include "route/team.h"
#include <stdio.h>

#define AGAIN_MS 50

static struct gm_member *first_of(const struct gm_team *team)
{
  struct gm_member *m;

  GM_EACH_MEMBER(team, m)
  {
    if (m->why == GM_WHY_FIRST && m->run && !m->over)
      return m;
  }
  return NULL;
}

static bool is_possible(const struct gm_run *lead)
{
  const struct gm_team *team = lead->team;

  return lead->hedge_ms != 0 && !team->hedged && !team->winner &&
         !team->cancelling && !team->detaching && first_of(team);
}

/* When 95 per cent of such jobs are done: measured here, else twice what the
 * catalog says is usual; 0: nobody knows. */
static uint64_t p95_of(const struct gm_run *run)
{
  int64_t ms =
    gm_usual_p95(run->job.usual ? run->job.usual : gm_run_usual(run, run->at));

  return ms > 0 ? (uint64_t)ms : 2u * run->job.latency_ms;
}

/* 0: never. */
static uint64_t due_ms(const struct gm_run *lead, const struct gm_run *run)
{
  uint64_t p95, awake_ms = lead->team->awake_ms;

  if (lead->hedge_ms > 0)
    return GM_MAX(lead->began_ms, awake_ms) + (uint32_t)lead->hedge_ms;
  p95 = p95_of(run);
  return p95 ? GM_MAX(run->job.began_ms, awake_ms) + p95 : 0;
}

/* It is about to be sent, or what becomes of it is not known yet. */
static bool is_in_between(const struct gm_run *run)
{
  return !run->chosen || run->choice || run->job.unsent ||
         run->job.takeup != GM_TAKEUP_NONE || run->job.giving_way;
}

static void tell(struct gm_run *lead, const struct gm_run *second)
{
  const struct gm_link *l = gm_run_link(second);
  struct gm_job_event e = { .type = GAMUT_EVENT_HEDGE };
  char text[512];

  snprintf(text, sizeof(text), "%s:%s begins as well", l->provider, l->model);
  e.text = text;
  gm_count(lead->router->engine->meters, GM_M_HEDGES, 1, l->provider, l->model,
           NULL);
  gm_info(lead->router->engine->log, "job %s: %s", lead->job.id, text);
  gm_trace_event(lead->job.trace, "hedge", text, 0);
  if (lead->ops->wants_events && lead->ops->wants_events(lead))
    lead->ops->event(lead, &e);
}

/* Both records say so before anything of the second is written. */
static void split(struct gm_run *lead, struct gm_run *run)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  uint32_t i, at = gm_run_next_able(run);
  struct gm_member *second = NULL;

  if (at < run->n_links)
    second = gm_team_add(lead, GM_WHY_HEDGE, run->links + at, run->n_links - at,
                         (struct gm_share){ 1, lead->team->n }, &err);
  if (!second) {
    gm_warn(lead->router->engine->log, "job %s is not hedged: %s", lead->job.id,
            err.error_class ? gm_error_text(&err)
                            : "no later link of the route can do it");
    return;
  }
  lead->team->hedged = true;
  for (i = at; i < run->n_links; i++)
    gm_link_finish(&run->links[i]);
  run->n_links = at;
  run->job.patience_ms = gm_run_patience_ms(run);
  gm_job_save(&lead->job, false);
  gm_job_save(&run->job, false);
  tell(lead, second->run);
}

static void on_time(struct gm_timer *t)
{
  struct gm_team *team = GM_CONTAINER(t, struct gm_team, hedge);
  struct gm_member *first = first_of(team);
  struct gm_run *lead = first ? first->lead : NULL;
  struct gm_loop *loop;
  uint64_t due, now = gm_mono_ms();

  if (!lead || !is_possible(lead))
    return;
  loop = lead->router->engine->loop;
  if (gm_run_has_hung(first->run))
    team->awake_ms = now;
  due = due_ms(lead, first->run);
  if (is_in_between(first->run))
    gm_timer_start(loop, t, now + AGAIN_MS);
  else if (due > now)
    gm_timer_start(loop, t, due);
  else if (due > 0)
    split(lead, first->run);
  else
    gm_warn(lead->router->engine->log,
            "job %s is not hedged: how long %s usually takes is not known yet "
            "(a time in seconds can be given)",
            lead->job.id, gm_run_link(first->run)->model);
}

void gm_hedge_arm(struct gm_run *lead)
{
  struct gm_timer *t = &lead->team->hedge;

  if (!is_possible(lead))
    return;
  t->fire = on_time;
  gm_timer_start(lead->router->engine->loop, t, gm_mono_ms() + AGAIN_MS);
}
