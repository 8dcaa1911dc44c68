/* batch_file.c - a batch's file is split into requests, and each of them read
 * when its turn comes.
 *
 * Empty cells of a table say nothing, and a row may end early.  Blank lines are
 * passed over.  A table that is wrong somewhere is refused whole: one quote too
 * many moves all that comes after it. */
#include "batch_file.h"
#include "csv.h"
#include "out.h"
#include "view.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FILE_MAX  ((size_t)256 << 20)
#define CELLS_MAX 256

static const char *const roles[] = { "image",      "mask",      "first_frame",
                                     "last_frame", "reference", "video",
                                     "audio_input" };

/* ---- reading --------------------------------------------------------------
 */

static int read_all(const char *path, struct cli_batch_file *f)
{
  FILE *from = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
  size_t room = 1 << 16, n;
  char *more;
  int rc = 0;

  if (!from) {
    cli_error("cannot read '%s': %s", path, strerror(errno));
    return CLI_USAGE;
  }
  f->text = malloc(room + 1);
  while (f->text && (n = fread(f->text + f->len, 1, room - f->len, from)) > 0) {
    f->len += n;
    if (f->len < room)
      continue;
    room *= 2;
    more = room > FILE_MAX ? NULL : realloc(f->text, room + 1);
    if (!more)
      break;
    f->text = more;
  }
  if (!f->text || (!ferror(from) && !feof(from))) {
    cli_error("'%s' is larger than %zu MiB", path, FILE_MAX >> 20);
    rc = CLI_USAGE;
  } else if (ferror(from)) {
    cli_error("cannot read '%s': %s", path, strerror(errno));
    rc = CLI_USAGE;
  } else {
    f->text[f->len] = '\0';
  }
  if (from != stdin)
    fclose(from);
  return rc;
}

/* Behind the end of the record at `at`, counting the lines it takes. */
static size_t record_end(const struct cli_batch_file *f, size_t at,
                         unsigned long *lines)
{
  const char *end;

  if (f->is_csv)
    return cli_csv_row(f->text, f->len, at, lines);
  end = memchr(f->text + at, '\n', f->len - at);
  ++*lines;
  return end ? (size_t)(end - f->text) + 1 : f->len;
}

static bool is_blank(const char *p, size_t len)
{
  size_t i;

  for (i = 0; i < len; i++)
    if (!strchr(" \t\r\n", p[i]) || !p[i])
      return false;
  return true;
}

static bool add_line(struct cli_batch_file *f, size_t at, unsigned long number)
{
  size_t room = f->room ? f->room * 2 : 64;
  struct cli_batch_line *lines;

  if (f->n_lines == f->room) {
    lines = realloc(f->lines, room * sizeof(*lines));
    if (!lines)
      return false;
    f->lines = lines;
    f->room = room;
  }
  f->lines[f->n_lines++] =
    (struct cli_batch_line){ .at = at, .number = number, .place = number };
  return true;
}

/* ---- tables ----------------------------------------------------------------
 */

/* The text of the i-th record; free(). */
static char *record(const struct cli_batch_file *f, size_t i)
{
  size_t end = i + 1 < f->n_lines ? f->lines[i + 1].at : f->len;

  return strndup(f->text + f->lines[i].at, end - f->lines[i].at);
}

static int refuse_cell(unsigned long line, size_t column, const char *name,
                       const char *wrong)
{
  cli_error("line %lu, column %zu%s%s%s: %s", line, column + 1,
            name && *name ? " (" : "", name ? name : "",
            name && *name ? ")" : "", wrong);
  return CLI_USAGE;
}

/* UTF-16 has them in every other place. */
static int check_bytes(const struct cli_batch_file *f)
{
  const char *p = memchr(f->text, '\0', f->len), *q = f->text;
  unsigned long line = 1;

  if (!p)
    return 0;
  while ((q = memchr(q, '\n', (size_t)(p - q))) && q++)
    line++;
  cli_error("line %lu: there is a NUL byte: a table is text in UTF-8", line);
  return CLI_USAGE;
}

static int add_column(struct cli_batch_file *f, const char *name,
                      const char *wrong)
{
  size_t i, at = f->n_columns;

  if (at == CELLS_MAX)
    wrong = "there are too many";
  for (i = 0; i < at && *name && !wrong; i++)
    if (strcmp(f->columns[i], name) == 0)
      wrong = "there is another of this name";
  if (wrong)
    return refuse_cell(1, at, name, wrong);
  f->columns[at] = strdup(name);
  return f->columns[at] && ++f->n_columns ? 0 : cli_no_memory();
}

