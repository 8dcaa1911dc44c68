/* http_exchange.c - the exchange as its owner sees it: set up, forget, finish,
 * read the reply's headers.  What a reply left behind stays until reset, and
 * small buffers beyond, since exchanges are used again and again. */
#include "loop/http_private.h"
#include <string.h>

enum {
  KEEP_BYTES = 4096, /* a buffer that grew above this is given back */
  DEFAULT_TIMEOUT_MS = 120 * 1000,
  DOWNLOAD_SILENCE_MS = 60 * 1000
};

static const uint64_t default_max_body = (uint64_t)64 << 20;
static const uint64_t max_text = (uint64_t)64 << 20; /* what a parser gets */

void gm_exchange_init(struct gm_exchange *x)
{
  memset(x, 0, sizeof(*x));
  x->content_type = "";
  x->content_length = UINT64_MAX;
  gm_list_init(&x->link);
  gm_buf_init(&x->header_text, 2 * GM_HTTP_HEADER_BYTES_MAX);
  gm_buf_init(&x->header_value, GM_HTTP_HEADER_BYTES_MAX);
  gm_buf_init(&x->hop_url, 2 * GM_URL_MAX);
  gm_reader_init(&x->reader, 0, 0);
}

static void empty(struct gm_buf *b)
{
  if (b->size > KEEP_BYTES)
    gm_buf_finish(b);
  else
    gm_buf_clear(b);
}

void gm_exchange_reset(struct gm_exchange *x)
{
  gm_assert(!x->slot && !x->queued);
  gm_error_finish(&x->err);
  gm_reader_finish(&x->reader);
  empty(&x->header_text);
  empty(&x->header_value);
  empty(&x->hop_url);
  x->error_class = 0;
  x->was_sent = x->has_retry_after = x->unconnected = false;
  x->status = 0;
  x->content_type = "";
  x->retry_after_ms = x->hops = 0;
  x->body_received = 0;
  x->content_length = UINT64_MAX;
  x->start_us = x->end_us = x->paused_us = 0;
}

void gm_exchange_finish(struct gm_exchange *x)
{
  gm_assert(!x->slot && !x->queued);
  gm_error_finish(&x->err);
  gm_reader_finish(&x->reader);
  gm_buf_finish(&x->header_text);
  gm_buf_finish(&x->header_value);
  gm_buf_finish(&x->hop_url);
}

void gm_exchange_begin(struct gm_exchange *x)
{
  uint64_t max = gm_exchange_max_body(x);

  gm_exchange_reset(x);
  /* A stream that was refused is answered as usual. */
  if (!x->sink || x->flags & GM_X_STREAM)
    gm_reader_init(&x->reader, (size_t)GM_MIN(max, max_text), max);
}

const char *gm_exchange_url(const struct gm_exchange *x)
{
  return x->hops ? gm_buf_text(&x->hop_url) : x->url;
}

uint64_t gm_exchange_max_body(const struct gm_exchange *x)
{
  return x->max_body ? x->max_body : default_max_body;
}

uint32_t gm_exchange_timeout_ms(const struct gm_exchange *x)
{
  if (x->flags & GM_X_STREAM)
    return 0;
  if (x->timeout_ms || x->flags & GM_X_DOWNLOAD)
    return x->timeout_ms;
  return DEFAULT_TIMEOUT_MS;
}

uint32_t gm_exchange_silence_ms(const struct gm_exchange *x)
{
  if (x->flags & GM_X_STREAM)
    return x->timeout_ms ? x->timeout_ms : DEFAULT_TIMEOUT_MS;
  return x->flags & GM_X_DOWNLOAD ? DOWNLOAD_SILENCE_MS : 0;
}

const char *gm_exchange_header(struct gm_exchange *x, const char *name)
{
  const char *p = gm_buf_text(&x->header_text);
  const char *end = p + x->header_text.len;
  size_t len = strlen(name);

  while (p < end) {
    const char *eol = memchr(p, '\n', (size_t)(end - p));

    if (!eol)
      break;
    if ((size_t)(eol - p) >= len + 2 && memcmp(p, name, len) == 0 &&
        p[len] == ':') {
      p += len + 2;
      gm_buf_clear(&x->header_value);
      gm_buf_addn(&x->header_value, p, (size_t)(eol - p));
      return gm_buf_failed(&x->header_value) ? NULL
                                             : gm_buf_text(&x->header_value);
    }
    p = eol + 1;
  }
  return NULL;
}
