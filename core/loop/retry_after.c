/* retry_after.c - how long a server wants us to wait.
 *
 * Servers send "2", "0.5", a date, "-1", "soon" and a day.  What makes sense
 * is capped at a day, what does not counts as absent: the caller then uses its
 * own backoff, and its own cap besides.
 */
#include "loop/retry_after.h"
#include "base/clock.h"
#include "base/str.h"
#include <math.h>
#include <string.h>

#define DAY_MS    86400000u
#define VALUE_MAX 64 /* the longest HTTP date has 33 characters */

/* "12", "0.25" times `unit_ms`; anything above a day is a day. */
static bool number(const char *s, double unit_ms, uint32_t *ret_ms)
{
  double v;

  /* Not "1e3", ".5" or "-0": the header has digits and perhaps a fraction. */
  if (*s == '.' || s[strspn(s, "0123456789.")] != '\0' ||
      !gm_parse_real(s, 0, HUGE_VAL, &v))
    return false;
  v = ceil(v * unit_ms);
  *ret_ms = v >= DAY_MS ? DAY_MS : (uint32_t)v;
  return true;
}

static bool date(const char *s, uint64_t wall_ms, uint32_t *ret_ms)
{
  uint64_t at;

  if (!gm_parse_http_date(s, &at))
    return false;
  at = at > wall_ms ? at - wall_ms : 0;
  *ret_ms = (uint32_t)GM_MIN(at, (uint64_t)DAY_MS);
  return true;
}

/* Without the blanks around it; false when it cannot be a value. */
static bool trim(const char *s, char out[VALUE_MAX])
{
  size_t len;

  if (!s)
    return false;
  s += strspn(s, " \t");
  len = strlen(s);
  while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
    len--;
  if (len == 0 || len >= VALUE_MAX)
    return false;
  memcpy(out, s, len);
  out[len] = '\0';
  return true;
}

bool gm_retry_after(const char *retry_after, const char *retry_after_ms,
                    uint64_t wall_ms, uint32_t *ret_ms)
{
  char value[VALUE_MAX];

  if (trim(retry_after_ms, value) && number(value, 1, ret_ms))
    return true;
  if (!trim(retry_after, value))
    return false;
  return number(value, 1000, ret_ms) || date(value, wall_ms, ret_ms);
}
