/* claim.h - a job's row becomes ours: read, and taken if nobody has it. */
#ifndef GM_STORE_CLAIM_H
#define GM_STORE_CLAIM_H

#include "base/buf.h"
#include "base/random.h"
#include "store/journal.h"

struct gm_claim {
  char id[GM_ID_SIZE];
  /* Once, from the loop, perhaps before gm_claim_begin() returns: 0, and `text`
   * is the record of a row that is ours now (gm_journal_adopt() it).  NOT_FOUND:
   * there is no such job.  RATE: a process that lives drives it, or a job here
   * that has yet to learn that the row is not its own any more.  PROTOCOL: its
   * record is not what was written.  STORAGE ...: the sentence is
   * gm_journal_why()'s. */
  void (*done)(struct gm_claim *c, int32_t error_class);
  void *user;
  bool regains; /* by the job itself that drives it here, or has until now */
  struct gm_buf text;
  bool ended;
  /* private */
  struct gm_journal *journal;
  struct gm_store *store;
  uint64_t version;
  bool there, driven, broken;
  struct gm_look look;
  struct gm_tx tx;
  struct gamut_store_op op;
};

/* `c` with id, done, user, regains set, else zeroed, and alive until `done`. */
void gm_claim_begin(struct gm_claim *c, struct gm_journal *j,
                    struct gm_store *s);
/* The row is ours, but nothing comes of it: others may try.  Before it is
 * finished. */
void gm_claim_give_back(struct gm_claim *c);
void gm_claim_finish(struct gm_claim *c); /* after `done` */

#endif
