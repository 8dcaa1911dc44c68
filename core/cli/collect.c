/* collect.c - `gamut wait`, `fetch`, `resume`, `cancel`: jobs that were left to
 * the vendor, by this process or another.
 */
#include "cli.h"
#include "clock.h"
#include "job.h"
#include "print.h"
#include "request.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_EVERY_MS 250
#define HEED_MS       30000 /* for another process to heed a wish */

typedef int print_fn(const struct cli_args *a, const struct gamut_result *r);

struct collection {
  const struct cli_args *args;
  print_fn *print;
  bool cancels;
  struct gamut *g;
  struct gamut_request *how; /* -o, --timeout ... */
  struct cli_progress progress;
  struct cli_waiting waiting;
  const char **others; /* ids of those that other processes drive */
  size_t n_others;
  int64_t late_ms; /* when --timeout is over; INT64_MAX: never */
  int rc;          /* of the last that went wrong */
};

static void note_failure(struct collection *c, int rc)
{
  if (rc)
    c->rc = rc;
}

static int finish(struct collection *c)
{
  cli_waiting_end(&c->waiting);
  gamut_request_free(c->how);
  gamut_close(c->g);
  free(c->waiting.ids);
  free(c->others);
  return c->rc;
}

static int begin(struct collection *c, const struct cli_args *a, size_t n)
{
  const char *timeout = cli_args_field(a, "timeout");
  int64_t limit_ms;
  int rc;

  memset(c, 0, sizeof(*c));
  c->args = a;
  c->print = cli_print_result;
  c->waiting.progress = &c->progress;
  cli_progress_begin(&c->progress, cli_args_get(a, CLI_O_QUIET) != NULL,
                     cli_args_get(a, CLI_O_VERBOSE) != NULL);
  c->how = gamut_request_new();
  rc = c->how ? cli_request_how(a, c->how) : cli_no_memory();
  if (rc) {
    gamut_request_free(c->how);
    return rc;
  }
  /* Who collects does not mean to pay; whoever does says so. */
  if (!cli_args_field(a, "resubmit"))
    gamut_request_set(c->how, "resubmit", "never", NULL);
  rc = cli_open(a, &c->progress, &c->g);
  if (rc) {
    gamut_request_free(c->how);
    return rc;
  }
  c->late_ms = INT64_MAX;
  /* 0 is no limit, as for the library. */
  if (timeout && cli_time(timeout, &limit_ms) && limit_ms > 0)
    c->late_ms = cli_now_ms() + limit_ms;
  c->waiting.g = c->g;
  c->waiting.ids = calloc(n + 1, sizeof(*c->waiting.ids));
  c->others = calloc(n + 1, sizeof(*c->others));
  if (c->waiting.ids && c->others)
    return 0;
  c->rc = cli_no_memory();
  return finish(c);
}

/* What another process drives is its own to end. */
static int refuse(struct collection *c, const struct gamut_error *error)
{
  if (error->error_class != GAMUT_E_RATE)
    return cli_refuse(c->args, error);
  cli_error("%s [%s]", error->message, gamut_class_name(GAMUT_E_RATE));
  cli_hint(
    "'gamut cancel' ends it there; or stop that process, and call again");
  return gamut_class_exit(GAMUT_E_RATE);
}

static void add(struct collection *c, const char *id)
{
  snprintf(c->waiting.ids[c->waiting.n++], GAMUT_ID_SIZE, "%s", id);
}

/* Until the last has ended, or others are to be looked at; each is printed as it
 * comes. */
static void collect(struct collection *c)
{
  struct gamut_result *r;

  while ((r = cli_waiting_next(&c->waiting))) {
    cli_progress_clear(&c->progress);
    note_failure(c, c->print(c->args, r));
    gamut_result_free(r);
  }
}

/* ---- wait -----------------------------------------------------------------
 */

/* 0: it has ended, and is printed. */
static int32_t print_ended(struct collection *c, const char *id,
                           struct gamut_error *error)
{
  struct gamut_result *r;
  int32_t rc = gamut_job_result(c->g, id, &r, error);

  if (rc)
    return rc;
  note_failure(c, c->print(c->args, r));
  gamut_result_free(r);
  return 0;
}

/* Has it ended, or the process that drove it?  False: neither. */
static bool look_at_other(struct collection *c, const char *id)
{
  struct gamut_error error = { 0 }, none = { 0 };
  int32_t rc = print_ended(c, id, &error);

  if (rc == 0)
    return true;
  if (rc == GAMUT_E_RATE)
    rc = gamut_attach(c->g, id, c->how, NULL, NULL, &error);
  if (rc == GAMUT_E_RATE)
    return false;
  if (rc && print_ended(c, id, &none) == 0) /* between the two */
    return true;
  if (rc == 0)
    add(c, id);
  else
    note_failure(c, cli_refuse(c->args, &error));
  if (rc == 0 && c->cancels)
    gamut_cancel(c->g, id);
  return true;
}

