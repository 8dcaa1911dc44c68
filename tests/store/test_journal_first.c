/* test_journal_first.c - what leads to a job moves with its first record, or
 * there is none. */
#include "fake.h"
#include "journal_kit.h"
#include "unit/unit.h"

/* "leads" in the table "line": its second number counts what moved it. */
static void move_line(void)
{
  write_there((struct gamut_store_op){ .table = "line",
                                       .key = "leads",
                                       .changes = GAMUT_ADD_NUMBERS,
                                       .numbers = { 0, 1 } });
}

static int64_t moves(void)
{
  return see("line", "leads").numbers[1];
}

/* To the row as it is; what that was told in is gone then. */
static void lead_to(struct job *job)
{
  char key[] = "leads";
  struct gamut_store_op op = { .table = "line",
                               .key = key,
                               .conditions = GAMUT_IF_VERSION,
                               .changes = GAMUT_ADD_NUMBERS,
                               .version = see("line", key).version,
                               .numbers = { 0, 1 } };

  ck_assert_int_eq(gm_journal_first(&job->d, &op), 0);
  memset(key, '?', sizeof(key) - 1);
  memset(&op, 0xee, sizeof(op));
}

static void open_led(struct job *job, const struct gamut_store *t)
{
  open_journal(t);
  job_init(job);
  move_line();
  lead_to(job);
}

START_TEST(moved_with_the_first)
{
  struct job job;

  open_led(&job, kind(_i));
  put_and_wait(&job, "one");
  ck_assert_int_eq(job.error_class, 0);
  ck_assert_int_eq(moves(), 2);
  put_and_wait(&job, "two");
  put_end(&job);
  ck_assert_str_eq(row_of(&job), "");
  ck_assert_int_eq(moves(), 2);
  ck_assert(!job.d.outrun);
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

/* Somebody came first: it is never there, however often it is written. */
START_TEST(outrun)
{
  struct job job;

  open_led(&job, kind(_i));
  move_line();
  put_and_wait(&job, "one");
  ck_assert_int_eq(job.error_class, GAMUT_E_DETACHED);
  ck_assert(job.d.outrun);
  put_and_wait(&job, "two");
  ck_assert_int_eq(job.error_class, GAMUT_E_DETACHED);
  put(&job, "three", GM_PUT_RELEASE);
  ck_assert_str_eq(row_of(&job), "");
  ck_assert_int_eq(job.n_lost, 1);
  ck_assert_int_eq(moves(), 2);
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

/* A store that failed has moved nothing: with the next one it is. */
START_TEST(moved_with_the_next)
{
  struct job job;

  open_led(&job, kind(_i));
  put_and_wait(&job, "x");
  put_end(&job);
  gm_journal_forget(journal, &job.d);
  job_init(&job);
  lead_to(&job);
  fake_fail_commit(2, GAMUT_E_STORAGE);
  put_and_wait(&job, "one");
  ck_assert_int_eq(job.error_class, GAMUT_E_STORAGE);
  ck_assert(!job.d.outrun);
  ck_assert_int_eq(moves(), 2);
  put_and_wait(&job, "two");
  ck_assert_str_eq(row_of(&job), "two held");
  ck_assert_int_eq(moves(), 3);
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

/* The one that is written outlives its job; the one that waits is replaced. */
START_TEST(moved_behind_the_job)
{
  struct job job, other;

  open_led(&job, &fake_durable);
  job_init(&other);
  fake_hold(true);
  put(&other, "y", 0);
  fake_wait();
  put(&job, "one", 0);
  put(&job, "two", GM_PUT_WAIT);
  gm_journal_forget(journal, &job.d);
  memset(&job.d, 0xee, sizeof(job.d));
  fake_hold(false);
  ck_assert_str_eq(row_of(&job), "two held");
  ck_assert_int_eq(moves(), 2);
  gm_journal_forget(journal, &other.d);
  close_journal();
  ck_assert_int_eq(job.n_ready, 0);
}
END_TEST

/* A ledger of one row. */
static void hold_also(struct gm_also *a)
{
  (void)a;
}

static int32_t build(struct gm_also *a, const struct gamut_store_op **ret,
                     uint32_t *ret_n)
{
  static const struct gamut_store_op op = { .table = "charge",
                                            .key = "of it",
                                            .changes = GAMUT_ADD_NUMBERS,
                                            .numbers = { 1 } };

  (void)a;
  *ret = &op;
  *ret_n = 1;
  return 0;
}

static bool told(struct gm_also *a, int32_t error_class, int refused)
{
  (void)a, (void)error_class;
  ck_assert_int_eq(refused, -1);
  return false;
}

static struct gm_also also = {
  .ref = hold_also, .unref = hold_also, .build = build, .written = told
};

/* One waits for another that was to make the row, and comes to nothing: the
 * disk fails, or somebody came first. */
START_TEST(moved_by_the_one_that_waited)
{
  struct job job;

  open_led(&job, &fake_durable);
  job.d.also = &also;
  put_and_wait(&job, "x"); /* the owner is there */
  put_end(&job);
  ck_assert_str_eq(row_of(&job), "");
  gm_journal_forget(journal, &job.d);
  job_init(&job);
  job.d.also = &also;
  lead_to(&job);
  if (_i)
    move_line();
  else
    fake_fail_commit(2, GAMUT_E_STORAGE);
  fake_hold(true);
  put(&job, "one", GM_PUT_WAIT);
  fake_wait();
  put(&job, "two", 0);
  fake_hold(false);
  while (!job.n_ready)
    gm_loop_turn(loop, -1);
  ck_assert_int_eq(job.error_class, _i ? GAMUT_E_DETACHED : 0);
  ck_assert_int_eq(job.d.outrun, _i);
  ck_assert_str_eq(row_of(&job), _i ? "" : "two held");
  ck_assert_int_eq(moves(), 3);
  ck_assert_int_eq(see("charge", "of it").numbers[0], _i ? 2 : 3);
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

/* Of one that ends without ever being there the ledger is written, unless that
 * is another's. */
START_TEST(ended_unwritten)
{
  struct job job;

  open_led(&job, kind(_i / 2));
  job.d.also = &also;
  if (_i % 2)
    move_line();
  put_end(&job);
  ck_assert_str_eq(row_of(&job), "");
  ck_assert_int_eq(moves(), 2);
  ck_assert_int_eq(see("charge", "of it").numbers[0], _i % 2 ? 0 : 1);
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("first");

  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, moved_with_the_first, 0, 2);
  tcase_add_loop_test(tc, outrun, 0, 2);
  tcase_add_loop_test(tc, moved_with_the_next, 0, 2);
  tcase_add_test(tc, moved_behind_the_job);
  tcase_add_loop_test(tc, moved_by_the_one_that_waited, 0, 2);
  tcase_add_loop_test(tc, ended_unwritten, 0, 4);
  return unit_run("journal_first", tc);
}
