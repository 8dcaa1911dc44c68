/* vector.h - directions in many dimensions, and how near two of them are: the
 * cosine of the angle between them, which for vectors of the length 1 is the
 * sum of the products.
 *
 * They are kept in whole numbers.  With 16 bits, 32767 times each number: by
 * Cauchy and Schwarz no sum of products leaves 32 bits, and the cosine is right
 * to 0.0001.  With 8 bits and a scale of its own for each vector, half the
 * memory to go through and right to 0.005: to find the few that are worth the
 * exact sum. */
#ifndef GM_BASE_VECTOR_H
#define GM_BASE_VECTOR_H

#include "base/util.h"

#define GM_VECTOR_BLOCK                                                        \
  64 /* in memory, rows are whole blocks, ended by zeros */

/* How many numbers a row of `n` has in memory. */
static inline size_t gm_vector_room(size_t n)
{
  return (n + GM_VECTOR_BLOCK - 1) / GM_VECTOR_BLOCK * GM_VECTOR_BLOCK;
}

/* Give it the length 1.  False: it has no direction (all 0, not finite). */
bool gm_vector_unit(float *v, size_t n);
/* A unit vector in 16 bits, `out` with gm_vector_room(n) numbers. */
void gm_vector_pack16(const float *v, size_t n, int16_t *out);
/* Of 16 bits 8, both with gm_vector_room(n) numbers; returns what the cosine
 * with a 16-bit vector is for one gm_vector_sum8(). */
float gm_vector_pack8(const int16_t *v, size_t n, int8_t *out);

/* `room` is a whole number of blocks. */
int32_t gm_vector_sum16(const int16_t *a, const int16_t *b, size_t room);
int32_t gm_vector_sum8(const int16_t *a, const int8_t *b, size_t room);
/* Of the former. */
static inline double gm_vector_cosine16(int32_t sum)
{
  return (double)sum / (32767.0 * 32767.0);
}

/* 16-bit numbers as bytes, little-endian, and back. */
void gm_vector_write(const int16_t *v, size_t n, uint8_t *out);
void gm_vector_read(const uint8_t *bytes, size_t n, int16_t *out); /* + zeros */

#endif
