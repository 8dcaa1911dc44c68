/* WebP, GIF and SVG of one colour, written without an encoder.
 *
 * A lossless WebP whose five Huffman codes have one symbol each needs no bit
 * for a pixel.  The GIF clears its code table after every two pixels, so that
 * codes stay three bits wide. */
#include "openai.h"

struct bits {
  struct em_buf *out;
  uint32_t held;
  unsigned n;
};

static void put(struct bits *b, uint32_t value, unsigned n)
{
  b->held |= value << b->n;
  for (b->n += n; b->n >= 8; b->n -= 8) {
    em_buf_putc(b->out, (unsigned char)b->held);
    b->held >>= 8;
  }
}

static void flush(struct bits *b)
{
  if (b->n)
    put(b, 0, 8 - b->n);
}

static void put_le(struct em_buf *out, uint32_t value, unsigned n)
{
  for (; n; n--, value >>= 8)
    em_buf_putc(out, (unsigned char)value);
}

void openai_webp(uint32_t width, uint32_t height, uint64_t look,
                 struct em_buf *out)
{
  const uint32_t symbols[] = { look & 255, look >> 8 & 255, look >> 16 & 255,
                               255 };
  struct em_buf data = { 0 };
  struct bits b = { &data, 0, 0 };
  unsigned i;

  put(&b, 0x2f, 8);
  put(&b, width - 1, 14);
  put(&b, height - 1, 14);
  put(&b, 0, 1 + 3);     /* no alpha, version 0 */
  put(&b, 0, 1 + 1 + 1); /* no transform, no colour cache, one code group */
  for (i = 0; i < EM_LEN(symbols); i++) {
    put(&b, 1 | 0 << 1 | 1 << 2, 3); /* a simple code, one symbol, 8 bits */
    put(&b, symbols[i], 8);
  }
  put(&b, 1, 4); /* distances: a simple code, one symbol of one bit, 0 */
  flush(&b);
  if (data.len & 1)
    em_buf_putc(&data, 0);
  em_buf_puts(out, "RIFF");
  put_le(out, (uint32_t)data.len + 12, 4);
  em_buf_puts(out, "WEBPVP8L");
  put_le(out, (uint32_t)data.len, 4);
  em_buf_add(out, data.data, data.len);
  em_buf_finish(&data);
}

static void put_frame(uint32_t width, uint32_t height, unsigned colour,
                      struct em_buf *out)
{
  struct em_buf data = { 0 };
  struct bits b = { &data, 0, 0 };
  uint64_t pixels = (uint64_t)width * height;
  size_t at;

  em_buf_add(out, "\x21\xf9\x04\x00\x14\x00\x00\x00\x2c\0\0\0", 12);
  put_le(out, 0, 1); /* left and top are 0 */
  put_le(out, width, 2);
  put_le(out, height, 2);
  em_buf_add(out, "\x00\x02", 2); /* no own colours, codes from 2 bits */
  for (; pixels; pixels -= pixels > 1 ? 2 : 1) {
    put(&b, 4, 3); /* clear */
    put(&b, colour, 3);
    if (pixels > 1)
      put(&b, colour, 3);
  }
  put(&b, 5, 3); /* end */
  flush(&b);
  for (at = 0; at < data.len; at += 255) {
    size_t n = data.len - at < 255 ? data.len - at : 255;

    em_buf_putc(out, (unsigned char)n);
    em_buf_add(out, data.data + at, n);
  }
  em_buf_putc(out, 0);
  em_buf_finish(&data);
}

void openai_gif(uint32_t width, uint32_t height, unsigned frames, uint64_t look,
                struct em_buf *out)
{
  unsigned i;

  em_buf_puts(out, "GIF89a");
  put_le(out, width, 2);
  put_le(out, height, 2);
  em_buf_add(out, "\xf1\0\0", 3); /* four colours */
  for (i = 0; i < 4; i++)
    put_le(out, (uint32_t)(look >> i * 8), 3);
  em_buf_add(out, "\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", 19);
  for (i = 0; i < frames; i++)
    put_frame(width, height, i & 3, out);
  em_buf_puts(out, ";");
}

void openai_svg(uint32_t width, uint32_t height, uint64_t look,
                struct em_buf *out)
{
  em_buf_printf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" "
                "height=\"%u\" viewBox=\"0 0 %u %u\"><rect width=\"%u\" "
                "height=\"%u\" fill=\"#%06x\"/></svg>\n",
                width, height, width, height, width, height,
                (unsigned)(look & 0xffffff));
}
