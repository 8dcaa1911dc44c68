/* test_stream_left.c - a stream that was left after one of its pictures had
 * come: that is kept and named, also by whoever takes the job up. */
#include "api/context.h"
#include "engine/books.h"
#include "unit/scratch.h"
#include <stdio.h>
#include <unistd.h>

#define PNG64                                                                  \
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+"    \
  "kcQAAAABJRU5ErkJggg=="
#define ONE  "data: {\"one\": \"" PNG64 "\"}\n\n"
#define POST "POST /brook/jobs"

static const char *const phases[] = { "job" };

/* Pictures in events, or where they are; none of them is the last. */
static int32_t step(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .method = "POST",
                          .url = "/jobs",
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_STREAM };
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return h->http(c, &x);
  if (c->event != GAMUT_EV_CHUNK)
    return h->fail(c, GAMUT_E_PROVIDER, "the stream ended early");
  a.url = h->json_str(c->reply->json, "url", NULL);
  a.flags = a.url ? 0 : GAMUT_ART_BASE64;
  a.data = h->json_str(c->reply->json, "one", NULL);
  a.data_len = a.data ? strlen(a.data) : 0;
  h->artifact(c, &a);
  return h->more(c);
}

static const struct gamut_provider brook = {
  .struct_size = sizeof(brook),
  .name = "brook",
  .base_url = "https://brook.test",
  .catalog = "{\"provider\":\"brook\",\"models\":[{\"id\":\"priced\","
             "\"operations\":[\"text-to-image\"],"
             "\"price\":[{\"unit\":\"image\",\"usd\":0.02}]}]}",
  .phases = GAMUT_TABLE(phases),
  .step = step,
};

static const struct answer stalls[] = {
  { POST, 0, SCRIPT_STALL, ONE ONE, "Content-Type: text/event-stream\r\n", 100 }
};

static void ck_named(struct fix *f, const char *id, const char *path)
{
  char *json = NULL, part[600];

  snprintf(part, sizeof(part), "\"files\":[\"%s\"]", path);
  ck_assert_int_eq(gamut_job(f->g, id, &json, &f->err), 0);
  ck_assert_msg(strstr(json, part) != NULL, "%s", json);
  gamut_string_free(json);
}

/* It is left; the one that came has its name, also for another process. */
START_TEST(left)
{
  const char *place = scratch_folder(),
             *path = scratch_path(scratch_folder(), "fox.png");
  struct gamut_request *how = gamut_request_new(), *r;
  const struct gamut_artifact_info *a;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  r = fix_request("brook:m", "x", "output", path, NULL);
  gamut_request_set(how, "resubmit", "never", NULL);
  books_open(&f, stalls, 1, place);
  fix_provider(&f, &brook);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  while (!fix_has_come(&f))
    gamut_step(f.g, 1);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_DETACHED);
  ck_assert_str_eq(gamut_result_artifact(result, 0)->path, path);
  gamut_result_free(result);
  gamut_close(f.g);
  books_context(&f, place);
  fix_provider(&f, &brook);
  ck_named(&f, id, path);
  ck_assert_int_eq(gamut_attach(f.g, id, how, NULL, NULL, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  a = gamut_result_artifact(result, 0);
  ck_assert(a && a->path);
  ck_assert_str_eq(a->path, path);
  gamut_result_free(result);
  gamut_durable(f.g);
  ck_named(&f, id, path);
  ck_assert_int_eq(access(path, R_OK), 0);
  ck_assert_int_eq(script_count(f.script, POST), 1);
  gamut_request_free(how);
  script_go(f.script);
  fix_close(&f);
}
END_TEST

/* It broke, and somebody has said how that was charged: what came of it is what
 * its key has, and cannot be had again. */
START_TEST(settled)
{
  static const struct answer breaks = {
    POST, 0, 200, ONE ONE, "Content-Type: text/event-stream\r\n", 100
  };
  const char *path = scratch_path(scratch_folder(), "fox.png");
  struct gamut_request *r = fix_request("brook:m", "x", "output", path, NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE];
  struct fix f;
  int i;

  books_open(&f, &breaks, 1, scratch_folder());
  fix_provider(&f, &brook);
  ck_assert_int_eq(
    gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  for (i = 0; i < 2; i++) {
    ck_assert_str_eq(gamut_result_artifact(result, 0)->path, path);
    gamut_result_free(GM_TAKE(result));
    if (i == 0)
      ck_assert_int_eq(gamut_settle(f.g, id, _i, &f.err), 0);
    ck_assert_msg(
      gamut_submit_once(f.g, r, "key", NULL, NULL, id, &result, &f.err) == 0,
      "%s", f.err.message);
    ck_assert_ptr_nonnull(result);
  }
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, POST), 1);
  gamut_request_free(r);
  fix_close(&f);
}
END_TEST

