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
  int32_t most = 1;
  float scale;
  size_t i;

  for (i = 0; i < n; i++)
    most = GM_MAX(most, v[i] < 0 ? -v[i] : v[i]);
  scale = 127.0f / (float)most;
  for (i = 0; i < n; i++)
    out[i] = (int8_t)lrintf((float)v[i] * scale);
  memset(out + n, 0, gm_vector_room(n) - n);
  return 1.0f / (scale * ONE * ONE);
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

void gm_vector_write(const int16_t *v, size_t n, uint8_t *out)
{
  size_t i;

  for (i = 0; i < n; i++) {
    uint16_t u = (uint16_t)v[i];

    out[2 * i] = (uint8_t)u;
    out[2 * i + 1] = (uint8_t)(u >> 8);
  }
}

void gm_vector_read(const uint8_t *bytes, size_t n, int16_t *out)
{
  size_t i;

  for (i = 0; i < n; i++)
    out[i] = (int16_t)(uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
  memset(out + n, 0, (gm_vector_room(n) - n) * sizeof(*out));
}
