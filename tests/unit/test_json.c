/* test_json.c - json-c behind limits. */
#include "base/json.h"
#include "base/str.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <math.h>

#define NOWHERE SIZE_MAX

static const struct {
  const char *name, *text;
  size_t offset; /* NOWHERE: well-formed */
} rows[] = {
  { "object", "{}", NOWHERE },
  { "blanks", " \t\r\n[1 , 2]\n", NOWHERE },
  { "number", "12", NOWHERE },
  { "string", "\"x\"", NOWHERE },
  { "true", "true", NOWHERE },
  { "escapes", "\"\\u00e4\\/\\n\\ud83d\\ude00\"", NOWHERE },
  { "utf-8", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"", NOWHERE },
  { "huge number", "[1e999]", NOWHERE },
  { "many digits", "[99999999999999999999999999999]", NOWHERE },
  { "empty", "", 0 },
  { "only blanks", " \n ", 3 },
  { "cut object", "{\"a\":", 5 },
  { "cut string", "\"abc", 4 },
  { "cut word", "tru", 3 },
  { "cut number", "-", 1 },
  { "trailing", "{}x", 2 },
  { "two documents", "{} {}", 3 },
  { "trailing number", "1 2", 2 },
  { "null and more", "null,", 4 },
  { "comma", "[1,]", 3 },
  { "comma in object", "{\"a\":1,}", 7 },
  { "single quotes", "['a']", 1 },
  { "bare key", "{a:1}", 1 },
  { "comment", "[/* no */]", 1 },
  { "html", "<html>", 0 },
  { "bom", "\xef\xbb\xbf{}", 0 },
  { "bare bom", "\xef\xbb\xbf", 0 },
  { "leading zero", "[01]", 3 },
  { "plus", "[+1]", 1 },
  { "capital", "[True]", 1 },
  { "bad escape", "[\"\\x\"]", 3 },
  { "latin-1", "[\"\xe4\"]", 2 },
  { "overlong", "[\"\xc0\x80\"]", 2 },
  { "surrogate", "[\"\xed\xa0\x80\"]", 2 },
  { "bad outside", "[1]\xff", 3 },
};

START_TEST(documents_are_judged)
{
  size_t offset = 99;
  const char *why = "unset";
  _cleanup_json_ struct json_object *o =
    gm_json_parse_once(rows[_i].text, strlen(rows[_i].text), &offset, &why);

  if (rows[_i].offset == NOWHERE) {
    ck_assert_msg(o && !why, "%s: %s", rows[_i].name, why);
    return;
  }
  ck_assert_msg(!o && why && *why, "%s is taken", rows[_i].name);
  ck_assert_msg(offset == rows[_i].offset, "%s: %zu %s", rows[_i].name, offset,
                why);
}
END_TEST

START_TEST(text_need_not_be_terminated)
{
  size_t len;

  /* Exactly so many bytes on the heap: a sanitizer sees one more read. */
  for (len = 1; len <= 3; len++) {
    char *text = gm_alloc(len);
    const char *why;
    size_t offset;
    struct json_object *o;

    memset(text, '1', len);
    o = gm_json_parse_once(text, len, &offset, &why);
    ck_assert_uint_eq(strlen(gm_json_text(o, NULL)), len);
    json_object_put(o);
    gm_free(text);
  }
}
END_TEST

START_TEST(blanks_need_not_be_terminated)
{
  char *bare = gm_alloc(1);
  const char *why;

  bare[0] = ' ';
  ck_assert_ptr_null(gm_json_parse_once(bare, 1, NULL, &why));
  ck_assert_str_eq(why, "empty");
  gm_free(bare);
}
END_TEST

START_TEST(null_is_no_error)
{
  const char *why = "unset";
  size_t offset;

  ck_assert_ptr_null(gm_json_parse_once("null", 4, &offset, &why));
  ck_assert_ptr_null(why);
  ck_assert_ptr_null(gm_json_parse_once(" null\n", 6, NULL, NULL));
}
END_TEST

START_TEST(nul_bytes_are_malformed)
{
  static const char text[] = "{\"a\":\"x\0y\"}";
  const char *why;
  size_t offset;

  ck_assert_ptr_null(gm_json_parse_once(text, sizeof(text) - 1, &offset, &why));
  ck_assert_uint_eq(offset, 7);
  ck_assert_str_eq(why, "NUL byte");
  ck_assert_ptr_null(gm_json_parse_once("{}\0", 3, &offset, &why));
  ck_assert_uint_eq(offset, 2);
  ck_assert_ptr_null(gm_json_parse_once("1\0", 2, &offset, &why));
  ck_assert_ptr_null(gm_json_parse_once("\0", 1, &offset, &why));
}
END_TEST

