/* What Higgsfield answers: the state of a request or of a job set, and its
 * refusals. */
#include "higgsfield.h"

#include <stdio.h>
#include <string.h>

/* ---- files -------------------------------------------------------------- */

static void put_file(struct em_server *sv, struct em_job *job, unsigned n,
                     struct em_buf *out)
{
  struct em_faults *f = &sv->faults;
  const char *c;

  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_PRIVATE_URL)) {
    em_buf_puts(out, "\"http://169.254.7.7/latest/meta-data/\"");
    return;
  }
  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_FILE_URL)) {
    em_buf_puts(out, "\"file:///etc/passwd\"");
    return;
  }
  em_buf_putc(out, '"');
  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_CRED_URL))
    em_buf_puts(out, "https://user:password@cdn.higgsfield.ai");
  else
    em_put_origin(sv, "cdn.higgsfield.ai", out);
  em_buf_puts(out, "/files/b/0/");
  for (c = job->id; *c; c++)
    if (*c != '-')
      em_buf_putc(out, (unsigned char)*c);
  em_buf_printf(out, "_%u.%s\"", n, em_media_suffix(job->media));
}

static void put_media(struct em_server *sv, struct em_job *job,
                      struct em_buf *out)
{
  bool empty = em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_EMPTY) ||
               em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_NOMEDIA);
  unsigned i;

  job->results++;
  if (job->media == EM_MP4) {
    if (empty)
      return;
    em_buf_puts(out, ",\"video\":{\"url\":");
    put_file(sv, job, 0, out);
    em_buf_putc(out, '}');
    return;
  }
  em_buf_puts(out, ",\"images\":[");
  for (i = 0; i < job->n_outputs && !empty; i++) {
    em_buf_puts(out, i ? ",{\"url\":" : "{\"url\":");
    put_file(sv, job, i, out);
    em_buf_putc(out, '}');
  }
  em_buf_putc(out, ']');
}

/* ---- states ------------------------------------------------------------- */

/* The word for a job that is over, settled once. */
static const char *end_word(struct em_server *sv, struct em_job *job)
{
  struct em_faults *f = &sv->faults;
  const struct em_fault *fault;

  if (job->cancelled)
    return "canceled";
  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_BLOCKED))
    job->black = ~0u;
  fault = em_fault_take(f, job->faults, EM_RESULT, EM_F_NSFW);
  if (fault)
    job->black = fault->arg < 0 ? ~0u : fault->arg < 32 ? 1u << fault->arg : 0;
  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_FAIL) ||
      em_fault_take(f, job->faults, EM_RESULT, EM_F_FAIL_LATE) ||
      em_fault_take(f, job->faults, EM_RESULT, EM_F_INVALID))
    job->failed = true;
  return job->failed ? "failed" : "completed";
}

static const char *word_of(struct em_server *sv, struct em_job *job)
{
  switch (em_job_state(job, sv->options, em_now_ms(sv))) {
  case EM_QUEUED:
    return "queued";
  case EM_RUNNING:
    return "in_progress";
  default:
    return end_word(sv, job);
  }
}

static void put_urls(const struct em_server *sv, const struct em_job *job,
                     struct em_buf *out)
{
  static const char *const actions[] = { "status", "cancel" };
  size_t i;

  for (i = 0; i < EM_LEN(actions); i++) {
    em_buf_printf(out, ",\"%s_url\":\"", actions[i]);
    em_put_origin(sv, "api.higgsfield.ai", out);
    em_buf_printf(out, "/requests/%s/%s\"", job->id, actions[i]);
  }
}

void hf_put_status(struct em_server *sv, struct em_job *job, struct em_buf *out)
{
  struct em_faults *f = &sv->faults;
  const char *word = word_of(sv, job), *id = job->id;

  if (!strcmp(word, "completed") && job->black)
    word = "nsfw";
  /* not yet in the answer to the submit */
  if (job->polls && em_fault_take(f, job->faults, EM_STATUS, EM_F_STRANGE))
    word = "exploded";
  if (job->polls && em_fault_take(f, job->faults, EM_STATUS, EM_F_OTHER_ID))
    id = "00000000-0000-4000-8000-000000000000";
  em_buf_printf(out, "{\"status\":\"%s\",\"request_id\":\"%s\"", word, id);
  if (!strcmp(word, "failed"))
    em_buf_puts(out, ",\"error\":\"Generation fail message\"");
  else if (strcmp(word, "nsfw") != 0)
    put_urls(sv, job, out);
  if (!strcmp(word, "completed"))
    put_media(sv, job, out);
  em_buf_putc(out, '}');
}

