/* google.c - Google's models through its two doors: "google" is Vertex AI,
 * "google-studio" the Gemini API with a key of AI Studio.
 *
 * Three ways of asking, told by the model's id: gemini-* by generateContent,
 * imagen-* by predict, veo-* by predictLongRunning and polls.  What surprises:
 *
 *  - A wrong Studio key is HTTP 400, with a reason inside.
 *  - Statuses say little: refusals come as 200 and as 400, quota as 429 among
 *    the limits of a minute.  The reasons stand in error.details.
 *  - The wait is in the body (RetryInfo.retryDelay), not in a header.
 *  - Imagen and Veo are gone from Studio; asking there is refused before
 *    anything is sent.  A base_url of the user's own may still have Veo.
 */
#include "google.h"
#include <string.h>

static const char *const phases[] = {
  [GOOGLE_GENERATE] = "generate",
  [GOOGLE_STREAM] = "stream",
  [GOOGLE_PREDICT] = "predict",
  [GOOGLE_START] = "start",
  [GOOGLE_POLL] = "poll",
  [GOOGLE_TOKEN] = "token",
  [GOOGLE_SUBJECT] = "subject-token",
  [GOOGLE_PROBE] = "probe",
  [GOOGLE_IMPERSONATE] = "impersonate",
  [GOOGLE_UPLOAD] = "upload",
  [GOOGLE_BYTES] = "upload-bytes",
  [GOOGLE_FILE] = "upload-state",
};

/* ---- configuration ------------------------------------------------------ */

#define KEY(name, env, preset, help, type, flags)                              \
  {                                                                            \
    name, env, preset, NULL, help, type, flags, 0, 0                           \
  }
#define SECRET(name, env, help)                                                \
  KEY(name, env, NULL, help, GAMUT_STRING, GAMUT_KEY_SECRET)
#define TEXT(name, env, preset, help)                                          \
  KEY(name, env, preset, help, GAMUT_STRING, 0)
#define COMMON                                                                 \
  SECRET("legacy_key", "GOOGLE_API_KEY",                                       \
         "key under its old name, for Vertex when vertexai is on"),            \
    KEY("vertexai", "GOOGLE_GENAI_USE_VERTEXAI", "false",                      \
        "the legacy key is one of Vertex", GAMUT_BOOL, 0),                     \
    KEY("timeout", NULL, NULL, "for one exchange; Google is told, too",        \
        GAMUT_MSEC, 0)

static const struct gamut_key vertex_keys[] = {
  SECRET("api_key", "GOOGLE_VERTEX_API_KEY", "key for Vertex AI"),
  KEY("base_url", "GOOGLE_VERTEX_BASE_URL", NULL, "in place of Google's hosts",
      GAMUT_URL, 0),
  TEXT("project", "GOOGLE_CLOUD_PROJECT", NULL,
       "project, for application default credentials"),
  TEXT("location", "GOOGLE_CLOUD_LOCATION", "us-central1",
       "region, or us, eu, global"),
  TEXT("api_version", "GOOGLE_GENAI_API_VERSION", "v1beta1",
       "version in the path; beta is v1beta1"),
  TEXT("quota_project", "GOOGLE_CLOUD_QUOTA_PROJECT", NULL,
       "project that is charged, when it is another one"),
  KEY("credentials", "GOOGLE_APPLICATION_CREDENTIALS", NULL,
      "JSON file of a service account, a user, a workload identity", GAMUT_PATH,
      GAMUT_KEY_JSON),
  KEY("gcloud_config", "CLOUDSDK_CONFIG", "~/.config/gcloud",
      "folder of the gcloud program", GAMUT_PATH, 0),
  KEY("gcloud", NULL, "{gcloud_config}/application_default_credentials.json",
      "what gcloud auth application-default login wrote", GAMUT_PATH,
      GAMUT_KEY_JSON),
  TEXT("metadata_host", "GCE_METADATA_IP GCE_METADATA_HOST GCE_METADATA_ROOT",
       "169.254.169.254", "the metadata server of a Google machine"),
  TEXT("metadata", "METADATA_SERVER_DETECTION", NULL,
       "assume-present: do not probe for it; none: there is none"),
  TEXT("cloud_run", "CLOUD_RUN_JOB FUNCTION_NAME K_SERVICE", NULL,
       "set by Google where its metadata server is"),
  KEY("no_gce_check", "NO_GCE_CHECK", "false", "there is no metadata server",
      GAMUT_BOOL, 0),
  COMMON,
};

