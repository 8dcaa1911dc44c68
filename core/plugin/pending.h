/* pending.h - an exchange that a step asked for, as data: what a waiting job
 * keeps instead of a handle.  One allocation, a few hundred bytes: inputs in
 * its body are named, not copied. */
#ifndef GM_PLUGIN_PENDING_H
#define GM_PLUGIN_PENDING_H

#include "loop/http.h"
#include <gamut/plugin.h>

struct gm_input;

/* A piece of a body: text of the pending exchange, or bytes of an input. */
struct gm_pending_piece {
  int32_t input;         /* -1: text */
  bool base64;           /* of an input: as base64 */
  uint32_t path;         /* in the texts: its file; 0: it is held in memory */
  uint64_t offset, size; /* which bytes of the body's text or of the input */
  struct gm_file_mark mark; /* what the file was when it was looked at */
};

struct gm_pending {
  int32_t phase;
  uint32_t flags; /* GAMUT_HTTP_... */
  uint32_t delay_ms, timeout_ms, poll_ms;
  uint32_t n_headers, n_pieces;
  uint32_t size;                 /* of the whole allocation */
  uint32_t method, url, headers; /* in the texts: "name\0value\0"... */
  uint32_t body, body_len;       /* all text of the body */
  struct gm_pending_piece
    pieces[]; /* of a body with inputs; the texts are behind */
};

struct gm_pending_parts {
  const char *method, *url;
  const struct gm_header *headers;
  size_t n_headers;
  const void *body; /* all text of the body */
  size_t body_len;
  const struct gm_pending_piece
    *pieces;                /* `path` is for gm_pending_new() to set */
  size_t n_pieces;          /* 0: the body is text only */
  const char *const *paths; /* of each piece, or NULL */
};
/* gm_free; NULL: no memory. */
struct gm_pending *gm_pending_new(const struct gamut_http *x,
                                  const struct gm_pending_parts *parts);
struct gm_pending *gm_pending_copy(const struct gm_pending *p);
const char *gm_pending_method(const struct gm_pending *p);
const char *gm_pending_url(const struct gm_pending *p);
/* Fill up to `max`; the count. */
size_t gm_pending_headers(const struct gm_pending *p, struct gm_header *out,
                          size_t max);
/* All text of the body: the whole of it, or what stands between inputs. NULL:
 * none. */
const void *gm_pending_text(const struct gm_pending *p, size_t *ret_len);
/* The file of a piece; NULL: text, or held in memory. */
const char *gm_pending_path(const struct gm_pending *p,
                            const struct gm_pending_piece *piece);
/* How long the body is when it is sent. */
uint64_t gm_pending_body_size(const struct gm_pending *p);

/* pending_body.c: the body, ready to be read; `p` and the inputs must outlive
 * it.  INVALID names the input: its file cannot be opened or has changed since
 * the exchange was made, or its bytes were held by a process that is gone. */
int32_t gm_pending_open(const struct gm_pending *p,
                        const struct gm_input *inputs, uint32_t n_inputs,
                        struct gm_body *ret, struct gm_error *err);
/* The whole body as bytes, for those who look at it. */
int32_t gm_pending_read(const struct gm_pending *p,
                        const struct gm_input *inputs, uint32_t n_inputs,
                        struct gm_buf *out, struct gm_error *err);

/* pending_json.c: the journal's form, a JSON object.  Binary text is base64,
 * inputs are named with what they must still be. */
void gm_pending_add_json(const struct gm_pending *p, struct gm_buf *b);
struct gm_pending *gm_pending_from_json(const struct json_object *o);

#endif
