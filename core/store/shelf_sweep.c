/* shelf_sweep.c - all entries at once: which stay, which go, and the blobs.
 *
 * A row goes only as it was seen: one that was used meanwhile, here or in
 * another process, stays.  A blob goes with the last entry that has it. */
#include "base/map.h"
#include "store/shelf.h"
#include "store/vectors.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>

/* A blob without an entry may be one whose entry is about to be written. */
#define STRAY_MS (10 * 60 * 1000)

struct row {
  char key[GAMUT_STORE_HASH];
  uint64_t version;
  int64_t bytes, used_ms, at_ms;
  uint32_t first, n; /* its blobs */
  bool goes, damaged;
};

struct inventory {
  const struct gm_shelf *shelf;
  struct gm_sweep *sweep;
  struct row *rows;
  uint32_t n_rows, room;
  char (*blobs)[GAMUT_STORE_HASH];
  uint32_t n_blobs, blob_room;
  struct gm_map kept; /* blobs of entries that stay */
  struct gm_map strays;
};

/* ---- taking stock -------------------------------------------------------- */

static void *more(void *list, uint32_t n, uint32_t *room, size_t size)
{
  if (n < *room)
    return list;
  *room = *room ? 2 * *room : 64;
  return gm_realloc(list, *room * size);
}

static bool add_blob(struct inventory *v, const char *hash)
{
  void *bigger = more(v->blobs, v->n_blobs, &v->blob_room, sizeof(*v->blobs));

  if (!bigger)
    return false;
  v->blobs = bigger;
  memcpy(v->blobs[v->n_blobs++], hash, GAMUT_STORE_HASH);
  return true;
}

static int32_t add_blobs(struct inventory *v, struct row *r,
                         const struct json_object *files)
{
  size_t i, n = gm_json_count(files, NULL);

  r->first = v->n_blobs;
  r->goes = n == 0; /* broken */
  for (i = 0; i < n; i++) {
    const char *hash =
      gm_json_str(json_object_array_get_idx(files, i), "sha256", NULL);

    if (!gm_shelf_is_hash(hash))
      r->goes = true;
    else if (!add_blob(v, hash))
      return GAMUT_E_NOMEM;
  }
  r->n = v->n_blobs - r->first;
  return 0;
}

static int32_t take_row(void *user, const struct gamut_store_row *row)
{
  struct inventory *v = user;
  _cleanup_json_ struct json_object *entry =
    gm_json_parse_once(row->body, row->body_len, NULL, NULL);
  void *bigger = more(v->rows, v->n_rows, &v->room, sizeof(*v->rows));
  struct row *r;

  if (!bigger)
    return GAMUT_E_NOMEM;
  v->rows = bigger;
  r = &v->rows[v->n_rows++];
  *r = (struct row){ .version = row->version,
                     .bytes = row->numbers[GM_SHELF_BYTES],
                     .used_ms = row->rank,
                     .at_ms = gm_json_i64(entry, "at", 0) };
  snprintf(r->key, sizeof(r->key), "%s", row->key);
  return add_blobs(v, r, gm_json_at(entry, "files"));
}

static int32_t take_stock(struct inventory *v)
{
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .table = GM_TABLE_CACHE };
  const struct gm_shelf *s = v->shelf;

  return s->type->scan(s->handle, &q, take_row, v, s->message);
}

/* ---- which go ------------------------------------------------------------ */

static bool is_whole(const struct inventory *v, const char *hash)
{
  char real[GM_SHA256_HEX];

  return gm_shelf_hash(v->shelf, hash, real) == 0 && strcmp(real, hash) == 0;
}

static void judge(struct inventory *v, struct row *r, int64_t now_ms)
{
  const struct gm_sweep *w = v->sweep;
  uint32_t i;

  for (i = 0; w->verify && !r->damaged && i < r->n; i++)
    r->damaged = !is_whole(v, v->blobs[r->first + i]);
  if (w->all || r->damaged || (w->ttl_ms > 0 && now_ms - r->at_ms > w->ttl_ms))
    r->goes = true;
}

static int by_use(const void *a, const void *b)
{
  const struct row *x = a, *y = b;

  return x->used_ms < y->used_ms ? -1 : x->used_ms > y->used_ms;
}

static void judge_all(struct inventory *v)
{
  int64_t now_ms = v->shelf->type->now(v->shelf->handle);
  uint64_t total = 0, most = v->sweep->max_bytes;
  uint32_t i;

  for (i = 0; i < v->n_rows; i++) {
    judge(v, &v->rows[i], now_ms);
    if (!v->rows[i].goes)
      total += (uint64_t)v->rows[i].bytes;
  }
  if (most == 0 || total <= most)
    return;
  most -= most / 10;
  qsort(v->rows, v->n_rows, sizeof(*v->rows), by_use);
  for (i = 0; i < v->n_rows && total > most; i++) {
    if (v->rows[i].goes)
      continue;
    v->rows[i].goes = true;
    total -= (uint64_t)v->rows[i].bytes;
  }
}

