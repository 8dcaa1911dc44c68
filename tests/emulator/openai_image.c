/* Pictures: answered when they are there, or as a stream of drafts with the
 * picture at its end.  The tokens are made up, but they add up: prices and
 * totals of a test can be worked out from the answer. */
#include "openai.h"

#include "fal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRAFT_TOKENS 100u

/* What the job keeps of the request: `seed` the format, `polls` the drafts that
 * a stream shall show; a picture is never polled. */
enum format { PNG, JPEG, WEBP, GIF, SVG };
static const char *const formats[] = { "png", "jpeg", "webp", "gif", "svg" };

/* "auto" has been decided by the time of the answer. */
static const char *decided(const struct openai_input *in, const char *name,
                           const char *otherwise)
{
  const char *text = openai_text(in, name);

  return text && strcmp(text, "auto") != 0 ? text : otherwise;
}

static void shape(struct em_request *rq, const struct openai_input *in,
                  struct em_job *job)
{
  const struct em_options *o = rq->server->options;
  const char *size = openai_text(in, "size");
  const char *format = openai_text(in, "output_format");
  int64_t n = openai_number(in, "n", 1);
  struct em_buf words = { 0 };
  unsigned i;

  job->width = job->height = 1024;
  if (size && !em_parse_size(size, &job->width, &job->height))
    job->width = job->height = 1024;
  if (o->width) {
    job->width = o->width;
    job->height = o->height;
  }
  job->n_outputs = (uint8_t)(n < 1 ? 1 : n > 10 ? 10 : n);
  job->seed = PNG;
  for (i = 0; i < EM_LEN(formats); i++)
    if (format && !strcmp(format, formats[i]))
      job->seed = i;
  job->media = job->seed == JPEG ? EM_JPEG : EM_PNG;
  job->polls = (uint32_t)openai_number(in, "partial_images", 0);
  job->duration_ms = (uint32_t)openai_number(in, "frame_count", 9);
  em_buf_printf(&words, "\"background\":\"%s\",\"quality\":\"%s\"",
                decided(in, "background", "opaque"),
                decided(in, "quality", "medium"));
  job->words = words.data;
}

static void put_bytes(struct em_server *sv, const struct em_job *job,
                      unsigned i, struct em_buf *out)
{
  uint64_t look = em_mix(job->look + i);
  struct em_blob *file;
  struct em_buf b = { 0 };

  if (job->seed == WEBP)
    openai_webp(job->width, job->height, look, &b);
  else if (job->seed == GIF)
    openai_gif(job->width, job->height, job->duration_ms, look, &b);
  else if (job->seed == SVG)
    openai_svg(job->width, job->height, look, &b);
  if (b.len) {
    em_buf_base64(out, (const unsigned char *)b.data, b.len);
    em_buf_finish(&b);
    return;
  }
  file = em_file_bytes(sv, job, i);
  em_buf_base64(out, file->bytes, file->len);
  em_blob_unref(file);
}

static unsigned tokens_in(const struct em_job *job)
{
  return 7 + (unsigned)strlen(job->prompt) / 4;
}

/* `uploads`: how many pictures came along. */
static void put_usage(const struct em_job *job, unsigned n, unsigned drafts,
                      struct em_buf *out)
{
  unsigned text = tokens_in(job), image = job->results;
  unsigned made = n * 1056 + drafts * DRAFT_TOKENS;

  em_buf_printf(out,
                ",\"usage\":{\"input_tokens\":%u,\"input_tokens_details\":"
                "{\"text_tokens\":%u,\"image_tokens\":%u},\"output_tokens\":%u,"
                "\"total_tokens\":%u,\"output_tokens_details\":"
                "{\"image_tokens\":%u,\"text_tokens\":0}}",
                text + image, text, image, made, text + image + made, made);
}

static void put_look(const struct em_job *job, struct em_buf *out)
{
  em_buf_printf(out, ",%s,\"output_format\":\"%s\",\"size\":\"%ux%u\"",
                job->words, formats[job->seed], job->width, job->height);
}

/* As compatible servers do it: what is not there is null. */
static void put_url(struct em_server *sv, struct em_job *job, unsigned i,
                    struct em_buf *out)
{
  struct em_faults *f = &sv->faults;

  if (em_fault_take(f, job->faults, EM_RUN, EM_F_PRIVATE_URL)) {
    em_buf_puts(out, "\"url\":\"http://169.254.7.7/latest/meta-data/\"");
  } else if (em_fault_take(f, job->faults, EM_RUN, EM_F_FILE_URL)) {
    em_buf_puts(out, "\"url\":\"file:///etc/passwd\"");
  } else {
    em_buf_puts(out, "\"url\":\"");
    em_put_origin(sv, "blob.compatible.example", out);
    openai_put_id(job, "/files/b/", out);
    em_buf_printf(out, "_%u.%s\"", i, em_media_suffix(job->media));
  }
  em_buf_puts(out, ",\"b64_json\":null,\"revised_prompt\":null");
}

