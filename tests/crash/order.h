/* order.h - one run of the program among others: how it is carried out, and
 * what stands in the protocol of it. */
#ifndef TESTS_CRASH_ORDER_H
#define TESTS_CRASH_ORDER_H

#include "story.h"

/* To its end; killed by the shim; left by Ctrl-C; while others are, and perhaps
 * killed; stopped by the shim for longer than a lease, and woken up again. */
enum manner { WHOLE, KILLED, LEFT, BESIDE, HUNG, N_MANNERS };

struct order;

/* In a manner that is drawn. */
struct order *order_new(const char *verb);
void order_set(struct order *o, enum manner manner);
/* Words that outlive it; `more` may be NULL. */
void order_add(struct order *o, const char *word, const char *more);
/* Copied. */
void order_add_copy(struct order *o, const char *a, const char *b,
                    const char *c);
/* When it ends well this has a file. */
void order_begins(struct order *o, const struct story *s);
void order_go(struct order *o); /* and away with it */
/* Those that are under way or hang come to their end. */
void order_end_others(void);

void protocol_open(void);
void protocol_line(const char *a, const char *b);
void protocol_close(bool print);

/* Carried out so far in each manner; what was seen to be wrong. */
extern unsigned order_given[N_MANNERS], order_wrong;

#endif
