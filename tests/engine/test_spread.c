/* test_spread.c - n over several links: parts, what is missing, names. */
#include "api/context.h"
#include "engine/vendor.h"
#include "route/team.h"
#include "store/kit.h"
#include "unit/scratch.h"
#include <glob.h>
#include <stdio.h>
#include <unistd.h>

#define A            "POST /a/jobs"
#define B            "POST /b/jobs"
#define C            "POST /c/jobs"
#define IMAGES(list) "{\"id\":\"1\",\"status\":\"done\",\"images\":[" list "]}"
#define ONE          "{\"url\":\"$/f.png\"}"
#define MADE_1       IMAGES(ONE)
#define MADE_2       IMAGES(ONE "," ONE)
#define MADE_3       IMAGES(ONE "," ONE "," ONE)
#define MADE_4       IMAGES(ONE "," ONE "," ONE "," ONE)
#define BLOCKED      "{\"error\":{\"code\":\"unsafe\"}}"
#define BROKEN                                                                 \
  "{\"id\":\"1\",\"status\":\"failed\",\"error\":{\"code\":\"final\","         \
  "\"message\":\"no\"}}"

static const struct {
  const char *name, *links, *n, *on_blocked;
  bool spread;
  struct answer answers[5];
  int32_t error_class;
  uint32_t artifacts, attempts;
  int a, b, c;    /* submissions */
  const char *by; /* who made which, by their letters */
} rows[] = {
  { .name = "two and two",
    .links = "a:m b:m",
    .n = "4",
    .on_blocked = "stop",
    .spread = true,
    .answers = { SAYS(A, MADE_2), SAYS(B, MADE_2), PICTURE },
    .artifacts = 4,
    .attempts = 2,
    .a = 1,
    .b = 1,
    .by = "aabb" },
  { .name = "indivisible",
    .links = "a:m b:m",
    .n = "3",
    .on_blocked = "stop",
    .spread = true,
    .answers = { SAYS(A, MADE_2), SAYS(B, MADE_1), PICTURE },
    .artifacts = 3,
    .attempts = 2,
    .a = 1,
    .b = 1,
    .by = "aab" },
  { .name = "fewer than links",
    .links = "a:m b:m c:m",
    .n = "2",
    .on_blocked = "stop",
    .spread = true,
    .answers = { SAYS(A, MADE_1), SAYS(B, MADE_1), PICTURE },
    .artifacts = 2,
    .attempts = 2,
    .a = 1,
    .b = 1,
    .by = "ab" },
  { .name = "one alone has no parts",
    .links = "a:m",
    .n = "2",
    .on_blocked = "stop",
    .spread = true,
    .answers = { SAYS(A, MADE_2), PICTURE },
    .artifacts = 2,
    .attempts = 1,
    .a = 1 },
  { .name = "one picture has no parts",
    .links = "a:m b:m",
    .n = "1",
    .on_blocked = "stop",
    .spread = true,
    .answers = { SAYS(A, MADE_1), PICTURE },
    .artifacts = 1,
    .attempts = 1,
    .a = 1 },
  { .name = "one fails: the other makes its part",
    .links = "a:m b:m",
    .n = "4",
    .on_blocked = "stop",
    .spread = true,
    .answers = { SAYS(A, MADE_2), SAYS(B, BROKEN), PICTURE },
    .artifacts = 4,
    .attempts = 3,
    .a = 2,
    .b = 1,
    .by = "aaaa" },
  { .name = "one is blocked, and that is the end of its part",
    .links = "a:m b:m",
    .n = "4",
    .on_blocked = "stop",
    .spread = true,
    .answers = { SAYS(A, MADE_2), { B, 0, 400, BLOCKED, NULL, 0 }, PICTURE },
    .artifacts = 2,
    .attempts = 2,
    .a = 1,
    .b = 1 },
  { .name = "one is blocked, the other tries",
    .links = "a:m b:m",
    .n = "4",
    .on_blocked = "next",
    .spread = true,
    .answers = { SAYS(A, MADE_2), { B, 0, 400, BLOCKED, NULL, 0 }, PICTURE },
    .artifacts = 4,
    .attempts = 3,
    .a = 2,
    .b = 1,
    .by = "aaaa" },
  { .name = "all fail",
    .links = "a:m b:m",
    .n = "2",
    .on_blocked = "stop",
    .spread = true,
    .answers = { SAYS(A, BROKEN), SAYS(B, BROKEN) },
    .error_class = GAMUT_E_PROVIDER,
    .attempts = 4,
    .a = 2,
    .b = 2 },
  { .name = "one cannot do it",
    .links = "a:square b:m",
    .n = "2",
    .on_blocked = "stop",
    .spread = true,
    .answers = { SAYS(B, MADE_2), PICTURE },
    .artifacts = 2,
    .attempts = 1,
    .b = 1 },
  { .name = "too few: the next link makes the rest",
    .links = "a:m b:m",
    .n = "4",
    .on_blocked = "stop",
    .answers = { SAYS(A, MADE_3), SAYS(B, MADE_1), PICTURE },
    .artifacts = 4,
    .attempts = 2,
    .a = 1,
    .b = 1,
    .by = "aaab" },
  { .name = "too few, and again",
    .links = "a:m b:m c:m",
    .n = "4",
    .on_blocked = "stop",
    .answers = { SAYS(A, MADE_2), SAYS(B, MADE_1), SAYS(C, MADE_1), PICTURE },
    .artifacts = 4,
    .attempts = 3,
    .a = 1,
    .b = 1,
    .c = 1,
    .by = "aabc" },
  { .name = "too few, and no other",
    .links = "a:m b:m",
    .n = "4",
    .on_blocked = "stop",
    .answers = { SAYS(A, MADE_3), SAYS(B, BROKEN), PICTURE },
    .artifacts = 3,
    .attempts = 2,
    .a = 1,
    .b = 1,
    .by = "aaa" },
  { .name = "enough",
    .links = "a:m b:m",
    .n = "4",
    .on_blocked = "stop",
    .answers = { SAYS(A, MADE_4), PICTURE },
    .artifacts = 4,
    .attempts = 1,
    .a = 1 },
  { .name = "a chain as ever",
    .links = "a:m b:m",
    .n = "2",
    .on_blocked = "stop",
    .answers = { SAYS(A, BROKEN), SAYS(B, MADE_2), PICTURE },
    .artifacts = 2,
    .attempts = 2,
    .a = 1,
    .b = 1 },
};

