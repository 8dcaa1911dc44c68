/* base64.h - encode, and decode in pieces of any size. */
#ifndef GM_BASE_BASE64_H
#define GM_BASE_BASE64_H

#include "base/buf.h"

static inline size_t gm_base64_size(size_t len)
{
  return (len + 2) / 3 * 4;
}
/* Writes gm_base64_size(len) characters, no NUL. */
void gm_base64_encode(const void *p, size_t len, char *out);
void gm_base64_add(struct gm_buf *b, const void *p, size_t len);

/* Standard or URL alphabet, line breaks and missing padding accepted, anything
 * else is an error.  Feed pieces, then finish. */
struct gm_base64 {
  uint32_t bits;
  int32_t n; /* characters in `bits`; -1: ended by padding; -2: broken */
};
#define GM_BASE64_INIT                                                         \
  {                                                                            \
    0, 0                                                                       \
  }
/* `out` has room for len / 4 * 3 + 3 bytes; returns how many were written, or
 * SIZE_MAX when broken. */
size_t gm_base64_decode(struct gm_base64 *d, const char *s, size_t len,
                        void *out);
/* Whole groups of the standard alphabet, up to anything else: how many
 * characters were eaten.  `out` has room for len / 4 * 3 bytes. */
size_t gm_base64_decode_plain(const char *s, size_t len, void *out);
bool gm_base64_done(const struct gm_base64 *d); /* ended on a whole byte */

#endif
