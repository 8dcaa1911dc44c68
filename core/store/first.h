/* first.h - private to the journal: what goes with the first record of a job,
 * shared by the job and its entries, which may outlive it. */
#ifndef GM_STORE_FIRST_H
#define GM_STORE_FIRST_H

#include <gamut/store.h>

struct gm_first {
  struct gamut_store_op op;
  uint32_t refs;
  char key[];
};

/* Copied, but for the name of the table; NULL: no memory. */
struct gm_first *gm_first_new(const struct gamut_store_op *op);
/* NULL may be given. */
struct gm_first *gm_first_ref(struct gm_first *f);
void gm_first_unref(struct gm_first *f);

#endif
