/* observe.c - what is seen of a job from outside: counters and spans of its
 * exchanges, a span for each attempt; and one for what is done beside it, where
 * the attempt is the fetch of a token, an upload, a query, or asks for
 * addresses anew. */
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "job/flight.h"
#include "job/parsed.h"
#include "job/policy.h"
#include "loop/url.h"
#include <stdio.h>
#include <string.h>

static const char *phase_of(const struct gm_job *job, const struct gm_flight *f)
{
  if (f->x.flags & GM_X_DOWNLOAD)
    return "download";
  return gm_phase_name(job->instance, job->pending ? job->pending->phase : -1);
}

static int64_t sent_by(const struct gm_exchange *x)
{
  return (int64_t)(x->made ? x->made->size : x->body_len);
}

static void count(const struct gm_job *job, const struct gm_flight *f)
{
  struct gm_meters *m = job->engine->meters;
  const struct gm_exchange *x = &f->x;
  const char *who = job->instance->name;
  char status[24];

  gm_count(m, GM_M_EXCHANGES, 1, who, phase_of(job, f),
           x->error_class ? gm_policy_of(x->error_class)->name
                          : gm_fmt_int(status, x->status));
  if (x->was_sent)
    gm_count(m, GM_M_SENT_BYTES, sent_by(x), who, NULL, NULL);
  gm_count(m, GM_M_RECEIVED_BYTES, (int64_t)x->body_received, who, NULL, NULL);
}

/* ---- spans of exchanges
 * -------------------------------------------------------- */

/* Keys are sent in queries, and signatures of downloads are there: none is
 * shown. */
static void put_url(struct gm_span *s, const char *url)
{
  _cleanup_free_ char *shown = gm_strndup(url, strcspn(url, "?#"));
  char origin[GM_ORIGIN_SIZE], *host, *port;
  int64_t number;

  gm_span_text(s, "url.full", shown);
  if (!gm_url_origin(url, origin))
    return;
  host = strstr(origin, "://") + 3;
  port = strrchr(host, ':');
  if (port && !strchr(port, ']') && gm_parse_i64(port + 1, 1, 65535, &number)) {
    *port = '\0';
    gm_span_int(s, "server.port", number);
  } else {
    gm_span_int(s, "server.port", gm_url_is_https(url) ? 443 : 80);
  }
  gm_span_text(s, "server.address", host);
}

static void put_http(struct gm_span *s, const struct gm_job *job,
                     const struct gm_flight *f)
{
  const struct gm_exchange *x = &f->x;

  gm_span_text(s, "http.request.method", x->method);
  put_url(s, x->url);
  if (x->status > 0)
    gm_span_int(s, "http.response.status_code", x->status);
  if (job->repeats > 0)
    gm_span_int(s, "http.request.resend_count", job->repeats);
  gm_span_int(s, "http.request.body.size", sent_by(x));
  gm_span_int(s, "http.response.body.size", (int64_t)x->body_received);
  gm_span_text(s, "gamut.phase", phase_of(job, f));
  if (!(x->flags & GM_X_DOWNLOAD))
    gm_span_bool(s, "gamut.billable", x->flags & GM_X_BILLABLE);
}

static void end_exchange(const struct gm_job *job, struct gm_flight *f,
                         const char *error_type, const char *message)
{
  const struct gm_exchange *x = &f->x;
  char name[128];
  struct gm_span s;

  if (!*f->span_id)
    gm_span_id(f->span_id);
  snprintf(name, sizeof(name), "%s %s", x->method, phase_of(job, f));
  gm_span_begin(&s, job->trace, f->span_id,
                *job->trace->attempt ? job->trace->attempt : job->trace->root,
                name, GM_SPAN_CLIENT, x->start_us,
                x->end_us ? x->end_us : gm_mono_us());
  put_http(&s, job, f);
  gm_span_end(&s, NULL, error_type, message);
  f->span_id[0] = '\0';
}

void gm_job_observe(struct gm_job *job, struct gm_flight *f)
{
  const struct gm_exchange *x = &f->x;
  char status[24];

  if (job->accepted && !job->polled_ms && !x->error_class)
    job->polled_ms = gm_mono_ms();
  count(job, f);
  if (!gm_trace_is_on(job->trace))
    return;
  if (x->error_class)
    end_exchange(job, f, gm_policy_of(x->error_class)->name,
                 gm_error_text(&x->err));
  else
    end_exchange(job, f,
                 x->status >= 400 ? gm_fmt_int(status, x->status) : NULL, NULL);
}

void gm_job_observe_abort(struct gm_job *job, struct gm_flight *f)
{
  if (gm_trace_is_on(job->trace) && f->x.start_us)
    end_exchange(job, f, "aborted", "nobody waits for its answer any more");
}

