/* fuzz_incoming.c - a request whole and in pieces is the same request. */
#include "fuzz/fuzz.h"
#include "loop/incoming.h"
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 1000

static void must(bool ok)
{
  if (!ok)
    abort();
}

static int feed(struct gm_incoming *in, const char *p, size_t len, size_t piece)
{
  int status = 0;
  size_t at;

  gm_incoming_init(in, BODY_MAX);
  for (at = 0; at < len && status == 0; at += piece)
    status = gm_incoming_feed(in, p + at, GM_MIN(piece, len - at));
  return status;
}

static void check(const struct gm_incoming *in)
{
  uint32_t i;

  must(strcmp(in->method, "POST") == 0 && in->target[0] == '/');
  must(in->n_pairs % 2 == 0 && !in->pairs[in->n_pairs]);
  must(in->body.len <= BODY_MAX);
  for (i = 0; i < in->n_pairs; i++)
    must(strpbrk(in->pairs[i], "\r\n") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *p = (const char *)data + 1;
  struct gm_incoming a, b;
  int whole, pieces;

  if (size < 2)
    return 0;
  whole = feed(&a, p, size - 1, size);
  pieces = feed(&b, p, size - 1, (size_t)data[0] % 64 + 1);
  must(whole == pieces);
  if (whole == 200) {
    check(&a);
    must(a.body.len == b.body.len);
    must(a.body.len == 0 || memcmp(a.body.data, b.body.data, a.body.len) == 0);
    must(a.n_pairs == b.n_pairs && strcmp(a.target, b.target) == 0);
  }
  gm_incoming_finish(&a);
  gm_incoming_finish(&b);
  return 0;
}
