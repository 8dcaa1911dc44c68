/* batch.c - `gamut batch`: one request a line, many at once, results as they
 * come.
 *
 * A line is bound to its job by a key that the file's name and the line itself
 * give (gamut_submit_once, batch_key.c), so a batch that was killed goes on
 * where it was, whatever else its file says by now: what has ended is told
 * again, what is under way at a vendor is collected, what was never sent is
 * sent. */
#include "batch_file.h"
#include "cli.h"
#include "clock.h"
#include "folder.h"
#include "job.h"
#include "print.h"
#include "request.h"
#include "view.h"
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 16 /* preset of -j */
#define AT_MOST 10000u
#define DRAW_MS 200

struct slot {
  char id[GAMUT_ID_SIZE];
  size_t line;
};

struct batch {
  const struct cli_args *args;
  const char *folder; /* or NULL */
  struct cli_batch_file file;
  struct gamut *g;
  struct cli_progress quiet; /* of single jobs: silent */
  struct slot *slots;        /* those under way */
  size_t n_slots, at_once, next;
  size_t completed, failed, blocked, known;
  size_t begun;     /* lines that had jobs before */
  size_t elsewhere; /* another process works on them, and tells their ends */
  int64_t cost_microusd;
  bool unpriced;                       /* of some the cost is not known */
  int64_t begun_ms, drawn_ms, time_ms; /* time_ms: for all; -1: no limit */
  bool live;
};

/* ---- progress --------------------------------------------------------------
 */

static size_t over(const struct batch *b)
{
  return b->completed + b->failed + b->blocked + b->elsewhere;
}

/* "3 failed, 0 blocked, $0.075" */
static const char *rest(const struct batch *b, char buf[160])
{
  char money[48], elsewhere[40] = "";

  if (b->elsewhere)
    snprintf(elsewhere, sizeof(elsewhere), "%zu elsewhere, ", b->elsewhere);
  snprintf(buf, 160, "%zu failed, %zu blocked, %s%s%s", b->failed, b->blocked,
           elsewhere, b->unpriced ? "at least " : "",
           cli_money(money, b->cost_microusd, false));
  return buf;
}

static void draw(struct batch *b, bool last)
{
  /* What was known before took no time. */
  size_t fresh = over(b) - b->known - b->elsewhere;
  int64_t now = cli_now_ms(), left = 0;
  char buf[160];

  if (!b->live || (!last && now - b->drawn_ms < DRAW_MS))
    return;
  b->drawn_ms = now;
  if (fresh)
    left = (now - b->begun_ms) / (int64_t)fresh *
           (int64_t)(b->file.n_lines - over(b)) / 1000;
  fprintf(stderr, "\r\033[K%zu/%zu done, %s", b->completed, b->file.n_lines,
          rest(b, buf));
  if (!last && fresh)
    fprintf(stderr, ", %lld:%02lld to go", (long long)(left / 60),
            (long long)(left % 60));
  if (last)
    fputc('\n', stderr);
  fflush(stderr);
}

/* ---- results ----------------------------------------------------------------
 */

static void count(struct batch *b, const struct gamut_result *r)
{
  int64_t cost = gamut_result_cost(r, NULL);

  if (gamut_result_status(r) == GAMUT_COMPLETED)
    b->completed++;
  else if (gamut_result_status(r) == GAMUT_BLOCKED)
    b->blocked++;
  else
    b->failed++;
  if (cost >= 0)
    b->cost_microusd += cost;
  else if (gamut_result_status(r) == GAMUT_COMPLETED)
    b->unpriced = true;
}

/* The result without what only one who looks closely wants. */
static void print_line(const struct batch *b, size_t line,
                       struct json_object *o)
{
  json_object_object_add(
    o, "line", json_object_new_int64((int64_t)b->file.lines[line].number));
  json_object_object_del(o, "raw");
  puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
                                           JSON_C_TO_STRING_NOSLASHESCAPE));
  cli_flush_output();
}

static void print_end(struct batch *b, size_t line,
                      const struct gamut_result *r)
{
  struct json_object *o = cli_view_parse(gamut_result_json(r));

  if (b->live)
    fputs("\r\033[K", stderr);
  count(b, r);
  if (o)
    print_line(b, line, o);
  json_object_put(o);
}

static void print_refusal(struct batch *b, size_t line,
                          const struct gamut_error *error)
{
  struct json_object *o = cli_refusal(error);

  if (b->live)
    fputs("\r\033[K", stderr);
  b->failed++;
  print_line(b, line, o);
  json_object_put(o);
}

/* Its end is the other's to tell. */
static void note_elsewhere(struct batch *b, size_t line,
                           const struct gamut_error *error)
{
  b->elsewhere++;
  if (cli_args_get(b->args, CLI_O_QUIET))
    return;
  if (b->live)
    fputs("\r\033[K", stderr);
  cli_hint("line %lu: %s", b->file.lines[line].number, error->message);
}

/* ---- one line ------------------------------------------------------------
 */

