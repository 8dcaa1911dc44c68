/* test_left.c - what a context has left, or takes for its own, when the store
 * says otherwise: its name has lapsed while it hung, a request has become
 * another's, or is there no more while its parts are. */
#include "api/context.h"
#include "base/clock.h"
#include "engine/attach_kit.h"
#include "route/ledger.h"
#include "store/kit.h"
#include <stdio.h>

#define A_POSTS "POST /a/jobs"
#define B_POSTS "POST /b/jobs"

static void add_b(struct fix *f)
{
  fix_provider(f, &vendor_b);
}

static void submit(struct fix *f, struct gamut_request *r,
                   char id[GAMUT_ID_SIZE])
{
  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

static void until_asked(struct fix *f, const char *asks, int n)
{
  while (script_count(f->script, asks) < n)
    gamut_step(f->g, 1);
}

static void ck_detached(struct fix *f, const char *id)
{
  struct gamut_result *result = fix_wait(f, id);

  ck_class(result, GAMUT_E_DETACHED);
  gamut_result_free(result);
}

/* The job's row becomes that of an owner, who is good for so long. */
static void give_to(const char *id, const char *owner, int64_t ttl_ms)
{
  struct gamut_store_op op = {
    .table = "job", .key = id, .changes = GAMUT_SET_OWNER, .owner = owner
  };
  struct kit k;

  kit_open(&k, KIT_SQLITE, folder);
  kit_owner(&k, owner, ttl_ms);
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  kit_close(&k);
}

/* ---- its own --------------------------------------------------------------
 */

static void owner_of(const char *id, char owner[GAMUT_ID_SIZE])
{
  struct kit_row row;
  struct kit k;

  kit_open(&k, KIT_SQLITE, folder);
  ck_assert(kit_get(&k, "job", id, &row));
  snprintf(owner, GAMUT_ID_SIZE, "%.26s", row.owner);
  kit_close(&k);
}

static bool has_row(const char *id)
{
  struct kit_row row;
  struct kit k;
  bool there;

  kit_open(&k, KIT_SQLITE, folder);
  there = kit_get(&k, "job", id, &row);
  kit_close(&k);
  return there;
}

static bool is_sending(struct fix *f)
{
  const struct gm_ticket *t =
    GM_CONTAINER(f->g->tickets.next, struct gm_ticket, link);

  return t->run->job.state == GM_JOB_SENDING;
}

/* The context has hung, and others could have taken what it has; or one did,
 * and hangs now.  It does not take it from itself: two would go on with one
 * job. */
START_TEST(its_own)
{
  static const struct answer answers[] = { WORKS("a") };
  char id[GAMUT_ID_SIZE], owner[GAMUT_ID_SIZE] = "another";
  uint32_t n = 7;
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  submit(&f, fix_request("a:cheap", "x", NULL), id);
  until_asked(&f, POLL, 2);
  if (_i == 0)
    owner_of(id, owner);
  give_to(id, owner, 0);
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err),
                   GAMUT_E_RATE);
  give_to(id, owner, 0);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 0);
  ck_assert_uint_eq(gamut_active(f.g), 1);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  finish(&f);
}
END_TEST

/* It was written down that it is about to be sent, and then nothing went on
 * here for so long that another process took it: the one that wakes up sends
 * nothing on the strength of that. */
START_TEST(written_long_ago)
{
  static const struct answer answers[] = { WORKS("a") };
  char id[GAMUT_ID_SIZE];
  struct fix f;

  gm_clock_fake(1000000, gm_wall_ms());
  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  submit(&f, fix_request("a:cheap", "x", NULL), id);
  while (!is_sending(&f))
    gamut_step(f.g, 0);
  while (!has_row(id))
    kit_sleep(1);
  gm_clock_advance(40000);
  give_to(id, "another", 60000);
  ck_detached(&f, id);
  ck_assert_int_eq(script_count(f.script, JOBS), 0);
  finish(&f);
  gm_clock_real();
}
END_TEST

/* ---- parts ----------------------------------------------------------------
 */

static struct gamut_request *two_parts(void)
{
  return fix_request("a:set b:set", "x", "n", "2", "spread", "yes", NULL);
}

static void ck_only_row(const char *id)
{
  const struct gamut_store_query all = { .struct_size = sizeof(all),
                                         .table = "job" };
  struct kit k;

  kit_open(&k, KIT_SQLITE, folder);
  ck_assert_str_eq(kit_keys(&k, &all), id);
  kit_close(&k);
}

