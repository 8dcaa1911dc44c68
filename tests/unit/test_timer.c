/* test_timer.c - the heap: order, moving, stopping, by a clock of our own. */
#include "base/clock.h"
#include "base/random.h"
#include "loop/loop.h"
#include "unit.h"

static struct gm_loop *loop;
static uint64_t last_ms;
static int n_fired;

static void open_loop(void)
{
  gm_clock_fake(1000, 1000);
  ck_assert_int_eq(gm_loop_new(NULL, &loop, NULL), 0);
}

static void close_loop(void)
{
  gm_loop_free(loop);
  gm_clock_real();
}

static void fire(struct gm_timer *t)
{
  ck_assert_uint_ge(t->due_ms, last_ms);
  ck_assert_uint_eq(t->at, 0);
  last_ms = t->due_ms;
  n_fired++;
}

START_TEST(timers_fire_when_due)
{
  struct gm_timer a = { .fire = fire }, b = { .fire = fire };

  ck_assert_int_eq(gm_loop_wait_ms(loop), -1);
  ck_assert(gm_timer_start(loop, &a, 1500));
  ck_assert(gm_timer_start(loop, &b, 1200));
  ck_assert_int_eq(gm_loop_wait_ms(loop), 200);
  ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
  gm_clock_advance(199);
  ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
  gm_clock_advance(1);
  ck_assert_int_eq(gm_loop_wait_ms(loop), 0);
  ck_assert_int_eq(gm_loop_turn(loop, -1), 1);
  ck_assert_int_eq(gm_loop_wait_ms(loop), 300);
  ck_assert(gm_timer_start(loop, &a, 1250)); /* moved forward */
  ck_assert_int_eq(gm_loop_wait_ms(loop), 50);
  ck_assert(gm_timer_start(loop, &a, UINT64_MAX)); /* never */
  ck_assert_int_eq(gm_loop_wait_ms(loop), -1);
  ck_assert(gm_timer_start(loop, &a, 1201));
  gm_timer_stop(loop, &a);
  gm_timer_stop(loop, &a);
  gm_clock_advance(100000);
  ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
  ck_assert(gm_timer_start(loop, &a, gm_mono_ms() + ((uint64_t)1 << 40)));
  ck_assert_int_eq(gm_loop_wait_ms(loop), INT32_MAX);
}
END_TEST

/* Ten thousand, some moved, some stopped, fire in order and none too early. */
START_TEST(many_fire_in_order)
{
  enum { N = 10000 };
  static struct gm_timer t[N];
  int expected = N;

  gm_random_seed(7);
  for (int i = 0; i < N; i++) {
    t[i].fire = fire;
    ck_assert(gm_timer_start(loop, &t[i], 1000 + gm_random_below(5000)));
  }
  for (int i = 0; i < N; i += 3) {
    if (i % 2) {
      gm_timer_stop(loop, &t[i]);
      expected--;
    } else {
      ck_assert(gm_timer_start(loop, &t[i], 1000 + gm_random_below(9000)));
    }
  }
  while (n_fired < expected) {
    gm_clock_advance(1 + gm_random_below(50));
    gm_loop_turn(loop, 0);
    ck_assert_uint_le(last_ms, gm_mono_ms());
    ck_assert_uint_lt(gm_mono_ms(), 11100);
  }
  ck_assert_int_eq(gm_loop_wait_ms(loop), -1);
}
END_TEST

static struct gm_timer *other;

static void restart(struct gm_timer *t)
{
  n_fired++;
  ck_assert(gm_timer_start(loop, t, gm_mono_ms()));
}

static void stop_other(struct gm_timer *t)
{
  (void)t;
  n_fired++;
  gm_timer_stop(loop, other);
}

START_TEST(one_that_restarts_does_not_hold_the_turn)
{
  struct gm_timer t = { .fire = restart };

  ck_assert(gm_timer_start(loop, &t, 0));
  for (int i = 1; i < 4; i++) {
    ck_assert_int_eq(gm_loop_turn(loop, 0), 1);
    ck_assert_int_eq(n_fired, i);
  }
  gm_timer_stop(loop, &t);
}
END_TEST

START_TEST(one_may_stop_another)
{
  struct gm_timer a = { .fire = stop_other }, b = { .fire = fire };

  other = &b;
  ck_assert(gm_timer_start(loop, &a, 1000));
  ck_assert(gm_timer_start(loop, &b, 1000));
  gm_loop_turn(loop, 0);
  ck_assert_int_eq(n_fired, 1);
  ck_assert_uint_eq(b.at, 0);
}
END_TEST

static bool many(void)
{
  static struct gm_timer t[200];
  struct gm_loop *l;
  bool ok = true;

  if (gm_loop_new(NULL, &l, NULL))
    return false;
  for (size_t i = 0; i < GM_LEN(t); i++) {
    t[i] = (struct gm_timer){ .fire = fire };
    ok = gm_timer_start(l, &t[i], 5000 - i) && ok;
  }
  for (size_t i = 0; i < GM_LEN(t); i++)
    gm_timer_stop(l, &t[i]);
  gm_loop_free(l);
  return ok;
}

START_TEST(no_memory_is_clean)
{
  unit_torture(many);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("timer");

  tcase_set_timeout(tc, 60);
  tcase_add_checked_fixture(tc, open_loop, close_loop);
  tcase_add_test(tc, timers_fire_when_due);
  tcase_add_test(tc, many_fire_in_order);
  tcase_add_test(tc, one_that_restarts_does_not_hold_the_turn);
  tcase_add_test(tc, one_may_stop_another);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("timer", tc);
}
