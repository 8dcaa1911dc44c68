/* breaker.c - links that fail again and again are left alone for a while.
 *
 * What is counted lives in memory; a row of the store is written when a failure
 * was counted, and goes with the first success after that.  Rows of several
 * processes replace each other: the last one to fail knows best. */
#include "route/breaker.h"
#include "base/clock.h"
#include "base/map.h"
#include "job/policy.h"
#include <stdio.h>
#include <string.h>

#define TABLE        "fact"
#define WINDOW_MS    30000 /* over which shares are taken */
#define WINDOW_LEAST 20    /* jobs in it, before a share says anything */
#define LONGEST_MS   300000
#define KEEP_MS      600000 /* a row outlives its open time by so much */

/* What the numbers of a row are; names are not needed, for nobody else reads
 * them. */
enum { N_UNTIL, N_CLASS, N_FAILURES, N_TRIPS };

struct gm_breakers {
  struct gm_store *store;
  struct gm_breaker_rules rules;
  struct gm_map map; /* key -> gm_breaker */
  bool closed;
};

struct gm_breaker {
  struct gm_breakers *all;
  int64_t until_ms; /* wall; 0: closed */
  int32_t error_class;
  uint32_t failures, trips;
  uint64_t window_ms; /* mono: when the window began */
  uint32_t in_window, failed_in_window;
  bool probing; /* half-open, and somebody tries */
  bool in_store, wanted, writing, again;
  struct gm_look look;
  int64_t numbers[GAMUT_STORE_NUMBERS]; /* of the row that was read */
  bool there;
  struct gm_tx tx;
  struct gamut_store_op op;
  char key[GAMUT_STORE_KEY_MAX + 1];
};

const char *gm_breaker_name(enum gm_breaker_state s)
{
  static const char *const names[] = { "closed", "open", "half-open" };

  return names[s];
}

/* ---- reading ------------------------------------------------------------- */

static int32_t on_row(void *user, const struct gamut_store_row *row)
{
  struct gm_breaker *b = user;

  memcpy(b->numbers, row->numbers, sizeof(b->numbers));
  b->there = true;
  return 0;
}

static int32_t look(struct gm_look *k, const struct gamut_store *type,
                    void *handle, char *message)
{
  struct gm_breaker *b = GM_CONTAINER(k, struct gm_breaker, look);

  return gm_store_row(type, handle, TABLE, b->key, GAMUT_SCAN_NO_BODY, on_row,
                      b, message);
}

/* What we have seen ourselves since is newer. */
static void seen(struct gm_look *k, int32_t error_class)
{
  struct gm_breaker *b = GM_CONTAINER(k, struct gm_breaker, look);

  if (error_class || !b->there)
    return;
  b->in_store = true;
  if (b->failures > 0 || b->in_window > 0)
    return;
  b->until_ms = b->numbers[N_UNTIL];
  b->error_class = (int32_t)b->numbers[N_CLASS];
  b->failures = (uint32_t)b->numbers[N_FAILURES];
  b->trips = (uint32_t)b->numbers[N_TRIPS];
}

void gm_breaker_want(struct gm_breaker *b)
{
  if (!b || b->wanted || b->all->closed || b->all->rules.off)
    return;
  b->wanted = true;
  b->look.run = look;
  b->look.done = seen;
  gm_store_look(b->all->store, &b->look);
}

/* ---- writing ------------------------------------------------------------- */

static void write_row(struct gm_breaker *b);

/* A row that could not be written costs the next process a failure of its own.
 */
static void written(struct gm_tx *t, int32_t error_class)
{
  struct gm_breaker *b = GM_CONTAINER(t, struct gm_breaker, tx);

  (void)error_class;
  b->writing = false;
  if (b->again && !b->all->closed)
    write_row(b);
}

static void write_row(struct gm_breaker *b)
{
  int64_t left = b->until_ms - (int64_t)gm_wall_ms();

  if (b->all->closed)
    return;
  b->again = b->writing;
  if (b->writing)
    return;
  b->op = (struct gamut_store_op){ .table = TABLE, .key = b->key };
  b->in_store = b->failures > 0 || b->until_ms > 0;
  if (b->in_store) {
    b->op.changes = GAMUT_SET_NUMBERS | GAMUT_SET_TTL;
    b->op.ttl_ms = GM_MAX(left, 0) + KEEP_MS;
    b->op.numbers[N_UNTIL] = b->until_ms;
    b->op.numbers[N_CLASS] = b->error_class;
    b->op.numbers[N_FAILURES] = b->failures;
    b->op.numbers[N_TRIPS] = b->trips;
  } else {
    b->op.changes = GAMUT_REMOVE;
  }
  b->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(b->tx.tx),
                                      .flags = GAMUT_TX_LOOSE,
                                      .ops = { &b->op, 1, sizeof(b->op) } };
  b->tx.done = written;
  b->writing = true;
  gm_store_commit(b->all->store, &b->tx);
}

/* ---- the states ---------------------------------------------------------- */