/* The jobs of a set end one after the other, the last one when all is done. */
static const char *word_of_one(struct em_server *sv, struct em_job *job,
                               unsigned i, const char *word)
{
  unsigned permille = em_job_permille(job, sv->options, em_now_ms(sv));
  unsigned last = job->n_outputs - 1u;
  bool over = permille >= 1000 - (last - i) * 100;

  if (job->cancelled || job->failed)
    return word;
  if (over && job->black >> i & 1)
    return "nsfw";
  return over ? "completed" : word;
}

static void put_one(struct em_server *sv, struct em_job *job, unsigned i,
                    const char *word, struct em_buf *out)
{
  static const char *const copies[] = { "min", "raw" };
  size_t k;

  em_buf_printf(out,
                "%s{\"id\":\"%.32s%04u\",\"job_set_type\":\"%s\","
                "\"status\":\"%s\",\"results\":",
                i ? "," : "", job->id, i, job->endpoint + 3, word);
  if (strcmp(word, "completed") != 0) {
    em_buf_puts(out, "null}");
    return;
  }
  job->results++;
  for (k = 0; k < EM_LEN(copies); k++) {
    em_buf_printf(out, "%s\"%s\":{\"type\":\"%s\",\"url\":", k ? "," : "{",
                  copies[k], job->media == EM_MP4 ? "video" : "image");
    put_file(sv, job, i, out);
    em_buf_putc(out, '}');
  }
  em_buf_puts(out, "}}");
}

void hf_put_job_set(struct em_server *sv, struct em_job *job,
                    struct em_buf *out)
{
  const char *word = word_of(sv, job);
  unsigned i;

  em_buf_printf(out,
                "{\"id\":\"%s\",\"type\":\"%s\",\"created_at\":"
                "\"2026-11-20T10:00:00Z\",\"jobs\":[",
                job->id, job->endpoint + 3);
  for (i = 0; i < job->n_outputs; i++)
    put_one(sv, job, i, word_of_one(sv, job, i, word), out);
  em_buf_puts(out, "],\"input_params\":{}}");
}

/* ---- refusals ----------------------------------------------------------- */

void hf_detail(struct em_request *rq, unsigned status, const char *text)
{
  em_buf_finish(&rq->reply.body);
  em_buf_puts(&rq->reply.body, "{\"detail\":");
  em_buf_json(&rq->reply.body, text);
  em_buf_putc(&rq->reply.body, '}');
  rq->reply.status = status;
}

static void answer_status(struct em_request *rq, const struct em_fault *fault)
{
  static const struct {
    unsigned status;
    const char *detail;
  } rows[] = {
    { 400, "Invalid input" },
    { 401, "Invalid credentials" },
    { 403, "not_enough_credits" },
    { 404, "model_not_found" },
    { 423, "Model is temporarily blocked" },
    { 429, "Too many requests" },
    { 500, "Internal Server Error" },
    { 503, "Service unavailable" },
  };
  unsigned status = (unsigned)fault->arg;
  size_t i;

  if (!strcmp(fault->type, "concurrent")) {
    hf_detail(rq, status,
              "Maximum number of concurrent requests (4) has been reached");
    return;
  }
  for (i = 0; i < EM_LEN(rows); i++)
    if (rows[i].status == status) {
      hf_detail(rq, status, rows[i].detail);
      return;
    }
  if (status >= 500)
    em_reply_text(rq, status, "text/html",
                  "<html><body><center><h1>Bad Gateway</h1></center></body>"
                  "</html>");
  else
    hf_detail(rq, status, "Request refused");
}

void hf_answer_fault(struct em_request *rq, const struct em_fault *fault)
{
  if (fault->kind == EM_F_RESET_BEFORE)
    rq->reply.wire.reset = true;
  else if (fault->kind == EM_F_CLOSE_BEFORE)
    rq->reply.wire.close = true;
  else if (fault->kind == EM_F_QUOTA)
    hf_detail(rq, 403, "not_enough_credits");
  else
    answer_status(rq, fault);
  if (fault->retry_after[0])
    em_reply_header(rq, "Retry-After", "%s", fault->retry_after);
}
