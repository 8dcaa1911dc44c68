/* input.c - what a request brings along, looked at before anything is paid.
 * Bytes stay on disk; only their type and size are read here. */
#include "job/input.h"
#include "base/file.h"
#include "base/str.h"
#include "job/probe.h"
#include "loop/url.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
  const char *role;
  int32_t kind;
} roles[] = {
  { "image", GAMUT_IMAGE },
  { "mask", GAMUT_IMAGE },
  { "first_frame", GAMUT_IMAGE },
  { "last_frame", GAMUT_IMAGE },
  { "reference", 0 },
  { "video", GAMUT_VIDEO },
  { "audio", GAMUT_AUDIO },
};

static const char *kind_name(int32_t kind)
{
  return kind == GAMUT_VIDEO   ? "a video"
         : kind == GAMUT_AUDIO ? "a sound"
         : kind == GAMUT_IMAGE ? "an image"
                               : "an image, a video or a sound";
}

static bool role_kind(const char *role, int32_t *ret)
{
  size_t i;

  for (i = 0; i < GM_LEN(roles); i++) {
    if (!gm_streq(role, roles[i].role))
      continue;
    *ret = roles[i].kind;
    return true;
  }
  return false;
}

static int32_t file_trouble(struct gm_error *err, const char *role,
                            const char *path, int error)
{
  char why[128];

  return gm_fail(err, GAMUT_E_INVALID, "%s: cannot read '%s': %s", role, path,
                 strerror_r(error, why, sizeof(why)));
}

/* By its bytes: the type that the role needs, and what a data: URI says. */
static int32_t check_type(struct gm_input *in, const struct gm_media *m,
                          int32_t kind, struct gm_error *err)
{
  const char *what = gm_input_source(in);

  if (m->kind == 0)
    return gm_fail(err, GAMUT_E_INVALID, "%s: '%s' is not %s%s%s%s", in->role,
                   what, kind_name(kind), m->mime ? " but " : "",
                   m->mime ? m->mime : "", m->mime ? "" : " that is known");
  if (kind && m->kind != kind)
    return gm_fail(err, GAMUT_E_INVALID, "%s: '%s' is %s, not %s", in->role,
                   what, m->mime, kind_name(kind));
  if (in->url && gm_input_contradicts(in->url, m->mime))
    return gm_fail(err, GAMUT_E_INVALID,
                   "%s: '%s' says one type, its bytes are %s", in->role, what,
                   m->mime);
  in->mime = m->mime;
  return 0;
}

static int32_t look_at_file(struct gm_input *in, int fd, int32_t kind,
                            struct gm_error *err)
{
  struct gm_media m = { 0 };
  struct gm_file_mark mark;
  struct stat st;
  int rc = gm_file_mark(fd, &mark);

  if (rc || fstat(fd, &st))
    return file_trouble(err, in->role, in->source, rc ? -rc : errno);
  if (S_ISDIR(st.st_mode))
    return gm_fail(err, GAMUT_E_INVALID, "%s: '%s' is a folder", in->role,
                   in->source);
  if (!S_ISREG(st.st_mode))
    return gm_fail(err, GAMUT_E_INVALID,
                   "%s: '%s' is no regular file; give - and pipe it in",
                   in->role, in->source);
  in->size = mark.size;
  in->mtime_ns = mark.mtime_ns;
  if (gm_probe_fd(fd, &m, NULL))
    m.kind = 0;
  return check_type(in, &m, kind, err);
}

static int32_t open_file(struct gm_input *in, const char *path, int32_t kind,
                         struct gm_error *err)
{
  int32_t rc;
  int fd;

  in->path = gm_path_absolute(path);
  in->name = gm_strdup(gm_path_base(path));
  if (!in->path || !in->name)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an input");
  fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0)
    return file_trouble(err, in->role, path, errno);
  rc = look_at_file(in, fd, kind, err);
  close(fd);
  return rc;
}

/* ---- bytes without a file ----------------------------------------------- */

static ssize_t read_held(void *ctx, uint64_t offset, void *buf, size_t len)
{
  return gm_blob_read(ctx, offset, buf, len);
}

/* "data:;base64," says no type, which vendors want to hear. */
static char *typed_head(const char *head, const char *mime)
{
  struct gm_buf b = GM_BUF_INIT(512);

  if (gm_starts(head, "data:;"))
    gm_buf_addf(&b, "data:%s%s", mime, head + 5);
  else
    gm_buf_add(&b, head);
  return gm_buf_take(&b);
}

