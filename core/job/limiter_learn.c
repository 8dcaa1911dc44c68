/* limiter_learn.c - what a vendor bears, learned from what it refuses and from
 * what it says is left.
 *
 * When one answer in ten or more is a refusal, what was sent in the last second
 * is cut by their share, by half at most, and that is the limit; before there
 * is none.  After a refusal that asks to wait it begins with a quarter of that
 * and doubles each second (slow start); from there on it grows by a twentieth
 * each second.  Two minutes without a refusal, and it is forgotten.  A few jobs
 * need no limit: each waits before it tries again anyway. */
#include "base/clock.h"
#include "job/limiter_private.h"
#include "loop/rate_headers.h"

#define FORGET_MS 120000
#define WINDOW_MS 500 /* is judged together */
#define SHARE     0.1
#define BUSY      4 /* requests a second: below, there is nothing to learn */
#define LEAST     2.0
#define GROWTH    0.05

static void grow(struct gm_account *a, uint64_t now)
{
  double dt;

  for (; a->grown_ms + 100 <= now; a->grown_ms += 100) {
    dt = 0.1;
    if (a->rate < a->aim)
      a->rate = GM_MIN(a->aim, a->rate * (1 + 0.7 * dt) + 0.1 * dt);
    else
      a->rate += a->aim * GROWTH * dt;
  }
}

double gm_learned_rate(struct gm_account *a, uint64_t now)
{
  if (a->rate > 0 && now - a->refused_ms >= FORGET_MS)
    a->rate = a->aim = 0;
  if (a->rate > 0)
    grow(a, now);
  return a->rate;
}

static bool window_is_empty(const struct gm_account *a, uint64_t now)
{
  return a->left == 0 && now < a->left_ms;
}

bool gm_learned_holds(const struct gm_account *a, uint64_t now, int lane)
{
  return now < a->held_ms[lane] || window_is_empty(a, now);
}

uint64_t gm_learned_until(const struct gm_account *a, uint64_t now, int lane)
{
  return GM_MAX(a->held_ms[lane], window_is_empty(a, now) ? a->left_ms : now);
}

void gm_learned_spent(struct gm_account *a, uint64_t now)
{
  if (a->left > 0 && now < a->left_ms)
    a->left--;
  else if (a->left >= 0 && now >= a->left_ms)
    a->left = -1;
}

static void hold(struct gm_account *a, int lane, uint64_t until_ms)
{
  a->held_ms[lane] = GM_MAX(a->held_ms[lane], until_ms);
}

void gm_learned_adopt(struct gm_account *a, double rate, uint64_t paid_ms,
                      uint64_t looks_ms)
{
  uint64_t now = gm_mono_ms();

  if (rate > 0 && (a->rate <= 0 || rate < a->rate)) {
    a->rate = rate;
    a->aim = GM_MAX(a->aim, rate);
    a->grown_ms = now;
    a->refused_ms = GM_MAX(a->refused_ms, now);
  }
  hold(a, GM_PAID, now + GM_MIN(paid_ms, (uint64_t)GM_HELD_MAX_MS));
  hold(a, GM_LOOKS, now + GM_MIN(looks_ms, (uint64_t)GM_HELD_MAX_MS));
}

static void begin_window(struct gm_account *a, uint64_t now)
{
  a->window_ms = now;
  a->n_answered = a->n_refused = 0;
}

/* True: the limit is another one now. */
static bool cut(struct gm_account *a, uint64_t now, bool waits)
{
  double seen = gm_traffic_rate(a, now), rate = gm_learned_rate(a, now);
  double share = (double)a->n_refused / GM_MAX(a->n_answered, 1);

  if (now - a->window_ms < WINDOW_MS)
    return false;
  begin_window(a, now);
  if (share < SHARE || (rate <= 0 && seen < BUSY))
    return false;
  if (rate > 0)
    seen = seen > 0 ? GM_MIN(seen, rate) : rate;
  a->aim = GM_MAX(seen * GM_MAX(1 - share, 0.5), LEAST);
  a->rate = waits ? GM_MAX(a->aim / 4, 1.0) : a->aim;
  a->grown_ms = now;
  return true;
}

/* A refused look says that all is too much; a refused submission may be about
 * generations alone, and what runs can still be looked at. */
void gm_limit_refused(struct gm_job *job, const struct gm_exchange *x)
{
  struct gm_account *a = job->instance->account;
  uint64_t now = gm_mono_ms(), wait_ms;
  bool learned;

  if (!a)
    return;
  wait_ms = x->has_retry_after ? GM_MIN(x->retry_after_ms, GM_HELD_MAX_MS) : 0;
  a->refusals++;
  a->n_refused++;
  a->refused_ms = now;
  hold(a, GM_PAID, now + wait_ms);
  if (!(job->pending->flags & GAMUT_HTTP_BILLABLE))
    hold(a, GM_LOOKS, now + wait_ms);
  learned = cut(a, now, wait_ms > 0);
  if (learned)
    gm_info(job->engine->log,
            "%s refuses: at most %.1f requests a second for a while",
            job->instance->name, a->aim);
  if (learned || wait_ms > 0)
    gm_share_learned(a);
  if (a->n_waiting > 0)
    gm_account_wake(a);
}

void gm_limit_answered(struct gm_job *job, struct gm_exchange *x)
{
  struct gm_account *a = job->instance->account;
  struct gm_rate_headers h;
  uint64_t now = gm_mono_ms();
  int64_t under_way;

  if (!a || !job->counted)
    return;
  job->counted = false;
  a->in_flight--;
  if (a->n_refused == 0 && now - a->window_ms >= WINDOW_MS)
    begin_window(a, now);
  a->n_answered += x->status > 0;
  if (!gm_rate_headers(gm_buf_text(&x->header_text), x->header_text.len,
                       gm_wall_ms(), &h) ||
      h.reset_ms < 0)
    return;
  /* Those that are under way may not be counted in it yet. */
  under_way = (int64_t)a->in_flight;
  a->left = h.remaining > under_way ? h.remaining - under_way : 0;
  if (h.refills && h.limit > h.remaining && h.reset_ms > 0)
    h.reset_ms /= h.limit - h.remaining; /* the next one */
  a->left_ms = now + (uint64_t)GM_MIN(h.reset_ms, (int64_t)GM_HELD_MAX_MS);
}
