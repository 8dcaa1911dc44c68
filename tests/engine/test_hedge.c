/* test_hedge.c - a second link that begins when the first takes long: who wins,
 * what becomes of the other, what is paid.  The clock is the test's. */
#include "engine/timed.h"
#include "route/team.h"
#include <stdio.h>

#define SUBMIT      "POST /a/jobs"
#define POLL        "GET /a/jobs/1"
#define DELETE      "DELETE /a/jobs/1"
#define SECOND      "POST /b/jobs"
#define SECOND_POLL "GET /b/jobs/1"
#define FETCHED     "GET /f.png"

#define HEDGE_MS 10000

static void submit(struct fix *f, const char *links, const char *prompt,
                   char id[GAMUT_ID_SIZE])
{
  struct gamut_request *r =
    fix_request(links, prompt, "hedge", "10s", "max_cost", "0.1",
                "allow_unknown_cost", "yes", NULL);

  timed_submit(f, r, id);
}

/* ---- who wins --------------------------------------------------------------
 */

#define ANY (-1)

/* Of a row: what is asked and until when; what the vendors answer; what is
 * expected. */
/* clang-format off */
static const struct {
  const char *name, *links;
  const char *asks; /* the time is up when it was asked so often */
  int n;
  bool breaks; /* what is held breaks off once the second was asked */
  struct answer answers[7];
  int32_t error_class;
  const char *provider;
  int attempts;
  int32_t first, last; /* how those attempts ended */
  int maybe;
  int second, told, fetched; /* how often it was asked; cancels; files */
} rows[] = {
  { .name = "the second is quicker",
    .links = "a:m b:m", .asks = POLL, .n = 3,
    .answers = { WORKS("a"), SAYS(DELETE, GONE), SAYS(SECOND, MADE), PICTURE },
    .provider = "b", .attempts = 2, .first = GAMUT_E_CANCELLED,
    .second = 1, .told = 1, .fetched = 1 },
  { .name = "the first is quicker after all",
    .links = "a:m b:m", .asks = POLL, .n = 9,
    .answers = { WORKS_FOR(60, "a", MADE), WORKS("b"), SAYS("DELETE /b", GONE),
                 PICTURE },
    .provider = "a", .attempts = 2, .last = GAMUT_E_CANCELLED,
    .second = 1, .told = 1, .fetched = 1 },
  { .name = "the loser cannot be cancelled",
    .links = "mute:m b:m", .asks = "GET /mute", .n = 3,
    .answers = { WORKS("mute"), SAYS(SECOND, MADE), PICTURE },
    .provider = "b", .attempts = 2, .first = GAMUT_E_DETACHED,
    .second = 1, .fetched = 1 },
  { .name = "the loser will not be cancelled",
    .links = "a:m b:m", .asks = POLL, .n = 3,
    .answers = { WORKS("a"), REFUSES(DELETE, 404), SAYS(SECOND, MADE),
                 PICTURE },
    .provider = "b", .attempts = 2, .first = GAMUT_E_DETACHED,
    .second = 1, .told = 1, .fetched = 1 },
  { .name = "the loser is made all the same",
    .links = "a:m b:m", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", MADE), SAYS(DELETE, "{}"),
                 SAYS(SECOND, MADE), PICTURE },
    .provider = "b", .attempts = 2,
    .second = 1, .told = 1, .fetched = 1 },
  { .name = "both are made at the same time",
    .links = "a:m b:m", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(3, "a", MADE), SAYS(SECOND, MADE),
                 REFUSES(DELETE, 404), PICTURE },
    .attempts = ANY, .first = ANY, .last = ANY,
    .second = ANY, .told = ANY, .fetched = 1 },
  { .name = "the first fails while the second works",
    .links = "a:m b:m", .asks = POLL, .n = 7,
    .answers = { WORKS_FOR(9, "a", FAILED), WORKS_FOR(90, "b", MADE), PICTURE },
    .provider = "b", .attempts = 2, .first = GAMUT_E_PROVIDER,
    .second = 1, .fetched = 1 },
  { .name = "both fail",
    .links = "a:m b:m", .asks = POLL, .n = 7,
    .answers = { WORKS_FOR(9, "a", FAILED), SAYS(SECOND, FAILED) },
    .error_class = GAMUT_E_PROVIDER,
    .attempts = 2, .first = GAMUT_E_PROVIDER, .last = GAMUT_E_PROVIDER,
    .second = 1 },
  { .name = "the first is not answered and breaks off",
    .links = "a:m b:m", .asks = SUBMIT, .n = 1, .breaks = true,
    .answers = { HOLDS(SUBMIT), WORKS_FOR(40, "b", MADE), PICTURE },
    .provider = "b", .attempts = 2, .first = GAMUT_E_UNKNOWN, .maybe = true,
    .second = 1, .fetched = 1 },
  { .name = "the second would be too dear",
    .links = "a:m b:dear", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", MADE), PICTURE },
    .provider = "a", .attempts = 1, .fetched = 1 },
  { .name = "there is no second",
    .links = "a:m", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", MADE), PICTURE },
    .provider = "a", .attempts = 1, .fetched = 1 },
  { .name = "the third is for both: the second's",
    .links = "a:m b:m c:m", .asks = POLL, .n = 8,
    .answers = { WORKS_FOR(9, "a", FAILED), SAYS(SECOND, FAILED),
                 REFUSES(DELETE, 404), SAYS("POST /c/jobs", MADE), PICTURE },
    .provider = "c", .attempts = ANY, .first = ANY,
    .second = 1, .told = ANY, .fetched = 1 },
};
/* clang-format on */

