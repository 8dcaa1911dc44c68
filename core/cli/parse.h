/* parse.h - the command line, read by the tables of options.h. */
#ifndef GAMUT_CLI_PARSE_H
#define GAMUT_CLI_PARSE_H

#include "options.h"

struct cli_given {
  const struct cli_option *option;
  const char *value; /* of argv, or the row's value for a flag */
};

struct cli_args {
  const struct cli_verb *verb;
  struct cli_given *given; /* in order */
  size_t n_given;
  const char **words; /* what is no option */
  size_t n_words;
};

/* 0, or CLI_USAGE after saying what is wrong.  A --help or --version ends the
 * reading: what follows is not looked at. */
int cli_parse(int argc, char **argv, struct cli_args *ret);
void cli_args_finish(struct cli_args *a);

/* Says that there is no such verb, and which may be meant; CLI_USAGE. */
int cli_unknown_verb(const char *word);

/* The last value given (a flag: ""), or NULL; how often. */
const char *cli_args_get(const struct cli_args *a, enum cli_what what);
size_t cli_args_count(const struct cli_args *a, enum cli_what what);
/* Refuses an option that means nothing beside other words: "... has no meaning
 * WHERE".  0, or CLI_USAGE after saying so. */
int cli_args_idle(const struct cli_args *a, enum cli_what what,
                  const char *where);
/* The value of the last option that sets this field of the request, or NULL. */
const char *cli_args_field(const struct cli_args *a, const char *field);
/* Digits and nothing else, at most `max`. */
bool cli_number(const char *text, uint32_t max, uint32_t *ret);
/* A time as the library reads it: "90", "1.5s", "250ms", "5m", "2h", "1d". */
bool cli_time(const char *text, int64_t *ret_ms);
size_t cli_args_inputs(const struct cli_args *a, const char *role);

#endif
