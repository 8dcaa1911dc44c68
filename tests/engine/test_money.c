/* test_money.c - what costs is sent once.  Each row is a way in which a paid
 * submit goes wrong; what counts is how many POSTs reached the vendor, with
 * which keys, and what the user is told. */
#include "engine/vendor.h"

#define JOB    "{\"id\":\"1\",\"status\":\"queued\"}"
#define DONE   "{\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"
#define SUBMIT "POST /a/jobs"
#define OK_ROWS                                                                \
  SAYS(SUBMIT, JOB), SAYS("GET /a/jobs/1", DONE),\
    SAYS("GET /f.png", "@png"),                                 \
    { "POST /b/jobs", 0, 200,                                                  \
      "{\"id\":\"2\",\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}", \
      NULL, 0 },                                                               \
  {                                                                            \
    "GET /a/hello", 0, 200, "{}", NULL, 0                                      \
  }

enum { ANY, SAME, NEW };
static const struct {
  const char *name, *link, *prompt, *resubmit;
  struct answer first[3];
  int32_t error_class;
  int posts;   /* with a */
  int charged; /* perhaps charged */
  int keys;    /* of the first two */
  int others;  /* posts with b */
} rows[] = {
  /* An unanswered submit without a key is never repeated. */
  { "reset", "a:m b:m", "x", NULL, { { SUBMIT, 0, SCRIPT_RESET, 0, 0, 0 } },
    GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "closed", "a:m b:m", "x", NULL, { { SUBMIT, 0, SCRIPT_CLOSE, 0, 0, 0 } },
    GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "used again, reset", "a:m b:m", "warm", NULL,
    { { SUBMIT, 0, SCRIPT_RESET, 0, 0, 0 } }, GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "used again, closed", "a:m b:m", "warm", NULL,
    { { SUBMIT, 0, SCRIPT_CLOSE, 0, 0, 0 } }, GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "cut short", "a:m b:m", "x", NULL, { { SUBMIT, 0, 200, JOB, 0, 5 } },
    GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "no JSON", "a:m b:m", "x", NULL, { { SUBMIT, 0, 200, "{\"id\":", 0, 0 } },
    GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "not understood", "a:m b:m", "x", NULL, { { SUBMIT, 0, 200, "{}", 0, 0 } },
    GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "free, reset", "a:m", "free", NULL,
    { { SUBMIT, 2, SCRIPT_RESET, 0, 0, 0 } }, 0, 3, 0, ANY, 0 },

  /* With a key it is the same exchange again. */
  { "keyed", "a:m", "keyed", NULL, { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } }, 0,
    2, 0, SAME, 0 },
  { "keyed, cut short", "a:m", "keyed", NULL, { { SUBMIT, 1, 200, JOB, 0, 5 } },
    0, 2, 0, SAME, 0 },
  { "keyed, lost, then busy", "a:m", "keyed", NULL,
    { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 }, { SUBMIT, 1, 429, "{}", 0, 0 } }, 0,
    3, 0, SAME, 0 },
  { "keyed, never answered", "a:m b:m", "keyed", NULL,
    { { SUBMIT, 0, SCRIPT_RESET, 0, 0, 0 } }, GAMUT_E_UNKNOWN, 3, 1, SAME, 0 },

  /* An answer says that it did not run: made anew. */
  { "busy", "a:m", "x", NULL, { { SUBMIT, 1, 429, "{}", 0, 0 } }, 0, 2, 0, ANY,
    0 },
  { "busy, come at once", "a:m", "x", NULL,
    { { SUBMIT, 1, 429, "{}", "Retry-After: 0\r\n", 0 } }, 0, 2, 0, ANY, 0 },
  { "keyed, busy", "a:m", "keyed", NULL, { { SUBMIT, 1, 429, "{}", 0, 0 } }, 0,
    2, 0, NEW, 0 },
  { "keyed, down", "a:m", "keyed", NULL, { { SUBMIT, 1, 503, "<>", 0, 0 } }, 0,
    2, 0, NEW, 0 },

  /* Unless the user allows more. */
  { "always", "a:m", "x", "always", { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } }, 0,
    2, 1, ANY, 0 },
  { "always, twice lost", "a:m b:m", "x", "always",
    { { SUBMIT, 0, SCRIPT_RESET, 0, 0, 0 } }, 0, 2, 1, ANY, 1 },
  { "always, alone", "a:m", "x", "always",
    { { SUBMIT, 0, SCRIPT_RESET, 0, 0, 0 } }, GAMUT_E_UNKNOWN, 2, 1, ANY, 0 },
  { "cheap is", "a:cheap", "x", "cheap",
    { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } }, 0, 2, 1, ANY, 0 },
  { "cheap by itself", "a:cheap", "x", NULL,
    { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } }, 0, 2, 1, ANY, 0 },
  { "cheap but never", "a:cheap", "x", "never",
    { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } }, GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "dear", "a:dear", "x", "cheap", { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } },
    GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "price unknown", "a:m", "x", "cheap",
    { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } }, GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },
  { "a video", "a:clip", "x", NULL, { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } },
    GAMUT_E_UNKNOWN, 1, 1, ANY, 0 },

  /* The vendor has it: looking again is free, making again is not. */
  { "polls lost", "a:m", "x", NULL,
    { { "GET /a/jobs", 4, SCRIPT_RESET, 0, 0, 0 } }, 0, 1, 0, ANY, 0 },
  { "polls fail", "a:m", "x", NULL, { { "GET /a/jobs", 4, 503, "<>", 0, 0 } },
    0, 1, 0, ANY, 0 },
  { "polls never answered", "a:m b:m", "x", NULL,
    { { "GET /a/jobs", 0, SCRIPT_RESET, 0, 0, 0 } }, GAMUT_E_TRANSPORT, 1, 1,
    ANY, 0 },
  { "polls always fail", "a:m b:m", "x", NULL,
    { { "GET /a/jobs", 0, 503, "<>", 0, 0 } }, GAMUT_E_PROVIDER, 1, 1, ANY, 0 },
  { "polls not understood", "a:m b:m", "x", NULL,
    { { "GET /a/jobs", 0, 200, "{\"status\":", 0, 0 } }, GAMUT_E_PROTOCOL, 1, 1,
    ANY, 0 },

  /* The vendor says that it failed: nothing was made, the next may. */
  { "failed", "a:m b:m", "x", NULL,
    { { "GET /a/jobs", 0, 200,
        "{\"status\":\"failed\",\"error\":{\"message\":\"gone\"}}", 0, 0 } },
    0, 1, 0, ANY, 1 },
  { "failed for good", "a:m b:m", "x", NULL,
    { { "GET /a/jobs", 0, 500, "{\"error\":{\"code\":\"final\"}}", 0, 0 } }, 0,
    1, 0, ANY, 1 },
  { "refused", "a:m b:m", "x", NULL, { { SUBMIT, 0, 402, "{}", 0, 0 } }, 0, 1,
    0, ANY, 1 },
};

