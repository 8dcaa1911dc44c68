/* price.c - `gamut price`: what a request would cost at each model, and where
 * the figure comes from.
 */
#include "cli.h"
#include "print.h"
#include "request.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

static const char *text_of(struct json_object *o, const char *name)
{
  const char *text = cli_view_str(o, name);

  return text ? text : "";
}

int64_t cli_microusd(struct json_object *usd)
{
  double v = usd ? json_object_get_double(usd) : -1;

  return v < 0 || v > 1e12 ? -1 : (int64_t)(v * 1e6 + 0.5);
}

/* What one should know beside the figure. */
static char *note_of(struct json_object *link)
{
  struct json_object *price = cli_view_get(link, "price");
  const char *error = text_of(cli_view_get(link, "error"), "message");
  bool refused = cli_view_get(link, "refused") != NULL;
  const char *why = text_of(price, "why");
  const char *excludes = text_of(price, "excludes");
  bool guessed = cli_view_bool(price, "guessed");

  if (*error)
    return cli_format("cannot be used: %s", error);
  if (*why)
    return cli_format("%s%s", refused ? "refused by --max-cost: " : "", why);
  return cli_format("%s%s%s%s%s", refused ? "above --max-cost" : "",
                    refused && (*excludes || guessed) ? "; " : "",
                    *excludes ? "without " : "", excludes,
                    !guessed    ? ""
                    : *excludes ? "; the size is guessed"
                                : "the size is guessed");
}

static char *source_of(struct json_object *price)
{
  const char *source = text_of(price, "source");
  const char *checked = text_of(price, "checked");

  return cli_format("%s%s%s", source, *source && *checked ? ", " : "", checked);
}

static char *formula_of(struct json_object *price)
{
  struct json_object *credits = cli_view_get(price, "credits");
  const char *formula = text_of(price, "formula");

  if (!credits)
    return cli_format("%s", formula);
  return cli_format("%s (%.10g credit%s)", formula,
                    json_object_get_double(credits),
                    json_object_get_double(credits) == 1 ? "" : "s");
}

static bool add_link(struct cli_table *t, struct json_object *link)
{
  struct json_object *price = cli_view_get(link, "price");
  int64_t cost = cli_microusd(cli_view_get(price, "usd"));
  char *address =
    cli_format("%s:%s", text_of(link, "provider"), text_of(link, "model"));
  char *formula = formula_of(price), *source = source_of(price);
  char *note = note_of(link), money[48];
  const char *cell = cost < 0
                       ? "unknown"
                       : cli_money(money, cost, !cli_view_bool(price, "sure"));
  bool ok = address && formula && source && note;

  ok = ok &&
       cli_table_add(t, (const char *const[CLI_COLUMNS]){
                          address, price ? cell : "-", formula, source, note });
  free(address);
  free(formula);
  free(source);
  free(note);
  return ok;
}

/* A link that would be tried. */
static bool is_open(struct json_object *link)
{
  return !cli_view_get(link, "error") && !cli_view_get(link, "refused");
}

/* As the request itself would end: 0, or the exit code of the last refusal. */
static int outcome(struct json_object *links)
{
  struct json_object *link = NULL;
  size_t i;

  for (i = 0; i < cli_view_count(links); i++) {
    link = cli_view_at(links, i);
    if (is_open(link))
      return 0;
  }
  return gamut_class_exit(GAMUT_E_UNSUPPORTED);
}

static int print_links(struct json_object *links)
{
  struct cli_table t = { 0 };
  size_t i;
  bool ok = true;

  for (i = 0; i < cli_view_count(links) && ok; i++)
    ok = add_link(&t, cli_view_at(links, i));
  if (ok)
    cli_table_print(&t, stdout);
  cli_table_finish(&t);
  return ok ? 0 : cli_no_memory();
}

static int32_t look(struct gamut *g, const void *about, char **ret_json,
                    struct gamut_error *ret_error)
{
  return gamut_price(g, about, ret_json, ret_error);
}

int cli_run_price(const struct cli_args *a)
{
  struct json_object *all;
  struct gamut_request *r;
  int rc = cli_request_build(a, &r);

  if (rc)
    return rc;
  rc = cli_look(a, look, r, &all);
  if (!rc && !cli_args_get(a, CLI_O_JSON))
    rc = print_links(cli_view_get(all, "links"));
  if (!rc)
    rc = outcome(cli_view_get(all, "links"));
  json_object_put(all);
  gamut_request_free(r);
  return rc;
}