static const char *folder;

static size_t count_files(const char *pattern)
{
  char path[4096];
  glob_t found;
  size_t n;

  snprintf(path, sizeof(path), "%s/%s", folder, pattern);
  n = glob(path, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
  globfree(&found);
  return n;
}

static struct gamut_request *request(int i)
{
  char output[4096];

  snprintf(output, sizeof(output), "%s/x.png", folder);
  return fix_request(rows[i].links, "x", "n", rows[i].n, "on_blocked",
                     rows[i].on_blocked, "spread",
                     rows[i].spread ? "yes" : "no", "output", output, "size",
                     "1024x768", NULL);
}

/* Numbers without a gap, in the order of the artifacts; each says who made it.
 */
static void check_artifacts(const struct gamut_result *r, int i)
{
  const struct gamut_artifact_info *a;
  uint32_t k, n = gamut_result_artifacts(r);
  char want[4096], by[5] = "", *p;

  ck_assert_msg(n == rows[i].artifacts, "%s: %u artifacts", rows[i].name, n);
  for (k = 0; k < n; k++) {
    a = gamut_result_artifact(r, k);
    snprintf(want, sizeof(want),
             strcmp(rows[i].n, "1") == 0 ? "%s/x.png" : "%s/x-%u.png", folder,
             k + 1);
    ck_assert_msg(a->path && strcmp(a->path, want) == 0, "%s: %s, not %s",
                  rows[i].name, a->path ? a->path : "no file", want);
    by[k] = *(a->provider ? a->provider : gamut_result_provider(r));
  }
  ck_assert_uint_eq(count_files("*"), n);
  if (!rows[i].by)
    return;
  for (p = by; *p; p++) { /* whoever was quicker */
    char *q;

    for (q = p + 1; *q; q++) {
      if (*q < *p) {
        char c = *p;

        *p = *q;
        *q = c;
      }
    }
  }
  ck_assert_msg(strcmp(by, rows[i].by) == 0, "%s: by %s", rows[i].name, by);
}

START_TEST(parts)
{
  struct gamut_result *r;
  struct fix f;

  folder = scratch_folder();
  fix_open(&f, rows[_i].answers, GM_LEN(rows[_i].answers), 0);
  r = fix_run(&f, request(_i));
  ck_assert_msg(r && gamut_result_class(r) == rows[_i].error_class, "%s: %s",
                rows[_i].name, r ? gamut_result_message(r) : f.err.message);
  check_artifacts(r, _i);
  ck_assert_msg(gamut_result_attempts(r) == rows[_i].attempts,
                "%s: %u attempts", rows[_i].name, gamut_result_attempts(r));
  ck_assert_int_eq(script_count(f.script, A), rows[_i].a);
  ck_assert_int_eq(script_count(f.script, B), rows[_i].b);
  ck_assert_int_eq(script_count(f.script, C), rows[_i].c);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

/* ---- money ----------------------------------------------------------------
 */

/* Each part within its share of max_cost; the sum is told. */
START_TEST(prices)
{
  static const struct answer answers[] = {
    SAYS(A, MADE_1),
    SAYS(B, MADE_1),
    PICTURE,
  };
  struct gamut_result *r;
  int32_t estimated;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  r = fix_run(&f, fix_request(_i ? "a:set b:dear" : "a:set b:set", "x", "n",
                              "2", "spread", "yes", "max_cost", "0.05", NULL));
  ck_assert_msg(r != NULL, "%s", f.err.message);
  ck_class(r, 0);
  /* The dear one takes no part in it. */
  ck_assert_int_eq(script_count(f.script, B), _i ? 0 : 1);
  ck_assert_int_eq(gamut_result_cost(r, &estimated), _i ? 20000 : 40000);
  ck_assert_int_eq(gamut_result_estimate(r), 40000);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

/* What is missing is not made for more than is left: of six cents four are
 * spent, so a model of five is too dear, which within six it would not be. */
START_TEST(what_is_left)
{
  static const struct answer answers[] = {
    SAYS(A, MADE_2),
    SAYS(B, MADE_1),
    PICTURE,
  };
  static const struct {
    const char *links;
    uint32_t made;
    int64_t microusd;
  } cases[] = { { "a:set b:mid", 2, 40000 }, { "a:set b:set", 3, 60000 } };
  struct gamut_result *r;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  r = fix_run(
    &f, fix_request(cases[_i].links, "x", "n", "3", "max_cost", "0.06", NULL));
  ck_class(r, 0);
  ck_assert_uint_eq(gamut_result_artifacts(r), cases[_i].made);
  ck_assert_int_eq(gamut_result_cost(r, NULL), cases[_i].microusd);
  ck_assert_int_eq(script_count(f.script, B), _i);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

/* ---- let go, and taken up -------------------------------------------------
 */

START_TEST(taken_up)
{
  static const struct answer answers[] = {
    SAYS(A, MADE_2),
    SAYS(B, QUEUED),
    SAYS_TIMES(30, "GET /b/jobs/1", QUEUED),
    SAYS("GET /b/jobs/1", MADE_2),
    PICTURE,
  };
  struct gamut_result *r;
  char id[GAMUT_ID_SIZE];
  struct gamut_request *ask;
  struct fix f;

  folder = scratch_folder();
  fix_open(&f, answers, GM_LEN(answers), 0);
  ask = request(0);
  ck_assert_int_eq(gamut_submit(f.g, ask, NULL, NULL, id, &f.err), 0);
  gamut_request_free(ask);
  while (script_count(f.script, "GET /b/jobs/1") < 5 || count_files("*") < 2)
    gamut_step(f.g, 1);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  r = fix_wait(&f, id);
  ck_class(r, GAMUT_E_DETACHED);
  gamut_result_free(r);
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err), 0);
  r = fix_wait(&f, id);
  ck_class(r, 0);

  check_artifacts(r, 0);
  ck_assert_int_eq(script_count(f.script, A), 1);
  ck_assert_int_eq(script_count(f.script, B), 1);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

/* One part had ended before it was taken up: what both made is fetched again
 * by the id of the whole. */
START_TEST(fetched_again)
{
  static const struct answer answers[] = {
    SAYS(A, MADE_2),
    SAYS(B, QUEUED),
    SAYS_TIMES(30, "GET /b/jobs/1", QUEUED),
    SAYS("GET /b/jobs/1", MADE_2),
    PICTURE,
  };
  struct gamut_request *how = fix_request("a:m", "x", "force", "yes", NULL);
  struct gamut_result *r;
  char id[GAMUT_ID_SIZE];
  struct gamut_request *ask;
  struct fix f;

  folder = scratch_folder();
  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_set(&f, "store", "sqlite");
  fix_set(&f, "state_dir", scratch_folder());
  ask = request(0);
  ck_assert_int_eq(gamut_submit(f.g, ask, NULL, NULL, id, &f.err), 0);
  gamut_request_free(ask);
  while (script_count(f.script, "GET /b/jobs/1") < 5 || count_files("*") < 2)
    gamut_step(f.g, 1);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  gamut_result_free(fix_wait(&f, id));
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err), 0);
  gamut_result_free(fix_wait(&f, id));

  ck_assert_msg(gamut_fetch(f.g, id, how, NULL, NULL, &f.err) == 0, "%s",
                f.err.message);
  gamut_request_free(how);
  r = fix_wait(&f, id);
  ck_class(r, 0);
  check_artifacts(r, 0);
  ck_assert_int_eq(script_count(f.script, "GET /f.png"), 8);
  ck_assert_int_eq(script_count(f.script, "POST"), 2);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

/* What is missing is made elsewhere, in a request that no second was begun for
 * in its time: it is waited for by whoever takes that up. */
START_TEST(top_up_taken_up)
{
  static const struct answer answers[] = {
    SAYS(A, MADE_3),
    SAYS(B, QUEUED),
    SAYS_TIMES(30, "GET /b/jobs/1", QUEUED),
    SAYS("GET /b/jobs/1", MADE_1),
    PICTURE,
  };
  char output[4096], id[GAMUT_ID_SIZE];
  struct gamut_request *ask;
  struct gamut_result *r;
  struct fix f;

  folder = scratch_folder();
  snprintf(output, sizeof(output), "%s/x.png", folder);
  fix_open(&f, answers, GM_LEN(answers), 0);
  ask = fix_request("a:m b:m", "x", "n", "4", "output", output,
                    _i ? "hedge" : NULL, "1h", NULL);
  ck_assert_int_eq(gamut_submit(f.g, ask, NULL, NULL, id, &f.err), 0);
  gamut_request_free(ask);
  while (script_count(f.script, "GET /b/jobs/1") < 5)
    gamut_step(f.g, 1);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  gamut_result_free(fix_wait(&f, id));
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err), 0);
  r = fix_wait(&f, id);
  ck_class(r, 0);
  ck_assert_uint_eq(gamut_result_artifacts(r), 4);
  ck_assert_uint_eq(count_files("*"), 4);
  ck_assert_int_eq(script_count(f.script, "POST"), 2);
  gamut_result_free(r);
  fix_close(&f);
}
END_TEST

