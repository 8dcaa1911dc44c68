/* H.264 frames without an encoder.  A key frame has a few macroblocks of raw
 * samples (I_PCM), one at the head of each colour bar; all others are "as my
 * left neighbour" or "as the one above me" without a residual, eight bits
 * each.  Every following frame is one skip run.  Baseline profile, CAVLC, no
 * deblocking; any decoder plays it.
 *
 * What one trips over: the length of the empty residual depends on the
 * neighbours, and a raw macroblock counts as 16 coefficients. */
#include "picture.h"

#include <string.h>

#define BARS 8

struct bits {
  struct em_buf bytes;
  unsigned char byte;
  unsigned n;
};

static void put(struct bits *b, unsigned value, unsigned n)
{
  while (n--) {
    b->byte = (unsigned char)((unsigned)b->byte << 1 | (value >> n & 1));
    if (++b->n == 8) {
      em_buf_putc(&b->bytes, b->byte);
      b->n = 0;
      b->byte = 0;
    }
  }
}

/* Exp-Golomb, unsigned.  se(0) is written the same way. */
static void put_ue(struct bits *b, unsigned value)
{
  unsigned n = 0;

  while ((value + 1) >> (n + 1))
    n++;
  put(b, 0, n);
  put(b, value + 1, n + 1);
}

static void align(struct bits *b)
{
  if (b->n)
    put(b, 0, 8 - b->n);
}

/* Ends the payload and writes it with emulation prevention: no two zero bytes
 * may be followed by a byte below 4. */
static void finish(struct bits *b, unsigned char nal_head, struct em_buf *out)
{
  unsigned zeros = 0;
  size_t i;

  put(b, 1, 1);
  align(b);
  em_buf_putc(out, nal_head);
  for (i = 0; i < b->bytes.len; i++) {
    unsigned char c = (unsigned char)b->bytes.data[i];

    if (zeros >= 2 && c < 4) {
      em_buf_putc(out, 3);
      zeros = 0;
    }
    em_buf_putc(out, c);
    zeros = c ? 0 : zeros + 1;
  }
  em_buf_finish(&b->bytes);
}

static uint32_t blocks(uint32_t pixels)
{
  return (pixels + 15) / 16;
}

static unsigned level_for(uint32_t n_blocks)
{
  static const struct {
    uint32_t most;
    unsigned level;
  } levels[] = { { 1620, 30 }, { 3600, 31 }, { 8192, 40 }, { 22080, 50 } };
  unsigned i;

  for (i = 0; i < EM_LEN(levels); i++)
    if (n_blocks <= levels[i].most)
      return levels[i].level;
  return 51;
}

void em_h264_sps(const struct em_h264 *v, struct em_buf *out)
{
  struct bits b = { 0 };
  uint32_t w = blocks(v->width), h = blocks(v->height);
  uint32_t right = (w * 16 - v->width) / 2, bottom = (h * 16 - v->height) / 2;

  put(&b, 66, 8);   /* baseline */
  put(&b, 0xc0, 8); /* and constrained */
  put(&b, level_for(w * h), 8);
  put_ue(&b, 0);
  put_ue(&b, 4); /* frame_num has 8 bits */
  put_ue(&b, 2); /* output order is decoding order */
  put_ue(&b, 1);
  put(&b, 0, 1);
  put_ue(&b, w - 1);
  put_ue(&b, h - 1);
  put(&b, 3, 2); /* frames only; 8x8 inference */
  put(&b, right || bottom, 1);
  if (right || bottom) {
    put_ue(&b, 0);
    put_ue(&b, right);
    put_ue(&b, 0);
    put_ue(&b, bottom);
  }
  put(&b, 0, 1);
  finish(&b, 0x67, out);
}

void em_h264_pps(struct em_buf *out)
{
  struct bits b = { 0 };
  unsigned i;

  put_ue(&b, 0);
  put_ue(&b, 0);
  put(&b, 0, 2); /* CAVLC */
  for (i = 0; i < 3; i++)
    put_ue(&b, 0);
  put(&b, 0, 3); /* no weights */
  for (i = 0; i < 3; i++)
    put_ue(&b, 0);
  put(&b, 4, 3); /* deblocking is said per slice */
  finish(&b, 0x68, out);
}

static uint32_t bar_of(const struct em_h264 *v, uint32_t x)
{
  return x * BARS / blocks(v->width);
}

static bool raw_row(const struct em_h264 *v, uint32_t y)
{
  return y == 0 || y == blocks(v->height) / 2;
}

static bool is_raw(const struct em_h264 *v, uint32_t x, uint32_t y)
{
  return raw_row(v, y) && (x == 0 || bar_of(v, x) != bar_of(v, x - 1));
}

static void put_raw(const struct em_h264 *v, struct bits *b, uint32_t x,
                    uint32_t y, unsigned turn)
{
  uint64_t h = em_mix(v->look + (bar_of(v, x) + turn) % BARS + (y ? BARS : 0));
  unsigned char samples[384];

  memset(samples, v->black ? 16 : (int)(40 + h % 180), 256);
  memset(samples + 256, v->black ? 128 : (int)(48 + (h >> 16) % 160), 64);
  memset(samples + 320, v->black ? 128 : (int)(48 + (h >> 32) % 160), 64);
  put_ue(b, 25);
  align(b);
  em_buf_add(&b->bytes, samples, sizeof(samples));
}

/* The empty residual: coeff_token by the mean of both neighbours. */
static void put_no_residual(const struct em_h264 *v, struct bits *b, uint32_t x,
                            uint32_t y)
{
  unsigned left = x && is_raw(v, x - 1, y) ? 16 : 0;
  unsigned above = y && is_raw(v, x, y - 1) ? 16 : 0;
  unsigned n = x && y ? (left + above + 1) / 2 : left + above;

  if (n >= 8)
    put(b, 3, 6);
  else
    put(b, 1, 1);
}

static void put_block(const struct em_h264 *v, struct bits *b, uint32_t x,
                      uint32_t y, unsigned turn)
{
  bool sideways = raw_row(v, y);

  if (is_raw(v, x, y)) {
    put_raw(v, b, x, y, turn);
    return;
  }
  put_ue(b, sideways ? 2 : 1); /* I_16x16, horizontal or vertical */
  put_ue(b, sideways ? 1 : 2); /* the same for chroma */
  put_ue(b, 0);
  put_no_residual(v, b, x, y);
}

void em_h264_key_frame(const struct em_h264 *v, unsigned turn,
                       struct em_buf *out)
{
  struct bits b = { 0 };
  uint32_t x, y;

  put_ue(&b, 0);
  put_ue(&b, 7);
  put_ue(&b, 0);
  put(&b, 0, 8);
  put_ue(&b, turn & 1); /* two key frames in a row must differ here */
  put(&b, 0, 2);
  put_ue(&b, 0);
  put_ue(&b, 1);
  for (y = 0; y < blocks(v->height); y++)
    for (x = 0; x < blocks(v->width); x++)
      put_block(v, &b, x, y, turn);
  finish(&b, 0x65, out);
}

void em_h264_same_frame(const struct em_h264 *v, unsigned frame_num,
                        struct em_buf *out)
{
  struct bits b = { 0 };

  put_ue(&b, 0);
  put_ue(&b, 5);
  put_ue(&b, 0);
  put(&b, frame_num & 0xff, 8);
  put(&b, 0, 3); /* no override, no reordering, sliding window */
  put_ue(&b, 0);
  put_ue(&b, 1);
  put_ue(&b, blocks(v->width) * blocks(v->height));
  finish(&b, 0x41, out);
}
