/* test_lookup.c - what is maybe-charged is looked up at the vendor: from when
 * it is looked for, and what becomes of the money.  The clock is the test's;
 * the vendor is OpenAI, which has a list of its videos. */
#include "engine/timed.h"
#include "store/kit.h"
#include "unit/scratch.h"
#include <stdio.h>

#define SUBMIT "POST /o/videos"
#define LIST   "GET /o/videos"
#define HELD_S 8  /* longer than the two clocks may differ */
#define LAG_S  62 /* longer than a list may lag behind */

struct bed {
  struct fix f;
  char list[600], url[100], id[GAMUT_ID_SIZE];
};

/* What the vendor has, created so many seconds from now; in has_more whether
 * that is all. */
static void has_video(struct bed *b, int in_s, const char *has_more)
{
  snprintf(b->list, sizeof(b->list),
           "{\"object\":\"list\",\"has_more\":%s,\"data\":[{\"id\":\"video_1\","
           "\"object\":\"video\",\"status\":\"completed\",\"model\":\"sora-2\","
           "\"prompt\":\"a fox\",\"created_at\":%lld}]}",
           has_more, (long long)(gm_wall_ms() / 1000) + in_s);
}

static void open_bed(struct bed *b, const struct answer *rows, size_t n)
{
  timed_open(&b->f, rows, n);
  fix_set(&b->f, "store", "sqlite");
  fix_set(&b->f, "state_dir", scratch_folder());
  fix_set(&b->f, "timeout", "2h");
  fix_set(&b->f, "openai.base_url",
          script_url(b->f.script, "/o", b->url, sizeof(b->url)));
  fix_set(&b->f, "openai.api_key", "sk-xyz");
}

static void submit(struct bed *b, const char *resubmit)
{
  timed_submit(&b->f,
               fix_request("openai:sora-2", "a fox", "operation",
                           "text-to-video", "duration", "4", "resubmit",
                           resubmit, NULL),
               b->id);
}

static void pass(int s)
{
  gm_clock_advance((uint64_t)s * 1000);
}

static void until_unknown(struct bed *b)
{
  struct gamut_result *result = timed_result(&b->f, b->id);

  ck_class(result, GAMUT_E_UNKNOWN);
  gamut_result_free(result);
}

static void ck_verdict(struct bed *b, const char *want)
{
  const char *verdict = NULL;

  ck_assert_msg(gamut_settle_lookup(b->f.g, b->id, &verdict, &b->f.err) == 0,
                "%s", b->f.err.message);
  ck_assert_str_eq(verdict, want);
}

/* ---- from when it is looked for ------------------------------------------ */

/* The vendor takes it at once, and does not answer for long. */
START_TEST(held)
{
  struct bed b = { 0 };
  struct answer answers[] = { HOLDS(SUBMIT), SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1, "false");
  submit(&b, "never");
  timed_until_asked(&b.f, SUBMIT, 1);
  pass(HELD_S);
  script_go(b.f.script);
  until_unknown(&b);
  pass(LAG_S);
  ck_verdict(&b, "running");
  timed_close(&b.f);
}
END_TEST

/* It is there when the request has arrived, and that took long. */
START_TEST(sent_slowly)
{
  struct bed b = { 0 };
  struct answer answers[] = { HOLDS(SUBMIT), SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  submit(&b, "never");
  timed_until_asked(&b.f, SUBMIT, 1);
  has_video(&b, 1000, "false");
  pass(1001);
  script_go(b.f.script);
  until_unknown(&b);
  pass(LAG_S);
  ck_verdict(&b, "running");
  timed_close(&b.f);
}
END_TEST

/* Left while it waits; hours later nobody knows, which is written anew. */
START_TEST(resumed)
{
  struct bed b = { 0 };
  struct answer answers[] = { HOLDS(SUBMIT), SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1, "false");
  submit(&b, "never");
  timed_until_asked(&b.f, SUBMIT, 1);
  timed_detach(&b.f, b.id);
  pass(4 * 3600);
  timed_attach(&b.f, b.id);
  until_unknown(&b);
  pass(LAG_S);
  ck_verdict(&b, "running");
  timed_close(&b.f);
}
END_TEST

/* Sent twice, hours apart: either may be the one that is there. */
START_TEST(sent_twice)
{
  struct bed b = { 0 };
  struct answer answers[] = { HOLDS_ONCE(SUBMIT),
                              { SUBMIT, 0, SCRIPT_RESET, NULL, NULL, 0 },
                              SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, _i ? 4 * 3600 + 1 : 1, "false");
  submit(&b, "always");
  timed_until_asked(&b.f, SUBMIT, 1);
  timed_detach(&b.f, b.id);
  pass(4 * 3600);
  timed_attach(&b.f, b.id);
  until_unknown(&b);
  ck_assert_int_eq(script_count(b.f.script, SUBMIT), 2);
  pass(LAG_S);
  ck_verdict(&b, "running");
  timed_close(&b.f);
}
END_TEST

/* One of before, or of long after, is another's. */
START_TEST(not_there)
{
  struct bed b = { 0 };
  struct answer answers[] = { HOLDS(SUBMIT), SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, _i ? 3600 : -HELD_S, "false");
  submit(&b, "never");
  timed_until_asked(&b.f, SUBMIT, 1);
  timed_detach(&b.f, b.id);
  pass(4 * 3600);
  timed_attach(&b.f, b.id);
  until_unknown(&b);
  pass(LAG_S);
  ck_verdict(&b, "not-charged");
  timed_close(&b.f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("lookup");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 60);
  tcase_add_test(tc, held);
  tcase_add_test(tc, sent_slowly);
  tcase_add_test(tc, resumed);
  tcase_add_loop_test(tc, sent_twice, 0, 2);
  tcase_add_loop_test(tc, not_there, 0, 2);
  return unit_run("lookup", tc);
}
