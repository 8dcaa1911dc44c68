/* fetch.c - brings the outputs home, one after the other.
 *
 * Downloads are free and can be repeated; what cannot be fetched or written
 * keeps its URL, so that nothing paid for is lost; one that has expired is
 * asked for anew (anew.c).  Secrets go along only to origins they belong to. */
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "job/flight.h"
#include "job/parsed.h"
#include "job/policy.h"
#include <string.h>

#define FETCH_REPEATS 5
#define NOTE_AFTER_MS 1000
#define TELL_EVERY_MS 100

static uint64_t ceiling(const struct gm_output *o)
{
  return o->kind == GAMUT_VIDEO ? GM_VIDEO_MAX : GM_IMAGE_MAX;
}

static struct gm_output *next_output(struct gm_job *job)
{
  uint32_t i;

  for (i = 0; i < job->found->n_outputs; i++)
    if (!job->found->outputs[i].done)
      return &job->found->outputs[i];
  return NULL;
}

static uint32_t index_of(const struct gm_job *job, const struct gm_output *o)
{
  return (uint32_t)(o - job->found->outputs) + 1;
}

static int32_t open_draft(struct gm_job *job, struct gm_draft *d,
                          struct gm_output *o, struct gm_error *err)
{
  return gm_draft_open(d, job->plan, job->id, index_of(job, o), ceiling(o),
                       err);
}

int32_t gm_job_keep(struct gm_job *job, const struct gm_output_plan *plan,
                    struct gm_draft *d, struct gm_output *o,
                    struct gm_error *err)
{
  struct gm_name_facts f = {
    .job = job->id,
    .provider = job->instance->name,
    .seed = gm_texts_get(&job->found->facts, "seed"),
    .index = index_of(job, o),
    .count = job->found->n_outputs,
    .wall_ms = gm_wall_ms(),
  };
  _cleanup_json_ struct json_object *request = gm_job_request(job);

  f.model = gm_json_str(request, "model", "");
  if (job->ops->name)
    job->ops->name(job, o, &f);
  return gm_draft_keep(d, plan, &f, job->engine->sync_files, o, err);
}

static void output_failed(struct gm_output *o, struct gm_error *err)
{
  gm_error_finish(&o->err);
  gm_error_move(&o->err, err);
}

/* Every output is settled: the attempt ends, well unless one of them failed. */
void gm_job_all_settled(struct gm_job *job)
{
  uint32_t i;

  job->settled = !gm_list_empty(&job->beside);
  if (job->settled)
    return;
  for (i = 0; i < job->found->n_outputs; i++) {
    const struct gm_error *e = &job->found->outputs[i].err;

    if (e->error_class) {
      gm_job_fail(job, e->error_class, "%s", gm_error_text(e));
      return;
    }
  }
  gm_job_over(job);
}

static int32_t pour_to(struct gm_job *job, const struct gm_output_plan *plan,
                       struct gm_output *o, struct gm_error *err)
{
  struct gm_draft d;
  int32_t rc =
    gm_draft_open(&d, plan, job->id, index_of(job, o), ceiling(o), err);

  if (rc == 0)
    rc = gm_output_pour(o, &d, err);
  if (rc == 0)
    rc = gm_job_keep(job, plan, &d, o, err);
  gm_draft_drop(&d);
  return rc;
}

/* The bytes came in the reply and exist nowhere else: when the target cannot be
 * written, or they are not what was asked for, they are saved as they are where
 * temporary files go, and the error says where.  Who wanted no file has them in
 * memory. */
static void rescue(struct gm_job *job, struct gm_output *o)
{
  const char *tmp = gm_env("TMPDIR");
  struct gm_output_plan plan = { .as_is = true };
  int32_t error_class = o->err.error_class;

  if (error_class != GAMUT_E_STORAGE && error_class != GAMUT_E_PROTOCOL)
    return;
  if (job->plan->name) {
    plan.name = gm_path_join(tmp ? tmp : "/tmp", "gamut-{job}-{index}.{ext}");
    if (!plan.name)
      return;
  }
  if (pour_to(job, &plan, o, NULL) == 0 && o->path)
    gm_error_suffix(&o->err, "; the bytes are in '%s'", o->path);
  gm_free(plan.name);
}

