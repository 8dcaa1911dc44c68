/* test_meter.c - series, their ceiling, their text, and the way back from it.
 */
#include "base/str.h"
#include "job/meter.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <stdio.h>

static char *print(const struct gm_meters *m, bool gauges)
{
  struct gm_buf b = GM_BUF_INIT(16u << 20);

  gm_meters_print(m, gauges, &b);
  ck_assert(!gm_buf_failed(&b));
  return b.data ? gm_buf_take(&b) : gm_strdup("");
}

static void ck_prints(const struct gm_meters *m, const char *want)
{
  char *text = print(m, true);

  ck_assert_str_eq(text, want);
  gm_free(text);
}

START_TEST(nothing_is_printed_of_nothing)
{
  _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(NULL);

  ck_prints(m, "");
  gm_count(m, GM_M_RETRIES, 0, "fal", "flux", NULL);
  gm_observe(m, GM_M_LATENCY, -1, "fal", "flux", NULL);
  ck_prints(m, "");
  ck_assert(!gm_meters_are_new(m));
  gm_count(NULL, GM_M_RETRIES, 1, "fal", "flux", NULL);
}
END_TEST

START_TEST(counters)
{
  _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(NULL);

  gm_count(m, GM_M_COST, 25000, "fal", "flux", NULL);
  gm_count(m, GM_M_COST, 2000001, "fal", "flux", NULL);
  gm_count(m, GM_M_COST, 1000000, "fal", NULL, NULL);
  ck_prints(m,
            "# HELP gamut_cost_usd_total Cost in US dollars, where it is "
            "known.\n"
            "# TYPE gamut_cost_usd_total counter\n"
            "gamut_cost_usd_total{provider=\"fal\",model=\"flux\"} 2.025001\n"
            "gamut_cost_usd_total{provider=\"fal\",model=\"unknown\"} 1\n");
}
END_TEST

START_TEST(gauges)
{
  _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(NULL);
  char *text;

  gm_gauge(m, GM_M_JOBS, 7, NULL, NULL, NULL);
  gm_gauge(m, GM_M_JOBS, 0, NULL, NULL, NULL);
  ck_prints(m, "# HELP gamut_jobs_in_flight Jobs under way.\n"
               "# TYPE gamut_jobs_in_flight gauge\n"
               "gamut_jobs_in_flight 0\n");
  text = print(m, false);
  ck_assert_str_eq(text, "");
  gm_free(text);
}
END_TEST

START_TEST(histograms)
{
  _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(NULL);
  char *text;

  gm_observe(m, GM_M_LATENCY, 0, "fal", "flux", NULL);
  gm_observe(m, GM_M_LATENCY, 50, "fal", "flux", NULL); /* le is "at most" */
  gm_observe(m, GM_M_LATENCY, 51, "fal", "flux", NULL);
  gm_observe(m, GM_M_LATENCY, 600001, "fal", "flux", NULL);
  text = print(m, true);
#define IN(s) ck_assert_msg(strstr(text, s) != NULL, "no %s in %s", s, text)
  IN("_seconds_bucket{provider=\"fal\",model=\"flux\",le=\"0.05\"} 2\n");
  IN("_seconds_bucket{provider=\"fal\",model=\"flux\",le=\"0.1\"} 3\n");
  IN("_seconds_bucket{provider=\"fal\",model=\"flux\",le=\"600\"} 3\n");
  IN("_seconds_bucket{provider=\"fal\",model=\"flux\",le=\"+Inf\"} 4\n");
  IN("_seconds_sum{provider=\"fal\",model=\"flux\"} 600.102\n");
  IN("_seconds_count{provider=\"fal\",model=\"flux\"} 4\n");
#undef IN
  gm_free(text);
}
END_TEST

