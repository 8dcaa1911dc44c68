/* Small things that every file of the emulator needs: growing bytes, numbers
 * out of text, hashes, clocks.  Allocation failure ends the program here and
 * nowhere else, so that callers stay straight-line code. */
#include "util.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void *checked(void *memory)
{
  if (!memory) {
    fputs("gamut-emulator: out of memory\n", stderr);
    exit(3);
  }
  return memory;
}

void *em_alloc(size_t size)
{
  return checked(calloc(1, size ? size : 1));
}

void *em_realloc(void *old, size_t size)
{
  return checked(realloc(old, size ? size : 1));
}

char *em_strdup(const char *s)
{
  return checked(strdup(s));
}

static void reserve(struct em_buf *b, size_t more)
{
  size_t cap = b->cap ? b->cap : 256;

  while (cap < b->len + more + 1)
    cap *= 2;
  if (cap == b->cap)
    return;
  b->data = em_realloc(b->data, cap);
  b->cap = cap;
}

void em_buf_add(struct em_buf *b, const void *bytes, size_t len)
{
  reserve(b, len);
  if (len)
    memcpy(b->data + b->len, bytes, len);
  b->len += len;
  b->data[b->len] = '\0';
}

void em_buf_puts(struct em_buf *b, const char *s)
{
  em_buf_add(b, s, strlen(s));
}

void em_buf_putc(struct em_buf *b, unsigned char c)
{
  em_buf_add(b, &c, 1);
}

void em_buf_be(struct em_buf *b, uint64_t value, unsigned n_bytes)
{
  while (n_bytes--)
    em_buf_putc(b, (unsigned char)(value >> (8 * n_bytes)));
}

void em_buf_printf(struct em_buf *b, const char *format, ...)
{
  va_list args;
  int len;

  reserve(b, 200);
  va_start(args, format);
  len = vsnprintf(b->data + b->len, b->cap - b->len, format, args);
  va_end(args);
  if (len > 0 && (size_t)len >= b->cap - b->len) {
    reserve(b, (size_t)len);
    va_start(args, format);
    len = vsnprintf(b->data + b->len, b->cap - b->len, format, args);
    va_end(args);
  }
  if (len > 0)
    b->len += (size_t)len;
}

void em_buf_json(struct em_buf *b, const char *s)
{
  em_buf_putc(b, '"');
  for (; *s; s++) {
    unsigned char c = (unsigned char)*s;

    if (c == '"' || c == '\\')
      em_buf_putc(b, '\\');
    if (c < 0x20)
      em_buf_printf(b, "\\u%04x", c);
    else
      em_buf_putc(b, c);
  }
  em_buf_putc(b, '"');
}

void em_buf_base64(struct em_buf *b, const unsigned char *bytes, size_t len)
{
  static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t i;

  reserve(b, (len + 2) / 3 * 4);
  for (i = 0; i < len; i += 3) {
    uint32_t v = (uint32_t)bytes[i] << 16;
    char out[4];

    if (i + 1 < len)
      v |= (uint32_t)bytes[i + 1] << 8;
    if (i + 2 < len)
      v |= bytes[i + 2];
    out[0] = digits[v >> 18];
    out[1] = digits[(v >> 12) & 63];
    out[2] = i + 1 < len ? digits[(v >> 6) & 63] : '=';
    out[3] = i + 2 < len ? digits[v & 63] : '=';
    em_buf_add(b, out, sizeof(out));
  }
}

void em_buf_finish(struct em_buf *b)
{
  free(b->data);
  *b = (struct em_buf){ 0 };
}

bool em_parse_int(const char *s, size_t len, int64_t low, int64_t high,
                  int64_t *ret)
{
  bool negative = len && *s == '-';
  int64_t value = 0;
  size_t i;

  if (len == (size_t)negative)
    return false;
  for (i = negative; i < len; i++) {
    if (s[i] < '0' || s[i] > '9' || value > (INT64_MAX - 9) / 10)
      return false;
    value = value * 10 + (s[i] - '0');
  }
  if (negative)
    value = -value;
  if (value < low || value > high)
    return false;
  *ret = value;
  return true;
}

bool em_parse_size(const char *s, uint32_t *ret_w, uint32_t *ret_h)
{
  const char *x = strchr(s, 'x');
  int64_t w, h;

  if (!x || !em_parse_int(s, (size_t)(x - s), 1, 4096, &w) ||
      !em_parse_int(x + 1, strlen(x + 1), 1, 4096, &h))
    return false;
  *ret_w = (uint32_t)w;
  *ret_h = (uint32_t)h;
  return true;
}

bool em_streq_n(const char *s, const char *other, size_t other_len)
{
  return strlen(s) == other_len && !memcmp(s, other, other_len);
}

bool em_starts(const char *s, const char *prefix)
{
  return !strncmp(s, prefix, strlen(prefix));
}

uint64_t em_mix(uint64_t x)
{
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t em_hash(const char *s)
{
  uint64_t h = 0xcbf29ce484222325u;

  for (; *s; s++)
    h = (h ^ (unsigned char)*s) * 0x100000001b3u;
  return em_mix(h);
}

uint64_t em_random_seed(void)
{
  uint64_t seed = (uint64_t)em_wall_us() ^ ((uint64_t)getpid() << 40);
  int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);

  if (fd >= 0) {
    uint64_t more = 0;

    if (read(fd, &more, sizeof(more)) == (ssize_t)sizeof(more))
      seed ^= more;
    close(fd);
  }
  return em_mix(seed);
}

int64_t em_monotonic_ms(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t em_wall_us(void)
{
  struct timespec t;

  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
