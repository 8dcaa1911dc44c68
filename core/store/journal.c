/* journal.c - job records as transactions of the store.
 *
 * The first record of a job makes its row, which is ours from then on; every
 * later one says that it must still be ours.  So a process that was stopped for
 * long and wakes up after another took its jobs writes nothing any more, and
 * what waits for the record is not sent.
 *
 * What an owner writes along depends on how its last transaction ended.  So a
 * record that comes while one with such operations is being written waits for
 * that, and its own are asked for then.
 *
 * What leads to a job moves when its row is made (gm_journal_first()): the row
 * may be gone again when somebody else comes, and its absence means nothing. */
#include "store/journal.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/map.h"
#include "store/first.h"
#include "store/gone.h"
#include "store/owner.h"
#include <string.h>

struct gm_entry {
  struct gm_tx tx;
  struct gamut_store_op op;   /* the job's row */
  struct gamut_store_op *ops; /* that and what goes along, or NULL */
  uint32_t n_also;            /* what the owner adds; behind it: `with` */
  struct gm_also *also;       /* referenced, or NULL */
  struct gm_first *first;     /* likewise */
  struct gm_entry *next;      /* waits for this one */
  struct gm_gone *gone;       /* parts of it, when this one is written */
  struct gm_journal *journal;
  struct gm_durable *d; /* NULL: nobody is interested */
  bool wait, waits;     /* wait: the job waits for it; waits: it for another */
  bool asked;           /* the store has it */
  unsigned flags;       /* of the last gm_journal_put() */
  uint32_t lapses;      /* the owner's, when it was asked for */
  char id[GM_ID_SIZE];
  char with[GM_ID_SIZE]; /* the row of the whole; "": there is none */
  bool pays;             /* with what costs */
  char *text;
};

struct gm_journal {
  struct gm_store *store;
  struct gm_log *log;
  struct gm_owner owner;
  struct gm_map held; /* id -> struct gm_durable */
  int64_t keep_ms;
  gm_journal_refused_fn *refused;
  void *user;
};

/* ---- whose rows they are ------------------------------------------------- */

/* Without memory for that nobody knows here that we drive it. */
static void hold(struct gm_journal *j, const char *id, struct gm_durable *d)
{
  gm_owner_use(&j->owner);
  if (!d->held) {
    memcpy(d->id, id, GM_ID_SIZE);
    (void)gm_map_put(&j->held, id, d);
    gm_owner_hold(&j->owner);
    d->lapses = j->owner.lapses;
  }
  d->held = true;
}

static void let_go(struct gm_journal *j, struct gm_durable *d)
{
  if (d->held) {
    if (gm_map_get(&j->held, d->id) == d)
      gm_map_remove(&j->held, d->id);
    gm_owner_release(&j->owner);
  }
  d->held = false;
}

/* ---- what leads to them -------------------------------------------------- */

int32_t gm_journal_first(struct gm_durable *d, const struct gamut_store_op *op)
{
  struct gm_first *f = gm_first_new(op);

  if (!f)
    return GAMUT_E_NOMEM;
  gm_first_unref(d->first);
  d->first = f;
  return 0;
}

/* ---- entries ------------------------------------------------------------- */

static void entry_free(struct gm_entry *e)
{
  gm_gone_free(e->gone);
  if (e->d)
    e->d->entry = NULL;
  if (e->also)
    e->also->unref(e->also);
  gm_first_unref(e->first);
  gm_free(e->ops);
  gm_free(e->text);
  gm_free(e);
}

/* What is in the store is no longer true.  Whoever waits says so himself, and
 * of a job that has ended without ever being there nothing is missed. */
static bool is_missed(const struct gm_entry *e)
{
  return !e->wait && (!(e->op.conditions & GAMUT_IF_ABSENT) ||
                      e->op.changes & GAMUT_SET_OWNER);
}

