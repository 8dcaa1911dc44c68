/* body.c - the body of a request in pieces.
 *
 * Every read finds its piece by the place alone, so there is no position to
 * lose: libcurl may go back when it must send again.  Base64 is made in groups
 * of three bytes; a place within a group makes the group anew. */
#include "loop/body.h"
#include "base/base64.h"
#include <errno.h>
#include <gamut/plugin.h>
#include <string.h>
#include <unistd.h>

#define CODED_AT_ONCE 12288u /* bytes before coding, divisible by 3 */

bool gm_body_reserve(struct gm_body *b, size_t max)
{
  struct gm_body_piece *bigger;

  if (max <= b->max)
    return true;
  bigger = gm_realloc(b->pieces, max * sizeof(*bigger));
  if (!bigger)
    return false;
  b->pieces = bigger;
  b->max = max;
  return true;
}

static uint64_t length_of(const struct gm_body_piece *piece)
{
  return piece->base64 ? (piece->size + 2) / 3 * 4 : piece->size;
}

void gm_body_add(struct gm_body *b, const struct gm_body_piece *piece)
{
  struct gm_body_piece *to = &b->pieces[b->n++];

  gm_assert(b->n <= b->max);
  *to = *piece;
  to->at = b->size;
  b->size += length_of(piece);
}

void gm_body_finish(struct gm_body *b)
{
  size_t i;

  for (i = 0; i < b->n; i++)
    if (b->pieces[i].fd >= 0)
      close(b->pieces[i].fd);
  gm_free(b->pieces);
  *b = (struct gm_body)GM_BODY_INIT;
}

/* ---- bytes of a piece --------------------------------------------------- */

static ssize_t refuse(const struct gm_body_piece *piece, const char *why,
                      struct gm_error *err)
{
  gm_fail(err, GAMUT_E_INVALID, "'%s' %s", piece->name ? piece->name : "input",
          why);
  return -1;
}

static bool is_same(const struct gm_body_piece *piece)
{
  struct gm_file_mark now;

  return gm_file_mark(piece->fd, &now) == 0 && now.size == piece->mark.size &&
         now.mtime_ns == piece->mark.mtime_ns;
}

static ssize_t read_source(const struct gm_body_piece *piece, uint64_t at,
                           void *p, size_t len)
{
  if (piece->data) {
    memcpy(p, (const char *)piece->data + piece->offset + at, len);
    return (ssize_t)len;
  }
  if (piece->blob)
    return gm_blob_read(piece->blob, piece->offset + at, p, len);
  return gm_read_at(piece->fd, piece->offset + at, p, len);
}

/* All `len` bytes of the source at `at`; they are there unless somebody changes
 * the file.  Whether somebody has is seen at its last byte: what was sent so
 * far is then no whole request. */
static ssize_t read_bytes(const struct gm_body_piece *piece, uint64_t at,
                          void *p, size_t len, struct gm_error *err)
{
  size_t have = 0;

  while (have < len) {
    ssize_t n = read_source(piece, at + have, (char *)p + have, len - have);

    if (n < 0)
      return refuse(piece, strerror(errno), err);
    if (n == 0)
      return refuse(piece, "became shorter while it was sent", err);
    have += (size_t)n;
  }
  if (piece->fd >= 0 && at + len == piece->size && !is_same(piece))
    return refuse(piece, "changed while it was sent", err);
  return (ssize_t)len;
}

/* Characters from `at` on, as many as come in one go. */
static ssize_t read_coded(const struct gm_body_piece *piece, uint64_t at,
                          char *p, size_t len, struct gm_error *err)
{
  uint8_t bytes[CODED_AT_ONCE];
  char group[4];
  uint64_t from = at / 4 * 3;
  size_t skip = (size_t)(at % 4), want = len / 4 * 3;
  bool whole = skip == 0 && want > 0;
  ssize_t n;

  want = whole ? GM_MIN(want, sizeof(bytes)) : 3;
  want = (size_t)GM_MIN((uint64_t)want, piece->size - from);
  n = read_bytes(piece, from, bytes, want, err);
  if (n < 0)
    return -1;
  if (whole) {
    gm_base64_encode(bytes, want, p);
    return (ssize_t)gm_base64_size(want);
  }
  gm_base64_encode(bytes, want, group);
  len = GM_MIN(len, sizeof(group) - skip);
  memcpy(p, group + skip, len);
  return (ssize_t)len;
}

static ssize_t read_piece(const struct gm_body_piece *piece, uint64_t at,
                          void *p, size_t len, struct gm_error *err)
{
  len = (size_t)GM_MIN((uint64_t)len, length_of(piece) - at);
  return piece->base64 ? read_coded(piece, at, p, len, err)
                       : read_bytes(piece, at, p, len, err);
}

ssize_t gm_body_read(const struct gm_body *b, uint64_t at, void *p, size_t len,
                     struct gm_error *err)
{
  size_t have = 0, i;

  for (i = 0; i < b->n && have < len; i++) {
    const struct gm_body_piece *piece = &b->pieces[i];
    uint64_t end = piece->at + length_of(piece);

    while (at + have < end && have < len) {
      ssize_t n = read_piece(piece, at + have - piece->at, (char *)p + have,
                             len - have, err);

      if (n < 0)
        return -1;
      have += (size_t)n;
    }
  }
  return (ssize_t)have;
}
