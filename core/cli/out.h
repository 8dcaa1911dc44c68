/* out.h - sentences for people, documents for programs, tables. */
#ifndef GAMUT_CLI_OUT_H
#define GAMUT_CLI_OUT_H

#include "term.h"

/* Exit codes that are ours and not a class's. */
#define CLI_FOUND     1 /* doctor found an error */
#define CLI_USAGE     2
#define CLI_STORAGE   12
#define CLI_NO_MEMORY 71

#define CLI_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* "gamut: ..." and the line below it, "  ...", on standard error. */
CLI_PRINTF(1, 2) void cli_error(const char *fmt, ...);
CLI_PRINTF(1, 2) void cli_hint(const char *fmt, ...);
int cli_no_memory(void); /* says so; CLI_NO_MEMORY */

/* A line of text made as by printf, every character of it safe. */
CLI_PRINTF(2, 3) void cli_print(FILE *to, const char *fmt, ...);

/* An allocated copy made as by printf; NULL: no memory. */
CLI_PRINTF(1, 2) char *cli_format(const char *fmt, ...);

/* Standard output was closed when the program began, and what is printed is
 * lost: noted by main(), asked by whoever would lose what was paid for. */
void cli_note_no_output(void);
bool cli_has_no_output(void);

/* What is printed as it comes; why that failed is said at the end. */
void cli_flush_output(void);

/* The end of the program: flush standard output.  A reader that went away is
 * no news; any other failure is said and is an exit code of its own. */
int cli_finish_output(int exit_code);

/* Columns that line up; cells are copied. */
#define CLI_COLUMNS 6
struct cli_table {
  char *(*rows)[CLI_COLUMNS];
  size_t n, room;
};
/* Cells after the last are NULL or left out; false: no memory. */
bool cli_table_add(struct cli_table *t, const char *const cells[CLI_COLUMNS]);
void cli_table_print(const struct cli_table *t, FILE *to);
void cli_table_finish(struct cli_table *t);

#endif
