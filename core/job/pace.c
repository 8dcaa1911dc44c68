/* pace.c - when to look at a job next.
 *
 * A look costs a request, and a job that is done and not looked at costs its
 * user time.  So the steps near the expected end are a small share of the
 * whole: what they add to a job is half a step on average, some four per cent.
 */
#include "job/pace.h"
#include "base/random.h"

#define STEPS 12 /* in the usual time */
/* Also of a job that takes long somebody wants to hear now and then. */
#define EARLY_MOST_MS   60000u
#define OVERDUE_MOST_MS 30000u
/* A guess may stretch the provider's own waits by half, not more. */
#define GUESS_NUM 3
#define GUESS_DEN 2

#define EARLY_SPREAD 30 /* per cent of the wait, around it */
#define SPREAD       20

static bool is_early(const struct gm_pace *p, const struct gm_pace_look *look,
                     uint32_t step_ms)
{
  return look->elapsed_ms + step_ms < p->early_ms;
}

static uint32_t step_of(const struct gm_pace *p,
                        const struct gm_pace_look *look)
{
  return GM_MAX(p->usual_ms / STEPS, look->least_ms);
}

static uint32_t overdue_ms(const struct gm_pace *p,
                           const struct gm_pace_look *look, uint32_t step_ms)
{
  uint64_t wait = step_ms + (look->elapsed_ms - p->late_ms) / 4;
  uint32_t most = GM_MAX(GM_MAX(OVERDUE_MOST_MS, look->wish_ms), step_ms);

  return (uint32_t)GM_MIN(wait, (uint64_t)most);
}

uint32_t gm_pace_wait_ms(const struct gm_pace *p,
                         const struct gm_pace_look *look)
{
  uint32_t step = step_of(p, look), wait = step;
  uint64_t most = (uint64_t)look->wish_ms * GUESS_NUM / GUESS_DEN;

  /* Of what is done before the vendor allows a second look, the provider knows
   * best when to take the first. */
  if (p->early_ms == 0 || p->late_ms <= look->least_ms)
    return look->wish_ms;
  if (is_early(p, look, step))
    wait = (uint32_t)GM_MIN(p->early_ms - look->elapsed_ms, EARLY_MOST_MS);
  else if (look->elapsed_ms > p->late_ms)
    wait = overdue_ms(p, look, step);
  return p->guessed ? (uint32_t)GM_MIN(wait, most) : wait;
}

uint32_t gm_pace_ms(const struct gm_pace *p, const struct gm_pace_look *look)
{
  uint32_t wait = gm_pace_wait_ms(p, look);
  uint64_t share = is_early(p, look, step_of(p, look)) ? EARLY_SPREAD : SPREAD;
  uint64_t room = wait * share / 100;
  uint64_t from = GM_MAX(wait - room / 2, GM_MIN(wait, look->least_ms));

  return (uint32_t)GM_MIN(from + gm_random_below(room + 1), UINT32_MAX);
}

struct gm_pace gm_pace_guess(uint32_t latency_ms)
{
  latency_ms = GM_MIN(latency_ms, UINT32_MAX / 2);
  return (struct gm_pace){ .early_ms = latency_ms / 2,
                           .usual_ms = latency_ms,
                           .late_ms = 2 * latency_ms,
                           .guessed = true };
}
