/* What the gateway answers with: results, jobs, and errors in its words. */
#include "visgate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFUSED "Provider rejected the request: content policy violation"

/* ---- errors ------------------------------------------------------------- */

/* `details`: the field that is wrong, or the provider behind a PROVIDER_...
 * code; NULL: none. */
void vg_error(struct em_request *rq, unsigned status, const char *code,
              const char *details, const char *format, ...)
{
  struct em_buf *b = &rq->reply.body;
  char message[1200];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  em_buf_finish(b);
  em_buf_printf(b, "{\"error\":\"%s\",\"message\":", code);
  em_buf_json(b, message);
  if (details) {
    em_buf_printf(b, ",\"details\":{\"%s\":",
                  strstr(code, "PROVIDER") ? "provider" : "field");
    em_buf_json(b, details);
    em_buf_putc(b, '}');
  }
  em_buf_putc(b, '}');
  rq->reply.status = status;
}

static void answer_status(struct em_request *rq, const struct em_fault *fault,
                          const struct vg_model *model)
{
  static const struct {
    unsigned status;
    const char *code, *message;
  } rows[] = {
    { 400, "BAD_REQUEST", "The request is not valid" },
    { 401, "UNAUTHORIZED", "Invalid API key" },
    { 402, "INSUFFICIENT_BALANCE", "The balance is used up" },
    { 403, "FORBIDDEN", "This key may not do that" },
    { 404, "NOT_FOUND", "Request not found" },
    { 422, "VALIDATION_ERROR", "The request is not valid" },
    { 429, "RATE_LIMITED", "Too many requests" },
    { 502, "PROVIDER_FAILURE", "The provider timed out" },
    { 503, "UNAVAILABLE", "Service unavailable" },
  };
  unsigned status = (unsigned)fault->arg;
  const char *code = fault->type[0] ? fault->type : NULL;
  size_t i;

  for (i = 0; i < EM_LEN(rows) && rows[i].status != status;)
    i++;
  if (i == EM_LEN(rows) && !code)
    em_reply_text(rq, status, "text/plain; charset=utf-8",
                  "Internal Server Error");
  else
    vg_error(rq, status, code ? code : rows[i].code,
             status == 502 && model ? model->provider : NULL, "%s",
             i < EM_LEN(rows) ? rows[i].message : "Something went wrong");
}

void vg_answer_fault(struct em_request *rq, const struct em_fault *fault,
                     const struct vg_model *model)
{
  if (fault->kind == EM_F_RESET_BEFORE)
    rq->reply.wire.reset = true;
  else if (fault->kind == EM_F_CLOSE_BEFORE)
    rq->reply.wire.close = true;
  else if (fault->kind == EM_F_QUOTA)
    vg_error(rq, 402, "INSUFFICIENT_BALANCE", NULL,
             "The balance of this organization is used up");
  else
    answer_status(rq, fault, model);
  if (fault->retry_after[0])
    em_reply_header(rq, "Retry-After", "%s", fault->retry_after);
}

/* ---- how a job ends ----------------------------------------------------- */

/* A meaning that strikes a waiting answer or a polled job. */
static bool strikes(struct em_server *sv, struct em_job *job,
                    enum em_fault_kind kind)
{
  return em_fault_take(&sv->faults, job->faults, EM_RESULT, kind) ||
         em_fault_take(&sv->faults, job->faults, EM_RUN, kind);
}

/* Why the job fails, or NULL; settled once and kept in job->error. */
static const char *failure_of(struct em_server *sv, struct em_job *job)
{
  static const struct {
    enum em_fault_kind kind;
    const char *text;
  } failures[] = {
    { EM_F_BLOCKED, REFUSED },
    { EM_F_NSFW, "NSFW content detected in the output" },
    { EM_F_INVALID, "The provider does not take this input" },
    { EM_F_FAIL, "The provider returned an internal error" },
    { EM_F_FAIL_LATE, "The provider returned an internal error" },
  };
  size_t i;

  if (job->error)
    return job->error;
  for (i = 0; i < EM_LEN(failures); i++)
    if (strikes(sv, job, failures[i].kind)) {
      job->failed = true;
      job->error = em_strdup(failures[i].text);
      return job->error;
    }
  return NULL;
}

