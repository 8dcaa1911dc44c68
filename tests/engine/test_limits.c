/* test_limits.c - one request budget per provider and credential: set, learned
 * from refusals in all their forms, told by headers.  The test owns the clock;
 * what counts is when the vendor was asked. */
#include "api/context.h"
#include "base/clock.h"
#include "engine/timed.h"
#include "job/limiter.h"
#include <stdio.h>

#define SUBMIT  "POST /a/jobs"
#define POLL    "GET /a/jobs/1"
#define DONE    "{\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"
#define STEP_MS 10
#define BEGAN   UINT64_C(1790000000000)

static void submit(struct fix *f, const char *links, const char *prompt)
{
  struct gamut_request *r = fix_request(links, prompt, NULL);
  char id[GAMUT_ID_SIZE];

  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

static void submit_many(struct fix *f, int n)
{
  while (n-- > 0)
    submit(f, "a:m", "a fox");
}

static bool is_asked(struct fix *f)
{
  struct gm_http_stats http;

  gm_http_stats(f->g->http, &http);
  return http.active > 0;
}

/* The vendor answers while the clock stands still. */
static void turn_for(struct fix *f, int ms)
{
  int i;

  for (i = 0; i < 3; i++)
    if (gm_loop_turn(f->g->loop, ms) > 0)
      i = 0;
}

static void quiet(struct fix *f)
{
  turn_for(f, 2);
}

static void run_for(struct fix *f, uint64_t ms)
{
  uint64_t until = gm_mono_ms() + ms;

  while (gm_mono_ms() < until) {
    turn_for(f, is_asked(f) ? 2 : 0);
    gm_clock_advance(STEP_MS);
  }
  quiet(f);
}

static struct gm_limit_facts facts(struct fix *f)
{
  struct gm_limit_facts facts;
  struct gm_instance *i;

  ck_assert_int_eq(gm_instance_get(f->g->instances, "a", &i, NULL), 0);
  gm_limit_look(i, &facts);
  return facts;
}

/* A wish to wait for minutes is not waited out in small steps. */
static uint64_t step(struct fix *f)
{
  uint64_t held_ms = facts(f).held_ms;

  return !is_asked(f) && held_ms > 2000 ? held_ms - 1000 : STEP_MS;
}

static uint64_t until_over(struct fix *f, uint64_t most_ms)
{
  uint64_t began = gm_mono_ms();

  while (f->g->n_tickets > 0) {
    ck_assert_uint_lt(gm_mono_ms() - began, most_ms);
    if (gm_loop_turn(f->g->loop, is_asked(f) ? 1 : 0) == 0)
      gm_clock_advance(step(f));
  }
  return gm_mono_ms() - began;
}

static void open_fake(struct fix *f, const struct answer *rows, size_t n)
{
  gm_clock_fake(1000000, BEGAN);
  fix_open(f, rows, n, 0);
}

static void close_fake(struct fix *f)
{
  fix_close(f);
  gm_clock_real();
}

/* ---- set ----------------------------------------------------------------- */

static const struct answer at_once[] = {
  SAYS(SUBMIT, MADE),
  PICTURE,
};

START_TEST(per_second)
{
  struct fix f;
  int before;

  open_fake(&f, at_once, GM_LEN(at_once));
  fix_set(&f, "a.max_per_second", "8");
  submit_many(&f, 20);
  run_for(&f, 990); /* the clock began with a second */
  ck_assert_int_eq(script_count(f.script, SUBMIT), 8);
  before = 8;
  run_for(&f, 1000);
  ck_assert_int_eq(script_count(f.script, SUBMIT) - before, 8);
  ck_assert_uint_eq(facts(&f).waiting, 4);
  until_over(&f, 5000);
  ck_assert_uint_eq(facts(&f).waiting, 0);
  close_fake(&f);
}
END_TEST

/* Less than one a second. */
START_TEST(per_second_below_one)
{
  struct fix f;

  open_fake(&f, at_once, GM_LEN(at_once));
  fix_set(&f, "a.max_per_second", "0.5");
  submit_many(&f, 3);
  run_for(&f, 9990);
  ck_assert_int_ge(script_count(f.script, SUBMIT), 2);
  ck_assert_uint_ge(until_over(&f, 10000), 0);
  close_fake(&f);
}
END_TEST

/* The looks at what runs get one permit in four, also while submissions wait.
 */
START_TEST(looks_are_not_starved)
{
  static const struct answer rows[] = {
    SAYS(SUBMIT, QUEUED),
    SAYS(POLL, DONE),
    PICTURE,
  };
  struct fix f;

  open_fake(&f, rows, GM_LEN(rows));
  fix_set(&f, "a.max_per_second", "16");
  submit_many(&f, 100);
  run_for(&f, 2000);
  ck_assert_int_ge(script_count(f.script, POLL), 4);
  ck_assert_int_ge(script_count(f.script, SUBMIT),
                   2 * script_count(f.script, POLL));
  until_over(&f, 20000);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 100);
  close_fake(&f);
}
END_TEST

