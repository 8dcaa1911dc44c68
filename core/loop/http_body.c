/* http_body.c - hands libcurl a request's body while it is sent; it may go back
 * when it must send again. */
#include "loop/http_private.h"

size_t gm_http_on_read(char *p, size_t size, size_t n, void *user)
{
  struct gm_http_slot *s = user;
  struct gm_exchange *x = s->x;
  ssize_t got;

  if (!x || !x->made)
    return CURL_READFUNC_ABORT;
  got = gm_body_read(x->made, s->body_at, p, size * n, &x->err);
  if (got < 0) {
    s->failed = x->err.error_class;
    return CURL_READFUNC_ABORT;
  }
  s->body_at += (uint64_t)got;
  return (size_t)got;
}

int gm_http_on_seek(void *user, curl_off_t offset, int origin)
{
  struct gm_http_slot *s = user;

  if (!s->x || !s->x->made || origin != SEEK_SET || offset < 0 ||
      (uint64_t)offset > s->x->made->size)
    return CURL_SEEKFUNC_FAIL;
  s->body_at = (uint64_t)offset;
  return CURL_SEEKFUNC_OK;
}
