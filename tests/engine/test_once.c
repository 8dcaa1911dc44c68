/* test_once.c - one key, one submission: while it is under way, after its end,
 * after its record is gone; what was in doubt is settled; by the store of this
 * machine.
 */
#include "engine/attach_kit.h"
#include "store/kit.h"

START_TEST(settled)
{
  static const struct answer answers[] = { HOLDS(JOBS) };
  struct fix f;
  char id[GAMUT_ID_SIZE];
  pid_t pid;

  begin(&f, answers, GM_LEN(answers));
  pid = work_there(&f, "x", "never");
  script_wait(f.script, JOBS, 1);
  kill_there(pid);
  open_here(&f);
  only_id(&f, id);
  ck_listed(&f, "{\"state\":\"maybe-charged\"}", id);
  ck_assert_msg(gamut_settle(f.g, id, _i, &f.err) == 0, "%s", f.err.message);
  ck_listed(&f, "{\"state\":\"maybe-charged\"}", NULL);
  ck_listed(&f, NULL, _i ? "\"settled\":\"charged\"" : "\"not-charged\"");
  ck_assert_int_eq(gamut_settle(f.g, id, _i, &f.err), GAMUT_E_INVALID);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  script_go(f.script);
  finish(&f);
}
END_TEST

/* By the key "key"; how it ended is settled. */
static void make_settled(struct fix *f, struct gamut_request *r, int charged)
{
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE];

  ck_assert_int_eq(
    gamut_submit_once(f->g, r, "key", NULL, NULL, id, &result, &f->err), 0);
  result = fix_wait(f, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_settle(f->g, id, charged, &f->err), 0);
}

/* What somebody has found in the vendor's books is not paid for again. */
START_TEST(once_and_settled)
{
  static const struct answer answers[] = {
    { JOBS, 1, SCRIPT_CLOSE, NULL, NULL, 0 },
    SAYS(JOBS, QUEUED),
  };
  struct gamut_request *r =
    fix_request("a:cheap", "x", "resubmit", "never", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  make_settled(&f, r, _i);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err), 0);
  ck_assert_int_eq(result != NULL, _i);
  if (_i)
    ck_class(result, GAMUT_E_PROVIDER);
  gamut_result_free(result);
  while (!_i && script_count(f.script, JOBS) < 2)
    gamut_step(f.g, 1);
  ck_assert_int_eq(script_count(f.script, JOBS), 2 - _i);
  gamut_request_free(r);
  finish(&f);
}
END_TEST

/* A part that was settled while the whole goes on stays, so that the whole does
 * not make it again; where jobs are forgotten at once as well. */
START_TEST(settled_part)
{
  static const struct answer answers[] = {
    { JOBS, 1, SCRIPT_CLOSE, NULL, NULL, 0 },
    WORKS("a"),
  };
  struct gamut_request *r =
    fix_request("a:cheap a:dear", "x", "n", "2", "spread", "yes", "resubmit",
                "never", NULL);
  char id[GAMUT_ID_SIZE], part[GAMUT_ID_SIZE];
  struct fix f;
  uint32_t n;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  fix_set(&f, "keep_jobs", "0");
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  while (script_count(f.script, POLL) < 2)
    gamut_step(f.g, 1);
  gamut_close(f.g);
  open_here(&f);
  fix_set(&f, "keep_jobs", "0");
  first_id(&f, "{\"state\":\"maybe-charged\"}", part);
  ck_assert_msg(gamut_settle(f.g, part, 1, &f.err) == 0, "%s", f.err.message);
  ck_listed(&f, "{\"parts\":true,\"state\":\"ended\"}", part);
  ck_assert_int_eq(gamut_resume_all(f.g, r, NULL, NULL, &n, &f.err), 0);
  while (script_count(f.script, POLL) < 4)
    gamut_step(f.g, 1);
  ck_assert_int_eq(script_count(f.script, JOBS), 2);
  gamut_request_free(r);
  finish(&f);
}
END_TEST

/* A store that cannot be read just now has not said that it is free. */
START_TEST(settled_unread)
{
  static const struct answer answers[] = {
    { JOBS, 1, SCRIPT_CLOSE, NULL, NULL, 0 },
    SAYS(JOBS, QUEUED),
  };
  struct gamut_request *r =
    fix_request("a:cheap", "x", "resubmit", "never", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE];
  uint64_t n, asked = 1;
  struct fix f;
  int32_t rc;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  make_settled(&f, r, 1);
  for (n = 1; n <= asked; n++) {
    result = NULL;
    gm_mem_fail(n, false);
    rc = gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err);
    asked = gm_mem_fail(0, false);
    ck_assert_msg((rc == 0) == (result != NULL), "%lu: submitted",
                  (unsigned long)n);
    gamut_result_free(result);
  }
  ck_assert_int_eq(rc, 0);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  gamut_request_free(r);
  finish(&f);
}
END_TEST

