/* http_private.h - what the files of the HTTP client share: the pool, its slots
 * and hosts.  A slot is one easy handle, made when first needed and used again
 * and again; an exchange that waits has none. */
#ifndef GM_LOOP_HTTP_PRIVATE_H
#define GM_LOOP_HTTP_PRIVATE_H

#include "base/map.h"
#include "loop/budget.h"
#include "loop/http.h"
#include "loop/proxy.h"
#include "loop/url.h"
#include <curl/curl.h>

#define GM_HTTP_REDIRECTS_MAX    5
#define GM_HTTP_HEADER_BYTES_MAX ((size_t)64 * 1024)
#define GM_HTTP_HEADER_LINES_MAX 200
#define GM_HTTP_ADDRESS_SIZE     64 /* an IPv6 address as text */

/* The exchanges of one origin (as mapped), first come first served. */
struct gm_http_host {
  struct gm_list link;    /* in http->ready: has waiting ones and room */
  struct gm_list waiting; /* gm_exchange.link */
  uint32_t active;
  uint32_t refused; /* so many paid requests were, unread, and go again */
  char origin[GM_ORIGIN_SIZE];
};

struct gm_http_slot {
  struct gm_list link; /* in http->idle, active or doomed */
  struct gm_http *http;
  struct gm_http_host *host;
  struct gm_exchange *x; /* NULL: aborted inside a callback of curl's */
  CURL *easy;
  CURLU *url;
  /* the request */
  void *lines; /* its header lines, secrets among them */
  size_t lines_size;
  uint64_t body_at;
  struct gm_timer limit;   /* see gm_http_slot_due_ms() */
  uint64_t moved_ms;       /* when the body last made progress */
  uint64_t moved_at;       /* ... and how long it was then */
  struct gm_list wait;     /* in http->paused */
  uint64_t paused_us;      /* since when */
  uint64_t due_ms;         /* of the whole; UINT64_MAX: no limit */
  bool flows;              /* takes what comes into memory */
  bool hurries;            /* must not wait again */
  bool is_http2;
  /* what the handle is set to, so that it is not set again */
  bool has_ca, wants_pipe, decodes, has_method, connects;
  /* the exchange under way */
  bool guarded;   /* may not reach a private address */
  bool proxied;   /* ... but the proxy connects, so only names are looked at */
  bool refused;   /* a private address was met: `address` */
  bool resent;    /* curl wanted to send a billable request again */
  bool opened;    /* a connection, for this exchange */
  bool fresh;     /* its request went over that one */
  bool not_taken; /* the server said that it has not processed it */
  bool silent;    /* ended by the limit of silence */
  bool head_ends, redirects;
  int open_errno;
  int32_t failed; /* class of a callback's failure; the sentence is in x->err */
  size_t head_bytes;
  uint32_t head_lines;
  uint64_t announced; /* Content-Length, UINT64_MAX: none */
  char address[GM_HTTP_ADDRESS_SIZE];
  char why[CURL_ERROR_SIZE];
};

struct gm_http {
  struct gm_loop *loop;
  struct gm_log *log;
  CURLM *multi;
  const struct gm_endpoints *endpoints;
  struct gm_proxy *proxy; /* NULL: none is set */
  char *user_agent, *ca_file;
  bool one_shot;
  bool ca_known; /* the two below are decided */
  const char *ca_bundle, *ca_folder;
  uint32_t max_per_host, max_total;
  struct gm_map hosts; /* origin -> gm_http_host */
  size_t n_hosts;
  struct gm_buf mapped;  /* see gm_http_real_url */
  struct gm_list ready;  /* gm_http_host.link */
  struct gm_list aside;  /* gm_exchange.link: waits for nothing */
  struct gm_http_host aside_host; /* stands for that of the one aside */
  struct gm_list idle;   /* gm_http_slot.link, the latest used first */
  struct gm_list active; /* the same */
  struct gm_list doomed; /* aborted inside a callback, to be taken from curl */
  struct gm_list failed; /* gm_exchange.link: could not start */
  struct gm_budget budget;
  struct gm_list paused; /* gm_http_slot.wait, the longest first */
  uint32_t n_flowing;
  uint64_t moved, moved_seen; /* bytes of bodies taken; when last looked at */
  bool urgent; /* one of them goes on, whatever the budget says */
  struct gm_timer watch;
  struct gm_timer timer;                  /* curl's */
  struct gm_timer kick;                   /* end `failed`, start what waits */
  void (*on_limit)(struct gm_timer *t);   /* of each slot */
  bool in_curl;                           /* inside curl_multi_socket_action */
  struct gm_http_stats stats;
};

