/* MP4 around the frames of h264.c: ftyp, moov, (free,) mdat; one video track,
 * one chunk, 24 frames a second, a key frame every second. */
#include "picture.h"

#include <string.h>

#define FPS         24
#define MEDIA_SCALE 24000

struct film {
  struct em_h264 video;
  uint32_t duration_ms, n_frames;
  struct em_buf frames; /* each behind its length */
  struct em_buf sizes;  /* stsz entries */
  struct em_buf keys;   /* stss entries */
  uint32_t n_keys;
};

static size_t box(struct em_buf *out, const char *type)
{
  size_t at = out->len;

  em_buf_be(out, 0, 4);
  em_buf_add(out, type, 4);
  return at;
}

static size_t full_box(struct em_buf *out, const char *type, unsigned flags)
{
  size_t at = box(out, type);

  em_buf_be(out, flags, 4);
  return at;
}

static void box_end(struct em_buf *out, size_t at)
{
  size_t len = out->len - at;
  unsigned i;

  for (i = 0; i < 4; i++)
    out->data[at + i] = (char)(len >> (24 - 8 * i) & 0xff);
}

static void zeros(struct em_buf *out, unsigned n)
{
  while (n--)
    em_buf_putc(out, 0);
}

static void matrix(struct em_buf *out)
{
  em_buf_be(out, 0x00010000, 4);
  zeros(out, 12);
  em_buf_be(out, 0x00010000, 4);
  zeros(out, 12);
  em_buf_be(out, 0x40000000, 4);
}

static void make_frames(struct film *f)
{
  struct em_buf frame = { 0 };
  uint32_t i;

  f->n_frames = f->duration_ms * FPS / 1000;
  if (!f->n_frames)
    f->n_frames = 1;
  for (i = 0; i < f->n_frames; i++) {
    frame.len = 0;
    if (i % FPS == 0) {
      em_h264_key_frame(&f->video, i / FPS, &frame);
      em_buf_be(&f->keys, i + 1, 4);
      f->n_keys++;
    } else {
      em_h264_same_frame(&f->video, i % FPS, &frame);
    }
    em_buf_be(&f->frames, frame.len, 4);
    em_buf_add(&f->frames, frame.data, frame.len);
    em_buf_be(&f->sizes, frame.len + 4, 4);
  }
  em_buf_finish(&frame);
}

static void put_mvhd(const struct film *f, struct em_buf *out)
{
  size_t at = full_box(out, "mvhd", 0);

  zeros(out, 8);
  em_buf_be(out, 1000, 4);
  em_buf_be(out, f->duration_ms, 4);
  em_buf_be(out, 0x00010000, 4); /* rate */
  em_buf_be(out, 0x0100, 2);     /* volume */
  zeros(out, 10);
  matrix(out);
  zeros(out, 24);
  em_buf_be(out, 2, 4); /* next track */
  box_end(out, at);
}

static void put_tkhd(const struct film *f, struct em_buf *out)
{
  size_t at = full_box(out, "tkhd", 3); /* enabled, in the movie */

  zeros(out, 8);
  em_buf_be(out, 1, 4);
  zeros(out, 4);
  em_buf_be(out, f->duration_ms, 4);
  zeros(out, 16);
  matrix(out);
  em_buf_be(out, (uint64_t)f->video.width << 16, 4);
  em_buf_be(out, (uint64_t)f->video.height << 16, 4);
  box_end(out, at);
}

static void put_avcc(const struct film *f, struct em_buf *out)
{
  struct em_buf sps = { 0 }, pps = { 0 };
  size_t at = box(out, "avcC");

  em_h264_sps(&f->video, &sps);
  em_h264_pps(&pps);
  em_buf_putc(out, 1);
  em_buf_add(out, sps.data + 1, 3); /* profile, constraints, level */
  em_buf_be(out, 0xffe1, 2);        /* lengths of 4 bytes; one SPS */
  em_buf_be(out, sps.len, 2);
  em_buf_add(out, sps.data, sps.len);
  em_buf_putc(out, 1);
  em_buf_be(out, pps.len, 2);
  em_buf_add(out, pps.data, pps.len);
  box_end(out, at);
  em_buf_finish(&sps);
  em_buf_finish(&pps);
}

