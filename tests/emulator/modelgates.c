/* ModelGates and OpenRouter: who may ask, where what is, and the words of their
 * errors.
 *
 * Both hosts answer alike; a job of one is unknown to the other.  Lists of
 * models are public, and a wrong key there is nobody's business.  Keys: with
 * "bad" in it unknown, with "noscope" it may only look, with "locked" there is
 * no money behind it. */
#include "modelgates.h"

#include "fal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- errors ------------------------------------------------------------- */

void gate_error(struct em_request *rq, unsigned status, const char *metadata,
                const char *format, ...)
{
  struct em_buf *b = &rq->reply.body;
  char message[600];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  em_buf_finish(b);
  rq->reply.status = status;
  em_buf_printf(b, "{\"error\":{\"code\":%u,\"message\":", status);
  em_buf_json(b, message);
  if (metadata)
    em_buf_printf(b, ",\"metadata\":%s", metadata);
  em_buf_puts(b, "},\"user_id\":\"user_emulated\"}");
}

void gate_zod(struct em_request *rq, const char *path, const char *message)
{
  struct em_buf issues = { 0 };
  struct em_buf *b = &rq->reply.body;

  em_buf_puts(&issues, "[{\"code\":\"custom\",\"path\":[");
  em_buf_json(&issues, path);
  em_buf_puts(&issues, "],\"message\":");
  em_buf_json(&issues, message);
  em_buf_puts(&issues, "}]");
  em_buf_finish(b);
  rq->reply.status = 400;
  em_buf_puts(b, "{\"success\":false,\"error\":{\"name\":\"ZodError\","
                 "\"message\":");
  em_buf_json(b, issues.data);
  em_buf_puts(b, "}}");
  em_buf_finish(&issues);
}

/* The bodies that go with a status, and with the words of [502:type=WORD]. */
static const struct {
  unsigned status;
  const char *type, *metadata, *message;
} bodies[] = {
  { 402, "in-flight",
    "{\"reason\":\"in_flight_budget_exhausted\","
    "\"limit_source\":\"openrouter_in_flight_budget\"}",
    "This request would exceed your available credits given your current "
    "in-flight requests." },
  { 402, "weight",
    "{\"reason\":\"weight_exceeds_budget\","
    "\"limit_source\":\"openrouter_in_flight_budget\"}",
    "This request is larger than your budget." },
  { 403, "reasons",
    "{\"reasons\":[\"violence\"],\"flagged_input\":\"...\","
    "\"provider_name\":\"OpenAI\"}",
    "Your input was flagged for \"violence\"" },
  { 429, "body",
    "{\"raw\":\"temporarily rate-limited upstream\",\"limit_source\":"
    "\"upstream_provider_shared_pool\",\"retry_after_seconds\":0.05,"
    "\"headers\":{\"Retry-After\":\"0.05\"}}",
    "Provider returned error" },
  { 400, "", NULL, "Bad request" },
  { 401, "", NULL, "User not found." },
  { 402, "", "{\"limit_source\":\"openrouter_credits\"}",
    "Insufficient credits. Add more using https://openrouter.ai/credits" },
  { 403, "", NULL, "Only management keys can perform this operation" },
  { 404, "", NULL, "Resource not found" },
  { 413, "", NULL, "Request payload too large" },
  { 429, "", NULL, "Rate limit exceeded" },
  { 500, "", NULL, "Internal Server Error" },
  { 524, "", NULL, "Request timed out. Please try again later." },
};

