/* test_attach.c - jobs of the store: those of a process that was killed go on
 * in another, are listed, cancelled, fetched again; by the store of this
 * machine.
 */
#include "engine/attach_kit.h"
#include "store/kit.h"
#include <stdio.h>
#include <unistd.h>

/* Of a row: what is asked and when whoever asked is killed; what the vendor
 * answers; what is expected. */
/* clang-format off */
static const struct {
  const char *name, *prompt, *resubmit;
  const char *until; /* asked so often before the kill */
  int times;
  struct answer answers[6];
  int32_t error_class;
  int posts;
} rows[] = {
  { .name = "no answer yet",
    .prompt = "x", .resubmit = "never", .until = JOBS, .times = 1,
    .answers = { HOLDS(JOBS) },
    .error_class = GAMUT_E_UNKNOWN, .posts = 1 },
  { .name = "no answer yet, sent again as it may be",
    .prompt = "x", .resubmit = "cheap", .until = JOBS, .times = 1,
    .answers = { HOLDS_ONCE(JOBS), SAYS(JOBS, QUEUED), SAYS(POLL, MADE),
                 PICTURE },
    .posts = 2 },
  { .name = "no answer yet, keyed",
    .prompt = "keyed", .resubmit = "never", .until = JOBS, .times = 1,
    .answers = { HOLDS_ONCE(JOBS), SAYS(JOBS, QUEUED), SAYS(POLL, MADE),
                 PICTURE },
    .posts = 2 },
  { .name = "the vendor works",
    .prompt = "x", .resubmit = "never", .until = POLL, .times = 3,
    .answers = { WORKS_FOR(10, "a", MADE), PICTURE },
    .posts = 1 },
  { .name = "outputs on their way",
    .prompt = "x", .resubmit = "never", .until = "GET /f.png", .times = 1,
    .answers = { SAYS(JOBS, QUEUED), SAYS(POLL, MADE), HOLDS_ONCE("GET /f.png"),
                 PICTURE },
    .posts = 1 },
};
/* clang-format on */

START_TEST(killed)
{
  struct gamut_result *result;
  struct fix f;
  char id[GAMUT_ID_SIZE];
  uint32_t n;
  pid_t pid;

  begin(&f, rows[_i].answers, GM_LEN(rows[_i].answers));
  pid = work_there(&f, rows[_i].prompt, rows[_i].resubmit);
  script_wait(f.script, rows[_i].until, rows[_i].times);
  kill_there(pid);
  open_here(&f);
  ck_listed(&f, "{\"state\":\"unfinished\"}", "\"model\":\"cheap\"");
  only_id(&f, id);
  ck_assert_msg(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err) == 0, "%s",
                f.err.message);
  ck_assert_uint_eq(n, 1);
  result = fix_wait(&f, id);
  ck_class(result, rows[_i].error_class);
  ck_assert_int_eq(script_count(f.script, JOBS), rows[_i].posts);
  if (!rows[_i].error_class) {
    ck_assert_uint_eq(gamut_result_artifacts(result), 1);
    ck_assert_int_eq(access(gamut_result_artifact(result, 0)->path, R_OK), 0);
  }
  gamut_result_free(result);
  ck_listed(&f, "{\"state\":\"unfinished\"}", NULL);
  ck_listed(&f, "{\"state\":\"ended\"}", id);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 0);
  script_go(f.script);
  finish(&f);
}
END_TEST

/* Its order had left, and nobody has heard the answer; it is ours now, and did
 * not go on yet. */
static void attach_one(struct fix *f, char id[GAMUT_ID_SIZE])
{
  static const struct answer answers[] = { HOLDS(JOBS) };
  pid_t pid;

  begin(f, answers, GM_LEN(answers));
  pid = work_there(f, "x", "never");
  script_wait(f->script, JOBS, 1);
  kill_there(pid);
  open_here(f);
  only_id(f, id);
  ck_assert_int_eq(gamut_attach(f->g, id, NULL, NULL, NULL, &f->err), 0);
}

