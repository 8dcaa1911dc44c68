/* books.h - what `usage` and `budgets` print alike. */
#ifndef GAMUT_CLI_BOOKS_H
#define GAMUT_CLI_BOOKS_H

#include "cli.h"
#include "view.h"

/* The member, US dollars, in millionths. */
int64_t cli_usd_of(struct json_object *o, const char *key);
/* At most so many columns of it, "..." at the end when something is missing;
 * free(); NULL: no memory. */
char *cli_shortened(const char *text, size_t columns);
/* usage_print.c: for people, and as comma-separated values (RFC 4180). */
int cli_print_books(struct json_object *usage);
int cli_print_csv(struct json_object *usage);

#endif
