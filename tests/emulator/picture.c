/* What the files of the emulator show: waves of colour that the prompt and the
 * seed choose, and in the middle a mirrored emblem of the same hash, so that
 * two pictures can be told apart at a glance.  A picture is a pure function of
 * its look; a small cache keeps the last ones, for a benchmark asks for the
 * same few many thousand times. */
#include "picture.h"

#include <stdlib.h>
#include <string.h>

void em_blob_unref(struct em_blob *blob)
{
  if (blob && !--blob->refs)
    free(blob);
}

static struct em_blob *blob_new(const struct em_buf *from)
{
  struct em_blob *blob = em_alloc(sizeof(*blob) + from->len);

  blob->refs = 1;
  blob->len = from->len;
  memcpy(blob->bytes, from->data, from->len);
  return blob;
}

/* A smooth wave 0..255 with period 256: 4x(1-x), mirrored. */
static unsigned wave(unsigned x)
{
  unsigned half = x & 127;
  unsigned bump = half * (127 - half) * 127 / (64 * 64);

  if (bump > 127)
    bump = 127;
  return x & 128 ? 128 - bump : 128 + bump;
}

static void choose_colours(const struct em_look *look, struct em_image *image)
{
  uint64_t h = em_mix(look->look ^ 1);
  unsigned i, c;

  for (i = 0; i < 256; i++)
    for (c = 0; c < 3; c++) {
      unsigned turns = 1 + (unsigned)(h >> (8 * c + 32) & 1);
      unsigned shift = (unsigned)(h >> (8 * c)) & 255;

      image->palette[i][c] =
        look->black ? 0 : (unsigned char)wave((i * turns + shift) & 255);
    }
}

/* The emblem: five by five cells, the right half mirrors the left. */
static bool in_emblem(uint64_t bits, uint32_t x, uint32_t y, uint32_t x0,
                      uint32_t y0, uint32_t cell)
{
  uint32_t column, row;

  if (x < x0 || y < y0)
    return false;
  column = (x - x0) / cell;
  row = (y - y0) / cell;
  if (column > 4 || row > 4)
    return false;
  if (column > 2)
    column = 4 - column;
  return bits >> (row * 3 + column) & 1;
}

static void paint(const struct em_look *look, struct em_image *image)
{
  uint64_t h = em_mix(look->look ^ 2);
  uint32_t w = image->width, ht = image->height, x, y;
  uint32_t cell = (w < ht ? w : ht) / 12 + 1;
  uint32_t x0 = w / 2 - (w / 2 < cell * 5 / 2 ? w / 2 : cell * 5 / 2);
  uint32_t y0 = ht / 2 - (ht / 2 < cell * 5 / 2 ? ht / 2 : cell * 5 / 2);
  unsigned a = 1 + (h & 3), b = 1 + (h >> 2 & 3), d = 1 + (h >> 4 & 3);
  unsigned char *at = image->pixels;

  for (y = 0; y < ht; y++) {
    unsigned v = wave(y * 256 * b / ht & 255);

    for (x = 0; x < w; x++) {
      unsigned u = wave(x * 256 * a / w & 255);
      unsigned diagonal = wave((x * 256 / w + y * 256 / ht) * d / 2 & 255);
      unsigned colour = (u + v + diagonal) / 3;

      if (in_emblem(h >> 8, x, y, x0, y0, cell))
        colour = (colour + 128) & 255;
      *at++ = (unsigned char)colour;
    }
  }
}

static void write_image(const struct em_look *look, struct em_buf *out)
{
  struct em_image image = { .width = look->width, .height = look->height };

  image.pixels = em_alloc((size_t)look->width * look->height);
  choose_colours(look, &image);
  if (!look->black)
    paint(look, &image);
  if (look->media == EM_JPEG)
    em_jpeg_write(&image, look->pad_to, out);
  else
    em_png_write(&image, look->pad_to, out);
  free(image.pixels);
}

static bool same_look(const struct em_look *a, const struct em_look *b)
{
  return a->media == b->media && a->width == b->width &&
         a->height == b->height && a->duration_ms == b->duration_ms &&
         a->look == b->look && a->black == b->black && a->pad_to == b->pad_to;
}

struct em_blob *em_picture_get(struct em_pictures *pictures,
                               const struct em_look *look)
{
  struct em_buf file = { 0 };
  unsigned i, oldest = 0;

  pictures->clock++;
  for (i = 0; i < EM_PICTURE_SLOTS; i++) {
    if (pictures->slots[i].blob && same_look(&pictures->slots[i].look, look)) {
      pictures->slots[i].used = pictures->clock;
      pictures->slots[i].blob->refs++;
      return pictures->slots[i].blob;
    }
    if (pictures->slots[i].used < pictures->slots[oldest].used)
      oldest = i;
  }
  if (look->media == EM_MP4)
    em_mp4_write(look, &file);
  else
    write_image(look, &file);
  em_blob_unref(pictures->slots[oldest].blob);
  pictures->slots[oldest].look = *look;
  pictures->slots[oldest].used = pictures->clock;
  pictures->slots[oldest].blob = blob_new(&file);
  pictures->slots[oldest].blob->refs++;
  em_buf_finish(&file);
  return pictures->slots[oldest].blob;
}

void em_pictures_finish(struct em_pictures *pictures)
{
  unsigned i;

  for (i = 0; i < EM_PICTURE_SLOTS; i++)
    em_blob_unref(pictures->slots[i].blob);
  memset(pictures, 0, sizeof(*pictures));
}
