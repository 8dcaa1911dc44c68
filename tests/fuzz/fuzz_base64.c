/* fuzz_base64.c - decoded in pieces as whole; what was encoded comes back. */
#include "base/base64.h"
#include "fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

static void must(bool ok)
{
  if (!ok)
    abort();
}

/* Into fresh memory of the promised size for every piece. */
static bool decode(const char *p, size_t len, size_t piece, struct gm_buf *out,
                   bool *done)
{
  struct gm_base64 d = GM_BASE64_INIT;
  size_t at, n = 0;

  for (at = 0; at < len && n != SIZE_MAX; at += piece) {
    size_t now = GM_MIN(piece, len - at);
    char *to = malloc(now / 4 * 3 + 3);

    must(to != NULL);
    n = gm_base64_decode(&d, p + at, now, to);
    if (n != SIZE_MAX) {
      must(n <= now / 4 * 3 + 3);
      gm_buf_addn(out, to, n);
    }
    free(to);
  }
  *done = gm_base64_done(&d);
  return n != SIZE_MAX;
}

static void round_trip(const uint8_t *data, size_t size)
{
  struct gm_buf coded = GM_BUF_INIT(SIZE_MAX), back = GM_BUF_INIT(SIZE_MAX);
  bool done;

  gm_base64_add(&coded, data, size);
  must(coded.len == gm_base64_size(size));
  must(decode(gm_buf_text(&coded), coded.len, 100, &back, &done) && done);
  must(back.len == size);
  must(size == 0 || memcmp(back.data, data, size) == 0);
  gm_buf_finish(&coded);
  gm_buf_finish(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gm_buf a = GM_BUF_INIT(SIZE_MAX), b = GM_BUF_INIT(SIZE_MAX);
  const char *p = (const char *)data + 1;
  bool whole, done_a, done_b;

  if (size == 0)
    return 0;
  round_trip(data, size);
  whole = decode(p, size - 1, size, &a, &done_a);
  must(decode(p, size - 1, (size_t)data[0] + 1, &b, &done_b) == whole);
  must(done_a == done_b);
  if (whole) {
    must(a.len == b.len);
    must(a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
  }
  gm_buf_finish(&a);
  gm_buf_finish(&b);
  return 0;
}
