/* http.h - moves exchanges with libcurl's multi interface: a bounded pool of
 * easy handles, whatever the number of jobs.
 *
 * What holds for every exchange: TLS is verified; no automatic redirect (a
 * download follows up to five by itself: GET only, never https to http, secrets
 * decided anew for each hop); nothing is sent twice by libcurl behind our back
 * when BILLABLE is set (CURLOPT_PREREQFUNCTION refuses the second send); reply,
 * header and decoded size have ceilings; a FOREIGN url may not reach a private
 * address (checked on the address in use); all replies together stay within a
 * budget of memory, for which transfers wait (http_pause.c). */
#ifndef GM_LOOP_HTTP_H
#define GM_LOOP_HTTP_H

#include "loop/body.h"
#include "loop/endpoints.h"
#include "loop/loop.h"
#include "loop/reader.h"

struct gm_http;

struct gm_http_options {
  const struct gm_endpoints *endpoints; /* borrowed */
  uint32_t max_per_host; /* exchanges at once; 0: 64 */
  uint32_t max_total;    /* 0: 256 */
  bool one_shot; /* a short-lived process: take the hashed CA folder instead of
                    parsing the bundle; else bundle and CA cache */
  const char *user_agent;
  const char *ca_file; /* NULL: libcurl's */
  uint64_t reply_budget; /* bytes of replies in memory; 0: 256 MiB */
};
int32_t gm_http_new(struct gm_loop *l, struct gm_log *log,
                    const struct gm_http_options *o, struct gm_http **ret,
                    struct gm_error *err);
void gm_http_free(struct gm_http *h); /* aborts what is left, no callbacks */
GM_CLEANUP(struct gm_http, gm_http_free)

enum {
  GM_X_BILLABLE = 1u << 0, /* sent at most once */
  GM_X_DOWNLOAD = 1u << 1, /* follow redirects, no decoding, to `sink` */
  GM_X_STREAM = 1u << 2,   /* server-sent events: no total time limit, a
                              silence limit of timeout_ms instead */
  GM_X_FOREIGN = 1u << 3,  /* the URL is from a vendor's reply */
  GM_X_HELD = 1u << 4,     /* a download that stays in memory */
  GM_X_ASIDE = 1u << 5,    /* not a job's: takes no place of one, whatever the
                              limits say.  One at a time */
  GM_X_DIRECT = 1u << 6    /* not through a proxy */
};

struct gm_header {
  const char *name, *value;
};

struct gm_exchange {
  /* ---- set by the owner; borrowed until done() */
  const char *method, *url; /* as the vendor names it, before the map */
  const struct gm_header *headers;
  size_t n_headers;
  const void *body; /* in memory, or */
  size_t body_len;
  const struct gm_body *made; /* made while it is sent; both NULL: none
                                 (Content-Length: 0 for POST and PUT) */
  uint32_t flags;
  uint32_t timeout_ms; /* for the whole exchange; 0: 120 s (downloads: none,
                          but under 1 byte/s for 60 s ends them) */
  uint32_t connect_ms; /* for the connection alone; 0: 10 s */
  uint64_t max_body;   /* 0: 64 MiB; of a reply's text never more than that */
  void *owner;
  /* Add the secret headers that belong to `url` (not mapped), for this hop.
   * Write at most `max`, return the count.  Text need only live until it
   * returns.  May be NULL. */
  size_t (*authorize)(struct gm_exchange *x, const char *url,
                      struct gm_header *out, size_t max);
  /* Body bytes as they come (status, content_type are known); non-zero class
   * ends the exchange with it.  NULL: collected in `reader`. */
  int32_t (*sink)(struct gm_exchange *x, const char *p, size_t len);
  struct gm_reader *feeds; /* what `sink` reads with, or NULL */
  /* About to be sent: called once, just before the first byte leaves. May be
   * NULL.  Must not call gm_http. */
  void (*sending)(struct gm_exchange *x);
  /* The end, exactly once, from the loop; not after gm_http_abort().  May start
   * others, also `x` again after gm_exchange_reset(). */
  void (*done)(struct gm_exchange *x);

  /* ---- filled in */
  int32_t error_class; /* 0: an answer came, whatever its status.
                          TRANSPORT, TIMEOUT, PROTOCOL, NOMEM, INVALID (the URL,
                          a header, a file of the body: no whole request left) */
  struct gm_error err;
  bool was_sent;       /* at least one byte may have reached the server */
  bool unconnected;    /* it failed because no connection to the server came up
                          (the name, refused, too slow); not for want of a proxy,
                          of trust or of memory */
  int32_t status;
  const char *content_type; /* lower case, no parameters; "" unknown */
  uint32_t retry_after_ms;  /* 0: none */
  bool has_retry_after;
  struct gm_reader reader; /* the body, without sink */
  uint64_t body_received, content_length; /* UINT64_MAX: not announced */
  uint64_t start_us, end_us;
  uint64_t paused_us; /* of them it waited for room in memory */
  /* private */
  struct gm_list link;
  void *slot;
  struct gm_buf header_text; /* "name: value\n" lines, names in lower case */
  struct gm_buf header_value; /* what gm_exchange_header() handed out */
  char type_text[80];         /* what content_type points to */
  struct gm_buf hop_url;
  uint32_t hops;
  bool queued;
};

void gm_exchange_init(struct gm_exchange *x);
void gm_exchange_reset(struct gm_exchange *x);  /* forget the reply */
void gm_exchange_finish(struct gm_exchange *x); /* not while under way */
/* A reply header's value (first one), or NULL; name in lower case. The text
 * lives until the next call or reset. */
const char *gm_exchange_header(struct gm_exchange *x, const char *name);
/* Of those that say where else to ask: 301, 302, 303, 307, 308. */
bool gm_http_is_redirect(int32_t status);

/* Queue it; it starts when a slot of its host is free.  Failures arrive in
 * done(), never from here. */
void gm_http_start(struct gm_http *h, struct gm_exchange *x);
void gm_http_abort(struct gm_http *h, struct gm_exchange *x); /* no callback */

/* What replies in memory count against; whoever keeps what came has to go on
 * counting it.  Not after gm_http_free(). */
struct gm_budget *gm_http_budget(struct gm_http *h);
void gm_http_set_budget(struct gm_http *h, uint64_t bytes);

/* Does the endpoint map lead `url` elsewhere? */
bool gm_http_maps(struct gm_http *h, const char *url);

struct gm_http_stats {
  uint64_t exchanges, bytes_in, bytes_out, connections;
  uint64_t pauses; /* how often a transfer had to wait for room in memory */
  uint32_t active, waiting;
};
void gm_http_stats(const struct gm_http *h, struct gm_http_stats *ret);

#endif
