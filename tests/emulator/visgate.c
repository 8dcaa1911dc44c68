/* visgate, as a client of its API sees it: three endpoints that make something,
 * jobs that are polled, and the files.  The account is visgate_account.c.
 *
 * What one trips over: the same request at the same size is answered from the
 * cache, at once and for nothing, also when it asked for a job; own keys at the
 * providers change who pays; a job tells one file and no price. */
#include "visgate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MARK        "visgate "
#define FEE_MICRO   100 /* of each request that the cache did not answer */
#define MOST_PIXELS 4096
#define BASE_PATH   "/api/v1"

bool vg_is_ours(const struct em_job *job)
{
  return em_starts(job->app, MARK);
}

void vg_put_time(int64_t us, struct em_buf *out)
{
  time_t seconds = (time_t)(us / 1000000);
  struct tm tm;
  char text[32];

  gmtime_r(&seconds, &tm);
  strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
  em_buf_printf(out, "\"%s\"", text);
}

/* ---- what it costs ------------------------------------------------------ */

static char *write_bill(const struct vg_bill *bill)
{
  struct em_buf text = { 0 };

  em_buf_printf(&text, MARK "%lld %lld %d %d", (long long)bill->provider_micro,
                (long long)bill->billed_micro, bill->byok, bill->cached);
  return text.data;
}

void vg_read_bill(const struct em_job *job, struct vg_bill *bill)
{
  long long provider = 0, billed = 0;
  int byok = 0, cached = 0;

  sscanf(job->app, MARK "%18lld %18lld %1d %1d", &provider, &billed, &byok,
         &cached);
  *bill = (struct vg_bill){ provider, billed, byok != 0, cached != 0 };
}

static int64_t provider_micro(const struct em_job *job,
                              const struct vg_model *model)
{
  double units = job->n_outputs;

  if (model->unit == 'm')
    units *= (double)job->width * job->height / (1024.0 * 1024.0);
  else if (model->unit == 's')
    units = job->duration_ms / 1000.0;
  return (int64_t)llround(units * (double)model->micro);
}

/* Whose key is it that the serving provider is asked with? */
static const char *own_key(struct em_request *rq, const struct vg_model *model)
{
  char name[40];

  snprintf(name, sizeof(name), "X-%s-Key", model->provider);
  return em_header(rq, name);
}

/* ---- a new job ---------------------------------------------------------- */

static int64_t whole(struct json_object *o, const char *name, int64_t otherwise)
{
  struct json_object *value;

  if (!json_object_object_get_ex(o, name, &value))
    return otherwise;
  return json_object_get_int64(value);
}

static void shape_picture(struct em_job *job, struct json_object *o)
{
  const char *size = vg_text(o, "image_size");
  const char *format = vg_text(o, "output_format");
  int64_t n = whole(o, "num_images", 1);

  job->media = format && *format == 'j' ? EM_JPEG : EM_PNG;
  job->n_outputs = (uint8_t)n;
  job->width = (uint32_t)whole(o, "width", 1024);
  job->height = (uint32_t)whole(o, "height", 1024);
  if (size)
    em_parse_size(size, &job->width, &job->height);
  job->width = job->width > MOST_PIXELS ? MOST_PIXELS : job->width;
  job->height = job->height > MOST_PIXELS ? MOST_PIXELS : job->height;
}

static void shape_video(struct em_job *job, struct json_object *o)
{
  struct json_object *seconds;

  fal_shape("video", NULL, o, job);
  json_object_object_get_ex(o, "duration_seconds", &seconds);
  job->duration_ms = (uint32_t)(json_object_get_double(seconds) * 1000);
  job->inline_data = json_object_object_get_ex(o, "skip_gcs_upload", NULL);
}

/* Model, prompt and size are the cache's key, and what a picture looks like. */
static uint64_t look_of(const struct em_job *job,
                        const struct em_prompt *prompt)
{
  return prompt->hash ^ em_hash(job->endpoint) ^
         em_mix((uint64_t)job->width << 32 | job->height);
}

