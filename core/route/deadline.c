/* deadline.c - the time that a job has, and the time that a link of its route
 * has before the next one is tried.  The first gives the job back; the second
 * asks the vendor to cancel, see job/yield.c. */
#include "base/clock.h"
#include "job/flight.h"
#include "route/bind.h"
#include "route/choose.h"
#include <stdio.h>

static void start(struct gm_run *run, struct gm_timer *t,
                  void (*fire)(struct gm_timer *t), uint64_t at_ms)
{
  t->fire = fire;
  gm_timer_start(run->router->engine->loop, t, at_ms);
}

static void on_deadline(struct gm_timer *t)
{
  struct gm_run *run = GM_CONTAINER(t, struct gm_run, deadline);

  gm_run_detach(run);
}

void gm_run_deadline(struct gm_run *run, uint64_t from_ms)
{
  if (run->timeout_ms > 0)
    start(run, &run->deadline, on_deadline, from_ms + run->timeout_ms);
}

/* How often an attempt is looked at that cannot give way yet. */
#define LOOK_AGAIN_MS 1000

/* What is known of the present link stays. */
bool gm_run_is_able(struct gm_run *run, uint32_t i, struct gm_error *err)
{
  _cleanup_json_ struct json_object *request = NULL;
  struct json_object *notes = GM_TAKE(run->notes);
  int64_t price_microusd = run->price_microusd;
  bool can;

  can = gm_run_price(run, i, &request, err) == 0 &&
        gm_run_check_cost(run, i, err) == 0;
  json_object_put(run->notes);
  run->notes = notes;
  run->price_microusd = price_microusd;
  gm_free(GM_TAKE(run->quote));
  return can;
}

/* Can another link do it: never, not as long as a breaker keeps it off, now. */
enum chance { CHANCE_NONE, CHANCE_LATER, CHANCE_NOW };

static enum chance with_key(const struct gm_run *run, uint32_t i,
                            struct gm_instance *key)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  if (gm_instance_use(run->router->instances, key, &err) ||
      gm_instance_ready(key, &err))
    return CHANCE_NONE;
  return gm_choice_check(gm_choice_breaker(run, i, key),
                         gm_choice_account(run, i, key), &err)
           ? CHANCE_LATER
           : CHANCE_NOW;
}

static enum chance chance_of(struct gm_run *run, uint32_t i)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  enum chance best = CHANCE_NONE;
  struct gm_instance *key;

  if (!gm_run_is_able(run, i, &err) ||
      gm_instance_look(run->router->instances, run->links[i].provider, &key,
                       &err))
    return CHANCE_NONE;
  for (; key && best < CHANCE_NOW; key = key->next_slot)
    best = GM_MAX(best, with_key(run, i, key));
  return best;
}

/* Nothing is won by giving up a job when no other can be begun. */
static enum chance chance_elsewhere(struct gm_run *run)
{
  enum chance best = CHANCE_NONE;
  uint32_t i;

  if (!run->chosen || run->choice)
    return CHANCE_LATER;
  for (i = run->at + 1; i < run->n_links && best < CHANCE_NOW; i++)
    best = GM_MAX(best, chance_of(run, i));
  return best;
}

uint32_t gm_run_next_able(struct gm_run *run)
{
  uint32_t i = run->at + 1;

  while (i < run->n_links && chance_of(run, i) < CHANCE_NOW)
    i++;
  return i;
}

bool gm_run_has_hung(const struct gm_run *run)
{
  return run->job.late || gm_job_may_be_lost(&run->job);
}

static void on_attempt_deadline(struct gm_timer *t)
{
  struct gm_run *run = GM_CONTAINER(t, struct gm_run, attempt_deadline);
  enum chance chance = chance_elsewhere(run);
  char why[80];

  if (chance == CHANCE_NONE)
    return;
  if (gm_run_has_hung(run)) { /* its time begins anew */
    gm_timer_start(run->router->engine->loop, t,
                   gm_mono_ms() + run->attempt_timeout_ms);
    return;
  }
  snprintf(why, sizeof(why), "no result within attempt_timeout %.3g s",
           run->attempt_timeout_ms / 1e3);
  if (chance == CHANCE_LATER || !gm_job_give_way(&run->job, why))
    gm_timer_start(run->router->engine->loop, t, gm_mono_ms() + LOOK_AGAIN_MS);
}

/* The last link has the time of the job. */
void gm_run_attempt_deadline(struct gm_run *run, uint64_t at_ms)
{
  if (run->attempt_timeout_ms == 0 || run->at + 1 >= run->n_links ||
      run->last_resort) {
    gm_timer_stop(run->router->engine->loop, &run->attempt_deadline);
    return;
  }
  if (run->chosen) /* also a job taken up knows of the others by then */
    gm_choice_want(run);
  start(run, &run->attempt_deadline, on_attempt_deadline, at_ms);
}

/* The vendor has cancelled it because we wanted to try elsewhere. */
void gm_run_gave_way(struct gm_run *run)
{
  struct gm_job *job = &run->job;

  if (!job->giving_way || job->err.error_class != GAMUT_E_CANCELLED)
    return;
  job->giving_way = job->cancelling = false;
  gm_error_finish(&job->err);
  gm_fail(&job->err, GAMUT_E_TIMEOUT,
          "no result within attempt_timeout %.3g s; cancelled at the vendor",
          run->attempt_timeout_ms / 1e3);
}

void gm_run_no_deadline(struct gm_run *run)
{
  gm_timer_stop(run->router->engine->loop, &run->deadline);
  gm_timer_stop(run->router->engine->loop, &run->attempt_deadline);
}
