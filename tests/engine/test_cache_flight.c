/* test_cache_flight.c - the same request several times at once is one job, also
 * when those who ask go away. */
#include "engine/cache_kit.h"
#include <stdio.h>

static const struct answer slow[] = { SAYS(SUBMIT, QUEUED),
                                      SAYS_TIMES(20, POLL, QUEUED),
                                      SAYS(POLL, DONE), PICTURE };

/* Many at once in one process: one job. */
START_TEST(together)
{
  char ids[8][GAMUT_ID_SIZE], name[40];
  struct gamut_result *result;
  struct fix f;
  int hits = 0;
  size_t i;

  cf_open_fix(&f, slow, GM_LEN(slow), _i & 1 ? GAMUT_THREAD : 0,
              _i & 2 ? KIT_SQLITE : KIT_MEMORY, scratch_folder());
  for (i = 0; i < GM_LEN(ids); i++) {
    snprintf(name, sizeof(name), "together%d-%zu.png", _i, i);
    cf_submit(&f, cf_seeded(cf_in_folder(name)), ids[i]);
  }
  for (i = 0; i < GM_LEN(ids); i++) {
    const struct gamut_event *e;

    do
      e = gamut_next_event(f.g, -1);
    while (e->type != GAMUT_EVENT_DONE);
    result = e->result;
    ck_class(result, 0);
    hits += gamut_result_cache_hit(result);
    cf_expect_picture(gamut_result_artifact(result, 0)->path);
    gamut_result_free(result);
  }
  ck_assert_int_eq(hits, (int)GM_LEN(ids) - 1);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  ck_assert_str_eq(cf_lines, "");
  fix_close(&f);
}
END_TEST

/* The first fails, or is refused by content policy: the next makes it. */
START_TEST(first_fails)
{
  static const char *const errors[] = { "final", "unsafe" };
  static const int32_t classes[] = { GAMUT_E_PROVIDER, GAMUT_E_BLOCKED };
  char body[200], ids[3][GAMUT_ID_SIZE];
  struct answer rows[] = { SAYS(SUBMIT, QUEUED),
                           SAYS_TIMES(5, POLL, QUEUED),
                           { POLL, 1, 200, body, NULL, 0 },
                           SAYS_TIMES(3, POLL, QUEUED),
                           SAYS(POLL, DONE),
                           PICTURE };
  struct gamut_result *result;
  struct fix f;
  int i, failures = 0, hits = 0;

  snprintf(body, sizeof(body),
           "{\"status\":\"failed\",\"error\":{\"code\":\"%s\",\"message\":"
           "\"no\"}}",
           errors[_i & 1]);
  cf_open_fix(&f, rows, GM_LEN(rows), 0, _i & 2 ? KIT_SQLITE : KIT_MEMORY,
              scratch_folder());
  for (i = 0; i < 3; i++)
    cf_submit(&f, cf_seeded(NULL), ids[i]);
  for (i = 0; i < 3; i++) {
    const struct gamut_event *e;

    do
      e = gamut_next_event(f.g, -1);
    while (e->type != GAMUT_EVENT_DONE);
    result = e->result;
    if (gamut_result_class(result)) {
      ck_class(result, classes[_i & 1]);
      failures++;
    }
    hits += gamut_result_cache_hit(result);
    gamut_result_free(result);
  }
  ck_assert_int_eq(failures, 1);
  ck_assert_int_eq(hits, 1);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 2);
  fix_close(&f);
}
END_TEST

/* Who waits goes: the job of the other is none of his.  Who makes it goes: who
 * waits makes it. */
