/* refresh.c - `gamut models --refresh`: the vendors' own lists into the
 * catalog.
 */
#include "account.h"
#include <stdlib.h>

struct refresh {
  struct json_object *all; /* what became of each */
  int failed;              /* exit code of the last that failed */
};

static void refresh_one(struct gamut *g, const char *provider, void *user)
{
  struct gamut_error error = { 0 };
  struct refresh *r = user;
  char *text;

  if (gamut_refresh_models(g, provider, &text, &error)) {
    cli_error("%s [%s]", error.message, gamut_class_name(error.error_class));
    r->failed = gamut_class_exit(error.error_class);
    return;
  }
  json_object_array_add(r->all, cli_view_parse(text));
  gamut_string_free(text);
}

static void print_ids(const char *what, struct json_object *o, const char *key)
{
  char *ids = cli_view_join(o, key);

  if (ids && *ids)
    cli_print(stdout, "  %s: %s", what, ids);
  free(ids);
}

static void print_one(struct json_object *o)
{
  cli_print(stdout, "%s: %lld models listed, written to %s",
            cli_view_str(o, "provider"), (long long)cli_view_int(o, "models"),
            cli_view_str(o, "file"));
  print_ids("new", o, "added");
  print_ids("changed", o, "changed");
  print_ids("not understood", o, "left_out");
}

static int refresh_named(const struct cli_args *a, const char *provider,
                         struct refresh *r)
{
  struct gamut *g;
  int rc = cli_open(a, NULL, &g);

  if (rc)
    return rc;
  refresh_one(g, provider, r);
  gamut_close(g);
  return 0;
}

int cli_run_refresh(const struct cli_args *a, const char *provider)
{
  struct refresh r = { .all = json_object_new_array() };
  int rc = provider ? refresh_named(a, provider, &r)
                    : cli_each_ready(a, "models", refresh_one, &r);
  size_t i;

  if (rc == 0 && cli_args_get(a, CLI_O_JSON))
    puts(json_object_to_json_string_ext(r.all, JSON_C_TO_STRING_PLAIN));
  else
    for (i = 0; i < cli_view_count(r.all); i++)
      print_one(cli_view_at(r.all, i));
  if (rc == 0 && !r.failed && !cli_view_count(r.all)) {
    cli_error("no provider with a key lists its models");
    cli_hint("'gamut providers -v' tells which keys are set");
    rc = gamut_class_exit(GAMUT_E_AUTH);
  }
  json_object_put(r.all);
  return rc ? rc : r.failed;
}
