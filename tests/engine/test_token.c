/* test_token.c - gamut.token/1: one fetch for many jobs, renewed when the
 * vendor refuses it, and told when there is none. */
#include "engine/timed.h"
#include <stdio.h>
#include <stdlib.h>

enum { JOB };
static const char *const phases[] = { "job" };
static const struct gamut_credential credentials[] = {
  { NULL, "authorization", "Bearer {@token}" },
  { NULL, "authorization", "Basic c2VjcmV0" },
};

/* POST /bearer/token -> {"token", "ttl"} */
static int32_t fetch(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x), .method = "POST" };
  const struct gamut_host *h = c->host;

  (void)instance;
  x.url = "/token";
  if (c->event == GAMUT_EV_START)
    return h->http(c, &x);
  h->token(c, h->json_str(c->reply->json, "token", NULL),
           (uint32_t)h->json_int(c->reply->json, "ttl", 0));
  return h->done(c);
}

/* GET /bearer/where first, where nobody may be. */
static int32_t fetch_here(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .flags = GAMUT_HTTP_PROBE | GAMUT_HTTP_DIRECT,
                          .method = "GET",
                          .url = "/where" };
  const struct gamut_host *h = c->host;

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return h->http(c, &x);
  if (c->reply->status == 0)
    return (h->fail)(c, GAMUT_E_AUTH, "nobody is there");
  h->token(c, "here", 60);
  return h->done(c);
}

static const struct gamut_token here = { .struct_size = sizeof(here),
                                         .token = fetch_here };

static const void *here_extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_TOKEN) == 0 ? &here : NULL;
}

static const struct gamut_token table = { .struct_size = sizeof(table),
                                          .token = fetch };

static const void *extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_TOKEN) == 0 ? &table : NULL;
}

static int32_t step(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x), .method = "POST" };
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };

  (void)instance;
  if (c->event == GAMUT_EV_START) {
    x.url = "/jobs";
    x.flags = GAMUT_HTTP_BILLABLE;
    return c->host->http(c, &x);
  }
  a.url = c->host->json_str(c->reply->json, "url", NULL);
  c->host->artifact(c, &a);
  return c->host->done(c);
}

static const struct gamut_provider bearer = {
  .struct_size = sizeof(bearer),
  .name = "bearer",
  .base_url = "https://bearer.test",
  .credentials = GAMUT_TABLE(credentials),
  .phases = GAMUT_TABLE(phases),
  .step = step,
  .extension = extension,
};

#define TOKEN    "POST /bearer/token"
#define JOBS     "POST /bearer/jobs"
#define GOOD_JOB SAYS(JOBS, "{\"url\":\"$/f.png\"}")

static void run_many(struct fix *f, int n, int32_t error_class)
{
  struct gamut_request *r = fix_request("bearer:m", "x", NULL);
  int i;

  for (i = 0; i < n; i++)
    ck_assert_int_eq(gamut_submit(f->g, r, NULL, NULL, NULL, &f->err), 0);
  gamut_request_free(r);
  while (n > 0) {
    const struct gamut_event *e = gamut_next_event(f->g, -1);

    if (e->type != GAMUT_EVENT_DONE)
      continue;
    ck_class(e->result, error_class);
    gamut_result_free(e->result);
    n--;
  }
}

START_TEST(shared)
{
  static const struct answer answers[] = {
    SAYS(TOKEN, "{\"token\":\"first-token\",\"ttl\":3600}"), GOOD_JOB, PICTURE
  };
  struct fix f;
  int i;

  fix_open(&f, answers, GM_LEN(answers), _i ? GAMUT_THREAD : 0);
  fix_provider(&f, &bearer);
  run_many(&f, 30, 0);
  run_many(&f, 5, 0);
  ck_assert_int_eq(script_count(f.script, TOKEN), 1);
  ck_assert_int_eq(script_count(f.script, JOBS), 35);
  for (i = 0; i < 35; i++)
    ck_assert_str_eq(script_header(f.script, JOBS, i, "authorization"),
                     "Bearer first-token");
  fix_close(&f);
}
END_TEST

/* A token that lives shortly is used all the same. */
START_TEST(short_lived)
{
  static const struct answer answers[] = {
    SAYS(TOKEN, "{\"token\":\"short-token\",\"ttl\":30}"), GOOD_JOB, PICTURE
  };
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_provider(&f, &bearer);
  run_many(&f, 3, 0);
  ck_assert_int_eq(script_count(f.script, TOKEN), 1);
  fix_close(&f);
}
END_TEST

