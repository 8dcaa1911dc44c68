/* test_perform.c - gamut.perform/1: blocking work on threads, side by side but
 * bounded, cancelled, abandoned; what cannot be begun again is paid for. */
#include "engine/vendor.h"
#include "unit/scratch.h"
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int running, most, begun, open_gate, saw_cancel;

/* What the worker is to do is in the prompt: it waits at a gate that the test
 * opens, or until it is cancelled. */
static int32_t perform(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *prompt = h->json_str(c->request, "prompt", "");
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };
  const unsigned char *png;
  int cancelled = 0;

  (void)instance;
  pthread_mutex_lock(&lock);
  running++;
  begun++;
  most = GM_MAX(most, running);
  pthread_cond_broadcast(&changed);
  while (strstr(prompt, "gate") && !open_gate)
    pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
  while (strstr(prompt, "until cancelled") && !cancelled)
    cancelled = h->cancelled(c);
  pthread_mutex_lock(&lock);
  saw_cancel += cancelled;
  running--;
  pthread_mutex_unlock(&lock);
  if (strstr(prompt, "fails"))
    return h->fail(c, GAMUT_E_QUOTA, "no more");
  if (strstr(prompt, "no end"))
    return 0;
  if (strstr(prompt, "odd"))
    return h->fail(c, GAMUT_E_PROTOCOL, "that makes no sense");
  if (strstr(prompt, "input") &&
      strcmp(h->input_info(c, 0, "role"), "image") != 0)
    return h->fail(c, GAMUT_E_INVALID, "the input is gone");
  a.data_len = script_png(&png);
  a.data = png;
  h->fact(c, "seed", h->json_str(c->state, "from-step", ""));
  h->artifact(c, &a);
  return h->done(c);
}

static const struct gamut_perform table = {
  .struct_size = sizeof(table), .max_parallel = 3, .perform = perform
};
static const struct gamut_perform table_one = {
  .struct_size = sizeof(table_one), .perform = perform
};

static const struct gamut_perform table_again = {
  .struct_size = sizeof(table_again),
  .flags = GAMUT_PERFORM_RESTARTABLE,
  .perform = perform,
};

static const void *extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_PERFORM) == 0 ? &table : NULL;
}

static const void *extension_one(const char *id)
{
  return strcmp(id, GAMUT_EXT_PERFORM) == 0 ? &table_one : NULL;
}

static const void *extension_again(const char *id)
{
  return strcmp(id, GAMUT_EXT_PERFORM) == 0 ? &table_again : NULL;
}

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  c->host->json_set_str(c->state, "from-step", "7");
  return c->host->work(c);
}

static const struct gamut_provider worker = {
  .struct_size = sizeof(worker),
  .name = "worker",
  .base_url = "https://worker.test",
  .step = step,
  .extension = extension,
};
static const struct gamut_provider lonely = {
  .struct_size = sizeof(lonely),
  .name = "lonely",
  .base_url = "https://lonely.test",
  .step = step,
  .extension = extension_one,
};

static const struct gamut_provider again = {
  .struct_size = sizeof(again),
  .name = "again",
  .base_url = "https://again.test",
  .step = step,
  .extension = extension_again,
};

static void reset(struct fix *f, uint32_t flags)
{
  static const struct answer answers[] = { SAYS("POST /b/jobs", MADE),
                                           PICTURE };

  running = most = begun = open_gate = saw_cancel = 0;
  fix_open(f, answers, GM_LEN(answers), flags);
  fix_provider(f, &worker);
  fix_provider(f, &lonely);
  fix_provider(f, &again);
}

