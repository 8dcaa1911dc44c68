/* csv.c - splits a table into rows, and rows into cells.
 *
 * A quote opens a cell only at its beginning: 6" is an inch mark, and no row
 * may disappear in it. */
#include "csv.h"
#include <string.h>

size_t cli_csv_row(const char *text, size_t len, size_t at,
                   unsigned long *lines)
{
  bool quoted = false, fresh = true; /* at the beginning of a cell */

  for (; at < len; at++) {
    char c = text[at];

    if (quoted && c == '"' && text[at + 1] == '"')
      at++;
    else if (c == '"' && (quoted || fresh))
      quoted = !quoted;
    fresh = c == ',' && !quoted;
    if (c != '\n')
      continue;
    ++*lines;
    if (!quoted)
      return at + 1;
  }
  ++*lines;
  return at;
}

static bool ends_cell(const char *p)
{
  return !*p || *p == ',' || *p == '\n' ||
         (*p == '\r' && (p[1] == '\n' || !p[1]));
}

char *cli_csv_cell(char **at, bool *ret_last, const char **ret_wrong)
{
  char *p = *at, *cell = p, *to = p;

  if (*p == '"') {
    for (p++; *p && (*p != '"' || p[1] == '"'); *to++ = *p++)
      if (*p == '"')
        p++;
    if (!*p)
      *ret_wrong = "its quote is not closed";
    else if (!ends_cell(++p))
      *ret_wrong = "there is text behind the quote that closes it";
  }
  while (!ends_cell(p))
    *to++ = *p++;
  *ret_last = *p != ',';
  *at = *p == ',' ? p + 1 : p;
  *to = '\0';
  return cell;
}
