/* test_ledger.c - what is written into the books: for every way in which a job
 * can go, and with the store of this machine, where other processes look. */
#include "engine/books.h"
#include "engine/timed.h"
#include "unit/scratch.h"
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBMIT "POST /a/jobs"
#define POLL   "GET /a/jobs/1"
#define IMAGES "\"images\":[{\"url\":\"$/f.png\"}]"
#define DONE   "{\"status\":\"done\"," IMAGES "}"
#define BLOCKED                                                                \
  "{\"status\":\"failed\",\"error\":{\"code\":\"unsafe\",\"message\":\"no\"}}"
#define COUNTED(code, n)                                                       \
  "{\"status\":\"failed\",\"counted\":" n ",\"error\":{\"code\":\"" code "\"}}"
#define TAIL                                                                   \
  SAYS(SUBMIT, QUEUED), SAYS(POLL, DONE), SAYS("GET /f.png", "@png"),          \
    { "POST /b/jobs", 0, 200, "{\"id\":\"2\",\"status\":\"done\"," IMAGES "}", \
      NULL,           0 },                                                     \
  {                                                                            \
    "DELETE /a", 0, 200, "{}", NULL, 0                                         \
  }

/* ---- how a job can go ---------------------------------------------------- */

#define ALL_BUDGET "[{\"scope\":\"all\",\"limit_usd\":2,\"period\":\"day\"}]"
#define C          BOOKS_CHEAP
#define D          BOOKS_DEAR

static const struct {
  const char *name, *links, *prompt, *resubmit;
  struct answer first[2];
  int status;
  int64_t settled, maybe;
  int unknown;
} ways[] = {
  { "well", "a:cheap", "x", NULL, { { 0 } }, GM_CHARGE_COMPLETED, C, 0, 0 },
  { "price unknown",
    "a:m",
    "x",
    NULL,
    { { 0 } },
    GM_CHARGE_COMPLETED,
    0,
    0,
    1 },
  { "failed",
    "a:cheap",
    "x",
    NULL,
    { { POLL, 0, 200, FAILED, 0, 0 } },
    GM_CHARGE_FAILED,
    0,
    0,
    0 },
  { "refused",
    "a:cheap",
    "x",
    NULL,
    { { SUBMIT, 0, 400, "{}", 0, 0 } },
    GM_CHARGE_FAILED,
    0,
    0,
    0 },
  { "blocked",
    "a:cheap",
    "x",
    NULL,
    { { POLL, 0, 200, BLOCKED, 0, 0 } },
    GM_CHARGE_BLOCKED,
    0,
    0,
    0 },
  { "blocked, and counted",
    "a:cheap",
    "x",
    NULL,
    { { POLL, 0, 200, COUNTED("unsafe", "1"), 0, 0 } },
    GM_CHARGE_BLOCKED,
    C,
    0,
    0 },
  { "failed, and counted as nothing",
    "a:cheap",
    "x",
    NULL,
    { { POLL, 0, 200, COUNTED("broken", "0"), 0, 0 } },
    GM_CHARGE_FAILED,
    0,
    0,
    0 },
  { "counted, and the next link",
    "a:dear b:cheap",
    "x",
    NULL,
    { { POLL, 0, 200, COUNTED("broken", "1"), 0, 0 } },
    GM_CHARGE_COMPLETED,
    C + D,
    0,
    0 },
  { "busy, then well",
    "a:cheap",
    "x",
    NULL,
    { { SUBMIT, 1, 429, "{}", 0, 0 } },
    GM_CHARGE_COMPLETED,
    C,
    0,
    0 },
  { "the next link",
    "a:dear b:cheap",
    "x",
    NULL,
    { { POLL, 0, 200, FAILED, 0, 0 } },
    GM_CHARGE_COMPLETED,
    C,
    0,
    0 },
  { "no answer",
    "a:dear",
    "x",
    NULL,
    { { SUBMIT, 0, SCRIPT_RESET, 0, 0, 0 } },
    GM_CHARGE_UNSURE,
    0,
    D,
    0 },
  { "no answer, price unknown",
    "a:m",
    "x",
    NULL,
    { { SUBMIT, 0, SCRIPT_RESET, 0, 0, 0 } },
    GM_CHARGE_UNSURE,
    0,
    0,
    1 },
  { "no answer, once more",
    "a:cheap",
    "x",
    NULL,
    { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } },
    GM_CHARGE_COMPLETED,
    C,
    C,
    0 },
  { "no answer, once more, none",
    "a:dear",
    "x",
    "always",
    { { SUBMIT, 0, SCRIPT_RESET, 0, 0, 0 } },
    GM_CHARGE_UNSURE,
    0,
    2 * D,
    0 },
  { "no answer, once more, fails",
    "a:cheap",
    "x",
    NULL,
    { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 }, { POLL, 0, 200, FAILED, 0, 0 } },
    GM_CHARGE_FAILED,
    0,
    C,
    0 },
  { "no answer twice, the next",
    "a:dear b:cheap",
    "x",
    "always",
    { { SUBMIT, 0, SCRIPT_RESET, 0, 0, 0 } },
    GM_CHARGE_COMPLETED,
    C,
    2 * D,
    0 },
  { "no answer, but a key",
    "a:cheap",
    "keyed",
    NULL,
    { { SUBMIT, 1, SCRIPT_RESET, 0, 0, 0 } },
    GM_CHARGE_COMPLETED,
    C,
    0,
    0 },
  { "not fetched",
    "a:cheap",
    "x",
    NULL,
    { { "GET /f.png", 0, 404, "gone", 0, 0 } },
    GM_CHARGE_FAILED,
    C,
    0,
    0 },
  { "polls lost",
    "a:cheap b:cheap",
    "x",
    NULL,
    { { POLL, 0, 503, "<>", 0, 0 } },
    GM_CHARGE_FAILED,
    0,
    C,
    0 },
};

