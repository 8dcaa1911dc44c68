/* bind.h - private to core/route: the parts of gm_run_new(). */
#ifndef GM_ROUTE_BIND_H
#define GM_ROUTE_BIND_H

#include "route/router.h"

int32_t gm_bind_control(struct gm_run *run, const struct gm_ask *ask,
                        struct gm_error *err);
int32_t gm_bind_inputs(struct gm_run *run, const struct gm_ask *ask,
                       struct gm_error *err);
int32_t gm_bind_links(struct gm_run *run, const struct gm_ask *ask,
                      struct gm_error *err);
/* Keep the fields as text. */
void gm_bind_pack(struct gm_run *run);
bool gm_bind_may_resubmit(const struct gm_run *run);
bool gm_bind_always_resubmit(const struct gm_run *run);

#endif
