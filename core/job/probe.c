/* probe.c - which reader gets the file, and how readers get at its bytes.
 *
 * Owns the table of magic bytes and the one window through which every reader
 * looks.  Each look costs one of a fixed budget, so that a file that points
 * from box to box for ever ends as a file without dimensions.  The first row
 * whose bytes fit and whose reader does not object wins: rows with weak magic
 * (two bytes of BMP or of an MPEG frame) stand last, text after them. */
#include "base/file.h"
#include "job/probe_read.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct magic {
  const char *bytes;
  uint8_t len;
  uint8_t offset;
  int32_t kind;
  const char *mime;
  const char *ext;
  int (*read)(struct gm_probe *p);
};

/* clang-format off */
#define M(s) s, sizeof(s) - 1
static const struct magic magics[] = {
  { M("\x89PNG\r\n\x1a\n"), 0, GAMUT_IMAGE, "image/png", "png", gm_probe_png },
  { M("\xff\xd8\xff"), 0, GAMUT_IMAGE, "image/jpeg", "jpg", gm_probe_jpeg },
  { M("WEBP"), 8, GAMUT_IMAGE, "image/webp", "webp", gm_probe_webp },
  { M("GIF87a"), 0, GAMUT_IMAGE, "image/gif", "gif", gm_probe_gif },
  { M("GIF89a"), 0, GAMUT_IMAGE, "image/gif", "gif", gm_probe_gif },
  { M("\0\0\0\x0cJXL \r\n\x87\n"), 0, GAMUT_IMAGE, "image/jxl", "jxl", NULL },
  { M("II*\0"), 0, GAMUT_IMAGE, "image/tiff", "tiff", gm_probe_tiff },
  { M("MM\0*"), 0, GAMUT_IMAGE, "image/tiff", "tiff", gm_probe_tiff },
  { M("ftyp"), 4, GAMUT_VIDEO, "video/mp4", "mp4", gm_probe_iso },
  { M("moov"), 4, GAMUT_VIDEO, "video/quicktime", "mov", gm_probe_iso },
  { M("mdat"), 4, GAMUT_VIDEO, "video/quicktime", "mov", gm_probe_iso },
  { M("wide"), 4, GAMUT_VIDEO, "video/quicktime", "mov", gm_probe_iso },
  { M("\x1a\x45\xdf\xa3"), 0, GAMUT_VIDEO, "video/x-matroska", "mkv",
    gm_probe_mkv },
  { M("WAVE"), 8, GAMUT_AUDIO, "audio/wav", "wav", gm_probe_wav },
  { M("fLaC"), 0, GAMUT_AUDIO, "audio/flac", "flac", gm_probe_flac },
  { M("OggS"), 0, GAMUT_AUDIO, "audio/ogg", "ogg", gm_probe_ogg },
  { M("ID3"), 0, GAMUT_AUDIO, "audio/mpeg", "mp3", NULL },
  { M("%PDF-"), 0, 0, "application/pdf", "pdf", NULL },
  { M("PK\3\4"), 0, 0, "application/zip", "zip", NULL },
  { M("\x1f\x8b\x08"), 0, 0, "application/gzip", "gz", NULL },
  { M("\xff\x0a"), 0, GAMUT_IMAGE, "image/jxl", "jxl", NULL },
  { M("BM"), 0, GAMUT_IMAGE, "image/bmp", "bmp", gm_probe_bmp },
  { M("\xff"), 0, GAMUT_AUDIO, "audio/mpeg", "mp3", gm_probe_mpeg_audio },
  { M(""), 0, 0, NULL, NULL, gm_probe_text },
};
#undef M
/* clang-format on */

/* Fill the window from `offset`.  Sources may give less than asked. */
static void window_load(struct gm_probe *p, uint64_t offset)
{
  const struct gm_probe_source *s = p->source;
  size_t want = GM_PROBE_WINDOW;

  p->window_at = offset;
  p->window_len = 0;
  if (want > s->size - offset)
    want = (size_t)(s->size - offset);
  while (p->window_len < want) {
    size_t left = want - p->window_len;
    ssize_t n =
      s->read(s->ctx, offset + p->window_len, p->window + p->window_len, left);

    if (n <= 0 || (size_t)n > left)
      break;
    p->window_len += (size_t)n;
  }
}

