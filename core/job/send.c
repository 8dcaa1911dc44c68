/* send.c - a pending exchange becomes a flight, its answer a step.
 *
 * A paid exchange is journaled before it may leave; after it left without an
 * answer the attempt ends as UNKNOWN, unless it carries a key that lets the
 * vendor tell that it is the same one. */
#include "base/clock.h"
#include "job/flight.h"
#include "job/limiter.h"
#include <string.h>

/* How long a server may take to connect that has a backup. */
#define BACKUP_AFTER_MS 5000

/* Ten large pictures in base64. */
#define REPLY_MAX (512u << 20)

size_t gm_job_authorize(struct gm_exchange *x, const char *url,
                        struct gm_header *out, size_t max)
{
  struct gm_flight *f = x->owner;

  gm_buf_clear(&f->secrets);
  return gm_instance_authorize(f->job->instance, url, out, max, &f->secrets);
}

/* It is not known whether a paid exchange ran. */
static void maybe_charged(struct gm_job *job, struct gm_error *err, bool begun)
{
  job->maybe_charged = true;
  gm_error_prefix(err, begun ? "sent, but its answer broke off"
                             : "sent, but no answer came");
  err->error_class = GAMUT_E_UNKNOWN;
}

/* No whole request left this time, and none will. */
static void cannot_send(struct gm_job *job, struct gm_error *err)
{
  gm_error_finish(&job->err);
  gm_error_move(&job->err, err);
  gm_job_over(job);
}

static void no_answer(struct gm_job *job, struct gm_exchange *x)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  uint32_t flags = job->pending->flags;
  bool keyed = flags & GAMUT_HTTP_KEYED && !gm_job_has_streamed(job);

  gm_error_move(&err, &x->err);
  if (x->error_class == GAMUT_E_INVALID) {
    cannot_send(job, &err);
    return;
  }
  if ((flags & GAMUT_HTTP_BILLABLE) && x->was_sent && !keyed)
    maybe_charged(job, &err, x->status > 0);
  else if ((flags & GAMUT_HTTP_BILLABLE) && x->was_sent)
    job->doubtful = true;
  gm_job_trouble(job, x, &err, 0);
}

static void start(struct gm_job *job, struct gm_flight *f);

/* Who leads the first server elsewhere (to a gateway, to a test) and says
 * nothing of the second wants nothing sent there. */
static char *backup_of(const struct gm_job *job, const char *url)
{
  struct gm_http *http = job->engine->http;
  char *backup = gm_instance_backup(job->instance, url);

  if (backup && gm_http_maps(http, url) && !gm_http_maps(http, backup))
    gm_free(GM_TAKE(backup));
  return backup;
}

/* No connection came up, so nothing was sent: the vendor's other server gets
 * the same, once. */
static bool goes_to_backup(struct gm_job *job, struct gm_flight *f)
{
  struct gm_buf b = GM_BUF_INIT(2048);

  if (!f->x.unconnected || f->backup)
    return false;
  f->backup = backup_of(job, f->x.url);
  if (!f->backup)
    return false;
  gm_buf_addf(&b, "%s; to its backup %.*s", gm_error_text(&f->x.err),
              (int)strcspn(f->backup, "?#"), f->backup);
  gm_info(job->engine->log, "job %s: %s", job->id, gm_buf_text(&b));
  gm_job_tell(job, GAMUT_EVENT_RETRY, 0, 0, gm_buf_text(&b));
  gm_buf_finish(&b);
  job->total_repeats++;
  start(job, f);
  return true;
}

/* Is no answer one?  An input that cannot be read is nobody's silence. */
static bool may_be_absent(const struct gm_job *job, const struct gm_exchange *x)
{
  return (job->pending->flags & GAMUT_HTTP_PROBE) &&
         !(x->made && x->error_class == GAMUT_E_INVALID);
}

