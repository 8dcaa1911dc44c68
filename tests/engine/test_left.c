/* test_left.c - what a context has left, or takes for its own, when the store
 * says otherwise: its name has lapsed while it hung, a request has become
 * another's, or is there no more while its parts are. */
#include "api/context.h"
#include "base/clock.h"
#include "engine/attach_kit.h"
#include "store/kit.h"
#include <stdio.h>

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

int main(void)
{
  TCase *tc = tcase_create("left");

  if (!durable_store())
    return 77;
  tcase_add_loop_test(tc, its_own, 0, 2);
  tcase_add_test(tc, written_long_ago);
  tcase_add_loop_test(tc, of_anothers, 0, 2);
  tcase_add_test(tc, of_one_that_is_gone);
  return unit_run("left", tc);
}