static const struct {
  const char *name, *model, *want;
} labels[] = {
  { "quote", "a\"b", "model=\"a\\\"b\"" },
  { "backslash", "a\\b", "model=\"a\\\\b\"" },
  { "end of line", "a\nb", "model=\"a?b\"" },
  { "no text", "\xff", "model=\"\xef\xbf\xbd\"" },
  { "empty", "", "model=\"\"" },
  { "brace", "a}b,c=\"d\"", "model=\"a}b,c=\\\"d\\\"\"" },
  { "secret", "x-sk-12345", "model=\"x-***\"" },
};

static void drop(void *user, int32_t level, const char *line)
{
  (void)user;
  (void)level;
  (void)line;
}

START_TEST(labels_are_escaped)
{
  struct gm_log l = { .write = drop };
  _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(&l);
  _cleanup_(gm_meters_freep) struct gm_meters *back = gm_meters_new(NULL);
  char *text, *again;

  ck_assert(gm_log_secret(&l, "sk-12345"));
  gm_count(m, GM_M_RETRIES, 2, "fal", labels[_i].model, NULL);
  text = print(m, true);
  ck_assert_msg(strstr(text, labels[_i].want) != NULL, "%s: %s",
                labels[_i].name, text);
  ck_assert_int_eq(gm_meters_read(back, text, NULL), 0);
  again = print(back, true);
  ck_assert_str_eq(text, again);
  gm_free(text);
  gm_free(again);
  gm_log_finish(&l);
}
END_TEST

START_TEST(a_long_label_is_cut)
{
  _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(NULL);
  char model[400], *text;

  memset(model, 'x', sizeof(model));
  memcpy(model + 127, "\xe2\x82\xac", 3);
  model[399] = '\0';
  gm_count(m, GM_M_RETRIES, 1, "fal", model, NULL);
  model[300] = 'y'; /* the same as far as it goes */
  gm_count(m, GM_M_RETRIES, 1, "fal", model, NULL);
  text = print(m, true);
  ck_assert_ptr_nonnull(strstr(text, "x\"} 2\n"));
  gm_free(text);
}
END_TEST

START_TEST(models_are_bounded)
{
  _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(NULL);
  char model[32], *text, *at;
  int i, n = 0;

  for (i = 0; i < 5000; i++) {
    snprintf(model, sizeof(model), "model-%d", i);
    gm_count(m, GM_M_RETRIES, 1, "fal", model, NULL);
  }
  text = print(m, true);
  for (at = text; (at = strstr(at, "{provider")); at++)
    n++;
  ck_assert_int_eq(n, GM_SERIES_MAX + 1);
  snprintf(model, sizeof(model), "model=\"other\"} %d\n", 5000 - GM_SERIES_MAX);
  ck_assert_ptr_nonnull(strstr(text, model));
  gm_free(text);
}
END_TEST

static void fill(struct gm_meters *m, int n)
{
  while (n-- > 0) {
    gm_count(m, GM_M_REQUESTS, 1, "fal", "flux", "completed");
    gm_count(m, GM_M_COST, 25000, "fal", "flux", NULL);
    gm_observe(m, GM_M_LATENCY, 1234, "fal", "flux", NULL);
    gm_observe(m, GM_M_LATENCY, 700000, "fal", "flux", NULL);
    gm_gauge(m, GM_M_JOBS, 3, NULL, NULL, NULL);
  }
}

/* As processes do it: read the sum, add what is new, write. */
START_TEST(sums_over_processes)
{
  _cleanup_(gm_meters_freep) struct gm_meters *whole = gm_meters_new(NULL);
  char *sum = gm_strdup(""), *want;
  int i;

  for (i = 0; i < 3; i++) {
    _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(NULL);
    int turn;

    for (turn = 0; turn < 2; turn++) {
      _cleanup_(gm_meters_freep) struct gm_meters *f = gm_meters_new(NULL);

      fill(m, i + 1);
      ck_assert_int_eq(gm_meters_read(f, sum, NULL), 0);
      gm_meters_add_new(f, m);
      gm_meters_settle(m);
      ck_assert(!gm_meters_are_new(m));
      gm_free(sum);
      sum = print(f, false);
    }
  }
  fill(whole, 2 * (1 + 2 + 3));
  want = print(whole, false);
  ck_assert_str_eq(sum, want);
  gm_free(want);
  gm_free(sum);
}
END_TEST

