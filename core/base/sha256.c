/* sha256.c - the algorithm as FIPS 180-4 writes it.  The core links no crypto
 * library, and a content hash is not worth one. */
#include "base/sha256.h"
#include "base/sha256_ni.h"
#include <string.h>

const uint32_t gm_sha256_k[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
  0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
  0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
  0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static uint32_t rotr(uint32_t x, unsigned n)
{
  return x >> n | x << (32 - n);
}

static uint32_t load(const uint8_t *p)
{
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
         p[3];
}

static void store(uint8_t *p, uint32_t v)
{
  p[0] = (uint8_t)(v >> 24);
  p[1] = (uint8_t)(v >> 16);
  p[2] = (uint8_t)(v >> 8);
  p[3] = (uint8_t)v;
}

static void schedule(const uint8_t *p, uint32_t w[64])
{
  uint32_t s0, s1;
  size_t i;

  for (i = 0; i < 16; i++)
    w[i] = load(p + 4 * i);
  for (; i < 64; i++) {
    s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3;
    s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
}

static void compress(uint32_t h[8], const uint8_t *p)
{
  uint32_t w[64], t1, t2;
  uint32_t a = h[0], b = h[1], c = h[2], d = h[3];
  uint32_t e = h[4], f = h[5], g = h[6], last = h[7];
  size_t i;

  schedule(p, w);
  for (i = 0; i < 64; i++) {
    t1 = last + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) +
         ((e & f) ^ (~e & g)) + gm_sha256_k[i] + w[i];
    t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) +
         ((a & b) ^ (a & c) ^ (b & c));
    last = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d;
  h[4] += e, h[5] += f, h[6] += g, h[7] += last;
}

void gm_sha256_plain(uint32_t h[8], const uint8_t *p, size_t n)
{
  for (; n > 0; n--, p += 64)
    compress(h, p);
}

static void take_blocks(uint32_t h[8], const uint8_t *p, size_t n)
{
  if (n > 0 && !gm_sha256_ni(h, p, n))
    gm_sha256_plain(h, p, n);
}

void gm_sha256_init(struct gm_sha256 *s)
{
  static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                     0xa54ff53a, 0x510e527f, 0x9b05688c,
                                     0x1f83d9ab, 0x5be0cd19 };

  memcpy(s->h, start, sizeof(start));
  s->len = 0;
}

void gm_sha256_add(struct gm_sha256 *s, const void *p, size_t len)
{
  const uint8_t *in = p;
  size_t have = (size_t)(s->len % 64), n;

  s->len += len;
  if (have) {
    n = GM_MIN(len, 64 - have);
    memcpy(s->block + have, in, n);
    in += n;
    len -= n;
    if (have + n < 64)
      return;
    take_blocks(s->h, s->block, 1);
  }
  take_blocks(s->h, in, len / 64);
  in += len / 64 * 64;
  len %= 64;
  if (len > 0)
    memcpy(s->block, in, len);
}

void gm_sha256_end(struct gm_sha256 *s, uint8_t ret[32])
{
  uint64_t bits = s->len * 8;
  uint8_t pad[72] = { 0x80 };
  size_t n = 64 - (size_t)((s->len + 8) % 64), i;

  store(pad + n, (uint32_t)(bits >> 32));
  store(pad + n + 4, (uint32_t)bits);
  gm_sha256_add(s, pad, n + 8);
  for (i = 0; i < 8; i++)
    store(ret + 4 * i, s->h[i]);
}

void gm_sha256_hex(struct gm_sha256 *s, char ret[GM_SHA256_HEX])
{
  static const char digits[] = "0123456789abcdef";
  uint8_t sum[32];
  size_t i;

  gm_sha256_end(s, sum);
  for (i = 0; i < 32; i++) {
    ret[2 * i] = digits[sum[i] >> 4];
    ret[2 * i + 1] = digits[sum[i] & 15];
  }
  ret[64] = '\0';
}
