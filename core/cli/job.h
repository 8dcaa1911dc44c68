/* job.h - jobs from submission to their end, with Ctrl-C. */
#ifndef GAMUT_CLI_JOB_H
#define GAMUT_CLI_JOB_H

#include "progress.h"

/* Jobs of a context that are waited for: the first six members are the
 * caller's. */
struct cli_waiting {
  struct gamut *g;
  struct cli_progress *progress;
  char (*ids)[GAMUT_ID_SIZE];
  size_t n;
  bool nameless;       /* all that the context has: they can only be left */
  bool until_accepted; /* leave each as soon as the vendor has it */
  int32_t look_ms;     /* cli_waiting_next() takes no longer; 0: no limit */
  size_t n_accepted;
  /* private */
  size_t n_over;
  int64_t leave_ms; /* when to leave after a Ctrl-C; 0: there was none */
  bool left, cancelled;
};
/* Before they are begun: the events of all are wanted, and signals heard. */
void cli_waiting_begin(struct cli_waiting *w);
/* The next one that has ended, in whatever order; gamut_result_free().  NULL: all
 * have, or the time to look elsewhere has come. */
struct gamut_result *cli_waiting_next(struct cli_waiting *w);
/* How many were left and are not told of: those without names, which have no
 * result when they are left. */
size_t cli_waiting_left(const struct cli_waiting *w);
void cli_waiting_end(struct cli_waiting *w);
/* From now on the usual signals wake `g` (NULL: nobody); whether one came. */
void cli_heed_signals(struct gamut *g);
bool cli_is_leaving(void);

/* Run `r` to its end.  0 and a result (of whatever status), or the class and
 * sentence of why no job began. */
int32_t cli_job_run(struct gamut *g, const struct gamut_request *r,
                    struct cli_progress *p, struct gamut_result **ret,
                    struct gamut_error *error);

#endif