START_TEST(at_once_at_most)
{
  static const struct answer rows[] = {
    SAYS(SUBMIT, QUEUED),
    SAYS_TIMES(30, POLL, QUEUED),
    SAYS(POLL, DONE),
    PICTURE,
  };
  struct fix f;

  open_fake(&f, rows, GM_LEN(rows));
  fix_set(&f, "a.max_concurrent", "3");
  submit_many(&f, 10);
  quiet(&f);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 3);
  ck_assert_uint_eq(facts(&f).generating, 3);
  ck_assert_uint_eq(facts(&f).waiting, 7);
  while (f.g->n_tickets > 0) {
    ck_assert_uint_le(facts(&f).generating, 3);
    if (gm_loop_turn(f.g->loop, 1) == 0)
      gm_clock_advance(STEP_MS);
  }
  ck_assert_int_eq(script_count(f.script, SUBMIT), 10);
  ck_assert_uint_eq(facts(&f).generating, 0);
  close_fake(&f);
}
END_TEST

/* A job that is given back or cancelled makes room. */
START_TEST(cancelled_makes_room)
{
  static const struct answer rows[] = {
    SAYS(SUBMIT, QUEUED),
    SAYS("DELETE", "{}"),
    SAYS(POLL, QUEUED),
  };
  char id[3][GAMUT_ID_SIZE];
  struct gamut_request *r = fix_request("a:m", "a fox", NULL);
  struct fix f;
  int i;

  open_fake(&f, rows, GM_LEN(rows));
  fix_set(&f, "a.max_concurrent", "1");
  for (i = 0; i < 3; i++)
    ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id[i], &f.err), 0);
  gamut_request_free(r);
  quiet(&f);
  script_wait(f.script, SUBMIT, 1);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  gamut_cancel(f.g, id[1]); /* one that waits */
  gamut_cancel(f.g, id[0]);
  run_for(&f, 100);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 2);
  ck_assert_uint_eq(facts(&f).waiting, 0);
  gamut_cancel(f.g, id[2]);
  until_over(&f, 1000);
  close_fake(&f);
}
END_TEST

/* ---- refusals ------------------------------------------------------------ */

/* Whoever comes while the vendor asks to wait, waits. */
static const struct {
  const char *name, *headers, *body;
  uint32_t at_least_ms, at_most_ms;
} waits[] = {
  { "nothing said", NULL, "{}", 0, 100 },
  { "seconds", "Retry-After: 3\r\n", "{}", 3000, 3400 },
  { "milliseconds", "retry-after-ms: 1500\r\n", "{}", 1500, 1900 },
  { "a date", "Retry-After: Mon, 21 Sep 2026 14:13:25 GMT\r\n", "{}", 4500,
    5400 },
  { "a date that is over", "Retry-After: Mon, 21 Sep 2020 14:13:25 GMT\r\n",
    "{}", 0, 600 },
  { "now", "Retry-After: 0\r\n", "{}", 0, 600 },
  { "nonsense", "Retry-After: soon\r\n", "{}", 0, 100 },
  { "negative", "Retry-After: -5\r\n", "{}", 0, 100 },
  { "in the body", NULL,
    "{\"error\":{\"message\":\"slow down, try again in 2.5s\"}}", 2500, 2900 },
  { "the longer of two", "Retry-After: 1\r\n",
    "{\"error\":{\"message\":\"try again in 2.5s\"}}", 2500, 2900 },
  { "a hint, if silent", NULL, "{\"error\":{\"hint\":\"2.5s\"}}", 2500, 2900 },
  { "the header wins", "retry-after-ms: 1500\r\n",
    "{\"error\":{\"hint\":\"12s\"}}", 1500, 1900 },
  { "now, and it wins", "Retry-After: 0\r\n", "{\"error\":{\"hint\":\"12s\"}}",
    0, 600 },
  { "a day: five minutes", "Retry-After: 86400\r\n", "{}", 300000, 300600 },
};

START_TEST(asked_to_wait)
{
  struct answer rows[] = {
    { SUBMIT, 1, 429, waits[_i].body, waits[_i].headers, 0 },
    SAYS(SUBMIT, MADE),
    PICTURE,
  };
  uint64_t took;
  struct fix f;

  open_fake(&f, rows, GM_LEN(rows));
  submit(&f, "a:m", "first fox");
  while (script_count(f.script, SUBMIT) < 1)
    gm_loop_turn(f.g->loop, 1);
  quiet(&f);
  submit(&f, "a:m", "second fox");
  took = until_over(&f, 400000);
  ck_assert_msg(took >= waits[_i].at_least_ms && took <= waits[_i].at_most_ms,
                "%s: %llu ms", waits[_i].name, (unsigned long long)took);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 3);
  close_fake(&f);
}
END_TEST

