/* test_clock.c - the wall clock jumps, the machine is started anew.  This
 * program's clock_gettime() stands before the system's, also for the plugin. */
#include "kit.h"
#include "unit/scratch.h"
#include <sqlite3.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define HOUR INT64_C(3600)

static int64_t wall_offset_s, mono_offset_s;

__attribute__((visibility("default"))) int clock_gettime(clockid_t id,
                                                         struct timespec *t)
{
  long rc = syscall(SYS_clock_gettime, id, t);

  if (rc == 0)
    t->tv_sec += id == CLOCK_REALTIME ? wall_offset_s : mono_offset_s;
  return (int)rc;
}

static struct kit a, b;
static const char *place;

static int32_t take(struct kit *k, const char *owner)
{
  struct gamut_store_op op = { .table = "job",
                               .key = "one",
                               .conditions = GAMUT_IF_FREE,
                               .changes = GAMUT_SET_OWNER,
                               .owner = owner };

  return kit_run(k, &op, 1);
}

static void open_both(void)
{
  place = scratch_folder();
  kit_open(&a, KIT_SQLITE, place);
  kit_open(&b, KIT_SQLITE, place);
  kit_owner(&a, "a", 30000);
  kit_owner(&b, "b", 30000);
  ck_assert_int_eq(take(&a, "a"), 0);
  ck_assert_int_eq(take(&b, "b"), GAMUT_STORE_NOT_MET);
}

/* An hour forth, and an hour back: nobody loses what he holds, and nobody keeps
 * it longer. */
START_TEST(the_wall_clock_jumps)
{
  int64_t before;

  open_both();
  before = a.type->now(a.store);
  wall_offset_s = _i ? HOUR : -HOUR;
  ck_assert_int_gt(llabs(a.type->now(a.store) - before), 3500000);
  ck_assert_int_eq(take(&b, "b"), GAMUT_STORE_NOT_MET);
  kit_owner(&a, "a", 30000);
  ck_assert_int_eq(take(&b, "b"), GAMUT_STORE_NOT_MET);
  mono_offset_s = 31;
  ck_assert_int_eq(take(&b, "b"), 0);
  kit_close(&a);
  kit_close(&b);
}
END_TEST

/* Another start of the machine, whose even clock begins anew: without looking
 * at the start they would seem to be good for days. */
START_TEST(the_machine_starts_anew)
{
  char file[600];
  sqlite3 *db;

  mono_offset_s = 1000 * HOUR;
  open_both();
  snprintf(file, sizeof(file), "%s/gamut.db", place);
  ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
  ck_assert_int_eq(
    sqlite3_exec(db, "UPDATE meta SET value = 'x' WHERE name = 'boot'", 0, 0,
                 0),
    SQLITE_OK);
  sqlite3_close(db);
  mono_offset_s = 0;
  kit_close(&b);
  kit_open(&b, KIT_SQLITE, place);
  ck_assert_int_eq(take(&b, "b"), 0);
  kit_close(&a);
  kit_close(&b);
}
END_TEST

/* What expires by the calendar is over sooner or later then, no more. */
START_TEST(rows_follow_the_calendar)
{
  struct gamut_store_op op = kit_put("fact", "x", "1");
  struct kit_row row;

  open_both();
  op.changes |= GAMUT_SET_TTL;
  op.ttl_ms = 60000;
  ck_assert_int_eq(kit_run(&a, &op, 1), 0);
  wall_offset_s = -HOUR;
  ck_assert(kit_get(&a, "fact", "x", &row));
  wall_offset_s = HOUR;
  ck_assert(!kit_get(&a, "fact", "x", &row));
  kit_close(&a);
  kit_close(&b);
}
END_TEST

static int count_rows(const char *sql)
{
  sqlite3_stmt *st;
  char file[600];
  sqlite3 *db;
  int n;

  snprintf(file, sizeof(file), "%s/gamut.db", place);
  ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
  ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
  ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
  n = sqlite3_column_int(st, 0);
  sqlite3_finalize(st);
  sqlite3_close(db);
  return n;
}

/* As quickly as it comes: else a busy store would grow for ever. */
START_TEST(what_has_expired_goes)
{
  struct gamut_store_op op = kit_put("fact", "x", "1");
  char key[16];
  int i;

  open_both();
  op.changes |= GAMUT_SET_TTL;
  op.ttl_ms = 1000;
  op.key = key;
  for (i = 0; i < 1700; i++) {
    snprintf(key, sizeof(key), "%d", i);
    ck_assert_int_eq(kit_run(&a, &op, 1), 0);
  }
  op = kit_put("fact", "stays", "1");
  for (i = 0; i < 8; i++) {
    wall_offset_s += i == 0 ? HOUR : 1;
    ck_assert_int_eq(kit_run(&a, &op, 1), 0);
  }
  ck_assert_int_eq(count_rows("SELECT count(*) FROM row WHERE tab = 'fact'"),
                   1);
  kit_close(&a);
  kit_close(&b);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("clock");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_add_loop_test(tc, the_wall_clock_jumps, 0, 2);
  tcase_add_test(tc, the_machine_starts_anew);
  tcase_add_test(tc, rows_follow_the_calendar);
  tcase_add_test(tc, what_has_expired_goes);
  return unit_run("clock", tc);
}
