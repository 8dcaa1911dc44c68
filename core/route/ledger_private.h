/* ledger_private.h - what the files of the ledger share. */
#ifndef GM_ROUTE_LEDGER_PRIVATE_H
#define GM_ROUTE_LEDGER_PRIVATE_H

#include "base/map.h"
#include "route/ledger.h"

struct gm_ledger {
  struct gm_store *store;
  struct gm_log *log;
  struct gm_budgets budgets;
  struct gm_map warned; /* keys of counters that were warned of */
  struct gm_buf text;   /* a body in the making */
};

/* What this job has in one counter. */
struct gm_hold {
  char *key;
  int64_t now[GM_COUNTS];    /* as it should be */
  int64_t sent[GM_COUNTS];   /* as it is being written */
  int64_t stored[GM_COUNTS]; /* as it is */
  bool present;              /* of the attempt under way, or the last one */
  /* ---- what the budget said when it was reserved; limit -1: not known here */
  int64_t limit_microusd, at_ms;
  enum gm_scope scope;
  enum gm_period period;
  char *name;
};

/* What one link has taken. */
struct gm_part {
  char *provider, *model;
  int64_t settled, maybe;
};

struct gm_charge {
  struct gm_also also;
  struct gm_ledger *ledger;
  struct gm_run *run; /* NULL: gone */
  uint32_t refs;
  char id[GM_ID_SIZE];
  char *project, *user, *tags; /* tags: a JSON array */
  int64_t at_ms;               /* when it was submitted */
  int64_t numbers[GAMUT_STORE_NUMBERS];
  uint8_t status;
  uint8_t unknown, unknown_maybe, unknown_reserved; /* parts of unknown cost */
  struct gm_hold *holds;
  struct gm_part *parts;
  uint32_t n_holds, n_parts;
  /* ---- the attempt under way */
  bool open;      /* something is reserved for it */
  bool reserving; /* and not yet written */
  bool frozen;
  bool tells_parts; /* its body does */
  int64_t expected; /* what; -1: not known */
  /* ---- of the whole job, for the body */
  int64_t estimate, actual; /* -1: not known */
  const char *basis; /* where the last figure is from: "vendor", "units" (its
                        count), "formula", "estimate"; NULL: there is none */
  char *body;    /* as it should be; NULL: as it was written last */
  char *writing; /* the store reads it */
  uint32_t changed, sent, stored; /* counts of changes */
  struct gamut_store_op *ops;
};

void gm_charge_ref(struct gm_charge *c);
void gm_charge_unref(struct gm_charge *c);

/* charge.c: that of a link; NULL: no memory. */
struct gm_part *gm_part_add(struct gm_charge *c, const char *provider,
                            const char *model);
/* charge_text.c: numbers as they are now; and the body; what the store has is
 * what another process has in its record (NOMEM, PROTOCOL). */
void gm_charge_count(struct gm_charge *c);
void gm_charge_describe(struct gm_charge *c);
int32_t gm_charge_follow(struct gm_charge *c, const struct json_object *owner);
/* It is as it was in a record of before, whatever the store has now. */
void gm_charge_put_back(struct gm_charge *c, const struct json_object *owner);

/* charge_holds.c: the counters that the present attempt counts into get what is
 * reserved; the attempt's part in them becomes this; NOMEM. */
int32_t gm_holds_reserve(struct gm_charge *c);
void gm_holds_close(struct gm_charge *c, int64_t microusd, bool maybe,
                    bool unknown);
/* The other way round, of one that was closed as perhaps charged. */
void gm_holds_reopen(struct gm_charge *c, int64_t microusd, bool unknown);
struct gm_hold *gm_hold_add(struct gm_charge *c, const char *key);
void gm_holds_finish(struct gm_charge *c);
/* Operations for what differs from the store; how many.  `max`: their ceilings
 * hold. */
uint32_t gm_holds_ops(struct gm_charge *c, struct gamut_store_op *ops);

/* watch.c: say why hold `i` refused, to the job that waits; see whether a
 * budget comes near its end, and warn. */
void gm_watch_refused(struct gm_charge *c, uint32_t i);
void gm_watch(struct gm_charge *c);

#endif