static struct gamut_result *go(struct fix *f, int i)
{
  struct gamut_request *r = fix_request(ways[i].links, ways[i].prompt,
                                        "allow_unknown_cost", "yes", NULL);

  if (ways[i].resubmit)
    gamut_request_set(r, "resubmit", ways[i].resubmit, NULL);
  return fix_run(f, r);
}

/* The row, and the counter of a budget that is wide enough. */
START_TEST(entry)
{
  static const struct answer tail[] = { TAIL };
  const char *place = scratch_folder();
  struct answer answers[2 + GM_LEN(tail)];
  struct gamut_result *result;
  struct kit_row row;
  size_t n = 0, k;
  struct fix f;

  for (k = 0; k < 2 && ways[_i].first[k].asks; k++)
    answers[n++] = ways[_i].first[k];
  for (k = 0; k < GM_LEN(tail); k++)
    answers[n++] = tail[k];
  books_open(&f, answers, n, place);
  fix_set(&f, "budgets", ALL_BUDGET);
  result = go(&f, _i);
  ck_assert_msg(result != NULL, "%s: %s", ways[_i].name, f.err.message);
  fix_close(&f);
  books_charge(place, gamut_result_id(result), &row);
  ck_assert_msg(row.numbers[GM_CHARGE_RESERVED] == 0 &&
                  row.numbers[GM_CHARGE_SETTLED] == ways[_i].settled &&
                  row.numbers[GM_CHARGE_MAYBE] == ways[_i].maybe,
                "%s: reserved %lld, settled %lld, maybe %lld", ways[_i].name,
                (long long)row.numbers[0], (long long)row.numbers[1],
                (long long)row.numbers[2]);
  ck_assert_msg(
    GM_FACT_STATUS(row.numbers[GM_CHARGE_FACTS]) == ways[_i].status &&
      GM_FACT_UNKNOWN(row.numbers[GM_CHARGE_FACTS]) == ways[_i].unknown &&
      GM_FACT_RESERVED(row.numbers[GM_CHARGE_FACTS]) == 0,
    "%s: %llx", ways[_i].name, (long long)row.numbers[GM_CHARGE_FACTS]);
  ck_assert_int_ge(row.numbers[GM_CHARGE_MS], 0);
  ck_assert_ptr_nonnull(strstr(row.body, "{\"by\":[\""));
  books_counter(place, GM_SCOPE_ALL, NULL, &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN],
                   ways[_i].settled + ways[_i].maybe);
  ck_assert_int_eq(row.numbers[GM_COUNT_SPENT], ways[_i].settled);
  ck_assert_int_eq(row.numbers[GM_COUNT_MAYBE], ways[_i].maybe);
  ck_assert_int_eq(row.numbers[GM_COUNT_UNKNOWN], ways[_i].unknown);
  gamut_result_free(result);
}
END_TEST

