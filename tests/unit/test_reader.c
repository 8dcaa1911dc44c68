/* test_reader.c - replies in pieces, long strings in blobs. */
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "loop/reader.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_TEXT 100000

/* The letters that came. */
static char *letters_of(const struct gm_blob *b)
{
  uint64_t at = 0, len = gm_coded_text_len(b);
  char *p = gm_alloc((size_t)len + 1);
  ssize_t n;

  while ((n = gm_coded_read_text(b, at, p + at, 1000)) > 0)
    at += (uint64_t)n;
  ck_assert_int_eq(n, 0);
  ck_assert_uint_eq(at, len);
  p[at] = '\0';
  return p;
}

/* ---- blobs ------------------------------------------------------------- */

static const struct {
  size_t max_mem, piece, total;
  bool file;
} spills[] = {
  { 1000, 1, 1000, false },          { 1000, 1, 1001, true },
  { 1000, 999, 1998, true },         { 0, 7, 70000, true },
  { 0, 65536, 200000, true },        { 100, 65537, 200000, true },
  { 1 << 20, 4096, 1 << 20, false },
};

START_TEST(blobs_spill)
{
  char *all = gm_alloc(spills[_i].total + 1), *back;
  size_t at, i;
  struct gm_blob b;

  for (i = 0; i < spills[_i].total; i++)
    all[i] = (char)('a' + i % 23);
  all[i] = '\0';
  gm_blob_init(&b, spills[_i].max_mem, 1 << 20);
  for (at = 0; at < spills[_i].total; at += spills[_i].piece)
    ck_assert_int_eq(
      gm_blob_add(&b, all + at, GM_MIN(spills[_i].piece, spills[_i].total - at),
                  NULL),
      0);
  ck_assert((b.fd >= 0) == spills[_i].file);
  ck_assert_uint_eq(b.len, spills[_i].total);
  back = letters_of(&b);
  ck_assert(strcmp(all, back) == 0);
  ck_assert_int_eq(gm_blob_read(&b, b.len, back, 1), 0);
  ck_assert_int_eq(gm_blob_read(&b, UINT64_MAX, back, 1), 0);
  gm_free(back);
  gm_free(all);
  gm_blob_finish(&b);
  ck_assert_int_eq(b.fd, -1);
}
END_TEST

START_TEST(blobs_have_a_ceiling)
{
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  struct gm_blob b;

  gm_blob_init(&b, 4, 10);
  ck_assert_int_eq(gm_blob_add(&b, "0123456789", 10, &e), 0);
  ck_assert_int_eq(gm_blob_add(&b, "x", 1, &e), GAMUT_E_PROTOCOL);
  ck_assert_str_eq(gm_error_text(&e), "longer than 10 bytes");
  gm_blob_finish(&b);
}
END_TEST

START_TEST(no_folder_is_told)
{
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  _cleanup_free_ char *before = gm_strdup(gm_env("TMPDIR"));
  struct gm_blob b;

  setenv("TMPDIR", "/nonexistent/folder", 1);
  gm_blob_init(&b, 4, 10);
  ck_assert_int_eq(gm_blob_add(&b, "01234", 5, &e), GAMUT_E_TRANSPORT);
  ck_assert(gm_starts(gm_error_text(&e), "temporary file: "));
  gm_blob_finish(&b);
  if (before)
    setenv("TMPDIR", before, 1);
  else
    unsetenv("TMPDIR");
}
END_TEST

/* ---- the reader -------------------------------------------------------- */

/* {"before":1,"s":"<string>","after":[2]} */
static char *reply_with(const char *string, size_t *ret_len)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(SIZE_MAX);

  gm_buf_addf(&b, " {\"before\":1,\"s\":\"%s\",\"after\":[2]}\n", string);
  *ret_len = b.len;
  return gm_buf_take(&b);
}

/* `unit` again and again, at least `len` bytes, then `end`. */
static char *repeat(const char *unit, size_t len, const char *end)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(SIZE_MAX);

  while (b.len < len)
    gm_buf_add(&b, unit);
  gm_buf_add(&b, end);
  return gm_buf_take(&b);
}

static int32_t feed(struct gm_reader *r, const char *p, size_t len,
                    size_t piece, struct gm_error *err)
{
  int32_t rc = 0;
  size_t at;

  for (at = 0; at < len && !rc; at += piece) {
    size_t now = GM_MIN(piece, len - at);
    char *copy = gm_strndup(p + at, now); /* exactly so many bytes */

    rc = gm_reader_feed(r, copy, now, err);
    gm_free(copy);
  }
  return rc;
}

