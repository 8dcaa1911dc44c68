/* higgsfield.c - Higgsfield: own models (Soul, DoP) and a gateway to others.
 *
 * A model's id is the path of the submit, its parameters are the body.  A job
 * is a POST, then polls of its status; the last one brings the files.  Models
 * of the old API ("v1/...") are job sets instead (jobset.c).  What surprises:
 *
 *  - 403 is an empty purse, and too many jobs at once is a 400 whose text says
 *    so.  What the content filter refuses is no error but the status "nsfw".
 *  - Four words end a job, one of them "canceled".  The official clients
 *    overlook some of them, and repeat what was refused; neither is copied.
 *  - Only what is still queued can be cancelled; 400 says that it is too late.
 *  - status_url may name another of Higgsfield's hosts, and the key must not go
 *    there: paths are made below our own base.
 *  - The submit takes an idempotency key.  It stays the same over all its
 *    repetitions, so one wish is never made twice; it is made of the job and of
 *    what is asked for, so the next link of a route has its own.  Job sets have
 *    no such key: what is not sure to have been refused is not repeated there.
 *
 * State: "id" of the request, "polls" so far, what was "said" last.
 */
#include "higgsfield.h"
#include <string.h>

/* Jobs on their way know these by number: new ones go to the end. */
static const char *const phases[] = { "submit", "status", "cancel", "upload",
                                      "store",  "models", "job-set" };

#define SECRET(name, env, help)                                                \
  {                                                                            \
    name, env, NULL, NULL, help, GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0          \
  }
static const struct gamut_key keys[] = {
  SECRET("api_key", "HIGGSFIELD_API_KEY",
         "id of a key of cloud.higgsfield.ai, with api_secret"),
  SECRET("api_secret", "HIGGSFIELD_API_SECRET",
         "the key's secret, with api_key"),
  SECRET("credentials", "HF_CREDENTIALS HF_KEY",
         "both in one, as id:secret; the official clients' own name"),
  SECRET("hf_api_key", "HF_API_KEY HF_API_KEY_ID",
         "the key's id by the official clients' name"),
  SECRET("hf_api_secret", "HF_API_SECRET HF_API_KEY_SECRET",
         "the key's secret by the official clients' name"),
  SECRET("webhook_secret", "HIGGSFIELD_WEBHOOK_SECRET",
         "the account's secret for webhooks, whsec_...; checks deliveries"),
  SECRET("webhook_secret_v1", "HIGGSFIELD_WEBHOOK_SECRET_V1",
         "what --option webhook_secret gave to job sets; checks deliveries"),
};

/* Both in one counts when it is that, else it is the last to be tried.  Job
 * sets get the key as the old API's client sends it. */
#define V1 "/v1/"
static const struct gamut_credential credentials[] = {
  { NULL, "authorization", "Key {api_key}:{api_secret}" },
  { NULL, "authorization", "Key {credentials:}:{:credentials}" },
  { NULL, "authorization", "Key {hf_api_key}:{hf_api_secret}" },
  { NULL, "authorization", "Key {credentials}" },
  { V1, "hf-api-key", "{?api_secret}{api_key}" },
  { V1, "hf-secret", "{?api_key}{api_secret}" },
  { V1, "hf-api-key", "{credentials:}" },
  { V1, "hf-secret", "{:credentials}" },
  { V1, "hf-api-key", "{?hf_api_secret}{hf_api_key}" },
  { V1, "hf-secret", "{?hf_api_key}{hf_api_secret}" },
};

/* The API's words, in any of the places where they have been seen. */
#define SAYS(status, class, value)                                             \
  { status, class, "detail", value, 0, 0 },                                    \
    { status, class, "detail/*/msg", value, 0, 0 },                            \
    { status, class, "details", value, 0, 0 },                                 \
    { status, class, "message", value, 0, 0 },                                 \
  {                                                                            \
    status, class, "error", value, 0, 0                                        \
  }

#define JOB_SETS (1u << HF_JOB_SET)

