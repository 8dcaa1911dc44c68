/* test_processes.c - one SQLite store, several processes: counters with a
 * ceiling, rows that one takes, and holders that are killed, hang, wake up. */
#include "kit.h"
#include "unit/scratch.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *place;

/* A child that opens the store for itself.  It exits with what `fn` returns. */
static pid_t child(int (*fn)(struct kit *k, int number), int number)
{
  struct kit k;
  pid_t pid = fork();

  ck_assert_int_ge(pid, 0);
  if (pid > 0)
    return pid;
  if (kit_try_open(&k, kit_sqlite(), place, 20000)) {
    fprintf(stderr, "child: %s\n", k.message);
    _exit(99);
  }
  number = fn(&k, number);
  kit_close(&k);
  _exit(number);
}

static int end_of(pid_t pid)
{
  int status;

  while (waitpid(pid, &status, 0) < 0)
    ck_assert_int_eq(errno, EINTR);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* ---- a budget that many spend -------------------------------------------- */

enum { SPENDERS = 4, TRIES = 60, LIMIT = 150 };

/* How often it was let through. */
static int spend(struct kit *k, int number)
{
  struct gamut_store_op ops[2] = { { .table = "budget",
                                     .key = "all/2026-11",
                                     .conditions = GAMUT_IF_MAX,
                                     .changes = GAMUT_ADD_NUMBERS,
                                     .numbers = { 1, 10 },
                                     .max = LIMIT },
                                   { .table = "charge",
                                     .changes = GAMUT_SET_BODY,
                                     .conditions = GAMUT_IF_ABSENT,
                                     .body = "{}",
                                     .body_len = 2 } };
  int i, through = 0;
  int32_t outcome = 0;
  char key[32];

  for (i = 0; i < TRIES; i++) {
    snprintf(key, sizeof(key), "%d.%d", number, i);
    ops[1].key = key;
    if (kit_try(k, ops, 2, &outcome)) {
      fprintf(stderr, "child: %s\n", k->message);
      return 98;
    }
    through += outcome == 0;
  }
  return through;
}

START_TEST(budget)
{
  struct gamut_store_query q = { .struct_size = sizeof(q), .table = "charge" };
  pid_t pids[SPENDERS];
  struct kit_row row;
  struct kit k;
  int i, through = 0;
  const char *at;

  place = scratch_folder();
  for (i = 0; i < SPENDERS; i++)
    pids[i] = child(spend, i);
  for (i = 0; i < SPENDERS; i++)
    through += end_of(pids[i]);
  ck_assert_int_eq(through, LIMIT);
  kit_open(&k, KIT_SQLITE, place);
  ck_assert(kit_get(&k, "budget", "all/2026-11", &row));
  ck_assert_int_eq(row.numbers[0], LIMIT);
  ck_assert_int_eq(row.numbers[1], 10 * LIMIT);
  for (i = 1, at = kit_keys(&k, &q); (at = strchr(at, ' ')); at++)
    i++;
  ck_assert_int_eq(i, LIMIT);
  kit_close(&k);
}
END_TEST

/* ---- rows that only one may have ----------------------------------------- */

enum { TAKERS = 4, JOBS = 40 };

static struct gamut_store_op take_of(const char *key, const char *owner)
{
  return (
    struct gamut_store_op){ .table = "job",
                            .key = key,
                            .conditions = GAMUT_IF_PRESENT | GAMUT_IF_FREE,
                            .changes = GAMUT_SET_OWNER | GAMUT_ADD_NUMBERS,
                            .owner = owner,
                            .numbers = { 1 } };
}

static int take(struct kit *k, int number)
{
  struct gamut_store_op op;
  char owner[32], key[32];
  int i, taken = 0;

  snprintf(owner, sizeof(owner), "owner%d", number);
  kit_owner(k, owner, 60000);
  for (i = 0; i < JOBS; i++) {
    snprintf(key, sizeof(key), "job%d", i);
    op = take_of(key, owner);
    taken += kit_run(k, &op, 1) == 0;
  }
  kit_sleep(300); /* all hold what they have when the last one looks */
  return taken;
}

START_TEST(each_row_is_taken_once)
{
  pid_t pids[TAKERS];
  struct kit_row row;
  struct kit k;
  int i, taken = 0;
  char key[32];

  place = scratch_folder();
  kit_open(&k, KIT_SQLITE, place);
  for (i = 0; i < JOBS; i++) {
    struct gamut_store_op op = kit_put("job", key, "{}");

    snprintf(key, sizeof(key), "job%d", i);
    ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  }
  kit_close(&k);
  for (i = 0; i < TAKERS; i++)
    pids[i] = child(take, i);
  for (i = 0; i < TAKERS; i++)
    taken += end_of(pids[i]);
  ck_assert_int_eq(taken, JOBS);
  kit_open(&k, KIT_SQLITE, place);
  for (i = 0; i < JOBS; i++) {
    snprintf(key, sizeof(key), "job%d", i);
    ck_assert(kit_get(&k, "job", key, &row));
    ck_assert_int_eq(row.numbers[0], 1);
    ck_assert_int_eq(row.owner_ttl_ms, 0); /* closed: free at once */
  }
  kit_close(&k);
}
END_TEST

/* ---- holders ------------------------------------------------------------- */

static int steps[2]; /* a pipe that children wait on */

static void told(void)
{
  char c;

  while (read(steps[0], &c, 1) < 0 && errno == EINTR)
    ;
}

static void tell(void)
{
  ck_assert_int_eq(write(steps[1], "x", 1), 1);
}

/* Holds a row by an owner of `ttl` ms, then writes it once more when told. */
static int hold(struct kit *k, int ttl)
{
  struct gamut_store_op ops[2] = {
    { .table = "owner",
      .key = "holder",
      .changes = GAMUT_SET_TTL,
      .ttl_ms = ttl },
    { .table = "job",
      .key = "one",
      .conditions = GAMUT_IF_FREE,
      .changes = GAMUT_SET_OWNER | GAMUT_SET_BODY,
      .owner = "holder",
      .body = "held",
      .body_len = 4 },
  };

  if (kit_run(k, ops, 2))
    return 97;
  told();
  ops[1].conditions = GAMUT_IF_MINE;
  ops[1].changes = GAMUT_SET_BODY;
  ops[1].body = "late";
  return kit_run(k, &ops[1], 1);
}

static void wait_until_held(struct kit *k)
{
  struct kit_row row;

  while (!kit_get(k, "job", "one", &row))
    kit_sleep(1);
  ck_assert_int_gt(row.owner_ttl_ms, 0);
}

/* Try to take it: 0 when that worked. */
static int32_t steal(struct kit *k)
{
  struct gamut_store_op op = take_of("one", "thief");

  return kit_run(k, &op, 1);
}

static void open_for_holder(struct kit *k)
{
  place = scratch_folder();
  ck_assert_int_eq(pipe(steps), 0);
  kit_open(k, KIT_SQLITE, place);
  kit_owner(k, "thief", 60000);
}

START_TEST(killed_holder)
{
  struct kit k;
  pid_t pid;

  open_for_holder(&k);
  pid = child(hold, 3600000);
  wait_until_held(&k);
  ck_assert_int_eq(steal(&k), GAMUT_STORE_NOT_MET);
  kill(pid, SIGKILL);
  ck_assert_int_eq(end_of(pid), 1000 + SIGKILL);
  /* At once, though it had an hour left. */
  ck_assert_int_eq(steal(&k), 0);
  kit_close(&k);
}
END_TEST

START_TEST(stopped_holder)
{
  struct kit_row row;
  struct kit k;
  pid_t pid;

  open_for_holder(&k);
  pid = child(hold, 250);
  wait_until_held(&k);
  kill(pid, SIGSTOP);
  ck_assert_int_eq(steal(&k), GAMUT_STORE_NOT_MET);
  kit_sleep(300);
  ck_assert_int_eq(steal(&k), 0);
  tell();
  kill(pid, SIGCONT);
  ck_assert_int_eq(end_of(pid), GAMUT_STORE_NOT_MET);
  ck_assert(kit_get(&k, "job", "one", &row));
  ck_assert_str_eq(row.owner, "thief");
  ck_assert_str_eq(row.body, "held");
  kit_close(&k);
}
END_TEST

/* It wakes up and nobody was interested: it goes on. */
START_TEST(stopped_holder_in_peace)
{
  struct kit_row row;
  struct kit k;
  pid_t pid;

  open_for_holder(&k);
  pid = child(hold, 100);
  wait_until_held(&k);
  kill(pid, SIGSTOP);
  kit_sleep(150);
  tell();
  kill(pid, SIGCONT);
  ck_assert_int_eq(end_of(pid), 0);
  ck_assert(kit_get(&k, "job", "one", &row));
  ck_assert_str_eq(row.body, "late");
  kit_close(&k);
}
END_TEST

/* Two handles of one process are two: closing one frees only what is its. */
START_TEST(two_handles)
{
  struct kit a, b;

  open_for_holder(&a);
  kit_open(&b, KIT_SQLITE, place);
  kit_owner(&b, "second", 60000);
  {
    struct gamut_store_op op = kit_put("job", "one", "x");

    op.changes |= GAMUT_SET_OWNER;
    op.owner = "second";
    ck_assert_int_eq(kit_run(&b, &op, 1), 0);
  }
  ck_assert_int_eq(steal(&a), GAMUT_STORE_NOT_MET);
  kit_close(&b);
  ck_assert_int_eq(steal(&a), 0);
  kit_close(&a);
}
END_TEST

/* ---- one that holds the whole store -------------------------------------- */

static int32_t linger(void *user, const struct gamut_store_row *row)
{
  (void)user;
  (void)row;
  kit_sleep(400);
  return 0;
}

/* A reader stops nobody. */
static int read_slowly(struct kit *k, int number)
{
  struct gamut_store_query q = { .struct_size = sizeof(q), .table = "job" };

  (void)number;
  return k->type->scan(k->store, &q, linger, NULL, k->message);
}

START_TEST(readers_stop_nobody)
{
  struct gamut_store_op op = kit_put("job", "one", "x");
  struct kit k;
  pid_t pid;
  int i;

  place = scratch_folder();
  kit_open(&k, KIT_SQLITE, place);
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  pid = child(read_slowly, 0);
  kit_sleep(100);
  for (i = 0; i < 20; i++)
    ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0); /* it still reads */
  ck_assert_int_eq(end_of(pid), 0);
  kit_close(&k);
}
END_TEST