static void gate(void)
{
  pthread_mutex_lock(&lock);
  open_gate = 1;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

/* Work until so many calls have begun. */
static void until_begun(struct fix *f, int n)
{
  for (;;) {
    pthread_mutex_lock(&lock);
    if (begun >= n) {
      pthread_mutex_unlock(&lock);
      return;
    }
    pthread_mutex_unlock(&lock);
    gamut_step(f->g, 1);
  }
}

/* The record of what waits for its turn is there by then. */
static void until_written(struct fix *f)
{
  int i;

  for (i = 0; i < 100; i++)
    gamut_step(f->g, 1);
}

static void submit(struct fix *f, const char *link, const char *prompt,
                   char id[GAMUT_ID_SIZE])
{
  struct gamut_request *r = fix_request(link, prompt, NULL);

  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

START_TEST(one)
{
  struct gamut_result *result;
  struct fix f;

  reset(&f, _i ? GAMUT_THREAD : 0);
  result = fix_run(&f, fix_request("worker:m", "x", NULL));
  ck_class(result, 0);
  ck_assert_str_eq(gamut_result_fact(result, "seed"), "7");
  ck_assert_uint_eq(gamut_result_artifact(result, 0)->width, 1);
  gamut_result_free(result);
  result = fix_run(&f, fix_request("worker:m", "fails", NULL));
  ck_class(result, GAMUT_E_QUOTA);
  gamut_result_free(result);
  result = fix_run(&f, fix_request("worker:m", "no end", NULL));
  ck_class(result, GAMUT_E_PLUGIN);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* Twenty jobs of one provider three at a time, of another one by one. */
START_TEST(bounded)
{
  char ids[40][GAMUT_ID_SIZE];
  struct gamut_result *result;
  struct fix f;
  int i;

  reset(&f, _i ? GAMUT_THREAD : 0);
  for (i = 0; i < 40; i++)
    submit(&f, i % 2 ? "lonely:m" : "worker:m", "gate", ids[i]);
  until_begun(&f, 4);
  gate();
  for (i = 0; i < 40; i++) {
    const struct gamut_event *e = gamut_next_event(f.g, -1);

    if (e->type != GAMUT_EVENT_DONE) {
      i--;
      continue;
    }
    result = e->result;
    ck_class(result, 0);
    gamut_result_free(result);
  }
  ck_assert_int_eq(begun, 40);
  ck_assert_int_le(most, 4);
  ck_assert_uint_eq(gamut_active(f.g), 0);
  fix_close(&f);
}
END_TEST

/* The job ends at once; the thread hears of it when it asks, and its turn goes
 * to the next. */
START_TEST(cancel)
{
  char id[GAMUT_ID_SIZE], waiting[GAMUT_ID_SIZE], next[GAMUT_ID_SIZE];
  struct gamut_result *result;
  struct fix f;

  reset(&f, _i ? GAMUT_THREAD : 0);
  submit(&f, "lonely:m", "until cancelled", id);
  until_begun(&f, 1);
  submit(&f, "lonely:m", "x", waiting);
  submit(&f, "lonely:m", "x", next);
  gamut_step(f.g, 0);
  ck_assert_int_eq(gamut_cancel(f.g, waiting), 0);
  result = fix_wait(&f, waiting);
  ck_class(result, GAMUT_E_CANCELLED);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  gamut_result_free(result);
  ck_assert_int_eq(begun, 1);
  ck_assert_int_eq(gamut_cancel(f.g, id), 0);
  ck_assert_int_eq(gamut_cancel(f.g, id), GAMUT_E_NOT_FOUND);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_CANCELLED);
  ck_assert_int_eq(gamut_result_status(result), GAMUT_CANCELLED);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 1);
  gamut_result_free(result);
  result = fix_wait(&f, next);
  ck_class(result, 0);
  gamut_result_free(result);
  fix_close(&f);
  ck_assert_int_eq(saw_cancel, 1);
  ck_assert_int_eq(begun, 2);
}
END_TEST

START_TEST(cancel_what_costs_nothing)
{
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  reset(&f, _i ? GAMUT_THREAD : 0);
  submit(&f, "again:m", "until cancelled", id);
  until_begun(&f, 1);
  ck_assert_int_eq(gamut_cancel(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_CANCELLED);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* An end that says nothing of what was done leaves open whether it was; the
 * next link is for what is known not to have been, or can be done again. */
static const struct {
  const char *link, *prompt;
  int32_t error_class;
  int maybe_charged, next;
} ends[] = {
  { "worker:m b:m", "fails", 0, 0, 1 },
  { "worker:m b:m", "no end", GAMUT_E_PLUGIN, 1, 0 },
  { "worker:m b:m", "odd", GAMUT_E_UNKNOWN, 1, 0 },
  { "again:m b:m", "no end", 0, 0, 1 },
  { "again:m b:m", "odd", 0, 0, 1 },
};

START_TEST(end_in_doubt)
{
  struct gamut_result *result;
  struct fix f;

  reset(&f, 0);
  result = fix_run(
    &f, fix_request(ends[_i].link, ends[_i].prompt, "resubmit", "never", NULL));
  ck_class(result, ends[_i].error_class);
  ck_assert_int_eq(gamut_result_maybe_charged(result), ends[_i].maybe_charged);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), ends[_i].next);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* What only waits for its turn has not begun: it begins when it is taken up. */
START_TEST(left_waiting)
{
  char id[GAMUT_ID_SIZE], waiting[GAMUT_ID_SIZE];
  struct gamut_result *result;
  struct fix f;

  reset(&f, 0);
  submit(&f, "lonely:m", "gate", id);
  until_begun(&f, 1);
  submit(&f, "lonely:m", "x", waiting);
  until_written(&f);
  ck_assert_int_eq(gamut_detach(f.g, waiting), 0);
  result = fix_wait(&f, waiting);
  ck_class(result, GAMUT_E_DETACHED);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  gamut_result_free(result);
  ck_assert_int_eq(begun, 1);
  ck_assert_int_eq(gamut_attach(f.g, waiting, NULL, NULL, NULL, &f.err), 0);
  gate();
  result = fix_wait(&f, waiting);
  ck_class(result, 0);
  gamut_result_free(result);
  ck_assert_int_eq(begun, 2);
  fix_close(&f);
}
END_TEST

/* The request is gone, the worker still reads its input. */
START_TEST(abandoned)
{
  const char *file = scratch_path(scratch_folder(), "in.png");
  const unsigned char *png;
  size_t len = script_png(&png);
  struct gamut_request *r = fix_request("worker:m", "gate input", NULL);
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  scratch_write(file, png, len, 0644);
  ck_assert_int_eq(gamut_request_input(r, "image", file, NULL), 0);
  reset(&f, _i ? GAMUT_THREAD : 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  until_begun(&f, 1);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_assert_int_eq(gamut_result_status(result), GAMUT_DETACHED);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 1);
  gamut_result_free(result);
  gate();
  result = fix_run(&f, fix_request("worker:m", "x", NULL));
  ck_class(result, 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

static void keep(void *user, struct gamut_result *result)
{
  *(int32_t *)user = gamut_result_status(result);
  gamut_result_free(result);
}

/* Closing tells the worker, waits for it, and nothing leaks. */
START_TEST(close_while_working)
{
  struct gamut_request *r = fix_request("worker:m", "until cancelled", NULL);
  int32_t status[8];
  struct fix f;
  int i;

  reset(&f, _i ? GAMUT_THREAD : 0);
  for (i = 0; i < 8; i++)
    ck_assert_int_eq(gamut_submit(f.g, r, keep, &status[i], NULL, &f.err), 0);
  gamut_request_free(r);
  until_begun(&f, 3);
  fix_close(&f);
  for (i = 0; i < 8; i++)
    ck_assert_int_eq(status[i], GAMUT_DETACHED);
  ck_assert_int_eq(saw_cancel, 3);
  ck_assert_int_eq(running, 0);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("perform");

  tcase_add_loop_test(tc, one, 0, 2);
  tcase_add_loop_test(tc, bounded, 0, 2);
  tcase_add_loop_test(tc, cancel, 0, 2);
  tcase_add_loop_test(tc, cancel_what_costs_nothing, 0, 2);
  tcase_add_loop_test(tc, end_in_doubt, 0, GM_LEN(ends));
  tcase_add_test(tc, left_waiting);
  tcase_add_loop_test(tc, abandoned, 0, 2);
  tcase_add_loop_test(tc, close_while_working, 0, 2);
  return unit_run("perform", tc);
}
