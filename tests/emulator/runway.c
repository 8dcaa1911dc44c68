/* Runway, as a client of its API sees it: a POST for a task, reads of the task,
 * DELETE; uploads; and the files of the outputs.
 *
 * What one trips over: every call of the API needs X-Runway-Version, and no
 * other host may see it; unknown fields are refused; a task that was deleted is
 * unknown, whatever it was before; refused content is a failed task. */
#include "runway.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PIXELS 8192

static bool is_ours(const struct em_job *job)
{
  return em_starts(job->app, "runway:");
}

/* ---- the door ----------------------------------------------------------- */

static bool authorised(struct em_request *rq)
{
  const char *value = em_header(rq, "Authorization");
  const char *key = value && em_starts(value, "Bearer ") ? value + 7 : NULL;
  const char *want = rq->server->options->key;
  const char *version = em_header(rq, "X-Runway-Version");

  if (!key || !*key || (want ? strcmp(want, key) != 0 : !!strstr(key, "bad")))
    runway_error(rq, 401, "Unauthorized");
  else if (!version || strlen(version) != 10 || version[4] != '-' ||
           version[7] != '-')
    runway_error(rq, 400,
                 "This API version is not available. Please check the "
                 "X-Runway-Version header");
  else
    return true;
  return false;
}

static bool may_start(struct em_request *rq)
{
  const char *key = em_header(rq, "Authorization");

  if (strstr(key, "noscope"))
    em_reply_json(rq, 403, "{\"error\":\"Forbidden\"}");
  else if (strstr(key, "locked"))
    runway_error(rq, 400, "You do not have enough credits to run this task.");
  else
    return true;
  return false;
}

static void refuse_body(struct em_request *rq, struct em_buf *issues)
{
  em_reply_json(
    rq, 400,
    "{\"error\":\"Validation of body failed\",\"issues\":[%s]," RUNWAY_DOCS "}",
    issues->data);
  em_buf_finish(issues);
}

struct json_object *runway_parse(struct em_request *rq)
{
  const char *type = em_header(rq, "Content-Type");
  struct json_tokener *tokener = json_tokener_new();
  struct json_object *input = NULL;