static bool is_unmet(const struct gm_entry *e, int32_t error_class)
{
  return !error_class && e->tx.tx.outcome;
}

/* By a condition of what the owner adds. */
static bool is_refused(const struct gm_entry *e, int32_t error_class)
{
  return is_unmet(e, error_class) && e->tx.tx.failed > 0 &&
         e->tx.tx.failed <= e->n_also;
}

/* Nothing may have been written under this id before. */
static bool is_first(const struct gm_entry *e)
{
  return e->first && e->op.conditions & GAMUT_IF_ABSENT &&
         (e->op.changes || e->n_also > 0);
}

/* It is the last of the operations. */
static bool is_outrun(const struct gm_entry *e, int32_t error_class)
{
  return is_first(e) && is_unmet(e, error_class) &&
         e->tx.tx.failed == e->tx.tx.ops.count - 1;
}

static int32_t verdict(struct gm_entry *e, int32_t error_class)
{
  struct gm_log *log = e->journal->log;

  if (error_class && is_missed(e))
    gm_log_line(log, GAMUT_ERROR, "job %s: its record could not be written: %s",
                e->id, gm_store_why(e->journal->store));
  if (error_class)
    return error_class;
  if (!is_unmet(e, 0) || is_refused(e, 0) || e->op.changes & GAMUT_REMOVE ||
      !e->op.changes)
    return 0;
  gm_warn(log, "job %s: another process has taken it over", e->id);
  return GAMUT_E_DETACHED;
}

static int32_t commit(struct gm_entry *e);

/* Its turn.  `made`: is there what the one before was to make? */
static void commit_next(struct gm_entry *e, bool made)
{
  if (!made && e->op.conditions & GAMUT_IF_MINE) {
    if (e->op.changes & GAMUT_REMOVE) /* there is nothing to remove */
      e->op.changes = 0;
    else if (!(e->op.changes & GAMUT_CLEAR_OWNER))
      e->op.changes |= GAMUT_SET_OWNER;
    if (e->op.changes)
      e->op.changes |= GAMUT_SET_RANK;
    e->op.conditions = GAMUT_IF_ABSENT;
  }
  if (commit(e) == 0)
    return;
  gm_log_line(e->journal->log, GAMUT_ERROR,
              "journal: no memory for the record of job %s", e->id);
  if (e->d && e->wait)
    e->d->ready(e->d, GAMUT_E_NOMEM);
  entry_free(e);
}

/* True: the owner is told by what it writes along. */
static bool tell_also(struct gm_entry *e, int32_t error_class)
{
  if (e->n_also == 0)
    return false;
  if (is_refused(e, error_class))
    return e->also->written(e->also, 0, (int)e->tx.tx.failed - 1);
  if (is_unmet(e, error_class))
    error_class = GAMUT_E_DETACHED;
  return e->also->written(e->also, error_class, -1);
}

static bool is_last(const struct gm_entry *e)
{
  return e->flags & (GM_PUT_ENDED | GM_PUT_RELEASE);
}

static void remove_now(struct gm_journal *j, const char *id);

static void remove_gone(struct gm_journal *j, struct gm_gone *all)
{
  const struct gm_gone *g;

  for (g = all; g; g = g->next)
    remove_now(j, g->id);
  gm_gone_free(all);
}

