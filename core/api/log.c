/* log.c - one structured record per request, `gamut.request`, as text or as a
 * JSON line, through the context's logger (which masks secrets). */
#include "api/context.h"
#include "api/result.h"
#include "job/policy.h"
#include <string.h>

static uint64_t bytes_of(const struct gamut_result *r)
{
  uint64_t sum = 0;
  uint32_t i;

  for (i = 0; i < r->n_artifacts; i++)
    sum += r->artifacts[i].size;
  return sum;
}

static uint32_t repeats_of(const struct gamut_result *r)
{
  uint32_t sum = 0, i;

  for (i = 0; i < r->n_attempts; i++)
    sum += r->attempts[i].repeats;
  return sum;
}

static struct json_object *record(const struct gamut_result *r)
{
  struct json_object *o = json_object_new_object();
  const char *class_name =
    r->err.error_class ? gm_policy_of(r->err.error_class)->name : NULL;

  json_object_object_add(o, "event", json_object_new_string("gamut.request"));
  json_object_object_add(o, "request_id", json_object_new_string(r->id));
  json_object_object_add(o, "provider", json_object_new_string(r->provider));
  json_object_object_add(o, "model", json_object_new_string(r->model));
  if (r->resolved_from)
    json_object_object_add(o, "resolved_from",
                           json_object_new_string(r->resolved_from));
  json_object_object_add(o, "latency_ms", json_object_new_int64(r->total_ms));
  json_object_object_add(o, "status",
                         json_object_new_string(gm_status_name(r->status)));
  if (class_name)
    json_object_object_add(o, "class", json_object_new_string(class_name));
  json_object_object_add(o, "bytes_out",
                         json_object_new_int64((int64_t)bytes_of(r)));
  if (r->cost_microusd >= 0)
    json_object_object_add(
      o, "cost_usd", gm_json_new_real((double)r->cost_microusd / 1e6));
  json_object_object_add(o, "retry_count",
                         json_object_new_int64(repeats_of(r)));
  json_object_object_add(o, "fallback_used",
                         json_object_new_boolean(r->n_attempts > 1));
  if (r->maybe_charged)
    json_object_object_add(o, "maybe_charged", json_object_new_boolean(true));
  if (r->correlation_id)
    json_object_object_add(o, "correlation_id",
                           json_object_new_string(r->correlation_id));
  return o;
}

static void as_text(struct json_object *o, struct gm_buf *b)
{
  struct json_object_iter it;

  gm_buf_add(b, "gamut.request");
  json_object_object_foreachC(o, it)
  {
    if (strcmp(it.key, "event") != 0)
      gm_buf_addf(b, " %s=%s", it.key, json_object_get_string(it.val));
  }
}

void gm_log_request(struct gamut *g,
                    const struct gamut_result *result)
{
  _cleanup_json_ struct json_object *o = NULL;
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(8192);

  if (!result || !g->log.write || g->log.level > GAMUT_INFO)
    return;
  o = record(result);
  if (g->log_json)
    gm_buf_add(&b, gm_json_text(o, NULL));
  else
    as_text(o, &b);
  gm_log_line(&g->log, GAMUT_INFO, "%s", gm_buf_text(&b));
}
