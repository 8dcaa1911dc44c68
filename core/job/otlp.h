/* otlp.h - sends finished spans to a collector: OTLP over HTTP as JSON, in
 * batches, beside the jobs and never in their way.
 *
 * The queue is bounded: what does not fit, or what the collector does not take
 * after some tries, is dropped and counted (GM_M_SPANS).  One exchange is under
 * way at a time, and it counts against no limit that jobs have. */
#ifndef GM_JOB_OTLP_H
#define GM_JOB_OTLP_H

#include "job/meter.h"
#include "loop/http.h"

struct gm_otlp;

struct gm_otlp_options {
  const char *url;     /* of traces, whole */
  const char *headers; /* "name=value,name=value", values percent-coded; NULL */
  const char *resource; /* the resource's attributes, as JSON: [{...}] */
  uint32_t timeout_ms, delay_ms;
  uint32_t queue_max, batch_max; /* spans */
};

/* INVALID: the URL or the headers are none. */
int32_t gm_otlp_new(struct gm_loop *loop, struct gm_http *http,
                    struct gm_log *log, struct gm_meters *meters,
                    const struct gm_otlp_options *o, struct gm_otlp **ret,
                    struct gm_error *err);
/* Turn the loop until all is sent, at most so long.  No job is under way. */
void gm_otlp_flush(struct gm_otlp *o, uint32_t most_ms);
void gm_otlp_free(struct gm_otlp *o); /* what is left is dropped */

/* A finished span, as JSON; taken over, also when it is dropped. */
void gm_otlp_add(struct gm_otlp *o, struct gm_buf *span);

/* "a=1,b=%32" into pairs: `pair` for each, decoded, trimmed; false when it is
 * no such list.  Also OTEL_RESOURCE_ATTRIBUTES has this form. */
bool gm_otlp_pairs(const char *text,
                   bool (*pair)(void *user, const char *name,
                                const char *value),
                   void *user);

#endif
