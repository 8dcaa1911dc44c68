/* batch_file.c - a batch's file is split into requests, and each of them read
 * when its turn comes.
 *
 * A table follows RFC 4180: cells may be quoted, and hold line breaks then.
 * Empty cells say nothing.  Blank lines are passed over. */
#include "batch_file.h"
#include "out.h"
#include "view.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
  bool quoted = false;

  for (; at < f->len; at++) {
    if (f->text[at] == '"' && f->is_csv)
      quoted = !quoted;
    if (f->text[at] != '\n')
      continue;
    ++*lines;
    if (!quoted)
      return at + 1;
  }
  ++*lines;
  return at;
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
    (struct cli_batch_line){ .at = at, .number = number };
  return true;
}

/* ---- tables ----------------------------------------------------------------
 */

/* One cell from *at on, unquoted in place; *at is behind it and its comma. */
static char *take_cell(char **at, bool *ret_last)
{
  char *p = *at, *cell = p, *to = p;
  bool quoted = *p == '"';

  if (quoted)
    p++;
  while (*p) {
    if (quoted && *p == '"' && p[1] == '"')
      p++;
    else if (quoted && *p == '"') {
      quoted = false;
      p++;
      continue;
    } else if (!quoted && (*p == ',' || *p == '\n' || *p == '\r')) {
      break;
    }
    *to++ = *p++;
  }
  *ret_last = *p != ',';
  *at = *p == ',' ? p + 1 : p;
  *to = '\0';
  return cell;
}

static bool read_columns(struct cli_batch_file *f, size_t end)
{
  char *head = strndup(f->text, end), *at = head;
  bool last = false;

  f->columns = calloc(CELLS_MAX, sizeof(char *));
  while (head && f->columns && !last && f->n_columns < CELLS_MAX)
    f->columns[f->n_columns++] = strdup(take_cell(&at, &last));
  free(head);
  return f->n_columns > 0;
}

/* ---- the file --------------------------------------------------------------
 */

static bool ends_with(const char *s, const char *end)
{
  size_t a = strlen(s), b = strlen(end);

  return a >= b && strcmp(s + a - b, end) == 0;
}

static int split(struct cli_batch_file *f)
{
  unsigned long number = 0;
  size_t at = 0, end;

  if (f->is_csv) {
    at = record_end(f, 0, &number);
    if (!read_columns(f, at))
      return cli_no_memory();
  }
  for (; at < f->len; at = end) {
    unsigned long first = number + 1;

    end = record_end(f, at, &number);
    if (!is_blank(f->text + at, end - at) && !add_line(f, at, first))
      return cli_no_memory();
  }
  return 0;
}

int cli_batch_read(const char *path, struct cli_batch_file *f)
{
  int rc;

  memset(f, 0, sizeof(*f));
  rc = read_all(path, f);
  if (rc)
    return rc;
  f->is_csv = ends_with(path, ".csv") ||
              (strcmp(path, "-") == 0 && f->len && *f->text != '{');
  cli_batch_key_of_all(f);
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

static int32_t add_member(struct gamut_request *r, const char *name,
                          struct json_object *value, struct gamut_error *error)
{
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
  bool last = false;
  size_t i;

  for (i = 0; i < f->n_columns && !last; i++) {
    char *cell = take_cell(&at, &last);

    if (*cell)
      json_object_object_add(o, f->columns[i], json_object_new_string(cell));
  }
  return o;
}

struct json_object *cli_batch_object(const struct cli_batch_file *f, size_t i)
{
  size_t end = i + 1 < f->n_lines ? f->lines[i + 1].at : f->len;
  char *text = strndup(f->text + f->lines[i].at, end - f->lines[i].at);
  struct json_object *o = NULL;

  if (text)
    o = f->is_csv ? row_object(f, text) : cli_view_parse(text);
  free(text);
  return o;
}

int32_t cli_batch_add(const struct cli_batch_file *f, struct json_object *o,
                      size_t i, struct gamut_request *r,
                      struct gamut_error *error)
{
  const char *name;
  int32_t rc = 0;
  char said[sizeof(error->message)];
  size_t k;

  if (!json_object_is_type(o, json_type_object)) {
    rc = error->error_class = GAMUT_E_INVALID;
    snprintf(error->message, sizeof(error->message), "it is no JSON object");
  }
  /* The model leads the route, wherever it stands in the line. */
  if (rc == 0)
    rc = add_member(r, "model", cli_view_get(o, "model"), error);
  for (k = 0; rc == 0 && (name = cli_view_key(o, k)); k++)
    if (strcmp(name, "model") != 0)
      rc = add_member(r, name, cli_view_get(o, name), error);
  if (rc) {
    snprintf(said, sizeof(said), "%s", error->message);
    snprintf(error->message, sizeof(error->message), "line %lu: %.900s",
             f->lines[i].number, said);
  }
  return rc;
}
