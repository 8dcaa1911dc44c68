/* The JSON that fal's queue answers with: status objects with a moving window
 * of logs, outputs in the shape of the endpoint, errors in the vendor's
 * words. */
#include "fal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LOG_WINDOW 3

static const char *const log_lines[] = {
  "loading weights",
  "  0%|          | 0/28 [00:00<?, ?it/s]",
  " 25%|##5       | 7/28 [00:00<00:00, 14.2it/s]",
  " 50%|#####     | 14/28 [00:00<00:00, 14.3it/s]",
  " 75%|#######5  | 21/28 [00:01<00:00, 14.3it/s]",
  "100%|##########| 28/28 [00:01<00:00, 14.4it/s]",
  "uploading result",
};

static void put_time(struct em_buf *out, int64_t us)
{
  time_t seconds = (time_t)(us / 1000000);
  struct tm tm;
  char text[32];

  gmtime_r(&seconds, &tm);
  strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
  em_buf_printf(out, "\"%s.%06u\"", text, (unsigned)(us % 1000000));
}

/* A line's time is fixed by the job, not by when it is asked for: a line that
 * shows up in two windows is the same entry.  A stream gets each line once. */
static void put_logs(struct em_request *rq, const struct em_job *job,
                     enum fal_logs logs, unsigned permille, struct em_buf *out)
{
  unsigned seen = permille < 300 ? 0 : (permille - 300) * 7 / 700 + 1;
  unsigned n = seen > EM_LEN(log_lines) ? EM_LEN(log_lines) : seen;
  unsigned first = n > LOG_WINDOW ? n - LOG_WINDOW : 0, i;
  int64_t step_us = (rq->server->options->latency_ms + 1) * 100;

  if (logs == FAL_NEW_LOGS) {
    first = rq->log_lines;
    rq->log_lines = n;
  }
  em_buf_putc(out, '[');
  for (i = first; i < n; i++) {
    em_buf_puts(out, i == first ? "{\"message\":" : ",{\"message\":");
    em_buf_json(out, log_lines[i]);
    em_buf_printf(out, ",\"level\":\"%s\",\"source\":\"USER\",\"timestamp\":",
                  i == 0 || i == 6 ? "INFO" : "STDERR");
    put_time(out, job->submitted_us + (3 + i) * step_us);
    em_buf_putc(out, '}');
  }
  em_buf_putc(out, ']');
}

void fal_put_urls(const struct em_server *sv, const struct em_job *job,
                  struct em_buf *out)
{
  static const struct {
    const char *name, *action;
  } urls[] = { { "response_url", "" },
               { "status_url", "/status" },
               { "cancel_url", "/cancel" } };
  size_t i;

  for (i = 0; i < EM_LEN(urls); i++) {
    em_buf_printf(out, "%s\"%s\":\"", i ? "," : "", urls[i].name);
    em_put_origin(sv, "queue.fal.run", out);
    em_buf_printf(out, "/%s/requests/%s%s\"", job->app, job->id,
                  urls[i].action);
  }
}

static void put_end(const struct em_job *job, const struct em_options *o,
                    const struct em_fault *failure, struct em_buf *out)
{
  const char *type = NULL, *error = "Runner disconnected";

  if (job->cancelled) {
    type = "client_cancelled";
    error = "Request was cancelled";
  } else if (failure) {
    type = failure->type[0] ? failure->type : "runner_disconnected";
    if (strcmp(type, "runner_disconnected") != 0)
      error = "Request failed";
  }
  if (!type) {
    em_buf_printf(out, ",\"metrics\":{\"inference_time\":%.3f}",
                  (double)o->latency_ms * 0.0007);
    return;
  }
  em_buf_printf(out, ",\"metrics\":{},\"error\":\"%s\",\"error_type\":\"%s\"",
                error, type);
}

void fal_put_status(struct em_request *rq, struct em_job *job,
                    enum fal_logs logs, const struct em_fault *failure,
                    struct em_buf *out)
{
  static const char *const words[] = { "IN_QUEUE", "IN_PROGRESS", "COMPLETED" };
  struct em_server *sv = rq->server;
  int64_t now = em_now_ms(sv);
  enum em_job_state state = em_job_state(job, sv->options, now);
  unsigned permille = em_job_permille(job, sv->options, now);
  const char *word = words[state], *id = job->id;

  if (em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_STRANGE))
    word = "EXPLODED";
  if (em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_OTHER_ID))
    id = "ffffffff-0000-4000-8000-000000000000";
  em_buf_printf(out, "{\"status\":\"%s\",\"request_id\":\"%s\",", word, id);
  fal_put_urls(sv, job, out);
  em_buf_puts(out, ",\"logs\":");
  if (logs != FAL_NO_LOGS)
    put_logs(rq, job, logs, permille, out);
  else
    em_buf_puts(out, "null");
  if (state == EM_QUEUED)
    em_buf_printf(out, ",\"queue_position\":%u",
                  em_job_position(job, sv->options, now));
  if (state == EM_COMPLETED)
    put_end(job, sv->options, failure, out);
  em_buf_putc(out, '}');
}