static const struct {
  const char *name, *unit, *end;
} strings[] = {
  { "plain", "QUJD", "" },
  { "slashes", "QUJD\\/", "" },
  { "quotes", "\\\"\\\\", "" },
  { "all escapes", "\\b\\f\\n\\r\\t\\/\\\\\\\"", "" },
  { "units", "\\u0041\\u00e4\\u20AC", "" },
  { "pairs", "\\ud83d\\uDE00", "" },
  { "lone high", "\\ud83dx", "" },
  { "lone low", "\\ude00", "" },
  { "two high", "\\ud83d\\ud83d\\ude00", "" },
  { "high before escape", "\\ud83d\\n", "" },
  { "high at the end", "x", "\\ud83d" },
  { "utf-8", "\xc3\xa4\xf0\x9f\x98\x80", "" },
  { "padded", "QUJD", "QQ==" },
  { "padded by one", "QUJD", "QUI=" },
  { "odd last bits", "QUJD", "Zh==" },
  { "no padding", "QUJD", "QUI" },
  { "one letter too many", "QUJD", "Q" },
  { "padding in the midst", "QUJDQQ==", "" },
  { "too much padding", "QUJD", "QQ===" },
  { "padding alone", "QUJD", "====" },
  { "half a padding", "QUJD", "QQ=" },
  { "letters behind it", "QUJD", "QQ=x" },
  { "other alphabet", "QUJD", "-_-_" },
  { "line breaks", "QUJDRUZH\\n", "" },
  { "a blank at the end", "QUJD", " " },
};

/* What the reader makes of a string is what json-c makes of it, wherever the
 * pieces end. */
START_TEST(long_strings_are_what_json_says)
{
  static const size_t pieces[] = { 1, 2, 7, 1000, 8191, 8192, 16384, 1 << 20 };
  char *string = repeat(strings[_i].unit, GM_LONG_STRING + 50, strings[_i].end);
  size_t len, i;
  char *reply = reply_with(string, &len);
  _cleanup_json_ struct json_object *want =
    gm_json_parse_once(reply, len, NULL, NULL);

  for (i = 0; i < GM_LEN(pieces); i++) {
    _cleanup_json_ struct json_object *got = NULL;
    struct gm_blob *blob;
    struct gm_reader r;
    char *bytes;

    gm_reader_init(&r, MAX_TEXT, 1 << 20);
    ck_assert_int_eq(feed(&r, reply, len, pieces[i], NULL), 0);
    ck_assert(r.is_json);
    ck_assert_uint_eq(r.total, len);
    ck_assert_uint_eq(r.n_blobs, 1);
    ck_assert_uint_lt(r.text.len, 200);
    got = gm_json_parse_once(r.text.data, r.text.len, NULL, NULL);
    ck_assert_int_eq(gm_json_i64(got, "before", 0), 1);
    ck_assert_int_eq(gm_json_i64(got, "after/0", 0), 2);
    blob = gm_reader_blob(&r, gm_json_str(got, "s", NULL));
    ck_assert_ptr_nonnull(blob);
    bytes = letters_of(blob);
    ck_assert_msg(!strcmp(bytes, gm_json_str(want, "s", "")),
                  "%s in pieces of %zu", strings[_i].name, pieces[i]);
    gm_free(bytes);
    gm_reader_finish(&r);
  }
  gm_free(reply);
  gm_free(string);
}
END_TEST

static const struct {
  const char *name, *end, *bytes; /* NULL: it is not taken for base64 */
  bool cut;
} codes[] = {
  { "whole", "", "", false },
  { "padded", "QQ==", "A", false },
  { "padded by one", "QUI=", "AB", false },
  { "no padding", "QUI", "AB", false },
  { "no padding at all", "QQ", "A", false },
  { "odd bits", "Zh==", "f", false },
  { "half a padding", "QQ=", "A", false },
  { "cut", "Q", "", true },
  { "slash", "\\/\\/\\/\\/", "\xff\xff\xff", false },
  { "broken", "Q*", NULL, false },
  { "blank", " ", NULL, false },
  { "url alphabet", "--__", NULL, false },
};

