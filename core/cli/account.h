/* account.h - what `balance`, `usage`, `keys`, `health` share: asking, and the
 * cells of their tables. */
#ifndef GAMUT_CLI_ACCOUNT_H
#define GAMUT_CLI_ACCOUNT_H

#include "cli.h"
#include "view.h"

struct cli_question {
  const char *provider, *what;
  struct json_object *arguments; /* or NULL */
  const char *secret;            /* or NULL */
};

/* A cli_look_fn; `about` is a struct cli_question. */
int32_t cli_ask(struct gamut *g, const void *about, char **ret_json,
                struct gamut_error *ret_error);
/* Ask, and hand the answer over; NULL when it was printed as JSON.  Exit code;
 * json_object_put(). */
int cli_answer(const struct cli_args *a, const struct cli_question *q,
               struct json_object **ret);

/* Call `fn` for each provider whose key is set and that has `what`.  Exit code. */
typedef void cli_each_fn(struct gamut *g, const char *provider, void *user);
int cli_each_ready(const struct cli_args *a, const char *what, cli_each_fn *fn,
                   void *user);

/* "left $12.50", "of 1880 credits"; `label` and `unit` may be NULL.  free();
 * NULL: the member is not there. */
char *cli_amount(struct json_object *o, const char *key, const char *unit,
                 const char *label);
/* A name and its value, if there is one. */
void cli_line(const char *name, const char *value);

#endif
