/* query.c - a query is a job of its own that runs a function of an extension
 * instead of step(), as tokens and uploads do. */
#include "job/query.h"
#include "base/str.h"
#include "job/flight.h"
#include <stdio.h>
#include <string.h>

#define FUNCTION(name, id, type, member)                                       \
  {                                                                            \
    name, id, offsetof(struct type, member)                                    \
  }
static const struct {
  const char *name, *extension;
  size_t at;
} functions[] = {
  FUNCTION("models", GAMUT_EXT_MODELS, gamut_models, list),
  FUNCTION("balance", GAMUT_EXT_ACCOUNT, gamut_account, balance),
  FUNCTION("usage", GAMUT_EXT_ACCOUNT, gamut_account, usage),
  FUNCTION("keys", GAMUT_EXT_ACCOUNT, gamut_account, keys),
  FUNCTION("health", GAMUT_EXT_ACCOUNT, gamut_account, health),
  FUNCTION("lookup", GAMUT_EXT_ACCOUNT, gamut_account, lookup),
  FUNCTION("webhook", GAMUT_EXT_WEBHOOK, gamut_webhook, verify),
  FUNCTION("embed", GAMUT_EXT_EMBED, gamut_embed, embed),
};

const char *gm_query_name(size_t i)
{
  return i < GM_LEN(functions) ? functions[i].name : NULL;
}

/* Tables of older plugins end sooner; how long they are is their first member.
 */
static bool reaches(const char *table, size_t end)
{
  uint32_t size;

  memcpy(&size, table, sizeof(size));
  return size >= end;
}

gamut_fn *gm_query_function(const struct gamut_provider *p, const char *what)
{
  const char *group;
  gamut_fn *fn = NULL;
  size_t i;

  for (i = 0; i < GM_LEN(functions) && p->extension; i++) {
    if (!gm_streq(functions[i].name, what))
      continue;
    group = p->extension(functions[i].extension);
    if (group && reaches(group, functions[i].at + sizeof(fn)))
      memcpy(&fn, group + functions[i].at, sizeof(fn));
  }
  return fn;
}

static void over(struct gm_job *job)
{
  struct gm_query *q = GM_CONTAINER(job, struct gm_query, job);

  /* Also of a forged delivery: what was learned about the vendor is true all
   * the same, and must not be fetched anew for each of them. */
  if (q->remembers && job->state_text) {
    gm_free(job->instance->webhook_state);
    job->instance->webhook_state = GM_TAKE(job->state_text);
  }
  if (!job->err.error_class && (!job->found || !job->found->answer))
    gm_fail(&job->err, GAMUT_E_PLUGIN, "provider '%s' gave no answer",
            job->instance->name);
  if (q->secret && job->err.message)
    gm_mask(job->err.message, q->secret);
  q->done = true;
  if (q->over)
    q->over(q);
}

static const struct gm_job_ops ops = { .attempt_over = over };

static void begin_trace(struct gm_query *q, const char *what)
{
  struct gm_job *job = &q->job;
  char task[32];

  snprintf(task, sizeof(task), "gamut.query %s", what);
  job->trace = q->of ? gm_trace_below(q->of, task)
                     : gm_trace_alone(job->engine->tracer, job->id, task);
}

/* Takes `request`. */
static bool begin_job(struct gm_query *q, struct gm_engine *e,
                      struct gm_instance *i, const char *what, char *request)
{
  if (gm_job_init(&q->job, e, &ops)) {
    gm_free(request);
    return false;
  }
  begin_trace(q, what);
  if (gm_job_begin(&q->job, i, NULL, request) == 0)
    return true;
  gm_job_finish(&q->job);
  gm_job_untrace(&q->job);
  return false;
}

static int32_t start(struct gm_query *q, struct gm_engine *e,
                     struct gm_instance *i, const char *what, char *request,
                     const char *secret)
{
  char *state = q->remembers ? gm_strdup(i->webhook_state) : NULL;

  q->secret = gm_strdup(secret);
  if ((secret && !q->secret) || (!state && q->remembers && i->webhook_state)) {
    gm_free(request);
    gm_free(state);
    return GAMUT_E_NOMEM;
  }
  if (!begin_job(q, e, i, what, request)) {
    gm_free(state);
    return GAMUT_E_NOMEM;
  }
  q->job.state_text = state; /* begin() made it empty */
  q->job.secret = q->secret;
  return 0;
}

int32_t gm_query_begin(struct gm_query *q, struct gm_engine *e,
                       struct gm_instance *i, const char *what, char *request,
                       const char *secret, struct gm_error *err)
{
  gamut_fn *fn = gm_query_function(&i->provider->def, what);
  int32_t rc = 0;

  q->remembers = gm_streq(what, "webhook");
  if (!fn)
    rc = gm_fail(err, GAMUT_E_UNSUPPORTED, "%s has no '%s'", i->name, what);
  else if (!request)
    rc = gm_fail(err, GAMUT_E_NOMEM, "no memory for a query");
  if (rc) {
    gm_free(request);
    return rc;
  }
  q->job.own_fn = true;
  q->job.fn = fn;
  q->job.patience_ms = e->retry_cap_ms;
  if (start(q, e, i, what, request, secret))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a query");
  return 0;
}

void gm_query_finish(struct gm_query *q)
{
  gm_job_finish(&q->job);
  gm_job_untrace(&q->job);
  if (q->secret)
    explicit_bzero(q->secret, strlen(q->secret));
  gm_free(q->secret);
  q->secret = NULL;
}
