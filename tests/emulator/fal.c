/* fal, as a client of its queue sees it: submit, status, status stream,
 * result, cancel, and the synchronous run.  The key, the form of the request
 * and the name of the application are checked at submit; what is wrong with
 * the input shows up at the result, as it does at fal.
 *
 * What one trips over: submit takes the whole endpoint id, everything else
 * only owner/app, and a sub path kept there is not found. */
#include "fal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_TICK_MS 25

/* A path of the queue, taken apart. */
struct target {
  char app[128]; /* owner/app, with its namespace */
  char endpoint[256];
  const char *id; /* of a job, or NULL */
  size_t id_len;
  const char *action; /* behind the id: "", "/status", ... */
};

static void not_found(struct em_request *rq)
{
  em_reply_json(rq, 404, "{\"status\":\"NOT_FOUND\"}");
}

static void wrong_method(struct em_request *rq)
{
  em_reply_json(rq, 405, "{\"detail\":\"Method Not Allowed\"}");
}

static void path_not_found(struct em_request *rq, const char *path)
{
  struct em_buf text = { 0 };

  em_buf_printf(&text, "Path %s not found", path);
  em_buf_puts(&rq->reply.body, "{\"detail\":");
  em_buf_json(&rq->reply.body, text.data);
  em_buf_puts(&rq->reply.body, "}");
  rq->reply.status = 404;
  em_buf_finish(&text);
}

static bool in_namespace(const char *path)
{
  return em_starts(path, "/workflows/") || em_starts(path, "/comfy/");
}

/* [namespace/]owner/app[/path]; words of letters, digits, dot, dash, _. */
static bool split_path(const char *path, struct target *t)
{
  static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                             "wxyz0123456789._-";
  unsigned segments = in_namespace(path) ? 3 : 2, i;
  const char *at = path;

  memset(t, 0, sizeof(*t));
  for (i = 0; i < segments; i++) {
    size_t n = *at == '/' ? strspn(at + 1, word) : 0;

    if (!n || (at[n + 1] && at[n + 1] != '/'))
      return false;
    at += n + 1;
  }
  if ((size_t)(at - path) >= sizeof(t->app) ||
      strlen(path) >= sizeof(t->endpoint))
    return false;
  memcpy(t->app, path + 1, (size_t)(at - path) - 1);
  if (!em_starts(at, "/requests/")) {
    memcpy(t->endpoint, path + 1, strlen(path + 1));
    return true;
  }
  t->id = at + strlen("/requests/");
  t->id_len = strcspn(t->id, "/");
  t->action = t->id + t->id_len;
  return true;
}

/* Submit */

static bool app_exists(struct em_request *rq, const struct target *t)
{
  const char *name = strrchr(t->app, '/') + 1;

  if (!strstr(t->app, "no-such"))
    return true;
  em_reply_json(rq, 404, "{\"detail\":\"Application \\\"%s\\\" not found\"}",
                name);
  return false;
}

/* ?fal_max_queue_length=n: 429 when more than n jobs are not done yet. */
static bool queue_full(struct em_request *rq)
{
  const char *text = em_query(rq, "fal_max_queue_length");
  const struct em_server *sv = rq->server;
  int64_t most, now = em_now_ms(sv);
  size_t i;

  if (!text || !em_parse_int(text, strlen(text), 0, INT32_MAX, &most))
    return false;
  for (i = 0; i < sv->jobs.n && most >= 0; i++)
    if (em_job_state(sv->jobs.all[i], sv->options, now) != EM_COMPLETED)
      most--;
  if (most >= 0)
    return false;
  em_reply_header(rq, "X-Fal-Needs-Retry", "1");
  em_reply_json(rq, 429,
                "{\"detail\":\"Queue is full\","
                "\"type\":\"queue_full\"}");
  return true;
}

static void check_input(const struct target *t, struct json_object *input,
                        struct em_job *job)
{
  const char *path = t->endpoint + strlen(t->app);
  struct em_buf detail = { 0 }, body = { 0 };

  if (strstr(path, "no-such") || strstr(path, "nope")) {
    em_buf_printf(&body, "{\"detail\":\"Path %s not found\"}", path);
    job->error = body.data;
    job->error_status = 404;
    return;
  }
  if (job->model)
    fal_fields_check(job->model, input, &detail);
  if (!detail.len)
    return;
  em_buf_printf(&body, "{\"detail\":[%s]}", detail.data);
  em_buf_finish(&detail);
  job->error = body.data;
  job->error_status = 422;
}

