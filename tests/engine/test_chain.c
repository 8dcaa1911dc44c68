/* test_chain.c - what follows the failure of a link: a row for each row of the
 * policy table, as the vendor's answer brings it about. */
#include "engine/vendor.h"

#define SUBMIT "POST /a/jobs"
#define POLL   "GET /a/jobs/1"
#define UNSAFE "{\"error\":{\"code\":\"unsafe\",\"message\":\"no\"}}"

static const struct {
  const char *name;
  int status;
  const char *body, *headers, *on_blocked;
  int32_t error_class; /* of the first link */
  int posts, next;
} rows[] = {
  { "invalid", 400, "{}", NULL, "stop", GAMUT_E_INVALID, 1, 0 },
  { "unprocessable", 422, "{}", NULL, "stop", GAMUT_E_INVALID, 1, 0 },
  { "auth", 401, "{}", NULL, "stop", GAMUT_E_AUTH, 1, 1 },
  { "permission", 403, "{}", NULL, "stop", GAMUT_E_PERMISSION, 1, 1 },
  { "quota", 402, "{}", NULL, "stop", GAMUT_E_QUOTA, 1, 1 },
  { "quota by its code", 400, "{\"error\":{\"code\":\"no_credit\"}}", NULL,
    "stop", GAMUT_E_QUOTA, 1, 1 },
  { "not found", 404, "{}", NULL, "stop", GAMUT_E_NOT_FOUND, 1, 1 },
  { "blocked", 400, UNSAFE, NULL, "stop", GAMUT_E_BLOCKED, 1, 0 },
  { "blocked, next", 400, UNSAFE, NULL, "next", GAMUT_E_BLOCKED, 1, 1 },
  { "blocked in a good answer", 200,
    "{\"id\":\"1\",\"status\":\"failed\",\"error\":{\"code\":\"unsafe\"}}",
    NULL, "stop", GAMUT_E_BLOCKED, 1, 0 },
  { "rate", 429, "{}", NULL, "stop", GAMUT_E_RATE, 3, 1 },
  { "rate, too long", 429, "{}", "Retry-After: 120\r\n", "stop", GAMUT_E_RATE,
    1, 1 },
  { "provider", 500, "{}", NULL, "stop", GAMUT_E_PROVIDER, 3, 1 },
  { "bad gateway", 502, "<html>", NULL, "stop", GAMUT_E_PROVIDER, 3, 1 },
  { "provider, final", 500, "{\"error\":{\"code\":\"final\"}}", NULL, "stop",
    GAMUT_E_PROVIDER, 1, 1 },
  { "provider, doubtful", 500, "{\"error\":{\"code\":\"unsure\"}}", NULL,
    "stop", GAMUT_E_UNKNOWN, 1, 0 },
  { "invalid, again", 409, "{\"error\":{\"code\":\"passing\"}}", NULL, "stop",
    GAMUT_E_INVALID, 3, 0 },
  { "again, but a good answer", 200,
    "{\"id\":\"1\",\"status\":\"failed\",\"error\":{\"code\":\"passing\"}}",
    NULL, "stop", GAMUT_E_INVALID, 1, 0 },
  { "timeout", 504, "<html>", NULL, "stop", GAMUT_E_TIMEOUT, 3, 1 },
  { "odd", 418, "{}", NULL, "stop", GAMUT_E_INVALID, 1, 0 },
  { "protocol", 600, "{}", NULL, "stop", GAMUT_E_PROTOCOL, 3, 1 },
  { "a redirect of a POST", 302, "{}", "Location: /a/other\r\n", "stop",
    GAMUT_E_PROVIDER, 1, 1 },
};

