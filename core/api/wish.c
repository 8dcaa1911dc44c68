/* wish.c - a job is to be cancelled that another process drives.
 *
 * Whoever wishes it writes a row with the job's name; whoever drives jobs looks
 * for such rows now and then, fulfils what is about one of its own, and takes
 * the row away.  A wish that nobody heeds expires. */
#include "api/jobs.h"
#include "base/clock.h"
#include "base/str.h"
#include <string.h>

#define TABLE         "wish"
#define GOOD_MS       60000
#define LOOK_EVERY_MS 2000
#define AT_ONCE       32 /* the rest is for the next look */

/* ---- heeded -------------------------------------------------------------- */

struct gm_wishes {
  struct gamut *g;
  struct gm_timer timer;
  struct gm_look look;
  struct gm_tx tx; /* takes away what was fulfilled */
  struct gamut_store_op ops[AT_ONCE];
  char ids[AT_ONCE][GAMUT_ID_SIZE];
  uint32_t n;
  bool busy; /* the store has one of the two */
};

static void look_in(struct gm_wishes *w, uint32_t ms)
{
  w->busy = false;
  if (w->g->n_tickets > 0 && !w->g->closing)
    gm_timer_start(w->g->loop, &w->timer, gm_mono_ms() + ms);
}

static int32_t on_row(void *user, const struct gamut_store_row *row)
{
  struct gm_wishes *w = user;

  if (gm_id_valid(row->key) && w->n < AT_ONCE)
    memcpy(w->ids[w->n++], row->key, GAMUT_ID_SIZE);
  return 0;
}

static int32_t run_look(struct gm_look *k, const struct gamut_store *type,
                        void *handle, char *message)
{
  struct gm_wishes *w = GM_CONTAINER(k, struct gm_wishes, look);
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .flags = GAMUT_SCAN_NO_BODY,
                                       .table = TABLE };

  return type->scan(handle, &q, on_row, w, message);
}

static void removed(struct gm_tx *t, int32_t error_class)
{
  struct gm_wishes *w = GM_CONTAINER(t, struct gm_wishes, tx);
  bool more = w->n == AT_ONCE && !error_class;

  look_in(w, more ? 0 : LOOK_EVERY_MS);
}

static void looked(struct gm_look *k, int32_t error_class)
{
  struct gm_wishes *w = GM_CONTAINER(k, struct gm_wishes, look);
  uint32_t i, n = 0;

  for (i = 0; i < w->n && !error_class && !w->g->closing; i++) {
    if (!gm_ticket_cancel(w->g, w->ids[i]))
      continue;
    gm_info(&w->g->log, "job %s: another process wishes it cancelled",
            w->ids[i]);
    w->ops[n++] = (struct gamut_store_op){ .table = TABLE,
                                           .key = w->ids[i],
                                           .changes = GAMUT_REMOVE };
  }
  if (n == 0) {
    look_in(w, LOOK_EVERY_MS);
    return;
  }
  w->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(w->tx.tx),
                                      .flags = GAMUT_TX_LOOSE,
                                      .ops = { w->ops, n, sizeof(*w->ops) } };
  w->tx.done = removed;
  gm_store_commit(w->g->store, &w->tx);
}

/* Nobody else sees a store that keeps nothing. */
static void on_timer(struct gm_timer *t)
{
  struct gm_wishes *w = GM_CONTAINER(t, struct gm_wishes, timer);

  if (!gm_store_keeps(w->g->store)) {
    look_in(w, LOOK_EVERY_MS);
    return;
  }
  w->busy = true;
  w->n = 0;
  w->look.run = run_look;
  w->look.done = looked;
  gm_store_look(w->g->store, &w->look);
}

void gm_wishes_heed(struct gamut *g)
{
  struct gm_wishes *w = g->wishes;

  if (!w)
    g->wishes = w = gm_zalloc(sizeof(*w));
  if (!w || w->busy || w->timer.at)
    return;
  w->g = g;
  w->timer.fire = on_timer;
  look_in(w, LOOK_EVERY_MS);
}

void gm_wishes_end(struct gamut *g)
{
  if (g->wishes)
    gm_timer_stop(g->loop, &g->wishes->timer);
}

/* ---- told ---------------------------------------------------------------- */

int32_t gamut_cancel_elsewhere(struct gamut *g, const char *given,
                               struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;
  char id[GAMUT_ID_SIZE];
  bool done;
  struct gamut_store_op op = {
    .table = TABLE, .key = id, .changes = GAMUT_SET_TTL, .ttl_ms = GOOD_MS
  };
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  if (gm_job_find_id(g, given, id, &err) == 0)
    gm_write_and_wait(g, &op, &done, &err);
  return gm_report(&err, ret_error);
}