static const struct gamut_key studio_keys[] = {
  SECRET("api_key", "GOOGLE_GEMINI_API_KEY", "key of aistudio.google.com"),
  KEY("base_url", "GOOGLE_GEMINI_BASE_URL", NULL, "in place of Google's host",
      GAMUT_URL, 0),
  TEXT("api_version", "GOOGLE_GENAI_API_VERSION", "v1beta",
       "version in the path; beta is v1beta"),
  KEY("veo", NULL, "false", "ask for Veo although Google has ended it here",
      GAMUT_BOOL, 0),
  COMMON,
};

#define ADC "{!api_key}{?project}"
#define VERTEX(origin)                                                         \
  { origin, "x-goog-api-key", "{api_key}" },                                   \
    { origin, "x-goog-api-key", "{!project}{?vertexai}{legacy_key}" },         \
    { origin, "authorization", ADC "Bearer {@token}" },                        \
    { origin, "x-goog-user-project", ADC "{quota_project}" },                  \
    { origin, "x-goog-user-project", ADC "{credentials/quota_project_id}" },   \
  {                                                                            \
    origin, "x-goog-user-project",                                             \
      ADC "{!credentials}{gcloud/quota_project_id}"                            \
  }
static const struct gamut_credential vertex_credentials[] = {
  VERTEX(NULL),
  VERTEX("https://aiplatform.googleapis.com"),
  VERTEX("https://{location}-aiplatform.googleapis.com"),
  VERTEX("https://aiplatform.{location}.rep.googleapis.com"),
  { "https://storage.googleapis.com", "authorization", ADC "Bearer {@token}" },
  { "https://oauth2.googleapis.com", NULL, NULL },
  { "https://sts.googleapis.com", NULL, NULL },
  { "https://iamcredentials.googleapis.com", NULL, NULL },
  { "http://{metadata_host}", NULL, NULL },
};

#define STUDIO(origin)                                                         \
  { origin, "x-goog-api-key", "{api_key}" },                                   \
  {                                                                            \
    origin, "x-goog-api-key", "{!vertexai}{legacy_key}"                        \
  }
static const struct gamut_credential studio_credentials[] = {
  STUDIO(NULL),
  STUDIO("https://generativelanguage.googleapis.com"),
};

/* ---- errors ------------------------------------------------------------- */

#define SAYS(status, class, path, value)                                       \
  {                                                                            \
    status, class, "error/" path, value, 0, 0                                  \
  }
#define REASON(class, value) SAYS(0, class, "details/*/reason", value)
#define STATUS(status, class)                                                  \
  {                                                                            \
    status, class, NULL, NULL, 0, 0                                            \
  }

