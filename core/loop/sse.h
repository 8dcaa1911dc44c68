/* sse.h - server-sent events out of a stream of bytes (WHATWG rules: CR, LF and
 * CRLF end lines, lines that begin with ':' are comments, data lines join with
 * LF, a BOM at the start is skipped).  Data goes through a reader as it comes,
 * so a picture inside an event leaves for a blob and is never a line. */
#ifndef GM_LOOP_SSE_H
#define GM_LOOP_SSE_H

#include "loop/reader.h"

struct gm_sse_event {
  const char *event; /* "message" when the stream names none */
  const char *data;  /* without its long strings */
  size_t data_len;
  const char *id;                 /* last id seen, or "" */
  const struct gm_reader *reader; /* has the long strings */
};
/* Non-zero ends the feed and is handed back. */
typedef int32_t gm_sse_fn(void *user, const struct gm_sse_event *event);

struct gm_sse {
  struct gm_reader data; /* of the event that is coming */
  struct gm_buf event, id;
  struct gm_buf name, value; /* of the field that is coming; not of data */
  uint64_t max_event;
  uint32_t n_data; /* lines of data so far */
  int32_t failed;  /* the class that ended it */
  uint8_t state, field;
  bool saw_cr, started;
};
/* `max_event`: bytes of data in one event. */
void gm_sse_init(struct gm_sse *s, uint64_t max_event);
void gm_sse_finish(struct gm_sse *s);
/* 0; what `fn` gave; PROTOCOL (ceiling, a broken escape in a long string),
 * NOMEM, TRANSPORT (temporary file): `err` says which, and it stays so. */
int32_t gm_sse_feed(struct gm_sse *s, const char *p, size_t len, gm_sse_fn *fn,
                    void *user, struct gm_error *err);

#endif
