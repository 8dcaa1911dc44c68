/* test_callbacks.c - what is done from within a callback, and what may not be.
 */
#include "engine/vendor.h"

#define SUBMIT "POST /a/jobs"
#define POLL   "GET /a/jobs/1"
#define DONE   "{\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"

struct chain {
  struct fix *f;
  int n;
};

static void again(void *user, struct gamut_result *result)
{
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct chain *c = user;
  struct gamut_result *inner = NULL;
  struct gamut_error err;

  ck_class(result, 0);
  /* Over: neither counted nor found. */
  ck_assert_int_eq(gamut_cancel(c->f->g, gamut_result_id(result)),
                   GAMUT_E_NOT_FOUND);
  ck_assert_int_eq(gamut_detach(c->f->g, gamut_result_id(result)),
                   GAMUT_E_NOT_FOUND);
  ck_assert_uint_eq(gamut_active(c->f->g), 0);
  ck_assert_int_eq(gamut_generate(c->f->g, r, &inner, &err), GAMUT_E_INVALID);
  ck_assert_ptr_null(inner);
  gamut_result_free(result);
  if (++c->n < 5)
    ck_assert_int_eq(gamut_submit(c->f->g, r, again, c, NULL, NULL), 0);
  gamut_request_free(r);
}

START_TEST(submit)
{
  static const struct answer answers[] = { SAYS(SUBMIT, QUEUED),
                                           SAYS(POLL, DONE), PICTURE };
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct chain c = { 0 };
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  c.f = &f;
  ck_assert_int_eq(gamut_submit(f.g, r, again, &c, NULL, NULL), 0);
  gamut_request_free(r);
  while (gamut_active(f.g) > 0)
    gamut_step(f.g, -1);
  ck_assert_int_eq(c.n, 5);
  fix_close(&f);
}
END_TEST

struct ends {
  struct fix *f;
  char other[GAMUT_ID_SIZE];
  int n;
};

static void other_over(void *user, struct gamut_result *result)
{
  struct ends *e = user;

  e->n++;
  gamut_result_free(result);
}

/* It is within a callback yet when that of the other one has returned. */
static void ends_other(void *user, struct gamut_result *result)
{
  struct ends *e = user;
  struct gamut_error err;
  char *json;

  gamut_result_free(result);
  ck_assert_int_eq(gamut_cancel(e->f->g, e->other), 0);
  ck_assert_int_eq(gamut_jobs(e->f->g, NULL, &json, &err), GAMUT_E_INVALID);
  e->n++;
}

START_TEST(end_others)
{
  static const struct answer answers[] = { SAYS(SUBMIT, QUEUED),
                                           SAYS(POLL, DONE), PICTURE,
                                           HOLDS("POST /b/jobs") };
  struct gamut_request *r = fix_request("b:m", "x", NULL);
  struct fix f;
  struct ends e = { .f = &f };

  fix_open(&f, answers, GM_LEN(answers), _i ? GAMUT_THREAD : 0);
  ck_assert_int_eq(gamut_submit(f.g, r, other_over, &e, e.other, NULL), 0);
  gamut_request_free(r);
  r = fix_request("a:m", "x", NULL);
  ck_assert_int_eq(gamut_submit(f.g, r, ends_other, &e, NULL, NULL), 0);
  gamut_request_free(r);
  while (gamut_active(f.g) > 0)
    gamut_step(f.g, -1);
  gamut_close(f.g);
  ck_assert_int_eq(e.n, 2);
  script_go(f.script);
  script_stop(f.script);
}
END_TEST

/* With a thread gamut_step() only waits, and comes back when jobs end. */
START_TEST(submit_on_the_thread)
{
  static const struct answer answers[] = { SAYS(SUBMIT, QUEUED),
                                           SAYS(POLL, DONE), PICTURE };
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct chain c = { 0 };
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), GAMUT_THREAD);
  c.f = &f;
  ck_assert_int_eq(gamut_submit(f.g, r, again, &c, NULL, NULL), 0);
  gamut_request_free(r);
  while (gamut_active(f.g) > 0)
    gamut_step(f.g, -1);
  gamut_close(f.g);
  ck_assert_int_eq(c.n, 5);
  script_stop(f.script);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("callbacks");

  tcase_add_test(tc, submit);
  tcase_add_test(tc, submit_on_the_thread);
  tcase_add_loop_test(tc, end_others, 0, 2);
  return unit_run("callbacks", tc);
}
