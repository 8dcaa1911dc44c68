/* models.c - `gamut models`: what can be asked for with -m.
 *
 * The first column is the shortest name that -m takes; completions cut it out.
 */
#include "cli.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

static int32_t look(struct gamut *g, const void *about, char **ret_json,
                    struct gamut_error *ret_error)
{
  return gamut_models(g, about, ret_json, ret_error);
}

/* "" without words; NULL: no memory. */
static char *join_words(const struct cli_args *a)
{
  char *text = NULL;
  size_t i, len = 0;
  FILE *out = open_memstream(&text, &len);

  if (!out)
    return NULL;
  for (i = 0; i < a->n_words; i++)
    fprintf(out, "%s%s", i ? " " : "", a->words[i]);
  if (fclose(out)) {
    free(text);
    return NULL;
  }
  return text;
}

/* What one must know of a model that is on its way out, or NULL. */
static char *life_note(struct json_object *m)
{
  const char *life = cli_view_str(m, "life");
  const char *date = cli_view_str(m, "life_date");
  const char *next = cli_view_str(m, "successor");

  if (!life || strcmp(life, "available") == 0)
    return NULL;
  return cli_format("%s%s%s%s%s", life, date ? " " : "", date ? date : "",
                    next ? ", use " : "", next ? next : "");
}

/* A sentence of the catalog; of a vendor's list its rows, or what it notes. */
static char *price_of(struct json_object *m)
{
  struct json_object *rows = cli_view_get(m, "price");
  struct json_object *row = cli_view_at(rows, 0);
  const char *text = cli_view_str(m, "price"), *unit;

  if (row && cli_view_get(row, "usd")) {
    unit = cli_view_str(row, "unit");
    return cli_format("$%.10g a %s%s",
                      json_object_get_double(cli_view_get(row, "usd")),
                      unit ? unit : "unit",
                      cli_view_count(rows) > 1 ? ", others by options" : "");
  }
  if (!text && !cli_view_get(m, "entry"))
    text = cli_view_str(m, "note");
  return cli_format("%s", text ? text : "price unknown");
}

static bool add_model(struct cli_table *t, struct json_object *m)
{
  const char *id = cli_view_str(m, "id");
  const char *provider = cli_view_str(m, "provider");
  const char *name =
    json_object_get_string(cli_view_at(cli_view_get(m, "names"), 0));
  char *address, *operations, *life = life_note(m), *price = price_of(m);
  bool ok;

  address = cli_format("%s:%s", provider ? provider : "?", id ? id : "?");
  operations = cli_view_join(m, "operations");
  ok = address && operations && price &&
       cli_table_add(t, (const char *const[CLI_COLUMNS]){ name ? name : address,
                                                          address, operations,
                                                          price, life });
  free(address);
  free(price);
  free(operations);
  free(life);
  return ok;
}

static int print_models(struct json_object *models)
{
  struct cli_table t = { 0 };
  size_t i, n = cli_view_count(models);
  bool ok = true;

  for (i = 0; i < n && ok; i++)
    ok = add_model(&t, cli_view_at(models, i));
  if (ok)
    cli_table_print(&t, stdout);
  cli_table_finish(&t);
  return ok ? 0 : cli_no_memory();
}

/* ---- what the vendors list ----------------------------------------------- */

static int32_t look_remote(struct gamut *g, const void *about, char **ret_json,
                           struct gamut_error *ret_error)
{
  return gamut_ask(g, about, "models", NULL, NULL, ret_json, ret_error);
}

/* The vendor's own list has no providers in it. */
static int print_remote(const struct cli_args *a, const char *provider)
{
  struct json_object *models;
  size_t i;
  int rc = cli_look(a, look_remote, provider, &models);

  for (i = 0; rc == 0 && i < cli_view_count(models); i++)
    json_object_object_add(cli_view_at(models, i), "provider",
                           json_object_new_string(provider));
  if (rc == 0 && !cli_args_get(a, CLI_O_JSON))
    rc = print_models(models);
  json_object_put(models);
  return rc;
}

int cli_run_models(const struct cli_args *a)
{
  const char *remote = cli_args_get(a, CLI_O_REMOTE);
  struct json_object *models;
  char *search;
  int rc;

  if (cli_args_get(a, CLI_O_REFRESH))
    return cli_run_refresh(a, remote);
  if (remote)
    return print_remote(a, remote);
  search = join_words(a);
  if (!search)
    return cli_no_memory();
  rc = cli_look(a, look, *search ? search : NULL, &models);
  if (!rc && !cli_view_count(models)) {
    cli_error("no model matches '%s' [%s]", search,
              gamut_class_name(GAMUT_E_NOT_FOUND));
    cli_hint("'gamut models' lists all of them");
    rc = gamut_class_exit(GAMUT_E_NOT_FOUND);
  } else if (!rc && !cli_args_get(a, CLI_O_JSON)) {
    rc = print_models(models);
  }
  json_object_put(models);
  free(search);
  return rc;
}
