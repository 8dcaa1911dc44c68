/* test_pending.c - an exchange as data, in memory and in the journal. */
#include "base/json.h"
#include "plugin/pending.h"
#include "unit.h"

static const struct gm_header headers[] = {
  { "x-one", "1" },
  { "content-type", "" },
};

static struct gm_pending *make(const void *body, size_t len)
{
  struct gamut_http x = { .phase = 1,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_KEYED,
                          .delay_ms = 500,
                          .timeout_ms = UINT32_MAX };
  struct gm_pending_parts parts = { "POST",  "https://a.test/x",
                                    headers, 2,
                                    body,    len };

  return gm_pending_new(&x, &parts);
}

static void check(const struct gm_pending *p, const void *body, size_t len)
{
  struct gm_header out[4];
  const void *found;
  size_t n;

  ck_assert_ptr_nonnull(p);
  ck_assert_int_eq(p->phase, 1);
  ck_assert_uint_eq(p->flags, GAMUT_HTTP_BILLABLE | GAMUT_HTTP_KEYED);
  ck_assert_uint_eq(p->delay_ms, 500);
  ck_assert_uint_eq(p->timeout_ms, UINT32_MAX);
  ck_assert_str_eq(gm_pending_method(p), "POST");
  ck_assert_str_eq(gm_pending_url(p), "https://a.test/x");
  ck_assert_uint_eq(gm_pending_headers(p, out, 1), 1);
  ck_assert_uint_eq(gm_pending_headers(p, out, 4), 2);
  ck_assert_str_eq(out[0].name, "x-one");
  ck_assert_str_eq(out[0].value, "1");
  ck_assert_str_eq(out[1].name, "content-type");
  ck_assert_str_eq(out[1].value, "");
  found = gm_pending_body(p, &n);
  ck_assert_uint_eq(n, len);
  if (len)
    ck_assert_mem_eq(found, body, len);
  else
    ck_assert_ptr_null(found);
}

static const struct {
  const char *name, *body;
  size_t len;
} bodies[] = {
  { "none", NULL, 0 },
  { "json", "{\"a\":\"\xc3\xa9\"}", 10 },
  { "bytes", "\x89PNG\r\n\x1a\n\0\0", 10 },
  { "text with a NUL", "a\0b", 3 },
  { "one byte", "\xff", 1 },
};

/* The journal's form, read as the journal is. */
static struct json_object *to_json(const struct gm_pending *p)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1 << 20);

  gm_pending_add_json(p, &b);
  return gm_json_parse_once(gm_buf_text(&b), b.len, NULL, NULL);
}

START_TEST(goes_to_json_and_back)
{
  _cleanup_free_ struct gm_pending *p = make(bodies[_i].body, bodies[_i].len);
  _cleanup_free_ struct gm_pending *q = NULL;
  _cleanup_json_ struct json_object *o = NULL;

  check(p, bodies[_i].body, bodies[_i].len);
  ck_assert_int_eq(p->body_input, -1);
  p->body_input = 3;
  p->body_offset = 1u << 30;
  p->body_size = (uint64_t)1 << 40;
  o = to_json(p);
  ck_assert_ptr_nonnull(o);
  q = gm_pending_from_json(o);
  check(q, bodies[_i].body, bodies[_i].len);
  ck_assert_int_eq(q->body_input, 3);
  ck_assert_uint_eq(q->body_offset, 1u << 30);
  ck_assert_uint_eq(q->body_size, (uint64_t)1 << 40);
  ck_assert_uint_eq(q->size, p->size);
}
END_TEST

#define OK                                                                     \
  "\"phase\":0,\"flags\":0,\"method\":\"GET\",\"url\":\"https://a.test/\""

static const struct {
  const char *text;
  bool good;
} records[] = {
  { "{" OK "}", true },
  { "{" OK ",\"headers\":[\"a\",\"b\"]}", true },
  { "{" OK ",\"body\":\"x\"}", true },
  { "{" OK ",\"later\":{}}", true },
  { "null", false },
  { "{}", false },
  { "[]", false },
  { "{\"flags\":0,\"method\":\"GET\",\"url\":\"https://a.test/\"}", false },
  { "{" OK ",\"phase\":-2}", false },
  { "{" OK ",\"phase\":4294967296}", false },
  { "{" OK ",\"flags\":-1}", false },
  { "{" OK ",\"delay_ms\":-1}", false },
  { "{" OK ",\"delay_ms\":4294967296}", false },
  { "{" OK ",\"body_input\":-2}", false },
  { "{" OK ",\"body_offset\":-1}", false },
  { "{" OK ",\"body_size\":-1}", false },
  { "{" OK ",\"method\":\"PUSH\"}", false },
  { "{" OK ",\"method\":7}", false },
  { "{" OK ",\"url\":\"https://a.test/ b\"}", false },
  { "{" OK ",\"url\":\"\"}", false },
  { "{" OK ",\"url\":\"https://a.test/\\u0000b\"}", false },
  { "{" OK ",\"headers\":[\"a\"]}", false },
  { "{" OK ",\"headers\":{\"a\":\"b\",\"c\":\"d\"}}", false },
  { "{" OK ",\"headers\":[\"a b\",\"c\"]}", false },
  { "{" OK ",\"headers\":[\"a\",\"c\\r\\nd: e\"]}", false },
  { "{" OK ",\"headers\":[\"a\",7]}", false },
  { "{" OK ",\"body64\":\"?\"}", false },
  { "{" OK ",\"body64\":\"AAAAA\"}", false },
};

START_TEST(records_are_checked)
{
  _cleanup_json_ struct json_object *o = NULL;
  _cleanup_free_ struct gm_pending *p = NULL;

  o =
    gm_json_parse_once(records[_i].text, strlen(records[_i].text), NULL, NULL);
  p = gm_pending_from_json(o);
  ck_assert_msg((p != NULL) == records[_i].good, "%s", records[_i].text);
}
END_TEST

START_TEST(too_many_headers_are_refused)
{
  _cleanup_json_ struct json_object *o = NULL, *list = NULL;
  int i;

  o = gm_json_parse_once("{" OK "}", strlen("{" OK "}"), NULL, NULL);
  list = json_object_new_array();
  for (i = 0; i < 2 * 65; i++)
    json_object_array_add(list, json_object_new_string("a"));
  json_object_object_add(o, "headers", GM_TAKE(list));
  ck_assert_ptr_null(gm_pending_from_json(o));
}
END_TEST

static bool there_and_back(void)
{
  _cleanup_free_ struct gm_pending *p = make("\xff", 1), *q = NULL;
  _cleanup_json_ struct json_object *o = NULL;

  if (!p)
    return false;
  o = to_json(p);
  if (!o)
    return false;
  q = gm_pending_from_json(o);
  return q != NULL;
}

START_TEST(no_memory)
{
  unit_torture(there_and_back);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("pending");

  tcase_add_loop_test(tc, goes_to_json_and_back, 0, (int)GM_LEN(bodies));
  tcase_add_loop_test(tc, records_are_checked, 0, (int)GM_LEN(records));
  tcase_add_test(tc, too_many_headers_are_refused);
  tcase_add_test(tc, no_memory);
  return unit_run("pending", tc);
}
