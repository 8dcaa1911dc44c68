/* body.h - the body of a request in pieces: bytes in memory, of a blob, of a
 * file, each as they are or as base64.  Nothing is put together: a byte is made
 * when it is asked for, at whatever place, so a body of any size costs no
 * memory and can be sent again from its beginning. */
#ifndef GM_LOOP_BODY_H
#define GM_LOOP_BODY_H

#include "base/file.h"
#include "loop/blob.h"

/* One of `data`, `blob`, `fd` (the others NULL, NULL, -1). */
struct gm_body_piece {
  const void *data; /* borrowed, as is `blob` */
  const struct gm_blob *blob;
  int fd;                   /* closed with the body */
  bool base64;              /* as base64 text, padded */
  uint64_t offset, size;    /* which bytes of it */
  struct gm_file_mark mark; /* what the file must still be at the last byte */
  const char *name;         /* of the file, for sentences; borrowed */
  uint64_t at;              /* filled in: where it begins in the body */
};

struct gm_body {
  struct gm_body_piece *pieces;
  size_t n, max;
  uint64_t size; /* of the whole body */
};
#define GM_BODY_INIT                                                           \
  {                                                                            \
    NULL, 0, 0, 0                                                              \
  }

/* Room for `max` pieces in all.  False: no memory. */
bool gm_body_reserve(struct gm_body *b, size_t max);
/* Add one behind the others; there is room. */
void gm_body_add(struct gm_body *b, const struct gm_body_piece *piece);
/* Up to `len` bytes from `at`: the count, 0 at the end only.  -1: `err` says
 * INVALID with the file's name: it cannot be read, or is not any more what its
 * mark says. */
ssize_t gm_body_read(const struct gm_body *b, uint64_t at, void *p, size_t len,
                     struct gm_error *err);
void gm_body_finish(struct gm_body *b); /* also resets it */

#endif
