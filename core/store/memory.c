/* memory.c - the store of programs without a durable one: it keeps what any
 * store does, and nothing outlives the handle.
 *
 * A row is never changed: a new one takes its place and remembers the one
 * before until the commit is through.  So a condition that does not hold, or no
 * memory in the middle, is undone by putting the old ones back, which needs no
 * memory: a removed row stays in its table, marked as gone, until then. */
#include "base/clock.h"
#include "store/memory_private.h"
#include <stdio.h>
#include <string.h>

#define ALL_CONDITIONS (2u * GAMUT_IF_MAX - 1)
#define ALL_CHANGES    (2u * GAMUT_REMOVE - 1)

struct row {
  struct row *before;  /* what it took the place of */
  struct row *earlier; /* the row that was made before it in this commit */
  struct table *table;
  uint64_t version;
  uint64_t until_ms; /* mono; 0: for good */
  int64_t rank;
  int64_t numbers[GAMUT_STORE_NUMBERS];
  const char *key, *owner; /* behind the body; owner may be NULL */
  size_t body_len;
  bool gone;
  char body[];
};

struct table {
  struct gm_map rows;
  size_t n_changes; /* since the last sweep */
};

int32_t gm_memory_none(char *message)
{
  snprintf(message, GAMUT_STORE_MESSAGE, "no memory is left for the store");
  return GAMUT_E_NOMEM;
}

/* ---- rows ---------------------------------------------------------------- */

static bool is_there(const struct row *row)
{
  return !row->gone && (!row->until_ms || gm_mono_ms() < row->until_ms);
}

static struct row *find(struct gm_memory *m, const char *table, const char *key)
{
  struct table *t = gm_map_get(&m->tables, table);
  struct row *row = t ? gm_map_get(&t->rows, key) : NULL;

  return row && is_there(row) ? row : NULL;
}

/* For how long an owner is good; 0: it is not. */
static int64_t owner_ttl(struct gm_memory *m, const char *owner)
{
  struct row *row = owner ? find(m, GAMUT_STORE_OWNERS, owner) : NULL;

  if (!row)
    return 0;
  return row->until_ms ? (int64_t)(row->until_ms - gm_mono_ms()) : INT64_MAX;
}

static bool same(const char *a, const char *b)
{
  return a && b && strcmp(a, b) == 0;
}

static char *append(char **at, const char *s)
{
  size_t len = strlen(s) + 1;
  char *to = *at;

  memcpy(to, s, len);
  *at += len;
  return to;
}

static const char *owner_after(const struct row *old,
                               const struct gamut_store_op *op)
{
  if (op->changes & GAMUT_SET_OWNER)
    return op->owner;
  return old && !(op->changes & GAMUT_CLEAR_OWNER) ? old->owner : NULL;
}

/* `old` (NULL: none) with the changes of `op`; not yet in any table. */
static struct row *changed(struct gm_memory *m, const struct row *old,
                           const struct gamut_store_op *op)
{
  bool set_body = op->changes & GAMUT_SET_BODY;
  const void *body = set_body ? op->body : old ? old->body : NULL;
  size_t len = set_body ? op->body_len : old ? old->body_len : 0;
  const char *owner = owner_after(old, op);
  struct row *row = gm_zalloc(sizeof(*row) + len + strlen(op->key) + 1 +
                              (owner ? strlen(owner) + 1 : 0));
  char *at;

  if (!row)
    return NULL;
  if (old) {
    row->rank = old->rank;
    row->until_ms = old->until_ms;
    memcpy(row->numbers, old->numbers, sizeof(row->numbers));
  }
  row->version = ++m->version;
  row->body_len = len;
  if (len)
    memcpy(row->body, body, len);
  at = row->body + len;
  row->key = append(&at, op->key);
  row->owner = owner ? append(&at, owner) : NULL;
  return row;
}

