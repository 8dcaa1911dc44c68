/* blob.c - a long run of bytes, in memory or in a file without a name.
 *
 * Once there is a file, `mem` is what was not written yet: the last `mem.len`
 * of `len` bytes.  Additions may be single bytes (a string full of escapes),
 * so they are collected there.
 */
#include "loop/blob.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <string.h>
#include <unistd.h>

#define PIECE (64u * 1024)

void gm_blob_init(struct gm_blob *b, size_t max_mem, uint64_t max_len)
{
  *b = (struct gm_blob){ .fd = -1, .max_mem = max_mem, .max_len = max_len };
  gm_buf_init(&b->mem, GM_MAX(max_mem, PIECE));
}

static void count(struct gm_blob *b)
{
  gm_budget_count(b->budget, &b->counted, b->mem.len);
}

void gm_blob_finish(struct gm_blob *b)
{
  gm_buf_finish(&b->mem);
  count(b);
  if (b->fd >= 0)
    close(b->fd);
  b->fd = -1;
  b->len = 0;
}

/* Not all file systems can open a file without a name. */
static int open_named(const char *folder)
{
  _cleanup_free_ char *path = gm_path_join(folder, "gamut-XXXXXX");
  int fd;

  if (!path)
    return -ENOMEM;
  fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0)
    return -errno;
  unlink(path);
  return fd;
}

/* A descriptor or -errno. */
static int open_unnamed(void)
{
  const char *folder = gm_env("TMPDIR");
#ifdef O_TMPFILE
  int fd;
#endif

  if (!folder)
    folder = "/tmp";
#ifdef O_TMPFILE
  fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (fd >= 0)
    return fd;
#endif
  return open_named(folder);
}

static int32_t fail_file(int rc, struct gm_error *err)
{
  return gm_fail(err, rc == -ENOMEM ? GAMUT_E_NOMEM : GAMUT_E_TRANSPORT,
                 "temporary file: %s", strerror(-rc));
}

static int32_t flush(struct gm_blob *b, struct gm_error *err)
{
  int rc = gm_write_all(b->fd, gm_buf_text(&b->mem), b->mem.len);

  gm_buf_clear(&b->mem);
  return rc ? fail_file(rc, err) : 0;
}

static int32_t move_to_file(struct gm_blob *b, struct gm_error *err)
{
  int32_t rc;

  b->fd = open_unnamed();
  if (b->fd < 0) {
    rc = fail_file(b->fd, err);
    b->fd = -1;
    return rc;
  }
  rc = flush(b, err);
  gm_buf_finish(&b->mem); /* may have been far larger than PIECE */
  return rc;
}

void gm_blob_spill(struct gm_blob *b)
{
  int fd = b->fd < 0 ? open_unnamed() : -1;

  if (fd < 0)
    return;
  if (gm_write_all(fd, gm_buf_text(&b->mem), b->mem.len)) {
    close(fd);
    return;
  }
  b->fd = fd;
  gm_buf_finish(&b->mem);
  gm_buf_init(&b->mem, PIECE);
  count(b);
}

static int32_t make_room(struct gm_blob *b, size_t len, struct gm_error *err)
{
  if (b->fd < 0 && len > b->max_mem - b->mem.len)
    return move_to_file(b, err);
  if (b->fd >= 0 && len > PIECE - b->mem.len)
    return flush(b, err);
  return 0;
}

void gm_blob_expect(struct gm_blob *b, uint64_t len)
{
  if (b->fd < 0)
    gm_buf_room(&b->mem, (size_t)GM_MIN(len, (uint64_t)b->max_mem));
}

void *gm_blob_room(struct gm_blob *b, size_t len, int32_t *rc,
                   struct gm_error *err)
{
  void *to = NULL;

  gm_assert(len <= PIECE);
  *rc = make_room(b, len, err);
  if (*rc == 0)
    to = gm_buf_room(&b->mem, len);
  if (*rc == 0 && !to)
    *rc = gm_fail(err, b->mem.failed, "out of memory");
  return to;
}

void gm_blob_grown(struct gm_blob *b, size_t len)
{
  gm_buf_grown(&b->mem, len);
  b->len += len;
  count(b);
}

int32_t gm_blob_add(struct gm_blob *b, const void *p, size_t len,
                    struct gm_error *err)
{
  int32_t rc;

  if (len > b->max_len - b->len)
    return gm_fail(err, GAMUT_E_PROTOCOL, "longer than %llu bytes",
                   (unsigned long long)b->max_len);
  rc = make_room(b, len, err);
  if (rc)
    return rc;
  if (b->fd >= 0 && len > PIECE) {
    int wrc = gm_write_all(b->fd, p, len);

    if (wrc)
      return fail_file(wrc, err);
  } else {
    gm_buf_addn(&b->mem, p, len);
    if (gm_buf_failed(&b->mem))
      return gm_fail(err, b->mem.failed, "out of memory");
  }
  b->len += len;
  count(b);
  return 0;
}

ssize_t gm_blob_read(const struct gm_blob *b, uint64_t offset, void *p,
                     size_t len)
{
  uint64_t in_file = b->len - b->mem.len;

  if (offset >= b->len || len == 0)
    return 0;
  if (offset < in_file) {
    len = (size_t)GM_MIN((uint64_t)len, in_file - offset);
    return gm_read_at(b->fd, offset, p, GM_MIN(len, (size_t)INT32_MAX));
  }
  len = (size_t)GM_MIN((uint64_t)len, b->len - offset);
  memcpy(p, b->mem.data + (offset - in_file), len);
  return (ssize_t)len;
}

/* ---- shared */

struct gm_held *gm_held_new(size_t max_mem, uint64_t max_len)
{
  struct gm_held *h = gm_alloc(sizeof(*h));

  if (!h)
    return NULL;
  atomic_init(&h->refs, 1);
  gm_blob_init(&h->blob, max_mem, max_len);
  return h;
}

struct gm_held *gm_held_ref(struct gm_held *h)
{
  if (h)
    atomic_fetch_add(&h->refs, 1);
  return h;
}

void gm_held_unref(struct gm_held *h)
{
  if (!h || atomic_fetch_sub(&h->refs, 1) != 1)
    return;
  gm_blob_finish(&h->blob);
  gm_free(h);
}