/* With another link nobody waits for long. */
START_TEST(next_link_instead)
{
  static const struct answer rows[] = {
    { SUBMIT, 1, 429, "{}", "Retry-After: 60\r\n", 0 },
    SAYS(SUBMIT, MADE),
    SAYS("POST /b/jobs", MADE),
    PICTURE,
  };
  struct fix f;

  open_fake(&f, rows, GM_LEN(rows));
  submit(&f, "a:m b:m", "first fox");
  until_over(&f, 2000);
  submit(&f, "a:m b:m", "second fox"); /* hears of it before it sends */
  until_over(&f, 2000);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), 2);
  close_fake(&f);
}
END_TEST

/* A vendor that refuses all there is for a while: a storm of 429 with and
 * without a wish.  It is asked less and less, and no job is lost. */
START_TEST(storm)
{
  struct answer rows[] = {
    { SUBMIT, 120, 429, "{}", _i ? "Retry-After: 1\r\n" : NULL, 0 },
    SAYS(SUBMIT, MADE),
    PICTURE,
  };
  struct gm_limit_facts now;
  struct fix f;
  int sent;

  open_fake(&f, rows, GM_LEN(rows));
  fix_set(&f, "retry_attempts", "20");
  fix_set(&f, "retry_max_wait", "2s");
  submit_many(&f, 40);
  run_for(&f, 1500);
  now = facts(&f);
  ck_assert_msg(now.per_second > 0, "no limit was learned");
  /* Half of what was sent by then, which chance spreads, and a little growth.
   */
  sent = script_count(f.script, SUBMIT);
  ck_assert_msg(now.per_second <= 0.55 * sent, "%f of %d", now.per_second,
                sent);
  until_over(&f, 120000);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 160);
  now = facts(&f);
  ck_assert_uint_eq(now.refusals, 120);
  /* Two minutes later all is forgotten. */
  gm_clock_advance(120001);
  ck_assert_msg(facts(&f).per_second == 0, "%f", facts(&f).per_second);
  close_fake(&f);
}
END_TEST

/* One in fifty is not about us. */
START_TEST(noise_is_no_limit)
{
  struct answer rows[41];
  struct fix f;
  int i;

  for (i = 0; i < 20; i++) {
    rows[2 * i] = (struct answer)SAYS_TIMES(49, SUBMIT, MADE);
    rows[2 * i + 1] = (struct answer){ SUBMIT, 1, 429, "{}", NULL, 0 };
  }
  rows[40] = (struct answer)PICTURE;
  open_fake(&f, rows, GM_LEN(rows));
  submit_many(&f, 400);
  until_over(&f, 20000);
  ck_assert_msg(facts(&f).per_second == 0, "%f", facts(&f).per_second);
  ck_assert_uint_ge(facts(&f).refusals, 5);
  close_fake(&f);
}
END_TEST

/* ---- what replies say ---------------------------------------------------- */

static const struct {
  const char *name, *headers;
  uint32_t at_least_ms, at_most_ms;
} told[] = {
  { "plenty left",
    "x-ratelimit-remaining-requests: 100\r\n"
    "x-ratelimit-reset-requests: 60s\r\n",
    0, 100 },
  { "nothing left for 2 s",
    "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 2\r\n", 2000, 2400 },
  { "nothing left until then",
    "ratelimit-remaining: 0\r\nratelimit-reset: 1790000003\r\n", 2500, 3400 },
  { "one comes back each 500 ms",
    "x-ratelimit-limit-requests: 10\r\nx-ratelimit-remaining-requests: 0\r\n"
    "x-ratelimit-reset-requests: 5s\r\n",
    500, 900 },
  { "all in one", "RateLimit: limit=10, remaining=0, reset=1\r\n", 1000, 1400 },
  { "absurd", "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 99999999\r\n",
    300000, 300600 },
};

START_TEST(told_by_headers)
{
  struct answer rows[] = {
    { SUBMIT, 1, 200, MADE, told[_i].headers, 0 },
    SAYS(SUBMIT, MADE),
    PICTURE,
  };
  uint64_t took;
  struct fix f;

  open_fake(&f, rows, GM_LEN(rows));
  submit(&f, "a:m", "first fox");
  while (f.g->n_tickets > 0)
    gm_loop_turn(f.g->loop, 1);
  submit(&f, "a:m", "second fox");
  took = until_over(&f, 400000);
  ck_assert_msg(took >= told[_i].at_least_ms && took <= told[_i].at_most_ms,
                "%s: %llu ms", told[_i].name, (unsigned long long)took);
  close_fake(&f);
}
END_TEST

