/* has.c - the README's table of what each provider has, against the providers
 * themselves.
 *
 * A row that is wrong, missing or of nobody is printed as it should stand.
 */
#include "base/json.h"
#include "base/str.h"
#include <gamut/gamut.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 16
#define HEADING "| name | models |"

static char columns[COLUMNS][20];
static size_t n_columns;
static int failed;

/* The next cell of a row, trimmed; false at the row's end. */
static bool next_cell(char **at, char *cell, size_t size)
{
  char *from = *at + (**at == '|'), *end = from + strcspn(from, "|\n");
  size_t len;

  if (*end != '|')
    return false;
  from += strspn(from, " `");
  for (len = (size_t)(end - from); len > 0 && strchr(" `", from[len - 1]);)
    len--;
  snprintf(cell, size, "%.*s", (int)len, from);
  *at = end;
  return true;
}

static void read_heading(char *line)
{
  char name[20];

  next_cell(&line, name, sizeof(name));
  while (n_columns < COLUMNS &&
         next_cell(&line, columns[n_columns], sizeof(columns[0])))
    n_columns++;
}

static bool has(struct json_object *provider, const char *what)
{
  struct json_object *list = gm_json_at(provider, "has");
  size_t i;

  for (i = 0; i < gm_json_count(list, NULL); i++)
    if (gm_streq(json_object_get_string(json_object_array_get_idx(list, i)),
                 what))
      return true;
  return false;
}

/* Everything that a provider has is a column. */
static void check_columns(struct json_object *provider)
{
  struct json_object *list = gm_json_at(provider, "has");
  size_t i, k;

  for (i = 0; i < gm_json_count(list, NULL); i++) {
    const char *what =
      json_object_get_string(json_object_array_get_idx(list, i));

    for (k = 0; k < n_columns && !gm_streq(columns[k], what);)
      k++;
    if (k == n_columns) {
      printf("no column '%s'\n", what);
      failed++;
    }
  }
}

static struct json_object *find(struct json_object *all, const char *name)
{
  struct json_object *list = gm_json_at(all, "providers");
  size_t i;

  for (i = 0; i < gm_json_count(list, NULL); i++) {
    struct json_object *p = json_object_array_get_idx(list, i);

    if (gm_streq(gm_json_str(p, "name", NULL), name) && gm_json_at(p, "has"))
      return p;
  }
  return NULL;
}

static void print_row(struct json_object *provider)
{
  size_t k;

  printf("| `%s` |", gm_json_str(provider, "name", "?"));
  for (k = 0; k < n_columns; k++)
    printf(" %s", has(provider, columns[k]) ? "yes |" : "|");
  putchar('\n');
}

static void check_row(struct json_object *all, char *line)
{
  char name[40], cell[40];
  struct json_object *p;
  bool right = true;
  size_t k;

  next_cell(&line, name, sizeof(name));
  p = find(all, name);
  if (!p) {
    printf("'%s' is no provider\n", name);
    failed++;
    return;
  }
  for (k = 0; k < n_columns; k++)
    if (!next_cell(&line, cell, sizeof(cell)) ||
        !gm_streq(cell, has(p, columns[k]) ? "yes" : ""))
      right = false;
  if (!right) {
    print_row(p);
    failed++;
  }
  json_object_object_add(p, "seen", json_object_new_boolean(true));
}

static void check_table(struct json_object *all, FILE *readme)
{
  char line[500];

  while (fgets(line, sizeof(line), readme) && !gm_starts(line, HEADING))
    continue;
  read_heading(line);
  if (!fgets(line, sizeof(line), readme)) /* |---| */
    failed++;
  while (fgets(line, sizeof(line), readme) && line[0] == '|')
    check_row(all, line);
}

static void check_missing(struct json_object *all)
{
  struct json_object *list = gm_json_at(all, "providers");
  size_t i;

  for (i = 0; i < gm_json_count(list, NULL); i++) {
    struct json_object *p = json_object_array_get_idx(list, i);

    if (!gm_json_at(p, "has"))
      continue;
    check_columns(p);
    if (!gm_json_at(p, "seen")) {
      print_row(p);
      failed++;
    }
  }
}

static struct json_object *ask(void)
{
  const struct gamut_options o = { .struct_size = sizeof(o),
                                   .flags = GAMUT_NO_CONFIG };
  struct json_object *all = NULL;
  struct gamut *g;
  char *text;

  if (gamut_open(&o, &g, NULL))
    return NULL;
  if (gamut_providers(g, &text, NULL) == 0) {
    all = gm_json_parse_once(text, strlen(text), NULL, NULL);
    gamut_string_free(text);
  }
  gamut_close(g);
  return all;
}

int main(void)
{
  struct json_object *all = ask();
  const char *top = getenv("top_srcdir");
  char path[4096];
  FILE *readme;

  snprintf(path, sizeof(path), "%s/README.md", top ? top : ".");
  readme = fopen(path, "r");
  if (!all || !readme) {
    printf("no providers, or no %s\n", path);
    return 99;
  }
  check_table(all, readme);
  check_missing(all);
  if (n_columns < 8)
    failed++;
  printf("%zu columns, %d wrong\n", n_columns, failed);
  fclose(readme);
  json_object_put(all);
  return failed != 0;
}
