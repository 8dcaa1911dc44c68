/* fuzz_reader.c - a reply whole and in pieces: the same text, the same blobs.
 * The first byte says how large the pieces are; a '*' in the reply stands for
 * 5,000 letters, so that small inputs have long strings. */
#include "base/json.h"
#include "fuzz/fuzz.h"
#include "loop/reader.h"
#include <stdlib.h>
#include <string.h>

#define REPLY_MAX (1u << 20)
#define STAR      5000

static void must(bool ok)
{
  if (!ok)
    abort();
}

static void expand(const uint8_t *data, size_t size, struct gm_buf *out)
{
  size_t i;

  for (i = 0; i < size && out->len + STAR < REPLY_MAX; i++) {
    if (data[i] == '*') {
      char *to = gm_buf_room(out, STAR);

      must(to != NULL);
      memset(to, 'A', STAR);
      gm_buf_grown(out, STAR);
    } else {
      gm_buf_addc(out, (char)data[i]);
    }
  }
}

static int32_t feed(struct gm_reader *r, const struct gm_buf *b, size_t piece)
{
  int32_t rc = 0;
  size_t at;

  gm_reader_init(r, REPLY_MAX, REPLY_MAX);
  for (at = 0; at < b->len && !rc; at += piece)
    rc = gm_reader_feed(r, b->data + at, GM_MIN(piece, b->len - at), NULL);
  return rc;
}

/* The letters that came, also of what was taken for base64. */
static void compare_blobs(const struct gm_blob *a, const struct gm_blob *b)
{
  uint64_t at = 0, len = gm_coded_text_len(a);
  char pa[1000], pb[1000];

  must(a->len == b->len && a->coded == b->coded && a->cut == b->cut);
  must(len == gm_coded_text_len(b));
  while (at < len) {
    ssize_t n = gm_coded_read_text(a, at, pa, sizeof(pa));

    must(n > 0 && gm_coded_read_text(b, at, pb, (size_t)n) == n);
    must(memcmp(pa, pb, (size_t)n) == 0);
    at += (uint64_t)n;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct gm_buf reply = GM_BUF_INIT(REPLY_MAX);
  struct gm_reader whole, pieces;
  int32_t rc;
  size_t i;

  if (size == 0)
    return 0;
  expand(data + 1, size - 1, &reply);
  rc = feed(&whole, &reply, REPLY_MAX);
  must(feed(&pieces, &reply, (size_t)data[0] + 1) == rc);
  if (rc == 0) {
    must(whole.n_blobs == pieces.n_blobs);
    must(whole.text.len == pieces.text.len);
    must(whole.n_blobs ||
         strcmp(gm_buf_text(&whole.text), gm_buf_text(&reply)) == 0);
    for (i = 0; i < whole.n_blobs; i++)
      compare_blobs(&whole.blobs[i], &pieces.blobs[i]);
  }
  gm_reader_finish(&whole);
  gm_reader_finish(&pieces);
  gm_buf_finish(&reply);
  return 0;
}
