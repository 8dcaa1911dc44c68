/* base64_avx2.c - the quick way through plain base64: 32 characters a turn.
 *
 * The method is Mula's and Lemire's.  Two look-ups by the halves of a character
 * have a bit in common when it is not of the alphabet; a third says what to add
 * to get its value.  Six bits each are then gathered into 24 bytes.  The store
 * writes 32, so the loop ends while there is room for that.
 */
#include "base/base64_avx2.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m256i twice(long long high, long long low)
{
  return _mm256_setr_epi64x(low, high, low, high);
}

AVX2 static inline bool is_plain(__m256i text, __m256i high)
{
  const __m256i by_low = twice(0x1a1b1b1b1a131111, 0x1111111111111115);
  const __m256i by_high = twice(0x1010101010101010, 0x0804080402011010);
  __m256i low = _mm256_and_si256(text, _mm256_set1_epi8(0x2f));

  return _mm256_testz_si256(_mm256_shuffle_epi8(by_low, low),
                            _mm256_shuffle_epi8(by_high, high));
}

/* Characters to their values; '/' shares its upper half with '+'. */
AVX2 static inline __m256i values_of(__m256i text, __m256i high)
{
  const __m256i add = twice(0, (long long)0xb9b9bfbf04131000);
  __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));

  return _mm256_add_epi8(
    text, _mm256_shuffle_epi8(add, _mm256_add_epi8(slash, high)));
}

/* 32 values of 6 bits to 24 bytes at the low end. */
AVX2 static inline __m256i gather(__m256i values)
{
  const __m256i order =
    twice((long long)0xffffffff0c0d0e08, 0x090a040506000102);
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
  __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
  __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));

  return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, order), lanes);
}

AVX2 static size_t decode(const char *s, size_t len, uint8_t *out)
{
  size_t n;

  /* 44 characters are the fewest whose bytes leave room for the store. */
  for (n = 0; len - n >= 44; n += 32, out += 24) {
    __m256i text = _mm256_loadu_si256((const void *)(s + n));
    __m256i high =
      _mm256_and_si256(_mm256_srli_epi32(text, 4), _mm256_set1_epi8(0x2f));

    if (!is_plain(text, high))
      break;
    _mm256_storeu_si256((void *)out, gather(values_of(text, high)));
  }
  return n;
}

size_t gm_base64_decode_avx2(const char *s, size_t len, uint8_t *out)
{
  return __builtin_cpu_supports("avx2") ? decode(s, len, out) : 0;
}

#else

size_t gm_base64_decode_avx2(const char *s, size_t len, uint8_t *out)
{
  (void)s;
  (void)len;
  (void)out;
  return 0;
}

#endif