/* Fetching is free, so it goes on also where nothing can be written. */
static void may_fetch(struct gm_durable *d, int32_t error_class)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);

  if (error_class == GAMUT_E_DETACHED) {
    gm_job_late(job);
    return;
  }
  job->unwritten = false;
  gm_job_tell(job, GAMUT_EVENT_ACCEPTED, 0, 0, NULL); /* if nobody did yet */
  gm_job_fetch_next(job);
}

static bool write_first(struct gm_job *job)
{
  job->noted = true;
  job->durable.ready = may_fetch;
  return gm_job_write(job, GM_PUT_WAIT) == 0;
}

/* Whoever took the job over clears away what we had begun to write: that we
 * could not finish it says nothing of the disk. */
static bool was_swept(const struct gm_job *job, int32_t error_class)
{
  return error_class == GAMUT_E_STORAGE && gm_job_may_be_lost(job);
}

/* False: it is tried again, once the store says that the job is ours. */
static bool pour(struct gm_job *job, struct gm_output *o)
{
  int32_t rc = pour_to(job, job->plan, o, &o->err);

  if (was_swept(job, rc)) {
    gm_error_finish(&o->err);
    if (write_first(job))
      return false;
    gm_fail(&o->err, GAMUT_E_NOMEM, "no memory for a job record");
  }
  rescue(job, o);
  gm_output_drop_source(o);
  return true;
}

void gm_job_keep_whole(struct gm_job *job)
{
  uint32_t i, n = job->found ? job->found->n_outputs : 0;

  for (i = 0; i < n; i++) {
    struct gm_output *o = &job->found->outputs[i];

    if (o->done || (!o->source && !o->blob))
      continue;
    (void)pour_to(job, job->plan, o, &o->err);
    rescue(job, o);
    gm_output_drop_source(o);
    o->done = true;
  }
}

/* What a free question brought, whoever takes the job over asks for again: it
 * is worth a record only when fetching it takes a while. */
static void note(struct gm_job *job, uint64_t now)
{
  if (job->noted ||
      (gm_job_can_ask_again(job) && now - job->generated_ms < NOTE_AFTER_MS))
    return;
  job->noted = true;
  gm_job_write(job, 0);
}

static int32_t on_bytes(struct gm_exchange *x, const char *p, size_t len)
{
  struct gm_flight *f = x->owner;
  struct gm_job *job = f->job;
  uint64_t now;
  int32_t rc;

  if (x->status < 200 || x->status >= 300)
    return 0;
  if (!f->draft.folder && f->draft.max == 0) {
    rc = open_draft(job, &f->draft, f->output, &x->err);
    if (rc)
      return rc;
    f->draft.budget = gm_http_budget(job->engine->http);
  }
  rc = gm_draft_add(&f->draft, p, len, &x->err);
  now = gm_mono_ms();
  note(job, now);
  if (rc == 0 && now - f->told_ms >= TELL_EVERY_MS) {
    f->told_ms = now;
    gm_job_tell(
      job, GAMUT_EVENT_DOWNLOAD, (int64_t)f->draft.len,
      x->content_length == UINT64_MAX ? 0 : (int64_t)x->content_length, NULL);
  }
  return rc;
}

static int32_t verdict(struct gm_exchange *x, struct gm_error *err)
{
  if (x->error_class) {
    gm_error_move(err, &x->err);
    return err->error_class;
  }
  if (x->status >= 200 && x->status < 300)
    return 0;
  return gm_fail(err, gm_class_of_status(x->status),
                 "download of the result failed (HTTP %d)", (int)x->status);
}

/* Again, if the class and the count allow; else the output is settled. */
static void settle(struct gm_job *job, struct gm_exchange *x,
                   struct gm_output *o, struct gm_error *err)
{
  const struct gm_engine *e = job->engine;
  uint32_t wait_ms;

  /* A URL that was refused before anything was sent stays refused. */
  bool refused = err->error_class == GAMUT_E_PROTOCOL && !x->was_sent;

