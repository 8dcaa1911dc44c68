/* input.c - what a request brings along, looked at before anything is paid.
 * Bytes stay on disk; only their type and size are read here. */
#include "job/input.h"
#include "base/str.h"
#include "job/probe.h"
#include "loop/url.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
  const char *role;
  int32_t kind;
} roles[] = {
  { "image", GAMUT_IMAGE },      { "mask", GAMUT_IMAGE },
  { "first_frame", GAMUT_IMAGE }, { "last_frame", GAMUT_IMAGE },
  { "reference", 0 },            { "video", GAMUT_VIDEO },
  { "audio", GAMUT_AUDIO },
};

static const char *kind_name(int32_t kind)
{
  return kind == GAMUT_VIDEO ? "video" : kind == GAMUT_AUDIO ? "sound" : "image";
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

static int32_t look(struct gm_input *in, int fd, int32_t kind,
                    struct gm_error *err)
{
  struct gm_media m;
  struct stat st;

  if (fstat(fd, &st))
    return file_trouble(err, in->role, in->path, errno);
  if (S_ISDIR(st.st_mode))
    return gm_fail(err, GAMUT_E_INVALID, "%s: '%s' is a folder", in->role,
                   in->path);
  in->size = (uint64_t)st.st_size;
  if (gm_probe_fd(fd, &m) || m.kind == 0)
    return gm_fail(err, GAMUT_E_INVALID, "%s: '%s' is no %s", in->role,
                   in->path, kind_name(kind));
  if (kind && m.kind != kind)
    return gm_fail(err, GAMUT_E_INVALID, "%s: '%s' is %s, not an %s", in->role,
                   in->path, m.mime, kind_name(kind));
  in->mime = m.mime;
  return 0;
}

static int32_t open_file(struct gm_input *in, const char *path, int32_t kind,
                         struct gm_error *err)
{
  const char *slash = strrchr(path, '/');
  int32_t rc;
  int fd;

  in->path = gm_strdup(path);
  in->name = gm_strdup(slash ? slash + 1 : path);
  if (!in->path || !in->name)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an input");
  fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return file_trouble(err, in->role, path, errno);
  rc = look(in, fd, kind, err);
  close(fd);
  return rc;
}

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
  if (!gm_starts(s, "data:") && !strstr(s, "://"))
    return open_file(in, s, kind, err);
  if (!gm_starts(s, "data:") && !is_vendors_own(s) &&
      !gm_url_origin(s, origin))
    return gm_fail(err, GAMUT_E_INVALID,
                   "%s: '%.80s' is neither a file nor an http(s) URL", in->role,
                   s);
  in->url = gm_strdup(s);
  return in->url ? 0 : gm_fail(err, GAMUT_E_NOMEM, "no memory for an input");
}

int32_t gm_input_open(struct gm_input *in, const char *role,
                      const char *source, struct gm_error *err)
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
  return open_source(in, kind, err);
}

static bool copy_text(const char **to, const char *from)
{
  *to = gm_strdup(from);
  return *to || !from;
}

bool gm_input_copy(struct gm_input *to, const struct gm_input *from)
{
  *to = *from; /* mime is static, data and sha256 are nobody's yet */
  to->role = to->source = to->url = to->path = to->name = NULL;
  return copy_text(&to->role, from->role) &&
         copy_text(&to->source, from->source) &&
         copy_text(&to->url, from->url) && copy_text(&to->path, from->path) &&
         copy_text(&to->name, from->name);
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
  memset(in, 0, sizeof(*in));
}
