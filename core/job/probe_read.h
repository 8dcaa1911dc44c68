/* probe_read.h - between the files of the probe: bounded reading. */
#ifndef GM_JOB_PROBE_READ_H
#define GM_JOB_PROBE_READ_H

#include "job/probe.h"
#include <gamut/plugin.h>
#include <stdbool.h>

#define GM_PROBE_WINDOW 4096u
#define GM_PROBE_BUDGET 4096u /* looks at the file; then it stays unknown */

struct gm_probe {
  const struct gm_probe_source *source;
  struct gm_media media;
  uint32_t budget;
  uint64_t window_at;
  size_t window_len;
  uint8_t window[GM_PROBE_WINDOW];
};

/* The `len` (at most GM_PROBE_WINDOW) bytes at `offset`, valid until the next
 * look; NULL when the file ends before, cannot be read, or the budget is
 * spent.  Offsets may come from the file: they need no check. */
const uint8_t *gm_probe_at(struct gm_probe *p, uint64_t offset, size_t len);
/* Up to a window from the start, as much as there is. */
const uint8_t *gm_probe_head(struct gm_probe *p, size_t *ret_len);

/* Set what is known only after a look inside. */
void gm_probe_name(struct gm_probe *p, int32_t kind, const char *mime,
                   const char *ext);
void gm_probe_size(struct gm_probe *p, uint64_t width, uint64_t height);
/* `units` of which `per_second` make a second. */
void gm_probe_duration(struct gm_probe *p, uint64_t units, uint64_t per_second);

/* Readers of one family each: 0, or -1 when the bytes are something else. */
int gm_probe_png(struct gm_probe *p);
int gm_probe_gif(struct gm_probe *p);
int gm_probe_jpeg(struct gm_probe *p);
int gm_probe_bmp(struct gm_probe *p);
int gm_probe_tiff(struct gm_probe *p);
int gm_probe_webp(struct gm_probe *p);
int gm_probe_iso(struct gm_probe *p);
int gm_probe_mkv(struct gm_probe *p);
int gm_probe_wav(struct gm_probe *p);
int gm_probe_flac(struct gm_probe *p);
int gm_probe_ogg(struct gm_probe *p);
int gm_probe_mpeg_audio(struct gm_probe *p);
int gm_probe_text(struct gm_probe *p);

static inline uint32_t gm_be16(const uint8_t *b)
{
  return (uint32_t)b[0] << 8 | b[1];
}

static inline uint32_t gm_be32(const uint8_t *b)
{
  return gm_be16(b) << 16 | gm_be16(b + 2);
}

static inline uint64_t gm_be64(const uint8_t *b)
{
  return (uint64_t)gm_be32(b) << 32 | gm_be32(b + 4);
}

static inline uint32_t gm_le16(const uint8_t *b)
{
  return (uint32_t)b[1] << 8 | b[0];
}

static inline uint32_t gm_le24(const uint8_t *b)
{
  return gm_le16(b) | (uint32_t)b[2] << 16;
}

static inline uint32_t gm_le32(const uint8_t *b)
{
  return gm_le16(b) | gm_le16(b + 2) << 16;
}

#endif
