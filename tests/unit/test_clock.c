/* test_clock.c - clocks and dates. */
#include "base/clock.h"
#include "unit.h"
#include <stdio.h>

START_TEST(real_clocks_run)
{
  uint64_t a = gm_mono_us(), b = gm_mono_us();

  ck_assert_uint_ge(b, a);
  ck_assert_uint_ge(gm_mono_ms(), b / 1000);
  ck_assert_uint_gt(gm_wall_ms(), UINT64_C(1700000000000));
  ck_assert(!gm_clock_is_fake());
}
END_TEST

START_TEST(fake_clocks_stand)
{
  gm_clock_fake(500, 1000000);
  ck_assert(gm_clock_is_fake());
  ck_assert_uint_eq(gm_mono_ms(), 500);
  ck_assert_uint_eq(gm_mono_us(), 500000);
  ck_assert_uint_eq(gm_wall_ms(), 1000000);
  gm_clock_advance(25);
  ck_assert_uint_eq(gm_mono_ms(), 525);
  ck_assert_uint_eq(gm_wall_ms(), 1000025);
  gm_clock_real();
  ck_assert_uint_gt(gm_wall_ms(), UINT64_C(1700000000000));
}
END_TEST

#define NOV_6_1994 UINT64_C(784111777000)

static const struct {
  const char *text;
  uint64_t ms; /* 0: none */
} dates[] = {
  { "Sun, 06 Nov 1994 08:49:37 GMT", NOV_6_1994 },
  { "Sunday, 06-Nov-94 08:49:37 GMT", NOV_6_1994 },
  { "Sun Nov  6 08:49:37 1994", NOV_6_1994 },
  { "Sun Nov 16 08:49:37 1994", NOV_6_1994 + UINT64_C(864000000) },
  { "Thu, 01 Jan 1970 00:00:01 GMT", 1000 },
  { "Thu, 29 Feb 2024 00:00:00 GMT", UINT64_C(1709164800000) },
  { "Tue, 29 Feb 2000 23:59:60 GMT", UINT64_C(951868800000) },
  { "Fri, 31 Dec 9999 23:59:59 GMT", UINT64_C(253402300799000) },
  { "Saturday, 20-Nov-26 10:00:00 GMT", UINT64_C(1795168800000) },
  { "Wed, 29 Feb 2023 00:00:00 GMT", 0 },
  { "Wed, 29 Feb 2100 00:00:00 GMT", 0 },
  { "Wed, 31 Apr 2024 00:00:00 GMT", 0 },
  { "Wed, 00 Apr 2024 00:00:00 GMT", 0 },
  { "Wed, 01 Apr 1969 00:00:00 GMT", 0 },
  { "Wed, 01 Apr 2024 24:00:00 GMT", 0 },
  { "Wed, 01 Apr 2024 00:60:00 GMT", 0 },
  { "Wed, 01 Apr 2024 00:00:61 GMT", 0 },
  { "Wed, 1 Apr 2024 00:00:00 GMT", 0 },
  { "Wed, 01 Apr 2024 00:00:00", 0 },
  { "Wed, 01 Apr 2024 00:00:00 UTC", 0 },
  { "Wed, 01 Apr 2024 00:00:00 GMT ", 0 },
  { "Xyz, 01 Apr 2024 00:00:00 GMT", 0 },
  { "Sund, 01-Apr-24 00:00:00 GMT", 0 },
  { "Wed, 01 Xyz 2024 00:00:00 GMT", 0 },
  { "Wed, 01 Ap", 0 },
  { "Sun Nov 6 08:49:37 1994", 0 },
  { "2024-04-01T00:00:00Z", 0 },
  { "120", 0 },
  { "", 0 },
};

START_TEST(http_dates)
{
  uint64_t ms = 0;
  bool ok;

  gm_clock_fake(0, UINT64_C(1795168800000)); /* 2026 */
  ok = gm_parse_http_date(dates[_i].text, &ms);
  ck_assert_msg(ok == (dates[_i].ms > 0), "'%s'", dates[_i].text);
  ck_assert_msg(ms == dates[_i].ms, "'%s': %llu", dates[_i].text,
                (unsigned long long)ms);
  ck_assert(!gm_parse_http_date(NULL, &ms));
}
END_TEST

START_TEST(two_digit_years_turn)
{
  uint64_t ms;
  char buf[32];

  gm_clock_fake(0, UINT64_C(1795168800000)); /* 2026 */
  ck_assert(gm_parse_http_date("Friday, 01-May-76 00:00:00 GMT", &ms));
  ck_assert_str_eq(gm_fmt_time(buf, ms), "2076-05-01T00:00:00.000Z");
  ck_assert(gm_parse_http_date("Friday, 01-May-77 00:00:00 GMT", &ms));
  ck_assert_str_eq(gm_fmt_time(buf, ms), "1977-05-01T00:00:00.000Z");
}
END_TEST

static const struct {
  uint64_t ms;
  const char *text;
} times[] = {
  { 0, "1970-01-01T00:00:00.000Z" },
  { UINT64_C(1795168800123), "2026-11-20T10:00:00.123Z" },
  { UINT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
  { UINT64_C(4107542399999), "2100-02-28T23:59:59.999Z" },
  { UINT64_C(4107542400000), "2100-03-01T00:00:00.000Z" },
  { UINT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
  { UINT64_MAX, NULL },
};

START_TEST(times_are_printed)
{
  char buf[32];
  const char *text = gm_fmt_time(buf, times[_i].ms);

  ck_assert_uint_eq(strlen(text), 24);
  if (times[_i].text)
    ck_assert_str_eq(text, times[_i].text);
}
END_TEST

/* Each day of 400 years follows the one before it, there and back. */
START_TEST(days_go_there_and_back)
{
  static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
                                        "May", "Jun", "Jul", "Aug",
                                        "Sep", "Oct", "Nov", "Dec" };
  uint64_t day, ms;
  char iso[32], http[40];

  for (day = 0; day < 146097; day++) {
    gm_fmt_time(iso, day * 86400000);
    snprintf(http, sizeof(http), "Mon, %.2s %s %.4s 00:00:00 GMT", iso + 8,
             months[(iso[5] - '0') * 10 + iso[6] - '0' - 1], iso);
    ck_assert_msg(gm_parse_http_date(http, &ms), "%s", http);
    ck_assert_uint_eq(ms, day * 86400000);
  }
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("clock");

  tcase_add_test(tc, real_clocks_run);
  tcase_add_test(tc, fake_clocks_stand);
  tcase_add_loop_test(tc, http_dates, 0, (int)GM_LEN(dates));
  tcase_add_test(tc, two_digit_years_turn);
  tcase_add_loop_test(tc, times_are_printed, 0, (int)GM_LEN(times));
  tcase_add_test(tc, days_go_there_and_back);
  return unit_run("clock", tc);
}
