/* balance.c - `gamut balance`: what is left, at one vendor or at all of them.
 */
#include "account.h"
#include <stdlib.h>
#include <string.h>

static bool add_balance(struct cli_table *t, const char *provider,
                        struct json_object *b)
{
  const char *unit = cli_view_str(b, "unit"), *name = cli_view_str(b, "name");
  char *remaining = cli_amount(b, "remaining", unit, "left");
  char *limit = cli_amount(b, "limit", unit, "of");
  char *used = cli_amount(b, "used", unit, "used");
  char *locked = cli_amount(b, "locked", unit, "locked");
  const char *note = cli_view_str(b, "note");
  char *more =
    cli_format("%s%s%s%s%s", used ? used : "", used && locked ? ", " : "",
               locked ? locked : "", note && (used || locked) ? ", " : "",
               note ? note : "");
  bool ok = more && cli_table_add(t, (const char *const[CLI_COLUMNS]){
                                       provider, name ? name : "account",
                                       remaining ? remaining : "not told",
                                       limit, more });

  free(remaining);
  free(limit);
  free(used);
  free(locked);
  free(more);
  return ok;
}

static bool add_limit(struct cli_table *t, const char *provider,
                      struct json_object *l)
{
  char *limit = cli_amount(l, "limit", NULL, "of");
  char *used = cli_amount(l, "used", NULL, "used");
  const char *name = cli_view_str(l, "name");
  bool ok = cli_table_add(
    t, (const char *const[CLI_COLUMNS]){ provider, name ? name : "limit",
                                         used ? used : "", limit });

  free(limit);
  free(used);
  return ok;
}

static bool add_account(struct cli_table *t, const char *provider,
                        struct json_object *answer)
{
  struct json_object *balances = cli_view_get(answer, "balances");
  struct json_object *limits = cli_view_get(answer, "limits");
  size_t i;
  bool ok = true;

  for (i = 0; i < cli_view_count(balances) && ok; i++)
    ok = add_balance(t, provider, cli_view_at(balances, i));
  for (i = 0; i < cli_view_count(limits) && ok; i++)
    ok = add_limit(t, provider, cli_view_at(limits, i));
  return ok;
}

static int print_balance(const char *provider, struct json_object *answer)
{
  struct cli_table t = { 0 };
  const char *account = cli_view_str(answer, "account");
  const char *plan = cli_view_str(answer, "plan");
  bool ok = add_account(&t, provider, answer);

  cli_line("account", account);
  cli_line("plan", plan);
  if (ok)
    cli_table_print(&t, stdout);
  cli_table_finish(&t);
  return ok ? 0 : cli_no_memory();
}

/* One that fails does not hide the rest. */
static void ask_one(struct gamut *g, const char *provider, void *user)
{
  struct gamut_error error = { 0 };
  char *text;

  if (gamut_ask(g, provider, "balance", NULL, NULL, &text, &error)) {
    cli_error("%s [%s]", error.message, gamut_class_name(error.error_class));
    return;
  }
  json_object_object_add(user, provider, cli_view_parse(text));
  gamut_string_free(text);
}

static int print_each(const struct cli_args *a, struct json_object *all)
{
  struct cli_table t = { 0 };
  const char *name;
  bool ok = true;
  size_t i;
  int rc = 0;

  if (cli_args_get(a, CLI_O_JSON)) {
    puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN));
    return 0;
  }
  for (i = 0; ok && (name = cli_view_key(all, i)); i++)
    ok = add_account(&t, name, cli_view_get(all, name));
  if (ok && t.n == 0) {
    cli_error("no provider with a key tells its balance");
    cli_hint("'gamut providers -v' lists what each provider has");
    rc = gamut_class_exit(GAMUT_E_AUTH);
  } else if (ok) {
    cli_table_print(&t, stdout);
  }
  cli_table_finish(&t);
  return ok ? rc : cli_no_memory();
}

static int balance_of_all(const struct cli_args *a)
{
  struct json_object *all = json_object_new_object();
  int rc = cli_each_ready(a, "balance", ask_one, all);

  if (rc == 0)
    rc = print_each(a, all);
  json_object_put(all);
  return rc;
}

int cli_run_balance(const struct cli_args *a)
{
  struct cli_question q = { .what = "balance" };
  struct json_object *answer;
  int rc;

  if (a->n_words == 0)
    return balance_of_all(a);
  q.provider = a->words[0];
  rc = cli_answer(a, &q, &answer);
  if (rc == 0 && answer)
    rc = print_balance(q.provider, answer);
  json_object_put(answer);
  return rc;
}