/* Another process has the request, and begins parts of its own where it finds
 * none: those of ours are not written behind its back, or somebody would find
 * them and pay for them, too. */
START_TEST(of_anothers)
{
  static const struct answer answers[] = { WORKS("a"), WORKS("b") };
  char id[GAMUT_ID_SIZE];
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  add_b(&f);
  submit(&f, two_parts(), id);
  while (!has_row(id))
    kit_sleep(1);
  give_to(id, "another", 60000);
  if (_i == 1)
    gamut_step(f.g, 0); /* they are about to be written */
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  ck_detached(&f, id);
  gamut_close(GM_TAKE(f.g));
  ck_only_row(id);
  ck_assert_int_eq(script_count(f.script, "POST"), 0);
  finish(&f);
}
END_TEST

/* It becomes another's just before it ends here, where no record of what has
 * ended is kept.  Its end is not written then, and its parts stay to be seen:
 * it is not made once more. */
START_TEST(of_one_that_became_anothers)
{
  static const struct answer answers[] = {
    SAYS(A_POSTS, MADE),
    { B_POSTS, 0, SCRIPT_LATE, MADE, NULL, 0 },
    PICTURE,
  };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  uint32_t n = 0;
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  add_b(&f);
  fix_set(&f, "keep_jobs", "0");
  submit(&f, two_parts(), id);
  until_asked(&f, "GET /f.png", 1);
  until_asked(&f, B_POSTS, 1);
  give_to(id, "another", 0);
  script_go(f.script);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  gamut_close(f.g);
  open_here(&f);
  add_b(&f);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 1);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  ck_assert_uint_eq(gamut_result_artifacts(result), 2);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, "POST"), 2);
  finish(&f);
}
END_TEST

/* A part has ended, and its files are fetched once more before its request goes
 * on.  Also where no record of what has ended is kept, the request needs that
 * of the part: it would be begun anew. */
START_TEST(of_one_that_goes_on)
{
  static const struct answer answers[] = { WORKS_FOR(1, "a", MADE), WORKS("b"),
                                           PICTURE };
  char id[GAMUT_ID_SIZE], part[GAMUT_ID_SIZE];
  struct gamut_result *result;
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  add_b(&f);
  fix_set(&f, "keep_jobs", "0");
  submit(&f, two_parts(), id);
  until_asked(&f, "GET /f.png", 1);
  until_asked(&f, "GET /b/jobs/1", 9);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  ck_detached(&f, id);
  first_id(&f, "{\"state\":\"completed\",\"parts\":true}", part);
  ck_assert_int_eq(gamut_fetch(f.g, part, NULL, NULL, NULL, &f.err), 0);
  if (_i == 1)
    ck_assert_int_eq(gamut_detach(f.g, part), 0);
  result = fix_wait(&f, part);
  ck_class(result, _i ? GAMUT_E_DETACHED : 0);
  gamut_result_free(result);
  ck_assert_int_eq(gamut_attach(f.g, id, NULL, NULL, NULL, &f.err), 0);
  until_asked(&f, "GET /b/jobs/1", 15);
  ck_assert_int_eq(script_count(f.script, "POST"), 2);
  finish(&f);
}
END_TEST

static int n_rows(void)
{
  const struct gamut_store_query all = { .struct_size = sizeof(all),
                                         .table = "job" };
  struct kit k;
  size_t len;

  kit_open(&k, KIT_SQLITE, folder);
  len = strlen(kit_keys(&k, &all));
  kit_close(&k);
  return (int)((len + 1) / GAMUT_ID_SIZE);
}

/* It is found to be another's when a second link is to begin, while the first
 * is at the vendor: that is seen to its end here, alone, and its record stays
 * for whoever goes on with the request. */
START_TEST(of_one_that_was_lost)
{
  static const struct answer answers[] = {
    SAYS(A_POSTS, QUEUED),
    HOLDS_ONCE(POLL),
    SAYS(POLL, MADE),
    WORKS("b"),
    PICTURE,
  };
  char id[GAMUT_ID_SIZE];
  struct fix f;
  int i;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  add_b(&f);
  fix_set(&f, "keep_jobs", "0");
  submit(&f, fix_request("a:cheap b:cheap", "x", "hedge", "1s", NULL), id);
  until_asked(&f, POLL, 1);
  give_to(id, "another", 60000);
  ck_detached(&f, id);
  script_go(f.script);
  until_asked(&f, POLL, 2);
  for (i = 0; i < 50; i++)
    gamut_step(f.g, 1);
  gamut_close(GM_TAKE(f.g));
  ck_assert_int_eq(n_rows(), 2);
  ck_assert_int_eq(script_count(f.script, "POST"), 1);
  finish(&f);
}
END_TEST

