/* compare_end.c - what became of a comparison: page, table or document, exit
 * code.
 */
#include "compare.h"
#include "page.h"
#include "print.h"
#include "request.h"
#include "view.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TITLE_MAX 60

/* ---- rows for the page -----------------------------------------------------
 */

static void put(struct json_object *o, const char *name, const char *text)
{
  if (text)
    json_object_object_add(o, name, json_object_new_string(text));
}

static void put_state(struct json_object *o, const struct cli_compared *one)
{
  int32_t status = one->result ? gamut_result_status(one->result) : 0;

  put(o, "state",
      !one->result                              ? "failed"
      : gamut_result_maybe_charged(one->result) ? "maybe-charged"
      : status == GAMUT_COMPLETED               ? "completed"
      : status == GAMUT_BLOCKED                 ? "blocked"
      : status == GAMUT_CANCELLED               ? "cancelled"
      : status == GAMUT_DETACHED                ? "waiting"
                                                : "failed");
}

static void put_now(struct json_object *o)
{
  time_t now = time(NULL);
  char at[32];
  struct tm tm;

  if (gmtime_r(&now, &tm) &&
      strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm))
    put(o, "began_at", at);
}

/* Artifacts become outputs: absolute paths, and they are there. */
static void put_outputs(struct json_object *o, struct json_object *result)
{
  struct json_object *list = cli_view_get(result, "artifacts");
  size_t i, n = cli_view_count(list);

  for (i = 0; i < n; i++) {
    struct json_object *file = cli_view_at(list, i);
    const char *path = cli_view_str(file, "path");
    char *whole = path ? realpath(path, NULL) : NULL;

    if (whole) {
      put(file, "path", whole);
      json_object_object_add(file, "there", json_object_new_boolean(true));
    }
    free(whole);
  }
  if (list)
    json_object_object_add(o, "outputs", json_object_get(list));
}

static void put_result(struct json_object *o, const struct cli_compared *one)
{
  static const char *const members[] = {
    "provider", "model", "resolved_from", "class",          "message",
    "cost_usd", "facts", "withheld",      "cost_estimated", "cache_hit"
  };
  struct json_object *result = cli_view_parse(gamut_result_json(one->result));
  int64_t took = gamut_result_time(one->result, "total");
  size_t i;

  for (i = 0; i < CLI_LEN(members); i++) {
    struct json_object *v = cli_view_get(result, members[i]);

    if (v)
      json_object_object_add(o, members[i], json_object_get(v));
  }
  if (took >= 0)
    json_object_object_add(o, "took_ms", json_object_new_int64(took));
  put_outputs(o, result);
  json_object_put(result);
}

/* As gamut_jobs() would tell it, were it in a store. */
static struct json_object *own_row(const struct cli_comparison *c, size_t i,
                                   const char *prompt)
{
  const struct cli_compared *one = &c->each[i];
  struct json_object *o = json_object_new_object();
  char *id = *one->id ? NULL : cli_format("refused-%zu", i + 1);

  put(o, "id", id ? id : one->id);
  free(id);
  put_state(o, one);
  put(o, "prompt", prompt);
  put_now(o);
  if (one->result) {
    put_result(o, one);
  } else {
    put(o, "model", one->model);
    put(o, "class", gamut_class_name(one->refusal.error_class));
    put(o, "message", one->refusal.message);
  }
  return o;
}

/* The store's row has what was asked as well. */
static struct json_object *row_of(const struct cli_comparison *c, size_t i,
                                  const char *prompt)
{
  const struct cli_compared *one = &c->each[i];
  struct json_object *row = NULL;
  struct gamut_error error;
  char *text = NULL;

  if (*one->id && gamut_job(c->g, one->id, &text, &error) == 0)
    row = cli_view_parse(text);
  gamut_string_free(text);
  return row ? row : own_row(c, i, prompt);
}

static int write_page(const struct cli_comparison *c)
{
  struct gamut_error error;
  char *prompt = NULL, *title;
  struct cli_page p = { .option = "-o",
                        .folder = c->folder,
                        .compare = true,
                        .jobs = json_object_new_array() };
  const char *given = cli_args_get(c->args, CLI_O_PROMPT);
  size_t i;
  int rc;

  /* Standard input was read before, and is at its end now. */
  if (given && strcmp(given, "-") != 0 && strcmp(given, "@-") != 0 &&
      cli_prompt_read(given, &prompt, &error))
    prompt = NULL;
  for (i = 0; i < c->n; i++)
    json_object_array_add(p.jobs, row_of(c, i, prompt));
  title = cli_format("gamut: %.*s", TITLE_MAX, prompt ? prompt : "comparison");
  p.title = title ? title : "gamut";
  rc = cli_page_write(&p);
  json_object_put(p.jobs);
  free(title);
  free(prompt);
  return rc;
}

/* ---- what is printed -------------------------------------------------------
 */

