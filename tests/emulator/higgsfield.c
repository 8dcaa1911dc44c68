/* Higgsfield: requests (submit by model id, status, cancel), job sets of the
 * old API, uploads, files.
 *
 * What one trips over: an empty purse is 403 and too many jobs at once is 400;
 * what the content filter refuses ends "nsfw" with HTTP 200; only what is still
 * queued can be cancelled; a submit with a known Idempotency-Key gives the
 * first request again.  The answers name api.higgsfield.ai whatever host was
 * asked. */
#include "higgsfield.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a job remembers its submit: "hf <hash of all that was asked> <key>". */
#define MARK "hf "

bool hf_is_v1(const struct em_job *job)
{
  return em_starts(job->endpoint, "v1/");
}

static bool is_ours(const struct em_job *job)
{
  return job && em_starts(job->app, MARK);
}

/* ---- who asks ----------------------------------------------------------- */

/* "id:secret", from either form of the headers; the caller frees it. */
static char *key_of(const struct em_request *rq)
{
  const char *value = em_header(rq, "Authorization");
  const char *id = em_header(rq, "hf-api-key");
  const char *secret = em_header(rq, "hf-secret");
  struct em_buf key = { 0 };

  if (value && em_starts(value, "Key "))
    em_buf_puts(&key, value + 4);
  else if (id && secret)
    em_buf_printf(&key, "%s:%s", id, secret);
  return key.data;
}

static bool good_key(const struct em_server *sv, const char *key)
{
  const char *colon = key ? strchr(key, ':') : NULL;

  if (!colon || colon == key || !colon[1] || strchr(colon + 1, ':'))
    return false;
  return sv->options->key ? !strcmp(sv->options->key, key)
                          : !strstr(key, "bad");
}

bool hf_authorised(struct em_request *rq)
{
  char *key = key_of(rq);
  bool ok = good_key(rq->server, key);

  if (!ok)
    hf_detail(rq, 401, "Invalid credentials");
  free(key);
  return ok;
}

/* A key with "limitN" in it may have N jobs under way. */
static bool has_room(struct em_request *rq, const char *key)
{
  const struct em_server *sv = rq->server;
  const char *limit = strstr(key, "limit");
  int64_t most, left, now = em_now_ms(sv);
  char text[100];
  size_t i;

  if (!limit || !em_parse_int(limit + 5, strspn(limit + 5, "0123456789"), 0,
                              1000000, &most))
    return true;
  left = most;
  for (i = 0; i < sv->jobs.n; i++)
    if (is_ours(sv->jobs.all[i]) &&
        em_job_state(sv->jobs.all[i], sv->options, now) != EM_COMPLETED)
      left--;
  if (left > 0)
    return true;
  snprintf(text, sizeof(text),
           "Maximum number of concurrent requests (%lld) has been reached",
           (long long)most);
  hf_detail(rq, 400, text);
  return false;
}

static bool may_start(struct em_request *rq)
{
  char *key = key_of(rq);
  bool ok = !strstr(key, "locked");

  if (!ok)
    hf_detail(rq, 403, "not_enough_credits");
  else
    ok = has_room(rq, key);
  free(key);
  return ok;
}

/* ---- submit ------------------------------------------------------------- */

static void put_submitted(struct em_request *rq, struct em_job *job)
{
  if (hf_is_v1(job))
    hf_put_job_set(rq->server, job, &rq->reply.body);
  else
    hf_put_status(rq->server, job, &rq->reply.body);
  rq->reply.status = 200;
}

static char *mark_of(const struct em_request *rq, const char *key)
{
  const char *hook = em_query(rq, "hf_webhook");
  struct em_buf all = { 0 }, mark = { 0 };

  em_buf_printf(&all, "%s %s %s", rq->path, hook ? hook : "",
                rq->body.data ? rq->body.data : "");
  em_buf_printf(&mark, MARK "%016llx %s", (unsigned long long)em_hash(all.data),
                key ? key : "");
  em_buf_finish(&all);
  return mark.data;
}

static bool good_idempotency_key(const char *key)
{
  const char *c;

  for (c = key; *c; c++)
    if (*c <= ' ' || *c > '~')
      return false;
  return c > key && c - key <= 255;
}

/* Has this key been used?  Then the answer is there. */
static bool seen_before(struct em_request *rq, const char *mark)
{
  const struct em_server *sv = rq->server;
  const char *key = em_header(rq, "Idempotency-Key");
  size_t i, head = strlen(MARK) + 17;

  if (!key)
    return false;
  if (!good_idempotency_key(key)) {
    hf_detail(rq, 422, "Invalid Idempotency-Key");
    return true;
  }
  for (i = 0; i < sv->jobs.n; i++) {
    struct em_job *job = sv->jobs.all[i];

    if (!is_ours(job) || strcmp(job->app + head, key) != 0)
      continue;
    if (strcmp(job->app, mark) != 0)
      hf_detail(rq, 422,
                "Idempotency-Key was used with other parameters before");
    else
      put_submitted(rq, job);
    return true;
  }
  return false;
}