static void put_answer(struct em_request *rq, struct em_job *job, bool as_url)
{
  struct em_server *sv = rq->server;
  struct em_buf *b = &rq->reply.body;
  unsigned i, n = job->n_outputs;

  if (em_fault_take(&sv->faults, job->faults, EM_RUN, EM_F_EMPTY))
    n = 0;
  em_buf_printf(b, "{\"created\":%lld,\"data\":[",
                (long long)(job->submitted_us / 1000000));
  for (i = 0; i < n; i++) {
    em_buf_puts(b, i ? ",{" : "{");
    if (as_url) {
      put_url(sv, job, i, b);
    } else {
      em_buf_puts(b, "\"b64_json\":\"");
      put_bytes(sv, job, i, b);
      em_buf_putc(b, '"');
    }
    em_buf_putc(b, '}');
  }
  em_buf_putc(b, ']');
  if (!openai_is_compatible(rq)) {
    put_look(job, b);
    put_usage(job, n, 0, b);
  }
  if (job->seed == SVG)
    em_buf_puts(b, ",\"svg_usage\":{\"model\":\"gpt-5.5\",\"input_tokens\":210,"
                   "\"output_tokens\":900,\"reasoning_tokens\":128,"
                   "\"total_tokens\":1110}");
  em_buf_putc(b, '}');
  job->results += !job->results; /* files.c: it has been handed out */
  rq->reply.status = 200;
}

static bool refused(struct em_request *rq, struct em_job *job)
{
  struct em_faults *f = &rq->server->faults;
  struct em_buf *b = &rq->reply.body;

  job->failed = true;
  if (em_fault_take(f, job->faults, EM_RUN, EM_F_BLOCKED) ||
      em_fault_take(f, job->faults, EM_RUN, EM_F_NSFW)) {
    em_buf_puts(b, "{\"error\":");
    openai_put_blocked("input", b);
    em_buf_puts(b, "}");
    rq->reply.status = 400;
  } else if (em_fault_take(f, job->faults, EM_RUN, EM_F_INVALID)) {
    openai_error(rq, 400, "image_generation_user_error", NULL, NULL,
                 "The image could not be made from this request.");
  } else if (em_fault_take(f, job->faults, EM_RUN, EM_F_FAIL) ||
             em_fault_take(f, job->faults, EM_RUN, EM_F_FAIL_LATE)) {
    openai_error(rq, 500, "server_error", NULL, NULL,
                 "The server had an error while processing your request. "
                 "Sorry about that!");
  } else {
    job->failed = false;
  }
  return job->failed;
}

/* The stream */

static void put_event(struct em_request *rq, struct em_job *job,
                      const char *kind, unsigned draft, struct em_buf *out)
{
  const char *what =
    !strcmp(job->app, "edit") ? "image_edit" : "image_generation";

  em_buf_printf(out, "event: %s.%s\ndata: {\"type\":\"%s.%s\",\"b64_json\":\"",
                what, kind, what, kind);
  put_bytes(rq->server, job, 0, out);
  em_buf_printf(out, "\",\"created_at\":%lld",
                (long long)(job->submitted_us / 1000000));
  put_look(job, out);
  if (strcmp(kind, "completed") != 0)
    em_buf_printf(out, ",\"partial_image_index\":%u", draft);
  else
    put_usage(job, 1, job->polls, out);
  em_buf_puts(out, "}\n\n");
}

/* One event a call; a refusal comes when the first draft has been shown. */
static int64_t next_event(struct em_request *rq, struct em_buf *out)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_find(&sv->jobs, rq->job_id, strlen(rq->job_id));
  unsigned done = rq->log_lines++;

  if (!job) /* the control URL forgot it */
    return -1;
  if (done && em_fault_take(&sv->faults, job->faults, EM_RUN, EM_F_BLOCKED)) {
    em_buf_puts(out, "event: error\ndata: {\"type\":\"error\",\"error\":");
    openai_put_blocked("output", out);
    em_buf_puts(out, "}\n\n");
    job->failed = true;
    return -1;
  }
  if (done && em_fault_take(&sv->faults, job->faults, EM_RUN, EM_F_EMPTY))
    return -1; /* the stream just ends */
  if (done >= job->polls) {
    put_event(rq, job, "completed", 0, out);
    return -1;
  }
  put_event(rq, job, "partial_image", done, out);
  if (sv->options->polls)
    return 1;
  return sv->options->latency_ms / (job->polls + 1) + 1;
}

static void answer_stream(struct em_request *rq, const struct em_job *job)
{
  memcpy(rq->job_id, job->id, sizeof(rq->job_id));
  rq->reply.status = 200;
  rq->reply.content_type = "text/event-stream; charset=utf-8";
  rq->reply.more = next_event;
}

static void answer(struct em_request *rq, const struct openai_input *in,
                   bool edit)
{
  const struct em_options *o = rq->server->options;
  const char *stream = openai_text(in, "stream");
  const char *format = openai_text(in, "response_format");
  struct json_object *images;
  struct em_job *job = openai_accept(rq, in, edit ? "edit" : "generation");

  if (!job)
    return;
  shape(rq, in, job);
  if (edit && json_object_object_get_ex(in->o, "images", &images))
    job->results = 1120 * (uint32_t)json_object_array_length(images);
  else if (edit)
    job->results = 1120 * in->n_files;
  if (stream && !strcmp(stream, "true") && !openai_is_compatible(rq) &&
      (job->polls || !refused(rq, job))) {
    answer_stream(rq, job);
    return;
  }
  if (!o->polls)
    rq->reply.wire.delay_ms += o->latency_ms;
  if (!job->failed && !refused(rq, job))
    put_answer(rq, job,
               openai_is_compatible(rq) &&
                 (!format || strcmp(format, "b64_json") != 0));
}

void openai_images(struct em_request *rq, bool edit)
{
  struct openai_input in;

  rq->phase = EM_RUN;
  if (!openai_parse(rq, &in))
    return;
  if (openai_check_image(rq, &in, edit))
    answer(rq, &in, edit);
  openai_input_finish(&in);
}
