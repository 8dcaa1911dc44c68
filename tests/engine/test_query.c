/* test_query.c - questions to a vendor: answers that come in pages, a secret
 * that only the vendor sees, deliveries of webhooks. */
#include "engine/vendor.h"

enum { PAGE, KEY, PUBLIC };
static const char *const phases[] = { "page", "key", "public" };
static const struct gamut_key keys[] = {
  { .name = "api_key",
    .env = "ASKER_KEY",
    .type = GAMUT_STRING,
    .flags = GAMUT_KEY_SECRET | GAMUT_KEY_REQUIRED },
  { .name = "hook_secret",
    .env = "ASKER_HOOK",
    .type = GAMUT_STRING,
    .flags = GAMUT_KEY_SECRET },
};
static const struct gamut_credential credentials[] = {
  { NULL, "authorization", "Bearer {api_key}" },
};

static int32_t get(struct gamut_call *c, int32_t phase, const char *url)
{
  struct gamut_http x = { .struct_size = sizeof(x), .method = "GET" };

  x.phase = phase;
  x.url = url;
  return c->host->http(c, &x);
}

/* Pages of {"items": [...], "next": url}. */
static int32_t list(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *next;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return get(c, PAGE, "/models");
  h->answer(c, h->json_get(c->reply->json, "items"));
  next = h->json_str(c->reply->json, "next", NULL);
  return next ? get(c, PAGE, next) : h->done(c);
}

/* Two exchanges, each with a part of the answer. */
static int32_t balance(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_START)
    return get(c, PAGE, "/balance/1");
  c->host->answer(c, c->reply->json);
  return c->host->json_int(c->reply->json, "part", 0) == 1
           ? get(c, PAGE, "/balance/2")
           : c->host->done(c);
}

static int32_t set_key(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x), .method = "PUT" };
  const struct gamut_host *h = c->host;
  struct gamut_json *body;

  (void)instance;
  if (c->event == GAMUT_EV_REPLY) {
    h->answer(c, c->reply->json);
    return h->done(c);
  }
  body = h->json_object(c);
  h->json_set_str(body, "name", h->json_str(c->request, "name", ""));
  h->json_set_str(body, "key", "{@secret}");
  x.phase = KEY;
  x.url = "/keys";
  x.json = body;
  x.flags = GAMUT_HTTP_FILL;
  return h->http(c, &x);
}

/* What each text costs is told once they are all there. */
static int32_t embed(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x), .method = "POST" };
  const struct gamut_host *h = c->host;
  const struct gamut_json *list = h->json_get(c->reply ? c->reply->json : NULL,
                                              "vectors"),
                          *v;
  uint32_t i;

  (void)instance;
  x.phase = PAGE;
  x.url = "/embed";
  x.flags = GAMUT_HTTP_BILLABLE;
  if (c->event == GAMUT_EV_START)
    return h->http(c, &x);
  for (i = 0; (v = h->json_member(list, i, NULL)); i++)
    h->vector(c, v);
  h->answer(c, h->json_get(c->reply->json, "more"));
  return h->done(c);
}

