/* config.c - `gamut config`: every setting and who set it.
 */
#include "cli.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

static int32_t look(struct gamut *g, const void *about, char **ret_json,
                    struct gamut_error *ret_error)
{
  (void)about;
  return gamut_config(g, ret_json, ret_error);
}

/* "environment FAL_KEY"; for what is not set, how it could be. */
static char *origin(struct json_object *s)
{
  const char *from = cli_view_str(s, "from");
  const char *where = cli_view_str(s, "where");
  const char *env = cli_view_str(s, "env");

  if ((!from || strcmp(from, "unset") == 0) && env)
    return cli_format("not set; %s", env);
  if (from && where && strcmp(from, where) == 0)
    where = NULL;
  return cli_format("%s%s%s", from ? from : "", where ? " " : "",
                    where ? where : "");
}

static bool add_setting(struct cli_table *t, struct json_object *s, bool help)
{
  const char *name = cli_view_str(s, "name");
  struct json_object *value = cli_view_get(s, "value");
  const char *text = value ? json_object_get_string(value) : "-";
  char *from = origin(s);
  bool ok;

  ok = from && cli_table_add(t, (const char *const[CLI_COLUMNS]){
                                  name, text, from,
                                  help ? cli_view_str(s, "help") : NULL });
  free(from);
  return ok;
}

int cli_run_config(const struct cli_args *a)
{
  struct json_object *settings;
  struct cli_table t = { 0 };
  bool help = cli_args_get(a, CLI_O_VERBOSE) != NULL, ok = true;
  int rc = cli_look(a, look, NULL, &settings);
  size_t i;

  if (rc || cli_args_get(a, CLI_O_JSON)) {
    json_object_put(settings);
    return rc;
  }
  for (i = 0; i < cli_view_count(settings) && ok; i++)
    ok = add_setting(&t, cli_view_at(settings, i), help);
  if (ok)
    cli_table_print(&t, stdout);
  cli_table_finish(&t);
  json_object_put(settings);
  return ok ? 0 : cli_no_memory();
}