static int32_t open_held(struct gm_input *in, struct gm_held *held,
                         int32_t kind, struct gm_error *err)
{
  struct gm_probe_source s = { .read = read_held,
                               .ctx = &held->blob,
                               .size = held->blob.len };
  struct gm_buf name = GM_BUF_INIT(64);
  struct gm_media m = { 0 };
  int32_t rc;

  in->held = gm_held_ref(held);
  in->size = held->blob.len;
  if (gm_probe(&s, &m))
    m.kind = 0;
  in->url = gm_starts(in->source, "data:")
              ? typed_head(in->source, m.mime ? m.mime : "")
              : NULL;
  rc = check_type(in, &m, kind, err);
  if (rc)
    return rc;
  gm_buf_addf(&name, "%s.%s", in->role, m.ext);
  in->name = gm_buf_take(&name);
  if (!in->name || (!in->url && gm_starts(in->source, "data:")))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an input");
  return 0;
}

/* ---- all ---------------------------------------------------------------- */

/* Schemes that only their vendor can read (gs://, runway://) are passed on; one
 * that names a way to fetch is a mistake. */
static bool is_vendors_own(const char *s)
{
  static const char *const ways[] = { "http:", "https:", "ftp:", "ftps:",
                                      "sftp:", "scp:",   "smb:", "ws:",
                                      "wss:",  "rtsp:" };
  size_t i;

  for (i = 0; i < GM_LEN(ways); i++)
    if (gm_starts(s, ways[i]))
      return false;
  return true;
}

static int32_t open_source(struct gm_input *in, int32_t kind,
                           struct gm_error *err)
{
  const char *s = in->source;
  char origin[GM_ORIGIN_SIZE];

  if (gm_starts(s, "file://"))
    return open_file(in, s + 7, kind, err);
  if (!strstr(s, "://"))
    return open_file(in, s, kind, err);
  if (!is_vendors_own(s) && !gm_url_origin(s, origin))
    return gm_fail(err, GAMUT_E_INVALID,
                   "%s: '%.80s' is neither a file nor an http(s) URL", in->role,
                   s);
  in->url = gm_strdup(s);
  return in->url ? 0 : gm_fail(err, GAMUT_E_NOMEM, "no memory for an input");
}

int32_t gm_input_open(struct gm_input *in, const char *role, const char *source,
                      struct gm_held *held, struct gm_error *err)
{
  int32_t kind;

  memset(in, 0, sizeof(*in));
  if (!role_kind(role, &kind))
    return gm_fail(err, GAMUT_E_INVALID,
                   "input: '%s' is no role; there are image, mask, "
                   "first_frame, last_frame, reference, video, audio",
                   role);
  if (!source || !*source)
    return gm_fail(err, GAMUT_E_INVALID, "%s: no file or URL given", role);
  in->role = gm_strdup(role);
  in->source = gm_strdup(source);
  if (!in->role || !in->source)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an input");
  return held ? open_held(in, held, kind, err) : open_source(in, kind, err);
}

static bool copy_text(const char **to, const char *from)
{
  *to = gm_strdup(from);
  return *to || !from;
}

bool gm_input_copy(struct gm_input *to, const struct gm_input *from)
{
  *to = *from; /* mime is static */
  to->role = to->source = to->url = to->path = to->name = NULL;
  to->sha256 = to->uploaded = NULL;
  to->held = gm_held_ref(from->held);
  return copy_text(&to->role, from->role) &&
         copy_text(&to->source, from->source) &&
         copy_text(&to->url, from->url) && copy_text(&to->path, from->path) &&
         copy_text(&to->name, from->name) &&
         copy_text(&to->sha256, from->sha256);
}

void gm_input_close(struct gm_input *in)
{
  gm_free(gm_unconst(in->role));
  gm_free(gm_unconst(in->source));
  gm_free(gm_unconst(in->url));
  gm_free(gm_unconst(in->path));
  gm_free(gm_unconst(in->name));
  gm_free(gm_unconst(in->sha256));
  gm_free(gm_unconst(in->uploaded));
  gm_held_unref(in->held);
  memset(in, 0, sizeof(*in));
}
