/* log_sink.c - standard error, a file, syslog(3).
 *
 * Several processes may share a file: it is opened to append, and each line is
 * one write().  Whoever rotates it needs to tell nobody: at most a second after
 * the name stands for another file, or for none, that one is opened.
 *
 * For syslog nothing of the process is changed (no openlog()): lines carry the
 * program's own name, and the daemon gives them their RFC 5424 form. */
#include "base/log_sink.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LOOK_EVERY_MS 1000

struct gm_sink {
  enum gm_sink_kind kind;
  const struct gm_log *log; /* for its form */
  gm_log_fn *other;         /* who is told of trouble, or NULL */
  void *other_user;
  char *path;
  int fd; /* of the file; -1 */
  uint64_t looked_ms;
  bool told; /* of this trouble */
  pthread_mutex_t lock;
};

static int open_file(const char *path)
{
  int fd;

  do
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  while (fd < 0 && errno == EINTR);
  return fd;
}

/* Does the name stand for the file that is open? */
static bool is_same(const struct gm_sink *s)
{
  struct stat named, opened;

  return stat(s->path, &named) == 0 && fstat(s->fd, &opened) == 0 &&
         named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

static void follow_rotation(struct gm_sink *s)
{
  uint64_t now_ms = gm_mono_ms();
  int fd;

  if (s->fd >= 0 && now_ms - s->looked_ms < LOOK_EVERY_MS)
    return;
  s->looked_ms = now_ms;
  if (s->fd >= 0 && is_same(s))
    return;
  fd = open_file(s->path);
  if (fd < 0)
    return; /* the old one is better than none */
  if (s->fd >= 0)
    close(s->fd);
  s->fd = fd;
}

/* Once for each trouble: it must not become a storm of its own. */
static void tell_lost(struct gm_sink *s, int error)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(8192);

  if (s->told || !s->other)
    return;
  s->told = true;
  gm_buf_addf(&b, "log_file '%s' cannot be written (%s): lines are lost",
              s->path, strerror(error));
  gm_log_say(&(struct gm_log){ .write = s->other,
                               .user = s->other_user,
                               .json = s->log->json },
             GAMUT_WARN, gm_buf_text(&b), b.len);
}

static void add_line(const struct gm_sink *s, struct gm_buf *b, int32_t level,
                     const char *line)
{
  char time[32];

  if (!s->log->json)
    gm_buf_addf(b, "%s %s ", gm_fmt_time(time, gm_wall_ms()),
                gm_log_level_name(level));
  gm_buf_add(b, line);
  gm_buf_addc(b, '\n');
}

static void to_file(struct gm_sink *s, const struct gm_buf *b)
{
  ssize_t n;

  follow_rotation(s);
  do
    n = write(s->fd, b->data, b->len);
  while (n < 0 && errno == EINTR);
  if (n == (ssize_t)b->len)
    s->told = false;
  else
    tell_lost(s, n < 0 ? errno : ENOSPC);
}

static void to_syslog(int32_t level, const char *line)
{
  static const int priorities[] = { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR };

  syslog(priorities[GM_MIN(GM_MAX(level, 0), GAMUT_ERROR)], "%s", line);
}

static void write_line(void *user, int32_t level, const char *line)
{
  struct gm_sink *s = user;
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(SIZE_MAX / 2);

  if (s->kind == GM_SINK_SYSLOG) {
    to_syslog(level, line);
    return;
  }
  add_line(s, &b, level, line);
  if (gm_buf_failed(&b))
    return;
  pthread_mutex_lock(&s->lock);
  if (s->kind == GM_SINK_FILE)
    to_file(s, &b);
  else
    (void)gm_write_all(STDERR_FILENO, b.data, b.len);
  pthread_mutex_unlock(&s->lock);
}

static int32_t open_path(struct gm_sink *s, const char *path,
                         struct gm_error *err)
{
  if (!path || !*path)
    return gm_fail(err, GAMUT_E_INVALID,
                   "log_target is file: log_file must name one");
  s->path = gm_path_absolute(path); /* the process may go elsewhere */
  if (!s->path)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a log");
  s->fd = open_file(s->path);
  if (s->fd < 0)
    return gm_fail(err, GAMUT_E_INVALID, "log_file: cannot open '%s': %s",
                   s->path, strerror(errno));
  s->looked_ms = gm_mono_ms();
  return 0;
}

int32_t gm_sink_open(struct gm_log *l, enum gm_sink_kind kind, const char *path,
                     struct gm_sink **ret, struct gm_error *err)
{
  struct gm_sink *s = gm_zalloc(sizeof(*s));
  int32_t rc;

  if (!s)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a log");
  s->kind = kind;
  s->log = l;
  s->other = l->write;
  s->other_user = l->user;
  s->fd = -1;
  pthread_mutex_init(&s->lock, NULL);
  rc = kind == GM_SINK_FILE ? open_path(s, path, err) : 0;
  if (rc) {
    gm_sink_free(s);
    return rc;
  }
  l->write = write_line;
  l->user = s;
  *ret = s;
  return 0;
}

void gm_sink_free(struct gm_sink *s)
{
  if (!s)
    return;
  if (s->fd >= 0)
    close(s->fd);
  pthread_mutex_destroy(&s->lock);
  gm_free(s->path);
  gm_free(s);
}
