/* test_settle.c - what was in doubt and was settled is looked at again: its
 * files are fetched, its key is submitted, the books are summed up. */
#include "engine/books.h"
#include "unit/scratch.h"
#include <stdio.h>

#define SUBMIT "POST /a/jobs"
#define RESETS(n)                                                              \
  {                                                                            \
    SUBMIT, n, SCRIPT_RESET, NULL, NULL, 0                                     \
  }
#define BUDGET "[{\"scope\":\"all\",\"limit_usd\":2,\"period\":\"day\"}]"

/* ---- of a request of several --------------------------------------------- */

/* One part, or both, are in doubt, and no other brings anything. */
static const struct {
  const char *name;
  struct answer first, then;
  int n;           /* in doubt */
  int32_t charged; /* how they are settled */
} teams[] = {
  { "both, charged", RESETS(2), SAYS(SUBMIT, QUEUED), 2, 1 },
  { "both, not charged", RESETS(2), SAYS(SUBMIT, QUEUED), 2, 0 },
  { "one, charged", RESETS(1), REFUSES(SUBMIT, 402), 1, 1 },
  { "one, not charged", RESETS(1), REFUSES(SUBMIT, 402), 1, 0 },
};

static void first_in_doubt(struct fix *f, char id[GAMUT_ID_SIZE])
{
  char *json = NULL;
  const char *at;

  ck_assert_int_eq(
    gamut_jobs(f->g, "{\"state\":\"maybe-charged\"}", &json, &f->err), 0);
  at = strstr(json, "\"id\":\"");
  ck_assert_ptr_nonnull(at);
  snprintf(id, GAMUT_ID_SIZE, "%s", at + strlen("\"id\":\""));
  gamut_string_free(json);
}

/* Is it made again?  It would be under another id. */
static bool is_made_again(struct fix *f, const struct gamut_request *r,
                          const char *id)
{
  struct gamut_result *result = NULL;
  char other[GAMUT_ID_SIZE];
  int32_t state;

  ck_assert_int_eq(gamut_look_once(f->g, "key", &state, &f->err), 0);
  ck_assert_int_eq(
    gamut_submit_once(f->g, r, "key", NULL, NULL, other, &result, &f->err), 0);
  ck_assert_int_eq(state, result ? GAMUT_ONCE_KEPT : GAMUT_ONCE_AGAIN);
  ck_assert_int_eq(strcmp(id, other) == 0, result != NULL);
  gamut_result_free(result);
  return result == NULL;
}

START_TEST(team)
{
  const struct answer answers[] = { teams[_i].first, teams[_i].then };
  const char *place = scratch_folder();
  struct gamut_request *r =
    fix_request("a:cheap a:dear", "x", "n", "2", "spread", "yes", "resubmit",
                "never", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE], part[GAMUT_ID_SIZE];
  struct fix f;
  int i;

  books_open(&f, answers, GM_LEN(answers), place);
  fix_set(&f, "budgets", BUDGET);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  gamut_result_free(result);
  for (i = 0; i < teams[_i].n; i++) {
    ck_assert_msg(!is_made_again(&f, r, id), "%s", teams[_i].name);
    first_in_doubt(&f, part);
    ck_assert_int_eq(gamut_settle(f.g, part, teams[_i].charged, &f.err), 0);
  }
  ck_assert_int_eq(is_made_again(&f, r, id), !teams[_i].charged);
  gamut_request_free(r);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("settle");

  if (!kit_sqlite())
    return 77;                        /* not built */
  tcase_add_loop_test(tc, team, 0, GM_LEN(teams));
  return unit_run("settle", tc);
}
