/* incoming.h - reads one HTTP/1.1 request from bytes as they come: a POST with
 * a body, of a size that is known or chunked.  No sockets, no clock.
 *
 * Strict where leniency would be a hole: a proxy in front must not read another
 * request out of the same bytes.  Lines end with CR LF, names are tokens, no
 * header goes on in the next line, and a length is told once. */
#ifndef GM_LOOP_INCOMING_H
#define GM_LOOP_INCOMING_H

#include "base/buf.h"

#define GM_INCOMING_HEAD    (32u << 10) /* bytes of request line and headers */
#define GM_INCOMING_HEADERS 100
#define GM_INCOMING_EXTRA   4096u /* of chunk extensions and trailers */

struct gm_incoming {
  struct gm_buf head, body;
  const char *method, *target;                    /* once the head is there */
  const char *pairs[2 * GM_INCOMING_HEADERS + 1]; /* name, value ... NULL */
  uint32_t n_pairs;                               /* strings in it */
  bool has_head, expects;                         /* "Expect: 100-continue" */
  uint8_t state;                                  /* incoming.c */
  uint32_t extra; /* GM_INCOMING_EXTRA used up */
  uint64_t left;  /* of the body, or of the chunk */
};

void gm_incoming_init(struct gm_incoming *in, size_t body_max);
void gm_incoming_finish(struct gm_incoming *in);

/* 0: more is wanted; 200: it is there in whole, further bytes are not looked
 * at; else the status that refuses it (400, 405, 411, 413, 431, 501, 503, 505), and
 * nothing may be fed after that. */
int gm_incoming_feed(struct gm_incoming *in, const char *data, size_t len);

/* A header by name, case folded; NULL: not there. */
const char *gm_incoming_header(const struct gm_incoming *in, const char *name);

#endif
