/* print.h - a result, for people and for programs. */
#ifndef GAMUT_CLI_PRINT_H
#define GAMUT_CLI_PRINT_H

#include "cli.h"

/* Print what became of the job, and write the bytes where -o - asks for them.
 * The exit code. */
int cli_print_result(const struct cli_args *a, const struct gamut_result *r);

/* Whether the jobs of this process can be collected by another, for what is said
 * of one that is left; until told: yes. */
void cli_print_durable(bool yes);

/* Millionths of "usd", which is a number or NULL; -1: unknown. */
struct json_object;
int64_t cli_microusd(struct json_object *usd);

/* "$0.025", "~$0.025", "cost unknown"; millionths, -1: unknown. */
const char *cli_money(char buf[48], int64_t microusd, bool estimated);
const char *cli_seconds(char buf[32], int64_t ms); /* "1.9 s" */
const char *cli_bytes(char buf[32], uint64_t n);   /* "206 KiB" */
const char *cli_type_name(const char *mime);       /* "PNG" */

/* "8.4 s" */
const char *cli_seconds(char buf[32], int64_t ms);

/* "12 KiB" */
const char *cli_bytes(char buf[32], uint64_t n);

#endif
