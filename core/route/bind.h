/* bind.h - private to core/route: the parts of gm_run_new(). */
#ifndef GM_ROUTE_BIND_H
#define GM_ROUTE_BIND_H

#include "route/router.h"

int32_t gm_bind_control(struct gm_run *run, struct json_object *control,
                        struct gm_error *err);
int32_t gm_bind_user(struct gm_run *run, const char *user,
                     struct gm_error *err);
int32_t gm_bind_inputs(struct gm_run *run, const struct gm_ask *ask,
                       struct gm_error *err);
int32_t gm_bind_links(struct gm_run *run, const struct gm_ask *ask,
                      struct gm_error *err);
/* What the catalog says of a link that is resolved already. */
int32_t gm_bind_entry(struct gm_router *r, struct gm_link *l);
/* run.c: a run without a request, for restore.c (`ops` NULL: only to be looked
 * at). */
int32_t gm_run_adopt(struct gm_router *r, const struct gm_run_ops *ops,
                     void *owner, const char *id, struct gm_run **ret,
                     struct gm_error *err);
/* deadline.c: that of the job; that of its present attempt, where a link follows.
 */
void gm_run_deadline(struct gm_run *run, uint64_t from_ms);
void gm_run_attempt_deadline(struct gm_run *run, uint64_t at_ms);
void gm_run_no_deadline(struct gm_run *run);
/* Whoever hung does not know whether the request is still his, and it took its
 * time here and not at the vendor. */
bool gm_run_has_hung(const struct gm_run *run);
/* An attempt that the vendor cancelled because of it has failed: TIMEOUT. */
void gm_run_gave_way(struct gm_run *run);
/* router.c: begin the present link, or the first later one that can do it; false:
 * none, each refusal is recorded.  What becomes of an attempt. */
bool gm_run_begin_link(struct gm_run *run);
void gm_run_attempt_over(struct gm_job *job);
/* No link follows; over() is told.  `failed`: how is in run->err, or
 * in the attempts. */
void gm_run_end(struct gm_run *run, bool failed);
/* router.c: one more: takes what is in `a`; NULL: no memory. */
struct gm_attempt *gm_run_add_attempt(struct gm_run *run,
                                      struct gm_attempt *a);
/* run->err becomes what the attempts failed with. */
void gm_run_sum_up(struct gm_run *run);
/* run.c: a run that has a part in another one; m->run is set also when it is refused. */
int32_t gm_run_join(struct gm_router *r, const struct gm_ask *ask,
                    struct gm_member *m, struct gm_error *err);
/* deadline.c: the first link behind the present one that can do the request;
 * n_links: none. */
uint32_t gm_run_next_able(struct gm_run *run);
/* Can link i do it, for its price?  `err` says why not. */
bool gm_run_is_able(struct gm_run *run, uint32_t i, struct gm_error *err);
int32_t gm_run_open_charge(struct gm_run *run); /* NOMEM */
/* label.c: run->job.trace, when there is something to trace. */
void gm_run_trace(struct gm_run *run);
uint32_t gm_run_patience_ms(const struct gm_run *run);
/* record.c: the members of a job's record that are the router's. */
void gm_run_record(const struct gm_run *run, struct gm_buf *b);
/* The price of a link by the catalog, whether the model can do the request or
 * not.  False: not known. */
bool gm_bind_quote(const struct gm_run *run, uint32_t i, struct gm_price *ret);
/* How long such a request usually takes there; NULL. */
struct gm_usual *gm_run_usual(const struct gm_run *run, uint32_t i);
/* gm_run_request() to begin with: what may be served from the cache is not
 * refused for its price, run->too_dear has that. */
char *gm_bind_request(struct gm_run *run, uint32_t i,
                      struct gm_instance **ret_instance, struct gm_error *err);
/* Keep the fields as text. */
void gm_bind_pack(struct gm_run *run);
bool gm_bind_may_resubmit(const struct gm_run *run);
bool gm_bind_always_resubmit(const struct gm_run *run);

#endif
