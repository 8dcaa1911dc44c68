/* test_settle.c - what was in doubt and was settled is looked at again: its
 * files are fetched, its key is submitted, the books are summed up. */
#include "base/str.h"
#include "engine/books.h"
#include "unit/scratch.h"
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBMIT "POST /a/jobs"
#define POLL   "GET /a/jobs/1"
#define C      BOOKS_CHEAP
#define RESETS(n)                                                              \
  {                                                                            \
    SUBMIT, n, SCRIPT_RESET, NULL, NULL, 0                                     \
  }
#define BUDGET "[{\"scope\":\"all\",\"limit_usd\":2,\"period\":\"day\"}]"

static void ck_books(const char *place, const char *id, int64_t settled,
                     int64_t maybe)
{
  struct kit_row row;

  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], settled);
  ck_assert_int_eq(row.numbers[GM_CHARGE_MAYBE], maybe);
  books_counter(place, GM_SCOPE_ALL, NULL, &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], settled + maybe);
  ck_assert_int_eq(row.numbers[GM_COUNT_SPENT], settled);
  ck_assert_int_eq(row.numbers[GM_COUNT_MAYBE], maybe);
}

/* The vendor has it, and does not tell; somebody has settled it. */
static struct gamut_request *begin(struct fix *f, const struct answer *rows,
                                   size_t n, const char *place, int32_t charged,
                                   char id[GAMUT_ID_SIZE])
{
  struct gamut_request *r = fix_request("a:cheap", "x", NULL);
  struct gamut_result *result = NULL;

  books_open(f, rows, n, place);
  fix_set(f, "budgets", BUDGET);
  ck_assert_int_eq(
    gamut_submit_once(f->g, r, "key", NULL, NULL, id, &result, &f->err), 0);
  result = fix_wait(f, id);
  ck_assert(gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_assert_msg(gamut_settle(f->g, id, charged, &f->err) == 0, "%s",
                f->err.message);
  return r;
}

static const struct {
  const char *name;
  int32_t charged;
  struct answer later;
  int32_t error_class;
  int64_t settled;
  int posts;
} fetched[] = {
  { "charged, and made", 1, SAYS(POLL, MADE), 0, C, 1 },
  { "charged, and not there", 1, REFUSES(POLL, 404), GAMUT_E_NOT_FOUND, C, 1 },
  { "charged, and failed", 1, SAYS(POLL, FAILED), GAMUT_E_PROVIDER, C, 1 },
  { "not charged, and not there", 0, REFUSES(POLL, 404), GAMUT_E_NOT_FOUND, 0,
    2 },
};

START_TEST(fetched_again)
{
  const struct answer answers[] = { SAYS(SUBMIT, QUEUED),
                                    { POLL, 1, 404, "{}", NULL, 0 },
                                    fetched[_i].later,
                                    PICTURE };
  const char *place = scratch_folder();
  struct gamut_result *result;
  struct gamut_request *r;
  char id[GAMUT_ID_SIZE], other[GAMUT_ID_SIZE];
  struct fix f;

  r = begin(&f, answers, GM_LEN(answers), place, fetched[_i].charged, id);
  ck_books(place, id, fetched[_i].settled, 0);
  ck_assert_int_eq(gamut_fetch(f.g, id, NULL, NULL, NULL, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, fetched[_i].error_class);
  gamut_result_free(result);
  gamut_durable(f.g);
  ck_books(place, id, fetched[_i].settled, 0);
  result = NULL;
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, other, &result, &f.err), 0);
  ck_assert_int_eq(result != NULL, fetched[_i].posts == 1);
  while (script_count(f.script, SUBMIT) < fetched[_i].posts)
    gamut_step(f.g, 1);
  ck_assert_int_eq(script_count(f.script, SUBMIT), fetched[_i].posts);
  gamut_result_free(result);
  gamut_request_free(r);
  fix_close(&f);
}
END_TEST

/* ---- fetched by one that is killed --------------------------------------- */

/* The first attempt is in doubt, the second is made; the look that comes with
 * the fetch is not answered. */
