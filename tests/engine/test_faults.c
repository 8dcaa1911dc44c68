/* test_faults.c - providers that break a rule, in the middle of jobs: each ends
 * with a sentence that names the fault, other jobs go on, and what a vendor may
 * have begun meanwhile is not begun elsewhere. */
#include "engine/vendor.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FIRST, SECOND };
static const char *const phases[] = { "first", "second" };

static int32_t get(struct gamut_call *c, int32_t phase, uint32_t flags)
{
  struct gamut_http x = { .struct_size = sizeof(x) };

  x.phase = phase;
  x.flags = flags;
  x.method = flags & GAMUT_HTTP_BILLABLE ? "POST" : "GET";
  x.url = "/x";
  return c->host->http(c, &x);
}

static int32_t no_end(struct gamut_call *c)
{
  (void)c;
  return 0;
}

static int32_t two_ends(struct gamut_call *c)
{
  get(c, FIRST, 0);
  return c->host->done(c);
}

static int32_t endless(struct gamut_call *c)
{
  return get(c, FIRST, 0);
}

static int32_t unknown_phase(struct gamut_call *c)
{
  return get(c, 2, 0);
}

static int32_t no_perform(struct gamut_call *c)
{
  return c->host->work(c);
}

static int32_t blames_nobody(struct gamut_call *c)
{
  return c->host->fail_reply(c);
}

static int32_t brings_nothing(struct gamut_call *c)
{
  return c->host->done(c);
}

static int32_t empty_artifact(struct gamut_call *c)
{
  struct gamut_artifact a = { .struct_size = sizeof(a), .kind = GAMUT_IMAGE };

  c->host->artifact(c, &a);
  return c->host->done(c);
}

static int32_t bad_url(struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x), .method = "GET" };

  x.url = "gopher://x/";
  return c->host->http(c, &x);
}

static int32_t bad_text(struct gamut_call *c)
{
  c->host->header(c, "x-bad", "a\r\nb: c");
  return get(c, FIRST, 0);
}

static int32_t host_class(struct gamut_call *c)
{
  return c->host->fail(c, GAMUT_E_UNKNOWN, "mine");
}

static int32_t good_class(struct gamut_call *c)
{
  return c->host->fail(c, 3, "mine");
}

/* Slow, but right. */
static int32_t slow(struct gamut_call *c)
{
  struct timespec t = { 0, 60 * 1000 * 1000 };

  nanosleep(&t, NULL);
  return c->host->fail(c, GAMUT_E_NOT_FOUND, "after a while");
}

static int32_t paid_no_end(struct gamut_call *c)
{
  return c->event == GAMUT_EV_START ? get(c, FIRST, GAMUT_HTTP_BILLABLE) : 0;
}

static int32_t paid_then_no_end(struct gamut_call *c)
{
  if (c->event == GAMUT_EV_START)
    return get(c, FIRST, GAMUT_HTTP_BILLABLE);
  return c->phase == FIRST ? get(c, SECOND, 0) : 0;
}

static int32_t paid_endless(struct gamut_call *c)
{
  return get(c, FIRST, c->event == GAMUT_EV_START ? GAMUT_HTTP_BILLABLE : 0u);
}

