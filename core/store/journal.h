/* journal.h - the jobs' records on their way to the store.  Whoever must not
 * act before its record is durable waits for it. */
#ifndef GM_STORE_JOURNAL_H
#define GM_STORE_JOURNAL_H

#include "base/random.h"
#include "store/store.h"

#define GM_TABLE_JOB "job"
/* The record of a part, and of a job that is to be settled, is kept behind its
 * end for so long at least: a week. */
#define GM_JOURNAL_PART_MS INT64_C(604800000)

struct json_object;

struct gm_journal;
struct gm_entry;
struct gm_first;

/* What the owner of a job writes along with its records, in the same
 * transactions.  It outlives the job as long as the journal needs it. */
struct gm_also {
  void (*ref)(struct gm_also *a);
  void (*unref)(struct gm_also *a);
  /* The operations that go with the record that is about to be written, and how
   * many; what they point to stays until written().  What was built before and
   * told of by no written() counts as if it had not been: the record was
   * replaced.  NOMEM: the record is not written either. */
  int32_t (*build)(struct gm_also *a, const struct gamut_store_op **ret,
                   uint32_t *ret_n);
  /* Only when there were some: they are written (0), or are not: a class, or
   * the condition of one of them did not hold: `refused` is its index, else -1,
   * and error_class is 0.  True: the owner of a record that was waited for will
   * hear of it from here, and not by ready(). */
  bool (*written)(struct gm_also *a, int32_t error_class, int refused);
  /* Another process had taken the job over and has ended it, but ours is the
   * end that counts.  `owner` is what the owner there had in its record: what
   * is built from now on starts from that.  NOMEM, PROTOCOL. */
  int32_t (*overrule)(struct gm_also *a, const struct json_object *owner);
};

/* A job's end of it, in the job's memory; zeroed, the functions set. */
struct gm_durable {
  /* The record that was waited for is safe (0), or is not: STORAGE, TIMEOUT,
   * NOMEM; DETACHED when another process has taken the job over meanwhile. */
  void (*ready)(struct gm_durable *d, int32_t error_class);
  /* A record that nobody waited for came too late: likewise taken over. */
  void (*lost)(struct gm_durable *d);
  struct gm_also *also;   /* or NULL; the owner's */
  const char *with; /* the job that it is a part of, or NULL: while that is
                       another's, who begins parts of his own, neither its first
                       record is written nor PAYS (DETACHED) */
  struct gm_first *first; /* private: of gm_journal_first(), or NULL */
  bool outrun; /* the condition of that did not hold: nothing was begun under
                  this id here, and nothing is to be */
  struct gm_entry *entry; /* private: the last one, while it is under way */
  bool held;              /* private: the row is there, and ours; */
  char id[GM_ID_SIZE];    /* ... then this is its job */
  uint32_t lapses;        /* private: the owner's, when the store said so */
  bool ended; /* set before gm_journal_adopt(): it is the record of a job that
                 has ended, and with the next one it is under way again */
};

int32_t gm_journal_new(struct gm_loop *l, struct gm_store *store,
                       struct gm_log *log, struct gm_journal **ret);
/* After gm_store_free(), which still tells ends. */
void gm_journal_free(struct gm_journal *j);
GM_CLEANUP(struct gm_journal, gm_journal_free)

/* gm_journal_put(): ready() follows, once, perhaps before it returns; whoever
 * comes first may take the job over from now on; the job has ended, and its
 * record is kept for a while.  The rank of a job under way is the time of its
 * first record, that of one that has ended 0.  LOOSE: nothing is lost when a
 * power cut takes it.  PART, with ENDED: another job needs the record, or
 * whoever settles it, so it stays for a week at least.  PAYS: what costs is
 * about to be sent. */
enum {
  GM_PUT_WAIT = 1,
  GM_PUT_RELEASE = 2,
  GM_PUT_ENDED = 4,
  GM_PUT_LOOSE = 8,
  GM_PUT_PART = 16,
  GM_PUT_PAYS = 32
};
/* Write a job's record: `text` is taken (gm_free); with ENDED it may be NULL:
 * away with the record.  A record of the same job that has not begun to be
 * written is replaced.  NOMEM: nothing follows. */
int32_t gm_journal_put(struct gm_journal *j, const char *id, char *text,
                       unsigned flags, struct gm_durable *d);
/* Something leads to a job that is not there yet: `op` goes with whatever would
 * make its row, or is written though there is none, in the same transaction.
 * When its condition does not hold it is as if the row were there.  Copied, but
 * for the name of the table; it has no body and no owner.  Before the first
 * record.  NOMEM. */
int32_t gm_journal_first(struct gm_durable *d, const struct gamut_store_op *op);
/* What is in the first number of its row beside a record of this job: a bit
 * that a disk turned over must not make a paid exchange look like one that is
 * to be sent.  Never 0, which is what a row has whose record was not written by
 * us. */
int64_t gm_journal_seal(const char *id, const void *text, size_t len);
/* The last record of a job here, with ENDED or RELEASE, is not written, for
 * another process has taken the job over: what gm_journal_put() was told;
 * lent. */
typedef void gm_journal_refused_fn(void *user, const char *id, const char *text,
                                   unsigned flags, struct gm_also *also);
void gm_journal_on_refused(struct gm_journal *j, gm_journal_refused_fn *fn,
                           void *user);
/* Have we hung for so long that another process may have taken the row since
 * the store was asked last?  A record that is waited for tells. */
bool gm_journal_doubts(struct gm_journal *j, const struct gm_durable *d);
/* It waits no longer; the record is written all the same. */
void gm_journal_unwait(struct gm_durable *d);
/* The row of one that has ended goes when the end of its whole is written, and
 * stays when that is not: whoever takes the whole up needs it.  It stays also
 * when somebody goes on with it. */
void gm_journal_remove(struct gm_journal *j, const char *id,
                       const struct gm_durable *whole);
/* `d` goes. */
void gm_journal_forget(struct gm_journal *j, struct gm_durable *d);

/* For how long records of ended jobs stay. */
void gm_journal_keep_ms(struct gm_journal *j, int64_t ms);
/* Do they stay at all? */
bool gm_journal_keeps(const struct gm_journal *j);
/* Our name in the store, good from now on; the row of a job is ours now, and
 * what is written for `d` says so. */
const char *gm_journal_owner(struct gm_journal *j);
void gm_journal_adopt(struct gm_journal *j, const char *id,
                      struct gm_durable *d);
/* A job here takes the row for its own, also when that has lapsed meanwhile, or
 * another process has it: it will learn that when it writes. */
bool gm_journal_drives(struct gm_journal *j, const char *id);

/* The same for a row of another table: it is ours now, is no more; our name,
 * without being made good. */
void gm_journal_hold(struct gm_journal *j);
void gm_journal_let_go(struct gm_journal *j);
const char *gm_journal_name(const struct gm_journal *j);

/* The store's sentence for the last failure; in ready(). */
const char *gm_journal_why(const struct gm_journal *j);

#endif
