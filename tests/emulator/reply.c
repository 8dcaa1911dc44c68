/* Answers, good and broken.  A handler describes what it means to say; the
 * wire faults in `reply.wire` decide what becomes of it here.  Bodies belong
 * to the request, which outlives its response. */
#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <zlib.h>

#define HUGE_SIZE  ((uint64_t)10 << 30)
#define BOMB_SIZE  ((size_t)256 << 20)
#define PIECE      65536
#define BIG_HEADER ((size_t)96 * 1024)
#define HTML_PAGE                                                              \
  "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad" \
  " Gateway</h1></center><hr><center>nginx</center></body></html>\n"

void em_reply_header(struct em_request *rq, const char *name,
                     const char *format, ...)
{
  struct em_reply *re = &rq->reply;
  struct em_buf value = { 0 };
  char text[512];
  va_list args;

  if (re->n_headers == EM_MAX_HEADERS)
    return;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  em_buf_puts(&value, text);
  re->names[re->n_headers] = name;
  re->values[re->n_headers++] = value.data;
}

void em_reply_json(struct em_request *rq, unsigned status, const char *format,
                   ...)
{
  struct em_buf *b = &rq->reply.body;
  va_list args;
  int len;

  em_buf_finish(b);
  va_start(args, format);
  len = vsnprintf(NULL, 0, format, args);
  va_end(args);
  b->cap = (size_t)len + 1;
  b->data = em_alloc(b->cap);
  va_start(args, format);
  vsnprintf(b->data, b->cap, format, args);
  va_end(args);
  b->len = (size_t)len;
  rq->reply.status = status;
}

void em_reply_text(struct em_request *rq, unsigned status, const char *type,
                   const char *text)
{
  em_buf_finish(&rq->reply.body);
  em_buf_puts(&rq->reply.body, text);
  rq->reply.content_type = type;
  rq->reply.status = status;
}

void em_reply_clear(struct em_reply *re)
{
  unsigned i;

  for (i = 0; i < re->n_headers; i++)
    free(re->values[i]);
  em_buf_finish(&re->body);
  em_blob_unref(re->blob);
}

static const char *body_bytes(const struct em_reply *re, size_t *len)
{
  *len = re->blob ? re->blob_len : re->body.len;
  if (re->blob)
    return (const char *)re->blob->bytes + re->blob_from;
  return re->body.data ? re->body.data : "";
}

/* Body makers for libmicrohttpd: `pos` bytes have gone, write up to `max`. */

static ssize_t give_half(void *cls, uint64_t pos, char *to, size_t max)
{
  struct em_request *rq = cls;
  size_t len, left;
  const char *bytes = body_bytes(&rq->reply, &len);

  left = len / 2 - (size_t)pos;
  if (!left)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  if (left > max)
    left = max;
  memcpy(to, bytes + pos, left);
  return (ssize_t)left;
}

/* Begins like the true body, so that only its size gives it away. */
static ssize_t give_for_ever(void *cls, uint64_t pos, char *to, size_t max)
{
  struct em_request *rq = cls;
  size_t len, n = 0;
  const char *bytes = body_bytes(&rq->reply, &len);

  if (len > 1)
    len--; /* the closing brace would end the JSON */
  if (pos < len) {
    n = len - (size_t)pos < max ? len - (size_t)pos : max;
    memcpy(to, bytes + pos, n);
  }
  memset(to + n, ' ', max - n);
  return (ssize_t)max;
}

static ssize_t give_slowly(void *cls, uint64_t pos, char *to, size_t max)
{
  struct em_request *rq = cls;
  struct em_server *sv = rq->server;
  size_t len;
  const char *bytes = body_bytes(&rq->reply, &len);

  (void)max;
  if (sv->stopping)
    return MHD_CONTENT_READER_END_WITH_ERROR;
  if (rq->mark == pos && pos) { /* this byte's pause is still to come */
    rq->mark = pos + 1;
    em_park(sv, rq->connection, em_now_ms(sv) + rq->reply.wire.trickle_ms);
    return 0;
  }
  if (!pos)
    rq->mark = 0;
  *to = bytes[pos];
  rq->mark = pos + 1;
  return 1;
}

static ssize_t give_pieces(void *cls, uint64_t pos, char *to, size_t max)
{
  struct em_request *rq = cls;
  struct em_server *sv = rq->server;
  size_t n;

  if (rq->sent == rq->pending.len) {
    int64_t wait_ms = (int64_t)rq->mark;

    if (rq->last_piece || sv->stopping)
      return MHD_CONTENT_READER_END_OF_STREAM;
    rq->mark = 0;
    if (wait_ms) {
      em_park(sv, rq->connection, em_now_ms(sv) + wait_ms);
      return 0;
    }
    rq->sent = rq->pending.len = 0;
    if (pos && rq->reply.wire.truncate)
      return MHD_CONTENT_READER_END_WITH_ERROR;
    wait_ms = rq->reply.more(rq, &rq->pending);
    rq->last_piece = wait_ms < 0;
    rq->mark = wait_ms > 0 ? (uint64_t)wait_ms : 0;
    if (!rq->pending.len)
      return give_pieces(cls, pos, to, max);
  }
  n = rq->pending.len - (size_t)rq->sent;
  n = n < max ? n : max;
  memcpy(to, rq->pending.data + rq->sent, n);
  rq->sent += n;
  return (ssize_t)n;
}

/* Answers that libmicrohttpd would rightly refuse to send go straight into
 * the socket, which is closed behind them. */