static int read_columns(struct cli_batch_file *f, size_t end)
{
  char *head = strndup(f->text, end), *at = head;
  bool last = false;
  int rc = 0;

  f->columns = calloc(CELLS_MAX, sizeof(char *));
  if (!head || !f->columns)
    rc = cli_no_memory();
  while (rc == 0 && !last) {
    const char *wrong = NULL, *name = cli_csv_cell(&at, &last, &wrong);

    rc = add_column(f, name, wrong);
  }
  free(head);
  return rc;
}

static int check_row(const struct cli_batch_file *f, size_t i)
{
  char *text = record(f, i), *at = text;
  const char *wrong = NULL;
  bool last = false;
  size_t column;
  int rc = 0;

  if (!text)
    return cli_no_memory();
  for (column = 0; rc == 0 && !last; column++) {
    cli_csv_cell(&at, &last, &wrong);
    if (!wrong && column >= f->n_columns)
      wrong = "the first line names no such column";
    if (wrong)
      rc =
        refuse_cell(f->lines[i].number, column,
                    column < f->n_columns ? f->columns[column] : NULL, wrong);
  }
  free(text);
  return rc;
}

/* ---- the file --------------------------------------------------------------
 */

static bool ends_with(const char *s, const char *end)
{
  size_t a = strlen(s), b = strlen(end);

  return a >= b && strcasecmp(s + a - b, end) == 0;
}

/* Standard input has no name to tell by: a request begins with a brace. */
static bool is_table(const struct cli_batch_file *f, const char *path)
{
  if (strcmp(path, "-") != 0)
    return ends_with(path, ".csv");
  return f->len && f->text[strspn(f->text, " \t\r\n")] != '{';
}

static int split(struct cli_batch_file *f)
{
  unsigned long number = 0;
  size_t at = 0, end, i;
  int rc = 0;

  if (f->is_csv) {
    rc = check_bytes(f);
    at = record_end(f, 0, &number);
    rc = rc ? rc : read_columns(f, at);
  }
  for (; rc == 0 && at < f->len; at = end) {
    unsigned long first = number + 1;

    end = record_end(f, at, &number);
    if (!is_blank(f->text + at, end - at) && !add_line(f, at, first))
      rc = cli_no_memory();
  }
  for (i = 0; rc == 0 && f->is_csv && i < f->n_lines; i++)
    rc = check_row(f, i);
  return rc;
}

/* Spreadsheets begin a file so that says it is UTF-8. */
static void skip_mark(struct cli_batch_file *f)
{
  static const char mark[] = "\xef\xbb\xbf";
  size_t len = sizeof(mark) - 1;

  if (strncmp(f->text, mark, len) != 0)
    return;
  f->len -= len;
  memmove(f->text, f->text + len, f->len + 1);
}

int cli_batch_read(const char *path, struct cli_batch_file *f)
{
  int rc;

  memset(f, 0, sizeof(*f));
  rc = read_all(path, f);
  if (rc)
    return rc;
  f->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  if (strcmp(path, "-") == 0)
    cli_batch_name_input(f);
  skip_mark(f);
  f->is_csv = is_table(f, path);
  rc = split(f);
  if (rc == 0 && f->n_lines == 0) {
    cli_error("'%s' has no requests", path);
    cli_hint("a line is {\"prompt\": ...}, or a row of a table (.csv) whose "
             "first line names the columns");
    rc = CLI_USAGE;
  }
  return rc ? rc : cli_batch_identify(f);
}

void cli_batch_finish(struct cli_batch_file *f)
{
  size_t i;

  for (i = 0; i < f->n_columns; i++)
    free(f->columns[i]);
  free(f->columns);
  free(f->lines);
  free(f->text);
}

/* ---- one request -----------------------------------------------------------
 */

typedef int32_t add_fn(struct gamut_request *r, const char *name,
                       const char *value, struct gamut_error *error);

static int32_t add_link(struct gamut_request *r, const char *name,
                        const char *value, struct gamut_error *error)
{
  (void)name;
  return gamut_request_link(r, value, error);
}

/* A string, or each of an array. */
static int32_t add_each(struct gamut_request *r, const char *name,
                        struct json_object *value, add_fn *add,
                        struct gamut_error *error)
{
  size_t i, n = cli_view_count(value);
  int32_t rc = 0;