  json_tokener_set_flags(tokener,
                         JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
  if (rq->body.len && type && em_starts(type, "application/json"))
    input =
      json_tokener_parse_ex(tokener, rq->body.data, (int)rq->body.len + 1);
  json_tokener_free(tokener);
  if (json_object_is_type(input, json_type_object))
    return input;
  json_object_put(input);
  runway_error(rq, 400, "Body is not valid JSON");
  return NULL;
}

/* ---- a new task --------------------------------------------------------- */

static const char *text_of(struct json_object *input, const char *name)
{
  struct json_object *value;

  if (!json_object_object_get_ex(input, name, &value) ||
      !json_object_is_type(value, json_type_string))
    return NULL;
  return json_object_get_string(value);
}

static double number_of(struct json_object *input, const char *name,
                        double otherwise)
{
  struct json_object *value;
  double v;

  if (!json_object_object_get_ex(input, name, &value))
    return otherwise;
  v = json_object_get_double(value);
  return v > 0 ? v : otherwise;
}

static uint32_t even(double v)
{
  double most = v > MOST_PIXELS ? MOST_PIXELS : v;

  return (uint32_t)lround(most / 2) * 2;
}

/* "1280:720" are pixels, "16:9" is a ratio: 720 or so on the shorter side. */
static void shape(struct em_job *job, struct json_object *input)
{
  const char *ratio = text_of(input, "ratio"), *words;
  const char *resolution = text_of(input, "resolution");
  double lines = resolution ? strtod(resolution, NULL) : 720;
  unsigned w = 0, h = 0;

  words = text_of(input, "targetAspectRatio");
  ratio = ratio ? ratio : words ? words : "";
  lines = lines > 100 ? lines : lines > 0 ? lines * 1000 : 720;
  if (sscanf(ratio, "%5u:%5u", &w, &h) != 2 || !w || !h) {
    w = job->media == EM_MP4 ? 16 : 1;
    h = job->media == EM_MP4 ? 9 : 1;
    lines = job->media == EM_MP4 ? lines : 1024;
  }
  if (w > 100 && h > 100) {
    job->width = w > MOST_PIXELS ? MOST_PIXELS : w;
    job->height = h > MOST_PIXELS ? MOST_PIXELS : h;
    return;
  }
  job->width = even(w >= h ? lines * w / h : lines);
  job->height = even(w >= h ? lines : lines * h / w);
}

static void fill_output(struct em_job *job, struct json_object *input)
{
  const struct runway_model *model = job->model;
  const char *format = text_of(input, "outputFormat");

  job->n_outputs = 1;
  if (model->unit == 'i') {
    job->n_outputs = (uint8_t)number_of(input, "outputCount", 1);
    job->media = format && !strcmp(format, "jpeg") ? EM_JPEG : EM_PNG;
  } else {
    job->media = EM_MP4;
    job->duration_ms = (uint32_t)(number_of(input, "duration", 5) * 1000);
  }
  shape(job, input);
}

/* What prices hang on beside the model. */
static double unit_price(const struct em_job *job, struct json_object *input)
{
  const struct runway_model *model = job->model;
  const char *format = text_of(input, "outputFormat");
  struct json_object *audio;
  double each = model->credits;

  if (!strcmp(model->name, "gen4_image") &&
      (job->width == 720 || job->height == 720))
    each = 5;
  if (em_starts(model->name, "veo") &&
      json_object_object_get_ex(input, "audio", &audio) &&
      !json_object_get_boolean(audio))
    each = strcmp(model->name, "veo3.1") ? 10 : 20;
  if (format && !strcmp(model->name, "gen4.5") && strcmp(format, "mp4") != 0)
    each += em_starts(format, "h") ? 20 : 5;
  return each;
}

static char *price(const struct em_job *job, struct json_object *input)
{
  struct em_buf app = { 0 };
  double units =
    job->media == EM_MP4 ? job->duration_ms / 1000.0 : job->n_outputs;

  em_buf_printf(&app, "runway:%d",
                (int)ceil(unit_price(job, input) * units - 1e-6));
  return app.data;
}

static struct em_job *make_job(struct em_server *sv,
                               const struct runway_model *model,
                               struct json_object *input,
                               const struct em_prompt *prompt)
{
  const struct em_options *o = sv->options;
  struct em_job *job = em_job_new(&sv->jobs);
  struct json_object *seed;

  job->endpoint = em_strdup(model->work);
  job->prompt = em_strdup(prompt->text);
  job->model = model;
  job->submitted_ms = em_now_ms(sv);
  job->submitted_us = em_wall_us();
  job->faults = em_fault_adopt(&sv->faults, prompt->set);
  job->seed = em_mix(sv->jobs.salt + sv->jobs.n) >> 4;
  if (json_object_object_get_ex(input, "seed", &seed))
    job->seed = (uint64_t)json_object_get_int64(seed);
  job->look = prompt->hash ^ em_mix(job->seed);
  fill_output(job, input);
  job->app = price(job, input);
  if (o->width) {
    job->width = o->width;
    job->height = o->height;
  }
  return job;
}

/* NULL when it is answered already. */
static const struct runway_model *check(struct em_request *rq, const char *work,
                                        struct json_object *input)
{
  const char *name = text_of(input, "model");
  const struct runway_model *model =
    name ? runway_model_find(work, name) : NULL;
  struct em_buf issues = { 0 };

  if (!name)
    runway_issue(&issues, "invalid_type", "\"model\"",
                 "Invalid input: expected string, received undefined");
  else if (!model)
    runway_issue(&issues, "invalid_union", "\"model\"", "Invalid input");
  else
    runway_fields_check(model, input, &issues);
  if (!issues.len)
    return model;
  refuse_body(rq, &issues);
  return NULL;
}

static void put_created(struct em_request *rq, const struct em_job *job)
{
  em_reply_json(rq, 200, "{\"id\":\"%s\",\"estimatedCost\":{\"credits\":%d}}",
                job->id, runway_credits(job));
}

static void take_work(struct em_request *rq, const char *work,
                      struct json_object *input)
{
  struct em_server *sv = rq->server;
  const char *text = text_of(input, "promptText");
  struct em_prompt *prompt = em_prompt_get(&sv->faults, text ? text : "");
  const struct em_fault *fault =
    em_fault_instead(&sv->faults, prompt->set, EM_SUBMIT);
  const struct runway_model *model = NULL;

