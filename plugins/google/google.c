/* google.c - Google's models through its two doors: "google" is Vertex AI,
 * "google-studio" the Gemini API with a key of AI Studio.
 *
 * Three ways of asking, told by the model's id: gemini-* by generateContent,
 * imagen-* by predict, veo-* by predictLongRunning and polls.  What is sent is
 * what Google's own client sends: nothing is set that the caller did not ask
 * for, but the number of Imagen's pictures.  What surprises:
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
  [GOOGLE_MODELS] = "models",
  [GOOGLE_EMBED] = "embed",
};

/* ---- configuration ------------------------------------------------------ */

/* A token for the live API, which is all that it is good for. */
#define NO_KEYS "auth_tokens/"
#define KEY(name, env, preset, help, type, flags)                              \
  {                                                                            \
    name, env, preset, NULL, help, type, flags, 0, 0                           \
  }
#define SECRET(name, env, help)                                                \
  {                                                                            \
    name, env, NULL, NO_KEYS, help, GAMUT_STRING, GAMUT_KEY_SECRET, 0, 0       \
  }
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
  KEY("veo", NULL, "false",
      "ask for Veo although Google has ended it here "
      "(also an option)",
      GAMUT_BOOL, 0),
  COMMON,
};

#define ADC "{!api_key}{?project}"
#define KEYS(origin)                                                           \
  { origin, "x-goog-api-key", "{api_key}" },                                   \
  {                                                                            \
    origin, "x-goog-api-key", "{!project}{?vertexai}{legacy_key}"              \
  }
#define TOKEN(origin)                                                          \
  { origin, "authorization", ADC "Bearer {@token}" },                          \
    { origin, "x-goog-user-project", ADC "{quota_project}" },                  \
    { origin, "x-goog-user-project", ADC "{credentials/quota_project_id}" },   \
  {                                                                            \
    origin, "x-goog-user-project",                                             \
      ADC "{!credentials}{gcloud/quota_project_id}"                            \
  }
#define VERTEX(origin) KEYS(origin), TOKEN(origin)
/* Where a file of another issuer's credentials leads; a client id of its own
 * goes along as HTTP Basic. */
#define BASIC(file) "Basic {=" file "/client_id:" file "/client_secret}"
#define ISSUER(file, when)                                                     \
  { "http://{" file "/credential_source/url}", NULL, NULL },                   \
    { "https://{" file "/credential_source/url}", NULL, NULL },                \
    { "https://{" file "/token_url}", "authorization", when BASIC(file) },     \
  {                                                                            \
    "https://sts.googleapis.com", "authorization", when BASIC(file)            \
  }