START_TEST(classes)
{
  const struct answer answers[] = {
    { SUBMIT, 0, rows[_i].status, rows[_i].body, rows[_i].headers, 0 },
    SAYS("POST /b/jobs", MADE),
    SAYS("GET /f.png", "@png"),
  };
  const struct gamut_attempt_info *a;
  struct gamut_result *result;
  int32_t want = rows[_i].next ? 0 : rows[_i].error_class;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  result = fix_run(
    &f, fix_request("a:m b:m", "x", "on_blocked", rows[_i].on_blocked, NULL));
  ck_assert_ptr_nonnull(result);
  a = gamut_result_attempt(result, 0);
  ck_assert_msg(a->error_class == rows[_i].error_class, "%s: class %s: %s",
                rows[_i].name, gamut_class_name(a->error_class), a->message);
  ck_assert_msg(script_count(f.script, SUBMIT) == rows[_i].posts,
                "%s: %d submits", rows[_i].name,
                script_count(f.script, SUBMIT));
  ck_assert_msg(script_count(f.script, "POST /b/jobs") == rows[_i].next,
                "%s: the next link", rows[_i].name);
  ck_assert_msg(gamut_result_class(result) == want, "%s: ends %s",
                rows[_i].name, gamut_class_name(gamut_result_class(result)));
  ck_assert_uint_eq(a->tries, (uint32_t)rows[_i].posts);
  ck_assert_uint_eq(gamut_result_attempts(result), rows[_i].next ? 2u : 1u);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* What the vendor has taken is asked about; what he says to that is not always
 * what became of it. */
static const struct {
  const char *name;
  struct answer look;
  int32_t error_class;
  int looks, maybe, next;
} looks[] = {
  { "not found", { POLL, 0, 404, "{}", NULL, 0 }, GAMUT_E_NOT_FOUND, 1, 1, 0 },
  { "gone", { POLL, 0, 410, "{}", NULL, 0 }, GAMUT_E_NOT_FOUND, 1, 1, 0 },
  { "not understood",
    { POLL, 0, 400, "{}", NULL, 0 },
    GAMUT_E_INVALID,
    1,
    1,
    0 },
  { "no more let in",
    { POLL, 0, 403, "{}", NULL, 0 },
    GAMUT_E_PERMISSION,
    1,
    1,
    0 },
  { "done, and nothing is there",
    SAYS(POLL, "{\"id\":\"1\",\"status\":\"done\",\"pictures\":[1]}"),
    GAMUT_E_PROVIDER, 1, 1, 0 },
  { "failed", SAYS(POLL, FAILED), 0, 1, 0, 1 },
};

START_TEST(asked_about)
{
  const struct answer answers[] = {
    SAYS(SUBMIT, QUEUED),       looks[_i].look, SAYS(POLL, MADE),
    SAYS("POST /b/jobs", MADE), PICTURE,
  };
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  result = fix_run(&f, fix_request("a:m b:m", "x", NULL));
  ck_class(result, looks[_i].error_class);
  ck_assert_int_eq(gamut_result_maybe_charged(result), looks[_i].maybe);
  ck_assert_int_eq(script_count(f.script, POLL), looks[_i].looks);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), looks[_i].next);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* Sent without an answer and once more with its key: what is refused for what
 * it is would have been the first time, too; all else says nothing of that. */
static const struct {
  int status;
  int32_t error_class;
  int maybe;
} repeated[] = {
  { 400, GAMUT_E_INVALID, 0 }, { 401, GAMUT_E_UNKNOWN, 1 },
  { 402, GAMUT_E_UNKNOWN, 1 }, { 403, GAMUT_E_UNKNOWN, 1 },
  { 404, GAMUT_E_UNKNOWN, 1 }, { 409, GAMUT_E_UNKNOWN, 1 },
  { 422, GAMUT_E_INVALID, 0 }, { 429, GAMUT_E_UNKNOWN, 1 },
};

