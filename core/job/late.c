/* late.c - what we know of a job comes when the job is no longer ours.
 *
 * We hung while its answer was on its way, or before its end was written down,
 * and whoever took the job over could not know what became of it: it ended in
 * doubt.  With what we know the doubt is over.  The row is taken back, unless
 * somebody drives the job, has sent it once more or has settled it.  A job that
 * is not over goes on here, a part of another after that one; of one that is
 * over here, its last record is written.
 *
 * Until that is decided nothing is written for the job: the row would be ours
 * before what the other process wrote along is known. */
#include "base/json.h"
#include "base/str.h"
#include "job/doubt.h"
#include "job/flight.h"
#include "store/claim.h"
#include <string.h>

struct gm_late {
  struct gm_claim claim;
  struct gm_engine *engine;
  struct gm_job *job;   /* that goes on; NULL: it is over here */
  struct gm_list link;  /* in the `parts` of the whole */
  struct gm_list parts; /* wait for this one */
  /* ---- of one that is over here: its last record; NULL: none */
  char *text;
  unsigned flags;
  struct gm_durable durable; /* `also` is referenced */
};

/* Settled, or sent once more; of what is sent in parts those tell.  `sent`: the
 * attempt that was last written down, while one behind it never left. */
static bool is_past(const struct json_object *record, const char *attempt,
                    const char *sent)
{
  const char *theirs = gm_json_str(record, "attempt", NULL);
  bool again = !gm_json_at(record, "owner/team") &&
               !gm_streq(theirs, attempt) && !gm_streq(theirs, sent);

  return again || gm_json_at(record, "settled");
}

/* It may have ended well without a part that is in doubt; of a hedge and a
 * first the one that won is all. */
static bool lacks_a_part(const struct json_object *record)
{
  const struct json_object *team = gm_json_at(record, "owner/team");
  const struct json_object *list = gm_json_at(team, "members");
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++)
    if (gm_json_bool(json_object_array_get_idx(list, i), "maybe_charged",
                     false))
      return !(gm_json_bool(team, "hedged", false) &&
               gm_json_at(team, "winner"));
  return false;
}

static bool is_in_doubt(const struct json_object *record, const char *attempt,
                        const char *sent)
{
  return !is_past(record, attempt, sent) &&
         (gm_doubt_read(record).last || lacks_a_part(record) ||
          gm_json_i64(record, "owner/end/class", 0) == GAMUT_E_UNKNOWN);
}

/* Its end, or that the vendor has it. */
static bool knows_more(const struct json_object *record)
{
  const struct json_object *end = gm_json_at(record, "owner/end");

  return end ? gm_json_i64(end, "class", 0) != GAMUT_E_UNKNOWN
             : gm_json_bool(record, "accepted", false);
}

static struct gm_late *late_new(struct gm_engine *e, const char *id)
{
  struct gm_late *late = e->store ? gm_zalloc(sizeof(*late)) : NULL;

  if (!late)
    return NULL;
  late->engine = e;
  gm_list_init(&late->link);
  gm_list_init(&late->parts);
  memcpy(late->claim.id, id, GM_ID_SIZE);
  return late;
}

static void late_free(struct gm_late *late)
{
  struct gm_also *also = late->durable.also;

  gm_journal_forget(late->engine->journal, &late->durable);
  if (also)
    also->unref(also);
  gm_free(late->text);
  gm_claim_finish(&late->claim);
  gm_free(late);
}

/* ---- a job that goes on -------------------------------------------------- */

/* The attempt that was last written down, unless one before the present one is
 * in doubt here as well: then ours is no better knowledge. */
static const char *known_before(const struct gm_job *job)
{
  return job->maybe_earlier ? "" : job->sent_id;
}

static const char *what_is_known(const struct gm_job *job,
                                 const struct json_object *record)
{
  if (gm_json_at(record, "owner/team"))
    return "what became of a part of it is known";
  return job->accepted ? "its answer has come after all"
                       : "it has not been sent";
}

