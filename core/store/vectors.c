/* vectors.c - see vectors.h. */
#include "store/vectors.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"
#include "store/store.h"
#include "store/vectors_index.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>

/* Of a rank: the time in milliseconds, for a hundred years more; the group. */
#define TIME_BITS 42
#define TIME_MAX  ((INT64_C(1) << TIME_BITS) - 1)
#define GROUPS    (UINT64_C(1) << (63 - TIME_BITS))
#define KEY_SIZE  (2 * GM_SHA256_HEX)
/* 8 bits are that far from the truth. */
#define COARSE_ERROR 0.01
/* A row gets its rank before it can be seen, as long before as its writer
 * waited for others: look so far back. */
#define OVERLAP_MS (10 * 1000)

/* A group that was asked for; the index once it was for the second time. */
struct group {
  struct gm_vindex index;
  bool loaded, too_large;
  size_t n;        /* numbers of a vector */
  int64_t seen_ms; /* when it was last followed, by the store's clock */
  uint64_t used;
};

struct gm_vectors {
  struct gm_map groups;
  size_t max_bytes;
  uint64_t uses;
};

/* ---- rows of the store --------------------------------------------------- */

int64_t gm_vectors_rank(const char *group, int64_t at_ms)
{
  uint64_t hash = gm_hash(group, strlen(group), 0, 0).a;

  return (int64_t)(hash % GROUPS << TIME_BITS) |
         GM_MIN(GM_MAX(at_ms, 1), TIME_MAX);
}

static void key_of(const char *group, const char *entry, char ret[KEY_SIZE])
{
  snprintf(ret, KEY_SIZE, "%s/%s", group, entry);
}

static int32_t run(const struct gm_vector_store *s,
                   const struct gamut_store_op *op)
{
  struct gamut_store_tx tx = { .struct_size = sizeof(tx),
                               .flags = GAMUT_TX_LOOSE,
                               .ops = { op, 1, sizeof(*op) } };
  struct gamut_store_tx *const list[] = { &tx };

  return s->type->commit(s->handle, list, 1, s->message);
}

int32_t gm_vectors_put(const struct gm_vector_store *s, const char *group,
                       const char *entry, const float *v, size_t n,
                       int64_t ttl_ms)
{
  int16_t packed[GAMUT_VECTOR_MAX];
  uint8_t body[2 * GAMUT_VECTOR_MAX];
  char key[KEY_SIZE];
  const struct gamut_store_op op = {
    .table = GM_TABLE_VECTOR,
    .key = key,
    .changes = GAMUT_SET_BODY | GAMUT_SET_RANK | GAMUT_SET_TTL,
    .body = body,
    .body_len = 2 * n,
    .rank = gm_vectors_rank(group, s->type->now(s->handle)),
    .ttl_ms = ttl_ms > 0 ? ttl_ms : -1
  };

  key_of(group, entry, key);
  gm_vector_pack16(v, n, packed);
  gm_vector_write(packed, n, body);
  return run(s, &op);
}

int32_t gm_vectors_remove(const struct gm_vector_store *s, const char *group,
                          const char *entry)
{
  char key[KEY_SIZE];
  const struct gamut_store_op op = { .table = GM_TABLE_VECTOR,
                                     .key = key,
                                     .changes = GAMUT_REMOVE };

  key_of(group, entry, key);
  return run(s, &op);
}

/* Those of a group, written at `from_ms` or later; 0: all.  In the order in
 * which they were written, which is the order in which they lie on a disk. */
static int32_t scan(const struct gm_vector_store *s, const char *group,
                    int64_t from_ms, gamut_store_row_fn *fn, void *user)
{
  char from[KEY_SIZE], to[KEY_SIZE];
  const struct gamut_store_query q = {
    .struct_size = sizeof(q),
    .flags = GAMUT_SCAN_BY_RANK,
    .table = GM_TABLE_VECTOR,
    .from = from,
    .to = to,
    .min_rank = gm_vectors_rank(group, from_ms),
    .max_rank = gm_vectors_rank(group, TIME_MAX),
  };

  snprintf(from, sizeof(from), "%s/", group);
  snprintf(to, sizeof(to), "%s0", group); /* '0' is what follows '/' */
  return s->type->scan(s->handle, &q, fn, user, s->message);
}

