/* token.c - gamut.token/1: one short-lived bearer token per instance, fetched
 * when first needed, renewed early, shared by all its jobs.
 *
 * The fetch is a job of its own that runs token() instead of step(); jobs that
 * need the token wait for it in a list, so there is one refresh at a time. */
#include "base/clock.h"
#include "job/flight.h"
#include "job/token.h"

/* Renew when less than this is left, so that no poll meets the end; of a token
 * that lives shorter, a quarter. */
#define EARLY_MS UINT64_C(60000)

struct gm_token_job {
  struct gm_job job;
};

static const struct gamut_token *table_of(const struct gm_instance *i)
{
  const struct gamut_provider *p = &i->provider->def;
  const struct gamut_token *t =
    p->extension ? p->extension(GAMUT_EXT_TOKEN) : NULL;

  return t && GAMUT_HAS(t, token) ? t : NULL;
}

uint64_t gm_token_use_ms(uint32_t ttl_s)
{
  uint64_t ttl_ms = ttl_s * UINT64_C(1000);

  return ttl_ms - GM_MIN(EARLY_MS, ttl_ms / 4);
}

static bool fresh(const struct gm_instance *i)
{
  return i->token && gm_mono_ms() < i->token_until_ms;
}

/* Of a job that the vendor has that says nothing. */
static void fail(struct gm_job *job, const struct gm_error *err)
{
  job->maybe_charged |= job->accepted;
  gm_job_fail(job, err->error_class, "no access token: %s", gm_error_text(err));
}

/* Let everybody go on who waited for this instance: with the token, or with the
 * error that the fetch ended with. */
static void release(struct gm_engine *e, const struct gm_instance *i,
                    const struct gm_error *err)
{
  struct gm_list waits, *l;

  gm_list_init(&waits);
  while ((l = gm_list_pop(&e->token_waits)))
    gm_list_append(&waits, l);
  while ((l = gm_list_pop(&waits))) {
    struct gm_job *job = GM_CONTAINER(l, struct gm_job, link);

    if (job->instance != i)
      gm_list_append(&e->token_waits, l);
    else if (err->error_class)
      fail(job, err);
    else
      gm_job_send(job);
  }
}

static void drop(struct gm_token_job *t)
{
  gm_job_finish(&t->job);
  gm_job_untrace(&t->job);
  gm_free(t);
}

static void token_over(struct gm_job *job)
{
  struct gm_token_job *t = GM_CONTAINER(job, struct gm_token_job, job);
  struct gm_engine *e = job->engine;
  struct gm_instance *i = job->instance;
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  gm_error_move(&err, &job->err);
  if (!err.error_class && !fresh(i))
    gm_fail(&err, GAMUT_E_PLUGIN, "provider '%s' brought no token", i->name);
  i->token_job = NULL;
  drop(t);
  release(e, i, &err);
}

static const struct gm_job_ops token_ops = { .attempt_over = token_over };

/* For `job`, and for whoever comes to need it meanwhile. */
static bool begin(const struct gm_job *job)
{
  struct gm_engine *e = job->engine;
  struct gm_instance *i = job->instance;
  const struct gamut_token *table = table_of(i);
  struct gm_token_job *t = table ? gm_zalloc(sizeof(*t)) : NULL;
  char *request = gm_strdup("{}");

  if (!t || !request || gm_job_init(&t->job, e, &token_ops)) {
    gm_free(request);
    gm_free(t);
    return false;
  }
  t->job.own_fn = t->job.fetches_token = true;
  t->job.fn = table->token;
  t->job.patience_ms = e->retry_cap_ms;
  t->job.trace = gm_trace_below(job->trace, "gamut.token");
  if (gm_job_begin(&t->job, i, NULL, request)) {
    drop(t);
    return false;
  }
  i->token_job = t;
  return true;
}

/* Some instances have a key instead, some exchanges go to somebody else. */
static bool wanted(const struct gm_job *job)
{
  return !job->fetches_token && table_of(job->instance) && job->pending &&
         gm_instance_wants_token(job->instance, gm_pending_url(job->pending));
}

bool gm_token_ready(struct gm_job *job)
{
  struct gm_instance *i = job->instance;

  if (!wanted(job) || fresh(i))
    return true;
  gm_list_remove(&job->link);
  gm_list_append(&job->engine->token_waits, &job->link);
  if (i->token_job || begin(job))
    return false;
  gm_job_fail(job, GAMUT_E_NOMEM, "no memory to fetch a token");
  return false;
}

bool gm_token_renew(struct gm_job *job)
{
  struct gm_instance *i = job->instance;

  if (job->renewed || !wanted(job))
    return false;
  job->renewed = true;
  i->token_until_ms = 0;
  return true;
}

void gm_token_abandon(struct gm_instance *i)
{
  struct gm_token_job *t = i->token_job;

  if (!t)
    return;
  i->token_job = NULL;
  drop(t);
}
