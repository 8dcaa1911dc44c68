/* usual.c - a histogram in the eight numbers of a row.
 *
 * Each number holds five counters of twelve bits, so that adding the numbers of
 * two rows adds their counters: several processes need not agree on anything.
 * When a row has FULL entries, whoever sees it halves all counters, by its
 * version; so a row stays small and what a vendor did long ago fades. */
#include "job/usual.h"
#include "base/map.h"
#include <stdio.h>
#include <string.h>

#define LANES      5
#define LANE       12
#define LANE_MAX   0xfffu
#define CLASSES    (GAMUT_STORE_NUMBERS * LANES)
#define FIRST_MS   100.0 /* where the first class ends */
#define GROWTH     1.3
#define FULL       1024
#define LOOK_AGAIN 64 /* measurements of ours, then what others have added */
#define KEEP_MS    (INT64_C(90) * 24 * 3600 * 1000)

struct gm_usuals {
  struct gm_store *store;
  struct gm_map map;        /* key -> gm_usual */
  struct gm_list unwritten; /* those with something in `fresh` */
  bool closed;              /* nothing may be asked of the store any more */
};

struct gm_usual {
  struct gm_list link; /* in all->unwritten */
  struct gm_usuals *all;
  uint16_t counts[CLASSES], fresh[CLASSES];
  uint32_t n;
  uint32_t added;      /* by us, since the row was read */
  struct gm_pace pace; /* of the counts, when `known` */
  bool known, wanted, reading, writing;
  struct gm_look look;
  uint64_t version; /* the row's, when it was read; 0: there was none */
  int64_t numbers[GAMUT_STORE_NUMBERS]; /* of the row that was read */
  char key[GAMUT_STORE_KEY_MAX + 1];
};

/* ---- the histogram ------------------------------------------------------- */

static uint32_t class_of(uint64_t ms)
{
  double end = FIRST_MS;
  uint32_t i = 0;

  while (i + 1 < CLASSES && (double)ms >= end) {
    end *= GROWTH;
    i++;
  }
  return i;
}

static void unpack(const int64_t numbers[GAMUT_STORE_NUMBERS],
                   uint16_t counts[CLASSES])
{
  uint32_t i;

  for (i = 0; i < CLASSES; i++)
    counts[i] =
      (uint16_t)((uint64_t)numbers[i / LANES] >> i % LANES * LANE & LANE_MAX);
}

static void pack(const uint16_t counts[CLASSES],
                 int64_t numbers[GAMUT_STORE_NUMBERS])
{
  uint32_t i;

  memset(numbers, 0, GAMUT_STORE_NUMBERS * sizeof(*numbers));
  for (i = 0; i < CLASSES; i++)
    numbers[i / LANES] |= (int64_t)((uint64_t)counts[i] << i % LANES * LANE);
}

/* Counters that are full stay so. */
static void join(uint16_t to[CLASSES], const uint16_t from[CLASSES])
{
  uint32_t i;

  for (i = 0; i < CLASSES; i++)
    to[i] = (uint16_t)GM_MIN((uint32_t)to[i] + from[i], LANE_MAX);
}

static uint32_t sum(const uint16_t counts[CLASSES])
{
  uint32_t i, n = 0;

  for (i = 0; i < CLASSES; i++)
    n += counts[i];
  return n;
}

/* The duration that `permille` of the jobs stay below: within its class as if
 * they were spread evenly. */
static uint32_t quantile(const uint16_t counts[CLASSES], uint32_t n,
                         uint32_t permille)
{
  double rank = (double)n * permille / 1000, begin = 0, end = FIRST_MS;
  double below = 0;
  uint32_t i;

  for (i = 0; i + 1 < CLASSES && below + counts[i] < rank; i++) {
    below += counts[i];
    begin = end;
    end *= GROWTH;
  }
  if (counts[i] == 0)
    return (uint32_t)end;
  return (uint32_t)(begin + (end - begin) * (rank - below) / counts[i]);
}