static const struct answer killed[] = {
  RESETS(1),        SAYS(SUBMIT, QUEUED), SAYS_TIMES(1, POLL, MADE),
  HOLDS_ONCE(POLL), SAYS(POLL, MADE),     PICTURE,
};

/* Makes one at the vendor whose URL it reads, fetches it once more, tells the
 * id, and is killed. */
static void be_killed(const char *place, int in, int out)
{
  struct gamut_request *r = fix_request("a:cheap", "x", NULL);
  char id[GAMUT_ID_SIZE], url[128] = "";
  struct gamut_result *result;
  struct fix f;

  books_open(&f, killed, 1, place);
  if (read(in, url, sizeof(url)) <= 0)
    _exit(1);
  fix_set(&f, "a.base_url", url);
  fix_set(&f, "budgets", BUDGET);
  gamut_submit(f.g, r, NULL, NULL, id, &f.err);
  gamut_request_free(r);
  result = fix_wait(&f, id);
  if (gamut_result_class(result) ||
      gamut_fetch(f.g, id, NULL, NULL, NULL, &f.err) ||
      write(out, id, sizeof(id)) != sizeof(id))
    _exit(1);
  for (;;)
    gamut_step(f.g, -1);
}

/* The process is killed; a context for whoever comes after it. */
static struct script *kill_one(struct fix *f, const char *place,
                               char id[GAMUT_ID_SIZE])
{
  char url[128] = "";
  struct script *script;
  int in[2], out[2];
  pid_t pid;

  ck_assert(pipe(in) == 0 && pipe(out) == 0);
  pid = fork();
  ck_assert_int_ge(pid, 0);
  if (pid == 0)
    be_killed(place, in[0], out[1]);
  script = script_start(killed, GM_LEN(killed));
  script_url(script, "/a", url, sizeof(url));
  ck_assert_int_eq(write(in[1], url, sizeof(url)), sizeof(url));
  ck_assert_int_eq(read(out[0], id, GAMUT_ID_SIZE), GAMUT_ID_SIZE);
  script_wait(script, POLL, 2);
  kill(pid, SIGKILL);
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
  script_go(script);
  books_open(f, killed, 1, place);
  fix_set(f, "a.base_url", url);
  ck_books(place, id, C, C);
  return script;
}

START_TEST(fetched_by_two)
{
  const char *place = scratch_folder();
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE] = "";
  struct fix f;
  struct script *script = kill_one(&f, place, id);

  ck_assert_msg(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err) == 0, "%s",
                f.err.message);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  gamut_durable(f.g); /* waits for the store */
  ck_books(place, id, C, C);
  fix_close(&f);
  script_stop(script);
}
END_TEST

/* What was made stays made, however the other attempt is settled. */
START_TEST(settled_by_another)
{
  const char *place = scratch_folder();
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE] = "";
  struct fix f;
  struct script *script = kill_one(&f, place, id);

  ck_assert_msg(gamut_settle(f.g, id, _i, &f.err) == 0, "%s", f.err.message);
  ck_books(place, id, _i ? 2 * C : C, 0);
  ck_assert_int_eq(gamut_job_result(f.g, id, &result, &f.err), 0);
  ck_class(result, 0);
  ck_assert_int_eq((int)gamut_result_artifacts(result), 1);
  ck_assert(!gamut_result_maybe_charged(result));
  gamut_result_free(result);
  fix_close(&f);
  script_stop(script);
}
END_TEST

/* ---- by several links ---------------------------------------------------- */

/* What "a" took, or perhaps, is "a"'s also when it is settled. */
static const struct {
  bool settled;
  int32_t charged;
  const char *a;
} by_link[] = {
  { false, 0, "\"cost_usd\":0,\"maybe_usd\":1," },
  { true, 0, "\"cost_usd\":0,\"maybe_usd\":0," },
  { true, 1, "\"cost_usd\":1,\"maybe_usd\":0," },
};

/* The money of a group of the books by provider. */
static const char *group(const char *json, const char *name)
{
  const char *at = strstr(json, name);

  at = at ? strstr(at, "\"cost_usd\"") : NULL;
  return at ? at : json;
}

