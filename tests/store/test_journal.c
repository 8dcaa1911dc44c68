/* test_journal.c - job records: which are written, in what order, under whose
 * name, and what a job hears of it. */
#include "base/clock.h"
#include "fake.h"
#include "journal_kit.h"
#include "kit.h"
#include "unit/scratch.h"
#include <stdio.h>

static void steal(const struct job *job)
{
  write_there((struct gamut_store_op){ .table = GM_TABLE_JOB,
                                       .key = job->id,
                                       .owner = "thief",
                                       .changes = GAMUT_SET_OWNER });
}

/* ---- a job's life -------------------------------------------------------- */

START_TEST(life_of_a_job)
{
  struct job job;

  open_journal(kind(_i));
  job_init(&job);
  put_and_wait(&job, "will send");
  ck_assert_int_eq(job.error_class, 0);
  ck_assert_str_eq(row_of(&job), "will send held");
  put(&job, "accepted", 0);
  ck_assert_str_eq(row_of(&job), "accepted held");
  put_and_wait(&job, "again");
  put_end(&job);
  ck_assert_str_eq(row_of(&job), "");
  ck_assert_int_eq(job.n_ready, 2);
  ck_assert_int_eq(job.n_lost, 0);
  ck_assert_str_eq(lines, "");
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

/* Given back: anybody may take it up, at once. */
START_TEST(released)
{
  struct job job;

  open_journal(kind(_i));
  job_init(&job);
  put_and_wait(&job, "one");
  put(&job, "two", GM_PUT_RELEASE);
  ck_assert_str_eq(row_of(&job), "two nobody");
  gm_journal_forget(journal, &job.d);
  job_init(&job); /* one that was never written before */
  put(&job, "three", GM_PUT_RELEASE);
  ck_assert_str_eq(row_of(&job), "three nobody");
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

START_TEST(never_written_nothing_to_remove)
{
  struct job job;

  open_journal(kind(_i));
  job_init(&job);
  put_end(&job);
  gm_journal_forget(journal, &job.d);
  close_journal();
  ck_assert_int_eq(fake_opens(), 0);
}
END_TEST

/* ---- while the store is busy --------------------------------------------- */

START_TEST(later_records_take_the_place)
{
  struct job job, other;

  open_journal(&fake_durable);
  job_init(&job);
  job_init(&other);
  put_and_wait(&other, "x");
  fake_hold(true);
  put(&other, "y", 0);
  fake_wait();
  put(&job, "one", GM_PUT_WAIT);
  put(&job, "two", 0);
  put(&job, "three", 0);
  fake_hold(false);
  while (!job.n_ready)
    gm_loop_turn(loop, -1);
  ck_assert_str_eq(row_of(&job), "three held");
  ck_assert_int_eq(job.n_ready, 1);
  /* The owner, then x; y; the three as one. */
  ck_assert_msg(strcmp(fake_commits(), "1 1 1 1") == 0 ||
                  strcmp(fake_commits(), "2 1 1") == 0,
                "%s", fake_commits());
  gm_journal_forget(journal, &job.d);
  gm_journal_forget(journal, &other.d);
  close_journal();
}
END_TEST

/* The one that is waited for is being written: whoever waits hears of the next
 * one, which says more. */
START_TEST(the_one_that_is_written_is_waited_for)
{
  struct job job;

  open_journal(&fake_durable);
  job_init(&job);
  fake_hold(true);
  put(&job, "one", GM_PUT_WAIT);
  fake_wait();
  put(&job, "two", 0);
  fake_hold(false);
  ck_assert_str_eq(row_of(&job), "two held");
  ck_assert_int_eq(job.n_ready, 1);
  ck_assert_int_eq(job.error_class, 0);
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

/* Ended before its first record was begun: it was never there. */
START_TEST(removed_before_it_was_written)
{
  struct job job, other;

  open_journal(&fake_durable);
  job_init(&job);
  job_init(&other);
  fake_hold(true);
  put(&other, "y", 0);
  fake_wait();
  put(&job, "one", 0);
  put_end(&job);
  fake_hold(false);
  ck_assert_str_eq(row_of(&job), "");
  gm_journal_forget(journal, &job.d);
  gm_journal_forget(journal, &other.d);
  close_journal();
}
END_TEST

START_TEST(no_longer_waited_for)
{
  struct job job;

  open_journal(&fake_durable);
  job_init(&job);
  fake_hold(true);
  put(&job, "one", GM_PUT_WAIT);
  fake_wait();
  gm_journal_unwait(&job.d);
  fake_hold(false);
  ck_assert_str_eq(row_of(&job), "one held");
  ck_assert_int_eq(job.n_ready, 0);
  put_and_wait(&job, "two");
  ck_assert_int_eq(job.error_class, 0);
  /* ... and its memory may go while one is under way. */
  fake_hold(true);
  put(&job, "three", GM_PUT_WAIT);
  gm_journal_forget(journal, &job.d);
  memset(&job.d, 0xee, sizeof(job.d));
  fake_hold(false);
  close_journal();
  ck_assert_int_eq(job.n_ready, 1);
}
END_TEST

/* ---- failures ------------------------------------------------------------ */

START_TEST(not_written)
{
  struct job job;
  char said[200];

  open_journal(kind(_i));
  job_init(&job);
  put_and_wait(&job, "x"); /* the owner is there */
  put_end(&job);
  ck_assert_str_eq(row_of(&job), "");
  fake_fail_commit(2, GAMUT_E_STORAGE);
  put_and_wait(&job, "one");
  ck_assert_int_eq(job.error_class, GAMUT_E_STORAGE);
  ck_assert_str_eq(gm_journal_why(journal), "the fake store has its moods");
  ck_assert_str_eq(lines, ""); /* whoever waits says it */
  put_and_wait(&job, "two");   /* the first one once more */
  ck_assert_int_eq(job.error_class, 0);
  ck_assert_str_eq(row_of(&job), "two held");
  fake_fail_commit(2, GAMUT_E_STORAGE);
  put_and_wait(&job, "three");
  ck_assert_int_eq(job.error_class, GAMUT_E_STORAGE);
  ck_assert_str_eq(row_of(&job), "two held");
  fake_fail_commit(2, GAMUT_E_STORAGE);
  put(&job, "lost", 0);
  while (!lines[0])
    gm_loop_turn(loop, -1);
  snprintf(said, sizeof(said),
           "3 job %s: its record could not be written: the fake store has its "
           "moods\n",
           job.id);
  ck_assert_str_eq(lines, said);
  put_and_wait(&job, "four");
  ck_assert_str_eq(row_of(&job), "four held");
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

START_TEST(taken_over_by_another)
{
  struct job job;

  open_journal(kind(_i));
  job_init(&job);
  put_and_wait(&job, "one");
  steal(&job);
  put_and_wait(&job, "two");
  ck_assert_int_eq(job.error_class, GAMUT_E_DETACHED);
  ck_assert_int_eq(job.n_lost, 0);
  put(&job, "three", 0);
  ck_assert_str_eq(row_of(&job), "one gone");
  ck_assert_int_eq(job.n_lost, 1);
  put_end(&job);
  ck_assert_str_eq(row_of(&job), "one gone");
  ck_assert_ptr_nonnull(strstr(lines, "another process has taken it over"));
  gm_journal_forget(journal, &job.d);
  close_journal();
}
END_TEST

/* ---- our name ------------------------------------------------------------ */

static void advance(uint64_t ms)
{
  gm_clock_advance(ms);
  gm_loop_turn(loop, 0);
  while (gm_loop_turn(loop, 0))
    ;
}

START_TEST(the_owner_is_kept_alive)
{
  struct job job;

  gm_clock_fake(1000000, UINT64_C(1790000000000));
  open_journal(&fake_plain);
  job_init(&job);
  put_and_wait(&job, "one");
  ck_assert_int_eq(fake_owner_writes(), 1);
  put(&job, "two", 0);
  ck_assert_int_eq(fake_owner_writes(), 1);
  advance(9000);
  ck_assert_int_eq(fake_owner_writes(), 1);
  advance(1000);
  ck_assert_int_eq(fake_owner_writes(), 2);
  advance(10000);
  advance(10000);
  ck_assert_int_eq(fake_owner_writes(), 4);
  ck_assert_str_eq(row_of(&job), "two held");
  /* Nothing is held: nothing is written, and nobody wakes up for it. */
  put_end(&job);
  ck_assert_int_eq(gm_loop_wait_ms(loop), -1);
  advance(60000);
  ck_assert_int_eq(fake_owner_writes(), 4);
  put_and_wait(&job, "three");
  ck_assert_int_eq(fake_owner_writes(), 5);
  ck_assert_str_eq(row_of(&job), "three held");
  gm_journal_forget(journal, &job.d);
  close_journal();
  gm_clock_real();
}
END_TEST

/* A loop that hangs loses what it held. */
START_TEST(the_owner_hangs)
{
  struct job job;

  gm_clock_fake(1000000, UINT64_C(1790000000000));
  open_journal(&fake_plain);
  job_init(&job);
  put_and_wait(&job, "one");
  gm_clock_advance(31000);
  ck_assert_str_eq(row_of(&job), "one gone");
  advance(1);
  ck_assert_str_eq(row_of(&job), "one held"); /* nobody wanted it */
  gm_clock_advance(31000);
  steal(&job);
  advance(1);
  put_and_wait(&job, "two");
  ck_assert_int_eq(job.error_class, GAMUT_E_DETACHED);
  gm_journal_forget(journal, &job.d);
  close_journal();
  gm_clock_real();
}
END_TEST

/* Nor is it known what became of the rows where the store refuses its name. */
START_TEST(the_owner_cannot_be_written)
{
  struct job job;

  gm_clock_fake(1000000, UINT64_C(1790000000000));
  open_journal(&fake_plain);
  job_init(&job);
  put_and_wait(&job, "one");
  ck_assert(!gm_journal_doubts(journal, &job.d));
  fake_fail_commit(99, GAMUT_E_STORAGE);
  advance(10000);
  ck_assert(!gm_journal_doubts(journal, &job.d));
  advance(10000);
  ck_assert(gm_journal_doubts(journal, &job.d));
  fake_fail_commit(0, 0);
  put_end(&job);
  gm_journal_forget(journal, &job.d);
  close_journal();
  gm_clock_real();
}
END_TEST

/* ---- two of them on one store -------------------------------------------- */

START_TEST(sqlite)
{
  struct kit_row row;
  struct job job;
  struct kit k;

  place = scratch_folder();
  open_journal(kit_sqlite());
  job_init(&job);
  put_and_wait(&job, "one");
  kit_open(&k, KIT_SQLITE, place);
  ck_assert(kit_get(&k, GM_TABLE_JOB, job.id, &row));
  ck_assert_str_eq(row.body, "one");
  ck_assert_int_gt(row.owner_ttl_ms, 20000);
  ck_assert_int_le(row.owner_ttl_ms, 30000);
  gm_journal_forget(journal, &job.d);
  close_journal();
  ck_assert(kit_get(&k, GM_TABLE_JOB, job.id, &row));
  ck_assert_int_eq(row.owner_ttl_ms, 0); /* closed: free */
  kit_close(&k);
}
END_TEST

/* ---- no memory ----------------------------------------------------------- */

static bool scenario(void)
{
  const struct gamut_store_op op = { .table = "line",
                                     .key = "leads",
                                     .changes = GAMUT_ADD_NUMBERS };
  struct job job;
  bool ok = true;
  char *text = gm_strdup("record");

  loop = NULL;
  store = NULL;
  journal = NULL;
  type = &fake_plain;
  job_init(&job);
  if (!text || gm_loop_new(NULL, &loop, NULL) ||
      gm_store_new(loop, NULL, choose, NULL, &store) ||
      gm_journal_new(loop, store, NULL, &journal)) {
    gm_free(text);
    close_journal();
    return false;
  }
  if (gm_journal_first(&job.d, &op))
    ok = false;
  if (gm_journal_put(journal, job.id, text, GM_PUT_WAIT, &job.d))
    ok = false;
  else if (ok)
    ok = job.n_ready == 1 && job.error_class == 0;
  put_end(&job);
  gm_journal_forget(journal, &job.d);
  close_journal();
  return ok;
}

START_TEST(no_memory)
{
  fake_reset();
  unit_torture(scenario);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("journal");

  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, life_of_a_job, 0, 2);
  tcase_add_loop_test(tc, released, 0, 2);
  tcase_add_loop_test(tc, never_written_nothing_to_remove, 0, 2);
  tcase_add_test(tc, later_records_take_the_place);
  tcase_add_test(tc, the_one_that_is_written_is_waited_for);
  tcase_add_test(tc, removed_before_it_was_written);
  tcase_add_test(tc, no_longer_waited_for);
  tcase_add_loop_test(tc, not_written, 0, 2);
  tcase_add_loop_test(tc, taken_over_by_another, 0, 2);
  tcase_add_test(tc, the_owner_is_kept_alive);
  tcase_add_test(tc, the_owner_hangs);
  tcase_add_test(tc, the_owner_cannot_be_written);
  if (kit_sqlite())
    tcase_add_test(tc, sqlite);
  tcase_add_test(tc, no_memory);
  return unit_run("journal", tc);
}