static struct em_job *make_job(struct em_server *sv, const struct target *t,
                               struct json_object *input,
                               const struct em_prompt *prompt)
{
  const struct em_options *o = sv->options;
  struct em_job *job = em_job_new(&sv->jobs);
  struct json_object *seed;

  job->app = em_strdup(t->app);
  job->endpoint = em_strdup(t->endpoint);
  job->prompt = em_strdup(prompt->text);
  job->model = fal_model_find(t->endpoint);
  job->submitted_ms = em_now_ms(sv);
  job->submitted_us = em_wall_us();
  job->faults = em_fault_adopt(&sv->faults, prompt->set);
  job->seed = em_mix(sv->jobs.salt + sv->jobs.n) >> 4;
  if (json_object_object_get_ex(input, "seed", &seed) && seed)
    job->seed = (uint64_t)json_object_get_int64(seed);
  job->look = prompt->hash ^ em_mix(job->seed);
  fal_shape(t->endpoint, job->model, input, job);
  if (o->width) {
    job->width = o->width;
    job->height = o->height;
  }
  job->price_microusd = fal_price(job);
  check_input(t, input, job);
  return job;
}

/* The checks and the books of a submit and of a run; NULL when the answer is
 * already there. */
static struct em_job *accept_work(struct em_request *rq, const struct target *t,
                                  struct json_object *input)
{
  struct em_server *sv = rq->server;
  struct json_object *text;
  struct em_prompt *prompt;
  const struct em_fault *fault;
  struct em_job *job = NULL;

  if (!json_object_object_get_ex(input, "prompt", &text) ||
      !json_object_is_type(text, json_type_string))
    text = NULL;
  prompt = em_prompt_get(&sv->faults, text ? json_object_get_string(text) : "");
  prompt->seen++;
  fault = em_fault_instead(&sv->faults, prompt->set, rq->phase);
  if ((!fault || fault->made) && !queue_full(rq)) {
    job = make_job(sv, t, input, prompt);
    job->account = fal_account(rq);
    em_prompt_accept(prompt);
    sv->stats.submits_accepted++;
    em_reply_header(rq, "x-fal-request-id", "%s", job->id);
  }
  if (fault) {
    fal_answer_fault(rq, fault, t->app);
    job = NULL;
  }
  em_fault_wire(&sv->faults, prompt->set, rq->phase, &rq->reply.wire);
  return job;
}

static struct em_job *take_work(struct em_request *rq, const struct target *t)
{
  struct json_object *input;
  struct em_job *job;

  rq->server->stats.submits_seen++;
  if (!fal_authorised(rq, t->app) || !app_exists(rq, t) || !fal_unlocked(rq) ||
      !fal_good_headers(rq))
    return NULL;
  input = fal_parse_input(rq);
  if (!input)
    return NULL;
  job = accept_work(rq, t, input);
  json_object_put(input);
  return job;
}

static void answer_submit(struct em_request *rq, const struct target *t)
{
  const struct em_server *sv = rq->server;
  struct em_buf *b = &rq->reply.body;
  struct em_job *job;

  rq->phase = EM_SUBMIT;
  if (!em_method(rq, "POST")) {
    wrong_method(rq);
    return;
  }
  if (!fal_good_hook(rq))
    return;
  job = take_work(rq, t);
  if (!job)
    return;
  fal_add_hook(rq, job);
  em_buf_printf(b, "{\"status\":\"IN_QUEUE\",\"request_id\":\"%s\",", job->id);
  fal_put_urls(sv, job, b);
  em_buf_printf(b, ",\"logs\":null,\"metrics\":{},\"queue_position\":%u}",
                em_job_position(job, sv->options, job->submitted_ms));
  rq->reply.status = 200;
}

/* Later requests of a job */

/* Keeps a job that shall never end in the middle of its life. */
static bool held(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;

  if (job->cancelled ||
      !em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_NEVER))
    return false;
  job->submitted_ms = em_now_ms(sv) - sv->options->latency_ms / 2;
  job->polls = sv->options->polls / 2;
  return true;
}

/* What `put_end` needs to know; also settles that the job has failed. */
static const struct em_fault *failure_of(struct em_request *rq,
                                         struct em_job *job)
{
  struct em_server *sv = rq->server;
  const struct em_fault *failure;

  if (em_job_state(job, sv->options, em_now_ms(sv)) != EM_COMPLETED)
    return NULL;
  failure = em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_FAIL);
  job->failed = job->failed || failure || job->error;
  return failure;
}

static enum fal_logs wanted_logs(const struct em_request *rq,
                                 enum fal_logs kind)
{
  const char *logs = em_query(rq, "logs");

  return logs && (!strcmp(logs, "1") || !strcmp(logs, "true")) ? kind
                                                               : FAL_NO_LOGS;
}

