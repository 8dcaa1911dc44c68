/* jobs.c - `gamut jobs`, `status`, `logs`: what the store knows.
 */
#include "cli.h"
#include "print.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

#define PROMPT_MAX 40

/* ---- the list --------------------------------------------------------------
 */

static int32_t look_jobs(struct gamut *g, const void *about, char **ret_json,
                         struct gamut_error *ret_error)
{
  return gamut_jobs(g, about, ret_json, ret_error);
}

static void put_option(struct json_object *o, const struct cli_args *a,
                       enum cli_what what, const char *name)
{
  const char *value = cli_args_get(a, what);

  if (value)
    json_object_object_add(o, name, json_object_new_string(value));
}

/* "completed", "waiting here", "waiting, nobody drives it". */
static char *state_words(struct json_object *job)
{
  const char *state = cli_view_str(job, "state");
  const char *settled = cli_view_str(job, "settled");
  bool left = !cli_view_bool(job, "ended") && !cli_view_bool(job, "driven");
  struct json_object *of = cli_view_get(job, "of");

  if (of)
    return cli_format("%s%s, %s of %s", state ? state : "?",
                      left ? ", left alone" : "", cli_view_str(of, "why"),
                      cli_view_str(of, "id"));
  return cli_format("%s%s%s%s", state ? state : "?", left ? ", left alone" : "",
                    settled ? ", " : "", settled ? settled : "");
}

static bool add_job(struct cli_table *t, struct json_object *job)
{
  const char *id = cli_view_str(job, "id"),
             *prompt = cli_view_str(job, "prompt");
  const char *provider = cli_view_str(job, "provider");
  const char *model = cli_view_str(job, "model");
  const char *at = cli_view_str(job, "began_at");
  char *state = state_words(job), *files = cli_view_join(job, "files");
  char *link =
    cli_format("%s:%s", provider ? provider : "?", model ? model : "?");
  char *what = files && *files
                 ? cli_format("%s", files)
                 : cli_format("%.*s", PROMPT_MAX, prompt ? prompt : "");
  char *when = cli_format("%.16s", at ? at : "");
  bool ok = state && link && what && when &&
            cli_table_add(t, (const char *const[CLI_COLUMNS]){ id, when, state,
                                                               link, what });

  free(state);
  free(files);
  free(link);
  free(what);
  free(when);
  return ok;
}

static int print_jobs(struct json_object *jobs)
{
  struct cli_table t = { 0 };
  size_t i, n = cli_view_count(jobs);
  bool ok = true;

  for (i = 0; i < n && ok; i++)
    ok = add_job(&t, cli_view_at(jobs, i));
  if (ok)
    cli_table_print(&t, stdout);
  cli_table_finish(&t);
  return ok ? 0 : cli_no_memory();
}

static int list(const struct cli_args *a)
{
  struct json_object *filter = json_object_new_object(), *jobs;
  int rc;

  put_option(filter, a, CLI_O_STATE, "state");
  put_option(filter, a, CLI_O_PROVIDER, "provider");
  put_option(filter, a, CLI_O_SINCE, "since");
  rc = cli_look(a, look_jobs, json_object_to_json_string(filter), &jobs);
  if (rc == 0 && !cli_args_get(a, CLI_O_JSON))
    rc = print_jobs(jobs);
  json_object_put(jobs);
  json_object_put(filter);
  return rc;
}

/* ---- settle ----------------------------------------------------------------
 */

static bool is_by_hand(const struct cli_args *a)
{
  return cli_args_get(a, CLI_O_CHARGED) || cli_args_get(a, CLI_O_NOT_CHARGED);
}

/* By hand, or as the vendor says when he is asked. */
static int32_t settle_by(struct gamut *g, const struct cli_args *a,
                         const char **ret_verdict, struct gamut_error *error)
{
  bool charged = cli_args_get(a, CLI_O_CHARGED) != NULL;
  int32_t rc;

  if (!is_by_hand(a))
    return gamut_settle_lookup(g, a->words[1], ret_verdict, error);
  rc = gamut_settle(g, a->words[1], charged, error);
  if (rc == 0)
    *ret_verdict = charged ? "charged" : "not-charged";
  return rc;
}

/* The id whole, where its beginning was given. */
static void print_verdict_json(struct gamut *g, const char *id,
                               const char *verdict)
{
  struct json_object *job = NULL, *o = json_object_new_object();
  struct gamut_error error = { 0 };
  const char *whole;
  char *text = NULL;

  if (gamut_job(g, id, &text, &error) == 0)
    job = cli_view_parse(text);
  whole = cli_view_str(job, "id");
  json_object_object_add(o, "id", json_object_new_string(whole ? whole : id));
  json_object_object_add(o, "verdict", json_object_new_string(verdict));
  puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
  json_object_put(o);
  json_object_put(job);
  gamut_string_free(text);
}

static void print_verdict(const struct cli_args *a, struct gamut *g,
                          const char *verdict)
{
  if (cli_args_get(a, CLI_O_JSON))
    print_verdict_json(g, a->words[1], verdict);
  else if (is_by_hand(a))
    cli_print(stdout, "settled: %s",
              strcmp(verdict, "charged") == 0 ? "charged" : "not charged");
  else
    cli_print(stdout, "%s",
              strcmp(verdict, "running") == 0
                ? "the vendor has it: `gamut resume` goes on with it"
                : "the vendor has no such job: not charged");
}

