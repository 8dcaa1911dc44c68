/* probe_image.c - pixel size of the formats that say it near their start.
 *
 * Each reader is called after its magic bytes were seen and only refuses (-1)
 * where those were weak.  The size is that of the stored picture: an EXIF
 * rotation is the viewer's business. */
#include "job/probe_read.h"
#include <string.h>

int gm_probe_png(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 8, 16);

  if (b != NULL && memcmp(b + 4, "IHDR", 4) == 0)
    gm_probe_size(p, gm_be32(b + 8), gm_be32(b + 12));
  return 0;
}

int gm_probe_gif(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 6, 4);

  if (b != NULL)
    gm_probe_size(p, gm_le16(b), gm_le16(b + 2));
  return 0;
}

/* Start of frame, any coding, but not the tables and extensions between. */
static bool jpeg_is_sof(uint8_t marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
         marker != 0xcc;
}

/* Markers without a length: restarts, start of image, TEM. */
static bool jpeg_is_bare(uint8_t marker)
{
  return (marker >= 0xd0 && marker <= 0xd8) || marker == 0x01;
}

int gm_probe_jpeg(struct gm_probe *p)
{
  uint64_t at = 2;
  const uint8_t *b;

  while ((b = gm_probe_at(p, at, 2)) != NULL && b[0] == 0xff) {
    uint8_t marker = b[1];

    if (marker == 0xff) { /* fill byte */
      at++;
      continue;
    }
    at += 2;
    if (jpeg_is_bare(marker))
      continue;
    if (jpeg_is_sof(marker)) {
      b = gm_probe_at(p, at, 7); /* length, precision, height, width */
      if (b != NULL)
        gm_probe_size(p, gm_be16(b + 5), gm_be16(b + 3));
      break;
    }
    b = gm_probe_at(p, at, 2);
    /* scan data or the end before any frame header */
    if (marker == 0xda || marker == 0xd9 || b == NULL || gm_be16(b) < 2)
      break;
    at += gm_be16(b);
  }
  return 0;
}

static uint32_t magnitude(uint32_t v) /* BMP: top-down rows are negative */
{
  return v > INT32_MAX ? 0u - v : v;
}

int gm_probe_bmp(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 14, 12);
  uint32_t header;

  if (b == NULL)
    return -1;
  header = gm_le32(b);
  if (header == 12)
    gm_probe_size(p, gm_le16(b + 4), gm_le16(b + 6));
  else if (header >= 40 && header <= 124)
    gm_probe_size(p, gm_le32(b + 4), magnitude(gm_le32(b + 8)));
  else
    return -1;
  return 0;
}

/* One entry's value, when it is a single short or long. */
static uint32_t tiff_value(const uint8_t *entry, bool big)
{
  uint32_t type = big ? gm_be16(entry + 2) : gm_le16(entry + 2);

  if (type == 3)
    return big ? gm_be16(entry + 8) : gm_le16(entry + 8);
  if (type == 4)
    return big ? gm_be32(entry + 8) : gm_le32(entry + 8);
  return 0;
}

int gm_probe_tiff(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 0, 8);
  uint32_t n, width = 0, height = 0;
  uint64_t at;
  bool big;

  if (b == NULL)
    return 0;
  big = b[0] == 'M';
  at = big ? gm_be32(b + 4) : gm_le32(b + 4);
  b = gm_probe_at(p, at, 2);
  n = b == NULL ? 0 : big ? gm_be16(b) : gm_le16(b);
  for (at += 2; n > 0 && (b = gm_probe_at(p, at, 12)) != NULL; n--, at += 12) {
    uint32_t tag = big ? gm_be16(b) : gm_le16(b);

    if (tag == 256)
      width = tiff_value(b, big);
    else if (tag == 257)
      height = tiff_value(b, big);
  }
  gm_probe_size(p, width, height);
  return 0;
}

/* The first chunk tells: lossy, lossless, or extended with a canvas size. */
int gm_probe_webp(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 0, 30);
  uint32_t bits;

  if (b == NULL)
    b = gm_probe_at(p, 0, 25); /* the smallest lossless one */
  else if (memcmp(b + 12, "VP8 ", 4) == 0 &&
           memcmp(b + 23, "\x9d\x01\x2a", 3) == 0)
    gm_probe_size(p, gm_le16(b + 26) & 0x3fff, gm_le16(b + 28) & 0x3fff);
  else if (memcmp(b + 12, "VP8X", 4) == 0)
    gm_probe_size(p, gm_le24(b + 24) + 1, gm_le24(b + 27) + 1);
  if (b != NULL && memcmp(b + 12, "VP8L", 4) == 0 && b[20] == 0x2f) {
    bits = gm_le32(b + 21);
    gm_probe_size(p, (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
  }
  b = gm_probe_at(p, 0, 4);
  return b != NULL && memcmp(b, "RIFF", 4) == 0 ? 0 : -1;
}
