/* Google's two doors: the Gemini API (generativelanguage, a key) and Vertex
 * (aiplatform in its host forms, a key or a token).  Who asks, where, and
 * Google's errors; the work itself is in the other google_ files. */
#include "google.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool google_is_studio(const struct em_request *rq)
{
  return strstr(rq->host, "generativelanguage") != NULL;
}

/* ---- errors ------------------------------------------------------------- */

static const char *status_name(unsigned status)
{
  static const struct {
    unsigned status;
    const char *name;
  } rows[] = {
    { 400, "INVALID_ARGUMENT" },  { 401, "UNAUTHENTICATED" },
    { 403, "PERMISSION_DENIED" }, { 404, "NOT_FOUND" },
    { 409, "ABORTED" },           { 429, "RESOURCE_EXHAUSTED" },
    { 499, "CANCELLED" },         { 501, "UNIMPLEMENTED" },
    { 503, "UNAVAILABLE" },       { 504, "DEADLINE_EXCEEDED" },
  };
  size_t i;

  for (i = 0; i < EM_LEN(rows); i++)
    if (rows[i].status == status)
      return rows[i].name;
  return "INTERNAL";
}

static void put_info(struct em_request *rq, const char *reason)
{
  em_buf_printf(&rq->reply.body,
                ",\"details\":[{\"@type\":\"type.googleapis.com/"
                "google.rpc.ErrorInfo\",\"reason\":\"%s\",\"domain\":"
                "\"googleapis.com\",\"metadata\":{\"service\":\"%s\"}}]",
                reason, rq->host);
}

void google_error(struct em_request *rq, unsigned status, const char *reason,
                  const char *format, ...)
{
  struct em_buf *b = &rq->reply.body;
  char message[800];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  em_buf_finish(b);
  rq->reply.status = status;
  em_buf_printf(b, "{\"error\":{\"code\":%u,\"message\":", status);
  em_buf_json(b, message);
  em_buf_printf(b, ",\"status\":\"%s\"", status_name(status));
  if (reason)
    put_info(rq, reason);
  em_buf_puts(b, "}}");
}

/* A limit of Studio tells how long to wait; one of Vertex does not. */
static void rate_limited(struct em_request *rq, const char *wait)
{
  google_error(
    rq, 429, NULL,
    google_is_studio(rq)
      ? "You exceeded your current quota, please check your plan and "
        "billing details."
      : "Resource exhausted. Please try again later.");
  if (!google_is_studio(rq))
    return;
  rq->reply.body.len -= 2;
  em_buf_printf(&rq->reply.body,
                ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc."
                "QuotaFailure\",\"violations\":[{\"quotaId\":"
                "\"GenerateRequestsPerMinutePerProjectPerModel\"}]},{\"@type\":"
                "\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":"
                "\"%ss\"}]}}",
                wait[0] ? wait : "0.2");
}

void google_fault(struct em_request *rq, const struct em_fault *fault)
{
  unsigned status = (unsigned)fault->arg;

  if (fault->kind == EM_F_RESET_BEFORE)
    rq->reply.wire.reset = true;
  else if (fault->kind == EM_F_CLOSE_BEFORE)
    rq->reply.wire.close = true;
  else if (fault->kind == EM_F_QUOTA)
    google_error(rq, 429, NULL,
                 "You exceeded your current quota. Quota exceeded for metric: "
                 "generate_content_free_tier_requests, limit: 0");
  else if (status == 429)
    rate_limited(rq, fault->retry_after);
  else if (fault->type[0])
    google_error(rq, status, fault->type, "The request was refused.");
  else if (status == 502)
    em_reply_text(rq, 502, "text/html",
                  "<html>Error 502 (Server Error)</html>");
  else
    google_error(rq, status, NULL,
                 status == 503
                   ? "The model is overloaded. Please try again later."
                   : "An internal error has occurred.");
}

/* ---- who asks ----------------------------------------------------------- */

static bool studio_key_ok(struct em_request *rq, const char *key)
{
  const char *only = rq->server->options->key;

  if (!key)
    google_error(rq, 403, NULL,
                 "Method doesn't allow unregistered callers (callers without "
                 "established identity). Please use API Key or other form of "
                 "API consumer identity to call this API.");
  else if (only ? strcmp(only, key) != 0 : strstr(key, "bad") != NULL)
    google_error(rq, 400, "API_KEY_INVALID",
                 "API key not valid. Please pass a valid API key.");
  else
    return true;
  return false;
}

