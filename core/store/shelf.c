/* shelf.c - one entry: found, put there, thrown away. */
#include "store/shelf.h"
#include "store/store.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>

#define PIECE (256u << 10)

static int32_t scan_one(const struct gm_shelf *s, const char *table,
                        const char *key, uint32_t flags, gamut_store_row_fn *fn,
                        void *user)
{
  return gm_store_row(s->type, s->handle, table, key, flags, fn, user,
                      s->message);
}

/* ---- finding ------------------------------------------------------------- */

struct find {
  struct gm_shelf_row *row;
  const char *owner;
};

static int32_t making_row(void *user, const struct gamut_store_row *row)
{
  struct find *f = user;

  f->row->made = row->owner && row->owner_ttl_ms > 0 &&
                 !(f->owner && strcmp(row->owner, f->owner) == 0);
  return 0;
}

static int32_t cache_row(void *user, const struct gamut_store_row *row)
{
  struct find *f = user;

  f->row->body = gm_strndup(row->body ? row->body : "", row->body_len);
  f->row->len = row->body_len;
  f->row->version = row->version;
  return f->row->body ? 0 : GAMUT_E_NOMEM;
}

/* In this order: whoever makes it puts the entry there before he says that he
 * makes it no longer. */
int32_t gm_shelf_find(const struct gm_shelf *s, const char *key,
                      const char *owner, struct gm_shelf_row *ret)
{
  struct find f = { ret, owner };
  int32_t rc;

  *ret = (struct gm_shelf_row){ .now_ms = s->type->now(s->handle) };
  rc = scan_one(s, GM_TABLE_MAKING, key, GAMUT_SCAN_NO_BODY, making_row, &f);
  if (rc == 0)
    rc = scan_one(s, GM_TABLE_CACHE, key, 0, cache_row, &f);
  return rc;
}

/* ---- writing ------------------------------------------------------------- */

static int32_t number_row(void *user, const struct gamut_store_row *row)
{
  int64_t *n = user;

  *n = row->numbers[0];
  return 0;
}

/* numbers[0] of a row; 0: there is none. */
static int32_t number_of(const struct gm_shelf *s, const char *table,
                         const char *key, int64_t *ret)
{
  *ret = 0;
  return scan_one(s, table, key, GAMUT_SCAN_NO_BODY, number_row, ret);
}

static int32_t commit(const struct gm_shelf *s,
                      const struct gamut_store_op *ops, uint32_t n,
                      int32_t *ret_outcome)
{
  struct gamut_store_tx tx = { .struct_size = sizeof(tx),
                               .flags = GAMUT_TX_LOOSE,
                               .ops = { ops, n, sizeof(*ops) } };
  struct gamut_store_tx *const list[] = { &tx };
  int32_t rc = s->type->commit(s->handle, list, 1, s->message);

  if (rc == 0 && ret_outcome)
    *ret_outcome = tx.outcome;
  return rc;
}

static struct gamut_store_op count_op(int64_t bytes)
{
  return (struct gamut_store_op){ .table = GM_TABLE_FACT,
                                  .key = GM_FACT_CACHE,
                                  .changes = GAMUT_ADD_NUMBERS,
                                  .numbers = { bytes } };
}

static int32_t stop_making(const struct gm_shelf *s, const char *key,
                           const char *owner)
{
  const struct gamut_store_op op = { .table = GM_TABLE_MAKING,
                                     .key = key,
                                     .conditions = GAMUT_IF_MINE,
                                     .changes = GAMUT_REMOVE,
                                     .owner = owner };

  return commit(s, &op, 1, NULL);
}

int32_t gm_shelf_put(const struct gm_shelf *s, const struct gm_shelf_entry *e,
                     int64_t *ret_bytes)
{
  struct gamut_store_op ops[2];
  int64_t before;
  int32_t rc = number_of(s, GM_TABLE_CACHE, e->key, &before);

  if (rc)
    return rc;
  ops[0] =
    (struct gamut_store_op){ .table = GM_TABLE_CACHE,
                             .key = e->key,
                             .changes = GAMUT_SET_BODY | GAMUT_SET_RANK |
                                        GAMUT_SET_TTL | GAMUT_SET_NUMBERS,
                             .body = e->body,
                             .body_len = strlen(e->body),
                             .rank = s->type->now(s->handle),
                             .ttl_ms = e->ttl_ms > 0 ? e->ttl_ms : -1 };
  memcpy(ops[0].numbers, e->numbers, sizeof(e->numbers));
  ops[1] = count_op(e->numbers[GM_SHELF_BYTES] - before);
  rc = commit(s, ops, 2, NULL);
  if (rc == 0 && e->owner)
    rc = stop_making(s, e->key, e->owner);
  return rc ? rc : number_of(s, GM_TABLE_FACT, GM_FACT_CACHE, ret_bytes);
}

int32_t gm_shelf_discard(const struct gm_shelf *s, const char *key,
                         uint64_t version, const char *damaged)
{
  struct gamut_store_op ops[2];
  int64_t bytes;
  int32_t rc = number_of(s, GM_TABLE_CACHE, key, &bytes);

  if (rc)
    return rc;
  ops[0] = (struct gamut_store_op){ .table = GM_TABLE_CACHE,
                                    .key = key,
                                    .conditions = GAMUT_IF_VERSION,
                                    .changes = GAMUT_REMOVE,
                                    .version = version };
  ops[1] = count_op(-bytes);
  rc = commit(s, ops, 2, NULL);
  if (rc == 0 && damaged)
    rc = s->type->blob_remove(s->handle, damaged, s->message);
  return rc;
}

/* ---- blobs --------------------------------------------------------------- */

bool gm_shelf_is_hash(const char *s)
{
  return s && strlen(s) == GAMUT_STORE_HASH - 1 &&
         strspn(s, "0123456789abcdef") == GAMUT_STORE_HASH - 1;
}

int32_t gm_shelf_hash(const struct gm_shelf *s, const char *hash,
                      char ret[GM_SHA256_HEX])
{
  _cleanup_free_ char *piece = gm_alloc(PIECE);
  struct gm_sha256 sum;
  uint64_t at = 0, total;
  size_t len;
  int32_t rc;

  if (!piece)
    return GAMUT_E_NOMEM;
  gm_sha256_init(&sum);
  do {
    rc = s->type->blob_read(s->handle, hash, at, piece, PIECE, &len, &total,
                            s->message);
    if (rc)
      return rc;
    gm_sha256_add(&sum, piece, len);
    at += len;
  } while (len > 0 && at < total);
  gm_sha256_hex(&sum, ret);
  return 0;
}
