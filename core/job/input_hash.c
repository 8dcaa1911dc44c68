/* input_hash.c - an input by its content.  It is read as a body would be: a
 * file that is not any more what it was has no sum. */
#include "base/sha256.h"
#include "job/input.h"
#include "loop/body.h"
#include "plugin/pending.h"

#define PIECE 65536

int32_t gm_input_hash(const struct gm_input *in, char ret[GM_SHA256_HEX],
                      struct gm_error *err)
{
  struct gm_pending_piece all = { .size = in->size,
                                  .mark = { in->size, in->mtime_ns } };
  struct gm_pending_parts parts = {
    .method = "", .url = "", .pieces = &all, .n_pieces = 1, .paths = &in->path
  };
  _cleanup_free_ struct gm_pending *p =
    gm_pending_new(&(struct gamut_http){ 0 }, &parts);
  _cleanup_(gm_body_finish) struct gm_body body = GM_BODY_INIT;
  char piece[PIECE];
  struct gm_sha256 sum;
  uint64_t at = 0;
  ssize_t n = 0;
  int32_t rc;

  if (!p)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an upload");
  rc = gm_pending_open(p, in, 1, &body, err);
  if (rc)
    return rc;
  gm_sha256_init(&sum);
  while ((n = gm_body_read(&body, at, piece, sizeof(piece), err)) > 0) {
    gm_sha256_add(&sum, piece, (size_t)n);
    at += (uint64_t)n;
  }
  gm_sha256_hex(&sum, ret);
  return n < 0 ? GAMUT_E_INVALID : 0;
}
