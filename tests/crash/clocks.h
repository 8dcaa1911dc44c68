/* clocks.h - sets the clocks of all that run by clock.so. */
#ifndef TESTS_CRASH_CLOCKS_H
#define TESTS_CRASH_CLOCKS_H

#define LEASE_S 40 /* longer than a lease */

/* Where a store begins: none of them goes back before that, and the month of
 * its budgets does not end under way. */
void clocks_begin(void);
void clocks_go_ahead(unsigned long seconds);

#endif
