/* test_buf.c - bytes that grow to a ceiling. */
#include "base/buf.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <stdio.h>

START_TEST(appends_join)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);

  ck_assert_str_eq(gm_buf_text(&b), "");
  gm_buf_add(&b, "one ");
  gm_buf_add(&b, NULL);
  gm_buf_addn(&b, "twoXX", 3);
  gm_buf_addc(&b, ' ');
  gm_buf_addf(&b, "%s-%d", "three", 3);
  ck_assert_str_eq(gm_buf_text(&b), "one two three-3");
  ck_assert_uint_eq(b.len, 15);
  gm_buf_clear(&b);
  ck_assert_str_eq(gm_buf_text(&b), "");
  gm_buf_add(&b, "again");
  ck_assert_str_eq(gm_buf_text(&b), "again");
}
END_TEST

START_TEST(every_size_is_terminated)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(100000);
  size_t i;

  for (i = 0; i < 5000; i++) {
    gm_buf_addc(&b, (char)('a' + i % 26));
    ck_assert_uint_eq(strlen(b.data), i + 1);
  }
  for (i = 0; i < 5000; i++)
    ck_assert_int_eq(b.data[i], (char)('a' + i % 26));
}
END_TEST

START_TEST(long_formats_fit)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(SIZE_MAX);
  int width;

  for (width = 1; width < 300; width++) {
    gm_buf_clear(&b);
    gm_buf_addc(&b, '<');
    gm_buf_addf(&b, "%*d", width, 7);
    gm_buf_addc(&b, '>');
    ck_assert_uint_eq(b.len, (size_t)width + 2);
    ck_assert_str_eq(b.data + width, "7>");
  }
}
END_TEST

static void fill_exactly(struct gm_buf *b)
{
  gm_buf_add(b, "0123456789");
}

static void fill_by_format(struct gm_buf *b)
{
  gm_buf_addf(b, "%010d", 1);
}

static void fill_by_char(struct gm_buf *b)
{
  int i;

  for (i = 0; i < 10; i++)
    gm_buf_addc(b, 'x');
}

static void (*const fills[])(struct gm_buf *) = { fill_exactly, fill_by_format,
                                                  fill_by_char };

START_TEST(ceiling_holds_and_sticks)
{
  struct gm_buf b;

  gm_buf_init(&b, 10);
  fills[_i](&b);
  ck_assert(!gm_buf_failed(&b));
  ck_assert_uint_eq(b.len, 10);
  gm_buf_addc(&b, '!');
  ck_assert_int_eq(b.failed, GAMUT_E_PROTOCOL);
  ck_assert_uint_eq(b.len, 0);
  ck_assert_str_eq(gm_buf_text(&b), "");
  gm_buf_add(&b, "x");
  gm_buf_addf(&b, "%d", 1);
  gm_buf_add_json(&b, "x");
  gm_buf_grown(&b, 0);
  ck_assert_ptr_null(gm_buf_room(&b, 0));
  ck_assert_ptr_null(gm_buf_take(&b));
  ck_assert_uint_eq(b.len, 0);
  gm_buf_clear(&b);
  ck_assert(!gm_buf_failed(&b));
  fills[_i](&b);
  ck_assert_uint_eq(b.len, 10);
  gm_buf_finish(&b);
}
END_TEST

START_TEST(room_is_written_in_place)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(100);
  char *to = gm_buf_room(&b, 50);

  ck_assert_ptr_nonnull(to);
  memcpy(to, "hello", 5);
  gm_buf_grown(&b, 5);
  ck_assert_str_eq(gm_buf_text(&b), "hello");
  ck_assert_ptr_null(gm_buf_room(&b, 96));
  ck_assert(gm_buf_failed(&b));
}
END_TEST

/* Wherever it stands among others, also beyond ASCII. */
START_TEST(json_escapes_each_byte_anywhere)
{
  static const char around[] = "abcdefgh \xc3\xa9 ~ijklmnopqrs";
  size_t at, len = sizeof(around) - 1;
  int c;

  for (c = 1; c < 0x80; c++) {
    for (at = 0; at <= len; at++) {
      struct gm_buf b = GM_BUF_INIT(200);
      char text[64], want[80], shown[8];

      if (at == 10) /* inside of a character */
        continue;
      memcpy(text, around, at);
      text[at] = (char)c;
      memcpy(text + at + 1, around + at, len - at + 1);
      snprintf(shown, sizeof(shown), "\\u%04x", (unsigned)c);
      if (c >= 0x20 || strchr("\b\f\n\r\t", c))
        snprintf(shown, sizeof(shown), "%s%c",
                 c < 0x20 || c == '"' || c == '\\' ? "\\" : "",
                 c < 0x20 ? "btn_fr"[c - '\b'] : c);
      snprintf(want, sizeof(want), "\"%.*s%s%s\"", (int)at, around, shown,
               around + at);
      gm_buf_add_json(&b, text);
      ck_assert_str_eq(gm_buf_text(&b), want);
      gm_buf_finish(&b);
    }
  }
}
END_TEST