/* ---- one search ---------------------------------------------------------- */

struct search {
  struct gm_vectors *all;
  const struct gm_vector_store *store;
  const char *name;
  struct group *group;
  size_t n, room;
  double least;
  struct gm_near *near;
  size_t n_near;
  int16_t query[GAMUT_VECTOR_MAX];
  int16_t row[GAMUT_VECTOR_MAX]; /* the one at hand */
};

static void insert(struct search *q, const char *entry, double similarity)
{
  size_t i = q->n_near < GM_NEAR ? q->n_near++ : GM_NEAR - 1;

  for (; i > 0 && q->near[i - 1].similarity < similarity; i--)
    q->near[i] = q->near[i - 1];
  memcpy(q->near[i].entry, entry, GM_SHA256_HEX);
  q->near[i].similarity = similarity;
}

/* The numbers of a row into q->row, and its entry; NULL: it is none of ours. */
static const char *take(struct search *q, const struct gamut_store_row *row,
                        uint8_t id[GM_ENTRY_BYTES])
{
  const char *entry = strrchr(row->key, '/');

  if (!entry || row->body_len != 2 * q->n || !gm_entry_read(entry + 1, id))
    return NULL;
  gm_vector_read(row->body, q->n, q->row);
  return entry + 1;
}

/* Exactly how near it is. */
static int32_t weigh(void *user, const struct gamut_store_row *row)
{
  struct search *q = user;
  uint8_t id[GM_ENTRY_BYTES];
  const char *entry = take(q, row, id);
  double similarity;

  if (!entry)
    return 0;
  similarity = gm_vector_cosine16(gm_vector_sum16(q->query, q->row, q->room));
  if (similarity >= q->least &&
      (q->n_near < GM_NEAR || similarity > q->near[GM_NEAR - 1].similarity))
    insert(q, entry, similarity);
  return 0;
}

static int32_t learn(void *user, const struct gamut_store_row *row)
{
  struct search *q = user;
  struct group *g = q->group;
  uint8_t id[GM_ENTRY_BYTES];

  if (!take(q, row, id))
    return 0;
  if (!gm_vindex_put(&g->index, id, q->row))
    return GAMUT_E_NOMEM;
  g->too_large = gm_vindex_bytes(&g->index) > q->all->max_bytes;
  return g->too_large ? GAMUT_E_UNSUPPORTED : 0;
}

static void forget(struct group *g)
{
  gm_vindex_finish(&g->index);
  g->loaded = false;
  g->seen_ms = 0;
}

static int32_t follow(struct search *q)
{
  int64_t now_ms = q->store->type->now(q->store->handle), from;
  struct group *g = q->group;
  int32_t rc;

  if (g->loaded && g->index.n != q->n)
    forget(g);
  g->index.n = q->n;
  g->index.room = q->room;
  from = g->loaded && g->seen_ms > OVERLAP_MS ? g->seen_ms - OVERLAP_MS : 0;
  rc = scan(q->store, q->name, from, learn, q);
  g->loaded = rc == 0;
  g->seen_ms = now_ms;
  if (rc)
    forget(g);
  return rc;
}

/* The row as it is in the store, if it still is. */
static int32_t weigh_one(struct search *q, const struct gm_coarse *c)
{
  char entry[GM_SHA256_HEX], key[KEY_SIZE];
  const struct gm_vector_store *s = q->store;
  int32_t rc;

  gm_entry_write(q->group->index.entries[c->row], entry);
  key_of(q->name, entry, key);
  q->row[0] = INT16_MIN; /* which no row begins with */
  rc = gm_store_row(s->type, s->handle, GM_TABLE_VECTOR, key, 0, weigh, q,
                    s->message);
  if (rc == 0 && q->row[0] == INT16_MIN)
    gm_vindex_drop(&q->group->index, c->row);
  return rc;
}

