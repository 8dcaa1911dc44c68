/* usage_print.c - the books summed up, for people and for spreadsheets.
 */
#include "books.h"
#include "print.h"
#include <stdlib.h>
#include <string.h>

#define NAME_COLUMNS   40
#define NUMBER_COLUMNS 26 /* requests, cost, and what is between */
#define BAR_MAX        30
#define BAR_MIN        8

int64_t cli_usd_of(struct json_object *o, const char *key)
{
  return cli_microusd(cli_view_get(o, key));
}

char *cli_shortened(const char *text, size_t columns)
{
  char *out = NULL;
  size_t len = 0;
  bool whole = cli_text_width(text) <= columns;
  FILE *to = open_memstream(&out, &len);

  if (!to)
    return NULL;
  cli_put_cut(to, text, whole ? columns : columns - 3);
  if (!whole)
    fputs("...", to);
  if (fclose(to)) {
    free(out);
    return NULL;
  }
  return out;
}

/* ---- the whole ----------------------------------------------------------- */

static void add_count(FILE *to, struct json_object *o, const char *key,
                      const char *word, const char **before)
{
  int64_t n = cli_view_int(o, key);

  if (n == 0)
    return;
  fprintf(to, "%s%lld %s", *before, (long long)n, word);
  *before = ", ";
}

static void add_money(FILE *to, struct json_object *o, const char *key,
                      const char *word, const char **before)
{
  int64_t microusd = cli_usd_of(o, key);
  char money[48];

  if (microusd == 0)
    return;
  fprintf(to, "%s%s %s", *before, cli_money(money, microusd, false), word);
  *before = ", ";
}

static char *counts(struct json_object *o)
{
  const char *before = "";
  char *text = NULL;
  size_t len = 0;
  FILE *to = open_memstream(&text, &len);

  if (!to)
    return NULL;
  fprintf(to, "%lld", (long long)cli_view_int(o, "requests"));
  before = ": ";
  add_count(to, o, "succeeded", "succeeded", &before);
  add_count(to, o, "cached", "from the cache", &before);
  add_count(to, o, "failed", "failed", &before);
  add_count(to, o, "blocked", "blocked", &before);
  add_count(to, o, "cancelled", "cancelled", &before);
  add_count(to, o, "maybe_charged", "maybe-charged", &before);
  add_count(to, o, "open", "under way", &before);
  if (fclose(to)) {
    free(text);
    return NULL;
  }
  return text;
}

/* "$0.10 maybe, $0.04 reserved, 12 requests of unknown cost" */
static char *beside(struct json_object *o)
{
  int64_t unknown = cli_view_int(o, "unknown_cost");
  const char *before = "";
  char *text = NULL;
  size_t len = 0;
  FILE *to = open_memstream(&text, &len);

  if (!to)
    return NULL;
  add_money(to, o, "maybe_usd", "maybe", &before);
  add_money(to, o, "reserved_usd", "reserved", &before);
  add_count(to, o, "unknown_cost",
            unknown == 1 ? "request of unknown cost"
                         : "requests of unknown cost",
            &before);
  if (fclose(to)) {
    free(text);
    return NULL;
  }
  return text;
}

static void line(const char *name, const char *value)
{
  if (value && *value)
    cli_print(stdout, "%-9s %s", name, value);
}

static void print_cache(struct json_object *t)
{
  char money[48];

  if (cli_view_int(t, "cached") == 0)
    return;
  cli_print(stdout, "%-9s hit rate %.1f %%, %s saved", "cache",
            json_object_get_double(cli_view_get(t, "hit_rate")) * 100,
            cli_money(money, cli_usd_of(t, "saved_usd"), false));
}

static void print_total(struct json_object *u)
{
  struct json_object *t = cli_view_get(u, "total");
  char *all = counts(t), *more = beside(t);
  const char *from = cli_view_str(u, "from"), *to = cli_view_str(u, "to");
  char money[48];

  cli_print(stdout, "%-9s %.10s to before %.10s, GMT", "period",
            from ? from : "?", to ? to : "?");
  line("requests", all);
  cli_print(stdout, "%-9s %s%s%s", "cost",
            cli_money(money, cli_usd_of(t, "cost_usd"), false),
            more && *more ? "; " : "", more ? more : "");
  print_cache(t);
  if (cli_view_get(t, "p50_ms"))
    cli_print(stdout, "%-9s half within %.1f s, 95 of 100 within %.1f s",
              "time", (double)cli_view_int(t, "p50_ms") / 1000,
              (double)cli_view_int(t, "p95_ms") / 1000);
  free(all);
  free(more);
}

/* ---- its parts ----------------------------------------------------------- */

/* What a bar is long by: money, or requests when nothing cost any. */
static double weight(struct json_object *o, bool money)
{
  return money ? json_object_get_double(cli_view_get(o, "cost_usd"))
               : (double)cli_view_int(o, "requests");
}

static char *bar(double part, size_t columns)
{
  const char *mark = cli_term_utf8() ? "\xe2\x96\x88" : "#";
  size_t n = (size_t)(part * (double)columns + 0.5), len = strlen(mark), i;
  char *text = calloc(n + 1, len);

  for (i = 0; text && i < n; i++)
    memcpy(text + i * len, mark, len);
  return text;
}

