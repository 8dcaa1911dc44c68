/* test_backup.c - a vendor's second server: it is asked once, with everything
 * that the first would have got, when no connection to the first came up; and
 * never when one did.  Both are one server here, under two names. */
#include "engine/vendor.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PNG64                                                                  \
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPj/HwADAgH/"   \
  "5q9N2gAAAABJRU5ErkJggg=="

enum { SUBMIT, POLL };
static const char *const phases[] = { "submit", "poll" };
static const struct gamut_key keys[] = {
  { .name = "api_key", .type = GAMUT_STRING, .flags = GAMUT_KEY_SECRET },
};
static const struct gamut_credential credentials[] = {
  { NULL, "authorization", "Key {api_key}" },
};
static struct gamut_backup backups[1];

static int32_t step(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x), .method = "POST" };
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };
  const struct gamut_host *h = c->host;

  (void)instance;
  x.phase = c->event == GAMUT_EV_START ? SUBMIT : POLL;
  if (c->event == GAMUT_EV_START) {
    x.url = "/jobs?tag=1";
    x.json = c->request;
    x.flags = GAMUT_HTTP_BILLABLE;
    return h->http(c, &x);
  }
  if (c->phase == SUBMIT) {
    x.url = "/jobs/1";
    x.method = "GET";
    return h->http(c, &x);
  }
  a.url = h->json_str(c->reply->json, "url", NULL);
  h->artifact(c, &a);
  return h->done(c);
}

static const struct gamut_provider twin = {
  .struct_size = sizeof(twin),
  .name = "twin",
  .base_url = "https://twin.test",
  .keys = GAMUT_TABLE(keys),
  .credentials = GAMUT_TABLE(credentials),
  .phases = GAMUT_TABLE(phases),
  .step = step,
  .backups = GAMUT_TABLE(backups),
};

#define POST "POST /b/jobs?tag=1"
#define GET  "GET /b/jobs/1"

/* A port of loopback that nobody listens on. */
static int dead_port(void)
{
  struct sockaddr_in a = { .sin_family = AF_INET,
                           .sin_addr = { htonl(INADDR_LOOPBACK) } };
  socklen_t len = sizeof(a);
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  ck_assert_int_eq(bind(fd, (struct sockaddr *)(void *)&a, len), 0);
  ck_assert_int_eq(getsockname(fd, (struct sockaddr *)(void *)&a, &len), 0);
  close(fd);
  return ntohs(a.sin_port);
}

static int port_of(struct fix *f)
{
  char url[64];

  return atoi(strrchr(script_url(f->script, "", url, sizeof(url)), ':') + 1);
}

/* The provider with its servers: the first one's port and the second one's,
 * both on loopback, under names that differ. */
static void open_twins(struct fix *f, const struct answer *answers, size_t n,
                       bool first_alive, bool second_alive)
{
  static char first[64], second[64], base[80];

  fix_open(f, answers, n, 0);
  snprintf(first, sizeof(first), "http://127.0.0.1:%d",
           first_alive ? port_of(f) : dead_port());
  snprintf(second, sizeof(second), "http://localhost:%d",
           second_alive ? port_of(f) : dead_port());
  snprintf(base, sizeof(base), "%s/b", first);
  backups[0] = (struct gamut_backup){ first, second };
  ck_assert_int_eq(gamut_register_provider(f->g, &twin, &f->err), 0);
  fix_set(f, "twin.base_url", base);
  fix_set(f, "twin.api_key", "s3cret-s3cret");
  fix_set(f, "retry_attempts", "2");
  gamut_want_events(f->g, 1);
}

struct heard {
  int times;
  char why[512];
};

static struct gamut_result *run(struct fix *f, struct heard *heard)
{
  struct gamut_request *r =
    fix_request("twin:m", "x", "resubmit", "never", NULL);
  const struct gamut_event *e;

