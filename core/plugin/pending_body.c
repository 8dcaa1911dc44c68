/* pending_body.c - from the names of inputs to bytes that can be sent.
 *
 * A file is opened each time the exchange is sent, and it must still be what it
 * was when the exchange was made: whoever sends again must send the same. */
#include "plugin/call.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int32_t open_file(const char *path, const struct gm_pending_piece *from,
                         struct gm_body_piece *to, struct gm_error *err)
{
  struct gm_file_mark now;
  char why[128];

  to->name = path;
  to->mark = from->mark;
  to->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (to->fd < 0)
    return gm_fail(err, GAMUT_E_INVALID, "cannot read '%s': %s", path,
                   strerror_r(errno, why, sizeof(why)));
  if (gm_file_mark(to->fd, &now) == 0 && now.size == from->mark.size &&
      now.mtime_ns == from->mark.mtime_ns)
    return 0;
  close(to->fd);
  return gm_fail(err, GAMUT_E_INVALID,
                 "'%s' has changed since it was first looked at; it was not "
                 "sent",
                 path);
}

static int32_t open_held(const struct gm_pending_piece *from,
                         const struct gm_input *inputs, uint32_t n_inputs,
                         struct gm_body_piece *to, struct gm_error *err)
{
  const struct gm_input *in = NULL;

  if ((uint32_t)from->input < n_inputs)
    in = &inputs[from->input];
  if (!in || !in->held || in->held->blob.len != from->mark.size)
    return gm_fail(err, GAMUT_E_INVALID,
                   "the bytes of input %d are gone with the process that had "
                   "them",
                   (int)from->input);
  to->blob = &in->held->blob;
  to->name = gm_input_source(in);
  return 0;
}

static int32_t open_piece(const struct gm_pending *p,
                          const struct gm_pending_piece *from,
                          const struct gm_input *inputs, uint32_t n_inputs,
                          struct gm_body *b, struct gm_error *err)
{
  struct gm_body_piece to = {
    .fd = -1, .base64 = from->base64, .offset = from->offset, .size = from->size
  };
  const char *path = gm_pending_path(p, from);
  size_t len;
  int32_t rc = 0;

  if (from->input < 0)
    to.data = gm_pending_text(p, &len);
  else if (path)
    rc = open_file(path, from, &to, err);
  else
    rc = open_held(from, inputs, n_inputs, &to, err);
  if (rc == 0)
    gm_body_add(b, &to);
  return rc;
}

int32_t gm_pending_open(const struct gm_pending *p,
                        const struct gm_input *inputs, uint32_t n_inputs,
                        struct gm_body *ret, struct gm_error *err)
{
  int32_t rc = 0;
  uint32_t i;

  if (!gm_body_reserve(ret, p->n_pieces))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
  for (i = 0; i < p->n_pieces && rc == 0; i++)
    rc = open_piece(p, &p->pieces[i], inputs, n_inputs, ret, err);
  return rc;
}

int32_t gm_pending_read(const struct gm_pending *p,
                        const struct gm_input *inputs, uint32_t n_inputs,
                        struct gm_buf *out, struct gm_error *err)
{
  _cleanup_(gm_body_finish) struct gm_body b = GM_BODY_INIT;
  size_t len;
  const void *text = gm_pending_text(p, &len);
  ssize_t n = 0;
  char *room;
  int32_t rc;

  if (p->n_pieces == 0) {
    gm_buf_addn(out, text, len);
  } else {
    rc = gm_pending_open(p, inputs, n_inputs, &b, err);
    room = rc == 0 ? gm_buf_room(out, (size_t)b.size) : NULL;
    if (room)
      n = gm_body_read(&b, 0, room, (size_t)b.size, err);
    if (rc || n < 0)
      return rc ? rc : GAMUT_E_INVALID;
    gm_buf_grown(out, (size_t)n);
  }
  if (gm_buf_failed(out))
    return gm_fail(err, out->failed, "no memory for a body");
  return 0;
}
