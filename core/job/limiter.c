/* limiter.c - jobs wait here for their turn to send.
 *
 * Two lanes: what is paid comes first when there is not enough for all, but one
 * permit in four is for the looks at what runs already, which else would never
 * end.  A job that generates holds a place from before its paid exchange leaves
 * until its outputs are known. */
#include "job/limiter.h"
#include "base/clock.h"
#include "base/sha256.h"
#include "base/str.h"
#include "job/limiter_private.h"
#include "job/meter.h"
#include <stdio.h>
#include <string.h>

#define LOOKS_EVERY 4

/* ---- accounts ------------------------------------------------------------ */

static void on_timer(struct gm_timer *t);

static void read_settings(struct gm_account *a, const struct gm_instance *i)
{
  const char *rate = gm_instance_value(i, "max_per_second", false);
  const char *most = gm_instance_value(i, "max_concurrent", false);
  int64_t n;

  if (!rate || !gm_parse_real(rate, 0, 1e6, &a->most_per_s))
    a->most_per_s = 0;
  if (most && gm_parse_i64(most, 0, GM_AT_ONCE_MAX, &n))
    a->most_at_once = (uint32_t)n;
}

static struct gm_account *find(const struct gm_engine *e, const char *key)
{
  struct gm_list *l;

  for (l = e->accounts.next; l != &e->accounts; l = l->next)
    if (strcmp(GM_CONTAINER(l, struct gm_account, link)->key, key) == 0)
      return GM_CONTAINER(l, struct gm_account, link);
  return NULL;
}

static struct gm_account *new_account(struct gm_engine *e,
                                      const struct gm_instance *i)
{
  char key[sizeof(((struct gm_account *)NULL)->key)];
  struct gm_account *a;
  int lane;

  snprintf(key, sizeof(key), "%.48s/%s", i->provider->def.name, i->account_id);
  a = find(e, key);
  if (a)
    return a;
  a = gm_zalloc(sizeof(*a));
  if (!a)
    return NULL;
  a->engine = e;
  memcpy(a->key, key, sizeof(key));
  a->left = -1;
  a->timer.fire = on_timer;
  for (lane = 0; lane < GM_LANES; lane++)
    gm_list_init(&a->waiting[lane]);
  gm_list_init(&a->shares);
  gm_list_append(&e->accounts, &a->link);
  read_settings(a, i);
  if (a->most_per_s > 0 || a->most_at_once > 0)
    gm_share_learned(a);
  return a;
}

static struct gm_account *account_of(struct gm_job *job)
{
  struct gm_instance *i = job->instance;

  if (!i->account)
    i->account = new_account(job->engine, i);
  return i->account;
}

double gm_account_rate(struct gm_account *a, uint64_t now)
{
  double learned = gm_learned_rate(a, now);

  if (a->most_per_s > 0 && (learned <= 0 || a->most_per_s < learned))
    return a->most_per_s;
  return learned;
}

/* ---- permits ------------------------------------------------------------- */

static int64_t slice_now(void)
{
  return (int64_t)(gm_wall_ms() / GM_SLICE_MS);
}

/* Whole permits, so that many slices together have what the rate says. */
static uint32_t permits_of(int64_t slice, double rate)
{
  double each = rate * GM_SLICE_MS / 1000;
  double before = (double)(slice % 1000000) * each;

  return (uint32_t)((int64_t)(before + each) - (int64_t)before);
}

static void begin_slice(struct gm_account *a)
{
  int64_t slice = slice_now();

  if (slice == a->slice)
    return;
  a->slice = slice;
  a->permits = 0;
  a->exhausted = false;
}

static bool take_permit(struct gm_account *a, uint64_t now)
{
  double rate = gm_account_rate(a, now);
  uint32_t most;

  if (rate <= 0)
    return true;
  begin_slice(a);
  if (a->permits == 0 && !a->exhausted && a->asking == 0) {
    most = permits_of(a->slice, rate);
    if (most == 0 || !gm_share_is_on(a)) {
      a->permits = most;
      a->exhausted = true;
    } else {
      gm_share_permits(a, a->slice,
                       GM_MAX(1, GM_MIN(a->n_waiting, (most + 1) / 2)), most);
    }
  }
  if (a->permits == 0)
    return false;
  a->permits--;
  return true;
}