static bool is_cached(const struct em_server *sv, const struct em_job *job)
{
  int64_t now = em_now_ms(sv);
  size_t i;

  for (i = 0; i < sv->jobs.n; i++) {
    const struct em_job *other = sv->jobs.all[i];

    if (other != job && vg_is_ours(other) && other->model == job->model &&
        other->look == job->look && other->n_outputs >= job->n_outputs &&
        other->results && !other->failed &&
        em_job_state(other, sv->options, now) == EM_COMPLETED)
      return true;
  }
  return false;
}

/* Over at once, as far as polls could tell. */
static void finish(const struct em_server *sv, struct em_job *job)
{
  job->submitted_ms = em_now_ms(sv) - sv->options->latency_ms;
  job->polls = sv->options->polls;
}

static struct em_job *make_job(struct em_request *rq, enum vg_endpoint endpoint,
                               const struct vg_model *model,
                               struct json_object *params,
                               const struct em_prompt *prompt)
{
  struct em_server *sv = rq->server;
  const struct em_options *o = sv->options;
  struct em_job *job = em_job_new(&sv->jobs);
  struct vg_bill bill = { 0 };

  job->app = em_strdup(""); /* so far nobody's */
  job->endpoint = em_strdup(model->id);
  job->prompt = em_strdup(prompt->text);
  job->model = model;
  job->submitted_ms = em_now_ms(sv);
  job->submitted_us = em_wall_us();
  job->faults = em_fault_adopt(&sv->faults, prompt->set);
  if (vg_makes_videos(model))
    shape_video(job, params);
  else
    shape_picture(job, params);
  if (o->width) {
    job->width = o->width;
    job->height = o->height;
  }
  job->look = look_of(job, prompt);
  bill.provider_micro = provider_micro(job, model);
  bill.byok = own_key(rq, model) != NULL;
  bill.cached = endpoint != VG_GENERATE && is_cached(sv, job);
  bill.billed_micro = bill.cached ? 0
                      : bill.byok ? FEE_MICRO
                                  : bill.provider_micro + FEE_MICRO;
  free(job->app);
  job->app = write_bill(&bill);
  if (bill.cached)
    finish(sv, job);
  return job;
}

/* ---- submit ------------------------------------------------------------- */

static bool is_done(const struct em_server *sv, const struct em_job *job)
{
  return em_job_state(job, sv->options, em_now_ms(sv)) == EM_COMPLETED;
}

static void answer_job(struct em_request *rq, struct em_job *job,
                       enum vg_endpoint endpoint)
{
  struct em_server *sv = rq->server;

  if (em_header(rq, "Prefer") && !is_done(sv, job)) {
    em_reply_json(rq, 202, "{\"request_id\":\"%s\",\"status\":\"pending\"}",
                  job->id);
    return;
  }
  if (!is_done(sv, job) && !sv->options->polls)
    rq->reply.wire.delay_ms += sv->options->latency_ms;
  finish(sv, job);
  vg_put_result(rq, job, endpoint);
}

static bool good_own_key(struct em_request *rq, const struct vg_model *model)
{
  const char *key = own_key(rq, model);

  if (!key || !strstr(key, "bad"))
    return true;
  vg_error(rq, 502, "PROVIDER_AUTH_FAILED", model->provider,
           "%s does not accept the key", model->provider);
  return false;
}

static void take_work(struct em_request *rq, enum vg_endpoint endpoint,
                      struct json_object *input)
{
  struct em_server *sv = rq->server;
  const char *text = vg_text(input, "prompt");
  struct em_prompt *prompt = em_prompt_get(&sv->faults, text ? text : "");
  const struct em_fault *fault =
    em_fault_instead(&sv->faults, prompt->set, rq->phase);
  const struct vg_model *model = NULL;
  struct json_object *params = input;

  prompt->seen++;
  if (endpoint == VG_GENERATE &&
      !json_object_object_get_ex(input, "params", &params))
    params = NULL;
  if (!fault || fault->made)
    model = vg_check(rq, endpoint, input);
  if (model && good_own_key(rq, model)) {
    answer_job(rq, make_job(rq, endpoint, model, params, prompt), endpoint);
    em_prompt_accept(prompt);
    sv->stats.submits_accepted++;
  }
  if (fault)
    vg_answer_fault(rq, fault, model);
  em_fault_wire(&sv->faults, prompt->set, rq->phase, &rq->reply.wire);
}