START_TEST(copy_leaves_it_there)
{
  struct gm_buf b = GM_BUF_INIT(10);
  char *text;

  text = gm_buf_copy(&b);
  ck_assert_str_eq(text, "");
  gm_free(text);
  gm_buf_add(&b, "mine");
  text = gm_buf_copy(&b);
  ck_assert_str_eq(text, "mine");
  ck_assert_str_eq(gm_buf_text(&b), "mine");
  gm_free(text);
  gm_buf_add(&b, "more than fits");
  ck_assert_ptr_null(gm_buf_copy(&b));
  gm_buf_finish(&b);
}
END_TEST

START_TEST(take_hands_over)
{
  struct gm_buf b = GM_BUF_INIT(100);
  char *text;

  text = gm_buf_take(&b);
  ck_assert_str_eq(text, "");
  gm_free(text);
  gm_buf_add(&b, "mine");
  text = gm_buf_take(&b);
  ck_assert_str_eq(text, "mine");
  ck_assert_uint_eq(b.len, 0);
  ck_assert_ptr_null(b.data);
  gm_free(text);
  gm_buf_finish(&b);
}
END_TEST

static const struct {
  const char *name, *in, *url, *json, *clean;
} rows[] = {
  { "plain", "aZ09-._~", "aZ09-._~", "\"aZ09-._~\"", "aZ09-._~" },
  { "reserved", "a b/?&=+%", "a%20b%2F%3F%26%3D%2B%25", "\"a b/?&=+%\"",
    "a b/?&=+%" },
  { "umlaut", "\xc3\xa4", "%C3%A4", "\"\xc3\xa4\"", "\xc3\xa4" },
  { "quotes", "\"\\", "%22%5C", "\"\\\"\\\\\"", "\"\\" },
  { "controls", "\n\t\r\b\f\x01\x1f", "%0A%09%0D%08%0C%01%1F",
    "\"\\n\\t\\r\\b\\f\\u0001\\u001f\"", "???????" },
  { "delete", "a\x7f", "a%7F", "\"a\x7f\"", "a?" },
  { "broken", "a\xff\xc3z", "a%FF%C3z", "\"a\xef\xbf\xbd\xef\xbf\xbdz\"",
    "a\xef\xbf\xbd\xef\xbf\xbdz" },
  { "empty", "", "", "\"\"", "" },
};

START_TEST(text_is_escaped)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);

  gm_buf_add_escaped(&b, rows[_i].in);
  ck_assert_msg(!strcmp(gm_buf_text(&b), rows[_i].url), "%s", rows[_i].name);
  gm_buf_clear(&b);
  gm_buf_add_json(&b, rows[_i].in);
  ck_assert_msg(!strcmp(gm_buf_text(&b), rows[_i].json), "%s", rows[_i].name);
  gm_buf_clear(&b);
  gm_buf_add_clean(&b, rows[_i].in, strlen(rows[_i].in));
  ck_assert_msg(!strcmp(gm_buf_text(&b), rows[_i].clean), "%s", rows[_i].name);
}
END_TEST

START_TEST(absent_text_is_null)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(1000);

  gm_buf_add_escaped(&b, NULL);
  gm_buf_add_json(&b, NULL);
  ck_assert_str_eq(gm_buf_text(&b), "null");
}
END_TEST

static bool build(void)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(100000);
  _cleanup_free_ char *text = NULL;
  int i;

  for (i = 0; i < 400; i++) {
    gm_buf_add(&b, "some text ");
    gm_buf_addf(&b, "%d", i);
    gm_buf_add_json(&b, "a\nb");
  }
  if (gm_buf_failed(&b)) {
    ck_assert_int_eq(b.failed, GAMUT_E_NOMEM);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_ptr_null(b.data);
    return false;
  }
  text = gm_buf_take(&b);
  ck_assert_uint_eq(strlen(text), 400 * 16 + 10 + 90 * 2 + 300 * 3);
  return true;
}

START_TEST(no_memory_is_clean)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("buf");

  tcase_add_test(tc, appends_join);
  tcase_add_test(tc, every_size_is_terminated);
  tcase_add_test(tc, long_formats_fit);
  tcase_add_loop_test(tc, ceiling_holds_and_sticks, 0, (int)GM_LEN(fills));
  tcase_add_test(tc, room_is_written_in_place);
  tcase_add_test(tc, json_escapes_each_byte_anywhere);
  tcase_add_test(tc, copy_leaves_it_there);
  tcase_add_test(tc, take_hands_over);
  tcase_add_loop_test(tc, text_is_escaped, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, absent_text_is_null);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("buf", tc);
}
