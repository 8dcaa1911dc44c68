/* openai.c - the Images and Videos APIs of OpenAI, and of all who speak them.
 *
 * A picture is one exchange that answers when the picture is there, or a stream
 * of drafts with the picture at its end.  A video is a job: create, poll,
 * download.  OpenAI has closed its videos, gateways have not.  What surprises:
 *
 *  - The status tells little: 429 may be an empty account, 400 as well, 403 may
 *    say model_not_found, a refusal is 400 and a failed video 200.  The code in
 *    the body decides, the status is the fallback.
 *  - There is no idempotency key: what was sent and not answered may be billed.
 *  - Compatible servers send strings for errors, FastAPI's details, null for
 *    what they do not have, and JSON where a stream was asked for.
 *
 * State of a video: "id", "polls" so far, the status "said" last, whether it
 * was "made_before".  Of a stream: "pictures" so far, "tokens" and "microusd"
 * used by them.  Of what was refused: see error.c.
 */
#include "openai.h"
#include <string.h>

static const char *const phases[] = { "generate", "submit", "status", "delete",
                                      "upload",   "models", "embed",
                                      "lookup" };

static const struct gamut_key keys[] = {
  { "api_key", "OPENAI_API_KEY", NULL, NULL,
    "key of platform.openai.com/api-keys; local servers need none",
    GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
  { "base_url", "OPENAI_BASE_URL", NULL, NULL,
    "where the API is: OpenAI, a region of it, a gateway, a local server",
    GAMUT_URL, 0, 0, 0 },
  { "organization", "OPENAI_ORG_ID", NULL, NULL,
    "organization to bill, as org-...", GAMUT_STRING, 0, 0, 0 },
  { "project", "OPENAI_PROJECT_ID", NULL, NULL, "project to bill, as proj_...",
    GAMUT_STRING, 0, 0, 0 },
  { "headers", "OPENAI_CUSTOM_HEADERS", NULL, NULL,
    "lines of Name: value, sent with everything and in place of what has the "
    "same name",
    GAMUT_STRING, GAMUT_KEY_SECRET | GAMUT_KEY_HEADERS, 0, 0 },
  { "webhook_secret", "OPENAI_WEBHOOK_SECRET", NULL, NULL,
    "secret of a webhook endpoint, to check deliveries with", GAMUT_STRING,
    GAMUT_KEY_SECRET, 0, 0 },
  { "azure_api_key", "AZURE_OPENAI_API_KEY", NULL, NULL,
    "key of a resource at Azure, used when there is no api_key", GAMUT_STRING,
    GAMUT_KEY_SECRET, 0, 0 },
  { "azure_endpoint", "AZURE_OPENAI_ENDPOINT", NULL, NULL,
    "where that resource is, as https://NAME.openai.azure.com", GAMUT_URL, 0, 0,
    0 },
  { "api_version", "OPENAI_API_VERSION", NULL, NULL,
    "Azure's api-version, added to every URL there", GAMUT_STRING, 0, 0, 0 },
  { "inline_max", NULL, NULL, NULL,
    "bytes; larger files are uploaded once and named by their id (not set: "
    "none is)",
    GAMUT_INT, 0, 0, INT64_MAX },
  { "azure", NULL, "false", NULL, "ask Azure although there is an api_key",
    GAMUT_BOOL, 0, 0, 0 },
};

#define TO_AZURE(origin)                                                       \
  { origin, "api-key", "{?azure}{azure_api_key}" },                            \
  {                                                                            \
    origin, "api-key", "{!api_key}{?azure_endpoint}{azure_api_key}"            \
  }
static const struct gamut_credential credentials[] = {
  { NULL, "*", "{headers}" },
  { NULL, "authorization", "{!azure}Bearer {api_key}" },
  { NULL, "openai-organization", "{organization}" },
  { NULL, "openai-project", "{project}" },
  TO_AZURE("https://{azure_endpoint}"),
  TO_AZURE(NULL), /* says that there is a key; base_url is not asked then */
};

#define POLLS  (1u << OPENAI_STATUS)
#define ORDERS (1u << OPENAI_GENERATE | 1u << OPENAI_SUBMIT)
#define PASSING(status, class)                                                 \
  {                                                                            \
    status, class, "@x-should-retry", "true", GAMUT_REASON_AGAIN, 0            \
  }
#define ENOUGH(status, class)                                                  \
  {                                                                            \
    status, class, "@x-should-retry", "false", GAMUT_REASON_FINAL, 0           \
  }

/* clang-format off */
const struct gamut_reason openai_reasons[] = {
  /* The content was refused, at the prompt or at what came of it. */
  { 0, GAMUT_E_BLOCKED, "error/code", "moderation_blocked", 0, 0 },
  { 0, GAMUT_E_BLOCKED, "error/code", "content_policy_violation", 0, 0 },
  { 0, GAMUT_E_BLOCKED, "error/code", "content_filter", 0, 0 },
  /* An empty purse is 429 and sometimes 400; it stays empty. */
  { 0, GAMUT_E_QUOTA, "error/type", "insufficient_quota", 0, 0 },
  { 0, GAMUT_E_QUOTA, "error/type", "billing_limit_user_error", 0, 0 },
  { 0, GAMUT_E_QUOTA, "error/code", "insufficient_quota", 0, 0 },
  { 0, GAMUT_E_QUOTA, "error/code", "credit_balance_exhausted", 0, 0 },
  { 0, GAMUT_E_QUOTA, "error/code", "organization_spend_limit_exceeded", 0, 0 },
  { 0, GAMUT_E_QUOTA, "error/code", "project_spend_limit_exceeded", 0, 0 },
  { 0, GAMUT_E_QUOTA, "error/code", "organization_usage_limit_exceeded", 0, 0 },
  { 0, GAMUT_E_QUOTA, "error/code", "billing_hard_limit_reached", 0, 0 },
  { 0, GAMUT_E_QUOTA, "error/code", "billing_not_active", 0, 0 },
  /* dall-e-2 had no code for a refusal, and compatible servers have none. */
  { 4, GAMUT_E_BLOCKED, "error/message", "*safety system*", 0, 0 },
  { 4, GAMUT_E_BLOCKED, "error", "*safety system*", 0, 0 },
  { 4, GAMUT_E_BLOCKED, "message", "*safety system*", 0, 0 },
  { 4, GAMUT_E_BLOCKED, "detail", "*safety system*", 0, 0 },
  { 4, GAMUT_E_BLOCKED, "", "*safety system*", 0, 0 },
  /* The server knows best whether it is worth another try, but for those above;
   * 408, 429 and server errors are repeated anyhow. */
  { 402, GAMUT_E_QUOTA, NULL, NULL, 0, 0 },
  { 408, GAMUT_E_TIMEOUT, "@x-should-retry", "true", 0, 0 },
  { 429, GAMUT_E_RATE, "@x-should-retry", "true", 0, 0 },
  PASSING(401, GAMUT_E_AUTH),
  PASSING(403, GAMUT_E_PERMISSION),
  PASSING(404, GAMUT_E_NOT_FOUND),
  PASSING(410, GAMUT_E_NOT_FOUND),
  PASSING(4, GAMUT_E_INVALID),
  /* "the user must change the request" */
  { 0, GAMUT_E_INVALID, "error/type", "image_generation_user_error", 0, 0 },
  /* A job that was accepted and failed for this has failed for good; a poll that
   * came too soon has not. */
  { 200, GAMUT_E_RATE, "error/code", "rate_limit_exceeded", GAMUT_REASON_FINAL,
    POLLS },
  { 200, GAMUT_E_RATE, "error/code", "slow_down", GAMUT_REASON_FINAL, POLLS },
  /* A good status that brings an error: the request is at fault when the type or
   * the code says so. */
  { 200, GAMUT_E_INVALID, "error/type", "invalid_request_error", 0, 0 },
  { 200, GAMUT_E_INVALID, "error/code", "invalid_value", 0, 0 },
  { 200, GAMUT_E_INVALID, "error/code", "unknown_parameter", 0, 0 },
  { 0, GAMUT_OK, "error/message", "*try again in *", GAMUT_REASON_IF_SILENT,
    0 },
  /* Or that it is not. */
  ENOUGH(408, GAMUT_E_TIMEOUT),
  ENOUGH(409, GAMUT_E_INVALID),
  ENOUGH(429, GAMUT_E_RATE),
  ENOUGH(5, GAMUT_E_PROVIDER),
  { 504, GAMUT_E_PROVIDER, NULL, NULL, 0, 0 }, /* the edge, not a deadline */
  /* What else a client does wrong.  Another request may hold a lock and let it
   * go. */
  { 409, GAMUT_E_INVALID, NULL, NULL, GAMUT_REASON_AGAIN, ORDERS },
  { 425, GAMUT_E_INVALID, NULL, NULL, 0, 0 },
  { 499, GAMUT_E_INVALID, NULL, NULL, 0, 0 },
};
/* clang-format on */
const uint32_t openai_n_reasons =
  sizeof(openai_reasons) / sizeof(openai_reasons[0]);

/* ---- options ------------------------------------------------------------ */

static const struct option {
  const char *name, *choices; /* NULL: any */
} known[] = {
  { "mask_as", "mask|markup" },
  { "array", "true|false" },
  { "inline_max", NULL },
  { "video", NULL },
  { "action", "edit|extend|remix|fetch|resume" },
  { "variant", "video|thumbnail|spritesheet" },
};
#define N_KNOWN (sizeof(known) / sizeof(known[0]))

static int is_choice(const char *choices, const char *text)
{
  size_t len, n = strlen(text);

  for (;; choices += len + 1) {
    len = strcspn(choices, "|");
    if (len == n && memcmp(choices, text, n) == 0)
      return 1;
    if (!choices[len])
      return 0;
  }
}

/* What is wrong with an option, as a sentence; NULL: nothing. */
static const char *misuse(struct gamut_call *c, const char *name,
                          const struct gamut_json *value)
{
  const struct gamut_host *h = c->host;
  const char *text = h->json_str(value, "", NULL);
  size_t i;

  for (i = 0; i < N_KNOWN && strcmp(known[i].name, name) != 0;)
    i++;
  if (i == N_KNOWN)
    return h->text(c,
                   "openai has no option '%s': there are mask_as, array, "
                   "inline_max, and of videos video, action, variant",
                   name);
  if (!text)
    text = h->json_text(c, value);
  if (known[i].choices && text && !is_choice(known[i].choices, text))
    return h->text(c, "option %s is %s, not '%s'", name, known[i].choices,
                   text);
  return NULL;
}

/* Before anything is sent: a word that nobody knows would be paid for. */
static const char *odd_option(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *all = h->json_get(c->request, "options"), *value;
  const char *name, *wrong = NULL;
  uint32_t n;

  for (n = 0; !wrong && (value = h->json_member(all, n, &name)); n++)
    wrong = misuse(c, name, value);
  return wrong;
}

/* ---- steps -------------------------------------------------------------- */

int32_t openai_start(struct gamut_call *c)
{
  const char *wrong = odd_option(c);

  if (wrong)
    return c->host->fail(c, GAMUT_E_INVALID, "%s", wrong);
  if (openai_is_azure(c) && !c->host->config_str(c, "api_version"))
    return c->host->fail(c, GAMUT_E_INVALID,
                         "Azure wants an api_version (OPENAI_API_VERSION)");
  return openai_is_video(c) ? openai_video(c) : openai_image(c);
}

static int32_t reply(struct gamut_call *c)
{
  if (c->reply->status >= 400 && c->phase != OPENAI_DELETE)
    return openai_refused(c);
  switch (c->phase) {
  case OPENAI_GENERATE:
    return openai_pictures(c);
  case OPENAI_SUBMIT:
  case OPENAI_STATUS:
    return openai_video_reply(c);
  default:
    return openai_video_deleted(c);
  }
}

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  switch (c->event) {
  case GAMUT_EV_START:
    return openai_start(c);
  case GAMUT_EV_CHUNK:
    return openai_event(c);
  case GAMUT_EV_CANCEL:
    return openai_video_delete(c);
  default:
    return reply(c);
  }
}