static struct gamut_result *run(struct fix *f, int i)
{
  if (rows[i].resubmit)
    return fix_run(f, fix_request(rows[i].link, rows[i].prompt, "resubmit",
                                  rows[i].resubmit, NULL));
  return fix_run(f, fix_request(rows[i].link, rows[i].prompt, NULL));
}

static void check_keys(struct fix *f, int i)
{
  const char *first = script_header(f->script, SUBMIT, 0, "idempotency-key");
  const char *second = script_header(f->script, SUBMIT, 1, "idempotency-key");
  int n;

  if (rows[i].keys == ANY)
    return;
  ck_assert_str_ne(first, "");
  ck_assert_str_ne(second, "");
  if (rows[i].keys == NEW)
    ck_assert_str_ne(first, second);
  for (n = 1; rows[i].keys == SAME && n < rows[i].posts; n++)
    ck_assert_str_eq(
      first, script_header(f->script, SUBMIT, n, "idempotency-key"));
}

START_TEST(paid)
{
  static const struct answer ok[] = { OK_ROWS };
  struct answer answers[3 + GM_LEN(ok)];
  struct gamut_result *result;
  size_t n = 0, k;
  struct fix f;

  for (k = 0; k < 3 && rows[_i].first[k].asks; k++)
    answers[n++] = rows[_i].first[k];
  for (k = 0; k < GM_LEN(ok); k++)
    answers[n++] = ok[k];
  fix_open(&f, answers, n, 0);
  result = run(&f, _i);
  ck_assert_msg(result != NULL, "%s: %s", rows[_i].name, f.err.message);
  ck_assert_msg(gamut_result_class(result) == rows[_i].error_class,
                "%s: class %s: %s", rows[_i].name,
                gamut_class_name(gamut_result_class(result)),
                gamut_result_message(result));
  ck_assert_msg(script_count(f.script, SUBMIT) == rows[_i].posts,
                "%s: %d submits", rows[_i].name, script_count(f.script, SUBMIT));
  ck_assert_msg(script_count(f.script, "POST /b/jobs") == rows[_i].others,
                "%s: %d submits to the next", rows[_i].name,
                script_count(f.script, "POST /b/jobs"));
  ck_assert_msg(gamut_result_maybe_charged(result) == rows[_i].charged,
                "%s: maybe charged: %d", rows[_i].name,
                gamut_result_maybe_charged(result));
  check_keys(&f, _i);
  if (rows[_i].error_class == 0)
    ck_assert_uint_eq(gamut_result_artifacts(result), 1);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* The rows "used again" mean what they say: libcurl by itself would send a POST
 * once more when a connection that it used before is gone. */
START_TEST(connection_is_used_again)
{
  static const struct answer answers[] = {
    { SUBMIT, 0, SCRIPT_RESET, NULL, NULL, 0 }, OK_ROWS
  };
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  gamut_result_free(fix_run(&f, fix_request("a:m", "warm", NULL)));
  ck_assert_int_ge(script_connection(f.script, SUBMIT, 0), 0);
  ck_assert_int_eq(script_connection(f.script, SUBMIT, 0),
                   script_connection(f.script, "GET /a/hello", 0));
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  fix_close(&f);
}
END_TEST

START_TEST(nobody_listens)
{
  static const struct answer answers[] = { OK_ROWS };
  const struct gamut_attempt_info *a;
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_set(&f, "a.base_url", "http://127.0.0.1:1/a");
  result = fix_run(&f, fix_request("a:m b:m", "x", NULL));
  ck_class(result, 0);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  ck_assert_str_eq(gamut_result_provider(result), "b");
  a = gamut_result_attempt(result, 0);
  ck_assert_int_eq(a->error_class, GAMUT_E_TRANSPORT);
  ck_assert_uint_eq(a->repeats, 2);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("money");

  tcase_add_loop_test(tc, paid, 0, GM_LEN(rows));
  tcase_add_test(tc, connection_is_used_again);
  tcase_add_test(tc, nobody_listens);
  return unit_run("money", tc);
}
