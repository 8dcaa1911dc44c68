/* probe_mkv.c - WebM and Matroska.
 *
 * EBML: elements with an id and a size, both of variable length.  A live
 * writer leaves the size of Segment and Cluster open (all bits set); such an
 * element reaches to the end of its parent.  Info and Tracks come before the
 * first cluster in every file that a muxer makes to be played while it loads,
 * so an open cluster ends the walk. */
#include "job/probe_read.h"
#include <string.h>

enum {
  ID_EBML = 0x1a45dfa3,
  ID_DOCTYPE = 0x4282,
  ID_SEGMENT = 0x18538067,
  ID_INFO = 0x1549a966,
  ID_TIMESCALE = 0x2ad7b1, /* nanoseconds a unit */
  ID_DURATION = 0x4489,    /* float, in units */
  ID_TRACKS = 0x1654ae6b,
  ID_TRACK = 0xae,
  ID_TRACK_TYPE = 0x83,
  ID_VIDEO = 0xe0,
  ID_WIDTH = 0xb0,
  ID_HEIGHT = 0xba,
  ID_CLUSTER = 0x1f43b675
};

struct mkv {
  struct gm_probe *p;
  bool webm, has_video, has_sound;
  uint64_t timescale;
  double duration;
  uint64_t width, height;
};

struct element {
  uint32_t id;
  bool open; /* size not given */
  uint64_t at, end;
};

/* A variable number: the count of leading zero bits in its first byte is the
 * count of bytes that follow.  Ids keep the length bit, sizes lose it.
 * Returns the bytes used, 0 for none. */
static uint32_t vint(struct gm_probe *p, uint64_t at, uint32_t max,
                     bool keep_marker, uint64_t *ret, bool *ret_all_ones)
{
  const uint8_t *b = gm_probe_at(p, at, 1);
  uint32_t len = 1;
  uint64_t v, ones;

  if (b == NULL || b[0] == 0)
    return 0;
  while (!(b[0] & 0x80u >> (len - 1)))
    len++;
  if (len > max || (b = gm_probe_at(p, at, len)) == NULL)
    return 0;
  v = keep_marker ? b[0] : b[0] & (0xffu >> len);
  for (uint32_t i = 1; i < len; i++)
    v = v << 8 | b[i];
  ones = (UINT64_C(1) << 7 * len) - 1;
  *ret_all_ones = v == ones;
  *ret = v;
  return len;
}

/* The next element of [*at, end); *at moves behind it. */
static bool element_next(struct gm_probe *p, uint64_t *at, uint64_t end,
                         struct element *ret)
{
  uint64_t id, size;
  uint32_t n, m;
  bool ones;

  if (*at >= end)
    return false;
  n = vint(p, *at, 4, true, &id, &ones);
  if (n == 0)
    return false;
  m = vint(p, *at + n, 8, false, &size, &ret->open);
  if (m == 0 || *at + n + m > end)
    return false;
  ret->id = (uint32_t)id;
  ret->at = *at + n + m;
  if (ret->open || size > end - ret->at)
    size = end - ret->at;
  ret->end = ret->at + size;
  *at = ret->end;
  return true;
}

static uint64_t element_uint(struct gm_probe *p, const struct element *e)
{
  uint64_t len = e->end - e->at, v = 0;
  const uint8_t *b = len > 8 ? NULL : gm_probe_at(p, e->at, (size_t)len);

  for (uint64_t i = 0; b != NULL && i < len; i++)
    v = v << 8 | b[i];
  return v;
}

static double element_float(struct gm_probe *p, const struct element *e)
{
  uint64_t len = e->end - e->at, bits;
  uint32_t bits32;
  double d = 0;
  float f;

  if (len == 8) {
    bits = element_uint(p, e);
    memcpy(&d, &bits, sizeof(d));
  } else if (len == 4) {
    bits32 = (uint32_t)element_uint(p, e);
    memcpy(&f, &bits32, sizeof(f));
    d = (double)f;
  }
  return d;
}

static void read_header(struct mkv *f, const struct element *in)
{
  uint64_t at = in->at;
  struct element e;

  while (element_next(f->p, &at, in->end, &e)) {
    const uint8_t *b;

    if (e.id != ID_DOCTYPE || e.end - e.at < 4)
      continue;
    b = gm_probe_at(f->p, e.at, 4);
    f->webm = b != NULL && memcmp(b, "webm", 4) == 0;
  }
}

static void read_info(struct mkv *f, const struct element *in)
{
  uint64_t at = in->at;
  struct element e;

  while (element_next(f->p, &at, in->end, &e)) {
    if (e.id == ID_TIMESCALE)
      f->timescale = element_uint(f->p, &e);
    else if (e.id == ID_DURATION)
      f->duration = element_float(f->p, &e);
  }
}

static void read_video(struct mkv *f, const struct element *in)
{
  uint64_t at = in->at, width = 0, height = 0;
  struct element e;

  while (element_next(f->p, &at, in->end, &e)) {
    if (e.id == ID_WIDTH)
      width = element_uint(f->p, &e);
    else if (e.id == ID_HEIGHT)
      height = element_uint(f->p, &e);
  }
  if (f->width == 0) {
    f->width = width;
    f->height = height;
  }
}

static void read_track(struct mkv *f, const struct element *in)
{
  uint64_t at = in->at;
  struct element e;

  while (element_next(f->p, &at, in->end, &e)) {
    if (e.id == ID_TRACK_TYPE) {
      uint64_t type = element_uint(f->p, &e);

      f->has_video |= type == 1;
      f->has_sound |= type == 2;
    } else if (e.id == ID_VIDEO) {
      read_video(f, &e);
    }
  }
}

static void read_tracks(struct mkv *f, const struct element *in)
{
  uint64_t at = in->at;
  struct element e;

  while (element_next(f->p, &at, in->end, &e))
    if (e.id == ID_TRACK)
      read_track(f, &e);
}

static void read_segment(struct mkv *f, const struct element *in)
{
  uint64_t at = in->at;
  bool info = false, tracks = false;
  struct element e;

  while (!(info && tracks) && element_next(f->p, &at, in->end, &e)) {
    if (e.id == ID_INFO) {
      read_info(f, &e);
      info = true;
    } else if (e.id == ID_TRACKS) {
      read_tracks(f, &e);
      tracks = true;
    } else if (e.open) {
      break;
    }
  }
}

/* Units times nanoseconds a unit; the float may be anything. */
static void set_duration(struct mkv *f)
{
  double ms = f->duration * (double)f->timescale / 1e6;

  if (ms >= 0.5 && ms < 4e9)
    gm_probe_duration(f->p, (uint64_t)(ms + 0.5), 1000);
}

int gm_probe_mkv(struct gm_probe *p)
{
  struct mkv f = { .p = p, .timescale = 1000000 };
  uint64_t at = 0;
  struct element e;

  while (element_next(p, &at, p->source->size, &e)) {
    if (e.id == ID_EBML) {
      read_header(&f, &e);
    } else if (e.id == ID_SEGMENT) {
      read_segment(&f, &e);
      break;
    }
  }
  if (f.webm)
    gm_probe_name(p, GAMUT_VIDEO, "video/webm", "webm");
  if (f.has_sound && !f.has_video)
    gm_probe_name(p, GAMUT_AUDIO, f.webm ? "audio/webm" : "audio/x-matroska",
                  f.webm ? "webm" : "mka");
  set_duration(&f);
  gm_probe_size(p, f.width, f.height);
  return 0;
}