  *heard = (struct heard){ 0 };
  ck_assert_int_eq(gamut_submit(f->g, r, NULL, NULL, NULL, &f->err), 0);
  gamut_request_free(r);
  while ((e = gamut_next_event(f->g, -1))->type != GAMUT_EVENT_DONE) {
    if (e->type != GAMUT_EVENT_RETRY || !strstr(e->text, "backup"))
      continue;
    heard->times++;
    snprintf(heard->why, sizeof(heard->why), "%s", e->text);
  }
  return e->result;
}

START_TEST(nobody_listens_at_the_first)
{
  const struct answer answers[] = {
    SAYS(POST, "{}"),
    SAYS(GET, "{\"url\": \"data:image/png;base64," PNG64 "\"}"),
  };
  struct gamut_result *result;
  struct heard heard;
  struct fix f;

  open_twins(&f, answers, GM_LEN(answers), false, true);
  result = run(&f, &heard);
  ck_class(result, 0);
  ck_assert_int_eq(script_count(f.script, POST), 1);
  ck_assert_int_eq(script_count(f.script, GET), 1);
  ck_assert_str_eq(script_header(f.script, POST, 0, "authorization"),
                   "Key s3cret-s3cret");
  ck_assert_str_eq(script_header(f.script, GET, 0, "authorization"),
                   "Key s3cret-s3cret");
  ck_assert(
    strncmp(script_header(f.script, POST, 0, "host"), "localhost:", 10) == 0);
  ck_assert_int_eq(heard.times, 2);
  ck_assert_ptr_nonnull(strstr(heard.why, "cannot connect to http://127."));
  ck_assert_ptr_nonnull(strstr(heard.why, "http://localhost:"));
  ck_assert_int_eq(gamut_result_attempt(result, 0)->tries, 1);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

START_TEST(nobody_listens_at_all)
{
  struct gamut_result *result;
  struct heard heard;
  struct fix f;

  open_twins(&f, NULL, 0, false, false);
  result = run(&f, &heard);
  ck_class(result, GAMUT_E_TRANSPORT);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  ck_assert_int_eq(heard.times, 2); /* once in each of two attempts */
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* A connection came up: whatever happens on it, the second is not asked. */
static const struct {
  const char *name;
  struct answer answer;
  int32_t error_class;
  int posts;
} met[] = {
  { "reset", { POST, 0, SCRIPT_RESET, NULL, NULL, 0 }, GAMUT_E_UNKNOWN, 1 },
  { "closed", { POST, 0, SCRIPT_CLOSE, NULL, NULL, 0 }, GAMUT_E_UNKNOWN, 1 },
  { "busy", { POST, 0, 503, "<html>", NULL, 0 }, GAMUT_E_PROVIDER, 2 },
  { "refused", { POST, 0, 400, "{}", NULL, 0 }, GAMUT_E_INVALID, 1 },
};

START_TEST(never_after_a_connection)
{
  const struct answer answers[] = { met[_i].answer };
  struct gamut_result *result;
  struct heard heard;
  struct fix f;
  int i;

  open_twins(&f, answers, 1, true, true);
  result = run(&f, &heard);
  ck_class(result, met[_i].error_class);
  ck_assert_int_eq(heard.times, 0);
  ck_assert_msg(script_count(f.script, POST) == met[_i].posts, "%s: %d",
                met[_i].name, script_count(f.script, POST));
  for (i = 0; i < met[_i].posts; i++)
    ck_assert(strncmp(script_header(f.script, POST, i, "host"), "127.", 4) ==
              0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* What the second does counts as what the first would have done. */
START_TEST(the_second_breaks)
{
  const struct answer answers[] = { { POST, 0, SCRIPT_RESET, "", NULL, 0 } };
  struct gamut_result *result;
  struct heard heard;
  struct fix f;

  open_twins(&f, answers, GM_LEN(answers), false, true);
  result = run(&f, &heard);
  ck_class(result, GAMUT_E_UNKNOWN);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 1);
  ck_assert_int_eq(script_count(f.script, POST), 1);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("backup");

  tcase_add_test(tc, nobody_listens_at_the_first);
  tcase_add_test(tc, nobody_listens_at_all);
  tcase_add_loop_test(tc, never_after_a_connection, 0, GM_LEN(met));
  tcase_add_test(tc, the_second_breaks);
  return unit_run("backup", tc);
}