static bool vertex_ok(struct em_request *rq, const char *key,
                      const char *bearer)
{
  bool has_project = strstr(rq->path, "/projects/") != NULL;

  if (key && bearer)
    google_error(rq, 400, NULL, "A key and a token are one too many.");
  else if (key && strstr(key, "bad"))
    google_error(rq, 401, "CREDENTIALS_MISSING",
                 "API keys are not supported by this API. Expected OAuth2 "
                 "access token or other authentication credentials that assert "
                 "a principal.");
  else if (key)
    return true;
  else if (!bearer || !em_starts(bearer, "Bearer ") ||
           !google_token_ok(bearer + 7))
    google_error(rq, 401, bearer ? "ACCESS_TOKEN_EXPIRED" : NULL,
                 "Request had invalid authentication credentials.");
  else if (!has_project)
    google_error(rq, 403, NULL, "A token needs a project in the path.");
  else
    return true;
  return false;
}

static bool authorised(struct em_request *rq)
{
  const char *key = em_header(rq, "x-goog-api-key");
  const char *bearer = em_header(rq, "Authorization");

  if (!google_is_studio(rq) ? !vertex_ok(rq, key, bearer)
                            : !studio_key_ok(rq, key))
    return false;
  if (key && strstr(key, "noscope")) {
    google_error(rq, 403, "SERVICE_DISABLED",
                 "The API has not been used in this project before or it is "
                 "disabled.");
    return false;
  }
  return true;
}

/* ---- jobs --------------------------------------------------------------- */

void google_put_id(const struct em_job *job, struct em_buf *out)
{
  const char *c;

  for (c = job->id; *c; c++)
    if (*c != '-')
      em_buf_putc(out, (unsigned char)*c);
}

struct em_job *google_find(struct em_request *rq, const char *app,
                           const char *id)
{
  size_t len = strspn(id, "0123456789abcdef-");
  struct em_job *job = em_job_find(&rq->server->jobs, id, len);

  return job && (!app || strcmp(job->app, app) == 0) ? job : NULL;
}

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

struct em_job *google_accept(struct em_request *rq, const char *app,
                             const char *model, const char *text)
{
  struct em_server *sv = rq->server;
  struct em_prompt *prompt = em_prompt_get(&sv->faults, text);
  const struct em_fault *fault;
  struct em_job *job = NULL;

  sv->stats.submits_seen++;
  prompt->seen++;
  fault = em_fault_instead(&sv->faults, prompt->set, EM_SUBMIT);
  if (!fault)
    fault = em_fault_instead(&sv->faults, prompt->set, rq->phase);
  if (!fault || fault->made) {
    job = make_job(rq, prompt, app, model);
    em_prompt_accept(prompt);
    sv->stats.submits_accepted++;
  }
  if (fault) {
    google_fault(rq, fault);
    job = NULL;
  }
  em_fault_wire(&sv->faults, prompt->set, EM_SUBMIT, &rq->reply.wire);
  return job;
}

/* ---- where -------------------------------------------------------------- */

/* ".../models/<id>:<method>" */
static bool split(const char *path, char model[100], char method[40])
{
  const char *at = strstr(path, "/models/"), *colon;
  size_t len;

  if (!at)
    return false;
  at += strlen("/models/");
  colon = strchr(at, ':');
  if (!colon)
    return false;
  len = (size_t)(colon - at);
  if (len == 0 || len >= 100 || strlen(colon + 1) >= 40)
    return false;
  snprintf(model, 100, "%.*s", (int)len, at);
  snprintf(method, 40, "%s", colon + 1);
  return true;
}

/* Does Google have it, at this door? */
static bool exists(struct em_request *rq, const char *model, const char *method)
{
  bool studio = google_is_studio(rq);

  if (strstr(model, "no-such") || strstr(model, "nope")) {
    google_error(rq, 404, NULL,
                 studio
                   ? "models/%s is not found for API version v1beta, or is "
                     "not supported for %s."
                   : "Publisher Model `%s` was not found or your project "
                     "does not have access to it (%s).",
                 model, method);
    return false;
  }
  if (studio && em_starts(model, "imagen-")) {
    google_error(rq, 404, NULL, "This model models/%s is no longer available.",
                 model);
    return false;
  }
  return true;
}

