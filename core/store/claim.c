/* claim.c - two transactions: look at the row, then take it if it is still as
 * it was and nobody's.  Between the two anybody may come first. */
#include "store/claim.h"
#include <gamut/plugin.h>
#include <string.h>

#define RECORD_MAX (128u << 20)

static int32_t on_row(void *user, const struct gamut_store_row *row)
{
  struct gm_claim *c = user;

  c->there = true;
  c->driven = row->owner && row->owner_ttl_ms > 0;
  c->version = row->version;
  c->ended = row->rank == 0;
  c->broken =
    row->numbers[0] &&
    row->numbers[0] != gm_journal_seal(c->id, row->body, row->body_len);
  gm_buf_addn(&c->text, row->body, row->body_len);
  return gm_buf_failed(&c->text) ? GAMUT_E_NOMEM : 0;
}

static int32_t look(struct gm_look *k, const struct gamut_store *type,
                    void *handle, char *message)
{
  struct gm_claim *c = GM_CONTAINER(k, struct gm_claim, look);

  return gm_store_row(type, handle, GM_TABLE_JOB, c->id, 0, on_row, c, message);
}

static void taken(struct gm_tx *t, int32_t error_class)
{
  struct gm_claim *c = GM_CONTAINER(t, struct gm_claim, tx);

  if (!error_class && t->tx.outcome)
    error_class = GAMUT_E_RATE;
  c->done(c, error_class);
}

static void take(struct gm_claim *c)
{
  c->op =
    (struct gamut_store_op){ .table = GM_TABLE_JOB,
                             .key = c->id,
                             .conditions = GAMUT_IF_VERSION | GAMUT_IF_FREE,
                             .changes = GAMUT_SET_OWNER,
                             .version = c->version,
                             .owner = gm_journal_owner(c->journal) };
  c->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(c->tx.tx),
                                      .ops = { &c->op, 1, sizeof(c->op) } };
  c->tx.done = taken;
  gm_store_commit(c->store, &c->tx);
}

/* Our own name may have lapsed while we hung: what has gone on here since then
 * must not be gone on with beside that. */
static bool is_driven_here(const struct gm_claim *c)
{
  return !c->regains && gm_journal_drives(c->journal, c->id);
}

static void seen(struct gm_look *k, int32_t error_class)
{
  struct gm_claim *c = GM_CONTAINER(k, struct gm_claim, look);

  if (error_class)
    c->done(c, error_class);
  else if (!c->there)
    c->done(c, GAMUT_E_NOT_FOUND);
  else if (c->driven || is_driven_here(c))
    c->done(c, GAMUT_E_RATE);
  else if (c->broken)
    c->done(c, GAMUT_E_PROTOCOL);
  else
    take(c);
}

void gm_claim_begin(struct gm_claim *c, struct gm_journal *j,
                    struct gm_store *s)
{
  gm_buf_init(&c->text, RECORD_MAX);
  c->journal = j;
  c->store = s;
  c->look.run = look;
  c->look.done = seen;
  gm_store_look(s, &c->look);
}

void gm_claim_give_back(struct gm_claim *c)
{
  struct gm_durable d = { .ready = NULL };
  char *text = gm_strndup(gm_buf_text(&c->text), c->text.len);

  if (!text)
    return;
  gm_journal_adopt(c->journal, c->id, &d);
  gm_journal_put(c->journal, c->id, text, GM_PUT_RELEASE, &d);
  gm_journal_forget(c->journal, &d);
}

void gm_claim_finish(struct gm_claim *c)
{
  gm_buf_finish(&c->text);
}
