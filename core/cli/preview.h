/* preview.h - pictures in the terminal. */
#ifndef GAMUT_CLI_PREVIEW_H
#define GAMUT_CLI_PREVIEW_H

#include "cli.h"

/* Are pictures to be shown, by the options and what standard output is?  Says
 * so when they are asked for and cannot be. */
bool cli_preview_wanted(const struct cli_args *a);

/* Show the picture of a file, at most `rows` high; nothing when it is none, or
 * the terminal cannot. */
void cli_preview_file(const struct cli_args *a, const char *path,
                      unsigned rows);

/* Those of a result. */
void cli_preview_result(const struct cli_args *a, const struct gamut_result *r);

#endif