/* durable.ready() follows as if its record had been written down at once. */
static bool regain(struct gm_job *job, const struct gm_claim *c,
                   const struct json_object *record)
{
  unsigned flags = GM_PUT_WAIT | (job->unsent ? GM_PUT_PAYS : 0);

  if (!is_in_doubt(record, job->attempt_id, known_before(job)) ||
      (job->ops->regained &&
       job->ops->regained(job, gm_json_at(record, "owner"))))
    return false;
  gm_warn(job->engine->log, "job %s: %s, so it goes on here", job->id,
          what_is_known(job, record));
  job->durable.ended = c->ended;
  gm_journal_adopt(job->engine->journal, job->id, &job->durable);
  return gm_job_write(job, flags) == 0;
}

static struct gm_job *whole_of(struct gm_job *job)
{
  return job->ops->whole_of ? job->ops->whole_of(job) : NULL;
}

/* Another process was quicker, though nothing is left of that. */
static bool is_outrun(const struct gm_job *job, const struct gm_job *whole)
{
  return job->durable.outrun || (whole && whole->durable.outrun);
}

/* Its row was not made, for the whole was another's, or could not be written
 * when it began: then that is written first. */
static bool begins_anew(struct gm_job *job)
{
  struct gm_job *whole = whole_of(job);

  if (!job->unsent || job->durable.held || is_outrun(job, whole))
    return false;
  if (whole && !whole->durable.held && gm_job_save(whole, false))
    return false;
  return gm_job_write(job, GM_PUT_WAIT | GM_PUT_PAYS) == 0;
}

/* `record` is what another has made of it; NULL: it goes on there. */
static void give_up(struct gm_job *job, const struct json_object *record)
{
  if (!record || !job->accepted ||
      !is_past(record, job->attempt_id, known_before(job))) {
    gm_job_lost(job);
    return;
  }
  gm_error_finish(&job->err);
  gm_job_fail(job, GAMUT_E_DETACHED,
              "its answer came when another process had settled the job, or "
              "had sent it again");
}

static void lose(struct gm_job *job, const struct json_object *record)
{
  if (job->ops->parts_alone)
    job->ops->parts_alone(job);
  give_up(job, record);
}

/* ---- one that is over here ----------------------------------------------- */

static bool has_part(const struct json_object *record, const char *id)
{
  const struct json_object *list = gm_json_at(record, "owner/team/members");
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++)
    if (gm_streq(gm_json_str(json_object_array_get_idx(list, i), "id", NULL),
                 id))
      return true;
  return false;
}

/* A failure of ours says nothing of a part that the other process has begun,
 * and is in doubt of. */
static bool knows_its_parts(const struct json_object *ours,
                            const struct json_object *other)
{
  const struct json_object *list = gm_json_at(other, "owner/team/members");
  size_t i, n = gm_json_count(list, NULL);

  if (gm_json_i64(ours, "owner/end/class", 0) == 0)
    return true;
  for (i = 0; i < n; i++) {
    const struct json_object *part = json_object_array_get_idx(list, i);

    if (gm_json_bool(part, "maybe_charged", false) &&
        !has_part(ours, gm_json_str(part, "id", "")))
      return false;
  }
  return true;
}

/* What it writes along starts from what the other process has left of that. */
static bool overrule(struct gm_late *late, const struct json_object *other)
{
  _cleanup_json_ struct json_object *ours =
    late->text ? gm_json_parse_once(late->text, strlen(late->text), NULL, NULL)
               : NULL;
  struct gm_also *also = late->durable.also;
  struct gm_journal *j = late->engine->journal;

  if (!ours || !knows_more(ours) || !knows_its_parts(ours, other) ||
      !is_in_doubt(other, gm_json_str(ours, "attempt", ""),
                   gm_json_str(ours, "sent", "")) ||
      (also && also->overrule(also, gm_json_at(other, "owner"))))
    return false;
  gm_info(late->engine->log,
          "job %s: what became of it is known here, and was not there",
          late->claim.id);
  late->durable.ended = late->claim.ended;
  gm_journal_adopt(j, late->claim.id, &late->durable);
  return gm_journal_put(j, late->claim.id, GM_TAKE(late->text), late->flags,
                        &late->durable) == 0;
}