static void written(struct gm_tx *t, int32_t error_class)
{
  struct gm_entry *e = GM_CONTAINER(t, struct gm_entry, tx);
  int32_t rc = verdict(e, error_class);
  bool made =
    !(e->op.conditions & GAMUT_IF_ABSENT) || (!rc && !e->tx.tx.outcome);
  bool wait = e->wait, told = tell_also(e, error_class);
  /* The owner may have ended the job: it is gone then, or has written more. */
  struct gm_durable *d = e->d;
  struct gm_entry *next = e->next;

  if (is_refused(e, error_class))
    rc = GAMUT_E_QUOTA;

  /* The row that this was to make is not there. */
  if (d && !made)
    let_go(e->journal, d);
  if (d && is_outrun(e, error_class))
    d->outrun = true;
  /* A store that cannot tell is not asked once more. */
  if (d && rc != GAMUT_E_DETACHED)
    d->lapses = e->lapses;
  if (rc == GAMUT_E_DETACHED && is_last(e) && e->journal->refused)
    e->journal->refused(e->journal->user, e->id, e->text, e->flags, e->also);
  if (!error_class && !e->tx.tx.outcome)
    remove_gone(e->journal, GM_TAKE(e->gone));
  entry_free(e);
  if (d && wait && !told)
    d->ready(d, rc);
  else if (d && rc == GAMUT_E_DETACHED && d->lost)
    d->lost(d);
  if (next)
    commit_next(next, made);
}

/* The row must be ours, or not be there yet. */
static struct gm_entry *entry_new(struct gm_journal *j, const char *id,
                                  bool held)
{
  struct gm_entry *e = gm_zalloc(sizeof(*e));

  if (!e)
    return NULL;
  memcpy(e->id, id, GM_ID_SIZE);
  e->journal = j;
  e->op = (struct gamut_store_op){
    .table = GM_TABLE_JOB,
    .key = e->id,
    .owner = j->owner.name,
    .conditions = held ? GAMUT_IF_MINE : GAMUT_IF_ABSENT,
    .changes = held ? 0 : GAMUT_SET_OWNER | GAMUT_SET_RANK,
    .rank = (int64_t)gm_wall_ms()
  };
  e->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(e->tx.tx),
                                      .ops = { &e->op, 1, sizeof(e->op) } };
  e->tx.done = written;
  return e;
}

/* The one that can still be changed, taken out of the queue; or a new one,
 * which waits for one that is being written if that has to be.  Whoever waits for
 * that one hears of this one, which says more. */
static struct gm_entry *entry_for(struct gm_journal *j, const char *id,
                                  struct gm_durable *d)
{
  struct gm_entry *before = d->entry, *e;

  if (before && (!before->asked || gm_store_take_back(j->store, &before->tx))) {
    before->asked = false;
    return before;
  }
  if (before)
    before->d = NULL;
  d->entry = e = entry_new(j, id, d->held);
  if (!e)
    return NULL;
  e->d = d;
  e->also = d->also;
  if (e->also)
    e->also->ref(e->also);
  e->first = gm_first_ref(d->first);
  e->wait = before && before->wait;
  e->waits = before && before->n_also > 0;
  if (e->waits)
    before->next = e;
  return e;
}

/* A part pays, or begins, only while the whole is ours: else that is another's,
 * who begins parts of its own. */
static bool asks_whole(const struct gm_entry *e)
{
  bool begins = e->op.conditions & GAMUT_IF_ABSENT && e->op.changes;

  return e->with[0] && (e->pays || begins);
}

static int32_t ask_along(struct gm_entry *e)
{
  const struct gamut_store_op *more = NULL;
  uint32_t n = 0, at = 0;

  e->n_also = 0;
  if (e->also && e->also->build(e->also, &more, &n))
    return GAMUT_E_NOMEM;
  e->n_also = n;
  gm_free(GM_TAKE(e->ops));
  e->tx.tx.ops = (struct gamut_table){ &e->op, 1, sizeof(e->op) };
  if (n == 0 && !asks_whole(e) && !is_first(e))
    return 0;
  e->ops = gm_alloc((n + 3) * sizeof(*e->ops));
  if (!e->ops)
    return GAMUT_E_NOMEM;
  e->ops[at++] = e->op;
  if (n > 0)
    memcpy(e->ops + at, more, n * sizeof(*more));
  at += n;
  if (asks_whole(e))
    e->ops[at++] = (struct gamut_store_op){ .table = GM_TABLE_JOB,
                                            .key = e->with,
                                            .owner = e->op.owner,
                                            .conditions = GAMUT_IF_MINE };
  if (is_first(e))
    e->ops[at++] = e->first->op;
  e->tx.tx.ops = (struct gamut_table){ e->ops, at, sizeof(*e->ops) };
  return 0;
}

