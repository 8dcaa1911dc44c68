/* test_pacing.c - jobs are looked at when such jobs are usually done.  The test
 * owns the clock. */
#include "api/context.h"
#include "base/clock.h"
#include "base/random.h"
#include "engine/vendor.h"
#include <stdio.h>

#define SUBMIT  "POST /a/jobs"
#define POLL    "GET /a/jobs/1"
#define DONE    "{\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"
#define STEP_MS 20

static const struct answer late[] = {
  SAYS(SUBMIT, QUEUED),
  SAYS_TIMES(2, POLL, QUEUED),
  SAYS(POLL, DONE),
  SAYS("GET /f.png", "@png"),
};

static struct gm_usual *usual(struct fix *f, const char *model)
{
  return gm_usual_of(f->g->usuals, "a", model, "text-to-image");
}

static void have_seen(struct fix *f, const char *model, uint64_t ms, int n)
{
  while (n-- > 0)
    gm_usual_add(usual(f, model), ms);
}

static void submit(struct fix *f, const char *model)
{
  struct gamut_request *r = fix_request(model, "a paced fox", NULL);
  char id[GAMUT_ID_SIZE];

  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

/* Let the clock run until there were `n` requests; how long that took. */
static uint64_t until(struct fix *f, const char *asks, int n)
{
  uint64_t began = gm_mono_ms();

  while (script_count(f->script, asks) < n) {
    ck_assert_uint_lt(gm_mono_ms() - began, 3600 * 1000);
    if (gm_loop_turn(f->g->loop, 0) == 0)
      gm_loop_turn(f->g->loop, 1);
    gm_clock_advance(STEP_MS);
  }
  return gm_mono_ms() - began;
}

static void until_over(struct fix *f)
{
  while (f->g->n_tickets > 0) {
    gm_loop_turn(f->g->loop, 1);
    gm_clock_advance(STEP_MS);
  }
}

static void open_fake(struct fix *f)
{
  gm_clock_fake(1000000, UINT64_C(1790000000000));
  fix_open(f, late, GM_LEN(late), 0);
}

static void close_fake(struct fix *f)
{
  fix_close(f);
  gm_clock_real();
}

START_TEST(looks_when_it_is_usually_done)
{
  struct fix f;
  uint64_t first, then;

  open_fake(&f);
  have_seen(&f, "cheap", 20000, 20);
  submit(&f, "a:cheap");
  until(&f, SUBMIT, 1);
  first = until(&f, POLL, 1);
  ck_assert_uint_ge(first, 12000);
  ck_assert_uint_le(first, 26000);
  then = until(&f, POLL, 2); /* a twelfth, or what is left */
  ck_assert_uint_ge(then, 1000);
  ck_assert_uint_le(then, 8000);
  until(&f, POLL, 3);
  until_over(&f);
  ck_assert_uint_eq(gm_usual_count(usual(&f, "cheap")), 21);
  close_fake(&f);
}
END_TEST

/* Where nothing was measured the provider's wish counts, and where little was.
 */
START_TEST(not_known_yet)
{
  struct fix f;

  open_fake(&f);
  have_seen(&f, "cheap", 20000, 4);
  submit(&f, "a:cheap");
  until(&f, SUBMIT, 1);
  ck_assert_uint_le(until(&f, POLL, 3), 2000);
  until_over(&f);
  close_fake(&f);
}
END_TEST

/* The catalog's usual latency comes first, carefully. */
START_TEST(guessed_by_the_catalog)
{
  struct fix f;
  uint64_t first;

  open_fake(&f);
  submit(&f, "a:slow");
  until(&f, SUBMIT, 1);
  first = until(&f, POLL, 1);
  ck_assert_uint_ge(first, 100);
  ck_assert_uint_le(first, 1000);
  until(&f, POLL, 3);
  until_over(&f);
  close_fake(&f);
}
END_TEST

START_TEST(poll_interval_wins)
{
  struct fix f;
  uint64_t first;

  open_fake(&f);
  have_seen(&f, "cheap", 20000, 20);
  fix_set(&f, "poll_interval", "3s");
  submit(&f, "a:cheap");
  until(&f, SUBMIT, 1);
  first = until(&f, POLL, 1);
  ck_assert_uint_ge(first, 2900);
  ck_assert_uint_le(first, 4000);
  until(&f, POLL, 3);
  until_over(&f);
  close_fake(&f);
}
END_TEST

/* Failures say nothing of how long it takes. */
START_TEST(only_success_is_measured)
{
  static const struct answer bad[] = {
    SAYS(SUBMIT, QUEUED),
    SAYS(POLL, "{\"status\":\"failed\",\"error\":{\"message\":\"no\"}}"),
  };
  struct fix f;

  gm_clock_fake(1000000, UINT64_C(1790000000000));
  fix_open(&f, bad, GM_LEN(bad), 0);
  submit(&f, "a:cheap");
  until(&f, POLL, 1);
  until_over(&f);
  ck_assert_uint_eq(gm_usual_count(usual(&f, "cheap")), 0);
  close_fake(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("pacing");

  tcase_set_timeout(tc, 60);
  tcase_add_test(tc, looks_when_it_is_usually_done);
  tcase_add_test(tc, not_known_yet);
  tcase_add_test(tc, guessed_by_the_catalog);
  tcase_add_test(tc, poll_interval_wins);
  tcase_add_test(tc, only_success_is_measured);
  return unit_run("pacing", tc);
}
