/* utf8.c - is it UTF-8, and where do its characters end.
 *
 * Strict by RFC 3629: no overlong forms, no surrogates, nothing above
 * U+10FFFF.  Replies are nearly all ASCII, which goes eight bytes at a time.
 */
#include "base/str.h"
#include <string.h>

static inline bool is_tail(unsigned char c)
{
  return (c & 0xc0) == 0x80;
}

/* Length of the character at `s`, 0 when it is none or is cut. */
static size_t char_len(const unsigned char *s, size_t len)
{
  unsigned char c = s[0];
  unsigned char min = 0x80, max = 0xbf; /* of the second byte */
  size_t n, i;

  if (c < 0x80)
    return 1;
  if (c < 0xc2 || c > 0xf4)
    return 0;
  n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  if (len < n)
    return 0;
  if (c == 0xe0)
    min = 0xa0; /* overlong */
  else if (c == 0xed)
    max = 0x9f; /* surrogates */
  else if (c == 0xf0)
    min = 0x90; /* overlong */
  else if (c == 0xf4)
    max = 0x8f; /* above U+10FFFF */
  if (s[1] < min || s[1] > max)
    return 0;
  for (i = 2; i < n; i++) {
    if (!is_tail(s[i]))
      return 0;
  }
  return n;
}

static inline size_t ascii_run(const char *s, size_t len)
{
  size_t n = 0;
  uint64_t word;

  for (; len - n >= 8; n += 8) {
    memcpy(&word, s + n, 8);
    if (word & UINT64_C(0x8080808080808080))
      break;
  }
  while (n < len && (unsigned char)s[n] < 0x80)
    n++;
  return n;
}

size_t gm_utf8_prefix(const char *s, size_t len)
{
  const unsigned char *u = (const unsigned char *)s;
  size_t n = 0, step;

  while (n < len) {
    if (u[n] < 0x80) {
      n += ascii_run(s + n, len - n);
      continue;
    }
    step = char_len(u + n, len - n);
    if (!step)
      break;
    n += step;
  }
  return n;
}

bool gm_utf8_valid(const char *s, size_t len)
{
  return gm_utf8_prefix(s, len) == len;
}

size_t gm_utf8_count(const char *s)
{
  size_t n = 0;

  for (; *s; s++)
    n += !is_tail((unsigned char)*s);
  return n;
}

size_t gm_utf8_cut(const char *s, size_t len, size_t max)
{
  size_t n = max, back = 0;

  if (len <= max)
    return len;
  /* s[n] is the first byte left out: it must begin a character. */
  while (n > 0 && back < 3 && is_tail((unsigned char)s[n])) {
    n--;
    back++;
  }
  return is_tail((unsigned char)s[n]) ? max : n; /* not UTF-8 anyway */
}

size_t gm_utf8_put(char out[4], uint32_t code)
{
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (char)(0xc0 | code >> 6);
    out[1] = (char)(0x80 | (code & 0x3f));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = (char)(0xe0 | code >> 12);
    out[1] = (char)(0x80 | (code >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code & 0x3f));
    return 3;
  }
  out[0] = (char)(0xf0 | code >> 18);
  out[1] = (char)(0x80 | (code >> 12 & 0x3f));
  out[2] = (char)(0x80 | (code >> 6 & 0x3f));
  out[3] = (char)(0x80 | (code & 0x3f));
  return 4;
}
