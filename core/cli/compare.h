/* compare.h - one prompt on several models: what became of each. */
#ifndef GAMUT_CLI_COMPARE_H
#define GAMUT_CLI_COMPARE_H

#include "cli.h"

struct cli_compared {
  const char *model;           /* as it was named */
  char *output;                /* the template of its files */
  char id[GAMUT_ID_SIZE];      /* "": it never began */
  struct gamut_result *result; /* NULL: it never began, or was left */
  struct gamut_error refusal;
};

struct cli_comparison {
  const struct cli_args *args;
  struct gamut *g;
  const char *folder;
  struct cli_compared *each;
  size_t n;
};

/* compare_end.c: write the page, say what became of all; the exit code, that of
 * the worst. */
int cli_compare_end(struct cli_comparison *c);

#endif