/* Where nothing is kept of jobs that have ended, nothing is of their parts. */
START_TEST(nothing_is_kept)
{
  static const struct answer answers[] = {
    SAYS(A, MADE_1),
    SAYS(B, MADE_1),
    PICTURE,
  };
  struct gamut_result *r;
  char *json = NULL;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_set(&f, "store", "sqlite");
  fix_set(&f, "state_dir", scratch_folder());
  fix_set(&f, "keep_jobs", "0");
  r = fix_run(&f, fix_request("a:m b:m", "x", "n", "2", "spread", "yes", NULL));
  ck_class(r, 0);
  gamut_result_free(r);
  gamut_durable(f.g); /* they go when the end of the whole is written */
  ck_assert_int_eq(gamut_jobs(f.g, "{\"parts\":true}", &json, &f.err), 0);
  ck_assert_str_eq(json, "[]");
  gamut_string_free(json);
  fix_close(&f);
}
END_TEST

START_TEST(both_ways)
{
  static const struct answer answers[] = { PICTURE };
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  ck_assert_ptr_null(fix_run(&f, fix_request("a:m b:m", "x", "n", "2", "spread",
                                             "yes", "hedge", "5s", NULL)));
  ck_assert_int_eq(f.err.error_class, GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(f.err.message, "hedge and spread"));
  fix_close(&f);
}
END_TEST

