/* test_life.c - jobs that are ended from outside, contexts that close, threads
 * and processes that should not. */
#include "engine/vendor.h"
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBMIT  "POST /a/jobs"
#define POLL    "GET /a/jobs/1"
#define DELETE  "DELETE /a/jobs/1"
#define FETCH   "GET /f.png"
#define DONE    "{\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"

static void submit(struct fix *f, struct gamut_request *r,
                   char id[GAMUT_ID_SIZE])
{
  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

/* Work until the vendor was asked so often. */
static void until_asked(struct fix *f, const char *asks, int n)
{
  while (script_count(f->script, asks) < n)
    gamut_step(f->g, 1);
}

/* ---- cancel and detach, in each state ------------------------------------ */

static const struct {
  const char *name, *prompt;
  struct answer answers[5];
  const char *asks; /* until then; NULL: at once */
  int n;
  int32_t error_class;
  int charged, told, posts;
} states[] = {
  { "queued", "x", { SAYS(SUBMIT, QUEUED) }, NULL, 0,
    GAMUT_E_CANCELLED, 0, 0, 0 },
  { "sending", "x", { { SUBMIT, 0, SCRIPT_HOLD, 0, NULL, 0 } }, SUBMIT, 1,
    GAMUT_E_CANCELLED, 1, 0, 1 },
  { "sending again, keyed", "keyed", { { SUBMIT, 1, SCRIPT_RESET, 0, NULL, 0 },
      { SUBMIT, 0, SCRIPT_HOLD, 0, NULL, 0 } }, SUBMIT, 2,
    GAMUT_E_CANCELLED, 1, 0, 2 },
  { "sending, free", "free", { { SUBMIT, 0, SCRIPT_HOLD, 0, NULL, 0 } },
    SUBMIT, 1, GAMUT_E_CANCELLED, 0, 0, 1 },
  { "waiting", "x",
    { SAYS(SUBMIT, QUEUED),
      SAYS(POLL, QUEUED),
      SAYS(DELETE, GONE) }, POLL, 3,
    GAMUT_E_CANCELLED, 0, 1, 1 },
  { "polling", "x",
    { SAYS(SUBMIT, QUEUED),
      { POLL, 0, SCRIPT_HOLD, 0, NULL, 0 },
      SAYS(DELETE, GONE) }, POLL, 1,
    GAMUT_E_CANCELLED, 0, 1, 1 },
  { "told, and gone then", "x",
    { SAYS(SUBMIT, QUEUED), HOLDS_ONCE(POLL),
      SAYS(POLL, GONE),
      SAYS(DELETE, "{}") }, POLL, 1,
    GAMUT_E_CANCELLED, 0, 1, 1 },
  { "told, and forgotten then", "x",
    { SAYS(SUBMIT, QUEUED), HOLDS_ONCE(POLL),
      { POLL, 0, 404, "{}", NULL, 0 },
      SAYS(DELETE, "{}") }, POLL, 1,
    GAMUT_E_CANCELLED, 0, 1, 1 },
  { "told, and failed then", "x",
    { SAYS(SUBMIT, QUEUED), HOLDS_ONCE(POLL),
      SAYS(POLL, FAILED),
      SAYS(DELETE, "{}") }, POLL, 1,
    GAMUT_E_CANCELLED, 0, 1, 1 },
  { "told, and made all the same", "x",
    { SAYS(SUBMIT, QUEUED), HOLDS_ONCE(POLL),
      SAYS(POLL, DONE), SAYS(DELETE, "{}"),
      PICTURE }, POLL, 1, 0, 0, 1, 1 },
  { "told, and runs yet", "x",
    { SAYS(SUBMIT, QUEUED), SAYS(POLL, QUEUED),
      SAYS(DELETE, "{}") }, POLL, 1,
    GAMUT_E_CANCELLED, 1, 1, 1 },
  { "told, and cannot be looked at", "x",
    { SAYS(SUBMIT, QUEUED), HOLDS_ONCE(POLL),
      { POLL, 0, 503, "{}", NULL, 0 },
      SAYS(DELETE, "{}") }, POLL, 1,
    GAMUT_E_CANCELLED, 1, 1, 1 },
  { "too late", "x",
    { SAYS(SUBMIT, QUEUED), SAYS(POLL, QUEUED),
      SAYS(DELETE, DONE), PICTURE }, POLL, 1, 0, 0,
    1, 1 },
  { "cannot be told", "x",
    { SAYS(SUBMIT, QUEUED), SAYS(POLL, QUEUED),
      { DELETE, 0, 404, "{}", NULL, 0 } }, POLL, 1,
    GAMUT_E_CANCELLED, 1, 1, 1 },
  { "cannot be reached", "x",
    { SAYS(SUBMIT, QUEUED), SAYS(POLL, QUEUED),
      { DELETE, 0, 503, "{}", NULL, 0 } }, POLL, 1,
    GAMUT_E_CANCELLED, 1, 3, 1 },
  { "fetching", "x",
    { SAYS(SUBMIT, QUEUED), SAYS(POLL, DONE),
      { FETCH, 0, SCRIPT_HOLD, 0, NULL, 0 } }, FETCH, 1, GAMUT_E_CANCELLED, 0,
    0, 1 },
};

static void prepare(struct fix *f, int i, uint32_t flags,
                    char id[GAMUT_ID_SIZE])
{
  fix_open(f, states[i].answers, GM_LEN(states[i].answers), flags);
  submit(f, fix_request("a:m b:m", states[i].prompt, NULL), id);
  if (states[i].asks)
    until_asked(f, states[i].asks, states[i].n);
}

START_TEST(cancel)
{
  int i = _i / 2;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  if (i == 0 && _i % 2) /* the thread does not wait for us */
    return;
  prepare(&f, i, _i % 2 ? GAMUT_THREAD : 0, id);
  ck_assert_int_eq(gamut_cancel(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_assert_msg(gamut_result_class(result) == states[i].error_class,
                "%s: class %s: %s", states[i].name,
                gamut_class_name(gamut_result_class(result)),
                gamut_result_message(result));
  ck_assert_msg(gamut_result_maybe_charged(result) == states[i].charged,
                "%s: charged", states[i].name);
  ck_assert_msg(script_count(f.script, "DELETE") == states[i].told, "%s: told",
                states[i].name);
  ck_assert_int_eq(script_count(f.script, SUBMIT), states[i].posts);
  ck_assert_int_eq(script_count(f.script, "POST /b"), 0);
  ck_assert_int_eq(gamut_cancel(f.g, id), GAMUT_E_NOT_FOUND);
  ck_assert_uint_eq(gamut_active(f.g), 0);
  gamut_result_free(result);
  script_go(f.script);
  fix_close(&f);
}
END_TEST

START_TEST(detach)
{
  int i = _i / 2;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  prepare(&f, i, _i % 2 ? GAMUT_THREAD : 0, id);
  if (gamut_detach(f.g, id) == 0) { /* else the thread was quicker */
    result = fix_wait(&f, id);
    ck_assert_int_eq(gamut_result_status(result), GAMUT_DETACHED);
    ck_assert_int_eq(script_count(f.script, "DELETE"), 0);
    if (strncmp(states[i].name, "sending", 7) == 0)
      ck_assert_int_eq(gamut_result_maybe_charged(result), states[i].charged);
    gamut_result_free(result);
  }
  script_go(f.script);
  fix_close(&f);
}
END_TEST

/* Out of time: it is given back, and the vendor keeps it. */
START_TEST(deadline)
{
  static const struct answer answers[] = {
    SAYS(SUBMIT, QUEUED), SAYS(POLL, QUEUED)
  };
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, 2, _i ? GAMUT_THREAD : 0);
  result = fix_run(&f, fix_request("a:m b:m", "x", "timeout", "2s", NULL));
  ck_class(result, GAMUT_E_DETACHED);
  ck_assert_int_eq(gamut_result_status(result), GAMUT_DETACHED);
  ck_assert_int_eq(script_count(f.script, "DELETE"), 0);
  ck_assert_int_eq(script_count(f.script, "POST /b"), 0);
  ck_assert_str_eq(gamut_result_fact(result, "request_id"), "1");
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* ---- closing ------------------------------------------------------------- */

struct counts {
  struct fix *f;
  int n, detached, refused;
};

static void resubmit(void *user, struct gamut_result *result)
{
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct counts *c = user;

  c->n++;
  c->detached += gamut_result_status(result) == GAMUT_DETACHED;
  c->refused +=
    gamut_submit(c->f->g, r, resubmit, c, NULL, NULL) == GAMUT_E_INVALID;
  gamut_request_free(r);
  gamut_result_free(result);
}

START_TEST(close_with_jobs)
{
  int i = _i / 2, k;
  struct counts c = { 0 };
  struct fix f;

  fix_open(&f, states[i].answers, GM_LEN(states[i].answers),
           _i % 2 ? GAMUT_THREAD : 0);
  c.f = &f;
  for (k = 0; k < 3; k++) {
    struct gamut_request *r = fix_request("a:m", states[i].prompt, NULL);

    ck_assert_int_eq(gamut_submit(f.g, r, resubmit, &c, NULL, NULL), 0);
    gamut_request_free(r);
  }
  submit(&f, fix_request("a:m", "x", NULL), (char[GAMUT_ID_SIZE]){ 0 });
  if (states[i].asks)
    until_asked(&f, states[i].asks, 1);
  script_go(f.script);
  gamut_close(f.g);
  script_stop(f.script);
  ck_assert_int_ge(c.detached, 3);
  ck_assert_int_eq(c.refused, c.detached);
}
END_TEST

/* ---- events -------------------------------------------------------------- */

START_TEST(events)
{
  static const struct answer answers[] = {
    { SUBMIT, 0, 402, "{}", NULL, 0 },
    { "POST /b/jobs", 1, 503, "{}", NULL, 0 },
    SAYS("POST /b/jobs", QUEUED),
    SAYS_TIMES(2, "GET /b/jobs/1", QUEUED),
    SAYS("GET /b/jobs/1", DONE),
    PICTURE,
  };
  /* What must come, in this order; others may come between. */
  static const int32_t order[] = { GAMUT_EVENT_FALLBACK, GAMUT_EVENT_RETRY,
                                   GAMUT_EVENT_NOTE, GAMUT_EVENT_PROGRESS,
                                   GAMUT_EVENT_NOTE, GAMUT_EVENT_DONE };
  const struct gamut_event *e;
  char id[GAMUT_ID_SIZE];
  size_t at = 0;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), _i ? GAMUT_THREAD : 0);
  ck_assert_int_eq(gamut_next_event(f.g, 0)->type, GAMUT_EVENT_NONE);
  gamut_want_events(f.g, 1);
  submit(&f, fix_request("a:m b:m", "x", NULL), id);
  while (at < GM_LEN(order)) {
    e = gamut_next_event(f.g, -1);
    if (e->type == GAMUT_EVENT_NONE)
      continue;
    ck_assert_str_eq(e->id, id);
    if (e->type == GAMUT_EVENT_PROGRESS)
      ck_assert_int_eq(e->number, 500);
    if (e->type == GAMUT_EVENT_NOTE)
      ck_assert_str_eq(e->text, "half way");
    if (e->type == GAMUT_EVENT_FALLBACK)
      ck_assert_str_eq(e->provider, "b");
    ck_assert(e->type != GAMUT_EVENT_DONE || order[at] == GAMUT_EVENT_DONE);
    if (e->type != order[at])
      continue;
    at++;
    if (e->type == GAMUT_EVENT_DONE) {
      ck_class(e->result, 0);
      gamut_result_free(e->result);
    }
  }
  ck_assert_int_eq(gamut_next_event(f.g, 0)->type, GAMUT_EVENT_NONE);
  fix_close(&f);
}
END_TEST

/* Nobody asked: only the end is told. */
START_TEST(events_unasked)
{
  static const struct answer answers[] = {
    SAYS(SUBMIT, QUEUED), SAYS(POLL, DONE),
    PICTURE
  };
  const struct gamut_event *e;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), _i ? GAMUT_THREAD : 0);
  submit(&f, fix_request("a:m", "x", NULL), id);
  do
    e = gamut_next_event(f.g, -1);
  while (e->type == GAMUT_EVENT_NONE);
  ck_assert_int_eq(e->type, GAMUT_EVENT_DONE);
  gamut_result_free(e->result);

  /* Results that nobody takes are freed with the context. */
  submit(&f, fix_request("a:m", "x", NULL), id);
  while (gamut_active(f.g) > 0)
    gamut_step(f.g, 1);
  fix_close(&f);
}
END_TEST