  if (!json_object_is_type(value, json_type_array))
    return add(r, name, json_object_get_string(value), error);
  for (i = 0; i < n && rc == 0; i++)
    rc = add(r, name, json_object_get_string(cli_view_at(value, i)), error);
  return rc;
}

static int32_t add_pairs(struct gamut_request *r, struct json_object *object,
                         add_fn *add, struct gamut_error *error)
{
  const char *name;
  int32_t rc = 0;
  size_t i;

  for (i = 0; rc == 0 && (name = cli_view_key(object, i)); i++)
    rc = add(r, name, json_object_to_json_string(cli_view_get(object, name)),
             error);
  return rc;
}

static const char *role_of(const char *name)
{
  size_t i;

  for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
    if (strcmp(name, roles[i]) == 0)
      return strcmp(name, "audio_input") == 0 ? "audio" : roles[i];
  return NULL;
}

static bool has_nul(struct json_object *value)
{
  size_t i, n = cli_view_count(value);
  bool has = json_object_is_type(value, json_type_string) &&
             strlen(json_object_get_string(value)) !=
               (size_t)json_object_get_string_len(value);

  for (i = 0; i < n && !has; i++)
    has = has_nul(cli_view_at(value, i));
  return has;
}

static int32_t add_member(struct gamut_request *r, const char *name,
                          struct json_object *value, struct gamut_error *error)
{
  if (has_nul(value)) { /* what stands behind it would be lost */
    error->error_class = GAMUT_E_INVALID;
    snprintf(error->message, sizeof(error->message),
             "%.100s: a text cannot have a NUL (\\u0000) in it", name);
    return GAMUT_E_INVALID;
  }
  if (!value || strcmp(name, "output") == 0) /* the verb's business */
    return 0;
  if (strcmp(name, "model") == 0 || strcmp(name, "fallback") == 0)
    return add_each(r, name, value, add_link, error);
  if (strcmp(name, "set") == 0)
    return add_pairs(r, value, gamut_request_extra, error);
  if (strcmp(name, "option") == 0)
    return add_pairs(r, value, gamut_request_option, error);
  if (strcmp(name, "tag") == 0)
    return add_each(r, name, value, gamut_request_set, error);
  if (role_of(name))
    return add_each(r, role_of(name), value, gamut_request_input, error);
  return gamut_request_set(r, name, json_object_get_string(value), error);
}

static struct json_object *row_object(const struct cli_batch_file *f, char *at)
{
  struct json_object *o = json_object_new_object();
  const char *wrong = NULL; /* it was looked at before */
  bool last = false;
  size_t i;

  for (i = 0; i < f->n_columns && !last; i++) {
    char *cell = cli_csv_cell(&at, &last, &wrong);

    if (*cell)
      json_object_object_add(o, f->columns[i], json_object_new_string(cell));
  }
  return o;
}

struct json_object *cli_batch_object(const struct cli_batch_file *f, size_t i)
{
  struct json_object *o = NULL;
  char *text = record(f, i);

  if (text)
    o = f->is_csv ? row_object(f, text) : cli_view_parse(text);
  free(text);
  return o;
}

/* What is wrong with a line, with its number. */
static int32_t name_line(const struct cli_batch_file *f, size_t i, int32_t rc,
                         struct gamut_error *error)
{
  char said[sizeof(error->message)];

  if (rc) {
    snprintf(said, sizeof(said), "%s", error->message);
    snprintf(error->message, sizeof(error->message), "line %lu: %.900s",
             f->lines[i].number, said);
  }
  return rc;
}

int32_t cli_batch_model(const struct cli_batch_file *f, struct json_object *o,
                        size_t i, struct gamut_request *r,
                        struct gamut_error *error)
{
  int32_t rc = add_member(r, "model", cli_view_get(o, "model"), error);

  return name_line(f, i, rc, error);
}

int32_t cli_batch_add(const struct cli_batch_file *f, struct json_object *o,
                      size_t i, struct gamut_request *r,
                      struct gamut_error *error)
{
  const char *name;
  int32_t rc = 0;
  size_t k;

  if (!json_object_is_type(o, json_type_object)) {
    rc = error->error_class = GAMUT_E_INVALID;
    snprintf(error->message, sizeof(error->message), "it is no JSON object");
  }
  for (k = 0; rc == 0 && (name = cli_view_key(o, k)); k++)
    if (strcmp(name, "model") != 0)
      rc = add_member(r, name, cli_view_get(o, name), error);
  return name_line(f, i, rc, error);
}