/* "out/00042.png", or as the line says, in the folder of --out-dir. */
static int32_t set_output(struct batch *b, size_t line, struct json_object *o,
                          struct gamut_request *r, struct gamut_error *error)
{
  char *path = cli_batch_output(&b->file, line, o, b->folder);
  int32_t rc =
    path ? gamut_request_set(r, "output", path, error) : GAMUT_E_NOMEM;

  free(path);
  return rc;
}

/* The model leads the route, before every fallback: the line's, or else that of
 * the command line. */
static int32_t add_model(struct batch *b, size_t line, struct json_object *o,
                         struct gamut_request *r, struct gamut_error *error)
{
  const char *model = cli_args_get(b->args, CLI_O_MODEL);

  if (cli_view_get(o, "model"))
    return cli_batch_model(&b->file, o, line, r, error);
  return model ? gamut_request_link(r, model, error) : 0;
}

static int32_t make_request(struct batch *b, size_t line,
                            struct gamut_request *r, struct gamut_error *error)
{
  struct json_object *o = cli_batch_object(&b->file, line);
  int32_t rc = add_model(b, line, o, r, error);

  /* begin() has looked at all but the memory. */
  if (rc == 0 && cli_request_how(b->args, r))
    rc = error->error_class = GAMUT_E_NOMEM;
  if (rc == 0)
    rc = cli_batch_add(&b->file, o, line, r, error);
  if (rc == 0)
    rc = set_output(b, line, o, r, error);
  json_object_put(o);
  return rc;
}

static void begin_line(struct batch *b, size_t line)
{
  struct gamut_error error = { 0 };
  struct gamut_result *result = NULL;
  struct gamut_request *r = gamut_request_new();
  char key[CLI_BATCH_KEY];
  struct slot *s = &b->slots[b->n_slots];
  int32_t rc;

  cli_batch_key(&b->file, line, key);
  rc = error.error_class = r ? make_request(b, line, r, &error) : GAMUT_E_NOMEM;
  if (rc == 0)
    rc = gamut_submit_once(b->g, r, key, NULL, NULL, s->id, &result, &error);
  gamut_request_free(r);
  if (rc == GAMUT_E_RATE) {
    note_elsewhere(b, line, &error);
  } else if (rc) {
    print_refusal(b, line, &error);
  } else if (result) {
    b->known++;
    print_end(b, line, result);
  } else {
    s->line = line;
    b->n_slots++;
  }
  gamut_result_free(result);
}

static void end_line(struct batch *b, const char *id, struct gamut_result *r)
{
  size_t i;

  for (i = 0; i < b->n_slots; i++) {
    if (strcmp(b->slots[i].id, id) != 0)
      continue;
    if (gamut_result_status(r) != GAMUT_DETACHED)
      print_end(b, b->slots[i].line, r);
    b->slots[i] = b->slots[--b->n_slots];
    break;
  }
  gamut_result_free(r);
}

/* ---- all of them ---------------------------------------------------------
 */

static bool is_late(const struct batch *b)
{
  return b->time_ms >= 0 && cli_now_ms() - b->begun_ms >= b->time_ms;
}

static bool goes_on(const struct batch *b)
{
  return !cli_is_leaving() && !is_late(b);
}

static uint32_t wait_ms(const struct batch *b)
{
  int64_t left = b->time_ms - (cli_now_ms() - b->begun_ms);

  if (b->time_ms < 0 || left >= DRAW_MS)
    return DRAW_MS;
  return left > 0 ? (uint32_t)left : 0;
}

/* The jobs that go on without us. */
static void tell_left(const struct batch *b)
{
  size_t i;

  for (i = 0; i < b->n_slots && is_late(b); i++)
    cli_hint("line %lu goes on as job %s",
             b->file.lines[b->slots[i].line].number, b->slots[i].id);
}

static void run(struct batch *b)
{
  b->begun_ms = cli_now_ms();
  cli_heed_signals(b->g);
  while (goes_on(b) && (b->next < b->file.n_lines || b->n_slots > 0)) {
    const struct gamut_event *e;

    while (b->next < b->file.n_lines && b->n_slots < b->at_once && goes_on(b)) {
      begin_line(b, b->next++);
      draw(b, false);
    }
    if (b->n_slots == 0)
      continue;
    e = gamut_next_event(b->g, (int32_t)wait_ms(b));
    if (e && e->type == GAMUT_EVENT_DONE)
      end_line(b, e->id, e->result);
    draw(b, false);
  }
  cli_heed_signals(NULL);
  draw(b, true);
  if (!cli_args_get(b->args, CLI_O_QUIET))
    tell_left(b);
}

/* A store that forgets knows of no line that was paid for before. */
static int check_store(struct batch *b)
{
  if (!cli_args_get(b->args, CLI_O_RESUME) || gamut_durable(b->g))
    return 0;
  cli_error("there is no store that would remember the batch [storage]");
  cli_hint("'gamut doctor' tells why; without --resume every line is sent, and "
           "paid for");
  return gamut_class_exit(GAMUT_E_STORAGE);
}

/* How many lines have jobs, and which of them have files of their own: one that
 * failed writes where the line does now.  One of which that cannot be read says
 * so when it is its turn. */