/* What had been made stays made, whatever keeps us from its files later. */
static const struct {
  const char *name;
  struct answer later; /* to the look, once it was made */
  enum { ENDS, LEFT, CANCELLED, CLOSED } how;
  int32_t error_class;
} vain[] = {
  { "it is forgotten", REFUSES(POLL, 404), ENDS, GAMUT_E_NOT_FOUND },
  { "it is said to have failed", SAYS(POLL, FAILED), ENDS, GAMUT_E_PROVIDER },
  { "no answer, and it is left", HOLDS(POLL), LEFT, GAMUT_E_DETACHED },
  { "no answer, and it is cancelled", HOLDS(POLL), CANCELLED,
    GAMUT_E_CANCELLED },
  { "no answer, and all is closed", HOLDS(POLL), CLOSED, 0 },
};

static void leave(struct fix *f, const char *id, int i)
{
  while (vain[i].later.status == SCRIPT_HOLD &&
         script_count(f->script, POLL) < 2)
    gamut_step(f->g, 1);
  if (vain[i].how == LEFT)
    gamut_detach(f->g, id);
  else if (vain[i].how == CANCELLED)
    gamut_cancel(f->g, id);
}

START_TEST(fetched_in_vain)
{
  struct answer answers[] = {
    SAYS(JOBS, QUEUED),
    SAYS_TIMES(1, POLL, MADE),
    vain[_i].later,
    PICTURE,
  };
  struct gamut_request *r = fix_request("a:cheap", "x", NULL);
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  make_one(&f, id);
  ck_assert_int_eq(gamut_fetch(f.g, id, NULL, NULL, NULL, &f.err), 0);
  leave(&f, id, _i);
  if (vain[_i].how == CLOSED) {
    gamut_close(f.g);
    open_here(&f);
  } else {
    result = fix_wait(&f, id);
    ck_class(result, vain[_i].error_class);
    ck_assert(!gamut_result_maybe_charged(result));
    gamut_result_free(result);
  }
  ck_listed(&f, "{\"state\":\"completed\"}", id);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, NULL, &result, &f.err), 0);
  ck_assert_ptr_nonnull(result);
  ck_class(result, 0);
  gamut_result_free(result);
  gamut_request_free(r);
  script_go(f.script);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  finish(&f);
}
END_TEST

/* It failed, and the vendor has counted it all the same: as a job, and as a
 * part of one. */
START_TEST(failed_and_charged)
{
  static const struct answer answers[] = {
    SAYS_TIMES(2, JOBS, QUEUED),
    SAYS(POLL, "{\"status\":\"failed\",\"usd\":0.02,"
               "\"error\":{\"message\":\"there is no file\"}}"),
    REFUSES(JOBS, 402),
  };
  struct gamut_request *r =
    fix_request(_i ? "a:cheap a:dear" : "a:cheap", "x", _i ? "n" : "seed", "2",
                "spread", _i ? "yes" : "no", NULL);
  struct gamut_result *result = NULL;
  int32_t state;
  struct fix f;
  char id[GAMUT_ID_SIZE];
  int sent;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err), 0);
  result = fix_wait(&f, id);
  ck_assert_int_eq(gamut_result_status(result), GAMUT_FAILED);
  gamut_result_free(result);
  sent = script_count(f.script, JOBS);
  ck_assert_int_eq(gamut_look_once(f.g, "key", &state, &f.err), 0);
  ck_assert_int_eq(state, GAMUT_ONCE_KEPT);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, NULL, &result, &f.err), 0);
  ck_assert_ptr_nonnull(result);
  ck_assert_int_eq(gamut_result_status(result), GAMUT_FAILED);
  ck_assert_int_eq(script_count(f.script, JOBS), sent);
  gamut_result_free(result);
  gamut_request_free(r);
  finish(&f);
}
END_TEST

/* One key, one submission: while it is under way, after its end, and after a
 * failure that cost nothing a new one. */
