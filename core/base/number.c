/* number.c - numbers and the little forms made of them, in and out.
 *
 * The host program may have set any locale, so what goes through the C library
 * uses the C locale's variant or is repaired afterwards.  A parser accepts the
 * whole string or nothing: no blanks, no '+', no hexadecimal, no infinity.
 */
#include "base/str.h"
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define REAL_TEXT_MAX 320 /* longer is no number that a person wrote */
#define SIDE_MAX      1000000
#define RATIO_MAX     10000
#define MSEC_MAX      9.0e15

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
  c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* strtod() as the C locale has it; `s` has the form of a number already. */
static double c_strtod(const char *s)
{
  pthread_once(&c_locale_once, make_c_locale);
  return c_locale ? strtod_l(s, NULL, c_locale) : strtod(s, NULL);
}

bool gm_parse_i64(const char *s, int64_t min, int64_t max, int64_t *ret)
{
  struct gm_cur c;
  uint64_t v;
  bool minus;
  int64_t n;

  if (!s)
    return false;
  c = gm_cur_of(s);
  minus = gm_cur_char(&c, '-');
  if (!gm_cur_u64(&c, (uint64_t)INT64_MAX + minus, &v) || c.p != c.end)
    return false;
  if (minus)
    n = v == 0 ? 0 : -(int64_t)(v - 1) - 1;
  else
    n = (int64_t)v;
  if (n < min || n > max)
    return false;
  *ret = n;
  return true;
}

static bool skip_digits(const char **s)
{
  const char *from = *s;

  while (**s >= '0' && **s <= '9')
    ++*s;
  return *s > from;
}

/* -?digits[.digits][e[+-]digits] with digits on one side of the point. */
static bool is_real(const char *s)
{
  bool whole, part = false;

  if (*s == '-')
    s++;
  whole = skip_digits(&s);
  if (*s == '.') {
    s++;
    part = skip_digits(&s);
  }
  if (!whole && !part)
    return false;
  if (*s == 'e' || *s == 'E') {
    s++;
    if (*s == '+' || *s == '-')
      s++;
    if (!skip_digits(&s))
      return false;
  }
  return *s == '\0';
}

bool gm_parse_real(const char *s, double min, double max, double *ret)
{
  double v;

  if (!s || strlen(s) > REAL_TEXT_MAX || !is_real(s))
    return false;
  v = c_strtod(s);
  if (!isfinite(v) || v < min || v > max)
    return false;
  *ret = v;
  return true;
}

bool gm_parse_bool(const char *s, bool *ret)
{
  static const char *const words[] = { "0",  "1",   "false", "true",
                                       "no", "yes", "off",   "on" };
  size_t i;

  for (i = 0; s && i < GM_LEN(words); i++) {
    if ((s[0] | 0x20) == (words[i][0] | 0x20) && gm_strieq(s, words[i])) {
      *ret = i % 2 == 1;
      return true;
    }
  }
  return false;
}

bool gm_parse_msec(const char *s, int64_t *ret_ms)
{
  static const struct {
    const char *suffix;
    double ms;
  } units[] = { { "", 1e3 },  { "ms", 1 },    { "s", 1e3 },
                { "m", 6e4 }, { "h", 3.6e6 }, { "d", 8.64e7 } };
  char number[32];
  size_t i, len;
  double v;

  len = s ? strspn(s, "0123456789.") : 0;
  if (len == 0 || len >= sizeof(number))
    return false;
  memcpy(number, s, len);
  number[len] = '\0';
  for (i = 0; i < GM_LEN(units); i++) {
    if (!gm_streq(s + len, units[i].suffix))
      continue;
    if (!gm_parse_real(number, 0, MSEC_MAX / units[i].ms, &v))
      return false;
    *ret_ms = (int64_t)llround(v * units[i].ms);
    return true;
  }
  return false;
}

bool gm_parse_size(const char *s, uint32_t *ret_w, uint32_t *ret_h)
{
  struct gm_cur c;
  uint64_t w, h;

  if (!s)
    return false;
  c = gm_cur_of(s);
  if (!gm_cur_u64(&c, SIDE_MAX, &w))
    return false;
  if (gm_starts(c.p, "\xc3\x97")) /* the multiplication sign */
    c.p += 2;
  else if (!gm_cur_char(&c, 'x') && !gm_cur_char(&c, 'X'))
    return false;
  if (!gm_cur_u64(&c, SIDE_MAX, &h) || c.p != c.end || !w || !h)
    return false;
  *ret_w = (uint32_t)w;
  *ret_h = (uint32_t)h;
  return true;
}

/* "19.5" -> 195 tenths.  *tenths is set when there was a decimal. */
static bool cur_tenths(struct gm_cur *c, uint64_t *ret, bool *tenths)
{
  uint64_t whole, part = 0;

  if (!gm_cur_u64(c, RATIO_MAX, &whole))
    return false;
  if (gm_cur_char(c, '.')) {
    const char *from = c->p;

    if (!gm_cur_u64(c, 9, &part) || c->p != from + 1)
      return false;
    *tenths = true;
  }
  *ret = whole * 10 + part;
  return true;
}

bool gm_parse_ratio(const char *s, uint32_t *ret_w, uint32_t *ret_h)
{
  bool tenths = false;
  uint64_t w, h, unit;
  struct gm_cur c;

  if (!s)
    return false;
  c = gm_cur_of(s);
  if (!cur_tenths(&c, &w, &tenths) || !gm_cur_char(&c, ':') ||
      !cur_tenths(&c, &h, &tenths) || c.p != c.end)
    return false;
  unit = tenths ? 1 : 10;
  w /= unit;
  h /= unit;
  if (w < 1 || w > RATIO_MAX || h < 1 || h > RATIO_MAX)
    return false;
  *ret_w = (uint32_t)w;
  *ret_h = (uint32_t)h;
  return true;
}

/* Whatever the locale put between the digits becomes one '.'. */
static void repair_point(char *s)
{
  char *p = s + strspn(s, "+-0123456789");
  size_t n = strcspn(p, "+-0123456789e");

  if (n == 0)
    return;
  *p = '.';
  memmove(p + 1, p + n, strlen(p + n) + 1);
}

const char *gm_fmt_int(char buf[24], int64_t v)
{
  uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
  char *at = buf + 23;

  *at = '\0';
  do
    *--at = (char)('0' + rest % 10);
  while (rest /= 10);
  if (v < 0)
    *--at = '-';
  return at;
}

const char *gm_fmt_real(char buf[32], double v)
{
  /* Every decimal of up to 15 digits survives a normal double, and %g drops
   * the zeros; only subnormals can do with fewer than 15. */
  int digits = fabs(v) < DBL_MIN ? 1 : 15;
  char text[64]; /* the point of a locale may be many bytes long */

  if (!isfinite(v)) {
    snprintf(buf, 32, "%s", isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
    return buf;
  }
  for (; digits <= 17; digits++) {
    snprintf(text, sizeof(text), "%.*g", digits, v);
    repair_point(text);
    if (c_strtod(text) == v)
      break;
  }
  memcpy(buf, text, strlen(text) + 1); /* 25 at most */
  return buf;
}
