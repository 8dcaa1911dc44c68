/* record.c - a job as the text from which any process can take it over. Secrets
 * are not in it: credentials are named by the instance, and by the label of the
 * key or what is left of it when it is hashed. */
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "job/doubt.h"
#include "job/flight.h"
#include <limits.h>
#include <string.h>
#include <unistd.h>

#define RECORD_VERSION 1
#define RECORD_KEPT    65536 /* what a buffer may have grown to */

static void add(struct gm_buf *b, const char *name, const char *json)
{
  if (!json)
    return;
  gm_buf_add(b, name);
  gm_buf_add(b, json);
}

static void add_instance(struct gm_buf *b, const struct gm_instance *i)
{
  gm_buf_add_number(b, ",\"state_version\":", i->provider->def.state_version);
  gm_buf_add(b, ",\"instance\":");
  gm_buf_add_json(b, i->name);
  gm_buf_add(b, ",\"base_url\":");
  gm_buf_add_json(b, i->base_url);
  if (i->slot[0]) {
    gm_buf_add(b, ",\"slot\":");
    gm_buf_add_json(b, i->slot);
  }
  if (i->key_hash[0]) {
    gm_buf_add(b, ",\"key_hash\":");
    gm_buf_add_json(b, i->key_hash);
  }
}

/* Whoever reads it may stand in another folder. */
static void add_path(struct gm_buf *b, const char *path)
{
  _cleanup_free_ char *whole = NULL;
  char cwd[PATH_MAX];

  if (*path && *path != '/' && getcwd(cwd, sizeof(cwd)))
    whole = gm_path_join(cwd, path);
  gm_buf_add_text(b, ",\"path\":", whole ? whole : path);
}

static void add_known(struct gm_buf *b, const char *name, uint64_t v)
{
  if (v > 0)
    gm_buf_add_number(b, name, (int64_t)v);
}

/* What the bytes turned out to be, for whoever looks back when the file may be
 * gone. */
static void add_got(struct gm_buf *b, const struct gm_output *o)
{
  gm_buf_add_number(b, ",\"got\":{\"size\":", (int64_t)o->size);
  gm_buf_add_text(b, ",\"mime\":", o->media.mime);
  add_known(b, ",\"width\":", o->media.width);
  add_known(b, ",\"height\":", o->media.height);
  add_known(b, ",\"duration_ms\":", o->media.duration_ms);
  gm_buf_addc(b, '}');
}

/* Bytes that came in the reply itself are not in the record: `inline` says that
 * there were some. */
static void add_output(struct gm_buf *b, const struct gm_output *o)
{
  gm_buf_add_number(b, "{\"kind\":", o->kind);
  gm_buf_add_text(b, ",\"url\":", o->url);
  if (!o->url)
    gm_buf_add(b, ",\"inline\":true");
  gm_buf_add_text(b, ",\"mime\":", o->vendor_mime);
  gm_buf_add_number(b, ",\"width\":", o->vendor_width);
  gm_buf_add_number(b, ",\"height\":", o->vendor_height);
  gm_buf_add_number(b, ",\"duration_ms\":", o->vendor_duration_ms);
  gm_buf_add_text(b, ",\"provider\":", o->provider);
  gm_buf_add_text(b, ",\"model\":", o->model);
  add_known(b, ",\"number\":", o->number);
  if (o->done && !o->err.error_class)
    add_path(b, o->path ? o->path : "");
  if (o->done && !o->err.error_class && o->size > 0)
    add_got(b, o);
  gm_buf_addc(b, '}');
}

/* In the vendor's list it is looked for from the first to the second. */
static void add_paid(struct gm_buf *b, const struct gm_job *job)
{
  add_known(b, ",\"paid_at\":", job->paid_at_ms);
  add_known(b, ",\"paid_until\":", job->paid_until_ms);
}

static void add_doubt(struct gm_buf *b, const struct gm_job *job)
{
  struct gm_doubt d = { .last = job->maybe_charged,
                        .earlier = job->maybe_earlier };

  gm_doubt_add(b, d);
}

static void add_found(struct gm_buf *b, const struct gm_found *f)
{
  uint32_t i;

  gm_buf_add(b, ",\"found\":{\"outputs\":[");
  for (i = 0; i < f->n_outputs; i++) {
    if (i > 0)
      gm_buf_addc(b, ',');
    add_output(b, &f->outputs[i]);
  }
  gm_buf_add_number(b, "],\"withheld\":", f->withheld);
  if (f->facts.n > 0) {
    gm_buf_add(b, ",\"facts\":");
    gm_texts_add_pairs(&f->facts, b);
  }
  if (f->notes.n > 0) {
    gm_buf_add(b, ",\"notes\":");
    gm_texts_add_list(&f->notes, b);
  }
  if (f->cost_microusd >= 0)
    gm_buf_add_number(b, ",\"cost_microusd\":", f->cost_microusd);
  gm_buf_add_text(b, ",\"usage_unit\":", f->usage_unit);
  if (f->usage_unit) {
    char number[32];

    add(b, ",\"usage_amount\":", gm_fmt_real(number, f->usage_amount));
  }
  gm_buf_addc(b, '}');
}

/* A job whose cancel is on its way is gone on with by what it was looked at
 * with: the answer to the cancel may come to nobody. */
