/* pending.c - an exchange as data.
 *
 * Everything lies in one allocation: the head, the pieces of a body with
 * inputs, then texts that end with NUL (method, URL, header names and values in
 * turn, the files of inputs), then the text of the body.  Offsets count from
 * behind the pieces; the method stands there first, so 0 is nobody else's
 * place. */
#include "plugin/pending.h"
#include <string.h>

/* Where the next text goes; NULL `out` only counts. */
struct writer {
  char *out;
  size_t at;
};

static uint32_t put(struct writer *w, const void *p, size_t len)
{
  size_t at = w->at;

  if (w->out && len)
    memcpy(w->out + at, p, len);
  w->at += len;
  return (uint32_t)at;
}

static uint32_t put_text(struct writer *w, const char *s)
{
  return put(w, s, strlen(s) + 1);
}

/* Lay the parts out behind one another; called once to count, once to copy. */
static void lay_out(struct gm_pending *p, const struct gm_pending_parts *parts,
                    struct writer *w)
{
  size_t i;

  p->method = put_text(w, parts->method);
  p->url = put_text(w, parts->url);
  p->headers = (uint32_t)w->at;
  for (i = 0; i < parts->n_headers; i++) {
    put_text(w, parts->headers[i].name);
    put_text(w, parts->headers[i].value);
  }
  for (i = 0; i < parts->n_pieces; i++) {
    uint32_t at = parts->paths[i] ? put_text(w, parts->paths[i]) : 0;

    if (w->out)
      p->pieces[i].path = at;
  }
  p->body = put(w, parts->body, parts->body_len);
}

static char *texts(struct gm_pending *p)
{
  return (char *)(p->pieces + p->n_pieces);
}

static const char *text_at(const struct gm_pending *p, uint32_t at)
{
  return (const char *)(p->pieces + p->n_pieces) + at;
}

struct gm_pending *gm_pending_new(const struct gamut_http *x,
                                  const struct gm_pending_parts *parts)
{
  struct gm_pending head = { .phase = x->phase,
                             .flags = x->flags,
                             .delay_ms = x->delay_ms,
                             .timeout_ms = x->timeout_ms,
                             .poll_ms = x->poll_ms,
                             .n_headers = (uint32_t)parts->n_headers,
                             .n_pieces = (uint32_t)parts->n_pieces,
                             .body_len = (uint32_t)parts->body_len };
  struct writer w = { NULL, 0 };
  struct gm_pending *p;
  size_t pieces = parts->n_pieces * sizeof(*parts->pieces);

  if (parts->body_len > UINT32_MAX / 2 || pieces > UINT32_MAX / 4)
    return NULL;
  lay_out(&head, parts, &w);
  if (w.at > UINT32_MAX / 2)
    return NULL;
  p = gm_alloc(sizeof(*p) + pieces + w.at);
  if (!p)
    return NULL;
  *p = head;
  p->size = (uint32_t)(sizeof(*p) + pieces + w.at);
  if (pieces)
    memcpy(p->pieces, parts->pieces, pieces);
  w = (struct writer){ texts(p), 0 };
  lay_out(p, parts, &w);
  return p;
}

struct gm_pending *gm_pending_copy(const struct gm_pending *p)
{
  struct gm_pending *copy = gm_alloc(p->size);

  if (copy)
    memcpy(copy, p, p->size);
  return copy;
}

const char *gm_pending_method(const struct gm_pending *p)
{
  return text_at(p, p->method);
}

const char *gm_pending_url(const struct gm_pending *p)
{
  return text_at(p, p->url);
}

size_t gm_pending_headers(const struct gm_pending *p, struct gm_header *out,
                          size_t max)
{
  const char *at = text_at(p, p->headers);
  size_t i;

  for (i = 0; i < p->n_headers && i < max; i++) {
    out[i].name = at;
    at += strlen(at) + 1;
    out[i].value = at;
    at += strlen(at) + 1;
  }
  return i;
}

const void *gm_pending_text(const struct gm_pending *p, size_t *ret_len)
{
  *ret_len = p->body_len;
  return p->body_len ? text_at(p, p->body) : NULL;
}

const char *gm_pending_path(const struct gm_pending *p,
                            const struct gm_pending_piece *piece)
{
  return piece->path ? text_at(p, piece->path) : NULL;
}

uint64_t gm_pending_body_size(const struct gm_pending *p)
{
  uint64_t size = p->n_pieces ? 0 : p->body_len;
  uint32_t i;

  for (i = 0; i < p->n_pieces; i++) {
    const struct gm_pending_piece *piece = &p->pieces[i];

    size += piece->base64 ? (piece->size + 2) / 3 * 4 : piece->size;
  }
  return size;
}