static const struct gm_pace *pace_of(struct gm_usual *u)
{
  if (!u->known)
    u->pace = (struct gm_pace){ .early_ms = quantile(u->counts, u->n, 100),
                                .usual_ms = quantile(u->counts, u->n, 500),
                                .late_ms = quantile(u->counts, u->n, 950) };
  u->known = true;
  return &u->pace;
}

static void halve(uint16_t counts[CLASSES])
{
  uint32_t i;

  for (i = 0; i < CLASSES; i++)
    counts[i] /= 2;
}

static void changed(struct gm_usual *u)
{
  u->n = sum(u->counts);
  u->known = false;
}

int64_t gm_usual_p50(struct gm_usual *u)
{
  return u && u->n >= GM_USUAL_LEAST ? (int64_t)pace_of(u)->usual_ms : -1;
}

int64_t gm_usual_p95(struct gm_usual *u)
{
  return u && u->n >= GM_USUAL_LEAST ? (int64_t)pace_of(u)->late_ms : -1;
}

uint32_t gm_usual_count(const struct gm_usual *u)
{
  return u ? u->n : 0;
}

struct gm_pace gm_usual_pace(struct gm_usual *u)
{
  return u && u->n >= GM_USUAL_LEAST ? *pace_of(u) : (struct gm_pace){ 0 };
}

/* ---- reading ------------------------------------------------------------- */

static int32_t on_row(void *user, const struct gamut_store_row *row)
{
  struct gm_usual *u = user;

  memcpy(u->numbers, row->numbers, sizeof(u->numbers));
  u->version = row->version;
  return 0;
}

static int32_t look(struct gm_look *k, const struct gamut_store *type,
                    void *handle, char *message)
{
  struct gm_usual *u = GM_CONTAINER(k, struct gm_usual, look);

  return gm_store_row(type, handle, GM_TABLE_FACT, u->key, GAMUT_SCAN_NO_BODY,
                      on_row, u, message);
}

/* A store that cannot be read says so where a job needs it. */
static void seen(struct gm_look *k, int32_t error_class)
{
  struct gm_usual *u = GM_CONTAINER(k, struct gm_usual, look);
  uint16_t counts[CLASSES];

  u->reading = false;
  if (error_class || u->version == 0)
    return;
  unpack(u->numbers, counts);
  join(u->counts, counts);
  changed(u);
}

void gm_usual_want(struct gm_usual *u)
{
  if (!u || u->wanted)
    return;
  u->wanted = u->reading = true;
  u->look.run = look;
  u->look.done = seen;
  gm_store_look(u->all->store, &u->look);
}

/* ---- writing ------------------------------------------------------------- */

struct entry {
  struct gm_tx tx;
  struct gamut_store_op op;
  struct gm_usual *usual;
};

static void write_fresh(struct gm_usual *u);

/* What could not be written is lost: it was one measurement of many. */
static void written(struct gm_tx *t, int32_t error_class)
{
  struct entry *e = GM_CONTAINER(t, struct entry, tx);
  struct gm_usual *u = e->usual;

  (void)error_class;
  gm_free(e);
  u->writing = false;
  if (!u->all->closed && !gm_list_empty(&u->link))
    write_fresh(u);
}

/* `u` may be written again behind gm_store_commit(). */
static void commit(struct gm_usual *u, uint32_t changes, uint32_t conditions,
                   const int64_t numbers[GAMUT_STORE_NUMBERS])
{
  struct entry *e = gm_zalloc(sizeof(*e));

  if (!e)
    return;
  e->usual = u;
  e->op = (struct gamut_store_op){ .table = GM_TABLE_FACT,
                                   .key = u->key,
                                   .conditions = conditions,
                                   .changes = changes | GAMUT_SET_TTL,
                                   .version = u->version,
                                   .ttl_ms = KEEP_MS };
  memcpy(e->op.numbers, numbers, sizeof(e->op.numbers));
  e->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(e->tx.tx),
                                      .flags = GAMUT_TX_LOOSE,
                                      .ops = { &e->op, 1, sizeof(e->op) } };
  e->tx.done = written;
  u->writing = true;
  gm_store_commit(u->all->store, &e->tx);
}

