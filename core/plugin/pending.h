/* pending.h - an exchange that a step asked for, as data: what a waiting job
 * keeps instead of a handle.  One allocation, a few hundred bytes. */
#ifndef GM_PLUGIN_PENDING_H
#define GM_PLUGIN_PENDING_H

#include "loop/http.h"
#include <gamut/plugin.h>

struct gm_pending {
  int32_t phase;
  uint32_t flags; /* GAMUT_HTTP_... */
  uint32_t delay_ms, timeout_ms;
  uint32_t n_headers;
  uint32_t size;     /* of the whole allocation */
  uint32_t method, url, headers; /* offsets into text: "name\0value\0"... */
  uint32_t body, body_len;
  int32_t body_input; /* raw upload of this input; -1: none */
  uint64_t body_offset, body_size; /* of it; size 0: to its end */
  char text[];
};

struct gm_pending_parts {
  const char *method, *url;
  const struct gm_header *headers;
  size_t n_headers;
  const void *body;
  size_t body_len;
};
/* gm_free; NULL: no memory. */
struct gm_pending *gm_pending_new(const struct gamut_http *x,
                                  const struct gm_pending_parts *parts);
const char *gm_pending_method(const struct gm_pending *p);
const char *gm_pending_url(const struct gm_pending *p);
/* Fill up to `max`; the count. */
size_t gm_pending_headers(const struct gm_pending *p, struct gm_header *out,
                          size_t max);
const void *gm_pending_body(const struct gm_pending *p, size_t *ret_len);

/* Journal form: a JSON object; binary bodies as base64. */
void gm_pending_add_json(const struct gm_pending *p, struct gm_buf *b);
struct gm_pending *gm_pending_from_json(const struct json_object *o);

#endif