static void set_last(struct gm_late *late, char *text, unsigned flags,
                     struct gm_also *also)
{
  if (also)
    also->ref(also);
  if (late->durable.also)
    late->durable.also->unref(late->durable.also);
  gm_free(late->text);
  late->text = text;
  late->flags = flags;
  late->durable.also = also;
}

/* ---- the row ------------------------------------------------------------- */

static void begin(struct gm_late *late);

/* They have gone with the whole, or now try for themselves. */
static void begin_all(struct gm_list *parts)
{
  struct gm_list *l;

  while ((l = gm_list_pop(parts))) {
    struct gm_late *late = GM_CONTAINER(l, struct gm_late, link);

    if (late->job || late->text)
      begin(late);
    else
      late_free(late);
  }
}

static void claimed(struct gm_claim *c, int32_t error_class)
{
  struct gm_late *late = GM_CONTAINER(c, struct gm_late, claim);
  _cleanup_json_ struct json_object *record =
    error_class
      ? NULL
      : gm_json_parse_once(gm_buf_text(&c->text), c->text.len, NULL, NULL);
  struct gm_job *job = late->job;
  bool ours;

  if (job)
    job->late = NULL;
  if (job && error_class == GAMUT_E_NOT_FOUND)
    ours = begins_anew(job);
  else
    ours = record && (job ? regain(job, c, record) : overrule(late, record));
  if (!error_class && !ours)
    gm_claim_give_back(c);
  if (job && !ours)
    lose(job, record);
  begin_all(&late->parts);
  late_free(late);
}

static void begin(struct gm_late *late)
{
  late->claim.done = claimed;
  late->claim.regains = late->job != NULL;
  gm_claim_begin(&late->claim, late->engine->journal, late->engine->store);
}

/* ---- asked for ----------------------------------------------------------- */

static void nothing_waits(struct gm_durable *d, int32_t error_class)
{
  (void)d;
  (void)error_class;
}

static struct gm_late *late_for(struct gm_job *job)
{
  job->late = late_new(job->engine, job->id);
  if (job->late)
    job->late->job = job;
  return job->late;
}

/* The whole comes first: what a part pays for is written with it. */
void gm_job_late(struct gm_job *job)
{
  struct gm_job *whole = whole_of(job);
  struct gm_late *late, *first = NULL;

  if (job->late)
    return;
  late = late_for(job);
  if (late && whole && !whole->late && gm_job_may_be_lost(whole)) {
    whole->durable.ready = nothing_waits;
    first = late_for(whole);
  }
  if (!late)
    gm_job_lost(job);
  else if (whole && whole->late)
    gm_list_append(&whole->late->parts, &late->link);
  else
    begin(late);
  if (first)
    begin(first);
}

void gm_job_record_lost(struct gm_durable *d)
{
  struct gm_job *job = GM_CONTAINER(d, struct gm_job, durable);

  if (job->state == GM_JOB_ENDED)
    return;
  gm_job_late_unwait(job);
  gm_job_late(job);
}

void gm_job_late_unwait(struct gm_job *job)
{
  job->durable.ready = nothing_waits;
}

bool gm_job_late_takes(struct gm_job *job, char *text, unsigned flags)
{
  if (!job->late)
    return false;
  if (!(flags & (GM_PUT_ENDED | GM_PUT_RELEASE))) {
    gm_free(text);
    return true;
  }
  set_last(job->late, text, flags, job->durable.also);
  gm_job_late_drop(job);
  return true;
}

void gm_job_late_drop(struct gm_job *job)
{
  if (job->late)
    job->late->job = NULL;
  job->late = NULL;
}

void gm_job_last_refused(void *engine, const char *id, const char *text,
                         unsigned flags, struct gm_also *also)
{
  struct gm_late *late = late_new(engine, id);

  if (!late)
    return;
  set_last(late, gm_strdup(text), flags, also);
  begin(late);
}