START_TEST(depth_is_capped)
{
  static const size_t depths[] = { 63, 64, 66, 100000 };
  size_t depth = depths[_i], offset;
  char *text = gm_alloc(2 * depth + 1);
  const char *why;
  struct json_object *o;

  memset(text, '[', depth);
  text[depth] = '1';
  memset(text + depth + 1, ']', depth);
  o = gm_json_parse_once(text, 2 * depth + 1, &offset, &why);
  ck_assert((o != NULL) == (depth <= GM_JSON_DEPTH));
  json_object_put(o);
  gm_free(text);
}
END_TEST

START_TEST(parser_survives_errors)
{
  _cleanup_(gm_json_parser_freep) struct gm_json_parser *p =
    gm_json_parser_new();
  const char *why;
  size_t i;

  for (i = 0; i < GM_LEN(rows); i++) {
    struct json_object *o;

    json_object_put(
      gm_json_parse(p, rows[i].text, strlen(rows[i].text), NULL, NULL));
    o = gm_json_parse(p, "{\"a\":1}", 7, NULL, &why);
    ck_assert_msg(o && !why, "after %s", rows[i].name);
    json_object_put(o);
  }
}
END_TEST

START_TEST(every_cut_is_malformed)
{
  static const char text[] =
    "{\"status\":\"COMPLETED\",\"n\":[1,-2.5e3,true,null],"
    "\"s\":\"\\u00e4\\ud83d\\ude00\xc3\xa4\"}";
  size_t len;

  for (len = 0; len < sizeof(text) - 1; len++) {
    const char *why = NULL;
    size_t offset = 0;

    ck_assert_ptr_null(gm_json_parse_once(text, len, &offset, &why));
    ck_assert(why != NULL);
    ck_assert_uint_le(offset, len);
  }
}
END_TEST

static const char sample[] =
  "{\"id\":\"abc\",\"n\":3,\"big\":9223372036854775807,"
  "\"over\":18446744073709551615,\"huge\":1e300,\"inf\":1e999,\"neg\":-7,"
  "\"half\":2.5,\"yes\":true,\"nothing\":null,\"nul\":\"a\\u0000b\","
  "\"list\":[{\"u\":\"zero\"},{\"u\":\"one\"},5],\"\":{\"x\":\"empty key\"},"
  "\"dup\":1,\"dup\":2,\"min\":-9223372036854775808,\"m63\":-9.3e18}";

static struct json_object *parse(const char *text)
{
  struct json_object *o = gm_json_parse_once(text, strlen(text), NULL, NULL);

  ck_assert_ptr_nonnull(o);
  return o;
}

START_TEST(paths_lead_to_values)
{
  _cleanup_json_ struct json_object *o = parse(sample);
  char longer[400];

  ck_assert_str_eq(gm_json_str(o, "id", "?"), "abc");
  ck_assert_str_eq(gm_json_str(o, "list/1/u", "?"), "one");
  ck_assert_str_eq(gm_json_str(o, "list/2/u", "?"), "?");
  ck_assert_str_eq(gm_json_str(o, "list/3/u", "?"), "?");
  ck_assert_str_eq(gm_json_str(o, "list/-1/u", "?"), "?");
  ck_assert_str_eq(gm_json_str(o, "list/x", "?"), "?");
  ck_assert_str_eq(gm_json_str(o, "/x", "?"), "empty key");
  ck_assert_str_eq(gm_json_str(o, "id/x", "?"), "?");
  ck_assert_str_eq(gm_json_str(o, "id/", "?"), "?");
  ck_assert_str_eq(gm_json_str(o, "nothing", "?"), "?");
  ck_assert_ptr_null(gm_json_str(o, "absent", NULL));
  ck_assert_ptr_eq(gm_json_at(o, ""), o);
  ck_assert_ptr_eq(gm_json_at(o, NULL), o);
  ck_assert_ptr_null(gm_json_at(NULL, "x"));
  memset(longer, 'k', sizeof(longer) - 1);
  longer[sizeof(longer) - 1] = '\0';
  ck_assert_ptr_null(gm_json_at(o, longer));
}
END_TEST

