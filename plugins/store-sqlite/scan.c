/* scan.c - looking at rows.  One statement for each set of flags, all of which
 * find their way by an index: (tab, key), or (tab, rank, key). */
#include "sqlite.h"
#include <stdint.h>
#include <string.h>

#define COLUMNS                                                                \
  "SELECT key, expires, version, owner, rank, n0, n1, n2, n3, n4, n5, n6, n7," \
  " length(body)"
#define NO_END "\xff" /* greater than any UTF-8 */
/* The flags that make a statement of its own. */
#define SHAPE                                                                  \
  (GAMUT_SCAN_KEY | GAMUT_SCAN_BY_RANK | GAMUT_SCAN_DOWN | GAMUT_SCAN_NO_BODY)

/* What is remembered of the row before: they mostly have one owner. */
struct look {
  struct sq_store *s;
  const struct gamut_store_query *q;
  char owner[GAMUT_STORE_KEY_MAX + 1];
  int64_t owner_ttl;
  int64_t now;
  uint32_t shown;
};

static sqlite3_stmt *statement(struct sq_store *s, uint32_t flags, int *ret_rc)
{
  int which = SQ_SCAN + (int)(flags & SHAPE);
  int by_rank = flags & GAMUT_SCAN_BY_RANK, down = flags & GAMUT_SCAN_DOWN;
  sqlite3_stmt *st = s->statements[which];
  char *sql;

  *ret_rc = SQLITE_OK;
  if (st)
    return st;
  sql = sqlite3_mprintf(
    "%s%s FROM row WHERE tab = ?1%s%s%s", COLUMNS,
    flags & GAMUT_SCAN_NO_BODY ? "" : ", body",
    flags & GAMUT_SCAN_KEY ? " AND key = ?2" : " AND key >= ?2 AND key < ?3",
    by_rank ? " AND rank <> 0 AND rank BETWEEN ?4 AND ?5" : "",
    by_rank ? down ? " ORDER BY rank DESC, key DESC" : " ORDER BY rank, key"
    : down  ? " ORDER BY key DESC"
            : " ORDER BY key");
  if (!sql)
    *ret_rc = SQLITE_NOMEM;
  else
    st = sq_statement(s, which, sql, ret_rc);
  sqlite3_free(sql);
  return st;
}

static void bind(sqlite3_stmt *st, const struct gamut_store_query *q)
{
  sqlite3_bind_text(st, 1, q->table, -1, SQLITE_STATIC);
  sqlite3_bind_text(st, 2, q->from ? q->from : "", -1, SQLITE_STATIC);
  if (!(q->flags & GAMUT_SCAN_KEY))
    sqlite3_bind_text(st, 3, q->to ? q->to : NO_END, -1, SQLITE_STATIC);
  if (q->flags & GAMUT_SCAN_BY_RANK) {
    sqlite3_bind_int64(st, 4, q->min_rank);
    sqlite3_bind_int64(st, 5, q->max_rank);
  }
}

static int64_t ttl_of(struct look *l, const char *owner)
{
  if (!owner)
    return 0;
  if (l->owner[0] && strcmp(l->owner, owner) == 0)
    return l->owner_ttl;
  l->owner_ttl = sq_owner_ttl(l->s, owner);
  if (strlen(owner) < sizeof(l->owner))
    memcpy(l->owner, owner, strlen(owner) + 1);
  return l->owner_ttl;
}

/* 0: it is not wanted; negative: an SQLite error, negated. */
static int take(struct look *l, sqlite3_stmt *st, struct gamut_store_row *row)
{
  int i;

  *row = (struct gamut_store_row){ .struct_size = sizeof(*row) };
  row->ttl_ms = -1;
  if (sqlite3_column_type(st, 1) != SQLITE_NULL) {
    row->ttl_ms = sqlite3_column_int64(st, 1) - l->now;
    if (row->ttl_ms <= 0)
      return 0;
  }
  row->owner = (const char *)sqlite3_column_text(st, 3);
  row->owner_ttl_ms = ttl_of(l, row->owner);
  if (row->owner_ttl_ms < 0)
    return (int)row->owner_ttl_ms;
  if (l->q->flags & GAMUT_SCAN_FREE && row->owner_ttl_ms > 0)
    return 0;
  row->key = (const char *)sqlite3_column_text(st, 0);
  row->version = (uint64_t)sqlite3_column_int64(st, 2);
  row->rank = sqlite3_column_int64(st, 4);
  for (i = 0; i < GAMUT_STORE_NUMBERS; i++)
    row->numbers[i] = sqlite3_column_int64(st, 5 + i);
  row->body_len = (size_t)sqlite3_column_int64(st, 13);
  if (!(l->q->flags & GAMUT_SCAN_NO_BODY)) {
    row->body = sqlite3_column_blob(st, 14);
    if (!row->body) /* of no length; or no memory, which step() would tell */
      row->body = "";
  }
  return row->key ? 1 : -SQLITE_NOMEM;
}

/* SQLITE_DONE, an SQLite error, or SQLITE_ABORT: `fn` has ended it. */
static int walk(struct look *l, sqlite3_stmt *st, gamut_store_row_fn *fn,
                void *user, int32_t *ret_said)
{
  struct gamut_store_row row;
  int rc, wanted;

  while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
    wanted = take(l, st, &row);
    if (wanted < 0)
      return -wanted;
    if (!wanted)
      continue;
    *ret_said = fn(user, &row);
    l->shown++;
    if (*ret_said)
      return SQLITE_ABORT;
    if (l->q->limit && l->shown == l->q->limit)
      return SQLITE_DONE;
  }
  return rc;
}

static int scan(struct look *l, gamut_store_row_fn *fn, void *user,
                int32_t *ret_said)
{
  int rc;
  sqlite3_stmt *st = statement(l->s, l->q->flags, &rc);

  if (!st)
    return rc;
  bind(st, l->q);
  rc = walk(l, st, fn, user, ret_said);
  sqlite3_reset(st);
  sqlite3_clear_bindings(st);
  return rc;
}

int32_t sq_scan(void *store, const struct gamut_store_query *query,
                gamut_store_row_fn *fn, void *user, char *message)
{
  struct sq_store *s = store;
  struct gamut_store_query q = *query;
  struct look l = { .s = s, .q = &q };
  int32_t said = 0, rc = sq_begin_call(s, message);
  int code;

  if (rc)
    return rc;
  if (q.flags & GAMUT_SCAN_KEY)
    q.flags &= ~(uint32_t)(GAMUT_SCAN_BY_RANK | GAMUT_SCAN_DOWN);
  l.now = sq_now(s, q.table);
  code = scan(&l, fn, user, &said);
  if (code == SQLITE_ABORT && said)
    return said;
  if (code == SQLITE_DONE)
    return 0;
  rc = sq_fail(s, code, message);
  if (sq_is_damage(code) && !sq_read_failed(s) &&
      sq_after_damage(s, message) == 0)
    return sq_say(message, GAMUT_E_STORAGE,
                  "the store '%.200s' was damaged and begun anew", s->file);
  return rc;
}
