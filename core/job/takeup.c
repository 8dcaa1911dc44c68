/* takeup.c - a job from the record that another process left.
 *
 * What the record says was under way decides what comes next:
 *
 *   a paid exchange was about to leave   with a key: send it again, the same;
 *                                        else nobody knows whether it ran
 *   the vendor has the job               ask for it, or what else was pending
 *   outputs were being fetched           fetch those that are not there, see
 *                                        anew.c for addresses that have expired
 *   perform() was running                again if it may be, else nobody knows
 *   none of these                        nothing was sent: begin; of one that
 *                                        was looked up with what the vendor has
 *
 * Bytes that came in a reply and were not yet a file are gone with the process:
 * nobody knows, as far as the user is concerned. */
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "job/doubt.h"
#include "job/flight.h"
#include <string.h>

/* Many jobs are taken up at once: their first polls are spread, by so much for
 * each and at most over this. */
#define EACH_MS   20
#define SPREAD_MS 2000

static bool read_output(struct gm_output *o, const struct json_object *from)
{
  const char *path = gm_json_str(from, "path", NULL);
  const char *url = gm_json_str(from, "url", NULL);
  const char *mime = gm_json_str(from, "mime", NULL);

  gm_buf_init(&o->data, GM_IMAGE_MAX);
  o->kind = (int32_t)gm_json_i64(from, "kind", 0);
  o->vendor_width = (uint32_t)gm_json_i64(from, "width", 0);
  o->vendor_height = (uint32_t)gm_json_i64(from, "height", 0);
  o->vendor_duration_ms = (uint32_t)gm_json_i64(from, "duration_ms", 0);
  o->url = gm_strdup(url);
  o->vendor_mime = gm_strdup(mime);
  o->provider = gm_strdup(gm_json_str(from, "provider", NULL));
  o->model = gm_strdup(gm_json_str(from, "model", NULL));
  o->number = (uint32_t)gm_json_i64(from, "number", 0);
  if ((url && !o->url) || (mime && !o->vendor_mime))
    return false;
  /* One whose file is there was settled before. */
  if (!path || !*path || gm_output_look(o, path))
    return true;
  o->path = gm_strdup(path);
  o->done = true;
  return o->path != NULL;
}

static bool read_outputs(struct gm_found *f, const struct json_object *list)
{
  size_t i, n = gm_json_count(list, NULL);

  if (n == 0)
    return true;
  f->outputs = gm_zalloc(n * sizeof(*f->outputs));
  if (!f->outputs)
    return false;
  for (i = 0; i < n; i++) {
    f->n_outputs++;
    if (!read_output(&f->outputs[i], json_object_array_get_idx(list, i)))
      return false;
  }
  return true;
}

static bool read_found(struct gm_job *job, const struct json_object *from)
{
  const char *unit = gm_json_str(from, "usage_unit", NULL);
  struct gm_found *f = from ? gm_job_found(job) : NULL;

  if (!from)
    return true;
  if (!f || !read_outputs(f, gm_json_at(from, "outputs")))
    return false;
  f->withheld = (uint32_t)gm_json_i64(from, "withheld", 0);
  if (!gm_texts_read_pairs(&f->facts, gm_json_at(from, "facts")) ||
      !gm_texts_read_list(&f->notes, gm_json_at(from, "notes")))
    return false;
  f->cost_microusd = gm_json_i64(from, "cost_microusd", -1);
  f->usage_unit = gm_strdup(unit);
  f->usage_amount = gm_json_real(from, "usage_amount", 0);
  return !unit || f->usage_unit;
}

static bool copy_member(char **to, const struct json_object *record,
                        const char *name)
{
  struct json_object *o = gm_json_at(record, name);

  if (o)
    *to = gm_strdup(gm_json_text(o, NULL));
  return !o || *to;
}

static bool has_inline(const struct json_object *record)
{
  const struct json_object *list = gm_json_at(record, "found/outputs");
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *o = json_object_array_get_idx(list, i);

    if (gm_json_bool(o, "inline", false) && !gm_json_at(o, "path"))
      return true;
  }
  return false;
}

static bool may_work_again(const struct gm_job *job)
{
  const struct gamut_provider *p = &job->instance->provider->def;
  const struct gamut_perform *t =
    p->extension ? p->extension(GAMUT_EXT_PERFORM) : NULL;

  return t && t->flags & GAMUT_PERFORM_RESTARTABLE;
}

/* One that is paid for, and is recorded before it leaves. */
static bool may_have_left(const struct gm_job *job,
                          const struct json_object *record)
{
  return job->pending && gm_doubt_is_open(record);
}

/* What has come of a stream that was left is kept; what was yet to come nobody
 * knows. */
static bool has_streamed(const struct gm_job *job,
                         const struct json_object *record)
{
  return may_have_left(job, record) && gm_job_has_streamed(job);
}

