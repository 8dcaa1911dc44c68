/* buf.h - bytes that grow to a ceiling.  Errors stick: after an append fails
 * (no memory or ceiling) the buffer is empty and every later one fails too, so
 * a chain of appends needs one check at its end. */
#ifndef GM_BASE_BUF_H
#define GM_BASE_BUF_H

#include "base/util.h"
#include <stdarg.h>

struct gm_buf {
  char *data; /* terminated by a NUL that len does not count; may be NULL */
  size_t len, size, max;
  int32_t failed; /* 0, GAMUT_E_NOMEM or GAMUT_E_PROTOCOL (ceiling) */
};
#define GM_BUF_INIT(ceiling)                                                   \
  {                                                                            \
    NULL, 0, 0, (ceiling), 0                                                   \
  }

void gm_buf_init(struct gm_buf *b, size_t ceiling);
void gm_buf_finish(struct gm_buf *b);
void gm_buf_clear(struct gm_buf *b); /* keeps memory, forgets failure */
void gm_buf_add(struct gm_buf *b, const char *s); /* NULL adds nothing */
void gm_buf_addn(struct gm_buf *b, const void *p, size_t len);
void gm_buf_addc(struct gm_buf *b, char c);
GM_PRINTF(2, 3) void gm_buf_addf(struct gm_buf *b, const char *fmt, ...);
GM_PRINTF(2, 0)
void gm_buf_addv(struct gm_buf *b, const char *fmt, va_list ap);
void gm_buf_add_escaped(struct gm_buf *b, const char *s); /* URL component */
/* "quoted", always valid: bad UTF-8 becomes U+FFFD, NULL the literal null. */
void gm_buf_add_json(struct gm_buf *b, const char *s);
void gm_buf_add_json_text(struct gm_buf *b, const char *s, size_t len);
void gm_buf_add_int(struct gm_buf *b, int64_t v);
/* Text for people: control characters become '?', bad UTF-8 U+FFFD. */
void gm_buf_add_clean(struct gm_buf *b, const char *s, size_t len);
/* Make room for `len` bytes behind the end; NULL when failed.  The caller
 * writes there and then calls gm_buf_grown(). */
char *gm_buf_room(struct gm_buf *b, size_t len);
void gm_buf_grown(struct gm_buf *b, size_t len);
static inline bool gm_buf_failed(const struct gm_buf *b)
{
  return b->failed != 0;
}
/* The text, "" when empty or failed. */
static inline const char *gm_buf_text(const struct gm_buf *b)
{
  return b->data ? b->data : "";
}
/* `before`, which is `,"name":` or the like, and the value; no value: nothing. */
void gm_buf_add_text(struct gm_buf *b, const char *before, const char *value);
void gm_buf_add_number(struct gm_buf *b, const char *before, int64_t value);
/* The text in memory of its own (gm_free), which takes what it needs and no
 * more; NULL when failed, or without memory. */
char *gm_buf_copy(const struct gm_buf *b);
/* Hand the bytes over (gm_free); NULL when failed. */
char *gm_buf_take(struct gm_buf *b);

#endif
