/* test_trace.c - the trace context of requests on its way to vendors: never
 * unless a setting wants it, and then as W3C has it. */
#include "engine/vendor.h"
#include <stdio.h>
#include <stdlib.h>

#define SUBMIT "POST /a/jobs"
#define POLL   "GET /a/jobs/1"
#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define GIVEN  "00-" TRACE "-00f067aa0ba902b7-01"

static const struct answer answers[] = {
  SAYS(SUBMIT, "{\"id\":\"1\",\"status\":\"running\"}"),
  SAYS(POLL,
       "{\"id\":\"1\",\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"),
  SAYS("GET /f.png", "@png"),
};

static void run(struct fix *f, const char *propagate, const char *traceparent)
{
  struct gamut_result *result;

  fix_open(f, answers, GM_LEN(answers), 0);
  fix_set(f, "propagate_trace", propagate);
  result = fix_run(
    f, traceparent ? fix_request("a:m", "x", "traceparent", traceparent, NULL)
                   : fix_request("a:m", "x", NULL));
  ck_class(result, 0);
  gamut_result_free(result);
}

static const char *sent(struct fix *f, const char *asks)
{
  return script_header(f->script, asks, 0, "traceparent");
}

START_TEST(vendors_get_none)
{
  struct fix f;

  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9", 1);
  run(&f, "no", GIVEN);
  ck_assert_str_eq(sent(&f, SUBMIT), "");
  ck_assert_str_eq(sent(&f, POLL), "");
  fix_close(&f);
}
END_TEST

/* Without a collector we are no part of the trace: it is handed on as it is. */
START_TEST(handed_on)
{
  struct fix f;

  unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  run(&f, "yes", GIVEN);
  ck_assert_str_eq(sent(&f, SUBMIT), GIVEN);
  ck_assert_str_eq(sent(&f, POLL), GIVEN);
  ck_assert_str_eq(sent(&f, "GET /f.png"), "");
  fix_close(&f);
  run(&f, "yes", NULL);
  ck_assert_str_eq(sent(&f, SUBMIT), "");
  fix_close(&f);
}
END_TEST

static void ck_ours(const char *got, const char *trace)
{
  ck_assert_uint_eq(strlen(got), 55);
  ck_assert_int_eq(strncmp(got, "00-", 3), 0);
  if (trace)
    ck_assert_int_eq(strncmp(got + 3, trace, 32), 0);
  ck_assert_str_eq(got + 52, "-01");
}

START_TEST(each_exchange_is_a_parent)
{
  char first[64];
  struct fix f;

  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9", 1);
  run(&f, "yes", GIVEN);
  snprintf(first, sizeof(first), "%s", sent(&f, SUBMIT));
  ck_ours(first, TRACE);
  ck_ours(sent(&f, POLL), TRACE);
  ck_assert_str_ne(first, sent(&f, POLL));
  ck_assert_str_ne(first, GIVEN);
  ck_assert_str_eq(sent(&f, "GET /f.png"), "");
  fix_close(&f);
  run(&f, "yes", NULL);
  ck_ours(sent(&f, SUBMIT), NULL);
  fix_close(&f);
}
END_TEST

START_TEST(no_context_is_refused)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error err;

  ck_assert_int_eq(gamut_request_set(r, "traceparent", "00-1", &err),
                   GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(err.message, "traceparent: '00-1' is no 00-"));
  gamut_request_free(r);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("trace");

  tcase_add_test(tc, vendors_get_none);
  tcase_add_test(tc, handed_on);
  tcase_add_test(tc, each_exchange_is_a_parent);
  tcase_add_test(tc, no_context_is_refused);
  return unit_run("trace", tc);
}
