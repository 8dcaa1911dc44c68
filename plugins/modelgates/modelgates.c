/* modelgates.c - ModelGates and OpenRouter: gateways to many makers' models.
 *
 * ModelGates speaks OpenRouter's API, path for path, so one plugin brings both;
 * host, key and a few variables differ.  A video is a job: create, poll,
 * download.  A picture is one exchange, or a stream of drafts.  What surprises:
 *
 *  - The status is not enough: 402 may be "wait", 502 and 400 may be refused
 *    content, 200 may hold an error.  metadata.error_type decides first.
 *  - A video that was refused or went wrong is a job with status "failed" and a
 *    sentence, nothing else.
 *  - "unsigned_urls" want the key when they are the gateway's own, and must not
 *    see it elsewhere.  The host tells the two apart by origin.
 *  - There is no cancel, no idempotency key and no upload: local files travel
 *    in the request.
 *  - An error reply about a picture is never billed; what a video's POST has
 *    begun behind a 500 nobody knows, so that is maybe charged.
 *
 * Whether ModelGates offers images it does not say: its 404 is taken for "no".
 *
 * State of a video: "id", "polls" so far, what was "said" last, "fetched" when
 * the job was made elsewhere.  Of a stream: "pictures" so far, their
 * "microusd".
 */
#include "modelgates.h"
#include <string.h>

static const char *const phases[] = {
  [GATE_IMAGE] = "generate",      [GATE_SUBMIT] = "submit",
  [GATE_POLL] = "status",         [GATE_VIDEO_MODELS] = "videos",
  [GATE_IMAGE_MODELS] = "images", [GATE_KEY] = "key",
  [GATE_CREDITS] = "credits",
};

#define TEXT_KEY(name, env, help)                                              \
  {                                                                            \
    name, env, NULL, NULL, help, GAMUT_STRING, 0, 0, 0                         \
  }
#define REFERER    "URL of your app, for the gateway's statistics"
#define TITLE      "name of your app"
#define CATEGORIES "what your app is, at most two: video-gen,image-gen"
#define METADATA   "ask which upstream did the work, for the facts"
#define HOOK       "signing secret of the workspace, to check deliveries with"

