/* test_takeup.c - a job goes on in another context, from its record alone: what
 * was under way decides whether anything is sent, and how often. */
#include "api/context.h"
#include "engine/vendor.h"
#include "unit/scratch.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOBS "POST /a/jobs"

/* What the first context would have written last; free(). */
static char *record_of(struct gamut *g)
{
  struct gm_ticket *t = GM_CONTAINER(g->tickets.next, struct gm_ticket, link);
  char *text = gm_job_record(&t->run->job), *copy = strdup(text);

  gm_free(text);
  return copy;
}

static const char *state_of(struct gamut *g)
{
  struct gm_ticket *t = GM_CONTAINER(g->tickets.next, struct gm_ticket, link);

  return gm_job_state_name(&t->run->job);
}

/* How a job that was taken up ended. */
struct end {
  bool over;
  int32_t error_class;
  uint32_t outputs, attempts;
  char message[500];
};

static void run_over(struct gm_run *run)
{
  struct end *e = run->owner;

  e->over = true;
  e->error_class = run->err.error_class;
  e->outputs = run->job.found ? run->job.found->n_outputs : 0;
  e->attempts = run->n_attempts;
  snprintf(e->message, sizeof(e->message), "%s", gm_error_text(&run->err));
  gm_run_free(run);
}

static const struct gm_run_ops ops = { .over = run_over };

static void take_up(struct fix *f, const char *record, struct end *e)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_run *run;

  memset(e, 0, sizeof(*e));
  ck_assert_msg(gm_run_restore(&f->g->router, record, strlen(record),
                               &(struct gm_restore){ .again = false }, &ops, e,
                               &run, &err) == 0,
                "%s", gm_error_text(&err));
  while (!e->over)
    gm_loop_turn(f->g->loop, 100);
}

static void reopen(struct fix *f)
{
  char url[100];

  gamut_close(f->g);
  ck_assert_int_eq(gamut_open(NULL, &f->g, &f->err), 0);
  fix_set(f, "store", "memory");
  fix_set(f, "poll_interval", "2ms");
  fix_set(f, "retry_max_wait", "5ms");
  ck_assert_int_eq(gamut_register_provider(f->g, &vendor_a, &f->err), 0);
  fix_set(f, "a.base_url", script_url(f->script, "/a", url, sizeof(url)));
}

/* Of a row: what is asked and how far the first context comes; what the vendor
 * answers; what is expected of the second. */
/* clang-format off */
static const struct {
  const char *name, *prompt, *resubmit;
  const char *state; /* in which the first one is left */
  struct answer answers[6];
  int32_t error_class;
  int posts;
  uint32_t outputs;
} rows[] = {
  { .name = "no answer yet, no key",
    .prompt = "x", .resubmit = "never", .state = "sending",
    .answers = { HOLDS(JOBS) },
    .error_class = GAMUT_E_UNKNOWN, .posts = 1 },
  { .name = "no answer yet, cheap",
    .prompt = "x", .resubmit = "always", .state = "sending",
    .answers = { HOLDS_ONCE(JOBS), SAYS(JOBS, MADE), PICTURE },
    .posts = 2, .outputs = 1 },
  { .name = "no answer yet, keyed",
    .prompt = "keyed", .resubmit = "never", .state = "sending",
    .answers = { HOLDS_ONCE(JOBS), SAYS(JOBS, MADE), PICTURE },
    .posts = 2, .outputs = 1 },
  { .name = "free",
    .prompt = "free", .resubmit = "never", .state = "sending",
    .answers = { HOLDS_ONCE(JOBS), SAYS(JOBS, MADE), PICTURE },
    .posts = 2, .outputs = 1 },
  { .name = "the vendor works",
    .prompt = "x", .resubmit = "never", .state = "waiting",
    .answers = { WORKS_FOR(20, "a", MADE), PICTURE },
    .posts = 1, .outputs = 1 },
  { .name = "the vendor failed meanwhile",
    .prompt = "x", .resubmit = "never", .state = "waiting",
    .answers = { WORKS_FOR(20, "a", "{\"status\":\"failed\",\"error\":"
                                    "{\"code\":\"unsafe\"}}") },
    .error_class = GAMUT_E_BLOCKED, .posts = 1 },
  { .name = "outputs on their way",
    .prompt = "x", .resubmit = "never", .state = "fetching",
    .answers = { SAYS(JOBS, "{\"id\":\"1\",\"status\":\"done\",\"images\":"
                            "[{\"url\":\"$/f.png\"},{\"url\":\"$/g.png\"}]}"),
                 HOLDS_ONCE("GET /f.png"), PICTURE,
                 SAYS("GET /g.png", "@png") },
    .posts = 1, .outputs = 2 },
};
/* clang-format on */

