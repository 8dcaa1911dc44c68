/* result.h - what is behind struct gamut_result.  Private to core/api. */
#ifndef GM_API_RESULT_H
#define GM_API_RESULT_H

#include "job/trace.h"
#include "route/router.h"
#include <gamut/gamut.h>

struct gamut_result {
  char id[GAMUT_ID_SIZE];
  int32_t status;
  struct gm_error err;
  bool maybe_charged, accepted, estimated;
  struct gm_hit *hit; /* NULL: it was made for this request */
  char *provider, *model, *resolved_from, *correlation_id;
  char trace_id[GM_TRACE_ID_SIZE]; /* "": none */
  char *operation; /* of the link that gave it; NULL: not known */
  struct gm_found *found; /* outputs and facts; may be NULL */
  struct gamut_artifact_info *artifacts; /* views into found */
  struct gm_output *drafts;
  struct gamut_artifact_info *partials; /* views into drafts */
  struct gm_attempt *attempts;
  struct gamut_attempt_info *attempt_infos; /* views into attempts */
  uint32_t n_artifacts, n_partials, n_attempts, n_differences;
  char **differences;
  int64_t cost_microusd, estimate_microusd, formula_microusd;
  int64_t total_ms, queue_ms, generate_ms, download_ms;
  char *json; /* made when asked for */
};

/* differences.c: asked and got, sentence by sentence. */
void gm_result_compare(struct gamut_result *r, const struct gm_run *run,
                       const struct json_object *request);
GM_PRINTF(2, 3)
void gm_result_differs(struct gamut_result *r, const char *fmt, ...);
/* GAMUT_COMPLETED ... of the class that ended a job. */
int32_t gm_status_of(int32_t error_class);
/* GAMUT_COMPLETED -> "completed" */
const char *gm_status_name(int32_t status);
/* "image", "video", "audio"; NULL. */
const char *gm_kind_name(int32_t kind);

#endif
