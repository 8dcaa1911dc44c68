/* ledger.h - what jobs cost: one row of the store for each, and the budgets
 * that it counts into.
 *
 * A charge is one job's entry.  It rides with the job's records, in the same
 * transactions (store/journal.h), so that the two never disagree: reserved with
 * the record that comes before the money leaves, settled with the one that ends
 * the job.  Its figures are sums over all attempts and are written whole; what
 * changes in the counters of budgets is the difference from what this job has
 * in them already.  Both happen under the condition that the job is still ours:
 * no process can write either twice. */
#ifndef GM_ROUTE_LEDGER_H
#define GM_ROUTE_LEDGER_H

#include "base/log.h"
#include "route/budget.h"
#include "route/router.h"
#include "store/journal.h"

#define GM_TABLE_CHARGE "charge"

struct gm_ledger;
struct gm_charge;

/* `store` and `log` are borrowed. */
struct gm_ledger *gm_ledger_new(struct gm_store *store, struct gm_log *log);
void gm_ledger_free(struct gm_ledger *l); /* after gm_store_free() */
/* Other budgets from now on: takes them over. */
void gm_ledger_set_budgets(struct gm_ledger *l, struct gm_budgets *b);
const struct gm_budgets *gm_ledger_budgets(const struct gm_ledger *l);

/* The rows of the table "charge": rank is when the job was submitted, the body
 * JSON that begins with {"by":[provider, model, project, user, [tags]].  Money
 * is in millionths of a US dollar, its numbers: */
enum {
  GM_CHARGE_RESERVED,
  GM_CHARGE_SETTLED,
  GM_CHARGE_MAYBE,
  GM_CHARGE_SAVED,      /* by the cache */
  GM_CHARGE_FACTS,      /* see below */
  GM_CHARGE_MS,         /* from submission to the end; -1: it has not ended */
  GM_CHARGE_DIFFERENCE, /* settled less what was expected */
  GM_CHARGE_FREE
};
enum gm_charge_status {
  GM_CHARGE_OPEN, /* under way, or left to the vendor */
  GM_CHARGE_COMPLETED,
  GM_CHARGE_FAILED,
  GM_CHARGE_BLOCKED,
  GM_CHARGE_CANCELLED,
  GM_CHARGE_UNSURE, /* ended as maybe-charged */
  GM_CHARGE_CACHED,
  GM_CHARGE_STATUSES
};
/* In the body: the request of which the job is a part, which has no entry. */
#define GM_CHARGE_OF ",\"of\":"
const char *gm_charge_status_name(enum gm_charge_status s);
/* GM_CHARGE_FACTS: the status, how many parts of it nobody knows the cost of,
 * the same of what is reserved; whether the body tells what each link has
 * taken. */
#define GM_FACT_STATUS(facts)   ((facts)&0xff)
#define GM_FACT_UNKNOWN(facts)  (((facts) >> 8) & 0xff)
#define GM_FACT_RESERVED(facts) (((facts) >> 16) & 0xff)
#define GM_FACT_PARTS(facts)    (((facts) >> 24) & 1)

/* ---- the router's ---------------------------------------------------------
 */

/* The entry of a run that was bound; NULL: no memory. */
struct gm_charge *gm_charge_new(struct gm_ledger *l, struct gm_run *run);
/* From a record's member; `record` may be of before there were entries. */
int32_t gm_charge_restore(struct gm_charge *c, const struct json_object *owner);
/* The last attempt, of the link `at`, was closed as perhaps charged, but it is
 * under way again: the vendor has it after all, or it never left.  Where the run
 * is at another link by now, that one is.  True: one is open now. */
bool gm_charge_reopen(struct gm_charge *c, uint32_t at);
/* Another process had taken the job over while we hung, and has ended it in
 * doubt; it goes on here.  From what the owner there had in its record, as
 * above; what that attempt took is kept. */
int32_t gm_charge_regain(struct gm_charge *c, const struct json_object *owner);
/* Whatever is in doubt yet was not charged. */
void gm_charge_acquit(struct gm_charge *c);
/* It ended before, and only its files are fetched once more: nothing changes.
 */
void gm_charge_freeze(struct gm_charge *c);
/* What rides with the records. */
struct gm_also *gm_charge_also(struct gm_charge *c);
/* A paid exchange, or work, of the present attempt begins (NOMEM: it must not);
 * it does not after all. */
int32_t gm_charge_reserve(struct gm_charge *c);
void gm_charge_take_back(struct gm_charge *c);
/* The attempt is over as run->job says. */
void gm_charge_attempt(struct gm_charge *c);
/* The job is over as run->err says; what came from the cache (run->hit) has cost
 * nothing, and saved what that had. */
void gm_charge_end(struct gm_charge *c);
/* `,"ledger":{...}` */
void gm_charge_record(const struct gm_charge *c, struct gm_buf *b);
/* The run goes; NULL is fine. */
void gm_charge_drop(struct gm_charge *c);

/* UNSUPPORTED: a budget has a say in this link, and what run->price says is
 * that its price is not known. */
int32_t gm_ledger_check(const struct gm_run *run, const struct gm_link *l,
                        struct gm_error *err);

/* ---- beside runs ----------------------------------------------------------
 */

/* What the vendor's books say of a job that is maybe-charged: the entry that
 * its record tells of, changed accordingly; gm_charge_drop().  NULL: no memory.
 */
struct gm_charge *gm_ledger_verdict(struct gm_ledger *l, const char *id,
                                    const struct json_object *owner,
                                    bool charged);

#endif