static void answer_status(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;
  const struct em_options *o = sv->options;

  if (!held(rq, job) && !job->cancelled)
    job->polls++;
  fal_put_status(rq, job, wanted_logs(rq, FAL_LOG_WINDOW), failure_of(rq, job),
                 &rq->reply.body);
  rq->reply.status =
    em_job_state(job, o, em_now_ms(sv)) == EM_COMPLETED ? 200 : 202;
}

static int64_t stream_more(struct em_request *rq, struct em_buf *out)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_find(&sv->jobs, rq->job_id, strlen(rq->job_id));
  size_t at;

  if (!job) /* the control URL forgot it */
    return -1;
  if (!held(rq, job) && !job->cancelled)
    job->polls++;
  em_buf_puts(out, "data: ");
  at = out->len;
  fal_put_status(rq, job, wanted_logs(rq, FAL_NEW_LOGS), failure_of(rq, job),
                 out);
  em_buf_puts(out, "\n\n");
  if (em_job_state(job, sv->options, em_now_ms(sv)) == EM_COMPLETED)
    return -1;
  /* an event only when something is new */
  if (rq->body.len == out->len - at &&
      !memcmp(rq->body.data, out->data + at, rq->body.len)) {
    out->len = at - strlen("data: ");
  } else {
    rq->body.len = 0;
    em_buf_add(&rq->body, out->data + at, out->len - at);
  }
  return sv->options->polls ? 1 : STREAM_TICK_MS;
}

static void answer_stream(struct em_request *rq, const struct em_job *job)
{
  rq->phase = EM_STREAM;
  memcpy(rq->job_id, job->id, sizeof(rq->job_id));
  rq->body.len = 0;
  rq->reply.status = 200;
  rq->reply.content_type = "text/event-stream; charset=utf-8";
  rq->reply.more = stream_more;
}

bool fal_refused(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;
  struct em_faults *f = &sv->faults;
  const struct em_fault *fault;

  if (job->cancelled) {
    em_reply_json(rq, 499,
                  "{\"detail\":\"Request was cancelled\","
                  "\"error_type\":\"client_cancelled\"}");
  } else if ((fault = em_fault_take(f, job->faults, EM_RESULT, EM_F_FAIL))) {
    const char *type = fault->type[0] ? fault->type : "runner_disconnected";

    em_reply_header(rq, "X-Fal-Error-Type", "%s", type);
    em_reply_json(rq, fal_error_status(type),
                  "{\"detail\":\"Request failed\",\"error_type\":\"%s\"}",
                  type);
  } else if (em_fault_take(f, job->faults, EM_RESULT, EM_F_FAIL_LATE)) {
    em_reply_json(rq, 500,
                  "{\"detail\":[{\"loc\":[\"body\"],\"msg\":"
                  "\"Internal server error\",\"type\":"
                  "\"internal_server_error\"}]}");
  } else if (job->error) {
    em_reply_header(rq, "X-Fal-Billable-Units", "0");
    em_reply_json(rq, job->error_status, "%s", job->error);
  } else if (em_fault_take(f, job->faults, EM_RESULT, EM_F_BLOCKED)) {
    fal_refusal(rq, "content_policy_violation",
                "The content could not be processed because it contained "
                "material flagged by a content checker.",
                job->prompt);
  } else if (em_fault_take(f, job->faults, EM_RESULT, EM_F_NOMEDIA)) {
    fal_refusal(rq, "no_media_generated", "No media was generated.",
                job->prompt);
  } else if (em_fault_take(f, job->faults, EM_RESULT, EM_F_INVALID)) {
    em_reply_json(rq, 422,
                  "{\"detail\":\"Could not load image from url: "
                  "https://example.com/missing.png\"}");
  } else {
    return false;
  }
  job->failed = true;
  return true;
}

static void put_result(struct em_request *rq, struct em_job *job)
{
  fal_put_output(rq->server, job, &rq->reply.body);
  em_reply_header(rq, "X-Fal-Billable-Units", "%u", fal_units(job));
  rq->reply.status = 200;
}

static void answer_result(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;

  if (held(rq, job) ||
      em_job_state(job, sv->options, em_now_ms(sv)) != EM_COMPLETED) {
    em_reply_json(rq, 400, "{\"detail\":\"Request is still in progress\"}");
    return;
  }
  job->results++;
  if (fal_refused(rq, job))
    return;
  put_result(rq, job);
}