/* Whatever is taken up now has what is left of the time: a moment at least, for
 * none would be no limit. */
static void limit_rest(struct collection *c)
{
  int64_t left_ms = c->late_ms - cli_now_ms();
  char left[32];

  if (c->late_ms == INT64_MAX)
    return;
  snprintf(left, sizeof(left), "%lldms",
           (long long)(left_ms > 0 ? left_ms : 1));
  gamut_request_set(c->how, "timeout", left, NULL);
}

static void look_at_others(struct collection *c)
{
  size_t i, n = 0;

  limit_rest(c);
  for (i = 0; i < c->n_others; i++)
    if (!look_at_other(c, c->others[i]))
      c->others[n++] = c->others[i];
  c->n_others = n;
}

static void leave_others(struct collection *c)
{
  size_t i;

  for (i = 0; i < c->n_others; i++)
    cli_hint(c->cancels ? "job %s goes on: the process that drives it does not "
                          "answer; end it there, or stop that process"
                        : "job %s goes on in another process",
             c->others[i]);
  c->n_others = 0;
  note_failure(c, gamut_class_exit(GAMUT_E_DETACHED));
}

static void attach(struct collection *c, const char *id)
{
  struct gamut_error error = { 0 };

  switch (gamut_attach(c->g, id, c->how, NULL, NULL, &error)) {
  case 0:
    add(c, id);
    break;
  case GAMUT_E_INVALID:
    if (!cli_args_get(c->args, CLI_O_OUTPUT)) {
      if (print_ended(c, id, &error))
        note_failure(c, cli_refuse(c->args, &error));
    } else if (gamut_fetch(c->g, id, c->how, NULL, NULL, &error)) {
      note_failure(c, cli_refuse(c->args, &error));
    } else {
      add(c, id);
    }
    break;
  case GAMUT_E_RATE:
    c->others[c->n_others++] = id;
    break;
  default:
    note_failure(c, cli_refuse(c->args, &error));
  }
}

/* What other processes drive is looked at now and then, between our own. */
static void collect_all(struct collection *c)
{
  static const struct timespec pause = { 0, LOOK_EVERY_MS * 1000000L };

  c->waiting.look_ms = c->n_others > 0 ? LOOK_EVERY_MS : 0;
  collect(c);
  while (c->n_others > 0) {
    if (cli_now_ms() >= c->late_ms || cli_is_leaving())
      leave_others(c);
    else
      look_at_others(c);
    if (c->n_others == 0)
      c->waiting.look_ms = 0;
    else if (gamut_active(c->g) == 0)
      nanosleep(&pause, NULL);
    collect(c);
  }
}

int cli_run_wait(const struct cli_args *a)
{
  struct collection c;
  size_t i;
  int rc = begin(&c, a, a->n_words);

  if (rc)
    return rc;
  cli_waiting_begin(&c.waiting);
  for (i = 0; i < a->n_words; i++)
    attach(&c, a->words[i]);
  collect_all(&c);
  return finish(&c);
}

/* ---- fetch -----------------------------------------------------------------
 */

/* Maybe-charged, for an attempt of which nothing was ever seen. */
static bool is_unseen(struct gamut *g, const char *id)
{
  struct gamut_error error = { 0 };
  struct json_object *job;
  char *text = NULL;
  const char *state;
  bool unseen;

  if (gamut_job(g, id, &text, &error))
    return false;
  job = cli_view_parse(text);
  gamut_string_free(text);
  state = cli_view_str(job, "state");
  unseen = state && strcmp(state, "maybe-charged") == 0 &&
           cli_view_count(cli_view_get(job, "files")) == 0 &&
           !cli_view_bool(cli_view_get(job, "record"), "maybe_earlier");
  json_object_put(job);
  return unseen;
}

int cli_run_fetch(const struct cli_args *a)
{
  struct gamut_error error = { 0 };
  struct collection c;
  bool unseen;
  int rc = begin(&c, a, 1);

  if (rc)
    return rc;
  unseen = is_unseen(c.g, a->words[0]);
  cli_waiting_begin(&c.waiting);
  if (gamut_fetch(c.g, a->words[0], c.how, NULL, NULL, &error))
    note_failure(&c, refuse(&c, &error));
  else
    add(&c, a->words[0]);
  collect(&c);
  if (unseen && c.rc == 0 && !cli_args_get(a, CLI_O_QUIET))
    cli_hint("it was made, so it is not maybe-charged any more, but charged");
  return finish(&c);
}

