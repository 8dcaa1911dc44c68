/* test_pending.c - an exchange as data, in memory and in the journal, and its
 * body as it is sent. */
#include "base/json.h"
#include "plugin/call.h"
#include "unit.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

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
  struct gm_pending_parts parts = { .method = "POST",
                                    .url = "https://a.test/x",
                                    .headers = headers,
                                    .n_headers = 2,
                                    .body = body,
                                    .body_len = len };

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
  found = gm_pending_text(p, &n);
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
  _cleanup_free_ struct gm_pending *q = NULL, *copy = gm_pending_copy(p);
  _cleanup_json_ struct json_object *o = NULL;

  check(p, bodies[_i].body, bodies[_i].len);
  check(copy, bodies[_i].body, bodies[_i].len);
  o = to_json(p);
  ck_assert_ptr_nonnull(o);
  q = gm_pending_from_json(o);
  check(q, bodies[_i].body, bodies[_i].len);
  ck_assert_uint_eq(q->size, p->size);
  ck_assert_uint_eq(gm_pending_body_size(q), bodies[_i].len);
}
END_TEST

/* ---- with inputs -------------------------------------------------------- */

static const char text[] = "{\"a\":\"\",\"b\":\"\xff\"}";

/* Text, a whole file, text that is no UTF-8, part of what is held. */
static struct gm_pending *make_mixed(const char *path, struct gm_file_mark mark)
{
  struct gamut_http x = { .phase = 1 };
  const struct gm_pending_piece pieces[] = {
    { .input = -1, .offset = 0, .size = 6 },
    { .input = 0, .base64 = true, .size = mark.size, .mark = mark },
    { .input = -1, .offset = 6, .size = sizeof(text) - 1 - 6 },
    { .input = 1, .offset = 2, .size = 3, .mark = { 7, 0 } },
  };
  const char *const paths[] = { NULL, path, NULL, NULL };
  struct gm_pending_parts parts = { .method = "POST",
                                    .url = "https://a.test/x",
                                    .headers = headers,
                                    .n_headers = 2,
                                    .body = text,
                                    .body_len = sizeof(text) - 1,
                                    .pieces = pieces,
                                    .n_pieces = 4,
                                    .paths = paths };

  return gm_pending_new(&x, &parts);
}

static char file_path[64];

static void setup(void)
{
  snprintf(file_path, sizeof(file_path), "/tmp/gamut-pending-%d",
           (int)getpid());
}

static void teardown(void)
{
  unlink(file_path);
}

static struct gm_file_mark write_file(const char *bytes)
{
  int fd = open(file_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  struct gm_file_mark mark;

  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(gm_write_all(fd, bytes, strlen(bytes)), 0);
  ck_assert_int_eq(gm_file_mark(fd, &mark), 0);
  close(fd);
  return mark;
}

static struct gm_held *hold(const char *bytes)
{
  struct gm_held *h = gm_held_new(100, 100);

  ck_assert_int_eq(gm_blob_add(&h->blob, bytes, strlen(bytes), NULL), 0);
  return h;
}

/* From the journal it is the same, without the bytes in it. */
START_TEST(inputs_are_named_in_the_journal)
{
  struct gm_input inputs[2] = { { .role = "image" },
                                { .role = "mask", .held = hold("0123456") } };
  _cleanup_free_ struct gm_pending *p =
    make_mixed(file_path, write_file("hello world"));
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(4096),
                                         record = GM_BUF_INIT(4096);
  _cleanup_json_ struct json_object *o = to_json(p);
  _cleanup_free_ struct gm_pending *q = NULL;

  gm_pending_add_json(p, &record);
  ck_assert_ptr_null(strstr(gm_buf_text(&record), "aGVsbG8"));
  ck_assert_ptr_nonnull(strstr(gm_buf_text(&record), file_path));
  q = gm_pending_from_json(o);
  ck_assert_ptr_nonnull(q);
  ck_assert_uint_eq(q->size, p->size);
  ck_assert_uint_eq(q->n_pieces, 4);
  ck_assert_mem_eq(&q->pieces[1].mark, &p->pieces[1].mark,
                   sizeof(p->pieces[1].mark));
  ck_assert_int_eq(gm_pending_read(q, inputs, 2, &b, NULL), 0);
  ck_assert_str_eq(gm_buf_text(&b),
                   "{\"a\":\"aGVsbG8gd29ybGQ=\",\"b\":\"\xff\"}234");
  ck_assert_uint_eq(b.len, gm_pending_body_size(q));
  gm_held_unref(inputs[1].held);
}
END_TEST

static void expect_refusal(const struct gm_pending *p,
                           const struct gm_input *inputs, const char *part)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(4096);
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  ck_assert_int_eq(gm_pending_read(p, inputs, 2, &b, &err), GAMUT_E_INVALID);
  ck_assert_msg(strstr(gm_error_text(&err), part) != NULL, "%s",
                gm_error_text(&err));
}

