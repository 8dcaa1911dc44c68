/* buf.c - bytes that grow to a ceiling.
 *
 * Capacity doubles from 64.  `size` counts the NUL, `len` and `max` do not.
 * A failed buffer holds nothing, so a caller who forgets the check sends an
 * empty text rather than a cut one.
 */
#include "base/buf.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>

#define FIRST_SIZE 64

void gm_buf_init(struct gm_buf *b, size_t ceiling)
{
  *b = (struct gm_buf)GM_BUF_INIT(ceiling);
}

void gm_buf_finish(struct gm_buf *b)
{
  gm_free(b->data);
  gm_buf_init(b, b->max);
}

void gm_buf_clear(struct gm_buf *b)
{
  b->len = 0;
  b->failed = 0;
  if (b->data)
    b->data[0] = '\0';
}

static void fail(struct gm_buf *b, int32_t error_class)
{
  gm_buf_finish(b);
  b->failed = error_class;
}

/* Make `data` hold len + more bytes and a NUL. */
static bool grow(struct gm_buf *b, size_t more)
{
  size_t size = b->size ? b->size : FIRST_SIZE;
  size_t max = GM_MIN(b->max, SIZE_MAX - 1), need;
  char *data;

  if (b->failed)
    return false;
  if (more > max - b->len) {
    fail(b, GAMUT_E_PROTOCOL);
    return false;
  }
  need = b->len + more + 1;
  while (size < need)
    size = size > SIZE_MAX / 2 ? need : size * 2;
  size = GM_MIN(size, max + 1);
  data = gm_realloc(b->data, size);
  if (!data) {
    fail(b, GAMUT_E_NOMEM);
    return false;
  }
  b->data = data;
  b->size = size;
  return true;
}

static inline bool fits(const struct gm_buf *b, size_t more)
{
  return b->size - b->len > more; /* both 0: nothing fits, not even a NUL */
}

static inline char *room(struct gm_buf *b, size_t len)
{
  return fits(b, len) || grow(b, len) ? b->data + b->len : NULL;
}

char *gm_buf_room(struct gm_buf *b, size_t len)
{
  char *to = room(b, len);

  if (to)
    *to = '\0'; /* a caller may write nothing */
  return to;
}

void gm_buf_grown(struct gm_buf *b, size_t len)
{
  gm_assert(b->failed || fits(b, len));
  if (b->failed || !b->data)
    return;
  b->len += len;
  b->data[b->len] = '\0';
}

void gm_buf_addn(struct gm_buf *b, const void *p, size_t len)
{
  char *to;

  if (len == 0 || !(to = room(b, len)))
    return;
  memcpy(to, p, len);
  to[len] = '\0';
  b->len += len;
}

void gm_buf_add(struct gm_buf *b, const char *s)
{
  if (s)
    gm_buf_addn(b, s, strlen(s));
}

void gm_buf_addc(struct gm_buf *b, char c)
{
  char *to = room(b, 1);

  if (!to)
    return;
  to[0] = c;
  to[1] = '\0';
  b->len++;
}

void gm_buf_addf(struct gm_buf *b, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  gm_buf_addv(b, fmt, ap);
  va_end(ap);
}

void gm_buf_addv(struct gm_buf *b, const char *fmt, va_list ap)
{
  size_t spare = b->size - b->len;
  va_list again;
  char *to;
  int n;

  if (b->failed)
    return;
  va_copy(again, ap);
  n = vsnprintf(b->data ? b->data + b->len : NULL, spare, fmt, again);
  va_end(again);
  if (n < 0) {
    fail(b, GAMUT_E_NOMEM); /* the only reason with formats of ours */
    return;
  }
  if ((size_t)n < spare) {
    b->len += (size_t)n;
    return;
  }
  to = gm_buf_room(b, (size_t)n);
  if (!to)
    return;
  vsnprintf(to, (size_t)n + 1, fmt, ap);
  b->len += (size_t)n;
}

static bool is_unreserved(unsigned char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
}

void gm_buf_add_escaped(struct gm_buf *b, const char *s)
{
  static const char hex[] = "0123456789ABCDEF";

  for (; s && *s && !b->failed; s++) {
    unsigned char c = (unsigned char)*s;

    if (is_unreserved(c)) {
      gm_buf_addc(b, *s);
    } else {
      char coded[3] = { '%', hex[c >> 4], hex[c & 15] };

      gm_buf_addn(b, coded, sizeof(coded));
    }
  }
}

