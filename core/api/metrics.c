/* metrics.c - what was counted, as text and as a file.
 *
 * The file is a sum over processes: counters of a run of the CLI would be of no
 * use if the next run wrote over them.  Whoever adds to it holds FILE.lock,
 * reads what is there, adds what is new since it last did, and renames the
 * whole into place.  Gauges say what is now, which makes no sum: they are not
 * in it. */
#include "api/context.h"
#include "api/result.h"
#include "base/clock.h"
#include "base/file.h"
#include "job/policy.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)64 << 20)
#define EVERY_MS       15000 /* while jobs are under way */
#define LOCK_TRIES     100   /* at the end, of 10 ms */

static int64_t bytes_of(const struct gamut_result *r)
{
  uint64_t sum = 0;
  uint32_t i;

  for (i = 0; i < r->n_artifacts; i++)
    sum += r->artifacts[i].size;
  return (int64_t)sum;
}

void gm_metrics_request(struct gamut *g, const struct gamut_result *r)
{
  struct gm_meters *m = g->engine.meters;
  const char *who = r ? r->provider : NULL, *what = r ? r->model : NULL;

  if (!r)
    return;
  gm_count(m, GM_M_REQUESTS, 1, who, what, gm_status_name(r->status));
  if (r->status == GAMUT_FAILED)
    gm_count(m, GM_M_FAILURES, 1, who, what,
             gm_policy_of(r->err.error_class)->name);
  gm_count(m, GM_M_BLOCKED, r->status == GAMUT_BLOCKED, who, what, NULL);
  gm_count(m, GM_M_MAYBE_CHARGED, r->maybe_charged, who, what, NULL);
  gm_count(m, GM_M_COST, r->cost_microusd, who, what, NULL);
  gm_count(m, GM_M_COST_UNKNOWN,
           r->status == GAMUT_COMPLETED && r->cost_microusd < 0, who, what,
           NULL);
  if (r->hit)
    gm_count(m, GM_M_CACHE_HITS, 1, who, what,
             r->hit->prompt ? "semantic" : "exact");
  gm_count(m, GM_M_OUTPUT_BYTES, bytes_of(r), who, what, NULL);
  gm_observe(m, GM_M_LATENCY, r->total_ms, who, what, NULL);
  gm_observe(m, GM_M_QUEUE_TIME, r->queue_ms, who, what, NULL);
}

/* ---- the text
 * ---------------------------------------------------------------- */

struct rendering {
  char *text;
};

static void render_now(struct gamut *g, void *arg)
{
  struct rendering *r = arg;
  struct gm_meters *m = g->engine.meters;
  struct gm_buf b = GM_BUF_INIT(FILE_MAX_BYTES);
  struct gm_http_stats http;

  gm_http_stats(g->http, &http);
  gm_gauge(m, GM_M_JOBS, g->n_tickets, NULL, NULL, NULL);
  gm_gauge(m, GM_M_HTTP_ACTIVE, http.active, NULL, NULL, NULL);
  gm_gauge(m, GM_M_HTTP_WAITING, http.waiting, NULL, NULL, NULL);
  gm_meters_print(m, true, &b);
  r->text = gm_buf_take(&b);
}

int32_t gamut_metrics(struct gamut *g, char **ret_text,
                      struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;
  struct rendering r = { NULL };
  int32_t rc = gm_enter(g, ret_error);

  if (rc)
    return rc;
  gm_on_engine(g, render_now, &r);
  if (!r.text)
    gm_fail(&err, GAMUT_E_NOMEM, "no memory for the measurements");
  else
    *ret_text = r.text;
  return gm_report(&err, ret_error);
}

/* ---- the file
 * ------------------------------------------------------------------ */

