/* limiter_share.c - the part of the limiter that processes share: rows of the
 * table `fact`.
 *
 *   permit/ACCOUNT/SLICE  numbers[0]: permits of this quarter of a second that
 *                         are taken; a ceiling in the store keeps their sum
 *   place/ACCOUNT/N       owned by the process that generates in this place; it
 *                         is free again when that process is gone
 *   limit/ACCOUNT         what was learned: numbers[0] requests in a thousand
 *                         seconds, [1] and [2] until when nothing is sent
 *
 * A store that cannot be written holds nobody up: then each process has the
 * limit for itself. */
#include "base/clock.h"
#include "job/limiter_private.h"
#include <stdio.h>
#include <string.h>

#define PERMIT_TTL_MS  5000
#define LEARNED_TTL_MS 120000
#define SEARCH_MS      150 /* and up to as much again, when all places are taken */
#define YIELD_MS       5000

/* Transactions are alive until the store has ended them, also when the account
 * is gone by then. */
struct gm_share {
  struct gm_list link; /* in account->shares */
  struct gm_account *account;
  struct gm_tx tx;
  struct gm_look look;
  struct gamut_store_op op;
  uint32_t n, most;
  int64_t slice;
  int64_t numbers[GAMUT_STORE_NUMBERS];
  uint8_t taken[GM_AT_ONCE_MAX / 8];
  char key[128], to[128];
};

static struct gm_store *store_of(const struct gm_account *a)
{
  return a->engine->store;
}

bool gm_share_is_on(struct gm_account *a)
{
  return store_of(a) && (!a->store_seen || gm_store_keeps(store_of(a)));
}

static struct gm_share *share_new(struct gm_account *a)
{
  struct gm_share *s = store_of(a) ? gm_zalloc(sizeof(*s)) : NULL;

  if (!s)
    return NULL;
  s->account = a;
  gm_list_append(&a->shares, &s->link);
  return s;
}

static void share_free(struct gm_share *s)
{
  gm_list_remove(&s->link);
  if (s->account)
    s->account->store_seen = true;
  gm_free(s);
}

static void commit(struct gm_share *s,
                   void (*done)(struct gm_tx *t, int32_t error_class))
{
  s->op.table = GM_TABLE_FACT;
  s->op.key = s->key;
  s->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(s->tx.tx),
                                      .flags = GAMUT_TX_LOOSE,
                                      .ops = { &s->op, 1, sizeof(s->op) } };
  s->tx.done = done;
  gm_store_commit(store_of(s->account), &s->tx);
}

/* ---- permits ------------------------------------------------------------- */

static void permits_done(struct gm_tx *t, int32_t error_class)
{
  struct gm_share *s = GM_CONTAINER(t, struct gm_share, tx);
  struct gm_account *a = s->account;
  uint32_t n = s->n, most = s->most;
  int64_t slice = s->slice;
  bool given = error_class || !t->tx.outcome;

  share_free(s);
  if (!a)
    return;
  a->asking--;
  if (given)
    a->permits += n;
  else if (n > 1) /* so many are not left, but perhaps one is */
    gm_share_permits(a, slice, 1, most);
  else
    a->exhausted = a->slice == slice;
  if (a->n_waiting > 0)
    gm_account_wake(a);
}

void gm_share_permits(struct gm_account *a, int64_t slice, uint32_t n,
                      uint32_t most)
{
  struct gm_share *s = share_new(a);

  if (!s) {
    a->permits += n;
    return;
  }
  a->asking++;
  s->n = n;
  s->most = most;
  s->slice = slice;
  snprintf(s->key, sizeof(s->key), "permit/%s/%lld", a->key, (long long)slice);
  s->op = (struct gamut_store_op){ .conditions = GAMUT_IF_MAX,
                                   .changes = GAMUT_ADD_NUMBERS | GAMUT_SET_TTL,
                                   .max = most,
                                   .ttl_ms = PERMIT_TTL_MS,
                                   .numbers = { n } };
  commit(s, permits_done);
}

/* ---- places -------------------------------------------------------------- */

static bool bit(const uint8_t *bits, uint32_t i)
{
  return bits[i / 8] >> i % 8 & 1;
}

static void flip(uint8_t *bits, uint32_t i)
{
  bits[i / 8] ^= (uint8_t)(1u << i % 8);
}

static void place_done(struct gm_tx *t, int32_t error_class)
{
  struct gm_share *s = GM_CONTAINER(t, struct gm_share, tx);
  struct gm_account *a = s->account;
  bool given = error_class || !t->tx.outcome;
  uint32_t place = s->n;

  share_free(s);
  if (!a)
    return;
  a->searching--;
  if (given && !bit(a->mine, place)) {
    flip(a->mine, place);
    if (a->have++ == 0)
      a->yield_ms = gm_mono_ms() + YIELD_MS;
  }
  if (a->n_waiting > 0)
    gm_account_wake(a);
}

static void take_place(struct gm_account *a, uint32_t place)
{
  struct gm_share *s = share_new(a);

  if (!s)
    return;
  a->searching++;
  s->n = place;
  snprintf(s->key, sizeof(s->key), "place/%s/%04u", a->key, place);
  s->op =
    (struct gamut_store_op){ .conditions = GAMUT_IF_FREE,
                             .changes = GAMUT_SET_OWNER,
                             .owner = gm_journal_owner(a->engine->journal) };
  commit(s, place_done);
}

static int32_t on_place(void *user, const struct gamut_store_row *row)
{
  struct gm_share *s = user;
  const char *slash = strrchr(row->key, '/');
  uint32_t i = 0;

  while (slash && *++slash >= '0' && *slash <= '9' && i < GM_AT_ONCE_MAX)
    i = i * 10 + (uint32_t)(*slash - '0');
  if (i < GM_AT_ONCE_MAX && row->owner && row->owner_ttl_ms > 0 &&
      !bit(s->taken, i))
    flip(s->taken, i);
  return 0;
}