static bool window_has(const struct gm_probe *p, uint64_t offset, size_t len)
{
  return offset >= p->window_at && offset - p->window_at <= p->window_len &&
         len <= p->window_len - (size_t)(offset - p->window_at);
}

const uint8_t *gm_probe_at(struct gm_probe *p, uint64_t offset, size_t len)
{
  uint64_t size = p->source->size;

  if (p->budget == 0 || offset > size || len > size - offset)
    return NULL;
  p->budget--;
  if (!window_has(p, offset, len))
    window_load(p, offset);
  if (!window_has(p, offset, len))
    return NULL;
  return p->window + (size_t)(offset - p->window_at);
}

const uint8_t *gm_probe_head(struct gm_probe *p, size_t *ret_len)
{
  if (p->window_at != 0 || p->window_len == 0)
    window_load(p, 0);
  *ret_len = p->window_len;
  return p->window;
}

void gm_probe_name(struct gm_probe *p, int32_t kind, const char *mime,
                   const char *ext)
{
  p->media.kind = kind;
  p->media.mime = mime;
  p->media.ext = ext;
}

void gm_probe_size(struct gm_probe *p, uint64_t width, uint64_t height)
{
  if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
    return;
  p->media.width = (uint32_t)width;
  p->media.height = (uint32_t)height;
}

void gm_probe_duration(struct gm_probe *p, uint64_t units, uint64_t per_second)
{
  uint64_t seconds, rest;

  if (per_second == 0 || per_second > UINT32_MAX)
    return;
  seconds = units / per_second;
  rest = units % per_second;
  if (seconds >= UINT32_MAX / 1000u) /* 49 days, or all bits set: unknown */
    return;
  p->media.duration_ms =
    (uint32_t)(seconds * 1000u + (rest * 1000u + per_second / 2) / per_second);
}

static bool magic_fits(struct gm_probe *p, const struct magic *m)
{
  size_t len;
  const uint8_t *head = gm_probe_head(p, &len);

  return len >= (size_t)m->offset + m->len &&
         memcmp(head + m->offset, m->bytes, m->len) == 0;
}

int gm_probe(const struct gm_probe_source *source, struct gm_media *ret)
{
  struct gm_probe p = { .source = source, .budget = GM_PROBE_BUDGET };
  size_t len;

  gm_probe_head(&p, &len);
  if (len == 0)
    return -1;
  for (size_t i = 0; i < GM_LEN(magics); i++) {
    const struct magic *m = &magics[i];

    if (!magic_fits(&p, m))
      continue;
    p.media = (struct gm_media){ .kind = m->kind, m->mime, m->ext, 0, 0, 0 };
    if (m->read != NULL && m->read(&p) < 0)
      continue;
    *ret = p.media;
    return 0;
  }
  return -1;
}

struct file {
  int fd, error; /* of errno, once reading failed */
};

static ssize_t fd_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
  struct file *f = ctx;
  ssize_t n = gm_read_at(f->fd, offset, buf, len);

  if (n < 0)
    f->error = errno;
  return n;
}

int gm_probe_fd(int fd, struct gm_media *ret, int *ret_error)
{
  struct file f = { .fd = fd };
  struct gm_probe_source s = { .read = fd_read, .ctx = &f };
  struct stat st;
  int rc;

  if (ret_error)
    *ret_error = 0;
  if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
    return -1;
  s.size = (uint64_t)st.st_size;
  rc = gm_probe(&s, ret);
  if (ret_error)
    *ret_error = f.error;
  return rc;
}

struct span {
  const uint8_t *bytes;
  size_t len;
};

/* gm_probe_at() keeps offset + len within the size that we gave. */
static ssize_t span_read(void *ctx, uint64_t offset, void *buf, size_t len)
{
  const struct span *span = ctx;

  memcpy(buf, span->bytes + (size_t)offset, len);
  return (ssize_t)len;
}

int gm_probe_bytes(const void *bytes, size_t len, struct gm_media *ret)
{
  struct span span = { bytes, len };
  struct gm_probe_source s = { .read = span_read, .ctx = &span, .size = len };

  return gm_probe(&s, ret);
}
