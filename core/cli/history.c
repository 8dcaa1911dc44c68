/* history.c - `gamut history`: what was made, in words or as a page.
 */
#include "cli.h"
#include "page.h"
#include "preview.h"
#include "print.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

#define USUAL_COUNT 20u /* in words, without --limit */
#define PROMPT_MAX  160
#define MOST        1000000u
#define THUMB_ROWS  8

static int32_t look_history(struct gamut *g, const void *about, char **ret_json,
                            struct gamut_error *ret_error)
{
  return gamut_jobs(g, about, ret_json, ret_error);
}

/* ---- in words --------------------------------------------------------------
 */

static const char *cost_of(struct json_object *job, char buf[48])
{
  struct json_object *cost = cli_view_get(job, "cost_usd");
  const char *state = cli_view_str(job, "state");
  bool maybe = state && strcmp(state, "maybe-charged") == 0;

  /* What failed is not charged, and nobody need be told the price. */
  if (!maybe && (!state || strcmp(state, "completed") != 0))
    return "";
  if (cli_view_bool(job, "cache_hit"))
    return "from the cache";
  if (!cost)
    return "cost unknown";
  return cli_money(buf, (int64_t)(json_object_get_double(cost) * 1e6 + 0.5),
                   maybe || cli_view_bool(job, "cost_estimated"));
}

static void print_output(struct json_object *output)
{
  const char *path = cli_view_str(output, "path");
  const char *url = cli_view_str(output, "url");
  char shape[64] = "", buf[32], size[48] = "";
  int64_t width = cli_view_int(output, "width");
  int64_t length = cli_view_int(output, "size");

  if (width > 0)
    snprintf(shape, sizeof(shape), " %lldx%lld", (long long)width,
             (long long)cli_view_int(output, "height"));
  if (length > 0)
    snprintf(size, sizeof(size), ", %s", cli_bytes(buf, (uint64_t)length));
  cli_print(stdout, "  %s  %s%s%s%s",
            path  ? path
            : url ? url
                  : "(output)",
            cli_type_name(cli_view_str(output, "mime")), shape, size,
            path && !cli_view_bool(output, "there") ? ", not there any more"
                                                    : "");
}

static void print_job(struct json_object *job)
{
  struct json_object *outputs = cli_view_get(job, "outputs");
  const char *prompt = cli_view_str(job, "prompt");
  const char *message = cli_view_str(job, "message");
  const char *at = cli_view_str(job, "began_at");
  const char *id = cli_view_str(job, "id");
  const char *provider = cli_view_str(job, "provider");
  const char *model = cli_view_str(job, "model");
  const char *state = cli_view_str(job, "state");
  int64_t took = cli_view_int(job, "took_ms");
  char money[48], time[32];
  const char *cost = cost_of(job, money);
  size_t i;

  cli_print(stdout, "%s  %.16s  %s%s%s%s%s", id ? id : "?", at ? at : "",
            state ? state : "?", *cost ? "  " : "", cost, took > 0 ? "  " : "",
            took > 0 ? cli_seconds(time, took) : "");
  if (prompt && *prompt) {
    fputs("  ", stdout);
    if (cli_put_cut(stdout, prompt, PROMPT_MAX) == PROMPT_MAX)
      fputs(" ...", stdout);
    fputc('\n', stdout);
  }
  cli_print(stdout, "  %s:%s", provider ? provider : "?", model ? model : "?");
  for (i = 0; i < cli_view_count(outputs); i++)
    print_output(cli_view_at(outputs, i));
  if (message && *message)
    cli_print(stdout, "  %s", message);
}

/* A thumbnail: the first picture that is there. */
static void show_job(const struct cli_args *a, struct json_object *job)
{
  struct json_object *outputs = cli_view_get(job, "outputs");
  size_t i;

  fflush(stdout);
  for (i = 0; i < cli_view_count(outputs); i++) {
    struct json_object *output = cli_view_at(outputs, i);
    const char *kind = cli_view_str(output, "kind");

    if (!kind || strcmp(kind, "image") != 0 || !cli_view_bool(output, "there"))
      continue;
    cli_preview_file(a, cli_view_str(output, "path"), THUMB_ROWS);
    return;
  }
}