/* A writer that is stopped in the middle: others wait as long as they were
 * told, and say so. */
static int write_big(struct kit *k, int number)
{
  enum { N = 20000 };
  static struct gamut_store_op ops[N];
  static char keys[N][12];
  int i;

  for (i = 0; i < N; i++) {
    snprintf(keys[i], sizeof(keys[i]), "%d.%d", number, i);
    ops[i] = kit_put("job", keys[i], "some bytes of a body");
  }
  tell();
  return kit_run(k, ops, N);
}

START_TEST(stopped_writer)
{
  struct gamut_store_op op = kit_put("job", "one", "x");
  int32_t outcome, rc = 0;
  struct kit k;
  pid_t pid;
  int i;

  place = scratch_folder();
  ck_assert_int_eq(pipe(steps), 0);
  ck_assert_int_eq(kit_try_open(&k, kit_sqlite(), place, 100), 0);
  for (i = 0; i < 50 && rc == 0; i++) {
    pid = child(write_big, i);
    told();
    kit_sleep(5);
    kill(pid, SIGSTOP);
    rc = kit_try(&k, &op, 1, &outcome);
    kill(pid, SIGCONT);
    ck_assert_int_eq(end_of(pid), 0);
  }
  ck_assert_int_eq(rc, GAMUT_E_TIMEOUT);
  ck_assert_ptr_nonnull(strstr(k.message, "other processes held it"));
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  kit_close(&k);
}
END_TEST

