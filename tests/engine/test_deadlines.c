/* test_deadlines.c - a link that takes too long makes room for the next, but
 * never so that two are paid for.  The clock is the test's. */
#include "engine/timed.h"
#include "route/breaker.h"

#define SUBMIT "POST /a/jobs"
#define POLL   "GET /a/jobs/1"
#define DELETE "DELETE /a/jobs/1"
#define OTHER  "POST /b/jobs"
#define NEXT   SAYS(OTHER, MADE)

#define TIMEOUT_MS 10000

/* ---- what becomes of an attempt at its deadline ---------------------------
 */

/* Of a row: what is asked and until when; what the vendors answer; what is
 * expected. */
/* clang-format off */
static const struct {
  const char *name, *links, *prompt;
  const char *asks; /* the time is up when it was asked so often */
  int n;
  bool lets_go; /* what is held breaks off then */
  struct answer answers[6];
  int32_t error_class, first; /* of the job, of the first attempt */
  int told, posts, others;    /* how often which vendor was asked for what */
} rows[] = {
  { .name = "it is cancelled there",
    .links = "a:m b:m", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { WORKS("a"), SAYS(DELETE, GONE), NEXT, PICTURE },
    .first = GAMUT_E_TIMEOUT, .told = 1, .posts = 1, .others = 1 },
  { .name = "a look is on its way",
    .links = "a:m b:m", .prompt = "x", .asks = POLL, .n = 1,
    .answers = { SAYS(SUBMIT, QUEUED), HOLDS(POLL), SAYS(DELETE, GONE), NEXT,
                 PICTURE },
    .first = GAMUT_E_TIMEOUT, .told = 1, .posts = 1, .others = 1 },
  { .name = "it takes the wish, and cancels it later",
    .links = "a:m b:m", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", GONE), SAYS(DELETE, "{}"), NEXT, PICTURE },
    .first = GAMUT_E_TIMEOUT, .told = 1, .posts = 1, .others = 1 },
  { .name = "it takes the wish, and has forgotten it then",
    .links = "a:m b:m", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { SAYS(SUBMIT, QUEUED), SAYS_TIMES(9, POLL, QUEUED),
                 REFUSES(POLL, 404), SAYS(DELETE, "{}"), NEXT, PICTURE },
    .first = GAMUT_E_TIMEOUT, .told = 1, .posts = 1, .others = 1 },
  { .name = "it takes the wish, and makes it all the same",
    .links = "a:m b:m", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", MADE), SAYS(DELETE, "{}"), NEXT, PICTURE },
    .told = 1, .posts = 1 },
  { .name =
      "it takes the wish, and fails later: the next is cancelled for itself",
    .links = "a:m b:m", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", FAILED), SAYS(DELETE, "{}"),
                 SAYS(OTHER, "{\"id\":\"1\",\"status\":\"cancelled\"}") },
    .error_class = GAMUT_E_CANCELLED, .first = GAMUT_E_PROVIDER,
    .told = 1, .posts = 1, .others = 1 },
  { .name = "the vendor will not",
    .links = "a:m b:m", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", MADE), REFUSES(DELETE, 404), PICTURE },
    .told = 1, .posts = 1 },
  { .name = "the vendor cannot be reached for it",
    .links = "a:m b:m", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", MADE), REFUSES(DELETE, 500), PICTURE },
    .told = -1, .posts = 1 },
  { .name = "it is there by then",
    .links = "a:m b:m", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { WORKS("a"), SAYS(DELETE, MADE), PICTURE },
    .told = 1, .posts = 1 },
  { .name = "it cannot be cancelled",
    .links = "mute:m b:m", .prompt = "x", .asks = "GET /mute/jobs/1", .n = 3,
    .answers = { WORKS_FOR(9, "mute", MADE), PICTURE } },
  { .name = "what was paid is not answered",
    .links = "a:m b:m", .prompt = "x", .asks = SUBMIT, .n = 1, .lets_go = true,
    .answers = { HOLDS(SUBMIT), NEXT, PICTURE },
    .error_class = GAMUT_E_UNKNOWN, .first = GAMUT_E_UNKNOWN, .posts = 1 },
  { .name = "nothing was paid yet",
    .links = "a:m b:m", .prompt = "warm", .asks = "GET /a/hello", .n = 1,
    .answers = { HOLDS("GET /a/hello"), SAYS("GET /b/hello", "{}"), NEXT,
                 PICTURE },
    .first = GAMUT_E_TIMEOUT, .others = 1 },
  { .name = "the next cannot do it",
    .links = "a:m b:dear", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", MADE), PICTURE },
    .posts = 1 },
  { .name = "no link follows",
    .links = "a:m", .prompt = "x", .asks = POLL, .n = 3,
    .answers = { WORKS_FOR(9, "a", MADE), PICTURE },
    .posts = 1 },
};
/* clang-format on */