/* ---- the retry budget ---------------------------------------------------- */

/* 200 jobs and a vendor that always fails: each would be tried three times. Ten
 * repeats a second and a fifth of the requests are all there is. */
START_TEST(repeats_have_a_budget)
{
  static const struct answer rows[] = { { SUBMIT, 0, 503, "{}", NULL, 0 } };
  struct fix f;
  int asked;

  open_fake(&f, rows, GM_LEN(rows));
  submit_many(&f, 200);
  until_over(&f, 20000);
  asked = script_count(f.script, SUBMIT);
  ck_assert_int_ge(asked, 200 + 10);
  ck_assert_int_le(asked, 200 * 12 / 10 + 10 + 12);
  ck_assert_uint_ge(facts(&f).denied, 100);
  close_fake(&f);
}
END_TEST

/* A few jobs have all their tries. */
START_TEST(few_have_all_tries)
{
  static const struct answer rows[] = { { SUBMIT, 0, 503, "{}", NULL, 0 } };
  struct fix f;

  open_fake(&f, rows, GM_LEN(rows));
  submit_many(&f, 4);
  until_over(&f, 20000);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 12);
  close_fake(&f);
}
END_TEST

/* The next link gets what this one may not repeat. */
START_TEST(next_link_without_budget)
{
  static const struct answer rows[] = {
    { SUBMIT, 0, 503, "{}", NULL, 0 },
    SAYS("POST /b/jobs", MADE),
    PICTURE,
  };
  struct fix f;
  int i;

  open_fake(&f, rows, GM_LEN(rows));
  for (i = 0; i < 100; i++)
    submit(&f, "a:m b:m", "a fox");
  until_over(&f, 20000);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), 100);
  ck_assert_int_le(script_count(f.script, SUBMIT), 100 * 12 / 10 + 10 + 12);
  close_fake(&f);
}
END_TEST

/* What the vendor has is never given up for it: a network that is away for a
 * while costs no picture. */
START_TEST(accepted_ones_wait)
{
  static const struct answer rows[] = {
    SAYS(SUBMIT, QUEUED),
    { POLL, 150, 503, "{}", NULL, 0 },
    SAYS(POLL, DONE),
    PICTURE,
  };
  struct fix f;

  open_fake(&f, rows, GM_LEN(rows));
  submit_many(&f, 60);
  until_over(&f, 60000);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 60);
  ck_assert_int_eq(script_count(f.script, "GET /f.png"), 60);
  close_fake(&f);
}
END_TEST

/* What left with a key and was not answered would go again, and must wait too
 * long for that: nobody knows whether it ran, so no other link makes it. */
START_TEST(in_doubt)
{
  static const struct answer rows[] = {
    HOLDS_ONCE(SUBMIT),
    { SUBMIT, 0, 429, "{}", "Retry-After: 60\r\n", 0 },
    SAYS("POST /b/jobs", DONE),
    PICTURE,
  };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, rows, GM_LEN(rows));
  timed_submit(&f, fix_request("a:m b:m", "keyed", NULL), id);
  timed_until_asked(&f, SUBMIT, 1);
  timed_submit(&f, fix_request("a:m", "x", "timeout", "10s", NULL), NULL);
  timed_until_asked(&f, SUBMIT, 2);
  turn_for(&f, 2);
  script_go(f.script);
  result = timed_result(&f, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  ck_assert(gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), 0);
  timed_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("limits");

  tcase_set_timeout(tc, 120);
  tcase_add_test(tc, per_second);
  tcase_add_test(tc, per_second_below_one);
  tcase_add_test(tc, looks_are_not_starved);
  tcase_add_test(tc, at_once_at_most);
  tcase_add_test(tc, cancelled_makes_room);
  tcase_add_loop_test(tc, asked_to_wait, 0, GM_LEN(waits));
  tcase_add_test(tc, next_link_instead);
  tcase_add_loop_test(tc, storm, 0, 2);
  tcase_add_test(tc, noise_is_no_limit);
  tcase_add_loop_test(tc, told_by_headers, 0, GM_LEN(told));
  tcase_add_test(tc, repeats_have_a_budget);
  tcase_add_test(tc, few_have_all_tries);
  tcase_add_test(tc, next_link_without_budget);
  tcase_add_test(tc, accepted_ones_wait);
  tcase_add_test(tc, in_doubt);
  return unit_run("limits", tc);
}
