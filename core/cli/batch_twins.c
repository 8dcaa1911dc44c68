/* batch_twins.c - lines of a batch that write the same file: with --force the
 * library would put the one over the other, and both are paid for.  So they are
 * seen before anything is sent. */
#include "batch_file.h"
#include "options.h"
#include "out.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

struct target {
  char *name; /* what tells it from others, as far as that is known before */
  size_t line;
  bool is_made;
};

/* The name that the result completes, with what the line says of the words in
 * it; "": they make it differ from all others, or nobody knows. */
static char *target_name(const struct cli_batch_file *f, size_t i,
                         struct json_object *o, const struct cli_batch_where *w)
{
  struct json_object *n = cli_view_get(o, "n"), *seed = cli_view_get(o, "seed");
  bool several = n ? json_object_get_int(n) > 1 : w->several;
  const char *seeded = seed ? json_object_get_string(seed) : w->seed;
  const char *model = cli_view_str(o, "model");
  char *output = cli_batch_output(f, i, o, w->folder), *name;
  bool of_model, of_seed;

  if (!output)
    return NULL;
  of_model = strstr(output, "{model}") || strstr(output, "{provider}");
  of_seed = strstr(output, "{seed}");
  if (strstr(output, "{job}") || (of_seed && !seeded))
    name = strdup("");
  else
    name = cli_format("%s\n%s\n%s\n%s", output,
                      several && !strstr(output, "{index}") ? "n" : "",
                      of_model && model ? model : "", of_seed ? seeded : "");
  free(output);
  return name;
}

/* Of a line that has its file but names none, what it is called is not known
 * here; its number may be another by now. */
static bool has_target(const struct cli_batch_line *l, struct json_object *o)
{
  return o && !cli_view_get(o, "download") &&
         (!l->keeps_name || cli_view_get(o, "output"));
}

static bool add_target(const struct cli_batch_file *f, size_t i,
                       const struct cli_batch_where *w, struct target *targets,
                       size_t *n)
{
  struct json_object *o = cli_batch_object(f, i);
  struct target t = { .line = i, .is_made = f->lines[i].keeps_name };
  bool wanted = has_target(&f->lines[i], o);

  if (wanted)
    t.name = target_name(f, i, o, w);
  json_object_put(o);
  if (t.name && *t.name)
    targets[(*n)++] = t;
  else
    free(t.name);
  return !wanted || t.name;
}

/* By name; of one name those that are yet to be made come first. */
static int compare_targets(const void *a, const void *b)
{
  const struct target *x = a, *y = b;
  int order = strcmp(x->name, y->name);

  if (order)
    return order;
  if (x->is_made != y->is_made)
    return x->is_made ? 1 : -1;
  return (x->line > y->line) - (x->line < y->line);
}

/* Where all of one name are made nothing is written. */
static size_t refuse_twins(const struct cli_batch_file *f,
                           const struct target *t, size_t n_targets)
{
  size_t i, n = 0;

  for (i = 1; i < n_targets; i++) {
    unsigned long a = f->lines[t[i - 1].line].number,
                  b = f->lines[t[i].line].number;

    if (t[i - 1].is_made || strcmp(t[i - 1].name, t[i].name) != 0)
      continue;
    if (n++ == 0)
      cli_error("lines %lu and %lu both write '%.*s' [invalid]", a < b ? a : b,
                a < b ? b : a, (int)strcspn(t[i].name, "\n"), t[i].name);
  }
  if (n > 1)
    cli_hint("%zu lines write where another does", n);
  if (n > 0)
    cli_hint("give each an \"output\" of its own; {job} in it makes them "
             "differ");
  return n;
}

int cli_batch_check_twins(const struct cli_batch_file *f,
                          const struct cli_batch_where *w)
{
  struct target *targets = calloc(f->n_lines + 1, sizeof(*targets));
  size_t i, n = 0;
  bool ok = targets != NULL;
  int rc = 0;

  for (i = 0; i < f->n_lines && ok; i++)
    ok = add_target(f, i, w, targets, &n);
  if (ok && n > 0)
    qsort(targets, n, sizeof(*targets), compare_targets);
  if (!ok)
    rc = cli_no_memory();
  else if (refuse_twins(f, targets, n))
    rc = CLI_USAGE;
  while (n > 0)
    free(targets[--n].name);
  free(targets);
  return rc;
}
