/* output.c - what an output is before and after it became a file: bytes that
 * came in the reply itself, and the checks that are due before anything is
 * paid. */
#include "job/output.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 24576 /* divisible by 4 */

void gm_output_finish(struct gm_output *o)
{
  gm_free(o->url);
  gm_output_drop_source(o);
  gm_free(o->vendor_mime);
  gm_free(o->provider);
  gm_free(o->model);
  gm_free(o->path);
  gm_buf_finish(&o->data);
  gm_error_finish(&o->err);
}

/* Up to `len` source bytes at `offset`, wherever they are. */
static ssize_t read_source(const struct gm_output *o, uint64_t offset, void *p,
                           size_t len)
{
  if (o->blob)
    return gm_coded_read_text(o->blob, offset, p, len);
  if (offset >= o->source_len)
    return 0;
  len = GM_MIN(len, o->source_len - (size_t)offset);
  memcpy(p, o->source + offset, len);
  return (ssize_t)len;
}

/* "data:image/png;base64,..." : where the payload begins; 0: no data URI. */
static int32_t data_uri_head(const struct gm_output *o, uint64_t *ret_at,
                             bool *ret_base64, struct gm_error *err)
{
  char head[256] = "";
  ssize_t n = read_source(o, 0, head, sizeof(head) - 1);
  char *comma;

  *ret_at = 0;
  *ret_base64 = o->base64;
  if (n < 5 || strncmp(head, "data:", 5) != 0)
    return 0;
  comma = memchr(head, ',', (size_t)n);
  if (!comma)
    return gm_fail(err, GAMUT_E_PROTOCOL, "the result's data: URI is broken");
  *comma = '\0';
  if (!strstr(head, ";base64"))
    return gm_fail(err, GAMUT_E_PROTOCOL,
                   "the result's data: URI is not base64");
  *ret_at = (uint64_t)(comma - head) + 1;
  *ret_base64 = true;
  return 0;
}

static int32_t add_piece(struct gm_base64 *b64, struct gm_draft *d,
                         const char *p, size_t len, bool base64,
                         struct gm_error *err)
{
  uint8_t plain[PIECE / 4 * 3 + 3];
  size_t n;

  if (!base64)
    return gm_draft_add(d, p, len, err);
  n = gm_base64_decode(b64, p, len, plain);
  if (n == SIZE_MAX)
    return gm_fail(err, GAMUT_E_PROTOCOL, "the result is no valid base64");
  return gm_draft_add(d, plain, n, err);
}

/* What was decoded while it came. */
static int32_t pour_bytes(const struct gm_blob *b, struct gm_draft *d,
                          struct gm_error *err)
{
  char piece[PIECE];
  uint64_t at = 0;
  int32_t rc = 0;
  ssize_t n;

  if (b->cut)
    return gm_fail(err, GAMUT_E_PROTOCOL, "the result's base64 is cut short");
  if (b->fd < 0)
    return gm_draft_add(d, gm_buf_text(&b->mem), b->mem.len, err);
  while (rc == 0 && (n = gm_blob_read(b, at, piece, sizeof(piece))) > 0) {
    rc = gm_draft_add(d, piece, (size_t)n, err);
    at += (uint64_t)n;
  }
  if (rc == 0 && at < b->len)
    return gm_fail(err, GAMUT_E_STORAGE, "cannot read the spilled reply");
  return rc;
}

static int32_t pour_text(const struct gm_output *o, struct gm_draft *d,
                         struct gm_error *err)
{
  struct gm_base64 b64 = GM_BASE64_INIT;
  char piece[PIECE];
  uint64_t at;
  bool base64;
  ssize_t n;
  int32_t rc = data_uri_head(o, &at, &base64, err);

  while (rc == 0 && (n = read_source(o, at, piece, sizeof(piece))) > 0) {
    rc = add_piece(&b64, d, piece, (size_t)n, base64, err);
    at += (uint64_t)n;
  }
  if (rc == 0 && n < 0)
    return gm_fail(err, GAMUT_E_STORAGE, "cannot read the spilled reply");
  if (rc == 0 && base64 && !gm_base64_done(&b64))
    return gm_fail(err, GAMUT_E_PROTOCOL, "the result's base64 is cut short");
  return rc;
}

