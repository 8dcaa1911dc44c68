/* test_lookup.c - what is maybe-charged is looked up at the vendor: from when
 * it is looked for, and what becomes of the money.  The clock is the test's;
 * the vendor is OpenAI, which has a list of its videos. */
#include "engine/books.h"
#include "engine/timed.h"
#include "unit/scratch.h"
#include <pthread.h>
#include <stdio.h>

#define SUBMIT "POST /o/videos"
#define LIST   "GET /o/videos"
#define BUDGET "[{\"scope\":\"all\",\"limit_usd\":2,\"period\":\"day\"}]"
#define HELD_S 8  /* longer than the two clocks may differ */
#define LAG_S  62 /* longer than a list may lag behind */
#define ASKS   60 /* for memory, while one is looked up */

#define RESETS(asks)                                                           \
  {                                                                            \
    asks, 0, SCRIPT_RESET, NULL, NULL, 0                                       \
  }

struct bed {
  struct fix f;
  const char *place;
  char list[600], url[100], id[GAMUT_ID_SIZE];
};

/* What the vendor has: one, created so many seconds from now. */
static void has_video(struct bed *b, int in_s)
{
  snprintf(
    b->list, sizeof(b->list),
    "{\"object\":\"list\",\"has_more\":false,\"data\":[{\"id\":\"video_1\","
    "\"object\":\"video\",\"status\":\"completed\",\"model\":\"sora-2\","
    "\"prompt\":\"a fox\",\"created_at\":%lld}]}",
    (long long)(gm_wall_ms() / 1000) + in_s);
}

static void keep_at(struct fix *f, const char *place)
{
  fix_set(f, "store", "sqlite");
  fix_set(f, "state_dir", place);
}

static void open_bed(struct bed *b, const struct answer *rows, size_t n)
{
  uint64_t wall_ms = gm_wall_ms(); /* the store's day is the budget's */

  timed_open(&b->f, rows, n);
  gm_clock_fake(gm_mono_ms(), wall_ms);
  b->place = scratch_folder();
  keep_at(&b->f, b->place);
  fix_set(&b->f, "timeout", "2h");
  fix_set(&b->f, "budgets", BUDGET);
  fix_set(&b->f, "openai.base_url",
          script_url(b->f.script, "/o", b->url, sizeof(b->url)));
  fix_set(&b->f, "openai.api_key", "sk-xyz");
}

static void submit_to(struct bed *b, const char *links, const char *resubmit)
{
  timed_submit(&b->f,
               fix_request(links, "a fox", "operation", "text-to-video",
                           "duration", "4", "resubmit", resubmit, NULL),
               b->id);
}