static int32_t count_begun(struct batch *b, struct gamut_error *error)
{
  char key[CLI_BATCH_KEY];
  int32_t rc = 0, once;
  size_t i;

  for (i = 0; rc == 0 && i < b->file.n_lines; i++) {
    cli_batch_key(&b->file, i, key);
    rc = gamut_look_once(b->g, key, &once, error);
    if (rc == GAMUT_E_PROTOCOL) {
      once = GAMUT_ONCE_KEPT;
      rc = 0;
    }
    if (rc == 0) {
      b->file.lines[i].keeps_name = once == GAMUT_ONCE_KEPT;
      b->begun += once != GAMUT_ONCE_NEW;
    }
  }
  return rc;
}

/* Begun before: going on is meant only when that is said. */
static int check_begun(struct batch *b)
{
  struct gamut_error error = { 0 };

  if (count_begun(b, &error))
    return cli_refuse(b->args, &error);
  if (b->begun == 0 || cli_args_get(b->args, CLI_O_RESUME))
    return 0;
  cli_error("this batch was begun before: %zu of its %zu lines have jobs",
            b->begun, b->file.n_lines);
  cli_hint(
    "--resume goes on with them, and pays only for the others; a file of "
    "another name begins anew, and so does a line that says something else");
  return CLI_USAGE;
}

/* In a file that was edited numbers have moved: a line that is new must not
 * write where one that has its job does, not even with --force, nor may two
 * that are new write the same.  Files in the way of others are said before
 * anything is paid. */
static int check_names(struct batch *b)
{
  const char *n = cli_args_field(b->args, "n");
  struct cli_batch_where where = { .folder = b->folder,
                                   .several = n && strcmp(n, "1") != 0,
                                   .seed = cli_args_field(b->args, "seed") };
  struct gamut_error error = { 0 };
  int rc = 0;

  if (cli_args_field(b->args, "download"))
    return 0;
  if (cli_view_jobs(b->g, "{\"state\":\"unfinished\"}", &where.unfinished,
                    &error))
    return cli_refuse(b->args, &error);
  if (b->begun > 0)
    rc = cli_batch_place(&b->file, &where);
  if (rc == 0)
    rc = cli_batch_check_twins(&b->file, &where);
  if (rc == 0 && !cli_args_field(b->args, "force"))
    rc = cli_batch_check_names(&b->file, &where);
  json_object_put(where.unfinished);
  return rc;
}

static int begin(struct batch *b)
{
  const char *jobs = cli_args_get(b->args, CLI_O_AT_ONCE);
  const char *deadline = cli_args_get(b->args, CLI_O_DEADLINE);
  struct gamut_request *r;
  uint32_t n = AT_ONCE;
  int rc;

  if (jobs && (!cli_number(jobs, AT_MOST, &n) || n == 0)) {
    cli_error("-j '%s' is no number from 1 to %u", jobs, AT_MOST);
    return CLI_USAGE;
  }
  b->time_ms = -1;
  if (deadline && !cli_time(deadline, &b->time_ms)) {
    cli_error("--deadline '%s' is no time: 90, 90s, 5m, 2h, 1d", deadline);
    return CLI_USAGE;
  }
  /* What is wrong with the command line is said once, not at each line. */
  r = gamut_request_new();
  rc = r ? cli_request_how(b->args, r) : cli_no_memory();
  gamut_request_free(r);
  if (rc)
    return rc;
  b->at_once = n;
  b->slots = calloc(b->at_once + 1, sizeof(*b->slots));
  b->folder = cli_args_get(b->args, CLI_O_OUT_DIR);
  b->live = !cli_args_get(b->args, CLI_O_QUIET) && cli_term_live(2);
  if (!b->slots)
    return cli_no_memory();
  return b->folder ? cli_folder_make("--out-dir", b->folder) : 0;
}

static int summary(const struct batch *b)
{
  size_t left = b->file.n_lines - over(b);
  char buf[160];

  if (left)
    cli_hint("%zu of %zu lines are left; gamut batch --resume goes on", left,
             b->file.n_lines);
  else if (!b->live && !cli_args_get(b->args, CLI_O_QUIET))
    cli_hint("%zu done, %s", b->completed, rest(b, buf));
  if (left || b->elsewhere)
    return gamut_class_exit(GAMUT_E_DETACHED);
  return b->failed || b->blocked ? CLI_FOUND : 0;
}

int cli_run_batch(const struct cli_args *a)
{
  struct batch b = { .args = a };
  int rc = cli_batch_read(a->words[0], &b.file);

  if (rc == 0)
    rc = begin(&b);
  if (rc == 0)
    rc = cli_open(a, NULL, &b.g);
  if (rc == 0) {
    rc = check_store(&b);
    if (rc == 0)
      rc = check_begun(&b);
    if (rc == 0)
      rc = check_names(&b);
    if (rc == 0) {
      run(&b);
      rc = summary(&b);
    }
    gamut_close(b.g);
  }
  free(b.slots);
  cli_batch_finish(&b.file);
  return rc;
}