START_TEST(once)
{
  static const struct answer answers[] = {
    { JOBS, 1, 402, "{\"error\":{\"code\":\"no_credit\"}}", NULL, 0 },
    WORKS_FOR(3, "a", MADE),
    PICTURE,
  };
  struct gamut_request *r = fix_request("a:cheap", "x", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE], other[GAMUT_ID_SIZE];
  struct fix f;
  int32_t state;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "batch/1", NULL, NULL, id, &result, &f.err), 0);
  ck_assert_ptr_null(result);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_QUOTA);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_look_once(f.g, "batch/1", &state, &f.err), 0);
  ck_assert_int_eq(state, GAMUT_ONCE_AGAIN);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "batch/1", NULL, NULL, id, &result, &f.err), 0);
  ck_assert_ptr_null(result);
  while (script_count(f.script, POLL) < 1)
    gamut_step(f.g, 1);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "batch/1", NULL, NULL, other, &result, &f.err),
    GAMUT_E_RATE);
  gamut_close(f.g); /* as a process that ends: the job goes on */
  open_here(&f);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "batch/1", NULL, NULL, other, &result, &f.err),
    0);
  ck_assert_ptr_null(result);
  ck_assert_str_eq(id, other);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "batch/1", NULL, NULL, other, &result, &f.err),
    0);
  ck_assert_ptr_nonnull(result);
  ck_class(result, 0);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, JOBS), 2);
  ck_assert_int_eq(gamut_look_once(f.g, "batch/1", &state, &f.err), 0);
  ck_assert_int_eq(state, GAMUT_ONCE_KEPT);
  ck_assert_int_eq(gamut_look_once(f.g, "batch/2", &state, &f.err), 0);
  ck_assert_int_eq(state, GAMUT_ONCE_NEW);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "", NULL, NULL, other, &result, &f.err),
    GAMUT_E_INVALID);
  gamut_request_free(r);
  finish(&f);
}
END_TEST

/* What the key is bound to cannot be gone on with: said, and not tried for
 * ever. */
START_TEST(once_elsewhere)
{
  static const struct answer answers[] = { WORKS("a") };
  struct gamut_request *r = fix_request("a:cheap", "x", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err), 0);
  while (script_count(f.script, POLL) < 1)
    gamut_step(f.g, 1);
  gamut_close(f.g);
  open_at(&f, "http://127.0.0.1:1/a");
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err),
    GAMUT_E_INVALID);
  ck_assert_msg(strstr(f.err.message, "base_url") != NULL, "%s", f.err.message);
  ck_assert_ptr_null(result);
  ck_listed(&f, "{\"state\":\"waiting\"}", id);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  gamut_request_free(r);
  finish(&f);
}
END_TEST

/* The record of the bound job is gone: the ledger knows whether it was paid
 * for.  Of a row: what it came to, and whether it is made again. */
static const struct {
  const char *name, *links, *n;
  struct answer answers[5];
  int32_t error_class;
  int posts; /* by then */
  bool again;
} forgotten[] = {
  { "made", "a:cheap", "1", { WORKS_FOR(1, "a", MADE), PICTURE }, 0, 1, false },
  { "by several",
    "a:cheap a:dear",
    "2",
    { WORKS_FOR(1, "a", MADE), PICTURE },
    0,
    2,
    false },
  { "refused",
    "a:cheap",
    "1",
    { { JOBS, 1, 402, "{}", NULL, 0 }, WORKS("a") },
    GAMUT_E_QUOTA,
    1,
    true },
};

START_TEST(once_forgotten)
{
  struct gamut_request *r = fix_request(forgotten[_i].links, "x", "n",
                                        forgotten[_i].n, "spread", "yes", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE], other[GAMUT_ID_SIZE];
  int32_t state, rc;
  struct fix f;

  begin(&f, forgotten[_i].answers, GM_LEN(forgotten[_i].answers));
  open_here(&f);
  fix_set(&f, "keep_jobs", "0");
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, forgotten[_i].error_class);
  gamut_result_free(GM_TAKE(result));
  ck_assert_int_eq(script_count(f.script, JOBS), forgotten[_i].posts);
  ck_listed(&f, NULL, NULL);
  ck_assert_int_eq(gamut_look_once(f.g, "key", &state, &f.err), 0);
  ck_assert_int_eq(state,
                   forgotten[_i].again ? GAMUT_ONCE_AGAIN : GAMUT_ONCE_KEPT);
  rc = gamut_submit_once(f.g, r, "key", NULL, NULL, other, &result, &f.err);
  ck_assert_int_eq(rc, forgotten[_i].again ? 0 : GAMUT_E_NOT_FOUND);
  ck_assert_ptr_null(result);
  if (rc)
    ck_assert_msg(strstr(f.err.message, "is not remembered any more") != NULL,
                  "%s", f.err.message);
  else
    ck_assert_str_ne(id, other);
  while (!rc && script_count(f.script, POLL) < 1)
    gamut_step(f.g, 1);
  ck_assert_int_eq(script_count(f.script, JOBS), forgotten[_i].posts + !rc);
  gamut_request_free(r);
  finish(&f);
}
END_TEST