static void add_json_char(struct gm_buf *b, unsigned char c)
{
  static const char named[] = "\b\f\n\r\t\"\\";
  static const char letter[] = "bfnrt\"\\";
  const char *at = strchr(named, c);

  if (!at || !c) {
    gm_buf_addf(b, "\\u%04x", c);
    return;
  }
  gm_buf_addc(b, '\\');
  gm_buf_addc(b, letter[at - named]);
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Is one of eight bytes below `n`, which is at most 128? */
static inline bool has_below(uint64_t bytes, unsigned n)
{
  return (bytes - EACH_BYTE(n)) & ~bytes & EACH_BYTE(0x80u);
}

static inline bool has_byte(uint64_t bytes, unsigned char c)
{
  return has_below(bytes ^ EACH_BYTE(c), 1);
}

/* How many bytes from `s` go into JSON as they are.  All texts of all records
 * pass here, eight bytes at a time. */
static size_t plain_run(const char *s, size_t len)
{
  size_t n = 0;
  uint64_t word;

  for (; len - n >= 8; n += 8) {
    memcpy(&word, s + n, 8);
    if (has_below(word, 0x20) || has_byte(word, '"') || has_byte(word, '\\'))
      break;
  }
  while (n < len && (unsigned char)s[n] >= 0x20 && s[n] != '"' && s[n] != '\\')
    n++;
  return n;
}

static void add_json_valid(struct gm_buf *b, const char *s, size_t len)
{
  while (len > 0) {
    size_t n = plain_run(s, len);

    gm_buf_addn(b, s, n);
    if (n == len)
      return;
    add_json_char(b, (unsigned char)s[n]);
    s += n + 1;
    len -= n + 1;
  }
}

void gm_buf_add_json(struct gm_buf *b, const char *s)
{
  if (s)
    gm_buf_add_json_text(b, s, strlen(s));
  else
    gm_buf_add(b, "null");
}

void gm_buf_add_json_text(struct gm_buf *b, const char *s, size_t len)
{
  gm_buf_addc(b, '"');
  while (len > 0) {
    size_t n = gm_utf8_prefix(s, len);

    add_json_valid(b, s, n);
    if (n < len) {
      gm_buf_add(b, GM_UTF8_REPLACEMENT);
      n++;
    }
    s += n;
    len -= n;
  }
  gm_buf_addc(b, '"');
}

void gm_buf_add_int(struct gm_buf *b, int64_t v)
{
  char text[24];
  const char *digits = gm_fmt_int(text, v);

  gm_buf_addn(b, digits, (size_t)(text + sizeof(text) - 1 - digits));
}

void gm_buf_add_clean(struct gm_buf *b, const char *s, size_t len)
{
  while (len > 0 && !b->failed) {
    size_t i, n = gm_utf8_prefix(s, len);
    char *to = gm_buf_room(b, n);

    for (i = 0; to && i < n; i++)
      to[i] = (unsigned char)s[i] < 0x20 || s[i] == 0x7f ? '?' : s[i];
    gm_buf_grown(b, n);
    if (n < len) {
      gm_buf_add(b, GM_UTF8_REPLACEMENT);
      n++;
    }
    s += n;
    len -= n;
  }
}

void gm_buf_add_text(struct gm_buf *b, const char *before, const char *value)
{
  if (!value)
    return;
  gm_buf_add(b, before);
  gm_buf_add_json(b, value);
}

void gm_buf_add_number(struct gm_buf *b, const char *before, int64_t value)
{
  gm_buf_add(b, before);
  gm_buf_add_int(b, value);
}

char *gm_buf_copy(const struct gm_buf *b)
{
  return b->failed ? NULL : gm_strndup(gm_buf_text(b), b->len);
}

char *gm_buf_take(struct gm_buf *b)
{
  char *data;

  /* Nothing was ever added: hand over an empty text all the same. */
  if (!b->data && !gm_buf_room(b, 0))
    return NULL;
  b->data[b->len] = '\0';
  data = GM_TAKE(b->data);
  b->len = b->size = 0;
  return data;
}
