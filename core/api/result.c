/* result.c - the end of a job, taken over from its run.  Everything a caller
 * reads is a view of what the result owns. */
#include "api/result.h"
#include "api/context.h"
#include "job/parsed.h"
#include "job/policy.h"
#include <string.h>

int32_t gm_status_of(int32_t error_class)
{
  switch (error_class) {
  case 0:
    return GAMUT_COMPLETED;
  case GAMUT_E_BLOCKED:
    return GAMUT_BLOCKED;
  case GAMUT_E_CANCELLED:
    return GAMUT_CANCELLED;
  case GAMUT_E_DETACHED:
    return GAMUT_DETACHED;
  default:
    return GAMUT_FAILED;
  }
}

const char *gm_status_name(int32_t status)
{
  static const char *const names[] = { "unknown", "completed", "failed",
                                       "blocked", "cancelled", "detached" };

  return status > 0 && status < (int32_t)GM_LEN(names) ? names[status]
                                                       : names[0];
}

static void view_artifact(struct gamut_artifact_info *a,
                          const struct gm_output *o)
{
  *a = (struct gamut_artifact_info){
    .struct_size = sizeof(*a),
    .kind = o->media.kind ? o->media.kind : o->kind,
    .path = o->path,
    .url = o->url,
    .mime = o->media.mime ? o->media.mime : o->vendor_mime,
    .data = o->data.data,
    .data_len = o->data.len,
    .size = o->size,
    .width = o->media.width,
    .height = o->media.height,
    .duration_ms = o->media.duration_ms,
    .vendor_width = o->vendor_width,
    .vendor_height = o->vendor_height,
    .error_class = o->err.error_class,
    .error = o->err.error_class ? gm_error_text(&o->err) : NULL,
    .sha256 = o->sha256[0] ? o->sha256 : NULL,
    .provider = o->provider,
    .model = o->model,
  };
}

static void take_artifacts(struct gamut_result *r, struct gm_run *run)
{
  uint32_t i;

  r->found = GM_TAKE(run->job.found);
  if (!r->found || r->found->n_outputs == 0)
    return;
  r->artifacts = gm_zalloc(r->found->n_outputs * sizeof(*r->artifacts));
  if (!r->artifacts)
    return;
  r->n_artifacts = r->found->n_outputs;
  for (i = 0; i < r->n_artifacts; i++) {
    gm_output_drop_source(&r->found->outputs[i]); /* the engine's own */
    view_artifact(&r->artifacts[i], &r->found->outputs[i]);
  }
}

static void take_partials(struct gamut_result *r, struct gm_run *run)
{
  uint32_t i;

  if (run->job.n_partials == 0)
    return;
  r->partials = gm_zalloc(run->job.n_partials * sizeof(*r->partials));
  if (!r->partials)
    return;
  r->drafts = GM_TAKE(run->job.partials);
  r->n_partials = run->job.n_partials;
  run->job.n_partials = 0;
  for (i = 0; i < r->n_partials; i++)
    view_artifact(&r->partials[i], &r->drafts[i]);
}

static void view_attempt(struct gamut_attempt_info *i,
                         const struct gm_attempt *a)
{
  *i = (struct gamut_attempt_info){
    .struct_size = sizeof(*i),
    .error_class = a->err.error_class,
    .provider = a->provider,
    .model = a->model,
    .message = a->err.error_class ? gm_error_text(&a->err) : NULL,
    .request_id = a->request_id,
    .http_status = a->http_status,
    .tries = a->tries,
    .repeats = a->repeats,
    .elapsed_ms = a->elapsed_ms,
    .key = a->key,
  };
}

static void take_attempts(struct gamut_result *r, struct gm_run *run)
{
  uint32_t i;

  r->attempt_infos = gm_zalloc((run->n_attempts + 1) *
                               sizeof(*r->attempt_infos));
  if (!r->attempt_infos)
    return;
  r->attempts = GM_TAKE(run->attempts);
  r->n_attempts = run->n_attempts;
  run->n_attempts = 0;
  for (i = 0; i < r->n_attempts; i++)
    view_attempt(&r->attempt_infos[i], &r->attempts[i]);
}

