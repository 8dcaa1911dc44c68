/* commit.c - transactions: conditions are judged and rows changed one by one,
 * inside one transaction of SQLite, with a savepoint for each of ours that may
 * have to be undone. */
#include "sqlite.h"
#include <stdlib.h>
#include <string.h>

#define ALL_CONDITIONS (2u * GAMUT_IF_MAX - 1)
#define ALL_CHANGES    (2u * GAMUT_REMOVE - 1)

/* Expired rows go a few at a time, beside other work. */
#define PURGE_EVERY_MS 10000
#define PURGE_AGAIN_MS 100 /* when there are more than are purged at once */
#define PURGE_AT_ONCE  500
#define PURGE                                                                  \
  "DELETE FROM row WHERE id IN (SELECT id FROM row"                            \
  " WHERE expires < ?1 AND tab <> 'owner' LIMIT ?3)"                           \
  " OR tab = 'owner' AND expires < ?2"

#define FIND                                                                   \
  "SELECT id, expires, version, owner, n0, n1, n2, n3, n4, n5, n6, n7"         \
  " FROM row WHERE tab = ?1 AND key = ?2"
#define INSERT                                                                 \
  "INSERT INTO row (tab, key, version, body, rank, expires, n0, n1, n2, n3,"   \
  " n4, n5, n6, n7, owner, session) VALUES (?15, ?16, ?17, ?2, ?3, ?4, ?5,"    \
  " ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
#define OWNER                                                                  \
  "SELECT expires, session FROM row WHERE tab = 'owner' AND key = ?1"

/* Members of a row, for UPDATE; parameters as in INSERT, ?1 is its id. */
enum { BODY = 1, RANK = 2, EXPIRES = 4, NUMBERS = 8, OWNED = 16, SESSION = 32 };

struct found {
  int64_t id; /* 0: nothing of this key, not even expired */
  int there, mine;
  uint64_t version;
  int64_t numbers[GAMUT_STORE_NUMBERS];
};

/* ---- owners -------------------------------------------------------------- */