/* Nothing touches the entry afterwards: its end may have been told. */
static int32_t commit(struct gm_entry *e)
{
  if (ask_along(e))
    return GAMUT_E_NOMEM;
  if (!e->ops && !e->op.changes) {
    entry_free(e);
    return 0;
  }
  e->waits = false;
  e->asked = true;
  gm_store_commit(e->journal->store, &e->tx);
  return 0;
}

/* What is written along says what it means that the job is not. */
static int32_t commit_or_wait(struct gm_entry *e)
{
  int32_t rc = e->waits ? 0 : commit(e);

  if (rc)
    entry_free(e);
  return rc;
}

/* ---- what jobs ask for --------------------------------------------------- */

int64_t gm_journal_seal(const char *id, const void *text, size_t len)
{
  uint64_t sum = gm_sum64(text, len, gm_sum64(id, strlen(id), 0));

  return sum ? (int64_t)sum : 1;
}

static void set_text(struct gm_entry *e, char *text)
{
  gm_free(e->text);
  e->text = text;
  e->op.body = text;
  e->op.body_len = text ? strlen(text) : 0;
  if (text)
    e->op.numbers[0] = gm_journal_seal(e->id, text, e->op.body_len);
}

static void remove_row(struct gm_journal *j, const char *id,
                       struct gm_durable *d)
{
  struct gm_entry *e;

  if (!d->held && !d->also) /* never written */
    return;
  e = entry_for(j, id, d);
  let_go(j, d);
  if (e) {
    e->wait = false;
    set_text(e, NULL);
    /* One that is not there never will be; what goes along is written. */
    e->op.changes = e->op.conditions & GAMUT_IF_ABSENT ? 0 : GAMUT_REMOVE;
    e->tx.tx.flags = GAMUT_TX_LOOSE; /* found again it would end again */
  }
  if (!e || commit_or_wait(e))
    gm_warn(j->log, "job %s has ended, and there is no memory to say so", id);
}

/* With its end it became nobody's. */
static void remove_now(struct gm_journal *j, const char *id)
{
  struct gm_entry *e = entry_new(j, id, true);

  if (e) {
    e->op.owner = NULL; /* as long as it is ours its end is yet to come */
    e->op.conditions = GAMUT_IF_FREE;
    e->op.changes = GAMUT_REMOVE;
    e->tx.tx.flags = GAMUT_TX_LOOSE;
  }
  if (!e || commit_or_wait(e))
    gm_warn(j->log, "job %s is kept: there is no memory to forget it", id);
}

void gm_journal_remove(struct gm_journal *j, const char *id,
                       const struct gm_durable *whole)
{
  if (whole->entry)
    gm_gone_add(&whole->entry->gone, id);
  else if (!whole->held) /* it is written */
    remove_now(j, id);
}

/* Nothing touches `d` behind gm_store_commit(): its end may have been told, and
 * the job be gone. */
