/* charge.c - the life of one job's entry: reserved, then settled, released, or
 * perhaps charged; attempt by attempt.
 *
 * What is changed here reaches the store with the job's next record that
 * carries operations along; what the store has is known when that was written,
 * and not before. */
#include "base/clock.h"
#include "base/str.h"
#include "route/ledger_private.h"
#include <string.h>

#define UNKNOWN_MAX 127 /* two of them are in eight bits of the row */

const char *gm_charge_status_name(enum gm_charge_status s)
{
  static const char *const names[] = { "open",    "completed", "failed",
                                       "blocked", "cancelled", "maybe-charged",
                                       "cached" };

  return s < GM_LEN(names) ? names[s] : "unknown";
}

/* ---- with the records ---------------------------------------------------- */

static struct gm_charge *charge_of(struct gm_also *a)
{
  return GM_CONTAINER(a, struct gm_charge, also);
}

void gm_charge_ref(struct gm_charge *c)
{
  c->refs++;
}

static void part_finish(struct gm_part *p)
{
  gm_free(p->provider);
  gm_free(p->model);
}

void gm_charge_unref(struct gm_charge *c)
{
  uint32_t i;

  if (--c->refs > 0)
    return;
  gm_holds_finish(c);
  for (i = 0; i < c->n_parts; i++)
    part_finish(&c->parts[i]);
  gm_free(c->parts);
  gm_free(c->project);
  gm_free(c->user);
  gm_free(c->tags);
  gm_free(c->body);
  gm_free(c->writing);
  gm_free(c->ops);
  gm_free(c);
}

static void also_ref(struct gm_also *a)
{
  gm_charge_ref(charge_of(a));
}

static void also_unref(struct gm_also *a)
{
  gm_charge_unref(charge_of(a));
}

static struct gamut_store_op row_op(struct gm_charge *c)
{
  struct gamut_store_op op = { .table = GM_TABLE_CHARGE,
                               .key = c->id,
                               .changes = GAMUT_SET_NUMBERS | GAMUT_SET_RANK,
                               .rank = c->at_ms };

  if (c->body) { /* the one that was written is with the store no more */
    gm_free(c->writing);
    c->writing = GM_TAKE(c->body);
  }
  if (c->writing) {
    op.changes |= GAMUT_SET_BODY;
    op.body = c->writing;
    op.body_len = strlen(c->writing);
  }
  memcpy(op.numbers, c->numbers, sizeof(op.numbers));
  return op;
}

static int32_t build(struct gm_also *a, const struct gamut_store_op **ret,
                     uint32_t *ret_n)
{
  struct gm_charge *c = charge_of(a);
  struct gamut_store_op *ops;
  uint32_t n;

  *ret_n = 0;
  if (c->changed == c->stored || c->frozen)
    return 0;
  ops = gm_realloc(c->ops, (c->n_holds + 1) * sizeof(*ops));
  if (!ops)
    return GAMUT_E_NOMEM;
  c->ops = ops;
  c->sent = c->changed;
  n = gm_holds_ops(c, ops);
  ops[n] = row_op(c);
  *ret = ops;
  *ret_n = n + 1;
  return 0;
}

static bool refused_by(struct gm_charge *c, int at)
{
  uint32_t i;

  for (i = 0; i < c->n_holds; i++) {
    if (c->ops[at].key != c->holds[i].key || !c->run || !c->run->job.unsent)
      continue;
    gm_watch_refused(c, i);
    return true;
  }
  return false;
}

static bool written(struct gm_also *a, int32_t error_class, int refused)
{
  struct gm_charge *c = charge_of(a);
  uint32_t i;

  if (refused >= 0)
    return refused_by(c, refused);
  if (error_class)
    return false;
  c->stored = c->sent;
  /* A job waits long between two of these. */
  gm_free(GM_TAKE(c->writing));
  gm_free(GM_TAKE(c->ops));
  if (c->sent == c->changed)
    c->reserving = false;
  for (i = 0; i < c->n_holds; i++)
    memcpy(c->holds[i].stored, c->holds[i].sent, sizeof(c->holds[i].stored));
  if (c->n_holds > 0)
    gm_watch(c);
  return false;
}

static int32_t overrule(struct gm_also *a, const struct json_object *owner)
{
  return gm_charge_follow(charge_of(a), owner);
}

struct gm_also *gm_charge_also(struct gm_charge *c)
{
  return &c->also;
}

/* ---- life ---------------------------------------------------------------- */

