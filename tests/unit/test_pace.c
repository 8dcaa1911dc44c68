/* test_pace.c - when a job is looked at: rarely early, often near the end, less
 * when it is overdue; and what that costs against asking at a growing interval.
 */
#include "base/random.h"
#include "job/pace.h"
#include "unit.h"
#include <stdio.h>

#define MEASURED                                                               \
  {                                                                            \
    40000, 60000, 96000, false                                                 \
  }
#define GUESSED                                                                \
  {                                                                            \
    20000, 40000, 80000, true                                                  \
  }

static const struct {
  const char *name;
  struct gm_pace pace;
  struct gm_pace_look look; /* elapsed, wish, least */
  uint32_t wait_ms;
} rows[] = {
  { "nothing is known", { 0 }, { 0, 700, 500 }, 700 },
  { "nothing is known: at once", { 0 }, { 0, 0, 500 }, 0 },
  { "done before there could be a second look: at once",
    { .early_ms = 10, .usual_ms = 50, .late_ms = 95 },
    { 1, 0, 500 },
    0 },
  { "first look: not before the first is done",
    MEASURED,
    { 0, 0, 2000 },
    40000 },
  { "what is left until then", MEASURED, { 30000, 2000, 2000 }, 10000 },
  { "a step away it is a step", MEASURED, { 37000, 2000, 2000 }, 5000 },
  { "near the end: a twelfth", MEASURED, { 50000, 2000, 2000 }, 5000 },
  { "never sooner than the vendor allows",
    MEASURED,
    { 50000, 10000, 10000 },
    10000 },
  { "overdue: the farther the rarer",
    MEASURED,
    { 96000 + 40000, 2000, 2000 },
    15000 },
  { "overdue: but now and then", MEASURED, { 3600000, 2000, 2000 }, 30000 },
  { "overdue: or as the provider likes",
    MEASURED,
    { 3600000, 45000, 2000 },
    45000 },
  { "long ones are looked at every minute",
    { 600000, 700000, 900000, false },
    { 0, 10000, 10000 },
    60000 },
  { "a short one", { 300, 400, 900, false }, { 0, 500, 500 }, 500 },
  { "a guess stretches by half", GUESSED, { 0, 5000, 5000 }, 7500 },
  { "a guess makes it denser near the end",
    GUESSED,
    { 40000, 20000, 2000 },
    3333 },
  { "a guess does not put off what is at once", GUESSED, { 0, 0, 500 }, 0 },
  { "a guess that is over", GUESSED, { 200000, 10000, 5000 }, 15000 },
};

START_TEST(waits)
{
  ck_assert_msg(
    gm_pace_wait_ms(&rows[_i].pace, &rows[_i].look) == rows[_i].wait_ms,
    "%s: %u", rows[_i].name, gm_pace_wait_ms(&rows[_i].pace, &rows[_i].look));
}
END_TEST

/* Spread around the wait, and never below what the vendor allows. */
START_TEST(spread)
{
  uint32_t wait = rows[_i].wait_ms, least = UINT32_MAX, most = 0, i, ms;

  gm_random_seed(7);
  for (i = 0; i < 2000; i++) {
    ms = gm_pace_ms(&rows[_i].pace, &rows[_i].look);
    least = GM_MIN(least, ms);
    most = GM_MAX(most, ms);
  }
  ck_assert_uint_ge(least, GM_MIN(wait, rows[_i].look.least_ms));
  ck_assert_uint_ge(least, wait - wait * 15 / 100);
  ck_assert_uint_le(most, wait + wait * 30 / 100);
  if (wait > 0)
    ck_assert_uint_gt(most - least, wait / 10);
}
END_TEST

/* ---- what it costs ------------------------------------------------------- */

struct cost {
  double polls, late; /* a job: looks, and the share of its time that it was
                         done and nobody knew */
};

#define JOBS 4000