static enum gm_takeup choose(const struct gm_job *job,
                             const struct json_object *record)
{
  const char *state = gm_json_str(record, "state", "");
  uint32_t flags = job->pending ? job->pending->flags : 0;

  if (has_inline(record) || has_streamed(job, record))
    return GM_TAKEUP_UNKNOWN;
  if (job->found && job->found->n_outputs > 0)
    return GM_TAKEUP_FETCH;
  if (gm_streq(state, "working"))
    return may_work_again(job) ? GM_TAKEUP_WORK : GM_TAKEUP_UNKNOWN;
  if (may_have_left(job, record))
    return flags & GAMUT_HTTP_KEYED ? GM_TAKEUP_SEND : GM_TAKEUP_UNKNOWN;
  if (job->pending)
    return GM_TAKEUP_SEND;
  return job->accepted && !job->looked_up ? GM_TAKEUP_UNKNOWN : GM_TAKEUP_BEGIN;
}

/* Of an older record nothing is known but when it was written. */
static void read_paid(struct gm_job *job, const struct json_object *record)
{
  int64_t at = gm_json_i64(record, "at", 0);

  job->paid_at_ms = (uint64_t)gm_json_i64(record, "paid_at", at);
  job->paid_until_ms = (uint64_t)gm_json_i64(record, "paid_until", at);
}

static void read_doubt(struct gm_job *job, const struct json_object *record)
{
  struct gm_doubt d = gm_doubt_read(record);

  job->maybe_charged = d.last;
  job->maybe_earlier = d.earlier;
  job->was_maybe = d.last || d.earlier;
}

/* The vendor has it, though nothing that is paid for is sent for it any more.
 */
static bool read_looked_up(struct gm_job *job, const struct json_object *record)
{
  const char *id = gm_json_str(record, GM_LOOKED_UP, NULL);

  job->looked_up = gm_strdup(id);
  job->accepted |= id != NULL;
  return job->looked_up || !id;
}

static const char *read_verdict(const struct json_object *record)
{
  const char *settled = gm_json_str(record, "settled", NULL);

  if (!settled)
    return NULL;
  return gm_streq(settled, "charged") ? "charged" : "not-charged";
}

int32_t gm_job_read(struct gm_job *job, const struct json_object *record,
                    struct gm_error *err)
{
  struct json_object *pending = gm_json_at(record, "pending");
  const char *attempt = gm_json_str(record, "attempt", "");

  job->pending = pending ? gm_pending_from_json(pending) : NULL;
  if (!gm_id_valid(attempt) || (pending && !job->pending))
    return gm_fail(err, GAMUT_E_PROTOCOL, "the record of job %s is broken",
                   job->id);
  memcpy(job->attempt_id, attempt, GM_ID_SIZE);
  memcpy(job->sent_id, attempt, GM_ID_SIZE);
  read_paid(job, record);
  job->tries = (uint16_t)gm_json_i64(record, "tries", 0);
  job->accepted = gm_json_bool(record, "accepted", false);
  read_doubt(job, record);
  job->doubtful = gm_json_bool(record, "doubtful", false);
  job->giving_way = gm_json_bool(record, "giving_way", false);
  job->told = gm_json_bool(record, "told", false);
  job->again = gm_json_bool(record, "again", false);
  job->verdict = read_verdict(record);
  if (read_looked_up(job, record) &&
      copy_member(&job->before, record, "before") &&
      copy_member(&job->request, record, "request") &&
      copy_member(&job->state_text, record, "provider_state") &&
      read_found(job, gm_json_at(record, "found")))
    return 0;
  return gm_fail(err, GAMUT_E_NOMEM, "no memory for job %s", job->id);
}

/* All but the facts, as what the vendor calls it: it is asked for once more. */
static void forget_found(struct gm_job *job)
{
  struct gm_found *old = GM_TAKE(job->found), *anew;

  anew = old && old->facts.n > 0 ? gm_job_found(job) : NULL;
  if (anew) {
    anew->facts = old->facts;
    old->facts = (struct gm_texts){ 0 };
  }
  gm_found_free(old);
}

/* Its last question is put again where it was free, since the addresses that
 * came with the answer may be good no longer; else those are all there is. */
static int32_t choose_again(struct gm_job *job, struct gm_error *err)
{
  struct gm_found *f = job->found;
  uint32_t i;

  /* One that was made although it was to be cancelled is like any other. */
  if (f && f->n_outputs > 0)
    job->told = false;
  if (gm_job_can_ask_again(job)) {
    forget_found(job);
    job->asked_anew = true;
    job->takeup = GM_TAKEUP_SEND;
    return 0;
  }
  if (job->looked_up && !job->pending && !f) { /* it was not asked for yet */
    job->takeup = GM_TAKEUP_BEGIN;
    return 0;
  }
  for (i = 0; f && i < f->n_outputs; i++) {
    if (!f->outputs[i].url)
      return gm_fail(
        err, GAMUT_E_INVALID,
        "job %s: its files came in the answer itself and cannot be "
        "had again%s%s",
        job->id, f->outputs[i].path ? "; one was " : "",
        f->outputs[i].path ? f->outputs[i].path : "");
    gm_free(GM_TAKE(f->outputs[i].path));
    f->outputs[i].done = false;
  }
  job->takeup = GM_TAKEUP_FETCH;
  return f && f->n_outputs > 0
           ? 0
           : gm_fail(err, GAMUT_E_INVALID, "job %s brought no files", job->id);
}

