/* send.c - a pending exchange becomes a flight, its answer a step.
 *
 * A paid exchange is journaled before it may leave; after it left without an
 * answer the attempt ends as UNKNOWN, unless it carries a key that lets the
 * vendor tell that it is the same one. */
#include "base/clock.h"
#include "job/flight.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* How long a server may take to connect that has a backup. */
#define BACKUP_AFTER_MS 5000

size_t gm_job_authorize(struct gm_exchange *x, const char *url,
                        struct gm_header *out, size_t max)
{
  struct gm_flight *f = x->owner;

  gm_buf_clear(&f->secrets);
  return gm_instance_authorize(f->job->instance, url, out, max, &f->secrets);
}

static void no_answer(struct gm_job *job, struct gm_exchange *x)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  uint32_t flags = job->pending->flags;

  gm_error_move(&err, &x->err);
  if ((flags & GAMUT_HTTP_BILLABLE) && x->was_sent &&
      !(flags & GAMUT_HTTP_KEYED)) {
    job->maybe_charged = true;
    gm_error_prefix(&err, "sent, but no answer came");
    err.error_class = GAMUT_E_UNKNOWN;
  } else if ((flags & GAMUT_HTTP_BILLABLE) && x->was_sent) {
    job->doubtful = true;
  }
  gm_job_trouble(job, x, &err, false);
}

static void start(struct gm_job *job, struct gm_flight *f);

/* No connection came up, so nothing was sent: the vendor's other server gets
 * the same, once. */
static bool goes_to_backup(struct gm_job *job, struct gm_flight *f)
{
  struct gm_buf b = GM_BUF_INIT(2048);

  if (!f->x.unconnected || f->backup)
    return false;
  f->backup = gm_instance_backup(job->instance, f->x.url);
  if (!f->backup)
    return false;
  gm_buf_addf(&b, "%s; to its backup %.*s", gm_error_text(&f->x.err),
              (int)strcspn(f->backup, "?#"), f->backup);
  gm_info(job->engine->log, "job %s: %s", job->id, gm_buf_text(&b));
  gm_job_tell(job, GAMUT_EVENT_RETRY, 0, 0, gm_buf_text(&b));
  gm_buf_finish(&b);
  job->total_repeats++;
  if (f->x.body_fd >= 0)
    close(f->x.body_fd);
  start(job, f);
  return true;
}

static void answered(struct gm_exchange *x)
{
  struct gm_flight *f = x->owner;
  struct gm_job *job = f->job;
  struct gm_engine *e = job->engine;

  if (goes_to_backup(job, f))
    return;
  if (x->status > 0)
    job->http_status = (int16_t)x->status;
  /* The flight is ours until the step is over; then others may take it. */
  job->flight = NULL;
  gm_job_move(job, GM_JOB_READY);
  if (gm_stream_over(job, f))
    ;
  else if (x->error_class && !(job->pending->flags & GAMUT_HTTP_PROBE))
    no_answer(job, x);
  else if (x->status >= 400 && !(job->pending->flags & GAMUT_HTTP_ALL))
    gm_job_refused(job, x);
  else
    gm_job_step(job, GAMUT_EV_REPLY, x);
  gm_flight_return(e, f);
}

/* A raw upload is read from the file while it is sent. */
static int32_t open_body(struct gm_job *job, struct gm_flight *f,
                         struct gm_error *err)
{
  const struct gm_pending *p = job->pending;
  const struct gm_input *in;
  char why[128];

  if (p->body_input < 0)
    return 0;
  if ((uint32_t)p->body_input >= job->n_inputs)
    return gm_fail(err, GAMUT_E_PLUGIN, "provider '%s' uploads no input",
                   job->instance->name);
  in = &job->inputs[p->body_input];
  if (!in->path)
    return gm_fail(err, GAMUT_E_UNSUPPORTED,
                   "%s: '%.80s' is no file that could be uploaded", in->role,
                   in->source);
  f->x.body_fd = open(in->path, O_RDONLY | O_CLOEXEC);
  if (f->x.body_fd < 0)
    return gm_fail(err, GAMUT_E_INVALID, "%s: cannot read '%s': %s", in->role,
                   in->path, strerror_r(errno, why, sizeof(why)));
  f->x.body_offset = p->body_offset;
  f->x.body_size = p->body_size ? p->body_size : in->size - p->body_offset;
  return 0;
}

