/* term.h - what a terminal does to text: width, control characters. */
#ifndef GAMUT_CLI_TERM_H
#define GAMUT_CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* secure_getenv where it exists; NULL for unset and for empty. */
const char *cli_env(const char *name);

/* Can a line on `fd` be drawn over?  Not when it is no terminal, a dumb one,
 * or NO_COLOR is set. */
bool cli_term_live(int fd);
unsigned cli_term_width(int fd); /* columns; 80 when not known */
bool cli_term_utf8(void);        /* does the locale speak UTF-8 */

/* The next character of `s` (not at its NUL): its length in bytes, at least 1;
 * U+FFFD for a byte that is no UTF-8. */
size_t cli_char(const char *s, uint32_t *ret_code);
/* Columns it takes, 0 to 2; -1: it would move or hide something (controls,
 * escapes, changes of direction). */
int cli_char_width(uint32_t code);

/* Print text of others as one line: what cli_char_width() calls -1 becomes a
 * blank.  Stops before more than `columns`; returns how many it took. */
size_t cli_put_cut(FILE *to, const char *text, size_t columns);
size_t cli_put(FILE *to, const char *text);
size_t cli_text_width(const char *text);

#endif
