/* OpenAI, and a server that only speaks like it: who may ask, where what is,
 * and the words of its errors.  Pictures are in openai_image.c, videos in
 * openai_video.c, what a request may say in openai_check.c. */
#include "openai.h"

#include "fal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
const struct openai_model openai_models[] = {
  { "gpt-image-2.6-sunburst",             true,  true,  true,  true,  '-', NULL },
  { "gpt-image-2.6-flare",                true,  true,  true,  true,  '-', NULL },
  { "gpt-image-2.5-sunburst",             true,  true,  false, true,  '-', NULL },
  { "gpt-image-2.5-flare",                true,  true,  false, true,  '-', NULL },
  { "gpt-image-2.5-sunburst-2026-09-08",  true,  true,  false, true,  '-', NULL },
  { "gpt-image-2.5-flare-2026-09-08",     true,  true,  false, true,  '-', NULL },
  { "gpt-image-2",                        true,  false, false, false, '-', NULL },
  { "gpt-image-2-2026-04-21",             true,  false, false, false, '-', NULL },
  { "gpt-image-1.5",           false, false, false, false, 'h', "2026-12-01" },
  { "gpt-image-1.5-2025-12-16", false, false, false, false, 'h', "2026-12-01" },
  { "chatgpt-image-latest",    false, false, false, false, 'h', "2026-12-01" },
  { "gpt-image-1-mini",        false, false, false, false, 'l', "2026-12-01" },
  { NULL, false, false, false, false, '-', NULL },
};
/* clang-format on */

const struct openai_model *openai_model_find(const char *id)
{
  const struct openai_model *m;

  for (m = openai_models; m->id; m++)
    if (!strcmp(m->id, id))
      return m;
  return NULL;
}

bool openai_is_compatible(const struct em_request *rq)
{
  return !strcmp(rq->host, "compatible.example");
}

/* Errors */

static void put_word(struct em_buf *out, const char *name, const char *value)
{
  em_buf_printf(out, ",\"%s\":", name);
  if (value)
    em_buf_json(out, value);
  else
    em_buf_puts(out, "null");
}

void openai_error(struct em_request *rq, unsigned status, const char *type,
                  const char *param, const char *code, const char *format, ...)
{
  struct em_buf *b = &rq->reply.body;
  char message[600];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  em_buf_finish(b);
  rq->reply.status = status;
  if (openai_is_compatible(rq)) {
    em_buf_puts(b, "{\"error\":");
    em_buf_json(b, message);
    em_buf_puts(b, "}");
    return;
  }
  em_buf_puts(b, "{\"error\":{\"message\":");
  em_buf_json(b, message);
  put_word(b, "type", type);
  put_word(b, "param", param);
  put_word(b, "code", code);
  em_buf_puts(b, "}}");
}

void openai_put_blocked(const char *stage, struct em_buf *out)
{
  em_buf_printf(
    out,
    "{\"message\":\"Your request was rejected by the safety system. If you "
    "believe this is an error, contact us at help.openai.com and include the "
    "request ID req_emulated. safety_violations=[violence].\","
    "\"type\":\"image_generation_user_error\",\"param\":null,"
    "\"code\":\"moderation_blocked\",\"moderation_details\":"
    "{\"moderation_stage\":\"%s\",\"categories\":[\"violence\"]}}",
    stage);
}

/* The bodies that go with a status. */
/* clang-format off */
static const struct {
  unsigned status;
  const char *type, *code, *message;
} bodies[] = {
  { 400, "invalid_request_error", "invalid_value", "Invalid value." },
  { 401, "invalid_request_error", "invalid_api_key",
    "Incorrect API key provided." },
  { 402, "invalid_request_error", "billing_not_active",
    "Your account is not active, please check your billing details." },
  { 403, "request_forbidden", "unsupported_country_region_territory",
    "Country, region, or territory not supported" },
  { 404, "invalid_request_error", "model_not_found",
    "The model does not exist or you do not have access to it." },
  { 408, "server_error", "request_timeout", "Request timed out." },
  { 409, "invalid_request_error", NULL, "The resource is locked." },
  { 429, "requests", "rate_limit_exceeded",
    "Rate limit reached for images per min: Limit 5, Used 5, Requested 1. "
    "Please try again in 12s." },
  { 500, "server_error", NULL,
    "The server had an error while processing your request. Sorry about "
    "that!" },
  { 503, "service_unavailable_error", "server_is_overloaded",
    "The requested model is temporarily overloaded. Please try again later." },
};
/* clang-format on */

static void answer_status(struct em_request *rq, unsigned status)
{
  size_t i;

  for (i = 0; i < EM_LEN(bodies); i++)
    if (bodies[i].status == status) {
      openai_error(rq, status, bodies[i].type, NULL, bodies[i].code, "%s",
                   bodies[i].message);
      return;
    }
  if (status > 500) {
    em_reply_text(rq, status, "text/html",
                  "<html>\n<head><title>Bad Gateway</title></head>\n<body>"
                  "<center><h1>Bad Gateway</h1></center><hr><center>"
                  "cloudflare</center></body>\n</html>\n");
    return;
  }
  openai_error(rq, status, "invalid_request_error", NULL, NULL,
               "The request was refused.");
}

