/* test_work.c - the pool of threads. */
#include "loop/work.h"
#include "unit.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static struct gm_loop *loop;
static struct gm_work_pool *pool;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int n_inside, most_inside, n_done;
static bool open_gate;

struct job {
  struct gm_work w;
  int result;
};

static void open_pool(void)
{
  ck_assert_int_eq(gm_loop_new(NULL, &loop, NULL), 0);
  ck_assert_int_eq(gm_work_pool_new(loop, 3, &pool, NULL), 0);
}

static void close_pool(void)
{
  gm_work_pool_free(pool);
  gm_loop_free(loop);
}

static void square(struct gm_work *w)
{
  struct job *j = GM_CONTAINER(w, struct job, w);

  j->result *= j->result;
}

static void count_done(struct gm_work *w)
{
  (void)w;
  n_done++;
}

START_TEST(work_is_done)
{
  enum { N = 1000 };
  static struct job jobs[N];

  for (int i = 0; i < N; i++) {
    jobs[i] = (struct job){ { .run = square, .done = count_done }, i };
    ck_assert(gm_work_start(pool, &jobs[i].w));
  }
  while (n_done < N)
    gm_loop_turn(loop, -1);
  for (int i = 0; i < N; i++)
    ck_assert_int_eq(jobs[i].result, i * i);
}
END_TEST

static void wait_at_gate(struct gm_work *w)
{
  (void)w;
  pthread_mutex_lock(&lock);
  n_inside++;
  most_inside = GM_MAX(most_inside, n_inside);
  pthread_cond_broadcast(&changed);
  while (!open_gate)
    pthread_cond_wait(&changed, &lock);
  n_inside--;
  pthread_mutex_unlock(&lock);
}

static void wait_inside(int n)
{
  pthread_mutex_lock(&lock);
  while (n_inside < n)
    pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

static void let_go(void)
{
  pthread_mutex_lock(&lock);
  open_gate = true;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

START_TEST(it_runs_at_once_but_bounded)
{
  struct job jobs[9];

  for (size_t i = 0; i < GM_LEN(jobs); i++) {
    jobs[i].w = (struct gm_work){ .run = wait_at_gate, .done = count_done };
    ck_assert(gm_work_start(pool, &jobs[i].w));
  }
  wait_inside(3); /* all three threads are in, or this would hang */
  let_go();
  while (n_done < (int)GM_LEN(jobs))
    gm_loop_turn(loop, -1);
  ck_assert_int_eq(most_inside, 3);
}
END_TEST

static void *open_soon(void *arg)
{
  (void)arg;
  let_go();
  return NULL;
}

/* What runs is waited for, what waits is dropped. */
START_TEST(free_drops_what_has_not_begun)
{
  struct job jobs[20];
  pthread_t t;

  for (size_t i = 0; i < GM_LEN(jobs); i++) {
    jobs[i].w = (struct gm_work){ .run = wait_at_gate, .done = count_done };
    ck_assert(gm_work_start(pool, &jobs[i].w));
  }
  wait_inside(3);
  ck_assert_int_eq(pthread_create(&t, NULL, open_soon, NULL), 0);
  gm_work_pool_free(pool);
  pool = NULL;
  pthread_join(t, NULL);
  ck_assert_int_eq(n_inside, 0);
  while (gm_loop_turn(loop, 0))
    ;
  ck_assert_int_ge(n_done, 3);
}
END_TEST

static struct job second;

static void start_second(struct gm_work *w)
{
  count_done(w);
  ck_assert(gm_work_start(pool, &second.w));
}

START_TEST(done_may_start_more)
{
  struct job first = { { .run = square, .done = start_second }, 2 };

  second = (struct job){ { .run = square, .done = count_done }, 3 };
  ck_assert(gm_work_start(pool, &first.w));
  while (n_done < 2)
    gm_loop_turn(loop, -1);
  ck_assert_int_eq(second.result, 9);
}
END_TEST

static void look_at_signals(struct gm_work *w)
{
  sigset_t now;

  pthread_sigmask(SIG_SETMASK, NULL, &now);
  GM_CONTAINER(w, struct job, w)->result =
    sigismember(&now, SIGINT) && sigismember(&now, SIGTERM);
}

START_TEST(signals_stay_with_the_application)
{
  struct job j = { { .run = look_at_signals, .done = count_done }, 0 };
  sigset_t now;

  ck_assert(gm_work_start(pool, &j.w));
  while (!n_done)
    gm_loop_turn(loop, -1);
  ck_assert_int_eq(j.result, 1);
  pthread_sigmask(SIG_SETMASK, NULL, &now);
  ck_assert(!sigismember(&now, SIGINT));
}
END_TEST

static bool make_pool(void)
{
  struct gm_loop *l = NULL;
  struct gm_work_pool *p = NULL;
  bool ok = !gm_loop_new(NULL, &l, NULL) && !gm_work_pool_new(l, 2, &p, NULL);

  gm_work_pool_free(p);
  gm_loop_free(l);
  return ok;
}

START_TEST(no_memory_is_clean)
{
  unit_torture(make_pool);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("work");

  tcase_set_timeout(tc, 60);
  tcase_add_checked_fixture(tc, open_pool, close_pool);
  tcase_add_test(tc, work_is_done);
  tcase_add_test(tc, it_runs_at_once_but_bounded);
  tcase_add_test(tc, free_drops_what_has_not_begun);
  tcase_add_test(tc, done_may_start_more);
  tcase_add_test(tc, signals_stay_with_the_application);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("work", tc);
}
