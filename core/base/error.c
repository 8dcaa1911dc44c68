/* error.c - one class and one sentence for each operation.
 *
 * The sentence may quote a vendor, so it is cleaned and cut before it is kept.
 * A record whose sentence found no memory still has its class.
 */
#include "base/error.h"
#include "base/buf.h"
#include "base/str.h"
#include <stdio.h>
#include <string.h>

/* A replacement character is three bytes long. */
#define CLEAN_MAX (3 * GM_ERROR_MAX + 3)

/* The text cleaned and cut, ours; NULL: no memory. */
static char *sentence(const char *text, size_t len)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(CLEAN_MAX);

  gm_buf_add_clean(&b, text, gm_utf8_cut(text, len, GM_ERROR_MAX));
  if (b.len > GM_ERROR_MAX)
    b.len = gm_utf8_cut(b.data, b.len, GM_ERROR_MAX);
  return gm_buf_take(&b);
}

int32_t gm_vfail(struct gm_error *err, int32_t error_class, const char *fmt,
                 va_list ap)
{
  char text[GM_ERROR_MAX + 8];
  int n;

  gm_assert(error_class != 0);
  if (!err || err->error_class)
    return error_class;
  err->error_class = error_class;
  n = vsnprintf(text, sizeof(text), fmt, ap);
  if (n >= 0)
    err->message = sentence(text, strlen(text));
  return error_class;
}

int32_t gm_fail(struct gm_error *err, int32_t error_class, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  gm_vfail(err, error_class, fmt, ap);
  va_end(ap);
  return error_class;
}

/* Replace the sentence; better the old one than none. */
static void rewrite(struct gm_error *err, const char *text)
{
  char *message = sentence(text, strlen(text));

  if (!message)
    return;
  gm_free(err->message);
  err->message = message;
}

void gm_error_prefix(struct gm_error *err, const char *fmt, ...)
{
  char text[2 * GM_ERROR_MAX + 8];
  va_list ap;
  size_t n;

  if (!err || !err->error_class)
    return;
  va_start(ap, fmt);
  vsnprintf(text, GM_ERROR_MAX, fmt, ap);
  va_end(ap);
  n = strlen(text);
  snprintf(text + n, sizeof(text) - n, ": %s", gm_error_text(err));
  rewrite(err, text);
}

void gm_error_suffix(struct gm_error *err, const char *fmt, ...)
{
  char text[2 * GM_ERROR_MAX + 8];
  va_list ap;
  size_t n;

  if (!err || !err->error_class)
    return;
  n = (size_t)snprintf(text, GM_ERROR_MAX, "%s", gm_error_text(err));
  n = GM_MIN(n, GM_ERROR_MAX - 1);
  va_start(ap, fmt);
  vsnprintf(text + n, sizeof(text) - n, fmt, ap);
  va_end(ap);
  rewrite(err, text);
}

void gm_error_move(struct gm_error *to, struct gm_error *from)
{
  if (to == from)
    return;
  gm_error_finish(to);
  *to = *from;
  *from = (struct gm_error)GM_ERROR_INIT;
}

const char *gm_error_text(const struct gm_error *err)
{
  if (!err || !err->error_class)
    return "";
  return err->message ? err->message : "out of memory";
}

void gm_error_finish(struct gm_error *err)
{
  gm_free(err->message);
  *err = (struct gm_error)GM_ERROR_INIT;
}
