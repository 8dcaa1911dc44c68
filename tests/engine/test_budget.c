/* test_budget.c - limits on spending: what is refused, what is given back, what
 * is said. */
#include "base/clock.h"
#include "engine/books.h"
#include "unit/scratch.h"
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBMIT "POST /a/jobs"
#define POLL   "GET /a/jobs/1"
#define IMAGES "\"images\":[{\"url\":\"$/f.png\"}]"
#define DONE   "{\"status\":\"done\"," IMAGES "}"
#define TAIL                                                                   \
  SAYS(SUBMIT, QUEUED), SAYS(POLL, DONE), SAYS("GET /f.png", "@png"),          \
    { "POST /b/jobs", 0, 200, "{\"id\":\"2\",\"status\":\"done\"," IMAGES "}", \
      NULL,           0 },                                                     \
  {                                                                            \
    "DELETE /a", 0, 200, "{}", NULL, 0                                         \
  }

#define ALL_BUDGET "[{\"scope\":\"all\",\"limit_usd\":2,\"period\":\"day\"}]"

static const struct answer tail[] = { TAIL };

/* Room for one: the second is refused before it is sent. */
START_TEST(no_room)
{
  const char *place = scratch_folder();
  struct gamut_result *result;
  struct kit_row row;
  struct fix f;

  books_open(&f, tail, GM_LEN(tail), place);
  fix_set(&f, "budgets",
          "[{\"scope\":\"provider\",\"name\":\"a\",\"limit_usd\":0.03,"
          "\"period\":\"day\"}]");
  result = fix_run(&f, fix_request("a:cheap", "x", NULL));
  ck_class(result, 0);
  gamut_result_free(result);
  result = fix_run(&f, fix_request("a:cheap", "x", NULL));
  ck_class(result, GAMUT_E_QUOTA);
  ck_assert_msg(strstr(gamut_result_message(result),
                       "the budget of provider 'a', $0.03 a day, has $0.01 "
                       "left, and this costs $0.02; it begins anew at 20") !=
                  NULL,
                "%s", gamut_result_message(result));
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  gamut_durable(f.g);
  books_charge(place, gamut_result_id(result), &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  gamut_result_free(result);
  books_counter(place, GM_SCOPE_PROVIDER, "a", &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], BOOKS_CHEAP);
  /* Another provider's has. */
  result = fix_run(&f, fix_request("a:cheap b:cheap", "x", NULL));
  ck_class(result, 0);
  ck_assert_str_eq(gamut_result_provider(result), "b");
  ck_assert_int_eq(gamut_result_attempt(result, 0)->error_class, GAMUT_E_QUOTA);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  fix_close(&f);
}
END_TEST

