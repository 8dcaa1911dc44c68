/* probe_iso.c - files made of ISO boxes: MP4, QuickTime, M4A, AVIF, HEIC.
 *
 * One walker goes over the boxes of a range and asks a table what to do with
 * each: go inside, or call a reader.  The brand in `ftyp` tells stills from
 * films; the track handlers tell films from sound.  `moov` may come after
 * gigabytes of `mdat`, which the walker steps over.  Sizes are the file's
 * claim: ranges are cut to their parent's, depth is bounded by the tables. */
#include "base/util.h"
#include "job/probe_read.h"
#include <string.h>

#define BOX_DEPTH_MAX 6

struct iso {
  struct gm_probe *p;
  uint32_t timescale; /* of the whole film */
  uint64_t duration;
  uint64_t fragments;                 /* from mehd, in the same units */
  uint64_t index_units, index_scale;  /* from sidx */
  uint32_t track_width, track_height; /* of the track being read */
  uint32_t width, height; /* films: first video track; stills: largest ispe */
  bool has_sound, has_video;
};

/* A box's contents: [at, end). */
struct range {
  uint64_t at, end;
};

struct box {
  const char *name;
  uint32_t skip;            /* bytes before the children */
  const struct box *inside; /* children, or */
  void (*read)(struct iso *f, const struct range *r); /* after the children */
};

/* The next box of `r`, whose start moves behind it.  The name is in the
 * window until the next look, so it is copied. */
static bool box_next(struct gm_probe *p, struct range *r, char name[4],
                     struct range *ret)
{
  const uint8_t *b = gm_probe_at(p, r->at, 8);
  uint64_t size, header = 8;

  if (b == NULL || r->end - r->at < 8)
    return false;
  memcpy(name, b + 4, 4);
  size = gm_be32(b);
  if (size == 1) {
    b = gm_probe_at(p, r->at + 8, 8);
    if (b == NULL)
      return false;
    size = gm_be64(b);
    header = 16;
  } else if (size == 0) { /* to the end */
    size = r->end - r->at;
  }
  if (size < header)
    return false;
  if (size > r->end - r->at)
    size = r->end - r->at;
  if (size < header)
    return false;
  ret->at = r->at + header;
  ret->end = r->at + size;
  r->at = ret->end;
  return true;
}

static void walk(struct iso *f, const struct box *table, struct range r,
                 unsigned depth)
{
  struct range in;
  char name[4];

  while (r.at < r.end && box_next(f->p, &r, name, &in)) {
    const struct box *box = table;

    while (box->name != NULL && memcmp(box->name, name, 4) != 0)
      box++;
    if (box->name == NULL)
      continue;
    if (box->inside != NULL && depth < BOX_DEPTH_MAX &&
        in.end - in.at >= box->skip) {
      struct range children = { in.at + box->skip, in.end };

      walk(f, box->inside, children, depth + 1);
    }
    if (box->read != NULL)
      box->read(f, &in);
  }
}

/* `len` bytes of the contents, from `offset` on. */
static const uint8_t *inside(struct iso *f, const struct range *r,
                             uint32_t offset, uint32_t len)
{
  if (r->end - r->at < (uint64_t)offset + len)
    return NULL;
  return gm_probe_at(f->p, r->at + offset, len);
}

/* mvhd: times of 32 bits in version 0, of 64 in version 1 */
static void read_mvhd(struct iso *f, const struct range *r)
{
  const uint8_t *b = inside(f, r, 0, 20);

  if (b != NULL && b[0] == 0) {
    f->timescale = gm_be32(b + 12);
    f->duration = gm_be32(b + 16);
    if (f->duration == UINT32_MAX)
      f->duration = 0;
  } else if (b != NULL && (b = inside(f, r, 0, 32)) != NULL && b[0] == 1) {
    f->timescale = gm_be32(b + 20);
    f->duration = gm_be64(b + 24);
  }
}

static void read_mehd(struct iso *f, const struct range *r)
{
  const uint8_t *b = inside(f, r, 0, 8);

  if (b != NULL && b[0] == 0)
    f->fragments = gm_be32(b + 4);
  else if (b != NULL && (b = inside(f, r, 0, 12)) != NULL && b[0] == 1)
    f->fragments = gm_be64(b + 4);
}

/* The size is the last member, 16.16, behind a matrix: a quarter turn in that
 * swaps the sides, as players do. */
static void read_tkhd(struct iso *f, const struct range *r)
{
  const uint8_t *b = inside(f, r, 0, 84);
  uint32_t w, h;

  f->track_width = f->track_height = 0;
  if (b != NULL && b[0] == 1 && (b = inside(f, r, 0, 96)) != NULL)
    b += 12;
  if (b == NULL)
    return;
  w = gm_be32(b + 76) >> 16;
  h = gm_be32(b + 80) >> 16;
  if (gm_be32(b + 40) == 0 && gm_be32(b + 44) != 0) {
    f->track_width = h;
    f->track_height = w;
  } else {
    f->track_width = w;
    f->track_height = h;
  }
}

static void read_hdlr(struct iso *f, const struct range *r)
{
  const uint8_t *b = inside(f, r, 8, 4);

  if (b == NULL)
    return;
  if (memcmp(b, "soun", 4) == 0)
    f->has_sound = true;
  if (memcmp(b, "vide", 4) != 0)
    return;
  if (!f->has_video || f->width == 0) {
    f->width = f->track_width;
    f->height = f->track_height;
  }
  f->has_video = true;
}

/* sidx: the lengths of the segments that follow, one index per track; the
 * first counts. */