static const struct gamut_key modelgates_keys[] = {
  { "api_key", "MODELGATES_API_KEY", NULL, NULL, "key of modelgates.ai",
    GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
  { "base_url", "MODELGATES_BASE_URL", NULL, NULL, "where the API is",
    GAMUT_URL, 0, 0, 0 },
  TEXT_KEY("http_referer", "MODELGATES_HTTP_REFERER OPENROUTER_HTTP_REFERER",
           REFERER),
  TEXT_KEY("app_title", "MODELGATES_APP_TITLE OPENROUTER_APP_TITLE", TITLE),
  TEXT_KEY("app_categories",
           "MODELGATES_APP_CATEGORIES OPENROUTER_APP_CATEGORIES", CATEGORIES),
  { "webhook_secret", "MODELGATES_WEBHOOK_SECRET", NULL, NULL, HOOK,
    GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
  { "metadata", "MODELGATES_METADATA", "false", NULL, METADATA, GAMUT_BOOL, 0,
    0, 0 },
};

static const struct gamut_key openrouter_keys[] = {
  { "api_key", "OPENROUTER_API_KEY", NULL, NULL,
    "key of openrouter.ai/keys, as sk-or-v1-...", GAMUT_STRING,
    GAMUT_KEY_SECRET, 0, 0 },
  { "base_url", "OPENROUTER_BASE_URL", NULL, NULL, "where the API is",
    GAMUT_URL, 0, 0, 0 },
  TEXT_KEY("http_referer", "OPENROUTER_HTTP_REFERER", REFERER),
  TEXT_KEY("app_title", "OPENROUTER_APP_TITLE", TITLE),
  TEXT_KEY("app_categories", "OPENROUTER_APP_CATEGORIES", CATEGORIES),
  { "webhook_secret", "OPENROUTER_WEBHOOK_SECRET", NULL, NULL, HOOK,
    GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0 },
  { "metadata", "OPENROUTER_METADATA", "false", NULL, METADATA, GAMUT_BOOL, 0,
    0, 0 },
};

/* The headers keep OpenRouter's name at ModelGates. */
static const struct gamut_credential credentials[] = {
  { NULL, "authorization", "Bearer {api_key}" },
  { NULL, "http-referer", "{http_referer}" },
  { NULL, "x-openrouter-title", "{app_title}" },
  { NULL, "x-openrouter-categories", "{app_categories}" },
  { NULL, "x-openrouter-experimental-metadata", "{?metadata}enabled" },
};

#define SUBMITS  (1u << GATE_SUBMIT)
#define PICTURES (1u << GATE_IMAGE)
#define UNSURE(status, class)                                                  \
  {                                                                            \
    status, class, NULL, NULL, GAMUT_REASON_DOUBTFUL, SUBMITS                  \
  }
#define TYPE(word, class)                                                      \
  {                                                                            \
    0, class, GATE_ERROR_TYPE, word, 0, 0                                      \
  }
/* An error that came with a good status: its code stands for that. */
#define GOOD 2
#define CODE(text, class)                                                      \
  {                                                                            \
    GOOD, class, GATE_CODE, text, 0, 0                                         \
  }
#define CODE_UNSURE(text, class)                                               \
  {                                                                            \
    GOOD, class, GATE_CODE, text, GAMUT_REASON_DOUBTFUL, SUBMITS               \
  }

/* clang-format off */
const struct gamut_reason gate_reasons[] = {
  /* Other jobs hold the money that is there: it comes back when they end,
   * except for a single request that is too dear. */
  { 0, GAMUT_E_QUOTA, "error/metadata/reason", "weight_exceeds_budget", 0, 0 },
  { 0, GAMUT_E_RATE, "error/metadata/limit_source", "*_in_flight_budget", 0, 0 },
  { 0, GAMUT_E_RATE, "error/metadata/reason", "in_flight_budget_exhausted", 0,
    0 },
  TYPE("content_policy_violation", GAMUT_E_BLOCKED),
  TYPE("refusal", GAMUT_E_BLOCKED),
  TYPE("authentication", GAMUT_E_AUTH),
  TYPE("permission_denied", GAMUT_E_PERMISSION),
  TYPE("payment_required", GAMUT_E_QUOTA),
  TYPE("rate_limit_exceeded", GAMUT_E_RATE),
  TYPE("not_found", GAMUT_E_NOT_FOUND),
  TYPE("image_not_found", GAMUT_E_NOT_FOUND),
  TYPE("context_length_exceeded", GAMUT_E_INVALID),
  TYPE("max_tokens_exceeded", GAMUT_E_INVALID),
  TYPE("token_limit_exceeded", GAMUT_E_INVALID),
  TYPE("string_too_long", GAMUT_E_INVALID),
  TYPE("invalid_request", GAMUT_E_INVALID),
  TYPE("invalid_prompt", GAMUT_E_INVALID),
  TYPE("precondition_failed", GAMUT_E_INVALID),
  TYPE("payload_too_large", GAMUT_E_INVALID),
  TYPE("unprocessable", GAMUT_E_INVALID),
  TYPE("invalid_image", GAMUT_E_INVALID),
  TYPE("image_too_large", GAMUT_E_INVALID),
  TYPE("image_too_small", GAMUT_E_INVALID),
  TYPE("unsupported_image_format", GAMUT_E_INVALID),
  TYPE("image_download_failed", GAMUT_E_INVALID),
  /* Moderation and guardrails say why, the status varies. */
  { 0, GAMUT_E_BLOCKED, "error/metadata/reasons/*", "*", 0, 0 },
  { 0, GAMUT_E_BLOCKED, "error/metadata/flagged_input", "*", 0, 0 },
  { 403, GAMUT_E_BLOCKED, "error/metadata/patterns/*", "*", 0, 0 },
  { GOOD, GAMUT_E_BLOCKED, "error/metadata/patterns/*", "*", 0, 0 },
  /* A video may have begun all the same: who asks again might pay twice.  Not
   * with who is too busy to begin one, unless that is called a timeout. */
  { 0, GAMUT_E_TIMEOUT, GATE_ERROR_TYPE, "timeout", GAMUT_REASON_DOUBTFUL,
    SUBMITS },
  { 503, GAMUT_E_PROVIDER, NULL, NULL, 0, SUBMITS },
  { 529, GAMUT_E_PROVIDER, NULL, NULL, 0, SUBMITS },
  { GOOD, GAMUT_E_PROVIDER, GATE_CODE, "503", 0, SUBMITS },
  { GOOD, GAMUT_E_PROVIDER, GATE_CODE, "529", 0, SUBMITS },
  CODE_UNSURE("408", GAMUT_E_TIMEOUT),
  CODE_UNSURE("504", GAMUT_E_TIMEOUT),
  CODE_UNSURE("524", GAMUT_E_TIMEOUT),
  CODE_UNSURE("5*", GAMUT_E_PROVIDER),
  UNSURE(408, GAMUT_E_TIMEOUT),
  UNSURE(504, GAMUT_E_TIMEOUT),
  UNSURE(524, GAMUT_E_TIMEOUT),
  UNSURE(5, GAMUT_E_PROVIDER),
  /* A picture that takes too long does so again. */
  { 0, GAMUT_E_TIMEOUT, GATE_ERROR_TYPE, "timeout", GAMUT_REASON_FINAL,
    PICTURES },
  { 408, GAMUT_E_TIMEOUT, NULL, NULL, GAMUT_REASON_FINAL, PICTURES },
  { 504, GAMUT_E_TIMEOUT, NULL, NULL, GAMUT_REASON_FINAL, PICTURES },
  { 520, GAMUT_E_PROVIDER, NULL, NULL, GAMUT_REASON_FINAL, PICTURES },
  { 524, GAMUT_E_TIMEOUT, NULL, NULL, GAMUT_REASON_FINAL, PICTURES },
  TYPE("timeout", GAMUT_E_TIMEOUT),
  TYPE("provider_overloaded", GAMUT_E_PROVIDER),
  TYPE("provider_unavailable", GAMUT_E_PROVIDER),
  TYPE("server", GAMUT_E_PROVIDER),
  TYPE("unmapped", GAMUT_E_PROVIDER),
  { 524, GAMUT_E_TIMEOUT, NULL, NULL, 0, 0 },
  { 405, GAMUT_E_INVALID, NULL, NULL, 0, 0 },
  { 412, GAMUT_E_INVALID, NULL, NULL, 0, 0 },
  /* The gateway's own faults need no row. */
  CODE("400", GAMUT_E_INVALID),
  CODE("401", GAMUT_E_AUTH),
  CODE("402", GAMUT_E_QUOTA),
  CODE("403", GAMUT_E_PERMISSION),
  CODE("404", GAMUT_E_NOT_FOUND),
  CODE("405", GAMUT_E_INVALID),
  CODE("408", GAMUT_E_TIMEOUT),
  CODE("410", GAMUT_E_NOT_FOUND),
  CODE("412", GAMUT_E_INVALID),
  CODE("413", GAMUT_E_INVALID),
  CODE("422", GAMUT_E_INVALID),
  CODE("429", GAMUT_E_RATE),
  CODE("504", GAMUT_E_TIMEOUT),
  CODE("524", GAMUT_E_TIMEOUT),
  /* How long to wait, when no header says it. */
  { 0, GAMUT_OK, "error/metadata/retry_after_seconds", "*",
    GAMUT_REASON_IF_SILENT, 0 },
  { 0, GAMUT_OK, "error/metadata/headers/Retry-After", "*",
    GAMUT_REASON_IF_SILENT, 0 },
  { 0, GAMUT_OK, "error/metadata/headers/retry-after", "*",
    GAMUT_REASON_IF_SILENT, 0 },
};
/* clang-format on */
const uint32_t gate_n_reasons = sizeof(gate_reasons) / sizeof(gate_reasons[0]);

static int32_t reply(struct gamut_call *c, int unsure)
{
  if (c->reply->status >= 400)
    return gate_refused(c, unsure);
  return c->phase == GATE_IMAGE ? gate_image_reply(c) : gate_video_reply(c);
}

static int32_t step(struct gamut_call *c, int unsure)
{
  switch (c->event) {
  case GAMUT_EV_START:
    return gate_is_video(c) ? gate_video(c) : gate_image(c);
  case GAMUT_EV_CHUNK:
    return gate_image_event(c);
  default:
    return reply(c, unsure);
  }
}

static int32_t modelgates_step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return step(c, 1);
}

static int32_t openrouter_step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return step(c, 0);
}