static void ck_usage(struct fix *f, const char *a, const char *b)
{
  char *json = NULL;

  ck_assert_int_eq(gamut_usage(f->g, "{\"by\":\"provider\"}", &json, &f->err),
                   0);
  ck_assert_msg(gm_starts(group(json, "\"name\":\"a\""), a) &&
                  gm_starts(group(json, "\"name\":\"b\""), b),
                "%s", json);
  gamut_string_free(json);
}

static void break_off_and_settle(const struct answer *answers, size_t n,
                                 int32_t error_class, int i, const char *b)
{
  struct gamut_request *r =
    fix_request("a:dear b:cheap", "x", "resubmit", "always", NULL);
  char id[GAMUT_ID_SIZE];
  struct gamut_result *result;
  struct fix f;

  books_open(&f, answers, n, scratch_folder());
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, error_class);
  gamut_result_free(result);
  if (by_link[i].settled)
    ck_assert_int_eq(gamut_settle(f.g, id, by_link[i].charged, &f.err), 0);
  ck_usage(&f, by_link[i].a, b);
  gamut_request_free(r);
  fix_close(&f);
}

START_TEST(links)
{
  static const struct answer answers[] = { RESETS(0),
                                           SAYS("POST /b/jobs", MADE),
                                           PICTURE };

  break_off_and_settle(answers, GM_LEN(answers), 0, _i,
                       "\"cost_usd\":0.02,\"maybe_usd\":0,");
}
END_TEST

/* The one after it was refused, and the job has ended there. */
START_TEST(refused_link)
{
  static const struct answer answers[] = { RESETS(0),
                                           REFUSES("POST /b/jobs", 402) };

  break_off_and_settle(answers, GM_LEN(answers), GAMUT_E_QUOTA, _i,
                       "\"cost_usd\":0,\"maybe_usd\":0,");
}
END_TEST

/* The one after it was under way when it was left. */
START_TEST(left_link)
{
  static const struct answer answers[] = { RESETS(0), HOLDS("POST /b/jobs") };
  const char *place = scratch_folder(),
             *a = _i ? "\"cost_usd\":1,\"maybe_usd\":0,"
                     : "\"cost_usd\":0,\"maybe_usd\":0,",
             *b = _i ? "\"cost_usd\":0.02,\"maybe_usd\":0,"
                     : "\"cost_usd\":0,\"maybe_usd\":0,";
  struct gamut_request *r =
    fix_request("a:dear b:cheap", "x", "resubmit", "always", NULL);
  char id[GAMUT_ID_SIZE];
  struct fix f;

  books_open(&f, answers, GM_LEN(answers), place);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  while (script_count(f.script, "POST /b/jobs") < 1)
    gamut_step(f.g, 1);
  gamut_close(f.g);
  books_context(&f, place);
  ck_assert_msg(gamut_settle(f.g, id, _i, &f.err) == 0, "%s", f.err.message);
  ck_usage(&f, a, b);
  gamut_request_free(r);
  script_go(f.script);
  fix_close(&f);
}
END_TEST

/* Both are in doubt; what is fetched is the second, and only in its budget it
 * is in doubt no more. */
START_TEST(fetched_link)
{
  static const struct answer answers[] = {
    RESETS(0),
    SAYS("POST /b/jobs", QUEUED),
    { "GET /b/jobs/1", 1, 404, "{}", NULL, 0 },
    SAYS("GET /b/jobs/1", MADE),
    PICTURE,
  };
  const char *place = scratch_folder();
  struct gamut_request *r =
    fix_request("a:dear b:cheap", "x", "resubmit", "always", NULL);
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;

  books_open(&f, answers, GM_LEN(answers), place);
  fix_set(&f, "budgets",
          "[{\"scope\":\"provider\",\"limit_usd\":9,\"period\":\"day\"}]");
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  result = fix_wait(&f, id);
  ck_assert(gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_assert_int_eq(gamut_fetch(f.g, id, NULL, NULL, NULL, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  gamut_durable(f.g);
  books_counter(place, GM_SCOPE_PROVIDER, "a", &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_SPENT], 0);
  ck_assert_int_eq(row.numbers[GM_COUNT_MAYBE], 2 * BOOKS_DEAR);
  books_counter(place, GM_SCOPE_PROVIDER, "b", &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_SPENT], C);
  ck_assert_int_eq(row.numbers[GM_COUNT_MAYBE], 0);
  gamut_request_free(r);
  fix_close(&f);
}
END_TEST

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
    ck_assert_int_eq(gamut_settle(f.g, id, 0, &f.err), GAMUT_E_INVALID);
    ck_assert_msg(strstr(f.err.message, teams[_i].n > 1 ? "see job" : part) !=
                    NULL,
                  "%s", f.err.message);
    ck_assert_int_eq(gamut_settle(f.g, part, teams[_i].charged, &f.err), 0);
  }
  ck_assert_int_eq(is_made_again(&f, r, id), !teams[_i].charged);
  gamut_request_free(r);
  fix_close(&f);
}
END_TEST

