/* What Runway answers with: tasks, and errors in its words. */
#include "runway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* So many tasks of one model run at once; more of them are throttled. */
#define AT_ONCE   3
#define LOOK_BACK 64

int runway_credits(const struct em_job *job)
{
  return (int)strtol(job->app + strlen("runway:"), NULL, 10);
}

/* ---- tasks -------------------------------------------------------------- */

static bool is_throttled(const struct em_server *sv, const struct em_job *job)
{
  int64_t now = em_now_ms(sv);
  unsigned before = 0, looked = 0;
  size_t i = sv->jobs.n;

  while (i-- > 0 && sv->jobs.all[i] != job)
    ;
  while (i-- > 0 && looked++ < LOOK_BACK) {
    const struct em_job *other = sv->jobs.all[i];

    before += other->model == job->model && !other->cancelled &&
              em_job_state(other, sv->options, now) != EM_COMPLETED;
  }
  return before >= AT_ONCE;
}

static void put_time(const struct em_job *job, struct em_buf *out)
{
  time_t seconds = (time_t)(job->submitted_us / 1000000);
  struct tm tm;
  char text[32];

  gmtime_r(&seconds, &tm);
  strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
  em_buf_printf(out, "\"%s.%03uZ\"", text,
                (unsigned)(job->submitted_us / 1000 % 1000));
}

static const char *strange_url(struct em_server *sv, struct em_job *job)
{
  struct em_faults *f = &sv->faults;

  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_PRIVATE_URL))
    return "http://169.254.7.7/latest/meta-data/";
  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_FILE_URL))
    return "file:///etc/passwd";
  if (em_fault_take(f, job->faults, EM_RESULT, EM_F_CRED_URL))
    return "https://user:pw@" RUNWAY_FILES "/output.png";
  return NULL;
}

static void put_output(struct em_server *sv, struct em_job *job,
                       struct em_buf *out)
{
  const char *strange = strange_url(sv, job);
  char plain_id[33];
  unsigned i, n = 0;
  const char *c;

  for (c = job->id; *c && n < 32; c++)
    if (*c != '-')
      plain_id[n++] = *c;
  plain_id[n] = '\0';
  n = em_fault_take(&sv->faults, job->faults, EM_RESULT, EM_F_EMPTY)
        ? 0
        : job->n_outputs;
  em_buf_puts(out, ",\"output\":[");
  for (i = 0; i < n; i++) {
    em_buf_puts(out, i ? ",\"" : "\"");
    if (strange) {
      em_buf_puts(out, strange);
    } else {
      em_put_origin(sv, RUNWAY_FILES, out);
      em_buf_printf(out, "/files/%s/%s_%u.%s?_jwt=emulated", plain_id, plain_id,
                    i, em_media_suffix(job->media));
    }
    em_buf_puts(out, "\"");
  }
  em_buf_puts(out, "]");
}

/* The failure code that a fault stands for, or NULL. */
static const char *failure_of(struct em_server *sv, struct em_job *job,
                              const char **ret_text)
{
  static const struct {
    enum em_fault_kind kind;
    const char *code, *text;
  } failures[] = {
    { EM_F_BLOCKED, "SAFETY.INPUT.TEXT",
      "The prompt was rejected by our content moderation system." },
    { EM_F_NSFW, "SAFETY.OUTPUT",
      "The output was rejected by our content moderation system." },
    { EM_F_INVALID, "ASSET.INVALID", "The provided asset could not be used." },
    { EM_F_NOMEDIA, "INTERNAL.BAD_OUTPUT.CODE01",
      "The output did not meet our quality bar." },
    { EM_F_FAIL_LATE, "INTERNAL", "An unexpected error occurred." },
  };
  struct em_faults *f = &sv->faults;
  const struct em_fault *fault;
  size_t i;

  for (i = 0; i < EM_LEN(failures); i++) {
    *ret_text = failures[i].text;
    if (em_fault_take(f, job->faults, EM_RESULT, failures[i].kind))
      return failures[i].code;
  }
  *ret_text = "The output did not meet our quality bar.";
  fault = em_fault_take(f, job->faults, EM_STATUS, EM_F_FAIL);
  if (!fault)
    return NULL;
  return fault->type[0] ? fault->type : "INTERNAL.BAD_OUTPUT.CODE01";
}