static struct gm_charge *new_charge(struct gm_ledger *l, const char *id)
{
  struct gm_charge *c = gm_zalloc(sizeof(*c));

  if (!c)
    return NULL;
  c->also = (struct gm_also){ .ref = also_ref,
                              .unref = also_unref,
                              .build = build,
                              .written = written,
                              .overrule = overrule };
  c->refs = 1;
  c->ledger = l;
  c->expected = c->estimate = c->actual = -1;
  c->numbers[GM_CHARGE_MS] = -1;
  memcpy(c->id, id, GM_ID_SIZE);
  return c;
}

static bool take_name(char **to, const char *name)
{
  *to = gm_strdup(name);
  return *to || !name;
}

struct gm_charge *gm_charge_new(struct gm_ledger *l, struct gm_run *run)
{
  struct gm_charge *c = new_charge(l, run->job.id);

  if (!c)
    return NULL;
  c->run = run;
  c->at_ms = (int64_t)run->began_wall_ms +
             (gm_store_now(l->store) - (int64_t)gm_wall_ms());
  if (take_name(&c->project, gm_run_project(run)) &&
      take_name(&c->user, gm_run_user(run)) && take_name(&c->tags, run->tags))
    return c;
  gm_charge_unref(c);
  return NULL;
}

void gm_charge_freeze(struct gm_charge *c)
{
  c->frozen = true;
}

void gm_charge_drop(struct gm_charge *c)
{
  if (!c)
    return;
  c->run = NULL;
  gm_charge_unref(c);
}

/* ---- attempts ------------------------------------------------------------ */

struct gm_part *gm_part_add(struct gm_charge *c, const char *provider,
                            const char *model)
{
  struct gm_part *bigger, *p;
  uint32_t i;

  for (i = 0; i < c->n_parts; i++)
    if (gm_streq(c->parts[i].provider, provider) &&
        gm_streq(c->parts[i].model, model))
      return &c->parts[i];
  bigger = gm_realloc(c->parts, (c->n_parts + 1) * sizeof(*bigger));
  if (!bigger)
    return NULL;
  c->parts = bigger;
  p = &c->parts[c->n_parts];
  *p = (struct gm_part){ gm_strdup(provider), gm_strdup(model), 0, 0 };
  if (p->provider && p->model) {
    c->n_parts++;
    return p;
  }
  part_finish(p);
  return NULL;
}

int32_t gm_charge_reserve(struct gm_charge *c)
{
  const struct gm_run *run = c ? c->run : NULL;
  int32_t rc;

  if (!run || c->frozen || c->open)
    return 0;
  c->open = c->reserving = true;
  c->expected = c->estimate = run->price_microusd;
  if (c->expected >= 0)
    c->numbers[GM_CHARGE_RESERVED] += c->expected;
  else
    c->unknown_reserved++;
  rc = gm_holds_reserve(c);
  gm_charge_describe(c);
  return rc;
}

enum kind { RELEASED, SETTLED, MAYBE };

static void put_in_part(struct gm_charge *c, const struct gm_link *l,
                        int64_t microusd, bool maybe)
{
  struct gm_part *p = l ? gm_part_add(c, l->provider, l->model) : NULL;

  if (p && maybe)
    p->maybe += microusd;
  else if (p)
    p->settled += microusd;
}

static void count_unknown(uint8_t *n)
{
  if (*n < UNKNOWN_MAX)
    ++*n;
}

/* Of this link; microusd -1: not known. */
static void close_attempt_of(struct gm_charge *c, const struct gm_link *l,
                             enum kind kind, int64_t microusd)
{
  bool unknown = microusd < 0 && kind != RELEASED;
  int64_t amount = GM_MAX(microusd, 0);

  if (c->expected >= 0)
    c->numbers[GM_CHARGE_RESERVED] -= c->expected;
  else
    c->unknown_reserved--;
  if (kind == SETTLED)
    c->numbers[GM_CHARGE_SETTLED] += amount;
  if (kind == MAYBE)
    c->numbers[GM_CHARGE_MAYBE] += amount;
  if (unknown)
    count_unknown(kind == MAYBE ? &c->unknown_maybe : &c->unknown);
  gm_holds_close(c, amount, kind == MAYBE, unknown);
  if (kind != RELEASED)
    put_in_part(c, l, amount, kind == MAYBE);
  c->open = c->reserving = false;
  gm_charge_count(c);
}

static void close_attempt(struct gm_charge *c, enum kind kind, int64_t microusd)
{
  close_attempt_of(c, c->run ? gm_run_link(c->run) : NULL, kind, microusd);
}