/* ---- while it is under way, and by another ------------------------------- */

static const struct answer held[] = { { SUBMIT, 0, SCRIPT_HOLD, 0, NULL, 0 } };
static const struct answer tail[] = { TAIL };
static const struct answer lasts[] = { SAYS(SUBMIT, QUEUED),
                                       SAYS_TIMES(100, POLL, QUEUED),
                                       SAYS(POLL, DONE),
                                       SAYS("GET /f.png", "@png") };

static void submit(struct fix *f, const char *link, char id[GAMUT_ID_SIZE])
{
  struct gamut_request *r = fix_request(link, "x", "project", "spring", "tag",
                                        "a, b", "tag", "b", NULL);

  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

static void until_asked(struct fix *f, const char *asks, int n)
{
  while (script_count(f->script, asks) < n)
    gamut_step(f->g, 1);
}

START_TEST(reserved_before_it_is_sent)
{
  const char *place = scratch_folder();
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;

  books_open(&f, held, 1, place);
  fix_set(&f, "budgets",
          "[{\"scope\":\"tag\",\"limit_usd\":1,\"period\":\"day\"}]");
  submit(&f, "a:cheap", id);
  until_asked(&f, SUBMIT, 1);
  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], C);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], 0);
  ck_assert_int_gt(row.rank, 0);
  ck_assert_ptr_nonnull(strstr(
    row.body, "{\"by\":[\"a\",\"cheap\",\"spring\",null,[\"a\",\"b\"]]"));
  books_counter(place, GM_SCOPE_TAG, "a", &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], C);
  ck_assert_str_eq(row.body, "a");
  books_counter(place, GM_SCOPE_TAG, "b", &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], C);
  gamut_close(f.g);
  script_go(f.script);
  script_stop(f.script);
}
END_TEST

/* What the vendor says first and later, when the files are fetched again; what
 * is known of the money before and then. */
static const struct {
  const char *name;
  struct answer first, later;
  int32_t error_class;
  int64_t maybe, settled, still_maybe;
} fetched[] = {
  { "in doubt, and made",
    { POLL, 1, 404, "{}", NULL, 0 },
    SAYS(POLL, DONE),
    0,
    C,
    C,
    0 },
  { "in doubt, and stays so",
    { POLL, 1, 404, "{}", NULL, 0 },
    { POLL, 0, 404, "{}", NULL, 0 },
    GAMUT_E_NOT_FOUND,
    C,
    0,
    C },
  { "failed, and nobody answers",
    SAYS_TIMES(1, POLL, FAILED),
    { POLL, 0, 403, "{}", NULL, 0 },
    GAMUT_E_PERMISSION,
    0,
    0,
    0 },
};