/* ---- files -------------------------------------------------------------- */

/* At the gateway, or where the provider keeps it (job->inline_data: the caller
 * wanted that). */
static void put_url(struct em_server *sv, struct em_job *job, unsigned n,
                    struct em_buf *out)
{
  const char *c;

  if (strikes(sv, job, EM_F_PRIVATE_URL)) {
    em_buf_puts(out, "\"http://169.254.7.7/latest/meta-data/\"");
    return;
  }
  if (strikes(sv, job, EM_F_FILE_URL)) {
    em_buf_puts(out, "\"file:///etc/passwd\"");
    return;
  }
  em_buf_putc(out, '"');
  if (strikes(sv, job, EM_F_CRED_URL))
    em_buf_puts(out, "https://user:password@" VISGATE_FILES);
  else
    em_put_origin(sv, job->inline_data ? "v3b.fal.media" : VISGATE_FILES, out);
  em_buf_puts(out, job->inline_data ? "/files/b/" : VISGATE_BUCKET "/files/");
  for (c = job->id; *c; c++)
    if (*c != '-')
      em_buf_putc(out, (unsigned char)*c);
  em_buf_printf(out, "_%u.%s\"", n, em_media_suffix(job->media));
}

static bool is_empty(struct em_server *sv, struct em_job *job)
{
  return strikes(sv, job, EM_F_EMPTY) || strikes(sv, job, EM_F_NOMEDIA);
}

static void put_images(struct em_server *sv, struct em_job *job,
                       struct em_buf *out)
{
  unsigned i, n = is_empty(sv, job) ? 0 : job->n_outputs;

  em_buf_puts(out, ",\"images\":[");
  for (i = 0; i < n; i++) {
    em_buf_puts(out, i ? "," : "");
    put_url(sv, job, i, out);
  }
  em_buf_putc(out, ']');
}

/* ---- results ------------------------------------------------------------ */

/* A hit brings what another job has made: `made`. */
static struct em_job *maker_of(struct em_server *sv, struct em_job *job)
{
  struct vg_bill bill;
  size_t i;

  vg_read_bill(job, &bill);
  for (i = 0; bill.cached && i < sv->jobs.n; i++) {
    struct em_job *other = sv->jobs.all[i];
    struct vg_bill others;

    if (other == job || !vg_is_ours(other) || other->model != job->model ||
        other->look != job->look)
      continue;
    vg_read_bill(other, &others);
    if (!others.cached)
      return other;
  }
  return job;
}

static void put_head(const struct em_job *job, struct em_buf *out)
{
  const struct vg_model *model = job->model;

  em_buf_printf(out, "{\"id\":\"%s\",\"model\":\"%s\",\"provider\":\"%s\"",
                job->id, model->id, model->provider);
}

static void put_tail(const struct em_job *job, struct em_buf *out)
{
  em_buf_puts(out, ",\"latency_ms\":1240,\"created_at\":");
  vg_put_time(job->submitted_us, out);
  em_buf_putc(out, '}');
}

static void put_cost(const struct vg_bill *bill, struct em_buf *out)
{
  em_buf_printf(out, ",\"cost\":%.6f,\"cache_hit\":%s",
                (double)bill->billed_micro / 1e6,
                bill->cached ? "true" : "false");
  if (bill->cached)
    em_buf_printf(out, ",\"provider_cost_avoided_micro\":%lld",
                  (long long)bill->provider_micro);
  else
    em_buf_puts(out, ",\"provider_cost_avoided_micro\":null");
}

static void put_generated(struct em_server *sv, struct em_job *job,
                          const struct vg_bill *bill, struct em_buf *out)
{
  em_buf_puts(out, ",\"image_url\":null");
  put_images(sv, job, out);
  em_buf_printf(out,
                ",\"mode\":\"%s\",\"estimated_cost_usd\":%.6f,"
                "\"resolution\":{\"width\":%u,\"height\":%u}",
                bill->byok ? "byok" : "managed",
                (double)bill->billed_micro / 1e6, job->width, job->height);
}

