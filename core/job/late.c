/* late.c - the answer to what is paid for comes when the job is no longer ours.
 *
 * We hung while it was on its way, and whoever took the job over could not know
 * what became of it: it ended in doubt.  With the answer the doubt is over. The
 * row is taken back, unless somebody drives the job, has sent it once more or
 * has settled it. */
#include "base/json.h"
#include "base/str.h"
#include "job/flight.h"
#include "store/claim.h"
#include <string.h>

struct gm_late {
  struct gm_claim claim;
  struct gm_job *job; /* NULL: it has gone */
};

static bool is_in_doubt(const struct gm_job *job,
                        const struct json_object *record)
{
  return gm_streq(gm_json_str(record, "attempt", NULL), job->attempt_id) &&
         !gm_json_bool(record, "accepted", false) &&
         !gm_json_at(record, "settled") &&
         gm_json_i64(record, "owner/end/class", GAMUT_E_UNKNOWN) ==
           GAMUT_E_UNKNOWN;
}

/* durable.ready() follows as if the answer had been written down at once. */
static bool regain(struct gm_job *job, const struct gm_claim *c)
{
  _cleanup_json_ struct json_object *record =
    gm_json_parse_once(gm_buf_text(&c->text), c->text.len, NULL, NULL);

  if (!record || !is_in_doubt(job, record) ||
      (job->ops->regained &&
       job->ops->regained(job, gm_json_at(record, "owner"))))
    return false;
  gm_warn(job->engine->log,
          "job %s: its answer has come after all, so it goes on here", job->id);
  job->durable.ended = c->ended;
  gm_journal_adopt(job->engine->journal, &job->durable);
  return gm_job_write(job, GM_PUT_WAIT) == 0;
}

static void give_back(struct gm_claim *c, struct gm_job *job)
{
  gm_claim_give_back(c);
  if (!job)
    return;
  gm_error_finish(&job->err);
  gm_job_fail(job, GAMUT_E_DETACHED,
              "its answer came when another process had settled the job, or "
              "had sent it again");
}

static void claimed(struct gm_claim *c, int32_t error_class)
{
  struct gm_late *late = GM_CONTAINER(c, struct gm_late, claim);
  struct gm_job *job = late->job;

  if (job)
    job->late = NULL;
  if (error_class && job)
    job->durable.lost(&job->durable);
  else if (!error_class && (!job || !regain(job, c)))
    give_back(c, job);
  gm_claim_finish(c);
  gm_free(late);
}

void gm_job_late(struct gm_job *job)
{
  struct gm_engine *e = job->engine;
  struct gm_late *late =
    e->store && !job->is_part ? gm_zalloc(sizeof(*late)) : NULL;

  if (!late) {
    job->durable.lost(&job->durable);
    return;
  }
  job->late = late;
  late->job = job;
  memcpy(late->claim.id, job->id, GM_ID_SIZE);
  late->claim.done = claimed;
  gm_claim_begin(&late->claim, e->journal, e->store);
}

void gm_job_late_drop(struct gm_job *job)
{
  if (job->late)
    job->late->job = NULL;
  job->late = NULL;
}
