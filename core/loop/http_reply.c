/* http_reply.c - takes the reply as it comes: header lines, then the body, each
 * under its ceiling.
 *
 * An announced length is judged before the first byte, and two lengths that
 * differ are refused, since nobody can say where such a reply ends.  Where
 * chunks and a length come together curl lets the chunks decide (RFC 9112 6.3).
 * Interim replies (1xx) begin the headers anew, not the count of their bytes.
 * After the end of the headers only trailers come; nobody asked for them. */
#include "base/clock.h"
#include "base/str.h"
#include "loop/http_private.h"
#include "loop/retry_after.h"
#include <gamut/plugin.h>
#include <inttypes.h>
#include <string.h>

enum { REDIRECT_BODY_MAX = 64 * 1024 };

bool gm_http_is_redirect(int32_t status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 ||
         status == 308;
}

static size_t stop(struct gm_http_slot *s, int32_t error_class)
{
  s->failed = error_class;
  return 0; /* less than was offered: curl ends the transfer */
}

static size_t too_much(struct gm_http_slot *s, const char *what)
{
  return stop(
    s, gm_fail(&s->x->err, GAMUT_E_PROTOCOL, "%s: %s", s->host->origin, what));
}

/* ---- headers */

static void begin_head(struct gm_http_slot *s, const char *p, size_t len)
{
  struct gm_exchange *x = s->x;
  const char *code = memchr(p, ' ', len);
  size_t left = code ? len - (size_t)(code - p) : 0;

  gm_buf_clear(&x->header_text);
  s->announced = UINT64_MAX;
  s->is_http2 = len > 5 && p[5] >= '2';
  x->status = 0;
  for (size_t i = 1; i <= 3 && i < left; i++) {
    if (code[i] < '0' || code[i] > '9')
      return;
    x->status = x->status * 10 + (code[i] - '0');
  }
}

/* One number, or the same number several times ("5, 5"). */
static bool read_length(const char *p, size_t len, uint64_t *ret)
{
  uint64_t n = 0;
  size_t i = 0;

  for (; i < len && p[i] >= '0' && p[i] <= '9'; i++) {
    if (n > (UINT64_MAX / 2 - 9) / 10)
      return false;
    n = n * 10 + (uint64_t)(p[i] - '0');
  }
  if (!i || (*ret != UINT64_MAX && *ret != n))
    return false;
  *ret = n;
  while (i < len && (p[i] == ' ' || p[i] == '\t'))
    i++;
  if (i == len)
    return true;
  if (p[i++] != ',')
    return false;
  while (i < len && (p[i] == ' ' || p[i] == '\t'))
    i++;
  return read_length(p + i, len - i, ret);
}

static bool is_length(const char *name, size_t len)
{
  return len == 14 && memcmp(name, "content-length", 14) == 0;
}

/* Keep "name: value\n", the name in lower case. */
static bool keep_line(struct gm_http_slot *s, const char *p, size_t len)
{
  struct gm_buf *b = &s->x->header_text;
  const char *colon = memchr(p, ':', len);
  size_t name_len = colon ? (size_t)(colon - p) : 0, from = name_len + 1;
  char *to;

  if (!name_len)
    return true; /* a folded or malformed line: curl has judged it */
  while (from < len && (p[from] == ' ' || p[from] == '\t'))
    from++;
  to = gm_buf_room(b, name_len + len - from + 3);
  if (!to)
    return false;
  for (size_t i = 0; i < name_len; i++)
    to[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] | 0x20) : p[i];
  to[name_len] = ':';
  to[name_len + 1] = ' ';
  memcpy(to + name_len + 2, p + from, len - from);
  to[name_len + 2 + len - from] = '\n';
  gm_buf_grown(b, name_len + len - from + 3);
  if (!is_length(to, name_len) ||
      read_length(p + from, len - from, &s->announced))
    return true;
  too_much(s, "the reply's Content-Length is malformed or contradicts itself");
  return false;
}

static void read_type(struct gm_exchange *x)
{
  const char *type = gm_exchange_header(x, "content-type");
  size_t len = type ? strcspn(type, "; \t") : 0;

  if (!len || len >= sizeof(x->type_text))
    return;
  for (size_t i = 0; i < len; i++)
    x->type_text[i] =
      type[i] >= 'A' && type[i] <= 'Z' ? (char)(type[i] | 0x20) : type[i];
  x->type_text[len] = '\0';
  x->content_type = x->type_text;
}