/* clang-format off */
static const struct gamut_reason reasons[] = {
  /* Refusals, by whole phrases: field names such as safety_settings occur in
   * ordinary errors. */
  SAYS(0, GAMUT_E_BLOCKED, "message", "*Support code*:*"),
  SAYS(0, GAMUT_E_BLOCKED, "message", "*usage guidelines*"),
  SAYS(0, GAMUT_E_BLOCKED, "message", "*Responsible AI*"),
  REASON(GAMUT_E_AUTH, "API_KEY_INVALID"),
  REASON(GAMUT_E_AUTH, "CREDENTIALS_MISSING"),
  REASON(GAMUT_E_AUTH, "ACCESS_TOKEN_EXPIRED"),
  REASON(GAMUT_E_AUTH, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
  REASON(GAMUT_E_AUTH, "ACCOUNT_STATE_INVALID"),
  REASON(GAMUT_E_QUOTA, "BILLING_DISABLED"),
  SAYS(400, GAMUT_E_QUOTA, "message", "*billing*"),
  SAYS(400, GAMUT_E_QUOTA, "message", "*free tier*"),
  REASON(GAMUT_E_PERMISSION, "SERVICE_DISABLED"),
  REASON(GAMUT_E_PERMISSION, "API_KEY_SERVICE_BLOCKED"),
  REASON(GAMUT_E_PERMISSION, "API_KEY_HTTP_REFERRER_BLOCKED"),
  REASON(GAMUT_E_PERMISSION, "API_KEY_IP_ADDRESS_BLOCKED"),
  REASON(GAMUT_E_PERMISSION, "CONSUMER_SUSPENDED"),
  REASON(GAMUT_E_PERMISSION, "CONSUMER_INVALID"),
  REASON(GAMUT_E_PERMISSION, "USER_PROJECT_DENIED"),
  REASON(GAMUT_E_PERMISSION, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
  REASON(GAMUT_E_PERMISSION, "IAM_PERMISSION_DENIED"),
  /* A limit of nothing and one of a day are no matter of waiting.  Not by the
   * word billing: every 429 of Studio has it. */
  SAYS(429, GAMUT_E_QUOTA, "message", "*limit: 0*"),
  SAYS(429, GAMUT_E_QUOTA, "message", "*spending cap*"),
  SAYS(429, GAMUT_E_QUOTA, "message", "*spend cap*"),
  SAYS(429, GAMUT_E_QUOTA, "message", "*credits*"),
  SAYS(429, GAMUT_E_RATE, "details/*/violations/*/quotaId", "*PerMinute*"),
  SAYS(429, GAMUT_E_QUOTA, "details/*/violations/*/quotaId", "*PerDay*"),
  SAYS(0, GAMUT_OK, "details/*/retryDelay", "*"),
  /* The token endpoints; the last also when a file is older than its key. */
  { 0, GAMUT_E_AUTH, "error", "invalid_*", 0, 1u << GOOGLE_TOKEN },
  { 0, GAMUT_E_AUTH, "error", "unauthorized_client", 0, 1u << GOOGLE_TOKEN },
  { 400, GAMUT_E_AUTH, NULL, NULL, 0, 1u << GOOGLE_TOKEN },
  { 403, GAMUT_E_AUTH, NULL, NULL, 0, 1u << GOOGLE_TOKEN },
  { 404, GAMUT_E_AUTH, NULL, NULL, 0, 1u << GOOGLE_TOKEN },
  STATUS(409, GAMUT_E_INVALID),
  STATUS(411, GAMUT_E_INVALID),
  STATUS(499, GAMUT_E_TIMEOUT),
};
/* clang-format on */

/* ---- steps -------------------------------------------------------------- */

/* No request may leave for a service that is not there. */
static int32_t refuse_studio(struct google *g, const char *what)
{
  return g->h->fail(
    g->c, GAMUT_E_INVALID,
    "%s needs Vertex: ask google:%s, with GOOGLE_VERTEX_API_KEY or with "
    "GOOGLE_CLOUD_PROJECT and application default credentials",
    what, google_model(g));
}

static void check_options(struct google *g)
{
  static const char *const known[] = { "stream", "inline_max", NULL };
  const struct gamut_json *options = g->h->json_get(g->c->request, "options");
  const char *name;
  uint32_t n;

  for (n = 0; g->h->json_member(options, n, &name); n++)
    if (!google_in(name, known))
      google_wrong(g, GAMUT_E_INVALID,
                   "Google has no option '%s', only stream and inline_max",
                   name);
}

static int32_t start(struct google *g)
{
  const struct gamut_host *h = g->h;
  const char *model = google_model(g);

  check_options(g);

  if (!model)
    return h->fail(g->c, GAMUT_E_INVALID, "'%s' is no model of Google's",
                   h->json_str(g->c->request, "model", ""));
  if (g->studio && strncmp(model, "imagen-", 7) == 0)
    return refuse_studio(g, "Imagen");
  if (g->studio && strncmp(model, "veo-", 4) == 0 && !google_has_own_base(g) &&
      !h->config_int(g->c, "veo"))
    return refuse_studio(g, "Veo");
  if (google_way(g) == GOOGLE_NO_WAY)
    return h->fail(g->c, GAMUT_E_AUTH, "no key for %s: set %s",
                   g->studio ? "the Gemini API" : "Vertex AI",
                   g->studio ? "GOOGLE_GEMINI_API_KEY"
                             : "GOOGLE_VERTEX_API_KEY or GOOGLE_CLOUD_PROJECT");
  if (strncmp(model, "imagen-", 7) == 0)
    return google_predict(g);
  if (strncmp(model, "veo-", 4) == 0)
    return google_start(g);
  return google_generate(g);
}

static int32_t step(struct google *g)
{
  if (g->c->event == GAMUT_EV_START)
    return start(g);
  if (g->c->event == GAMUT_EV_CHUNK)
    return google_chunk(g);
  switch (g->c->phase) {
  case GOOGLE_GENERATE:
    return google_generated(g);
  case GOOGLE_STREAM:
    return google_stream_over(g);
  case GOOGLE_PREDICT:
    return google_predicted(g);
  case GOOGLE_START:
    return google_started(g);
  default:
    return google_polled(g);
  }
}

static int32_t vertex_step(void *instance, struct gamut_call *c)
{
  struct google g = { .c = c, .h = c->host };

  (void)instance;
  return step(&g);
}

static int32_t studio_step(void *instance, struct gamut_call *c)
{
  struct google g = { .c = c, .h = c->host, .studio = 1 };

  (void)instance;
  return step(&g);
}

/* ---- the two providers -------------------------------------------------- */

static const struct gamut_token token = { .struct_size = sizeof(token),
                                          .token = google_token };

static const void *vertex_extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_TOKEN) == 0 ? &token : NULL;
}