static void answer_cancel(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;

  if (rq->body.len) {
    em_reply_json(rq, 400, "{\"detail\":\"cancel takes no body\"}");
  } else if (em_job_state(job, sv->options, em_now_ms(sv)) == EM_COMPLETED) {
    em_reply_json(rq, 400, "{\"status\":\"ALREADY_COMPLETED\"}");
  } else {
    if (!job->cancelled &&
        !em_fault_take(&sv->faults, job->faults, EM_CANCEL, EM_F_STUBBORN)) {
      job->cancelled = true;
      em_prompt_cancel(&sv->faults, job->prompt);
    }
    em_reply_json(rq, 202, "{\"status\":\"CANCELLATION_REQUESTED\"}");
  }
}

static const struct {
  const char *path, *method;
  enum em_phase phase;
} actions[] = {
  { "/status", "GET", EM_STATUS }, { "/status/stream", "GET", EM_STREAM },
  { "", "GET", EM_RESULT },        { "/response", "GET", EM_RESULT },
  { "/cancel", "PUT", EM_CANCEL },
};

static void answer_about(struct em_request *rq, struct em_job *job)
{
  switch (rq->phase) {
  case EM_STATUS:
    answer_status(rq, job);
    break;
  case EM_STREAM:
    answer_stream(rq, job);
    break;
  case EM_CANCEL:
    answer_cancel(rq, job);
    break;
  default:
    answer_result(rq, job);
  }
}

static void answer_job(struct em_request *rq, const struct target *t)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_find(&sv->jobs, t->id, t->id_len);
  const struct em_fault *fault;
  size_t i;

  for (i = 0; i < EM_LEN(actions); i++)
    if (!strcmp(actions[i].path, t->action))
      break;
  if (i == EM_LEN(actions)) {
    path_not_found(rq, t->action);
    return;
  }
  rq->phase = actions[i].phase;
  if (!em_method(rq, actions[i].method)) {
    wrong_method(rq);
    return;
  }
  if (!fal_authorised(rq, t->app) || !fal_not_revoked(rq))
    return;
  if (!job || strcmp(job->app, t->app) != 0 || !fal_may_see(rq, job) ||
      em_fault_take(&sv->faults, job->faults, rq->phase, EM_F_LOST)) {
    not_found(rq);
    return;
  }
  fault = em_fault_instead(&sv->faults, job->faults, rq->phase);
  if (fault) { /* without the id it is the ingress's */
    fal_answer_fault(rq, fault, t->app);
  } else {
    em_reply_header(rq, "x-fal-request-id", "%s", job->id);
    answer_about(rq, job);
  }
  em_fault_wire(&sv->faults, job->faults, rq->phase, &rq->reply.wire);
}

static void answer_queue(struct em_request *rq)
{
  struct target t;

  if (!split_path(rq->path, &t)) {
    rq->phase = EM_OTHER;
    path_not_found(rq, rq->path);
  } else if (t.id) {
    answer_job(rq, &t);
  } else if (strstr(t.endpoint, "/requests/")) {
    path_not_found(rq, rq->path + 1 + strlen(t.app)); /* sub path kept */
  } else {
    answer_submit(rq, &t);
  }
}

/* Cuts "/stream" off the endpoint. */
static bool wants_stream(struct target *t)
{
  size_t n = strlen(t->endpoint);

  if (n < 7 || strcmp(t->endpoint + n - 7, "/stream") != 0)
    return false;
  t->endpoint[n - 7] = '\0';
  return true;
}

/* A run answers when the job is done; in polls mode that is at once. */
static void answer_run(struct em_request *rq)
{
  const struct em_options *o = rq->server->options;
  struct em_job *job;
  struct target t;
  bool stream;

  rq->phase = EM_RUN;
  if (!split_path(rq->path, &t) || t.id) {
    path_not_found(rq, rq->path);
    return;
  }
  if (!em_method(rq, "POST")) {
    wrong_method(rq);
    return;
  }
  stream = wants_stream(&t);
  if (stream && !fal_can_stream(t.endpoint)) {
    path_not_found(rq, rq->path + 1 + strlen(t.app));
    return;
  }
  job = take_work(rq, &t);
  if (!job)
    return;
  if (!stream && !o->polls)
    rq->reply.wire.delay_ms += o->latency_ms;
  if (fal_refused(rq, job))
    return;
  if (stream) {
    fal_answer_stream(rq, job);
    return;
  }
  job->polls = o->polls;
  job->results++;
  put_result(rq, job);
}

const struct em_host em_fal_hosts[] = {
  { "queue.fal.run", "queue", answer_queue },
  { "fal.run", "run", answer_run },
  { "rest.fal.ai", NULL, fal_rest_answer },
  { "v3b.fal.media", "files", em_files_answer },
  { "v3.fal.media", NULL, em_files_answer },
  { "fal.media", NULL, em_files_answer },
  { "api.fal.ai", NULL, fal_platform_answer },
  { NULL, NULL, NULL },
};