/* http.c: where `url` really goes; valid until the next call.  NULL: no
 * memory. */
const char *gm_http_real_url(struct gm_http *h, const char *url,
                             bool *ret_mapped);
/* http_queue.c */
int32_t gm_http_enqueue(struct gm_http *h, struct gm_exchange *x, bool first);
void gm_http_dequeue(struct gm_http *h, struct gm_exchange *x);
/* The next exchange that may start now, and its host; NULL: none. */
struct gm_exchange *gm_http_next(struct gm_http *h, struct gm_http_host **ret);
void gm_http_host_leave(struct gm_http *h, struct gm_http_host *host);
void gm_http_hosts_finish(struct gm_http *h);

/* http_ca.c: the certificates to trust. */
int32_t gm_http_check_ca(const struct gm_http *h, struct gm_error *err);
CURLcode gm_http_slot_ca(struct gm_http_slot *s);

/* http_setup.c */
int32_t gm_http_global(struct gm_error *err);
const char *gm_http_encodings(void); /* that libcurl can undo; NULL: none */
struct gm_http_slot *gm_http_slot_new(struct gm_http *h);
void gm_http_slot_free(struct gm_http_slot *s);
/* Goes as a POST of curl's, whatever its method: it has a body or a length. */
bool gm_http_is_post(const struct gm_exchange *x);
/* Make the handle ready for s->x. */
int32_t gm_http_slot_setup(struct gm_http_slot *s);
/* Its limits count from now; time that it was made to wait does not.  False: no
 * memory, which cannot happen once the handle has been set up. */
bool gm_http_slot_limit(struct gm_http_slot *s);

/* http_lines.c: the header lines of s->x, in memory that is wiped. */
int32_t gm_http_lines_set(struct gm_http_slot *s);
void gm_http_lines_wipe(struct gm_http_slot *s);

/* http_body.c: callbacks that hand curl the body of the request */
size_t gm_http_on_read(char *p, size_t size, size_t n, void *user);
int gm_http_on_seek(void *user, curl_off_t offset, int origin);

/* http_socket.c: callbacks that stand between curl and the network */
curl_socket_t gm_http_on_open(void *user, curlsocktype purpose,
                              struct curl_sockaddr *a);
int gm_http_on_close(void *user, curl_socket_t fd);
int gm_http_on_send(void *user, char *remote_ip, char *local_ip,
                    int remote_port, int local_port);

/* http_reply.c: callbacks that take the reply */
size_t gm_http_on_header(char *p, size_t size, size_t n, void *user);
size_t gm_http_on_body(char *p, size_t size, size_t n, void *user);

/* http_pause.c: shall what comes for it be left where it is for now? */
bool gm_http_waits(struct gm_http_slot *s);
void gm_http_waits_not(struct gm_http_slot *s); /* it is over */
/* Let go on what may.  One that failed on the way, with its code; NULL: that
 * was all. */
struct gm_http_slot *gm_http_resume(struct gm_http *h, CURLcode *ret);
void gm_http_on_watch(struct gm_timer *t);
/* http.c: when its timer ends it, for silence or for the time of the whole. */
uint64_t gm_http_slot_due_ms(const struct gm_http_slot *s);

/* http_redirect.c: where the reply in `x` leads; judged and written to
 * x->hop_url.  `base` is where it came from, as the vendor names it. */
int32_t gm_http_redirect(const struct gm_http *h, struct gm_exchange *x);
int32_t gm_http_next_hop(const struct gm_endpoints *e, const char *base,
                         const char *location, struct gm_buf *out,
                         struct gm_error *err);

/* http_error.c: the class for how curl ended; the sentence goes to x->err. */
int32_t gm_http_judge(struct gm_http_slot *s, CURLcode code);

/* http_exchange.c */
void gm_exchange_begin(struct gm_exchange *x);
/* The URL of the hop under way, as the vendor names it. */
const char *gm_exchange_url(const struct gm_exchange *x);
uint64_t gm_exchange_max_body(const struct gm_exchange *x);
/* Which time limit holds, in ms; 0: none. */
uint32_t gm_exchange_timeout_ms(const struct gm_exchange *x);
uint32_t gm_exchange_silence_ms(const struct gm_exchange *x);

#endif