static void print_paths(struct json_object *job)
{
  struct json_object *outputs = cli_view_get(job, "outputs");
  size_t i;

  for (i = 0; i < cli_view_count(outputs); i++) {
    struct json_object *output = cli_view_at(outputs, i);

    if (cli_view_bool(output, "there"))
      cli_print(stdout, "%s", cli_view_str(output, "path"));
  }
}

static void print_jobs(const struct cli_args *a, struct json_object *jobs,
                       bool usual)
{
  bool quiet = cli_args_get(a, CLI_O_QUIET) != NULL;
  bool pictures = cli_preview_wanted(a);
  size_t i, n = cli_view_count(jobs);

  for (i = 0; i < n; i++) {
    if (quiet) {
      print_paths(cli_view_at(jobs, i));
      continue;
    }
    if (i > 0)
      putchar('\n');
    print_job(cli_view_at(jobs, i));
    if (pictures)
      show_job(a, cli_view_at(jobs, i));
  }
  if (!quiet && n == 0)
    cli_hint("nothing was made that matches");
  else if (!quiet && usual && n == USUAL_COUNT)
    cli_hint("the latest %u; --limit shows more, --html all of them on a page",
             USUAL_COUNT);
}

/* ---- as a page -------------------------------------------------------------
 */

static int write_page(const struct cli_args *a, struct json_object *jobs)
{
  const struct cli_page p = { .option = "--html",
                              .folder = cli_args_get(a, CLI_O_HTML),
                              .title = "gamut: what was made",
                              .link = cli_args_get(a, CLI_O_LINK) != NULL,
                              .jobs = jobs };
  int rc = cli_page_write(&p);

  if (rc == 0)
    cli_print(stdout, "%s/index.html", p.folder);
  return rc;
}

/* ---- which -----------------------------------------------------------------
 */

static void put_option(struct json_object *o, const struct cli_args *a,
                       enum cli_what what, const char *name)
{
  const char *value = cli_args_get(a, what);

  if (value)
    json_object_object_add(o, name, json_object_new_string(value));
}

static int check(const struct cli_args *a, uint32_t *ret_limit)
{
  const char *limit = cli_args_get(a, CLI_O_LIMIT);
  bool html = cli_args_get(a, CLI_O_HTML) != NULL;

  if (html && cli_args_get(a, CLI_O_JSON))
    cli_error("--html makes a page and --json a document: which shall it be?");
  else if (!html && cli_args_get(a, CLI_O_LINK))
    cli_error("--link is about the page of --html");
  else if (limit && (!cli_number(limit, MOST, ret_limit) || *ret_limit == 0))
    cli_error("--limit '%s' is no number from 1 to %u", limit, MOST);
  else
    return 0;
  return CLI_USAGE;
}

int cli_run_history(const struct cli_args *a)
{
  bool html = cli_args_get(a, CLI_O_HTML) != NULL;
  bool usual =
    !html && !cli_args_get(a, CLI_O_JSON) && !cli_args_get(a, CLI_O_LIMIT);
  uint32_t limit = usual ? USUAL_COUNT : MOST;
  struct json_object *filter, *jobs;
  int rc = check(a, &limit);

  if (rc)
    return rc;
  filter = json_object_new_object();
  put_option(filter, a, CLI_O_STATE, "state");
  put_option(filter, a, CLI_O_PROVIDER, "provider");
  put_option(filter, a, CLI_O_MODEL, "model");
  put_option(filter, a, CLI_O_SEARCH, "search");
  put_option(filter, a, CLI_O_SINCE, "since");
  json_object_object_add(filter, "limit", json_object_new_int64(limit));
  rc = cli_look(a, look_history, json_object_to_json_string(filter), &jobs);
  if (rc == 0 && html)
    rc = write_page(a, jobs);
  else if (rc == 0 && !cli_args_get(a, CLI_O_JSON))
    print_jobs(a, jobs, usual);
  json_object_put(jobs);
  json_object_put(filter);
  return rc;
}
