/* test_cancel.c - a vendor whose cancel deletes what it has made: the job is
 * looked at before, unless it just was.  The clock is the test's. */
#include "engine/timed.h"
#include "loop/http.h"
#include <ctype.h>
#include <stdio.h>

#define SUBMIT "POST /eraser/jobs"
#define POLL   "GET /eraser/jobs/1"
#define DELETE "DELETE /eraser/jobs/1"
#define OTHER  "POST /b/jobs"
#define LAST   3 /* it is cancelled when it was looked at so often */
#define BEGUN                                                                  \
  SAYS(SUBMIT, QUEUED),                                                        \
  {                                                                            \
    POLL, LAST, 200, QUEUED, NULL, 0                                           \
  }

static const struct {
  const char *name;
  struct answer answers[5];
  uint64_t ago_ms; /* since it was looked at */
  int32_t error_class;
  int maybe, told, looks;
} rows[] = {
  { .name = "it was looked at just now",
    .answers = { BEGUN, SAYS(DELETE, GONE) },
    .error_class = GAMUT_E_CANCELLED,
    .told = 1,
    .looks = LAST },
  { .name = "it runs",
    .answers = { BEGUN, SAYS(POLL, QUEUED), SAYS(DELETE, GONE) },
    .ago_ms = 5000,
    .error_class = GAMUT_E_CANCELLED,
    .told = 1,
    .looks = LAST + 1 },
  { .name = "it was made meanwhile",
    .answers = { BEGUN, SAYS(POLL, MADE), SAYS(DELETE, GONE), PICTURE },
    .ago_ms = 5000,
    .looks = LAST + 1 },
  { .name = "it failed meanwhile",
    .answers = { BEGUN, SAYS(POLL, FAILED), SAYS(DELETE, GONE) },
    .ago_ms = 5000,
    .error_class = GAMUT_E_CANCELLED,
    .looks = LAST + 1 },
  { .name = "it cannot be looked at",
    .answers = { BEGUN, { POLL, 0, 503, "{}", NULL, 0 }, SAYS(DELETE, GONE) },
    .ago_ms = 5000,
    .error_class = GAMUT_E_CANCELLED,
    .maybe = 1,
    .told = 1,
    .looks = LAST + 1 },
  { .name = "the vendor only takes the wish",
    .answers = { BEGUN, SAYS(POLL, QUEUED), SAYS(DELETE, "{}") },
    .ago_ms = 5000,
    .error_class = GAMUT_E_CANCELLED,
    .maybe = 1,
    .told = 1,
    .looks = LAST + 2 },
};

static void until_answered(struct fix *f)
{
  struct gm_http_stats s;

  do {
    gm_loop_turn(f->g->loop, 1);
    gm_http_stats(f->g->http, &s);
  } while (s.active > 0);
}

START_TEST(by_its_user)
{
  struct gamut_provider eraser;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, rows[_i].answers, GM_LEN(rows[_i].answers));
  timed_eraser(&f, &eraser);
  timed_submit(&f, fix_request("eraser:m b:m", "paced", NULL), id);
  timed_until_asked(&f, POLL, LAST);
  until_answered(&f);
  gm_clock_advance(rows[_i].ago_ms);
  ck_assert_int_eq(gamut_cancel(f.g, id), 0);
  result = timed_result(&f, id);
#define IS(got, want)                                                          \
  ck_assert_msg((int)(got) == (int)(want), "%s: " #got " is %d, not %d: %s",   \
                rows[_i].name, (int)(got), (int)(want),                        \
                gamut_result_message(result))
  IS(gamut_result_class(result), rows[_i].error_class);
  IS(gamut_result_maybe_charged(result), rows[_i].maybe);
  IS(script_count(f.script, "DELETE"), rows[_i].told);
  IS(script_count(f.script, POLL), rows[_i].looks);
  IS(script_count(f.script, OTHER), 0);
#undef IS
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* ---- to make room ---------------------------------------------------------
 */

static const struct {
  const char *name;
  struct answer answers[6];
  const char *provider;
  int told, others;
} late[] = {
  { .name = "it was made meanwhile",
    .answers = { BEGUN, SAYS(POLL, MADE), SAYS(DELETE, GONE), SAYS(OTHER, MADE),
                 PICTURE },
    .provider = "eraser" },
  { .name = "it runs",
    .answers = { BEGUN, SAYS(POLL, QUEUED), SAYS(DELETE, GONE),
                 SAYS(OTHER, MADE), PICTURE },
    .provider = "b",
    .told = 1,
    .others = 1 },
};

