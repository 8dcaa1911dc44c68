/* tester.h - a provider that plays whatever the running test wants. */
#ifndef GM_TESTS_TESTER_H
#define GM_TESTS_TESTER_H

#include "call_fixture.h"

static gamut_fn *play;

static inline int32_t tester_step(void *instance, struct gamut_call *c)
{
  return play(instance, c);
}

static const char *const phases[] = { "submit", "poll" };
static const struct gamut_key keys[] = {
  { "api_key", "TESTER_KEY", NULL, NULL, "the key", GAMUT_STRING,
    GAMUT_KEY_SECRET, 0, 0 },
  { "colour", "TESTER_COLOUR", "blue", NULL, "a colour", GAMUT_STRING, 0, 0,
    0 },
  { "count", "TESTER_COUNT", "3", NULL, "a number", GAMUT_INT, 0, 0, 9 },
  { "ratio", "TESTER_RATIO", "0.5", NULL, "a ratio", GAMUT_REAL, 0, 0, 0 },
  { "eager", "TESTER_EAGER", "true", NULL, "a switch", GAMUT_BOOL, 0, 0, 0 },
  { "pause", "TESTER_PAUSE", "2s", NULL, "a time", GAMUT_MSEC, 0, 0, 0 },
  { "unset", "TESTER_UNSET", NULL, NULL, "a text", GAMUT_STRING, 0, 0, 0 },
};

static const struct gamut_provider tester = {
  .struct_size = sizeof(tester),
  .name = "tester",
  .title = "Tester",
  .base_url = "https://api.tester.test/v1",
  .keys = GAMUT_TABLE(keys),
  .phases = GAMUT_TABLE(phases),
  .step = tester_step,
};

/* An ordinary exchange. */
static const struct gamut_http tester_get = { .struct_size = sizeof(tester_get),
                                              .phase = 1,
                                              .method = "GET",
                                              .url = "/jobs/1" };

static inline int32_t ends_http(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->http(c, &tester_get);
}

static inline void run(struct fixture *f, gamut_fn *fn)
{
  play = fn;
  gm_call_step(&f->call, f->i, &f->in);
}

static inline void expect_fault(const struct fixture *f, enum gm_step_kind kind,
                                int32_t error_class, const char *part)
{
  const char *text = gm_error_text(&f->call.err);

  ck_assert_int_eq(f->call.kind, kind);
  ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in '%s'", part, text);
  ck_assert_int_eq(f->call.err.error_class, error_class);
  ck_assert_ptr_null(f->call.pending);
}

#endif