static void answer_submit(struct em_request *rq, enum vg_endpoint endpoint)
{
  struct json_object *input;

  rq->phase = em_header(rq, "Prefer") ? EM_SUBMIT : EM_RUN;
  rq->server->stats.submits_seen++;
  if (!em_method(rq, "POST")) {
    vg_error(rq, 405, "METHOD_NOT_ALLOWED", NULL, "Method Not Allowed");
    return;
  }
  if (!vg_may_start(rq) || !vg_good_headers(rq, endpoint))
    return;
  input = vg_parse(rq);
  if (input)
    take_work(rq, endpoint, input);
  json_object_put(input);
}

/* ---- a job -------------------------------------------------------------- */

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

static void answer_request(struct em_request *rq, const char *id)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_find(&sv->jobs, id, strlen(id));
  const struct em_fault *fault;

  rq->phase = EM_STATUS;
  if (!em_method(rq, "GET")) {
    vg_error(rq, 405, "METHOD_NOT_ALLOWED", NULL, "Method Not Allowed");
    return;
  }
  if (!job || !vg_is_ours(job) ||
      em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_LOST)) {
    vg_error(rq, 404, "NOT_FOUND", NULL, "Request not found");
    return;
  }
  fault = em_fault_instead(&sv->faults, job->faults, EM_STATUS);
  if (fault) {
    vg_answer_fault(rq, fault, job->model);
  } else {
    count_poll(sv, job);
    vg_put_job(rq, job);
  }
  em_fault_wire(&sv->faults, job->faults, EM_STATUS, &rq->reply.wire);
}

/* ---- the hosts ---------------------------------------------------------- */

static bool is_open(const char *path)
{
  return !strcmp(path, "/health") || em_starts(path, "/models");
}

static void answer_api(struct em_request *rq)
{
  static const char *const endpoints[] = {
    [VG_GENERATE] = "/generate",
    [VG_IMAGES] = "/images/generate",
    [VG_VIDEOS] = "/videos/generate",
  };
  size_t i;

  rq->phase = EM_OTHER;
  if (!em_starts(rq->path, BASE_PATH "/")) {
    vg_error(rq, 404, "NOT_FOUND", NULL, "Not Found");
    return;
  }
  rq->path += strlen(BASE_PATH);
  if (!is_open(rq->path) && !vg_authorised(rq))
    return;
  for (i = 0; i < EM_LEN(endpoints); i++)
    if (!strcmp(endpoints[i], rq->path)) {
      answer_submit(rq, (enum vg_endpoint)i);
      return;
    }
  if (em_starts(rq->path, "/requests/"))
    answer_request(rq, rq->path + strlen("/requests/"));
  else if (!vg_answer_account(rq))
    vg_error(rq, 404, "NOT_FOUND", NULL, "Not Found");
}

/* Somebody else's machine: no key may come here. */
void visgate_files_answer(struct em_request *rq)
{
  static const char folder[] = VISGATE_BUCKET;

  rq->phase = EM_FILE;
  if (em_header(rq, "Authorization") || em_header(rq, "X-Fal-Key") ||
      em_header(rq, "X-Replicate-Key") || em_header(rq, "X-Runway-Key") ||
      em_header(rq, "X-Runpod-Key")) {
    rq->server->stats.credentials_leaked++;
    em_reply_text(rq, 400, "application/xml",
                  "<Error><Code>InvalidArgument</Code></Error>");
  } else if (!em_starts(rq->path, folder)) {
    em_reply_text(rq, 404, "application/xml",
                  "<Error><Code>NoSuchBucket</Code></Error>");
  } else {
    rq->path += strlen(folder);
    em_files_answer(rq);
  }
}

const struct em_host em_visgate_hosts[] = {
  { VISGATE_API, "visgate", answer_api },
  { NULL, NULL, NULL },
};