static void put_stsd(const struct film *f, struct em_buf *out)
{
  size_t at = full_box(out, "stsd", 0), entry;

  em_buf_be(out, 1, 4);
  entry = box(out, "avc1");
  zeros(out, 6);
  em_buf_be(out, 1, 2);
  zeros(out, 16);
  em_buf_be(out, f->video.width, 2);
  em_buf_be(out, f->video.height, 2);
  em_buf_be(out, 0x00480000, 4); /* 72 dpi, both ways */
  em_buf_be(out, 0x00480000, 4);
  zeros(out, 4);
  em_buf_be(out, 1, 2);
  zeros(out, 32);
  em_buf_be(out, 0x0018ffff, 4); /* 24 bits, no colour table */
  put_avcc(f, out);
  box_end(out, entry);
  box_end(out, at);
}

static void put_table(struct em_buf *out, const char *type, uint32_t n,
                      const struct em_buf *entries)
{
  size_t at = full_box(out, type, 0);

  if (!strcmp(type, "stsz"))
    em_buf_be(out, 0, 4); /* sizes differ */
  em_buf_be(out, n, 4);
  em_buf_add(out, entries->data, entries->len);
  box_end(out, at);
}

static void put_stbl(const struct film *f, size_t first, struct em_buf *out)
{
  size_t at = box(out, "stbl");
  struct em_buf row = { 0 };

  put_stsd(f, out);
  em_buf_be(&row, f->n_frames, 4);
  em_buf_be(&row, MEDIA_SCALE / FPS, 4);
  put_table(out, "stts", 1, &row);
  put_table(out, "stss", f->n_keys, &f->keys);
  row.len = 0;
  em_buf_be(&row, 1, 4);
  em_buf_be(&row, f->n_frames, 4);
  em_buf_be(&row, 1, 4);
  put_table(out, "stsc", 1, &row);
  put_table(out, "stsz", f->n_frames, &f->sizes);
  row.len = 0;
  em_buf_be(&row, first, 4);
  put_table(out, "stco", 1, &row);
  em_buf_finish(&row);
  box_end(out, at);
}

static void put_minf(const struct film *f, size_t first, struct em_buf *out)
{
  size_t at = box(out, "minf"), vmhd = full_box(out, "vmhd", 1), dinf, dref;

  zeros(out, 8);
  box_end(out, vmhd);
  dinf = box(out, "dinf");
  dref = full_box(out, "dref", 0);
  em_buf_be(out, 1, 4);
  box_end(out, full_box(out, "url ", 1)); /* in this file */
  box_end(out, dref);
  box_end(out, dinf);
  put_stbl(f, first, out);
  box_end(out, at);
}

static void put_mdia(const struct film *f, size_t first, struct em_buf *out)
{
  size_t at = box(out, "mdia"), sub = full_box(out, "mdhd", 0);

  zeros(out, 8);
  em_buf_be(out, MEDIA_SCALE, 4);
  em_buf_be(out, (uint64_t)f->n_frames * (MEDIA_SCALE / FPS), 4);
  em_buf_be(out, 0x55c40000, 4); /* language "und" */
  box_end(out, sub);
  sub = full_box(out, "hdlr", 0);
  zeros(out, 4);
  em_buf_add(out, "vide", 4);
  zeros(out, 13);
  box_end(out, sub);
  put_minf(f, first, out);
  box_end(out, at);
}

static void put_moov(const struct film *f, size_t first, struct em_buf *out)
{
  size_t at = box(out, "moov"), trak;

  put_mvhd(f, out);
  trak = box(out, "trak");
  put_tkhd(f, out);
  put_mdia(f, first, out);
  box_end(out, trak);
  box_end(out, at);
}

void em_mp4_write(const struct em_look *look, struct em_buf *out)
{
  struct film f = { .duration_ms = look->duration_ms };
  size_t head, pad, at;

  f.video.width = look->width;
  f.video.height = look->height;
  f.video.look = look->look;
  f.video.black = look->black;
  make_frames(&f);
  at = box(out, "ftyp");
  em_buf_add(out, "isom\0\0\2\0isomiso2avc1mp41", 24);
  box_end(out, at);
  head = out->len;
  put_moov(&f, 0, out); /* once for its length */
  pad = look->pad_to > out->len + f.frames.len + 16
          ? look->pad_to - out->len - f.frames.len - 16
          : 0;
  at = out->len;
  out->len = head;
  put_moov(&f, at + 8, out);
  at = box(out, "mdat");
  em_buf_add(out, f.frames.data, f.frames.len);
  box_end(out, at);
  if (pad) {
    at = box(out, "free");
    while (pad--)
      em_buf_putc(out, (unsigned char)em_mix(pad));
    box_end(out, at);
  }
  em_buf_finish(&f.frames);
  em_buf_finish(&f.sizes);
  em_buf_finish(&f.keys);
}
