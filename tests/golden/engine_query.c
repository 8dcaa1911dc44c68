/* engine_query.c - recordings of what is no job, asked as an application asks:
 * gamut_ask(), gamut_webhook_verify(). */
#include "base/clock.h"
#include "base/str.h"
#include "golden/cases.h"
#include "golden/engine.h"
#include <string.h>

#define HEADERS 32

static int32_t verify(struct engine *e, const char *provider, char **ret,
                      struct gamut_error *error)
{
  struct json_object *got = gm_json_at(e->recording, "exchanges/0/request");
  struct json_object *all = gm_json_at(got, "headers");
  const char *headers[2 * HEADERS + 2] = { NULL }, *name;
  const char *body = gm_json_str(got, "body/text", "");
  size_t i;

  for (i = 0; i < HEADERS && (name = golden_member(all, i)); i++) {
    headers[2 * i] = name;
    headers[2 * i + 1] = gm_json_str(all, name, "");
  }
  return gamut_webhook_verify(e->g, provider, headers, body, strlen(body), ret,
                              error);
}

static bool check(struct engine *e, const char *answer)
{
  struct json_object *want = engine_ask(e, "answer");
  _cleanup_json_ struct json_object *found =
    gm_json_parse_once(answer, strlen(answer), NULL, NULL);

  return !want || json_object_equal(want, found) ||
         engine_differs(e, "the answer is %s", answer);
}

bool engine_query(struct engine *e, const char *provider)
{
  struct json_object *query = engine_ask(e, "query");
  struct json_object *arguments = gm_json_at(query, "arguments");
  const char *what = gm_json_str(query, "what", "");
  const char *end = gm_json_str(engine_ask(e, "end"), NULL, "done");
  int64_t clock_s = gm_json_i64(e->recording, "clock", -1);
  struct gamut_error error = { 0 };
  char *answer = NULL;
  int32_t rc;
  bool ok;

  if (clock_s >= 0)
    gm_clock_fake(gm_mono_ms(), (uint64_t)clock_s * 1000);
  rc = gm_streq(what, "webhook")
         ? verify(e, provider, &answer, &error)
         : gamut_ask(e->g, provider, what,
                     arguments ? json_object_to_json_string(arguments) : NULL,
                     gm_json_str(query, "secret", NULL), &answer, &error);
  gm_clock_real();
  if (rc)
    ok = gm_streq(end, gamut_class_name(rc)) ||
         engine_differs(e, "%s", error.message);
  else
    ok = gm_streq(end, "done") ? check(e, answer)
                               : engine_differs(e, "it is answered");
  gamut_string_free(answer);
  return ok;
}
