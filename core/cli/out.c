/* out.c - everything that is printed in words goes through here.
 *
 * Standard output has what was asked for, standard error all the rest.  Both
 * get their text through cli_put(): vendors' words cannot move the cursor.
 */
#include "out.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int lost_errno; /* why the first flush in between failed */
static bool no_output;

CLI_PRINTF(3, 0)
static void put_line(FILE *to, const char *before, const char *fmt, va_list ap)
{
  char *text = NULL;

  if (vasprintf(&text, fmt, ap) < 0)
    text = NULL;
  fputs(before, to);
  cli_put(to, text ? text : "out of memory");
  fputc('\n', to);
  free(text);
}

void cli_error(const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  put_line(stderr, "gamut: ", fmt, ap);
  va_end(ap);
}

void cli_hint(const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  put_line(stderr, "  ", fmt, ap);
  va_end(ap);
}

int cli_no_memory(void)
{
  fputs("gamut: out of memory\n", stderr);
  return CLI_NO_MEMORY;
}

void cli_print(FILE *to, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  put_line(to, "", fmt, ap);
  va_end(ap);
}

char *cli_format(const char *fmt, ...)
{
  char *text = NULL;
  va_list ap;
  int n;

  va_start(ap, fmt);
  n = vasprintf(&text, fmt, ap);
  va_end(ap);
  return n < 0 ? NULL : text;
}

void cli_note_no_output(void)
{
  no_output = true;
}

bool cli_has_no_output(void)
{
  return no_output;
}

void cli_flush_output(void)
{
  if (fflush(stdout) != 0 && !lost_errno)
    lost_errno = errno;
}

/* A pipe or a socket that nobody reads any more. */
static bool is_unread(int fd)
{
  struct pollfd p = { .fd = fd, .events = POLLOUT };

  return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

/* stdio remembers that a flush in between failed, but not why, and has thrown
 * away what it could not write. */
int cli_finish_output(int exit_code)
{
  int why = ferror(stdout) ? lost_errno : 0;
  bool lost = ferror(stdout) != 0;

  if (fflush(stdout) != 0) {
    why = why ? why : errno;
    lost = true;
  }
  if (!lost || why == EPIPE || (!why && is_unread(STDOUT_FILENO)))
    return exit_code;
  cli_error("cannot write to standard output%s%s", why ? ": " : "",
            why ? strerror(why) : "");
  return exit_code ? exit_code : CLI_STORAGE;
}

static bool grow(struct cli_table *t)
{
  size_t room = t->room ? t->room * 2 : 16;
  void *rows;

  if (t->n < t->room)
    return true;
  rows = realloc(t->rows, room * sizeof(*t->rows));
  if (!rows)
    return false;
  t->rows = rows;
  t->room = room;
  return true;
}

bool cli_table_add(struct cli_table *t, const char *const cells[CLI_COLUMNS])
{
  size_t i;

  if (!grow(t))
    return false;
  memset(t->rows[t->n], 0, sizeof(t->rows[0]));
  t->n++;
  for (i = 0; i < CLI_COLUMNS; i++) {
    if (!cells[i])
      continue;
    t->rows[t->n - 1][i] = strdup(cells[i]);
    if (!t->rows[t->n - 1][i])
      return false;
  }
  return true;
}

static void pad(FILE *to, size_t n)
{
  while (n-- > 0)
    fputc(' ', to);
}

static void print_row(char *const cells[CLI_COLUMNS],
                      const size_t widths[CLI_COLUMNS], FILE *to)
{
  size_t i, last = 0, owed = 0, used;

  for (i = 0; i < CLI_COLUMNS; i++) {
    if (cells[i] && *cells[i])
      last = i;
  }
  for (i = 0; i <= last; i++) {
    if (!widths[i])
      continue;
    pad(to, owed);
    used = cells[i] ? cli_put(to, cells[i]) : 0;
    owed = used < widths[i] ? widths[i] - used + 2 : 2;
  }
  fputc('\n', to);
}

/* What is wider puts its own row out of line, not all of them. */
#define WIDEST 64

void cli_table_print(const struct cli_table *t, FILE *to)
{
  size_t widths[CLI_COLUMNS] = { 0 }, i, j;

  for (i = 0; i < t->n; i++) {
    for (j = 0; j < CLI_COLUMNS; j++) {
      size_t w = t->rows[i][j] ? cli_text_width(t->rows[i][j]) : 0;

      if (w > widths[j])
        widths[j] = w < WIDEST ? w : WIDEST;
    }
  }
  for (i = 0; i < t->n; i++)
    print_row(t->rows[i], widths, to);
}

void cli_table_finish(struct cli_table *t)
{
  size_t i, j;

  for (i = 0; i < t->n; i++) {
    for (j = 0; j < CLI_COLUMNS; j++)
      free(t->rows[i][j]);
  }
  free(t->rows);
  *t = (struct cli_table){ 0 };
}
