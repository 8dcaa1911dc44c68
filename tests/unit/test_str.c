/* test_str.c - comparing, the cursor, numbers, UTF-8, nearest words. */
#include "base/str.h"
#include "unit.h"
#include <float.h>
#include <locale.h>
#include <math.h>

START_TEST(texts_compare)
{
  ck_assert(gm_streq(NULL, NULL) && !gm_streq("", NULL) && gm_streq("a", "a"));
  ck_assert(gm_strieq("AbZ-1", "aBz-1") && !gm_strieq("a", "ab"));
  ck_assert(!gm_strieq("[", "{") && gm_strieq(NULL, NULL));
  ck_assert(!gm_strieq("x", NULL));
  ck_assert(gm_starts("abc", "ab") && gm_starts("abc", ""));
  ck_assert(!gm_starts("a", "ab") && !gm_starts(NULL, "a"));
  ck_assert(gm_ends("abc", "bc") && gm_ends("abc", ""));
  ck_assert(!gm_ends("c", "bc") && !gm_ends(NULL, ""));
}
END_TEST

static const struct {
  const char *pattern, *text;
  bool match;
} globs[] = {
  { "fal-ai/*", "fal-ai/flux/dev", true },
  { "fal-ai/*", "fal-ai", false },
  { "*", "", true },
  { "", "", true },
  { "", "a", false },
  { "a*b*c", "a--b--b--c", true },
  { "a*b*c", "a--b--b--", false },
  { "*ab", "aab", true },
  { "*.png", ".png.jpg", false },
  { "a?c", "abc", false },
  { "**x", "x", true },
};

START_TEST(globs_match)
{
  ck_assert_msg(gm_glob(globs[_i].pattern, globs[_i].text) == globs[_i].match,
                "%s ~ %s", globs[_i].text, globs[_i].pattern);
}
END_TEST