START_TEST(at_its_end)
{
  struct gamut_provider mute;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;
  int i, told;

  timed_open(&f, rows[_i].answers, GM_LEN(rows[_i].answers));
  timed_mute(&f, &mute);
  timed_submit(&f,
               fix_request(rows[_i].links, rows[_i].prompt, "attempt_timeout",
                           "10s", "max_cost", "0.1", "allow_unknown_cost",
                           "yes", NULL),
               id);
  timed_until_asked(&f, rows[_i].asks, rows[_i].n);
  ck_assert_int_eq(script_count(f.script, OTHER), 0);
  gm_clock_advance(TIMEOUT_MS);
  for (i = 0; i < 3 && rows[_i].lets_go; i++) { /* it stays so */
    gm_loop_turn(f.g->loop, 1);
    gm_clock_advance(1000);
  }
  if (rows[_i].lets_go)
    script_go(f.script);
  result = timed_result(&f, id);
  ck_assert_msg(gamut_result_class(result) == rows[_i].error_class, "%s: %s",
                rows[_i].name, gamut_result_message(result));
  ck_assert_msg(gamut_result_attempt(result, 0)->error_class == rows[_i].first,
                "%s: %s", rows[_i].name,
                gamut_result_attempt(result, 0)->message);
  told = script_count(f.script, "DELETE");
  ck_assert_msg(rows[_i].told < 0 ? told > 1 : told == rows[_i].told,
                "%s: cancelled %d times", rows[_i].name, told);
  ck_assert_msg(script_count(f.script, SUBMIT) == rows[_i].posts, "%s: posts",
                rows[_i].name);
  ck_assert_msg(script_count(f.script, OTHER) == rows[_i].others, "%s: others",
                rows[_i].name);
  ck_assert_int_eq(gamut_result_maybe_charged(result),
                   rows[_i].error_class == GAMUT_E_UNKNOWN);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* ---- while the next one cannot be begun ---------------------------------- */

static const struct answer slow[] = {
  WORKS_FOR(40, "a", MADE),
  SAYS(DELETE, GONE),
  NEXT,
  PICTURE,
};

static const struct {
  const char *name;
  int32_t error_class; /* of the next one's failures */
  int failures;
  bool of_account;
  uint64_t again_ms; /* then it may be tried again; 0: not before the end */
} off[] = {
  { "its breaker is open", GAMUT_E_PROVIDER, 5, false, 0 },
  { "it may be tried again", GAMUT_E_PROVIDER, 5, false, 30000 },
  { "its account has no credit", GAMUT_E_QUOTA, 1, true, 0 },
  { "there is credit again", GAMUT_E_QUOTA, 1, true, 600000 },
};

static void fail_at(struct fix *f, const char *provider, int row)
{
  struct gm_instance *i;
  struct gm_breaker *b;
  int n;

  ck_assert_int_eq(gm_instance_look(f->g->instances, provider, &i, NULL), 0);
  b = gm_breaker_of(f->g->router.breakers, provider, i->account_id,
                    off[row].of_account ? NULL : "m");
  for (n = 0; n < off[row].failures; n++)
    gm_breaker_done(b, off[row].error_class);
}

static void turns(struct fix *f, uint64_t ms)
{
  uint64_t until = gm_mono_ms() + ms;

  while (gm_mono_ms() < until)
    timed_turn(f);
}

/* What runs is not given up for a link that is off. */
START_TEST(the_next_is_off)
{
  bool comes_back = off[_i].again_ms > 0;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, slow, GM_LEN(slow));
  timed_submit(&f, fix_request("a:m b:m", "x", "attempt_timeout", "10s", NULL),
               id);
  timed_until_asked(&f, POLL, 3);
  fail_at(&f, "b", _i);
  gm_clock_advance(TIMEOUT_MS);
  turns(&f, 20);
  ck_assert_msg(script_count(f.script, "DELETE") == 0, "%s", off[_i].name);
  if (comes_back)
    gm_clock_advance(off[_i].again_ms);
  result = timed_result(&f, id);
  ck_class(result, 0);
  ck_assert_msg(script_count(f.script, "DELETE") == comes_back &&
                  script_count(f.script, OTHER) == comes_back,
                "%s", off[_i].name);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* Nor for one that has no key. */
START_TEST(the_next_has_no_key)
{
  static const struct gamut_key keys[] = {
    { "api_key", NULL, NULL, NULL, "key", GAMUT_STRING,
      GAMUT_KEY_REQUIRED | GAMUT_KEY_SECRET, 0, 0 },
  };
  struct gamut_provider locked = vendor_b;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, slow, GM_LEN(slow));
  locked.name = "locked";
  locked.catalog = NULL;
  locked.keys = (struct gamut_table)GAMUT_TABLE(keys);
  fix_provider(&f, &locked);
  timed_submit(
    &f, fix_request("a:m locked:m", "x", "attempt_timeout", "10s", NULL), id);
  timed_until_asked(&f, POLL, 3);
  gm_clock_advance(TIMEOUT_MS);
  result = timed_result(&f, id);
  ck_class(result, 0);
  ck_assert_int_eq(script_count(f.script, "DELETE"), 0);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* ---- while the vendor is being asked ------------------------------------- */

static const struct answer asked[] = {
  WORKS_FOR(3, "a", MADE),
  HOLDS_ONCE(DELETE),
  SAYS(DELETE, GONE),
  NEXT,
  PICTURE,
};

static void until_told(struct fix *f, const struct answer *answers, size_t n,
                       char id[GAMUT_ID_SIZE])
{
  timed_open(f, answers, n);
  timed_submit(f, fix_request("a:m b:m", "x", "attempt_timeout", "10s", NULL),
               id);
  timed_until_asked(f, POLL, 2);
  gm_clock_advance(TIMEOUT_MS);
  timed_until_asked(f, DELETE, 1);
}

/* Whoever cancels now does not want the next link to try. */
START_TEST(cancelled_meanwhile)
{
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  until_told(&f, asked, GM_LEN(asked), id);
  ck_assert_int_eq(gamut_cancel(f.g, id), 0);
  script_go(f.script);
  result = timed_result(&f, id);
  ck_class(result, GAMUT_E_CANCELLED);
  ck_assert_int_eq(script_count(f.script, OTHER), 0);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* What is left is the job, not the wish to cancel it. */
START_TEST(detached_meanwhile)
{
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  until_told(&f, asked, GM_LEN(asked), id);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = timed_result(&f, id);
  ck_class(result, GAMUT_E_DETACHED);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  gamut_result_free(result);
  timed_attach(&f, id);
  result = timed_result(&f, id);
  ck_class(result, 0);
  ck_assert_str_eq(gamut_result_provider(result), "a");
  ck_assert_int_eq(script_count(f.script, "DELETE"), 1);
  ck_assert_int_eq(script_count(f.script, OTHER), 0);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* The vendor had heard it all the same: whoever takes the job up knows that
 * nobody wanted it to be over, and goes on with the next link. */
START_TEST(cancelled_after_all)
{
  static const struct answer answers[] = {
    WORKS_FOR(3, "a",
              "{\"id\":\"1\",\"status\":\"failed\",\"error\":{\"code\":"
              "\"cancelled\"}}"),
    HOLDS(DELETE),
    NEXT,
    PICTURE,
  };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  until_told(&f, answers, GM_LEN(answers), id);
  timed_detach(&f, id);
  timed_attach(&f, id);
  result = timed_result(&f, id);
  ck_class(result, 0);
  ck_assert_str_eq(gamut_result_provider(result), "b");
  ck_assert_int_eq(gamut_result_attempt(result, 0)->error_class,
                   GAMUT_E_TIMEOUT);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  ck_assert_int_eq(script_count(f.script, OTHER), 1);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("deadlines");

  tcase_add_loop_test(tc, at_its_end, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, the_next_is_off, 0, GM_LEN(off));
  tcase_add_test(tc, the_next_has_no_key);
  tcase_add_test(tc, cancelled_meanwhile);
  tcase_add_test(tc, detached_meanwhile);
  tcase_add_test(tc, cancelled_after_all);
  return unit_run("deadlines", tc);
}
