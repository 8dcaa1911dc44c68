/* test_parts.c - a request of several jobs as a whole: what it costs, what is
 * told of it, what its record says. */
#include "api/context.h"
#include "engine/vendor.h"
#include "store/kit.h"
#include "unit/scratch.h"
#include <stdio.h>

#define A       "POST /a/jobs"
#define B       "POST /b/jobs"
#define BLOCKED "{\"error\":{\"code\":\"unsafe\"}}"
#define BLOCKS(who)                                                            \
  {                                                                            \
    who, 0, 400, BLOCKED, NULL, 0                                              \
  }
#define RESETS(who)                                                            \
  {                                                                            \
    who, 0, SCRIPT_RESET, NULL, NULL, 0                                        \
  }

/* Unknown is not zero, where none was made; what may have been charged for is
 * said beside the cost of the others, as of one job. */
static const struct {
  const char *name;
  struct answer answers[3];
  int64_t microusd;
  int32_t maybe;
} costs[] = {
  { "all are made", { SAYS(A, MADE), SAYS(B, MADE), PICTURE }, 40000, 0 },
  { "all are blocked", { BLOCKS(A), BLOCKS(B) }, -1, 0 },
  { "one is blocked", { SAYS(A, MADE), BLOCKS(B), PICTURE }, 20000, 0 },
  { "one is not answered", { SAYS(A, MADE), RESETS(B), PICTURE }, 20000, 1 },
  { "none is answered", { RESETS(A), RESETS(B) }, -1, 1 },
};

START_TEST(cost)
{
  struct gamut_result *r;
  struct fix f;

  fix_open(&f, costs[_i].answers, GM_LEN(costs[_i].answers), 0);
  r = fix_run(&f,
              fix_request("a:set b:set", "x", "n", "2", "spread", "yes", NULL));
  ck_assert_msg(r != NULL, "%s", f.err.message);
  ck_assert_msg(gamut_result_cost(r, NULL) == costs[_i].microusd,
                "%s: it cost %d", costs[_i].name,
                (int)gamut_result_cost(r, NULL));
  ck_assert_msg(gamut_result_formula_cost(r) == costs[_i].microusd,
                "%s: %d by the catalog", costs[_i].name,
                (int)gamut_result_formula_cost(r));
  ck_assert_int_eq(gamut_result_maybe_charged(r), costs[_i].maybe);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

/* Whoever waits until the vendors have it hears so, also when the one that is
 * still awaited does not take its part: long before the other is made. */
START_TEST(accepted)
{
  static const struct answer answers[] = {
    WORKS_FOR(60, "a", MADE),
    { B, 0, SCRIPT_LATE, BLOCKED, NULL, 0 },
    PICTURE,
  };
  struct gamut_request *r =
    fix_request("a:m b:m", "x", "n", "2", "spread", "yes", NULL);
  const struct gamut_event *e;
  bool told = false;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  gamut_want_events(f.g, 1);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, NULL, &f.err), 0);
  gamut_request_free(r);
  while (script_count(f.script, "GET /a/jobs/1") < 5)
    gamut_step(f.g, 1);
  script_go(f.script);
  while ((e = gamut_next_event(f.g, -1)) && e->type != GAMUT_EVENT_DONE)
    told |= e->type == GAMUT_EVENT_ACCEPTED &&
            script_count(f.script, "GET /a/jobs/1") < 50;
  ck_assert_ptr_nonnull(e);
  ck_class(e->result, 0);
  gamut_result_free(e->result);
  ck_assert(told);
  fix_close(&f);
}
END_TEST

/* ---- nothing is left unsaid ----------------------------------------------
 */

static const struct gamut_key keyless_keys[] = {
  { "api_key", "TEST_KEYLESS_KEY", NULL, NULL, "no", GAMUT_STRING,
    GAMUT_KEY_REQUIRED | GAMUT_KEY_SECRET, 0, 0 },
};
static const struct gamut_credential keyless_credentials[] = {
  { NULL, "authorization", "Bearer {api_key}" },
};

/* A part that no link takes as it begins, one for want of a key, the other
 * because it makes one picture at a time: the result says why two of three are
 * missing. */
