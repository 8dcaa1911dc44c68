/* test_judge.c - what a reply means, and the sentence it is told in. */
#include "call_fixture.h"
#include "unit.h"
#include <stdio.h>

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

static const char *const phases[] = { "submit", "poll", "result" };
static const struct gamut_key keys[] = {
  { "api_key", NULL, NULL, NULL, "the key", GAMUT_STRING, GAMUT_KEY_SECRET, 0,
    0 },
};

static const struct gamut_reason reasons[] = {
  { 0, GAMUT_E_BLOCKED, "detail/*/type", "content_policy_violation",
    GAMUT_REASON_FINAL, 0 },
  { 504, GAMUT_E_TIMEOUT, "@x-timeout-type", "user", GAMUT_REASON_FINAL, 0 },
  { 403, GAMUT_E_QUOTA, "detail", "*balance*", 0, 0 },
  { 403, GAMUT_E_AUTH, "detail", "Key *", 0, 0 },
  { 0, GAMUT_E_RATE, "code", "1017", 0, 0 },
  { 0, GAMUT_E_UNSUPPORTED, "feature", "*", 0, 0 },
  { 503, GAMUT_E_RATE, NULL, NULL, 0, 1u << 1 },
  { 404, -99, "host", "only", 0, 0 },
  { 530, GAMUT_E_RATE, NULL, NULL, 0, 1u << 2 },
  { 5, GAMUT_E_TIMEOUT, NULL, NULL, GAMUT_REASON_FINAL, 1u << 2 },
  { 4, GAMUT_E_QUOTA, "purse", "a*b", 0, 0 },
  { 0, GAMUT_E_BLOCKED, "", "*unsafe*", 0, 0 },
  { 0, GAMUT_OK, "retry/*/delay", "*", 0, 0 },
  { 0, GAMUT_OK, "message", "*try again in *", 0, 0 },
  { 0, GAMUT_OK, "hint", "*", GAMUT_REASON_IF_SILENT, 0 },
};

static const struct gamut_provider judged = {
  .struct_size = sizeof(judged),
  .name = "judged",
  .title = "Judged",
  .base_url = "https://api.judged.test",
  .error_path = "detail error/message errors/*/text message",
  .keys = GAMUT_TABLE(keys),
  .phases = GAMUT_TABLE(phases),
  .reasons = GAMUT_TABLE(reasons),
  .step = step,
};

