/* books.h - what gamut says of its jobs, against what the vendor says and what
 * is on the disk. */
#ifndef TESTS_CRASH_BOOKS_H
#define TESTS_CRASH_BOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fate {
  FATE_NONE,      /* no job, nothing sold */
  FATE_WHOLE,     /* completed, the file is there */
  FATE_MAYBE,     /* maybe-charged, and it was */
  FATE_CAUTION,   /* maybe-charged, and nothing had come to the vendor */
  FATE_CANCELLED, /* by whoever wanted that */
  FATE_FAILED,    /* it says why; nothing was sold */
  FATE_KEPT,      /* it says why; what was sold can be fetched */
  FATE_LOST,      /* ... but what was sold came with the answer and is gone */
  FATE_FORGOTTEN, /* there was no store, and that was said */
  FATE_WRONG,     /* what must not be; it has been said */
  N_FATES
};

struct books;

/* `jobs`: a file with what `gamut jobs --json` printed; `stats`: one with what
 * the vendor's control URL did. */
struct books *books_open(const char *jobs, const char *stats);
void books_close(struct books *b);
/* What became of the job with this prompt; `size`: of its file; `most`: so
 * often it may be submitted, and never while the one before is not cancelled.
 */
enum fate books_judge(struct books *b, const char *prompt, int64_t size,
                      int64_t most);
/* How often the vendor took it. */
int64_t books_sold(struct books *b, const char *prompt);
/* The same of a request that two jobs work on, for so many files. */
enum fate books_judge_team(struct books *b, const char *prompt, int64_t size,
                           size_t n);
/* Of several jobs of a prompt those that failed before they were sold count no
 * more: a line of a batch is tried again. */
void books_forgive(struct books *b, const char *prompt);
bool books_knows(struct books *b, const char *prompt);
/* FAILED, or KEPT with the job's id and what it says: its job failed; NONE: it
 * did not. */
enum fate books_failed(struct books *b, const char *prompt, const char **ret_id,
                       const char **ret_message);
/* Do `gamut usage --json` and `gamut budgets --json` agree, of a budget for all
 * that began when the store did?  It has held, nothing is reserved any more;
 * `sure`: nothing is in doubt either.  How many things are wrong; each is said.
 */
int books_unbalanced(const char *usage, const char *budgets, bool sure);
/* Files in `folder` that are halves, or that no job speaks of and no job that
 * is maybe-charged may have left: how many; each is said. */
int books_strays(struct books *b, const char *folder);

#endif
