/* vectors_sweep.c - vectors whose entry is gone from the cache go as well. */
#include "base/map.h"
#include "store/vectors.h"
#include <gamut/plugin.h>
#include <string.h>

#define TABLE_CACHE "cache"
#define BATCH       64

struct seen {
  char *key;
  uint64_t version;
};

struct sweep {
  struct seen *vectors;
  size_t n, room;
  struct gm_map entries;
};

static int32_t note_vector(void *user, const struct gamut_store_row *row)
{
  struct sweep *w = user;
  size_t room = w->room ? 2 * w->room : 64;
  struct seen *bigger;
  char *key;

  if (w->n == w->room) {
    bigger = gm_realloc(w->vectors, room * sizeof(*bigger));
    if (!bigger)
      return GAMUT_E_NOMEM;
    w->vectors = bigger;
    w->room = room;
  }
  key = gm_strdup(row->key);
  if (!key)
    return GAMUT_E_NOMEM;
  w->vectors[w->n++] = (struct seen){ key, row->version };
  return 0;
}

static int32_t note_entry(void *user, const struct gamut_store_row *row)
{
  struct sweep *w = user;

  return gm_map_put(&w->entries, row->key, w) ? 0 : GAMUT_E_NOMEM;
}

static int32_t scan(const struct gm_vector_store *s, const char *table,
                    gamut_store_row_fn *fn, struct sweep *w)
{
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .flags = GAMUT_SCAN_NO_BODY,
                                       .table = table };

  return s->type->scan(s->handle, &q, fn, w, s->message);
}

static bool is_stray(const struct sweep *w, const struct seen *v)
{
  const char *entry = strrchr(v->key, '/');

  return !entry || !gm_map_get(&w->entries, entry + 1);
}

/* A row goes as it was seen: one that was written meanwhile has an entry again.
 */
static int32_t remove_some(const struct gm_vector_store *s,
                           struct seen *const *list, uint32_t n)
{
  struct gamut_store_op ops[BATCH];
  struct gamut_store_tx txs[BATCH], *all[BATCH];
  uint32_t i;

  for (i = 0; i < n; i++) {
    ops[i] = (struct gamut_store_op){ .table = GM_TABLE_VECTOR,
                                      .key = list[i]->key,
                                      .conditions = GAMUT_IF_VERSION,
                                      .changes = GAMUT_REMOVE,
                                      .version = list[i]->version };
    txs[i] = (struct gamut_store_tx){ .struct_size = sizeof(txs[i]),
                                      .flags = GAMUT_TX_LOOSE,
                                      .ops = { &ops[i], 1, sizeof(ops[i]) } };
    all[i] = &txs[i];
  }
  return n > 0 ? s->type->commit(s->handle, all, n, s->message) : 0;
}

static int32_t remove_strays(const struct gm_vector_store *s, struct sweep *w,
                             uint32_t *ret_removed)
{
  struct seen *batch[BATCH];
  uint32_t n = 0, removed = 0;
  int32_t rc = 0;
  size_t i;

  for (i = 0; i < w->n && rc == 0; i++) {
    if (!is_stray(w, &w->vectors[i]))
      continue;
    batch[n++] = &w->vectors[i];
    removed++;
    if (n == BATCH) {
      rc = remove_some(s, batch, n);
      n = 0;
    }
  }
  if (rc == 0)
    rc = remove_some(s, batch, n);
  if (rc == 0)
    *ret_removed = removed;
  return rc;
}

/* The vectors first: each of them was written after its entry. */
int32_t gm_vectors_sweep(const struct gm_vector_store *s, uint32_t *ret_removed)
{
  struct sweep w = { 0 };
  int32_t rc = scan(s, GM_TABLE_VECTOR, note_vector, &w);

  *ret_removed = 0;
  if (rc == 0 && w.n > 0)
    rc = scan(s, TABLE_CACHE, note_entry, &w);
  if (rc == 0)
    rc = remove_strays(s, &w, ret_removed);
  while (w.n > 0)
    gm_free(w.vectors[--w.n].key);
  gm_free(w.vectors);
  gm_map_finish(&w.entries);
  return rc;
}
