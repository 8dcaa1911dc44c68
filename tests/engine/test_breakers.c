/* test_breakers.c - a chain whose first link fails again and again: it is
 * passed over, one job tries whether it works again, and what it was passed
 * over for is told.  The clock is the test's. */
#include "api/context.h"
#include "base/clock.h"
#include "engine/prom.h"
#include "engine/vendor.h"
#include <stdio.h>

#define A          "POST /a/jobs"
#define B          "POST /b/jobs"
#define GOOD(asks) SAYS(asks, MADE)
#define WALL_MS    UINT64_C(1790000000000)
#define STEP_MS    2
#define OPEN_MS    30000

static void open_fake(struct fix *f, const struct answer *rows, size_t n)
{
  gm_clock_fake(1000000, WALL_MS);
  fix_open(f, rows, n, 0);
  fix_set(f, "retry_attempts", "1");
}

static void close_fake(struct fix *f)
{
  script_go(f->script);
  fix_close(f);
  gm_clock_real();
}

static void turn(struct fix *f)
{
  if (gm_loop_turn(f->g->loop, 1) == 0)
    gm_clock_advance(STEP_MS);
}

static void submit(struct fix *f, const char *links)
{
  struct gamut_request *r = fix_request(links, "x", NULL);

  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, NULL, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

static struct gamut_result *next_end(struct fix *f)
{
  const struct gamut_event *e;

  for (;;) {
    e = gamut_next_event(f->g, 0);
    if (e && e->type == GAMUT_EVENT_DONE)
      return e->result;
    if (!e)
      turn(f);
  }
}

/* One job after the other; how often they asked `asks`. */
static int jobs(struct fix *f, const char *links, int n, const char *asks)
{
  int before = script_count(f->script, asks);
  struct gamut_result *r;

  while (n-- > 0) {
    submit(f, links);
    r = next_end(f);
    ck_class(r, 0);
    gamut_result_free(r);
  }
  return script_count(f->script, asks) - before;
}

static double gauge(struct fix *f)
{
  char *text;
  double value;

  ck_assert_int_eq(gamut_metrics(f->g, &text, &f->err), 0);
  value = prom_value(text, "gamut_breaker_state{provider=\"a\",model=\"m\"}");
  gamut_string_free(text);
  return value;
}

static void ck_gauge(struct fix *f, int want)
{
  ck_assert_int_eq((int)gauge(f), want);
}

START_TEST(opens_tries_closes)
{
  static const struct answer answers[] = {
    { A, 6, 503, "{}", NULL, 0 }, GOOD(A), GOOD(B), PICTURE
  };
  struct fix f;

  open_fake(&f, answers, GM_LEN(answers));
  ck_gauge(&f, -1); /* nothing to show */
  ck_assert_int_eq(jobs(&f, "a:m b:m", 5, A), 5);
  ck_gauge(&f, 2);
  ck_assert_int_eq(jobs(&f, "a:m b:m", 5, A), 0);
  gm_clock_advance(OPEN_MS);
  /* Half open: one tries, fails, and it is twice as long. */
  ck_assert_int_eq(jobs(&f, "a:m b:m", 3, A), 1);
  gm_clock_advance(OPEN_MS);
  ck_assert_int_eq(jobs(&f, "a:m b:m", 3, A), 0);
  gm_clock_advance(OPEN_MS);
  ck_assert_int_eq(jobs(&f, "a:m b:m", 3, A), 3);
  ck_gauge(&f, 0);
  close_fake(&f);
}
END_TEST

/* Of many at once one tries; the others do not wait for what it finds. */
START_TEST(one_of_many_tries)
{
  static const struct answer answers[] = { { A, 5, 503, "{}", NULL, 0 },
                                           { A, 1, SCRIPT_HOLD, NULL, NULL, 0 },
                                           GOOD(A),
                                           GOOD(B),
                                           PICTURE };
  struct gamut_result *r;
  struct fix f;
  int i;

  open_fake(&f, answers, GM_LEN(answers));
  jobs(&f, "a:m b:m", 5, A);
  gm_clock_advance(OPEN_MS);
  for (i = 0; i < 8; i++)
    submit(&f, "a:m b:m");
  for (i = 0; i < 7; i++) {
    r = next_end(&f);
    ck_class(r, 0);
    ck_assert_str_eq(gamut_result_provider(r), "b");
    ck_assert_ptr_nonnull(
      strstr(gamut_result_attempt(r, 0)->message, "another job tries"));
    ck_assert_uint_eq(gamut_result_attempt(r, 0)->tries, 0);
    gamut_result_free(r);
  }
  ck_assert_int_eq(script_count(f.script, A), 6);
  script_go(f.script);
  r = next_end(&f);
  ck_class(r, GAMUT_E_UNKNOWN); /* sent, and no answer came */
  gamut_result_free(r);
  close_fake(&f);
}
END_TEST

/* How long a first failure keeps a link away, by its class. */
static const struct {
  const char *name;
  int status;
  uint64_t away_ms; /* 0: it does not */
} once[] = {
  { "a key that is refused", 401, 600000 },
  { "a key that may not", 403, 600000 },
  { "no credit", 402, 600000 },
  { "not found", 404, 0 },
  { "an error", 500, 0 },
};

START_TEST(after_one_failure)
{
  const struct answer answers[] = {
    { A, 1, once[_i].status, "{}", NULL, 0 }, GOOD(A), GOOD(B), PICTURE
  };
  struct fix f;

  open_fake(&f, answers, GM_LEN(answers));
  ck_assert_int_eq(jobs(&f, "a:m b:m", 1, A), 1);
  ck_assert_msg(jobs(&f, "a:m b:m", 1, A) == (once[_i].away_ms == 0), "%s",
                once[_i].name);
  gm_clock_advance(once[_i].away_ms);
  ck_assert_msg(jobs(&f, "a:m b:m", 2, A) == 2, "%s", once[_i].name);
  close_fake(&f);
}
END_TEST

/* Credit and keys are the account's, whatever the model; failures are not. */
START_TEST(by_account_or_model)
{
  const struct answer answers[] = {
    { A, _i ? 1 : 5, _i ? 402 : 503, "{}", NULL, 0 }, GOOD(A), GOOD(B), PICTURE
  };
  struct fix f;

  open_fake(&f, answers, GM_LEN(answers));
  jobs(&f, "a:m b:m", _i ? 1 : 5, A);
  ck_assert_int_eq(jobs(&f, "a:m b:m", 1, A), 0);
  ck_assert_int_eq(jobs(&f, "a:other b:m", 1, A), _i ? 0 : 1);
  /* A link that is alone is tried all the same. */
  ck_assert_int_eq(jobs(&f, "a:m", 1, A), 1);
  close_fake(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("breakers");

  tcase_add_test(tc, opens_tries_closes);
  tcase_add_test(tc, one_of_many_tries);
  tcase_add_loop_test(tc, after_one_failure, 0, GM_LEN(once));
  tcase_add_loop_test(tc, by_account_or_model, 0, 2);
  return unit_run("breakers", tc);
}
