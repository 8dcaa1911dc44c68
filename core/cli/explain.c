/* explain.c - which link of a route would be taken, and why. */
#include "cli.h"
#include "print.h"
#include "request.h"
#include "view.h"
#include <string.h>

static void add(char *to, size_t size, const char *words, const char *value)
{
  size_t len = strlen(to);

  snprintf(to + len, size - len, "%s%s", words, value);
}

static void add_time(char *to, size_t size, const char *words,
                     struct json_object *ms)
{
  char text[32];

  if (ms)
    add(to, size, words, cli_seconds(text, json_object_get_int64(ms)));
}

static void print_rules(struct json_object *all)
{
  const char *route = cli_view_str(all, "route");
  struct json_object *cost = cli_view_get(all, "max_cost_usd");
  struct json_object *hedge = cli_view_get(all, "hedge");
  char rules[512] = "", money[48];

  add(rules, sizeof(rules), "prefer ", cli_view_str(all, "prefer"));
  if (cost) {
    add(rules, sizeof(rules), ", at most ",
        cli_money(money, (int64_t)(json_object_get_double(cost) * 1e6 + 0.5),
                  false));
    add(rules, sizeof(rules), " a link", "");
  }
  add_time(rules, sizeof(rules), ", given back after ",
           cli_view_get(all, "deadline_ms"));
  add_time(rules, sizeof(rules), ", the next one after ",
           cli_view_get(all, "attempt_timeout_ms"));
  if (json_object_is_type(hedge, json_type_string))
    add(rules, sizeof(rules), ", a second one as well when 95 % would be done",
        "");
  else
    add_time(rules, sizeof(rules), ", a second one as well after ", hedge);
  if (cli_view_bool(all, "spread"))
    add(rules, sizeof(rules), ", parts of n to each", "");
  if (strcmp(cli_view_str(all, "on_blocked"), "next") == 0)
    add(rules, sizeof(rules), ", goes on after a refusal by content policy",
        "");
  cli_print(stdout, "%s%s%s%s", route ? "route " : "", route ? route : "",
            route ? ": " : "", rules);
}

static void print_link(struct json_object *link, size_t place)
{
  struct json_object *price = cli_view_get(link, "price_usd");
  struct json_object *expected = cli_view_get(link, "expected_ms");
  const char *by = cli_view_str(link, "expected_by");
  const char *model = cli_view_str(link, "model");
  const char *provider = cli_view_str(link, "provider");
  char money[48] = "price unknown", ms[32] = "time unknown", number[24] = "-";

  if (place > 0)
    snprintf(number, sizeof(number), "%zu", place);
  if (price)
    cli_money(money, (int64_t)(json_object_get_double(price) * 1e6 + 0.5),
              false);
  if (expected)
    cli_seconds(ms, json_object_get_int64(expected));
  cli_print(stdout, "%s  %s:%s  %s, %s%s%s%s", number, provider, model, money,
            ms, by ? " (" : "", by ? by : "", by ? ")" : "");
  cli_print(stdout, "   %s: %s", cli_view_str(link, "decision"),
            cli_view_str(link, "why"));
}

static void print_all(struct json_object *all)
{
  struct json_object *links = cli_view_get(all, "links");
  size_t i, place = 0;

  print_rules(all);
  for (i = 0; i < cli_view_count(links); i++) {
    struct json_object *link = cli_view_at(links, i);
    bool skipped = strcmp(cli_view_str(link, "decision"), "skipped") == 0;

    print_link(link, skipped ? 0 : ++place);
  }
}

static int32_t look(struct gamut *g, const void *about, char **ret_json,
                    struct gamut_error *ret_error)
{
  return gamut_explain(g, about, ret_json, ret_error);
}

int cli_run_explain(const struct cli_args *a)
{
  struct gamut_request *r = NULL;
  struct json_object *all = NULL;
  int rc = cli_request_build(a, &r);

  if (rc)
    return rc;
  rc = cli_look(a, look, r, &all);
  if (rc == 0 && all && !cli_args_get(a, CLI_O_JSON))
    print_all(all);
  json_object_put(all);
  gamut_request_free(r);
  return rc;
}