static void put_end(struct em_server *sv, struct em_job *job,
                    struct em_buf *out)
{
  const char *text, *code = failure_of(sv, job, &text);
  /* What was refused at the door is charged all the same. */
  bool charged = !code || em_starts(code, "SAFETY.INPUT");

  job->results++;
  if (code) {
    job->failed = true;
    em_buf_printf(out, ",\"failure\":\"%s\",\"failureCode\":\"%s\"", text,
                  code);
  } else {
    put_output(sv, job, out);
  }
  em_buf_printf(out, ",\"cost\":{\"credits\":%d}",
                charged ? runway_credits(job) : 0);
}

void runway_put_task(struct em_server *sv, struct em_job *job,
                     struct em_buf *out)
{
  int64_t now = em_now_ms(sv);
  enum em_job_state state = em_job_state(job, sv->options, now);
  const char *word = state == EM_RUNNING     ? "RUNNING"
                     : is_throttled(sv, job) ? "THROTTLED"
                                             : "PENDING";
  struct em_buf end = { 0 };
  const char *id = job->id;

  if (state == EM_COMPLETED) {
    put_end(sv, job, &end);
    word = job->failed ? "FAILED" : "SUCCEEDED";
  }
  if (em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_STRANGE))
    word = "EXPLODED";
  if (em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_OTHER_ID))
    id = "ffffffff-0000-4000-8000-000000000000";
  em_buf_printf(out, "{\"id\":\"%s\",\"status\":\"%s\",\"createdAt\":", id,
                word);
  put_time(job, out);
  if (state == EM_RUNNING)
    em_buf_printf(out, ",\"progress\":%.2f",
                  em_job_permille(job, sv->options, now) / 1000.0);
  if (state == EM_COMPLETED)
    em_buf_add(out, end.data, end.len);
  else
    em_buf_printf(out, ",\"estimatedCost\":{\"credits\":%d}",
                  runway_credits(job));
  em_buf_puts(out, "}");
  em_buf_finish(&end);
}

/* ---- errors ------------------------------------------------------------- */

void runway_error(struct em_request *rq, unsigned status, const char *text)
{
  em_reply_json(rq, status, "{\"error\":\"%s\"," RUNWAY_DOCS "}", text);
}

static void answer_status(struct em_request *rq, unsigned status)
{
  static const struct {
    unsigned status;
    const char *text;
  } texts[] = {
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Could not find Task" },
    { 405, "Method Not Allowed" },
    { 409, "Conflict" },
    { 429, "Too many requests" },
    { 500, "Internal server error" },
  };
  char page[128];
  size_t i;

  for (i = 0; i < EM_LEN(texts); i++)
    if (texts[i].status == status) {
      runway_error(rq, status, texts[i].text);
      return;
    }
  if (status < 500) {
    runway_error(rq, status, "Request refused");
    return;
  }
  snprintf(page, sizeof(page), "<html><body>%u Bad Gateway</body></html>",
           status);
  em_reply_text(rq, status, "text/html", page);
}

void runway_answer_fault(struct em_request *rq, const struct em_fault *fault)
{
  if (fault->kind == EM_F_RESET_BEFORE)
    rq->reply.wire.reset = true;
  else if (fault->kind == EM_F_CLOSE_BEFORE)
    rq->reply.wire.close = true;
  else if (fault->kind == EM_F_QUOTA)
    runway_error(rq, 400, "You do not have enough credits to run this task.");
  else
    answer_status(rq, (unsigned)fault->arg);
  if (fault->retry_after[0])
    em_reply_header(rq, "Retry-After", "%s", fault->retry_after);
}