static void submit(struct bed *b, const char *resubmit)
{
  submit_to(b, "openai:sora-2", resubmit);
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

/* The user sees which it is before it is gone on with. */
static void ck_named(struct bed *b, const char *vendor_id)
{
  char *json = NULL, part[64];

  snprintf(part, sizeof(part), "\"request_id\":\"%s\"", vendor_id);
  ck_assert_int_eq(gamut_job(b->f.g, b->id, &json, &b->f.err), 0);
  ck_assert_msg(strstr(json, part) != NULL, "%s", json);
  gamut_string_free(json);
}

/* ---- from when it is looked for ------------------------------------------ */

/* The vendor takes it at once, and does not answer for long. */
START_TEST(held)
{
  struct bed b = { 0 };
  struct answer answers[] = { HOLDS(SUBMIT), SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1);
  submit(&b, "never");
  timed_until_asked(&b.f, SUBMIT, 1);
  pass(HELD_S);
  script_go(b.f.script);
  until_unknown(&b);
  pass(LAG_S);
  ck_verdict(&b, "running");
  ck_named(&b, "video_1");
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
  has_video(&b, 1000);
  pass(1001);
  script_go(b.f.script);
  until_unknown(&b);
  pass(LAG_S);
  ck_verdict(&b, "running");
  timed_close(&b.f);
}
END_TEST

/* Left while it waits; hours later nobody knows, which is written anew.  A
 * video of before, or of long after, is another's. */
static const struct {
  int video_s; /* since it was sent */
  const char *verdict;
} left[] = {
  { 1, "running" },
  { -HELD_S, "not-charged" },
  { 3600, "not-charged" },
};

START_TEST(resumed)
{
  struct bed b = { 0 };
  struct answer answers[] = { HOLDS(SUBMIT), SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, left[_i].video_s);
  submit(&b, "never");
  timed_until_asked(&b.f, SUBMIT, 1);
  timed_detach(&b.f, b.id);
  pass(4 * 3600);
  timed_attach(&b.f, b.id);
  until_unknown(&b);
  pass(LAG_S);
  ck_verdict(&b, left[_i].verdict);
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
  has_video(&b, _i ? 4 * 3600 + 1 : 1);
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

/* One video is nobody's twice: the first that was looked up has it, also before
 * it is gone on with. */
START_TEST(bound_once)
{
  struct bed b = { 0 };
  struct answer answers[] = { RESETS(SUBMIT), SAYS(LIST, b.list) };
  char first[GAMUT_ID_SIZE];

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1);
  submit(&b, "never");
  until_unknown(&b);
  memcpy(first, b.id, sizeof(first));
  submit(&b, "never");
  until_unknown(&b);
  pass(LAG_S);
  ck_verdict(&b, "running");
  memcpy(b.id, first, sizeof(first));
  ck_verdict(&b, "not-charged");
  timed_close(&b.f);
}
END_TEST

/* ---- of one that was sent more than once --------------------------------- */

#define V    INT64_C(400000) /* what a video costs */
#define CLIP INT64_C(20000)  /* and one of vendor "a" */

#define VIDEO                                                                  \
  SAYS(LIST "/video_1/content", "@mp4"),                                       \
    SAYS(LIST "/video_1", "{\"id\":\"video_1\",\"object\":\"video\","          \
                          "\"status\":\"completed\",\"progress\":100,"         \
                          "\"model\":\"sora-2\",\"seconds\":\"4\","            \
                          "\"size\":\"1280x720\"}")

static bool is_in_books(struct bed *b, int64_t settled, int64_t maybe)
{
  struct kit_row row;

  books_charge(b->place, b->id, &row);
  return row.numbers[GM_CHARGE_RESERVED] == 0 &&
         row.numbers[GM_CHARGE_SETTLED] == settled &&
         row.numbers[GM_CHARGE_MAYBE] == maybe;
}

/* The end of a job is told first, and then written. */
static void ck_books(struct bed *b, int64_t settled, int64_t maybe)
{
  struct kit_row row;
  int i;

  for (i = 0; i < 1000 && !is_in_books(b, settled, maybe); i++)
    gamut_step(b->f.g, 1);
  books_charge(b->place, b->id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], settled);
  ck_assert_int_eq(row.numbers[GM_CHARGE_MAYBE], maybe);
  books_counter(b->place, GM_SCOPE_ALL, NULL, &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], settled + maybe);
  ck_assert_int_eq(row.numbers[GM_COUNT_SPENT], settled);
  ck_assert_int_eq(row.numbers[GM_COUNT_MAYBE], maybe);
}

static void ck_made(struct bed *b, bool in_doubt)
{
  struct gamut_result *result;

  timed_attach(&b->f, b->id);
  result = timed_result(&b->f, b->id);
  ck_class(result, 0);
  ck_assert_int_eq(gamut_result_maybe_charged(result), in_doubt);
  gamut_result_free(result);
}

/* The list has one, so the other never ran: there is nothing to settle. */
START_TEST(one_of_two)
{
  struct bed b = { 0 };
  struct answer answers[] = { RESETS(SUBMIT), VIDEO, SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1);
  submit(&b, "always");
  until_unknown(&b);
  ck_assert_int_eq(script_count(b.f.script, SUBMIT), 2);
  ck_books(&b, 0, 2 * V);
  pass(LAG_S);
  ck_verdict(&b, "running");
  ck_made(&b, false);
  ck_books(&b, V, 0);
  ck_assert_int_eq(gamut_settle(b.f.g, b.id, 0, &b.f.err), GAMUT_E_INVALID);
  timed_close(&b.f);
}
END_TEST

/* The other one may be listed yet: it stays in doubt, until somebody says. */
START_TEST(one_of_two_so_far)
{
  struct bed b = { 0 };
  struct answer answers[] = { RESETS(SUBMIT), VIDEO, SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1);
  submit(&b, "always");
  until_unknown(&b);
  ck_verdict(&b, "running");
  ck_made(&b, true);
  ck_books(&b, V, V);
  ck_assert_int_eq(gamut_settle(b.f.g, b.id, _i, &b.f.err), 0);
  ck_books(&b, _i ? 2 * V : V, 0);
  timed_close(&b.f);
}
END_TEST

/* What another vendor may have made is in no list of this one's. */
START_TEST(another_vendor)
{
  struct bed b = { 0 };
  struct answer answers[] = { RESETS("POST /a/jobs"), RESETS(SUBMIT), VIDEO,
                              SAYS(LIST, b.list) };

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1);
  submit_to(&b, "a:clip openai:sora-2", "always");
  until_unknown(&b);
  ck_books(&b, 0, V + 2 * CLIP);
  pass(LAG_S);
  ck_verdict(&b, "running");
  ck_made(&b, true);
  ck_books(&b, V, 2 * CLIP);
  ck_assert_int_eq(gamut_settle(b.f.g, b.id, 0, &b.f.err), 0);
  ck_books(&b, V, 0);
  timed_close(&b.f);
}
END_TEST