static const struct {
  const char *text;
  int64_t min, max;
  bool ok;
  int64_t value;
} ints[] = {
  { "0", 0, 9, true, 0 },
  { "-0", -1, 9, true, 0 },
  { "42", 0, 42, true, 42 },
  { "43", 0, 42, false, 0 },
  { "-5", -5, 5, true, -5 },
  { "9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX },
  { "9223372036854775808", INT64_MIN, INT64_MAX, false, 0 },
  { "-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN },
  { "-9223372036854775809", INT64_MIN, INT64_MAX, false, 0 },
  { "99999999999999999999", INT64_MIN, INT64_MAX, false, 0 },
  { "007", 0, 9, true, 7 },
  { "", 0, 9, false, 0 },
  { "-", -9, 9, false, 0 },
  { "+1", 0, 9, false, 0 },
  { " 1", 0, 9, false, 0 },
  { "1 ", 0, 9, false, 0 },
  { "0x1", 0, 9, false, 0 },
  { "1.0", 0, 9, false, 0 },
};

START_TEST(integers_are_exact)
{
  int64_t v = 77;
  bool ok = gm_parse_i64(ints[_i].text, ints[_i].min, ints[_i].max, &v);

  ck_assert_msg(ok == ints[_i].ok, "'%s'", ints[_i].text);
  ck_assert_int_eq(v, ok ? ints[_i].value : 77);
  ck_assert(!gm_parse_i64(NULL, 0, 1, &v));
}
END_TEST

static const struct {
  const char *text;
  bool ok;
  double value;
} reals[] = {
  { "1", true, 1 },       { "-1.5", true, -1.5 }, { "1e3", true, 1000 },
  { "1E-2", true, 0.01 }, { ".5", true, .5 },     { "5.", true, 5 },
  { "0.1", true, 0.1 },   { "1e999", false, 0 },  { "", false, 0 },
  { ".", false, 0 },      { "e1", false, 0 },     { "1e", false, 0 },
  { "1e+", false, 0 },    { "nan", false, 0 },    { "inf", false, 0 },
  { "0x1p3", false, 0 },  { "1,5", false, 0 },    { " 1", false, 0 },
  { "1 ", false, 0 },     { "+1", false, 0 },     { "2001", false, 0 },
  { "-2001", false, 0 },  { "--1", false, 0 },
};

START_TEST(reals_are_exact)
{
  double v = 77;
  bool ok = gm_parse_real(reals[_i].text, -2000, 2000, &v);

  ck_assert_msg(ok == reals[_i].ok, "'%s'", reals[_i].text);
  ck_assert_double_eq(v, ok ? reals[_i].value : 77);
}
END_TEST

static const struct {
  double v;
  const char *text;
} printed[] = {
  { 0, "0" },
  { 0.1, "0.1" },
  { 1.0 / 3, "0.3333333333333333" },
  { 2.5, "2.5" },
  { 1e21, "1e+21" },
  { 123456789012, "123456789012" },
  { 5e-324, "5e-324" },
  { DBL_MAX, "1.7976931348623157e+308" },
  { DBL_MIN, "2.2250738585072014e-308" },
  { -0.07, "-0.07" },
};

START_TEST(integers_are_printed)
{
  char buf[24];

  ck_assert_str_eq(gm_fmt_int(buf, 0), "0");
  ck_assert_str_eq(gm_fmt_int(buf, 200), "200");
  ck_assert_str_eq(gm_fmt_int(buf, INT64_MAX), "9223372036854775807");
  ck_assert_str_eq(gm_fmt_int(buf, INT64_MIN), "-9223372036854775808");
}
END_TEST

START_TEST(reals_are_printed_short)
{
  char buf[32];

  ck_assert_str_eq(gm_fmt_real(buf, printed[_i].v), printed[_i].text);
}
END_TEST

START_TEST(reals_read_back)
{
  uint64_t bits = UINT64_C(0x9e3779b97f4a7c15);
  char buf[32];
  int i;

  for (i = 0; i < 20000; i++) {
    double v, back;

    bits = bits * UINT64_C(6364136223846793005) + 1442695040888963407u;
    memcpy(&v, &bits, sizeof(v));
    if (!isfinite(v))
      continue;
    gm_fmt_real(buf, v);
    ck_assert_msg(gm_parse_real(buf, -DBL_MAX, DBL_MAX, &back), "%s", buf);
    ck_assert(memcmp(&v, &back, sizeof(v)) == 0);
  }
  ck_assert_str_eq(gm_fmt_real(buf, (double)NAN), "nan");
  ck_assert_str_eq(gm_fmt_real(buf, -(double)INFINITY), "-inf");
}
END_TEST

/* Skips itself where no locale with a comma is installed. */
START_TEST(locale_does_not_matter)
{
  static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8",
                                       "de_DE.utf8", "de_DE" };
  char buf[32];
  double v;
  size_t i;

  for (i = 0; i < GM_LEN(names); i++) {
    if (!setlocale(LC_ALL, names[i]))
      continue;
    ck_assert_str_eq(gm_fmt_real(buf, 2.5), "2.5");
    ck_assert(gm_parse_real("2.5", 0, 9, &v) && v == 2.5);
    ck_assert(!gm_parse_real("2,5", 0, 9, &v));
  }
  setlocale(LC_ALL, "C");
  ck_assert_str_eq(gm_fmt_real(buf, 2.5), "2.5");
}
END_TEST

START_TEST(booleans)
{
  static const char *const yes[] = { "1", "true", "YES", "on", "True" };
  static const char *const no[] = { "0", "false", "No", "OFF" };
  static const char *const none[] = { "", "2", "y", "tru", " 1" };
  bool v;
  size_t i;

  for (i = 0; i < GM_LEN(yes); i++)
    ck_assert(gm_parse_bool(yes[i], &v) && v);
  for (i = 0; i < GM_LEN(no); i++)
    ck_assert(gm_parse_bool(no[i], &v) && !v);
  for (i = 0; i < GM_LEN(none); i++)
    ck_assert(!gm_parse_bool(none[i], &v));
  ck_assert(!gm_parse_bool(NULL, &v));
}
END_TEST

static const struct {
  const char *text;
  int64_t ms; /* -1: refused */
} times[] = {
  { "90", 90000 },
  { "90s", 90000 },
  { "1500ms", 1500 },
  { "2m", 120000 },
  { "1h", 3600000 },
  { "0", 0 },
  { "1.5s", 1500 },
  { "0.25m", 15000 },
  { "", -1 },
  { "s", -1 },
  { "-1", -1 },
  { "1 s", -1 },
  { "7d", 604800000 },
  { "1w", -1 },
  { "1.2.3", -1 },
  { "99999999999999h", -1 },
  { ".", -1 },
  { "1S", -1 },
  { "00000000000000000000000000000000001", -1 },
};

START_TEST(durations)
{
  int64_t ms = -1;

  ck_assert(gm_parse_msec(times[_i].text, &ms) == (times[_i].ms >= 0));
  ck_assert_msg(ms == times[_i].ms, "'%s': %lld", times[_i].text,
                (long long)ms);
  ck_assert(!gm_parse_msec(NULL, &ms));
}
END_TEST

static const struct {
  const char *text;
  uint32_t w, h; /* 0: refused */
} sizes[] = {
  { "1024x768", 1024, 768 },
  { "1X1", 1, 1 },
  { "64\xc3\x97"
    "32",
    64, 32 },
  { "0x5", 0, 0 },
  { "5x0", 0, 0 },
  { "x", 0, 0 },
  { "1024", 0, 0 },
  { "1x2x3", 0, 0 },
  { "1 x 2", 0, 0 },
  { "99999999999x1", 0, 0 },
  { "-1x1", 0, 0 },
  { "1x", 0, 0 },
  { "", 0, 0 },
  { "1\xc3", 0, 0 },
};

START_TEST(pixel_sizes)
{
  uint32_t w = 0, h = 0;

  ck_assert(gm_parse_size(sizes[_i].text, &w, &h) == (sizes[_i].w > 0));
  ck_assert_uint_eq(w, sizes[_i].w);
  ck_assert_uint_eq(h, sizes[_i].h);
  ck_assert(!gm_parse_size(NULL, &w, &h));
}
END_TEST

static const struct {
  const char *text;
  uint32_t w, h;
} ratios[] = {
  { "16:9", 16, 9 },   { "19.5:9", 195, 90 },   { "1:2.5", 10, 25 },
  { "1:1", 1, 1 },     { "10000:1", 10000, 1 }, { "0:1", 0, 0 },
  { "10001:1", 0, 0 }, { "1.25:1", 0, 0 },      { "1.:1", 0, 0 },
  { "16/9", 0, 0 },    { "16:9 ", 0, 0 },       { "1001.5:1", 0, 0 },
  { "", 0, 0 },        { "16:", 0, 0 },         { ":9", 0, 0 },
};

START_TEST(aspect_ratios)
{
  uint32_t w = 0, h = 0;

  ck_assert_msg(gm_parse_ratio(ratios[_i].text, &w, &h) == (ratios[_i].w > 0),
                "'%s'", ratios[_i].text);
  ck_assert_uint_eq(w, ratios[_i].w);
  ck_assert_uint_eq(h, ratios[_i].h);
  ck_assert(!gm_parse_ratio(NULL, &w, &h));
}
END_TEST

START_TEST(cursor_only_moves_forward)
{
  struct gm_cur c = gm_cur_of("  key = 12;next");
  uint64_t v = 0;
  char out[8];

  gm_cur_space(&c);
  ck_assert(!gm_cur_until(&c, "=", out, 4)); /* "key " has no room */
  ck_assert(gm_cur_until(&c, " =", out, 4));
  ck_assert_str_eq(out, "key");
  ck_assert(!gm_cur_until(&c, " =", out, sizeof(out))); /* empty */
  gm_cur_space(&c);
  ck_assert(!gm_cur_char(&c, ';'));
  ck_assert(gm_cur_char(&c, '='));
  ck_assert(!gm_cur_u64(&c, 99, &v));
  gm_cur_space(&c);
  ck_assert(!gm_cur_u64(&c, 11, &v));
  ck_assert(gm_cur_u64(&c, 12, &v));
  ck_assert_uint_eq(v, 12);
  ck_assert(gm_cur_char(&c, ';'));
  ck_assert(gm_cur_until(&c, ";", out, sizeof(out)));
  ck_assert_str_eq(out, "next");
  ck_assert(c.p == c.end);
  ck_assert(!gm_cur_char(&c, '\0'));
  ck_assert(!gm_cur_u64(&c, 9, &v));
}
END_TEST

START_TEST(cursor_numbers_reach_the_top)
{
  struct gm_cur c = gm_cur_of("18446744073709551615");
  uint64_t v;

  ck_assert(gm_cur_u64(&c, UINT64_MAX, &v) && v == UINT64_MAX);
  c = gm_cur_of("18446744073709551616");
  ck_assert(!gm_cur_u64(&c, UINT64_MAX, &v));
}
END_TEST

/* At every distance, so that each end of a window is met. */
START_TEST(either_is_found)
{
  char text[1600];
  size_t i;

  memset(text, '.', sizeof(text));
  ck_assert(gm_find_either(text, text + 1600, 'a', 'b') == text + 1600);
  ck_assert(gm_find_either(text, text, 'a', 'b') == text);
  for (i = 0; i < sizeof(text); i++) {
    text[i] = "ab"[i & 1];
    ck_assert(gm_find_either(text, text + 1600, 'a', 'b') == text + i);
    if (i + 1 < sizeof(text)) {
      text[i + 1] = "ba"[i & 1];
      ck_assert(gm_find_either(text, text + 1600, 'a', 'b') == text + i);
      text[i + 1] = '.';
    }
    text[i] = '.';
  }
}
END_TEST

static const struct {
  const char *name, *text;
  size_t valid; /* bytes */
} utf8[] = {
  { "ascii", "hello, world: long enough", 25 },
  { "two", "a\xc3\xa4", 3 },
  { "three", "\xe2\x82\xac", 3 },
  { "four", "\xf0\x9f\x98\x80", 4 },
  { "last", "\xf4\x8f\xbf\xbf", 4 },
  { "too high", "\xf4\x90\x80\x80", 0 },
  { "f5", "\xf5\x80\x80\x80", 0 },
  { "overlong 2", "\xc0\x80", 0 },
  { "overlong c1", "\xc1\xbf", 0 },
  { "overlong 3", "\xe0\x9f\xbf", 0 },
  { "overlong 4", "\xf0\x8f\xbf\xbf", 0 },
  { "surrogate", "x\xed\xa0\x80", 1 },
  { "below surrogates", "\xed\x9f\xbf", 3 },
  { "tail alone", "ab\x80", 2 },
  { "cut 3", "1234567\xe2\x82", 7 },
  { "cut 4", "\xf0\x9f\x98", 0 },
  { "bad tail", "\xe2\x28\xac", 0 },
  { "bad third", "\xe2\x82\x28", 0 },
  { "bad fourth", "\xf0\x9f\x98\x28", 0 },
  { "ff after eight", "12345678\xff", 8 },
};

START_TEST(utf8_is_checked)
{
  size_t len = strlen(utf8[_i].text);

  ck_assert_msg(gm_utf8_prefix(utf8[_i].text, len) == utf8[_i].valid, "%s",
                utf8[_i].name);
  ck_assert(gm_utf8_valid(utf8[_i].text, len) == (utf8[_i].valid == len));
}
END_TEST

START_TEST(utf8_is_counted_and_cut)
{
  const char *s = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
  static const size_t ends[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10 };
  size_t max;

  ck_assert_uint_eq(gm_utf8_count(s), 4);
  for (max = 0; max < GM_LEN(ends); max++)
    ck_assert_uint_eq(gm_utf8_cut(s, strlen(s), max), ends[max]);
  ck_assert_uint_eq(gm_utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
}
END_TEST

START_TEST(code_points_are_written)
{
  static const uint32_t codes[] = { 0,      0x41,    0x7f,    0x80,
                                    0x7ff,  0x800,   0xd7ff,  0xe000,
                                    0xffff, 0x10000, 0x10ffff };
  static const size_t sizes_of[] = { 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 4 };
  char out[4];
  size_t i;

  for (i = 0; i < GM_LEN(codes); i++) {
    ck_assert_uint_eq(gm_utf8_put(out, codes[i]), sizes_of[i]);
    ck_assert(gm_utf8_valid(out, sizes_of[i]));
  }
  gm_utf8_put(out, 0x20ac);
  ck_assert(memcmp(out, "\xe2\x82\xac", 3) == 0);
}
END_TEST

static const struct {
  const char *a, *b;
  size_t max, d;
} pairs[] = {
  { "", "", 3, 0 },       { "abc", "abc", 3, 0 },
  { "abc", "acb", 3, 1 }, { "abc", "ab", 3, 1 },
  { "abc", "xyz", 3, 3 }, { "abc", "xyz", 1, 2 },
  { "ABC", "abc", 3, 0 }, { "", "abcd", 9, 4 },
  { "", "abcd", 2, 3 },   { "kitten", "sitting", 9, 3 },
  { "ca", "abc", 9, 3 },
};

START_TEST(distances)
{
  ck_assert_uint_eq(gm_distance(pairs[_i].a, pairs[_i].b, pairs[_i].max),
                    pairs[_i].d);
  ck_assert_uint_eq(gm_distance(pairs[_i].b, pairs[_i].a, pairs[_i].max),
                    pairs[_i].d);
}
END_TEST

START_TEST(nearest_words)
{
  static const char *const words[] = { "fal",    "openai",    "higgsfield",
                                       "runway", "replicate", NULL };
  static const char *const none[] = { NULL };
  char longer[300];

  memset(longer, 'a', sizeof(longer) - 1);
  longer[sizeof(longer) - 1] = '\0';
  ck_assert_str_eq(gm_nearest("fla", words), "fal");
  ck_assert_str_eq(gm_nearest("open-ai", words), "openai");
  ck_assert_str_eq(gm_nearest("higsfeild", words), "higgsfield");
  ck_assert_str_eq(gm_nearest("OPENAI", words), "openai");
  ck_assert_ptr_null(gm_nearest("midjourney", words));
  ck_assert_ptr_null(gm_nearest("", words));
  ck_assert_ptr_null(gm_nearest("fal", none));
  ck_assert_ptr_null(gm_nearest(longer, words));
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("str");

  tcase_add_test(tc, texts_compare);
  tcase_add_loop_test(tc, globs_match, 0, (int)GM_LEN(globs));
  tcase_add_loop_test(tc, integers_are_exact, 0, (int)GM_LEN(ints));
  tcase_add_loop_test(tc, reals_are_exact, 0, (int)GM_LEN(reals));
  tcase_add_test(tc, integers_are_printed);
  tcase_add_loop_test(tc, reals_are_printed_short, 0, (int)GM_LEN(printed));
  tcase_add_test(tc, reals_read_back);
  tcase_add_test(tc, locale_does_not_matter);
  tcase_add_test(tc, booleans);
  tcase_add_loop_test(tc, durations, 0, (int)GM_LEN(times));
  tcase_add_loop_test(tc, pixel_sizes, 0, (int)GM_LEN(sizes));
  tcase_add_loop_test(tc, aspect_ratios, 0, (int)GM_LEN(ratios));
  tcase_add_test(tc, cursor_only_moves_forward);
  tcase_add_test(tc, cursor_numbers_reach_the_top);
  tcase_add_test(tc, either_is_found);
  tcase_add_loop_test(tc, utf8_is_checked, 0, (int)GM_LEN(utf8));
  tcase_add_test(tc, utf8_is_counted_and_cut);
  tcase_add_test(tc, code_points_are_written);
  tcase_add_loop_test(tc, distances, 0, (int)GM_LEN(pairs));
  tcase_add_test(tc, nearest_words);
  return unit_run("str", tc);
}
