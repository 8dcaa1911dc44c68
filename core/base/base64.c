/* base64.c - encode, and decode in pieces of any size.
 *
 * Both alphabets are read ('-' and '_' as well as '+' and '/'), since vendors
 * use both.  A byte goes out as soon as its last bit is in, so the missing
 * padding of a text needs no farewell call.  `bits` holds what is not out yet;
 * after the first '=' it counts how many more may follow.
 */
#include "base/base64.h"
#include "base/base64_avx2.h"
#include <string.h>

#define QUICK_MIN 64 /* shorter is not worth the call */

enum { ENDED = -1, BROKEN = -2 };
enum { URL = 0x40, BREAK = 0xfd, PAD = 0xfe, BAD = 0xff };

static const char alphabet[] =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* clang-format off */
#define B BAD
static const uint8_t values[256] = {
   B, B, B, B, B, B, B, B, B, B,BREAK, B, B,BREAK, B, B,
   B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
   B, B, B, B, B, B, B, B, B, B, B,62, B,URL|62, B,63,
  52,53,54,55,56,57,58,59,60,61, B, B, B,PAD, B, B,
   B, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,10,11,12,13,14,
  15,16,17,18,19,20,21,22,23,24,25, B, B, B, B,URL|63,
   B,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,
  41,42,43,44,45,46,47,48,49,50,51, B, B, B, B, B,
   B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
   B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
   B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
   B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
   B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
   B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
   B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
   B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B
};
#undef B
/* clang-format on */

void gm_base64_encode(const void *p, size_t len, char *out)
{
  const uint8_t *s = p;

  for (; len >= 3; len -= 3, s += 3) {
    uint32_t v = (uint32_t)s[0] << 16 | (uint32_t)s[1] << 8 | s[2];

    *out++ = alphabet[v >> 18];
    *out++ = alphabet[v >> 12 & 63];
    *out++ = alphabet[v >> 6 & 63];
    *out++ = alphabet[v & 63];
  }
  if (len) {
    uint32_t v = (uint32_t)s[0] << 16 | (len > 1 ? (uint32_t)s[1] << 8 : 0);

    *out++ = alphabet[v >> 18];
    *out++ = alphabet[v >> 12 & 63];
    *out++ = len > 1 ? alphabet[v >> 6 & 63] : '=';
    *out = '=';
  }
}

void gm_base64_add(struct gm_buf *b, const void *p, size_t len)
{
  char *to = gm_buf_room(b, gm_base64_size(len));

  if (!to)
    return;
  gm_base64_encode(p, len, to);
  gm_buf_grown(b, gm_base64_size(len));
}

size_t gm_base64_decode_plain(const char *s, size_t len, void *to)
{
  const uint8_t *u = (const uint8_t *)s;
  uint8_t *out = to;
  size_t n = len >= QUICK_MIN ? gm_base64_decode_avx2(s, len, out) : 0;

  for (out += n / 4 * 3; len - n >= 4; n += 4, out += 3) {
    uint32_t a = values[u[n]], b = values[u[n + 1]];
    uint32_t c = values[u[n + 2]], d = values[u[n + 3]];

    if ((a | b | c | d) & 0xc0)
      break;
    a = a << 18 | b << 12 | c << 6 | d;
    out[0] = (uint8_t)(a >> 16);
    out[1] = (uint8_t)(a >> 8);
    out[2] = (uint8_t)a;
  }
  return n;
}

/* One character that need not be plain; true when `*out` was written. */
static bool decode_char(struct gm_base64 *d, uint8_t value, uint8_t *out)
{
  if (value == BREAK)
    return false;
  if ((value & 0xc0) == URL)
    value &= 63;
  if (value == PAD && d->n >= 2) {
    d->bits = d->n == 2; /* one more '=' may follow */
    d->n = ENDED;
    return false;
  }
  if (value == PAD && d->n == ENDED && d->bits) {
    d->bits = 0;
    return false;
  }
  if (value >= 64 || d->n < 0) {
    d->n = BROKEN;
    return false;
  }
  d->bits = (d->bits & 0xff) << 6 | value;
  d->n = (d->n + 1) & 3;
  if (d->n == 1)
    return false;
  *out = (uint8_t)(d->bits >> ((4 - (uint32_t)d->n) % 4 * 2));
  return true;
}

size_t gm_base64_decode(struct gm_base64 *d, const char *s, size_t len,
                        void *out)
{
  uint8_t *to = out;
  size_t n = 0;

  while (n < len && d->n != BROKEN) {
    if (d->n == 0 && len - n >= 4) {
      size_t eaten = gm_base64_decode_plain(s + n, len - n, to);

      n += eaten;
      to += eaten / 4 * 3;
      if (n == len)
        break;
    }
    to += decode_char(d, values[(uint8_t)s[n++]], to);
  }
  return d->n == BROKEN ? SIZE_MAX : (size_t)(to - (uint8_t *)out);
}

bool gm_base64_done(const struct gm_base64 *d)
{
  return d->n == ENDED || d->n == 0 || d->n == 2 || d->n == 3;
}
