/* owner.c - our name is written again and again while there are rows under it.
 *
 * The loop does it, not the store's thread: a process whose loop hangs shall
 * lose its rows.  It may wake up afterwards; every write of such a row says who
 * must own it, so nothing is written over what another process did meanwhile.
 */
#include "store/owner.h"
#include "base/clock.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* For how long a process may hang before others take its jobs, how often that
 * is put off, and when it is doubtful whether that was in time. */
#define GOOD_MS  30000
#define RENEW_MS 10000
#define LATE_MS  20000

static void renewed(struct gm_tx *t, int32_t error_class)
{
  struct gm_owner *o = GM_CONTAINER(t, struct gm_owner, tx);

  o->under_way = false;
  if (error_class)
    o->asked_ms = 0;
  else
    o->good_ms = o->asked_ms;
}

static void renew(struct gm_owner *o)
{
  uint64_t now = gm_mono_ms();

  if (o->good_ms && now - o->good_ms >= LATE_MS) {
    o->lapses++;
    o->good_ms = now; /* until then it is counted */
  }
  if (o->under_way)
    return;
  o->under_way = true;
  o->asked_ms = now;
  gm_store_commit(o->store, &o->tx);
}

static void on_timer(struct gm_timer *t)
{
  struct gm_owner *o = GM_CONTAINER(t, struct gm_owner, timer);

  if (o->n_held == 0)
    return;
  renew(o);
  gm_timer_start(o->loop, &o->timer, gm_mono_ms() + RENEW_MS);
}

void gm_owner_init(struct gm_owner *o, struct gm_loop *l,
                   struct gm_store *store)
{
  o->store = store;
  o->loop = l;
  o->timer.fire = on_timer;
  gm_id_new(o->name);
  snprintf(o->body, sizeof(o->body), "{\"v\":1,\"pid\":%ld,\"at\":%llu}",
           (long)getpid(), (unsigned long long)gm_wall_ms());
  o->op = (struct gamut_store_op){ .table = GAMUT_STORE_OWNERS,
                                   .key = o->name,
                                   .changes = GAMUT_SET_BODY | GAMUT_SET_TTL,
                                   .body = o->body,
                                   .body_len = strlen(o->body),
                                   .ttl_ms = GOOD_MS };
  o->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(o->tx.tx),
                                      .flags = GAMUT_TX_LOOSE,
                                      .ops = { &o->op, 1, sizeof(o->op) } };
  o->tx.done = renewed;
}

void gm_owner_finish(struct gm_owner *o)
{
  if (o->loop)
    gm_timer_stop(o->loop, &o->timer);
}

void gm_owner_use(struct gm_owner *o)
{
  if (o->asked_ms == 0 || gm_mono_ms() - o->asked_ms >= RENEW_MS)
    renew(o);
}

void gm_owner_hold(struct gm_owner *o)
{
  if (o->n_held++ == 0)
    gm_timer_start(o->loop, &o->timer, gm_mono_ms() + RENEW_MS);
}

void gm_owner_release(struct gm_owner *o)
{
  if (--o->n_held == 0)
    gm_timer_stop(o->loop, &o->timer);
}
