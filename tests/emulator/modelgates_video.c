/* Videos: a POST, polls, and the content by way of the gateway; those of one
 * maker lie with a storage that must not see a key. */
#include "modelgates.h"

#include "fal.h"

#include <stdlib.h>
#include <string.h>

static bool is_stored(const struct em_job *job)
{
  return em_starts(job->endpoint, "black-forest-labs/");
}

/* "/api/v1/videos/<id>", absolute at one of the two hosts */
static void put_path(struct em_request *rq, const struct em_job *job,
                     bool absolute, struct em_buf *out)
{
  if (absolute)
    em_put_origin(rq->server, rq->host, out);
  em_buf_puts(out, "/api/v1/videos/");
  gate_put_id(job, "gen-vid-", out);
}

/* ---- the end ------------------------------------------------------------ */

static const char *strange_url(struct em_server *sv, struct em_job *job)
{
  struct em_faults *f = &sv->faults;

  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_PRIVATE_URL))
    return "http://169.254.7.7/latest/meta-data/";
  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_FILE_URL))
    return "file:///etc/passwd";
  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_CRED_URL))
    return "https://user:pw@" GATE_STORAGE "/output.mp4";
  return NULL;
}

static void put_stored(struct em_server *sv, const struct em_job *job,
                       struct em_buf *out)
{
  const char *c;

  em_put_origin(sv, GATE_STORAGE, out);
  em_buf_puts(out, "/files/");
  for (c = job->id; *c; c++)
    if (*c != '-')
      em_buf_putc(out, (unsigned char)*c);
  em_buf_puts(out, "_0.mp4");
}

static void put_urls(struct em_request *rq, struct em_job *job,
                     struct em_buf *out)
{
  const char *strange = strange_url(rq->server, job);

  if (em_fault_take(&rq->server->faults, job->faults, EM_RESULT, EM_F_EMPTY))
    return;
  em_buf_puts(out, ",\"unsigned_urls\":[\"");
  if (strange)
    em_buf_puts(out, strange);
  else if (is_stored(job))
    put_stored(rq->server, job, out);
  else
    put_path(rq, job, true, out);
  em_buf_puts(out, strange || is_stored(job) ? "\"]" : "/content?index=0\"]");
}

/* What a fault makes of the job; NULL: all is well. */
static const char *failure_of(struct em_server *sv, struct em_job *job,
                              const char **ret_status)
{
  static const struct {
    enum em_fault_kind kind;
    const char *text;
  } failures[] = {
    { EM_F_BLOCKED, "Content policy violation" },
    { EM_F_NSFW, "The output was flagged by the provider" },
    { EM_F_INVALID, "The input could not be used" },
    { EM_F_FAIL_LATE, "Provider returned error" },
  };
  const struct em_fault *fault;
  size_t i;

  *ret_status = "failed";
  for (i = 0; i < EM_LEN(failures); i++)
    if (em_fault_take(&sv->faults, job->faults, EM_RESULT, failures[i].kind))
      return failures[i].text;
  fault = em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_FAIL);
  if (!fault)
    return NULL;
  if (fault->type[0])
    *ret_status = fault->type;
  return !strcmp(*ret_status, "cancelled") ? "Job was cancelled"
         : !strcmp(*ret_status, "expired") ? "Job exceeded maximum time to live"
                                           : "Provider returned error";
}

void gate_put_end(struct em_request *rq, struct em_job *job, struct em_buf *out)
{
  const char *status, *error = failure_of(rq->server, job, &status);

  job->results++;
  if (error) {
    job->failed = true;
    em_buf_printf(out, "\"%s\",\"error\":\"%s\"", status, error);
    return;
  }
  em_buf_puts(out, "\"completed\"");
  put_urls(rq, job, out);
  em_buf_printf(out, ",\"usage\":{\"cost\":%.6f,\"is_byok\":false}",
                (double)gate_microusd(job) / 1e6);
}

