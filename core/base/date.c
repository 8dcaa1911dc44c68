/* date.c - calendar dates in and out, always GMT.
 *
 * Days are counted with years that begin in March, so that a leap day is the
 * last of its year.  No time zone, no locale, no struct tm: mktime() and
 * strptime() look at both.
 */
#include "base/clock.h"
#include "base/str.h"
#include <stdio.h>
#include <string.h>

#define DAY_MS   UINT64_C(86400000)
#define YEAR_MAX 9999

struct date {
  uint64_t year, month, day, hour, minute, second;
};

static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool is_leap(uint64_t year)
{
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01 of a date in 1970 or later. */
static uint64_t days_of(const struct date *d)
{
  uint64_t year = d->month <= 2 ? d->year - 1 : d->year;
  uint64_t era = year / 400, of_era = year % 400;
  uint64_t month = (d->month + 9) % 12; /* March is 0 */
  uint64_t of_year = (153 * month + 2) / 5 + d->day - 1;

  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
         719468;
}

static void date_of(uint64_t days, struct date *ret)
{
  uint64_t z = days + 719468;
  uint64_t era = z / 146097, of_era = z % 146097;
  uint64_t year =
    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  uint64_t month = (5 * of_year + 2) / 153;

  ret->day = of_year - (153 * month + 2) / 5 + 1;
  ret->month = month < 10 ? month + 3 : month - 9;
  ret->year = year + era * 400 + (ret->month <= 2);
}

static bool is_date(const struct date *d)
{
  static const uint8_t days[] = {
    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
  };
  uint64_t last;

  if (d->month < 1 || d->month > 12 || d->year < 1970 || d->year > YEAR_MAX)
    return false;
  last = days[d->month - 1] + (uint64_t)(d->month == 2 && is_leap(d->year));
  return d->day >= 1 && d->day <= last && d->hour <= 23 && d->minute <= 59 &&
         d->second <= 60; /* a leap second */
}

/* Exactly `digits` digits. */
static bool cur_digits(struct gm_cur *c, size_t digits, uint64_t *ret)
{
  const char *from = c->p;

  return gm_cur_u64(c, 9999, ret) && (size_t)(c->p - from) == digits;
}

static bool cur_text(struct gm_cur *c, const char *text)
{
  while (*text) {
    if (!gm_cur_char(c, *text++))
      return false;
  }
  return true;
}

static bool cur_month(struct gm_cur *c, uint64_t *ret)
{
  uint64_t m;

  for (m = 0; m < 12 && c->end - c->p >= 3; m++) {
    if (memcmp(c->p, month_names + 3 * m, 3) == 0) {
      c->p += 3;
      *ret = m + 1;
      return true;
    }
  }
  return false;
}

static bool cur_time(struct gm_cur *c, struct date *d)
{
  return cur_digits(c, 2, &d->hour) && gm_cur_char(c, ':') &&
         cur_digits(c, 2, &d->minute) && gm_cur_char(c, ':') &&
         cur_digits(c, 2, &d->second);
}

/* "06 Nov 1994 08:49:37 GMT" */
static bool cur_imf(struct gm_cur *c, struct date *d)
{
  return cur_digits(c, 2, &d->day) && gm_cur_char(c, ' ') &&
         cur_month(c, &d->month) && gm_cur_char(c, ' ') &&
         cur_digits(c, 4, &d->year) && gm_cur_char(c, ' ') && cur_time(c, d) &&
         cur_text(c, " GMT");
}

/* RFC 9110: two digits that would be more than 50 years ahead are past. */
static uint64_t full_year(uint64_t two_digits)
{
  struct date now;
  uint64_t year;

  date_of(gm_wall_ms() / DAY_MS, &now);
  year = now.year - now.year % 100 + two_digits;
  return year > now.year + 50 ? year - 100 : year;
}

/* "06-Nov-94 08:49:37 GMT" */
static bool cur_rfc850(struct gm_cur *c, struct date *d)
{
  if (!cur_digits(c, 2, &d->day) || !gm_cur_char(c, '-') ||
      !cur_month(c, &d->month) || !gm_cur_char(c, '-') ||
      !cur_digits(c, 2, &d->year) || !gm_cur_char(c, ' ') || !cur_time(c, d) ||
      !cur_text(c, " GMT"))
    return false;
  d->year = full_year(d->year);
  return true;
}

/* "Nov  6 08:49:37 1994" */
static bool cur_asctime(struct gm_cur *c, struct date *d)
{
  if (!cur_month(c, &d->month) || !gm_cur_char(c, ' '))
    return false;
  if (!cur_digits(c, gm_cur_char(c, ' ') ? 1 : 2, &d->day))
    return false;
  return gm_cur_char(c, ' ') && cur_time(c, d) && gm_cur_char(c, ' ') &&
         cur_digits(c, 4, &d->year);
}

bool gm_parse_http_date(const char *s, uint64_t *ret_wall_ms)
{
  static const char *const days[] = { "Sunday",    "Monday",   "Tuesday",
                                      "Wednesday", "Thursday", "Friday",
                                      "Saturday" };
  struct date d = { 0 };
  char name[16];
  bool ok = false;
  struct gm_cur c;
  size_t i;

  if (!s)
    return false;
  c = gm_cur_of(s);
  if (!gm_cur_until(&c, ", ", name, sizeof(name)))
    return false;
  for (i = 0; i < GM_LEN(days) && !ok; i++) {
    if (gm_streq(name, days[i]))
      ok = cur_text(&c, ", ") && cur_rfc850(&c, &d);
    else if (strlen(name) == 3 && gm_starts(days[i], name))
      ok = gm_cur_char(&c, ',') ? gm_cur_char(&c, ' ') && cur_imf(&c, &d)
                                : gm_cur_char(&c, ' ') && cur_asctime(&c, &d);
  }
  if (!ok || c.p != c.end || !is_date(&d))
    return false;
  *ret_wall_ms =
    days_of(&d) * DAY_MS + ((d.hour * 60 + d.minute) * 60 + d.second) * 1000;
  return true;
}

bool gm_parse_day(const char *s, uint64_t *ret_wall_ms)
{
  struct date d = { 0 };
  struct gm_cur c = gm_cur_of(s ? s : "");

  if (!cur_digits(&c, 4, &d.year) || !gm_cur_char(&c, '-') ||
      !cur_digits(&c, 2, &d.month) || !gm_cur_char(&c, '-') ||
      !cur_digits(&c, 2, &d.day) || c.p != c.end || !is_date(&d))
    return false;
  *ret_wall_ms = days_of(&d) * DAY_MS;
  return true;
}

/* 1970-01-01 was a Thursday. */
static uint64_t monday_of(uint64_t days)
{
  uint64_t since = (days + 3) % 7;

  return days > since ? days - since : 0;
}

void gm_period_of(enum gm_period period, uint64_t wall_ms, uint64_t *ret_from,
                  uint64_t *ret_to)
{
  uint64_t days = wall_ms / DAY_MS, from = days, to = days + 1;
  struct date d;

  date_of(days, &d);
  d.day = 1;
  if (period == GM_WEEK) {
    from = monday_of(days);
    to = days + 7 - (days + 3) % 7;
  } else if (period == GM_MONTH) {
    from = days_of(&d);
    to = days_of(&(struct date){ .year = d.year + d.month / 12,
                                 .month = d.month % 12 + 1,
                                 .day = 1 });
  } else if (period == GM_YEAR) {
    d.month = 1;
    from = days_of(&d);
    to = days_of(&(struct date){ .year = d.year + 1, .month = 1, .day = 1 });
  }
  *ret_from = from * DAY_MS;
  *ret_to = to * DAY_MS;
}

const char *gm_fmt_time(char buf[32], uint64_t wall_ms)
{
  unsigned ms = (unsigned)(wall_ms % DAY_MS);
  struct date d;

  date_of(wall_ms / DAY_MS, &d);
  if (d.year > YEAR_MAX)
    date_of(days_of(&(struct date){ .year = YEAR_MAX, .month = 12, .day = 31 }),
            &d);
  snprintf(buf, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)d.year,
           (unsigned)d.month, (unsigned)d.day, ms / 3600000, ms / 60000 % 60,
           ms / 1000 % 60, ms % 1000);
  return buf;
}
