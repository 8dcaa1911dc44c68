/* http_error.c - how curl ended, as a class and a sentence.
 *
 * The sentence names the origin and what happened, in that order of use to the
 * reader.  It never quotes a header or a URL's query: both may hold secrets. */
#include "base/clock.h"
#include "loop/http_private.h"
#include <errno.h>
#include <gamut/plugin.h>
#include <inttypes.h>
#include <string.h>

static int os_error(const struct gm_http_slot *s)
{
  long number = 0;

  curl_easy_getinfo(s->easy, CURLINFO_OS_ERRNO, &number);
  return (int)number;
}

static int32_t no_connection(struct gm_http_slot *s)
{
  struct gm_error *err = &s->x->err;
  int number = s->open_errno ? s->open_errno : os_error(s);

  if (s->refused)
    return gm_fail(err, GAMUT_E_PROTOCOL,
                   "the vendor's URL leads to a private address (%s); refused",
                   s->address);
  if (s->open_errno == ENOMEM || s->open_errno == ENOBUFS)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a connection to %s",
                   s->host->origin);
  return gm_fail(err, GAMUT_E_TRANSPORT, "cannot connect to %s%s: %s",
                 s->host->origin, s->proxied ? " through the proxy" : "",
                 number ? strerror(number) : "connection refused");
}

static int32_t out_of_time(struct gm_http_slot *s)
{
  struct gm_exchange *x = s->x;
  uint32_t limit_ms =
    s->silent ? gm_exchange_silence_ms(x) : gm_exchange_timeout_ms(x);
  curl_off_t connect_us = 0;

  curl_easy_getinfo(s->easy, CURLINFO_PRETRANSFER_TIME_T, &connect_us);
  if (!s->silent && !connect_us)
    return gm_fail(&x->err, GAMUT_E_TIMEOUT, "no connection to %s in time",
                   s->host->origin);
  if (!s->head_ends)
    return gm_fail(&x->err, GAMUT_E_TIMEOUT, "no answer from %s within %.3g s",
                   s->host->origin, (double)limit_ms / 1000);
  if (s->silent)
    return gm_fail(&x->err, GAMUT_E_TIMEOUT,
                   "%s sent next to nothing for %.3g s, after %" PRIu64
                   " bytes of its answer",
                   s->host->origin, (double)limit_ms / 1000, x->body_received);
  return gm_fail(&x->err, GAMUT_E_TIMEOUT,
                 "the answer of %s did not end within %.3g s (%" PRIu64
                 " bytes came)",
                 s->host->origin, (double)limit_ms / 1000, x->body_received);
}

/* The connection went away. */
static int32_t broken(struct gm_http_slot *s, const char *what)
{
  struct gm_exchange *x = s->x;

  if (!s->head_ends)
    return gm_fail(&x->err, GAMUT_E_TRANSPORT, "%s %s", s->host->origin, what);
  if (x->content_length != UINT64_MAX)
    return gm_fail(&x->err, GAMUT_E_TRANSPORT,
                   "the answer of %s ended after %" PRIu64 " of %" PRIu64
                   " bytes",
                   s->host->origin, x->body_received, x->content_length);
  return gm_fail(&x->err, GAMUT_E_TRANSPORT,
                 "the answer of %s ended too early, after %" PRIu64 " bytes",
                 s->host->origin, x->body_received);
}

static int32_t aborted(struct gm_http_slot *s)
{
  if (s->refused)
    return no_connection(s);
  if (s->not_taken)
    return gm_fail(&s->x->err, GAMUT_E_TRANSPORT,
                   "%s refused the request before it looked at it",
                   s->host->origin);
  if (s->resent)
    return gm_fail(&s->x->err, GAMUT_E_TRANSPORT,
                   "%s closed the connection after the request was sent; it "
                   "was not sent again",
                   s->host->origin);
  return gm_fail(&s->x->err, GAMUT_E_TRANSPORT, "the request to %s was ended",
                 s->host->origin);
}

/* TLS libraries explain themselves; libcurl puts it into the error buffer. */
static int32_t no_trust(struct gm_http_slot *s, CURLcode code)
{
  return gm_fail(&s->x->err, GAMUT_E_TRANSPORT,
                 "no secure connection to %s: %s", s->host->origin,
                 s->why[0] ? s->why : curl_easy_strerror(code));
}

static int32_t say(struct gm_http_slot *s, int32_t error_class,
                   const char *what)
{
  return gm_fail(&s->x->err, error_class, "%s: %s", s->host->origin, what);
}

static int32_t judge_connection(struct gm_http_slot *s, CURLcode code)
{
  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST:
    return say(s, GAMUT_E_TRANSPORT, "the name cannot be resolved");
  case CURLE_COULDNT_RESOLVE_PROXY:
    return say(s, GAMUT_E_TRANSPORT, "the proxy's name cannot be resolved");
  case CURLE_COULDNT_CONNECT:
    return no_connection(s);
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_INVALIDCERTSTATUS:
  case CURLE_SSL_CACERT_BADFILE:
    return no_trust(s, code);
  case CURLE_GOT_NOTHING:
    return broken(s, "closed the connection without an answer");
  case CURLE_SEND_ERROR:
  case CURLE_SEND_FAIL_REWIND:
    return broken(s, "broke the connection while the request was sent");
  case CURLE_RECV_ERROR:
  case CURLE_PARTIAL_FILE:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
    return broken(s, "broke the connection before its answer");
  default:
    return say(s, GAMUT_E_TRANSPORT, curl_easy_strerror(code));
  }
}

/* Did the exchange end before there was a connection?  A proxy in between hides
 * that. */
static bool is_unconnected(const struct gm_http_slot *s, CURLcode code)
{
  curl_off_t connect_us = 0;

  if (s->x->was_sent || s->proxied || s->refused || s->open_errno || s->failed)
    return false;
  curl_easy_getinfo(s->easy, CURLINFO_CONNECT_TIME_T, &connect_us);
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
         (code == CURLE_OPERATION_TIMEDOUT && connect_us == 0);
}

int32_t gm_http_judge(struct gm_http_slot *s, CURLcode code)
{
  s->x->unconnected = is_unconnected(s, code);
  if (s->failed) { /* a callback of ours said why */
    gm_fail(&s->x->err, s->failed, "the answer of %s was not taken",
            s->host->origin);
    return s->failed;
  }
  switch (code) {
  case CURLE_OK: /* libcurl takes headers without an end for an answer */
    return s->head_ends ? 0 : broken(s, "broke off within its headers");
  case CURLE_OUT_OF_MEMORY: /* also what a header line of 100 KiB ends with */
    if (s->x->was_sent && !s->head_ends)
      return say(s, GAMUT_E_PROTOCOL, "a header of the reply is too long");
    return say(s, GAMUT_E_NOMEM, "no memory for the exchange");
  case CURLE_OPERATION_TIMEDOUT:
    return out_of_time(s);
  case CURLE_ABORTED_BY_CALLBACK:
    return aborted(s);
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
    return s->x->was_sent ? say(s, GAMUT_E_PROTOCOL, "the answer is not HTTP")
                          : say(s, GAMUT_E_INVALID, "libcurl refuses the URL");
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_HTTP_POST_ERROR:
    return say(s, GAMUT_E_PROTOCOL, "the answer is not proper HTTP");
  case CURLE_BAD_CONTENT_ENCODING:
    return say(s, GAMUT_E_PROTOCOL, "the answer's compression is broken");
  default:
    return judge_connection(s, code);
  }
}