static const struct {
  int status;
  int32_t error_class;
} probes[] = {
  { 200, 0 },
  { SCRIPT_RESET, GAMUT_E_AUTH },
  { SCRIPT_CLOSE, GAMUT_E_AUTH },
  { 503, GAMUT_E_PROVIDER }, /* somebody is there */
};

START_TEST(probed)
{
  struct answer answers[] = { { "GET /bearer/where", 0, probes[_i].status, "{}",
                                NULL, 0 },
                              GOOD_JOB,
                              PICTURE };
  struct gamut_provider p = bearer;
  struct fix f;

  p.extension = here_extension;
  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_provider(&f, &p);
  run_many(&f, 2, probes[_i].error_class);
  ck_assert_int_eq(script_count(f.script, "GET /bearer/where"),
                   probes[_i].status == 503 ? 3 : 1);
  fix_close(&f);
}
END_TEST

/* What is on this machine is not asked for through a proxy, where nobody is
 * here; all else is. */
START_TEST(past_the_proxy)
{
  static const struct answer answers[] = { SAYS("GET /bearer/where", "{}"),
                                           GOOD_JOB, PICTURE };
  struct gamut_provider p = bearer;
  struct fix f;

  p.extension = here_extension;
  setenv("http_proxy", "http://127.0.0.1:9", 1);
  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_provider(&f, &p);
  run_many(&f, 1, GAMUT_E_TRANSPORT);
  ck_assert_int_eq(script_count(f.script, "GET /bearer/where"), 1);
  ck_assert_int_eq(script_count(f.script, JOBS), 0);
  fix_close(&f);
}
END_TEST

START_TEST(renewed)
{
  static const struct answer answers[] = {
    SAYS_TIMES(1, TOKEN, "{\"token\":\"first-token\",\"ttl\":3600}"),
    SAYS(TOKEN, "{\"token\":\"second-token\",\"ttl\":3600}"),
    { JOBS, 1, 401, "{}", NULL, 0 },
    GOOD_JOB,
    PICTURE
  };
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_provider(&f, &bearer);
  run_many(&f, 1, 0);
  ck_assert_int_eq(script_count(f.script, TOKEN), 2);
  ck_assert_int_eq(script_count(f.script, JOBS), 2);
  ck_assert_str_eq(script_header(f.script, JOBS, 1, "authorization"),
                   "Bearer second-token");
  fix_close(&f);
}
END_TEST

/* Once; then it is the key that is wrong. */
START_TEST(refused)
{
  static const struct answer answers[] = {
    SAYS(TOKEN, "{\"token\":\"any-token\",\"ttl\":3600}"),
    { JOBS, 0, 401, "{}", NULL, 0 }
  };
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_provider(&f, &bearer);
  run_many(&f, 1, GAMUT_E_AUTH);
  ck_assert_int_eq(script_count(f.script, TOKEN), 2);
  ck_assert_int_eq(script_count(f.script, JOBS), 2);
  fix_close(&f);
}
END_TEST

static const struct {
  struct answer token;
  int32_t error_class;
  int fetches;
} failures[] = {
  { { TOKEN, 0, 403, "{}", NULL, 0 }, GAMUT_E_PERMISSION, 1 },
  { { TOKEN, 0, 500, "{}", NULL, 0 }, GAMUT_E_PROVIDER, 3 },
  { SAYS(TOKEN, "{}"), GAMUT_E_PROTOCOL, 3 },
};

/* All that wait fail, and the next fetches anew. */
START_TEST(none)
{
  struct answer answers[] = { failures[_i].token, GOOD_JOB };
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_provider(&f, &bearer);
  run_many(&f, 5, failures[_i].error_class);
  ck_assert_int_eq(script_count(f.script, TOKEN), failures[_i].fetches);
  ck_assert_int_eq(script_count(f.script, JOBS), 0);
  run_many(&f, 1, failures[_i].error_class);
  ck_assert_int_eq(script_count(f.script, TOKEN), 2 * failures[_i].fetches);
  fix_close(&f);
}
END_TEST

/* ---- no token for what has left ------------------------------------------ */

/* "keyed": the submit may be sent again; else the vendor is asked for it. */
static int32_t step_on(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x), .method = "POST" };
  const struct gamut_host *h = c->host;
  int keyed = strcmp(h->json_str(c->request, "prompt", ""), "keyed") == 0;

  (void)instance;
  x.url = "/jobs";
  x.flags = GAMUT_HTTP_BILLABLE | (keyed ? GAMUT_HTTP_KEYED : 0);
  if (c->event == GAMUT_EV_START)
    return h->http(c, &x);
  x = (struct gamut_http){ .struct_size = sizeof(x), .method = "GET" };
  x.url = "/jobs/1";
  x.delay_ms = 1100; /* as long as the token is good */
  return h->http(c, &x);
}

