/* h2.h - a vendor on loopback that speaks HTTP/2 over TLS, and ends streams and
 * connections as a test says. */
#ifndef GM_TESTS_H2_H
#define GM_TESTS_H2_H

/* What it does to a POST. */
enum h2_act {
  H2_ANSWER,
  H2_REFUSE,        /* RST_STREAM, REFUSED_STREAM: not processed */
  H2_BREAK,         /* RST_STREAM, INTERNAL_ERROR */
  H2_CANCEL,        /* RST_STREAM, CANCEL */
  H2_HEAD_BREAK,    /* ... after a status of 200 */
  H2_HEAD_REFUSE,   /* REFUSED_STREAM after it, which no server should do */
  H2_GOAWAY_BELOW,  /* GOAWAY, the last stream is one before ours: the same */
  H2_GOAWAY_CLOSE,  /* GOAWAY, ours may have been processed; FIN */
  H2_GOAWAY_ANSWER, /* GOAWAY, then the answer */
  H2_CLOSE,
  H2_RESET
};

struct h2;

/* The first `times` POSTs are treated so (0: all), others answered; a GET is.
 * `answer`: a JSON text.  The certificate is written to `ca_file`. */
struct h2 *h2_start(const char *ca_file, enum h2_act act, int times,
                    const char *answer);
void h2_stop(struct h2 *h);
int h2_port(const struct h2 *h);
int h2_posts(struct h2 *h);
/* On which connection the first came, from 0. */
int h2_first_post(struct h2 *h);

#endif
