/* engine.c - plays one case: the library asks, the emulator answers from the
 * recording, and both must be of one mind at the end. */
#include "golden/engine.h"
#include "base/clock.h"
#include "base/str.h"
#include "golden/cases.h"
#include <stdio.h>
#include <string.h>

#define PATIENCE_MS 30000

bool engine_differs(struct engine *e, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  if (!e->why[0])
    vsnprintf(e->why, sizeof(e->why), fmt, ap);
  va_end(ap);
  return false;
}

struct json_object *engine_ask(const struct engine *e, const char *name)
{
  struct json_object *own = gm_json_at(gm_json_at(e->ask, "engine"), name);

  return own ? own : gm_json_at(e->ask, name);
}

static const char *ask_text(const struct engine *e, const char *name,
                            const char *fallback)
{
  struct json_object *o = engine_ask(e, name);

  return o ? json_object_get_string(o) : fallback;
}

/* ---- running ------------------------------------------------------------ */

static void on_done(void *user, struct gamut_result *result)
{
  struct engine *e = user;

  e->result = result;
}

static bool goes_on(const struct engine *e)
{
  return gm_streq(ask_text(e, "end", "done"), "asks");
}

/* The exchange before which the caller gives up; -1: never. */
static int64_t cancel_at(const struct engine *e)
{
  struct json_object *at = engine_ask(e, "cancel_at");

  if (gm_streq(ask_text(e, "event", NULL), "cancel"))
    return e->n_before;
  return at ? json_object_get_int64(at) + e->n_before : -1;
}

static int64_t exchanges_seen(struct engine *e, int64_t *ret_total)
{
  _cleanup_json_ struct json_object *o = engine_report(e);

  *ret_total = gm_json_i64(o, "total", 0);
  return gm_json_i64(o, "next", -1);
}

/* Until the job's end; or, when the recording stops before that, as long as
 * there is something in it. */
static bool drive(struct engine *e, const char *id)
{
  uint64_t until_ms = gm_mono_ms() + PATIENCE_MS;
  int64_t cancel = cancel_at(e), seen, total;

  while (!e->result) {
    if (gamut_step(e->g, 5) < 0)
      return engine_differs(e, "gamut_step() failed");
    if (gm_mono_ms() > until_ms)
      return engine_differs(e, "no end after %d s", PATIENCE_MS / 1000);
    if (cancel < 0 && !goes_on(e))
      continue;
    seen = exchanges_seen(e, &total);
    if (goes_on(e) && seen >= total && cancel < 0)
      return true;
    if (cancel < 0 || seen < cancel)
      continue;
    gamut_cancel(e->g, id);
    cancel = -1;
  }
  return true;
}

static bool run(struct engine *e)
{
  struct gamut_request *r;
  struct gamut_error error = { 0 };
  char id[GAMUT_ID_SIZE];
  bool ok;

  if (engine_ask(e, "query"))
    return engine_query(e, engine_provider(e));
  r = engine_request(e);
  if (!r)
    return false;
  if (gamut_submit(e->g, r, on_done, e, id, &error))
    ok = gm_streq(ask_text(e, "end", "done"),
                  gamut_class_name(error.error_class)) ||
         engine_differs(e, "refused: %s", error.message);
  else
    ok = drive(e, id);
  gamut_request_free(r);
  return ok;
}

/* ---- judging ------------------------------------------------------------ */

/* What comes behind the end of a recording that stops early is not in it. */
static bool is_beyond(const struct engine *e, const char *difference)
{
  return goes_on(e) && gm_starts(difference, "not in the recording");
}

/* The first exchange then came to us. */
static bool is_delivery(const struct engine *e)
{
  return gm_streq(gm_json_str(e->ask, "query/what", NULL), "webhook") &&
         !engine_ask(e, "from");
}