  if (!refused && gm_policy_of(err->error_class)->again &&
      job->repeats < FETCH_REPEATS) {
    wait_ms = gm_backoff_ms(job->repeats, e->retry_base_ms, e->retry_cap_ms,
                            x->has_retry_after, x->retry_after_ms);
    job->repeats++;
    job->total_repeats++;
    note(job, gm_mono_ms() + wait_ms);
    gm_job_tell(job, GAMUT_EVENT_RETRY, wait_ms, 0, gm_error_text(err));
    if (gm_timer_start(e->loop, &job->timer, gm_mono_ms() + wait_ms))
      return;
  }
  output_failed(o, err);
  job->repeats = 0;
  if (gm_anew_ask(job, x, &o->err))
    return;
  o->done = true;
  gm_job_fetch_next(job);
}

static void fetched(struct gm_exchange *x)
{
  struct gm_flight *f = x->owner;
  struct gm_job *job = f->job;
  struct gm_engine *e = job->engine;
  struct gm_output *o = f->output;
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  bool lost;

  gm_job_observe(job, f);
  job->flight = NULL;
  lost = gm_job_may_be_lost(job);
  if (!lost && verdict(x, &err) == 0) {
    if (f->draft.max == 0 && open_draft(job, &f->draft, o, &err) == 0)
      gm_fail(&err, GAMUT_E_PROTOCOL, "the result is empty");
    else if (err.error_class == 0)
      lost = was_swept(job, gm_job_keep(job, job->plan, &f->draft, o, &err));
  }
  gm_draft_drop(&f->draft);
  if (err.error_class && !lost) {
    settle(job, x, o, &err);
  } else {
    o->done = !lost; /* else it is fetched again, if it is still ours */
    job->repeats = 0;
    gm_job_fetch_next(job);
  }
  gm_flight_return(e, f);
}

static void download(struct gm_job *job, struct gm_output *o)
{
  struct gm_flight *f = gm_flight_take(job);
  struct gm_exchange *x;

  if (!f)
    return;
  memset(&f->draft, 0, sizeof(f->draft));
  f->draft.fd = -1;
  f->output = o;
  f->told_ms = 0;
  x = &f->x;
  x->owner = f;
  x->method = "GET";
  x->url = o->url;
  x->n_headers = 0;
  x->body = NULL;
  x->body_len = 0;
  x->flags = GM_X_DOWNLOAD | (job->plan->name ? 0 : GM_X_HELD);
  if (!gm_instance_owns(job->instance, o->url))
    x->flags |= GM_X_FOREIGN;
  x->timeout_ms = 0;
  x->max_body = ceiling(o);
  x->authorize = gm_job_authorize;
  x->sink = on_bytes;
  x->done = fetched;
  gm_http_start(job->engine->http, x);
}

/* In storage of the user's own, to which the credential at hand opens no way:
 * the address is the result. */
static bool stays(const struct gm_job *job, const struct gm_output *o)
{
  return job->plan->leave || strncmp(o->url, "gs://", 5) == 0;
}

/* Whoever hung may find that another has made the file. */
void gm_job_fetch_next(struct gm_job *job)
{
  struct gm_output *o;

  if (job->anew)
    gm_anew_give_up(job);
  if (gm_job_may_be_lost(job) && write_first(job))
    return;
  while ((o = next_output(job))) {
    if (!o->url && !pour(job, o))
      return;
    if (o->url && !stays(job, o)) {
      download(job, o);
      return;
    }
    o->done = true;
  }
  gm_job_all_settled(job);
}

void gm_job_settle(struct gm_job *job)
{
  if (job->settled && gm_list_empty(&job->beside))
    gm_job_all_settled(job);
}

/* Of a part nothing becomes a file before it is written down that this one is
 * to make it: after a crash another may be quicker, whose picture is not the
 * same. */
void gm_job_fetch(struct gm_job *job)
{
  job->repeats = 0;
  job->noted = false;
  gm_job_move(job, GM_JOB_FETCHING);
  if (job->is_part && write_first(job))
    return;
  note(job, gm_mono_ms());
  gm_job_fetch_next(job);
}

void gm_job_fetch_newly(struct gm_job *job)
{
  job->noted = false;
  note(job, gm_mono_ms());
  gm_job_fetch_next(job);
}