/* Secrets of the body are put in for this one send. */
static int32_t fill_body(struct gm_job *job, struct gm_flight *f,
                         struct gm_error *err)
{
  int32_t rc;

  if (!(job->pending->flags & GAMUT_HTTP_FILL) || !f->x.body)
    return 0;
  gm_wipe_buf(&f->filled);
  rc = gm_instance_fill(job->instance, job->secret, f->x.body, f->x.body_len,
                        &f->filled, err);
  f->x.body = gm_buf_text(&f->filled);
  f->x.body_len = f->filled.len;
  return rc;
}

static void start(struct gm_job *job, struct gm_flight *f)
{
  const struct gm_pending *p = job->pending;
  struct gm_exchange *x = &f->x;
  size_t len;

  x->owner = f;
  x->body_fd = -1;
  x->method = gm_pending_method(p);
  x->url = f->backup ? f->backup : gm_pending_url(p);
  x->connect_ms = !f->backup && gm_instance_has_backup(job->instance, x->url)
                    ? BACKUP_AFTER_MS
                    : 0;
  x->headers = f->headers;
  x->n_headers = gm_pending_headers(p, f->headers, GM_FLIGHT_HEADERS);
  x->body = gm_pending_body(p, &len);
  x->body_len = len;
  x->flags = 0;
  if (p->flags & GAMUT_HTTP_BILLABLE)
    x->flags |= GM_X_BILLABLE;
  if (!gm_instance_owns(job->instance, x->url))
    x->flags |= GM_X_FOREIGN;
  x->timeout_ms = p->timeout_ms;
  x->max_body = 0;
  x->authorize = gm_job_authorize;
  x->sink = NULL;
  x->done = answered;
  if (p->flags & GAMUT_HTTP_STREAM)
    gm_stream_begin(f);
  if (open_body(job, f, &job->err) || fill_body(job, f, &job->err)) {
    gm_flight_release(f);
    gm_job_over(job);
    return;
  }
  gm_http_start(job->engine->http, x);
}

static void unsaved(struct gm_job *job, int32_t error_class)
{
  gm_flight_release(job->flight);
  gm_job_move(job, GM_JOB_READY);
  if (error_class == GAMUT_E_DETACHED)
    job->durable.lost(&job->durable);
  else
    gm_job_fail(job, GAMUT_E_STORAGE,
                "the job could not be written down, so it was not sent: %s",
                gm_journal_why(job->engine->journal));
}

static void durable(struct gm_durable *d, int32_t error_class)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);

  if (error_class) {
    unsaved(job, error_class);
    return;
  }
  job->tries++;
  start(job, job->flight);
}

void gm_job_resume(struct gm_job *job)
{
  if (job->state == GM_JOB_FETCHING)
    gm_job_fetch_next(job);
  else
    gm_job_send(job);
}

void gm_job_send(struct gm_job *job)
{
  struct gm_flight *f;

  if (!gm_token_ready(job))
    return;
  f = gm_flight_take(job);
  if (!f)
    return;
  gm_job_move(job, GM_JOB_SENDING);
  if (!(job->pending->flags & GAMUT_HTTP_BILLABLE)) {
    start(job, f);
    return;
  }
  job->durable.ready = durable;
  if (gm_job_write(job, GM_PUT_WAIT)) {
    gm_flight_release(f);
    gm_job_move(job, GM_JOB_READY);
    gm_job_fail(job, GAMUT_E_NOMEM, "no memory for a job record");
  }
}
