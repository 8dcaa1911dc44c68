/* test_inputs_change.c - a file that changes between the request and its
 * sending is an error and not another picture, in this process and in the next.
 */
#include "api/context.h"
#include "base/file.h"
#include "engine/taker.h"
#include "unit/unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- changes on the way ------------------------------------------------- */

static const char *changing;

/* Of the same size; a clock of files may be too coarse to tell. */
static void another_picture(void)
{
  struct timespec times[2] = { { 0, UTIME_OMIT }, { 1, 0 } };
  int fd = open(changing, O_WRONLY);

  ck_assert_int_eq(pwrite(fd, "other", 5, 20), 5);
  close(fd);
  ck_assert_int_eq(utimensat(AT_FDCWD, changing, times, 0), 0);
}

static void no_picture(void)
{
  unlink(changing);
}

static void nothing(void)
{
}

static const struct {
  const char *name, *prompt;
  int first;
  void (*meanwhile)(void);
  int32_t error_class;
  int posts, maybe_charged;
} changes[] = {
  { "same", "form keyed", TAKER_RESETS, nothing, 0, 2, 0 },
  { "same after 503", "json", TAKER_503, nothing, 0, 2, 0 },
  { "form, free", "form free", TAKER_RESETS, another_picture, GAMUT_E_INVALID,
    1, 0 },
  { "json, free", "json free", TAKER_RESETS, another_picture, GAMUT_E_INVALID,
    1, 0 },
  { "raw, free", "raw free", TAKER_RESETS, another_picture, GAMUT_E_INVALID, 1,
    0 },
  { "gone, free", "json free", TAKER_RESETS, no_picture, GAMUT_E_INVALID, 1,
    0 },
  { "keyed", "json keyed", TAKER_RESETS, another_picture, GAMUT_E_UNKNOWN, 1,
    1 },
  { "gone, keyed", "json keyed", TAKER_RESETS, no_picture, GAMUT_E_UNKNOWN, 1,
    1 },
  { "made anew", "form", TAKER_503, another_picture, GAMUT_E_INVALID, 1, 0 },
};

START_TEST(another_picture_is_not_sent)
{
  char picture[100] = TAKER_PNG;
  struct gamut *g = taker_open();
  struct gamut_result *result;
  struct gamut_error err = { 0 };
  int32_t rc;

  taker.first = changes[_i].first;
  taker.meanwhile = changes[_i].meanwhile;
  changing = taker_file("changing.png", picture, sizeof(picture));
  rc = taker_run(g, changes[_i].prompt, changing, &result, &err);
  ck_assert_msg(rc == changes[_i].error_class, "%s: %d %s", changes[_i].name,
                (int)rc, err.message);
  ck_assert_int_eq(taker.posts, changes[_i].posts);
  ck_assert_ptr_nonnull(result);
  ck_assert_int_eq(gamut_result_maybe_charged(result),
                   changes[_i].maybe_charged);
  if (rc)
    ck_assert_msg(strstr(err.message, "changing.png") != NULL, "%s",
                  err.message);
  gamut_result_free(result);
  gamut_close(g);
}
END_TEST

/* ---- another process goes on -------------------------------------------- */

struct end {
  bool over;
  int32_t error_class;
  char message[500];
};

static void run_over(struct gm_run *run)
{
  struct end *e = run->owner;

  e->over = true;
  e->error_class = run->err.error_class;
  snprintf(e->message, sizeof(e->message), "%s", gm_error_text(&run->err));
  gm_run_free(run);
}

static const struct gm_run_ops ops = { .over = run_over };

/* The record of a job that has sent nothing yet. */
static char *record_of(const char *from)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut *g = taker_open();
  struct gm_ticket *t;
  char *text;

  gamut_request_link(r, "v:m", NULL);
  gamut_request_set(r, "prompt", "json", NULL);
  ck_assert_int_eq(gamut_request_input(r, "image", from, NULL), 0);
  ck_assert_int_eq(gamut_submit(g, r, NULL, NULL, NULL, NULL), 0);
  gamut_request_free(r);
  t = GM_CONTAINER(g->tickets.next, struct gm_ticket, link);
  text = gm_job_record(&t->run->job);
  gamut_close(g);
  return text;
}

static void take_up(const char *record, struct end *e)
{
  struct gamut *g = taker_open();
  struct gm_error err = GM_ERROR_INIT;
  struct gm_run *run;

  memset(e, 0, sizeof(*e));
  e->error_class =
    gm_run_restore(&g->router, record, strlen(record),
                   &(struct gm_restore){ .again = false }, &ops, e, &run, &err);
  snprintf(e->message, sizeof(e->message), "%s", gm_error_text(&err));
  gm_error_finish(&err);
  while (e->error_class == 0 && !e->over)
    gm_loop_turn(g->loop, 100);
  gamut_close(g);
}

START_TEST(inputs_survive_the_process)
{
  char *from = taker_way(_i), *record = record_of(from);
  struct end e;

  take_up(record, &e);
  ck_assert_msg(e.error_class == 0, "%s", e.message);
  taker_expect_json(taker_ways[_i].head);
  gm_free(record);
  gm_free(from);
}
END_TEST

START_TEST(others_do_not)
{
  char big[70000] = TAKER_PNG, *uri, *record;
  struct end e;

  changing = taker_file("changing.png", big, 100);
  record = record_of(changing);
  another_picture();
  take_up(record, &e);
  ck_assert_int_eq(e.error_class, GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(e.message, "has changed since"));
  gm_free(record);

  uri = taker_uri("data:image/png;base64,", big, sizeof(big));
  record = record_of(uri);
  ck_assert_uint_lt(strlen(record), 4000); /* not in every record */
  take_up(record, &e);
  ck_assert_int_eq(e.error_class, GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(e.message, "are gone with the process"));
  gm_free(record);
  gm_free(uri);
  ck_assert_int_eq(taker.posts, 0);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("inputs_change");

  tcase_add_checked_fixture(tc, taker_setup, taker_teardown);
  tcase_add_loop_test(tc, another_picture_is_not_sent, 0, (int)GM_LEN(changes));
  tcase_add_loop_test(tc, inputs_survive_the_process, 0,
                      (int)GM_LEN(taker_ways));
  tcase_add_test(tc, others_do_not);
  return unit_run("inputs_change", tc);
}
