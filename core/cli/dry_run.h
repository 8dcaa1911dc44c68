/* dry_run.h - look before one leaps. */
#ifndef GAMUT_CLI_DRY_RUN_H
#define GAMUT_CLI_DRY_RUN_H

#include "cli.h"

/* Print what `r` would send; the exit code. */
int cli_dry_run(const struct cli_args *a, struct gamut *g,
                const struct gamut_request *r);

#endif
