/* run.h - one run of the program, and its death. */
#ifndef TESTS_CRASH_RUN_H
#define TESTS_CRASH_RUN_H

#include <stdbool.h>

#define RUN_WORDS   24
/* Whoever takes longer is stuck: with a store that is locked the last record is
 * tried for a minute. */
#define RUN_SECONDS 120

/* Where it dies, or what meets it where: the shim has the words.  nth 0: none.
 */
struct point {
  const char *how;
  unsigned long nth;
};

struct run {
  const char *words[RUN_WORDS]; /* after the program's name */
  int n_words;
  const char *state; /* the folder of the store, in this one */
  const char *out;   /* standard output; NULL: none */
  const char *err;   /* standard error; NULL: "said" */
};

void run_add(struct run *r, const char *word);

/* CRASH_PROGRAM with CRASH_SHIM before it, in this folder.  The exit code; -1:
 * it was killed at `p`.  Ends this program when anything else ended it. */
int run_go(const struct run *r, const struct point *p);
/* It was stopped there, and not killed: goes on.  The exit code. */
int run_wake(void);
/* The same with no shim, not waited for; run_wait() has the exit code, and so
 * has run_end() of one that may have been sent SIGKILL or SIGINT: -1. */
int run_start(const struct run *r);
int run_wait(int pid);
int run_end(int pid);

/* What the last killed one died at ("net send"), or what met trouble; "": none
 * did.  How many calls the last whole
 * one made. */
const char *run_died_at(void);
unsigned long run_calls(void);

#endif
