/* sha256_ni.c - four rounds a turn with the SHA instructions of x86.
 *
 * They want the eight words of the state as two vectors, ABEF and CDGH, and two
 * rounds take the two lower words of a vector with the constants added. */
#include "base/sha256_ni.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>

#define SHA __attribute__((target("sha,sse4.1,ssse3")))

SHA static inline __m128i load(const void *p)
{
  return _mm_loadu_si128(p);
}

/* Words of the schedule, four at a time; `w` has the sixteen before them. */
SHA static inline __m128i next_words(const __m128i w[4], unsigned i)
{
  __m128i x = _mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]);

  x = _mm_add_epi32(x, _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4));
  return _mm_sha256msg2_epu32(x, w[(i + 3) % 4]);
}

SHA static inline void block(__m128i *abef, __m128i *cdgh, const uint8_t *p)
{
  const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i a = *abef, c = *cdgh, w[4], m;
  unsigned i;

#pragma GCC unroll 16
  for (i = 0; i < 16; i++) {
    w[i % 4] = i < 4 ? _mm_shuffle_epi8(load(p + (size_t)16 * i), order)
                     : next_words(w, i);
    m = _mm_add_epi32(w[i % 4], load(gm_sha256_k + (size_t)4 * i));
    c = _mm_sha256rnds2_epu32(c, a, m);
    a = _mm_sha256rnds2_epu32(a, c, _mm_shuffle_epi32(m, 0x0e));
  }
  *abef = _mm_add_epi32(*abef, a);
  *cdgh = _mm_add_epi32(*cdgh, c);
}

SHA static void blocks(uint32_t h[8], const uint8_t *p, size_t n)
{
  __m128i cdab = _mm_shuffle_epi32(load(h), 0xb1);
  __m128i efgh = _mm_shuffle_epi32(load(h + 4), 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
  __m128i feba, dchg;

  for (; n > 0; n--, p += 64)
    block(&abef, &cdgh, p);
  feba = _mm_shuffle_epi32(abef, 0x1b);
  dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((void *)h, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((void *)(h + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static bool has_it(void)
{
  static atomic_int known; /* 0: not asked yet */
  unsigned a, b = 0, c = 0, d, most = bit_SSSE3 | bit_SSE4_1;
  int v = atomic_load_explicit(&known, memory_order_relaxed);

  if (v)
    return v > 0;
  v = __get_cpuid(1, &a, &b, &c, &d) && (c & most) == most &&
          __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA
        ? 1
        : -1;
  atomic_store_explicit(&known, v, memory_order_relaxed);
  return v > 0;
}

bool gm_sha256_ni(uint32_t h[8], const uint8_t *p, size_t n)
{
  if (!has_it())
    return false;
  blocks(h, p, n);
  return true;
}

#else

bool gm_sha256_ni(uint32_t h[8], const uint8_t *p, size_t n)
{
  (void)h, (void)p, (void)n;
  return false;
}

#endif