static void call_method(struct em_request *rq, const char *model,
                        const char *method, struct json_object *body)
{
  bool stream = strcmp(method, "streamGenerateContent") == 0;

  if (strcmp(method, "fetchPredictOperation") == 0) {
    google_poll(rq, google_text(body, "operationName"));
    return;
  }
  if (!exists(rq, model, method) || google_embeds(rq, model, method, body) ||
      !google_check(rq, stream ? "generateContent" : method, body))
    return;
  if (stream || strcmp(method, "generateContent") == 0)
    google_generate(rq, model, body, stream);
  else if (strcmp(method, "predict") == 0)
    google_predict(rq, model, body);
  else if (strcmp(method, "predictLongRunning") == 0)
    google_start(rq, model, body);
  else
    google_error(rq, 404, NULL, "Method not found.");
}

static void answer_post(struct em_request *rq)
{
  struct json_object *body =
    rq->body.data ? json_tokener_parse(rq->body.data) : NULL;
  char model[100], method[40];

  if (!split(rq->path, model, method))
    em_reply_text(rq, 404, "text/html", "<html>Error 404 (Not Found)</html>");
  else if (!json_object_is_type(body, json_type_object))
    google_error(rq, 400, NULL,
                 "Invalid JSON payload received. Unexpected end of string.");
  else
    call_method(rq, model, method, body);
  json_object_put(body);
}

/* Versions that this door has; Vertex' are v1 and v1beta1. */
static bool version_ok(struct em_request *rq)
{
  const char *path = rq->path;

  if (em_starts(path, "/v1/") ||
      em_starts(path, google_is_studio(rq) ? "/v1beta/" : "/v1beta1/"))
    return true;
  em_reply_text(rq, 404, "text/html", "<html>Error 404 (Not Found)</html>");
  return false;
}

/* A location has a host of its own; with a key the service chooses one. */
static bool place_ok(struct em_request *rq)
{
  const char *at = strstr(rq->path, "/locations/"), *host = rq->host;
  char location[40];
  struct em_buf want = { 0 };
  bool ok;

  if (!at || google_is_studio(rq) || em_header(rq, "x-goog-api-key"))
    return true;
  at += strlen("/locations/");
  snprintf(location, sizeof(location), "%.*s",
           (int)strcspn(at, "/") < 39 ? (int)strcspn(at, "/") : 39, at);
  if (!strcmp(location, "global"))
    em_buf_puts(&want, "aiplatform.googleapis.com");
  else if (!strcmp(location, "us") || !strcmp(location, "eu"))
    em_buf_printf(&want, "aiplatform.%s.rep.googleapis.com", location);
  else
    em_buf_printf(&want, "%s-aiplatform.googleapis.com", location);
  ok = !strcmp(want.data, host);
  if (!ok)
    google_error(rq, 400, NULL, "Location %s is served by %s.", location,
                 want.data);
  em_buf_finish(&want);
  return ok;
}

static void answer_get(struct em_request *rq)
{
  const char *file = strstr(rq->path, "/files");

  if (google_is_studio(rq) && file)
    google_files(rq, file + strlen("/files") + (file[6] == '/'));
  else if (em_method(rq, "GET") && google_list_models(rq))
    return;
  else if (em_method(rq, "GET") && google_is_studio(rq))
    google_poll(rq, rq->path);
  else
    em_reply_text(rq, 404, "text/html", "<html>Error 404 (Not Found)</html>");
}

static void answer(struct em_request *rq)
{
  bool upload =
    google_is_studio(rq) && em_starts(rq->path, "/upload/v1beta/files");

  rq->phase = EM_OTHER;
  if (!authorised(rq) || (!upload && !version_ok(rq)) || !place_ok(rq))
    return;
  if (upload && em_method(rq, "POST"))
    google_upload(rq);
  else if (em_method(rq, "POST"))
    answer_post(rq);
  else
    answer_get(rq);
}

const struct em_host em_google_hosts[] = {
  { "generativelanguage.googleapis.com", "gemini", answer },
  { "aiplatform.googleapis.com", "vertex", answer },
  { "us-central1-aiplatform.googleapis.com", NULL, answer },
  { "europe-west4-aiplatform.googleapis.com", NULL, answer },
  { "aiplatform.us.rep.googleapis.com", NULL, answer },
  { "aiplatform.eu.rep.googleapis.com", NULL, answer },
  { "storage.googleapis.com", NULL, google_storage_answer },
  { "oauth2.googleapis.com", NULL, google_oauth_answer },
  { "sts.googleapis.com", NULL, google_sts_answer },
  { "iamcredentials.googleapis.com", NULL, google_iam_answer },
  /* GCE_METADATA_HOST=127.0.0.1:PORT leads here as well */
  { "169.254.169.254", "computeMetadata", google_metadata_answer },
  { NULL, NULL, NULL },
};