START_TEST(wrong)
{
  static const struct {
    const char *name, *value, *says;
  } bad[] = {
    { "hedge", "soon", "hedge: 'soon' is neither p95 nor a time" },
    { "hedge", "0", "hedge: '0' is neither" },
    { "hedge", "-5s", "hedge: '-5s' is neither" },
    { "spread", "maybe", "spread: 'maybe' is not yes or no" },
  };
  struct gamut_request *r = gamut_request_new();
  struct gamut_error err;

  ck_assert_int_eq(gamut_request_set(r, bad[_i].name, bad[_i].value, &err),
                   GAMUT_E_INVALID);
  ck_assert_msg(strstr(err.message, bad[_i].says) != NULL, "%s", err.message);
  gamut_request_free(r);
}
END_TEST

/* ---- left ---------------------------------------------------------------- */

#define B64                                                                    \
  "{\"id\":\"1\",\"status\":\"done\",\"b64\":[\"iVBORw0KGgoAAAANSUhEUgAAAAEA"  \
  "AAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/5q9N2gAAAABJRU5ErkJggg==\"]}"

static bool is_fetching(struct gamut *g)
{
  const struct gm_ticket *t =
    GM_CONTAINER(g->tickets.next, struct gm_ticket, link);
  const struct gm_member *m;

  if (!t->run->team)
    return false;
  GM_EACH_MEMBER(t->run->team, m)
  {
    if (m->run && m->run->job.state == GM_JOB_FETCHING)
      return true;
  }
  return false;
}