static int32_t scan_places(struct gm_look *k, const struct gamut_store *type,
                           void *handle, char *message)
{
  struct gm_share *s = GM_CONTAINER(k, struct gm_share, look);
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .flags = GAMUT_SCAN_NO_BODY,
                                       .table = GM_TABLE_FACT,
                                       .from = s->key,
                                       .to = s->to };

  return type->scan(handle, &q, on_place, s, message);
}

static void places_seen(struct gm_look *k, int32_t error_class)
{
  struct gm_share *s = GM_CONTAINER(k, struct gm_share, look);
  struct gm_account *a = s->account;
  uint32_t i, n = s->n;

  (void)error_class; /* whoever then takes one fails, and that counts */
  if (a)
    a->searching--;
  for (i = 0; a && i < a->most_at_once && n > 0; i++) {
    if (bit(s->taken, i) || bit(a->mine, i))
      continue;
    take_place(a, i);
    n--;
  }
  if (a && n == s->n) {
    a->search_ms = gm_mono_ms() + SEARCH_MS + gm_random_below(SEARCH_MS);
    gm_account_wake(a);
  }
  share_free(s);
}

void gm_share_places(struct gm_account *a, uint32_t n)
{
  struct gm_share *s = share_new(a);

  if (!s)
    return;
  a->searching++;
  s->n = n;
  snprintf(s->key, sizeof(s->key), "place/%s/", a->key);
  snprintf(s->to, sizeof(s->to), "place/%s/~", a->key);
  s->look.run = scan_places;
  s->look.done = places_seen;
  gm_store_look(store_of(a), &s->look);
}

static void given_back(struct gm_tx *t, int32_t error_class)
{
  (void)error_class; /* then it is free when this process ends */
  share_free(GM_CONTAINER(t, struct gm_share, tx));
}

/* One that nobody here waits for, or, now and then, one that others may wait
 * for: they cannot say so. */
void gm_share_give_back(struct gm_account *a)
{
  uint64_t now = gm_mono_ms();
  bool wanted = !gm_list_empty(&a->waiting[GM_PAID]);
  struct gm_share *s;
  uint32_t i;

  if (!gm_share_is_on(a) || (wanted && now < a->yield_ms))
    return;
  for (i = 0; i < GM_AT_ONCE_MAX && !bit(a->mine, i); i++)
    ;
  s = i < GM_AT_ONCE_MAX ? share_new(a) : NULL;
  if (!s)
    return;
  flip(a->mine, i);
  a->have--;
  if (wanted) {
    a->yield_ms = now + YIELD_MS;
    a->search_ms = now + 2 * SEARCH_MS + gm_random_below(SEARCH_MS);
  }
  snprintf(s->key, sizeof(s->key), "place/%s/%04u", a->key, i);
  s->op =
    (struct gamut_store_op){ .conditions = GAMUT_IF_MINE,
                             .changes = GAMUT_REMOVE,
                             .owner = gm_journal_owner(a->engine->journal) };
  commit(s, given_back);
}

/* ---- what was learned ---------------------------------------------------- */

static int32_t on_learned(void *user, const struct gamut_store_row *row)
{
  struct gm_share *s = user;

  memcpy(s->numbers, row->numbers, sizeof(s->numbers));
  return 0;
}

static int32_t look_learned(struct gm_look *k, const struct gamut_store *type,
                            void *handle, char *message)
{
  struct gm_share *s = GM_CONTAINER(k, struct gm_share, look);

  return gm_store_row(type, handle, GM_TABLE_FACT, s->key, GAMUT_SCAN_NO_BODY,
                      on_learned, s, message);
}

static int64_t wall_of(uint64_t until_ms, uint64_t now)
{
  return until_ms > now ? (int64_t)(gm_wall_ms() + (until_ms - now)) : 0;
}

static uint64_t left_of(int64_t wall_ms)
{
  int64_t now = (int64_t)gm_wall_ms();

  return wall_ms > now ? (uint64_t)(wall_ms - now) : 0;
}

static void learned_seen(struct gm_look *k, int32_t error_class)
{
  struct gm_share *s = GM_CONTAINER(k, struct gm_share, look);
  struct gm_account *a = s->account;
  uint64_t now = gm_mono_ms();

  if (!a || error_class) {
    share_free(s);
    return;
  }
  gm_learned_adopt(a, (double)s->numbers[0] / 1000, left_of(s->numbers[1]),
                   left_of(s->numbers[2]));
  if (a->refusals == 0) { /* only heard of */
    share_free(s);
    return;
  }
  s->op = (struct gamut_store_op){ .changes = GAMUT_SET_NUMBERS | GAMUT_SET_TTL,
                                   .ttl_ms = LEARNED_TTL_MS,
                                   .numbers = {
                                     (int64_t)(gm_learned_rate(a, now) * 1000),
                                     wall_of(a->held_ms[GM_PAID], now),
                                     wall_of(a->held_ms[GM_LOOKS], now) } };
  commit(s, given_back);
}

void gm_share_learned(struct gm_account *a)
{
  struct gm_share *s = gm_share_is_on(a) ? share_new(a) : NULL;

  if (!s)
    return;
  snprintf(s->key, sizeof(s->key), "limit/%s", a->key);
  s->look.run = look_learned;
  s->look.done = learned_seen;
  gm_store_look(store_of(a), &s->look);
}

void gm_share_finish(struct gm_account *a)
{
  struct gm_list *l;

  while ((l = gm_list_pop(&a->shares)))
    GM_CONTAINER(l, struct gm_share, link)->account = NULL;
}
