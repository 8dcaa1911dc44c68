/* budgets.c - `gamut budgets`: what is left to be spent.
 */
#include "books.h"
#include "print.h"
#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS 32

static int32_t look_budgets(struct gamut *g, const void *about, char **ret_json,
                            struct gamut_error *ret_error)
{
  (void)about;
  return gamut_budgets(g, ret_json, ret_error);
}

/* "all", "tag spring", "each tag": it has counted none yet. */
static char *whose(struct json_object *b)
{
  const char *scope = cli_view_str(b, "scope"), *name = cli_view_str(b, "name");
  char *cut = name ? cli_shortened(name, NAME_COLUMNS) : NULL, *text;

  if (!scope || strcmp(scope, "all") == 0)
    return cli_format("all");
  text = name ? cli_format("%s %s", scope, cut ? cut : "")
              : cli_format("each %s", scope);
  free(cut);
  return text;
}

static char *taken(struct json_object *b)
{
  int64_t maybe = cli_usd_of(b, "maybe_usd");
  int64_t reserved = cli_usd_of(b, "reserved_usd");
  int64_t unknown = cli_view_int(b, "unknown_cost");
  char money[3][48], count[48] = "";

  if (unknown)
    snprintf(count, sizeof(count), ", %lld of unknown cost",
             (long long)unknown);
  return cli_format(
    "spent %s%s%s%s%s%s",
    cli_money(money[0], cli_usd_of(b, "spent_usd"), false),
    maybe ? ", maybe " : "", maybe ? cli_money(money[1], maybe, false) : "",
    reserved ? ", reserved " : "",
    reserved ? cli_money(money[2], reserved, false) : "", count);
}

static bool add_budget(struct cli_table *t, struct json_object *b)
{
  const char *period = cli_view_str(b, "period");
  const char *resets = cli_view_str(b, "resets_at");
  char money[2][48], *who = whose(b), *gone = taken(b);
  char *limit = cli_format(
    "%s a %s", cli_money(money[0], cli_usd_of(b, "limit_usd"), false),
    period ? period : "?");
  char *left = cli_format(
    "left %s", cli_money(money[1], cli_usd_of(b, "left_usd"), false));
  char *when = cli_format("until %.16sZ", resets ? resets : "");
  bool ok = who && gone && limit && left && when &&
            cli_table_add(t, (const char *const[CLI_COLUMNS]){ who, limit, gone,
                                                               left, when });

  free(who);
  free(gone);
  free(limit);
  free(left);
  free(when);
  return ok;
}

int cli_run_budgets(const struct cli_args *a)
{
  struct json_object *all;
  struct cli_table t = { 0 };
  size_t i, n;
  bool ok = true;
  int rc = cli_look(a, look_budgets, NULL, &all);

  n = cli_view_count(all);
  if (rc == 0 && n == 0 && !cli_args_get(a, CLI_O_JSON)) {
    cli_error("no budget is set");
    cli_hint("the setting budgets does it, as in \"budgets\": [{\"scope\": "
             "\"all\", \"limit_usd\": 20, \"period\": \"month\"}]");
  }
  for (i = 0; rc == 0 && i < n && ok && !cli_args_get(a, CLI_O_JSON); i++)
    ok = add_budget(&t, cli_view_at(all, i));
  if (ok && t.n > 0)
    cli_table_print(&t, stdout);
  cli_table_finish(&t);
  json_object_put(all);
  return ok ? rc : cli_no_memory();
}