static void shape(struct em_job *job, const struct hf_model *model,
                  struct json_object *input)
{
  static const char *const counts[] = { "batch_size", "num_images" };
  struct json_object *value;
  size_t i;

  fal_shape(model->fields.id, &model->fields, input, job);
  if (json_object_object_get_ex(input, "width_and_height", &value))
    em_parse_size(json_object_get_string(value), &job->width, &job->height);
  for (i = 0; i < EM_LEN(counts) && *model->fields.out == 'I'; i++)
    if (json_object_object_get_ex(input, counts[i], &value))
      job->n_outputs = (uint8_t)json_object_get_int(value);
}

static struct em_job *make_job(struct em_server *sv,
                               const struct hf_model *model,
                               struct json_object *input,
                               const struct em_prompt *prompt, char *mark)
{
  const struct em_options *o = sv->options;
  struct em_job *job = em_job_new(&sv->jobs);
  struct json_object *seed;

  job->app = mark;
  job->endpoint = em_strdup(model->fields.id);
  job->prompt = em_strdup(prompt->text);
  job->model = model;
  job->submitted_ms = em_now_ms(sv);
  job->submitted_us = em_wall_us();
  job->faults = em_fault_adopt(&sv->faults, prompt->set);
  job->seed = em_mix(sv->jobs.salt + sv->jobs.n) >> 4;
  if (json_object_object_get_ex(input, "seed", &seed))
    job->seed = (uint64_t)json_object_get_int64(seed);
  job->look = prompt->hash ^ em_mix(job->seed);
  shape(job, model, input);
  if (o->width) {
    job->width = o->width;
    job->height = o->height;
  }
  return job;
}

static struct em_prompt *prompt_of(struct em_server *sv,
                                   struct json_object *input)
{
  struct json_object *text;

  if (!json_object_object_get_ex(input, "prompt", &text))
    text = NULL;
  return em_prompt_get(&sv->faults, text ? json_object_get_string(text) : "");
}

static void take_work(struct em_request *rq, const struct hf_model *model,
                      struct json_object *body, struct json_object *input)
{
  struct em_server *sv = rq->server;
  struct em_prompt *prompt = prompt_of(sv, input);
  const struct em_fault *fault =
    em_fault_instead(&sv->faults, prompt->set, EM_SUBMIT);
  char *mark = mark_of(rq, em_header(rq, "Idempotency-Key"));
  struct em_job *job;

  prompt->seen++;
  if (fault && !fault->made) {
    free(mark);
  } else if (seen_before(rq, mark) || !hf_check_input(rq, model, input)) {
    free(mark);
  } else {
    job = make_job(sv, model, input, prompt, mark);
    put_submitted(rq, job);
    hf_add_hook(rq, body, job);
    em_prompt_accept(prompt);
    sv->stats.submits_accepted++;
  }
  if (fault)
    hf_answer_fault(rq, fault);
  em_fault_wire(&sv->faults, prompt->set, EM_SUBMIT, &rq->reply.wire);
}

/* A mode of Soul that there is not is a wrong path, not a missing model. */
static void no_model(struct em_request *rq, const char *id)
{
  if (em_starts(id, "higgsfield-ai/soul/") && !strchr(id + 19, '/'))
    em_reply_json(rq, 422,
                  "{\"detail\":[{\"type\":\"literal_error\",\"loc\":[\"path\","
                  "\"mode\"],\"msg\":\"Input should be 'reference', "
                  "'character' or 'standard'\",\"input\":\"%.60s\"}]}",
                  id + 19);
  else
    hf_detail(rq, 404, "model_not_found");
}

/* Only members that a job set has: params and perhaps webhook. */
static struct json_object *params_of(struct em_request *rq,
                                     struct json_object *body)
{
  struct json_object *params;
  struct json_object_iter it;
  bool strange = false;

  json_object_object_foreachC(body, it)
  {
    strange |= strcmp(it.key, "params") != 0 && strcmp(it.key, "webhook") != 0;
  }
  if (!strange && json_object_object_get_ex(body, "params", &params) &&
      json_object_is_type(params, json_type_object))
    return params;
  em_reply_json(rq, 422,
                "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\","
                "\"params\"],\"msg\":\"Field required\"}]}");
  return NULL;
}

static void answer_submit(struct em_request *rq)
{
  const char *id = rq->path + strspn(rq->path, "/");
  const struct hf_model *model = hf_model_find(id);
  struct json_object *body, *input;

  rq->phase = EM_SUBMIT;
  rq->server->stats.submits_seen++;
  if (!hf_authorised(rq) || !may_start(rq))
    return;
  if (!model) {
    no_model(rq, id);
    return;
  }
  body = fal_parse_input(rq);
  if (!body)
    return;
  input = em_starts(id, "v1/") ? params_of(rq, body) : body;
  if (input && hf_good_hook(rq, body))
    take_work(rq, model, body, input);
  json_object_put(body);
}

