/* coded.c - a long string that is kept as the bytes that it stands for.
 *
 * Whole groups of four plain letters become three bytes at once; `tail` has
 * the letters behind them, at most one group.  Padding ends the string: a
 * letter behind it, a line break, an escape, a letter of another alphabet, and
 * the bytes are turned back into the letters that they were.  That is exact,
 * since a whole group of plain letters has only one form.  The tail, which may
 * have others ("Zh==" for "Zg=="), is kept as it came. */
#include "loop/coded.h"
#include "base/base64.h"
#include <gamut/plugin.h>
#include <string.h>

#define AT_ONCE 32768u /* letters; their bytes fit what a blob collects */

void gm_coded_begin(struct gm_blob *b)
{
  b->coded = true;
}

uint64_t gm_coded_text_len(const struct gm_blob *b)
{
  return b->coded ? b->text_len : b->len;
}

/* From whole groups, `at` of the first and `n` of them in all. */
static ssize_t read_groups(const struct gm_blob *b, uint64_t at, size_t n,
                           char *text)
{
  uint8_t bytes[3 * 1024];
  size_t have = 0, want = 3 * n;

  while (have < want) {
    ssize_t got = gm_blob_read(b, 3 * at + have, bytes + have, want - have);

    if (got <= 0)
      return -1;
    have += (size_t)got;
  }
  gm_base64_encode(bytes, want, text);
  return (ssize_t)(4 * n);
}

ssize_t gm_coded_read_text(const struct gm_blob *b, uint64_t offset, void *p,
                           size_t len)
{
  uint64_t plain = b->text_len - b->n_tail;
  char text[4 * 1024];
  size_t skip;

  if (!b->coded)
    return gm_blob_read(b, offset, p, len);
  if (offset >= b->text_len)
    return 0;
  len = (size_t)GM_MIN((uint64_t)len, b->text_len - offset);
  if (offset >= plain) {
    memcpy(p, b->tail + (offset - plain), len);
    return (ssize_t)len;
  }
  skip = (size_t)(offset % 4);
  len = (size_t)GM_MIN((uint64_t)len, plain - offset);
  len = GM_MIN(len, sizeof(text) - skip);
  if (read_groups(b, offset / 4, (skip + len + 3) / 4, text) < 0)
    return -1;
  memcpy(p, text + skip, len);
  return (ssize_t)len;
}

/* It is no base64 after all. */
static int32_t turn_back(struct gm_blob *b, struct gm_error *err)
{
  char text[4 * 1024];
  struct gm_blob plain;
  uint64_t at = 0;
  int32_t rc = 0;

  gm_blob_init(&plain, b->max_mem, b->max_len);
  plain.budget = b->budget;
  while (rc == 0 && at < b->text_len) {
    ssize_t n = gm_coded_read_text(b, at, text, sizeof(text));

    if (n <= 0)
      rc = gm_fail(err, GAMUT_E_TRANSPORT, "temporary file: cannot be read");
    else
      rc = gm_blob_add(&plain, text, (size_t)n, err);
    at += n > 0 ? (uint64_t)n : 0;
  }
  gm_blob_finish(b);
  *b = plain;
  return rc;
}

static bool is_letter(char c)
{
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         (c >= '0' && c <= '9') || c == '+' || c == '/';
}

/* May it follow what is in the tail? */
static bool may_follow(const struct gm_blob *b, char c)
{
  bool padded = b->n_tail > 0 && b->tail[b->n_tail - 1] == '=';

  if (b->n_tail == sizeof(b->tail)) /* a padded group */
    return false;
  if (c == '=')
    return b->n_tail >= 2;
  return !padded && is_letter(c);
}

/* One letter that bulk decoding left over.  False: it is no base64. */
static bool add_letter(struct gm_blob *b, char c, int32_t *rc,
                       struct gm_error *err)
{
  uint8_t bytes[3];

  if (!may_follow(b, c))
    return false;
  b->tail[b->n_tail++] = c;
  b->text_len++;
  if (b->n_tail < sizeof(b->tail) || c == '=')
    return true;
  gm_base64_decode_plain(b->tail, sizeof(b->tail), bytes);
  b->n_tail = 0;
  *rc = gm_blob_add(b, bytes, sizeof(bytes), err);
  return true;
}

/* Whole groups, straight to where they stay; how many letters. */
static size_t add_groups(struct gm_blob *b, const char *p, size_t len,
                         int32_t *rc, struct gm_error *err)
{
  void *to;
  size_t n;

  len = GM_MIN(len, AT_ONCE) & ~(size_t)3;
  if (b->n_tail > 0 || len == 0)
    return 0;
  to = gm_blob_room(b, len / 4 * 3, rc, err);
  if (!to)
    return 0;
  n = gm_base64_decode_plain(p, len, to);
  gm_blob_grown(b, n / 4 * 3);
  b->text_len += n;
  return n;
}

int32_t gm_coded_take(struct gm_blob *b, const char **p, const char *end,
                      struct gm_error *err)
{
  uint64_t room = b->max_len - b->text_len; /* the rest is for gm_coded_add() */
  int32_t rc = 0;
  size_t n = 1;

  while (rc == 0 && n > 0 && b->coded) {
    n = (size_t)GM_MIN((uint64_t)(end - *p), room);
    n = add_groups(b, *p, n, &rc, err);
    *p += n;
    room -= n;
  }
  return rc;
}

int32_t gm_coded_add(struct gm_blob *b, const char *p, size_t len,
                     struct gm_error *err)
{
  int32_t rc = 0;

  if (b->coded && len > b->max_len - b->text_len)
    return gm_fail(err, GAMUT_E_PROTOCOL, "longer than %llu bytes",
                   (unsigned long long)b->max_len);
  while (rc == 0 && len > 0 && b->coded) {
    size_t n = add_groups(b, p, len, &rc, err);

    if (rc == 0 && n < len && n < AT_ONCE) {
      if (add_letter(b, p[n], &rc, err))
        n++;
      else
        rc = turn_back(b, err);
    }
    p += n;
    len -= n;
  }
  return rc || len == 0 ? rc : gm_blob_add(b, p, len, err);
}

int32_t gm_coded_end(struct gm_blob *b, struct gm_error *err)
{
  struct gm_base64 d = GM_BASE64_INIT;
  uint8_t bytes[6];
  size_t n;

  if (!b->coded || b->n_tail == 0)
    return 0;
  n = gm_base64_decode(&d, b->tail, b->n_tail, bytes);
  b->cut = n == SIZE_MAX || !gm_base64_done(&d);
  return b->cut || n == 0 ? 0 : gm_blob_add(b, bytes, n, err);
}