int64_t sq_owner_ttl(struct sq_store *s, const char *owner)
{
  int64_t left = 0;
  int rc;
  sqlite3_stmt *st = sq_statement(s, SQ_OWNER, OWNER, &rc);

  if (!st)
    return -rc;
  sqlite3_bind_text(st, 1, owner, -1, SQLITE_STATIC);
  rc = sqlite3_step(st);
  if (rc == SQLITE_ROW && sq_session_lives(s, sqlite3_column_int64(st, 1))) {
    left = sqlite3_column_type(st, 0) == SQLITE_NULL
             ? INT64_MAX
             : sqlite3_column_int64(st, 0) - sq_now(s, GAMUT_STORE_OWNERS);
    left = left < 0 ? 0 : left;
  }
  sqlite3_reset(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? left : -rc;
}

/* ---- conditions ---------------------------------------------------------- */

static int64_t sum(int64_t a, int64_t b)
{
  int64_t c;

  if (!__builtin_add_overflow(a, b, &c))
    return c;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

/* What the row's numbers will be. */
static void count(struct found *f, const struct gamut_store_op *op)
{
  size_t i;

  for (i = 0; i < GAMUT_STORE_NUMBERS; i++) {
    if (op->changes & GAMUT_SET_NUMBERS)
      f->numbers[i] = op->numbers[i];
    if (op->changes & GAMUT_ADD_NUMBERS)
      f->numbers[i] = sum(f->numbers[i], op->numbers[i]);
  }
}

/* 1: met; 0: not met; negative: an SQLite error, negated. */
static int is_free(struct sq_store *s, const char *owner)
{
  int64_t left = sq_owner_ttl(s, owner);

  return left < 0 ? (int)left : left == 0;
}

static int met(const struct found *f, const struct gamut_store_op *op)
{
  uint32_t c = op->conditions;

  if ((c & GAMUT_IF_ABSENT && f->there) || (c & GAMUT_IF_PRESENT && !f->there))
    return 0;
  if (c & GAMUT_IF_VERSION && (!f->there || f->version != op->version))
    return 0;
  if (c & GAMUT_IF_MINE && !f->mine)
    return 0;
  return !(c & GAMUT_IF_MAX) || f->numbers[0] <= op->max;
}

static void read_row(struct sq_store *s, const struct gamut_store_op *op,
                     sqlite3_stmt *st, struct found *f)
{
  const char *owner = (const char *)sqlite3_column_text(st, 3);
  int i;

  f->id = sqlite3_column_int64(st, 0);
  f->there = sqlite3_column_type(st, 1) == SQLITE_NULL ||
             sqlite3_column_int64(st, 1) > sq_now(s, op->table);
  if (!f->there)
    return;
  f->version = (uint64_t)sqlite3_column_int64(st, 2);
  f->mine = owner && op->owner && strcmp(owner, op->owner) == 0;
  for (i = 0; i < GAMUT_STORE_NUMBERS; i++)
    f->numbers[i] = sqlite3_column_int64(st, 4 + i);
}

/* As is_free(). */
static int judge(struct sq_store *s, const struct gamut_store_op *op,
                 struct found *f)
{
  const char *owner;
  int rc, ok = 1;
  sqlite3_stmt *st = sq_statement(s, SQ_FIND, FIND, &rc);

  memset(f, 0, sizeof(*f));
  if (!st)
    return -rc;
  sqlite3_bind_text(st, 1, op->table, -1, SQLITE_STATIC);
  sqlite3_bind_text(st, 2, op->key, -1, SQLITE_STATIC);
  rc = sqlite3_step(st);
  if (rc == SQLITE_ROW) {
    read_row(s, op, st, f);
    owner = (const char *)sqlite3_column_text(st, 3);
    if (op->conditions & GAMUT_IF_FREE && f->there && owner && !f->mine)
      ok = is_free(s, owner);
  }
  sqlite3_reset(st);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE)
    return -rc;
  count(f, op);
  return ok > 0 ? met(f, op) : ok;
}

/* ---- changes ------------------------------------------------------------- */

static int run(sqlite3_stmt *st)
{
  int rc = sqlite3_step(st);

  sqlite3_reset(st);
  sqlite3_clear_bindings(st); /* what they point to goes */
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int delete_row(struct sq_store *s, int64_t id)
{
  int rc;
  sqlite3_stmt *st =
    sq_statement(s, SQ_DELETE, "DELETE FROM row WHERE id = ?1", &rc);

  if (!st)
    return rc;
  sqlite3_bind_int64(st, 1, id);
  return run(st);
}

static void bind_members(struct sq_store *s, sqlite3_stmt *st,
                         const struct gamut_store_op *op, const struct found *f,
                         int members)
{
  int i;

  if (members & BODY)
    sqlite3_bind_blob64(st, 2, op->body_len ? op->body : "", op->body_len,
                        SQLITE_STATIC);
  if (members & RANK)
    sqlite3_bind_int64(st, 3, op->rank);
  if (members & EXPIRES && op->ttl_ms >= 0)
    sqlite3_bind_int64(st, 4, sum(sq_now(s, op->table), op->ttl_ms));
  for (i = 0; members & NUMBERS && i < GAMUT_STORE_NUMBERS; i++)
    sqlite3_bind_int64(st, 5 + i, f->numbers[i]);
  if (op->changes & GAMUT_SET_OWNER)
    sqlite3_bind_text(st, 13, op->owner, -1, SQLITE_STATIC);
  if (members & SESSION)
    sqlite3_bind_int64(st, 14, s->session);
}

static int members_of(const struct gamut_store_op *op)
{
  int members = 0;

  if (op->changes & GAMUT_SET_BODY)
    members |= BODY;
  if (op->changes & GAMUT_SET_RANK)
    members |= RANK;
  if (op->changes & GAMUT_SET_TTL)
    members |= EXPIRES;
  if (op->changes & (GAMUT_SET_NUMBERS | GAMUT_ADD_NUMBERS))
    members |= NUMBERS;
  if (op->changes & (GAMUT_SET_OWNER | GAMUT_CLEAR_OWNER))
    members |= OWNED;
  if (strcmp(op->table, GAMUT_STORE_OWNERS) == 0)
    members |= SESSION;
  return members;
}

static sqlite3_stmt *update_statement(struct sq_store *s, int members,
                                      int *ret_rc)
{
  sqlite3_stmt *st = s->statements[SQ_UPDATE + members];
  char *sql;

  *ret_rc = SQLITE_OK;
  if (st)
    return st;
  sql = sqlite3_mprintf(
    "UPDATE row SET version = version + 1%s%s%s%s%s%s WHERE id = ?1",
    members & BODY ? ", body = ?2" : "", members & RANK ? ", rank = ?3" : "",
    members & EXPIRES ? ", expires = ?4" : "",
    members & NUMBERS ? ", n0 = ?5, n1 = ?6, n2 = ?7, n3 = ?8, n4 = ?9,"
                        " n5 = ?10, n6 = ?11, n7 = ?12"
                      : "",
    members & OWNED ? ", owner = ?13" : "",
    members & SESSION ? ", session = ?14" : "");
  if (!sql)
    *ret_rc = SQLITE_NOMEM;
  else
    st = sq_statement(s, SQ_UPDATE + members, sql, ret_rc);
  sqlite3_free(sql);
  return st;
}

static int update_row(struct sq_store *s, const struct gamut_store_op *op,
                      const struct found *f)
{
  int rc, members = members_of(op);
  sqlite3_stmt *st = update_statement(s, members, &rc);

  if (!st)
    return rc;
  sqlite3_bind_int64(st, 1, f->id);
  bind_members(s, st, op, f, members);
  return run(st);
}

/* Versions begin anywhere, so that a row never has one that an earlier row of
 * its key had. */
static int insert_row(struct sq_store *s, const struct gamut_store_op *op,
                      const struct found *f)
{
  struct gamut_store_op whole = *op;
  int64_t version;
  int rc;
  sqlite3_stmt *st = sq_statement(s, SQ_INSERT, INSERT, &rc);

  if (!st)
    return rc;
  if (!(op->changes & GAMUT_SET_BODY))
    whole.body_len = 0;
  if (!(op->changes & GAMUT_SET_RANK))
    whole.rank = 0;
  sqlite3_randomness(sizeof(version), &version);
  sqlite3_bind_text(st, 15, op->table, -1, SQLITE_STATIC);
  sqlite3_bind_text(st, 16, op->key, -1, SQLITE_STATIC);
  sqlite3_bind_int64(st, 17, version & INT64_C(0x3fffffffffffffff));
  bind_members(s, st, &whole, f, members_of(op) | BODY | RANK | NUMBERS);
  return run(st);
}

static int apply(struct sq_store *s, const struct gamut_store_op *op,
                 const struct found *f)
{
  int rc = SQLITE_OK;

  if (op->changes == 0)
    return SQLITE_OK;
  if (f->there && !(op->changes & GAMUT_REMOVE))
    return update_row(s, op, f);
  if (f->id)
    rc = delete_row(s, f->id);
  if (rc == SQLITE_OK && !(op->changes & GAMUT_REMOVE))
    rc = insert_row(s, op, f);
  return rc;
}

/* ---- transactions -------------------------------------------------------- */

struct verdict {
  int32_t outcome;
  uint32_t failed;
};

/* The i-th operation; one that is shorter than ours ends with zeros. */
static struct gamut_store_op op_at(const struct gamut_table *ops, uint32_t i)
{
  struct gamut_store_op op = { 0 };
  size_t size = ops->stride < sizeof(op) ? ops->stride : sizeof(op);

  memcpy(&op, (const char *)ops->items + (size_t)i * ops->stride, size);
  return op;
}

/* SQLITE_MISMATCH: it asks for what this version does not know. */
static int run_ops(struct sq_store *s, const struct gamut_store_tx *tx,
                   struct verdict *ret)
{
  struct found f;
  int rc = SQLITE_OK, ok = 1;
  uint32_t i;

  *ret = (struct verdict){ 0, 0 };
  for (i = 0; i < tx->ops.count && rc == SQLITE_OK; i++) {
    struct gamut_store_op op = op_at(&tx->ops, i);

    if (op.conditions > ALL_CONDITIONS || op.changes > ALL_CHANGES)
      return SQLITE_MISMATCH;
    ok = judge(s, &op, &f);
    if (ok == 0) {
      *ret = (struct verdict){ GAMUT_STORE_NOT_MET, i };
      return SQLITE_OK;
    }
    rc = ok < 0 ? -ok : apply(s, &op, &f);
  }
  return rc;
}

/* Only what wrote something before a condition failed needs undoing. */
static int may_need_undo(const struct gamut_store_tx *tx)
{
  uint32_t i;

  for (i = 1; i < tx->ops.count; i++)
    if (op_at(&tx->ops, i).conditions)
      return 1;
  return 0;
}

static int run_tx(struct sq_store *s, const struct gamut_store_tx *tx,
                  struct verdict *ret)
{
  int rc = SQLITE_OK, undo = may_need_undo(tx);

  if (undo)
    rc = sq_exec(s, "SAVEPOINT tx");
  if (rc == SQLITE_OK)
    rc = run_ops(s, tx, ret);
  if (rc == SQLITE_OK && undo && ret->outcome)
    rc = sq_exec(s, "ROLLBACK TO tx");
  if (rc == SQLITE_OK && undo)
    rc = sq_exec(s, "RELEASE tx");
  return rc;
}

static int purge(struct sq_store *s)
{
  int64_t now = sq_wall_ms();
  sqlite3_stmt *st;
  int rc;

  if (now >= s->purged_at && now - s->purged_at < PURGE_EVERY_MS)
    return SQLITE_OK;
  s->purged_at = now;
  st = sq_statement(s, SQ_PURGE, PURGE, &rc);
  if (!st)
    return rc;
  sqlite3_bind_int64(st, 1, now);
  sqlite3_bind_int64(st, 2, sq_now(s, GAMUT_STORE_OWNERS));
  sqlite3_bind_int(st, 3, PURGE_AT_ONCE);
  rc = run(st);
  if (rc == SQLITE_OK && sqlite3_changes(s->db) >= PURGE_AT_ONCE)
    s->purged_at -= PURGE_EVERY_MS - PURGE_AGAIN_MS;
  return rc;
}

static int set_sync(struct sq_store *s, int full)
{
  int rc;

  if (s->full_sync == full)
    return SQLITE_OK;
  rc = sq_exec(s, full ? "PRAGMA synchronous = FULL"
                       : "PRAGMA synchronous = NORMAL");
  if (rc == SQLITE_OK)
    s->full_sync = full;
  return rc;
}

static int all_loose(struct gamut_store_tx *const *txs, uint32_t n)
{
  uint32_t i;

  for (i = 0; i < n; i++)
    if (!(txs[i]->flags & GAMUT_TX_LOOSE))
      return 0;
  return 1;
}

static int simple(struct sq_store *s, int which, const char *sql)
{
  int rc;
  sqlite3_stmt *st = sq_statement(s, which, sql, &rc);

  return st ? run(st) : rc;
}

static int commit_once(struct sq_store *s, struct gamut_store_tx *const *txs,
                       uint32_t n, struct verdict *verdicts)
{
  uint32_t i;
  int rc = set_sync(s, !all_loose(txs, n));

  if (rc == SQLITE_OK)
    rc = simple(s, SQ_BEGIN, "BEGIN IMMEDIATE");
  for (i = 0; i < n && rc == SQLITE_OK; i++)
    rc = run_tx(s, txs[i], &verdicts[i]);
  if (rc == SQLITE_OK)
    rc = purge(s);
  if (rc == SQLITE_OK)
    rc = simple(s, SQ_COMMIT, "COMMIT");
  return rc;
}

/* Others must not wait for what has failed, not even when there is no memory to
 * say so: closing always works, and the next call opens it again. */
static void roll_back(struct sq_store *s)
{
  if (!sqlite3_get_autocommit(s->db) && sq_exec(s, "ROLLBACK") != SQLITE_OK)
    sq_disconnect(s);
}

/* *ret_damaged: what is open is damaged. */
static int32_t commit(struct sq_store *s, struct gamut_store_tx *const *txs,
                      uint32_t n, struct verdict *verdicts, int *ret_damaged,
                      char *message)
{
  int rc = commit_once(s, txs, n, verdicts);
  int32_t error_class = 0;

  *ret_damaged = sq_is_damage(rc);
  if (rc == SQLITE_MISMATCH)
    error_class =
      sq_say(message, GAMUT_E_UNSUPPORTED,
             "this store-sqlite is older than gamut: install both anew");
  else if (rc != SQLITE_OK)
    error_class = sq_fail(s, rc, message);
  roll_back(s);
  return error_class;
}

static int32_t commit_all(struct sq_store *s, struct gamut_store_tx *const *txs,
                          uint32_t n, struct verdict *verdicts, char *message)
{
  int32_t rc = sq_begin_call(s, message);
  int damaged = 0;

  if (rc == 0)
    rc = commit(s, txs, n, verdicts, &damaged, message);
  if (damaged)
    rc = sq_after_damage(s, message);
  if (damaged && rc == 0)
    rc = commit(s, txs, n, verdicts, &damaged, message);
  return rc;
}

int32_t sq_commit(void *store, struct gamut_store_tx *const *txs, uint32_t n,
                  char *message)
{
  struct verdict *verdicts = sqlite3_malloc64((n + 1) * sizeof(*verdicts));
  struct sq_store *s = store;
  int32_t rc = verdicts ? 0 : sq_fail(s, SQLITE_NOMEM, message);
  uint32_t i;

  if (rc == 0)
    rc = commit_all(s, txs, n, verdicts, message);
  for (i = 0; i < n && rc == 0; i++) {
    txs[i]->outcome = verdicts[i].outcome;
    txs[i]->failed = verdicts[i].failed;
  }
  sqlite3_free(verdicts);
  return rc;
}
