/* usage.c - `gamut usage`: what our books say was used, or a vendor's.
 */
#include "account.h"
#include "books.h"
#include <stdlib.h>

static void number_line(struct json_object *o, const char *key,
                        const char *name, const char *unit)
{
  char *text = cli_amount(o, key, unit, NULL);

  cli_line(name, text);
  free(text);
}

static void print_counts(const char *title, struct json_object *counts)
{
  const char *name;
  size_t i;

  for (i = 0; (name = cli_view_key(counts, i)); i++) {
    if (i == 0)
      puts(title);
    cli_print(stdout, "  %-40s %.10g", name,
              json_object_get_double(cli_view_get(counts, name)));
  }
}

static void print_usage(struct json_object *u)
{
  cli_line("from", cli_view_str(u, "from"));
  cli_line("to", cli_view_str(u, "to"));
  number_line(u, "requests", "requests", NULL);
  number_line(u, "succeeded", "succeeded", NULL);
  number_line(u, "failed", "failed", NULL);
  number_line(u, "cached", "cached", NULL);
  number_line(u, "cost_usd", "cost", "usd");
  number_line(u, "billed_usd", "billed", "usd");
  number_line(u, "saved_usd", "saved", "usd");
  number_line(u, "hit_rate", "hit rate", NULL);
  number_line(u, "credits", "credits", NULL);
  print_counts("by provider", cli_view_get(u, "by_provider"));
  print_counts("by model", cli_view_get(u, "by_model"));
  print_counts("by day", cli_view_get(u, "by_day"));
}

static void put_option(struct json_object *o, const struct cli_args *a,
                       enum cli_what what, const char *name)
{
  const char *value = cli_args_get(a, what);

  if (value)
    json_object_object_add(o, name, json_object_new_string(value));
}

/* ---- a vendor's -----------------------------------------------------------
 */

static int remote(const struct cli_args *a)
{
  struct cli_question q = { .what = "usage",
                            .provider = cli_args_get(a, CLI_O_REMOTE) };
  const char *period = cli_args_get(a, CLI_O_PERIOD);
  struct json_object *answer;
  int rc;

  if (cli_args_get(a, CLI_O_BY) || cli_args_get(a, CLI_O_CSV)) {
    cli_error("--by and --csv are for your own books, without --remote");
    return CLI_USAGE;
  }
  if (period && !cli_choice_has("day|week|month|year", period)) {
    cli_error("--period cannot be '%s' with --remote, only one of: day, week, "
              "month, year (or --from and --to)",
              period);
    return CLI_USAGE;
  }
  q.arguments = json_object_new_object();
  put_option(q.arguments, a, CLI_O_FROM, "from");
  put_option(q.arguments, a, CLI_O_TO, "to");
  if (json_object_object_length(q.arguments) == 0) {
    json_object_object_add(q.arguments, "period",
                           json_object_new_string("month"));
    put_option(q.arguments, a, CLI_O_PERIOD, "period");
  }
  rc = cli_answer(a, &q, &answer);
  if (rc == 0 && answer)
    print_usage(answer);
  json_object_put(answer);
  json_object_put(q.arguments);
  return rc;
}

/* ---- our own ---------------------------------------------------------------
 */

static int32_t look_usage(struct gamut *g, const void *about, char **ret_json,
                          struct gamut_error *ret_error)
{
  return gamut_usage(g, about, ret_json, ret_error);
}

static int own(const struct cli_args *a)
{
  struct json_object *query = json_object_new_object(), *usage;
  bool csv = cli_args_get(a, CLI_O_CSV) != NULL;
  int rc;

  if (csv && cli_args_get(a, CLI_O_JSON)) {
    cli_error("--csv and --json are two forms of the same");
    json_object_put(query);
    return CLI_USAGE;
  }
  put_option(query, a, CLI_O_FROM, "from");
  put_option(query, a, CLI_O_TO, "to");
  put_option(query, a, CLI_O_PERIOD, "period");
  put_option(query, a, CLI_O_BY, "by");
  rc = cli_look(a, look_usage, json_object_to_json_string(query), &usage);
  if (rc == 0 && !cli_args_get(a, CLI_O_JSON))
    rc = csv ? cli_print_csv(usage) : cli_print_books(usage);
  json_object_put(usage);
  json_object_put(query);
  return rc;
}

int cli_run_usage(const struct cli_args *a)
{
  return cli_args_get(a, CLI_O_REMOTE) ? remote(a) : own(a);
}