static void put_job(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;
  struct em_buf *b = &rq->reply.body;
  enum em_job_state state = em_job_state(job, sv->options, em_now_ms(sv));
  bool made_elsewhere =
    em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_OTHER_ID) != NULL;

  em_buf_puts(b, "{\"id\":\"");
  gate_put_id(job, made_elsewhere ? "gen-vid-1" : "gen-vid-", b);
  em_buf_puts(b, "\",\"polling_url\":\"");
  put_path(rq, job, !strcmp(rq->host, GATE_OPENROUTER), b);
  em_buf_puts(b, "\",\"status\":");
  if (em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_STRANGE))
    em_buf_puts(b, "\"warming_up\"");
  else if (state == EM_COMPLETED)
    gate_put_end(rq, job, b);
  else
    em_buf_puts(b, state == EM_QUEUED ? "\"pending\"" : "\"in_progress\"");
  if (state != EM_QUEUED) {
    em_buf_puts(b, ",\"generation_id\":\"");
    gate_put_id(job, "gen-", b);
    em_buf_putc(b, '"');
  }
  em_buf_putc(b, '}');
}

/* ---- requests ----------------------------------------------------------- */

static void submit(struct em_request *rq)
{
  struct gate_want want;
  struct em_job *job;

  rq->phase = EM_SUBMIT;
  if (!gate_parse(rq, &want))
    return;
  if (gate_check_video(rq, &want)) {
    job = gate_accept(rq, &want, 'v');
    if (job) {
      gate_add_hook(rq, &want, job);
      put_job(rq, job);
      rq->reply.status = 202;
    }
  }
  json_object_put(want.body);
}

/* Keeps a job that shall never end in the middle of its life. */
static void count_poll(struct em_server *sv, struct em_job *job)
{
  if (!em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_NEVER)) {
    job->polls++;
    return;
  }
  job->submitted_ms = em_now_ms(sv) - sv->options->latency_ms / 2;
  job->polls = sv->options->polls / 2;
}

/* Range and redirect are what the files of others can do as well. */
static void send_content(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;
  const char *index = em_query(rq, "index"), *c;
  struct em_buf *path = &rq->pending;

  if (em_job_state(job, sv->options, em_now_ms(sv)) != EM_COMPLETED ||
      job->failed) {
    gate_error(rq, 409, NULL, "Video is not ready");
  } else if (index && strcmp(index, "0") != 0) {
    gate_error(rq, 404, NULL, "Resource not found");
  } else if (em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_NOMEDIA)) {
    gate_error(rq, 410, NULL, "The video is gone");
  } else {
    job->results++;
    em_buf_puts(path, "/files/");
    for (c = job->id; *c; c++)
      if (*c != '-')
        em_buf_putc(path, (unsigned char)*c);
    em_buf_puts(path, "_0.mp4");
    rq->path = path->data;
    em_files_answer(rq);
  }
}

static void answer_one(struct em_request *rq, const char *id)
{
  size_t len = strcspn(id, "/");
  struct em_server *sv = rq->server;
  struct em_job *job = gate_find(rq, id, len);
  bool content = !strcmp(id + len, "/content");
  const struct em_fault *fault;

  rq->phase = content ? EM_FILE : EM_STATUS;
  if (!job || (id[len] && !content) || !em_method(rq, "GET") ||
      em_fault_take(&sv->faults, job->faults, rq->phase, EM_F_LOST)) {
    gate_error(rq, 404, NULL, "Resource not found");
    return;
  }
  fault = em_fault_instead(&sv->faults, job->faults, rq->phase);
  if (fault) {
    gate_fault(rq, fault);
  } else if (content) {
    send_content(rq, job);
    return; /* its faults are taken there */
  } else {
    count_poll(sv, job);
    put_job(rq, job);
    rq->reply.status = 200;
  }
  em_fault_wire(&sv->faults, job->faults, rq->phase, &rq->reply.wire);
}

void gate_answer_videos(struct em_request *rq, const char *path)
{
  if (*path)
    answer_one(rq, path + 1);
  else if (em_method(rq, "POST"))
    submit(rq);
  else
    gate_error(rq, 404, NULL, "Resource not found");
}

/* Not the gateway's: its key must not come here. */
void gate_answer_storage(struct em_request *rq)
{
  if (em_header(rq, "Authorization")) {
    rq->phase = EM_FILE;
    rq->server->stats.credentials_leaked++;
    em_reply_text(rq, 400, "application/xml",
                  "<Error><Code>InvalidArgument</Code></Error>");
    return;
  }
  em_files_answer(rq);
}