static void answered(struct gm_exchange *x)
{
  struct gm_flight *f = x->owner;
  struct gm_job *job = f->job;
  struct gm_engine *e = job->engine;

  gm_job_observe(job, f);
  if (goes_to_backup(job, f))
    return;
  gm_limit_answered(job, x);
  if (x->status > 0)
    job->http_status = (int16_t)x->status;
  /* The flight is ours until the step is over; then others may take it. */
  job->flight = NULL;
  gm_job_move(job, GM_JOB_READY);
  if (gm_stream_over(job, f))
    ;
  else if (x->error_class && !may_be_absent(job, x))
    no_answer(job, x);
  else if (gm_is_judged(x, job->pending->flags))
    gm_job_refused(job, x);
  else
    gm_job_step(job, GAMUT_EV_REPLY, x);
  gm_flight_return(e, f);
}

/* Inputs of the body are read while it is sent. */
static int32_t open_body(struct gm_job *job, struct gm_flight *f,
                         struct gm_error *err)
{
  const struct gm_pending *p = job->pending;

  gm_body_finish(&f->body);
  if (p->n_pieces == 0)
    return 0;
  f->x.body = NULL;
  f->x.made = &f->body;
  return gm_pending_open(p, job->inputs, job->n_inputs, &f->body, err);
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
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_pending *p = job->pending;
  struct gm_exchange *x = &f->x;
  size_t len;

  x->owner = f;
  x->made = NULL;
  x->method = gm_pending_method(p);
  x->url = f->backup ? f->backup : gm_pending_url(p);
  x->connect_ms = !f->backup && gm_instance_has_backup(job->instance, x->url)
                    ? BACKUP_AFTER_MS
                    : 0;
  x->headers = f->headers;
  x->n_headers = gm_pending_headers(p, f->headers, GM_FLIGHT_HEADERS);
  x->body = gm_pending_text(p, &len);
  x->body_len = len;
  x->flags = 0;
  if (p->flags & GAMUT_HTTP_BILLABLE)
    x->flags |= GM_X_BILLABLE;
  if (p->flags & GAMUT_HTTP_DIRECT)
    x->flags |= GM_X_DIRECT;
  if (!gm_instance_owns(job->instance, x->url))
    x->flags |= GM_X_FOREIGN;
  x->n_headers += gm_job_propagate(job, f, f->headers + x->n_headers,
                                   GM_FLIGHT_HEADERS - x->n_headers);
  x->timeout_ms = gm_job_look_ms(job);
  if (!x->timeout_ms)
    x->timeout_ms = p->timeout_ms;
  x->max_body = REPLY_MAX;
  x->authorize = gm_job_authorize;
  x->sink = NULL;
  x->feeds = NULL;
  x->done = answered;
  if (p->flags & GAMUT_HTTP_STREAM)
    gm_stream_begin(f);
  if (open_body(job, f, &err) || fill_body(job, f, &err)) {
    gm_flight_release(f);
    cannot_send(job, &err);
    return;
  }
  gm_http_start(job->engine->http, x);
}

static void unsaved(struct gm_job *job)
{
  gm_flight_release(job->flight);
  gm_job_move(job, GM_JOB_READY);
  gm_job_fail(job, GAMUT_E_STORAGE,
              "the job could not be written down, so it was not sent: %s",
              gm_journal_why(job->engine->journal));
}

static void durable(struct gm_durable *d, int32_t error_class)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);
  struct gm_usual *usual;

  if (error_class == GAMUT_E_DETACHED) {
    gm_job_late(job);
    return;
  }
  if (gm_job_heard_late(job, error_class))
    return;
  gm_job_paid_written(job, error_class);
  if (error_class) {
    unsaved(job);
    return;
  }
  job->tries++;
  job->sent_ms = gm_mono_ms();
  usual = job->usual;
  start(job, job->flight); /* and the job may be gone */
  gm_usual_want(usual);    /* behind it: nobody need wait for that */
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

  /* Nothing is done on the strength of an answer that a crash could take. */
  job->held = job->unwritten;
  if (job->held || !gm_token_ready(job) || !gm_limit_ready(job))
    return;
  f = gm_flight_take(job);
  if (!f)
    return;
  gm_limit_sent(job);
  gm_job_move(job, GM_JOB_SENDING);
  /* What answers a question is of no use to another process. */
  if (!(job->pending->flags & GAMUT_HTTP_BILLABLE) || job->own_fn) {
    start(job, f);
    return;
  }
  job->durable.ready = durable;
  (void)gm_job_write_paid(job);
}
