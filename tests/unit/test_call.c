/* test_call.c - one call into a provider: endings, replies, state. */
#include "base/clock.h"
#include "tester.h"
#include "unit.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- endings ------------------------------------------------------------ */

static int32_t no_ending(void *instance, struct gamut_call *c)
{
  (void)instance;
  (void)c;
  return 0;
}

static int32_t two_endings(void *instance, struct gamut_call *c)
{
  (void)instance;
  c->host->http(c, &tester_get);
  return c->host->done(c);
}

static int32_t three_endings(void *instance, struct gamut_call *c)
{
  (void)instance;
  c->host->fail(c, GAMUT_E_QUOTA, "a");
  c->host->fail(c, GAMUT_E_AUTH, "b");
  return c->host->done(c);
}

static int32_t other_return(void *instance, struct gamut_call *c)
{
  (void)instance;
  c->host->http(c, &tester_get);
  return 0;
}

static int32_t ends_done(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

static int32_t ends_fail(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->fail(c, GAMUT_E_QUOTA, "no %s left, key sk-12345", "credit");
}

static int32_t ends_reply(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->fail_reply(c);
}

static int32_t ends_work(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->work(c);
}

static int32_t ends_host_class(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->fail(c, GAMUT_E_UNKNOWN, "who knows");
}

static int32_t ends_no_class(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->fail(c, GAMUT_OK, "all is well");
}

START_TEST(endings_are_counted)
{
  static const struct {
    gamut_fn *fn;
    enum gm_step_kind kind;
    int32_t error_class;
    const char *part;
  } rows[] = {
    { no_ending, GM_STEP_NONE, GAMUT_E_PLUGIN,
      "provider tester: ended no way in step (phase poll)" },
    { two_endings, GM_STEP_NONE, GAMUT_E_PLUGIN,
      "provider tester: ended two ways in step (phase poll)" },
    { three_endings, GM_STEP_NONE, GAMUT_E_PLUGIN, "several ways" },
    { other_return, GM_STEP_NONE, GAMUT_E_PLUGIN,
      "returned 0 from step (phase poll), not what http() gave" },
    { ends_fail, GM_STEP_FAIL, GAMUT_E_QUOTA, "no credit left, key ***" },
    { ends_reply, GM_STEP_FAIL, GAMUT_E_PLUGIN, "no" },
    { ends_work, GM_STEP_FAIL, GAMUT_E_PLUGIN, "gamut.perform/1" },
    { ends_host_class, GM_STEP_FAIL, GAMUT_E_PROVIDER, "who knows" },
    { ends_no_class, GM_STEP_FAIL, GAMUT_E_PLUGIN, "class 0" },
  };
  struct fixture f = { 0 };

  fixture_set(&f, "tester.api_key", "sk-12345");
  fixture_open(&f, &tester);
  f.in.phase = 1;
  run(&f, rows[_i].fn);
  expect_fault(&f, rows[_i].kind, rows[_i].error_class, rows[_i].part);
  /* The same call object serves the next one. */
  run(&f, ends_done);
  ck_assert_int_eq(f.call.kind, GM_STEP_DONE);
  ck_assert_int_eq(f.call.err.error_class, 0);
  fixture_close(&f);
}
END_TEST

START_TEST(one_ending_is_the_outcome)
{
  struct fixture f = { 0 };

  fixture_open(&f, &tester);
  run(&f, ends_http);
  ck_assert_int_eq(f.call.kind, GM_STEP_HTTP);
  ck_assert_ptr_nonnull(f.call.pending);
  ck_assert_int_eq(f.call.permille, -1);
  ck_assert_int_eq((int)f.call.cost_microusd, -1);
  fixture_reply(&f, 404, "application/json", "{\"a\":1}");
  run(&f, ends_reply);
  ck_assert_int_eq(f.call.kind, GM_STEP_REPLY);
  fixture_close(&f);
}
END_TEST

/* ---- replies ------------------------------------------------------------ */

static int32_t reports_reply(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  char status[16];

  (void)instance;
  snprintf(status, sizeof(status), "%d", (int)c->reply->status);
  h->fact(c, "status", status);
  h->fact(c, "json", c->reply->json ? h->json_text(c, c->reply->json) : "none");
  h->fact(c, "type", c->reply->content_type);
  h->fact(c, "header", h->reply_header(c, "X-Fal-Request-ID"));
  return h->done(c);
}

START_TEST(replies_are_read)
{
  static const struct {
    const char *name;
    int32_t status;
    const char *type, *body, *json, *fault;
  } rows[] = {
    { "json", 200, "application/json", "{\"a\":[1,2]}", "{\"a\":[1,2]}", NULL },
    { "json by another name", 200, "application/problem+json", "[]", "[]",
      NULL },
    { "json without a name", 202, NULL, " {\"a\":1}", "{\"a\":1}", NULL },
    { "empty", 204, "application/json", "", "none", NULL },
    { "page", 200, "text/html", "<html>nginx</html>", "none", NULL },
    { "almost json", 200, "text/plain", "{oops", "none", NULL },
    { "null", 200, "application/json", "null", "none", NULL },
    { "broken", 200, "application/json", "{\"a\":", NULL,
      "reply is not JSON: ends early at byte 5 (HTTP 200, application/json)" },
    { "page as json", 200, "application/json", "<html>", NULL,
      "reply is not JSON: " },
    { "broken error", 502, "application/json", "<html>", "none", NULL },
  };
  struct fixture f = { 0 };

  fixture_open(&f, &tester);
  fixture_reply(&f, rows[_i].status, rows[_i].type, rows[_i].body);
  fixture_header(&f, "x-fal-request-id", "r-1");
  run(&f, reports_reply);
  if (rows[_i].fault) {
    expect_fault(&f, GM_STEP_FAIL, GAMUT_E_PROTOCOL, rows[_i].fault);
    ck_assert_uint_eq(f.call.n_facts, 0);
  } else {
    ck_assert_msg(f.call.kind == GM_STEP_DONE, "%s", rows[_i].name);
    ck_assert_uint_eq(f.call.n_facts, 4);
    ck_assert_int_eq(atol(f.call.facts[0].value), rows[_i].status);
    ck_assert_str_eq(f.call.facts[1].value, rows[_i].json);
    ck_assert_str_eq(f.call.facts[2].value, rows[_i].type ? rows[_i].type : "");
    ck_assert_str_eq(f.call.facts[3].value, "r-1");
  }
  fixture_close(&f);
}
END_TEST

static int32_t wants_more(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->more(c);
}

START_TEST(chunks_are_read)
{
  static const char *const data[] = { "{\"a\":1}", "[DONE]" };
  static const char *const json[] = { "{\"a\":1}", "none" };
  struct gm_sse_event event = {
    .event = "message", .data = data[_i], .data_len = strlen(data[_i]), .id = ""
  };
  struct fixture f = { 0 };

  fixture_open(&f, &tester);
  fixture_reply(&f, 200, "text/event-stream", "");
  f.in.event = GAMUT_EV_CHUNK;
  f.in.chunk = &event;
  run(&f, reports_reply);
  ck_assert_int_eq(f.call.kind, GM_STEP_DONE);
  ck_assert_str_eq(f.call.facts[1].value, json[_i]);
  run(&f, wants_more);
  ck_assert_int_eq(f.call.kind, GM_STEP_MORE);
  fixture_close(&f);
}
END_TEST

/* A text of `n` letters inside {"a": {"b": "..."}}. */
static char *long_reply(size_t n)
{
  struct gm_buf b = GM_BUF_INIT(4 * 1024 * 1024);

  gm_buf_add(&b, "{\"a\":{\"b\":\"");
  while (n-- > 0)
    gm_buf_addc(&b, 'x');
  gm_buf_add(&b, "\"}}");
  return gm_buf_take(&b);
}

static int32_t keeps_long(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *s = h->json_str(c->reply->json, "a/b", NULL);
  struct gamut_artifact a = { .struct_size = sizeof(a),
                              .kind = GAMUT_IMAGE,
                              .flags = GAMUT_ART_BASE64,
                              .data = s,
                              .data_len = s ? strlen(s) : 0 };

  (void)instance;
  h->json_set_str(c->state, "text", s);
  h->json_set(c->state, "node", h->json_get(c->reply->json, "a"));
  h->artifact(c, &a);
  return h->done(c);
}

START_TEST(long_strings_stay_out_of_the_way)
{
  _cleanup_free_ char *reply = long_reply(20000);
  struct fixture f = { 0 };
  struct gm_blob *blob;

  fixture_open(&f, &tester);
  fixture_reply(&f, 200, "application/json", reply);
  ck_assert_uint_eq(f.x.reader.n_blobs, 1);
  run(&f, keeps_long);
  ck_assert_int_eq(f.call.kind, GM_STEP_DONE);
  ck_assert_uint_eq(strlen(gm_call_state_text(&f.call)),
                    2 * 20000 + strlen("{'text':'','node':{'b':''}}"));
  ck_assert_uint_eq(f.call.n_artifacts, 1);
  ck_assert_uint_lt(f.call.artifacts[0].data_len, 200);
  blob = gm_call_blob(&f.call, f.call.artifacts[0].data);
  ck_assert_ptr_nonnull(blob);
  ck_assert_uint_eq(gm_coded_text_len(blob), 20000);
  ck_assert_ptr_null(gm_call_blob(&f.call, "x"));
  fixture_close(&f);
}
END_TEST

START_TEST(too_long_a_text_is_refused)
{
  _cleanup_free_ char *reply = long_reply(1024 * 1024 + 1);
  struct fixture f = { 0 };

  fixture_open(&f, &tester);
  fixture_reply(&f, 200, "application/json", reply);
  run(&f, keeps_long);
  expect_fault(&f, GM_STEP_FAIL, GAMUT_E_PROTOCOL, "1048577");
  fixture_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("call");

  tcase_add_loop_test(tc, endings_are_counted, 0, 9);
  tcase_add_test(tc, one_ending_is_the_outcome);
  tcase_add_loop_test(tc, replies_are_read, 0, 10);
  tcase_add_loop_test(tc, chunks_are_read, 0, 2);
  tcase_add_test(tc, long_strings_stay_out_of_the_way);
  tcase_add_test(tc, too_long_a_text_is_refused);
  return unit_run("call", tc);
}
