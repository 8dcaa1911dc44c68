/* id.c - identifiers: ULIDs for jobs, UUIDs for vendors who ask for them. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include <string.h>

/* Crockford's: no I, L, O, U. */
static const char digits32[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Fixed for ever: attempt ids are made again from the same text by a process
 * that takes a job over, perhaps of a later version. */
#define TEXT_KEY_A UINT64_C(0x67616d75742d6964)
#define TEXT_KEY_B UINT64_C(0x2d66726f6d2d7478)

void gm_id_at(uint64_t wall_ms, char ret[GM_ID_SIZE])
{
  uint64_t ms = wall_ms & UINT64_C(0xffffffffffff);
  size_t i;

  for (i = 10; i-- > 0; ms >>= 5)
    ret[i] = digits32[ms & 31];
  memset(ret + 10, digits32[0], 16);
  ret[26] = '\0';
}

void gm_id_new(char ret[GM_ID_SIZE])
{
  unsigned char random[16];
  size_t i;

  gm_id_at(gm_wall_ms(), ret);
  gm_random(random, sizeof(random));
  for (i = 0; i < 16; i++)
    ret[10 + i] = digits32[random[i] & 31];
}

bool gm_id_valid(const char *s)
{
  size_t i;

  if (!s)
    return false;
  for (i = 0; i < GM_ID_SIZE - 1; i++) {
    if (!s[i] || !strchr(digits32, s[i]))
      return false;
  }
  return s[i] == '\0' && s[0] <= '7';
}

static void fmt_uuid(const unsigned char b[16], char ret[GM_UUID_SIZE])
{
  static const char hex[] = "0123456789abcdef";
  size_t i;

  for (i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      *ret++ = '-';
    *ret++ = hex[b[i] >> 4];
    *ret++ = hex[b[i] & 15];
  }
  *ret = '\0';
}

static void mark_uuid(unsigned char b[16], unsigned version)
{
  b[6] = (unsigned char)((b[6] & 0x0f) | version << 4);
  b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
}

void gm_uuid_new(char ret[GM_UUID_SIZE])
{
  unsigned char b[16];

  gm_random(b, sizeof(b));
  mark_uuid(b, 4);
  fmt_uuid(b, ret);
}

void gm_uuid_from(const char *text, char ret[GM_UUID_SIZE])
{
  struct gm_hash h = gm_hash(text, strlen(text), TEXT_KEY_A, TEXT_KEY_B);
  unsigned char b[16];
  size_t i;

  for (i = 0; i < 8; i++) {
    b[i] = (unsigned char)(h.a >> (56 - 8 * i));
    b[8 + i] = (unsigned char)(h.b >> (56 - 8 * i));
  }
  mark_uuid(b, 8);
  fmt_uuid(b, ret);
}
