/* acme.c - Acme Images for gamut: submit, then poll until the pictures are
 * there.  Acme does not exist; this file is where to begin your own provider.
 *
 * A provider only translates.  It says which HTTP exchange comes next and reads
 * the answer; gamut sends it, waits, repeats, downloads, keeps the keys.  So
 * nothing here opens a socket, sleeps, allocates or remembers: what a job must
 * know later goes into `c->state`, and any process can go on from there.
 *
 * Acme's interface, as their manual would have it:
 *
 *   POST /v1/jobs        {"model", "prompt", "size", "seed", "count"}
 *                        -> {"id", "status": "queued"}
 *   GET  /v1/jobs/{id}   -> {"id", "status": "queued|running|done|failed",
 *                            "progress": 0..1, "images": [{"url"}],
 *                            "error": {"code", "message"}}
 *   DELETE /v1/jobs/{id} -> {"id", "status": "cancelled"}
 *
 * Errors are {"error": {"code", "message"}} with the usual statuses.  A submit
 * with an `idempotency-key` that Acme has seen gives the job it made then. */
#include <gamut/plugin.h>
#include <string.h>

/* The exchanges by name.  A phase comes back in c->phase with the answer. */
enum { SUBMIT, POLL, CANCEL };
static const char *const phases[] = { "submit", "poll", "cancel" };

/* What can be configured: in the environment, in the file, by gamut_set().
 * gamut checks types, tells people what is missing, and never shows a secret;
 * not even to us.  `base_url` is there without being listed. */
static const struct gamut_key keys[] = {
  { "api_key", "ACME_API_KEY", NULL, NULL, "token from acme.test/keys",
    GAMUT_STRING, GAMUT_KEY_REQUIRED | GAMUT_KEY_SECRET, 0, 0 },
};

/* Which header carries the secret, and to where: NULL is the origin of
 * base_url.  The pictures lie on another host, which must not see it. */
static const struct gamut_credential credentials[] = {
  { NULL, "authorization", "Bearer {api_key}" },
};

/* Acme's error codes in gamut's words; the first row that fits counts, and
 * without one the HTTP status decides.  The class says what follows: RATE is
 * tried again later, QUOTA goes to the next provider, BLOCKED stops. */
static const struct gamut_reason reasons[] = {
  { 400, GAMUT_E_BLOCKED, "error/code", "unsafe_*", 0, 0 },
  { 0, GAMUT_E_BLOCKED, "error/code", "unsafe_*", 0, 1u << POLL },
  { 0, GAMUT_E_QUOTA, "error/code", "no_credit", 0, 0 },
  { 0, GAMUT_E_NOT_FOUND, "error/code", "no_such_model", 0, 0 },
};

/* The models, after the schema of gamut's catalog.  With it `-m acme-photo`
 * finds us, wrong sizes are refused before they cost, and prices are known.  It
 * could as well lie beside the plugin's users, as catalog/acme.json. */
static const char catalog[] =
  "{\"provider\": \"acme\", \"title\": \"Acme Images\","
  " \"default_image\": \"photo-2\","
  " \"models\": ["
  "  {\"id\": \"photo-2\", \"title\": \"Acme Photo 2\","
  "   \"names\": [\"acme-photo\"],"
  "   \"operations\": [\"text-to-image\"],"
  "   \"prompt\": \"required\", \"prompt_max\": 2000,"
  "   \"sizes\": {\"list\": [\"1024x1024\", \"1536x1024\", \"1024x1536\"],"
  "               \"default\": \"1024x1024\"},"
  "   \"n\": {\"min\": 1, \"max\": 4, \"default\": 1},"
  "   \"seed\": true, \"negative_prompt\": false,"
  "   \"price\": [{\"unit\": \"image\", \"usd\": 0.02}],"
  "   \"life\": \"available\"}]}";

/* A new job.  The request is checked against the catalog already; absent fields
 * are absent.  BILLABLE: gamut writes this down before it is sent, and never
 * sends it twice; KEYED: unless it is the same attempt, which Acme knows by the
 * key. */
