/* job.h - one job from submission to its end, with Ctrl-C. */
#ifndef GAMUT_CLI_JOB_H
#define GAMUT_CLI_JOB_H

#include "progress.h"

/* From now on the usual signals wake `g` (NULL: nobody); whether one came. */
void cli_heed_signals(struct gamut *g);
bool cli_is_leaving(void);

/* Run `r` to its end.  0 and a result (of whatever status), or the class and
 * sentence of why no job began. */
int32_t cli_job_run(struct gamut *g, const struct gamut_request *r,
                    struct cli_progress *p, struct gamut_result **ret,
                    struct gamut_error *error);

#endif