/* Held until it is closed; -1 with errno, EWOULDBLOCK: somebody else has it. */
static int lock_file(const char *path, int tries)
{
  static const struct timespec pause = { 0, 10 * 1000 * 1000 };
  _cleanup_(gm_buf_finish) struct gm_buf name = GM_BUF_INIT(8192);
  int fd, saved;

  gm_buf_addf(&name, "%s.lock", path);
  fd =
    open(gm_buf_text(&name), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0)
    return -1;
  while (flock(fd, LOCK_EX | LOCK_NB)) {
    saved = errno;
    if (saved != EINTR && (saved != EWOULDBLOCK || --tries <= 0)) {
      close(fd);
      errno = saved;
      return -1;
    }
    nanosleep(&pause, NULL);
  }
  return fd;
}

static int32_t replace_file(const char *path, const struct gm_buf *text,
                            struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf name = GM_BUF_INIT(8192);
  const char *fresh;
  int fd, rc;

  gm_buf_addf(&name, "%s.new", path);
  fresh = gm_buf_text(&name);
  fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0)
    return gm_fail(err, GAMUT_E_STORAGE, "%s", strerror(errno));
  rc = gm_write_all(fd, text->data, text->len);
  if (close(fd) && rc == 0)
    rc = -errno;
  if (rc == 0 && rename(fresh, path))
    rc = -errno;
  if (rc == 0)
    return 0;
  unlink(fresh);
  return gm_fail(err, GAMUT_E_STORAGE, "%s", strerror(-rc));
}

/* What others have counted; nothing when there is no file yet. */
static int32_t read_sum(const char *path, struct gm_meters *sum,
                        struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(FILE_MAX_BYTES);
  int32_t rc;

  if (access(path, F_OK) && errno == ENOENT)
    return 0;
  rc = gm_file_read(path, &b, GAMUT_E_STORAGE, err);
  return rc ? rc : gm_meters_read(sum, gm_buf_text(&b), err);
}

static int32_t add_to_sum(struct gamut *g, const char *path,
                          struct gm_error *err)
{
  _cleanup_(gm_meters_freep) struct gm_meters *sum = gm_meters_new(&g->log);
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(FILE_MAX_BYTES);
  int32_t rc;

  if (!sum)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory");
  rc = read_sum(path, sum, err);
  if (rc)
    return rc;
  gm_meters_add_new(sum, g->engine.meters);
  gm_meters_print(sum, false, &b);
  if (gm_buf_failed(&b))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory");
  return replace_file(path, &b, err);
}

/* One that another process holds is left for the next time, when there is one.
 */
static void write_file(struct gamut *g, int tries)
{
  const char *path = gm_setting_str(&g->settings, "metrics_file");
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  int fd;

  if (!path || !g->engine.meters || !gm_meters_are_new(g->engine.meters))
    return;
  fd = lock_file(path, tries);
  if (fd < 0 && errno == EWOULDBLOCK && tries == 1)
    return;
  if (fd < 0)
    gm_fail(&err, GAMUT_E_STORAGE, "%s", strerror(errno));
  else if (add_to_sum(g, path, &err) == 0)
    gm_meters_settle(g->engine.meters);
  if (fd >= 0)
    close(fd);
  if (err.error_class)
    gm_warn(&g->log, "metrics_file '%s' is left as it is: %s", path,
            gm_error_text(&err));
}

static void on_timer(struct gm_timer *t)
{
  struct gamut *g = GM_CONTAINER(t, struct gamut, metrics_timer);

  write_file(g, 1);
  if (g->n_tickets > 0)
    gm_timer_start(g->loop, t, gm_mono_ms() + EVERY_MS);
}

void gm_metrics_begin(struct gamut *g)
{
  g->metrics_timer.fire = on_timer;
  if (!g->metrics_timer.at && gm_setting_str(&g->settings, "metrics_file"))
    gm_timer_start(g->loop, &g->metrics_timer, gm_mono_ms() + EVERY_MS);
}

void gm_metrics_end(struct gamut *g)
{
  if (g->loop)
    gm_timer_stop(g->loop, &g->metrics_timer);
  write_file(g, LOCK_TRIES);
}
