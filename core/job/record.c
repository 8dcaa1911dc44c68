/* record.c - a job as the text from which any process can take it over.  Secrets
 * are not in it: credentials are named by the instance. */
#include "base/clock.h"
#include "base/json.h"
#include "job/flight.h"
#include <string.h>

#define RECORD_VERSION 1

static void add(struct gm_buf *b, const char *name, const char *json)
{
  if (!json)
    return;
  gm_buf_addf(b, ",\"%s\":", name);
  gm_buf_add(b, json);
}

static void add_pending(struct gm_buf *b, const struct gm_pending *p)
{
  _cleanup_json_ struct json_object *o = p ? gm_pending_to_json(p) : NULL;

  if (o)
    add(b, "pending", gm_json_text(o, NULL));
}

static void add_owner(struct gm_buf *b, struct gm_job *job)
{
  _cleanup_json_ struct json_object *o = NULL;

  if (!job->ops->record)
    return;
  o = json_object_new_object();
  if (!o)
    return;
  job->ops->record(job, o);
  add(b, "owner", gm_json_text(o, NULL));
}

char *gm_job_record(struct gm_job *job)
{
  struct gm_buf b = GM_BUF_INIT(128u << 20);

  gm_buf_addf(&b, "{\"v\":%d,\"id\":\"%s\",\"attempt\":\"%s\",\"state\":\"%s\"",
              RECORD_VERSION, job->id, job->attempt_id,
              gm_job_state_name(job));
  gm_buf_addf(&b, ",\"at\":%llu,\"tries\":%u",
              (unsigned long long)gm_wall_ms(), (unsigned)job->tries);
  if (job->accepted)
    gm_buf_add(&b, ",\"accepted\":true");
  if (job->maybe_charged)
    gm_buf_add(&b, ",\"maybe_charged\":true");
  if (job->instance) {
    gm_buf_addf(&b, ",\"state_version\":%u,\"instance\":",
                (unsigned)job->instance->provider->def.state_version);
    gm_buf_add_json(&b, job->instance->name);
    gm_buf_add(&b, ",\"base_url\":");
    gm_buf_add_json(&b, job->instance->base_url);
  }
  add(&b, "request", job->request);
  add(&b, "provider_state", job->state_text);
  add_pending(&b, job->pending);
  add_owner(&b, job);
  gm_buf_addc(&b, '}');
  return gm_buf_take(&b);
}

int32_t gm_job_write(struct gm_job *job, bool wait)
{
  struct gm_record r = { .id = job->id };
  _cleanup_free_ char *text = NULL;

  if (job->state == GM_JOB_ENDED) {
    r.gone = true;
  } else {
    text = gm_job_record(job);
    if (!text)
      return GAMUT_E_NOMEM;
    r.text = text;
    r.len = strlen(text);
  }
  return gm_journal_put(job->engine->journal, &r,
                        wait ? &job->durable : NULL);
}