/* Outputs */

static void put_file_url(const struct em_server *sv, const struct em_job *job,
                         const char *plain_id, unsigned i, struct em_buf *out)
{
  em_buf_putc(out, '"');
  em_put_origin(sv, "v3b.fal.media", out);
  em_buf_printf(out, "/files/b/0a%.6s/%s_%u.%s\"", plain_id + 2, plain_id, i,
                em_media_suffix(job->media));
}

static void put_url(struct em_server *sv, struct em_job *job, unsigned i,
                    struct em_buf *out)
{
  char plain_id[33];
  unsigned n = 0;
  const char *c;

  if (job->inline_data) {
    struct em_blob *file = em_file_bytes(sv, job, i);

    em_buf_printf(out, "\"data:%s;base64,", em_media_type(job->media));
    em_buf_base64(out, file->bytes, file->len);
    em_buf_putc(out, '"');
    em_blob_unref(file);
    return;
  }
  for (c = job->id; *c && n < 32; c++)
    if (*c != '-')
      plain_id[n++] = *c;
  plain_id[n] = '\0';
  if (em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_PRIVATE_URL))
    em_buf_puts(out, "\"http://169.254.7.7/latest/meta-data/\"");
  else if (em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_FILE_URL))
    em_buf_puts(out, "\"file:///etc/passwd\"");
  else if (em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_CRED_URL))
    em_buf_printf(out,
                  "\"https://user:password@v3b.fal.media/files/b/0/%s_%u.%s\"",
                  plain_id, i, em_media_suffix(job->media));
  else
    put_file_url(sv, job, plain_id, i, out);
}

static void put_video(struct em_server *sv, struct em_job *job,
                      const char *shape, struct em_buf *out)
{
  em_buf_puts(out, "\"video\":{\"url\":");
  put_url(sv, job, 0, out);
  em_buf_puts(out, ",\"content_type\":\"video/mp4\",\"file_name\":"
                   "\"output.mp4\"");
  if (strchr(shape, 'F'))
    em_buf_printf(out,
                  ",\"width\":%u,\"height\":%u,\"fps\":24.0,"
                  "\"duration\":%.3f,\"num_frames\":%u",
                  job->width, job->height, job->duration_ms / 1000.0,
                  job->duration_ms * 24 / 1000);
  em_buf_putc(out, '}');
}

static void put_images(struct em_server *sv, struct em_job *job, unsigned n,
                       struct em_buf *out)
{
  unsigned i;

  em_buf_puts(out, "\"images\":[");
  for (i = 0; i < n; i++) {
    em_buf_puts(out, i ? ",{\"url\":" : "{\"url\":");
    put_url(sv, job, i, out);
    em_buf_printf(out, ",\"width\":%u,\"height\":%u,\"content_type\":\"%s\"}",
                  job->width, job->height, em_media_type(job->media));
  }
  em_buf_putc(out, ']');
}

static void put_flags(const struct em_job *job, unsigned n, struct em_buf *out)
{
  unsigned i;

  em_buf_puts(out, ",\"has_nsfw_concepts\":[");
  for (i = 0; i < n; i++)
    em_buf_printf(out, "%s%s", i ? "," : "",
                  job->black >> i & 1 ? "true" : "false");
  em_buf_putc(out, ']');
}

static void choose_black(struct em_server *sv, struct em_job *job)
{
  const struct em_fault *nsfw =
    em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_NSFW);

  if (!nsfw)
    return;
  if (nsfw->arg < 0)
    job->black = ~0u;
  else if (nsfw->arg < 32)
    job->black = 1u << nsfw->arg;
}

void fal_put_output(struct em_server *sv, struct em_job *job,
                    struct em_buf *out)
{
  const struct fal_model *model = job->model;
  const char *shape = model                  ? model->out
                      : job->media == EM_MP4 ? "VS"
                                             : "INPST";
  unsigned n = job->n_outputs;

  choose_black(sv, job);
  if (em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_EMPTY))
    n = 0;
  em_buf_putc(out, '{');
  if (job->media == EM_MP4 && n)
    put_video(sv, job, shape, out);
  else if (job->media == EM_MP4)
    em_buf_puts(out, "\"video\":null");
  else
    put_images(sv, job, n, out);
  if (strchr(shape, 'T'))
    em_buf_printf(out, ",\"timings\":{\"inference\":%.3f}",
                  (double)sv->options->latency_ms * 0.0007);
  if (strchr(shape, 'S'))
    em_buf_printf(out, ",\"seed\":%llu", (unsigned long long)job->seed);
  /* endpoints without the list could not say that a picture is black */
  if (strchr(shape, 'N') || job->black)
    put_flags(job, n, out);
  if (strchr(shape, 'P')) {
    em_buf_puts(out, ",\"prompt\":");
    em_buf_json(out, job->prompt);
  }
  if (strchr(shape, 'D'))
    em_buf_puts(out, ",\"description\":\"\"");
  em_buf_putc(out, '}');
}

