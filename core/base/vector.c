/* vector.c - see vector.h.  Sums go by blocks of a constant length, which is
 * what lets compilers make vector instructions of them at -O2. */
#include "base/vector.h"
#include <math.h>
#include <string.h>

#define ONE 32767.0f

bool gm_vector_unit(float *v, size_t n)
{
  double sum = 0, scale;
  size_t i;

  for (i = 0; i < n; i++)
    sum += (double)v[i] * (double)v[i];
  if (!isfinite(sum) || sum <= 0)
    return false;
  scale = 1 / sqrt(sum);
  for (i = 0; i < n; i++)
    v[i] = (float)(v[i] * scale);
  return true;
}

void gm_vector_pack16(const float *v, size_t n, int16_t *out)
{
  size_t i;

  for (i = 0; i < n; i++)
    out[i] = (int16_t)lrintf(v[i] * ONE);
  memset(out + n, 0, (gm_vector_room(n) - n) * sizeof(*out));
}

float gm_vector_pack8(const int16_t *v, size_t n, int8_t *out)
{
  int32_t most = 1, factor;
  size_t i;

  for (i = 0; i < n; i++)
    most = GM_MAX(most, v[i] < 0 ? -v[i] : v[i]);
  factor = (127 << 16) / most;
  for (i = 0; i < n; i++)
    out[i] = (int8_t)((v[i] * factor + (1 << 15)) >> 16);
  memset(out + n, 0, gm_vector_room(n) - n);
  return (float)(1 << 16) / ((float)factor * ONE * ONE);
}

int32_t gm_vector_sum16(const int16_t *a, const int16_t *b, size_t room)
{
  int32_t sum = 0;
  size_t i, k;

  for (i = 0; i < room; i += GM_VECTOR_BLOCK)
    for (k = 0; k < GM_VECTOR_BLOCK; k++)
      sum += (int32_t)a[i + k] * b[i + k];
  return sum;
}

int32_t gm_vector_sum8(const int16_t *a, const int8_t *b, size_t room)
{
  int32_t sum = 0;
  size_t i, k;

  for (i = 0; i < room; i += GM_VECTOR_BLOCK)
    for (k = 0; k < GM_VECTOR_BLOCK; k++)
      sum += (int32_t)a[i + k] * b[i + k];
  return sum;
}

static uint16_t little(uint16_t v)
{
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap16(v);
}

void gm_vector_write(const int16_t *v, size_t n, uint8_t *out)
{
  size_t i;

  for (i = 0; i < n; i++) {
    uint16_t u = little((uint16_t)v[i]);

    memcpy(out + 2 * i, &u, 2);
  }
}

void gm_vector_read(const uint8_t *bytes, size_t n, int16_t *out)
{
  size_t i;

  memcpy(out, bytes, 2 * n);
  for (i = 0; i < n; i++)
    out[i] = (int16_t)little((uint16_t)out[i]);
  memset(out + n, 0, (gm_vector_room(n) - n) * sizeof(*out));
}
