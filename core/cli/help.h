/* help.h - what is printed from the tables alone, without the library. */
#ifndef GAMUT_CLI_HELP_H
#define GAMUT_CLI_HELP_H

#include "parse.h"

int cli_help_usage(void); /* short, on standard error; CLI_USAGE */
int cli_help_all(void);
int cli_help_verb(const struct cli_verb *verb);

int cli_run_help(const struct cli_args *a);
int cli_run_man(const struct cli_args *a);
int cli_run_completion(const struct cli_args *a);

#endif