static bool check_traffic(struct engine *e)
{
  _cleanup_json_ struct json_object *o = engine_report(e);
  struct json_object *list = gm_json_at(o, "differences");
  int64_t next = gm_json_i64(o, "next", 0), total = gm_json_i64(o, "total", 0);
  size_t i;

  if (!o)
    return engine_differs(e, "the emulator does not report");
  if (is_delivery(e))
    return true;
  for (i = 0; i < gm_json_count(list, ""); i++) {
    const char *line =
      json_object_get_string(json_object_array_get_idx(list, i));

    if (!is_beyond(e, line) || next < total)
      return engine_differs(e, "%s", line);
  }
  if (next < total)
    return engine_differs(e, "exchange %d of %d was never asked for", (int)next,
                          (int)total);
  return true;
}

static const char *end_name(const struct engine *e)
{
  if (gamut_result_status(e->result) == GAMUT_COMPLETED)
    return "done";
  return gamut_class_name(gamut_result_class(e->result));
}

static bool check_artifacts(struct engine *e)
{
  struct json_object *want = engine_ask(e, "artifacts");
  uint32_t found = 0, withheld = 0;
  size_t i, n = gm_json_count(want, "");

  for (i = 0; i < n; i++) {
    struct json_object *o = json_object_array_get_idx(want, i);
    const struct gamut_artifact_info *a = NULL;
    const char *url = json_object_get_string(o);

    if (!o) {
      withheld++;
      continue;
    }
    a = gamut_result_artifact(e->result, found++);
    if (!a || a->error_class || a->data_len == 0)
      return engine_differs(e, "artifact %zu: %s", i,
                            a && a->error ? a->error : "missing");
    if (!gm_starts(url, "data:") && !gm_streq(url, a->url))
      return engine_differs(e, "artifact %zu is %s", i, a->url ? a->url : "-");
  }
  if (want && (found != gamut_result_artifacts(e->result) ||
               withheld != gamut_result_withheld(e->result)))
    return engine_differs(e, "%u artifacts and %u withheld",
                          gamut_result_artifacts(e->result),
                          gamut_result_withheld(e->result));
  return true;
}

static bool check_facts(struct engine *e)
{
  struct json_object *want = engine_ask(e, "facts");
  const char *key;
  size_t i;

  for (i = 0; (key = golden_member(want, i)); i++) {
    const char *found = gamut_result_fact(e->result, key);

    if (!gm_streq(found, gm_json_str(want, key, "")))
      return engine_differs(e, "fact %s is %s", key, found ? found : "missing");
  }
  return true;
}

static bool check_cost(struct engine *e)
{
  struct json_object *want = engine_ask(e, "cost_microusd");
  int64_t found = gamut_result_cost(e->result, NULL);

  if (!want || json_object_get_int64(want) == found)
    return true;
  return engine_differs(e, "the cost is %lld, not %lld", (long long)found,
                        (long long)json_object_get_int64(want));
}

static bool check_result(struct engine *e)
{
  bool gives_up = cancel_at(e) >= 0;
  const char *want = gives_up ? ask_text(e, "end_cancelled", "cancelled")
                              : ask_text(e, "end", "done");
  const char *sentence = ask_text(e, "sentence", NULL);
  const char *message;

  if (!e->result || (goes_on(e) && !gives_up))
    return true;
  message = gamut_result_message(e->result);
  if (!gm_streq(want, end_name(e)))
    return engine_differs(e, "the end is %s, not %s: %s", end_name(e), want,
                          message ? message : "");
  if (sentence && !gives_up && (!message || !strstr(message, sentence)))
    return engine_differs(e, "the sentence is '%s'", message ? message : "");
  return gives_up || (check_artifacts(e) && check_facts(e) && check_cost(e));
}

bool engine_run(struct engine *e)
{
  bool ok;

  e->why[0] = '\0';
  ok = engine_serve(e) && engine_enter(e) && engine_open(e) && run(e) &&
       check_traffic(e) && check_result(e);
  gamut_result_free(e->result);
  e->result = NULL;
  gamut_close(e->g);
  e->g = NULL;
  gamut_result_free(e->result); /* closing may have ended the job */
  e->result = NULL;
  engine_leave(e);
  engine_stop(e);
  return ok;
}