static const void *extension(const char *id)
{
  if (strcmp(id, GAMUT_EXT_MODELS) == 0)
    return &gate_models;
  if (strcmp(id, GAMUT_EXT_ACCOUNT) == 0)
    return &gate_account;
  return strcmp(id, GAMUT_EXT_WEBHOOK) == 0 ? &gate_webhook : NULL;
}

#define GATEWAY                                                                \
  .struct_size = sizeof(struct gamut_provider), .state_version = 1,            \
  .error_path = "error/message error message",                                 \
  .credentials = GAMUT_TABLE(credentials), .phases = GAMUT_TABLE(phases),      \
  .reasons = GAMUT_TABLE(gate_reasons), .extension = extension

static const struct gamut_provider modelgates = {
  GATEWAY,
  .name = "modelgates",
  .title = "ModelGates",
  .homepage = "https://modelgates.ai",
  .base_url = "https://modelgates.ai/api/v1",
  .keys = GAMUT_TABLE(modelgates_keys),
  .step = modelgates_step,
};

static const struct gamut_provider openrouter = {
  GATEWAY,
  .name = "openrouter",
  .title = "OpenRouter",
  .homepage = "https://openrouter.ai",
  .base_url = "https://openrouter.ai/api/v1",
  .keys = GAMUT_TABLE(openrouter_keys),
  .step = openrouter_step,
};

static const struct gamut_provider *const providers[] = { &modelgates,
                                                          &openrouter, NULL };
GAMUT_PLUGIN(modelgates, .version = "1.0.0", .license = "MIT",
             .providers = providers);