static enum MHD_Result send_raw(struct em_request *rq)
{
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const struct em_wire *w = &rq->reply.wire;
  struct em_buf out = { 0 };
  size_t len, sent = 0, i;
  const char *bytes = body_bytes(&rq->reply, &len);

  em_buf_printf(
    &out, "HTTP/1.1 %u Emulated\r\nContent-Type: %s\r\n", rq->reply.status,
    rq->reply.content_type ? rq->reply.content_type : "application/json");
  em_buf_printf(&out, "Content-Length: %zu\r\n", len);
  if (w->twolengths)
    em_buf_printf(&out, "Content-Length: %zu\r\n", len / 2);
  if (w->bigheader) {
    em_buf_puts(&out, "X-Fal-Served-From: ");
    for (i = 0; i < BIG_HEADER; i++)
      em_buf_putc(&out, 'x');
    em_buf_puts(&out, "\r\n");
  }
  em_buf_puts(&out, "\r\n");
  em_buf_add(&out, bytes, len);
  if (w->longbody)
    em_buf_puts(&out, "and then some more that nobody announced");
  while (info && sent < out.len) { /* fits a socket buffer in practice */
    ssize_t n =
      send(info->connect_fd, out.data + sent, out.len - sent, MSG_NOSIGNAL);

    if (n <= 0)
      break;
    sent += (size_t)n;
  }
  em_buf_finish(&out);
  return MHD_NO;
}

static enum MHD_Result break_connection(struct em_request *rq)
{
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  const struct linger at_once = { .l_onoff = 1 };

  rq->server->stats.replies[0]++;
  if (info && rq->reply.wire.reset)
    setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &at_once,
               sizeof(at_once));
  return MHD_NO;
}

/* The bomb's whole packet, made when first asked for. */
static void bomb(struct em_buf *out)
{
  z_stream z = { 0 };
  unsigned char *spaces = em_alloc(PIECE), *packed = em_alloc(PIECE);
  size_t left = BOMB_SIZE;
  int rc;

  memset(spaces, ' ', PIECE);
  if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) == Z_OK) {
    do {
      if (!z.avail_in && left) {
        z.next_in = spaces;
        z.avail_in = PIECE;
        left -= PIECE;
      }
      z.next_out = packed;
      z.avail_out = PIECE;
      rc = deflate(&z, left ? Z_NO_FLUSH : Z_FINISH);
      em_buf_add(out, packed, PIECE - z.avail_out);
    } while (rc == Z_OK || rc == Z_BUF_ERROR);
    deflateEnd(&z);
  }
  free(spaces);
  free(packed);
}

/* Faults that leave a proper HTTP answer with another content. */
static void spoil(struct em_request *rq)
{
  struct em_reply *re = &rq->reply;
  const struct em_wire *w = &re->wire;
  size_t len;
  const char *bytes = body_bytes(re, &len);
  struct em_buf now = { 0 };

  if (w->badjson) {
    em_buf_add(&now, bytes, len / 2);
  } else if (w->html) {
    em_buf_puts(&now, HTML_PAGE);
  } else if (w->wrongtype) {
    em_buf_puts(&now, "[1, 2, 3]");
    re->content_type = "text/plain";
  } else if (w->bomb) {
    bomb(&now);
    em_reply_header(rq, "Content-Encoding", "gzip");
  } else if (!w->empty_body) {
    return;
  }
  em_blob_unref(re->blob);
  re->blob = NULL;
  em_buf_finish(&re->body);
  re->body = now;
}

static struct MHD_Response *make_response(struct em_request *rq)
{
  struct em_reply *re = &rq->reply;
  size_t len;
  const char *bytes = body_bytes(re, &len);
  char *lent; /* libmicrohttpd's buffers are not const, but only read */

  if (re->more)
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096,
                                             give_pieces, rq, NULL);
  if (re->wire.truncate)
    return MHD_create_response_from_callback(len, PIECE, give_half, rq, NULL);
  if (re->wire.huge || re->wire.endless)
    return MHD_create_response_from_callback(re->wire.huge ? HUGE_SIZE
                                                           : MHD_SIZE_UNKNOWN,
                                             PIECE, give_for_ever, rq, NULL);
  if (re->wire.trickle_ms)
    return MHD_create_response_from_callback(len, 16, give_slowly, rq, NULL);
  memcpy(&lent, &bytes, sizeof(lent));
  return MHD_create_response_from_buffer(len, lent, MHD_RESPMEM_PERSISTENT);
}

/* JSON, unless the handler said otherwise; nothing is of no type. */
static const char *type_of(const struct em_reply *re)
{
  bool is_empty = !re->body.len && !re->blob && !re->more &&
                  !re->wire.empty_body && !re->wire.huge && !re->wire.endless;

  if (re->content_type)
    return re->content_type;
  return is_empty ? NULL : "application/json";
}

enum MHD_Result em_reply_send(struct em_request *rq)
{
  struct em_reply *re = &rq->reply;
  const struct em_wire *w = &re->wire;
  struct MHD_Response *response;
  enum MHD_Result rc;
  unsigned i;

  if (w->reset || w->close)
    return break_connection(rq);
  spoil(rq);
  rq->server->stats.replies[re->status / 100 % 6]++;
  if (w->longbody || w->twolengths || w->bigheader)
    return send_raw(rq);
  response = make_response(rq);
  if (!response)
    return MHD_NO;
  if (type_of(re))
    MHD_add_response_header(response, "Content-Type", type_of(re));
  for (i = 0; i < re->n_headers; i++)
    MHD_add_response_header(response, re->names[i], re->values[i]);
  rc = MHD_queue_response(rq->connection, re->status, response);
  MHD_destroy_response(response);
  return rc;
}