void gate_fault(struct em_request *rq, const struct em_fault *fault)
{
  unsigned status = fault->kind == EM_F_QUOTA ? 402 : (unsigned)fault->arg;
  char metadata[80];
  size_t i;

  if (fault->kind == EM_F_RESET_BEFORE || fault->kind == EM_F_CLOSE_BEFORE) {
    rq->reply.wire.reset = fault->kind == EM_F_RESET_BEFORE;
    rq->reply.wire.close = fault->kind == EM_F_CLOSE_BEFORE;
    return;
  }
  for (i = 0; i < EM_LEN(bodies); i++)
    if (bodies[i].status == status && !strcmp(bodies[i].type, fault->type))
      break;
  snprintf(metadata, sizeof(metadata), "{\"error_type\":\"%s\"}", fault->type);
  if (i < EM_LEN(bodies))
    gate_error(rq, status, bodies[i].metadata, "%s", bodies[i].message);
  else
    gate_error(rq, status, fault->type[0] ? metadata : NULL,
               "Provider returned error");
  if (fault->retry_after[0])
    em_reply_header(rq, "Retry-After", "%s", fault->retry_after);
}

/* ---- jobs --------------------------------------------------------------- */

/* "gate:<host>:<kind>:<millionths of a dollar>" */
bool gate_is_ours(const struct em_request *rq, const struct em_job *job)
{
  size_t n = strlen(rq->host);

  return em_starts(job->app, "gate:") && !strncmp(job->app + 5, rq->host, n) &&
         job->app[5 + n] == ':';
}

int64_t gate_microusd(const struct em_job *job)
{
  return strtoll(strrchr(job->app, ':') + 1, NULL, 10);
}

void gate_put_id(const struct em_job *job, const char *prefix,
                 struct em_buf *out)
{
  em_buf_printf(out, "%s%lld-%.8s%s", prefix,
                (long long)(job->submitted_us / 1000000), job->id,
                strrchr(job->id, '-') + 1);
}

struct em_job *gate_find(struct em_request *rq, const char *id, size_t len)
{
  const struct em_jobs *jobs = &rq->server->jobs;
  struct em_buf own = { 0 };
  struct em_job *job;
  char serial[9] = "";
  size_t n;

  if (len < 28)
    return NULL;
  memcpy(serial, id + len - 20, 8);
  n = strtoul(serial, NULL, 16);
  job = n < jobs->n ? jobs->all[n] : NULL;
  if (!job || !gate_is_ours(rq, job))
    return NULL;
  gate_put_id(job, "gen-vid-", &own);
  if (own.len != len || memcmp(own.data, id, len) != 0)
    job = NULL;
  em_buf_finish(&own);
  return job;
}

static struct em_job *make_job(struct em_request *rq,
                               const struct gate_want *want,
                               const struct em_prompt *prompt, char kind)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_new(&sv->jobs);
  const char *model = gate_text(want, "model");
  struct em_buf app = { 0 };

  em_buf_printf(&app, "gate:%s:%c:%lld", rq->host, kind,
                want->video ? (long long)gate_cost(want) : 0);
  job->app = app.data;
  job->endpoint = em_strdup(model ? model : "");
  job->prompt = em_strdup(prompt->text);
  job->submitted_ms = em_now_ms(sv);
  job->submitted_us = em_wall_us();
  job->faults = em_fault_adopt(&sv->faults, prompt->set);
  job->seed = em_mix(sv->jobs.salt + sv->jobs.n) >> 4;
  job->look = prompt->hash ^ em_mix(job->seed);
  job->n_outputs = (uint8_t)want->n;
  job->width = want->width;
  job->height = want->height;
  job->duration_ms = want->seconds * 1000;
  job->media = want->video ? EM_MP4 : EM_PNG;
  if (sv->options->width) {
    job->width = sv->options->width;
    job->height = sv->options->height;
  }
  return job;
}

static bool may_work(struct em_request *rq)
{
  const char *key = em_header(rq, "Authorization");

  if (strstr(key, "noscope"))
    gate_error(rq, 403, NULL,
               "Only management keys can perform this operation");
  else if (strstr(key, "locked"))
    gate_error(rq, 402,
               "{\"error_type\":\"payment_required\","
               "\"limit_source\":\"openrouter_credits\"}",
               "Insufficient credits. Add more using "
               "https://openrouter.ai/credits");
  else
    return true;
  return false;
}