static void put_steps(struct em_request *rq, const struct vg_bill *bill)
{
  if (em_query(rq, "include_steps"))
    em_buf_printf(&rq->reply.body,
                  ",\"steps\":[{\"name\":\"cache_lookup\",\"duration_ms\":12,"
                  "\"hit\":%s}%s]",
                  bill->cached ? "true" : "false",
                  bill->cached
                    ? ""
                    : ",{\"name\":\"provider\",\"duration_ms\":2012},"
                      "{\"name\":\"storage\",\"duration_ms\":286}");
}

static void put_made(struct em_request *rq, struct em_job *job,
                     enum vg_endpoint endpoint)
{
  struct em_server *sv = rq->server;
  struct em_job *made = maker_of(sv, job);
  struct em_buf *b = &rq->reply.body;
  struct vg_bill bill;

  vg_read_bill(job, &bill);
  made->results++;
  put_head(job, b);
  if (endpoint == VG_GENERATE) {
    put_generated(sv, made, &bill, b);
  } else if (endpoint == VG_IMAGES) {
    put_images(sv, made, b);
    put_cost(&bill, b);
    put_steps(rq, &bill);
    em_buf_puts(b, ",\"output_storage\":\"" VISGATE_FILES "\"");
  } else {
    em_buf_puts(b, ",\"video_url\":");
    if (is_empty(sv, made))
      em_buf_puts(b, "null");
    else
      put_url(sv, made, 0, b);
    put_cost(&bill, b);
  }
  put_tail(job, b);
  rq->reply.status = 200;
}

void vg_put_result(struct em_request *rq, struct em_job *job,
                   enum vg_endpoint endpoint)
{
  const struct vg_model *model = job->model;
  const char *failure = failure_of(rq->server, job);

  if (failure)
    vg_error(rq, 502, "PROVIDER_FAILURE", model->provider, "%s", failure);
  else
    put_made(rq, job, endpoint);
}

/* ---- polled jobs -------------------------------------------------------- */

static void put_end(struct em_server *sv, struct em_job *job,
                    struct em_buf *out)
{
  em_buf_puts(out, ",\"output_url\":");
  if (job->failed || is_empty(sv, job))
    em_buf_puts(out, "null");
  else
    put_url(sv, job, 0, out); /* one, however many were asked for */
  em_buf_puts(out, ",\"error_message\":");
  if (job->failed)
    em_buf_json(out, job->error);
  else
    em_buf_puts(out, "null");
  em_buf_puts(out, ",\"completed_at\":");
  vg_put_time(em_wall_us(), out);
}

void vg_put_job(struct em_request *rq, struct em_job *job)
{
  static const char *const words[] = { "pending", "processing", "completed" };
  struct em_server *sv = rq->server;
  enum em_job_state state = em_job_state(job, sv->options, em_now_ms(sv));
  const struct vg_model *model = job->model;
  struct em_buf *b = &rq->reply.body;
  const char *word = words[state], *id = job->id;

  if (state == EM_COMPLETED && failure_of(sv, job))
    word = "failed";
  if (em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_STRANGE))
    word = "exploded";
  if (em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_OTHER_ID))
    id = "ffffffff-0000-4000-8000-000000000000";
  em_buf_printf(b,
                "{\"request_id\":\"%s\",\"status\":\"%s\",\"media_type\":"
                "\"%s\",\"provider\":\"%s\",\"model\":\"%s\",\"created_at\":",
                id, word, job->media == EM_MP4 ? "video" : "image",
                model->provider, model->id);
  vg_put_time(job->submitted_us, b);
  if (state == EM_COMPLETED) {
    job->results++;
    put_end(sv, job, b);
  } else {
    em_buf_puts(b, ",\"output_url\":null,\"error_message\":null,"
                   "\"completed_at\":null");
  }
  em_buf_putc(b, '}');
  rq->reply.status = 200;
}