/* ---- killed while it writes ---------------------------------------------- */

/* Pairs of rows, for ever. */
static int write_pairs(struct kit *k, int number)
{
  struct gamut_store_op ops[2];
  char body[16];
  int i;

  (void)number;
  for (i = 1;; i++) {
    snprintf(body, sizeof(body), "%d", i);
    ops[0] = kit_put("pair", "a", body);
    ops[1] = kit_put("pair", "b", body);
    kit_run(k, ops, 2);
    if (write(steps[1], &i, sizeof(i)) != sizeof(i))
      return 1;
  }
}

/* What was said to be done is there, and never one half of it. */
START_TEST(killed_writer)
{
  int round, said, last;
  struct kit_row a, b;
  struct kit k;
  pid_t pid;

  place = scratch_folder();
  for (round = 0; round < 25; round++) {
    ck_assert_int_eq(pipe(steps), 0);
    pid = child(write_pairs, 0);
    last = 0;
    kit_sleep(3 * round + 5);
    kill(pid, SIGKILL);
    end_of(pid);
    close(steps[1]);
    while (read(steps[0], &said, sizeof(said)) == sizeof(said))
      last = said;
    close(steps[0]);
    kit_open(&k, KIT_SQLITE, place);
    if (last > 0) {
      ck_assert(kit_get(&k, "pair", "a", &a));
      ck_assert(kit_get(&k, "pair", "b", &b));
      ck_assert_str_eq(a.body, b.body);
      ck_assert_int_ge(atoi(a.body), last);
      ck_assert_int_le(atoi(a.body), last + 1);
    }
    ck_assert_str_eq(k.notes, "");
    kit_close(&k);
  }
}
END_TEST

