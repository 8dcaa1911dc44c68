/* test_listen.c - deliveries wake the job that waits: over HTTP and by a call.
 *
 * The provider polls once an hour, so a job that ends within the test was
 * woken.  A delivery is {"id", "state", "n"}, signed in the header hook-sign.
 */
#include "base/clock.h"
#include "engine/vendor.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SUBMIT, POLL, PUBLIC };
static const char *const phases[] = { "submit", "poll", "public" };
static const struct gamut_key keys[] = {
  { .name = "hook_secret",
    .env = "HOOKED_SECRET",
    .type = GAMUT_STRING,
    .flags = GAMUT_KEY_SECRET },
};
static uint32_t poll_ms = 3600000;

static int32_t ask(struct gamut_call *c, int32_t phase, const char *method,
                   const char *url, uint32_t delay_ms)
{
  struct gamut_http x = { .struct_size = sizeof(x) };

  x.phase = phase;
  x.method = method;
  x.url = url;
  x.delay_ms = delay_ms;
  x.flags = phase == SUBMIT ? GAMUT_HTTP_BILLABLE : 0;
  return c->host->http(c, &x);
}

static int32_t step(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };

  (void)instance;
  if (c->event == GAMUT_EV_START)
    return ask(c, SUBMIT, "POST", "/jobs", 0);
  if (c->phase == SUBMIT) {
    h->fact(c, "request_id", "some other id");
    h->fact(c, "vendor_job", h->json_str(c->reply->json, "id", ""));
  }
  a.url = h->json_str(c->reply->json, "url", NULL);
  if (!a.url)
    return ask(c, POLL, "GET", "/jobs/1", poll_ms);
  h->artifact(c, &a);
  return h->done(c);
}

static int32_t verify(void *instance, struct gamut_call *c)
{
  const struct gamut_host *h = c->host;
  const char *text = h->json_str(c->request, "body", "");
  const struct gamut_json *body = h->json_parse(c, text, strlen(text));
  struct gamut_signature s = { .struct_size = sizeof(s), .alg = "same" };
  struct gamut_json *o = h->json_object(c);

  (void)instance;
  if (c->event == GAMUT_EV_START && h->json_get(body, "slow"))
    return ask(c, PUBLIC, "GET", "/public", 0);
  s.secret = "hook_secret";
  s.signature = h->json_str(c->request, "headers/hook-sign", NULL);
  if (h->verify(c, &s))
    return h->fail(c, GAMUT_E_AUTH, "another secret");
  h->json_set_str(o, "job", h->json_str(body, "id", NULL));
  h->json_set_str(o, "state", h->json_str(body, "state", NULL));
  h->json_set_str(o, "delivery", h->json_str(body, "n", NULL));
  h->answer(c, o);
  return h->done(c);
}

static const struct gamut_webhook webhook = { .struct_size = sizeof(webhook),
                                              .verify = verify };

static const void *extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_WEBHOOK) == 0 ? &webhook : NULL;
}

static const struct gamut_provider hooked = {
  .struct_size = sizeof(hooked),
  .name = "hooked",
  .base_url = "https://hooked.test",
  .keys = GAMUT_TABLE(keys),
  .phases = GAMUT_TABLE(phases),
  .step = step,
  .extension = extension,
};

static const struct answer at_once[] = {
  SAYS("POST /hooked/jobs", "{\"id\":\"v1\"}"),
  SAYS("GET /hooked/jobs/1", "{\"url\":\"$/png\"}"),
  { "GET /hooked/public", 0, SCRIPT_HOLD, NULL, NULL, 0 },
  SAYS("GET /png", "@png"),
};
static const struct answer second_time[] = {
  SAYS("POST /hooked/jobs", "{\"id\":\"v1\"}"),
  SAYS_TIMES(1, "GET /hooked/jobs/1", "{}"),
  SAYS("GET /hooked/jobs/1", "{\"url\":\"$/png\"}"),
  SAYS("GET /png", "@png"),
};

#define SECRET "open sesame"
#define POLLS  "GET /hooked/jobs/1"

static uint32_t port;

static void open_hooked(struct fix *f, const struct answer *rows, size_t n,
                        bool listens)
{
  const char *const names[] = { "hooked", NULL };

  poll_ms = 3600000;
  fix_open(f, rows, n, GAMUT_THREAD);
  fix_provider(f, &hooked);
  fix_set(f, "hooked.hook_secret", SECRET);
  gamut_want_events(f->g, 1);
  if (listens)
    ck_assert_msg(gamut_listen(f->g, 0, names, &port, &f->err) == 0, "%s",
                  f->err.message);
}

/* A job that waits for its poll. */
static void begin_job(struct fix *f, char id[GAMUT_ID_SIZE])
{
  struct gamut_request *r = fix_request("hooked:m", "x", NULL);
  const struct gamut_event *e;

  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
  do
    e = gamut_next_event(f->g, -1);
  while (e->type != GAMUT_EVENT_STATE || strcmp(e->text, "waiting") != 0);
}

