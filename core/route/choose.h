/* choose.h - which link of a chain begins, by what is known of all of them here
 * and in other processes: breakers, usual durations. */
#ifndef GM_ROUTE_CHOOSE_H
#define GM_ROUTE_CHOOSE_H

#include "route/breaker.h"
#include "route/router.h"

struct gm_choice;

/* Begin to read what the store knows of the run's links. */
void gm_choice_want(struct gm_run *run);
/* Wait for that.  True: gm_run_chosen() is called, later; false: all that can
 * be known is known. */
bool gm_choice_begin(struct gm_run *run);
/* The run goes. */
void gm_choice_drop(struct gm_run *run);

/* The breakers of a link; NULL where there is none. */
struct gm_breaker *gm_choice_breaker(const struct gm_run *run, uint32_t i,
                                     const struct gm_instance *instance);
struct gm_breaker *gm_choice_account(const struct gm_run *run, uint32_t i,
                                     const struct gm_instance *instance);

/* Would it be passed over?  Then the class, and `err` says so; nothing changes.
 */
int32_t gm_choice_check(const struct gm_breaker *link,
                        const struct gm_breaker *account, struct gm_error *err);
/* May the present link be tried?  False: it is off, `err` says why and for how
 * long.  True: gm_choice_over() follows. */
bool gm_choice_enter(struct gm_run *run, const struct gm_instance *instance,
                     struct gm_error *err);
/* The attempt at the present link is over. */
void gm_choice_over(struct gm_run *run);

/* router.c */
void gm_run_chosen(struct gm_run *run);

#endif