static int32_t begin_again(struct gm_job *job,
                           const struct json_object *record,
                           struct gm_error *err)
{
  job->again = true;
  if (job->found && job->found->n_outputs > 0 && !job->before) {
    job->before = gm_strdup(gm_json_text(gm_unconst(record), NULL));
    if (!job->before)
      return gm_fail(err, GAMUT_E_NOMEM, "no memory for job %s", job->id);
  }
  return choose_again(job, err);
}

/* Since it was written last: when the vendor took it, of one that waits. */
static uint64_t age_of(const struct json_object *record)
{
  uint64_t now = gm_wall_ms(), at;

  at = (uint64_t)GM_MAX(gm_json_i64(record, "at", INT64_MAX), 0);
  return at < now ? now - at : 0;
}

/* Who says how often to ask means it here as well. */
static uint64_t spread_of(const struct gm_job *job)
{
  int64_t poll_ms = job->engine->poll_ms;
  uint64_t most = GM_MIN(job->engine->jobs.n_used * EACH_MS, SPREAD_MS);

  if (job->takeup != GM_TAKEUP_SEND)
    return 0;
  return gm_random_below(poll_ms >= 0 ? GM_MIN((uint64_t)poll_ms + 1, most)
                                      : most);
}

int32_t gm_job_restore(struct gm_job *job, struct gm_instance *instance,
                       struct json_object *wire,
                       const struct json_object *record, bool again,
                       struct gm_error *err)
{
  uint64_t now = gm_mono_ms();
  int32_t rc;

  job->instance = instance;
  job->fn = instance->provider->def.step;
  job->wire = wire;
  if (gm_json_i64(record, "state_version", -1) !=
      instance->provider->def.state_version)
    return gm_fail(err, GAMUT_E_UNSUPPORTED,
                   "job %s was begun by another version of provider '%s', "
                   "which cannot be continued by this one",
                   job->id, instance->name);
  rc = gm_job_read(job, record, err);
  if (rc)
    return rc;
  job->left = job->state;
  if (!again)
    job->left = (uint8_t)gm_job_state_named(gm_json_str(record, "state", NULL));
  if (again)
    rc = begin_again(job, record, err);
  else
    job->takeup = (uint8_t)choose(job, record);
  if (job->takeup == GM_TAKEUP_SEND &&
      (job->doubtful || may_have_left(job, record))) {
    job->doubtful = true; /* its key makes sure that it is paid once */
    job->maybe_charged = false; /* which the answer to the repeat will tell */
  }
  if (rc)
    return rc;
  job->began_ms = now;
  job->age_ms = age_of(record);
  gm_job_observe_begin(job);
  job->accepted_ms = job->accepted ? now : 0;
  if (!gm_timer_start(job->engine->loop, &job->timer, now + spread_of(job)))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a timer");
  return 0;
}

static void go_on(struct gm_job *job)
{
  enum gm_takeup what = job->takeup;

  job->takeup = GM_TAKEUP_NONE;
  switch (what) {
  case GM_TAKEUP_SEND:
    gm_job_send(job);
    break;
  case GM_TAKEUP_FETCH:
    gm_job_fetch(job);
    break;
  case GM_TAKEUP_WORK:
    gm_job_work(job);
    break;
  case GM_TAKEUP_UNKNOWN:
    job->maybe_charged = true;
    gm_job_fail(job, GAMUT_E_UNKNOWN,
                "sent, but the process that waited for the answer ended");
    break;
  case GM_TAKEUP_BEGIN:
  case GM_TAKEUP_NONE:
    if (job->looked_up || gm_upload_ready(job))
      gm_job_step(job, GAMUT_EV_START, NULL);
    break;
  }
}

/* Fetching is free, so it goes on also where nothing can be written. */
static void noted(struct gm_durable *d, int32_t error_class)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);

  if (error_class == GAMUT_E_DETACHED)
    gm_job_late(job);
  else
    go_on(job);
}

/* That a job which had ended is under way again is written before anything of
 * its files is: so whoever comes after a crash finds it, and clears away what
 * was left of them. */
void gm_job_take_up(struct gm_job *job)
{
  if (!job->durable.ended) {
    go_on(job);
    return;
  }
  job->durable.ready = noted;
  if (gm_job_write(job, GM_PUT_WAIT))
    gm_job_fail(job, GAMUT_E_NOMEM, "no memory to write job %s down", job->id);
}