/* While it is written down that a part makes its file, whose picture came in
 * the answer: nobody else has that. */
START_TEST(left_with_a_picture)
{
  static const struct answer answers[] = { SAYS(A, B64), HOLDS(B) };
  const char *place = scratch_folder();
  struct gamut_request *r =
    fix_request("a:set b:set", "x", "n", "2", "spread", "yes", "output",
                scratch_path(place, "x-{index}.png"), NULL);
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_set(&f, "store", "sqlite");
  fix_set(&f, "state_dir", place);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  while (!is_fetching(f.g))
    gm_loop_turn(f.g->loop, 1);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_DETACHED);
  gamut_result_free(result);
  ck_assert_int_eq(access(scratch_path(place, "x-1.png"), R_OK), 0);
  script_go(f.script);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("spread");

  tcase_add_loop_test(tc, parts, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, prices, 0, 2);
  tcase_add_loop_test(tc, what_is_left, 0, 2);
  tcase_add_test(tc, taken_up);
  tcase_add_loop_test(tc, top_up_taken_up, 0, 2);
  tcase_add_test(tc, both_ways);
  tcase_add_loop_test(tc, wrong, 0, 4);
  if (kit_sqlite()) {
    tcase_add_test(tc, fetched_again);
    tcase_add_test(tc, left_with_a_picture);
    tcase_add_test(tc, nothing_is_kept);
  }
  return unit_run("spread", tc);
}
