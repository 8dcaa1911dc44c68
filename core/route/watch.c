/* watch.c - looks at counters of budgets: why one has refused, whether one
 * comes near its end.  A commit tells neither.
 *
 * A warning is given once for each counter, by whoever makes the row that says
 * that it was: "!" and the counter's key. */
#include "base/str.h"
#include "route/ledger_private.h"
#include <stdio.h>
#include <string.h>

#define WARN_PERCENT 80
#define WARNED_MS    (INT64_C(40) * 24 * 3600 * 1000)

struct counter {
  char key[GAMUT_STORE_KEY_MAX + 1];
  char label[320];
  int64_t limit, numbers[GAMUT_STORE_NUMBERS], at_ms;
  enum gm_period period;
};

struct sight {
  struct gm_look look;
  struct gm_charge *charge;
  bool refused;
  uint32_t n;
  struct counter counters[];
};

static void take_counter(struct counter *k, const struct gm_hold *h)
{
  struct gm_buf b = GM_BUF_INIT(sizeof(k->label) - 1);

  snprintf(k->key, sizeof(k->key), "%s", h->key);
  gm_budget_label(&b, h->scope, h->name);
  snprintf(k->label, sizeof(k->label), "%s", gm_buf_text(&b));
  gm_buf_finish(&b);
  k->limit = h->limit_microusd;
  k->period = h->period;
  k->at_ms = h->at_ms;
}

static int32_t on_row(void *user, const struct gamut_store_row *row)
{
  struct counter *k = user;

  memcpy(k->numbers, row->numbers, sizeof(k->numbers));
  return 0;
}

static int32_t run_look(struct gm_look *look, const struct gamut_store *type,
                        void *handle, char *message)
{
  struct sight *s = GM_CONTAINER(look, struct sight, look);
  int32_t rc = 0;
  uint32_t i;

  for (i = 0; i < s->n && rc == 0; i++)
    rc = gm_store_row(type, handle, GM_TABLE_BUDGET, s->counters[i].key,
                      GAMUT_SCAN_NO_BODY, on_row, &s->counters[i], message);
  return rc;
}

static void sight_free(struct sight *s)
{
  gm_charge_unref(s->charge);
  gm_free(s);
}

static struct sight *new_sight(struct gm_charge *c, uint32_t room)
{
  struct sight *s = gm_zalloc(sizeof(*s) + room * sizeof(s->counters[0]));

  if (!s)
    return NULL;
  s->charge = c;
  gm_charge_ref(c);
  s->look.run = run_look;
  return s;
}

/* ---- refused ------------------------------------------------------------- */

static void say_why(const struct sight *s, struct gm_buf *b)
{
  const struct counter *k = &s->counters[0];

  gm_buf_addf(b, "the budget of %s, ", k->label);
  gm_add_usd(b, k->limit);
  gm_buf_addf(b, " a %s, has ", gm_period_name(k->period));
  gm_add_usd(b, GM_MAX(k->limit - k->numbers[GM_COUNT_TAKEN], 0));
  gm_buf_add(b, " left, and this costs ");
  gm_add_usd(b, GM_MAX(s->charge->expected, 0));
  gm_buf_add(b, "; it begins anew at ");
  gm_add_reset(b, k->period, k->at_ms);
  gm_buf_add(b, " (`gamut budgets` shows all)");
}

static void refuse(struct gm_charge *c, const char *why)
{
  if (c->run && c->run->job.unsent)
    gm_job_fail_unsent(&c->run->job, GAMUT_E_QUOTA, why);
}

static void seen_refusal(struct gm_look *k, int32_t error_class)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1024);
  struct sight *s = GM_CONTAINER(k, struct sight, look);

  if (error_class)
    gm_buf_addf(&b, "the budget of %s has no room for it",
                s->counters[0].label);
  else
    say_why(s, &b);
  refuse(s->charge, gm_buf_text(&b));
  sight_free(s);
}