void gm_charge_take_back(struct gm_charge *c)
{
  if (c && c->open && c->reserving) {
    close_attempt(c, RELEASED, 0);
    gm_charge_describe(c);
  }
}

/* Where the figure of run->cost is from. */
static const char *basis_of(const struct gm_run *run)
{
  const struct gm_found *f = run->job.found;

  if (f && f->cost_microusd >= 0)
    return "vendor";
  return f && f->usage_unit ? "units" : "formula";
}

/* The vendor's figure or a formula; without either what was expected stands,
 * and is marked so. */
static void settle(struct gm_charge *c)
{
  int64_t cost;

  gm_run_tally(c->run);
  cost = c->run->cost.microusd;
  c->basis = cost >= 0 ? basis_of(c->run) : NULL;
  if (cost >= 0 && c->expected >= 0)
    c->numbers[GM_CHARGE_DIFFERENCE] += cost - c->expected;
  if (cost < 0 && c->expected >= 0) {
    cost = c->expected;
    c->basis = "estimate";
  }
  close_attempt(c, SETTLED, cost);
  if (cost >= 0)
    c->actual = c->numbers[GM_CHARGE_SETTLED];
}

/* In money, or in what its price is by. */
static bool is_counted(const struct gm_found *f)
{
  return f && (f->cost_microusd > 0 ||
               (f->cost_microusd < 0 && f->usage_unit && f->usage_amount > 0));
}

/* What the vendor made, or counts, is paid for, whatever became of it here. */
static bool is_paid(const struct gm_job *job)
{
  return job->err.error_class == 0 || job->state == GM_JOB_FETCHING ||
         job->takeup == GM_TAKEUP_FETCH || is_counted(job->found);
}

/* Its files were fetched once more and did not come: its record of before
 * stands. */
static bool is_as_before(const struct gm_charge *c)
{
  return c->run->job.before && c->run->job.err.error_class;
}

void gm_charge_attempt(struct gm_charge *c)
{
  const struct gm_job *job = c ? &c->run->job : NULL;

  if (!c || c->frozen || job->err.error_class == GAMUT_E_DETACHED ||
      is_as_before(c))
    return;
  if (!c->open && is_paid(job) &&
      !c->run->hit) /* nobody said beforehand that it costs */
    (void)gm_charge_reserve(c);
  if (!c->open)
    return;
  c->reserving = false;
  if (c->run->hit) /* it was left before it was taken */
    close_attempt(c, RELEASED, 0);
  else if (is_paid(job))
    settle(c);
  else if (job->maybe_charged)
    close_attempt(c, MAYBE, c->expected);
  else
    close_attempt(c, RELEASED, 0);
}

static enum gm_charge_status status_of(int32_t error_class)
{
  switch (error_class) {
  case 0:
    return GM_CHARGE_COMPLETED;
  case GAMUT_E_BLOCKED:
    return GM_CHARGE_BLOCKED;
  case GAMUT_E_CANCELLED:
    return GM_CHARGE_CANCELLED;
  case GAMUT_E_UNKNOWN:
    return GM_CHARGE_UNSURE;
  case GAMUT_E_DETACHED:
    return GM_CHARGE_OPEN;
  default:
    return GM_CHARGE_FAILED;
  }
}

/* By the calendar when it began in another process. */
static int64_t took_ms(const struct gm_charge *c)
{
  const struct gm_run *run = c->run;
  int64_t ms = run->plan.taken_up
                 ? gm_store_now(c->ledger->store) - c->at_ms
                 : (int64_t)(run->job.ended_ms - run->began_ms);

  return GM_MAX(ms, 0);
}

static void put_back(struct gm_charge *c)
{
  const char *text = c->run->job.before;
  _cleanup_json_ struct json_object *record =
    gm_json_parse_once(text, strlen(text), NULL, NULL);

  gm_charge_put_back(c, gm_json_at(record, "owner"));
}

void gm_charge_end(struct gm_charge *c)
{
  if (c && !c->frozen && is_as_before(c)) {
    put_back(c);
    return;
  }
  if (!c || c->frozen || c->run->err.error_class == GAMUT_E_DETACHED)
    return;
  c->status = (uint8_t)status_of(c->run->err.error_class);
  if (c->run->hit && c->status == GM_CHARGE_COMPLETED) {
    c->status = GM_CHARGE_CACHED;
    c->numbers[GM_CHARGE_SAVED] = GM_MAX(c->run->hit->cost_microusd, 0);
    c->numbers[GM_CHARGE_SETTLED] += gm_run_embedding_microusd(c->run);
  }
  c->numbers[GM_CHARGE_MS] = took_ms(c);
  gm_charge_describe(c);
}