/* clang-format off */
static const struct gamut_reason reasons[] = {
  /* "Maximum number of concurrent requests (4) has been reached" */
  SAYS(400, GAMUT_E_RATE, "*oncurrent*"),
  SAYS(400, GAMUT_E_RATE, "*ONCURRENT*"),
  { 403, GAMUT_E_QUOTA, NULL, NULL, 0, 0 },
  /* A segment of the model's id is none of the allowed. */
  { 422, GAMUT_E_NOT_FOUND, "detail/*/loc/0", "path", 0, 0 },
  /* Switched off for now: not worth a repetition within seconds. */
  { 423, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_FINAL, 0 },
  /* A job set may have begun all the same, and no key keeps a second one from
   * being paid.  Not with 503: the model is switched off. */
  { 503, GAMUT_E_PROVIDER, NULL, NULL, 0, JOB_SETS },
  { 408, GAMUT_E_TIMEOUT, NULL, NULL, GAMUT_REASON_DOUBTFUL, JOB_SETS },
  { 5, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_DOUBTFUL, JOB_SETS },
  { 504, GAMUT_E_PROVIDER, NULL, NULL, 0, 0 },
};
/* clang-format on */

/* ---- exchanges ---------------------------------------------------------- */

static uint32_t add_hash(uint32_t hash, const char *s) /* FNV-1a */
{
  for (; s && *s; s++)
    hash = (hash ^ (unsigned char)*s) * 16777619u;
  return hash;
}

static const char *key_of(struct gamut_call *c, const struct gamut_http *x)
{
  const struct gamut_host *h = c->host;
  uint32_t hash = add_hash(2166136261u, x->url);

  hash = add_hash(hash, h->json_text(c, x->json));
  return h->text(c, "%s-%08x", c->job_id, hash);
}

static const char *submit_url(struct gamut_call *c, const char *path)
{
  const struct gamut_host *h = c->host;
  const char *hook = h->json_str(c->request, "webhook", NULL);

  return hook && !hf_is_v1(c)
           ? h->text(c, "%s?hf_webhook=%s", path, h->escape(c, hook))
           : path;
}

/* Others are refused at the submit. */
static int is_wrong_hook(struct gamut_call *c)
{
  const char *hook = c->host->json_str(c->request, "webhook", NULL);

  if (!hook)
    return 0;
  if (strncmp(hook, "https://", 8) != 0)
    return 1;
  hook += 8;
  return hook[strcspn(hook, "@/?#")] == '@';
}

/* Only the old API has an option. */
static const char *wrong_option(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *options = h->json_get(c->request, "options");
  const char *name;
  uint32_t i;

  for (i = 0; h->json_member(options, i, &name); i++)
    if (!hf_is_v1(c) || strcmp(name, "webhook_secret") != 0)
      return name;
  return NULL;
}

/* All statuses: the refusal of an unknown model shall name it. */
static int32_t submit(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *model = h->json_str(c->request, "model", ""), *wrong = NULL;
  struct gamut_json *body;
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = hf_is_v1(c) ? HF_JOB_SET : HF_SUBMIT,
                          .flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_ALL,
                          .method = "POST",
                          .url = hf_path(c) };

  if (!x.url)
    return h->fail(c, GAMUT_E_INVALID, "'%s' is no model id of Higgsfield",
                   model);
  if (wrong_option(c))
    return h->fail(c, GAMUT_E_INVALID, "%s has no option '%s'", model,
                   wrong_option(c));
  if (is_wrong_hook(c))
    return h->fail(c, GAMUT_E_INVALID,
                   "the webhook's URL must begin with https:// and have no "
                   "credentials in it");
  x.url = submit_url(c, x.url);
  body = hf_input(c, &wrong);
  if (wrong)
    return h->fail(c, GAMUT_E_UNSUPPORTED, "%s", wrong);
  x.json = hf_is_v1(c) ? hf_jobset_body(c, body) : body;
  if (!hf_is_v1(c)) {
    x.flags |= GAMUT_HTTP_KEYED;
    h->header(c, "idempotency-key", key_of(c, &x));
  }
  return h->http(c, &x);
}