/* ---- many begin at once -------------------------------------------------- */

/* What one owns is his while the others begin. */
static int begin(struct kit *k, int number)
{
  struct gamut_store_op op = {
    .table = "t", .key = "n", .changes = GAMUT_ADD_NUMBERS, .numbers = { 1 }
  };
  struct kit_row row;
  char name[16];

  snprintf(name, sizeof(name), "owner%d", number);
  kit_owner(k, name, 60000);
  if (kit_run(k, &op, 1))
    return 1;
  kit_sleep(30);
  return kit_get(k, GAMUT_STORE_OWNERS, name, &row) ? 0 : 2;
}

START_TEST(first_start_of_many)
{
  enum { N = 8 };
  struct kit_row row;
  struct kit k;
  pid_t pids[N];
  struct stat st;
  int round, i;

  for (round = 0; round < 10; round++) {
    place = scratch_folder();
    for (i = 0; i < N; i++)
      pids[i] = child(begin, i);
    for (i = 0; i < N; i++)
      ck_assert_int_eq(end_of(pids[i]), 0);
    kit_open(&k, KIT_SQLITE, place);
    ck_assert(kit_get(&k, "t", "n", &row));
    ck_assert_int_eq(row.numbers[0], N);
    ck_assert_str_eq(k.notes, "");
    kit_close(&k);
    ck_assert_int_eq(stat(scratch_path(place, "gamut.db"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
  }
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("processes");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 120);
  tcase_add_test(tc, budget);
  tcase_add_test(tc, each_row_is_taken_once);
  tcase_add_test(tc, killed_holder);
  tcase_add_test(tc, stopped_holder);
  tcase_add_test(tc, stopped_holder_in_peace);
  tcase_add_test(tc, two_handles);
  tcase_add_test(tc, readers_stop_nobody);
  tcase_add_test(tc, stopped_writer);
  tcase_add_test(tc, killed_writer);
  tcase_add_test(tc, first_start_of_many);
  return unit_run("processes", tc);
}