int32_t gm_journal_put(struct gm_journal *j, const char *id, char *text,
                       unsigned flags, struct gm_durable *d)
{
  struct gm_entry *e;
  bool fresh;

  if (!text) {
    remove_row(j, id, d);
    return 0;
  }
  e = entry_for(j, id, d);
  if (!e) {
    gm_free(text);
    return GAMUT_E_NOMEM;
  }
  set_text(e, text);
  e->flags = flags;
  fresh = e->op.conditions & GAMUT_IF_ABSENT;
  e->wait |= flags & GM_PUT_WAIT;
  e->op.changes |= GAMUT_SET_BODY | GAMUT_SET_NUMBERS;
  hold(j, id, d);
  e->lapses = j->owner.lapses;
  if (d->with)
    memcpy(e->with, d->with, GM_ID_SIZE);
  e->pays |= flags & GM_PUT_PAYS;
  if (flags & GM_PUT_ENDED) {
    e->op.changes |= GAMUT_SET_RANK | GAMUT_SET_TTL;
    e->op.rank = 0;
    e->op.ttl_ms = flags & GM_PUT_PART && j->keep_ms >= 0
                     ? GM_MAX(j->keep_ms, GM_JOURNAL_PART_MS)
                     : j->keep_ms;
  } else if (d->ended) {
    e->op.changes |= GAMUT_SET_RANK | GAMUT_SET_TTL;
    e->op.ttl_ms = -1;
  }
  d->ended = false;
  if (flags & (GM_PUT_RELEASE | GM_PUT_ENDED)) {
    e->op.changes &= ~(uint32_t)GAMUT_SET_OWNER;
    e->op.changes |= GAMUT_CLEAR_OWNER;
    let_go(j, d);
  }
  if (flags & GM_PUT_LOOSE)
    e->tx.tx.flags = GAMUT_TX_LOOSE;
  else
    e->tx.lasting = is_last(e);
  if (commit_or_wait(e) == 0)
    return 0;
  if (fresh)
    let_go(j, d);
  return GAMUT_E_NOMEM;
}

void gm_journal_on_refused(struct gm_journal *j, gm_journal_refused_fn *fn,
                           void *user)
{
  j->refused = fn;
  j->user = user;
}

const char *gm_journal_owner(struct gm_journal *j)
{
  gm_owner_use(&j->owner);
  return j->owner.name;
}

void gm_journal_adopt(struct gm_journal *j, const char *id,
                      struct gm_durable *d)
{
  hold(j, id, d);
  d->lapses = j->owner.lapses;
}

bool gm_journal_drives(struct gm_journal *j, const char *id)
{
  return gm_map_get(&j->held, id) != NULL;
}

void gm_journal_hold(struct gm_journal *j)
{
  gm_owner_use(&j->owner);
  gm_owner_hold(&j->owner);
}

void gm_journal_let_go(struct gm_journal *j)
{
  gm_owner_release(&j->owner);
}

const char *gm_journal_name(const struct gm_journal *j)
{
  return j->owner.name;
}

bool gm_journal_keeps(const struct gm_journal *j)
{
  return j->keep_ms != 0 && gm_store_keeps(j->store);
}

void gm_journal_keep_ms(struct gm_journal *j, int64_t ms)
{
  j->keep_ms = ms;
}

bool gm_journal_doubts(struct gm_journal *j, const struct gm_durable *d)
{
  if (!d->held)
    return false;
  gm_owner_use(&j->owner);
  return d->lapses != j->owner.lapses;
}

void gm_journal_unwait(struct gm_durable *d)
{
  if (d->entry)
    d->entry->wait = false;
}

void gm_journal_forget(struct gm_journal *j, struct gm_durable *d)
{
  if (d->entry)
    d->entry->d = NULL;
  d->entry = NULL;
  gm_first_unref(GM_TAKE(d->first));
  let_go(j, d);
}

const char *gm_journal_why(const struct gm_journal *j)
{
  return gm_store_why(j->store);
}

/* ---- life ---------------------------------------------------------------- */

int32_t gm_journal_new(struct gm_loop *l, struct gm_store *store,
                       struct gm_log *log, struct gm_journal **ret)
{
  struct gm_journal *j = gm_zalloc(sizeof(*j));

  if (!j)
    return GAMUT_E_NOMEM;
  j->store = store;
  j->log = log;
  gm_owner_init(&j->owner, l, store);
  *ret = j;
  return 0;
}

void gm_journal_free(struct gm_journal *j)
{
  if (!j)
    return;
  gm_owner_finish(&j->owner);
  gm_map_finish(&j->held);
  gm_free(j);
}