static const struct {
  const char *name;
  int32_t status, phase;
  const char *body;
  int32_t error_class;
  bool final;
  const char *sentence;
} rows[] = {
  { "list", 422, 0,
    "{\"detail\":[{\"loc\":[\"body\",\"num_images\"],\"msg\":\"at most 4\","
    "\"type\":\"less_than_equal\",\"input\":9},{\"loc\":[\"body\",\"image_size"
    "\",0,\"width\"],\"msg\":\"no number\"}]}",
    GAMUT_E_INVALID, false,
    "num_images: at most 4; image_size.0.width: no number (HTTP 422)" },
  { "list without a place", 400, 0,
    "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"a\"},{\"msg\":\"b\"},7,{},"
    "\"c\"]}",
    GAMUT_E_INVALID, false, "a; b; c (HTTP 400)" },
  { "blocked in any entry", 422, 0,
    "{\"detail\":[{\"type\":\"other\",\"msg\":\"a\"},"
    "{\"type\":\"content_policy_violation\",\"msg\":\"no\","
    "\"input\":\"the prompt\"}]}",
    GAMUT_E_BLOCKED, true, "a; no (HTTP 422)" },
  { "string", 422, 0, "{\"detail\":\"Could not load\"}", GAMUT_E_INVALID, false,
    "Could not load (HTTP 422)" },
  { "contains", 403, 0, "{\"detail\":\"Exhausted balance. Top up.\"}",
    GAMUT_E_QUOTA, false, "Exhausted balance. Top up. (HTTP 403)" },
  { "begins", 403, 0, "{\"detail\":\"Key expired\"}", GAMUT_E_AUTH, false,
    "Key expired (HTTP 403)" },
  { "begins elsewhere", 403, 0, "{\"detail\":\"The Key expired\"}",
    GAMUT_E_PERMISSION, false, "The Key expired (HTTP 403)" },
  { "number", 400, 0, "{\"code\":1017,\"message\":\"slow down\"}", GAMUT_E_RATE,
    false, "slow down (HTTP 400)" },
  { "is there", 400, 0, "{\"feature\":{\"x\":1}}", GAMUT_E_UNSUPPORTED, false,
    "bad request (HTTP 400)" },
  { "is null", 400, 0, "{\"feature\":null}", GAMUT_E_INVALID, false,
    "bad request (HTTP 400)" },
  { "its phase", 503, 1, "", GAMUT_E_RATE, false,
    "service unavailable (HTTP 503)" },
  { "another phase", 503, 0, "<html>nginx</html>", GAMUT_E_PROVIDER, false,
    "service unavailable (HTTP 503)" },
  { "no phase", 503, -1, "", GAMUT_E_PROVIDER, false,
    "service unavailable (HTTP 503)" },
  { "class of a later version", 404, 0, "{\"host\":\"only\"}", GAMUT_E_PROVIDER,
    false, "not found (HTTP 404)" },
  { "joined", 500, 0, "{\"errors\":[{\"text\":\"a\"},{\"text\":\"b\"}]}",
    GAMUT_E_PROVIDER, false, "a; b (HTTP 500)" },
  { "nested", 500, 0, "{\"error\":{\"message\":\"deep\"}}", GAMUT_E_PROVIDER,
    false, "deep (HTTP 500)" },
  { "empty string goes on", 500, 0, "{\"detail\":\"\",\"message\":\"b\"}",
    GAMUT_E_PROVIDER, false, "b (HTTP 500)" },
  { "object", 500, 0, "{\"detail\":{\"message\":\"in it\"}}", GAMUT_E_PROVIDER,
    false, "in it (HTTP 500)" },
  { "broken JSON", 500, 0, "{\"detail\":", GAMUT_E_PROVIDER, false,
    "internal server error (HTTP 500)" },
  { "odd status", 418, 0, "{}", GAMUT_E_INVALID, false,
    "no reason given (HTTP 418)" },
  { "a hundred", 500, 2, "", GAMUT_E_TIMEOUT, true,
    "internal server error (HTTP 500)" },
  { "the last of a hundred", 599, 2, "", GAMUT_E_TIMEOUT, true,
    "no reason given (HTTP 599)" },
  { "a row before", 530, 2, "", GAMUT_E_RATE, false,
    "no reason given (HTTP 530)" },
  { "another hundred", 499, 2, "", GAMUT_E_PROVIDER, false,
    "no reason given (HTTP 499)" },
  { "begins and ends", 422, 0, "{\"purse\":\"a, b\"}", GAMUT_E_QUOTA, false,
    "request not accepted (HTTP 422)" },
  { "does not end", 422, 0, "{\"purse\":\"a, b, c\"}", GAMUT_E_INVALID, false,
    "request not accepted (HTTP 422)" },
  { "good status, bad job", 200, 2, "{\"message\":\"it broke\"}",
    GAMUT_E_PROVIDER, false, "it broke" },
  { "good status, no word", 200, 2, "{}", GAMUT_E_PROVIDER, false,
    "the job failed" },
  { "secret", 401, 0, "{\"message\":\"bad key sk-12345, sk-12345!\"}",
    GAMUT_E_AUTH, false, "bad key ***, ***! (HTTP 401)" },
  { "lines", 400, 0, "{\"message\":\"a\\nb\\tc\\u0007\"}", GAMUT_E_INVALID,
    false, "a b c? (HTTP 400)" },
};

/* Nothing but text: the sentence, unless it is a page. */
static const struct {
  const char *name, *type, *body;
  int32_t error_class;
  const char *sentence;
} texts[] = {
  { "plain", "text/plain", " \nbad\tthing\x01 happened\r\n", GAMUT_E_INVALID,
    "bad thing? happened (HTTP 400)" },
  { "JSON string", "application/json", "\"bad \\u00e9\"", GAMUT_E_INVALID,
    "bad \xc3\xa9 (HTTP 400)" },
  { "JSON string that says text", "text/plain", "\"bad\"", GAMUT_E_INVALID,
    "bad (HTTP 400)" },
  { "only a quotation", "text/plain", "\"x\" is bad", GAMUT_E_INVALID,
    "\"x\" is bad (HTTP 400)" },
  { "looks like a list", "text/plain", "[E1] bad", GAMUT_E_INVALID,
    "[E1] bad (HTTP 400)" },
  { "its row", "text/plain", "no, unsafe words", GAMUT_E_BLOCKED,
    "no, unsafe words (HTTP 400)" },
  { "its row, JSON", "application/json", "\"unsafe\"", GAMUT_E_BLOCKED,
    "unsafe (HTTP 400)" },
  { "no text alone", "application/json", "{\"message\":\"unsafe\"}",
    GAMUT_E_INVALID, "unsafe (HTTP 400)" },
  { "secret", "text/plain", "key sk-12345 is bad", GAMUT_E_INVALID,
    "key *** is bad (HTTP 400)" },
  { "page", "text/html", "<html>unsafe", GAMUT_E_INVALID,
    "bad request (HTTP 400)" },
  { "blank", "text/plain", " \n", GAMUT_E_INVALID, "bad request (HTTP 400)" },
};