static const struct {
  const char *name;
  int32_t (*step)(struct gamut_call *c);
  int32_t error_class;
  const char *words;
  int charged, next;
} modes[] = {
  { "no-end", no_end, GAMUT_E_PLUGIN, "bad", 0, 1 },
  { "two-ends", two_ends, GAMUT_E_PLUGIN, "bad", 0, 1 },
  { "endless", endless, GAMUT_E_PLUGIN, "64 exchanges in a row", 0, 1 },
  { "unknown-phase", unknown_phase, GAMUT_E_PLUGIN, "phase 2 of 2", 0, 1 },
  { "no-perform", no_perform, GAMUT_E_PLUGIN, "gamut.perform/1", 0, 1 },
  { "blames-nobody", blames_nobody, GAMUT_E_PLUGIN, "reply", 0, 1 },
  { "brings-nothing", brings_nothing, GAMUT_E_PROVIDER, "no output", 0, 1 },
  { "empty-artifact", empty_artifact, GAMUT_E_PLUGIN, "artifact", 0, 1 },
  { "bad-url", bad_url, GAMUT_E_PLUGIN, "URL", 0, 1 },
  { "bad-text", bad_text, GAMUT_E_PLUGIN, "header", 0, 1 },
  { "host-class", host_class, GAMUT_E_PROVIDER, "mine", 0, 1 },
  { "good-class", good_class, GAMUT_E_PLUGIN, "class 3", 0, 1 },
  { "slow", slow, GAMUT_E_NOT_FOUND, "after a while", 0, 1 },
  { "paid-no-end", paid_no_end, GAMUT_E_PLUGIN, "bad", 1, 0 },
  { "paid-then-no-end", paid_then_no_end, GAMUT_E_PLUGIN, "bad", 1, 0 },
  { "paid-endless", paid_endless, GAMUT_E_PLUGIN, "64 exchanges", 1, 0 },
};

static int32_t step(void *instance, struct gamut_call *c)
{
  const char *model = c->host->json_str(c->request, "model", "");
  size_t i;

  (void)instance;
  if (strncmp(model, "class-", 6) == 0)
    return c->host->fail(c, -(int32_t)strtol(model + 6, NULL, 10), "asked");
  for (i = 0; i < GM_LEN(modes); i++) {
    if (strcmp(model, modes[i].name) == 0)
      return modes[i].step(c);
  }
  return 0;
}

static const struct gamut_provider bad = {
  .struct_size = sizeof(bad),
  .name = "bad",
  .base_url = "https://bad.test",
  .phases = GAMUT_TABLE(phases),
  .step = step,
};

static const struct answer answers[] = {
  SAYS("GET /bad/x", "{}"),
  SAYS("POST /bad/x", "{}"),
  SAYS("POST /b/jobs",
       "{\"id\":\"1\",\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"),
  SAYS("GET /f.png", "@png"),
};

START_TEST(faults)
{
  const struct gamut_attempt_info *a;
  struct gamut_result *result;
  char link[64];
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_provider(&f, &bad);
  snprintf(link, sizeof(link), "bad:%s b:m", modes[_i].name);
  result = fix_run(&f, fix_request(link, "x", NULL));
  ck_assert_ptr_nonnull(result);
  a = gamut_result_attempt(result, 0);
  ck_assert_msg(a->error_class == modes[_i].error_class, "%s: class %s: %s",
                modes[_i].name, gamut_class_name(a->error_class), a->message);
  ck_assert_msg(strstr(a->message, modes[_i].words) != NULL, "%s: %s",
                modes[_i].name, a->message);
  ck_assert_msg(gamut_result_maybe_charged(result) == modes[_i].charged,
                "%s: charged", modes[_i].name);
  ck_assert_msg(script_count(f.script, "POST /b/jobs") == modes[_i].next,
                "%s: next link", modes[_i].name);
  ck_assert_int_le(script_count(f.script, "POST /bad/x"), 1);
  ck_assert_int_le(script_count(f.script, "GET /bad/x"), 65);
  gamut_result_free(result);

  /* The context lives on. */
  result = fix_run(&f, fix_request("b:m", "x", NULL));
  ck_class(result, 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* Every class that a provider may give comes out as it is. */
START_TEST(classes)
{
  struct gamut_result *result;
  char link[64];
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  fix_provider(&f, &bad);
  snprintf(link, sizeof(link), "bad:class-%d", _i);
  result = fix_run(&f, fix_request(link, "x", NULL));
  ck_class(result, -_i);
  ck_assert_int_eq(gamut_result_status(result),
                   -_i == GAMUT_E_BLOCKED ? GAMUT_BLOCKED : GAMUT_FAILED);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("faults");

  tcase_add_loop_test(tc, faults, 0, GM_LEN(modes));
  tcase_add_loop_test(tc, classes, 1, -GAMUT_E_PROTOCOL + 1);
  return unit_run("faults", tc);
}