static void add_exchange(struct gm_buf *b, const struct gm_job *job)
{
  const struct gm_pending *pending = job->kept ? job->kept : job->pending;

  add(b, ",\"provider_state\":", job->kept ? job->kept_state : job->state_text);
  if (!pending)
    return;
  gm_buf_add(b, ",\"pending\":");
  gm_pending_add_json(pending, b);
}

/* Written piece by piece: this runs several times a job, and a tree of it would
 * cost more than the exchange that it is for.  Into a buffer that all jobs
 * share: many records may wait for the store, and none takes more than it
 * needs. */
char *gm_job_record(struct gm_job *job)
{
  struct gm_buf *b = &job->engine->record;
  char *text;

  gm_buf_clear(b);
  gm_buf_add_number(b, "{\"v\":", RECORD_VERSION);
  add(b, ",\"id\":\"", job->id);
  add(b, "\",\"attempt\":\"", job->attempt_id);
  if (job->sent_id[0] && !job->maybe_earlier &&
      strcmp(job->sent_id, job->attempt_id) != 0)
    add(b, "\",\"sent\":\"", job->sent_id);
  add(b, "\",\"state\":\"", gm_job_state_name(job));
  gm_buf_add_number(b, "\",\"at\":", (int64_t)gm_wall_ms());
  add_paid(b, job);
  gm_buf_add_number(b, ",\"tries\":", job->tries);
  if (job->accepted)
    gm_buf_add(b, ",\"accepted\":true");
  gm_buf_add_text(b, ",\"" GM_LOOKED_UP "\":", job->looked_up);
  add_doubt(b, job);
  if (job->doubtful)
    gm_buf_add(b, ",\"doubtful\":true");
  if (job->giving_way)
    gm_buf_add(b, ",\"giving_way\":true");
  if (job->told)
    gm_buf_add(b, ",\"told\":true");
  if (job->again && job->state != GM_JOB_ENDED)
    gm_buf_add(b, ",\"again\":true");
  if (job->again)
    gm_buf_add_text(b, ",\"settled\":", job->verdict);
  if (job->instance)
    add_instance(b, job->instance);
  add(b, ",\"request\":", job->request);
  add_exchange(b, job);
  if (job->found)
    add_found(b, job->found);
  if (job->state != GM_JOB_ENDED)
    add(b, ",\"before\":", job->before);
  if (job->ops->record) {
    gm_buf_add(b, ",\"owner\":{");
    job->ops->record(job, b);
    gm_buf_addc(b, '}');
  }
  gm_buf_addc(b, '}');
  text = gm_buf_copy(b);
  if (b->size > RECORD_KEPT)
    gm_buf_finish(b);
  return text;
}

/* `unsent` goes first: with a store that answers on the spot the end may have
 * been told when the writing returns. */
bool gm_job_write_paid(struct gm_job *job)
{
  int32_t rc = 0;

  job->unsent = true;
  if (job->ops->paying)
    rc = job->ops->paying(job, true);
  if (rc == 0 && gm_job_write(job, GM_PUT_WAIT | GM_PUT_PAYS) == 0)
    return true;
  gm_job_fail_unsent(job, GAMUT_E_NOMEM, "no memory for a job record");
  return false;
}

bool gm_job_heard_late(struct gm_job *job, int32_t error_class)
{
  if (error_class || !gm_job_may_be_lost(job))
    return false;
  (void)gm_job_write_paid(job);
  return true;
}

void gm_job_paid_written(struct gm_job *job, int32_t error_class)
{
  job->unsent = false;
  if (!error_class)
    memcpy(job->sent_id, job->attempt_id, GM_ID_SIZE);
}

int32_t gm_job_save(struct gm_job *job, bool release)
{
  return gm_job_write(job, release ? GM_PUT_RELEASE : 0);
}

void gm_job_forget(struct gm_job *job, const struct gm_job *whole)
{
  struct gm_journal *j = job->engine->journal;

  if (!gm_journal_keeps(j))
    gm_journal_remove(j, job->id, &whole->durable);
}

/* One that left before and is in doubt may be at the vendor since then. */
static void note_paid(struct gm_job *job)
{
  bool in_doubt = job->maybe_earlier || job->doubtful;

  job->paid_until_ms = gm_wall_ms();
  if (!in_doubt || !job->paid_at_ms)
    job->paid_at_ms = job->paid_until_ms;
}

static int32_t put(struct gm_job *job, unsigned flags, char *before)
{
  struct gm_journal *j = job->engine->journal;
  bool goes;
  char *text;

  if (flags & GM_PUT_PAYS)
    note_paid(job);
  if (job->maybe_charged || job->maybe_earlier || /* it is to be settled */
      job->was_part)
    flags |= GM_PUT_PART;
  goes = flags & GM_PUT_ENDED && !(flags & GM_PUT_PART) && !gm_journal_keeps(j);
  text = before || goes ? before : gm_job_record(job);
  if (!text && !goes)
    return GAMUT_E_NOMEM;
  if (gm_job_late_takes(job, text, flags))
    return 0;
  return gm_journal_put(j, job->id, text, flags, &job->durable);
}

int32_t gm_job_write(struct gm_job *job, unsigned flags)
{
  return put(job, flags, NULL);
}

void gm_job_write_before(struct gm_job *job, unsigned flags)
{
  if (job->durable.held) /* else it is another's */
    put(job, flags, GM_TAKE(job->before));
}
