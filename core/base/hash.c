/* hash.c - SipHash (Aumasson and Bernstein): 2-4 with 128 bits of output, and
 * 1-3 with 64.
 *
 * Tables are keyed at random so that a vendor's reply cannot choose keys that
 * collide; identifiers made from text use a fixed key and so must never change:
 * a replayed step has to find the same attempt id again.
 */
#include "base/hash.h"
#include <string.h>

struct state {
  uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned n)
{
  return x << n | x >> (64 - n);
}

static inline void rounds(struct state *s, unsigned n)
{
  while (n--) {
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
  }
}

/* Up to eight bytes, little-endian on every machine. */
static inline uint64_t load(const unsigned char *p, size_t n)
{
  uint64_t v = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (n == 8) {
    memcpy(&v, p, 8);
    return v;
  }
#endif
  while (n--)
    v = v << 8 | p[n];
  return v;
}

static inline void absorb(struct state *s, uint64_t m, unsigned n)
{
  s->v3 ^= m;
  rounds(s, n);
  s->v0 ^= m;
}

static inline struct state begin(uint64_t key_a, uint64_t key_b)
{
  return (struct state){
    key_a ^ UINT64_C(0x736f6d6570736575),
    key_b ^ UINT64_C(0x646f72616e646f6d),
    key_a ^ UINT64_C(0x6c7967656e657261),
    key_b ^ UINT64_C(0x7465646279746573),
  };
}

static inline void absorb_all(struct state *s, const void *data, size_t len,
                              unsigned n)
{
  const unsigned char *p = data;
  size_t rest = len;

  for (; rest >= 8; rest -= 8, p += 8)
    absorb(s, load(p, 8), n);
  absorb(s, load(p, rest) | (uint64_t)len << 56, n);
}

struct gm_hash gm_hash(const void *data, size_t len, uint64_t key_a,
                       uint64_t key_b)
{
  struct state s = begin(key_a, key_b);
  struct gm_hash h;

  s.v1 ^= 0xee;
  absorb_all(&s, data, len, 2);
  s.v2 ^= 0xee;
  rounds(&s, 4);
  h.a = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
  s.v1 ^= 0xdd;
  rounds(&s, 4);
  h.b = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
  return h;
}

uint64_t gm_hash_quick(const void *data, size_t len, uint64_t key_a,
                       uint64_t key_b)
{
  struct state s = begin(key_a, key_b);

  absorb_all(&s, data, len, 1);
  s.v2 ^= 0xff;
  rounds(&s, 3);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* Each step is a bijection of the sum, so one that differs stays so to the end:
 * nothing that changes within eight bytes is missed. */
uint64_t gm_sum64(const void *data, size_t len, uint64_t seed)
{
  const unsigned char *p = data;
  uint64_t sum = seed ^ (uint64_t)len;

  for (; len >= 8; len -= 8, p += 8)
    sum = rotate((sum ^ load(p, 8)) * UINT64_C(0x9e3779b97f4a7c15), 29);
  sum = rotate((sum ^ load(p, len)) * UINT64_C(0x9e3779b97f4a7c15), 29);
  return sum ^ sum >> 32;
}
