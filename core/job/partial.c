/* partial.c - drafts that a vendor shows while it works.
 *
 * A draft is told to whoever looks on, its bytes decoded, and kept when that
 * was asked for: as a file beside the output ("fox.partial-1.png"), written as
 * outputs are.  Drafts count over all attempts of a job and outlive them, so
 * that what a broken stream has shown is not lost.  Nothing that goes wrong
 * with one is the job's trouble. */
#include "base/clock.h"
#include "base/json.h"
#include "job/flight.h"
#include <string.h>

/* The temporary's number: outputs count from 1. */
#define INDEX 0

void gm_partials_free(struct gm_output *partials, uint32_t n)
{
  uint32_t i;

  for (i = 0; i < n; i++)
    gm_output_finish(&partials[i]);
  gm_free(partials);
}

static int32_t write_file(struct gm_job *job, const struct gm_output_plan *p,
                          struct gm_name_facts *f, const struct gm_buf *bytes,
                          struct gm_output *o)
{
  struct gm_draft d;
  int32_t rc = gm_draft_open(&d, p, job->id, INDEX, GM_IMAGE_MAX, &o->err);

  if (rc == 0)
    rc = gm_draft_add(&d, gm_buf_text(bytes), bytes->len, &o->err);
  if (rc == 0)
    rc = gm_draft_keep(&d, p, f, false, o, &o->err);
  gm_draft_drop(&d);
  return rc;
}

/* Drafts come before the picture that they are of. */
static int32_t save(struct gm_job *job, uint32_t at, const struct gm_buf *bytes)
{
  struct gm_output *o = &job->partials[at];
  _cleanup_json_ struct json_object *request =
    gm_json_parse_once(job->request, strlen(job->request), &(size_t){ 0 },
                       &(const char *){ NULL });
  bool several = gm_json_i64(request, "n", 1) > 1;
  _cleanup_free_ char *name =
    gm_output_partial_name(job->plan->name, several, at + 1);
  struct gm_output_plan p = { .name = name, .force = job->plan->force };
  struct gm_name_facts f = {
    .job = job->id,
    .provider = job->instance->name,
    .model = gm_json_str(request, "model", ""),
    .index = (job->found ? job->found->n_outputs : 0) + 1,
    .count = several ? 2 : 1,
    .wall_ms = gm_wall_ms(),
  };

  if (!name)
    return gm_fail(&o->err, GAMUT_E_NOMEM, "no memory for a file name");
  return write_file(job, &p, &f, bytes, o);
}

static void tell(struct gm_job *job, uint32_t at, const struct gm_buf *bytes)
{
  const struct gm_output *o = &job->partials[at];
  struct gm_job_event e = { .type = GAMUT_EVENT_PARTIAL,
                            .number = at + 1,
                            .text = o->url,
                            .path = o->path };

  if (bytes && bytes->len > 0) {
    e.data = bytes->data;
    e.data_len = bytes->len;
  }
  if (gm_job_watched(job))
    job->ops->event(job, &e);
}

void gm_partial_show(struct gm_job *job, uint32_t at, struct gm_draft *d)
{
  const struct gm_output_plan *plan = job->plan;
  struct gm_output *o = &job->partials[at];

  if (o->err.error_class == 0 && plan && plan->partials)
    (void)(plan->name ? save(job, at, &d->memory)
                      : gm_draft_keep(d, plan, NULL, false, o, &o->err));
  if (o->err.error_class)
    gm_warn(job->engine->log, "job %s: draft %u: %s", job->id, (unsigned)at + 1,
            gm_error_text(&o->err));
  tell(job, at, o->data.len ? &o->data : &d->memory);
}

static void decode(struct gm_job *job, uint32_t at)
{
  struct gm_output *o = &job->partials[at];
  struct gm_draft d;

  if (gm_draft_open(&d, NULL, job->id, INDEX, GM_IMAGE_MAX, &o->err) == 0)
    (void)gm_output_pour(o, &d, &o->err);
  gm_output_drop_source(o);
  gm_partial_show(job, at, &d);
  gm_draft_drop(&d);
}

void gm_partial_take(struct gm_job *job, struct gm_call *c,
                     const struct gamut_artifact *a)
{
  bool kept = job->plan && job->plan->partials;
  struct gm_output *bigger =
    gm_realloc(job->partials, (job->n_partials + 1) * sizeof(*job->partials));
  uint32_t at = job->n_partials;

  job->drafted = true;
  if (!bigger)
    return;
  job->partials = bigger;
  job->n_partials++;
  if (!gm_job_take_output(&bigger[at], c, a)) {
    gm_fail(&bigger[at].err, GAMUT_E_NOMEM, "no memory for a draft");
    tell(job, at, NULL);
  } else if (bigger[at].url) {
    if (!kept || !gm_partial_fetch(job, at))
      tell(job, at, NULL);
  } else if (kept || gm_job_watched(job)) {
    decode(job, at);
  } else {
    gm_output_drop_source(&bigger[at]);
  }
}
