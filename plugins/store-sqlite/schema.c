/* schema.c - the tables, and how older ones become them.
 *
 * A file carries its version (PRAGMA user_version); each step leads from one to
 * the next, and all that are missing are done in one transaction.  Steps that
 * were released never change. */
#include "sqlite.h"

/* Marks the file as ours for file(1) and for us: "GMUT". */
#define APPLICATION "1196250452"

/* One table for all rows: what gamut calls a table is the column `tab`.
 *
 * id       stays when the body changes, so that no index is touched then
 * expires  ms by the wall clock; of tab 'owner' by the clock of this start
 * session  of tab 'owner': the lock that its writer holds while it lives
 * rank     0: none, and then it costs no index entry */
const struct sq_step sq_steps[] = {
  { "CREATE TABLE row ("
    " id INTEGER PRIMARY KEY, tab TEXT NOT NULL, key TEXT NOT NULL,"
    " version INTEGER NOT NULL, expires INTEGER, owner TEXT, session INTEGER,"
    " rank INTEGER NOT NULL, n0 INTEGER NOT NULL, n1 INTEGER NOT NULL,"
    " n2 INTEGER NOT NULL, n3 INTEGER NOT NULL, n4 INTEGER NOT NULL,"
    " n5 INTEGER NOT NULL, n6 INTEGER NOT NULL, n7 INTEGER NOT NULL,"
    " body BLOB NOT NULL);"
    "CREATE UNIQUE INDEX row_key ON row (tab, key);"
    "CREATE INDEX row_rank ON row (tab, rank, key) WHERE rank <> 0;"
    "CREATE INDEX row_expires ON row (expires) WHERE expires IS NOT NULL;"
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;" },
};
const int sq_n_steps = (int)SQ_LEN(sq_steps);

static int read_int(sqlite3 *db, const char *sql, int *ret)
{
  sqlite3_stmt *st = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

  if (rc == SQLITE_OK) {
    rc = sqlite3_step(st);
    if (rc == SQLITE_ROW)
      *ret = sqlite3_column_int(st, 0);
    rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
  }
  sqlite3_finalize(st);
  return rc;
}

/* Both of one moment: another process may be making them. */
static int look(sqlite3 *db, int newest, int *ret_version)
{
  int tables = 0, rc;

  *ret_version = 0;
  rc = read_int(db, "PRAGMA user_version", ret_version);
  /* Reading the schema is also what finds most damage. */
  if (rc == SQLITE_OK)
    rc = read_int(db, "SELECT count(*) FROM sqlite_master", &tables);
  if (rc == SQLITE_OK && (*ret_version > newest || *ret_version < 0 ||
                          (*ret_version == 0 && tables > 0)))
    rc = SQLITE_MISMATCH;
  return rc;
}

int sq_schema_check(sqlite3 *db, int newest, int *ret_version)
{
  int rc = sqlite3_exec(db, "SAVEPOINT look", NULL, NULL, NULL), ended;

  if (rc != SQLITE_OK)
    return rc;
  rc = look(db, newest, ret_version);
  ended = sqlite3_exec(db, "RELEASE look", NULL, NULL, NULL);
  return rc == SQLITE_OK ? ended : rc;
}

static int run_steps(sqlite3 *db, const struct sq_step *steps, int n)
{
  char *done = sqlite3_mprintf("PRAGMA user_version = %d;"
                               "PRAGMA application_id = " APPLICATION,
                               n);
  int rc = done ? SQLITE_OK : SQLITE_NOMEM, version = 0, i;

  /* Another process may have been quicker. */
  if (rc == SQLITE_OK)
    rc = sq_schema_check(db, n, &version);
  for (i = version; i < n && rc == SQLITE_OK; i++)
    rc = sqlite3_exec(db, steps[i].sql, NULL, NULL, NULL);
  if (rc == SQLITE_OK && version < n)
    rc = sqlite3_exec(db, done, NULL, NULL, NULL);
  sqlite3_free(done);
  return rc;
}

int sq_schema_bring(sqlite3 *db, const struct sq_step *steps, int n)
{
  int rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

  if (rc != SQLITE_OK)
    return rc;
  rc = run_steps(db, steps, n);
  if (rc == SQLITE_OK)
    rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
  if (!sqlite3_get_autocommit(db))
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
  return rc;
}
