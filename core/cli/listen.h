/* listen.h - deliveries of webhooks, as they come. */
#ifndef GAMUT_CLI_LISTEN_H
#define GAMUT_CLI_LISTEN_H

#include "cli.h"
#include "view.h"

/* Listen at `port`, as the option says it, and say where; `providers` as in
 * gamut_listen().  0 or an exit code. */
int cli_listen(const struct cli_args *a, struct gamut *g, const char *option,
               const char *port, const char *const *providers);

/* `gamut webhook listen` */
int cli_run_listen(const struct cli_args *a);

/* webhook.c: one genuine delivery, for people. */
void cli_print_delivery(struct json_object *o);

#endif
