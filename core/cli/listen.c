/* listen.c - `gamut webhook listen`, and --listen of those that make something.
 */
#include "listen.h"
#include "job.h"
#include "print.h"
#include <string.h>

#define PORT_MAX 65535u

int cli_listen(const struct cli_args *a, struct gamut *g, const char *option,
               const char *port, const char *const *providers)
{
  struct gamut_error error = { 0 };
  uint32_t number;

  if (!cli_number(port, PORT_MAX, &number)) {
    cli_error("%s: '%s' is no port, which is a number from 0 to %u", option,
              port, PORT_MAX);
    return CLI_USAGE;
  }
  if (gamut_listen(g, number, providers, &number, &error))
    return cli_refuse(a, &error);
  if (!cli_args_get(a, CLI_O_QUIET))
    cli_hint("listening at http://127.0.0.1:%u/%s", (unsigned)number,
             providers && providers[0] && !providers[1] ? providers[0]
                                                        : "PROVIDER");
  return 0;
}

/* ---- the verb ----------------------------------------------------------- */

static void print_refused(const struct gamut_event *e, struct json_object *o)
{
  const char *why = cli_view_str(o, "error");

  cli_print(stdout, "%s: refused (%lld): %s", e->provider ? e->provider : "?",
            (long long)e->number, why ? why : "no reason is known");
}

/* One line each as it comes, also into a pipe. */
static void print_event(const struct cli_args *a, const struct gamut_event *e)
{
  struct json_object *o = cli_view_parse(e->text);

  if (cli_args_get(a, CLI_O_JSON) && o) {
    json_object_object_add(
      o, "provider", e->provider ? json_object_new_string(e->provider) : NULL);
    json_object_object_add(o, "status", json_object_new_int64(e->number));
    puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                             JSON_C_TO_STRING_NOSLASHESCAPE));
  } else if (e->number != 200) {
    print_refused(e, o);
  } else {
    cli_print(stdout, "%s%s", e->provider,
              cli_view_bool(o, "repeated") ? " (again)" : "");
    cli_print_delivery(o);
  }
  json_object_put(o);
  fflush(stdout);
}

/* Is it about a job that nobody here has? */
static bool is_of_nobody(const struct gamut_event *e)
{
  struct json_object *o = cli_view_parse(e->text);
  bool fresh = o && !cli_view_bool(o, "repeated");

  json_object_put(o);
  return e->number == 200 && !e->id[0] && fresh;
}

/* The patience of those who left it ended then; here there is no end to it. */
static struct gamut_request *patiently(void)
{
  struct gamut_request *how = gamut_request_new();

  if (how)
    gamut_request_set(how, "timeout", "0", NULL);
  return how;
}

static uint32_t attach_all(struct gamut *g, struct json_object *jobs)
{
  struct gamut_request *how = patiently();
  struct gamut_error error;
  uint32_t n = 0;
  size_t i;

  for (i = 0; how && i < cli_view_count(jobs); i++) {
    struct json_object *job = cli_view_at(jobs, i);
    const char *id = cli_view_str(job, "id");

    if (!id || cli_view_bool(job, "driven"))
      continue;
    if (gamut_attach(g, id, how, NULL, NULL, &error))
      cli_error("job %s: %s [%s]", id, error.message,
                gamut_class_name(error.error_class));
    else
      n++;
  }
  gamut_request_free(how);
  return n;
}

static void resume(const struct cli_args *a, struct gamut *g)
{
  struct gamut_error error = { 0 };
  struct json_object *jobs;
  uint32_t n;

  if (!cli_args_get(a, CLI_O_RESUME))
    return;
  if (cli_view_jobs(g, "{\"state\":\"unfinished\"}", &jobs, &error)) {
    cli_error("%s [%s]", error.message, gamut_class_name(error.error_class));
    return;
  }
  n = attach_all(g, jobs);
  json_object_put(jobs);
  if (n > 0 && !cli_args_get(a, CLI_O_QUIET))
    cli_hint("going on with %u job%s", (unsigned)n, n == 1 ? "" : "s");
}

static void print_end(const struct cli_args *a, struct gamut_result *result)
{
  cli_print_result(a, result);
  gamut_result_free(result);
  fflush(stdout);
}

/* Until a signal, which is the way it is meant to end, or until nobody reads
 * what it prints. */
static int follow(const struct cli_args *a, struct gamut *g)
{
  const struct gamut_event *e;

  while (!cli_is_leaving() && !ferror(stdout)) {
    e = gamut_next_event(g, -1);
    if (e->type == GAMUT_EVENT_DONE)
      print_end(a, e->result);
    if (e->type != GAMUT_EVENT_DELIVERY)
      continue;
    print_event(a, e);
    if (is_of_nobody(e))
      resume(a, g);
  }
  return 0;
}

int cli_run_listen(const struct cli_args *a)
{
  const char *port = cli_args_get(a, CLI_O_PORT);
  struct gamut *g;
  int rc;

  if (!port) {
    cli_error("'gamut webhook listen' needs --port PORT");
    cli_hint("gamut help webhook explains");
    return CLI_USAGE;
  }
  rc = cli_open(a, NULL, &g);
  if (rc)
    return rc;
  gamut_want_events(g, 1);
  cli_heed_signals(g);
  rc = cli_listen(a, g, "--port", port, a->words + 1);
  if (rc == 0) {
    resume(a, g);
    rc = follow(a, g);
  }
  cli_heed_signals(NULL);
  gamut_close(g);
  return rc;
}