/* What is base64 is there as its bytes when the last letter has come. */
START_TEST(base64_is_decoded_on_the_way)
{
  static const size_t pieces[] = { 1, 3, 1000, 8193, 1 << 20 };
  char *string = repeat("QUJD", 100000, codes[_i].end);
  size_t i, len, k;
  char *reply = reply_with(string, &len);

  for (i = 0; i < 2 * GM_LEN(pieces); i++) {
    struct gm_reader r;
    const struct gm_blob *b;
    char byte[4];

    gm_reader_init(&r, MAX_TEXT, 1 << 20);
    r.max_mem = i % 2 ? 1000 : 1 << 20;
    r.expect = len;
    ck_assert_int_eq(feed(&r, reply, len, pieces[i / 2], NULL), 0);
    b = &r.blobs[0];
    ck_assert_msg(b->coded == (codes[_i].bytes != NULL), "%s", codes[_i].name);
    ck_assert_int_eq(b->cut, codes[_i].cut);
    ck_assert((b->fd >= 0) == (i % 2));
    if (b->coded) {
      ck_assert_uint_eq(b->len, 75000 + strlen(codes[_i].bytes));
      for (k = 0; k < 75000; k += 7407) {
        ck_assert_int_eq(gm_blob_read(b, k, byte, 3), 3);
        ck_assert_mem_eq(byte, "ABC", 3);
      }
      memset(byte, 0, sizeof(byte));
      gm_blob_read(b, 75000, byte, 3);
      ck_assert_str_eq(byte, codes[_i].bytes);
    }
    gm_reader_finish(&r);
  }
  gm_free(reply);
  gm_free(string);
}
END_TEST

/* The limit counts bytes as written, and does not depend on the pieces. */
START_TEST(limit_is_exact)
{
  static const char *const ends[] = { "x", "\\n", "\\u0041" };
  size_t piece, over;

  for (over = 0; over <= 1; over++) {
    for (piece = 1; piece < 20000; piece = piece * 3 + 1) {
      size_t n = strlen(ends[_i]), len;
      char *string = repeat("x", GM_LONG_STRING - n + over, ends[_i]);
      char *reply = reply_with(string, &len);
      struct gm_reader r;

      ck_assert_uint_eq(strlen(string), GM_LONG_STRING + over);
      gm_reader_init(&r, MAX_TEXT, 1 << 20);
      ck_assert_int_eq(feed(&r, reply, len, piece, NULL), 0);
      ck_assert_uint_eq(r.n_blobs, over);
      if (!over)
        ck_assert_str_eq(gm_buf_text(&r.text), reply);
      gm_reader_finish(&r);
      gm_free(reply);
      gm_free(string);
    }
  }
}
END_TEST

static const struct {
  const char *name, *text;
  bool json;
} verbatim[] = {
  { "object", "{\"a\":\"b\\\"c\",\"d\":[\"\\\\\"]}", true },
  { "array", "\n\t [1,\"]\"]", true },
  { "html", "<html>\"quoted\\\"</html>", false },
  { "string", "\"text\"", false },
  { "bom", "\xef\xbb\xbf{}", false },
  { "nothing", "", false },
  { "blanks", " \r\n", false },
  { "two documents", "{}{\"a\":\"b\"}", true },
  { "cut", "{\"a\":\"b", true },
};

START_TEST(short_replies_are_untouched)
{
  size_t len = strlen(verbatim[_i].text), piece;

  for (piece = 1; piece <= len + 1; piece++) {
    struct gm_reader r;

    gm_reader_init(&r, MAX_TEXT, 1000);
    ck_assert_int_eq(feed(&r, verbatim[_i].text, len, piece, NULL), 0);
    ck_assert_str_eq(gm_buf_text(&r.text), verbatim[_i].text);
    ck_assert(r.is_json == verbatim[_i].json);
    ck_assert_ptr_null(gm_reader_blob(&r, "gamut-blob-0"));
    gm_reader_finish(&r);
  }
}
END_TEST

START_TEST(long_text_that_is_no_json_stays)
{
  char *page = repeat("<p>\"x\"</p>", 20000, "");
  struct gm_reader r;

  gm_reader_init(&r, MAX_TEXT, 1000);
  ck_assert_int_eq(feed(&r, page, strlen(page), 777, NULL), 0);
  ck_assert_str_eq(gm_buf_text(&r.text), page);
  gm_reader_finish(&r);
  gm_free(page);
}
END_TEST

static const char *const broken[] = { "\\x", "\\u12g4", "\\u-123", "\\U0041" };