/* One that is in doubt stays until somebody has said how it was, also where
 * jobs are forgotten at once. */
START_TEST(kept_for_settling)
{
  static const struct answer answers[] = {
    { JOBS, 1, SCRIPT_CLOSE, NULL, NULL, 0 },
    WORKS("a"),
  };
  struct gamut_request *r =
    fix_request("a:cheap", "x", "resubmit", "never", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE];
  struct fix f;
  int32_t rc;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  fix_set(&f, "keep_jobs", "0");
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  gamut_result_free(GM_TAKE(result));
  ck_listed(&f, "{\"state\":\"maybe-charged\"}", id);
  ck_assert_msg(gamut_settle(f.g, id, _i, &f.err) == 0, "%s", f.err.message);
  ck_listed(&f, NULL, NULL);
  rc = gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err);
  ck_assert_int_eq(rc, _i ? GAMUT_E_NOT_FOUND : 0);
  ck_assert_ptr_null(result);
  while (!rc && script_count(f.script, POLL) < 1)
    gamut_step(f.g, 1);
  ck_assert_int_eq(script_count(f.script, JOBS), 2 - _i);
  gamut_request_free(r);
  finish(&f);
}
END_TEST

/* A disk has turned a bit over in what the key is bound to; a row of before
 * there were seals. */
static const struct {
  const char *name;
  int letter; /* that is put at the end of the id; 0: none */
  bool unsealed;
  int32_t rc;
} flips[] = {
  { "another valid id", 1, false, GAMUT_E_PROTOCOL },
  { "no id", '?', false, GAMUT_E_PROTOCOL },
  { "no id, and no seal", '?', true, GAMUT_E_PROTOCOL },
  { "no seal", 0, true, 0 },
};

static void damage(const char *key, int i)
{
  struct gamut_store_op op;
  struct kit_row row;
  struct kit k;
  char *last;

  kit_open(&k, KIT_SQLITE, folder);
  ck_assert(kit_get(&k, "line", key, &row));
  ck_assert_int_ne(row.numbers[0], 0);
  row.body[row.body_len] = '\0';
  last = &row.body[row.body_len - 1];
  if (flips[i].letter == 1)
    *last = *last == '0' ? '1' : '0';
  else if (flips[i].letter)
    *last = (char)flips[i].letter;
  op = kit_put("line", key, row.body);
  if (flips[i].unsealed)
    op.changes |= GAMUT_SET_NUMBERS;
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  kit_close(&k);
}

START_TEST(once_damaged)
{
  static const struct answer answers[] = { WORKS_FOR(1, "a", MADE), PICTURE };
  struct gamut_request *r = fix_request("a:cheap", "x", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE];
  int32_t state;
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  make_one(&f, id);
  gamut_close(f.g);
  damage("key", _i);
  open_here(&f);
  ck_assert_int_eq(gamut_look_once(f.g, "key", &state, &f.err), flips[_i].rc);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err),
    flips[_i].rc);
  ck_assert_int_eq(result != NULL, flips[_i].rc == 0);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  gamut_request_free(r);
  finish(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("once");

  if (!durable_store())
    return 77;
  tcase_add_loop_test(tc, settled, 0, 2);
  tcase_add_loop_test(tc, once_and_settled, 0, 2);
  tcase_add_test(tc, settled_part);
  tcase_add_test(tc, settled_unread);
  tcase_add_loop_test(tc, fetched_in_vain, 0, GM_LEN(vain));
  tcase_add_loop_test(tc, failed_and_charged, 0, 2);
  tcase_add_test(tc, once);
  tcase_add_test(tc, once_elsewhere);
  tcase_add_loop_test(tc, once_forgotten, 0, GM_LEN(forgotten));
  tcase_add_loop_test(tc, kept_for_settling, 0, 2);
  tcase_add_loop_test(tc, once_damaged, 0, GM_LEN(flips));
  return unit_run("once", tc);
}
