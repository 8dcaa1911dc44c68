/* settle.c - what became of the money of a maybe-charged job, as somebody says
 * who has seen the vendor's books. */
#include "api/jobs.h"
#include "api/rewrite.h"
#include "base/str.h"
#include "job/doubt.h"
#include "job/output.h"
#include "route/ledger.h"
#include "route/router.h"

struct settle {
  struct gm_rewrite r;
  struct gm_charge *charge;
  bool charged;
};

/* What the books say now, in the record as well. */
static void decide_charge(struct settle *s, struct json_object *owner)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(64u << 20);
  struct json_object *o;

  s->charge =
    gm_ledger_verdict(s->r.g->ledger, s->r.claim.id, owner, s->charged);
  if (!s->charge || !gm_json_at(owner, "ledger"))
    return;
  s->r.also = gm_charge_also(s->charge);
  gm_buf_addc(&b, '{');
  gm_charge_record(s->charge, &b);
  gm_buf_addc(&b, '}');
  if (gm_buf_failed(&b))
    return;
  b.data[1] = ' '; /* the comma before a first member */
  o = gm_json_parse_once(b.data, b.len, NULL, NULL);
  if (o)
    json_object_object_add(owner, "ledger",
                           json_object_get(gm_json_at(o, "ledger")));
  json_object_put(o);
}

/* One that nobody waited for has ended with it.  Of one that failed it is said
 * that it was settled, and it is in doubt no longer. */
static void settle_end(struct settle *s, struct json_object *owner)
{
  struct json_object *end = gm_json_at(owner, "end");
  int64_t why = gm_json_i64(end, "class", end ? 0 : GAMUT_E_UNKNOWN);
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(64u << 10);

  if (why == 0)
    return;
  if (!end) {
    end = json_object_new_object();
    json_object_object_add(owner, "end", end);
  }
  gm_buf_add(&b, gm_json_str(end, "message", "sent, but no answer came"));
  gm_buf_add(&b, s->charged ? "; settled: charged" : "; settled: not charged");
  if (why == GAMUT_E_UNKNOWN)
    why = GAMUT_E_PROVIDER;
  json_object_object_add(end, "class", json_object_new_int64(why));
  json_object_object_add(end, "message",
                         json_object_new_string(gm_buf_text(&b)));
}

/* One that had been made, and whose files were fetched once more by a process
 * that was killed, has ended as it had; but what it has in the books may have
 * been opened for that.  Takes `o`. */
static struct json_object *as_it_was(struct json_object *o)
{
  struct json_object *before = gm_json_at(o, "before");
  struct json_object *ledger = gm_json_at(o, "owner/ledger");

  if (!before)
    return o;
  json_object_get(before);
  if (ledger)
    json_object_object_add(gm_json_at(before, "owner"), "ledger",
                           json_object_get(ledger));
  json_object_put(o);
  return before;
}

/* A process that was killed may have left them, and nobody takes the job up. */
static void sweep_drafts(const char *id, const struct json_object *owner)
{
  struct gm_output_plan plan = { .name = gm_run_output_of(owner) };

  gm_draft_sweep(&plan, id);
  gm_free(plan.name);
}

/* A part's record is needed by its whole. */
static void settle_record(struct gm_rewrite *r, struct json_object **record)
{
  struct settle *s = GM_CONTAINER(r, struct settle, r);
  struct json_object *o = *record = as_it_was(*record);
  struct json_object *owner = gm_json_at(o, "owner");

  if (gm_json_at(owner, "of"))
    r->flags |= GM_PUT_PART;
  sweep_drafts(r->claim.id, owner);
  decide_charge(s, owner);
  gm_doubt_set(o, (struct gm_doubt){ 0 });
  json_object_object_add(o, "state", json_object_new_string("ended"));
  json_object_object_add(
    o, "settled",
    json_object_new_string(s->charged ? "charged" : "not-charged"));
  settle_end(s, owner);
}

/* The ledger is the engine's. */
static void drop_charge(struct gamut *g, void *arg)
{
  struct settle *s = arg;

  (void)g;
  gm_charge_drop(s->charge);
}

/* The first part of a request of several that had ended in doubt; NULL: none.
 */
static const char *part_in_doubt(const struct json_object *job)
{
  const struct json_object *parts = gm_json_at(job, "team/members");
  size_t i, n = gm_json_count(parts, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *part = json_object_array_get_idx(parts, i);

    if (gm_json_bool(part, "maybe_charged", false))
      return gm_json_str(part, "id", NULL);
  }
  return NULL;
}

static int32_t refuse_settled(const struct json_object *job, const char *id,
                              struct gm_error *err)
{
  const char *part = part_in_doubt(job);

  if (part)
    return gm_fail(err, GAMUT_E_INVALID,
                   "job %s is made of several, and what is in doubt of it is "
                   "settled with these: see job %s",
                   id, part);
  return gm_fail(
    err, GAMUT_E_INVALID,
    "job %s is not maybe-charged, but %s: there is nothing to settle", id,
    gm_json_str(job, "state", "unknown"));
}

int32_t gm_job_unsettled(struct gamut *g, const char *given,
                         struct json_object **ret,
                         struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *job = NULL;
  struct gm_error err = GM_ERROR_INIT;
  int32_t rc = gm_job_read_row(g, given, &job, ret_error);

  if (rc)
    return rc;
  if (!gm_streq(gm_json_str(job, "state", NULL), "maybe-charged"))
    refuse_settled(job, gm_json_str(job, "id", given), &err);
  else
    *ret = GM_TAKE(job);
  return gm_report(&err, ret_error);
}

int32_t gm_job_settle_as(struct gamut *g, const struct json_object *job,
                         bool charged, struct gamut_error *ret_error)
{
  struct settle s = { .r.change = settle_record,
                      .r.flags = GM_PUT_ENDED,
                      .r.judged = gm_json_at(job, "record"),
                      .charged = charged };

  gm_rewrite_and_wait(g, &s.r, gm_json_str(job, "id", ""));
  gm_on_engine(g, drop_charge, &s);
  return gm_report(&s.r.err, ret_error);
}

int32_t gamut_settle(struct gamut *g, const char *id, int32_t charged,
                     struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *job = NULL;
  int32_t rc = gm_job_unsettled(g, id, &job, ret_error);

  return rc ? rc : gm_job_settle_as(g, job, charged != 0, ret_error);
}