/* Never longer than any rule gives: the clock may have been set back. */
static uint64_t left_ms(const struct gm_breaker *b)
{
  int64_t left = b->until_ms - (int64_t)gm_wall_ms();
  int64_t most = (int64_t)GM_MAX(b->all->rules.away_ms, LONGEST_MS);

  return b->until_ms == 0 || left <= 0 ? 0 : (uint64_t)GM_MIN(left, most);
}

static enum gm_breaker_state state_of(const struct gm_breaker *b)
{
  if (!b || b->until_ms == 0 || b->all->rules.off)
    return GM_BREAKER_CLOSED;
  return left_ms(b) > 0 ? GM_BREAKER_OPEN : GM_BREAKER_HALF_OPEN;
}

void gm_breaker_look(const struct gm_breaker *b, struct gm_breaker_view *ret)
{
  *ret = (struct gm_breaker_view){ .state = state_of(b) };
  if (!b)
    return;
  ret->error_class = b->error_class;
  ret->failures = b->failures;
  ret->left_ms = left_ms(b);
}

bool gm_breaker_enter(struct gm_breaker *b)
{
  enum gm_breaker_state s = state_of(b);

  if (s == GM_BREAKER_HALF_OPEN && !b->probing) {
    b->probing = true;
    return true;
  }
  return s == GM_BREAKER_CLOSED;
}

void gm_breaker_leave(struct gm_breaker *b)
{
  if (b)
    b->probing = false;
}

static void count(struct gm_breaker *b, bool failed)
{
  uint64_t now = gm_mono_ms();

  if (b->in_window == 0 || now - b->window_ms > WINDOW_MS) {
    b->window_ms = now;
    b->in_window = b->failed_in_window = 0;
  }
  b->in_window++;
  b->failed_in_window += failed;
}

static void open_for(struct gm_breaker *b, uint64_t ms)
{
  b->until_ms = (int64_t)(gm_wall_ms() + ms);
  b->trips++;
  b->in_window = 0;
}

/* Twice as long each time that it did not help. */
static uint64_t open_time(const struct gm_breaker *b)
{
  uint64_t ms = b->all->rules.open_ms;
  uint32_t i;

  for (i = 0; i < b->trips && ms < LONGEST_MS; i++)
    ms *= 2;
  return GM_MIN(ms, GM_MAX(b->all->rules.open_ms, LONGEST_MS));
}

static void went_well(struct gm_breaker *b)
{
  b->failures = b->trips = 0;
  b->until_ms = 0;
  b->error_class = 0;
  count(b, false);
  if (b->in_store)
    write_row(b);
}

static bool too_many(const struct gm_breaker *b)
{
  return b->failures >= b->all->rules.in_a_row ||
         (b->in_window >= WINDOW_LEAST &&
          b->failed_in_window * 2 >= b->in_window);
}

void gm_breaker_done(struct gm_breaker *b, int32_t error_class)
{
  bool probed;

  if (!b || b->all->rules.off)
    return;
  probed = b->probing;
  b->probing = false;
  if (error_class == 0) {
    went_well(b);
    return;
  }
  b->error_class = error_class;
  b->failures++;
  count(b, true);
  if (!gm_policy_of(error_class)->trips)
    open_for(b, b->all->rules.away_ms);
  else if (probed || too_many(b))
    open_for(b, open_time(b));
  write_row(b);
}

/* ---- all of them --------------------------------------------------------- */

int32_t gm_breakers_new(struct gm_store *store, struct gm_breakers **ret)
{
  struct gm_breakers *all = gm_zalloc(sizeof(*all));

  if (!all)
    return GAMUT_E_NOMEM;
  all->store = store;
  all->rules = (struct gm_breaker_rules){ .in_a_row = 5,
                                          .open_ms = 30000,
                                          .away_ms = 600000 };
  *ret = all;
  return 0;
}

void gm_breakers_rules(struct gm_breakers *all,
                       const struct gm_breaker_rules *r)
{
  all->rules = *r;
}

void gm_breakers_close(struct gm_breakers *all)
{
  if (all)
    all->closed = true;
}

void gm_breakers_free(struct gm_breakers *all)
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

struct gm_breaker *gm_breaker_of(struct gm_breakers *all, const char *provider,
                                 const char *account, const char *model)
{
  char key[GAMUT_STORE_KEY_MAX + 1];
  struct gm_breaker *b;
  int n;

  if (!all || !provider)
    return NULL;
  n = snprintf(key, sizeof(key), "breaker/%s/%s/%s", provider,
               account ? account : "", model ? model : "");
  if (n < 0 || (size_t)n >= sizeof(key))
    return NULL;
  b = gm_map_get(&all->map, key);
  if (b)
    return b;
  b = gm_zalloc(sizeof(*b));
  if (!b || !gm_map_put(&all->map, key, b)) {
    gm_free(b);
    return NULL;
  }
  b->all = all;
  memcpy(b->key, key, sizeof(key));
  return b;
}