/* Both are at the vendor, which does not tell; later one is fetched, as a job
 * of its own. */
START_TEST(fetched_part)
{
  static const struct answer answers[] = {
    SAYS(SUBMIT, QUEUED),
    { POLL, 2, 404, "{}", NULL, 0 },
    SAYS(POLL, MADE),
    PICTURE,
  };
  const char *place = scratch_folder();
  struct gamut_request *r =
    fix_request("a:cheap a:dear", "x", "n", "2", "spread", "yes", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE], part[GAMUT_ID_SIZE];
  struct fix f;

  books_open(&f, answers, GM_LEN(answers), place);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err), 0);
  gamut_result_free(fix_wait(&f, id));
  first_in_doubt(&f, part);
  ck_assert_int_eq(gamut_fetch(f.g, part, NULL, NULL, NULL, &f.err), 0);
  result = fix_wait(&f, part);
  ck_class(result, 0);
  gamut_result_free(result);
  first_in_doubt(&f, part);
  ck_assert_int_eq(gamut_settle(f.g, part, 0, &f.err), 0);
  ck_assert(!is_made_again(&f, r, id));
  gamut_request_free(r);
  fix_close(&f);
}
END_TEST

/* ---- what is on the disk ------------------------------------------------- */

/* What a process had begun to write that was killed is taken away by whoever
 * settles its job: nobody takes it up any more. */
START_TEST(drafts)
{
  const struct answer answers[] = { RESETS(0) };
  const char *place = scratch_folder(), *draft, *other;
  struct gamut_request *r = fix_request(
    "a:dear", "x", "output", scratch_path(place, "fox-{index}.png"), NULL);
  struct gamut_result *result;
  char name[64];
  struct fix f;

  books_open(&f, answers, GM_LEN(answers), place);
  result = fix_run(&f, r);
  ck_assert(gamut_result_maybe_charged(result));
  snprintf(name, sizeof(name), ".gamut-%s-1.part", gamut_result_id(result));
  draft = scratch_path(place, name);
  other = scratch_path(place, ".gamut-another-1.part");
  scratch_text(draft, "half", 0600);
  scratch_text(other, "half", 0600);
  ck_assert_int_eq(gamut_settle(f.g, gamut_result_id(result), _i, &f.err), 0);
  ck_assert(access(draft, F_OK) != 0 && access(other, F_OK) == 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("settle");

  if (!kit_sqlite())
    return 77;                        /* not built */
  tcase_add_test(tc, fetched_by_two); /* forks: first */
  tcase_add_loop_test(tc, settled_by_another, 0, 2);
  tcase_add_loop_test(tc, drafts, 0, 2);
  tcase_add_loop_test(tc, fetched_again, 0, GM_LEN(fetched));
  tcase_add_loop_test(tc, links, 0, GM_LEN(by_link));
  tcase_add_loop_test(tc, refused_link, 0, GM_LEN(by_link));
  tcase_add_loop_test(tc, left_link, 0, 2);
  tcase_add_test(tc, fetched_link);
  tcase_add_loop_test(tc, team, 0, GM_LEN(teams));
  tcase_add_test(tc, fetched_part);
  return unit_run("settle", tc);
}
