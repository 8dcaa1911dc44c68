/* sse.h - server-sent events out of a stream of bytes (WHATWG rules: CR, LF and
 * CRLF end lines, lines that begin with ':' are comments, data lines join with
 * LF, a BOM at the start is skipped). */
#ifndef GM_LOOP_SSE_H
#define GM_LOOP_SSE_H

#include "base/buf.h"
#include "base/error.h"

struct gm_sse_event {
  const char *event; /* "message" when the stream names none */
  const char *data;
  size_t data_len;
  const char *id; /* last id seen, or "" */
};
/* Non-zero ends the feed and is handed back. */
typedef int32_t gm_sse_fn(void *user, const struct gm_sse_event *event);

struct gm_sse {
  struct gm_buf line, data, event, id;
  bool saw_cr, started;
};
void gm_sse_init(struct gm_sse *s, size_t max_event);
void gm_sse_finish(struct gm_sse *s);
int32_t gm_sse_feed(struct gm_sse *s, const char *p, size_t len, gm_sse_fn *fn,
                    void *user);

#endif
