/* http_body.c - a request body that comes from a file: read where curl is, so
 * an upload costs no memory.  pread() leaves the descriptor's own position
 * alone, and curl may go back when it must send again. */
#include "loop/http_private.h"
#include <errno.h>
#include <unistd.h>

size_t gm_http_on_read(char *p, size_t size, size_t n, void *user)
{
  struct gm_http_slot *s = user;
  struct gm_exchange *x = s->x;
  uint64_t left;
  ssize_t got;

  if (!x || x->body_fd < 0)
    return CURL_READFUNC_ABORT;
  left = x->body_size - s->body_at;
  n = (size_t)GM_MIN((uint64_t)size * n, left);
  if (!n)
    return 0;
  do
    got = pread(x->body_fd, p, n, (off_t)(x->body_offset + s->body_at));
  while (got < 0 && errno == EINTR);
  if (got <= 0) { /* also when the file has become shorter */
    s->read_errno = got < 0 ? errno : ENODATA;
    return CURL_READFUNC_ABORT;
  }
  s->body_at += (uint64_t)got;
  return (size_t)got;
}

int gm_http_on_seek(void *user, curl_off_t offset, int origin)
{
  struct gm_http_slot *s = user;

  if (!s->x || origin != SEEK_SET || offset < 0 ||
      (uint64_t)offset > s->x->body_size)
    return CURL_SEEKFUNC_FAIL;
  s->body_at = (uint64_t)offset;
  return CURL_SEEKFUNC_OK;
}