static void remove_row(const char *id)
{
  struct gamut_store_op op = { .table = "job",
                               .key = id,
                               .changes = GAMUT_REMOVE };
  struct kit k;

  kit_open(&k, KIT_SQLITE, folder);
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  kit_close(&k);
}

/* The request has ended and is forgotten: its parts are gone on with alone. */
START_TEST(of_one_that_is_gone)
{
  static const struct answer answers[] = { WORKS("a"), WORKS("b") };
  char id[GAMUT_ID_SIZE];
  uint32_t n = 0;
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  add_b(&f);
  submit(&f, two_parts(), id);
  until_asked(&f, POLL, 1);
  until_asked(&f, "GET /b/jobs/1", 1);
  gamut_close(f.g);
  remove_row(id);
  open_here(&f);
  add_b(&f);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 2);
  ck_assert_int_eq(script_count(f.script, "POST"), 2);
  finish(&f);
}
END_TEST

/* The other link was quicker and has made it; this one is at the vendor yet
 * when nobody waits any more.  No record of what has ended is kept, but it has
 * not. */
START_TEST(that_lost)
{
  static const struct answer answers[] = {
    WORKS("a"),
    HOLDS("DELETE /a/jobs/1"),
    SAYS(B_POSTS, MADE),
    PICTURE,
  };
  char id[GAMUT_ID_SIZE];
  struct gamut_result *result;
  uint32_t n = 0;
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  add_b(&f);
  fix_set(&f, "keep_jobs", "0");
  submit(&f, fix_request("a:cheap b:cheap", "x", "hedge", "20ms", NULL), id);
  until_asked(&f, "DELETE /a/jobs/1", 1);
  until_asked(&f, "GET /f.png", 1);
  while (gamut_step(f.g, 20) < 0 || script_count(f.script, A_POSTS) == 0)
    ;
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  gamut_close(f.g);
  open_here(&f);
  add_b(&f);
  ck_assert_int_eq(gamut_resume_all(f.g, NULL, NULL, NULL, &n, &f.err), 0);
  ck_assert_uint_eq(n, 1);
  script_go(f.script);
  finish(&f);
}
END_TEST

/* ---- what it has cost ----------------------------------------------------
 */

/* We hung while the vendor made nothing of it and billed that; another process
 * has ended the job in doubt.  It goes on here with the next link, and the
 * books have what both took. */
START_TEST(billed_meanwhile)
{
  static const struct answer answers[] = {
    { A_POSTS, 0, SCRIPT_LATE,
      "{\"id\":\"1\",\"status\":\"failed\",\"usd\":0.02,"
      "\"error\":{\"message\":\"broken\"}}",
      NULL, 0 },
    SAYS(B_POSTS, MADE),
    PICTURE,
  };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f, other;
  struct kit k;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  add_b(&f);
  submit(&f, fix_request("a:cheap b:cheap", "x", "resubmit", "never", NULL),
         id);
  until_asked(&f, A_POSTS, 1);
  give_to(id, "another", 0);
  other = f;
  open_here(&other);
  ck_assert_int_eq(gamut_attach(other.g, id, NULL, NULL, NULL, &other.err), 0);
  result = fix_wait(&other, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  gamut_result_free(result);
  gamut_close(other.g);
  script_go(f.script);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  gamut_durable(f.g);
  kit_open(&k, KIT_SQLITE, folder);
  ck_assert(kit_get(&k, GM_TABLE_CHARGE, id, &row));
  kit_close(&k);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], 40000);
  ck_assert_int_eq(row.numbers[GM_CHARGE_MAYBE], 0);
  finish(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("left");

  if (!durable_store())
    return 77;
  tcase_add_loop_test(tc, its_own, 0, 2);
  tcase_add_test(tc, written_long_ago);
  tcase_add_loop_test(tc, of_anothers, 0, 2);
  tcase_add_test(tc, of_one_that_became_anothers);
  tcase_add_loop_test(tc, of_one_that_goes_on, 0, 2);
  tcase_add_test(tc, of_one_that_was_lost);
  tcase_add_test(tc, of_one_that_is_gone);
  tcase_add_test(tc, that_lost);
  tcase_add_test(tc, billed_meanwhile);
  return unit_run("left", tc);
}
