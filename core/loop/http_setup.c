/* http_setup.c - what is set on an easy handle: once what never changes, per
 * exchange the rest.  Strings are set again only when they differ, because
 * libcurl copies each.
 *
 * CURLOPT_POSTFIELDS and _POST both choose the method, so the order in
 * set_method() matters, and CURLOPT_UPLOAD is never used: PUT is a POST by
 * another name here, with one way of giving a body. */
#include "base/clock.h"
#include "loop/http_private.h"
#include <gamut/plugin.h>
#include <pthread.h>
#include <string.h>

enum {
  CONNECT_TIMEOUT_MS = 10 * 1000,
  CONNECTION_AGE_S = 30, /* older ones are often dead at the other end */
  RECEIVE_BUFFER = 32 * 1024
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global_code;
static const char *encodings;

static void init_global(void)
{
  const curl_version_info_data *info;

  global_code = curl_global_init(CURL_GLOBAL_DEFAULT);
  info = curl_version_info(CURLVERSION_NOW);
  if (info->features & CURL_VERSION_LIBZ)
    encodings = info->features & CURL_VERSION_BROTLI ? "gzip, br" : "gzip";
}

const char *gm_http_encodings(void)
{
  return encodings;
}

/* There is no curl_global_cleanup(): the application may use libcurl too. */
int32_t gm_http_global(struct gm_error *err)
{
  pthread_once(&once, init_global);
  if (!global_code)
    return 0;
  return gm_fail(
    err, global_code == CURLE_OUT_OF_MEMORY ? GAMUT_E_NOMEM : GAMUT_E_TRANSPORT,
    "libcurl cannot start: %s", curl_easy_strerror(global_code));
}

/* ---- once */

static CURLcode set_callbacks(struct gm_http_slot *s)
{
  CURL *e = s->easy;

  curl_easy_setopt(e, CURLOPT_PRIVATE, s);
  curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->why);
  curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, gm_http_on_header);
  curl_easy_setopt(e, CURLOPT_HEADERDATA, s);
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, gm_http_on_body);
  curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
  curl_easy_setopt(e, CURLOPT_READFUNCTION, gm_http_on_read);
  curl_easy_setopt(e, CURLOPT_READDATA, s);
  curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, gm_http_on_seek);
  curl_easy_setopt(e, CURLOPT_SEEKDATA, s);
  curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, gm_http_on_open);
  curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, s);
  curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, gm_http_on_close);
  curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, s->http);
  curl_easy_setopt(e, CURLOPT_PREREQDATA, s);
  return curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, gm_http_on_send);
}

/* NOSIGNAL also means that libcurl leaves SIGPIPE alone, which belongs to the
 * application; its sockets are written with MSG_NOSIGNAL. */
static CURLcode set_constants(struct gm_http_slot *s)
{
  CURL *e = s->easy;
  CURLcode code = set_callbacks(s);

  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)CONNECTION_AGE_S);
  curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
  curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
#if LIBCURL_VERSION_NUM >= 0x075500
  if (!code)
    code = curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(e, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  /* Empty, not NULL: libcurl does not look at the environment; proxy.c did. */
  if (!code)
    code = curl_easy_setopt(e, CURLOPT_PROXY, "");
  if (!code)
    code = curl_easy_setopt(e, CURLOPT_NOPROXY, "");
  return code;
}

struct gm_http_slot *gm_http_slot_new(struct gm_http *h)
{
  struct gm_http_slot *s = gm_zalloc(sizeof(*s));

  if (!s)
    return NULL;
  s->http = h;
  gm_list_init(&s->link);
  gm_list_init(&s->wait);
  s->limit.fire = h->on_limit;
  s->easy = curl_easy_init();
  s->url = curl_url();
  if (!s->easy || !s->url || set_constants(s)) {
    gm_http_slot_free(s);
    return NULL;
  }
  return s;
}

void gm_http_slot_free(struct gm_http_slot *s)
{
  if (!s)
    return;
  if (s->easy) {
    gm_http_lines_wipe(s);
    curl_easy_cleanup(s->easy);
  }
  curl_url_cleanup(s->url);
  gm_free(s->lines);
  gm_free(s);
}

/* ---- per exchange */

static bool is_method(const char *m)
{
  size_t len = 0;

  while (m && m[len] >= 'A' && m[len] <= 'Z')
    len++;
  return len && len < 32 && !m[len];
}

bool gm_http_is_post(const struct gm_exchange *x)
{
  return x->body || x->made || strcmp(x->method, "POST") == 0 ||
         strcmp(x->method, "PUT") == 0 || strcmp(x->method, "PATCH") == 0;
}

static void set_body(struct gm_http_slot *s)
{
  const struct gm_exchange *x = s->x;
  uint64_t len = x->body ? x->body_len : x->made ? x->made->size : 0;
  const void *body = x->body ? x->body : x->made ? NULL : "";

  s->body_at = 0;
  curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
  curl_easy_setopt(s->easy, CURLOPT_POST, 1L);
}

static CURLcode set_method(struct gm_http_slot *s)
{
  const struct gm_exchange *x = s->x;
  const char *by_nature = "GET";

  if (gm_http_is_post(x)) {
    set_body(s);
    by_nature = "POST";
  } else if (strcmp(x->method, "HEAD") == 0) {
    curl_easy_setopt(s->easy, CURLOPT_NOBODY, 1L);
    by_nature = "HEAD";
  } else {
    curl_easy_setopt(s->easy, CURLOPT_HTTPGET, 1L);
  }
  if (strcmp(x->method, by_nature) != 0) {
    s->has_method = true;
    return curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, x->method);
  }
  if (s->has_method)
    curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, NULL);
  s->has_method = false;
  return CURLE_OK;
}