/* As Higgsfield's guide has it: from 2 s on by halves up to 10 s. */
int32_t hf_poll(struct gamut_call *c)
{
  static const uint32_t delays[] = { 2000, 3000, 4500, 6750, 10000 };
  const struct gamut_host *h = c->host;
  const uint32_t last = sizeof(delays) / sizeof(delays[0]) - 1;
  int64_t polls = h->json_int(c->state, "polls", 0);
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = HF_STATUS,
                          .method = "GET",
                          .delay_ms = delays[polls < last ? polls : last],
                          .poll_ms = delays[0] };
  const char *id = h->json_str(c->state, "id", "");

  h->json_set_int(c->state, "polls", polls + 1);
  x.url = hf_is_v1(c) ? h->text(c, "/v1/job-sets/%s", id)
                      : h->text(c, "/requests/%s/status", id);
  return h->http(c, &x);
}

static int32_t cancel(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *id = h->json_str(c->state, "id", NULL);
  struct gamut_http x = { .struct_size = sizeof(x),
                          .phase = HF_CANCEL,
                          .flags = GAMUT_HTTP_ALL,
                          .method = "POST" };

  if (!id)
    return h->done(c); /* Higgsfield has not heard of it */
  if (hf_is_v1(c))
    return h->fail(c, GAMUT_E_UNSUPPORTED, "job sets cannot be cancelled");
  x.url = h->text(c, "/requests/%s/cancel", id);
  return h->http(c, &x);
}

/* ---- replies ------------------------------------------------------------ */

void hf_say(struct gamut_call *c, int32_t permille, const char *note)
{
  const struct gamut_host *h = c->host;

  if (strcmp(h->json_str(c->state, "said", ""), note) == 0)
    return;
  h->json_set_str(c->state, "said", note);
  h->progress(c, permille, note);
}

int hf_hand_over(struct gamut_call *c, int32_t kind,
                 const struct gamut_json *file)
{
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = kind };

  a.url = c->host->json_str(file, "url", NULL);
  if (!a.url)
    return 0;
  c->host->artifact(c, &a);
  return 1;
}

/* Does the refusal mean the model's id? */
static int is_about_model(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *detail = h->json_get(c->reply->json, "detail");
  uint32_t i;

  if (c->reply->status == 404)
    return 1;
  for (i = 0; c->reply->status == 422 && i < h->json_count(detail, ""); i++)
    if (strcmp(h->json_str(h->json_member(detail, i, NULL), "loc/0", ""),
               "path") == 0)
      return 1;
  return 0;
}

/* FastAPI's list, or one of the places where their clients look. */
static const char *sentence_of(struct gamut_call *c)
{
  static const char *const places[] = { "detail/0/msg", "detail", "details",
                                        "message", "error" };
  const char *text = NULL;
  size_t i;

  for (i = 0; !text && i < sizeof(places) / sizeof(places[0]); i++)
    text = c->host->json_str(c->reply->json, places[i], NULL);
  return text ? text : "not found";
}

static int32_t refused(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;

  if (!is_about_model(c))
    return h->fail_reply(c);
  return h->fail(c, GAMUT_E_NOT_FOUND,
                 "Higgsfield has no model '%s' for this account: %s (HTTP %d)",
                 h->json_str(c->request, "model", ""), sentence_of(c),
                 (int)c->reply->status);
}

static int32_t submitted(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *id =
    h->json_str(c->reply->json, hf_is_v1(c) ? "id" : "request_id", "");

  h->fact(c, "correlation_id", h->reply_header(c, "x-correlation-id"));
  if (c->reply->status >= 400)
    return refused(c);
  if (!hf_is_word(id))
    return h->fail(c, GAMUT_E_PROTOCOL,
                   "Higgsfield took the job but gave no id");
  h->json_set_str(c->state, "id", id);
  h->fact(c, "request_id", id);
  return hf_poll(c);
}

