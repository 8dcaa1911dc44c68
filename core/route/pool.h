/* pool.h - which of a provider's keys a job gets, and which comes next when
 * that one is refused (plugin/slot.h). */
#ifndef GM_ROUTE_POOL_H
#define GM_ROUTE_POOL_H

#include "route/router.h"

/* Has the provider of a link several keys? */
bool gm_pool_is_there(const struct gm_run *run, uint32_t i);
/* The key for the present link: *ret is the first one before.  By key_choice
 * among those that are not aside and were not tried at this link; when all are
 * aside, the one that will be back first.  AUTH: all were tried. */
int32_t gm_pool_choose(struct gm_run *run, struct gm_instance **ret,
                       struct gm_error *err);
/* The attempt with the chosen one has begun; a job that was taken up has it. */
void gm_pool_begun(struct gm_run *run);
/* It is over: does its end set the key aside?  Its name goes into the error. */
void gm_pool_over(struct gm_run *run);
/* The run goes. */
void gm_pool_drop(struct gm_run *run);
/* May another key try the same link now, for what is known not to have run? */
bool gm_pool_has_next(struct gm_run *run);

#endif