  prompt->seen++;
  if (!fault || fault->made)
    model = check(rq, work, input);
  if (model) {
    put_created(rq, make_job(sv, model, input, prompt));
    em_prompt_accept(prompt);
    sv->stats.submits_accepted++;
  }
  if (fault)
    runway_answer_fault(rq, fault);
  em_fault_wire(&sv->faults, prompt->set, EM_SUBMIT, &rq->reply.wire);
}

static void answer_submit(struct em_request *rq, const char *work)
{
  struct json_object *input;

  rq->phase = EM_SUBMIT;
  rq->server->stats.submits_seen++;
  if (!may_start(rq))
    return;
  input = runway_parse(rq);
  if (input)
    take_work(rq, work, input);
  json_object_put(input);
}

/* ---- a task ------------------------------------------------------------- */

/* Keeps a task that shall never end in the middle of its life. */
static void count_poll(struct em_server *sv, struct em_job *job)
{
  if (!em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_NEVER)) {
    job->polls++;
    return;
  }
  job->submitted_ms = em_now_ms(sv) - sv->options->latency_ms / 2;
  job->polls = sv->options->polls / 2;
}

static void delete_task(struct em_request *rq, struct em_job *job)
{
  if (!job->cancelled && !em_fault_take(&rq->server->faults, job->faults,
                                        EM_CANCEL, EM_F_STUBBORN)) {
    job->cancelled = true;
    em_prompt_cancel(&rq->server->faults, job->prompt);
  }
  em_reply_text(rq, 204, "application/json", "");
}

static void answer_task(struct em_request *rq, const char *id)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_find(&sv->jobs, id, strlen(id));
  bool get = em_method(rq, "GET");
  const struct em_fault *fault;

  rq->phase = get ? EM_STATUS : EM_CANCEL;
  if (!get && !em_method(rq, "DELETE")) {
    runway_error(rq, 405, "Method Not Allowed");
    return;
  }
  if (!job || !is_ours(job) || job->cancelled ||
      em_fault_take(&sv->faults, job->faults, rq->phase, EM_F_LOST)) {
    em_reply_json(rq, 404, "{\"error\":\"Could not find Task\"}");
    return;
  }
  fault = em_fault_instead(&sv->faults, job->faults, rq->phase);
  if (fault) {
    runway_answer_fault(rq, fault);
  } else if (get) {
    count_poll(sv, job);
    runway_put_task(sv, job, &rq->reply.body);
    rq->reply.status = 200;
  } else {
    delete_task(rq, job);
  }
  em_fault_wire(&sv->faults, job->faults, rq->phase, &rq->reply.wire);
}

/* ---- the hosts ---------------------------------------------------------- */

static void answer_api(struct em_request *rq)
{
  const char *path = rq->path;
  bool post = em_method(rq, "POST");

  rq->phase = EM_OTHER;
  if (!authorised(rq))
    return;
  if (em_starts(path, "/v1/tasks/"))
    answer_task(rq, path + strlen("/v1/tasks/"));
  else if (!strcmp(path, "/v1/uploads") && post)
    runway_answer_upload(rq);
  else if (!strcmp(path, "/v1/organization") && em_method(rq, "GET"))
    runway_answer_organization(rq);
  else if (!strcmp(path, "/v1/organization/usage") && post)
    runway_answer_usage(rq);
  else if (!em_starts(path, "/v1/") || !runway_is_work(path + 4))
    runway_error(rq, 404, "Not found");
  else if (!post)
    runway_error(rq, 405, "Method Not Allowed");
  else
    answer_submit(rq, path + 4);
}

/* Signed URLs of tasks that still are; nobody's key. */
static void answer_files(struct em_request *rq)
{
  const char *name = strrchr(rq->path, '/');
  const struct em_job *job = NULL;

  rq->phase = EM_FILE;
  if (name && strlen(name) > 33)
    job = em_job_find(&rq->server->jobs, name + 1, 32);
  if (em_header(rq, "Authorization") || em_header(rq, "X-Runway-Version")) {
    rq->server->stats.credentials_leaked++;
    runway_error(rq, 400, "a key does not belong here");
  } else if (!job || !is_ours(job) || job->cancelled ||
             (!em_query(rq, "_jwt") && !em_query(rq, "hop"))) {
    em_reply_text(rq, 403, "application/xml",
                  "<Error><Code>AccessDenied</Code></Error>");
  } else {
    em_files_answer(rq);
  }
}

const struct em_host em_runway_hosts[] = {
  { RUNWAY_API, "runway", answer_api },
  { RUNWAY_FILES, NULL, answer_files },
  { RUNWAY_STORAGE, NULL, runway_answer_storage },
  { NULL, NULL, NULL },
};
