/* providers.c - `gamut providers`: who is there and can be used.
 */
#include "cli.h"
#include "view.h"
#include <stdlib.h>

static int32_t look(struct gamut *g, const void *about, char **ret_json,
                    struct gamut_error *ret_error)
{
  (void)about;
  return gamut_providers(g, ret_json, ret_error);
}

static bool add_provider(struct cli_table *t, struct json_object *p)
{
  const char *name = cli_view_str(p, "name");
  const char *title = cli_view_str(p, "title");
  const char *refused = cli_view_str(p, "refused");
  const char *why = cli_view_str(p, "why");
  int64_t n = cli_view_int(p, "models");
  char models[32];

  snprintf(models, sizeof(models), "%lld model%s", (long long)n,
           n == 1 ? "" : "s");
  if (refused)
    return cli_table_add(
      t, (const char *const[CLI_COLUMNS]){ name, "refused", "", "", refused });
  if (cli_view_bool(p, "extension"))
    return cli_table_add(
      t, (const char *const[CLI_COLUMNS]){ name, "extension", "",
                                           "serves other plugins" });
  if (cli_view_bool(p, "ready"))
    return cli_table_add(
      t, (const char *const[CLI_COLUMNS]){ name, "ready", models, title });
  return cli_table_add(
    t, (const char *const[CLI_COLUMNS]){ name, "not ready", models, title,
                                         why ? why : "no key is set" });
}

static void detail(const char *what, const char *value)
{
  if (value)
    cli_print(stdout, "  %-10s %s", what, value);
}

static void print_key(struct json_object *key)
{
  const char *env = cli_view_str(key, "env");
  const char *name = cli_view_str(key, "name");
  const char *help = cli_view_str(key, "help");

  cli_print(stdout, "  %-10s %s%s%s%s  %s", "setting", name ? name : "?",
            env ? " (" : "", env ? env : "", env ? ")" : "",
            cli_view_bool(key, "set") ? "set" : "not set");
  if (help)
    cli_print(stdout, "  %-10s %s", "", help);
}

/* One of several. */
static void print_slot(struct json_object *slot)
{
  const char *name = cli_view_str(slot, "name");
  const char *value = cli_view_str(slot, "value");
  struct json_object *weight = cli_view_get(slot, "weight");

  cli_print(stdout, "  %-10s %s (%s), weight %d", "key", name ? name : "?",
            value ? value : "?", json_object_get_int(weight));
}

static void print_details(struct json_object *p)
{
  struct json_object *keys = cli_view_get(p, "keys");
  struct json_object *slots = cli_view_get(p, "slots");
  const char *name = cli_view_str(p, "name");
  char *has = cli_view_join(p, "has");
  size_t i;

  putchar('\n');
  cli_print(stdout, "%s", name ? name : "?");
  detail("title", cli_view_str(p, "title"));
  detail("homepage", cli_view_str(p, "homepage"));
  detail("plugin", cli_view_str(p, "plugin"));
  detail("file", cli_view_str(p, "file"));
  detail("version", cli_view_str(p, "version"));
  detail("license", cli_view_str(p, "license"));
  detail("refused", cli_view_str(p, "refused"));
  if (has)
    detail("has", *has ? has : NULL);
  free(has);
  for (i = 0; i < cli_view_count(keys); i++)
    print_key(cli_view_at(keys, i));
  for (i = 0; i < cli_view_count(slots); i++)
    print_slot(cli_view_at(slots, i));
}

static void print_folders(struct json_object *folders)
{
  size_t i, n = cli_view_count(folders);

  if (n)
    puts("\nfolders searched");
  for (i = 0; i < n; i++) {
    const char *path = cli_view_str(cli_view_at(folders, i), "path");
    const char *refused = cli_view_str(cli_view_at(folders, i), "refused");

    cli_print(stdout, "  %s%s%s", path ? path : "?", refused ? ": " : "",
              refused ? refused : "");
  }
}

int cli_run_providers(const struct cli_args *a)
{
  struct json_object *all, *providers;
  struct cli_table t = { 0 };
  bool verbose = cli_args_get(a, CLI_O_VERBOSE) != NULL, ok = true;
  size_t i, n;
  int rc = cli_look(a, look, NULL, &all);

  if (rc || cli_args_get(a, CLI_O_JSON)) {
    json_object_put(all);
    return rc;
  }
  providers = cli_view_get(all, "providers");
  n = cli_view_count(providers);
  for (i = 0; i < n && ok; i++)
    ok = add_provider(&t, cli_view_at(providers, i));
  if (ok)
    cli_table_print(&t, stdout);
  for (i = 0; i < n && ok && verbose; i++)
    print_details(cli_view_at(providers, i));
  if (!n)
    cli_error("no provider was found");
  if (verbose || !n)
    print_folders(cli_view_get(all, "folders"));
  cli_table_finish(&t);
  json_object_put(all);
  return ok ? 0 : cli_no_memory();
}
