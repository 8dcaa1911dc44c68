/* log.c - where the lines of a context go, and one structured record per
 * request, `gamut.request`, as text or as a JSON line. */
#include "api/context.h"
#include "api/result.h"
#include "base/str.h"
#include "job/policy.h"
#include <string.h>

static int32_t level_of(const char *text)
{
  int32_t i;

  for (i = GAMUT_DEBUG; i <= GAMUT_ERROR; i++)
    if (gm_streq(text, gm_log_level_name(i)))
      return i;
  return GAMUT_WARN;
}

/* The setting wins.  Who asks for a log of its own wants to see each request in
 * it, which is information. */
void gm_log_apply(struct gamut *g)
{
  const struct gm_settings *s = &g->settings;
  struct gm_value v;

  g->log.json = gm_streq(gm_setting_str(s, "log_format"), "json");
  if (gm_setting_get(s, "log_level", &v, NULL) == 0 &&
      v.origin != GM_FROM_PRESET)
    g->log.level = level_of(v.text);
  else
    g->log.level = g->sink ? GM_MIN(g->log_level, GAMUT_INFO) : g->log_level;
}

int32_t gm_log_open(struct gamut *g, struct gm_error *err)
{
  const char *target = gm_setting_str(&g->settings, "log_target");
  const char *file = gm_setting_str(&g->settings, "log_file");
  enum gm_sink_kind kind = GM_SINK_FILE;
  int32_t rc;

  if (!target && !file)
    return 0;
  if (gm_streq(target, "stderr"))
    kind = GM_SINK_STDERR;
  else if (gm_streq(target, "syslog"))
    kind = GM_SINK_SYSLOG;
  rc = gm_sink_open(&g->log, kind, file, &g->sink, err);
  if (rc == 0)
    gm_log_apply(g);
  return rc;
}

static int64_t bytes_of(const struct gamut_result *r)
{
  uint64_t sum = 0;
  uint32_t i;

  for (i = 0; i < r->n_artifacts; i++)
    sum += r->artifacts[i].size;
  return (int64_t)sum;
}

static void put_time(struct gm_record *rec, const char *name, int64_t ms)
{
  if (ms >= 0)
    gm_record_int(rec, name, ms);
}

static void put_attempts(struct gm_record *rec, const struct gamut_result *r)
{
  int64_t tries = 0, repeats = 0;
  uint32_t i;

  for (i = 0; i < r->n_attempts; i++) {
    tries += r->attempts[i].tries;
    repeats += r->attempts[i].repeats;
  }
  gm_record_int(rec, "attempts", r->n_attempts);
  gm_record_int(rec, "tries", tries);
  gm_record_int(rec, "retry_count", repeats);
  gm_record_bool(rec, "fallback_used", r->n_attempts > 1);
}

static void put_cost(struct gm_record *rec, const struct gamut_result *r)
{
  if (r->cost_microusd >= 0) {
    gm_record_real(rec, "cost_usd", (double)r->cost_microusd / 1e6);
    gm_record_bool(rec, "cost_estimated", r->estimated);
  }
  gm_record_bool(rec, "maybe_charged", r->maybe_charged);
  gm_record_bool(rec, "cache_hit", r->hit != NULL);
}

static void put_failure(struct gm_record *rec, const struct gamut_result *r)
{
  if (!r->err.error_class)
    return;
  gm_record_text(rec, "class", gm_policy_of(r->err.error_class)->name);
  gm_record_text(rec, "message", gm_error_text(&r->err));
}

/* As the books have it. */
static void put_labels(struct gm_record *rec, const struct gm_run *run)
{
  _cleanup_json_ struct json_object *tags =
    run->tags ? gm_json_parse_once(run->tags, strlen(run->tags), NULL, NULL)
              : NULL;

  if (run->job.instance)
    gm_record_text(rec, "slot", run->job.instance->proof);
  gm_record_text(rec, "project", gm_run_project(run));
  gm_record_text(rec, "user", gm_run_user(run));
  gm_record_texts(rec, "tags", tags);
}

void gm_log_request(struct gamut *g, const struct gm_run *run,
                    const struct gamut_result *r)
{
  struct gm_record rec;

  if (!r || !gm_record_begin(&rec, &g->log, GAMUT_INFO, "gamut.request"))
    return;
  gm_record_text(&rec, "request_id", r->id);
  gm_record_text(&rec, "correlation_id", r->correlation_id);
  gm_record_text(&rec, "trace_id", *r->trace_id ? r->trace_id : NULL);
  gm_record_text(&rec, "operation", r->operation);
  gm_record_text(&rec, "provider", r->provider);
  gm_record_text(&rec, "model", r->model);
  gm_record_text(&rec, "resolved_from", r->resolved_from);
  put_labels(&rec, run);
  gm_record_text(&rec, "status", gm_status_name(r->status));
  put_time(&rec, "latency_ms", r->total_ms);
  put_time(&rec, "queue_ms", r->queue_ms);
  put_time(&rec, "generate_ms", r->generate_ms);
  put_time(&rec, "download_ms", r->download_ms);
  gm_record_int(&rec, "artifacts", r->n_artifacts);
  gm_record_int(&rec, "bytes_out", bytes_of(r));
  put_cost(&rec, r);
  put_attempts(&rec, r);
  put_failure(&rec, r);
  gm_record_end(&rec);
}