struct em_job *gate_accept(struct em_request *rq, const struct gate_want *want,
                           char kind)
{
  struct em_server *sv = rq->server;
  const char *text = gate_text(want, "prompt");
  struct em_prompt *prompt = em_prompt_get(&sv->faults, text ? text : "");
  const struct em_fault *fault;
  struct em_job *job = NULL;

  sv->stats.submits_seen++;
  prompt->seen++;
  if (!may_work(rq))
    return NULL;
  fault = em_fault_instead(&sv->faults, prompt->set, rq->phase);
  if (!fault || fault->made) {
    job = make_job(rq, want, prompt, kind);
    em_prompt_accept(prompt);
    sv->stats.submits_accepted++;
  }
  if (fault) {
    gate_fault(rq, fault);
    job = NULL;
  }
  em_fault_wire(&sv->faults, prompt->set, rq->phase, &rq->reply.wire);
  return job;
}

/* ---- where things are --------------------------------------------------- */

static bool authorised(struct em_request *rq)
{
  const struct em_options *o = rq->server->options;
  const char *value = em_header(rq, "Authorization");
  const char *key = value && em_starts(value, "Bearer ") ? value + 7 : "";

  if (!*key)
    gate_error(rq, 401, NULL, "Missing Authentication header");
  else if (o->key ? strcmp(o->key, key) != 0 : strstr(key, "bad") != NULL)
    gate_error(rq, 401, NULL, "User not found.");
  else
    return true;
  return false;
}

/* ".../images/models/<author>/<slug>/endpoints" */
static bool answer_endpoints(struct em_request *rq, const char *path)
{
  size_t n = strlen(path), tail = strlen("/endpoints");

  if (!em_starts(path, "/images/models/") || n < tail ||
      strcmp(path + n - tail, "/endpoints") != 0)
    return false;
  path += strlen("/images/models/");
  gate_put_endpoints(rq, path, strlen(path) - tail);
  return true;
}

static bool answer_public(struct em_request *rq, const char *path)
{
  if (!em_method(rq, "GET"))
    return false;
  if (!strcmp(path, "/videos/models"))
    gate_put_video_models(rq);
  else if (!strcmp(path, "/images/models"))
    gate_put_image_models(rq);
  else if (!strcmp(path, "/models"))
    gate_put_all_models(rq);
  else
    return answer_endpoints(rq, path);
  return true;
}

static void answer_api(struct em_request *rq)
{
  const char *path = rq->path + strlen("/api/v1");
  bool get = em_method(rq, "GET");

  rq->phase = EM_OTHER;
  em_reply_header(
    rq, "request-id", "req-%016llx",
    (unsigned long long)em_mix(rq->server->jobs.salt + rq->server->jobs.n));
  if (!em_starts(rq->path, "/api/v1/"))
    em_reply_text(rq, 404, "text/html", "<html><body>Not Found</body></html>");
  else if (answer_public(rq, path) || !authorised(rq))
    return;
  else if (!strcmp(path, "/images") && em_method(rq, "POST"))
    gate_answer_images(rq);
  else if (!strcmp(path, "/videos") || em_starts(path, "/videos/"))
    gate_answer_videos(rq, path + strlen("/videos"));
  else if (get && !strcmp(path, "/credits"))
    gate_put_credits(rq);
  else if (get && !strcmp(path, "/key"))
    gate_put_key(rq);
  else if (get && !strcmp(path, "/generation"))
    gate_put_generation(rq);
  else
    gate_error(rq, 404, NULL, "Resource not found");
}

const struct em_host em_modelgates_hosts[] = {
  { GATE_MODELGATES, "modelgates", answer_api },
  { GATE_OPENROUTER, "openrouter", answer_api },
  { GATE_STORAGE, NULL, gate_answer_storage },
  { NULL, NULL, NULL },
};