/* A form holds any file: only who says so has it kept at OpenAI. */
static const struct gamut_upload upload = { .struct_size = sizeof(upload),
                                            .ttl_s = 24 * 3600,
                                            .inline_max = UINT64_MAX,
                                            .upload = openai_upload };

static const void *extension(const char *id)
{
  if (strcmp(id, GAMUT_EXT_UPLOAD) == 0)
    return &upload;
  if (strcmp(id, GAMUT_EXT_MODELS) == 0)
    return &openai_models;
  if (strcmp(id, GAMUT_EXT_EMBED) == 0)
    return &openai_embed;
  if (strcmp(id, GAMUT_EXT_ACCOUNT) == 0)
    return &openai_account;
  return strcmp(id, GAMUT_EXT_WEBHOOK) == 0 ? &openai_webhook : NULL;
}

static const struct gamut_provider openai = {
  .struct_size = sizeof(openai),
  .state_version = 1,
  .name = "openai",
  .title = "OpenAI",
  .homepage = "https://platform.openai.com",
  .error_path = "error/message message error detail",
  .base_url = "https://api.openai.com/v1",
  .keys = GAMUT_TABLE(keys),
  .credentials = GAMUT_TABLE(credentials),
  .phases = GAMUT_TABLE(phases),
  .reasons = GAMUT_TABLE(openai_reasons),
  .flags = GAMUT_WANTS_CANCEL | GAMUT_CANCEL_DELETES,
  .step = step,
  .extension = extension,
};

static const struct gamut_provider *const providers[] = { &openai, NULL };

GAMUT_PLUGIN(openai, .version = "0.1.0", .license = "MIT",
             .providers = providers);