static int64_t sum(int64_t a, int64_t b)
{
  int64_t c;

  if (!__builtin_add_overflow(a, b, &c))
    return c;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

static void set_members(struct row *row, const struct gamut_store_op *op)
{
  size_t i;

  if (op->changes & GAMUT_SET_RANK)
    row->rank = op->rank;
  if (op->changes & GAMUT_SET_TTL)
    row->until_ms =
      op->ttl_ms < 0 ? 0 : GM_MAX(gm_mono_ms() + (uint64_t)op->ttl_ms, 1);
  for (i = 0; i < GAMUT_STORE_NUMBERS; i++) {
    if (op->changes & GAMUT_SET_NUMBERS)
      row->numbers[i] = op->numbers[i];
    if (op->changes & GAMUT_ADD_NUMBERS)
      row->numbers[i] = sum(row->numbers[i], op->numbers[i]);
  }
}

/* ---- one operation ------------------------------------------------------- */

static bool below_max(const struct row *old, const struct gamut_store_op *op)
{
  int64_t n = old ? old->numbers[0] : 0;

  if (op->changes & GAMUT_SET_NUMBERS)
    n = op->numbers[0];
  if (op->changes & GAMUT_ADD_NUMBERS)
    n = sum(n, op->numbers[0]);
  return n <= op->max;
}

static bool met(struct gm_memory *m, const struct row *old,
                const struct gamut_store_op *op)
{
  uint32_t c = op->conditions;

  if ((c & GAMUT_IF_ABSENT && old) || (c & GAMUT_IF_PRESENT && !old))
    return false;
  if (c & GAMUT_IF_VERSION && (!old || old->version != op->version))
    return false;
  if (c & GAMUT_IF_MINE && (!old || !same(old->owner, op->owner)))
    return false;
  if (c & GAMUT_IF_FREE && old && !same(old->owner, op->owner) &&
      owner_ttl(m, old->owner) != 0)
    return false;
  return !(c & GAMUT_IF_MAX) || below_max(old, op);
}

static struct table *table_of(struct gm_memory *m, const char *name)
{
  struct table *t = gm_map_get(&m->tables, name);

  if (t)
    return t;
  t = gm_zalloc(sizeof(*t));
  if (t && gm_map_put(&m->tables, name, t))
    return t;
  gm_free(t);
  return NULL;
}

/* `before`: what is in the table, be it there or not; `old`: if it is. */
static int32_t change(struct gm_memory *m, struct table *t, struct row *before,
                      const struct row *old, const struct gamut_store_op *op)
{
  struct row *row = changed(m, old, op);

  if (!row)
    return GAMUT_E_NOMEM;
  row->gone = op->changes & GAMUT_REMOVE;
  row->table = t;
  set_members(row, op);
  row->before = before;
  if (!gm_map_put(&t->rows, op->key, row)) {
    gm_free(row);
    return GAMUT_E_NOMEM;
  }
  row->earlier = m->latest;
  m->latest = row;
  t->n_changes++;
  return 0;
}

static int32_t run_op(struct gm_memory *m, const struct gamut_store_op *op)
{
  struct table *t = table_of(m, op->table);
  struct row *before = t ? gm_map_get(&t->rows, op->key) : NULL;
  const struct row *old = before && is_there(before) ? before : NULL;

  if (!t)
    return GAMUT_E_NOMEM;
  if (op->conditions > ALL_CONDITIONS || op->changes > ALL_CHANGES)
    return GAMUT_E_UNSUPPORTED;
  if (!met(m, old, op))
    return GAMUT_STORE_NOT_MET;
  if (!op->changes || (op->changes & GAMUT_REMOVE && !old))
    return 0;
  return change(m, t, before, old, op);
}

/* ---- commits ------------------------------------------------------------- */

static void undo_to(struct gm_memory *m, struct row *mark)
{
  struct row *row, *earlier;

  for (row = m->latest; row && row != mark; row = earlier) {
    earlier = row->earlier;
    if (row->before) /* needs no memory: the key is there */
      gm_map_put(&row->table->rows, row->key, row->before);
    else
      gm_map_remove(&row->table->rows, row->key);
    gm_free(row);
  }
  m->latest = mark;
}

/* Rows that expired are looked for once in as many changes as there are rows,
 * so that it costs nothing much. */
static void sweep(struct table *t)
{
  struct gm_map_entry *e;
  size_t it = 0;

  if (t->n_changes <= t->rows.n_used)
    return;
  t->n_changes = 0;
  while ((e = gm_map_next(&t->rows, &it))) {
    struct row *row = e->value;

    if (is_there(row))
      continue;
    gm_map_remove(&t->rows, row->key);
    gm_free(row);
  }
}

/* The oldest first, so that each finds what it replaced and nothing else does.
 */
static void settle(struct gm_memory *m)
{
  struct row *row, *next, *oldest_first = NULL;

  for (row = m->latest; row; row = next) {
    next = row->earlier;
    row->earlier = oldest_first;
    oldest_first = row;
  }
  m->latest = NULL;
  for (row = oldest_first; row; row = next) {
    struct table *t = row->table;

    next = row->earlier;
    row->earlier = NULL;
    gm_free(GM_TAKE(row->before));
    if (gm_map_get(&t->rows, row->key) != row)
      continue; /* a later one has taken its place, and frees it */
    if (row->gone) {
      gm_map_remove(&t->rows, row->key);
      gm_free(row);
    }
  }
}

static void sweep_all(struct gm_memory *m)
{
  struct gm_map_entry *e;
  size_t it = 0;

  while ((e = gm_map_next(&m->tables, &it)))
    sweep(e->value);
}

struct verdict {
  int32_t outcome;
  uint32_t failed;
};

static int32_t run_tx(struct gm_memory *m, const struct gamut_store_tx *tx,
                      struct verdict *ret)
{
  struct row *mark = m->latest;
  int32_t rc = 0;
  uint32_t i;

  for (i = 0; i < tx->ops.count && rc == 0; i++) {
    const struct gamut_store_op *ops = tx->ops.items;

    rc = run_op(m, &ops[i]);
  }
  *ret = (struct verdict){ rc, rc ? i - 1 : 0 };
  if (rc)
    undo_to(m, mark);
  return rc == GAMUT_STORE_NOT_MET ? 0 : rc;
}

static int32_t failed(struct gm_memory *m, int32_t rc, char *message)
{
  undo_to(m, NULL);
  if (rc == GAMUT_E_NOMEM)
    return gm_memory_none(message);
  snprintf(message, GAMUT_STORE_MESSAGE,
           "the store is older than what it was asked for");
  return rc;
}

static int32_t memory_commit(void *store, struct gamut_store_tx *const *txs,
                             uint32_t n, char *message)
{
  _cleanup_free_ struct verdict *verdicts = gm_alloc(n * sizeof(*verdicts));
  struct gm_memory *m = store;
  int32_t rc = verdicts ? 0 : GAMUT_E_NOMEM;
  uint32_t i;

  for (i = 0; i < n && rc == 0; i++)
    rc = run_tx(m, txs[i], &verdicts[i]);
  if (rc)
    return failed(m, rc, message);
  settle(m);
  sweep_all(m);
  for (i = 0; i < n; i++) {
    txs[i]->outcome = verdicts[i].outcome;
    txs[i]->failed = verdicts[i].failed;
  }
  return 0;
}

/* ---- looking ------------------------------------------------------------- */

static bool wanted(struct gm_memory *m, const struct gamut_store_query *q,
                   const struct row *row)
{
  if (!is_there(row) || (q->from && strcmp(row->key, q->from) < 0) ||
      (q->to && strcmp(row->key, q->to) >= 0))
    return false;
  if (q->flags & GAMUT_SCAN_BY_RANK &&
      (row->rank == 0 || row->rank < q->min_rank || row->rank > q->max_rank))
    return false;
  return !(q->flags & GAMUT_SCAN_FREE) || owner_ttl(m, row->owner) == 0;
}

static int by_key(const void *a, const void *b)
{
  const struct row *const *x = a, *const *y = b;

  return strcmp((*x)->key, (*y)->key);
}

static int by_rank(const void *a, const void *b)
{
  const struct row *const *x = a, *const *y = b;

  if ((*x)->rank != (*y)->rank)
    return (*x)->rank < (*y)->rank ? -1 : 1;
  return by_key(a, b);
}

static int32_t show(struct gm_memory *m, const struct gamut_store_query *q,
                    const struct row *row, gamut_store_row_fn *fn, void *user)
{
  struct gamut_store_row shown = {
    .struct_size = sizeof(shown),
    .key = row->key,
    .body = q->flags & GAMUT_SCAN_NO_BODY ? NULL : row->body,
    .body_len = row->body_len,
    .version = row->version,
    .rank = row->rank,
    .ttl_ms = row->until_ms ? (int64_t)(row->until_ms - gm_mono_ms()) : -1,
    .owner = row->owner,
    .owner_ttl_ms = owner_ttl(m, row->owner),
  };

  memcpy(shown.numbers, row->numbers, sizeof(shown.numbers));
  return fn(user, &shown);
}

/* All that are wanted, sorted; gm_free.  NULL: no memory. */
static struct row **collect(struct gm_memory *m,
                            const struct gamut_store_query *q, struct table *t,
                            size_t *ret_n)
{
  struct row **all = gm_alloc((t->rows.n_used + 1) * sizeof(struct row *));
  struct gm_map_entry *e;
  size_t it = 0;

  *ret_n = 0;
  while (all && (e = gm_map_next(&t->rows, &it))) {
    if (wanted(m, q, e->value))
      all[(*ret_n)++] = e->value;
  }
  if (all)
    qsort(all, *ret_n, sizeof(struct row *),
          q->flags & GAMUT_SCAN_BY_RANK ? by_rank : by_key);
  return all;
}

static int32_t scan_all(struct gm_memory *m, const struct gamut_store_query *q,
                        struct table *t, gamut_store_row_fn *fn, void *user,
                        char *message)
{
  size_t n, i;
  _cleanup_free_ struct row **all = collect(m, q, t, &n);
  int32_t rc = 0;

  if (!all)
    return gm_memory_none(message);
  for (i = 0; i < n && rc == 0 && (q->limit == 0 || i < q->limit); i++)
    rc = show(m, q, all[q->flags & GAMUT_SCAN_DOWN ? n - 1 - i : i], fn, user);
  return rc;
}

static int32_t memory_scan(void *store, const struct gamut_store_query *q,
                           gamut_store_row_fn *fn, void *user, char *message)
{
  struct gm_memory *m = store;
  struct table *t = gm_map_get(&m->tables, q->table);
  struct gamut_store_query any = *q;
  const struct row *row;

  if (!t)
    return 0;
  if (!(q->flags & GAMUT_SCAN_KEY))
    return scan_all(m, q, t, fn, user, message);
  any.to = NULL;
  row = gm_map_get(&t->rows, q->from);
  return row && wanted(m, &any, row) ? show(m, q, row, fn, user) : 0;
}

static int64_t memory_now(void *store)
{
  (void)store;
  return (int64_t)gm_wall_ms();
}

/* ---- the store ----------------------------------------------------------- */

static int32_t memory_open(const struct gamut_store_open *options,
                           void **ret_store, char *message)
{
  struct gm_memory *m = gm_zalloc(sizeof(*m));

  (void)options;
  if (!m)
    return gm_memory_none(message);
  gm_list_init(&m->unended);
  *ret_store = m;
  return 0;
}

static void free_table(struct table *t)
{
  struct gm_map_entry *e;
  size_t it = 0;

  while ((e = gm_map_next(&t->rows, &it)))
    gm_free(e->value);
  gm_map_finish(&t->rows);
  gm_free(t);
}

static void memory_close(void *store)
{
  struct gm_memory *m = store;
  struct gm_map_entry *e;
  size_t it = 0;

  while ((e = gm_map_next(&m->tables, &it)))
    free_table(e->value);
  gm_map_finish(&m->tables);
  gm_memory_blobs_finish(m);
  gm_free(m);
}

const struct gamut_store gm_store_memory = {
  .struct_size = sizeof(gm_store_memory),
  .open = memory_open,
  .close = memory_close,
  .now = memory_now,
  .commit = memory_commit,
  .scan = memory_scan,
  .blob_new = gm_memory_blob_new,
  .blob_add = gm_memory_blob_add,
  .blob_keep = gm_memory_blob_keep,
  .blob_drop = gm_memory_blob_drop,
  .blob_read = gm_memory_blob_read,
  .blob_remove = gm_memory_blob_remove,
  .blob_each = gm_memory_blob_each,
};
