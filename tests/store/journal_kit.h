/* journal_kit.h - a journal on a store of the test's, jobs that write to it,
 * and what is there then. */
#ifndef TESTS_STORE_JOURNAL_KIT_H
#define TESTS_STORE_JOURNAL_KIT_H

#include "base/random.h"
#include "store/journal.h"

extern struct gm_loop *loop;
extern struct gm_store *store;
extern struct gm_journal *journal;
extern char lines[2048];               /* of the log: "level text\n" */
extern const struct gamut_store *type; /* of the next journal; where it is */
extern const char *place;

int32_t choose(void *user, struct gm_store_choice *ret, struct gm_error *err);
void open_journal(const struct gamut_store *t);
void close_journal(void);
/* Without a thread, and with one. */
const struct gamut_store *kind(int i);

struct job {
  struct gm_durable d;
  char id[GM_ID_SIZE];
  int n_ready, n_lost;
  int32_t error_class;
};
void job_init(struct job *job);
void put(struct job *job, const char *text, unsigned flags);
void put_and_wait(struct job *job, const char *text);
/* It has ended, and nothing of it is kept. */
void put_end(struct job *job);
/* What is in the store: "body owner?" of the job, or "". */
const char *row_of(const struct job *job);
/* Any row, in the same words. */
struct seen {
  char text[256];
  uint64_t version;
  int64_t numbers[GAMUT_STORE_NUMBERS];
};
struct seen see(const char *table, const char *key);
/* Another process writes. */
void write_there(struct gamut_store_op op);

#endif