START_TEST(wrong_types_fall_back)
{
  _cleanup_json_ struct json_object *o = parse(sample);

  ck_assert_str_eq(gm_json_str(o, "n", "?"), "?");
  ck_assert_str_eq(gm_json_str(o, "nul", "?"), "?");
  ck_assert_str_eq(gm_json_str(o, "list", "?"), "?");
  ck_assert_int_eq(gm_json_i64(o, "id", -3), -3);
  ck_assert_int_eq(gm_json_i64(o, "yes", -3), -3);
  ck_assert_double_eq(gm_json_real(o, "id", -3), -3);
  ck_assert(gm_json_bool(o, "n", true) && !gm_json_bool(o, "n", false));
  ck_assert(gm_json_bool(o, "yes", false));
  ck_assert_uint_eq(gm_json_count(o, "list"), 3);
  ck_assert_uint_eq(gm_json_count(o, "list/0"), 1);
  ck_assert_uint_eq(gm_json_count(o, "id"), 0);
  ck_assert_uint_eq(gm_json_count(NULL, "id"), 0);
}
END_TEST

START_TEST(numbers_do_not_trap)
{
  _cleanup_json_ struct json_object *o = parse(sample);

  ck_assert_int_eq(gm_json_i64(o, "n", 0), 3);
  ck_assert_int_eq(gm_json_i64(o, "neg", 0), -7);
  ck_assert_int_eq(gm_json_i64(o, "half", 0), 2);
  ck_assert_int_eq(gm_json_i64(o, "big", 0), INT64_MAX);
  ck_assert_int_eq(gm_json_i64(o, "min", 0), INT64_MIN);
  ck_assert_int_eq(gm_json_i64(o, "over", -3), -3);
  ck_assert_int_eq(gm_json_i64(o, "huge", -3), -3);
  ck_assert_int_eq(gm_json_i64(o, "inf", -3), -3);
  ck_assert_int_eq(gm_json_i64(o, "m63", -3), -3);
  ck_assert_int_eq(gm_json_i64(o, "dup", 0), 2);
  ck_assert_double_eq(gm_json_real(o, "half", 0), 2.5);
  ck_assert_double_eq(gm_json_real(o, "n", 0), 3);
  ck_assert_double_eq(gm_json_real(o, "inf", -3), -3);
  ck_assert_double_eq(gm_json_real(o, "huge", 0), 1e300);
}
END_TEST

START_TEST(text_is_compact)
{
  _cleanup_json_ struct json_object *o =
    parse("{ \"u\" : \"https://x/y\", \"l\" : [ 1, null ] }");
  size_t len;
  const char *text = gm_json_text(o, &len);

  ck_assert_str_eq(text, "{\"u\":\"https://x/y\",\"l\":[1,null]}");
  ck_assert_uint_eq(len, strlen(text));
  ck_assert_str_eq(gm_json_text(NULL, NULL), "null");
}
END_TEST

static const struct {
  const char *a, *b; /* b NULL: a is canonical */
} equals[] = {
  { "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}" },
  { "[1.0,2e0,-0.0,1e2]", "[1,2,0,100]" },
  { "[0.5,5e-1]", "[0.5,0.5]" },
  { "{\"x\":{\"d\":null,\"c\":[true,false]}}",
    "{\"x\":{\"c\":[true,false],\"d\":null}}" },
  { "[\"\\u0041\\/\\u00e4\"]", "[\"A/\xc3\xa4\"]" },
  { "[1e999]", "[null]" },
  { "[18446744073709551615]", "[18446744073709551615]" },
  { "[9223372036854775807,-9223372036854775808]", NULL },
  { "{}", NULL },
  { "[]", NULL },
  { "[\"a\\u0000b\"]", NULL },
  { "[1.5e+300,0.1]", NULL },
};

START_TEST(canonical_is_one_form)
{
  _cleanup_json_ struct json_object *o = parse(equals[_i].a);
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);

  ck_assert_int_eq(gm_json_canonical(o, &b), 0);
  ck_assert_str_eq(gm_buf_text(&b), equals[_i].b ? equals[_i].b : equals[_i].a);
}
END_TEST

