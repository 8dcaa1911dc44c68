/* upload.c - gamut.upload/1: local files that a vendor wants as URLs.
 *
 * An upload is a job of its own that runs upload() instead of step(), for one
 * file; jobs that need the file wait for it in a list, and the files of one job
 * go side by side.  Its URL is remembered by content (and by the options of the
 * request, which may say how long the file shall live), so ten jobs with one
 * picture upload it once.
 *
 * From which size on a file is uploaded: option inline_max of the request, else
 * the provider's configuration key of that name, else its table. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "job/flight.h"
#include "job/input.h"
#include "plugin/slot.h"
#include <stdio.h>
#include <string.h>

#define KEY_SIZE   160
#define OPTIONS    "options"
#define INLINE_MAX "inline_max"

struct gm_uploaded {
  char *url;
  uint64_t until_ms;  /* mono */
  struct gm_job *job; /* under way, or NULL */
};

struct gm_upload_job {
  struct gm_job job;
  struct gm_input input;
  char key[KEY_SIZE];
};

static const struct gamut_upload *table_of(const struct gm_instance *i)
{
  const struct gamut_provider *p = &i->provider->def;
  const struct gamut_upload *t =
    p->extension ? p->extension(GAMUT_EXT_UPLOAD) : NULL;

  return t && GAMUT_HAS(t, upload) ? t : NULL;
}

/* What an upload sees of the request: {} or {"options": {...}}. */
static struct json_object *options_of(const struct gm_job *job)
{
  _cleanup_json_ struct json_object *request = NULL;
  struct json_object *seen = json_object_new_object(), *options;

  request = gm_json_parse_once(job->request, strlen(job->request), NULL, NULL);
  options = gm_json_at(request, OPTIONS);
  if (seen && options)
    json_object_object_add(seen, OPTIONS, json_object_get(options));
  return seen;
}

static uint64_t inline_max(const struct gm_job *job,
                           const struct gamut_upload *t)
{
  _cleanup_json_ struct json_object *seen = options_of(job);
  int64_t asked = gm_json_i64(seen, OPTIONS "/" INLINE_MAX, -1);
  const char *set = gm_instance_value(job->instance, INLINE_MAX, false);
  int64_t n;

  if (asked >= 0)
    return (uint64_t)asked;
  if (set && gm_parse_i64(set, 0, INT64_MAX, &n))
    return (uint64_t)n;
  return t->inline_max;
}

/* The account matters as well as the bytes: instance and key, options, then
 * hash. */
static int32_t key_of(const struct gm_job *job, struct gm_input *in,
                      char key[KEY_SIZE], struct gm_error *err)
{
  _cleanup_json_ struct json_object *seen = options_of(job);
  const char *options = gm_json_text(seen, NULL);
  char hex[GM_SHA256_HEX], account[GM_SLOT_NAME_SIZE];
  int32_t rc;

  if (!options)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an upload");
  if (!in->sha256) {
    rc = gm_input_hash(in, hex, err);
    if (rc)
      return rc;
    in->sha256 = gm_strdup(hex);
    if (!in->sha256)
      return gm_fail(err, GAMUT_E_NOMEM, "no memory for an upload");
  }
  snprintf(key, KEY_SIZE, "%s %016llx %s",
           gm_slot_name(job->instance->name, job->instance->slot, account),
           (unsigned long long)gm_hash(options, strlen(options), 0, 0).a,
           in->sha256);
  return 0;
}

static struct gm_uploaded *entry_of(struct gm_engine *e, const char *key)
{
  struct gm_uploaded *u = gm_map_get(&e->uploads, key);

  if (u)
    return u;
  u = gm_zalloc(sizeof(*u));
  if (!u || gm_map_put(&e->uploads, key, u))
    return u;
  gm_free(u);
  return NULL;
}

static bool needs(struct gm_job *job, const char *key)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  char own[KEY_SIZE];
  uint32_t i;

  for (i = 0; i < job->n_inputs; i++) {
    struct gm_input *in = &job->inputs[i];

    if (gm_input_has_bytes(in) && in->sha256 && !in->uploaded &&
        key_of(job, in, own, &err) == 0 && strcmp(own, key) == 0)
      return true;
  }
  return false;
}

/* Everybody who waits looks again; those that needed just this file hear of its
 * failure. */
static void release(struct gm_engine *e, const char *key,
                    const struct gm_error *err)
{
  struct gm_list waits, *l;

  gm_list_init(&waits);
  while ((l = gm_list_pop(&e->upload_waits)))
    gm_list_append(&waits, l);
  while ((l = gm_list_pop(&waits))) {
    struct gm_job *job = GM_CONTAINER(l, struct gm_job, link);

    if (err->error_class && needs(job, key))
      gm_job_fail(job, err->error_class, "upload: %s", gm_error_text(err));
    else if (gm_upload_ready(job))
      gm_job_step(job, GAMUT_EV_START, NULL);
  }
}

static void free_upload(struct gm_upload_job *u)
{
  gm_job_finish(&u->job);
  gm_job_untrace(&u->job);
  gm_input_close(&u->input);
  gm_free(u);
}