static void read_sidx(struct iso *f, const struct range *r)
{
  const uint8_t *b = inside(f, r, 0, 12);
  uint32_t at, n;

  if (b == NULL || f->index_scale != 0)
    return;
  f->index_scale = gm_be32(b + 8);
  at = b[0] == 0 ? 20 : 28;
  b = inside(f, r, at, 4);
  n = b == NULL ? 0 : gm_be16(b + 2);
  for (at += 4; n > 0 && (b = inside(f, r, at, 12)) != NULL; n--, at += 12)
    f->index_units += gm_be32(b + 4);
}

/* Thumbnails and the tiles of a grid are smaller than the picture. */
static void read_ispe(struct iso *f, const struct range *r)
{
  const uint8_t *b = inside(f, r, 4, 8);
  uint32_t w, h;

  if (b == NULL)
    return;
  w = gm_be32(b);
  h = gm_be32(b + 4);
  if ((uint64_t)w * h > (uint64_t)f->width * f->height) {
    f->width = w;
    f->height = h;
  }
}

static const struct box in_mvex[] = { { "mehd", 0, NULL, read_mehd }, { 0 } };
static const struct box in_mdia[] = { { "hdlr", 0, NULL, read_hdlr }, { 0 } };
static const struct box in_trak[] = {
  { "tkhd", 0, NULL, read_tkhd },
  { "mdia", 0, in_mdia, NULL },
  { 0 },
};
static const struct box in_moov[] = {
  { "mvhd", 0, NULL, read_mvhd },
  { "trak", 0, in_trak, NULL },
  { "mvex", 0, in_mvex, NULL },
  { 0 },
};
static const struct box in_film[] = {
  { "moov", 0, in_moov, NULL },
  { "sidx", 0, NULL, read_sidx },
  { 0 },
};
static const struct box in_ipco[] = { { "ispe", 0, NULL, read_ispe }, { 0 } };
static const struct box in_iprp[] = { { "ipco", 0, in_ipco, NULL }, { 0 } };
static const struct box in_meta[] = { { "iprp", 0, in_iprp, NULL }, { 0 } };
/* meta is a full box: version and flags come first */
static const struct box in_still[] = { { "meta", 4, in_meta, NULL }, { 0 } };

static const struct brand {
  const char *name;
  int32_t kind;
  const char *mime, *ext;
} brands[] = {
  { "avif", GAMUT_IMAGE, "image/avif", "avif" },
  { "avis", GAMUT_IMAGE, "image/avif", "avif" },
  { "heic", GAMUT_IMAGE, "image/heic", "heic" },
  { "heix", GAMUT_IMAGE, "image/heic", "heic" },
  { "heim", GAMUT_IMAGE, "image/heic", "heic" },
  { "heis", GAMUT_IMAGE, "image/heic", "heic" },
  { "mif1", GAMUT_IMAGE, "image/heif", "heif" },
  { "msf1", GAMUT_IMAGE, "image/heif", "heif" },
  { "qt  ", GAMUT_VIDEO, "video/quicktime", "mov" },
  { "M4A ", GAMUT_AUDIO, "audio/mp4", "m4a" },
};

static const struct brand *brand_find(const uint8_t *name)
{
  for (size_t i = 0; i < GM_LEN(brands); i++)
    if (memcmp(brands[i].name, name, 4) == 0)
      return &brands[i];
  return NULL;
}

/* The major brand, or for the general ones (mif1) a compatible one that says
 * more.  Anything else that has `ftyp` is an MP4. */
static void read_ftyp(struct gm_probe *p)
{
  const uint8_t *b = gm_probe_at(p, 0, 12);
  const struct brand *brand = b == NULL ? NULL : brand_find(b + 8);
  uint64_t end = b == NULL ? 0 : gm_be32(b);

  if (brand != NULL && memcmp(brand->name + 1, "if1", 3) != 0 &&
      memcmp(brand->name + 1, "sf1", 3) != 0)
    end = 0;
  if (brand == NULL)
    end = 0;
  for (uint64_t at = 16; at + 4 <= end && at < 128; at += 4) {
    const struct brand *other;

    b = gm_probe_at(p, at, 4);
    other = b == NULL ? NULL : brand_find(b);
    if (other != NULL && strcmp(other->ext, "heif") != 0 &&
        other->kind == GAMUT_IMAGE) {
      brand = other;
      break;
    }
  }
  if (brand != NULL)
    gm_probe_name(p, brand->kind, brand->mime, brand->ext);
}

static void film_finish(struct iso *f)
{
  struct gm_probe *p = f->p;

  if (f->duration != 0)
    gm_probe_duration(p, f->duration, f->timescale);
  else if (f->fragments != 0)
    gm_probe_duration(p, f->fragments, f->timescale);
  else
    gm_probe_duration(p, f->index_units, f->index_scale);
  if (f->has_sound && !f->has_video && p->media.kind == GAMUT_VIDEO)
    gm_probe_name(p, GAMUT_AUDIO, "audio/mp4", "m4a");
}

int gm_probe_iso(struct gm_probe *p)
{
  struct iso f = { .p = p };
  struct range all = { 0, p->source->size };
  const uint8_t *b = gm_probe_at(p, 0, 8);

  if (b != NULL && memcmp(b + 4, "ftyp", 4) == 0)
    read_ftyp(p);
  if (p->media.kind == GAMUT_IMAGE) {
    walk(&f, in_still, all, 0);
  } else {
    walk(&f, in_film, all, 0);
    film_finish(&f);
  }
  if (p->media.kind != GAMUT_AUDIO)
    gm_probe_size(p, f.width, f.height);
  return 0;
}