static int64_t span(uint64_t from, uint64_t to)
{
  return from && to >= from ? (int64_t)(to - from) : -1;
}

static void take_times(struct gamut_result *r, const struct gm_run *run)
{
  const struct gm_job *j = &run->job;

  r->total_ms = span(run->began_ms, j->ended_ms);
  r->queue_ms = span(j->accepted_ms, j->working_ms);
  r->generate_ms = span(j->accepted_ms, j->generated_ms);
  r->download_ms = j->generated_ms ? span(j->generated_ms, j->ended_ms) : -1;
}

static void take_cost(struct gamut_result *r, struct gm_run *run,
                      const struct json_object *request)
{
  if (!run->cost.known) { /* a record of before has no end of it */
    run->job.found = r->found;
    gm_run_cost(run, request);
    run->job.found = NULL;
  }
  r->cost_microusd = run->cost.microusd;
  r->formula_microusd = run->cost.formula_microusd;
  r->estimated = run->cost.estimated;
  r->estimate_microusd = run->price_microusd;
}

struct gamut_result *gm_result_of(struct gm_run *run)
{
  const struct gm_link *l = gm_run_link(run);
  _cleanup_json_ struct json_object *request = gm_job_request(&run->job);
  struct gamut_result *r = gm_zalloc(sizeof(*r));

  if (!r)
    return NULL;
  memcpy(r->id, run->job.id, sizeof(r->id));
  r->status = gm_status_of(run->err.error_class);
  gm_error_move(&r->err, &run->err);
  r->maybe_charged = gm_run_maybe_charged(run);
  r->accepted = gm_run_accepted(run);
  r->provider = gm_strdup(l->provider);
  r->model = gm_strdup(l->model);
  r->resolved_from = gm_strdup(l->resolved_from);
  r->correlation_id = gm_strdup(run->correlation_id);
  if (run->job.trace)
    memcpy(r->trace_id, run->job.trace->id, sizeof(r->trace_id));
  r->operation = gm_strdup(gm_json_str(request, "operation", NULL));
  take_artifacts(r, run);
  take_partials(r, run);
  take_attempts(r, run);
  take_times(r, run);
  take_cost(r, run, request);
  r->hit = GM_TAKE(run->hit);
  gm_result_compare(r, run, request);
  return r;
}

void gamut_result_free(struct gamut_result *r)
{
  uint32_t i;

  if (!r)
    return;
  gm_error_finish(&r->err);
  gm_free(r->provider);
  gm_free(r->model);
  gm_free(r->resolved_from);
  gm_free(r->correlation_id);
  gm_free(r->operation);
  gm_hit_free(r->hit);
  gm_found_free(r->found);
  gm_free(r->artifacts);
  gm_partials_free(r->drafts, r->drafts ? r->n_partials : 0);
  gm_free(r->partials);
  for (i = 0; i < r->n_attempts; i++)
    gm_attempt_finish(&r->attempts[i]);
  gm_free(r->attempts);
  gm_free(r->attempt_infos);
  for (i = 0; i < r->n_differences; i++)
    gm_free(r->differences[i]);
  gm_free(r->differences);
  gm_free(r->json);
  gm_free(r);
}

/* ---- reading it --------------------------------------------------------- */

const char *gamut_result_id(const struct gamut_result *r)
{
  return r ? r->id : NULL;
}

int32_t gamut_result_status(const struct gamut_result *r)
{
  return r ? r->status : GAMUT_FAILED;
}

int32_t gamut_result_class(const struct gamut_result *r)
{
  return r ? r->err.error_class : GAMUT_E_NOMEM;
}