/* Durations around `usual`: most within a third of it, a tail. */
static uint32_t duration(uint32_t usual_ms)
{
  uint32_t third = usual_ms / 3, ms = usual_ms - third;

  ms += (uint32_t)(gm_random_below(third + 1) + gm_random_below(third + 1));
  if (gm_random_below(20) == 0)
    ms += (uint32_t)gm_random_below(usual_ms);
  return ms;
}

/* As it was before: `first`, then growing by a quarter of it up to `most`, plus
 * up to a tenth. */
static uint32_t growing(uint32_t polls, uint32_t first_ms, uint32_t most_ms)
{
  uint32_t ms = GM_MIN(first_ms + polls * (first_ms / 4), most_ms);

  return ms + (uint32_t)gm_random_below(ms / 10 + 1);
}

static struct cost simulate(uint32_t usual_ms, uint32_t first_ms,
                            uint32_t most_ms, bool paced)
{
  struct gm_pace pace = { usual_ms * 7 / 10, usual_ms, usual_ms * 14 / 10,
                          false };
  struct cost c = { 0, 0 };
  uint32_t i;

  gm_random_seed(1);
  for (i = 0; i < JOBS; i++) {
    uint32_t done = duration(usual_ms), polls = 0;
    uint64_t now = 0;

    while (now < done) {
      struct gm_pace_look look = { now, growing(polls, first_ms, most_ms),
                                   first_ms };

      now += paced ? gm_pace_ms(&pace, &look) : look.wish_ms;
      polls++;
    }
    c.polls += (double)polls / JOBS;
    c.late += (double)(now - done) / done / JOBS;
  }
  return c;
}

static const struct {
  const char *name;
  uint32_t usual_ms, first_ms, most_ms;
  double before, polls, late; /* at least; at most */
} costs[] = {
  { "picture of 8 s (fal)", 8000, 500, 2000, 6, 5.5, 0.05 },
  { "picture of 12 s (higgsfield)", 12000, 2000, 10000, 3, 3.5, 0.12 },
  { "video of 60 s (fal)", 60000, 2000, 5000, 12, 6.5, 0.05 },
  { "video of 90 s (runway)", 90000, 4500, 6000, 14, 6.5, 0.05 },
  { "video of 120 s (openai)", 120000, 5000, 20000, 9, 7.5, 0.05 },
  { "video of 240 s (higgsfield)", 240000, 2000, 10000, 25, 8.5, 0.05 },
};

START_TEST(cost)
{
  struct cost before =
    simulate(costs[_i].usual_ms, costs[_i].first_ms, costs[_i].most_ms, false);
  struct cost now =
    simulate(costs[_i].usual_ms, costs[_i].first_ms, costs[_i].most_ms, true);

  printf("%-28s %5.1f looks, %4.1f %% late; paced %4.1f, %4.1f %%\n",
         costs[_i].name, before.polls, 100 * before.late, now.polls,
         100 * now.late);
  ck_assert_msg(before.polls >= costs[_i].before, "before: %f", before.polls);
  ck_assert_msg(now.polls <= costs[_i].polls, "looks: %f", now.polls);
  ck_assert_msg(now.late <= costs[_i].late, "late: %f", now.late);
}
END_TEST

/* Ten thousand jobs that were submitted within ten seconds and take half a
 * minute: the busiest second has less than a fifth of all first looks. */
START_TEST(no_burst)
{
  struct gm_pace pace = { 30000, 40000, 60000, false };
  uint32_t seconds[120] = { 0 }, i, most = 0;

  gm_random_seed(3);
  for (i = 0; i < 10000; i++) {
    struct gm_pace_look look = { 0, 0, 500 };

    seconds[(i + gm_pace_ms(&pace, &look)) / 1000]++;
  }
  for (i = 0; i < 120; i++)
    most = GM_MAX(most, seconds[i]);
  ck_assert_uint_lt(most, 1500);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("pace");

  tcase_add_loop_test(tc, waits, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, spread, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, cost, 0, GM_LEN(costs));
  tcase_add_test(tc, no_burst);
  return unit_run("pace", tc);
}
