/* account.c - questions about the account behind a key, and `gamut health`.
 */
#include "account.h"
#include <string.h>

int32_t cli_ask(struct gamut *g, const void *about, char **ret_json,
                struct gamut_error *ret_error)
{
  const struct cli_question *q = about;

  return gamut_ask(g, q->provider, q->what,
                   q->arguments ? json_object_to_json_string(q->arguments)
                                : NULL,
                   q->secret, ret_json, ret_error);
}

int cli_answer(const struct cli_args *a, const struct cli_question *q,
               struct json_object **ret)
{
  int rc = cli_look(a, cli_ask, q, ret);

  if (rc == 0 && cli_args_get(a, CLI_O_JSON)) {
    json_object_put(*ret);
    *ret = NULL;
  }
  return rc;
}

static bool has(struct json_object *provider, const char *what)
{
  struct json_object *list = cli_view_get(provider, "has");
  size_t i;

  for (i = 0; i < cli_view_count(list); i++)
    if (strcmp(json_object_get_string(cli_view_at(list, i)), what) == 0)
      return true;
  return false;
}

static void each_of(struct gamut *g, struct json_object *list, const char *what,
                    cli_each_fn *fn, void *user)
{
  size_t i;

  for (i = 0; i < cli_view_count(list); i++) {
    struct json_object *one = cli_view_at(list, i);
    const char *name = cli_view_str(one, "name");

    if (name && cli_view_bool(one, "ready") && has(one, what))
      fn(g, name, user);
  }
}

int cli_each_ready(const struct cli_args *a, const char *what, cli_each_fn *fn,
                   void *user)
{
  struct gamut_error error = { 0 };
  struct json_object *all;
  struct gamut *g;
  char *text;
  int rc = cli_open(a, NULL, &g);

  if (rc)
    return rc;
  if (gamut_providers(g, &text, &error)) {
    rc = cli_refuse(a, &error);
  } else {
    all = cli_view_parse(text);
    gamut_string_free(text);
    each_of(g, cli_view_get(all, "providers"), what, fn, user);
    json_object_put(all);
  }
  gamut_close(g);
  return rc;
}

char *cli_amount(struct json_object *o, const char *key, const char *unit,
                 const char *label)
{
  struct json_object *v = cli_view_get(o, key);
  const char *before = label ? label : "", *gap = label ? " " : "";

  if (!v)
    return NULL;
  if (unit && strcmp(unit, "usd") == 0)
    return cli_format("%s%s$%.2f", before, gap, json_object_get_double(v));
  return cli_format("%s%s%.10g%s%s", before, gap, json_object_get_double(v),
                    unit ? " " : "", unit ? unit : "");
}

void cli_line(const char *name, const char *value)
{
  if (value)
    cli_print(stdout, "%-12s %s", name, value);
}

int cli_run_health(const struct cli_args *a)
{
  struct cli_question q = { .what = "health", .provider = a->words[0] };
  struct json_object *answer, *parts = NULL;
  const char *name;
  bool good = false;
  size_t i;
  int rc = cli_look(a, cli_ask, &q, &answer);

  if (rc == 0) {
    good = cli_view_bool(answer, "ok");
    parts = cli_view_get(answer, "parts");
  }
  if (rc == 0 && !cli_args_get(a, CLI_O_JSON)) {
    cli_print(stdout, "%s %s", q.provider, good ? "is well" : "is not well");
    cli_line("version", cli_view_str(answer, "version"));
    for (i = 0; (name = cli_view_key(parts, i)); i++)
      cli_line(name, json_object_get_string(cli_view_get(parts, name)));
  }
  json_object_put(answer);
  return rc ? rc : good ? 0 : CLI_FOUND;
}