START_TEST(released)
{
  static const struct answer fails[] = { SAYS(SUBMIT, QUEUED),
                                         SAYS_TIMES(3, POLL, FAILED),
                                         SAYS(POLL, DONE),
                                         SAYS("GET /f.png", "@png") };
  struct gamut_result *result;
  struct fix f;
  int i;

  books_open(&f, fails, GM_LEN(fails), scratch_folder());
  fix_set(&f, "budgets",
          "[{\"scope\":\"all\",\"limit_usd\":0.5,\"period\":\"month\"}]");
  for (i = 0; i < 4; i++) {
    result = fix_run(&f, fix_request("a:dear", "x", NULL));
    ck_class(result, i < 3 ? GAMUT_E_PROVIDER : 0);
    gamut_result_free(result);
  }
  result = fix_run(&f, fix_request("a:cheap", "x", NULL));
  ck_class(result, GAMUT_E_QUOTA);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

START_TEST(unknown_price)
{
  struct gamut_result *result;
  struct fix f;

  books_open(&f, tail, GM_LEN(tail), scratch_folder());
  fix_set(&f, "budgets", ALL_BUDGET);
  ck_assert_ptr_null(fix_run(&f, fix_request("a:m", "x", NULL)));
  ck_assert_int_eq(f.err.error_class, GAMUT_E_UNSUPPORTED);
  ck_assert_msg(strstr(f.err.message, "the price of m is not known, and the "
                                      "budget of all has to count it") != NULL,
                "%s", f.err.message);
  result =
    fix_run(&f, fix_request("a:m", "x", "allow_unknown_cost", "yes", NULL));
  ck_class(result, 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* Once for each counter, whoever comes near its end. */
START_TEST(warned)
{
  const char *place = scratch_folder();
  struct gamut_result *result;
  const char *said;
  struct fix f;
  int i;

  for (i = 0; i < 6; i++) {
    books_open(&f, tail, GM_LEN(tail), place);
    fix_set(&f, "budgets",
            "[{\"scope\":\"all\",\"limit_usd\":0.12,\"period\":\"day\"}]");
    result = fix_run(&f, fix_request("a:cheap", "x", NULL));
    ck_class(result, 0);
    gamut_result_free(result);
    fix_close(&f);
    said =
      strstr(books_lines, "the budget of all: $0.10 of $0.12 a day is spent or "
                          "reserved; it begins anew at ");
    ck_assert_msg((said != NULL) == (i == 4), "%d: %s", i, books_lines);
  }
}
END_TEST

/* ---- many at once ---------------------------------------------------------
 */

#define PROCESSES 4
#define JOBS      8
#define ROOM      10

static const char *shared_budget =
  "[{\"scope\":\"all\",\"limit_usd\":0.2,\"period\":\"month\"},"
  "{\"scope\":\"tag\",\"limit_usd\":1,\"period\":\"month\"}]";

/* Ends with how many of its jobs were let through. */
static void spend(const char *place, int in)
{
  char ids[JOBS][GAMUT_ID_SIZE], url[128] = "";
  struct gamut_result *result;
  int i, well = 0;
  struct fix f;

  memset(&f, 0, sizeof(f));
  f.script = script_start(NULL, 0);
  books_context(&f, place);
  fix_set(&f, "budgets", shared_budget);
  if (read(in, url, sizeof(url)) != sizeof(url))
    _exit(100);
  fix_set(&f, "a.base_url", url);
  for (i = 0; i < JOBS; i++) {
    struct gamut_request *r = fix_request("a:cheap", "x", "tag", "race", NULL);

    if (gamut_submit(f.g, r, NULL, NULL, ids[i], &f.err))
      _exit(101);
    gamut_request_free(r);
  }
  for (i = 0; i < JOBS; i++) {
    const struct gamut_event *e;

    while ((e = gamut_next_event(f.g, -1))->type != GAMUT_EVENT_DONE)
      ;
    result = e->result;
    if (gamut_result_class(result) &&
        gamut_result_class(result) != GAMUT_E_QUOTA)
      _exit(102);
    well += gamut_result_class(result) == 0;
    gamut_result_free(result);
  }
  gamut_close(f.g);
  _exit(well);
}

/* 32 jobs of four processes want what ten can have: ten have it. */
START_TEST(race)
{
  const char *place = scratch_folder();
  pid_t pids[PROCESSES];
  struct script *script;
  char url[128] = "";
  int go[2], i, status, well = 0;
  struct kit k;
  struct kit_row row;

  kit_open(&k, KIT_SQLITE, place); /* it is there before they race */
  kit_close(&k);
  ck_assert_int_eq(pipe(go), 0);
  for (i = 0; i < PROCESSES; i++) {
    pids[i] = fork();
    ck_assert_int_ge(pids[i], 0);
    if (pids[i] == 0)
      spend(place, go[0]);
  }
  script = script_start(tail, GM_LEN(tail));
  script_url(script, "/a", url, sizeof(url));
  for (i = 0; i < PROCESSES; i++)
    ck_assert_int_eq(write(go[1], url, sizeof(url)), sizeof(url));
  for (i = 0; i < PROCESSES; i++) {
    ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
    ck_assert(WIFEXITED(status));
    ck_assert_int_le(WEXITSTATUS(status), JOBS);
    well += WEXITSTATUS(status);
  }
  ck_assert_int_eq(well, ROOM);
  ck_assert_int_eq(script_count(script, SUBMIT), ROOM);
  script_stop(script);
  kit_open(&k, KIT_SQLITE, place);
  {
    char key[GAMUT_STORE_KEY_MAX + 1];

    gm_budget_key(GM_SCOPE_ALL, NULL, GM_MONTH, (int64_t)gm_wall_ms(), key);
    ck_assert(kit_get(&k, "budget", key, &row));
    ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], ROOM * BOOKS_CHEAP);
    ck_assert_int_eq(row.numbers[GM_COUNT_SPENT], ROOM * BOOKS_CHEAP);
    gm_budget_key(GM_SCOPE_TAG, "race", GM_MONTH, (int64_t)gm_wall_ms(), key);
    ck_assert(kit_get(&k, "budget", key, &row));
    ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], ROOM * BOOKS_CHEAP);
  }
  kit_close(&k);
}
END_TEST

