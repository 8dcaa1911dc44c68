/* fuzz_sse.c - a stream whole and in pieces gives the same events. */
#include "fuzz/fuzz.h"
#include "loop/sse.h"
#include <stdlib.h>
#include <string.h>

#define STREAM_MAX (1u << 20)

static void must(bool ok)
{
  if (!ok)
    abort();
}

static int32_t collect(void *user, const struct gm_sse_event *e)
{
  struct gm_buf *out = user;

  must(e->data[e->data_len] == '\0');
  gm_buf_addf(out, "%s|%zu|%s|", e->event, e->data_len, e->id);
  gm_buf_addn(out, e->data, e->data_len);
  return 0;
}

static int32_t feed(const char *p, size_t len, size_t piece, struct gm_buf *out)
{
  struct gm_sse s;
  int32_t rc = 0;
  size_t at;

  gm_sse_init(&s, 300);
  for (at = 0; at < len && !rc; at += piece)
    rc = gm_sse_feed(&s, p + at, GM_MIN(piece, len - at), collect, out, NULL);
  gm_sse_finish(&s);
  return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gm_buf a = GM_BUF_INIT(8 * STREAM_MAX);
  struct gm_buf b = GM_BUF_INIT(8 * STREAM_MAX);
  const char *p = (const char *)data + 1;
  int32_t whole, pieces;

  if (size < 2 || size > STREAM_MAX)
    return 0;
  whole = feed(p, size - 1, size, &a);
  pieces = feed(p, size - 1, (size_t)data[0] % 64 + 1, &b);
  must(whole == pieces);
  must(a.len == b.len);
  must(a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
  gm_buf_finish(&a);
  gm_buf_finish(&b);
  return 0;
}
