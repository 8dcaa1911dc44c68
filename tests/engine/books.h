/* books.h - contexts with the store of this machine, and what stands in its
 * ledger, as another process sees it. */
#ifndef GM_TESTS_BOOKS_H
#define GM_TESTS_BOOKS_H

#include "engine/vendor.h"
#include "route/ledger.h"
#include "store/kit.h"

#define BOOKS_CHEAP INT64_C(20000) /* what "cheap" and "dear" cost */
#define BOOKS_DEAR  INT64_C(500000)

extern char books_lines[4096]; /* what the last context has logged */

/* A context with that store, for the script at hand; and with a script. */
void books_context(struct fix *f, const char *place);
void books_open(struct fix *f, const struct answer *rows, size_t n,
                const char *place);
/* The entry of a job; a counter of the present day.  They must be there. */
void books_charge(const char *place, const char *id, struct kit_row *row);
void books_counter(const char *place, enum gm_scope scope, const char *name,
                   struct kit_row *row);

#endif