/* ---- resume ----------------------------------------------------------------
 */

static void look_up(struct collection *c, const char *id)
{
  struct gamut_error error = { 0 };
  const char *verdict;

  if (gamut_settle_lookup(c->g, id, &verdict, &error))
    return; /* it cannot be told, and stays what it is */
  if (!cli_args_get(c->args, CLI_O_QUIET))
    cli_hint(strcmp(verdict, "running") == 0
               ? "job %s: the vendor has it after all"
               : "job %s: the vendor has no such job, nothing was charged",
             id);
}

/* Those of which nobody knows whether they were charged: where the vendor can
 * be asked, he is, and what he has is gone on with like the others. */
static void look_up_all(struct collection *c)
{
  struct gamut_error error = { 0 };
  struct json_object *jobs;
  size_t i;

  if (cli_view_jobs(c->g, "{\"state\":\"maybe-charged\"}", &jobs, &error))
    return;
  for (i = 0; i < cli_view_count(jobs); i++) {
    struct json_object *job = cli_view_at(jobs, i);

    if (!cli_view_str(job, "settled") && !cli_view_bool(job, "driven"))
      look_up(c, cli_view_str(job, "id"));
  }
  json_object_put(jobs);
}

static void resume_all(struct collection *c)
{
  struct gamut_error error = { 0 };
  uint32_t n = 0;

  if (gamut_resume_all(c->g, c->how, NULL, NULL, &n, &error)) {
    note_failure(c, cli_refuse(c->args, &error));
    return;
  }
  if (n == 0 && !cli_args_get(c->args, CLI_O_QUIET))
    cli_hint("no job waits");
  c->waiting.n = n;
  c->waiting.nameless = true;
}

/* Those that a signal left have no results: closing the context leaves them. */
static void tell_left(struct collection *c)
{
  size_t n = cli_waiting_left(&c->waiting);

  if (n == 0)
    return;
  cli_hint("%zu job%s left; gamut jobs shows %s, gamut resume goes on with %s",
           n, n == 1 ? " is" : "s are", n == 1 ? "it" : "them",
           n == 1 ? "it" : "them");
  note_failure(c, gamut_class_exit(GAMUT_E_DETACHED));
}

int cli_run_resume(const struct cli_args *a)
{
  struct collection c;
  size_t i;
  int rc = a->n_words ? cli_args_idle(a, CLI_O_ALL, "where an ID is given") : 0;

  if (!rc)
    rc = begin(&c, a, a->n_words);
  if (rc)
    return rc;
  cli_waiting_begin(&c.waiting);
  for (i = 0; i < a->n_words; i++)
    attach(&c, a->words[i]);
  if (a->n_words == 0) {
    look_up_all(&c);
    resume_all(&c);
  }
  collect_all(&c);
  tell_left(&c);
  return finish(&c);
}

/* ---- cancel ----------------------------------------------------------------
 */

/* What was wanted is what came. */
static int print_cancelled(const struct cli_args *a,
                           const struct gamut_result *r)
{
  if (gamut_result_status(r) != GAMUT_CANCELLED)
    return cli_print_result(a, r);
  if (cli_args_get(a, CLI_O_JSON)) {
    puts(gamut_result_json(r));
    return 0;
  }
  cli_print(stdout, "%s cancelled%s", gamut_result_id(r),
            gamut_result_maybe_charged(r)
              ? "; the vendor may go on with it, and charge for it"
              : "");
  if (gamut_result_maybe_charged(r))
    cli_hint("'gamut fetch %s' shows later whether it was made",
             gamut_result_id(r));
  return 0;
}

/* What another process drives it is asked to cancel. */
static void cancel(struct collection *c, const char *id)
{
  struct gamut_error error = { 0 };
  int32_t rc = gamut_attach(c->g, id, c->how, NULL, NULL, &error);

  if (rc == 0) {
    add(c, id);
    gamut_cancel(c->g, id);
    return;
  }
  if (rc == GAMUT_E_RATE)
    rc = gamut_cancel_elsewhere(c->g, id, &error);
  if (rc)
    note_failure(c, cli_refuse(c->args, &error));
  else
    c->others[c->n_others++] = id;
}

int cli_run_cancel(const struct cli_args *a)
{
  struct collection c;
  size_t i;
  int rc = begin(&c, a, a->n_words);

  if (rc)
    return rc;
  c.print = print_cancelled;
  c.cancels = true;
  c.late_ms = cli_now_ms() + HEED_MS;
  cli_waiting_begin(&c.waiting);
  for (i = 0; i < a->n_words; i++)
    cancel(&c, a->words[i]);
  collect_all(&c);
  return finish(&c);
}