void fal_put_draft(struct em_server *sv, struct em_job *job, double share,
                   struct em_buf *out)
{
  em_buf_printf(out, "{\"progress\":%.2f,", share);
  put_images(sv, job, 1, out);
  em_buf_putc(out, '}');
}

/* Errors */

void fal_refusal(struct em_request *rq, const char *type, const char *message,
                 const char *input)
{
  struct em_buf *b = &rq->reply.body;

  em_buf_printf(b,
                "{\"detail\":[{\"loc\":[\"body\",\"prompt\"],\"msg\":"
                "\"%s\",\"type\":\"%s\",\"url\":"
                "\"https://docs.fal.ai/errors/#%s\",\"input\":",
                message, type, type);
  em_buf_json(b, input);
  em_buf_puts(b, "}]}");
  em_reply_header(rq, "x-fal-retryable", "false");
  rq->reply.status = 422;
}

unsigned fal_error_status(const char *error_type)
{
  static const struct {
    const char *type;
    unsigned status;
  } types[] = {
    { "request_timeout", 504 },
    { "startup_timeout", 504 },
    { "runner_scheduling_failure", 503 },
    { "runner_connection_timeout", 503 },
    { "runner_disconnected", 503 },
    { "runner_connection_refused", 503 },
    { "runner_connection_error", 503 },
    { "runner_incomplete_response", 502 },
    { "runner_server_error", 500 },
    { "internal_error", 500 },
    { "client_disconnected", 499 },
    { "client_cancelled", 499 },
    { "bad_request", 400 },
  };
  size_t i;

  for (i = 0; i < EM_LEN(types); i++)
    if (!strcmp(types[i].type, error_type))
      return types[i].status;
  return 500;
}

static void answer_gateway(struct em_request *rq, unsigned status)
{
  char page[256];

  snprintf(page, sizeof(page),
           "<html><head><title>%u</title></head><body><center><h1>%u</h1>"
           "</center><hr><center>nginx</center></body></html>",
           status, status);
  em_reply_text(rq, status, "text/html", page);
}

static void answer_status(struct em_request *rq, const struct em_fault *fault,
                          const char *app)
{
  unsigned status = (unsigned)fault->arg;
  const char *name = strrchr(app, '/') ? strrchr(app, '/') + 1 : app;

  if (fault->type[0]) {
    em_reply_header(rq, "X-Fal-Error-Type", "%s", fault->type);
    em_reply_json(rq, status,
                  "{\"detail\":\"Request failed\",\"error_type\":"
                  "\"%s\"}",
                  fault->type);
  } else if (status == 401) {
    em_reply_json(rq, 401,
                  "{\"detail\":\"No user found for Key ID and Secret\"}");
  } else if (status == 404) {
    em_reply_json(rq, 404, "{\"detail\":\"Application \\\"%s\\\" not found\"}",
                  name);
  } else if (status == 429) {
    em_reply_header(rq, "X-Fal-Needs-Retry", "1");
    em_reply_json(rq, 429,
                  "{\"detail\":\"Reached concurrent requests limit of 2\","
                  "\"type\":\"concurrent_requests_limit\","
                  "\"data\":{\"limit\":2}}");
  } else if (status >= 502 && status <= 504) {
    answer_gateway(rq, status);
  } else if (status >= 500) {
    em_reply_header(rq, "X-Fal-Error-Type", "internal_error");
    em_reply_json(rq, status,
                  "{\"detail\":\"Internal server error\","
                  "\"error_type\":\"internal_error\"}");
  } else {
    em_reply_json(rq, status, "{\"detail\":\"Request refused (%u)\"}", status);
  }
}

void fal_answer_fault(struct em_request *rq, const struct em_fault *fault,
                      const char *app)
{
  if (fault->kind == EM_F_RESET_BEFORE)
    rq->reply.wire.reset = true;
  else if (fault->kind == EM_F_CLOSE_BEFORE)
    rq->reply.wire.close = true;
  else if (fault->kind == EM_F_QUOTA)
    em_reply_json(rq, 403,
                  "{\"detail\":\"User is locked. Reason: Exhausted balance. "
                  "Top up your balance at fal.ai/dashboard/billing.\"}");
  else
    answer_status(rq, fault, app);
  if (fault->retry_after[0])
    em_reply_header(rq, "Retry-After", "%s", fault->retry_after);
  if (fault->user_timeout)
    em_reply_header(rq, "X-Fal-Request-Timeout-Type", "user");
}