const char *gamut_result_message(const struct gamut_result *r)
{
  if (!r)
    return "no memory for a result";
  return r->err.error_class ? gm_error_text(&r->err) : NULL;
}

int32_t gamut_result_maybe_charged(const struct gamut_result *r)
{
  return r && r->maybe_charged;
}

int32_t gamut_result_accepted(const struct gamut_result *r)
{
  return r && r->accepted;
}

const char *gamut_result_provider(const struct gamut_result *r)
{
  return r ? r->provider : NULL;
}

const char *gamut_result_model(const struct gamut_result *r)
{
  return r ? r->model : NULL;
}

const char *gamut_result_resolved_from(const struct gamut_result *r)
{
  return r ? r->resolved_from : NULL;
}

uint32_t gamut_result_artifacts(const struct gamut_result *r)
{
  return r ? r->n_artifacts : 0;
}

const struct gamut_artifact_info *
gamut_result_artifact(const struct gamut_result *r, uint32_t i)
{
  return r && i < r->n_artifacts ? &r->artifacts[i] : NULL;
}

uint32_t gamut_result_partials(const struct gamut_result *r)
{
  return r ? r->n_partials : 0;
}

const struct gamut_artifact_info *
gamut_result_partial(const struct gamut_result *r, uint32_t i)
{
  return r && i < r->n_partials ? &r->partials[i] : NULL;
}

uint32_t gamut_result_attempts(const struct gamut_result *r)
{
  return r ? r->n_attempts : 0;
}

const struct gamut_attempt_info *
gamut_result_attempt(const struct gamut_result *r, uint32_t i)
{
  return r && i < r->n_attempts ? &r->attempt_infos[i] : NULL;
}

uint32_t gamut_result_withheld(const struct gamut_result *r)
{
  return r && r->found ? r->found->withheld : 0;
}

int64_t gamut_result_cost(const struct gamut_result *r, int32_t *ret_estimated)
{
  if (ret_estimated)
    *ret_estimated = r && r->estimated;
  return r ? r->cost_microusd : -1;
}

int64_t gamut_result_estimate(const struct gamut_result *r)
{
  return r ? r->estimate_microusd : -1;
}

int64_t gamut_result_formula_cost(const struct gamut_result *r)
{
  return r ? r->formula_microusd : -1;
}

int64_t gamut_result_time(const struct gamut_result *r, const char *what)
{
  if (!r || !what)
    return -1;
  if (strcmp(what, "total") == 0)
    return r->total_ms;
  if (strcmp(what, "queue") == 0)
    return r->queue_ms;
  if (strcmp(what, "generate") == 0)
    return r->generate_ms;
  return strcmp(what, "download") == 0 ? r->download_ms : -1;
}

int32_t gamut_result_cache_hit(const struct gamut_result *r)
{
  return r && r->hit;
}

const char *gamut_result_cached_from(const struct gamut_result *r)
{
  return r && r->hit ? r->hit->job : NULL;
}

const char *gamut_result_cached_prompt(const struct gamut_result *r)
{
  return r && r->hit ? r->hit->prompt : NULL;
}

double gamut_result_similarity(const struct gamut_result *r)
{
  return r && r->hit && r->hit->prompt ? r->hit->similarity : 0;
}

int64_t gamut_result_cost_avoided(const struct gamut_result *r,
                                  int32_t *ret_estimated)
{
  if (ret_estimated)
    *ret_estimated = r && r->hit && r->hit->estimated;
  return r && r->hit ? r->hit->cost_microusd : -1;
}

const char *gamut_result_fact(const struct gamut_result *r, const char *name)
{
  return r && r->found && name ? gm_texts_get(&r->found->facts, name) : NULL;
}

const char *gamut_result_raw(const struct gamut_result *r)
{
  return r && r->found ? r->found->raw : NULL;
}

const char *gamut_result_difference(const struct gamut_result *r, uint32_t i)
{
  return r && i < r->n_differences ? r->differences[i] : NULL;
}
