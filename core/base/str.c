/* str.c - comparing text, and a cursor that only moves forward.
 *
 * A cursor that fails to find what it was asked for stays where it was.
 * Nothing here looks at the locale.
 */
#include "base/str.h"
#include <string.h>

#define FIND_WINDOW 512u

static inline char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool gm_streq(const char *a, const char *b)
{
  if (!a || !b)
    return a == b;
  return strcmp(a, b) == 0;
}

bool gm_strieq(const char *a, const char *b)
{
  if (!a || !b)
    return a == b;
  while (*a && (*a == *b || lower(*a) == lower(*b))) {
    a++;
    b++;
  }
  return lower(*a) == lower(*b);
}

bool gm_starts(const char *s, const char *prefix)
{
  return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool gm_ends(const char *s, const char *suffix)
{
  size_t len = s ? strlen(s) : 0;
  size_t want = strlen(suffix);

  return s && len >= want && memcmp(s + len - want, suffix, want) == 0;
}

bool gm_glob(const char *pattern, const char *s)
{
  const char *star = NULL, *retry = NULL;

  while (*s) {
    if (*pattern == '*') {
      star = ++pattern;
      retry = s;
    } else if (*pattern == *s) {
      pattern++;
      s++;
    } else if (star) {
      pattern = star; /* let the last star swallow one more */
      s = ++retry;
    } else {
      return false;
    }
  }
  while (*pattern == '*')
    pattern++;
  return *pattern == '\0';
}

const char *gm_find_either(const char *p, const char *end, char a, char b)
{
  /* In windows, so that a text full of `b` is not searched to its end for `a`
   * again and again. */
  while (p < end) {
    size_t window = GM_MIN((size_t)(end - p), FIND_WINDOW);
    const char *hit_a = memchr(p, a, window);
    const char *hit_b = memchr(p, b, hit_a ? (size_t)(hit_a - p) : window);

    if (hit_b)
      return hit_b;
    if (hit_a)
      return hit_a;
    p += window;
  }
  return end;
}

struct gm_cur gm_cur_of(const char *s)
{
  return (struct gm_cur){ s, s + strlen(s) };
}

void gm_cur_space(struct gm_cur *c)
{
  while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
    c->p++;
}

bool gm_cur_char(struct gm_cur *c, char want)
{
  if (c->p >= c->end || *c->p != want)
    return false;
  c->p++;
  return true;
}

bool gm_cur_until(struct gm_cur *c, const char *stops, char *out, size_t size)
{
  const char *p = c->p;
  size_t len;

  while (p < c->end && (*p == '\0' || !strchr(stops, *p)))
    p++;
  len = (size_t)(p - c->p);
  if (len == 0 || len >= size)
    return false;
  memcpy(out, c->p, len);
  out[len] = '\0';
  c->p = p;
  return true;
}

bool gm_cur_u64(struct gm_cur *c, uint64_t max, uint64_t *ret)
{
  const char *p = c->p;
  uint64_t v = 0;

  for (; p < c->end && *p >= '0' && *p <= '9'; p++) {
    uint64_t digit = (uint64_t)(*p - '0');

    if (v > max / 10 || v * 10 > max - digit)
      return false;
    v = v * 10 + digit;
  }
  if (p == c->p)
    return false;
  c->p = p;
  *ret = v;
  return true;
}