static void take_fresh(struct gm_usual *u, int64_t numbers[GAMUT_STORE_NUMBERS])
{
  pack(u->fresh, numbers);
  memset(u->fresh, 0, sizeof(u->fresh));
  gm_list_remove(&u->link);
}

/* The row as it is now: halved, if it is full. */
static void read_again(struct gm_look *k, int32_t error_class)
{
  struct gm_usual *u = GM_CONTAINER(k, struct gm_usual, look);
  int64_t numbers[GAMUT_STORE_NUMBERS];

  u->writing = false;
  if (u->all->closed || gm_list_empty(&u->link)) /* flushed meanwhile */
    return;
  if (!error_class && u->version != 0) {
    unpack(u->numbers, u->counts);
    join(u->counts, u->fresh);
    changed(u);
    u->added = 0;
  }
  take_fresh(u, numbers);
  if (error_class || u->version == 0 || u->n < FULL) {
    commit(u, GAMUT_ADD_NUMBERS, 0, numbers);
    return;
  }
  halve(u->counts);
  changed(u);
  pack(u->counts, numbers);
  commit(u, GAMUT_SET_NUMBERS, GAMUT_IF_VERSION, numbers);
}

static void write_fresh(struct gm_usual *u)
{
  int64_t numbers[GAMUT_STORE_NUMBERS];

  if (!u->reading && (u->n >= FULL || u->added >= LOOK_AGAIN)) {
    u->writing = true;
    u->version = 0;
    u->look.done = read_again;
    u->look.run = look;
    gm_store_look(u->all->store, &u->look);
    return;
  }
  take_fresh(u, numbers);
  commit(u, GAMUT_ADD_NUMBERS, 0, numbers);
}

/* While one is on its way to the store the next ones gather. */
void gm_usual_add(struct gm_usual *u, uint64_t ms)
{
  uint16_t one[CLASSES] = { 0 };

  if (!u)
    return;
  gm_usual_want(u);
  one[class_of(ms)] = 1;
  join(u->counts, one);
  join(u->fresh, one);
  changed(u);
  u->added++;
  gm_list_remove(&u->link);
  gm_list_append(&u->all->unwritten, &u->link);
  if (!u->writing)
    write_fresh(u);
}

/* ---- all of them --------------------------------------------------------- */

struct gm_usual *gm_usual_of(struct gm_usuals *all, const char *provider,
                             const char *model, const char *operation)
{
  char key[GAMUT_STORE_KEY_MAX + 1];
  struct gm_usual *u;
  int n = snprintf(key, sizeof(key), "duration/%s/%s/%s", provider, model,
                   operation ? operation : "");

  if (!all || n < 0 || (size_t)n >= sizeof(key))
    return NULL;
  u = gm_map_get(&all->map, key);
  if (u)
    return u;
  u = gm_zalloc(sizeof(*u));
  if (!u)
    return NULL;
  gm_list_init(&u->link);
  u->all = all;
  memcpy(u->key, key, sizeof(key));
  if (gm_map_put(&all->map, key, u))
    return u;
  gm_free(u);
  return NULL;
}

int32_t gm_usuals_new(struct gm_store *store, struct gm_usuals **ret)
{
  struct gm_usuals *all = gm_zalloc(sizeof(*all));

  if (!all)
    return GAMUT_E_NOMEM;
  all->store = store;
  gm_list_init(&all->unwritten);
  *ret = all;
  return 0;
}

void gm_usuals_flush(struct gm_usuals *all)
{
  struct gm_list *l;
  int64_t numbers[GAMUT_STORE_NUMBERS];

  if (!all)
    return;
  all->closed = true;
  while ((l = all->unwritten.next) != &all->unwritten) {
    struct gm_usual *u = GM_CONTAINER(l, struct gm_usual, link);

    take_fresh(u, numbers);
    commit(u, GAMUT_ADD_NUMBERS, 0, numbers);
  }
}

void gm_usuals_free(struct gm_usuals *all)
{
  struct gm_map_entry *e;
  size_t it = 0;

  if (!all)
    return;
  while ((e = gm_map_next(&all->map, &it)))
    gm_free(e->value);
  gm_map_finish(&all->map);
  gm_free(all);
}