void gm_watch_refused(struct gm_charge *c, uint32_t i)
{
  struct sight *s = new_sight(c, 1);

  if (!s) {
    refuse(c, "a budget has no room for it");
    return;
  }
  take_counter(&s->counters[0], &c->holds[i]);
  s->n = 1;
  s->look.done = seen_refusal;
  gm_store_look(c->ledger->store, &s->look);
}

/* ---- near the end -------------------------------------------------------- */

struct warning {
  struct gm_tx tx;
  struct gamut_store_op op;
  struct gm_charge *charge;
  char key[GAMUT_STORE_KEY_MAX + 2];
  char line[640];
};

static void warned(struct gm_tx *t, int32_t error_class)
{
  struct warning *w = GM_CONTAINER(t, struct warning, tx);

  if (!error_class && t->tx.outcome == 0)
    gm_warn(w->charge->ledger->log, "%s", w->line);
  gm_charge_unref(w->charge);
  gm_free(w);
}

static void write_line(struct warning *w, const struct counter *k)
{
  struct gm_buf b = GM_BUF_INIT(sizeof(w->line) - 1);

  gm_buf_addf(&b, "the budget of %s: ", k->label);
  gm_add_usd(&b, k->numbers[GM_COUNT_TAKEN]);
  gm_buf_add(&b, " of ");
  gm_add_usd(&b, k->limit);
  gm_buf_addf(&b, " a %s is spent or reserved; it begins anew at ",
              gm_period_name(k->period));
  gm_add_reset(&b, k->period, k->at_ms);
  snprintf(w->line, sizeof(w->line), "%s", gm_buf_text(&b));
  gm_buf_finish(&b);
}

static void warn(struct gm_charge *c, const struct counter *k)
{
  struct warning *w = gm_zalloc(sizeof(*w));

  if (!w || !gm_map_put(&c->ledger->warned, k->key, c->ledger)) {
    gm_free(w);
    return;
  }
  gm_charge_ref(c);
  w->charge = c;
  write_line(w, k);
  snprintf(w->key, sizeof(w->key), "!%.254s", k->key);
  w->op = (struct gamut_store_op){ .table = GM_TABLE_BUDGET,
                                   .key = w->key,
                                   .conditions = GAMUT_IF_ABSENT,
                                   .changes = GAMUT_SET_TTL,
                                   .ttl_ms = WARNED_MS };
  w->tx.done = warned;
  w->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(w->tx.tx),
                                      .flags = GAMUT_TX_LOOSE,
                                      .ops = { &w->op, 1, sizeof(w->op) } };
  gm_store_commit(c->ledger->store, &w->tx);
}

static bool is_near(const struct counter *k)
{
  return k->numbers[GM_COUNT_TAKEN] > 0 &&
         k->numbers[GM_COUNT_TAKEN] >=
           k->limit / 100 * WARN_PERCENT + k->limit % 100 * WARN_PERCENT / 100;
}

static void seen(struct gm_look *look, int32_t error_class)
{
  struct sight *s = GM_CONTAINER(look, struct sight, look);
  uint32_t i;

  for (i = 0; i < s->n && !error_class; i++)
    if (is_near(&s->counters[i]) &&
        !gm_map_get(&s->charge->ledger->warned, s->counters[i].key))
      warn(s->charge, &s->counters[i]);
  sight_free(s);
}

static bool is_watched(const struct gm_charge *c, const struct gm_hold *h)
{
  return h->limit_microusd > 0 && h->stored[GM_COUNT_TAKEN] > 0 &&
         !gm_map_get(&c->ledger->warned, h->key);
}

void gm_watch(struct gm_charge *c)
{
  uint32_t i, n = 0;
  struct sight *s;

  for (i = 0; i < c->n_holds; i++)
    n += is_watched(c, &c->holds[i]);
  s = n > 0 ? new_sight(c, n) : NULL;
  if (!s)
    return;
  for (i = 0; i < c->n_holds; i++)
    if (is_watched(c, &c->holds[i]))
      take_counter(&s->counters[s->n++], &c->holds[i]);
  s->look.done = seen;
  gm_store_look(c->ledger->store, &s->look);
}
