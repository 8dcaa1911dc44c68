/* test_host.c - what a provider reports, reads and makes of text. */
#include "base/clock.h"
#include "base/random.h"
#include "tester.h"
#include "unit.h"
#include <stdio.h>

/* ---- state, results, configuration -------------------------------------- */

static int32_t changes_state(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *old = h->json_str(c->state, "id", "none");

  (void)instance;
  h->json_set_str(c->state, "id", "new");
  h->fact(c, "old", old); /* what was read stays readable */
  h->json_set_int(c->state, "polls", h->json_int(c->state, "polls", 0) + 1);
  return h->done(c);
}

START_TEST(state_goes_in_and_out)
{
  struct fixture f = { 0 };

  fixture_open(&f, &tester);
  run(&f, changes_state);
  ck_assert_str_eq(gm_call_state_text(&f.call), "{\"id\":\"new\",\"polls\":1}");
  ck_assert_str_eq(f.call.facts[0].value, "none");
  f.in.state = "{\"id\":\"r-1\",\"polls\":8}";
  run(&f, changes_state);
  ck_assert_str_eq(gm_call_state_text(&f.call), "{\"id\":\"new\",\"polls\":9}");
  ck_assert_str_eq(f.call.facts[0].value, "r-1");
  f.in.state = "[1]";
  run(&f, changes_state);
  expect_fault(&f, GM_STEP_FAIL, GAMUT_E_PROTOCOL, "no object");
  f.in.state = "{";
  run(&f, changes_state);
  expect_fault(&f, GM_STEP_FAIL, GAMUT_E_PROTOCOL, "ends early");
  fixture_close(&f);
}
END_TEST

static int32_t reports_much(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };
  char url[64];
  uint32_t i;

  (void)instance;
  for (i = 0; i < 100; i++) {
    snprintf(url, sizeof(url), "https://a.test/%u.png", (unsigned)i);
    a.url = url; /* the host copies it */
    a.width = i;
    h->artifact(c, &a);
    h->progress(c, (int32_t)i * 11, url);
    h->fact(c, "n", url);
  }
  a.url = NULL;
  a.flags = GAMUT_ART_BLOCKED;
  h->artifact(c, &a);
  h->progress(c, -1, NULL);
  h->usage(c, "image", 2.5, 75000);
  h->token(c, "bearer-1", 3600);
  return h->done(c);
}

START_TEST(results_are_collected)
{
  struct fixture f = { 0 };

  fixture_open(&f, &tester);
  run(&f, reports_much);
  ck_assert_int_eq(f.call.kind, GM_STEP_DONE);
  ck_assert_uint_eq(f.call.n_artifacts, 101);
  ck_assert_str_eq(f.call.artifacts[0].url, "https://a.test/0.png");
  ck_assert_str_eq(f.call.artifacts[99].url, "https://a.test/99.png");
  ck_assert_uint_eq(f.call.artifacts[99].width, 99);
  ck_assert_uint_eq(f.call.artifacts[100].flags, GAMUT_ART_BLOCKED);
  ck_assert_uint_eq(f.call.n_notes, 100);
  ck_assert_str_eq(f.call.notes[4], "https://a.test/4.png");
  ck_assert_uint_eq(f.call.n_facts, 100);
  ck_assert_int_eq(f.call.permille, 1000);
  ck_assert_str_eq(f.call.usage_unit, "image");
  ck_assert_double_eq(f.call.usage_amount, 2.5);
  ck_assert_int_eq((int)f.call.cost_microusd, 75000);
  ck_assert_str_eq(f.call.token_value, "bearer-1");
  ck_assert_uint_eq(f.call.token_ttl_s, 3600);
  gm_call_end(&f.call);
  ck_assert_uint_eq(f.call.n_artifacts, 0);
  ck_assert_ptr_null(f.call.usage_unit);
  fixture_close(&f);
}
END_TEST

static int32_t reads_config(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *unset = h->config_str(c, "unset");

  (void)instance;
  ck_assert_ptr_null(unset);
  ck_assert_str_eq(h->config_str(c, "colour"), "green");
  ck_assert_int_eq((int)h->config_int(c, "count"), 3);
  ck_assert_int_eq((int)h->config_int(c, "eager"), 1);
  ck_assert_int_eq((int)h->config_int(c, "pause"), 2000);
  ck_assert_double_eq(h->config_real(c, "ratio"), 0.5);
  ck_assert_str_eq(h->config_str(c, "base_url"), "https://api.tester.test/v1");
  ck_assert_ptr_null(h->extension("gamut.nonsense/1"));
  return h->done(c);
}

