/* charge_holds.c - what a job has in the counters of budgets.
 *
 * Which budgets have a say is decided when an attempt reserves, and so is the
 * period: what was reserved before midnight is settled in the day before. */
#include "base/str.h"
#include "route/ledger_private.h"
#include <string.h>

/* No use in rows of periods that are long over. */
#define KEEP_MS (INT64_C(400) * 24 * 3600 * 1000)

struct gm_hold *gm_hold_add(struct gm_charge *c, const char *key)
{
  struct gm_hold *bigger, *h;
  uint32_t i;

  for (i = 0; i < c->n_holds; i++)
    if (gm_streq(c->holds[i].key, key))
      return &c->holds[i];
  bigger = gm_realloc(c->holds, (c->n_holds + 1) * sizeof(*bigger));
  if (!bigger)
    return NULL;
  c->holds = bigger;
  h = &c->holds[c->n_holds];
  memset(h, 0, sizeof(*h));
  h->limit_microusd = -1;
  h->key = gm_strdup(key);
  if (!h->key)
    return NULL;
  c->n_holds++;
  return h;
}

static void hold_finish(struct gm_hold *h)
{
  gm_free(h->key);
  gm_free(h->name);
}

void gm_holds_finish(struct gm_charge *c)
{
  uint32_t i;

  for (i = 0; i < c->n_holds; i++)
    hold_finish(&c->holds[i]);
  gm_free(c->holds);
}

/* Of two budgets over one counter the lower one counts. */
static int32_t hold_in(struct gm_charge *c, const struct gm_purse *b,
                       const char *name)
{
  int64_t now = gm_store_now(c->ledger->store);
  char key[GAMUT_STORE_KEY_MAX + 1];
  struct gm_hold *h;

  gm_budget_key(b->scope, name, b->period, now, key);
  h = gm_hold_add(c, key);
  if (!h)
    return GAMUT_E_NOMEM;
  if (name && !h->name && !(h->name = gm_strdup(name)))
    return GAMUT_E_NOMEM;
  if (!h->present && c->expected >= 0)
    h->now[GM_COUNT_TAKEN] += c->expected;
  h->present = true;
  h->scope = b->scope;
  h->period = b->period;
  h->at_ms = now;
  if (h->limit_microusd < 0 || b->limit_microusd < h->limit_microusd)
    h->limit_microusd = b->limit_microusd;
  return 0;
}

static int32_t hold_named(struct gm_charge *c, const struct gm_purse *b,
                          const char *name)
{
  if (!name || (b->name && !gm_streq(b->name, name)))
    return 0;
  return hold_in(c, b, name);
}

static int32_t hold_tags(struct gm_charge *c, const struct gm_purse *b)
{
  _cleanup_json_ struct json_object *tags =
    c->tags ? gm_json_parse_once(c->tags, strlen(c->tags), NULL, NULL) : NULL;
  size_t i, n = gm_json_count(tags, NULL);
  int32_t rc = 0;

  for (i = 0; i < n && rc == 0; i++)
    rc = hold_named(c, b,
                    json_object_get_string(json_object_array_get_idx(tags, i)));
  return rc;
}

static int32_t hold_for(struct gm_charge *c, const struct gm_purse *b)
{
  switch (b->scope) {
  case GM_SCOPE_ALL:
    return hold_in(c, b, NULL);
  case GM_SCOPE_PROVIDER:
    return hold_named(c, b, gm_run_link(c->run)->provider);
  case GM_SCOPE_PROJECT:
    return hold_named(c, b, c->project);
  case GM_SCOPE_USER:
    return hold_named(c, b, c->user);
  case GM_SCOPE_TAG:
    break;
  }
  return hold_tags(c, b);
}

int32_t gm_holds_reserve(struct gm_charge *c)
{
  const struct gm_budgets *all = &c->ledger->budgets;
  uint32_t i;
  int32_t rc = 0;

  for (i = 0; i < c->n_holds; i++)
    c->holds[i].present = false; /* of the attempt before */
  for (i = 0; i < all->n && rc == 0; i++)
    rc = hold_for(c, &all->items[i]);
  return rc;
}

void gm_holds_close(struct gm_charge *c, int64_t microusd, bool maybe,
                    bool unknown)
{
  int64_t expected = GM_MAX(c->expected, 0);
  uint32_t i;

  for (i = 0; i < c->n_holds; i++) {
    struct gm_hold *h = &c->holds[i];

    if (!h->present)
      continue;
    h->now[GM_COUNT_TAKEN] += microusd - expected;
    h->now[maybe ? GM_COUNT_MAYBE : GM_COUNT_SPENT] += microusd;
    h->now[GM_COUNT_UNKNOWN] += unknown;
  }
}

static bool has_in_doubt(const struct gm_hold *h, int64_t microusd,
                         bool unknown)
{
  return h->now[GM_COUNT_MAYBE] >= microusd &&
         h->now[GM_COUNT_UNKNOWN] >= unknown;
}

/* Those of the last attempt, which others that are in doubt too may have no
 * part in: another vendor's, or yesterday's.  When it is not the last one that
 * was in doubt, and in older records, all that can have a part in it. */
void gm_holds_reopen(struct gm_charge *c, int64_t microusd, bool unknown)
{
  bool last = false;
  uint32_t i;

  for (i = 0; i < c->n_holds; i++)
    last |=
      c->holds[i].present && has_in_doubt(&c->holds[i], microusd, unknown);
  for (i = 0; i < c->n_holds; i++) {
    struct gm_hold *h = &c->holds[i];

    h->present = (h->present || !last) && has_in_doubt(h, microusd, unknown);
    if (!h->present)
      continue;
    h->now[GM_COUNT_MAYBE] -= microusd;
    h->now[GM_COUNT_UNKNOWN] -= unknown;
  }
}

static bool differs(const struct gm_hold *h)
{
  return memcmp(h->now, h->stored, sizeof(h->now)) != 0;
}

/* Its counter is made then, with its name, also where nothing is known to be
 * counted yet. */
static bool is_reserving(const struct gm_charge *c, const struct gm_hold *h)
{
  return c->reserving && h->present && h->limit_microusd >= 0;
}

uint32_t gm_holds_ops(struct gm_charge *c, struct gamut_store_op *ops)
{
  uint32_t i, k, n = 0;

  for (i = 0; i < c->n_holds; i++) {
    struct gm_hold *h = &c->holds[i];
    struct gamut_store_op *op = &ops[n];

    memcpy(h->sent, h->now, sizeof(h->sent));
    if (!differs(h) && !is_reserving(c, h))
      continue;
    n++;
    *op = (struct gamut_store_op){ .table = GM_TABLE_BUDGET,
                                   .key = h->key,
                                   .changes = GAMUT_ADD_NUMBERS };
    for (k = 0; k < GM_COUNTS; k++)
      op->numbers[k] = h->now[k] - h->stored[k];
    if (h->limit_microusd < 0)
      continue;
    if (differs(h) && is_reserving(c, h)) {
      op->conditions = GAMUT_IF_MAX;
      op->max = h->limit_microusd;
    }
    op->changes |= GAMUT_SET_TTL | (h->name ? GAMUT_SET_BODY : 0u);
    op->ttl_ms = KEEP_MS;
    op->body = h->name;
    op->body_len = h->name ? strlen(h->name) : 0;
  }
  return n;
}