/* The run has gone on to another link than the one that was in doubt, which
 * took this. */
static void go_on(struct gm_charge *c, const struct gm_link *l, int64_t took)
{
  close_attempt_of(c, l, took > 0 ? SETTLED : RELEASED, took);
  (void)gm_charge_reserve(c);
}

/* What its link perhaps took is reserved again; of a job that was sent more
 * than once the other attempts stay in doubt. */
static bool reopen(struct gm_charge *c, uint32_t at, int64_t took)
{
  const struct gm_run *run = c->run;
  const struct gm_link *l = &run->links[GM_MIN(at, run->n_links - 1)];
  struct gm_part *p = gm_part_add(c, l->provider, l->model);
  int64_t amount = GM_MAX(c->estimate, 0);
  bool unknown = c->estimate < 0;

  if (c->open || c->frozen || !p || p->maybe < amount ||
      (unknown && c->unknown_maybe == 0))
    return c->open;
  c->open = true;
  c->expected = c->estimate;
  c->status = GM_CHARGE_OPEN;
  p->maybe -= amount;
  c->numbers[GM_CHARGE_MAYBE] -= amount;
  c->numbers[GM_CHARGE_RESERVED] += amount;
  c->unknown_maybe = (uint8_t)(c->unknown_maybe - unknown);
  c->unknown_reserved = (uint8_t)(c->unknown_reserved + unknown);
  gm_holds_reopen(c, amount, unknown);
  if (at != run->at)
    go_on(c, l, took);
  gm_charge_describe(c);
  return true;
}

bool gm_charge_reopen(struct gm_charge *c, uint32_t at)
{
  return reopen(c, at, 0);
}

/* The other process knows of none that has ended since we hung: that it has
 * failed, and was billed all the same, is in our numbers alone. */
int32_t gm_charge_regain(struct gm_charge *c, const struct json_object *owner)
{
  int64_t settled = c->numbers[GM_CHARGE_SETTLED];
  int32_t rc = gm_charge_restore(c, owner);

  if (rc == 0)
    reopen(c, (uint32_t)gm_json_i64(owner, "at", c->run->at),
           settled - c->numbers[GM_CHARGE_SETTLED]);
  return rc;
}

/* ---- what is in doubt is decided -------------------------------------------
 */

static void decide_hold(struct gm_charge *c, struct gm_hold *h, bool charged)
{
  int64_t *maybe = &h->now[GM_COUNT_MAYBE];

  if (charged) {
    h->now[GM_COUNT_SPENT] += *maybe;
  } else {
    h->now[GM_COUNT_TAKEN] -= *maybe;
    h->now[GM_COUNT_UNKNOWN] = GM_MIN(h->now[GM_COUNT_UNKNOWN], c->unknown);
  }
  *maybe = 0;
}

static void decide(struct gm_charge *c, bool charged)
{
  int64_t *maybe = &c->numbers[GM_CHARGE_MAYBE];
  uint32_t i;

  if (charged) {
    c->numbers[GM_CHARGE_SETTLED] += *maybe;
    c->unknown = (uint8_t)(c->unknown + c->unknown_maybe);
  }
  *maybe = 0;
  c->unknown_maybe = 0;
  for (i = 0; i < c->n_holds; i++)
    decide_hold(c, &c->holds[i], charged);
  for (i = 0; i < c->n_parts; i++) {
    c->parts[i].settled += charged ? c->parts[i].maybe : 0;
    c->parts[i].maybe = 0;
  }
}

void gm_charge_acquit(struct gm_charge *c)
{
  if (c->frozen)
    return;
  decide(c, false);
  gm_charge_describe(c);
}

struct gm_charge *gm_ledger_verdict(struct gm_ledger *l, const char *id,
                                    const struct json_object *owner,
                                    bool charged)
{
  struct gm_charge *c = new_charge(l, id);

  if (!c)
    return NULL;
  if (gm_charge_restore(c, owner)) {
    gm_charge_unref(c);
    return NULL;
  }
  if (c->open)
    close_attempt(c, MAYBE, c->expected);
  decide(c, charged);
  if (c->status == GM_CHARGE_UNSURE || c->status == GM_CHARGE_OPEN)
    c->status = GM_CHARGE_FAILED;
  gm_charge_count(c); /* the body has its parts as they were */
  return c;
}