/* ---- places -------------------------------------------------------------- */

static bool has_place(struct gm_account *a, uint64_t now)
{
  if (a->most_at_once == 0)
    return true;
  if (!gm_share_is_on(a))
    return a->busy < a->most_at_once;
  if (a->busy >= a->have && a->searching == 0 && now >= a->search_ms)
    gm_share_places(a, GM_MIN(a->n_waiting, a->most_at_once));
  return a->busy < a->have;
}

void gm_limit_release(struct gm_job *job)
{
  struct gm_account *a = job->instance ? job->instance->account : NULL;

  if (job->counted) {
    job->counted = false;
    a->in_flight--;
  }
  if (job->queued) {
    job->queued = false;
    a->n_waiting--;
  }
  job->permitted = false;
  if (!job->placed)
    return;
  job->placed = false;
  a->busy--;
  if (a->have > a->busy)
    gm_share_give_back(a);
  if (!gm_list_empty(&a->waiting[GM_PAID]))
    gm_account_wake(a);
}

/* Another link can have it at once. */
static void asked_too_long(struct gm_account *a, struct gm_job *job, int lane,
                           uint64_t now)
{
  uint64_t wait_ms = gm_learned_until(a, now, lane) - now;

  gm_job_fail(job, GAMUT_E_RATE,
              "%s asked to wait for %u seconds, which is longer than this job "
              "may wait",
              job->instance->name, (unsigned)((wait_ms + 999) / 1000));
}

/* ---- who is next --------------------------------------------------------- */

static struct gm_job *head(const struct gm_account *a, int lane)
{
  const struct gm_list *l = &a->waiting[lane];

  return gm_list_empty(l) ? NULL : GM_CONTAINER(l->next, struct gm_job, link);
}

static bool may_go(struct gm_account *a, int lane, uint64_t now)
{
  struct gm_job *job = head(a, lane);

  return job && !gm_learned_holds(a, now, lane) &&
         (lane == GM_LOOKS || job->placed || has_place(a, now));
}

static struct gm_job *next_job(struct gm_account *a, uint64_t now)
{
  bool paid = may_go(a, GM_PAID, now), looks = may_go(a, GM_LOOKS, now);
  int lane = paid ? GM_PAID : GM_LOOKS;

  if ((!paid && !looks) || !take_permit(a, now))
    return NULL;
  /* What was asked of the store may have changed who waits. */
  if (paid && looks && ++a->turn % LOOKS_EVERY == 0)
    lane = GM_LOOKS;
  return head(a, lane);
}

static void leave(struct gm_account *a, struct gm_job *job)
{
  gm_list_remove(&job->link);
  job->queued = false;
  a->n_waiting--;
}

static void let_go(struct gm_account *a, struct gm_job *job)
{
  leave(a, job);
  job->permitted = true;
  if (job->pending->flags & GAMUT_HTTP_BILLABLE && a->most_at_once > 0 &&
      !job->placed) {
    job->placed = true;
    a->busy++;
  }
  gm_job_send(job);
}

/* At the next slice, or when the vendor's wish is over. */
static void plan(struct gm_account *a, uint64_t now)
{
  uint64_t slice_ms = now + GM_SLICE_MS - gm_wall_ms() % GM_SLICE_MS;
  uint64_t due = UINT64_MAX;
  int lane;

  for (lane = 0; lane < GM_LANES; lane++)
    if (head(a, lane))
      due = GM_MIN(due, GM_MAX(slice_ms, gm_learned_until(a, now, lane)));
  if (due < UINT64_MAX)
    gm_timer_start(a->engine->loop, &a->timer, due);
}

static void serve(struct gm_account *a)
{
  struct gm_job *job;

  if (a->serving)
    return;
  a->serving = true;
  while ((job = next_job(a, gm_mono_ms())))
    let_go(a, job);
  a->serving = false;
  plan(a, gm_mono_ms());
}