START_TEST(refused)
{
  static const struct answer answers[] = { SAYS(B, MADE), PICTURE };
  struct gamut_provider keyless = vendor_a;
  struct gamut_result *r;
  struct fix f;

  keyless.name = "keyless";
  keyless.catalog = NULL;
  keyless.keys = (struct gamut_table)GAMUT_TABLE(keyless_keys);
  keyless.credentials = (struct gamut_table)GAMUT_TABLE(keyless_credentials);
  fix_open(&f, answers, GM_LEN(answers), 0);
  ck_assert_int_eq(gamut_register_provider(f.g, &keyless, NULL), 0);
  r = fix_run(
    &f, fix_request("keyless:m b:cheap", "x", "n", "3", "spread", "yes", NULL));
  ck_assert_msg(r != NULL, "%s", f.err.message);
  ck_class(r, 0);
  ck_assert_uint_eq(gamut_result_artifacts(r), 1);
  ck_assert_uint_eq(gamut_result_attempts(r), 3);
  ck_assert_int_eq(gamut_result_attempt(r, 0)->error_class, GAMUT_E_AUTH);
  ck_assert_str_eq(gamut_result_attempt(r, 0)->provider, "keyless");
  ck_assert_str_eq(gamut_result_attempt(r, 1)->provider, "b");
  ck_assert_int_ne(gamut_result_attempt(r, 1)->error_class, 0);
  ck_assert_int_eq(gamut_result_attempt(r, 2)->error_class, 0);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

/* ---- its record ----------------------------------------------------------
 */

static void check_record(struct fix *f, const char *when)
{
  static const char *const says[] = { "\"team\":{\"n\":2,", "\"why\":\"part\"",
                                      "\"maybe_charged\":true" };
  char *json = NULL;
  size_t i;

  ck_assert_int_eq(gamut_jobs(f->g, NULL, &json, &f->err), 0);
  for (i = 0; i < GM_LEN(says); i++)
    ck_assert_msg(strstr(json, says[i]) != NULL, "%s: no %s in %s", when,
                  says[i], json);
  gamut_string_free(json);
}

/* Its record says that it is fetched, and names its parts: those are not taken
 * up with it. */
static void check_taken_up(struct fix *f)
{
  static const struct gm_run_ops ops = { .over = NULL };
  const struct gm_restore how = { .again = false };
  struct gm_ticket *t =
    GM_CONTAINER(f->g->tickets.next, struct gm_ticket, link);
  _cleanup_free_ char *record = gm_job_record(&t->run->job);
  struct gm_error err = GM_ERROR_INIT;
  struct gm_run *run;

  ck_assert_msg(gm_run_restore(&f->g->router, record, strlen(record), &how,
                               &ops, NULL, &run, &err) == 0,
                "%s", gm_error_text(&err));
  ck_assert_ptr_null(run->team);
  gm_run_free(run);
}

/* What one part made is fetched once more: the record still names the parts,
 * and which of them may have been charged for nothing. */
START_TEST(fetched_again)
{
  static const struct answer answers[] = {
    SAYS(A, MADE),
    RESETS(B),
    PICTURE,
  };
  struct gamut_request *how = fix_request("a:m", "x", "force", "yes", NULL);
  struct gamut_result *r;
  char id[GAMUT_ID_SIZE];
  struct fix f;
  int i;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_set(&f, "store", "sqlite");
  fix_set(&f, "state_dir", scratch_folder());
  r = fix_run(&f, fix_request("a:m b:m", "x", "n", "2", "spread", "yes", NULL));
  ck_class(r, 0);
  snprintf(id, sizeof(id), "%s", gamut_result_id(r));
  gamut_result_free(r);
  check_record(&f, "made");
  for (i = 0; i < 2; i++) {
    ck_assert_int_eq(gamut_fetch(f.g, id, how, NULL, NULL, &f.err), 0);
    check_taken_up(&f);
    r = fix_wait(&f, id);
    ck_class(r, 0);
    gamut_result_free(r);
    check_record(&f, i ? "fetched twice" : "fetched once more");
  }
  gamut_request_free(how);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("parts");

  tcase_add_loop_test(tc, cost, 0, GM_LEN(costs));
  tcase_add_test(tc, accepted);
  tcase_add_test(tc, refused);
  if (kit_sqlite())
    tcase_add_test(tc, fetched_again);
  return unit_run("parts", tc);
}