/* Rows that are gone may have kept others out, so it can take another round. */
static int32_t search_index(struct search *q)
{
  struct gm_vindex *x = &q->group->index;
  float least = (float)(q->least - COARSE_ERROR);
  struct gm_coarse list[GM_NEAR];
  size_t i, n, gone;
  int32_t rc = 0;

  do {
    n = gm_vindex_near(x, q->query, least, list);
    q->n_near = 0;
    for (i = 0; i < n && rc == 0; i++)
      rc = weigh_one(q, &list[i]);
    for (i = 0, gone = 0; i < n; i++)
      gone += x->scales[list[i].row] <= 0;
  } while (rc == 0 && q->n_near == 0 && gone > 0);
  return rc;
}

/* ---- groups -------------------------------------------------------------- */

struct gm_vectors *gm_vectors_new(size_t max_bytes)
{
  struct gm_vectors *all = gm_zalloc(sizeof(*all));

  if (all)
    all->max_bytes = max_bytes;
  return all;
}

void gm_vectors_free(struct gm_vectors *all)
{
  struct gm_map_entry *e;
  size_t it = 0;

  if (!all)
    return;
  while ((e = gm_map_next(&all->groups, &it))) {
    forget(e->value);
    gm_free(e->value);
  }
  gm_map_finish(&all->groups);
  gm_free(all);
}

size_t gm_vectors_bytes(const struct gm_vectors *all)
{
  struct gm_map_entry *e;
  size_t it = 0, sum = 0;

  while ((e = gm_map_next(&all->groups, &it)))
    sum += gm_vindex_bytes(&((struct group *)e->value)->index);
  return sum;
}

/* The group that was not used for longest goes, until all fit. */
static void make_room(struct gm_vectors *all, const struct group *but)
{
  while (gm_vectors_bytes(all) > all->max_bytes) {
    struct group *oldest = NULL;
    struct gm_map_entry *e;
    size_t it = 0;

    while ((e = gm_map_next(&all->groups, &it))) {
      struct group *g = e->value;

      if (g != but && g->loaded && (!oldest || g->used < oldest->used))
        oldest = g;
    }
    if (!oldest)
      return;
    forget(oldest);
  }
}

static struct group *group_of(struct gm_vectors *all, const char *name)
{
  struct group *g = gm_map_get(&all->groups, name);

  if (!g) {
    g = gm_zalloc(sizeof(*g));
    if (!g || !gm_map_put(&all->groups, name, g)) {
      gm_free(g);
      return NULL;
    }
  }
  return g;
}

static int32_t search(struct search *q)
{
  struct group *g = q->group;
  int32_t rc;

  if (g->used == 0 || g->too_large) {
    g->used = ++q->all->uses;
    return scan(q->store, q->name, 0, weigh, q);
  }
  g->used = ++q->all->uses;
  rc = follow(q);
  if (g->too_large)
    return scan(q->store, q->name, 0, weigh, q);
  if (rc)
    return rc;
  make_room(q->all, g);
  return search_index(q);
}

int32_t gm_vectors_find(struct gm_vectors *all, const struct gm_vector_store *s,
                        const char *group, const float *v, size_t n,
                        double least, struct gm_near ret[GM_NEAR],
                        size_t *ret_n)
{
  _cleanup_free_ struct search *q = gm_zalloc(sizeof(*q));
  int32_t rc;

  if (!q || n > GAMUT_VECTOR_MAX)
    return GAMUT_E_NOMEM;
  q->all = all;
  q->store = s;
  q->name = group;
  q->n = n;
  q->room = gm_vector_room(n);
  q->least = least;
  q->near = ret;
  q->group = group_of(all, group);
  if (!q->group)
    return GAMUT_E_NOMEM;
  gm_vector_pack16(v, n, q->query);
  rc = search(q);
  if (rc == 0)
    *ret_n = q->n_near;
  return rc;
}
