/* PNG, the whole of it: signature, IHDR, PLTE, one IDAT, IEND.  Padding is a
 * private ancillary chunk ("paDd") of noise, which every reader skips and no
 * compression along the way shrinks. */
#include "picture.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define CHUNK_OVERHEAD 12

static void chunk(struct em_buf *out, const char *type, const void *data,
                  size_t len)
{
  size_t from;

  em_buf_be(out, len, 4);
  from = out->len;
  em_buf_add(out, type, 4);
  em_buf_add(out, data, len);
  em_buf_be(out, crc32(0, (const Bytef *)out->data + from, (uInt)(len + 4)), 4);
}

static void header(const struct em_image *image, struct em_buf *out)
{
  struct em_buf ihdr = { 0 };

  em_buf_be(&ihdr, image->width, 4);
  em_buf_be(&ihdr, image->height, 4);
  em_buf_putc(&ihdr, 8); /* bits */
  em_buf_putc(&ihdr, 3); /* indexed */
  em_buf_be(&ihdr, 0, 3);
  chunk(out, "IHDR", ihdr.data, ihdr.len);
  em_buf_finish(&ihdr);
  chunk(out, "PLTE", image->palette, sizeof(image->palette));
}

static void pixels(const struct em_image *image, struct em_buf *out)
{
  size_t row = (size_t)image->width + 1, raw_len = row * image->height;
  unsigned char *raw = em_alloc(raw_len);
  uLongf len = compressBound((uLong)raw_len);
  unsigned char *packed = em_alloc(len);
  uint32_t y;

  for (y = 0; y < image->height; y++) /* the leading 0: no filter */
    memcpy(raw + y * row + 1, image->pixels + (size_t)y * image->width,
           image->width);
  if (compress2(packed, &len, raw, (uLong)raw_len, 1) == Z_OK)
    chunk(out, "IDAT", packed, len);
  free(packed);
  free(raw);
}

static void padding(struct em_buf *out, size_t len)
{
  unsigned char *noise = em_alloc(len);
  uint64_t x = len;
  size_t i;

  for (i = 0; i < len; i++) {
    if (i % 8 == 0)
      x = em_mix(x);
    noise[i] = (unsigned char)(x >> (8 * (i % 8)));
  }
  chunk(out, "paDd", noise, len);
  free(noise);
}

void em_png_write(const struct em_image *image, size_t pad_to,
                  struct em_buf *out)
{
  em_buf_add(out, "\x89PNG\r\n\x1a\n", 8);
  header(image, out);
  pixels(image, out);
  if (out->len + 2 * CHUNK_OVERHEAD < pad_to)
    padding(out, pad_to - out->len - 2 * CHUNK_OVERHEAD);
  chunk(out, "IEND", NULL, 0);
}