/* images are a list, video and audio one object each. */
static int32_t completed(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  uint32_t i, n = h->json_count(r, "images");
  int found = 0;

  for (i = 0; i < n; i++)
    found += hf_hand_over(c, GAMUT_IMAGE,
                          h->json_member(h->json_get(r, "images"), i, NULL));
  found += hf_hand_over(c, GAMUT_VIDEO, h->json_get(r, "video"));
  found += hf_hand_over(c, GAMUT_AUDIO, h->json_get(r, "audio"));
  if (found == 0) /* for good: another look would find none either */
    return h->fail(c, GAMUT_E_PROVIDER,
                   "Higgsfield completed the job but names no file");
  h->fact(c, "expires_at", h->json_str(r, "expires_at", NULL));
  return h->done(c);
}

static int32_t polled(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *r = c->reply->json;
  const char *status = h->json_str(r, "status", "");
  const char *id = h->json_str(c->state, "id", "");

  if (strcmp(h->json_str(r, "request_id", id), id) != 0)
    return h->fail(c, GAMUT_E_PROTOCOL,
                   "Higgsfield answers about another request");
  if (strcmp(status, "queued") == 0) {
    hf_say(c, -1, "in the queue");
    return hf_poll(c);
  }
  if (strcmp(status, "in_progress") == 0) {
    hf_say(c, -1, "running");
    return hf_poll(c);
  }
  if (strcmp(status, "completed") == 0)
    return completed(c);
  if (strcmp(status, "nsfw") == 0)
    return h->fail(c, GAMUT_E_BLOCKED,
                   "Higgsfield's moderation refused it (nsfw)");
  if (strcmp(status, "failed") == 0)
    return h->fail(c, GAMUT_E_PROVIDER, "%s",
                   h->json_str(r, "error", "the generation failed"));
  if (strcmp(status, "canceled") == 0) /* in the console, or by somebody else */
    return h->fail(c, GAMUT_E_CANCELLED, "it was cancelled at Higgsfield");
  return h->fail(c, r ? GAMUT_E_PROVIDER : GAMUT_E_PROTOCOL,
                 "Higgsfield reports the status '%s'", status);
}

/* 202: done and refunded; 400: it runs already or is over, and a look tells
 * which; 404: it is unknown by now.  A failure says that the job may go on. */
static int32_t cancelled(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  int32_t status = c->reply->status;

  if (status >= 400 && status != 400 && status != 404)
    return h->fail_reply(c);
  if (status >= 400) {
    h->fact(c, "cancel",
            status == 400 ? "too late, only what is queued can be cancelled"
                          : "unknown to Higgsfield by now");
    return h->done(c);
  }
  h->fact(c, "cancel", "cancelled while queued");
  return h->fail(c, GAMUT_E_CANCELLED, "cancelled while queued");
}

static int32_t hf_step(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return submit(c);
  if (c->event == GAMUT_EV_CANCEL)
    return cancel(c);
  if (c->phase == HF_SUBMIT || c->phase == HF_JOB_SET)
    return submitted(c);
  if (c->phase == HF_CANCEL)
    return cancelled(c);
  return hf_is_v1(c) ? hf_jobset_polled(c) : polled(c);
}

static const void *extension(const char *id)
{
  if (strcmp(id, GAMUT_EXT_MODELS) == 0)
    return &hf_models;
  if (strcmp(id, GAMUT_EXT_WEBHOOK) == 0)
    return &hf_webhook;
  return strcmp(id, GAMUT_EXT_UPLOAD) == 0 ? &hf_upload : NULL;
}

static const struct gamut_provider higgsfield = {
  .struct_size = sizeof(higgsfield),
  .state_version = 1,
  .name = "higgsfield",
  .title = "Higgsfield",
  .homepage = "https://cloud.higgsfield.ai",
  .base_url = "https://platform.higgsfield.ai",
  .error_path = "detail details message error",
  .keys = GAMUT_TABLE(keys),
  .credentials = GAMUT_TABLE(credentials),
  .phases = GAMUT_TABLE(phases),
  .reasons = GAMUT_TABLE(reasons),
  .flags = GAMUT_WANTS_CANCEL,
  .step = hf_step,
  .extension = extension,
};
static const struct gamut_provider *const providers[] = { &higgsfield, NULL };
GAMUT_PLUGIN(higgsfield, .version = "1.0.0", .license = "MIT",
             .providers = providers);