void openai_fault(struct em_request *rq, const struct em_fault *fault)
{
  if (fault->kind == EM_F_RESET_BEFORE) {
    rq->reply.wire.reset = true;
  } else if (fault->kind == EM_F_CLOSE_BEFORE) {
    rq->reply.wire.close = true;
  } else if (fault->kind == EM_F_QUOTA) {
    openai_error(rq, 429, "insufficient_quota", NULL, "insufficient_quota",
                 "You exceeded your current quota, please check your plan and "
                 "billing details.");
  } else if (fault->type[0]) { /* its code, as the vendor writes it */
    openai_error(rq, (unsigned)fault->arg, "invalid_request_error", NULL,
                 fault->type, "The request was refused: %s.", fault->type);
  } else if (fault->arg == 429 && fault->retry_after[0]) {
    openai_error(rq, 429, "requests", NULL, "rate_limit_exceeded",
                 "Rate limit reached for images per min: Limit 5, Used 5, "
                 "Requested 1. Please try again in %ss.",
                 fault->retry_after);
  } else {
    answer_status(rq, (unsigned)fault->arg);
  }
  if (fault->retry_after[0])
    em_reply_header(rq, "retry-after", "%s", fault->retry_after);
}

/* Who asks */

static bool authorised(struct em_request *rq)
{
  const struct em_options *o = rq->server->options;
  const char *value = em_header(rq, "Authorization");
  const char *key = value && em_starts(value, "Bearer ") ? value + 7 : "";

  if (openai_is_compatible(rq))
    return true;
  if (!*key)
    openai_error(rq, 401, "invalid_request_error", NULL, NULL,
                 "You didn't provide an API key. You need to provide your API "
                 "key in an Authorization header using Bearer auth (i.e. "
                 "Authorization: Bearer YOUR_KEY).");
  else if (o->key ? strcmp(o->key, key) != 0 : strstr(key, "bad") != NULL)
    openai_error(rq, 401, "invalid_request_error", NULL, "invalid_api_key",
                 "Incorrect API key provided: %.*s%s. You can find your API "
                 "key at https://platform.openai.com/account/api-keys.",
                 strstr(key, "echo") ? (int)strlen(key) : 3, key,
                 strstr(key, "echo") ? "" : "****");
  else
    return true;
  return false;
}

/* What stands before new work. */
static bool may_work(struct em_request *rq, const char *model)
{
  const char *value = em_header(rq, "Authorization");
  const char *key = value ? value : "";

  if (strstr(key, "locked"))
    openai_error(rq, 429, "insufficient_quota", NULL,
                 "credit_balance_exhausted",
                 "Your organization has no prepaid credits remaining.");
  else if (strstr(key, "noscope"))
    openai_error(rq, 403, "invalid_request_error", NULL, "model_not_found",
                 "Project `proj_emulated` does not have access to model `%s`",
                 model);
  else
    return true;
  return false;
}

/* Jobs */

static struct em_job *make_job(struct em_request *rq,
                               const struct em_prompt *prompt, const char *app,
                               const char *model)
{
  struct em_server *sv = rq->server;
  struct em_job *job = em_job_new(&sv->jobs);

  job->app = em_strdup(app);
  job->endpoint = em_strdup(model);
  job->prompt = em_strdup(prompt->text);
  job->submitted_ms = em_now_ms(sv);
  job->submitted_us = em_wall_us();
  job->faults = em_fault_adopt(&sv->faults, prompt->set);
  job->seed = em_mix(sv->jobs.salt + sv->jobs.n) >> 4;
  job->look = prompt->hash ^ em_mix(job->seed);
  job->n_outputs = 1;
  return job;
}

struct em_job *openai_accept(struct em_request *rq,
                             const struct openai_input *in, const char *app)
{
  struct em_server *sv = rq->server;
  const char *text = openai_text(in, "prompt");
  const char *model = openai_text(in, "model");
  struct em_prompt *prompt = em_prompt_get(&sv->faults, text ? text : "");
  const struct em_fault *fault;
  struct em_job *job = NULL;

  sv->stats.submits_seen++;
  prompt->seen++;
  if (!may_work(rq, model ? model : ""))
    return NULL;
  fault = em_fault_instead(&sv->faults, prompt->set, rq->phase);
  if (!fault || fault->made) {
    job = make_job(rq, prompt, app, model ? model : "");
    em_prompt_accept(prompt);
    sv->stats.submits_accepted++;
  }
  if (fault) {
    openai_fault(rq, fault);
    job = NULL;
  }
  em_fault_wire(&sv->faults, prompt->set, rq->phase, &rq->reply.wire);
  return job;
}

void openai_put_id(const struct em_job *job, const char *prefix,
                   struct em_buf *out)
{
  const char *c;

