/* test_schema.c - how older files become newer ones, with steps of our own. */
#include "../../plugins/store-sqlite/sqlite.h"
#include "unit/scratch.h"
#include "unit/unit.h"

static const struct sq_step steps[] = {
  { "CREATE TABLE a (x); INSERT INTO a VALUES (1)" },
  { "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1" },
  { "CREATE TABLE b AS SELECT x + y AS z FROM a; DROP TABLE a" },
};
static const struct sq_step broken[] = {
  { "CREATE TABLE a (x); INSERT INTO a VALUES (1)" },
  { "CREATE TABLE c (x)" },
  { "UPDATE a SET x = 2; INSERT INTO nowhere VALUES (1)" },
};

static sqlite3 *db;

static void open_db(void)
{
  const char *path = scratch_path(scratch_folder(), "x.db");

  ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
}

static int number(const char *sql)
{
  sqlite3_stmt *st = NULL;
  int n = -1;

  if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
      sqlite3_step(st) == SQLITE_ROW)
    n = sqlite3_column_int(st, 0);
  sqlite3_finalize(st);
  return n;
}

static int version(void)
{
  int v = -1, rc = sq_schema_check(db, 3, &v);

  ck_assert_int_eq(rc, SQLITE_OK);
  return v;
}

/* From every version there was, step by step or at once. */
START_TEST(older_ones_are_brought)
{
  open_db();
  ck_assert_int_eq(version(), 0);
  if (_i > 0)
    ck_assert_int_eq(sq_schema_bring(db, steps, _i), SQLITE_OK);
  ck_assert_int_eq(version(), _i);
  ck_assert_int_eq(sq_schema_bring(db, steps, 3), SQLITE_OK);
  ck_assert_int_eq(version(), 3);
  ck_assert_int_eq(number("SELECT z FROM b"), 3);
  ck_assert_int_eq(number("SELECT count(*) FROM sqlite_master"), 1);
  /* Again does nothing. */
  ck_assert_int_eq(sq_schema_bring(db, steps, 3), SQLITE_OK);
  ck_assert_int_eq(number("SELECT count(*) FROM b"), 1);
  sqlite3_close(db);
}
END_TEST

/* A step that fails takes those before it back. */
START_TEST(all_steps_or_none)
{
  open_db();
  ck_assert_int_eq(sq_schema_bring(db, broken, 1), SQLITE_OK);
  ck_assert_int_eq(sq_schema_bring(db, broken, 3), SQLITE_ERROR);
  ck_assert_int_eq(version(), 1);
  ck_assert_int_eq(number("SELECT x FROM a"), 1);
  ck_assert_int_eq(number("SELECT count(*) FROM sqlite_master"), 1);
  ck_assert_int_ne(sqlite3_get_autocommit(db), 0);
  sqlite3_close(db);
}
END_TEST

START_TEST(newer_ones_are_left)
{
  int v;

  open_db();
  ck_assert_int_eq(sq_schema_bring(db, steps, 3), SQLITE_OK);
  ck_assert_int_eq(sq_schema_check(db, 2, &v), SQLITE_MISMATCH);
  ck_assert_int_eq(v, 3);
  ck_assert_int_eq(sq_schema_bring(db, steps, 2), SQLITE_MISMATCH);
  ck_assert_int_eq(version(), 3);
  sqlite3_close(db);
}
END_TEST

/* Tables without a version are another program's. */
START_TEST(strangers_are_left)
{
  int v;

  open_db();
  ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE t (x)", 0, 0, 0), SQLITE_OK);
  ck_assert_int_eq(sq_schema_check(db, 3, &v), SQLITE_MISMATCH);
  ck_assert_int_eq(sq_schema_bring(db, steps, 3), SQLITE_MISMATCH);
  ck_assert_int_eq(number("SELECT count(*) FROM sqlite_master"), 1);
  sqlite3_close(db);
}
END_TEST

/* What is released: the file says whose it is, and its queries have indexes. */
START_TEST(the_real_one)
{
  static const char *const queries[] = {
    "SELECT body FROM row WHERE tab = 'a' AND key = 'b'",
    "SELECT body FROM row WHERE tab = 'a' AND key >= 'b' AND key < 'c' "
    "ORDER BY key",
    "SELECT body FROM row WHERE tab = 'a' AND rank <> 0 AND rank BETWEEN 1 "
    "AND 2 ORDER BY rank, key",
    "SELECT body FROM row WHERE tab = 'a' AND rank <> 0 AND rank BETWEEN 1 "
    "AND 2 ORDER BY rank DESC, key DESC",
    "DELETE FROM row WHERE id IN (SELECT id FROM row WHERE expires < 1 AND "
    "tab <> 'owner' LIMIT 500) OR tab = 'owner' AND expires < 2",
  };
  sqlite3_stmt *st = NULL;
  size_t i;

  open_db();
  ck_assert_int_eq(sq_schema_bring(db, sq_steps, sq_n_steps), SQLITE_OK);
  ck_assert_int_eq(number("PRAGMA application_id"), 0x474d5554);
  for (i = 0; i < GM_LEN(queries); i++) {
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", queries[i]);

    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
      const char *plan = (const char *)sqlite3_column_text(st, 3);

      ck_assert_msg(strncmp(plan, "SCAN", 4) != 0 && !strstr(plan, "TEMP"),
                    "%s: %s", queries[i], plan);
    }
    sqlite3_finalize(st);
    sqlite3_free(sql);
  }
  sqlite3_close(db);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("schema");

  tcase_add_loop_test(tc, older_ones_are_brought, 0, 4);
  tcase_add_test(tc, all_steps_or_none);
  tcase_add_test(tc, newer_ones_are_left);
  tcase_add_test(tc, strangers_are_left);
  tcase_add_test(tc, the_real_one);
  return unit_run("schema", tc);
}