START_TEST(fetched_again)
{
  const struct answer answers[] = { SAYS(SUBMIT, QUEUED), fetched[_i].first,
                                    fetched[_i].later,
                                    SAYS("GET /f.png", "@png") };
  const char *place = scratch_folder();
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;

  books_open(&f, answers, GM_LEN(answers), place);
  submit(&f, "a:cheap", id);
  result = fix_wait(&f, id);
  ck_assert_int_eq(gamut_result_maybe_charged(result), fetched[_i].maybe > 0);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_fetch(f.g, id, NULL, NULL, NULL, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, fetched[_i].error_class);
  ck_assert_int_eq(gamut_result_maybe_charged(result),
                   fetched[_i].still_maybe > 0);
  gamut_result_free(result);
  fix_close(&f);
  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], fetched[_i].settled);
  ck_assert_int_eq(row.numbers[GM_CHARGE_MAYBE], fetched[_i].still_maybe);
}
END_TEST

/* Detached it stays reserved; taken up it is settled, in the same row. */
START_TEST(taken_up)
{
  const char *place = scratch_folder();
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;

  memset(&f, 0, sizeof(f));
  f.script = script_start(lasts, GM_LEN(lasts));
  books_context(&f, place);
  fix_set(&f, "budgets", ALL_BUDGET);
  submit(&f, "a:cheap", id);
  until_asked(&f, POLL, 2);
  gamut_close(f.g);
  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], C);
  books_context(&f, place);
  ck_assert_msg(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err) == 0, "%s",
                f.err.message);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  fix_close(&f);
  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], C);
  ck_assert_ptr_nonnull(strstr(row.body, "\"spring\",null,[\"a\",\"b\"]]"));
  books_counter(place, GM_SCOPE_ALL, NULL, &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], C);
  ck_assert_int_eq(row.numbers[GM_COUNT_SPENT], C);
}
END_TEST

/* Submits to the vendor whose URL it reads, tells the id, and is killed. */
static void be_killed(const char *place, int in, int out)
{
  char id[GAMUT_ID_SIZE], url[128] = "";
  struct fix f;

  books_open(&f, held, 1, place);
  if (read(in, url, sizeof(url)) <= 0)
    _exit(1);
  fix_set(&f, "a.base_url", url);
  fix_set(&f, "budgets", ALL_BUDGET);
  submit(&f, "a:cheap", id);
  if (write(out, id, sizeof(id)) != sizeof(id))
    _exit(1);
  for (;;)
    gamut_step(f.g, -1);
}

/* Killed with the money on its way; what then is decided by hand. */
START_TEST(killed_and_settled)
{
  const char *place = scratch_folder();
  bool charged = _i & 1, resumed = _i & 2;
  int in[2], out[2], status;
  char id[GAMUT_ID_SIZE] = "", url[128] = "";
  struct script *script;
  struct gamut_result *result;
  struct kit_row row;
  struct fix f;
  pid_t pid;

  ck_assert(pipe(in) == 0 && pipe(out) == 0);
  pid = fork();
  ck_assert_int_ge(pid, 0);
  if (pid == 0)
    be_killed(place, in[0], out[1]);
  script = script_start(held, 1);
  script_url(script, "/a", url, sizeof(url));
  ck_assert_int_eq(write(in[1], url, sizeof(url)), sizeof(url));
  ck_assert_int_eq(read(out[0], id, sizeof(id)), sizeof(id));
  script_wait(script, SUBMIT, 1);
  kill(pid, SIGKILL);
  ck_assert_int_eq(waitpid(pid, &status, 0), pid);
  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], C);

  books_open(&f, tail, GM_LEN(tail), place);
  fix_set(&f, "a.base_url", url);
  if (resumed) {
    struct gamut_request *how = gamut_request_new();

    gamut_request_set(how, "resubmit", "never", NULL);
    ck_assert_msg(gamut_attach(f.g, id, how, NULL, NULL, &f.err) == 0, "%s",
                  f.err.message);
    gamut_request_free(how);
    result = fix_wait(&f, id);
    ck_class(result, GAMUT_E_UNKNOWN);
    gamut_result_free(result);
    gamut_durable(f.g); /* waits for the store */
    books_charge(place, id, &row);
    ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
    ck_assert_int_eq(row.numbers[GM_CHARGE_MAYBE], C);
  }
  ck_assert_msg(gamut_settle(f.g, id, charged, &f.err) == 0, "%s",
                f.err.message);
  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_MAYBE], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], charged ? C : 0);
  ck_assert_ptr_nonnull(strstr(row.body, "\"spring\""));
  books_counter(place, GM_SCOPE_ALL, NULL, &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], charged ? C : 0);
  ck_assert_int_eq(row.numbers[GM_COUNT_SPENT], charged ? C : 0);
  ck_assert_int_eq(row.numbers[GM_COUNT_MAYBE], 0);
  /* Twice is a mistake, and changes nothing. */
  ck_assert_int_eq(gamut_settle(f.g, id, 1, &f.err), GAMUT_E_INVALID);
  fix_close(&f);
  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], charged ? C : 0);
  script_go(script);
  script_stop(script);
}
END_TEST