/* ---- the period turns over in mid job -------------------------------------
 */

#define LATE UINT64_C(1796083199000) /* 2026-11-30 23:59:59 */

static const struct answer slow[] = { SAYS(SUBMIT, QUEUED),
                                      SAYS_TIMES(3, POLL, QUEUED),
                                      SAYS(POLL, DONE),
                                      SAYS("GET /f.png", "@png") };

static void tick(struct fix *f)
{
  gamut_step(f->g, 0);
  gm_clock_advance(1);
  usleep(200);
}

static int32_t end_of(struct fix *f, const char *id)
{
  const struct gamut_event *e;
  int32_t error_class;

  while ((e = gamut_next_event(f->g, 0))->type != GAMUT_EVENT_DONE)
    tick(f);
  ck_assert_str_eq(e->id, id);
  error_class = gamut_result_class(e->result);
  gamut_result_free(e->result);
  return error_class;
}

static void submit(struct fix *f, char id[GAMUT_ID_SIZE])
{
  struct gamut_request *r = fix_request("a:cheap", "x", NULL);

  ck_assert_int_eq(gamut_submit(f->g, r, NULL, NULL, id, &f->err), 0);
  gamut_request_free(r);
}

static void ck_budgets(struct fix *f, const char *want)
{
  char *text = NULL;

  ck_assert_int_eq(gamut_budgets(f->g, &text, &f->err), 0);
  ck_assert_msg(strstr(text, want) != NULL, "%s", text);
  gamut_string_free(text);
}

/* Settled where it was reserved, and nothing of it is in the new month. */
START_TEST(new_month)
{
  char id[GAMUT_ID_SIZE];
  struct fix f;

  gm_clock_fake(1000000, LATE);
  fix_open(&f, slow, GM_LEN(slow), 0);
  fix_set(&f, "budgets",
          "[{\"scope\":\"all\",\"limit_usd\":0.03,\"period\":\"month\"}]");
  submit(&f, id);
  while (script_count(f.script, POLL) < 1)
    tick(&f);
  ck_budgets(&f, "\"spent_usd\":0,\"maybe_usd\":0,\"reserved_usd\":0.02,"
                 "\"left_usd\":0.01,\"unknown_cost\":0,"
                 "\"resets_at\":\"2026-12-01T00:00:00.000Z\"");
  gm_clock_advance(2000);
  ck_assert_int_eq(end_of(&f, id), 0);
  ck_budgets(&f, "\"spent_usd\":0,\"maybe_usd\":0,\"reserved_usd\":0,"
                 "\"left_usd\":0.03,\"unknown_cost\":0,"
                 "\"resets_at\":\"2027-01-01T00:00:00.000Z\"");
  submit(&f, id);
  ck_assert_int_eq(end_of(&f, id), 0);
  submit(&f, id);
  ck_assert_int_eq(end_of(&f, id), GAMUT_E_QUOTA);
  gm_clock_fake(gm_mono_ms(), LATE);
  ck_budgets(&f, "\"spent_usd\":0.02,\"maybe_usd\":0,\"reserved_usd\":0,"
                 "\"left_usd\":0.01,");
  gm_clock_real();
  fix_close(&f);
}
END_TEST