static void check(struct fix *f, const struct gamut_result *r, int i)
{
  uint32_t n = gamut_result_attempts(r);
  const char *name = rows[i].name;

#define IS(got, want)                                                          \
  ck_assert_msg((want) == ANY || (int)(got) == (int)(want),                    \
                "%s: " #got " is %d, not %d", name, (int)(got), (int)(want))
  ck_assert_msg(gamut_result_class(r) == rows[i].error_class, "%s: %s", name,
                gamut_result_message(r));
  if (rows[i].provider)
    ck_assert_msg(strcmp(gamut_result_provider(r), rows[i].provider) == 0,
                  "%s: by %s", name, gamut_result_provider(r));
  IS(n, rows[i].attempts);
  IS(gamut_result_attempt(r, 0)->error_class, rows[i].first);
  IS(gamut_result_attempt(r, n - 1)->error_class, rows[i].last);
  IS(gamut_result_maybe_charged(r), rows[i].maybe);
  IS(script_count(f->script, SECOND), rows[i].second);
  IS(script_count(f->script, "DELETE"), rows[i].told);
  IS(script_count(f->script, FETCHED), rows[i].fetched);
#undef IS
}

START_TEST(who_wins)
{
  struct gamut_provider mute;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, rows[_i].answers, GM_LEN(rows[_i].answers));
  timed_mute(&f, &mute);
  submit(&f, rows[_i].links, "x", id);
  timed_until_asked(&f, rows[_i].asks, rows[_i].n);
  ck_assert_int_eq(script_count(f.script, SECOND), 0);
  gm_clock_advance(HEDGE_MS);
  if (rows[_i].breaks) {
    timed_until_asked(&f, SECOND, 1);
    script_go(f.script);
  }
  result = timed_result(&f, id);
  check(&f, result, _i);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* ---- let go, and taken up again --------------------------------------------
 */

static const struct answer slow[] = {
  WORKS_FOR(30, "a", MADE),
  SAYS(DELETE, GONE),
  WORKS("b"),
  SAYS("DELETE /b", GONE),
  PICTURE,
};

static void until_hedged(struct fix *f, char id[GAMUT_ID_SIZE])
{
  timed_open(f, slow, GM_LEN(slow));
  submit(f, "a:m b:m", "x", id);
  timed_until_asked(f, POLL, 3);
  gm_clock_advance(HEDGE_MS);
  timed_until_asked(f, SECOND_POLL, 1);
}

/* The id of the job that works on `of` for this reason. */
static void find_part(struct fix *f, const char *of, const char *why,
                      char ret[GAMUT_ID_SIZE])
{
  char *json = NULL;
  const char *at;
  char want[100];

  ck_assert_int_eq(gamut_jobs(f->g, "{\"parts\":true}", &json, &f->err), 0);
  snprintf(want, sizeof(want), "\"of\":{\"id\":\"%s\",\"why\":\"%s\"", of, why);
  at = strstr(json, want);
  ck_assert_msg(at != NULL, "no %s in %s", want, json);
  while (at > json && strncmp(at, "{\"id\":\"", 7) != 0)
    at--;
  snprintf(ret, GAMUT_ID_SIZE, "%s", at + 7);
  gamut_string_free(json);
}

static void until_nothing_is_left(struct fix *f)
{
  while (!gm_list_empty(&f->g->router.leftovers))
    timed_turn(f);
}

/* By its own id, or by that of one of its jobs. */
START_TEST(taken_up)
{
  static const char *const whys[] = { NULL, "first", "hedge" };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE], part[GAMUT_ID_SIZE];
  struct fix f;

  until_hedged(&f, id);
  timed_detach(&f, id);
  memcpy(part, id, sizeof(part));
  if (whys[_i])
    find_part(&f, id, whys[_i], part);
  timed_attach(&f, part);
  result = timed_result(&f, id);
  ck_class(result, 0);
  ck_assert_str_eq(gamut_result_provider(result), "a");
  until_nothing_is_left(&f);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  ck_assert_int_eq(script_count(f.script, SECOND), 1);
  ck_assert_int_eq(script_count(f.script, "DELETE /b"), 1);
  ck_assert_int_eq(script_count(f.script, FETCHED), 1);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

START_TEST(all_taken_up)
{
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;
  uint32_t n;

  until_hedged(&f, id);
  timed_detach(&f, id);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 1);
  result = timed_result(&f, id);
  ck_class(result, 0);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  ck_assert_int_eq(script_count(f.script, SECOND), 1);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 0);
  timed_close(&f);
}
END_TEST