static int32_t submit(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x) };
  struct gamut_json *body = h->json_object(c);
  int64_t width = h->json_int(c->request, "width", 0);
  int64_t height = h->json_int(c->request, "height", 0);
  int64_t seed = h->json_int(c->request, "seed", -1);

  h->json_set_str(body, "model", h->json_str(c->request, "model", NULL));
  h->json_set_str(body, "prompt", h->json_str(c->request, "prompt", NULL));
  if (width > 0 && height > 0)
    h->json_set_str(body, "size",
                    h->text(c, "%dx%d", (int)width, (int)height));
  if (seed >= 0)
    h->json_set_int(body, "seed", seed);
  h->json_set_int(body, "count", h->json_int(c->request, "n", 1));
  h->header(c, "idempotency-key", c->attempt_id);
  x.phase = SUBMIT;
  x.method = "POST";
  x.url = "/v1/jobs";
  x.json = body;
  x.flags = GAMUT_HTTP_BILLABLE | GAMUT_HTTP_KEYED;
  return h->http(c, &x);
}

/* Look at the job, or end it.  A delay is all there is to polling. */
static int32_t ask(struct gamut_call *c, int32_t phase)
{
  const struct gamut_host *h = c->host;
  struct gamut_http x = { .struct_size = sizeof(x) };
  const char *id = h->json_str(c->state, "id", "");

  x.phase = phase;
  x.method = phase == CANCEL ? "DELETE" : "GET";
  x.delay_ms = x.poll_ms = phase == CANCEL ? 0 : 2000;
  x.url = h->text(c, "/v1/jobs/%s", h->escape(c, id));
  return h->http(c, &x);
}

/* Every picture that is there; gamut fetches, opens and names the files. */
static int32_t finish(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *reply = c->reply->json;
  uint32_t i, n = h->json_count(reply, "images");

  for (i = 0; i < n; i++) {
    struct gamut_artifact a = { .struct_size = sizeof(a) };

    a.kind = GAMUT_IMAGE;
    a.url = h->json_str(reply, h->text(c, "images/%u/url", (unsigned)i), NULL);
    h->artifact(c, &a);
  }
  return h->done(c);
}

/* An answer below 400; the others are judged by `reasons` and come here not at
 * all.  A submit that gives no id is an answer that we do not understand: say
 * so, and gamut marks the job as perhaps charged instead of paying again. */
static int32_t answered(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const struct gamut_json *reply = c->reply->json;
  const char *status = h->json_str(reply, "status", "");
  const char *id = h->json_str(reply, "id", NULL);

  if (c->phase == SUBMIT) {
    if (!id)
      return h->fail(c, GAMUT_E_PROTOCOL, "the answer has no job id");
    h->json_set_str(c->state, "id", id);
    h->fact(c, "request_id", id);
  }
  h->progress(c, (int32_t)(1000 * h->json_real(reply, "progress", 0)), NULL);
  if (strcmp(status, "done") == 0)
    return finish(c);
  if (strcmp(status, "failed") == 0)
    return h->fail_reply(c); /* the sentence is at error_path */
  if (strcmp(status, "cancelled") == 0)
    return h->fail(c, GAMUT_E_CANCELLED, "cancelled at Acme");
  if (c->phase == CANCEL)
    return h->done(c); /* Acme has been told: gamut looks once more */
  return ask(c, POLL);
}

/* The one function: called with an event, ends with what comes next. */
static int32_t acme_step(void *instance, struct gamut_call *c)
{
  (void)instance; /* for those with an open() */
  if (c->event == GAMUT_EV_START)
    return submit(c);
  if (c->event == GAMUT_EV_CANCEL)
    return ask(c, CANCEL);
  return answered(c);
}

static const struct gamut_provider acme = {
  .struct_size = sizeof(acme),
  .name = "acme",
  .title = "Acme Images",
  .homepage = "https://acme.test/keys",
  .catalog = catalog,
  .error_path = "error/message",
  .base_url = "https://api.acme.test",
  .keys = GAMUT_TABLE(keys),
  .credentials = GAMUT_TABLE(credentials),
  .phases = GAMUT_TABLE(phases),
  .reasons = GAMUT_TABLE(reasons),
  .flags = GAMUT_WANTS_CANCEL,
  .step = acme_step,
};

/* The name is the file's: acme.so.  A plugin may bring several providers. */
static const struct gamut_provider *const providers[] = { &acme, NULL };
GAMUT_PLUGIN(acme, .version = "1.0.0", .license = "MIT",
             .providers = providers);