static int32_t no_answer(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

static int32_t conclude(struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_signature s = { .struct_size = sizeof(s),
                               .alg = "HS256",
                               .secret = "hook_secret" };
  struct gamut_json *o = h->json_object(c);
  int32_t rc;

  s.text = h->text(c, "%s.%s", h->json_str(c->request, "headers/hook-id", ""),
                   h->json_str(c->request, "body", ""));
  s.signature = h->json_str(c->request, "headers/hook-signature", NULL);
  rc = h->verify(c, &s);
  if (rc)
    return h->fail(c, rc, "the signature is wrong");
  h->json_set_str(o, "job", h->json_str(c->state, "key", ""));
  h->answer(c, o);
  return h->done(c);
}

/* A public key is fetched once; then the signature of our secret counts. */
static int32_t webhook(void *instance, struct gamut_call *c)
{
  (void)instance;
  if (c->event == GAMUT_EV_REPLY)
    c->host->json_set_str(c->state, "key",
                          c->host->json_str(c->reply->json, "key", ""));
  return c->host->json_str(c->state, "key", NULL) ? conclude(c)
                                                  : get(c, PUBLIC, "/public");
}

static const struct gamut_models models_table = {
  .struct_size = sizeof(models_table), .flags = GAMUT_QUERY_OPEN, .list = list
};
static const struct gamut_account account_table = { .struct_size =
                                                      sizeof(account_table),
                                                    .balance = balance,
                                                    .keys = set_key,
                                                    .health = no_answer };
static const struct gamut_webhook webhook_table = { .struct_size =
                                                      sizeof(webhook_table),
                                                    .verify = webhook };

static const struct gamut_embed embed_table = { .struct_size =
                                                  sizeof(embed_table),
                                                .dimensions = 2,
                                                .model = "two",
                                                .embed = embed };

static const void *extension(const char *id)
{
  if (strcmp(id, GAMUT_EXT_MODELS) == 0)
    return &models_table;
  if (strcmp(id, GAMUT_EXT_ACCOUNT) == 0)
    return &account_table;
  if (strcmp(id, GAMUT_EXT_EMBED) == 0)
    return &embed_table;
  return strcmp(id, GAMUT_EXT_WEBHOOK) == 0 ? &webhook_table : NULL;
}

static const struct gamut_provider asker = {
  .struct_size = sizeof(asker),
  .name = "asker",
  .base_url = "https://asker.test",
  .error_path = "message",
  .keys = GAMUT_TABLE(keys),
  .credentials = GAMUT_TABLE(credentials),
  .phases = GAMUT_TABLE(phases),
  .step = no_answer,
  .extension = extension,
};

static const struct answer answers[] = {
  SAYS("GET /asker/models?2", "{\"items\":[{\"id\":\"c\"}]}"),
  { "GET /asker/models", 1, 503, "{}", NULL, 0 },
  SAYS("GET /asker/models",
       "{\"items\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"next\":\"/models?2\"}"),
  SAYS("GET /asker/balance/1",
       "{\"part\":1,\"balances\":[{\"name\":\"x\"}],\"limits\":[]}"),
  SAYS("GET /asker/balance/2",
       "{\"part\":2,\"balances\":[{\"name\":\"y\",\"remaining\":3}]}"),
  SAYS_TIMES(1, "PUT /asker/keys", "{\"keys\":[]}"),
  { "PUT /asker/keys", 0, 400, "{\"message\":\"bad key sk-\\\"abcd\"}", NULL,
    0 },
  SAYS_TIMES(1, "POST /asker/embed",
             "{\"vectors\":[[3,4],[0,-2]],\"more\":{\"tokens\":7}}"),
  { "POST /asker/embed", 1, 503, "{}", NULL, 0 },
  { "POST /asker/embed", 0, SCRIPT_RESET, NULL, NULL, 0 },
  SAYS("GET /asker/public", "{\"key\":\"j1\"}"),
};

static void open_asker(struct fix *f, uint32_t flags, bool key)
{
  fix_open(f, answers, GM_LEN(answers), flags);
  fix_provider(f, &asker);
  if (key)
    fix_set(f, "asker.api_key", "key-1");
}

static void ck_answer(struct fix *f, const char *what, const char *want)
{
  char *json = NULL;

  ck_assert_msg(gamut_ask(f->g, "asker", what, NULL, NULL, &json, &f->err) == 0,
                "%s: %s", what, f->err.message);
  ck_assert_str_eq(json, want);
  gamut_string_free(json);
}

START_TEST(pages_are_joined)
{
  struct fix f;

  open_asker(&f, _i ? GAMUT_THREAD : 0, true);
  ck_answer(&f, "models", "[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]");
  ck_answer(&f, "balance",
            "{\"part\":2,\"balances\":[{\"name\":\"x\"},{\"name\":\"y\","
            "\"remaining\":3}],\"limits\":[]}");
  ck_assert_str_eq(
    script_header(f.script, "GET /asker/models", 0, "authorization"),
    "Bearer key-1");
  fix_close(&f);
}
END_TEST

/* The length says that the secret is in the body, escaped. */
START_TEST(secret_goes_to_the_vendor_alone)
{
  const char *arguments = "{\"action\":\"set\",\"name\":\"n\"}";
  const char *secret = "sk-\"abcd";
  struct fix f;
  char *json = NULL;

  open_asker(&f, 0, true);
  ck_assert_int_eq(
    gamut_ask(f.g, "asker", "keys", arguments, secret, &json, &f.err), 0);
  ck_assert_str_eq(json, "{\"keys\":[]}");
  gamut_string_free(json);
  ck_assert_str_eq(
    script_header(f.script, "PUT /asker/keys", 0, "content-length"),
    "30"); /* {"name":"n","key":"sk-\"abcd"} */
  ck_assert_int_eq(
    gamut_ask(f.g, "asker", "keys", arguments, secret, &json, &f.err),
    GAMUT_E_INVALID);
  ck_assert_str_eq(f.err.message, "asker: bad key *** (HTTP 400)");
  ck_assert_int_eq(
    gamut_ask(f.g, "asker", "keys", arguments, NULL, &json, &f.err),
    GAMUT_E_AUTH);
  ck_assert_int_eq(script_count(f.script, "PUT /asker/keys"), 2);
  fix_close(&f);
}
END_TEST

/* A text is embedded for money: what may have run is not asked for again, and
 * no process is to take the question up. */
START_TEST(vectors_are_paid_once)
{
  struct fix f;
  char *json = NULL;

  open_asker(&f, 0, true);
  ck_answer(&f, "embed",
            "{\"vectors\":[\"mpkZP83MTD8=\",\"AAAAAAAAgL8=\"],\"tokens\":7}");
  ck_assert_int_eq(gamut_ask(f.g, "asker", "embed", NULL, NULL, &json, &f.err),
                   GAMUT_E_UNKNOWN);
  ck_assert_int_eq(script_count(f.script, "POST /asker/embed"), 3);
  ck_assert_int_eq(gamut_jobs(f.g, NULL, &json, &f.err), 0);
  ck_assert_str_eq(json, "[]");
  gamut_string_free(json);
  fix_close(&f);
}
END_TEST

static const struct {
  const char *provider, *what, *arguments, *part;
  int32_t error_class;
} refusals[] = {
  { "asker", "usage", NULL, "asker has no 'usage'", GAMUT_E_UNSUPPORTED },
  { "asker", "weather", NULL, "'weather' is no question", GAMUT_E_INVALID },
  { "asker", "balance", "[]", "no JSON object", GAMUT_E_INVALID },
  { "asker", "balance", NULL, "ASKER_KEY", GAMUT_E_AUTH },
  { "asker", "health", NULL, "ASKER_KEY", GAMUT_E_AUTH },
  { "nobody", "models", NULL, "nobody", GAMUT_E_NOT_FOUND },
};

START_TEST(refused)
{
  struct fix f;
  char *json = NULL;

  open_asker(&f, 0, false);
  ck_assert_int_eq(gamut_ask(f.g, refusals[_i].provider, refusals[_i].what,
                             refusals[_i].arguments, NULL, &json, &f.err),
                   refusals[_i].error_class);
  ck_assert_msg(strstr(f.err.message, refusals[_i].part) != NULL, "%s",
                f.err.message);
  ck_answer(&f, "models", "[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]");
  fix_close(&f);
}
END_TEST

START_TEST(no_answer_is_a_fault)
{
  struct fix f;
  char *json = NULL;

  open_asker(&f, 0, true);
  ck_assert_int_eq(gamut_ask(f.g, "asker", "health", NULL, NULL, &json, &f.err),
                   GAMUT_E_PLUGIN);
  fix_close(&f);
}
END_TEST

/* Of "m1." and BODY. */
#define HEX  "68b176c0d463e3f4812f7f6da6640bb1c7008a5a435dd04c5cfd23cb8b9b970b"
#define B64  "1Te1sFQFeYMmmDWuyVY5th5El94IFoK5OrDJpDASByE="
#define BODY "{\"id\":\"j1\"}"
static const struct {
  const char *name, *secret, *signature, *body;
  int32_t error_class;
} deliveries[] = {
  { "hex", "plain-secret", HEX, BODY, 0 },
  { "base64", "whsec_dGFnZ2Vk", B64, BODY, 0 },
  { "other body", "plain-secret", HEX, "{\"id\":\"j2\"}", GAMUT_E_AUTH },
  { "no signature", "plain-secret", NULL, BODY, GAMUT_E_AUTH },
  { "junk", "plain-secret", "zz", BODY, GAMUT_E_AUTH },
  { "no secret", NULL, HEX, BODY, GAMUT_E_AUTH },
  { "bad secret", "whsec_=", B64, BODY, GAMUT_E_AUTH },
};

START_TEST(delivery)
{
  const char *headers[] = { "Hook-Id", "m1", "HOOK-SIGNATURE",
                            deliveries[_i].signature, NULL };
  struct fix f;
  char *json = NULL;
  int k;

  open_asker(&f, 0, false);
  if (deliveries[_i].secret)
    fix_set(&f, "asker.hook_secret", deliveries[_i].secret);
  for (k = 0; k < 2; k++) {
    int32_t rc =
      gamut_webhook_verify(f.g, "asker", headers, deliveries[_i].body,
                           strlen(deliveries[_i].body), &json, &f.err);

    if (rc == GAMUT_E_UNSUPPORTED) /* a build without libcrypto */
      break;
    ck_assert_msg(rc == deliveries[_i].error_class, "%s: %s",
                  deliveries[_i].name, f.err.message);
    if (rc == 0) {
      ck_assert_str_eq(json, "{\"job\":\"j1\"}");
      gamut_string_free(json);
      ck_assert_int_eq(script_count(f.script, "GET /asker/public"), 1);
    }
  }
  fix_close(&f);
}
END_TEST

static const struct {
  const char *body;
  size_t len;
} bodies[] = { { "a\0b", 3 }, { "\xff", 1 } };

START_TEST(body_is_text)
{
  struct fix f;
  char *json = NULL;

  open_asker(&f, 0, false);
  ck_assert_int_eq(gamut_webhook_verify(f.g, "asker", NULL, bodies[_i].body,
                                        bodies[_i].len, &json, &f.err),
                   GAMUT_E_INVALID);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("query");

  tcase_add_loop_test(tc, pages_are_joined, 0, 2);
  tcase_add_test(tc, secret_goes_to_the_vendor_alone);
  tcase_add_test(tc, vectors_are_paid_once);
  tcase_add_loop_test(tc, refused, 0, GM_LEN(refusals));
  tcase_add_test(tc, no_answer_is_a_fault);
  tcase_add_loop_test(tc, delivery, 0, GM_LEN(deliveries));
  tcase_add_loop_test(tc, body_is_text, 0, GM_LEN(bodies));
  return unit_run("query", tc);
}