START_TEST(wakeup)
{
  struct fix f;

  fix_open(&f, NULL, 0, _i ? GAMUT_THREAD : 0);
  gamut_wakeup(f.g); /* ends the next wait */
  ck_assert_int_eq(gamut_next_event(f.g, -1)->type, GAMUT_EVENT_NONE);
  fix_close(&f);
}
END_TEST

/* ---- who may not --------------------------------------------------------- */

static void *call_it(void *arg)
{
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct gamut_result *result;
  struct gamut_error err;
  struct gamut *g = arg;
  intptr_t wrong = 0;

  wrong += gamut_submit(g, r, NULL, NULL, NULL, &err) != GAMUT_E_INVALID;
  wrong += strstr(err.message, "thread") == NULL;
  wrong += gamut_generate(g, r, &result, &err) != GAMUT_E_INVALID;
  wrong += gamut_step(g, 0) != GAMUT_E_INVALID;
  wrong += gamut_set(g, "a.base_url", "http://x", &err) != GAMUT_E_INVALID;
  wrong += gamut_next_event(g, 0)->type != GAMUT_EVENT_NONE;
  wrong += gamut_cancel(g, "x") != GAMUT_E_INVALID;
  gamut_close(g); /* is not */
  gamut_request_free(r);
  return (void *)wrong;
}

