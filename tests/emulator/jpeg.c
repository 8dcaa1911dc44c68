/* Baseline JPEG, 4:4:4, one quantiser.  The Huffman tables are our own and
 * simple: every DC category has a code of 4 bits, the end of a block one of 2,
 * every other AC symbol one of 8.  That is valid, a little larger than the
 * usual tables, and needs no pages of constants. */
#include "picture.h"

#include <math.h>
#include <string.h>

#define QUANT      10
#define AC_SYMBOLS 162
#define PI         3.14159265358979323846

struct writer {
  struct em_buf *out;
  uint32_t bits;
  unsigned n_bits;
  float cosine[8][8];
  unsigned char ac_code[256]; /* for 8-bit codes */
  unsigned char ac_order[AC_SYMBOLS];
  unsigned char zigzag[64];
};

/* 0 (end of block) first, then every (run, size) and the run of 16 zeros. */
static void make_tables(struct writer *w)
{
  unsigned run, size, n = 0, u, x;

  w->ac_order[n++] = 0x00;
  for (run = 0; run < 16; run++)
    for (size = 1; size <= 10; size++)
      w->ac_order[n++] = (unsigned char)(run << 4 | size);
  w->ac_order[n++] = 0xf0;
  for (n = 1; n < AC_SYMBOLS; n++) /* codes of 8 bits go on after 01000000 */
    w->ac_code[w->ac_order[n]] = (unsigned char)(0x40 + n - 1);
  for (u = 0; u < 8; u++)
    for (x = 0; x < 8; x++)
      w->cosine[u][x] = (float)(cos((2 * x + 1) * u * PI / 16) *
                                (u ? 0.5 : 0.35355339059327379));
}

static void make_zigzag(struct writer *w)
{
  unsigned sum, i, n = 0;

  for (sum = 0; sum < 15; sum++)
    for (i = 0; i <= sum; i++) {
      unsigned row = sum % 2 ? i : sum - i, column = sum - row;

      if (row < 8 && column < 8)
        w->zigzag[n++] = (unsigned char)(row * 8 + column);
    }
}

static void put_bits(struct writer *w, unsigned value, unsigned n)
{
  w->bits = w->bits << n | value;
  w->n_bits += n;
  while (w->n_bits >= 8) {
    unsigned char byte = (unsigned char)(w->bits >> (w->n_bits - 8));

    em_buf_putc(w->out, byte);
    if (byte == 0xff)
      em_buf_putc(w->out, 0);
    w->n_bits -= 8;
  }
}

/* A coefficient is its size in bits and then the bits, negative ones less 1. */
static unsigned size_of(int v)
{
  unsigned n = 0, magnitude = (unsigned)(v < 0 ? -v : v);

  for (; magnitude; magnitude >>= 1)
    n++;
  return n;
}

static void put_value(struct writer *w, int v, unsigned size)
{
  if (size)
    put_bits(w, (unsigned)(v < 0 ? v + (1 << size) - 1 : v), size);
}

static void transform(const struct writer *w, float block[64], int out[64])
{
  float half[64];
  unsigned u, v, x;

  for (v = 0; v < 8; v++)
    for (u = 0; u < 8; u++) {
      float sum = 0;

      for (x = 0; x < 8; x++)
        sum += block[v * 8 + x] * w->cosine[u][x];
      half[v * 8 + u] = sum;
    }
  for (u = 0; u < 8; u++)
    for (v = 0; v < 8; v++) {
      float sum = 0;

      for (x = 0; x < 8; x++)
        sum += half[x * 8 + u] * w->cosine[v][x];
      out[v * 8 + u] = (int)lroundf(sum / QUANT);
    }
}

static void put_block(struct writer *w, float block[64], int *dc)
{
  int c[64];
  unsigned i, run = 0, size;

  transform(w, block, c);
  size = size_of(c[0] - *dc);
  put_bits(w, size, 4);
  put_value(w, c[0] - *dc, size);
  *dc = c[0];
  for (i = 1; i < 64; i++) {
    int v = c[w->zigzag[i]];

    if (!v) {
      run++;
      continue;
    }
    for (; run > 15; run -= 16)
      put_bits(w, w->ac_code[0xf0], 8);
    size = size_of(v);
    put_bits(w, w->ac_code[run << 4 | size], 8);
    put_value(w, v, size);
    run = 0;
  }
  if (run)
    put_bits(w, 0, 2);
}