/* Neither is it not charged because this vendor has none. */
START_TEST(another_vendor_perhaps)
{
  struct bed b = { 0 };
  struct answer answers[] = {
    RESETS("POST /a/jobs"), RESETS(SUBMIT),
    SAYS(LIST, "{\"object\":\"list\",\"has_more\":false,\"data\":[]}")
  };
  const char *verdict = NULL;

  open_bed(&b, answers, GM_LEN(answers));
  submit_to(&b, "a:clip openai:sora-2", "always");
  until_unknown(&b);
  pass(LAG_S);
  ck_assert_int_eq(gamut_settle_lookup(b.f.g, b.id, &verdict, &b.f.err),
                   GAMUT_E_UNKNOWN);
  ck_books(&b, 0, V + 2 * CLIP);
  timed_close(&b.f);
}
END_TEST

/* ---- found, and gone on with --------------------------------------------- */

static void open_found(struct bed *b, const struct answer *rows, size_t n,
                       const char *links)
{
  open_bed(b, rows, n);
  has_video(b, 1);
  submit_to(b, links, "never");
  until_unknown(b);
  pass(LAG_S);
  ck_verdict(b, "running");
  timed_attach(&b->f, b->id);
}

/* The vendor has it, whoever did not ask for it yet. */
START_TEST(found_and_cancelled)
{
  struct bed b = { 0 };
  struct answer answers[] = { RESETS(SUBMIT), VIDEO, SAYS(LIST, b.list) };
  struct gamut_result *result;

  open_found(&b, answers, GM_LEN(answers), "openai:sora-2");
  ck_assert_int_eq(gamut_cancel(b.f.g, b.id), 0);
  result = timed_result(&b.f, b.id);
  ck_class(result, GAMUT_E_CANCELLED);
  ck_assert(gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_books(&b, 0, V);
  ck_assert_msg(gamut_fetch(b.f.g, b.id, NULL, NULL, NULL, &b.f.err) == 0, "%s",
                b.f.err.message);
  result = timed_result(&b.f, b.id);
  ck_class(result, 0);
  gamut_result_free(result);
  ck_books(&b, V, 0);
  timed_close(&b.f);
}
END_TEST

/* Given back before it was asked for, it is still that one, and nobody else's.
 */
START_TEST(found_and_left)
{
  struct bed b = { 0 };
  struct answer answers[] = { RESETS(SUBMIT), VIDEO, SAYS(LIST, b.list) };
  char first[GAMUT_ID_SIZE], found[GAMUT_ID_SIZE];

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1);
  submit(&b, "never");
  until_unknown(&b);
  memcpy(first, b.id, sizeof(first));
  submit(&b, "never");
  until_unknown(&b);
  memcpy(found, b.id, sizeof(found));
  pass(LAG_S);
  ck_verdict(&b, "running");
  timed_attach(&b.f, b.id);
  timed_detach(&b.f, b.id);
  memcpy(b.id, first, sizeof(first));
  ck_verdict(&b, "not-charged");
  memcpy(b.id, found, sizeof(found));
  ck_made(&b, false);
  ck_assert_int_eq(script_count(b.f.script, SUBMIT), 2);
  timed_close(&b.f);
}
END_TEST

/* That it cannot be asked for is no reason to have another one made. */
START_TEST(found_and_out_of_reach)
{
  struct bed b = { 0 };
  struct answer answers[] = { RESETS(SUBMIT), RESETS(LIST "/video_1"),
                              SAYS(LIST, b.list) };
  struct gamut_result *result;

  open_found(&b, answers, GM_LEN(answers), "openai:sora-2 a:clip");
  result = timed_result(&b.f, b.id);
  ck_class(result, GAMUT_E_TRANSPORT);
  ck_assert(gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_assert_int_eq(script_count(b.f.script, "POST /a/jobs"), 0);
  ck_books(&b, 0, V);
  timed_close(&b.f);
}
END_TEST

/* ---- beside another process ---------------------------------------------- */

static void open_other(struct fix *f, const struct bed *b)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = GAMUT_NO_CONFIG,
                             .log_level = GAMUT_ERROR };

  ck_assert_int_eq(gamut_open(&o, &f->g, &f->err), 0);
  keep_at(f, b->place);
  fix_set(f, "budgets", BUDGET);
  fix_set(f, "openai.base_url", b->url);
  fix_set(f, "openai.api_key", "sk-xyz");
}

/* While the list is on its way, somebody has seen the books. */
static void *settle_first(void *user)
{
  const struct bed *b = user;
  struct fix other = { .script = b->f.script };

  open_other(&other, b);
  script_wait(b->f.script, LIST, 1);
  ck_assert_int_eq(gamut_settle(other.g, b->id, 0, &other.err), 0);
  gamut_close(other.g);
  script_go(b->f.script);
  return NULL;
}