/* libcurl parses a URL that it is given as text, and then prints it again to
 * keep that, which is a twentieth of a job of six.  One that is parsed already
 * goes before the text, and the text makes that it need not be printed.  What
 * cannot be parsed is left for libcurl to complain about. */
static CURLcode set_url(struct gm_http_slot *s, const char *url)
{
  CURLUcode bad =
    curl_url_set(s->url, CURLUPART_URL, url, CURLU_DISALLOW_USER);
  CURLcode code = curl_easy_setopt(s->easy, CURLOPT_URL, url);

  return code ? code
              : curl_easy_setopt(s->easy, CURLOPT_CURLU, bad ? NULL : s->url);
}

static CURLcode set_scheme(struct gm_http_slot *s, const char *url)
{
  bool https = gm_url_is_https(url);

  /* Wait whether the first connection turns out to carry many streams; plain
   * HTTP/1.1 would only be held up. */
  if (https != s->wants_pipe)
    curl_easy_setopt(s->easy, CURLOPT_PIPEWAIT, https ? 1L : 0L);
  s->wants_pipe = https;
  return https ? gm_http_slot_ca(s) : CURLE_OK;
}

/* Over a kept connection a refusal cannot be told from its end (http_socket.c):
 * what was refused unread gets one of its own. */
static CURLcode set_connection(struct gm_http_slot *s)
{
  bool connects = s->x->flags & GM_X_BILLABLE && s->host->refused > 0;
  CURLcode code = CURLE_OK;

  if (connects)
    s->host->refused--;
  if (connects != s->connects)
    code = curl_easy_setopt(s->easy, CURLOPT_FRESH_CONNECT, (long)connects);
  s->connects = connects;
  return code;
}

static CURLcode set_decoding(struct gm_http_slot *s)
{
  bool decodes = encodings && !(s->x->flags & (GM_X_DOWNLOAD | GM_X_STREAM));
  CURLcode code = CURLE_OK;

  if (decodes != s->decodes)
    code = curl_easy_setopt(s->easy, CURLOPT_ACCEPT_ENCODING,
                            decodes ? encodings : NULL);
  s->decodes = decodes;
  return code;
}

static CURLcode set_proxy(struct gm_http_slot *s, const char *url)
{
  char origin[GM_ORIGIN_SIZE];
  const char *proxy = NULL;

  if (!s->http->proxy)
    return CURLE_OK;
  if (!(s->x->flags & GM_X_DIRECT) && gm_url_origin(url, origin))
    proxy = gm_proxy_for(s->http->proxy, origin);
  s->proxied = proxy;
  return curl_easy_setopt(s->easy, CURLOPT_PROXY, proxy ? proxy : "");
}

/* Hops share the time of their exchange. */
bool gm_http_slot_limit(struct gm_http_slot *s)
{
  const struct gm_exchange *x = s->x;
  uint32_t limit_ms = gm_exchange_timeout_ms(x);

  s->moved_ms = gm_mono_ms();
  s->due_ms =
    limit_ms ? (x->start_us + x->paused_us) / 1000 + limit_ms : UINT64_MAX;
  return gm_timer_start(s->http->loop, &s->limit, gm_http_slot_due_ms(s));
}

static void set_connect_limit(struct gm_http_slot *s)
{
  uint32_t ms = s->x->connect_ms;

  curl_easy_setopt(s->easy, CURLOPT_CONNECTTIMEOUT_MS,
                   ms ? (long)ms : (long)CONNECT_TIMEOUT_MS);
}

static void forget_last(struct gm_http_slot *s)
{
  s->guarded = s->proxied = s->refused = s->resent = s->silent = false;
  s->flows = s->hurries = s->is_http2 = false;
  s->moved_at = 0;
  s->head_ends = s->redirects = false;
  s->opened = s->fresh = s->not_taken = false;
  s->open_errno = 0;
  s->failed = 0;
  s->head_bytes = 0;
  s->head_lines = 0;
  s->announced = UINT64_MAX;
  s->why[0] = '\0';
}

/* A vendor's URL stays out of private networks, unless the map leads there. */
static int32_t set_guard(struct gm_http_slot *s, const char *url, bool mapped)
{
  struct gm_exchange *x = s->x;

  s->guarded = (x->flags & GM_X_FOREIGN || x->hops) && !mapped &&
               !gm_endpoints_is_target(s->http->endpoints, url);
  if (!s->guarded || !gm_url_host_is_private(url))
    return 0;
  return gm_fail(&x->err, GAMUT_E_PROTOCOL,
                 "the vendor's URL leads to a private address (%s); refused",
                 s->host->origin);
}

int32_t gm_http_slot_setup(struct gm_http_slot *s)
{
  struct gm_exchange *x = s->x;
  bool mapped;
  const char *url = gm_http_real_url(s->http, gm_exchange_url(x), &mapped);
  CURLcode code;
  int32_t rc;

  forget_last(s);
  if (!url)
    return gm_fail(&x->err, GAMUT_E_NOMEM, "no memory for a URL");
  if (!is_method(x->method))
    return gm_fail(&x->err, GAMUT_E_INVALID, "not an HTTP method: '%.40s'",
                   x->method ? x->method : "");
  rc = set_guard(s, url, mapped);
  if (rc)
    return rc;
  code = set_url(s, url);
  if (!code)
    code = set_method(s);
  if (!code)
    code = set_scheme(s, url);
  if (!code)
    code = set_connection(s);
  if (!code)
    code = set_decoding(s);
  if (!code)
    code = set_proxy(s, url);
  set_connect_limit(s);
  if (code || !gm_http_slot_limit(s))
    return gm_fail(&x->err, GAMUT_E_NOMEM, "no memory for a request");
  return gm_http_lines_set(s);
}