/* ---- made by another meanwhile --------------------------------------------
 */

static enum gm_job_state state_of(const struct fix *f)
{
  return GM_CONTAINER(f->g->tickets.next, struct gm_ticket, link)
    ->run->job.state;
}

/* What was refused for now, and left, is served by what another one made: then
 * nothing is reserved for it any more. */
START_TEST(left_and_served)
{
  static const struct answer answers[] = {
    { SUBMIT, 1, 429, "{}", "Retry-After: 60\r\n", 0 }, TAIL
  };
  const char *place = scratch_folder();
  struct gamut_result *result;
  char id[2][GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;
  int i;

  timed_open(&f, answers, GM_LEN(answers));
  fix_set(&f, "store", "sqlite");
  fix_set(&f, "state_dir", place);
  fix_set(&f, "budgets", ALL_BUDGET);
  for (i = 0; i < 2; i++) {
    timed_submit(&f, fix_request("a:cheap", "x", "seed", "7", NULL), id[i]);
    if (i == 0) {
      while (state_of(&f) != GM_JOB_WAITING)
        gm_loop_turn(f.g->loop, 1);
      timed_detach(&f, id[0]);
    }
    gm_clock_advance(61000);
  }
  result = timed_result(&f, id[1]);
  ck_class(result, 0);
  gamut_result_free(result);
  timed_attach(&f, id[0]);
  result = timed_result(&f, id[0]);
  ck_class(result, 0);
  ck_assert(gamut_result_cache_hit(result));
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 2);
  timed_close(&f);
  books_charge(place, id[0], &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], 0);
}
END_TEST

/* What left by its key without an answer is left before it goes once more, and
 * then refused: which tells of both. */
START_TEST(left_and_refused)
{
  static const struct answer answers[] = {
    { SUBMIT, 1, SCRIPT_RESET, NULL, NULL, 0 }, REFUSES(SUBMIT, 400), TAIL
  };
  const char *place = scratch_folder();
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;

  timed_open(&f, answers, GM_LEN(answers));
  fix_set(&f, "store", "sqlite");
  fix_set(&f, "state_dir", place);
  f.g->router.engine->retry_base_ms = f.g->router.engine->retry_cap_ms = 8000;
  timed_submit(&f, fix_request("a:cheap", "keyed", NULL), id);
  while (state_of(&f) != GM_JOB_WAITING)
    gm_loop_turn(f.g->loop, 1);
  timed_detach(&f, id);
  timed_attach(&f, id);
  result = timed_result(&f, id);
  ck_class(result, GAMUT_E_INVALID);
  ck_assert(!gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 2);
  timed_close(&f);
  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_MAYBE], 0);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("ledger");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, killed_and_settled, 0, 4); /* forks: first */
  tcase_add_loop_test(tc, entry, 0, GM_LEN(ways));
  tcase_add_test(tc, reserved_before_it_is_sent);
  tcase_add_loop_test(tc, fetched_again, 0, GM_LEN(fetched));
  tcase_add_test(tc, taken_up);
  tcase_add_test(tc, left_and_served);
  tcase_add_test(tc, left_and_refused);
  return unit_run("ledger", tc);
}