/* The token for the next exchange is not to be had, which says nothing of the
 * one before: no other link makes what the vendor has, or may have. */
static const struct {
  const char *prompt;
  int status; /* of the submit */
  int32_t error_class;
} gone[] = {
  { "keyed", SCRIPT_RESET, GAMUT_E_UNKNOWN },
  { "x", 200, GAMUT_E_PERMISSION },
};

START_TEST(gone_meanwhile)
{
  struct answer answers[] = {
    SAYS_TIMES(1, TOKEN, "{\"token\":\"first-token\",\"ttl\":1}"),
    { TOKEN, 0, 403, "{}", NULL, 0 },
    { JOBS, 1, gone[_i].status, "{}", NULL, 0 },
    GOOD_JOB,
    SAYS("POST /a/jobs", MADE),
    PICTURE,
  };
  struct gamut_provider p = bearer;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  p.step = step_on;
  timed_open(&f, answers, GM_LEN(answers));
  fix_provider(&f, &p);
  fix_set(&f, "retry_max_wait", "4s");
  timed_submit(&f, fix_request("bearer:m a:m", gone[_i].prompt, NULL), id);
  timed_until_asked(&f, JOBS, 1);
  gm_clock_advance(2000);
  result = timed_result(&f, id);
  ck_class(result, gone[_i].error_class);
  ck_assert(gamut_result_maybe_charged(result));
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  ck_assert_int_eq(script_count(f.script, "POST /a/jobs"), 0);
  timed_close(&f);
}
END_TEST

static void count(void *user, struct gamut_result *result)
{
  ck_assert_int_eq(gamut_result_status(result), GAMUT_DETACHED);
  gamut_result_free(result);
  ++*(int *)user;
}

START_TEST(close_while_fetching)
{
  static const struct answer answers[] = { { TOKEN, 0, SCRIPT_HOLD, NULL, NULL,
                                             0 } };
  struct gamut_request *r = fix_request("bearer:m", "x", NULL);
  int n = 0, i;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), _i ? GAMUT_THREAD : 0);
  fix_provider(&f, &bearer);
  for (i = 0; i < 4; i++)
    ck_assert_int_eq(gamut_submit(f.g, r, count, &n, NULL, &f.err), 0);
  gamut_request_free(r);
  while (script_count(f.script, TOKEN) == 0)
    gamut_step(f.g, 1);
  fix_close(&f);
  ck_assert_int_eq(n, 4);
}
END_TEST

/* Where vendors are told of the trace, its token is asked for in it, too. */
START_TEST(in_the_trace)
{
#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
  static const struct answer answers[] = {
    SAYS(TOKEN, "{\"token\":\"first-token\",\"ttl\":3600}"), GOOD_JOB, PICTURE
  };
  char of_token[64];
  struct fix f;

  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9", 1);
  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_provider(&f, &bearer);
  fix_set(&f, "propagate_trace", "yes");
  gamut_result_free(
    fix_run(&f, fix_request("bearer:m", "x", "traceparent",
                            "00-" TRACE "-00f067aa0ba902b7-01", NULL)));
  snprintf(of_token, sizeof(of_token), "%s",
           script_header(f.script, TOKEN, 0, "traceparent"));
  ck_assert_int_eq(strncmp(of_token, "00-" TRACE "-", 36), 0);
  ck_assert_int_eq(strncmp(script_header(f.script, JOBS, 0, "traceparent"),
                           "00-" TRACE "-", 36),
                   0);
  ck_assert_str_ne(of_token, script_header(f.script, JOBS, 0, "traceparent"));
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("token");

  tcase_add_loop_test(tc, shared, 0, 2);
  tcase_add_test(tc, short_lived);
  tcase_add_loop_test(tc, probed, 0, GM_LEN(probes));
  tcase_add_test(tc, past_the_proxy);
  tcase_add_test(tc, renewed);
  tcase_add_test(tc, refused);
  tcase_add_loop_test(tc, gone_meanwhile, 0, GM_LEN(gone));
  tcase_add_loop_test(tc, none, 0, GM_LEN(failures));
  tcase_add_loop_test(tc, close_while_fetching, 0, 2);
  tcase_add_test(tc, in_the_trace);
  return unit_run("token", tc);
}