START_TEST(cancelled_at_once)
{
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  attach_one(&f, id);
  ck_assert_int_eq(gamut_cancel(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_CANCELLED);
  ck_assert(gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_listed(&f, "{\"state\":\"maybe-charged\"}", id);
  script_go(f.script);
  finish(&f);
}
END_TEST

START_TEST(left_at_once)
{
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  attach_one(&f, id);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_DETACHED);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  script_go(f.script);
  finish(&f);
}
END_TEST

/* The one job is waited for there. */
static pid_t begin_driven(struct fix *f, const struct answer *answers, size_t n,
                          char id[GAMUT_ID_SIZE])
{
  pid_t pid;

  begin(f, answers, n);
  pid = work_there(f, "x", "never");
  script_wait(f->script, POLL, 1);
  open_here(f);
  only_id(f, id);
  return pid;
}

/* A living process keeps its job. */
START_TEST(driven)
{
  static const struct answer answers[] = { WORKS("a") };
  struct fix f;
  char id[GAMUT_ID_SIZE];
  uint32_t n;
  pid_t pid;

  pid = begin_driven(&f, answers, GM_LEN(answers), id);
  ck_listed(&f, NULL, "\"driven\":true");
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err),
                   GAMUT_E_RATE);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 0);
  ck_assert_int_eq(gamut_settle(f.g, id, 1, &f.err), GAMUT_E_INVALID);
  ck_assert_int_eq(
    gamut_cancel_elsewhere(f.g, "01ZZZZZZZZZZZZZZZZZZZZZZZZ", &f.err),
    GAMUT_E_NOT_FOUND);
  kill_there(pid);
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err), 0);
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err),
                   GAMUT_E_RATE);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  finish(&f);
}
END_TEST

/* ... which looks for such a wish and tells the vendor. */
START_TEST(cancelled_elsewhere)
{
  static const struct answer answers[] = {
    WORKS("a"),
    SAYS("DELETE /a/jobs/1", GONE),
  };
  struct fix f;
  char id[GAMUT_ID_SIZE], *json;
  pid_t pid;

  pid = begin_driven(&f, answers, GM_LEN(answers), id);
  ck_assert_msg(gamut_cancel_elsewhere(f.g, id, &f.err) == 0, "%s",
                f.err.message);
  script_wait(f.script, "DELETE /a/jobs/1", 1);
  for (;;) {
    json = jobs(&f, "{\"state\":\"cancelled\"}");
    if (strstr(json, id))
      break;
    gamut_string_free(json);
    gamut_step(f.g, 10);
  }
  ck_assert_msg(strstr(json, "\"driven\":false") != NULL, "%s", json);
  gamut_string_free(json);
  kill_there(pid);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  finish(&f);
}
END_TEST

/* Detached and taken up in the same context; then its file once more, under
 * another name. */
START_TEST(fetched_again)
{
  static const struct answer answers[] = {
    WORKS_FOR(3, "a", MADE),
    PICTURE,
  };
  struct gamut_request *how = gamut_request_new(), *first;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE], path[500], *json;
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  snprintf(path, sizeof(path), "%s/first.png", folder);
  first = fix_request("a:cheap", "x", "output", path, NULL);
  ck_assert_int_eq(gamut_submit(f.g, first, NULL, NULL, id, &f.err), 0);
  gamut_request_free(first);
  while (script_count(f.script, POLL) < 1)
    gamut_step(f.g, 1);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_DETACHED);
  gamut_result_free(result);
  ck_assert_msg(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err) == 0, "%s",
                f.err.message);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  ck_assert_str_eq(gamut_result_artifact(result, 0)->path, path);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err),
                   GAMUT_E_INVALID);
  snprintf(path, sizeof(path), "%s/second.png", folder);
  gamut_request_set(how, "output", path, NULL);
  ck_assert_msg(gamut_fetch(f.g, id, how, NULL, NULL, &f.err) == 0, "%s",
                f.err.message);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  ck_assert_str_eq(gamut_result_artifact(result, 0)->path, path);
  ck_assert_int_eq(access(path, R_OK), 0);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  id[12] = '\0'; /* its first characters do */
  ck_assert_int_eq(gamut_job(f.g, id, &json, &f.err), 0);
  ck_assert_msg(strstr(json, "\"status\":\"completed\"") != NULL, "%s", json);
  ck_assert_msg(strstr(json, "second.png") != NULL, "%s", json);
  gamut_string_free(json);
  gamut_request_free(how);
  finish(&f);
}
END_TEST

/* Left before its answer came, and sent again by its key: the answer to that
 * ends the doubt. */