START_TEST(configuration_is_readable)
{
  struct fixture f = { 0 };

  fixture_set(&f, "tester.colour", "green");
  fixture_open(&f, &tester);
  run(&f, reads_config);
  ck_assert_msg(f.call.kind == GM_STEP_DONE, "%s", gm_error_text(&f.call.err));
  fixture_close(&f);
}
END_TEST

/* ---- text and identity -------------------------------------------------- */

static int32_t makes_text(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *wide = h->text(c, "%0300d", 7);

  (void)instance;
  ck_assert_str_eq(h->text(c, "/v1/%s/%d", "a", 7), "/v1/a/7");
  ck_assert_uint_eq(strlen(wide), 300);
  ck_assert_str_eq(h->escape(c, "a b/\xc3\xa9&"), "a%20b%2F%C3%A9%26");
  ck_assert_str_eq(h->base64(c, "hello", 5), "aGVsbG8=");
  ck_assert_str_eq(h->base64(c, "", 0), "");
  ck_assert_str_ne(h->uuid(c), h->uuid(c));
  h->fact(c, "uuid", h->uuid(c));
  return h->done(c);
}

START_TEST(text_and_identity)
{
  struct fixture f = { 0 };
  char first[GM_UUID_SIZE];

  fixture_open(&f, &tester);
  run(&f, makes_text);
  ck_assert_int_eq(f.call.kind, GM_STEP_DONE);
  snprintf(first, sizeof(first), "%s", f.call.facts[0].value);
  run(&f, makes_text); /* a replay sees it again */
  ck_assert_str_eq(f.call.facts[0].value, first);
  f.in.attempt_id = "other";
  run(&f, makes_text);
  ck_assert_str_ne(f.call.facts[0].value, first);
  fixture_close(&f);
}
END_TEST

static char last_line[256];
static int32_t last_level;

static void catch_line(void *user, int32_t level, const char *line)
{
  (void)user;
  last_level = level;
  snprintf(last_line, sizeof(last_line), "%s", line);
}

static int32_t is_slow(void *instance, struct gamut_call *c)
{
  (void)instance;
  c->host->log(c, GAMUT_INFO, "now %d", 7);
  ck_assert_str_eq(last_line, "tester: now 7");
  c->host->log(c, GAMUT_DEBUG, "too low");
  ck_assert_str_eq(last_line, "tester: now 7");
  gm_clock_advance(60);
  return c->host->done(c);
}

START_TEST(slow_steps_are_named)
{
  struct fixture f = { .log = { .write = catch_line, .level = GAMUT_INFO } };

  fixture_open(&f, &tester);
  gm_clock_fake(1000, 5000);
  f.in.phase = 0;
  run(&f, is_slow);
  gm_clock_real();
  ck_assert_int_eq(f.call.kind, GM_STEP_DONE);
  ck_assert_int_eq(last_level, GAMUT_WARN);
  ck_assert_str_eq(last_line,
                   "tester: step (phase submit) blocked the loop for 60 ms");
  fixture_close(&f);
}
END_TEST

static int32_t is_cancelled(void *user)
{
  return *(const int32_t *)user;
}

static int32_t asks_cancelled(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->cancelled(c) ? c->host->fail(c, GAMUT_E_CANCELLED, "stop")
                               : c->host->done(c);
}

START_TEST(work_can_be_cancelled)
{
  struct fixture f = { 0 };
  int32_t yes = 1;

  fixture_open(&f, &tester);
  f.in.event = GAMUT_EV_WORK;
  gm_call_run(&f.call, f.i, asks_cancelled, &f.in);
  ck_assert_int_eq(f.call.kind, GM_STEP_DONE);
  f.in.is_cancelled = is_cancelled;
  f.in.user = &yes;
  gm_call_run(&f.call, f.i, asks_cancelled, &f.in);
  expect_fault(&f, GM_STEP_FAIL, GAMUT_E_CANCELLED, "stop");
  gm_call_run(&f.call, f.i, ends_http, &f.in);
  expect_fault(&f, GM_STEP_FAIL, GAMUT_E_PLUGIN, "outside a step");
  fixture_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("host");

  tcase_add_test(tc, state_goes_in_and_out);
  tcase_add_test(tc, results_are_collected);
  tcase_add_test(tc, configuration_is_readable);
  tcase_add_test(tc, text_and_identity);
  tcase_add_test(tc, slow_steps_are_named);
  tcase_add_test(tc, work_can_be_cancelled);
  return unit_run("host", tc);
}