START_TEST(goes_on)
{
  struct gamut_request *r =
    fix_request("a:m", rows[_i].prompt, "resubmit", rows[_i].resubmit, NULL);
  struct fix f;
  struct end e;
  char *record;
  int k = 0;

  fix_open(&f, rows[_i].answers, GM_LEN(rows[_i].answers), 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, NULL, &f.err), 0);
  /* A wait is short; else it stays in its state, and its request is out. */
  while (k < (strcmp(rows[_i].state, "waiting") == 0 ? 1 : 5)) {
    gamut_step(f.g, 1);
    k = strcmp(state_of(f.g), rows[_i].state) == 0 ? k + 1 : 0;
  }
  script_wait(f.script, JOBS, 1);
  record = record_of(f.g);
  reopen(&f);
  take_up(&f, record, &e);
  ck_assert_msg(e.error_class == rows[_i].error_class, "%s: %s (%s)",
                rows[_i].name, e.message, record);
  ck_assert_msg(script_count(f.script, JOBS) == rows[_i].posts,
                "%s: %d submissions", rows[_i].name,
                script_count(f.script, JOBS));
  ck_assert_uint_eq(e.outputs, rows[_i].outputs);
  if (strcmp(rows[_i].prompt, "keyed") == 0)
    ck_assert_str_eq(script_header(f.script, JOBS, 0, "idempotency-key"),
                     script_header(f.script, JOBS, 1, "idempotency-key"));
  free(record);
  gamut_request_free(r);
  script_go(f.script);
  fix_close(&f);
}
END_TEST

/* The process was killed between giving the file its name and writing that
 * down: the same bytes are the result, others are somebody else's. */
START_TEST(file_is_there)
{
  static const struct answer answers[] = {
    SAYS(JOBS, MADE),
    HOLDS_ONCE("GET /f.png"),
    PICTURE,
  };
  const char *folder = scratch_folder(), *path = scratch_path(folder, "f.png");
  struct gamut_request *r = fix_request("a:m", "x", "output", path, NULL);
  const unsigned char *png;
  size_t len = script_png(&png);
  struct stat st;
  struct fix f;
  struct end e;
  char *record;

  fix_open(&f, answers, GM_LEN(answers), 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, NULL, &f.err), 0);
  while (script_count(f.script, "GET /f.png") == 0)
    gamut_step(f.g, 1);
  record = record_of(f.g);
  reopen(&f);
  scratch_write(path, png, len - (size_t)_i, 0600);
  take_up(&f, record, &e);
  ck_assert_msg(e.error_class == (_i ? GAMUT_E_STORAGE : 0), "%s", e.message);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  ck_assert_int_eq(stat(path, &st), 0);
  ck_assert_uint_eq((size_t)st.st_size, len - (size_t)_i);
  ck_assert_int_eq(unlink(path), 0);
  ck_assert_int_eq(rmdir(folder), 0); /* no draft is left */
  free(record);
  gamut_request_free(r);
  script_go(f.script);
  fix_close(&f);
}
END_TEST

/* A record that cannot be gone on with is refused, and nothing is sent. */
static const struct {
  const char *name, *from, *to, *part;
  int32_t error_class;
} refusals[] = {
  { "garbage", "{", "[", "record is broken", GAMUT_E_PROTOCOL },
  { "version", "\"v\":1", "\"v\":9", "another version of gamut",
    GAMUT_E_UNSUPPORTED },
  { "state version", "\"state_version\":0", "\"state_version\":7",
    "another version of provider", GAMUT_E_UNSUPPORTED },
  { "provider", "\"instance\":\"a\"", "\"instance\":\"gone\"", "gone",
    GAMUT_E_NOT_FOUND },
  { "place", "\"base_url\":\"", "\"base_url\":\"https://else.test/?",
    "set it back", GAMUT_E_INVALID },
  { "no links", "\"links\":[", "\"link\":[", "is broken", GAMUT_E_PROTOCOL },
  { "pending", "\"method\":\"GET\"", "\"method\":\"G T\"", "is broken",
    GAMUT_E_PROTOCOL },
};

static char *replaced(const char *text, const char *from, const char *to)
{
  const char *at = strstr(text, from);
  char *out = malloc(strlen(text) + strlen(to) + 1);

  ck_assert_ptr_nonnull(at);
  sprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
  return out;
}

START_TEST(refused)
{
  static const struct answer answers[] = { WORKS("a") };
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct gm_error err = GM_ERROR_INIT;
  struct fix f;
  struct end e;
  struct gm_run *run;
  char *record, *bad;
  int asked;

  fix_open(&f, answers, GM_LEN(answers), 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, NULL, &f.err), 0);
  while (strcmp(state_of(f.g), "waiting") != 0)
    gamut_step(f.g, 2);
  record = record_of(f.g);
  bad = replaced(record, refusals[_i].from, refusals[_i].to);
  reopen(&f);
  asked = script_count(f.script, "");
  ck_assert_int_eq(gm_run_restore(&f.g->router, bad, strlen(bad),
                                  &(struct gm_restore){ .again = false }, &ops,
                                  &e, &run, &err),
                   refusals[_i].error_class);
  ck_assert_msg(strstr(gm_error_text(&err), refusals[_i].part) != NULL,
                "%s: %s", refusals[_i].name, gm_error_text(&err));
  ck_assert_int_eq(script_count(f.script, ""), asked);
  gm_error_finish(&err);
  free(bad);
  free(record);
  gamut_request_free(r);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("takeup");

  tcase_add_loop_test(tc, goes_on, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, file_is_there, 0, 2);
  tcase_add_loop_test(tc, refused, 0, GM_LEN(refusals));
  return unit_run("takeup", tc);
}