/* What the provider says of this file, else of all. */
static uint64_t life_ms(const struct gm_job *job, const struct gamut_upload *t)
{
  const char *said = gm_texts_get(&job->found->facts, "ttl_s");
  int64_t s;

  if (!said || !gm_parse_i64(said, 0, INT32_MAX, &s))
    s = t->ttl_s;
  /* Waiters take it at once, also when it is good for them alone. */
  return (uint64_t)GM_MAX(s, 1) * 1000;
}

static void upload_over(struct gm_job *job)
{
  struct gm_upload_job *u = GM_CONTAINER(job, struct gm_upload_job, job);
  struct gm_engine *e = job->engine;
  struct gm_uploaded *entry = gm_map_get(&e->uploads, u->key);
  const struct gamut_upload *t = table_of(job->instance);
  const char *url = job->found ? gm_texts_get(&job->found->facts, "url") : NULL;
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  char key[KEY_SIZE];

  memcpy(key, u->key, sizeof(key));
  gm_error_move(&err, &job->err);
  if (!err.error_class && !url)
    gm_fail(&err, GAMUT_E_PLUGIN, "provider '%s' uploaded without a URL",
            job->instance->name);
  entry->job = NULL;
  if (!err.error_class) {
    gm_free(entry->url);
    entry->url = gm_strdup(url);
    entry->until_ms = gm_mono_ms() + life_ms(job, t);
  }
  free_upload(u);
  release(e, key, &err);
}

static const struct gm_job_ops upload_ops = { .attempt_over = upload_over };

/* The files of one job begin a little apart, so that the vendor hears of them
 * in the caller's order. */
#define APART_MS 3

static bool begin(struct gm_job *job, const struct gm_input *in,
                  const char *key, struct gm_uploaded *entry)
{
  const struct gamut_upload *table = table_of(job->instance);
  struct gm_upload_job *u = table ? gm_zalloc(sizeof(*u)) : NULL;
  _cleanup_json_ struct json_object *seen = options_of(job);
  char *request = gm_strdup(gm_json_text(seen, NULL));

  if (!u || !request || !gm_input_copy(&u->input, in) ||
      gm_job_init(&u->job, job->engine, &upload_ops)) {
    gm_free(request);
    if (u)
      gm_input_close(&u->input);
    gm_free(u);
    return false;
  }
  memcpy(u->key, key, KEY_SIZE);
  u->job.own_fn = true;
  u->job.fn = table->upload;
  u->job.inputs = &u->input;
  u->job.n_inputs = 1;
  u->job.patience_ms = job->patience_ms;
  u->job.trace = gm_trace_below(job->trace, "gamut.upload");
  if (gm_job_begin(&u->job, job->instance, NULL, request)) {
    free_upload(u);
    return false;
  }
  entry->job = &u->job;
  gm_timer_start(job->engine->loop, &u->job.timer,
                 u->job.began_ms + (uint64_t)(in - job->inputs) * APART_MS);
  return true;
}

/* One input: uploaded, or on its way (false). */
static bool have_url(struct gm_job *job, struct gm_input *in)
{
  struct gm_engine *e = job->engine;
  struct gm_uploaded *entry;
  char key[KEY_SIZE];

  if (key_of(job, in, key, &job->err))
    return false;
  entry = entry_of(e, key);
  if (!entry) {
    gm_fail(&job->err, GAMUT_E_NOMEM, "no memory for an upload");
    return false;
  }
  if (entry->url && gm_mono_ms() < entry->until_ms) {
    in->uploaded = gm_strdup(entry->url);
    if (!in->uploaded)
      gm_fail(&job->err, GAMUT_E_NOMEM, "no memory for an upload");
    return in->uploaded != NULL;
  }
  if (!entry->job && !begin(job, in, key, entry))
    gm_fail(&job->err, GAMUT_E_NOMEM, "no memory for an upload");
  return false;
}

static bool has_bytes(const struct gm_job *job)
{
  uint32_t i;

  for (i = 0; i < job->n_inputs; i++)
    if (gm_input_has_bytes(&job->inputs[i]))
      return true;
  return false;
}

bool gm_upload_ready(struct gm_job *job)
{
  const struct gamut_upload *t = table_of(job->instance);
  bool ready = true;
  uint64_t max;
  uint32_t i;

  if (!t || job->fn == t->upload || !has_bytes(job))
    return true;
  max = inline_max(job, t);
  for (i = 0; i < job->n_inputs; i++) {
    struct gm_input *in = &job->inputs[i];

    if (!gm_input_has_bytes(in) || in->uploaded || in->size <= max ||
        have_url(job, in))
      continue;
    ready = false;
    if (job->err.error_class) {
      gm_job_over(job);
      return false;
    }
  }
  if (!ready)
    gm_list_append(&job->engine->upload_waits, &job->link);
  return ready;
}

void gm_upload_forget(struct gm_job *job)
{
  uint32_t i;

  for (i = 0; i < job->n_inputs; i++) {
    gm_free(gm_unconst(job->inputs[i].uploaded));
    job->inputs[i].uploaded = NULL;
  }
}

void gm_uploads_finish(struct gm_engine *e)
{
  struct gm_map_entry *m;
  size_t it = 0;

  while ((m = gm_map_next(&e->uploads, &it))) {
    struct gm_uploaded *u = m->value;

    if (u->job)
      free_upload(GM_CONTAINER(u->job, struct gm_upload_job, job));
    gm_free(u->url);
    gm_free(u);
  }
  gm_map_finish(&e->uploads);
}