static void read_wait(struct gm_exchange *x)
{
  const char *ms = gm_exchange_header(x, "retry-after-ms");
  char ms_text[64];
  const char *after;

  if (ms && strlen(ms) < sizeof(ms_text))
    ms = memcpy(ms_text, ms, strlen(ms) + 1);
  else
    ms = NULL;
  after = gm_exchange_header(x, "retry-after");
  x->has_retry_after = (ms || after) && gm_retry_after(after, ms, gm_wall_ms(),
                                                       &x->retry_after_ms);
}

static bool has_body(const struct gm_exchange *x)
{
  return x->status != 204 && x->status != 304 && strcmp(x->method, "HEAD") != 0;
}

static bool end_head(struct gm_http_slot *s)
{
  struct gm_exchange *x = s->x;
  uint64_t max = gm_exchange_max_body(x);

  if (x->status < 200) /* interim: another head follows */
    return true;
  s->head_ends = true;
  read_type(x);
  read_wait(x);
  s->redirects = x->flags & GM_X_DOWNLOAD && gm_http_is_redirect(x->status) &&
                 gm_exchange_header(x, "location");
  if (s->redirects || s->announced == UINT64_MAX || !has_body(x))
    return true;
  if (s->announced > max) {
    s->failed = gm_fail(&x->err, GAMUT_E_PROTOCOL,
                        "%s announced %" PRIu64 " bytes, more than the %" PRIu64
                        " allowed",
                        s->host->origin, s->announced, max);
    return false;
  }
  if (!s->decodes || !gm_exchange_header(x, "content-encoding"))
    x->content_length = x->reader.expect = s->announced;
  return true;
}

static bool take_line(struct gm_http_slot *s, const char *p, size_t len)
{
  while (len && (p[len - 1] == '\r' || p[len - 1] == '\n'))
    len--;
  if (s->head_ends)
    return true;
  if (len > 5 && memcmp(p, "HTTP/", 5) == 0) {
    begin_head(s, p, len);
    return true;
  }
  return len ? keep_line(s, p, len) : end_head(s);
}

size_t gm_http_on_header(char *p, size_t size, size_t n, void *user)
{
  struct gm_http_slot *s = user;
  size_t len = size * n;

  if (!s->x)
    return 0;
  s->head_bytes += len;
  s->head_lines++;
  if (s->head_bytes > GM_HTTP_HEADER_BYTES_MAX)
    return too_much(s, "the reply's headers are longer than 64 KiB");
  if (s->head_lines > GM_HTTP_HEADER_LINES_MAX)
    return too_much(s, "the reply has more than 200 headers");
  if (take_line(s, p, len))
    return len;
  if (s->failed)
    return 0;
  return stop(s, gm_fail(&s->x->err, GAMUT_E_NOMEM, "no memory for a reply"));
}

/* ---- body */

/* A body that hardly moves is as good as none; see on_limit in http.c. */
static void note_progress(struct gm_http_slot *s)
{
  uint64_t enough =
    s->x->flags & GM_X_DOWNLOAD ? gm_exchange_silence_ms(s->x) / 1000 : 1;

  if (s->x->body_received - s->moved_at < enough)
    return;
  s->moved_at = s->x->body_received;
  s->moved_ms = gm_mono_ms();
}

size_t gm_http_on_body(char *p, size_t size, size_t n, void *user)
{
  struct gm_http_slot *s = user;
  struct gm_exchange *x = s->x;
  size_t len = size * n;
  int32_t rc;

  if (!x)
    return 0;
  if (!s->redirects && gm_http_waits(s))
    return CURL_WRITEFUNC_PAUSE;
  x->body_received += len;
  s->http->moved += len;
  note_progress(s);
  if (s->redirects) /* let a short one end, for the connection's sake */
    return x->body_received > REDIRECT_BODY_MAX ? 0 : len;
  if (x->body_received > gm_exchange_max_body(x))
    return stop(s, gm_fail(&x->err, GAMUT_E_PROTOCOL,
                           "%s sent more than the %" PRIu64 " bytes allowed",
                           s->host->origin, gm_exchange_max_body(x)));
  rc =
    x->sink ? x->sink(x, p, len) : gm_reader_feed(&x->reader, p, len, &x->err);
  if (!s->x) /* aborted by the sink */
    return 0;
  return rc ? stop(s, rc) : len;
}
