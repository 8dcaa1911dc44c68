/* main.c - the program: make the process safe, read the line, run the verb.
 *
 * Help, version, completions and the man page are answered from the tables;
 * nothing of the library is called on their way, nor for a mistake in the
 * command line.
 */
#include "cli.h"
#include "help.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef int run_fn(const struct cli_args *a);

static run_fn *const runs[CLI_VERBS] = {
  [CLI_GENERATE] = cli_run_generate,
  [CLI_VIDEO] = cli_run_generate,
  [CLI_EDIT] = cli_run_generate,
  [CLI_COMPARE] = cli_run_compare,
  [CLI_SUBMIT] = cli_run_submit,
  [CLI_EXPLAIN] = cli_run_explain,
  [CLI_BATCH] = cli_run_batch,
  [CLI_PRICE] = cli_run_price,
  [CLI_WAIT] = cli_run_wait,
  [CLI_FETCH] = cli_run_fetch,
  [CLI_RESUME] = cli_run_resume,
  [CLI_CANCEL] = cli_run_cancel,
  [CLI_JOBS] = cli_run_jobs,
  [CLI_STATUS] = cli_run_status,
  [CLI_HISTORY] = cli_run_history,
  [CLI_LOGS] = cli_run_logs,
  [CLI_CACHE] = cli_run_cache,
  [CLI_MODELS] = cli_run_models,
  [CLI_PROVIDERS] = cli_run_providers,
  [CLI_CONFIG] = cli_run_config,
  [CLI_DOCTOR] = cli_run_doctor,
  [CLI_BALANCE] = cli_run_balance,
  [CLI_USAGE_VERB] = cli_run_usage,
  [CLI_BUDGETS] = cli_run_budgets,
  [CLI_KEYS] = cli_run_keys,
  [CLI_HEALTH] = cli_run_health,
  [CLI_WEBHOOK] = cli_run_webhook,
  [CLI_COMPLETION] = cli_run_completion,
  [CLI_HELP] = cli_run_help,
  [CLI_MAN] = cli_run_man,
};

/* A closed 0, 1 or 2 would become a socket or a picture, and then be printed
 * to. */
static void hold_standard_fds(void)
{
  int fd;

  do {
    fd = open("/dev/null", O_RDWR);
    if (fd == STDOUT_FILENO)
      cli_note_no_output();
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO)
    close(fd);
}

/* A reader that went away, a file that may not grow: they show as an error of
 * the write. */
static void ignore_signals_of_writes(void)
{
  struct sigaction action;

  memset(&action, 0, sizeof(action));
  action.sa_handler = SIG_IGN;
  sigemptyset(&action.sa_mask);
  sigaction(SIGPIPE, &action, NULL);
  sigaction(SIGXFSZ, &action, NULL);
}

/* `gamut --help` is about everything, `gamut models --help` about models. */
static int explain(const struct cli_args *a, bool verb_given)
{
  return verb_given ? cli_help_verb(a->verb) : cli_help_all();
}

static int run(int argc, char **argv, struct cli_args *a)
{
  int rc;

  if (argc < 2)
    return cli_help_usage();
  rc = cli_parse(argc, argv, a);
  if (rc)
    return rc;
  if (cli_args_get(a, CLI_O_HELP))
    return explain(a, argv[1][0] != '-');
  if (cli_args_get(a, CLI_O_VERSION)) {
    puts("gamut " GAMUT_VERSION);
    return 0;
  }
  return runs[a->verb->id](a);
}

int main(int argc, char **argv)
{
  struct cli_args a = { 0 };
  int rc;

  hold_standard_fds();
  ignore_signals_of_writes();
  rc = run(argc, argv, &a);
  cli_args_finish(&a);
  return cli_finish_output(rc);
}