  em_buf_puts(out, prefix);
  for (c = job->id; *c; c++)
    if (*c != '-')
      em_buf_putc(out, (unsigned char)*c);
}

struct em_job *openai_find(struct em_request *rq, const char *id, size_t len)
{
  size_t skip = strlen("video_");
  struct em_job *job;

  if (len != skip + 32 || strncmp(id, "video_", skip) != 0)
    return NULL;
  job = em_job_find(&rq->server->jobs, id + skip, 32);
  return job && !strcmp(job->app, "video") && !job->cancelled ? job : NULL;
}

void openai_new_id(struct em_server *sv, const char *prefix,
                   char ret[OPENAI_ID_SIZE])
{
  static uint64_t serial;
  uint64_t x = em_mix(sv->jobs.salt ^ em_mix(++serial));

  snprintf(ret, OPENAI_ID_SIZE, "%s%016llx%08llx", prefix,
           (unsigned long long)x, (unsigned long long)(em_mix(x) >> 32));
}

/* Models */

static void put_model(const struct openai_model *m, struct em_buf *b)
{
  em_buf_printf(b,
                "{\"id\":\"%s\",\"object\":\"model\",\"created\":1776729600,"
                "\"owned_by\":\"system\",\"shutdown_date\":",
                m->id);
  if (m->shutdown)
    em_buf_json(b, m->shutdown);
  else
    em_buf_puts(b, "null");
  em_buf_putc(b, '}');
}

static void answer_models(struct em_request *rq, const char *id)
{
  const struct openai_model *m = *id ? openai_model_find(id) : openai_models;
  struct em_buf *b = &rq->reply.body;

  if (!m) {
    openai_error(rq, 404, "invalid_request_error", "model", "model_not_found",
                 "The model '%.100s' does not exist", id);
    return;
  }
  rq->reply.status = 200;
  if (*id) {
    put_model(m, b);
    return;
  }
  em_buf_puts(b, "{\"object\":\"list\",\"data\":[");
  for (; m->id; m++) {
    put_model(m, b);
    em_buf_puts(b, m[1].id ? "," : "]}");
  }
}

/* Where things are */

void openai_not_here(struct em_request *rq)
{
  openai_error(rq, 404, "invalid_request_error", NULL, NULL,
               "Invalid URL (%s %s)", rq->method, rq->path);
}

/* The caller's own id of a request. */
static bool good_request_id(struct em_request *rq)
{
  const char *id = em_header(rq, "X-Client-Request-Id"), *c;

  for (c = id; c && *c > 0; c++)
    ;
  if (!c || (!*c && c - id <= 512))
    return true;
  openai_error(rq, 400, "invalid_request_error", NULL, NULL,
               "X-Client-Request-Id must be ASCII and at most 512 characters.");
  return false;
}

static void answer_api(struct em_request *rq)
{
  const char *path = rq->path + (em_starts(rq->path, "/v1/") ? 3 : 0);
  bool post = em_method(rq, "POST");

  em_reply_header(rq, "x-request-id", "req_%016llx",
                  (unsigned long long)em_mix(rq->server->stats.requests[0] +
                                             rq->server->jobs.n));
  em_reply_header(rq, "openai-version", "2020-10-01");
  rq->phase = EM_OTHER;
  if (!authorised(rq) || !good_request_id(rq))
    return;
  if (post && !strcmp(path, "/images/generations"))
    openai_images(rq, false);
  else if (post && !strcmp(path, "/images/edits"))
    openai_images(rq, true);
  else if (post && !strcmp(path, "/images/variations") &&
           openai_is_compatible(rq))
    openai_images(rq, true);
  else if (post && !strcmp(path, "/embeddings"))
    openai_embeddings(rq);
  else if (!strcmp(path, "/videos") || em_starts(path, "/videos/"))
    openai_videos(rq, path + strlen("/videos"));
  else if (!strcmp(path, "/files") || em_starts(path, "/files/"))
    openai_files(rq, path + strlen("/files"));
  else if (!strcmp(path, "/webhook_endpoints") ||
           em_starts(path, "/webhook_endpoints/"))
    openai_hooks(rq, path + strlen("/webhook_endpoints"));
  else if (!post && !strcmp(path, "/models"))
    answer_models(rq, "");
  else if (!post && em_starts(path, "/models/"))
    answer_models(rq, path + strlen("/models/"));
  else
    openai_not_here(rq);
}

/* Where the pictures of servers lie that answer with URLs. */
static void answer_blob(struct em_request *rq)
{
  if (em_header(rq, "Authorization")) {
    rq->phase = EM_FILE;
    rq->server->stats.credentials_leaked++;
    em_reply_json(rq, 400, "{\"error\":\"a key does not belong here\"}");
    return;
  }
  em_files_answer(rq);
}

const struct em_host em_openai_hosts[] = {
  { "api.openai.com", "v1", answer_api },
  { "compatible.example", "compatible", answer_api },
  { "blob.compatible.example", NULL, answer_blob },
  { NULL, NULL, NULL },
};
