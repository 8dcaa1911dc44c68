/* usage.c - `gamut usage --remote`: a vendor's own count.
 */
#include "account.h"
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

int cli_run_usage(const struct cli_args *a)
{
  const char *from = cli_args_get(a, CLI_O_FROM);
  const char *to = cli_args_get(a, CLI_O_TO);
  const char *period = cli_args_get(a, CLI_O_PERIOD);
  struct cli_question q = { .what = "usage",
                            .provider = cli_args_get(a, CLI_O_REMOTE) };
  struct json_object *answer;
  int rc;

  if (!q.provider) {
    cli_error("whose usage? --remote PROVIDER asks a vendor for its own count");
    cli_hint("'gamut providers -v' lists who tells it");
    return CLI_USAGE;
  }
  q.arguments = json_object_new_object();
  if (from)
    json_object_object_add(q.arguments, "from", json_object_new_string(from));
  if (to)
    json_object_object_add(q.arguments, "to", json_object_new_string(to));
  if (!from && !to)
    json_object_object_add(q.arguments, "period",
                           json_object_new_string(period ? period : "month"));
  rc = cli_answer(a, &q, &answer);
  if (rc == 0 && answer)
    print_usage(answer);
  json_object_put(answer);
  json_object_put(q.arguments);
  return rc;
}
