/* csv.h - tables as RFC 4180 has them: cells may be quoted, and hold commas,
 * quotes (doubled) and line breaks then. */
#ifndef GAMUT_CLI_CSV_H
#define GAMUT_CLI_CSV_H

#include <stdbool.h>
#include <stddef.h>

/* Behind the end of the row that begins at `at` in `text`, which ends with a
 * NUL; *lines grows by those that it takes. */
size_t cli_csv_row(const char *text, size_t len, size_t at,
                   unsigned long *lines);

/* One cell from *at on, unquoted in place; *at is behind it and its comma, and
 * *ret_last says that it had none.  *ret_wrong: what is wrong with it, or
 * unchanged. */
char *cli_csv_cell(char **at, bool *ret_last, const char **ret_wrong);

#endif
