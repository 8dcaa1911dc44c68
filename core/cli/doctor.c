/* doctor.c - `gamut doctor`: what is wrong and how to mend it.
 *
 * A configuration that cannot be read keeps the library from opening; that is
 * refused like everywhere else, with file and line.
 */
#include "cli.h"
#include "view.h"
#include <string.h>

static int32_t look(struct gamut *g, const void *about, char **ret_json,
                    struct gamut_error *ret_error)
{
  (void)about;
  return gamut_doctor(g, ret_json, ret_error);
}

static void print_finding(struct json_object *f)
{
  const char *level = cli_view_str(f, "level");
  const char *what = cli_view_str(f, "what");
  const char *mend = cli_view_str(f, "mend");

  cli_print(stdout, "%-8s %s", level ? level : "note", what ? what : "");
  if (mend)
    cli_print(stdout, "%-8s mend: %s", "", mend);
}

static bool is_error(struct json_object *f)
{
  const char *level = cli_view_str(f, "level");

  return level && strcmp(level, "error") == 0;
}

int cli_run_doctor(const struct cli_args *a)
{
  struct json_object *findings;
  size_t i, errors = 0;
  int rc = cli_look(a, look, NULL, &findings);

  for (i = 0; i < cli_view_count(findings); i++) {
    if (!cli_args_get(a, CLI_O_JSON))
      print_finding(cli_view_at(findings, i));
    errors += is_error(cli_view_at(findings, i));
  }
  json_object_put(findings);
  return !rc && errors ? CLI_FOUND : rc;
}
