/* generate.c - `gamut generate`, `gamut video`, `gamut edit`.
 */
#include "cli.h"
#include "dry_run.h"
#include "job.h"
#include "listen.h"
#include "print.h"
#include "request.h"
#include "term.h"
#include "view.h"
#include <string.h>
#include <unistd.h>

/* Who reads standard input; it can be read once. */
static int check_stdin(const struct cli_args *a)
{
  const char *prompt = cli_args_get(a, CLI_O_PROMPT);
  const char *first = prompt && (!strcmp(prompt, "-") || !strcmp(prompt, "@-"))
                        ? "--prompt"
                        : NULL;
  char label[40], first_label[40];
  size_t i;

  for (i = 0; i < a->n_given; i++) {
    const struct cli_given *o = &a->given[i];

    if (o->option->what != CLI_O_INPUT || strcmp(o->value, "-") != 0)
      continue;
    if (first) {
      cli_error("%s - and %s - both want standard input", first,
                cli_option_label(o->option, label));
      return CLI_USAGE;
    }
    first = cli_option_label(o->option, first_label);
    if (isatty(STDIN_FILENO)) {
      cli_error("%s - would read a file from the terminal", first);
      return CLI_USAGE;
    }
  }
  return 0;
}

/* What options mean together and no field alone can say. */
static int check_stdout(const struct cli_args *a)
{
  const char *n = cli_args_field(a, "n");
  const char *drafts = cli_args_field(a, "partials");

  if (!cli_request_to_stdout(a) || cli_args_get(a, CLI_O_DRY_RUN))
    return 0;
  if (cli_args_get(a, CLI_O_JSON))
    cli_error("-o - and --json both want standard output");
  else if (n && strcmp(n, "1") != 0)
    cli_error("-o - takes one file, not -n %s", n);
  else if (drafts && strcmp(drafts, "0") != 0)
    cli_error("--stream keeps drafts beside a file, and -o - names none");
  else if (cli_has_no_output())
    cli_error("-o - needs standard output, and it is closed");
  else if (isatty(STDOUT_FILENO))
    cli_error("-o - would write a picture to the terminal");
  else
    return 0;
  return CLI_USAGE;
}

/* Said to a person, behind what was asked for: jobs of before that nobody
 * drives.  The job has opened the store already. */
static void mention_waiting(const struct cli_args *a, struct gamut *g)
{
  struct gamut_error error;
  struct json_object *jobs;
  size_t i, n = 0;

  if (cli_args_get(a, CLI_O_QUIET) || cli_args_get(a, CLI_O_JSON) ||
      !cli_term_live(2) || !gamut_durable(g) ||
      cli_view_jobs(g, "{\"state\":\"unfinished\"}", &jobs, &error))
    return;
  for (i = 0; i < cli_view_count(jobs); i++)
    if (!cli_view_bool(cli_view_at(jobs, i), "driven"))
      n++;
  if (n)
    cli_hint("%zu job%s of before wait%s: gamut jobs shows them, gamut resume "
             "goes on",
             n, n == 1 ? "" : "s", n == 1 ? "s" : "");
  json_object_put(jobs);
}

static int run(const struct cli_args *a, struct gamut *g,
               const struct gamut_request *r, struct cli_progress *p)
{
  const char *port = cli_args_get(a, CLI_O_LISTEN);
  struct gamut_error error = { 0 };
  struct gamut_result *result;
  int rc = port ? cli_listen(a, g, "--listen", port, NULL) : 0;

  if (rc)
    return rc;
  if (cli_job_run(g, r, p, &result, &error))
    return cli_refuse(a, &error);
  rc = cli_print_result(a, result);
  if (gamut_result_status(result) != GAMUT_DETACHED)
    mention_waiting(a, g);
  gamut_result_free(result);
  return rc;
}

int cli_run_generate(const struct cli_args *a)
{
  return cli_with_request(a, run);
}

int cli_with_request(const struct cli_args *a, cli_run_fn *run_it)
{
  const char *format = cli_args_get(a, CLI_O_LOG_FORMAT);
  struct cli_progress p;
  struct gamut_request *r;
  struct gamut *g;
  int rc = check_stdout(a);

  if (!rc)
    rc = check_stdin(a);
  if (!rc)
    rc = cli_request_build(a, &r);
  if (rc)
    return rc;
  cli_progress_begin(&p, cli_args_get(a, CLI_O_QUIET) != NULL,
                     cli_args_get(a, CLI_O_VERBOSE) != NULL);
  /* Who reads JSON lines does not want others between them. */
  if (format && strcmp(format, "json") == 0)
    p.plain = false;
  rc = cli_open(a, &p, &g);
  if (!rc) {
    if (cli_args_get(a, CLI_O_DRY_RUN))
      rc = cli_dry_run(a, g, r);
    else
      rc = run_it(a, g, r, &p);
    gamut_close(g);
  }
  gamut_request_free(r);
  return rc;
}