static void open_judged(struct fixture *f)
{
  fixture_set(f, "judged.api_key", "sk-12345");
  fixture_open(f, &judged);
}

/* The reply in `f` means this; `name` is the row's. */
static void ck_judged(struct fixture *f, int32_t phase, const char *name,
                      int32_t error_class, bool final, const char *sentence)
{
  struct gm_error err = GM_ERROR_INIT;
  uint32_t flags;

  gm_judge(f->i, phase, &f->x, NULL, &err, &flags);
  ck_assert_msg(err.error_class == error_class, "%s: class %d", name,
                (int)err.error_class);
  ck_assert_str_eq(gm_error_text(&err), sentence);
  ck_assert_uint_eq(flags, final ? GAMUT_REASON_FINAL : 0u);
  gm_error_finish(&err);
}

START_TEST(replies_are_judged)
{
  struct fixture f = { 0 };

  open_judged(&f);
  fixture_reply(&f, rows[_i].status, "application/json", rows[_i].body);
  ck_judged(&f, rows[_i].phase, rows[_i].name, rows[_i].error_class,
            rows[_i].final, rows[_i].sentence);
  fixture_close(&f);
}
END_TEST

START_TEST(texts_are_judged)
{
  struct fixture f = { 0 };

  open_judged(&f);
  fixture_reply(&f, 400, texts[_i].type, texts[_i].body);
  ck_judged(&f, 0, texts[_i].name, texts[_i].error_class, false,
            texts[_i].sentence);
  fixture_close(&f);
}
END_TEST

START_TEST(headers_are_judged)
{
  const char *whose = _i ? "user" : "server";
  struct fixture f = { 0 };

  open_judged(&f);
  fixture_reply(&f, 504, "text/html", "<html>");
  fixture_header(&f, "x-timeout-type", whose);
  ck_judged(&f, 0, whose, GAMUT_E_TIMEOUT, _i, "gateway timed out (HTTP 504)");
  fixture_close(&f);
}
END_TEST

/* What the caller has parsed already is not parsed again. */
START_TEST(given_body_is_used)
{
  _cleanup_json_ struct json_object *body = NULL;
  struct gm_error err = GM_ERROR_INIT;
  struct fixture f = { 0 };
  uint32_t flags;

  body = gm_json_parse_once("{\"detail\":\"mine\"}", 17, NULL, NULL);
  open_judged(&f);
  fixture_reply(&f, 500, "application/json", "{\"detail\":\"theirs\"}");
  gm_judge(f.i, 0, &f.x, body, &err, &flags);
  ck_assert_str_eq(gm_error_text(&err), "mine (HTTP 500)");
  gm_error_finish(&err);
  fixture_close(&f);
}
END_TEST

/* Sentences are cut at a character, also when the reader moved them out. */
START_TEST(long_sentences_are_cut)
{
  struct gm_buf b = GM_BUF_INIT(100000);
  struct gm_error err = GM_ERROR_INIT;
  struct fixture f = { 0 };
  const char *text;
  uint32_t flags;
  int i;

  gm_buf_add(&b, "{\"detail\":\"a");
  for (i = 0; i < _i; i++)
    gm_buf_add(&b, "\xc3\xa9");
  gm_buf_add(&b, "\"}");
  open_judged(&f);
  fixture_reply(&f, 500, "application/json", gm_buf_text(&b));
  ck_assert_uint_eq(f.x.reader.n_blobs, _i > 4096);
  gm_judge(f.i, 0, &f.x, NULL, &err, &flags);
  text = gm_error_text(&err);
  ck_assert_uint_eq(strlen(text), 499 + strlen(" (HTTP 500)"));
  ck_assert_int_eq(strncmp(text, "a\xc3\xa9\xc3\xa9", 5), 0);
  ck_assert_str_eq(text + 499, " (HTTP 500)");
  gm_error_finish(&err);
  gm_buf_finish(&b);
  fixture_close(&f);
}
END_TEST

