/* test_metrics.c - what gamut_metrics() says after things have happened, in a
 * text that a strict reader takes, and promtool where there is one. */
#include "engine/prom.h"
#include "engine/vendor.h"
#include "job/meter.h"
#include <stdio.h>

#define SUBMIT "POST /a/jobs"
#define RUNS   "{\"id\":\"1\",\"status\":\"running\"}"
#define UNSAFE "{\"error\":{\"code\":\"unsafe\",\"message\":\"no\"}}"

static char *text_of(struct fix *f)
{
  char *text = NULL, why[400];

  ck_assert_int_eq(gamut_metrics(f->g, &text, &f->err), 0);
  ck_assert_msg(!prom_check(text, why, sizeof(why)), "%s\n%s", why, text);
  return text;
}

static void ck_counts(const char *text, const char *series, double want)
{
  double got = prom_value(text, series);

  ck_assert_msg(got >= want && got <= want, "%s is %g, not %g in\n%s", series,
                got, want, text);
}

static void run(struct fix *f, const char *links, const char *prompt)
{
  gamut_result_free(fix_run(f, fix_request(links, prompt, NULL)));
}

START_TEST(nothing_happened)
{
  static const struct answer none[] = { { "GET /", 0, 404, "", NULL, 0 } };
  struct fix f;
  char *text;

  fix_open(&f, none, GM_LEN(none), 0);
  text = text_of(&f);
  ck_counts(text, "gamut_jobs_in_flight", 0);
  ck_assert_ptr_null(strstr(text, "gamut_requests_total"));
  gamut_string_free(text);
  fix_close(&f);
}
END_TEST

START_TEST(a_chain)
{
  static const struct answer answers[] = {
    { SUBMIT, 0, 503, "{}", NULL, 0 },    SAYS("POST /b/jobs", RUNS),
    SAYS_TIMES(1, "GET /b/jobs/1", RUNS), SAYS("GET /b/jobs/1", MADE),
    SAYS("GET /f.png", "@png"),
  };
  struct fix f;
  char *text;

  fix_open(&f, answers, GM_LEN(answers), 0);
  run(&f, "a:m b:m", "x");
  text = text_of(&f);
#define A "{provider=\"a\",model=\"m\""
#define B "{provider=\"b\",model=\"m\""
  ck_counts(text, "gamut_requests_total" B ",status=\"completed\"}", 1);
  ck_counts(text, "gamut_attempts_total" A ",class=\"provider\"}", 1);
  ck_counts(text, "gamut_attempts_total" B ",class=\"ok\"}", 1);
  ck_counts(text, "gamut_retries_total" A "}", 2);
  ck_counts(text, "gamut_fallbacks_total" A "}", 1);
  ck_counts(text, "gamut_cost_unknown_total" B "}", 1);
  ck_counts(text, "gamut_request_duration_seconds_count" B "}", 1);
  ck_counts(text, "gamut_first_poll_seconds_count" B "}", 1);
  ck_counts(text, "gamut_output_bytes_total" B "}",
            (double)script_png(&(const unsigned char *){ NULL }));
  ck_counts(text,
            "gamut_exchanges_total{provider=\"a\",phase=\"submit\","
            "status=\"503\"}",
            3);
  ck_counts(text,
            "gamut_exchanges_total{provider=\"b\",phase=\"poll\","
            "status=\"200\"}",
            2);
  ck_counts(text,
            "gamut_exchanges_total{provider=\"b\",phase=\"download\","
            "status=\"200\"}",
            1);
  ck_assert(prom_value(text, "gamut_sent_bytes_total{provider=\"b\"}") > 10);
  ck_assert(prom_value(text, "gamut_received_bytes_total{provider=\"b\"}") >
            99);
  /* Not fed, not printed. */
  ck_assert_ptr_null(strstr(text, "gamut_cost_usd_total"));
  ck_assert_ptr_null(strstr(text, "breaker"));
  gamut_string_free(text);
  fix_close(&f);
}
END_TEST