static int settle(const struct cli_args *a)
{
  struct gamut_error error = { 0 };
  const char *verdict = NULL;
  struct gamut *g;
  int rc;

  if (a->n_words != 2 ||
      (cli_args_get(a, CLI_O_CHARGED) && cli_args_get(a, CLI_O_NOT_CHARGED))) {
    cli_error("'gamut jobs settle' needs an ID, and --charged or "
              "--not-charged, as the vendor's books say; with neither it asks "
              "the vendor");
    return CLI_USAGE;
  }
  rc = cli_open(a, NULL, &g);
  if (rc)
    return rc;
  if (settle_by(g, a, &verdict, &error))
    rc = cli_refuse(a, &error);
  else
    print_verdict(a, g, verdict);
  gamut_close(g);
  return rc;
}

/* The list and `settle` are two things under one name, each with options of its
 * own: of the other's none is passed over. */
static int check_options(const struct cli_args *a)
{
  static const enum cli_what of_list[] = { CLI_O_STATE, CLI_O_PROVIDER,
                                           CLI_O_SINCE };
  static const enum cli_what of_settle[] = { CLI_O_CHARGED, CLI_O_NOT_CHARGED };
  bool list = a->n_words == 0;
  const enum cli_what *idle = list ? of_settle : of_list;
  size_t i, n = list ? CLI_LEN(of_settle) : CLI_LEN(of_list);
  int rc = 0;

  for (i = 0; i < n && rc == 0; i++)
    rc =
      cli_args_idle(a, idle[i], list ? "without 'settle ID'" : "for 'settle'");
  return rc;
}

int cli_run_jobs(const struct cli_args *a)
{
  int rc = check_options(a);

  if (rc)
    return rc;
  if (a->n_words == 0)
    return list(a);
  return settle(a);
}

/* ---- one job ---------------------------------------------------------------
 */

static int32_t look_job(struct gamut *g, const void *about, char **ret_json,
                        struct gamut_error *ret_error)
{
  return gamut_job(g, about, ret_json, ret_error);
}

static void line(const char *name, const char *value)
{
  if (value && *value)
    cli_print(stdout, "%-9s %s", name, value);
}

/* "POST https://queue.fal.run/fal-ai/flux/dev, 2026-11-29T11:30:17.817Z, 47
 * bytes" */
static void print_sent(struct json_object *sent)
{
  const char *at = cli_view_str(sent, "at");
  struct json_object *bytes = cli_view_get(sent, "bytes");
  char size[48] = "", buf[32];

  if (!sent)
    return;
  if (bytes)
    snprintf(size, sizeof(size), ", %s",
             cli_bytes(buf, (uint64_t)json_object_get_int64(bytes)));
  cli_print(stdout, "%-9s %s %s%s%s%s", "sent", cli_view_str(sent, "method"),
            cli_view_str(sent, "url"), at ? ", " : "", at ? at : "", size);
}

static void print_status(struct json_object *job)
{
  char *state = state_words(job), *files = cli_view_join(job, "files");
  struct json_object *cost = cli_view_get(job, "cost_usd");
  char money[48];

  line("job", cli_view_str(job, "id"));
  line("state", state);
  line("class", cli_view_str(job, "class"));
  line("message", cli_view_str(job, "message"));
  line("provider", cli_view_str(job, "provider"));
  line("model", cli_view_str(job, "model"));
  line("key", cli_view_str(job, "key"));
  line("prompt", cli_view_str(job, "prompt"));
  line("began", cli_view_str(job, "began_at"));
  line("written", cli_view_str(job, "written_at"));
  line("request", cli_view_str(job, "request_id"));
  print_sent(cli_view_get(job, "sent"));
  if (cost)
    line("cost", cli_money(money, cli_microusd(cost),
                           cli_view_bool(job, "cost_estimated")));
  line("files", files);
  free(state);
  free(files);
}

static void print_logs(struct json_object *job)
{
  struct json_object *record = cli_view_get(job, "record");
  struct json_object *attempts =
    cli_view_get(cli_view_get(record, "owner"), "attempts");
  struct json_object *notes =
    cli_view_get(cli_view_get(record, "found"), "notes");
  size_t i;

  for (i = 0; i < cli_view_count(attempts); i++) {
    struct json_object *t = cli_view_at(attempts, i);
    const char *message = cli_view_str(t, "message");

    cli_print(stdout, "%s:%s: %s", cli_view_str(t, "provider"),
              cli_view_str(t, "model"), message ? message : "well");
  }
  for (i = 0; i < cli_view_count(notes); i++)
    cli_print(stdout, "%s", json_object_get_string(cli_view_at(notes, i)));
}

static int show(const struct cli_args *a, void (*print)(struct json_object *))
{
  struct json_object *job;
  int rc = cli_look(a, look_job, a->words[0], &job);

  if (rc == 0 && !cli_args_get(a, CLI_O_JSON))
    print(job);
  json_object_put(job);
  return rc;
}

int cli_run_status(const struct cli_args *a)
{
  return show(a, print_status);
}

int cli_run_logs(const struct cli_args *a)
{
  return show(a, print_logs);
}