START_TEST(left_keyed)
{
  static const struct answer answers[] = {
    HOLDS_ONCE(JOBS),
    SAYS(JOBS, QUEUED),
    SAYS(POLL, MADE),
    PICTURE,
  };
  struct gamut_request *r = fix_request("a:cheap", "keyed", NULL);
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  while (script_count(f.script, JOBS) < 1)
    gamut_step(f.g, 1);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_assert(gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_assert_msg(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err) == 0, "%s",
                f.err.message);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  ck_assert(!gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_listed(&f, "{\"state\":\"completed\"}", id);
  ck_assert_int_eq(script_count(f.script, JOBS), 2);
  script_go(f.script);
  finish(&f);
}
END_TEST

static const struct {
  const char *filter, *part;
} filters[] = {
  { "[]", "no JSON object" },
  { "{\"state\":\"lost\"}", "'lost' is none of unfinished" },
  { "{\"since\":\"yesterday\"}", "'yesterday' is neither" },
};

START_TEST(refused)
{
  struct fix f;
  char *json;

  begin(&f, NULL, 0);
  open_here(&f);
  ck_assert_int_eq(gamut_jobs(f.g, filters[_i].filter, &json, &f.err),
                   GAMUT_E_INVALID);
  ck_assert_msg(strstr(f.err.message, filters[_i].part) != NULL, "%s",
                f.err.message);
  ck_listed(&f, "{\"since\":\"7d\"}", NULL);
  ck_assert_int_eq(gamut_job(f.g, "nothing", &json, &f.err), GAMUT_E_NOT_FOUND);
  ck_assert_int_eq(gamut_attach(f.g, "", NULL, NULL, NULL, &f.err),
                   GAMUT_E_NOT_FOUND);
  finish(&f);
}
END_TEST

/* ---- a whole that another process has taken over --------------------------
 */

static void let_go_of(const char *id)
{
  struct gamut_store_op op = { .table = "job",
                               .key = id,
                               .changes = GAMUT_CLEAR_OWNER };
  struct kit k;

  kit_open(&k, KIT_SQLITE, folder);
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  kit_close(&k);
}

static void open_forgetful(struct fix *f)
{
  open_here(f);
  fix_set(f, "keep_jobs", "0");
}

/* We hung for a moment, and it was taken over; its parts are ours yet.  What
 * became of them is needed there, also where nothing is kept. */
START_TEST(whole_is_gone)
{
  static const struct answer answers[] = { WORKS_FOR(100, "a", MADE), PICTURE };
  struct gamut_request *r =
    fix_request("a:cheap a:dear", "x", "n", "2", "spread", "yes", NULL);
  struct fix f, other = { 0 };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];

  begin(&f, answers, GM_LEN(answers));
  open_forgetful(&f);
  other.script = f.script;
  open_forgetful(&other);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  while (script_count(f.script, POLL) < 6)
    gamut_step(f.g, 1);
  let_go_of(id);
  ck_assert_msg(gamut_attach(other.g, id, NULL, NULL, NULL, &other.err) == 0,
                "%s", other.err.message);
  gamut_result_free(fix_wait(&f, id));
  result = fix_wait(&other, id);
  ck_class(result, 0);
  ck_assert_uint_eq(gamut_result_artifacts(result), 2);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, JOBS), 2);
  gamut_request_free(r);
  gamut_close(other.g);
  finish(&f);
}
END_TEST

/* The same, and we hear of it when a second is to begin: the first is followed
 * to its end here, and not made once more there. */
START_TEST(whole_is_lost)
{
  static const struct answer answers[] = { WORKS_FOR(300, "a", MADE),
                                           WORKS("b"), PICTURE };
  struct gamut_request *r =
    fix_request("a:cheap b:cheap", "x", "hedge", "500ms", NULL);
  struct gamut_result *result;
  struct fix f, other = { 0 };
  char id[GAMUT_ID_SIZE];

  begin(&f, answers, GM_LEN(answers));
  open_forgetful(&f);
  fix_provider(&f, &vendor_b);
  other.script = f.script;
  open_forgetful(&other);
  fix_provider(&other, &vendor_b);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  while (script_count(f.script, POLL) < 6)
    gamut_step(f.g, 1);
  let_go_of(id);
  ck_assert_msg(gamut_attach(other.g, id, NULL, NULL, NULL, &other.err) == 0,
                "%s", other.err.message);
  while (gamut_active(other.g) > 0) {
    gamut_step(f.g, 1);
    gamut_step(other.g, 1);
  }
  result = fix_wait(&other, id);
  ck_class(result, 0);
  ck_assert_uint_eq(gamut_result_artifacts(result), 1);
  ck_assert_ptr_nonnull(gamut_result_artifact(result, 0)->url);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), 0);
  gamut_request_free(r);
  gamut_close(other.g);
  finish(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("attach");

  if (!durable_store())
    return 77;
  tcase_add_loop_test(tc, killed, 0, GM_LEN(rows));
  tcase_add_test(tc, cancelled_at_once);
  tcase_add_test(tc, left_at_once);
  tcase_add_test(tc, whole_is_gone);
  tcase_add_test(tc, whole_is_lost);
  tcase_add_test(tc, driven);
  tcase_add_test(tc, cancelled_elsewhere);
  tcase_add_test(tc, fetched_again);
  tcase_add_test(tc, left_keyed);
  tcase_add_loop_test(tc, refused, 0, GM_LEN(filters));
  return unit_run("attach", tc);
}