START_TEST(by_its_time)
{
  struct gamut_provider eraser;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, late[_i].answers, GM_LEN(late[_i].answers));
  timed_eraser(&f, &eraser);
  timed_submit(
    &f, fix_request("eraser:m b:m", "paced", "attempt_timeout", "10s", NULL),
    id);
  timed_until_asked(&f, POLL, LAST);
  gm_clock_advance(10000);
  result = timed_result(&f, id);
  ck_class(result, 0);
  ck_assert_msg(strcmp(gamut_result_provider(result), late[_i].provider) == 0,
                "%s: by %s", late[_i].name, gamut_result_provider(result));
  ck_assert_int_eq(script_count(f.script, "DELETE"), late[_i].told);
  ck_assert_int_eq(script_count(f.script, OTHER), late[_i].others);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* ---- left before the vendor has answered ----------------------------------
 */

/* What was to be cancelled is looked at when it is gone on with: the answer to
 * its cancel would be taken for that to the look. */
START_TEST(left)
{
  static const struct answer answers[] = {
    SAYS("POST /a/jobs", QUEUED),
    SAYS_TIMES(2, "GET /a/jobs/1", QUEUED),
    SAYS("GET /a/jobs/1", MADE),
    HOLDS_ONCE("DELETE /a/jobs/1"),
    SAYS("DELETE /a/jobs/1", "{}"),
    SAYS(OTHER, MADE),
    PICTURE,
  };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, answers, GM_LEN(answers));
  timed_submit(&f, fix_request("a:m b:m", "x", NULL), id);
  timed_until_asked(&f, "GET /a/jobs/1", 1);
  ck_assert_int_eq(gamut_cancel(f.g, id), 0);
  timed_until_asked(&f, "DELETE /a/jobs/1", 1);
  timed_detach(&f, id);
  timed_attach(&f, id);
  result = timed_result(&f, id);
  ck_class(result, 0);
  ck_assert_uint_eq(gamut_result_artifacts(result), 1);
  ck_assert_int_eq(script_count(f.script, "DELETE"), 1);
  ck_assert_int_eq(script_count(f.script, "POST"), 1);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* As it may be taken up: by the beginning of its id, in any case of letters,
 * where no other begins so. */
START_TEST(by_beginning)
{
  static const struct answer answers[] = { WORKS("a"),
                                           SAYS("DELETE /a/jobs/1", GONE) };
  char id[GAMUT_ID_SIZE], other[GAMUT_ID_SIZE], begins[GAMUT_ID_SIZE];
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct gamut_result *result;
  struct fix f;
  size_t i;

  fix_open(&f, answers, GM_LEN(answers), 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, other, &f.err), 0);
  for (i = 0; id[i] == other[i]; i++)
    begins[i] = id[i];
  begins[i] = '\0';
  ck_assert_int_eq(gamut_cancel(f.g, begins), GAMUT_E_NOT_FOUND);
  ck_assert_int_eq(gamut_cancel(f.g, ""), GAMUT_E_NOT_FOUND);
  begins[i] = (char)tolower((unsigned char)id[i]);
  begins[i + 1] = '\0';
  ck_assert_int_eq(gamut_cancel(f.g, begins), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_CANCELLED);
  gamut_result_free(result);
  begins[i] = other[i];
  ck_assert_int_eq(gamut_detach(f.g, begins), 0);
  result = fix_wait(&f, other);
  ck_class(result, GAMUT_E_DETACHED);
  gamut_result_free(result);
  gamut_request_free(r);
  fix_close(&f);
}
END_TEST

/* A part is taken up with its whole, and that is what is cancelled then. */
START_TEST(by_part)
{
  static const struct answer answers[] = {
    WORKS("a"),
    WORKS("b"),
    SAYS("DELETE /a/jobs/1", GONE),
    SAYS("DELETE /b/jobs/1", GONE),
  };
  struct gamut_request *r =
    fix_request("a:m b:m", "x", "n", "2", "spread", "yes", NULL);
  char id[GAMUT_ID_SIZE], part[GAMUT_ID_SIZE], *json = NULL;
  struct gamut_result *result;
  const char *at;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  while (script_count(f.script, "GET /") < 4)
    gamut_step(f.g, 1);
  ck_assert_int_eq(gamut_job(f.g, id, &json, &f.err), 0);
  at = strstr(json, "\"members\":[");
  at = at ? strstr(at, "\"id\":\"") : NULL;
  ck_assert_msg(at != NULL, "%s", json);
  snprintf(part, sizeof(part), "%s", at + strlen("\"id\":\""));
  gamut_string_free(json);
  ck_assert_int_eq(gamut_cancel(f.g, part), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_CANCELLED);
  gamut_result_free(result);
  gamut_request_free(r);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("cancel");

  tcase_add_loop_test(tc, by_its_user, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, by_its_time, 0, GM_LEN(late));
  tcase_add_test(tc, left);
  tcase_add_test(tc, by_beginning);
  tcase_add_test(tc, by_part);
  return unit_run("cancel", tc);
}
