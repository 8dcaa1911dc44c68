/* request.h - the request that the command line describes. */
#ifndef GAMUT_CLI_REQUEST_H
#define GAMUT_CLI_REQUEST_H

#include "cli.h"

/* The prompt as -p gives it: text, @FILE, - for standard input, @@TEXT.  0 or
 * a class with its sentence; free(). */
int32_t cli_prompt_read(const char *value, char **ret,
                        struct gamut_error *error);

/* A template for a file named by the first words of the prompt, such that no
 * file of the current folder is in its way; free(); NULL: no memory. */
char *cli_prompt_output(const char *prompt);

/* Is there a file STEM.anything or STEM-1 in the folder? */
bool cli_stem_taken(const char *folder, const char *stem);

/* `-o -`: the bytes go to standard output. */
bool cli_request_to_stdout(const struct cli_args *a);
/* Says that the verb has no use for that; an exit code. */
int cli_refuse_stdout(void);

/* 0, or an exit code after saying why; gamut_request_free(). */
int cli_request_build(const struct cli_args *a, struct gamut_request **ret);

/* Add to `r` all but the prompt and the model: -o, --force, --timeout ...
 * Likewise. */
int cli_request_how(const struct cli_args *a, struct gamut_request *r);

/* generate.c: build it, open the library, show --dry-run or run it.  The exit
 * code. */
struct cli_progress;
typedef int cli_run_fn(const struct cli_args *a, struct gamut *g,
                       const struct gamut_request *r, struct cli_progress *p);
int cli_with_request(const struct cli_args *a, cli_run_fn *run_it);

#endif