START_TEST(wrong_thread)
{
  pthread_t t;
  void *wrong;
  struct fix f;

  fix_open(&f, NULL, 0, 0);
  ck_assert_int_eq(pthread_create(&t, NULL, call_it, f.g), 0);
  pthread_join(t, &wrong);
  ck_assert_ptr_null(wrong);
  ck_assert_int_eq(gamut_step(f.g, 0), 0);
  fix_close(&f);
}
END_TEST

/* A child of fork() has the memory, but neither threads nor connections. */
START_TEST(forked)
{
  static const struct answer answers[] = {
    SAYS(SUBMIT, QUEUED), SAYS_TIMES(2, POLL, QUEUED),
    SAYS(POLL, DONE), PICTURE
  };
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct gamut_error err;
  int status = 0;
  struct fix f;
  pid_t child;

  fix_open(&f, answers, GM_LEN(answers), _i ? GAMUT_THREAD : 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    int wrong = gamut_submit(f.g, r, NULL, NULL, NULL, &err) !=
                  GAMUT_E_INVALID ||
                !strstr(err.message, "fork") ||
                gamut_step(f.g, 0) != GAMUT_E_INVALID ||
                gamut_cancel(f.g, id) != GAMUT_E_INVALID ||
                gamut_fd(f.g) != -1;

    gamut_close(f.g);
    gamut_request_free(r);
    _exit(wrong);
  }
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  gamut_request_free(r);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* ---- many threads --------------------------------------------------------- */

struct crowd {
  struct fix *f;
  int completed, cancelled;
};

static void *generate_some(void *arg)
{
  struct crowd *c = arg;
  int i;

  for (i = 0; i < 10; i++) {
    struct gamut_request *r = fix_request("a:m", "x", NULL);
    struct gamut_result *result = NULL;
    char id[GAMUT_ID_SIZE];

    if (i % 2) {
      gamut_generate(c->f->g, r, &result, NULL);
      c->completed += gamut_result_class(result) == 0;
      gamut_result_free(result);
    } else {
      gamut_submit(c->f->g, r, NULL, NULL, id, NULL);
      gamut_set(c->f->g, "retry_attempts", "4", NULL);
      c->cancelled += gamut_cancel(c->f->g, id) == 0;
    }
    gamut_request_free(r);
  }
  return NULL;
}

START_TEST(crowd)
{
  static const struct answer answers[] = {
    SAYS(SUBMIT, QUEUED), SAYS(POLL, DONE),
    SAYS("DELETE", "{}"), PICTURE
  };
  struct crowd crowds[8];
  pthread_t threads[8];
  struct fix f;
  int i;

  fix_open(&f, answers, GM_LEN(answers), GAMUT_THREAD);
  for (i = 0; i < 8; i++) {
    crowds[i] = (struct crowd){ &f, 0, 0 };
    pthread_create(&threads[i], NULL, generate_some, &crowds[i]);
  }
  for (i = 0; i < 8; i++) {
    pthread_join(threads[i], NULL);
    ck_assert_int_eq(crowds[i].completed, 5);
  }
  while (gamut_active(f.g) > 0)
    gamut_step(f.g, 10);
  fix_close(&f);
}
END_TEST

/* What a context is built by cannot change under it; the rest can. */
START_TEST(settings)
{
  static const struct answer answers[] = { { SUBMIT, 0, 503, "{}", NULL, 0 } };
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, 1, 0);
  fix_set(&f, "retry_attempts", "1");
  result = fix_run(&f, fix_request("a:m", "x", NULL));
  ck_class(result, GAMUT_E_PROVIDER);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_set(f.g, "max_per_host", "3", &f.err),
                   GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(f.err.message, "when the context opens"));
  ck_assert_int_eq(gamut_set(f.g, "retry_attempts", "many", &f.err),
                   GAMUT_E_INVALID);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("life");
  int n = (int)GM_LEN(states);

  tcase_add_loop_test(tc, cancel, 0, 2 * n);
  tcase_add_loop_test(tc, detach, 0, 2 * n);
  tcase_add_loop_test(tc, deadline, 0, 2);
  tcase_add_loop_test(tc, close_with_jobs, 2, 6); /* those that hold */
  tcase_add_loop_test(tc, events, 0, 2);
  tcase_add_loop_test(tc, events_unasked, 0, 2);
  tcase_add_loop_test(tc, wakeup, 0, 2);
  tcase_add_test(tc, wrong_thread);
  tcase_add_loop_test(tc, forked, 0, 2);
  tcase_add_test(tc, crowd);
  tcase_add_test(tc, settings);
  return unit_run("life", tc);
}