/* One that has counted only what nobody knows the price of has its name all the
 * same. */
START_TEST(unknown_named)
{
  struct gamut_result *result;
  struct fix f;

  books_open(&f, tail, GM_LEN(tail), scratch_folder());
  fix_set(&f, "budgets",
          "[{\"scope\":\"provider\",\"limit_usd\":2,\"period\":\"day\"}]");
  result =
    fix_run(&f, fix_request("a:m", "x", "allow_unknown_cost", "yes", NULL));
  ck_class(result, 0);
  gamut_result_free(result);
  ck_budgets(&f, "{\"scope\":\"provider\",\"name\":\"a\",\"period\":\"day\","
                 "\"limit_usd\":2,\"spent_usd\":0,\"maybe_usd\":0,"
                 "\"reserved_usd\":0,\"left_usd\":2,\"unknown_cost\":1,");
  fix_close(&f);
}
END_TEST

/* ---- the setting ----------------------------------------------------------
 */

static const struct {
  const char *text, *says; /* NULL: it is good */
} settings[] = {
  { "", NULL },
  { "[]", NULL },
  { "[ // mine\n {\"scope\":\"tag\",\"limit_usd\":0,\"period\":\"week\"}]",
    NULL },
  { "{", "budgets: line 1" },
  { "{}", "budgets: not an array" },
  { "[7]", "budgets[0]: not an object" },
  { "[{\"scope\":\"team\",\"limit_usd\":1,\"period\":\"day\"}]",
    "budgets[0].scope: \"team\" is not one of all, provider, project, user, "
    "tag" },
  { "[{\"limit_usd\":1,\"period\":\"day\"}]",
    "budgets[0].scope: nothing is not one of all" },
  { "[{\"scope\":\"all\",\"limit_usd\":-1,\"period\":\"day\"}]",
    "budgets[0].limit_usd: -1 is not a number of US dollars" },
  { "[{\"scope\":\"all\",\"limit_usd\":1,\"period\":\"year\"}]",
    "budgets[0].period: \"year\" is not one of day, week, month" },
  { "[{\"scope\":\"all\",\"name\":\"x\",\"limit_usd\":1,\"period\":\"day\"}]",
    "budgets[0].name: \"x\" is not allowed with the scope all" },
  { "[{\"scope\":\"all\",\"limit_us\":1,\"period\":\"day\"}]",
    "'limit_us' is none of scope, name, limit_usd, period; did you mean "
    "'limit_usd'?" },
  { "[{\"scope\":\"all\",\"limit_usd\":1,\"period\":\"day\"},"
    "{\"scope\":\"all\",\"limit_usd\":2,\"period\":\"day\"}]",
    "budgets[1]: the same as budgets[0]" },
};

START_TEST(setting)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_budgets b;
  int32_t rc = gm_budgets_parse(settings[_i].text, &b, &err);

  ck_assert_msg((rc == 0) == !settings[_i].says, "%s: %s", settings[_i].text,
                gm_error_text(&err));
  if (settings[_i].says)
    ck_assert_msg(strstr(gm_error_text(&err), settings[_i].says) != NULL, "%s",
                  gm_error_text(&err));
  gm_error_finish(&err);
  gm_budgets_finish(&b);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("budget");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 60);
  tcase_add_test(tc, race); /* forks: first */
  tcase_add_test(tc, no_room);
  tcase_add_test(tc, released);
  tcase_add_test(tc, unknown_price);
  tcase_add_test(tc, unknown_named);
  tcase_add_test(tc, warned);
  tcase_add_test(tc, new_month);
  tcase_add_loop_test(tc, setting, 0, GM_LEN(settings));
  return unit_run("budget", tc);
}