START_TEST(broken_escapes_are_refused)
{
  char *string = repeat("x", GM_LONG_STRING + (size_t)_i % 2, broken[_i]);
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  struct gm_reader r;
  size_t len;
  char *reply = reply_with(string, &len);

  gm_reader_init(&r, MAX_TEXT, 1 << 20);
  ck_assert_int_eq(feed(&r, reply, len, 100, &e), GAMUT_E_PROTOCOL);
  ck_assert_str_eq(gm_error_text(&e), "broken escape in a long string");
  ck_assert_int_eq(gm_reader_feed(&r, "{}", 2, NULL), GAMUT_E_PROTOCOL);
  gm_reader_finish(&r);
  gm_free(reply);
  gm_free(string);
}
END_TEST

START_TEST(ceilings_hold)
{
  char *string = repeat("x", 50000, "");
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  struct gm_reader r;
  size_t len;
  char *reply = reply_with(string, &len);

  gm_reader_init(&r, MAX_TEXT, 49999);
  ck_assert_int_eq(feed(&r, reply, len, 1000, &e), GAMUT_E_PROTOCOL);
  gm_reader_finish(&r);
  gm_error_finish(&e);
  gm_reader_init(&r, 20, 50000);
  ck_assert_int_eq(feed(&r, reply, len, 1000, &e), GAMUT_E_PROTOCOL);
  ck_assert_str_eq(gm_error_text(&e), "reply longer than 20 bytes of text");
  gm_reader_finish(&r);
  gm_free(reply);
  gm_free(string);
}
END_TEST

/* [ "xxx...", "xxx...", ... ] */
static char *many_long(size_t n)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(SIZE_MAX);
  size_t i;

  gm_buf_addc(&b, '[');
  for (i = 0; i < n; i++) {
    char *string = repeat("x", GM_LONG_STRING + 1 + i, "");

    gm_buf_addf(&b, "%s\"%s\"", i ? "," : "", string);
    gm_free(string);
  }
  gm_buf_addc(&b, ']');
  return gm_buf_take(&b);
}

START_TEST(many_long_strings)
{
  char *reply = many_long(GM_READER_BLOBS);
  _cleanup_json_ struct json_object *o = NULL;
  struct gm_reader r;
  char path[8];
  size_t i;

  gm_reader_init(&r, MAX_TEXT, 1 << 20);
  r.max_mem = 10; /* all of them in files */
  ck_assert_int_eq(feed(&r, reply, strlen(reply), 16384, NULL), 0);
  o = gm_json_parse_once(r.text.data, r.text.len, NULL, NULL);
  ck_assert_uint_eq(gm_json_count(o, NULL), GM_READER_BLOBS);
  for (i = 0; i < GM_READER_BLOBS; i++) {
    const struct gm_blob *b;

    snprintf(path, sizeof(path), "%zu", i);
    b = gm_reader_blob(&r, gm_json_str(o, path, NULL));
    ck_assert_ptr_eq(b, &r.blobs[i]);
    ck_assert_uint_eq(gm_coded_text_len(b), GM_LONG_STRING + 1 + i);
    ck_assert_int_ge(b->fd, 0);
  }
  gm_reader_finish(&r);
  gm_free(reply);
}
END_TEST

/* Into a file at any moment, also where there can be none; what is in memory
 * counts, and only that. */
START_TEST(spilled_at_any_moment)
{
  char *reply = many_long(3);
  size_t len = strlen(reply), at, n, step = len / 40;
  struct gm_budget budget = { .max = 1 };
  struct gm_reader plain, r;
  size_t i;

  if (_i)
    setenv("TMPDIR", "/nowhere", 1);
  gm_reader_init(&plain, MAX_TEXT, 1 << 20);
  ck_assert_int_eq(feed(&plain, reply, len, 16384, NULL), 0);
  for (at = 0; at < len; at += step) {
    gm_reader_init(&r, MAX_TEXT, 1 << 20);
    r.budget = &budget;
    for (n = 0; n < len; n += step) {
      if (n == at)
        gm_reader_spill(&r);
      ck_assert_int_eq(
        gm_reader_feed(&r, reply + n, GM_MIN(step, len - n), NULL), 0);
    }
    ck_assert_uint_eq(r.n_blobs, 3);
    for (i = 0; i < r.n_blobs; i++) {
      _cleanup_free_ char *want = letters_of(&plain.blobs[i]);
      _cleanup_free_ char *got = letters_of(&r.blobs[i]);

      ck_assert_str_eq(got, want);
      ck_assert_int_eq(r.blobs[i].fd >= 0, !_i);
    }
    if (_i)
      ck_assert_uint_gt(budget.held, 3 * GM_LONG_STRING / 4 * 3);
    else
      ck_assert_uint_lt(budget.held, 4 * GM_LONG_STRING);
    gm_reader_finish(&r);
    ck_assert_uint_eq(budget.held, 0);
  }
  gm_reader_finish(&plain);
  gm_free(reply);
}
END_TEST