/* ---- where they are ------------------------------------------------------ */

static void ck_books(const char *place, const char *id, int64_t spent,
                     int64_t maybe)
{
  struct kit_row row;

  books_charge(place, id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], spent);
  ck_assert_int_eq(row.numbers[GM_CHARGE_MAYBE], maybe);
  books_counter(place, GM_SCOPE_ALL, NULL, &row);
  ck_assert_int_eq(row.numbers[GM_COUNT_TAKEN], spent + maybe);
  ck_assert_int_eq(row.numbers[GM_COUNT_SPENT], spent);
  ck_assert_int_eq(row.numbers[GM_COUNT_MAYBE], maybe);
}

static void fetch(struct fix *f, const char *id, bool detach, int32_t want)
{
  struct gamut_result *result;

  ck_assert_msg(gamut_fetch(f->g, id, NULL, NULL, NULL, &f->err) == 0, "%s",
                f->err.message);
  while (detach && script_count(f->script, "GET /f.png") == 0)
    gamut_step(f->g, 1);
  if (detach)
    ck_assert_int_eq(gamut_detach(f->g, id), 0);
  result = fix_wait(f, id);
  ck_class(result, want);
  gamut_result_free(result);
  gamut_durable(f->g);
}

/* Its picture is fetched, in vain at first: it is in doubt as it was before,
 * also in the books, until it is there, or somebody says. */
static const struct {
  struct answer first;
  bool detach;
  int32_t error_class;
  int settles; /* as charged or not; -1: it is fetched */
  int64_t spent;
} vain[] = {
  { { "GET /f.png", 1, 404, "", NULL, 0 },
    false,
    GAMUT_E_NOT_FOUND,
    -1,
    20000 },
  { { "GET /f.png", 1, 404, "", NULL, 0 }, false, GAMUT_E_NOT_FOUND, 0, 0 },
  { { "GET /f.png", 1, 404, "", NULL, 0 }, false, GAMUT_E_NOT_FOUND, 1, 20000 },
  { HOLDS_ONCE("GET /f.png"), true, GAMUT_E_DETACHED, -1, 20000 },
  { HOLDS_ONCE("GET /f.png"), true, GAMUT_E_DETACHED, 0, 0 },
};

START_TEST(fetched_in_vain)
{
  const struct answer answers[] = {
    { POST, 0, 200, "data: {\"url\": \"$/f.png\"}\n\n: and more\n\n",
      "Content-Type: text/event-stream\r\n", 10 },
    vain[_i].first,
    PICTURE,
  };
  struct gamut_request *r =
    fix_request("brook:priced", "x", "resubmit", "never", NULL);
  const char *place = scratch_folder();
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  books_open(&f, answers, GM_LEN(answers), place);
  fix_provider(&f, &brook);
  fix_set(&f, "budgets",
          "[{\"scope\":\"all\",\"limit_usd\":2,\"period\":\"day\"}]");
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_UNKNOWN);
  gamut_result_free(result);
  gamut_durable(f.g);
  ck_books(place, id, 0, 20000);
  fetch(&f, id, vain[_i].detach, vain[_i].error_class);
  ck_books(place, id, 0, 20000);
  if (vain[_i].settles < 0)
    fetch(&f, id, false, 0);
  else
    ck_assert_int_eq(gamut_settle(f.g, id, vain[_i].settles, &f.err), 0);
  ck_books(place, id, vain[_i].spent, 0);
  script_go(f.script);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("stream_left");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_add_test(tc, left);
  tcase_add_loop_test(tc, settled, 0, 2);
  tcase_add_loop_test(tc, fetched_in_vain, 0, GM_LEN(vain));
  return unit_run("stream_left", tc);
}