/* ---- doing it ------------------------------------------------------------ */

static int32_t remove_row(struct inventory *v, struct row *r)
{
  const struct gm_shelf *s = v->shelf;
  const struct gamut_store_op op = { .table = GM_TABLE_CACHE,
                                     .key = r->key,
                                     .conditions = GAMUT_IF_VERSION,
                                     .changes = GAMUT_REMOVE,
                                     .version = r->version };
  struct gamut_store_tx tx = { .struct_size = sizeof(tx),
                               .flags = GAMUT_TX_LOOSE,
                               .ops = { &op, 1, sizeof(op) } };
  struct gamut_store_tx *const list[] = { &tx };
  int32_t rc = s->type->commit(s->handle, list, 1, s->message);

  if (rc == 0 && tx.outcome)
    r->goes = false; /* used or made anew meanwhile */
  return rc;
}

static int32_t remove_rows(struct inventory *v)
{
  struct gm_sweep *w = v->sweep;
  int32_t rc = 0;
  uint32_t i, k;

  for (i = 0; i < v->n_rows && rc == 0; i++) {
    struct row *r = &v->rows[i];

    if (r->goes)
      rc = remove_row(v, r);
    if (r->goes) {
      w->removed++;
      w->damaged += r->damaged;
      w->freed += (uint64_t)r->bytes;
      continue;
    }
    w->entries++;
    w->bytes += (uint64_t)r->bytes;
    for (k = 0; k < r->n; k++)
      if (!gm_map_put(&v->kept, v->blobs[r->first + k], v))
        return GAMUT_E_NOMEM;
  }
  return rc;
}

static int32_t remove_blob(struct inventory *v, const char *hash)
{
  const struct gm_shelf *s = v->shelf;

  if (gm_map_get(&v->kept, hash))
    return 0;
  return s->type->blob_remove(s->handle, hash, s->message);
}

/* Those of the entries that went. */
static int32_t remove_blobs(struct inventory *v)
{
  int32_t rc = 0;
  uint32_t i, k;

  for (i = 0; i < v->n_rows && rc == 0; i++)
    for (k = 0; k < v->rows[i].n && rc == 0 && v->rows[i].goes; k++)
      rc = remove_blob(v, v->blobs[v->rows[i].first + k]);
  return rc;
}

static int32_t note_stray(void *user, const char *hash, uint64_t size,
                          int64_t age_ms)
{
  struct inventory *v = user;

  (void)size;
  if (age_ms < STRAY_MS || gm_map_get(&v->kept, hash))
    return 0;
  return gm_map_put(&v->strays, hash, v) ? 0 : GAMUT_E_NOMEM;
}

static int32_t remove_strays(struct inventory *v)
{
  const struct gm_shelf *s = v->shelf;
  int32_t rc = s->type->blob_each(s->handle, note_stray, v, s->message);
  struct gm_map_entry *e;
  size_t it = 0;

  while (rc == 0 && (e = gm_map_next(&v->strays, &it))) {
    rc = s->type->blob_remove(s->handle, e->key, s->message);
    v->sweep->strays++;
  }
  return rc;
}

static int32_t write_total(const struct inventory *v)
{
  const struct gm_shelf *s = v->shelf;
  const struct gamut_store_op op = { .table = GM_TABLE_FACT,
                                     .key = GM_FACT_CACHE,
                                     .changes = GAMUT_SET_NUMBERS,
                                     .numbers = { (int64_t)v->sweep->bytes } };
  struct gamut_store_tx tx = { .struct_size = sizeof(tx),
                               .flags = GAMUT_TX_LOOSE,
                               .ops = { &op, 1, sizeof(op) } };
  struct gamut_store_tx *const list[] = { &tx };

  return s->type->commit(s->handle, list, 1, s->message);
}

int32_t gm_shelf_sweep(const struct gm_shelf *s, struct gm_sweep *sweep)
{
  const struct gm_vector_store vectors = { s->type, s->handle, s->message };
  struct inventory v = { .shelf = s, .sweep = sweep };
  uint32_t n_vectors;
  int32_t rc = take_stock(&v);

  if (rc == 0) {
    judge_all(&v);
    rc = remove_rows(&v);
  }
  if (rc == 0)
    rc = write_total(&v);
  if (rc == 0)
    rc = remove_blobs(&v);
  if (rc == 0)
    rc = remove_strays(&v);
  if (rc == 0 && (sweep->removed > 0 || sweep->verify))
    rc = gm_vectors_sweep(&vectors, &n_vectors);
  gm_map_finish(&v.kept);
  gm_map_finish(&v.strays);
  gm_free(v.rows);
  gm_free(v.blobs);
  return rc;
}
