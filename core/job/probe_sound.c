/* probe_sound.c - sound files: the type, and the duration where a header
 * states it (WAV, FLAC). */
#include "job/probe_read.h"
#include <string.h>

/* Chunks of RIFF are padded to even sizes.  A writer to a pipe leaves the size
 * of `data` at 0 or all ones; the rest of the file counts then. */
int gm_probe_wav(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 0, 12);
  uint64_t at = 12, size, rest;
  uint32_t bytes_per_second = 0;

  if (b == NULL || memcmp(b, "RIFF", 4) != 0)
    return -1;
  while ((b = gm_probe_at(p, at, 8)) != NULL) {
    bool is_data = memcmp(b, "data", 4) == 0;
    bool is_format = memcmp(b, "fmt ", 4) == 0;

    size = gm_le32(b + 4);
    at += 8;
    if (is_format && (b = gm_probe_at(p, at, 16)) != NULL)
      bytes_per_second = gm_le32(b + 8);
    if (is_data) {
      rest = p->source->size - at;
      if (size == 0 || size > rest)
        size = rest;
      gm_probe_duration(p, size, bytes_per_second);
      break;
    }
    at += size + (size & 1);
  }
  return 0;
}

/* STREAMINFO is always first: 20 bits of rate, 36 bits of samples. */
int gm_probe_flac(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 18, 8);

  if (b != NULL)
    gm_probe_duration(p, gm_be64(b) & UINT64_C(0xfffffffff), gm_be32(b) >> 12);
  return 0;
}

/* The first page holds the first packet of the first stream, which names the
 * codec; its segment table lies before it. */
int gm_probe_ogg(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 26, 1);
  uint64_t at = b == NULL ? 0 : 27u + (uint64_t)b[0];

  b = gm_probe_at(p, at, 7);
  if (b != NULL && memcmp(b, "\x80theora", 7) == 0)
    gm_probe_name(p, GAMUT_VIDEO, "video/ogg", "ogv");
  else if (b != NULL && memcmp(b, "OpusHea", 7) == 0)
    gm_probe_name(p, GAMUT_AUDIO, "audio/ogg", "opus");
  return 0;
}

/* A frame header without an ID3 tag before it: eleven bits of sync, then
 * fields that each have a forbidden value.  ADTS has layer 0. */
int gm_probe_mpeg_audio(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 0, 4);

  if (b == NULL || (b[1] & 0xe0) != 0xe0 || (b[1] & 0x18) == 0x08)
    return -1;
  if ((b[1] & 0xf6) == 0xf0) {
    gm_probe_name(p, GAMUT_AUDIO, "audio/aac", "aac");
    return (b[2] >> 2 & 0x0f) < 13 ? 0 : -1; /* thirteen sample rates */
  }
  if ((b[1] & 0x06) == 0 || (b[2] & 0xf0) == 0xf0 || (b[2] & 0xf0) == 0 ||
      (b[2] & 0x0c) == 0x0c)
    return -1;
  return 0;
}
