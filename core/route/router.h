/* router.h - a request over its route: one link after the other, as the policy
 * table says, until one gives a result. */
#ifndef GM_ROUTE_ROUTER_H
#define GM_ROUTE_ROUTER_H

#include "job/job.h"
#include "plugin/instance.h"
#include "route/address.h"
#include "route/ask.h"
#include "route/cache.h"
#include "route/price.h"
#include "route/validate.h"

struct gm_ledger;
struct gm_charge;

struct gm_router {
  struct gm_engine *engine;
  struct gm_catalog *catalog;
  struct gm_store *store;
  struct gm_breakers *breakers;
  struct gm_instances *instances;
  struct gm_settings *settings;
  struct gm_registry *registry;
  struct gm_cache *cache; /* NULL: none */
  struct gm_ledger *ledger; /* or NULL: no books are kept */
  struct gm_list leftovers; /* runs whose request has its result: team.h */
  bool adopted; /* plugins without a catalog file have been asked for theirs */
};

/* What one link came to. */
struct gm_attempt {
  char *provider, *model, *request_id;
  char *key; /* label of one of several, or NULL */
  struct gm_error err;
  int32_t http_status;
  uint32_t tries, repeats;
  uint64_t elapsed_ms;
};

void gm_attempt_finish(struct gm_attempt *a);

/* What a job did cost, in millionths of a dollar; -1: not known. */
struct gm_cost {
  int64_t microusd;
  int64_t formula_microusd; /* the catalog's formula over what was delivered */
  bool estimated;           /* it is not the vendor's own figure */
  bool known;               /* this has been worked out */
};

struct gm_run;
struct gm_team;
struct gm_member;
struct gm_breaker;
struct gm_breakers;
struct gm_choice;
struct gm_run_ops {
  void (*over)(struct gm_run *run); /* the end; the owner frees the run */
  void (*event)(struct gm_run *run, const struct gm_job_event *e);
  bool (*wants_events)(struct gm_run *run);
};

struct gm_run {
  struct gm_job job;
  struct gm_router *router;
  const struct gm_run_ops *ops;
  void *owner;
  struct gm_link *links;
  struct gm_attempt *attempts;
  struct json_object *fields; /* as asked; only while it is being bound */
  char *fields_text;          /* the same as text afterwards: a tree of four
                                 words takes a kilobyte */
  struct json_object *notes;  /* what was changed of the request, or NULL */
  struct gm_input *inputs;
  uint32_t n_links, at, n_attempts, n_inputs;
  struct gm_output_plan plan;
  char *plan_text; /* the request's control, as JSON, for the record */
  char *team_text; /* likewise the parts of one that is fetched again */
  struct gm_timer deadline, attempt_deadline;
  uint32_t timeout_ms, attempt_timeout_ms; /* 0: none */
  double max_cost;     /* US dollars; negative: none */
  bool allow_unknown_cost, blocked_next, resubmitted;
  uint8_t check;    /* enum gm_check_mode */
  uint8_t resubmit; /* bind.c */
  uint8_t prefer;   /* enum gm_prefer */
  bool spread;      /* parts of n go to different links at once */
  int32_t hedge_ms; /* then a second link begins; 0: none does; GM_HEDGE_P95 */
  struct gm_team *team;     /* several runs work on this one, or NULL */
  struct gm_member *member; /* it works on another one, or NULL */
  bool chosen; /* the order of the links is known */
  /* Links, a bit each: those that breakers passed over, those of them whose own
   * failures were why, those that were tried, those that are left then. */
  uint32_t spared, failing, tried, last_resort;
  struct gm_choice *choice;
  struct gm_breaker *link_breaker, *account_breaker; /* of the present link */
  uint64_t keys_tried; /* pool.c: a bit for each, at link keys_at */
  uint32_t keys_at;
  struct gm_instance *key_taken; /* it counts this run */
  uint8_t cache_mode; /* enum gm_cache_mode */
  struct gm_lookup *lookup; /* of the present link, private to the cache */
  struct gm_hit *hit;       /* the result was made before; else NULL */
  char *project;            /* whose entries it shares, and for the books */
  int64_t price_microusd; /* of the present link; -1: not known */
  struct gm_error too_dear; /* it may only be served from the cache, since this
                               is why it may not be made; else class 0 */
  struct gm_price *quote; /* how it came to that; gone once the job has begun */
  bool quoting;          /* only the price is wanted: what is missing of the
                            request is not missed */
  struct gm_cost cost;   /* once it is over */
  double embedding_usd;  /* what comparing its prompt has cost, as far as told */
  char *correlation_id;
  char *traceparent; /* of the caller, or NULL */
  char *user, *tags;           /* for the books; tags: a JSON array */
  char operation[24];          /* of the present link */
  struct gm_charge *charge;    /* its entry in the ledger, or NULL */
  uint64_t began_ms; /* mono */
  uint64_t began_wall_ms;
  struct gm_error err; /* how it ended; class 0: well */
};

