/* flows.h - what one does with gamut, one flow after the other, under any shim.
 */
#ifndef TESTS_CRASH_FLOWS_H
#define TESTS_CRASH_FLOWS_H

#include "books.h"
#include "run.h"
#include <stddef.h>

#define NAME   64
#define LINES  3 /* of a batch */
#define LEN(a) (sizeof(a) / sizeof(*(a)))

enum verb {
  GENERATE,
  FIRST, /* there is no store yet */
  SUBMIT,
  WAIT,
  RESUME, /* of what was submitted */
  AGAIN,  /* a resume of what was killed, killed as well */
  CANCEL,
  FETCH,
  DEADLINE, /* of the first link, whose job is cancelled for the second */
  BATCH
};

struct flow {
  const char *name;
  enum verb verb;
  const char *words[8];
};

extern const struct flow flows[];
extern const size_t n_flows;
/* Each of its points has a store of its own. */
bool flow_is_alone(const struct flow *f);
bool flow_is_wanted(const struct flow *f, int argc, char **argv);

/* One run of it at this point, with `name` as its prompt and the name of its
 * file in made/: as run_go().  What it was about is remembered; nth 0: not. */
int flow_go(const struct flow *f, const char *state, const char *name,
            const struct point *p);

/* A batch that ended with `code` is begun once more. */
void flow_go_on(const struct flow *f, const char *state, const char *name,
                int code);

/* The prompts that were tried since n_tried was 0. */
#define TRIED_MAX 600
struct tried {
  char prompt[NAME];
  char died[32];  /* or what met trouble */
  int code;       /* -1: it was killed */
  bool forgotten; /* gamut said that no job would be kept */
  bool unwritten; /* ... that a record could not be written */
};
extern struct tried tried[TRIED_MAX];
extern size_t n_tried;

/* Another process goes on with what is left; false: it cannot write into the
 * store.  Two do, at once. */
bool flow_resume(const char *state);
void flow_resume_twice(const char *state);
struct books *flow_books(const char *state);
/* books_unbalanced(), of the budget that the configuration has. */
int flow_unbalanced(const char *state, bool sure);
/* So often it is submitted when all goes well, and may be at most. */
int64_t flow_submissions(const struct flow *f);
bool flow_has_two_jobs(const struct flow *f);
/* What became of it: books_judge(), or of two jobs books_judge_team(). */
enum fate flow_judge(const struct flow *f, struct books *b, const char *prompt,
                     int64_t size);
/* Of the first file in made/; -1: there is none. */
int64_t flow_file_size(void);
void flow_clear(void); /* made/ and the store */

/* Ends the program when `code` is not 0. */
void must(int code, const char *name, const char *what);
uint64_t below(uint64_t n); /* by CRASH_SEED */

#endif