/* ---- later -------------------------------------------------------------- */

/* Keeps a job that shall never end in the middle of its life. */
static void count_poll(struct em_server *sv, struct em_job *job)
{
  if (job->cancelled)
    return;
  if (!em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_NEVER)) {
    job->polls++;
    return;
  }
  job->submitted_ms = em_now_ms(sv) - sv->options->latency_ms / 2;
  job->polls = sv->options->polls / 2;
}

static void answer_state(struct em_request *rq, struct em_job *job)
{
  count_poll(rq->server, job);
  put_submitted(rq, job);
}

static void answer_cancel(struct em_request *rq, struct em_job *job)
{
  struct em_server *sv = rq->server;

  if (rq->body.len > 2) {
    hf_detail(rq, 422, "cancel takes no body");
  } else if (em_job_state(job, sv->options, em_now_ms(sv)) != EM_QUEUED) {
    hf_detail(rq, 400, "Request cannot be canceled");
  } else {
    job->cancelled =
      !em_fault_take(&sv->faults, job->faults, EM_CANCEL, EM_F_STUBBORN);
    em_reply_text(rq, 202, NULL, "");
  }
}

static void answer_about(struct em_request *rq, enum em_phase phase,
                         const char *id, size_t len, bool v1)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_find(&sv->jobs, id, len);
  const struct em_fault *fault;

  rq->phase = phase;
  if (!em_method(rq, phase == EM_CANCEL ? "POST" : "GET")) {
    hf_detail(rq, 405, "Method Not Allowed");
    return;
  }
  if (!hf_authorised(rq))
    return;
  if (!is_ours(job) || hf_is_v1(job) != v1 ||
      em_fault_take(&sv->faults, job->faults, phase, EM_F_LOST)) {
    hf_detail(rq, 404, "Not found");
    return;
  }
  fault = em_fault_instead(&sv->faults, job->faults, phase);
  if (fault)
    hf_answer_fault(rq, fault);
  else if (phase == EM_CANCEL)
    answer_cancel(rq, job);
  else
    answer_state(rq, job);
  em_fault_wire(&sv->faults, job->faults, phase, &rq->reply.wire);
}

/* DELETE: a request that is over is forgotten, and so are its files. */
static void forget(struct em_request *rq, const char *id, size_t len)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_find(&sv->jobs, id, len);

  rq->phase = EM_OTHER;
  if (!hf_authorised(rq))
    return;
  if (!is_ours(job) || hf_is_v1(job)) {
    hf_detail(rq, 404, "Not found");
  } else if (em_job_state(job, sv->options, em_now_ms(sv)) != EM_COMPLETED) {
    hf_detail(rq, 400, "Request is not finished");
  } else {
    job->app[0] = '-'; /* nobody's from now on */
    job->results = 0;
    em_reply_text(rq, 204, NULL, "");
  }
}

static void answer_request(struct em_request *rq, const char *id)
{
  size_t len = strcspn(id, "/");

  if (!id[len] && em_method(rq, "DELETE"))
    forget(rq, id, len);
  else if (!strcmp(id + len, "/status"))
    answer_about(rq, EM_STATUS, id, len, false);
  else if (!strcmp(id + len, "/cancel"))
    answer_about(rq, EM_CANCEL, id, len, false);
  else
    hf_detail(rq, 404, "Not Found");
}

static void answer_api(struct em_request *rq)
{
  const char *path = rq->path;

  em_reply_header(rq, "X-Correlation-ID", "%016llx",
                  (unsigned long long)em_mix(rq->server->stats.replies[2] +
                                             rq->server->jobs.salt));
  if (hf_answer_account(rq))
    return;
  if (em_starts(path, "/requests/"))
    answer_request(rq, path + 10);
  else if (em_starts(path, "/v1/job-sets/"))
    answer_about(rq, EM_STATUS, path + 13, strlen(path + 13), true);
  else if (!em_method(rq, "POST"))
    hf_detail(rq, 405, "Method Not Allowed");
  else if (strcmp(path, "/files/generate-upload-url") != 0)
    answer_submit(rq);
  else if (hf_authorised(rq))
    hf_answer_upload(rq);
}

static void answer_cdn(struct em_request *rq)
{
  if (em_header(rq, "hf-api-key") || em_header(rq, "hf-secret")) {
    rq->phase = EM_FILE;
    rq->server->stats.credentials_leaked++;
    hf_detail(rq, 400, "a key does not belong here");
    return;
  }
  em_files_answer(rq);
}

const struct em_host em_higgsfield_hosts[] = {
  { "platform.higgsfield.ai", "higgsfield", answer_api },
  { "api.higgsfield.ai", NULL, answer_api },
  { "storage.higgsfield.ai", NULL, hf_answer_storage },
  { "cdn.higgsfield.ai", NULL, answer_cdn },
  { NULL, NULL, NULL },
};