/* What would make a request too large goes ahead of it. */
static const struct gamut_upload upload = { .struct_size = sizeof(upload),
                                            .ttl_s = 47 * 3600,
                                            .inline_max = 14u << 20,
                                            .upload = google_upload };

static const void *studio_extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_UPLOAD) == 0 ? &upload : NULL;
}

static const struct gamut_provider vertex = {
  .struct_size = sizeof(vertex),
  .state_version = 1,
  .name = "google",
  .title = "Google Vertex AI",
  .homepage = "https://cloud.google.com/vertex-ai",
  .base_url = "https://aiplatform.googleapis.com",
  .error_path = "error/message error_description error",
  .keys = GAMUT_TABLE(vertex_keys),
  .credentials = GAMUT_TABLE(vertex_credentials),
  .phases = GAMUT_TABLE(phases),
  .reasons = GAMUT_TABLE(reasons),
  .step = vertex_step,
  .extension = vertex_extension,
};
static const struct gamut_provider studio = {
  .struct_size = sizeof(studio),
  .state_version = 1,
  .name = "google-studio",
  .title = "Google AI Studio (Gemini API)",
  .homepage = "https://aistudio.google.com/apikey",
  .base_url = "https://generativelanguage.googleapis.com",
  .error_path = "error/message",
  .keys = GAMUT_TABLE(studio_keys),
  .credentials = GAMUT_TABLE(studio_credentials),
  .phases = GAMUT_TABLE(phases),
  .reasons = GAMUT_TABLE(reasons),
  .step = studio_step,
  .extension = studio_extension,
};
static const struct gamut_provider *const providers[] = { &vertex, &studio,
                                                          NULL };
GAMUT_PLUGIN(google, .version = "1.0.0", .license = "MIT",
             .providers = providers);
