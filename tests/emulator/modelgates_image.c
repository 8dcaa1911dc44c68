/* Pictures: answered when they are there, or as a stream of drafts, or of
 * markup, with the picture at its end.  Always base64. */
#include "modelgates.h"

#include "fal.h"
#include "openai.h"

#include <stdio.h>
#include <string.h>

#define DRAFTS 2u

/* The job keeps the format in `seed`; a picture is never polled. */
enum format { PNG, JPEG, WEBP, SVG };
static const char *const formats[] = { "png", "jpeg", "webp", "svg" };
static const char *const types[] = { "image/png", "image/jpeg", "image/webp",
                                     "image/svg+xml" };

static void set_format(const struct gate_want *want, struct em_job *job)
{
  const char *format = gate_text(want, "output_format");
  size_t i;

  job->seed = !strcmp(want->image->formats, "svg") ? SVG : PNG;
  for (i = 0; format && i < EM_LEN(formats); i++)
    if (!strcmp(format, formats[i]))
      job->seed = i;
  job->media = job->seed == JPEG ? EM_JPEG : EM_PNG;
}

static void put_bytes(struct em_server *sv, const struct em_job *job,
                      unsigned i, struct em_buf *out)
{
  uint64_t look = em_mix(job->look + i);
  struct em_blob *file;
  struct em_buf b = { 0 };

  if (job->seed == WEBP)
    openai_webp(job->width, job->height, look, &b);
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

/* ---- what it costs ------------------------------------------------------ */

/* By the image, by the megapixel, else by made-up tokens at $10 a million. */
static double usd_of(const struct em_job *job, unsigned n)
{
  const struct gate_image *m = gate_image_find(job->endpoint);
  double pixels = (double)job->width * job->height;

  if (m && m->unit == 'i')
    return m->usd * n;
  if (m && m->unit == 'm')
    return m->usd * n * pixels / (1024.0 * 1024);
  return n * 4160 * 0.00001;
}

static void put_usage(struct em_job *job, unsigned n, struct em_buf *out)
{
  unsigned tokens = 4 + (unsigned)strlen(job->prompt) / 4;

  em_buf_printf(out,
                ",\"usage\":{\"prompt_tokens\":%u,\"completion_tokens\":%u,"
                "\"total_tokens\":%u,\"cost\":%.6f,\"is_byok\":false}",
                tokens, n * 4160, tokens + n * 4160, usd_of(job, n));
}

/* Remembered for the account: the job is paid when its answer leaves. */
static void charge(struct em_job *job, unsigned n)
{
  char *end = strrchr(job->app, ':');
  struct em_buf app = { 0 };

  em_buf_add(&app, job->app, (size_t)(end - job->app));
  em_buf_printf(&app, ":%lld", (long long)(usd_of(job, n) * 1e6 + 0.5));
  free(job->app);
  job->app = app.data;
  job->results += !job->results;
}

/* ---- one answer --------------------------------------------------------- */

static bool refused(struct em_request *rq, struct em_job *job)
{
  struct em_faults *f = &rq->server->faults;

  job->failed = true;
  if (em_fault_take(f, job->faults, EM_RUN, EM_F_BLOCKED)) {
    gate_error(rq, 403,
               "{\"reasons\":[\"violence\"],\"flagged_input\":\"...\","
               "\"provider_name\":\"OpenAI\"}",
               "Your input was flagged for \"violence\"");
  } else if (em_fault_take(f, job->faults, EM_RUN, EM_F_NSFW)) {
    gate_error(rq, 502,
               "{\"provider_name\":\"OpenAI\",\"error_type\":"
               "\"content_policy_violation\"}",
               "Provider returned error");
  } else if (em_fault_take(f, job->faults, EM_RUN, EM_F_INVALID)) {
    gate_zod(rq, "prompt", "Invalid input");
  } else if (em_fault_take(f, job->faults, EM_RUN, EM_F_FAIL) ||
             em_fault_take(f, job->faults, EM_RUN, EM_F_NOMEDIA)) {
    gate_error(rq, 502, NULL, "Provider returned error");
    rq->reply.status = 200; /* nothing but an error */
  } else if (em_fault_take(f, job->faults, EM_RUN, EM_F_FAIL_LATE)) {
    gate_error(rq, 500, NULL, "Internal Server Error");
  } else {
    job->failed = false;
  }
  return job->failed;
}

/* Every second entry leaves its type to be found out. */
static void put_answer(struct em_request *rq, struct em_job *job)
{
  struct em_buf *b = &rq->reply.body;
  unsigned i, n = job->n_outputs;

  if (em_fault_take(&rq->server->faults, job->faults, EM_RUN, EM_F_EMPTY))
    n = 0;
  em_buf_printf(b, "{\"created\":%lld,\"data\":[",
                (long long)(job->submitted_us / 1000000));
  for (i = 0; i < n; i++) {
    em_buf_puts(b, i ? ",{\"b64_json\":\"" : "{\"b64_json\":\"");
    put_bytes(rq->server, job, i, b);
    em_buf_putc(b, '"');
    if (!(i & 1))
      em_buf_printf(b, ",\"media_type\":\"%s\"", types[job->seed]);
    em_buf_putc(b, '}');
  }
  em_buf_putc(b, ']');
  put_usage(job, n, b);
  if (em_header(rq, "X-OpenRouter-Experimental-Metadata"))
    em_buf_printf(b,
                  ",\"openrouter_metadata\":{\"attempt\":1,\"endpoints\":{"
                  "\"available\":[{\"model\":\"%s\",\"provider\":\"Emulated\","
                  "\"selected\":true}],\"total\":1},\"is_byok\":false,"
                  "\"region\":null,\"requested\":\"%s\",\"strategy\":"
                  "\"direct\",\"summary\":\"emulated\"}",
                  job->endpoint, job->endpoint);
  em_buf_putc(b, '}');
  charge(job, n);
  rq->reply.status = 200;
}

/* ---- the stream --------------------------------------------------------- */

static void put_picture(struct em_request *rq, struct em_job *job, int draft,
                        struct em_buf *out)
{
  const char *kind = draft < 0 ? "completed" : "partial_image";

  em_buf_printf(out, "data: {\"type\":\"image_generation.%s\",\"b64_json\":\"",
                kind);
  put_bytes(rq->server, job, 0, out);
  if (draft >= 0) {
    em_buf_printf(out, "\",\"partial_image_index\":%d}\n\n", draft);
    return;
  }
  em_buf_printf(out, "\",\"media_type\":\"%s\",\"created\":%lld",
                types[job->seed], (long long)(job->submitted_us / 1000000));
  put_usage(job, 1, out);
  em_buf_puts(out, "}\n\ndata: [DONE]\n\n");
  charge(job, 1);
}

static void put_step(struct em_request *rq, struct em_job *job, unsigned done,
                     struct em_buf *out)
{
  static const char *const phases[] = { "reasoning", "content" };

  if (job->seed != SVG)
    put_picture(rq, job, (int)done, out);
  else
    em_buf_printf(out,
                  "data: {\"type\":\"image_generation.text_chunk\",\"phase\":"
                  "\"%s\",\"text\":\"<svg\"}\n\n",
                  phases[done & 1]);
}

/* One event a call; a refusal comes when the first draft has been shown. */
static int64_t next_event(struct em_request *rq, struct em_buf *out)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_find(&sv->jobs, rq->job_id, strlen(rq->job_id));
  unsigned done = rq->log_lines++;

  if (!job) /* the control URL forgot it */
    return -1;
  if (!done)
    em_buf_puts(out, ": OPENROUTER PROCESSING\n\n");
  if (done && em_fault_take(&sv->faults, job->faults, EM_RUN, EM_F_BLOCKED)) {
    em_buf_puts(out, "data: {\"type\":\"error\",\"error\":{\"message\":"
                     "\"Generation refused\",\"code\":"
                     "\"content_policy_violation\",\"param\":null,"
                     "\"type\":\"provider_error\"}}\n\ndata: [DONE]\n\n");
    job->failed = true;
    return -1;
  }
  if (done && em_fault_take(&sv->faults, job->faults, EM_RUN, EM_F_EMPTY))
    return -1; /* the stream just ends */
  if (done >= DRAFTS) {
    put_picture(rq, job, -1, out);
    return -1;
  }
  put_step(rq, job, done, out);
  return sv->options->polls ? 1 : sv->options->latency_ms / (DRAFTS + 1) + 1;
}

static void answer(struct em_request *rq, const struct gate_want *want)
{
  const struct em_options *o = rq->server->options;
  struct em_job *job = gate_accept(rq, want, 'i');

  if (!job)
    return;
  set_format(want, job);
  em_reply_header(rq, "X-Generation-Id", "gen-%lld-%.8s%s",
                  (long long)(job->submitted_us / 1000000), job->id,
                  strrchr(job->id, '-') + 1);
  if (want->stream) {
    memcpy(rq->job_id, job->id, sizeof(rq->job_id));
    rq->reply.status = 200;
    rq->reply.content_type = "text/event-stream";
    rq->reply.more = next_event;
    return;
  }
  if (!o->polls)
    rq->reply.wire.delay_ms += o->latency_ms;
  if (!refused(rq, job))
    put_answer(rq, job);
}

void gate_answer_images(struct em_request *rq)
{
  struct gate_want want;

  rq->phase = EM_RUN;
  if (!gate_parse(rq, &want))
    return;
  if (gate_check_image(rq, &want))
    answer(rq, &want);
  json_object_put(want.body);
}