START_TEST(canonical_meets_its_ceiling)
{
  _cleanup_json_ struct json_object *o = parse("{\"key\":\"some text\"}");
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(10);

  ck_assert_int_eq(gm_json_canonical(o, &b), GAMUT_E_PROTOCOL);
  gm_buf_finish(&b);
  gm_buf_init(&b, 100);
  ck_assert_int_eq(gm_json_canonical(NULL, &b), 0);
  ck_assert_str_eq(gm_buf_text(&b), "null");
}
END_TEST

static const struct {
  const char *name, *text, *error; /* NULL: taken */
} configs[] = {
  { "plain", "{\"a\":1}", NULL },
  { "line comment", "// head\n{\"a\": // tail\n1}// end", NULL },
  { "block comment", "/* a\n * b */ {\"a\"/**/:/***/1}", NULL },
  { "in a string", "{\"a\":1,\"u\":\"http://x /* y */ \\\" // z\"}", NULL },
  { "open comment", "{\"a\":1}\n/* no end",
    "line 2, column 1: unexpected character" },
  { "one slash", "{/ }",
    "line 1, column 2: quoted object property name "
    "expected" },
  { "line kept", "/* one\ntwo */\n{\n  \"a\": x}",
    "line 4, column 8: unexpected character" },
  { "columns are characters", "{\"\xc3\xa4\xe2\x82\xac\": x}",
    "line 1, column 8: unexpected character" },
  { "cut", "{\n\"a\":1", "line 2, column 6: ends early" },
  { "empty", "  // nothing\n", "line 2, column 1: empty" },
  { "null", "null", "line 1, column 1: null is no settings" },
  { "open string", "{\"a//", "line 1, column 6: ends early" },
  { "backslash at the end", "\"\\", "line 1, column 3: ends early" },
};

START_TEST(configuration_has_comments)
{
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  _cleanup_json_ struct json_object *o =
    gm_json_parse_config(configs[_i].text, strlen(configs[_i].text), &e);

  if (configs[_i].error) {
    ck_assert_ptr_null(o);
    ck_assert_int_eq(e.error_class, GAMUT_E_INVALID);
    ck_assert_str_eq(gm_error_text(&e), configs[_i].error);
    return;
  }
  ck_assert_msg(o != NULL, "%s: %s", configs[_i].name, gm_error_text(&e));
  ck_assert_int_eq(gm_json_i64(o, "a", 0), 1);
}
END_TEST

START_TEST(strings_keep_their_comments)
{
  static const char text[] = "{\"u\":\"http://x /* y */ \\\" // z\"} // c";
  _cleanup_json_ struct json_object *o =
    gm_json_parse_config(text, strlen(text), NULL);

  ck_assert_str_eq(gm_json_str(o, "u", ""), "http://x /* y */ \" // z");
}
END_TEST

static bool build(void)
{
  static const char text[] = "{\"b\":[1,2], /* x */ \"a\":{\"z\":1,\"y\":2}}";
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);
  _cleanup_json_ struct json_object *o =
    gm_json_parse_config(text, strlen(text), &e);
  int32_t rc;

  if (!o) {
    ck_assert_int_eq(e.error_class, GAMUT_E_NOMEM);
    return false;
  }
  rc = gm_json_canonical(o, &b);
  if (rc) {
    ck_assert_int_eq(rc, GAMUT_E_NOMEM);
    return false;
  }
  return gm_streq(gm_buf_text(&b), "{\"a\":{\"y\":2,\"z\":1},\"b\":[1,2]}");
}

START_TEST(no_memory_is_clean)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("json");

  tcase_add_loop_test(tc, documents_are_judged, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, text_need_not_be_terminated);
  tcase_add_test(tc, blanks_need_not_be_terminated);
  tcase_add_test(tc, null_is_no_error);
  tcase_add_test(tc, nul_bytes_are_malformed);
  tcase_add_loop_test(tc, depth_is_capped, 0, 4);
  tcase_add_test(tc, parser_survives_errors);
  tcase_add_test(tc, every_cut_is_malformed);
  tcase_add_test(tc, paths_lead_to_values);
  tcase_add_test(tc, wrong_types_fall_back);
  tcase_add_test(tc, numbers_do_not_trap);
  tcase_add_test(tc, text_is_compact);
  tcase_add_loop_test(tc, canonical_is_one_form, 0, (int)GM_LEN(equals));
  tcase_add_test(tc, canonical_meets_its_ceiling);
  tcase_add_loop_test(tc, configuration_has_comments, 0, (int)GM_LEN(configs));
  tcase_add_test(tc, strings_keep_their_comments);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("json", tc);
}