static const char *status_words(const struct cli_compared *one)
{
  if (!one->result)
    return *one->id ? "left" : gamut_class_name(one->refusal.error_class);
  if (gamut_result_status(one->result) == GAMUT_COMPLETED)
    return "completed";
  return gamut_class_name(gamut_result_class(one->result));
}

static const char *file_name(const struct gamut_artifact_info *file)
{
  return !file ? "" : file->path ? file->path : file->url ? file->url : "";
}

static bool add_line(struct cli_table *t, const struct cli_compared *one)
{
  const struct gamut_artifact_info *file =
    one->result ? gamut_result_artifact(one->result, 0) : NULL;
  int64_t took = one->result ? gamut_result_time(one->result, "total") : -1;
  bool done =
    one->result && gamut_result_status(one->result) == GAMUT_COMPLETED;
  int32_t estimated = 0;
  int64_t cost = done ? gamut_result_cost(one->result, &estimated) : -1;
  char money[48], time[32], size[32];

  return cli_table_add(t,
                       (const char *const[CLI_COLUMNS]){
                         one->model, status_words(one),
                         done ? cli_money(money, cost, estimated) : "",
                         took >= 0 ? cli_seconds(time, took) : "",
                         file && file->size ? cli_bytes(size, file->size) : "",
                         file_name(file) });
}

static int print_table(const struct cli_comparison *c)
{
  struct cli_table t = { 0 };
  bool ok = true;
  size_t i;

  for (i = 0; i < c->n && ok; i++)
    ok = add_line(&t, &c->each[i]);
  if (ok)
    cli_table_print(&t, stdout);
  cli_table_finish(&t);
  return ok ? 0 : cli_no_memory();
}

static void print_paths(const struct cli_comparison *c)
{
  const struct gamut_artifact_info *file;
  uint32_t k;
  size_t i;

  for (i = 0; i < c->n; i++)
    for (k = 0; c->each[i].result &&
                (file = gamut_result_artifact(c->each[i].result, k));
         k++)
      if (file->path && !file->error_class)
        cli_print(stdout, "%s", file->path);
}

static void print_document(const struct cli_comparison *c, const char *page)
{
  struct json_object *o = json_object_new_object();
  struct json_object *all = json_object_new_array();
  size_t i;

  for (i = 0; i < c->n; i++) {
    const struct cli_compared *one = &c->each[i];
    struct json_object *r = one->result
                              ? cli_view_parse(gamut_result_json(one->result))
                              : json_object_new_object();

    put(r, "asked_model", one->model);
    if (!one->result) {
      put(r, "status", "failed");
      put(r, "class", gamut_class_name(one->refusal.error_class));
      put(r, "message", one->refusal.message);
    }
    json_object_array_add(all, r);
  }
  put(o, "page", page);
  json_object_object_add(o, "results", all);
  puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                           JSON_C_TO_STRING_NOSLASHESCAPE));
  json_object_put(o);
}

static void print_failures(const struct cli_comparison *c)
{
  size_t i;

  for (i = 0; i < c->n; i++) {
    const struct cli_compared *one = &c->each[i];
    int32_t why =
      one->result ? gamut_result_class(one->result) : one->refusal.error_class;
    const char *message =
      one->result ? gamut_result_message(one->result) : one->refusal.message;

    if (why)
      cli_error("%s: %s [%s]", one->model, message ? message : "it failed",
                gamut_class_name(why));
    if (one->result && gamut_result_status(one->result) == GAMUT_DETACHED)
      cli_hint("collect it with: gamut wait %s", one->id);
    if (one->result && gamut_result_maybe_charged(one->result))
      cli_hint("the vendor may have charged for it; job %s", one->id);
  }
}

/* Of one: also a file that did not arrive is a failure. */
static int exit_of(const struct cli_compared *one)
{
  const struct gamut_artifact_info *file;
  uint32_t k;
  int worst = gamut_class_exit(one->result ? gamut_result_class(one->result)
                                           : one->refusal.error_class);

  for (k = 0; one->result && (file = gamut_result_artifact(one->result, k));
       k++)
    if (gamut_class_exit(file->error_class) > worst)
      worst = gamut_class_exit(file->error_class);
  return worst;
}

int cli_compare_end(struct cli_comparison *c)
{
  char *page = cli_format("%s/index.html", c->folder);
  bool quiet = cli_args_get(c->args, CLI_O_QUIET) != NULL;
  int rc = write_page(c), worst = rc;
  size_t i;

  for (i = 0; i < c->n; i++)
    worst = exit_of(&c->each[i]) > worst ? exit_of(&c->each[i]) : worst;
  if (cli_args_get(c->args, CLI_O_JSON)) {
    print_document(c, page);
  } else if (quiet) {
    print_paths(c);
  } else {
    rc = print_table(c) ? CLI_NO_MEMORY : rc;
    if (rc == 0)
      cli_print(stdout, "%s", page ? page : "");
  }
  print_failures(c);
  free(page);
  return worst;
}
