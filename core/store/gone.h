/* gone.h - private to the journal: rows that go when another is written. */
#ifndef GM_STORE_GONE_H
#define GM_STORE_GONE_H

#include "base/random.h"

struct gm_gone {
  struct gm_gone *next;
  char id[GM_ID_SIZE];
};

/* Nothing, when there is no memory: the row stays for its time. */
void gm_gone_add(struct gm_gone **all, const char *id);
void gm_gone_free(struct gm_gone *all);

#endif