START_TEST(refused_when_repeated)
{
  const struct answer answers[] = {
    { SUBMIT, 1, SCRIPT_RESET, NULL, NULL, 0 },
    { SUBMIT, 0, repeated[_i].status, "{}", NULL, 0 },
    SAYS("POST /b/jobs", MADE),
    PICTURE,
  };
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  result = fix_run(&f, fix_request("a:m b:m", "keyed", NULL));
  ck_class(result, repeated[_i].error_class);
  ck_assert_int_eq(gamut_result_maybe_charged(result), repeated[_i].maybe);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

START_TEST(all_are_told)
{
  static const struct answer answers[] = {
    { SUBMIT, 0, 402, "{\"error\":{\"message\":\"purse empty\"}}", NULL, 0 },
    { "POST /b/jobs", 0, 404, "{\"error\":{\"message\":\"no m\"}}", NULL, 0 },
    { "POST /c/jobs", 0, 403, "{\"error\":{\"message\":\"not you\"}}", NULL,
      0 },
  };
  static const int32_t wanted[] = { GAMUT_E_QUOTA, GAMUT_E_NOT_FOUND,
                                    GAMUT_E_PERMISSION };
  struct gamut_result *result;
  const char *message;
  struct fix f;
  uint32_t i;

  fix_open(&f, answers, GM_LEN(answers), 0);
  result = fix_run(&f, fix_request("a:m b:m c:m", "x", NULL));
  ck_class(result, GAMUT_E_PERMISSION);
  ck_assert_uint_eq(gamut_result_attempts(result), 3);
  for (i = 0; i < 3; i++) {
    const struct gamut_attempt_info *a = gamut_result_attempt(result, i);

    ck_assert_int_eq(a->error_class, wanted[i]);
    ck_assert_int_eq(a->http_status, answers[i].status);
    ck_assert_uint_eq(a->tries, 1);
  }
  message = gamut_result_message(result);
  ck_assert_ptr_nonnull(strstr(message, "a:m: purse empty (HTTP 402)"));
  ck_assert_ptr_nonnull(strstr(message, "b:m: no m (HTTP 404)"));
  ck_assert_ptr_nonnull(strstr(message, "c:m: not you (HTTP 403)"));
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* A link that cannot do it is left out before anything is sent. */
START_TEST(unsupported_is_left_out)
{
  static const struct answer answers[] = {
    SAYS("POST /b/jobs", MADE),
    SAYS("GET /f.png", "@png"),
  };
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  result =
    fix_run(&f, fix_request("a:square b:m", "x", "size", "640x480", NULL));
  ck_class(result, 0);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 0);
  ck_assert_int_eq(gamut_result_attempt(result, 0)->error_class,
                   GAMUT_E_UNSUPPORTED);
  ck_assert_uint_eq(gamut_result_attempt(result, 0)->tries, 0);
  ck_assert_str_eq(gamut_result_provider(result), "b");
  gamut_result_free(result);

  /* When none can, it is the caller's at once. */
  result =
    fix_run(&f, fix_request("a:square b:square", "x", "size", "9x9", NULL));
  ck_assert_ptr_null(result);
  ck_assert_int_eq(f.err.error_class, GAMUT_E_UNSUPPORTED);
  ck_assert_uint_eq(gamut_active(f.g), 0);
  fix_close(&f);
}
END_TEST

/* Each link runs its own provider's code with its own base. */
START_TEST(links_are_their_own)
{
  static const struct answer answers[] = {
    { SUBMIT, 0, 404, "{}", NULL, 0 },
    SAYS("POST /b/jobs", "{\"id\":\"7\",\"status\":\"queued\"}"),
    SAYS_TIMES(2, "GET /b/jobs/7", "{\"status\":\"running\"}"),
    SAYS("GET /b/jobs/7", MADE),
    SAYS("GET /f.png", "@png"),
  };
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  result = fix_run(&f, fix_request("a:m b:m", "x", NULL));
  ck_class(result, 0);
  ck_assert_int_eq(script_count(f.script, "GET /b/jobs/7"), 3);
  ck_assert_int_eq(script_count(f.script, "GET /a/"), 0);
  ck_assert_str_eq(gamut_result_fact(result, "request_id"), "7");
  ck_assert_str_eq(gamut_result_attempt(result, 1)->request_id, "7");
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* ---- a link without a key ---------------------------------------------- */

static const struct gamut_key keyless_keys[] = {
  { "api_key", "TEST_KEYLESS_KEY", NULL, NULL, "no", GAMUT_STRING,
    GAMUT_KEY_REQUIRED | GAMUT_KEY_SECRET, 0, 0 },
};
static const struct gamut_credential keyless_credentials[] = {
  { NULL, "authorization", "Bearer {api_key}" },
};

START_TEST(no_key)
{
  static const struct answer answers[] = {
    SAYS("POST /b/jobs", MADE),
    SAYS("POST /keyless/jobs", MADE),
    SAYS("GET /f.png", "@png"),
  };
  struct gamut_provider keyless = vendor_a;
  struct gamut_result *result;
  struct fix f;

  keyless.name = "keyless";
  keyless.catalog = NULL;
  keyless.keys = (struct gamut_table)GAMUT_TABLE(keyless_keys);
  keyless.credentials = (struct gamut_table)GAMUT_TABLE(keyless_credentials);
  fix_open(&f, answers, GM_LEN(answers), 0);
  ck_assert_int_eq(gamut_register_provider(f.g, &keyless, NULL), 0);
  result = fix_run(&f, fix_request("keyless:m", "x", NULL));
  ck_assert_ptr_null(result);
  ck_assert_int_eq(f.err.error_class, GAMUT_E_AUTH);
  ck_assert_ptr_nonnull(strstr(f.err.message, "TEST_KEYLESS_KEY"));
  result = fix_run(&f, fix_request("keyless:m b:m", "x", NULL));
  ck_class(result, 0);
  ck_assert_str_eq(gamut_result_provider(result), "b");
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("chain");

  tcase_add_loop_test(tc, classes, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, refused_when_repeated, 0, GM_LEN(repeated));
  tcase_add_loop_test(tc, asked_about, 0, GM_LEN(looks));
  tcase_add_test(tc, all_are_told);
  tcase_add_test(tc, unsupported_is_left_out);
  tcase_add_test(tc, links_are_their_own);
  tcase_add_test(tc, no_key);
  return unit_run("chain", tc);
}
