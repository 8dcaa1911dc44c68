/* draft.c - a file in the making.
 *
 * Bytes go to a temporary beside the target and get its name only when they are
 * whole, looked at and synced: nothing half written is ever seen under the
 * final name, and an existing file is replaced only when that was asked for.
 * The temporary is held by descriptor, its folder by path. */
#include "base/file.h"
#include "base/str.h"
#include "job/output.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_LEN 4096

#define STEM_SIZE 64 /* an id is 26 */

static int32_t storage(struct gm_error *err, const char *what, const char *path,
                       int error)
{
  char why[128];

  return gm_fail(err, GAMUT_E_STORAGE, "cannot %s '%s': %s", what, path,
                 strerror_r(error, why, sizeof(why)));
}

/* How the drafts of a job begin, in the folder of its output. */
static int stem_of(const char *job_id, char stem[STEM_SIZE])
{
  return snprintf(stem, STEM_SIZE, ".gamut-%s-", job_id);
}

void gm_draft_sweep(const struct gm_output_plan *p, const char *job_id)
{
  _cleanup_free_ char *folder = p->name ? gm_path_dir(p->name) : NULL;
  DIR *dir = folder ? opendir(folder) : NULL;
  char stem[STEM_SIZE];
  int len = stem_of(job_id, stem);
  struct dirent *e;

  while (dir && (e = readdir(dir)) != NULL)
    if (strncmp(e->d_name, stem, (size_t)len) == 0)
      unlinkat(dirfd(dir), e->d_name, 0);
  if (dir)
    closedir(dir);
}

static int32_t make_temporary(struct gm_draft *d, const char *job_id,
                              uint32_t index, struct gm_error *err)
{
  struct gm_buf name = GM_BUF_INIT(NAME_MAX_LEN);
  char stem[STEM_SIZE];

  stem_of(job_id, stem);
  gm_buf_addf(&name, "%s/%s%u.part", d->folder, stem, (unsigned)index);
  d->path = gm_buf_take(&name);
  if (!d->path)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a file name");
  d->fd =
    open(d->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (d->fd >= 0)
    return 0;
  storage(err, "create a file in", d->folder, errno);
  gm_free(GM_TAKE(d->path));
  return GAMUT_E_STORAGE;
}

int32_t gm_draft_open(struct gm_draft *d, const struct gm_output_plan *p,
                      const char *job_id, uint32_t index, uint64_t max,
                      struct gm_error *err)
{
  memset(d, 0, sizeof(*d));
  d->fd = -1;
  d->max = max;
  d->hashes = p && p->sidecar;
  if (d->hashes)
    gm_sha256_init(&d->sum);
  gm_buf_init(&d->memory, (size_t)max);
  if (!p || !p->name)
    return 0;
  /* A template's folder has no words in it (gm_output_check). */
  d->folder = gm_path_dir(p->name);
  if (!d->folder)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a file name");
  return make_temporary(d, job_id, index, err);
}

int32_t gm_draft_add(struct gm_draft *d, const void *p, size_t len,
                     struct gm_error *err)
{
  int rc;

  if (len > d->max - d->len)
    return gm_fail(err, GAMUT_E_PROTOCOL, "the result is over %llu MiB",
                   (unsigned long long)(d->max >> 20));
  if (d->hashes)
    gm_sha256_add(&d->sum, p, len);
  d->len += len;
  if (!d->path) {
    gm_buf_addn(&d->memory, p, len);
    gm_budget_count(d->budget, &d->counted, d->memory.len);
    return gm_buf_failed(&d->memory)
             ? gm_fail(err, GAMUT_E_NOMEM, "no memory for the result")
             : 0;
  }
  rc = gm_write_all(d->fd, p, len);
  return rc ? storage(err, "write to", d->folder, -rc) : 0;
}

void gm_draft_drop(struct gm_draft *d)
{
  if (d->fd >= 0)
    close(d->fd);
  if (d->path)
    unlink(d->path);
  gm_free(d->path);
  gm_free(d->folder);
  gm_buf_finish(&d->memory);
  gm_budget_count(d->budget, &d->counted, 0);
  memset(d, 0, sizeof(*d));
  d->fd = -1;
}

static const char *kind_name(int32_t kind)
{
  return kind == GAMUT_VIDEO   ? "video"
         : kind == GAMUT_AUDIO ? "sound"
         : kind == GAMUT_IMAGE ? "image"
                               : "medium";
}

/* The frames of a video, one file each: no medium, and yet what was asked for,
 * when the provider says as much. */
static bool is_frames(const struct gm_output *o)
{
  return o->kind == GAMUT_VIDEO && gm_streq(o->vendor_mime, o->media.mime) &&
         gm_streq(o->media.mime, "application/zip");
}

static int32_t look(struct gm_draft *d, struct gm_output *o,
                    struct gm_error *err)
{
  struct gm_media *m = &o->media;
  int error = 0;
  int rc = d->path ? gm_probe_fd(d->fd, m, &error)
                   : gm_probe_bytes(gm_buf_text(&d->memory), d->memory.len, m);

  if (d->len == 0)
    return gm_fail(err, GAMUT_E_PROTOCOL, "the result is empty");
  if (rc && error) /* not the vendor's fault: the bytes can be had again */
    return storage(err, "read a file in", d->folder, error);
  if (rc == 0 && is_frames(o))
    return 0;
  if (rc || m->kind == 0)
    return gm_fail(err, GAMUT_E_PROTOCOL, "the result is no %s%s%s",
                   kind_name(o->kind), rc ? "" : " but ", rc ? "" : m->mime);
  if (o->kind && m->kind != o->kind &&
      !(o->kind == GAMUT_VIDEO && strcmp(m->ext, "gif") == 0))
    return gm_fail(err, GAMUT_E_PROTOCOL, "the result is %s, not %s", m->mime,
                   kind_name(o->kind));
  return 0;
}

/* Bytes that are saved from being lost: they may be anything, and what need not
 * be known. */
static int32_t look_as_is(struct gm_draft *d, struct gm_output *o,
                          struct gm_error *err)
{
  int32_t rc = look(d, o, NULL);

  if (d->len == 0 || (rc && rc != GAMUT_E_PROTOCOL))
    return gm_fail(err, rc, "the result cannot be kept as it is");
  if (!o->media.ext)
    o->media.ext = "bin";
  return 0;
}

/* Give it its name, unless that is taken: in one step where the system can,
 * else by link(), else (no hard links here) by a check and a rename. */
static int rename_new(const char *from, const char *to)
{
  struct stat st;

#ifdef HAVE_RENAMEAT2
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno == EEXIST)
    return EEXIST;
#endif
  if (link(from, to) == 0) {
    unlink(from);
    return 0;
  }
  if (errno == EEXIST)
    return EEXIST;
  if (lstat(to, &st) == 0)
    return EEXIST;
  return rename(from, to) ? errno : 0;
}