/* What was asked for is sent or nothing: not another picture. */
START_TEST(changed_inputs_are_refused)
{
  struct gm_input inputs[2] = { { .role = "image" },
                                { .role = "mask", .held = hold("0123456") } };
  struct gm_file_mark mark = write_file("hello");
  _cleanup_free_ struct gm_pending *p = make_mixed(file_path, mark);
  struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };
  struct gm_held *held = inputs[1].held;

  write_file("hello you");
  expect_refusal(p, inputs, "has changed since");
  write_file("HELLO"); /* the same size: only the time tells */
  ck_assert_int_eq(utimensat(AT_FDCWD, file_path, times, 0), 0);
  expect_refusal(p, inputs, file_path);
  unlink(file_path);
  expect_refusal(p, inputs, "cannot read");
  gm_free(p);
  p = make_mixed(file_path, write_file("hello"));
  inputs[1].held = NULL;
  expect_refusal(p, inputs, "are gone");
  inputs[1].held = hold("another");
  gm_blob_add(&inputs[1].held->blob, "!", 1, NULL);
  expect_refusal(p, inputs, "are gone");
  gm_held_unref(inputs[1].held);
  gm_held_unref(held);
}
END_TEST

#define OK                                                                     \
  "\"phase\":0,\"flags\":0,\"method\":\"GET\",\"url\":\"https://a.test/\""

#define PIECE(members) ",\"pieces\":[{" members "}]"
#define INPUT          "\"input\":0,\"size\":9,\"from\":4,\"bytes\":5"

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
  { "{" OK PIECE("\"text\":\"a\"") "}", true },
  { "{" OK PIECE("\"text64\":\"/w==\"") "}", true },
  { "{" OK PIECE(INPUT) "}", true },
  { "{" OK PIECE(INPUT ",\"path\":\"/a\",\"mtime_ns\":-1") "}", true },
  { "{" OK PIECE(INPUT ",\"path64\":\"L/8=\"") "}", true },
  { "{" OK ",\"pieces\":[]}", false },
  { "{" OK ",\"pieces\":{}}", false },
  { "{" OK ",\"pieces\":[7]}", false },
  { "{" OK PIECE("") "}", false },
  { "{" OK PIECE("\"text\":\"\"") "}", false },
  { "{" OK PIECE("\"text64\":\"?\"") "}", false },
  { "{" OK PIECE(INPUT ",\"path\":\"a\"") "}", false },
  { "{" OK PIECE(INPUT ",\"path\":\"/a\\u0000b\"") "}", false },
  { "{" OK PIECE(INPUT ",\"path64\":\"YQ==\"") "}", false },
  { "{" OK PIECE("\"input\":-1,\"size\":9,\"from\":0,\"bytes\":9") "}", false },
  { "{" OK PIECE("\"input\":0,\"size\":9,\"from\":4,\"bytes\":6") "}", false },
  { "{" OK PIECE("\"input\":0,\"size\":9,\"from\":10,\"bytes\":0") "}", false },
  { "{" OK PIECE("\"input\":0,\"size\":9,\"bytes\":9") "}", false },
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
  static const struct gm_input inputs[2];
  const struct gm_file_mark mark = { 5, 0 };
  _cleanup_free_ struct gm_pending *p = make_mixed("/\xff", mark), *q = NULL;
  _cleanup_json_ struct json_object *o = p ? to_json(p) : NULL;
  _cleanup_(gm_body_finish) struct gm_body body = GM_BODY_INIT;
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  if (!o)
    return false;
  q = gm_pending_from_json(o);
  if (!q)
    return false;
  gm_pending_open(q, inputs, 2, &body, &err);
  return err.error_class != GAMUT_E_NOMEM;
}

START_TEST(no_memory)
{
  unit_torture(there_and_back);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("pending");

  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_loop_test(tc, goes_to_json_and_back, 0, (int)GM_LEN(bodies));
  tcase_add_test(tc, inputs_are_named_in_the_journal);
  tcase_add_test(tc, changed_inputs_are_refused);
  tcase_add_loop_test(tc, records_are_checked, 0, (int)GM_LEN(records));
  tcase_add_test(tc, too_many_headers_are_refused);
  tcase_add_test(tc, no_memory);
  return unit_run("pending", tc);
}