START_TEST(ends)
{
  static const struct answer answers[] = {
    { SUBMIT, 1, 400, UNSAFE, NULL, 0 },
    { SUBMIT, 1, 401, "{}", NULL, 0 },
    { SUBMIT, 1, SCRIPT_RESET, NULL, NULL, 0 },
    { "POST", 0, 404, "{}", NULL, 0 },
  };
  struct fix f;
  char *text;

  fix_open(&f, answers, GM_LEN(answers), 0);
  run(&f, "a:m", "one");
  run(&f, "a:m", "two");
  run(&f, "a:m", "three");
  text = text_of(&f);
  ck_counts(text, "gamut_requests_total" A ",status=\"blocked\"}", 1);
  ck_counts(text, "gamut_requests_total" A ",status=\"failed\"}", 2);
  ck_counts(text, "gamut_blocked_total" A "}", 1);
  ck_counts(text, "gamut_request_failures_total" A ",class=\"auth\"}", 1);
  ck_counts(text, "gamut_request_failures_total" A ",class=\"maybe-charged\"}",
            1);
  ck_counts(text, "gamut_maybe_charged_total" A "}", 1);
  ck_counts(text, "gamut_request_duration_seconds_count" A "}", 3);
  ck_assert_ptr_null(strstr(text, "gamut_cost_unknown_total"));
  gamut_string_free(text);
  fix_close(&f);
}
END_TEST

/* Every row once, with labels that hurt. */
static char *all_rows(void)
{
  struct gm_meters *m = gm_meters_new(NULL);
  struct gm_buf b = GM_BUF_INIT(1u << 20);
  int id;

  for (id = 0; id < GM_N_METERS; id++) {
    gm_count(m, (enum gm_meter)id, 1, "p", "a\"\\\n\xff{}", "c");
    gm_observe(m, GM_M_LATENCY, 10 * id, "p", "m", NULL);
  }
  gm_meters_print(m, true, &b);
  gm_meters_free(m);
  return gm_buf_take(&b);
}

START_TEST(every_row_is_well_formed)
{
  char *text = all_rows(), why[400];
  FILE *p;

  ck_assert_msg(!prom_check(text, why, sizeof(why)), "%s\n%s", why, text);
  if (system("command -v promtool >/dev/null 2>&1") == 0) {
    p = popen("promtool check metrics", "w");
    ck_assert_ptr_nonnull(p);
    fputs(text, p);
    ck_assert_int_eq(pclose(p), 0);
  }
  gm_free(text);
}
END_TEST

/* The reader is strict: what it must refuse. */
#define HEAD "# HELP x_total y\n# TYPE x_total counter\n"
#define HIST "# HELP h y\n# TYPE h histogram\n"
static const char *const wrong[] = {
  "x_total 1\n",
  HEAD "x_total 1",
  HEAD "x_total 1\nx_total 2\n",
  HEAD "x_total{a=\"1\",a=\"2\"} 1\n",
  HEAD "x_total{a=\"\\t\"} 1\n",
  HEAD "x_total{a=\"1\" 1\n",
  HEAD "x_total{a=1} 1\n",
  HEAD "x_total one\n",
  HEAD "x_total -1\n",
  HEAD "x_total{a=\"\xff\"} 1\n",
  HEAD "y_total 1\n",
  HEAD HEAD,
  "# HELP x y\n# TYPE x counter\nx 1\n",
  "# TYPE x_total counter\nx_total 1\n",
  HIST "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
  HIST "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
  HIST "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n",
  HIST "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
  HIST "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
  HIST "h_bucket{le=\"+Inf\"} 1\nh_sum 1\n",
};

START_TEST(the_reader_is_strict)
{
  char why[400];

  ck_assert_msg(prom_check(wrong[_i], why, sizeof(why)) != NULL, "takes %s",
                wrong[_i]);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("metrics");

  tcase_add_test(tc, nothing_happened);
  tcase_add_test(tc, a_chain);
  tcase_add_test(tc, ends);
  tcase_add_test(tc, every_row_is_well_formed);
  tcase_add_loop_test(tc, the_reader_is_strict, 0, (int)GM_LEN(wrong));
  return unit_run("metrics", tc);
}
