/* pool.c - which of a provider's keys a job gets.
 *
 * A key is aside as long as its account's breaker, or that of the link with it,
 * is open (401, 402, 403: breaker.c, known to other processes), as long as the
 * limiter holds it (429 with Retry-After), and for a short time after any 429.
 * The others go on meanwhile: each has breakers and limits of its own. */
#include "route/pool.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/str.h"
#include "job/limiter.h"
#include "plugin/slot.h"
#include "route/choose.h"
#include <string.h>

#define RATE_ASIDE_MS 5000

/* ---- which are there ------------------------------------------------------
 */

static struct gm_instance *first_of(const struct gm_run *run, uint32_t i)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *first = NULL;

  if (gm_instance_look(run->router->instances, run->links[i].provider, &first,
                       &err))
    return NULL;
  return first;
}

bool gm_pool_is_there(const struct gm_run *run, uint32_t i)
{
  const struct gm_instance *first = first_of(run, i);

  return first && first->next_slot;
}

/* For how long it is to be left alone; what limits it, and what failed. */
static void look(const struct gm_run *run, const struct gm_instance *i,
                 uint64_t *ret_held_ms, uint64_t *ret_off_ms)
{
  struct gm_breaker_view account, link;
  struct gm_limit_facts limits;
  uint64_t now = gm_mono_ms();

  gm_limit_look(i, &limits);
  gm_breaker_look(gm_choice_account(run, run->at, i), &account);
  gm_breaker_look(gm_choice_breaker(run, run->at, i), &link);
  *ret_held_ms =
    GM_MAX(limits.held_ms, i->aside_ms > now ? i->aside_ms - now : 0);
  *ret_off_ms = GM_MAX(account.left_ms, link.left_ms);
}

/* ---- choosing -------------------------------------------------------------
 */

/* The best so far.  Of several that are as good as each other one is taken at
 * random, so that processes with a job each do not all take the first. */
struct best {
  struct gm_instance *i;
  uint64_t first, second; /* less is better */
  uint64_t among;
};

static void offer(struct best *b, struct gm_instance *i, uint64_t first,
                  uint64_t second, uint64_t weight)
{
  if (b->i && (first > b->first || (first == b->first && second > b->second)))
    return;
  if (!b->i || first < b->first || second < b->second) {
    *b = (struct best){ i, first, second, weight };
    return;
  }
  b->among += weight;
  if (gm_random_below(b->among) < weight)
    b->i = i;
}

static struct gm_instance *choose(const struct gm_run *run,
                                  struct gm_instance *first)
{
  bool weighted =
    gm_streq(gm_instance_value(first, "key_choice", false), "weighted");
  struct best fit = { 0 }, held = { 0 }, off = { 0 };
  uint64_t held_ms, off_ms, bit = 1;
  struct gm_instance *i;

  for (i = first; i; i = i->next_slot, bit <<= 1) {
    if (run->keys_tried & bit && run->keys_at == run->at)
      continue;
    look(run, i, &held_ms, &off_ms);
    if (off_ms > 0)
      offer(&off, i, off_ms, 0, 1);
    else if (held_ms > 0)
      offer(&held, i, held_ms, 0, 1);
    else if (weighted)
      offer(&fit, i, 0, 0, i->weight);
    else
      offer(&fit, i, i->under_way, i->used, 1);
  }
  if (fit.i)
    return fit.i;
  if (held.i)
    return held.i;
  /* One that is off is tried when there is no other, but not after others. */
  return run->keys_tried && run->keys_at == run->at ? NULL : off.i;
}

int32_t gm_pool_choose(struct gm_run *run, struct gm_instance **ret,
                       struct gm_error *err)
{
  struct gm_instance *i;

  if (!(*ret)->next_slot)
    return 0;
  i = choose(run, *ret);
  if (!i)
    return gm_fail(err, GAMUT_E_AUTH, "no key of %s is left to try",
                   (*ret)->name);
  *ret = i;
  return gm_instance_use(run->router->instances, i, err);
}

/* ---- who has it -----------------------------------------------------------
 */

static uint64_t bit_of(const struct gm_run *run, const struct gm_instance *i)
{
  const struct gm_instance *at = first_of(run, run->at);
  uint64_t bit = 1;

  for (; at && at != i; at = at->next_slot)
    bit <<= 1;
  return at ? bit : 0;
}

void gm_pool_begun(struct gm_run *run)
{
  struct gm_instance *i = run->job.instance;

  if (!i || !gm_slot_is_one(i))
    return;
  gm_pool_drop(run);
  if (run->keys_at != run->at)
    run->keys_tried = 0;
  run->keys_at = run->at;
  run->keys_tried |= bit_of(run, i);
  run->key_taken = i;
  i->under_way++;
  i->used++;
}

void gm_pool_drop(struct gm_run *run)
{
  if (run->key_taken)
    run->key_taken->under_way--;
  run->key_taken = NULL;
}

/* ---- what a refusal means --------------------------------------------------
 */

/* It is about the key, and another one may do.  A quota that no vendor spoke of
 * is a budget of ours, which all keys share. */
static bool is_of_key(const struct gm_job *job)
{
  int32_t error_class = job->err.error_class;

  if (error_class == GAMUT_E_QUOTA)
    return job->tries > 0 || job->http_status > 0;
  return error_class == GAMUT_E_AUTH || error_class == GAMUT_E_PERMISSION ||
         error_class == GAMUT_E_RATE;
}

void gm_pool_over(struct gm_run *run)
{
  struct gm_job *job = &run->job;
  struct gm_instance *i = job->instance;

  gm_pool_drop(run);
  if (!i || !gm_slot_is_one(i) || !is_of_key(job))
    return;
  gm_error_prefix(&job->err, "key '%s'", i->slot);
  if (job->err.error_class == GAMUT_E_RATE)
    i->aside_ms = gm_mono_ms() + RATE_ASIDE_MS;
}

/* A job that the vendor has stays with its key, whatever that is refused.  One
 * that was refused for its rate goes only where it need not wait. */
bool gm_pool_has_next(struct gm_run *run)
{
  const struct gm_job *job = &run->job;
  struct gm_instance *first, *next;
  uint64_t held_ms, off_ms;

  if (!job->instance || !gm_slot_is_one(job->instance) || job->accepted ||
      job->maybe_charged || job->maybe_earlier || job->doubtful)
    return false;
  if (job->err.error_class && !is_of_key(job))
    return false;
  first = first_of(run, run->at);
  next = first ? choose(run, first) : NULL;
  if (!next)
    return false;
  look(run, next, &held_ms, &off_ms);
  return held_ms == 0 ||
         (job->err.error_class != GAMUT_E_RATE && job->err.error_class != 0);
}
