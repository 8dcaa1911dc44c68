/* cache.c - `gamut cache`: what was made before and is kept.
 */
#include "cli.h"
#include "print.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

#define PROMPT_MAX 40

static int32_t look_stats(struct gamut *g, const void *about, char **ret_json,
                          struct gamut_error *ret_error)
{
  (void)about;
  return gamut_cache_stats(g, ret_json, ret_error);
}

static int32_t look_list(struct gamut *g, const void *about, char **ret_json,
                         struct gamut_error *ret_error)
{
  (void)about;
  return gamut_cache_list(g, ret_json, ret_error);
}

static int32_t look_clear(struct gamut *g, const void *about, char **ret_json,
                          struct gamut_error *ret_error)
{
  (void)about;
  return gamut_cache_clear(g, ret_json, ret_error);
}

static int32_t look_verify(struct gamut *g, const void *about, char **ret_json,
                           struct gamut_error *ret_error)
{
  (void)about;
  return gamut_cache_verify(g, ret_json, ret_error);
}

/* ---- in words -------------------------------------------------------------
 */

static const char *size_of(char buf[32], struct json_object *o, const char *key)
{
  return cli_bytes(buf, (uint64_t)cli_view_int(o, key));
}

static const char *usd_of(char buf[48], struct json_object *o, const char *key)
{
  struct json_object *usd = cli_view_get(o, key);

  return usd ? cli_money(
                 buf, (int64_t)(json_object_get_double(usd) * 1e6 + 0.5), false)
             : "";
}

static int print_stats(struct json_object *o)
{
  const char *used = cli_view_str(o, "used_at");
  char have[32], most[32], money[48];

  cli_print(stdout, "entries   %lld", (long long)cli_view_int(o, "entries"));
  cli_print(stdout, "size      %s of %s", size_of(have, o, "bytes"),
            size_of(most, o, "max_bytes"));
  cli_print(stdout, "hits      %lld, saved %s",
            (long long)cli_view_int(o, "hits"), usd_of(money, o, "saved_usd"));
  if (used)
    cli_print(stdout, "last use  %s", used);
  if (!cli_view_bool(o, "durable"))
    cli_print(stdout, "it ends with this process: there is no durable store");
  return 0;
}

static bool add_entry(struct cli_table *t, struct json_object *e)
{
  const char *prompt = cli_view_str(e, "prompt"), *job = cli_view_str(e, "job");
  const char *provider = cli_view_str(e, "provider");
  const char *model = cli_view_str(e, "model");
  const char *used = cli_view_str(e, "used_at");
  char size[32], money[48];
  char *link =
    cli_format("%s:%s", provider ? provider : "?", model ? model : "?");
  char *what = cli_format("%s, %lld hits, %s", size_of(size, e, "bytes"),
                          (long long)cli_view_int(e, "hits"),
                          usd_of(money, e, "cost_usd"));
  char *text = cli_format("%.*s", PROMPT_MAX, prompt ? prompt : "");
  char *when = cli_format("%.16s", used ? used : "");
  bool ok = link && what && text && when &&
            cli_table_add(t, (const char *const[CLI_COLUMNS]){
                               job ? job : "?", when, link, what, text });

  free(link);
  free(what);
  free(text);
  free(when);
  return ok;
}

static int print_list(struct json_object *list)
{
  struct cli_table t = { 0 };
  size_t i, n = cli_view_count(list);
  bool ok = true;

  for (i = 0; i < n && ok; i++)
    ok = add_entry(&t, cli_view_at(list, i));
  if (ok)
    cli_table_print(&t, stdout);
  cli_table_finish(&t);
  return ok ? 0 : cli_no_memory();
}

static int print_sweep(struct json_object *o)
{
  char freed[32], left[32];

  cli_print(stdout, "%lld entries removed, %s; %lld left, %s",
            (long long)cli_view_int(o, "removed"), size_of(freed, o, "freed"),
            (long long)cli_view_int(o, "entries"), size_of(left, o, "bytes"));
  if (cli_view_int(o, "damaged"))
    cli_print(stdout, "  damaged: %lld", (long long)cli_view_int(o, "damaged"));
  if (cli_view_int(o, "strays"))
    cli_print(stdout, "  files without an entry: %lld",
              (long long)cli_view_int(o, "strays"));
  return 0;
}

/* ---- which ----------------------------------------------------------------
 */

static const struct {
  const char *name;
  cli_look_fn *look;
  int (*print)(struct json_object *o);
} actions[] = {
  { "stats", look_stats, print_stats },
  { "list", look_list, print_list },
  { "clear", look_clear, print_sweep },
  { "verify", look_verify, print_sweep },
};

int cli_run_cache(const struct cli_args *a)
{
  const char *name = a->n_words ? a->words[0] : actions[0].name;
  struct json_object *o;
  size_t i = 0;
  int rc;

  /* The parser lets no other word pass. */
  while (i + 1 < CLI_LEN(actions) && strcmp(actions[i].name, name) != 0)
    i++;
  rc = cli_look(a, actions[i].look, NULL, &o);
  if (rc == 0 && !cli_args_get(a, CLI_O_JSON))
    rc = actions[i].print(o);
  json_object_put(o);
  return rc;
}