/* While the records of its jobs are not here yet. */
START_TEST(cancelled_at_once)
{
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  until_hedged(&f, id);
  timed_detach(&f, id);
  timed_attach(&f, id);
  ck_assert_int_eq(gamut_cancel(f.g, id), 0);
  result = timed_result(&f, id);
  ck_class(result, GAMUT_E_CANCELLED);
  ck_assert_int_eq(script_count(f.script, DELETE), 1);
  ck_assert_int_eq(script_count(f.script, "DELETE /b"), 1);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* The same, given back once more, or closed. */
START_TEST(left_at_once)
{
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  until_hedged(&f, id);
  timed_detach(&f, id);
  timed_attach(&f, id);
  if (_i) {
    timed_detach(&f, id);
    timed_attach(&f, id);
    result = timed_result(&f, id);
    ck_class(result, 0);
    gamut_result_free(result);
  }
  timed_close(&f);
}
END_TEST

START_TEST(cancelled)
{
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  until_hedged(&f, id);
  ck_assert_int_eq(gamut_cancel(f.g, id), 0);
  result = timed_result(&f, id);
  ck_class(result, GAMUT_E_CANCELLED);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  ck_assert_int_eq(script_count(f.script, DELETE), 1);
  ck_assert_int_eq(script_count(f.script, "DELETE /b"), 1);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

#define WEEK_MS UINT64_C(604800000)

static bool is_fetching(struct fix *f)
{
  const struct gm_ticket *t =
    GM_CONTAINER(f->g->tickets.next, struct gm_ticket, link);
  const struct gm_member *winner = t->run->team->winner;

  return winner && winner->run->job.state == GM_JOB_FETCHING;
}

/* Nobody has come for so long that the record of the one that won is there no
 * more: that is how it ends. */
START_TEST(winner_is_gone)
{
  static const struct answer answers[] = {
    WORKS_FOR(30, "a", MADE),
    WORKS("b"),
    SAYS("DELETE /b", GONE),
    HOLDS(FETCHED),
  };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE], part[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, answers, GM_LEN(answers));
  submit(&f, "a:m b:m", "x", id);
  timed_until_asked(&f, POLL, 3);
  gm_clock_advance(HEDGE_MS);
  while (!is_fetching(&f))
    timed_turn(&f);
  timed_detach(&f, id);
  find_part(&f, id, "first", part);
  gm_journal_remove(f.g->journal, part, &(struct gm_durable){ 0 });
  gm_clock_advance(WEEK_MS);
  timed_attach(&f, id);
  result = timed_result(&f, id);
  ck_class(result, GAMUT_E_NOT_FOUND);
  ck_assert_int_eq(script_count(f.script, "POST"), 2);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* The loser goes on; it is a job of its own then, which brings no file. */
START_TEST(loser_is_followed)
{
  static const struct answer answers[] = {
    WORKS_FOR(60, "mute", MADE),
    SAYS(SECOND, MADE),
    PICTURE,
  };
  struct gamut_provider mute;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE], part[GAMUT_ID_SIZE];
  struct fix f;
  uint32_t n;

  timed_open(&f, answers, GM_LEN(answers));
  timed_mute(&f, &mute);
  submit(&f, "mute:m b:m", "x", id);
  timed_until_asked(&f, "GET /mute", 3);
  gm_clock_advance(HEDGE_MS);
  gamut_result_free(timed_result(&f, id));
  find_part(&f, id, "first", part);
  if (_i) { /* by whoever comes next */
    gm_router_abandon(&f.g->router);
    ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
    ck_assert_uint_eq(n, 1);
    result = timed_result(&f, part);
    ck_class(result, 0);
    ck_assert_ptr_null(gamut_result_artifact(result, 0)->path);
    ck_assert_ptr_nonnull(gamut_result_artifact(result, 0)->url);
    gamut_result_free(result);
  } else {
    timed_until_asked(&f, "GET /mute", 61);
    until_nothing_is_left(&f);
  }
  ck_assert_int_eq(script_count(f.script, FETCHED), 1);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 0);
  timed_close(&f);
}
END_TEST

