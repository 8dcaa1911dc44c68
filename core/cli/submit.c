/* submit.c - `gamut submit`: hand a job to the vendor and do not wait for it.
 *
 * Its id is printed when the vendor has it and that is written down; not
 * before, for until then nobody could collect it. */
#include "cli.h"
#include "job.h"
#include "print.h"
#include "request.h"

/* A store that forgets would lose what is left there. */
static int refuse_memory(void)
{
  cli_error("there is no store that would remember the job [storage]");
  cli_hint("'gamut doctor' tells why; 'gamut generate' waits for its end "
           "instead");
  return gamut_class_exit(GAMUT_E_STORAGE);
}

static int print_accepted(const struct cli_args *a, const char *id)
{
  if (cli_args_get(a, CLI_O_JSON))
    printf("{\"id\":\"%s\",\"state\":\"accepted\"}\n", id);
  else
    puts(id);
  if (!cli_args_get(a, CLI_O_JSON) && !cli_args_get(a, CLI_O_QUIET))
    cli_hint("collect it with: gamut wait %s", id);
  return 0;
}

/* It was quicker than we could leave it.  Who asked for an id gets one. */
static int print_done(const struct cli_args *a, const struct gamut_result *r)
{
  const struct gamut_artifact_info *file;
  uint32_t i;

  if (cli_args_get(a, CLI_O_JSON))
    return cli_print_result(a, r);
  puts(gamut_result_id(r));
  for (i = 0; (file = gamut_result_artifact(r, i)) != NULL; i++) {
    if (file->path && !cli_args_get(a, CLI_O_QUIET))
      cli_hint("it is done already: %s", file->path);
  }
  return 0;
}

static int run(const struct cli_args *a, struct gamut *g,
               const struct gamut_request *r, struct cli_progress *p)
{
  char id[1][GAMUT_ID_SIZE];
  struct cli_waiting w = {
    .g = g, .progress = p, .ids = id, .n = 1, .until_accepted = true
  };
  struct gamut_error error = { 0 };
  struct gamut_result *result;
  int rc;

  if (!gamut_durable(g))
    return refuse_memory();
  cli_waiting_begin(&w);
  if (gamut_submit(g, r, NULL, NULL, id[0], &error)) {
    cli_waiting_end(&w);
    return cli_refuse(a, &error);
  }
  result = cli_waiting_next(&w);
  cli_waiting_end(&w);
  if (result && w.n_accepted && gamut_result_status(result) == GAMUT_DETACHED)
    rc = print_accepted(a, id[0]);
  else if (result && gamut_result_status(result) == GAMUT_COMPLETED)
    rc = print_done(a, result);
  else
    rc = result ? cli_print_result(a, result) : cli_no_memory();
  gamut_result_free(result);
  return rc;
}

int cli_run_submit(const struct cli_args *a)
{
  if (cli_request_to_stdout(a))
    return cli_refuse_stdout();
  return cli_with_request(a, run);
}