size_t gm_job_propagate(struct gm_job *job, struct gm_flight *f,
                        struct gm_header *out, size_t room)
{
  const struct gm_trace *t = job->trace;
  const char *span;

  if (!t || !t->tracer->propagates || room == 0 || (f->x.flags & GM_X_FOREIGN))
    return 0;
  if (gm_trace_is_on(t))
    gm_span_id(f->span_id);
  span = gm_trace_is_on(t) ? f->span_id : t->parent;
  if (!*span)
    return 0;
  snprintf(f->traceparent, sizeof(f->traceparent), "00-%s-%s-%s", t->id, span,
           t->sampled ? "01" : "00");
  out->name = "traceparent";
  out->value = f->traceparent;
  return 1;
}

/* ---- attempts
 * ------------------------------------------------------------------ */

void gm_job_observe_begin(struct gm_job *job)
{
  if (!gm_trace_is_on(job->trace))
    return;
  gm_span_id(job->trace->attempt);
  job->trace->attempt_us = gm_mono_us();
}

static void put_request(struct gm_span *s, const char *provider,
                        const struct json_object *request)
{
  const char *operation = gm_json_str(request, "operation", "");
  int64_t n = gm_json_i64(request, "n", 1);

  gm_span_text(s, "gen_ai.operation.name", "generate_content");
  gm_span_text(s, "gen_ai.provider.name", provider);
  gm_span_text(s, "gen_ai.request.model", gm_json_str(request, "model", NULL));
  if (*operation)
    gm_span_text(s, "gen_ai.output.type",
                 gm_ends(operation, "video") ? "video" : "image");
  if (n != 1)
    gm_span_int(s, "gen_ai.request.choice.count", n);
  if (gm_json_at(request, "seed"))
    gm_span_int(s, "gen_ai.request.seed", gm_json_i64(request, "seed", 0));
  if (*operation)
    gm_span_text(s, "gamut.operation", operation);
}

static void put_attempt(struct gm_span *s, const struct gm_job *job)
{
  gm_span_text(s, "gamut.job", job->id);
  gm_span_text(s, "gamut.slot", job->instance->proof);
  gm_span_labels(s);
  gm_span_int(s, "gamut.tries", job->tries);
  gm_span_int(s, "gamut.retries", job->total_repeats);
  if (job->found)
    gm_span_text(s, "gamut.vendor_request_id",
                 gm_texts_get(&job->found->facts, "request_id"));
}

/* No generation: a token, an upload, a query, addresses. */
static void end_task(const struct gm_job *job, const char *error_type,
                     const char *message)
{
  struct gm_trace *t = job->trace;
  struct gm_span s;

  gm_span_begin(&s, t, t->attempt, t->root, t->task, GM_SPAN_INTERNAL,
                t->attempt_us, gm_mono_us());
  gm_span_text(&s, "gen_ai.provider.name", job->instance->name);
  gm_span_text(&s, "gamut.job", job->id);
  gm_span_text(&s, "gamut.slot", job->instance->proof);
  gm_span_int(&s, "gamut.retries", job->total_repeats);
  gm_span_end(&s, &t->attempt_events, error_type, message);
}

static void end_attempt(const struct gm_job *job, const char *error_type,
                        const char *message)
{
  struct gm_trace *t = job->trace;
  _cleanup_json_ struct json_object *request = NULL;
  char name[128];
  struct gm_span s;

  if (job->request)
    request = gm_job_request(job);
  snprintf(name, sizeof(name), "generate_content %.100s",
           gm_json_str(request, "model", ""));
  gm_span_begin(&s, t, t->attempt, t->root, name, GM_SPAN_CLIENT, t->attempt_us,
                gm_mono_us());
  put_request(&s, job->instance->name, request);
  put_attempt(&s, job);
  gm_span_end(&s, &t->attempt_events, error_type, message);
}

void gm_job_observe_end(struct gm_job *job)
{
  struct gm_trace *t = job->trace;
  const char *class_name = NULL;

  if (!gm_trace_is_on(t) || !*t->attempt)
    return;
  if (job->err.error_class)
    class_name = gm_policy_of(job->err.error_class)->name;
  if (*t->task)
    end_task(job, class_name, gm_error_text(&job->err));
  else
    end_attempt(job, class_name, gm_error_text(&job->err));
  gm_buf_clear(&t->attempt_events);
  t->attempt[0] = '\0';
}

void gm_job_untrace(struct gm_job *job)
{
  struct gm_trace *t = GM_TAKE(job->trace);

  if (gm_trace_is_on(t) && *t->attempt) {
    job->trace = t;
    end_task(job, "aborted", "nobody waits for it any more");
    job->trace = NULL;
  }
  gm_trace_free(t);
}
