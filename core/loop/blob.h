/* blob.h - a long run of bytes that must not live in a tree: in memory while it
 * is small, in an unlinked temporary file when it grows. */
#ifndef GM_LOOP_BLOB_H
#define GM_LOOP_BLOB_H

#include "base/buf.h"
#include "base/error.h"
#include "loop/budget.h"
#include <stdatomic.h>

struct gm_blob {
  struct gm_buf mem;
  int fd; /* -1: all in memory */
  uint64_t len;
  size_t max_mem; /* spill above this */
  uint64_t max_len;
  struct gm_budget *budget; /* what is in memory counts against it; NULL */
  size_t counted;
  /* coded.h: what came was base64, these are its bytes */
  uint64_t text_len; /* letters that came */
  bool coded;
  bool cut;       /* they end in the midst of a byte */
  uint8_t n_tail; /* of the letters, behind whole groups of plain ones */
  char tail[4];
};

void gm_blob_init(struct gm_blob *b, size_t max_mem, uint64_t max_len);
void gm_blob_finish(struct gm_blob *b);
/* 0, GAMUT_E_NOMEM, GAMUT_E_PROTOCOL (ceiling), GAMUT_E_TRANSPORT (the
 * temporary file cannot be written; in $TMPDIR or /tmp). */
int32_t gm_blob_add(struct gm_blob *b, const void *p, size_t len,
                    struct gm_error *err);
/* So much is coming: what stays in memory needs no second place then. */
void gm_blob_expect(struct gm_blob *b, uint64_t len);
/* Room for `len` bytes (at most 48 KiB) behind the end; NULL and `rc` as above.
 * The caller writes there and then calls gm_blob_grown(). */
void *gm_blob_room(struct gm_blob *b, size_t len, int32_t *rc,
                   struct gm_error *err);
void gm_blob_grown(struct gm_blob *b, size_t len);
/* Out of memory into a file, if that can be done. */
void gm_blob_spill(struct gm_blob *b);
/* Copy up to `len` bytes at `offset`; the count, 0 at the end, -1 on error. */
ssize_t gm_blob_read(const struct gm_blob *b, uint64_t offset, void *p,
                     size_t len);

/* A blob that several own and, once it is filled, nobody changes: the bytes of
 * an input that has no file.  Readers may be on different threads. */
struct gm_held {
  atomic_uint refs;
  struct gm_blob blob;
};
struct gm_held *gm_held_new(size_t max_mem, uint64_t max_len); /* one owner */
struct gm_held *gm_held_ref(struct gm_held *h); /* NULL stays NULL */
void gm_held_unref(struct gm_held *h);          /* NULL is fine */
GM_CLEANUP(struct gm_held, gm_held_unref)

#endif