/* Left before the vendor had heard that it is to give way: whoever takes the
 * request up says so once more. */
START_TEST(loser_is_told_again)
{
  static const struct answer answers[] = {
    HOLDS_ONCE(FETCHED), /* of the winner, which is left with the other */
    WORKS_FOR(2000, "a", MADE),
    HOLDS_ONCE(DELETE),
    SAYS(DELETE, GONE),
    SAYS(SECOND, MADE),
    PICTURE,
  };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, answers, GM_LEN(answers));
  submit(&f, "a:m b:m", "x", id);
  timed_until_asked(&f, POLL, 3);
  gm_clock_advance(HEDGE_MS);
  timed_until_asked(&f, DELETE, 1);
  timed_until_asked(&f, FETCHED, 1);
  timed_detach(&f, id);
  timed_attach(&f, id);
  result = timed_result(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  until_nothing_is_left(&f);
  ck_assert_int_eq(script_count(f.script, DELETE), 2);
  ck_assert_int_eq(script_count(f.script, "POST"), 2);
  timed_close(&f);
}
END_TEST

/* Left while its vendor is told: it has a record also when nothing is kept of
 * its request, which has ended well. */
START_TEST(loser_is_left)
{
  static const struct answer answers[] = {
    WORKS("a"),
    HOLDS_ONCE(DELETE),
    SAYS(DELETE, GONE),
    SAYS(SECOND, MADE),
    PICTURE,
  };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;
  uint32_t n;

  timed_open(&f, answers, GM_LEN(answers));
  fix_set(&f, "keep_jobs", "0");
  submit(&f, "a:m b:m", "x", id);
  timed_until_asked(&f, POLL, 3);
  gm_clock_advance(HEDGE_MS);
  timed_until_asked(&f, DELETE, 1);
  timed_until_asked(&f, FETCHED, 1);
  while (is_fetching(&f))
    timed_turn(&f);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = timed_result(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 1);
  until_nothing_is_left(&f);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 0);
  script_go(f.script);
  timed_close(&f);
}
END_TEST

/* Closed while it is: it detaches, and is not waited for. */
START_TEST(closed_meanwhile)
{
  char id[GAMUT_ID_SIZE];
  struct fix f;

  until_hedged(&f, id);
  timed_close(&f);
}
END_TEST

/* ---- when ------------------------------------------------------------------
 */

/* Not at once: who hangs begins no hedge. */
static void pass(struct fix *f, int seconds)
{
  while (seconds-- > 0) {
    gm_clock_advance(1000);
    timed_turn(f);
  }
}

/* By what the catalog says (a minute, so two), or not at all. */
START_TEST(by_p95)
{
  static const struct answer answers[] = {
    WORKS("a"),
    SAYS(DELETE, GONE),
    SAYS(SECOND, MADE),
    PICTURE,
  };
  struct gamut_request *r =
    fix_request(_i ? "a:m b:m" : "a:slow b:m", "x", "hedge", "p95", NULL);
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, answers, GM_LEN(answers));
  timed_submit(&f, r, id);
  timed_until_asked(&f, POLL, 3);
  pass(&f, 115);
  timed_until_asked(&f, POLL, 6);
  ck_assert_int_eq(script_count(f.script, SECOND), 0);
  pass(&f, 6);
  if (_i)
    timed_until_asked(&f, POLL, 20);
  else
    gamut_result_free(timed_result(&f, id));
  ck_assert_int_eq(script_count(f.script, SECOND), _i ? 0 : 1);
  timed_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("hedge");

  tcase_add_loop_test(tc, who_wins, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, taken_up, 0, 3);
  tcase_add_test(tc, all_taken_up);
  tcase_add_test(tc, cancelled);
  tcase_add_test(tc, cancelled_at_once);
  tcase_add_loop_test(tc, left_at_once, 0, 2);
  tcase_add_test(tc, winner_is_gone);
  tcase_add_loop_test(tc, loser_is_followed, 0, 2);
  tcase_add_test(tc, loser_is_told_again);
  tcase_add_test(tc, loser_is_left);
  tcase_add_test(tc, closed_meanwhile);
  tcase_add_loop_test(tc, by_p95, 0, 2);
  return unit_run("hedge", tc);
}
