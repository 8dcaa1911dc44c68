/* test_many.c - a thousand jobs, and every tenth exchange of each kind goes
 * wrong.  Each job ends, once, and as it must; no paid submit is repeated. */
#include "engine/vendor.h"
#include <stdio.h>
#include <stdlib.h>

enum { JOBS = 1000 };

/* Rows are used up in turn: one bad, nine good, a hundred times over. */
struct fault {
  int status, cut;
  const char *body, *headers;
};
static const struct fault submit_faults[] = {
  { 429, 0, "{}", NULL },          { 503, 0, "<html>", NULL },
  { SCRIPT_RESET, 0, NULL, NULL }, { 200, 4, "{\"id\":\"1\"}", NULL },
  { 402, 0, "{}", NULL },
};
static const struct fault poll_faults[] = {
  { 503, 0, "<html>", NULL },
  { SCRIPT_RESET, 0, NULL, NULL },
  { SCRIPT_CLOSE, 0, NULL, NULL },
  { 200, 3, "{\"status\":\"queued\"}", NULL },
  { 200, 0, "{\"status\":", NULL },
};
static const struct fault file_faults[] = {
  { 503, 0, "<html>", NULL },
  { SCRIPT_RESET, 0, NULL, NULL },
  { 200, 7, "@png", NULL },
  { 200, 0, "<html>", NULL },
  { 200, 0, "", NULL },
};

static struct answer *add(struct answer *at, const char *asks, const char *good,
                          const struct fault *faults, int n_faults, int rounds)
{
  int i;

  for (i = 0; i < rounds; i++) {
    const struct fault *x = &faults[i % n_faults];

    *at++ = (struct answer){ asks, 1, x->status, x->body, x->headers, x->cut };
    *at++ = (struct answer){ asks, 9, 200, good, NULL, 0 };
  }
  *at++ = (struct answer){ asks, 0, 200, good, NULL, 0 };
  return at;
}

struct tally {
  int ended, completed, unknown, quota, other;
};

static void on_done(void *user, struct gamut_result *result)
{
  struct tally *t = user;
  int32_t error_class = gamut_result_class(result);

  t->ended++;
  t->completed += error_class == 0;
  t->unknown += error_class == GAMUT_E_UNKNOWN;
  t->quota += error_class == GAMUT_E_QUOTA;
  if (error_class != 0 && error_class != GAMUT_E_UNKNOWN &&
      error_class != GAMUT_E_QUOTA) {
    t->other++;
    printf("%s: %s\n", gamut_class_name(error_class),
           gamut_result_message(result));
  }
  ck_assert_int_eq(gamut_result_maybe_charged(result),
                   error_class == GAMUT_E_UNKNOWN);
  ck_assert_uint_eq(gamut_result_artifacts(result), error_class == 0);
  gamut_result_free(result);
}

START_TEST(faults)
{
  struct answer *answers = calloc(1024, sizeof(*answers)), *end = answers;
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct tally t = { 0 };
  int i, repeated, submits;
  struct fix f;

  end = add(end, "POST /a/jobs", "{\"id\":\"1\",\"status\":\"queued\"}",
            submit_faults, (int)GM_LEN(submit_faults), 100);
  end = add(end, "GET /a/jobs/1",
            "{\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}",
            poll_faults, (int)GM_LEN(poll_faults), 100);
  end = add(end, "GET /f.png", "@png", file_faults, (int)GM_LEN(file_faults),
            100);
  fix_open(&f, answers, (size_t)(end - answers), _i ? GAMUT_THREAD : 0);
  for (i = 0; i < JOBS; i++)
    ck_assert_int_eq(gamut_submit(f.g, r, on_done, &t, NULL, &f.err), 0);
  gamut_request_free(r);
  while (gamut_active(f.g) > 0)
    gamut_step(f.g, -1);
  submits = script_count(f.script, "POST /a/jobs");
  fix_close(&f);
  free(answers);
  ck_assert_int_eq(t.ended, JOBS);
  ck_assert_int_eq(t.other, 0);
  ck_assert_int_eq(t.completed + t.unknown + t.quota, JOBS);
  /* Of a hundred bad submits each fifth is of a kind: 20 busy, 20 down are
   * made anew, 40 unknown and 20 refused are not. */
  repeated = submits - JOBS;
  ck_assert_int_eq(t.unknown, 40);
  ck_assert_int_eq(t.quota, 20);
  ck_assert_int_eq(repeated, 40);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("many");

  tcase_add_loop_test(tc, faults, 0, 2);
  return unit_run("many", tc);
}