START_TEST(too_many_long_strings)
{
  char *reply = many_long(GM_READER_BLOBS + 1);
  struct gm_reader r;

  gm_reader_init(&r, MAX_TEXT, 1 << 20);
  ck_assert_int_eq(feed(&r, reply, strlen(reply), 16384, NULL),
                   GAMUT_E_PROTOCOL);
  gm_reader_finish(&r);
  gm_free(reply);
}
END_TEST

/* A vendor that learned the token of one reply cannot use it in another. */
START_TEST(tokens_cannot_be_forged)
{
  char *reply = many_long(1), *token;
  _cleanup_json_ struct json_object *o = NULL;
  struct gm_reader a, b;

  gm_reader_init(&a, MAX_TEXT, 1 << 20);
  gm_reader_init(&b, MAX_TEXT, 1 << 20);
  ck_assert_int_eq(feed(&a, reply, strlen(reply), 16384, NULL), 0);
  ck_assert_int_eq(feed(&b, reply, strlen(reply), 16384, NULL), 0);
  o = gm_json_parse_once(a.text.data, a.text.len, NULL, NULL);
  token = gm_strdup(gm_json_str(o, "0", ""));
  ck_assert_ptr_eq(gm_reader_blob(&a, token), &a.blobs[0]);
  ck_assert_ptr_null(gm_reader_blob(&b, token));
  ck_assert_ptr_null(gm_reader_blob(&a, NULL));
  ck_assert_ptr_null(gm_reader_blob(&a, ""));
  token[strlen(token) - 1] = '1';
  ck_assert_ptr_null(gm_reader_blob(&a, token));
  token[strlen(token) - 1] = '\0';
  ck_assert_ptr_null(gm_reader_blob(&a, token));
  gm_free(token);
  gm_reader_finish(&a);
  gm_reader_finish(&b);
  gm_free(reply);
}
END_TEST

static char *scenario_reply;

static bool build(void)
{
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  struct gm_reader r;
  int32_t rc = 0;
  size_t at, len = strlen(scenario_reply);

  gm_reader_init(&r, MAX_TEXT, 1 << 20);
  r.max_mem = 9000;
  for (at = 0; at < len && !rc; at += 3000)
    rc = gm_reader_feed(&r, scenario_reply + at, GM_MIN(len - at, (size_t)3000),
                        &e);
  ck_assert_int_eq(rc, e.error_class);
  ck_assert(rc == 0 || rc == GAMUT_E_NOMEM || rc == GAMUT_E_TRANSPORT);
  ck_assert(rc != 0 || r.n_blobs == 3);
  gm_reader_finish(&r);
  return rc == 0;
}

START_TEST(no_memory_is_clean)
{
  scenario_reply = many_long(3);
  unit_torture(build);
  gm_free(scenario_reply);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("reader");

  tcase_add_loop_test(tc, blobs_spill, 0, (int)GM_LEN(spills));
  tcase_add_test(tc, blobs_have_a_ceiling);
  tcase_add_test(tc, no_folder_is_told);
  tcase_add_loop_test(tc, long_strings_are_what_json_says, 0,
                      (int)GM_LEN(strings));
  tcase_add_loop_test(tc, base64_is_decoded_on_the_way, 0, (int)GM_LEN(codes));
  tcase_add_loop_test(tc, limit_is_exact, 0, 3);
  tcase_add_loop_test(tc, short_replies_are_untouched, 0,
                      (int)GM_LEN(verbatim));
  tcase_add_test(tc, long_text_that_is_no_json_stays);
  tcase_add_loop_test(tc, broken_escapes_are_refused, 0, (int)GM_LEN(broken));
  tcase_add_test(tc, ceilings_hold);
  tcase_add_test(tc, many_long_strings);
  tcase_add_loop_test(tc, spilled_at_any_moment, 0, 2);
  tcase_add_test(tc, too_many_long_strings);
  tcase_add_test(tc, tokens_cannot_be_forged);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("reader", tc);
}