/* The first that does not want to wait for so long. */
static struct gm_job *impatient(struct gm_account *a, int lane, uint64_t now)
{
  uint64_t wait_ms = gm_learned_until(a, now, lane) - now;
  struct gm_list *l;

  for (l = a->waiting[lane].next; l != &a->waiting[lane]; l = l->next) {
    struct gm_job *job = GM_CONTAINER(l, struct gm_job, link);

    if (wait_ms > job->patience_ms && !job->accepted)
      return job;
  }
  return NULL;
}

static void on_timer(struct gm_timer *t)
{
  struct gm_account *a = GM_CONTAINER(t, struct gm_account, timer);
  struct gm_job *job;
  int lane;

  for (lane = 0; lane < GM_LANES; lane++)
    while ((job = impatient(a, lane, gm_mono_ms()))) {
      leave(a, job);
      asked_too_long(a, job, lane, gm_mono_ms());
    }
  serve(a);
}

void gm_account_wake(struct gm_account *a)
{
  gm_timer_start(a->engine->loop, &a->timer, gm_mono_ms());
}

/* ---- jobs ---------------------------------------------------------------- */

static bool is_free(struct gm_account *a, const struct gm_job *job, int lane,
                    uint64_t now)
{
  if (a->n_waiting > 0 || gm_learned_holds(a, now, lane) ||
      gm_account_rate(a, now) > 0)
    return false;
  return lane == GM_LOOKS || a->most_at_once == 0 || job->placed;
}

bool gm_limit_ready(struct gm_job *job)
{
  bool paid = job->pending->flags & GAMUT_HTTP_BILLABLE;
  struct gm_account *a = account_of(job);
  int lane = paid ? GM_PAID : GM_LOOKS;
  uint64_t now;

  if (!a || job->permitted)
    return true;
  now = gm_mono_ms();
  if (is_free(a, job, lane, now) ||
      !gm_instance_owns(job->instance, gm_pending_url(job->pending)))
    return true;
  if (gm_learned_until(a, now, lane) - now > job->patience_ms &&
      !job->accepted) {
    asked_too_long(a, job, lane, now);
    return false;
  }
  gm_list_remove(&job->link);
  gm_list_append(&a->waiting[lane], &job->link);
  job->queued = true;
  job->queued_ms = now;
  a->n_waiting++;
  a->waits++;
  serve(a);
  return false;
}

void gm_limit_sent(struct gm_job *job)
{
  struct gm_account *a = job->instance->account;
  uint64_t now;

  job->permitted = false;
  if (!a)
    return;
  now = gm_mono_ms();
  if (job->queued_ms)
    gm_observe(job->engine->meters, GM_M_LIMITER_WAIT,
               (int64_t)(now - job->queued_ms), job->instance->name, NULL,
               NULL);
  job->queued_ms = 0;
  if (job->accepted && !job->placed && a->most_at_once > 0) {
    job->placed = true; /* one that was taken up */
    a->busy++;
  }
  gm_traffic_sent(a, now);
  gm_learned_spent(a, now);
  if (!job->counted)
    a->in_flight++;
  job->counted = true;
}

/* ---- the rest ------------------------------------------------------------ */

void gm_limit_look(const struct gm_instance *i, struct gm_limit_facts *ret)
{
  struct gm_account *a = i->account;
  uint64_t now = gm_mono_ms();

  memset(ret, 0, sizeof(*ret));
  if (!a)
    return;
  ret->per_second = gm_account_rate(a, now);
  ret->at_once = a->most_at_once;
  ret->waiting = a->n_waiting;
  ret->generating = a->busy;
  ret->held_ms = gm_learned_until(a, now, GM_PAID) - now;
  ret->waits = a->waits;
  ret->refusals = a->refusals;
  ret->denied = a->denied;
}

void gm_limits_finish(struct gm_engine *e)
{
  struct gm_list *l;

  while ((l = gm_list_pop(&e->accounts))) {
    struct gm_account *a = GM_CONTAINER(l, struct gm_account, link);

    gm_timer_stop(e->loop, &a->timer);
    gm_share_finish(a);
    gm_free(a);
  }
}