static int dial(void)
{
  struct sockaddr_in at = { .sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port) };
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
  return fd;
}

static void say(int fd, const char *path, const char *sign, const char *body)
{
  char text[1000];
  int n = snprintf(text, sizeof(text),
                   "POST %s HTTP/1.1\r\nHost: x\r\nHook-Sign: %s\r\n"
                   "Content-Length: %zu\r\n\r\n%s",
                   path, sign, strlen(body), body);

  ck_assert_int_eq(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
}

static int hear(int fd)
{
  char text[1000];
  size_t len = 0;
  ssize_t n;

  while ((n = recv(fd, text + len, sizeof(text) - 1 - len, 0)) > 0)
    len += (size_t)n;
  text[len] = '\0';
  close(fd);
  ck_assert_msg(strncmp(text, "HTTP/1.1 ", 9) == 0, "heard '%s'", text);
  return (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
}

static int deliver(const char *path, const char *sign, const char *body)
{
  int fd = dial();

  say(fd, path, sign, body);
  return hear(fd);
}

#define BODY(n) "{\"id\":\"v1\",\"state\":\"completed\",\"n\":\"" n "\"}"

static void ck_completed(struct fix *f, const char *id)
{
  struct gamut_result *result = fix_wait(f, id);

  ck_assert_int_eq(gamut_result_status(result), GAMUT_COMPLETED);
  gamut_result_free(result);
}

START_TEST(a_delivery_wakes_the_job)
{
  const struct gamut_event *e;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  open_hooked(&f, at_once, GM_LEN(at_once), true);
  begin_job(&f, id);
  ck_assert_int_eq(script_count(f.script, POLLS), 0);
  ck_assert_int_eq(deliver("/hooked", SECRET, BODY("d1")), 200);
  do
    e = gamut_next_event(f.g, -1);
  while (e->type != GAMUT_EVENT_DELIVERY);
  ck_assert_str_eq(e->id, id);
  ck_assert_str_eq(e->provider, "hooked");
  ck_assert_int_eq(e->number, 200);
  ck_assert_msg(strstr(e->text, "\"repeated\":false") != NULL, "%s", e->text);
  ck_completed(&f, id);
  ck_assert_int_eq(script_count(f.script, POLLS), 1);
  fix_close(&f);
}
END_TEST

static const struct {
  const char *name, *path, *sign, *body;
  int status;
} no_wake[] = {
  { "forged", "/hooked", "open sesamy", BODY("d"), 401 },
  { "unsigned", "/hooked", "", BODY("d"), 401 },
  { "another job", "/hooked", SECRET,
    "{\"id\":\"v2\",\"state\":\"failed\",\"n\":\"d\"}", 200 },
  { "not over yet", "/hooked", SECRET,
    "{\"id\":\"v1\",\"state\":\"running\",\"n\":\"d\"}", 200 },
  { "by the other id", "/hooked", SECRET,
    "{\"id\":\"some other id\",\"state\":\"completed\",\"n\":\"d\"}", 200 },
  { "no text", "/hooked", SECRET, "\xff", 400 },
  { "another path", "/hooked/x", SECRET, BODY("d"), 404 },
  { "no path", "/", SECRET, BODY("d"), 404 },
  { "one that is not listened to", "/a", SECRET, BODY("d"), 404 },
  { "nobody", "/nobody", SECRET, BODY("d"), 404 },
  { "odd", "/../hooked", SECRET, BODY("d"), 404 },
};

START_TEST(others_wake_nobody)
{
  char id[GAMUT_ID_SIZE];
  struct fix f;

  open_hooked(&f, at_once, GM_LEN(at_once), true);
  begin_job(&f, id);
  ck_assert_msg(deliver(no_wake[_i].path, no_wake[_i].sign, no_wake[_i].body) ==
                  no_wake[_i].status,
                "%s", no_wake[_i].name);
  usleep(20000);
  ck_assert_int_eq(script_count(f.script, POLLS), 0);
  ck_assert_int_eq(deliver("/hooked/?x=1", SECRET, BODY("d1")), 200);
  ck_completed(&f, id);
  fix_close(&f);
}
END_TEST

/* The first one finds the job still running; its repetitions ask no more. */
START_TEST(repetitions_count_once)
{
  char id[GAMUT_ID_SIZE];
  struct fix f;
  int i;

  open_hooked(&f, second_time, GM_LEN(second_time), true);
  begin_job(&f, id);
  for (i = 0; i < 3; i++)
    ck_assert_int_eq(deliver("/hooked", SECRET, BODY("d1")), 200);
  script_wait(f.script, POLLS, 1);
  usleep(20000);
  ck_assert_int_eq(script_count(f.script, POLLS), 1);
  ck_assert_int_eq(deliver("/hooked", SECRET, BODY("d2")), 200);
  ck_completed(&f, id);
  ck_assert_int_eq(script_count(f.script, POLLS), 2);
  fix_close(&f);
}
END_TEST

START_TEST(a_lost_delivery_loses_nothing)
{
  char id[GAMUT_ID_SIZE];
  struct fix f;

  open_hooked(&f, at_once, GM_LEN(at_once), true);
  poll_ms = 20;
  begin_job(&f, id);
  ck_completed(&f, id);
  fix_close(&f);
}
END_TEST

/* Also from a program's own server, with and without a thread. */
START_TEST(a_call_delivers)
{
  const char *headers[] = { "Hook-Sign", SECRET, NULL };
  char id[GAMUT_ID_SIZE], want[200], *json = NULL;
  struct fix f;

  open_hooked(&f, at_once, GM_LEN(at_once), false);
  begin_job(&f, id);
  ck_assert_int_eq(gamut_webhook_deliver(f.g, "hooked", headers, BODY("d1"),
                                         strlen(BODY("d1")), &json, &f.err),
                   0);
  snprintf(want, sizeof(want),
           "{\"job\":\"v1\",\"state\":\"completed\",\"delivery\":\"d1\","
           "\"repeated\":false,\"woke\":\"%s\"}",
           id);
  ck_assert_str_eq(json, want);
  gamut_string_free(json);
  ck_assert_int_eq(gamut_webhook_deliver(f.g, "hooked", headers, BODY("d1"),
                                         strlen(BODY("d1")), &json, &f.err),
                   0);
  ck_assert_ptr_nonnull(strstr(json, "\"repeated\":true"));
  gamut_string_free(json);
  headers[1] = "x";
  ck_assert_int_eq(gamut_webhook_deliver(f.g, "hooked", headers, BODY("d2"),
                                         strlen(BODY("d2")), NULL, &f.err),
                   GAMUT_E_AUTH);
  ck_completed(&f, id);
  fix_close(&f);
}
END_TEST

START_TEST(crowd)
{
  char id[GAMUT_ID_SIZE], body[100];
  int fd[100], i;
  struct fix f;

  open_hooked(&f, at_once, GM_LEN(at_once), true);
  begin_job(&f, id);
  for (i = 0; i < (int)GM_LEN(fd); i++)
    fd[i] = dial();
  for (i = 0; i < (int)GM_LEN(fd); i++) {
    snprintf(body, sizeof(body), "{\"id\":\"x%d\",\"state\":\"failed\"}", i);
    say(fd[i], "/hooked", SECRET, body);
  }
  for (i = 0; i < (int)GM_LEN(fd); i++)
    ck_assert_int_eq(hear(fd[i]), 200);
  ck_assert_int_eq(deliver("/hooked", SECRET, BODY("d1")), 200);
  ck_completed(&f, id);
  fix_close(&f);
}
END_TEST

/* One is being checked, and asks the vendor for that. */
START_TEST(closed_in_the_middle)
{
  struct fix f;
  int fd;

  open_hooked(&f, at_once, GM_LEN(at_once), true);
  fd = dial();
  say(fd, "/hooked", SECRET, "{\"id\":\"v1\",\"slow\":true}");
  script_wait(f.script, "GET /hooked/public", 1);
  fix_close(&f);
  close(fd);
}
END_TEST

static const struct {
  const char *providers[3], *part;
  int32_t error_class;
} wishes[] = {
  { { "a" }, "a has no 'webhook'", GAMUT_E_UNSUPPORTED },
  { { "hooked", "nobody" }, "nobody", GAMUT_E_NOT_FOUND },
};

START_TEST(refused)
{
  struct fix f;

  open_hooked(&f, at_once, GM_LEN(at_once), false);
  ck_assert_int_eq(gamut_listen(f.g, 0, wishes[_i].providers, NULL, &f.err),
                   wishes[_i].error_class);
  ck_assert_msg(strstr(f.err.message, wishes[_i].part) != NULL, "%s",
                f.err.message);
  ck_assert_int_eq(gamut_listen(f.g, 65536, NULL, NULL, &f.err),
                   GAMUT_E_INVALID);
  ck_assert_int_eq(gamut_listen(f.g, 0, NULL, &port, &f.err), 0);
  ck_assert_int_eq(gamut_listen(f.g, 0, NULL, NULL, &f.err), GAMUT_E_INVALID);
  ck_assert_int_eq(deliver("/hooked", SECRET, BODY("d1")), 200);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("listen");

  tcase_add_test(tc, a_delivery_wakes_the_job);
  tcase_add_loop_test(tc, others_wake_nobody, 0, GM_LEN(no_wake));
  tcase_add_test(tc, repetitions_count_once);
  tcase_add_test(tc, a_lost_delivery_loses_nothing);
  tcase_add_test(tc, a_call_delivers);
  tcase_add_test(tc, crowd);
  tcase_add_test(tc, closed_in_the_middle);
  tcase_add_loop_test(tc, refused, 0, GM_LEN(wishes));
  return unit_run("listen", tc);
}
