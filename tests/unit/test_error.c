/* test_error.c - one class and one sentence. */
#include "base/error.h"
#include "base/str.h"
#include "unit.h"
#include <gamut/plugin.h>

START_TEST(first_sentence_wins)
{
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;

  ck_assert_str_eq(gm_error_text(&e), "");
  ck_assert_str_eq(gm_error_text(NULL), "");
  ck_assert_int_eq(gm_fail(&e, GAMUT_E_QUOTA, "%s: %d", "fal", 402),
                   GAMUT_E_QUOTA);
  ck_assert_int_eq(gm_fail(&e, GAMUT_E_AUTH, "later"), GAMUT_E_AUTH);
  ck_assert_int_eq(e.error_class, GAMUT_E_QUOTA);
  ck_assert_str_eq(gm_error_text(&e), "fal: 402");
  ck_assert_int_eq(gm_fail(NULL, GAMUT_E_AUTH, "nobody asks"), GAMUT_E_AUTH);
}
END_TEST

START_TEST(prefix_keeps_the_class)
{
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;

  gm_error_prefix(&e, "nothing");
  gm_error_prefix(NULL, "nothing");
  ck_assert_str_eq(gm_error_text(&e), "");
  gm_fail(&e, GAMUT_E_RATE, "slow down");
  gm_error_prefix(&e, "link %d", 2);
  ck_assert_int_eq(e.error_class, GAMUT_E_RATE);
  ck_assert_str_eq(gm_error_text(&e), "link 2: slow down");
}
END_TEST

START_TEST(move_empties_the_source)
{
  struct gm_error a = GM_ERROR_INIT, b = GM_ERROR_INIT;

  gm_fail(&a, GAMUT_E_RATE, "a");
  gm_fail(&b, GAMUT_E_AUTH, "b");
  gm_error_move(&a, &b);
  ck_assert_int_eq(a.error_class, GAMUT_E_AUTH);
  ck_assert_str_eq(gm_error_text(&a), "b");
  ck_assert_int_eq(b.error_class, 0);
  gm_error_move(&a, &a);
  ck_assert_str_eq(gm_error_text(&a), "b");
  gm_error_finish(&b);
  gm_error_finish(&a);
  ck_assert_int_eq(a.error_class, 0);
}
END_TEST

static const struct {
  const char *name, *in, *out;
} rows[] = {
  { "controls", "a\nb\x1b[31m", "a?b?[31m" },
  { "invalid", "a\xc0\x80z", "a\xef\xbf\xbd\xef\xbf\xbdz" },
  { "percent", "100%s", "100%s" },
  { "valid", "\xe2\x82\xac 5", "\xe2\x82\xac 5" },
};

START_TEST(vendors_text_is_cleaned)
{
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;

  gm_fail(&e, GAMUT_E_PROVIDER, "%s", rows[_i].in);
  ck_assert_msg(!strcmp(e.message, rows[_i].out), "%s: %s", rows[_i].name,
                e.message);
}
END_TEST

/* Cut inside a character at every phase, and grown by replacements. */
START_TEST(long_sentences_are_cut)
{
  static const char *const units[] = { "x", "\xc3\xa4", "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80", "\xff" };
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  char text[8000] = "";
  size_t i, n = strlen(units[_i]);

  for (i = 0; i + n < sizeof(text); i += n)
    memcpy(text + i, units[_i], n);
  gm_fail(&e, GAMUT_E_PROVIDER, "%s", text);
  ck_assert_uint_le(strlen(e.message), GM_ERROR_MAX);
  ck_assert_uint_gt(strlen(e.message), GM_ERROR_MAX - 4);
  ck_assert(gm_utf8_valid(e.message, strlen(e.message)));
  gm_error_prefix(&e, "before");
  ck_assert_uint_le(strlen(e.message), GM_ERROR_MAX);
  ck_assert(gm_starts(e.message, "before: "));
  ck_assert(gm_utf8_valid(e.message, strlen(e.message)));
}
END_TEST

static bool build(void)
{
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  _cleanup_(gm_error_finish) struct gm_error to = GM_ERROR_INIT;

  gm_fail(&e, GAMUT_E_RATE, "slow down");
  gm_error_prefix(&e, "link");
  gm_error_move(&to, &e);
  ck_assert_int_eq(to.error_class, GAMUT_E_RATE);
  ck_assert_uint_gt(strlen(gm_error_text(&to)), 0);
  return gm_streq(gm_error_text(&to), "link: slow down");
}

START_TEST(no_memory_keeps_the_class)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("error");

  tcase_add_test(tc, first_sentence_wins);
  tcase_add_test(tc, prefix_keeps_the_class);
  tcase_add_test(tc, move_empties_the_source);
  tcase_add_loop_test(tc, vendors_text_is_cleaned, 0, (int)GM_LEN(rows));
  tcase_add_loop_test(tc, long_sentences_are_cut, 0, 5);
  tcase_add_test(tc, no_memory_keeps_the_class);
  return unit_run("error", tc);
}
