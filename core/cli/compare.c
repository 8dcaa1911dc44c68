/* compare.c - `gamut compare`: one prompt on several models at once.
 *
 * What is wrong with the folder is said before anything is paid for.  One that
 * is refused or fails stops none of the others.
 */
#include "compare.h"
#include "job.h"
#include "lanes.h"
#include "page.h"
#include "print.h"
#include "request.h"
#include <stdlib.h>
#include <string.h>

#define STEM_MAX 80

/* ---- names -----------------------------------------------------------------
 */

static bool is_plain(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}

/* "openai:gpt-image-1.5" -> "openai-gpt-image-1.5" */
static void make_stem(const char *model, char stem[STEM_MAX])
{
  size_t n = 0;

  for (; *model && n + 1 < STEM_MAX - 16; model++)
    if (is_plain(*model) && !(n == 0 && *model == '.'))
      stem[n++] = *model;
    else if (n > 0 && stem[n - 1] != '-')
      stem[n++] = '-';
  snprintf(stem + n, STEM_MAX - n, "%s", n ? "" : "model");
}

static bool is_used(const struct cli_comparison *c, const char *output)
{
  size_t i;

  for (i = 0; i < c->n; i++)
    if (c->each[i].output && strcmp(c->each[i].output, output) == 0)
      return true;
  return false;
}

/* The template of a model's files, such that none there is in its way. */
static char *make_output(const struct cli_comparison *c, const char *model)
{
  bool force = cli_args_field(c->args, "force") != NULL;
  char base[STEM_MAX - 12], stem[STEM_MAX];
  unsigned i;

  make_stem(model, stem);
  snprintf(base, sizeof(base), "%.*s", (int)sizeof(base) - 1, stem);
  for (i = 2; i < 100000; i++) {
    char *output = cli_format("%s/%s.{ext}", c->folder, stem);

    if (!output ||
        (!is_used(c, output) && (force || !cli_stem_taken(c->folder, stem))))
      return output;
    free(output);
    snprintf(stem, sizeof(stem), "%s_%u", base, i);
  }
  return NULL;
}

/* ---- running ---------------------------------------------------------------
 */

static int32_t no_memory(struct gamut_error *error)
{
  error->error_class = GAMUT_E_NOMEM;
  snprintf(error->message, sizeof(error->message), "out of memory");
  return GAMUT_E_NOMEM;
}

static void submit(struct cli_comparison *c, struct cli_compared *one,
                   const struct gamut_request *request)
{
  struct gamut_request *r = gamut_request_copy(request);
  struct gamut_error *error = &one->refusal;
  int32_t rc;

  one->output = r ? make_output(c, one->model) : NULL;
  rc = one->output ? gamut_request_set(r, "output", one->output, error)
                   : no_memory(error);
  if (rc == 0)
    rc = gamut_request_link(r, one->model, error);
  if (rc == 0)
    rc = gamut_submit(c->g, r, NULL, NULL, one->id, error);
  if (rc)
    one->id[0] = '\0';
  gamut_request_free(r);
}

static const char *words_of(const struct gamut_result *r)
{
  switch (gamut_result_status(r)) {
  case GAMUT_COMPLETED:
    return "done";
  case GAMUT_BLOCKED:
    return "blocked";
  case GAMUT_DETACHED:
    return "left to the vendor";
  case GAMUT_CANCELLED:
    return "cancelled";
  default:
    return "failed";
  }
}

static void wait_for_all(struct cli_comparison *c, struct cli_waiting *w,
                         struct cli_lanes *lanes)
{
  struct gamut_result *r;
  size_t i;

  while ((r = cli_waiting_next(w))) {
    for (i = 0; i < c->n; i++)
      if (strcmp(c->each[i].id, gamut_result_id(r)) == 0)
        break;
    if (i == c->n) {
      gamut_result_free(r);
      continue;
    }
    c->each[i].result = r;
    lanes->lanes[i].over = words_of(r);
  }
  if (w->progress->live && w->progress->lanes)
    cli_lanes_draw(lanes); /* how it ended stays on the screen */
  lanes->drawn = 0;
}

static int run_all(struct cli_comparison *c,
                   const struct gamut_request *request, struct cli_progress *p)
{
  struct cli_lanes lanes = { .lanes = calloc(c->n, sizeof(*lanes.lanes)),
                             .n = c->n };
  struct cli_waiting w = { .g = c->g,
                           .progress = p,
                           .ids = calloc(c->n, sizeof(*w.ids)) };
  size_t i;
  int rc = lanes.lanes && w.ids ? 0 : cli_no_memory();

  if (rc == 0) {
    cli_waiting_begin(&w);
    cli_lanes_begin(&lanes, p);
  }
  for (i = 0; rc == 0 && i < c->n; i++) {
    struct cli_compared *one = &c->each[i];

    submit(c, one, request);
    lanes.lanes[i].name = one->model;
    snprintf(lanes.lanes[i].id, GAMUT_ID_SIZE, "%s", one->id);
    if (*one->id)
      snprintf(w.ids[w.n++], GAMUT_ID_SIZE, "%s", one->id);
    else
      lanes.lanes[i].over = "refused";
  }
  if (rc == 0) {
    wait_for_all(c, &w, &lanes);
    cli_waiting_end(&w);
    p->lanes = NULL;
    rc = cli_compare_end(c);
  }
  free(lanes.lanes);
  free(w.ids);
  return rc;
}

/* ---- the verb --------------------------------------------------------------
 */

static int check(const struct cli_args *a)
{
  const char *folder = cli_args_get(a, CLI_O_OUTPUT);

  if (cli_args_count(a, CLI_O_MODEL) < 2)
    cli_error("'gamut compare' needs two models at least: -m MODEL -m MODEL");
  else if (!folder || strcmp(folder, "-") == 0)
    cli_error(
      "'gamut compare' needs a folder for pictures and page: -o FOLDER");
  else if (strpbrk(folder, "{}"))
    cli_error("-o '%s': braces are for names of files, here a folder is needed",
              folder);
  else
    return 0;
  return CLI_USAGE;
}

static void finish(struct cli_comparison *c)
{
  size_t i;

  for (i = 0; i < c->n; i++) {
    gamut_result_free(c->each[i].result);
    free(c->each[i].output);
  }
  free(c->each);
}

static int run(const struct cli_args *a, struct gamut *g,
               const struct gamut_request *r, struct cli_progress *p)
{
  struct cli_comparison c = { .args = a,
                              .g = g,
                              .folder = cli_args_get(a, CLI_O_OUTPUT) };
  size_t i, n = 0;
  int rc = cli_page_check("-o", c.folder);

  if (rc)
    return rc;
  c.each = calloc(cli_args_count(a, CLI_O_MODEL), sizeof(*c.each));
  if (!c.each)
    return cli_no_memory();
  for (i = 0; i < a->n_given; i++)
    if (a->given[i].option->what == CLI_O_MODEL)
      c.each[n++].model = a->given[i].value;
  c.n = n;
  rc = run_all(&c, r, p);
  finish(&c);
  return rc;
}

int cli_run_compare(const struct cli_args *a)
{
  int rc = check(a);

  return rc ? rc : cli_with_request(a, run);
}