static void convert(const struct em_image *image, float ycc[256][3])
{
  unsigned i;

  for (i = 0; i < 256; i++) {
    float r = image->palette[i][0], g = image->palette[i][1],
          b = image->palette[i][2];

    ycc[i][0] = 0.299f * r + 0.587f * g + 0.114f * b - 128;
    ycc[i][1] = -0.1687f * r - 0.3313f * g + 0.5f * b;
    ycc[i][2] = 0.5f * r - 0.4187f * g - 0.0813f * b;
  }
}

static void put_pixels(struct writer *w, const struct em_image *image)
{
  int dc[3] = { 0 };
  float ycc[256][3], block[64];
  uint32_t x, y;
  unsigned c, i;

  convert(image, ycc);
  for (y = 0; y < image->height; y += 8)
    for (x = 0; x < image->width; x += 8)
      for (c = 0; c < 3; c++) {
        for (i = 0; i < 64; i++) {
          uint32_t px = x + i % 8, py = y + i / 8;

          px = px < image->width ? px : image->width - 1;
          py = py < image->height ? py : image->height - 1;
          block[i] = ycc[image->pixels[(size_t)py * image->width + px]][c];
        }
        put_block(w, block, &dc[c]);
      }
  put_bits(w, 0x7f, 7); /* fill the last byte with ones */
}

static void put_headers(struct writer *w, const struct em_image *image)
{
  static const unsigned char jfif[] = "JFIF\0\1\1\0\0\1\0\1\0";
  struct em_buf *out = w->out;
  unsigned i;

  em_buf_be(out, 0xffd8ffe00010, 6);
  em_buf_add(out, jfif, 14);
  em_buf_be(out, 0xffdb004300, 5);
  for (i = 0; i < 64; i++)
    em_buf_putc(out, QUANT);
  em_buf_be(out, 0xffc0001108, 5);
  em_buf_be(out, image->height, 2);
  em_buf_be(out, image->width, 2);
  em_buf_be(out, 0x03011100021100, 7);
  em_buf_be(out, 0x031100, 3);
  em_buf_be(out, 0xffc4001f00, 5); /* DC: 12 codes of 4 bits */
  for (i = 1; i <= 16; i++)
    em_buf_putc(out, i == 4 ? 12 : 0);
  for (i = 0; i < 12; i++)
    em_buf_putc(out, (unsigned char)i);
  em_buf_be(out, 0xffc4, 2); /* AC: one code of 2 bits, the rest of 8 */
  em_buf_be(out, 19 + AC_SYMBOLS, 2);
  em_buf_putc(out, 0x10);
  for (i = 1; i <= 16; i++)
    em_buf_putc(out, i == 2 ? 1 : i == 8 ? AC_SYMBOLS - 1 : 0);
  em_buf_add(out, w->ac_order, AC_SYMBOLS);
}

/* Comments of noise; a segment holds at most 65533 bytes. */
static void put_padding(struct em_buf *out, size_t len)
{
  uint64_t x = len;

  while (len > 4) {
    size_t n = len - 4 > 60000 ? 60000 : len - 4, i;

    em_buf_be(out, 0xfffe, 2);
    em_buf_be(out, n + 2, 2);
    for (i = 0; i < n; i++) {
      x = em_mix(x);
      em_buf_putc(out, (unsigned char)(x & 0x7f));
    }
    len -= n + 4;
  }
}

void em_jpeg_write(const struct em_image *image, size_t pad_to,
                   struct em_buf *out)
{
  struct writer w = { .out = out };
  struct em_buf scan = { 0 };

  make_tables(&w);
  make_zigzag(&w);
  put_headers(&w, image);
  w.out = &scan;
  em_buf_be(&scan, 0xffda000c03010002, 8);
  em_buf_be(&scan, 0x000300003f00, 6);
  put_pixels(&w, image);
  em_buf_be(&scan, 0xffd9, 2);
  if (pad_to > out->len + scan.len)
    put_padding(out, pad_to - out->len - scan.len);
  em_buf_add(out, scan.data, scan.len);
  em_buf_finish(&scan);
}
