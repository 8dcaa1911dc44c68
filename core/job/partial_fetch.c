/* partial_fetch.c - brings home the drafts that a vendor shows by address.
 *
 * Each has a flight of its own beside the job's, which goes on.  A job that
 * ends well waits for them; one that fails, is cancelled or runs out of time
 * does not: what is still on its way then stays an address. */
#include "job/flight.h"
#include <string.h>

#define FETCH_MS 30000

static int32_t on_bytes(struct gm_exchange *x, const char *p, size_t len)
{
  struct gm_flight *f = x->owner;

  if (x->status < 200 || x->status >= 300)
    return 0;
  return gm_draft_add(&f->draft, p, len, &x->err);
}

static void let_go(struct gm_engine *e, struct gm_flight *f)
{
  gm_list_remove(&f->link);
  gm_draft_drop(&f->draft);
  gm_flight_return(e, f);
}

static void fetched(struct gm_exchange *x)
{
  struct gm_flight *f = x->owner;
  struct gm_job *job = f->job;
  struct gm_output *o = &job->partials[f->partial];

  gm_job_observe(job, f);
  if (x->error_class)
    gm_error_move(&o->err, &x->err);
  else if (x->status < 200 || x->status >= 300)
    gm_fail(&o->err, gm_class_of_status(x->status),
            "its download failed (HTTP %d)", (int)x->status);
  gm_partial_show(job, f->partial, &f->draft);
  let_go(job->engine, f);
  gm_job_settle(job);
}

bool gm_partial_fetch(struct gm_job *job, uint32_t at)
{
  struct gm_flight *f = gm_flight_spare(job);
  struct gm_output *o = &job->partials[at];
  struct gm_exchange *x;

  if (!f)
    return false;
  (void)gm_draft_open(&f->draft, NULL, job->id, 0, GM_IMAGE_MAX, NULL);
  f->draft.budget = gm_http_budget(job->engine->http);
  f->partial = at;
  gm_list_append(&job->beside, &f->link);
  x = &f->x;
  x->owner = f;
  x->method = "GET";
  x->url = o->url;
  x->n_headers = 0;
  x->body = NULL;
  x->body_len = 0;
  x->flags = GM_X_DOWNLOAD | GM_X_HELD;
  if (!gm_instance_owns(job->instance, o->url))
    x->flags |= GM_X_FOREIGN;
  x->timeout_ms = FETCH_MS;
  x->max_body = GM_IMAGE_MAX;
  x->authorize = gm_job_authorize;
  x->sink = on_bytes;
  x->done = fetched;
  gm_http_start(job->engine->http, x);
  return true;
}

void gm_partial_drop(struct gm_job *job)
{
  while (!gm_list_empty(&job->beside)) {
    struct gm_flight *f =
      GM_CONTAINER(job->beside.next, struct gm_flight, link);

    gm_http_abort(job->engine->http, &f->x);
    let_go(job->engine, f);
  }
}