START_TEST(settled_meanwhile)
{
  struct bed b = { 0 };
  struct answer answers[] = { RESETS(SUBMIT),
                              { LIST, 0, SCRIPT_LATE, b.list, NULL, 0 } };
  const char *verdict = NULL;
  pthread_t thread;
  char *json;

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1);
  submit(&b, "never");
  until_unknown(&b);
  pass(LAG_S);
  ck_assert_int_eq(pthread_create(&thread, NULL, settle_first, &b), 0);
  ck_assert_int_eq(gamut_settle_lookup(b.f.g, b.id, &verdict, &b.f.err),
                   GAMUT_E_INVALID);
  pthread_join(thread, NULL);
  ck_assert_int_eq(gamut_job(b.f.g, b.id, &json, &b.f.err), 0);
  ck_assert_ptr_nonnull(strstr(json, "\"settled\":\"not-charged\""));
  ck_assert_ptr_nonnull(strstr(json, "\"ended\":true"));
  gamut_string_free(json);
  ck_books(&b, 0, 0);
  timed_close(&b.f);
}
END_TEST

/* Whatever there is no memory for, nobody holds the job afterwards, and it can
 * be looked up again. */
START_TEST(no_memory)
{
  struct bed b = { 0 };
  struct answer answers[] = { RESETS(SUBMIT), SAYS(LIST, b.list) };
  const char *verdict = NULL;
  char *json;
  int32_t rc;

  open_bed(&b, answers, GM_LEN(answers));
  has_video(&b, 1);
  submit(&b, "never");
  until_unknown(&b);
  pass(LAG_S);
  gm_mem_fail((uint64_t)_i, false);
  rc = gamut_settle_lookup(b.f.g, b.id, &verdict, &b.f.err);
  gm_mem_fail(0, false);
  ck_assert_int_eq(gamut_job(b.f.g, b.id, &json, &b.f.err), 0);
  ck_assert_msg(strstr(json, "\"driven\":false") != NULL, "%s", json);
  gamut_string_free(json);
  if (rc)
    ck_verdict(&b, "running");
  ck_named(&b, "video_1");
  timed_close(&b.f);
}
END_TEST

/* Another process goes on with it while the vendor is asked for it. */
static void *send_again(void *user)
{
  const struct bed *b = user;
  struct fix f = { .script = b->f.script };
  struct gamut_result *result;

  script_wait(f.script, LIST, 1);
  open_other(&f, b);
  timed_attach(&f, b->id);
  result = timed_result(&f, b->id);
  ck_class(result, GAMUT_E_UNKNOWN);
  gamut_result_free(result);
  gamut_close(f.g);
  script_go(f.script);
  return NULL;
}

/* Of what it has sent the answer says nothing. */
START_TEST(sent_meanwhile)
{
  struct bed b = { 0 };
  struct answer answers[] = {
    HOLDS_ONCE(SUBMIT),
    RESETS(SUBMIT),
    { LIST, 0, SCRIPT_LATE,
      "{\"object\":\"list\",\"has_more\":false,\"data\":[]}", NULL, 0 }
  };
  const char *verdict = NULL;
  pthread_t thread;

  open_bed(&b, answers, GM_LEN(answers));
  submit(&b, "always");
  timed_until_asked(&b.f, SUBMIT, 1);
  timed_detach(&b.f, b.id);
  pass(LAG_S);
  ck_assert_int_eq(pthread_create(&thread, NULL, send_again, &b), 0);
  ck_assert_int_eq(gamut_settle_lookup(b.f.g, b.id, &verdict, &b.f.err),
                   GAMUT_E_INVALID);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  ck_assert_int_eq(script_count(b.f.script, SUBMIT), 2);
  ck_books(&b, 0, 2 * V);
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
  tcase_add_loop_test(tc, resumed, 0, GM_LEN(left));
  tcase_add_loop_test(tc, sent_twice, 0, 2);
  tcase_add_test(tc, bound_once);
  tcase_add_test(tc, found_and_cancelled);
  tcase_add_test(tc, found_and_left);
  tcase_add_test(tc, found_and_out_of_reach);
  tcase_add_test(tc, settled_meanwhile);
  tcase_add_loop_test(tc, no_memory, 1, ASKS);
  tcase_add_test(tc, sent_meanwhile);
  tcase_add_test(tc, one_of_two);
  tcase_add_loop_test(tc, one_of_two_so_far, 0, 2);
  tcase_add_test(tc, another_vendor);
  tcase_add_test(tc, another_vendor_perhaps);
  return unit_run("lookup", tc);
}