/* Bind a request: settings, route, inputs, output.  What is wrong here and
 * everywhere is returned (INVALID, NOT_FOUND) and no run comes to be. */
int32_t gm_run_new(struct gm_router *r, const struct gm_ask *ask,
                   const struct gm_run_ops *ops, void *owner,
                   const char *id /* or NULL */, struct gm_run **ret,
                   struct gm_error *err);
/* Begin with the first link that can do it; the others are recorded as
 * attempts.  When none can, the class is returned (UNSUPPORTED, AUTH ...),
 * nothing was begun and over() is not called. */
int32_t gm_run_start(struct gm_run *run, struct gm_error *err);
void gm_run_free(struct gm_run *run);
/* restore.c: take up a job from the record that another process left.  It goes on
 * by itself; over() is called as after gm_run_start().  PROTOCOL: the record is
 * broken; NOT_FOUND: its provider is not installed; AUTH, INVALID: its settings
 * are not what they were; UNSUPPORTED: it is from another version.  Nothing is
 * changed at the vendor or in the store then. */
struct gm_restore {
  struct json_object *control; /* members that replace those of the record ("output",
                                  "timeout" ...), or NULL */
  bool again; /* it has ended: only its files are fetched once more */
  bool alone; /* though it works on another request: that has ended */
  struct gm_member *member; /* the part that it has in another run, or NULL */
};
int32_t gm_run_restore(struct gm_router *r, const char *record, size_t len,
                       const struct gm_restore *how,
                       const struct gm_run_ops *ops, void *owner,
                       struct gm_run **ret, struct gm_error *err);
/* The pattern of its files, from anywhere, by what the record has of its owner;
 * NULL: it writes none, or no memory. */
char *gm_run_output_of(const struct json_object *owner);
/* The record's job works on another one, which is to be taken up instead: its
 * id, else "".  Of a record that gm_run_restore() refused with RATE. */
void gm_run_part_of(const char *record, size_t len, char ret_id[GM_ID_SIZE]);
/* May a vendor have charged for something that we did not get? */
bool gm_run_maybe_charged(const struct gm_run *run);
/* Has a vendor taken it as a job of his? */
bool gm_run_accepted(const struct gm_run *run);
/* Cancel it; leave it to the vendor.  over() follows, perhaps before they
 * return. */
void gm_run_cancel(struct gm_run *run);
void gm_run_detach(struct gm_run *run);
/* Nothing is worked on any longer: what is left over is left to the vendors. */
void gm_router_abandon(struct gm_router *r);

const struct gm_link *gm_run_link(const struct gm_run *run); /* present one */

/* adopt.c: make known what a plugin's own catalog says.  The plugin of that
 * name; those that the catalog has no file of. */
int32_t gm_router_adopt_named(struct gm_router *r, const char *provider,
                              struct gm_error *err);
int32_t gm_router_adopt_rest(struct gm_router *r, struct gm_error *err);

/* The same to be looked at, with how it ended: gm_run_free(). */
int32_t gm_run_view(struct gm_router *r, const char *record, size_t len,
                    struct gm_run **ret, struct gm_error *err);
/* ... by the whole that it is a part of, and that answers for it from then on:
 * with the account that it was submitted to. */
int32_t gm_run_view_part(struct gm_router *r, const char *record, size_t len,
                         struct gm_run **ret, struct gm_error *err);

/* cost.c: work out run->cost from what the job has found, before the end is
 * written down; the same with its request at hand. */
void gm_run_tally(struct gm_run *run);
/* Of it, what comparing the prompt has cost (embedding_usd). */
int64_t gm_run_embedding_microusd(const struct gm_run *run);
void gm_run_cost(struct gm_run *run, const struct json_object *request);

/* label.c: what it is filed under, of the request or else the settings; NULL.
 * They live as long as the run and the settings do not change. */
const char *gm_run_project(const struct gm_run *run);
const char *gm_run_user(const struct gm_run *run);

/* Only to be priced, link by link: no output, no job comes of it. */
int32_t gm_run_quote(struct gm_router *r, const struct gm_ask *ask,
                     struct gm_run **ret, struct gm_error *err);
/* bind.c: check and price link `i`: run->price_microusd, run->quote, run->notes.
 * *ret: the normalised request, json_object_put(). */
int32_t gm_run_price(struct gm_run *run, uint32_t i, struct json_object **ret,
                     struct gm_error *err);
/* Is the price above max_cost, or unknown where that is not allowed? 0, or
 * UNSUPPORTED with a sentence. */
int32_t gm_run_check_cost(const struct gm_run *run, uint32_t i,
                          struct gm_error *err);

/* bind.c, also for dry runs: the request text for link `i`, checked and priced;
 * gm_free.  NULL with `err`. */
char *gm_run_request(struct gm_run *run, uint32_t i,
                     struct gm_instance **ret_instance, struct gm_error *err);

#endif