static const struct {
  const char *body;
  uint32_t wait_ms;
} waits[] = {
  { "{}", 0 },
  { "{\"retry\":[{\"delay\":\"38.5s\"},{\"delay\":7}]}", 38500 },
  { "[{\"retry\":[{\"delay\":\"2s\"}]}]", 2000 },
  { "{\"retry\":[{\"delay\":\"soon\"}]}", 0 },
  { "{\"message\":\"Limit 5. Please try again in 12s. Visit us.\"}", 12000 },
  { "{\"message\":\"Please try again in 467ms.\"}", 467 },
  { "{\"message\":\"Please try again in 6m1.5s.\"}", 361500 },
  { "{\"message\":\"12s have passed\"}", 0 },
  { "{\"message\":\"try again in a while\"}", 0 },
  { "{\"message\":\"try again in 900h900h\"}", 86400000 },
};

START_TEST(waits_are_found)
{
  struct json_object *o = json_tokener_parse(waits[_i].body);
  struct fixture f = { 0 };
  uint32_t wait_ms;

  open_judged(&f);
  wait_ms = gm_judge_wait_ms(f.i, false, o);
  ck_assert_msg(wait_ms == waits[_i].wait_ms, "%s: %u", waits[_i].body,
                (unsigned)wait_ms);
  json_object_put(o);
  fixture_close(&f);
}
END_TEST

/* A hint counts only where no header tells. */
START_TEST(headers_silence_hints)
{
  struct json_object *o =
    json_tokener_parse("{\"hint\":\"9s\",\"message\":\"try again in 2s\"}");
  struct fixture f = { 0 };

  open_judged(&f);
  ck_assert_uint_eq(gm_judge_wait_ms(f.i, false, o), 9000);
  ck_assert_uint_eq(gm_judge_wait_ms(f.i, true, o), 2000);
  json_object_put(o);
  fixture_close(&f);
}
END_TEST

START_TEST(every_status_has_a_class)
{
  static const struct {
    int32_t status, error_class;
  } known[] = {
    { 400, GAMUT_E_INVALID },   { 401, GAMUT_E_AUTH },
    { 402, GAMUT_E_QUOTA },     { 403, GAMUT_E_PERMISSION },
    { 404, GAMUT_E_NOT_FOUND }, { 408, GAMUT_E_TIMEOUT },
    { 409, GAMUT_E_PROVIDER },  { 410, GAMUT_E_NOT_FOUND },
    { 413, GAMUT_E_INVALID },   { 415, GAMUT_E_INVALID },
    { 422, GAMUT_E_INVALID },   { 425, GAMUT_E_RATE },
    { 429, GAMUT_E_RATE },      { 451, GAMUT_E_INVALID },
    { 499, GAMUT_E_PROVIDER },  { 500, GAMUT_E_PROVIDER },
    { 504, GAMUT_E_TIMEOUT },   { 529, GAMUT_E_PROVIDER },
    { 407, GAMUT_E_INVALID },   { 418, GAMUT_E_INVALID },
    { 302, GAMUT_E_PROTOCOL },  { 99, GAMUT_E_PROTOCOL },
    { 600, GAMUT_E_PROTOCOL },
  };
  size_t i;

  for (i = 0; i < GM_LEN(known); i++)
    ck_assert_msg(gm_class_of_status(known[i].status) == known[i].error_class,
                  "%d", (int)known[i].status);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("judge");

  tcase_add_loop_test(tc, replies_are_judged, 0, (int)GM_LEN(rows));
  tcase_add_loop_test(tc, texts_are_judged, 0, (int)GM_LEN(texts));
  tcase_add_loop_test(tc, headers_are_judged, 0, 2);
  tcase_add_test(tc, given_body_is_used);
  tcase_add_loop_test(tc, long_sentences_are_cut, 300, 301);
  tcase_add_loop_test(tc, long_sentences_are_cut, 5000, 5001);
  tcase_add_loop_test(tc, waits_are_found, 0, (int)GM_LEN(waits));
  tcase_add_test(tc, headers_silence_hints);
  tcase_add_test(tc, every_status_has_a_class);
  return unit_run("judge", tc);
}