START_TEST(goes_away)
{
  bool leader = _i & 1, detach = _i & 2;
  char ids[2][GAMUT_ID_SIZE];
  struct gamut_result *result;
  struct fix f;

  cf_open_fix(&f, slow, GM_LEN(slow), 0, _i & 4 ? KIT_SQLITE : KIT_MEMORY,
              scratch_folder());
  cf_submit(&f, cf_seeded(NULL), ids[0]);
  cf_submit(&f, cf_seeded(NULL), ids[1]);
  cf_until_asked(&f, POLL, 2);
  ck_assert_int_eq((detach ? gamut_detach : gamut_cancel)(f.g, ids[!leader]),
                   0);
  result = fix_wait(&f, ids[!leader]);
  ck_assert_int_eq(gamut_result_status(result),
                   detach ? GAMUT_DETACHED : GAMUT_CANCELLED);
  gamut_result_free(result);
  result = fix_wait(&f, ids[leader]);
  ck_class(result, 0);
  ck_assert_int_eq(gamut_result_cache_hit(result), 0);
  ck_assert_int_eq(script_count(f.script, SUBMIT), leader ? 2 : 1);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* The deadline of one who waits is his own. */
START_TEST(deadline)
{
  static const struct answer held[] = { SAYS(SUBMIT, QUEUED),
                                        SAYS(POLL, QUEUED) };
  char ids[2][GAMUT_ID_SIZE];
  struct gamut_result *result;
  struct gamut_request *r = cf_seeded(NULL);
  struct fix f;

  cf_open_fix(&f, held, 2, 0, _i ? KIT_SQLITE : KIT_MEMORY, scratch_folder());
  cf_submit(&f, cf_seeded(NULL), ids[0]);
  cf_until_asked(&f, POLL, 1);
  ck_assert_int_eq(gamut_request_set(r, "timeout", "60ms", NULL), 0);
  cf_submit(&f, r, ids[1]);
  result = fix_wait(&f, ids[1]);
  ck_assert_int_eq(gamut_result_status(result), GAMUT_DETACHED);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_active(f.g), 1);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  fix_close(&f);
}
END_TEST

/* The context of one who waits closes, and what it left goes on elsewhere: as a
 * hit, for it was never sent. */
START_TEST(closes)
{
  const char *place = scratch_folder();
  char ids[2][GAMUT_ID_SIZE];
  struct gamut_result *result;
  struct fix f, other;

  cf_open_fix(&f, slow, GM_LEN(slow), 0, KIT_SQLITE, place);
  cf_open_in(&other, f.script, 0, KIT_SQLITE, place);
  cf_submit(&f, cf_seeded(NULL), ids[0]);
  cf_until_asked(&f, POLL, 2);
  cf_submit(&other, cf_seeded(NULL), ids[1]);
  gamut_step(other.g, 100);
  gamut_step(other.g, 100);
  gamut_close(other.g);
  result = fix_wait(&f, ids[0]);
  ck_class(result, 0);
  gamut_result_free(result);
  ck_assert_msg(gamut_attach(f.g, ids[1], NULL, NULL, NULL, &f.err) == 0, "%s",
                f.err.message);
  result = fix_wait(&f, ids[1]);
  ck_class(result, 0);
  ck_assert_int_eq(gamut_result_cache_hit(result), 1);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  fix_close(&f);
}
END_TEST

/* Two owners of one store, each on a thread: one makes it, the other waits. */
START_TEST(two_owners)
{
  const char *place = scratch_folder();
  char ids[2][GAMUT_ID_SIZE];
  struct gamut_result *results[2];
  struct fix f, other;

  cf_open_fix(&f, slow, GM_LEN(slow), GAMUT_THREAD, KIT_SQLITE, place);
  cf_open_in(&other, f.script, GAMUT_THREAD, KIT_SQLITE, place);
  cf_submit(&f, cf_seeded(NULL), ids[0]);
  cf_submit(&other, cf_seeded(NULL), ids[1]);
  results[0] = fix_wait(&f, ids[0]);
  results[1] = fix_wait(&other, ids[1]);
  ck_class(results[0], 0);
  ck_class(results[1], 0);
  ck_assert_int_eq(
    gamut_result_cache_hit(results[0]) + gamut_result_cache_hit(results[1]), 1);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  gamut_result_free(results[0]);
  gamut_result_free(results[1]);
  gamut_close(other.g);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("cache_flight");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, together, 0, 4);
  tcase_add_loop_test(tc, first_fails, 0, 4);
  tcase_add_loop_test(tc, goes_away, 0, 8);
  tcase_add_loop_test(tc, deadline, 0, 2);
  tcase_add_test(tc, closes);
  tcase_add_test(tc, two_owners);
  return unit_run("cache_flight", tc);
}