/* Byte for byte what is in the draft? */
static bool is_same(int draft, const char *path)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  char ours[16384], theirs[sizeof(ours)];
  uint64_t at = 0;
  ssize_t n = -1, m = -1;

  while (fd >= 0) {
    n = gm_read_whole_at(draft, at, ours, sizeof(ours));
    m = gm_read_whole_at(fd, at, theirs, sizeof(theirs));
    if (n <= 0 || n != m || memcmp(ours, theirs, (size_t)n) != 0)
      break;
    at += (uint64_t)n;
  }
  if (fd >= 0)
    close(fd);
  return fd >= 0 && n == 0 && m == 0;
}

static int32_t publish(struct gm_draft *d, const char *to,
                       const struct gm_output_plan *p, bool sync,
                       struct gm_error *err)
{
  bool there = p->taken_up && !p->force && is_same(d->fd, to);
  int rc = sync ? gm_sync(d->fd) : 0;

  if (rc)
    return storage(err, "sync a file in", d->folder, -rc);
  rc = close(d->fd) ? errno : 0;
  d->fd = -1;
  if (rc)
    return storage(err, "write to", d->folder, rc);
  if (there) /* the process that was killed got as far as this */
    rc = unlink(d->path) ? errno : 0;
  else if (p->force)
    rc = rename(d->path, to) ? errno : 0;
  else
    rc = rename_new(d->path, to);
  if (rc)
    return storage(err, "create", to, rc);
  gm_free(GM_TAKE(d->path));
  return 0;
}

static int32_t keep_file(struct gm_draft *d, const struct gm_output_plan *p,
                         struct gm_name_facts *f, bool sync,
                         struct gm_output *o, struct gm_error *err)
{
  struct gm_buf name = GM_BUF_INIT(NAME_MAX_LEN);
  int32_t rc;

  f->ext = o->media.ext;
  rc = gm_output_name(p->name, f, &name, err);
  if (rc == 0)
    rc = publish(d, name.data, p, sync, err);
  if (rc == 0)
    o->path = gm_buf_take(&name);
  gm_buf_finish(&name);
  return rc;
}

int32_t gm_draft_keep(struct gm_draft *d, const struct gm_output_plan *p,
                      struct gm_name_facts *f, bool sync, struct gm_output *o,
                      struct gm_error *err)
{
  int32_t rc = p->as_is ? look_as_is(d, o, err) : look(d, o, err);

  if (rc)
    return rc;
  o->size = d->len;
  if (d->hashes)
    gm_sha256_hex(&d->sum, o->sha256);
  if (d->path)
    return keep_file(d, p, f, sync, o, err);
  gm_buf_finish(&o->data);
  o->data = d->memory; /* the caller's from now on */
  gm_buf_init(&d->memory, 0);
  gm_budget_count(d->budget, &d->counted, 0);
  return 0;
}