static const char *const foreign[] = {
  "node_load1 0.5\n",
  "gamut_requests_total{provider=\"a\",model=\"b\",status=\"c\"} many\n",
  "gamut_requests_total{provider=\"a\",model=\"b\",status=\"c\"} -1\n",
  "gamut_requests_total{provider=\"a\",model=\"b\",status=\"c\"}\n",
  "gamut_requests_total{provider=\"a\",model=\"b\",colour=\"c\"} 1\n",
  "gamut_requests_total{provider=\"a} 1\n",
  "gamut_requests_total{provider=\"a\" 1\n",
  "gamut_requests_total 1 2\n",
  "gamut_requests_total_bucket 1\n",
  "gamut_request_duration_seconds 1\n",
  "gamut_request_duration_seconds_bucket{le=\"0.07\"} 1\n",
  "<html>\n",
  "{\"json\": 1}\n",
};

/* Well-formed lines that say what cannot be. */
START_TEST(impossible_sums_are_refused)
{
  static const char *const lines[] = {
    "gamut_first_poll_seconds_bucket{provider=\"a\",model=\"b\",le=\"1\"} 5\n"
    "gamut_first_poll_seconds_bucket{provider=\"a\",model=\"b\",le=\"2.5\"} 4\n"
    "gamut_first_poll_seconds_count{provider=\"a\",model=\"b\"} 5\n",
    "gamut_first_poll_seconds_bucket{provider=\"a\",model=\"b\",le=\"600\"} 5\n"
    "gamut_first_poll_seconds_count{provider=\"a\",model=\"b\"} 4\n",
    "gamut_retries_total{provider=\"a\",model=\"b\"} 8999999999999999\n"
    "gamut_retries_total{provider=\"a\",model=\"b\"} 8999999999999999\n",
  };
  _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(NULL);

  ck_assert_int_eq(gm_meters_read(m, lines[_i], NULL), GAMUT_E_PROTOCOL);
}
END_TEST

START_TEST(foreign_text_is_refused)
{
  _cleanup_(gm_meters_freep) struct gm_meters *m = gm_meters_new(NULL);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  char text[300];

  snprintf(text, sizeof(text), "# HELP x y\n\n%s", foreign[_i]);
  ck_assert_msg(gm_meters_read(m, text, &err) == GAMUT_E_PROTOCOL, "%s",
                foreign[_i]);
  ck_assert_ptr_nonnull(strstr(gm_error_text(&err), "line 3 "));
}
END_TEST

static bool build(void)
{
  struct gm_meters *m = gm_meters_new(NULL);
  struct gm_meters *back = gm_meters_new(NULL);
  struct gm_buf b = GM_BUF_INIT(1u << 20);
  bool ok = m && back;

  if (ok) {
    fill(m, 1);
    gm_meters_print(m, true, &b);
    ok = !gm_buf_failed(&b) && gm_meters_are_new(m) &&
         gm_meters_read(back, gm_buf_text(&b), NULL) == 0;
    gm_meters_add_new(back, m);
  }
  gm_buf_finish(&b);
  gm_meters_free(m);
  gm_meters_free(back);
  return ok;
}

START_TEST(no_memory)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("meter");

  tcase_add_test(tc, nothing_is_printed_of_nothing);
  tcase_add_test(tc, counters);
  tcase_add_test(tc, gauges);
  tcase_add_test(tc, histograms);
  tcase_add_loop_test(tc, labels_are_escaped, 0, (int)GM_LEN(labels));
  tcase_add_test(tc, a_long_label_is_cut);
  tcase_add_test(tc, models_are_bounded);
  tcase_add_test(tc, sums_over_processes);
  tcase_add_loop_test(tc, impossible_sums_are_refused, 0, 3);
  tcase_add_loop_test(tc, foreign_text_is_refused, 0, (int)GM_LEN(foreign));
  tcase_add_test(tc, no_memory);
  return unit_run("meter", tc);
}