static char *name_of(struct json_object *o)
{
  const char *name = cli_view_str(o, "name");

  return cli_shortened(name ? name : "(none)", NAME_COLUMNS);
}

static bool add_group(struct cli_table *t, struct json_object *o, double part,
                      size_t columns)
{
  int64_t failed = cli_view_int(o, "failed") + cli_view_int(o, "blocked");
  char *name = name_of(o), *more = beside(o), money[48];
  char *picture = columns ? bar(part, columns) : NULL;
  char *n = failed ? cli_format("%lld (%lld not)",
                                (long long)cli_view_int(o, "requests"),
                                (long long)failed)
                   : cli_format("%lld", (long long)cli_view_int(o, "requests"));
  bool ok =
    name && more && n && (picture || !columns) &&
    cli_table_add(t, (const char *const[CLI_COLUMNS]){
                       name, n,
                       cli_money(money, cli_usd_of(o, "cost_usd"), false),
                       columns ? picture : more, columns ? more : NULL });

  free(name);
  free(more);
  free(picture);
  free(n);
  return ok;
}

/* What is left of a line of the terminal beside the words; 0: no terminal, or
 * too little. */
static size_t bar_columns(struct json_object *groups)
{
  size_t i, n = cli_view_count(groups), name = 0, more = 0, left;
  size_t width = cli_term_width(1);

  if (!cli_term_live(1))
    return 0;
  for (i = 0; i < n; i++) {
    const char *text = cli_view_str(cli_view_at(groups, i), "name");
    char *said = beside(cli_view_at(groups, i));
    size_t w = text ? cli_text_width(text) : 6;

    name = w > name ? w : name;
    w = said ? cli_text_width(said) : 0;
    more = w > more ? w : more;
    free(said);
  }
  name = name < NAME_COLUMNS ? name : NAME_COLUMNS;
  left = width > name + more + NUMBER_COLUMNS
           ? width - name - more - NUMBER_COLUMNS
           : 0;
  if (left < BAR_MIN)
    return 0;
  return left < BAR_MAX ? left : BAR_MAX;
}

static int print_groups(struct json_object *groups)
{
  size_t i, n = cli_view_count(groups), columns = bar_columns(groups);
  struct cli_table t = { 0 };
  double most = 0;
  bool ok = true, money = false;

  for (i = 0; i < n; i++)
    money |= weight(cli_view_at(groups, i), true) > 0;
  for (i = 0; i < n; i++) {
    double w = weight(cli_view_at(groups, i), money);

    most = w > most ? w : most;
  }
  for (i = 0; i < n && ok; i++)
    ok = add_group(&t, cli_view_at(groups, i),
                   most > 0 ? weight(cli_view_at(groups, i), money) / most : 0,
                   columns);
  if (ok && n > 0) {
    putchar('\n');
    cli_table_print(&t, stdout);
  }
  cli_table_finish(&t);
  return ok ? 0 : cli_no_memory();
}

int cli_print_books(struct json_object *usage)
{
  print_total(usage);
  return print_groups(cli_view_get(usage, "groups"));
}

/* ---- comma-separated values ---------------------------------------------- */

static const char *const columns_of[] = {
  "requests",     "succeeded",     "failed",       "blocked",
  "cancelled",    "maybe_charged", "cached",       "open",
  "cost_usd",     "maybe_usd",     "reserved_usd", "saved_usd",
  "unknown_cost", "hit_rate",      "p50_ms",       "p95_ms"
};

/* Quoted where that is needed, with quotes doubled. */
static void put_cell(const char *text)
{
  const char *p;

  if (!strpbrk(text, ",\"\r\n") && *text != ' ') {
    fputs(text, stdout);
    return;
  }
  putchar('"');
  for (p = text; *p; p++) {
    if (*p == '"')
      putchar('"');
    putchar(*p);
  }
  putchar('"');
}

static void put_row(struct json_object *o, const char *name)
{
  size_t i;

  if (name)
    put_cell(name);
  for (i = 0; i < CLI_LEN(columns_of); i++) {
    struct json_object *v = cli_view_get(o, columns_of[i]);

    if (name || i > 0)
      putchar(',');
    if (v)
      put_cell(json_object_get_string(v));
  }
  fputs("\r\n", stdout);
}

int cli_print_csv(struct json_object *usage)
{
  struct json_object *groups = cli_view_get(usage, "groups");
  const char *by = cli_view_str(usage, "by");
  size_t i, n = cli_view_count(groups);

  if (by)
    put_cell(by);
  for (i = 0; i < CLI_LEN(columns_of); i++)
    printf("%s%s", by || i ? "," : "", columns_of[i]);
  fputs("\r\n", stdout);
  for (i = 0; i < n; i++) {
    const char *name = cli_view_str(cli_view_at(groups, i), "name");

    put_row(cli_view_at(groups, i), name ? name : "");
  }
  if (!by)
    put_row(cli_view_get(usage, "total"), NULL);
  return 0;
}
