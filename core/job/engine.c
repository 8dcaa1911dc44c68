/* engine.c - the flights of all jobs.  A flight holds buffers and a header
 * list, so there are few of them; ten thousand jobs take turns. */
#include "job/engine.h"
#include "job/flight.h"
#include "job/limiter.h"

/* Secrets of one send; wiped by http.c after use, bounded here. */
#define SECRETS_MAX 65536
#define RECORD_MAX  (128u << 20)

int32_t gm_engine_init(struct gm_engine *e)
{
  gm_list_init(&e->ready);
  gm_list_init(&e->flights);
  gm_list_init(&e->accounts);
  gm_list_init(&e->token_waits);
  gm_list_init(&e->upload_waits);
  gm_list_init(&e->work_waits);
  gm_list_init(&e->performs);
  gm_buf_init(&e->record, RECORD_MAX);
  gm_journal_on_refused(e->journal, gm_job_last_refused, e);
  return gm_call_init(&e->call, e->log);
}

static void free_flight(struct gm_flight *f)
{
  gm_exchange_finish(&f->x);
  gm_body_finish(&f->body);
  gm_buf_finish(&f->secrets);
  gm_wipe_buf(&f->filled);
  gm_free(f);
}

void gm_engine_finish(struct gm_engine *e)
{
  struct gm_list *l;

  if (!e->flights.next)
    return;
  gm_uploads_finish(e);
  gm_limits_finish(e);
  gm_assert(gm_list_empty(&e->ready));
  while ((l = gm_list_pop(&e->flights)))
    free_flight(GM_CONTAINER(l, struct gm_flight, link));
  gm_work_pool_free(e->pool);
  e->pool = NULL;
  gm_perform_drop_all(e);
  gm_call_finish(&e->call);
  gm_buf_finish(&e->record);
  gm_map_finish(&e->jobs);
}

static struct gm_flight *new_flight(struct gm_engine *e)
{
  struct gm_flight *f;

  if (e->n_flights >= GM_FLIGHTS_MAX)
    return NULL;
  f = gm_zalloc(sizeof(*f));
  if (!f)
    return NULL;
  gm_list_init(&f->link);
  f->draft.fd = -1;
  gm_exchange_init(&f->x);
  gm_buf_init(&f->secrets, SECRETS_MAX);
  e->n_flights++;
  return f;
}

struct gm_flight *gm_flight_take(struct gm_job *job)
{
  struct gm_engine *e = job->engine;
  struct gm_list *l = gm_list_pop(&e->flights);
  struct gm_flight *f =
    l ? GM_CONTAINER(l, struct gm_flight, link) : new_flight(e);

  if (!f && e->n_flights == 0) { /* nobody will hand us one */
    gm_job_fail(job, GAMUT_E_NOMEM, "no memory for an exchange");
    return NULL;
  }
  if (!f) {
    gm_list_remove(&job->link);
    gm_list_append(&e->ready, &job->link);
    return NULL;
  }
  f->job = job;
  job->flight = f;
  return f;
}

struct gm_flight *gm_flight_spare(struct gm_job *job)
{
  struct gm_engine *e = job->engine;
  struct gm_list *l = gm_list_pop(&e->flights);
  struct gm_flight *f =
    l ? GM_CONTAINER(l, struct gm_flight, link) : new_flight(e);

  if (f)
    f->job = job;
  return f;
}

void gm_flight_return(struct gm_engine *e, struct gm_flight *f)
{
  struct gm_list *l;

  gm_body_finish(&f->body);
  gm_sse_finish(&f->sse); /* of a stream that was left in its midst */
  f->x.made = NULL;
  f->job = NULL;
  f->output = NULL;
  f->span_id[0] = '\0';
  f->x.connect_ms = 0;
  gm_free(GM_TAKE(f->backup));
  gm_exchange_reset(&f->x);
  gm_wipe_buf(&f->filled);
  gm_list_append(&e->flights, &f->link);
  l = gm_list_pop(&e->ready);
  if (l)
    gm_job_resume(GM_CONTAINER(l, struct gm_job, link));
}

void gm_flight_release(struct gm_flight *f)
{
  f->job->flight = NULL;
  gm_flight_return(f->job->engine, f);
}