int32_t gm_output_pour(const struct gm_output *o, struct gm_draft *d,
                       struct gm_error *err)
{
  if (o->base64 && o->blob && o->blob->coded)
    return pour_bytes(o->blob, d, err);
  return pour_text(o, d, err);
}

void gm_output_drop_source(struct gm_output *o)
{
  gm_free(GM_TAKE(o->source));
  if (o->blob)
    gm_blob_finish(o->blob);
  gm_free(GM_TAKE(o->blob));
}

int32_t gm_output_look(struct gm_output *o, const char *path)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat st;
  int rc = -1;

  if (fd < 0)
    return GAMUT_E_STORAGE;
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
    rc = gm_probe_fd(fd, &o->media, NULL);
  close(fd);
  if (rc)
    return GAMUT_E_STORAGE;
  o->size = (uint64_t)st.st_size;
  return 0;
}

static int32_t check_folder(const char *name, struct gm_error *err)
{
  _cleanup_free_ char *folder = gm_path_dir(name);
  struct stat st;

  if (!folder)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a file name");
  if (strchr(folder, '{'))
    return gm_fail(err, GAMUT_E_INVALID,
                   "output: '%s': template words may stand in the file's name, "
                   "not in its folder",
                   name);
  if (stat(folder, &st))
    return gm_fail(err, GAMUT_E_INVALID,
                   "output: the folder '%s' does not exist", folder);
  if (!S_ISDIR(st.st_mode))
    return gm_fail(err, GAMUT_E_INVALID, "output: '%s' is not a folder",
                   folder);
  if (access(folder, W_OK | X_OK))
    return gm_fail(err, GAMUT_E_INVALID,
                   "output: no permission to write in '%s'", folder);
  return 0;
}

/* Is the name known before the result is, but for its ending? */
static bool is_known(const char *name)
{
  static const char *const later[] = { "{job}", "{model}", "{provider}",
                                       "{seed}" };
  size_t i;

  for (i = 0; i < GM_LEN(later); i++) {
    if (strstr(name, later[i]))
      return false;
  }
  return true;
}

static int32_t check_target(const struct gm_output_plan *p,
                            const struct gm_name_facts *f, struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf name = GM_BUF_INIT(4096);
  struct stat st;
  int32_t rc = gm_output_name(p->name, f, &name, err);

  if (rc || !is_known(p->name) || lstat(name.data, &st))
    return rc;
  if (S_ISDIR(st.st_mode))
    return gm_fail(err, GAMUT_E_INVALID, "output: '%s' is a folder", name.data);
  if (!p->force)
    return gm_fail(
      err, GAMUT_E_INVALID, "output: '%s' exists already%s (force replaces it)",
      name.data,
      strstr(p->name, "{ext}") ? ", and {ext} may come to that" : "");
  return 0;
}

/* Which type the file will be is not known: none of the usual ones may be in
 * its way. */
static int32_t check_targets(const struct gm_output_plan *p, uint32_t index,
                             uint32_t count, struct gm_error *err)
{
  static const char *const usual[] = { "png", "jpg", "webp", "gif",
                                       "svg", "mp4", "webm" };
  struct gm_name_facts f = { .job = "x",
                             .model = "x",
                             .provider = "x",
                             .index = index,
                             .count = count,
                             .wall_ms = gm_wall_ms() };
  size_t i, n = strstr(p->name, "{ext}") ? GM_LEN(usual) : 1;
  int32_t rc = 0;

  for (i = 0; i < n && rc == 0; i++) {
    f.ext = usual[i];
    rc = check_target(p, &f, err);
  }
  return rc;
}

int32_t gm_output_check(const struct gm_output_plan *p, uint32_t count,
                        struct gm_error *err)
{
  uint32_t i;
  int32_t rc;

  if (!p->name)
    return 0;
  if (*gm_path_base(p->name) == '\0')
    return gm_fail(err, GAMUT_E_INVALID, "output: '%s' is a folder", p->name);
  rc = check_folder(p->name, err);
  for (i = 1; i <= count && rc == 0; i++)
    rc = check_targets(p, i, count, err);
  return rc;
}