static const struct gamut_credential vertex_credentials[] = {
  VERTEX(NULL), /* also global, and without a location */
  VERTEX("https://{location}-aiplatform.googleapis.com"),
  VERTEX("https://aiplatform.{location}.rep.googleapis.com"),
  TOKEN("https://storage.googleapis.com"), /* which takes no keys */
  { "https://oauth2.googleapis.com", NULL, NULL },
  { "https://iamcredentials.googleapis.com", NULL, NULL },
  { "http://{metadata_host}", NULL, NULL },
  ISSUER("credentials", ""),
  ISSUER("credentials/source_credentials", ""),
  ISSUER("gcloud", "{!credentials}"),
  ISSUER("gcloud/source_credentials", "{!credentials}"),
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
#define VIOLATES(class, value)                                                 \
  SAYS(429, class, "details/*/violations/*/quotaId", value)
#define STATUS(status, class, flags, phases)                                   \
  {                                                                            \
    status, class, NULL, NULL, flags, phases                                   \
  }
#define TOKENS (1u << GOOGLE_TOKEN)

/* clang-format off */
const struct gamut_reason google_reasons[] = {
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
  REASON(GAMUT_E_PERMISSION, "SERVICE_DISABLED"),
  REASON(GAMUT_E_PERMISSION, "API_KEY_SERVICE_BLOCKED"),
  REASON(GAMUT_E_PERMISSION, "API_KEY_HTTP_REFERRER_BLOCKED"),
  REASON(GAMUT_E_PERMISSION, "API_KEY_IP_ADDRESS_BLOCKED"),
  REASON(GAMUT_E_PERMISSION, "CONSUMER_SUSPENDED"),
  REASON(GAMUT_E_PERMISSION, "CONSUMER_INVALID"),
  REASON(GAMUT_E_PERMISSION, "USER_PROJECT_DENIED"),
  REASON(GAMUT_E_PERMISSION, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
  REASON(GAMUT_E_PERMISSION, "IAM_PERMISSION_DENIED"),
  /* Of 400 those of an account, not those of a field.  The words may begin with
   * a capital. */
  SAYS(400, GAMUT_E_INVALID, "status", "INVALID_ARGUMENT"),
  SAYS(400, GAMUT_E_INVALID, "status", "OUT_OF_RANGE"),
  SAYS(400, GAMUT_E_QUOTA, "message", "*billing*"),
  SAYS(400, GAMUT_E_QUOTA, "message", "*Billing*"),
  SAYS(400, GAMUT_E_QUOTA, "message", "*free tier*"),
  SAYS(400, GAMUT_E_QUOTA, "message", "*Free tier*"),
  /* A limit of nothing and one of a day are no matter of waiting.  Not by the
   * word billing: every 429 of Studio has it. */
  SAYS(429, GAMUT_E_QUOTA, "message", "*limit: 0*"),
  SAYS(429, GAMUT_E_QUOTA, "message", "*pending cap*"),
  SAYS(429, GAMUT_E_QUOTA, "message", "*pend cap*"),
  SAYS(429, GAMUT_E_QUOTA, "message", "*redits*"),
  VIOLATES(GAMUT_E_RATE, "*PerSecond*"),
  VIOLATES(GAMUT_E_RATE, "*PerMinute*"),
  VIOLATES(GAMUT_E_RATE, "*PerHour*"),
  VIOLATES(GAMUT_E_RATE, "*Concurrent*"),
  VIOLATES(GAMUT_E_QUOTA, "*PerDay*"),
  SAYS(0, GAMUT_OK, "details/*/retryDelay", "*"),
  /* The token endpoints; the last also when a file is older than its key. */
  { 0, GAMUT_E_AUTH, "error", "invalid_*", 0, TOKENS },
  { 0, GAMUT_E_AUTH, "error", "unauthorized_client", 0, TOKENS },
  STATUS(400, GAMUT_E_AUTH, 0, TOKENS),
  STATUS(403, GAMUT_E_AUTH, 0, TOKENS),
  STATUS(404, GAMUT_E_AUTH, 0, TOKENS),
  STATUS(409, GAMUT_E_INVALID, 0, 0),
  STATUS(411, GAMUT_E_INVALID, 0, 0),
  /* Google's client repeats neither. */
  STATUS(499, GAMUT_E_TIMEOUT, GAMUT_REASON_FINAL, 0),
  STATUS(501, GAMUT_E_PROVIDER, GAMUT_REASON_FINAL, 0),
};
/* clang-format on */
const uint32_t google_n_reasons =
  sizeof(google_reasons) / sizeof(google_reasons[0]);

/* ---- steps -------------------------------------------------------------- */

/* No request may leave for a service that is not there. */
static int32_t refuse_studio(struct google *g, const char *what,
                             const char *but)
{
  return g->h->fail(
    g->c, GAMUT_E_INVALID,
    "%s needs Vertex: ask google:%s, with GOOGLE_VERTEX_API_KEY or with "
    "GOOGLE_CLOUD_PROJECT and application default credentials%s",
    what, google_model(g), but);
}

static void check_options(struct google *g)
{
  const struct gamut_json *options = g->h->json_get(g->c->request, "options");
  const char *name;
  uint32_t n;

  for (n = 0; g->h->json_member(options, n, &name); n++)
    if (!google_in(name, "stream inline_max veo"))
      google_wrong(g, GAMUT_E_INVALID,
                   "Google has no option '%s', only stream, inline_max and veo",
                   name);
}

/* Does the caller say that it is there all the same? */
static int may_have_veo(struct google *g)
{
  return !g->studio || google_has_own_base(g) ||
         g->h->config_int(g->c, "veo") ||
         google_is(g, google_ask(g, "options/veo"), "true");
}

static int32_t start(struct google *g)
{
  const struct gamut_host *h = g->h;

  check_options(g);
  if (!google_model(g))
    return h->fail(g->c, GAMUT_E_INVALID, "'%s' is no model of Google's",
                   google_asked_model(g));
  if (g->studio && google_model_is(g, "imagen-"))
    return refuse_studio(g, "Imagen", "");
  if (google_model_is(g, "veo-") && !may_have_veo(g))
    return refuse_studio(g, "Veo",
                         "; a gateway that still has it is asked with the "
                         "option veo=true or GOOGLE_GEMINI_BASE_URL");
  if (google_way(g) == GOOGLE_NO_WAY)
    return google_no_key(g);
  if (google_model_is(g, "imagen-"))
    return google_predict(g);
  if (google_model_is(g, "veo-"))
    return google_start(g);
  return google_generate(g);
}

static int32_t step(struct google *g)
{
  if (g->c->event == GAMUT_EV_START)
    return start(g);
  if (g->c->event == GAMUT_EV_CHUNK)
    return google_chunk(g);
  if (g->c->reply->status >= 400)
    return google_refused(g);
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
  if (strcmp(id, GAMUT_EXT_MODELS) == 0)
    return &google_vertex_models;
  if (strcmp(id, GAMUT_EXT_EMBED) == 0)
    return &google_vertex_embed;
  return strcmp(id, GAMUT_EXT_TOKEN) == 0 ? &token : NULL;
}

/* What would make a request too large goes ahead of it. */
static const struct gamut_upload upload = { .struct_size = sizeof(upload),
                                            .ttl_s = 47 * 3600,
                                            .inline_max = 14u << 20,
                                            .upload = google_upload };

static const void *studio_extension(const char *id)
{
  if (strcmp(id, GAMUT_EXT_MODELS) == 0)
    return &google_studio_models;
  if (strcmp(id, GAMUT_EXT_EMBED) == 0)
    return &google_studio_embed;
  return strcmp(id, GAMUT_EXT_UPLOAD) == 0 ? &upload : NULL;
}

#define PROVIDER(stem)                                                         \
  .struct_size = sizeof(stem), .state_version = 1,                             \
  .keys = GAMUT_TABLE(stem##_keys),                                            \
  .credentials = GAMUT_TABLE(stem##_credentials),                              \
  .phases = GAMUT_TABLE(phases), .reasons = GAMUT_TABLE(google_reasons),       \
  .step = stem##_step, .extension = stem##_extension
static const struct gamut_provider vertex = {
  PROVIDER(vertex),
  .name = "google",
  .title = "Google Vertex AI",
  .homepage = "https://cloud.google.com/vertex-ai",
  .base_url = "https://aiplatform.googleapis.com",
  .error_path = "error/message error_description error",
};
static const struct gamut_provider studio = {
  PROVIDER(studio),
  .name = "google-studio",
  .title = "Google AI Studio (Gemini API)",
  .homepage = "https://aistudio.google.com/apikey",
  .base_url = "https://generativelanguage.googleapis.com",
  .error_path = "error/message",
};
static const struct gamut_provider *const providers[] = { &vertex, &studio,
                                                          NULL };
GAMUT_PLUGIN(google, .version = "1.0.0", .license = "MIT",
             .providers = providers);
