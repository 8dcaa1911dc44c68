/* otlp_pairs.c - lists of the form that OpenTelemetry's variables have. */
#include "base/str.h"
#include "job/otlp.h"
#include <ctype.h>
#include <string.h>

#define TEXT_MAX 16384

static int digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place; a % that begins no code, and a NUL, make it wrong. */
static bool decode(char *s)
{
  char *to = s;

  for (; *s; s++, to++) {
    int high = *s == '%' ? digit(s[1]) : -1;
    int low = high >= 0 ? digit(s[2]) : -1;

    *to = *s;
    if (*s != '%')
      continue;
    if (low < 0 || (high == 0 && low == 0))
      return false;
    *to = (char)(high << 4 | low);
    s += 2;
  }
  *to = '\0';
  return true;
}

static char *trim(char *s)
{
  size_t n;

  while (isspace((unsigned char)*s))
    s++;
  n = strlen(s);
  while (n > 0 && isspace((unsigned char)s[n - 1]))
    s[--n] = '\0';
  return s;
}

bool gm_otlp_pairs(const char *text,
                   bool (*pair)(void *user, const char *name,
                                const char *value),
                   void *user)
{
  _cleanup_free_ char *copy = gm_strdup(text);
  char *at = copy, *one;

  if (!copy || strlen(copy) > TEXT_MAX)
    return false;
  while ((one = strsep(&at, ","))) {
    char *value = strchr(one, '=');

    if (!value && !*trim(one))
      continue; /* "a=1,": harmless */
    if (!value)
      return false;
    *value++ = '\0';
    one = trim(one);
    value = trim(value);
    if (!*one || !decode(one) || !decode(value) || !pair(user, one, value))
      return false;
  }
  return true;
}
