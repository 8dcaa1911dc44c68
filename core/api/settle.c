/* settle.c - what became of the money of a maybe-charged job, as somebody says
 * who has seen the vendor's books. */
#include "api/jobs.h"
#include "base/str.h"
#include "job/doubt.h"
#include "route/ledger.h"
#include <string.h>

struct settle {
  struct gm_claim claim;
  struct gamut *g;
  struct gm_durable durable;
  struct gm_charge *charge;
  bool charged;
  bool is_part; /* its whole needs the record */
  const struct json_object *judged;
  const char *verdict;
  struct gm_error err;
  bool over;
};

/* What the books say now, in the record as well. */
static void decide_charge(struct settle *s, struct json_object *owner)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(64u << 20);
  struct json_object *o;

  s->charge = gm_ledger_verdict(s->g->ledger, s->claim.id, owner, s->charged);
  if (!s->charge || !gm_json_at(owner, "ledger"))
    return;
  s->durable.also = gm_charge_also(s->charge);
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

static char *settled_text(struct settle *s)
{
  _cleanup_json_ struct json_object *o =
    gm_job_claimed(&s->claim, s->judged, &s->err);
  struct json_object *owner = gm_json_at(o, "owner");

  if (!o)
    return NULL;
  s->is_part = gm_json_at(owner, "of");
  decide_charge(s, owner);
  gm_doubt_set(o, (struct gm_doubt){ 0 });
  json_object_object_add(o, "state", json_object_new_string("ended"));
  json_object_object_add(o, "settled", json_object_new_string(s->verdict));
  settle_end(s, owner);
  return gm_strdup(gm_json_text(o, NULL));
}

static void settle_written(struct gm_durable *d, int32_t error_class)
{
  struct settle *s = GM_CONTAINER(d, struct settle, durable);

  if (error_class)
    gm_fail(&s->err, error_class, "%s", gm_store_why(s->g->store));
  gm_charge_drop(GM_TAKE(s->charge));
  gm_journal_forget(s->g->journal, d);
  gm_tell_over(s->g, &s->over);
}

static void settle_claimed(struct gm_claim *c, int32_t error_class)
{
  struct settle *s = GM_CONTAINER(c, struct settle, claim);
  char *text = error_class ? NULL : settled_text(s);

  if (!error_class && !text)
    gm_claim_give_back(c);
  gm_claim_finish(c);
  if (error_class)
    gm_job_claim_failed(s->g, c, error_class, &s->err);
  else if (!text && !s->err.error_class)
    gm_fail(&s->err, GAMUT_E_NOMEM, "no memory for job %s", c->id);
  if (s->err.error_class) {
    gm_charge_drop(GM_TAKE(s->charge));
    gm_tell_over(s->g, &s->over);
    return;
  }
  gm_journal_adopt(s->g->journal, &s->durable);
  s->durable.ready = settle_written;
  if (gm_journal_put(s->g->journal, c->id, text,
                     GM_PUT_WAIT | GM_PUT_ENDED |
                       (s->is_part ? GM_PUT_PART : 0),
                     &s->durable))
    settle_written(&s->durable, GAMUT_E_NOMEM);
}

static void settle_now(struct gamut *g, void *arg)
{
  struct settle *s = arg;

  s->g = g;
  s->claim.done = settle_claimed;
  gm_claim_begin(&s->claim, g->journal, g->store);
}

int32_t gm_job_unsettled(struct gamut *g, const char *given,
                         struct json_object **ret,
                         struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *job = NULL;
  struct gm_error err = GM_ERROR_INIT;
  char *json = NULL;
  int32_t rc = gamut_job(g, given, &json, ret_error);

  if (rc)
    return rc;
  job = gm_json_parse_once(json, strlen(json), NULL, NULL);
  gm_free(json);
  if (!gm_streq(gm_json_str(job, "state", NULL), "maybe-charged"))
    gm_fail(&err, GAMUT_E_INVALID,
            "job %s is not maybe-charged, but %s: there is nothing to settle",
            gm_json_str(job, "id", given),
            gm_json_str(job, "state", "unknown"));
  else
    *ret = GM_TAKE(job);
  return gm_report(&err, ret_error);
}

/* Between the look at it and the claim somebody else may have settled it, or
 * found it at the vendor. */
struct json_object *gm_job_claimed(const struct gm_claim *c,
                                   const struct json_object *judged,
                                   struct gm_error *err)
{
  _cleanup_json_ struct json_object *o =
    gm_json_parse_once(gm_buf_text(&c->text), c->text.len, NULL, NULL);

  if (!gm_json_at(o, "owner"))
    gm_fail(err, GAMUT_E_PROTOCOL, "the record of job %s is broken", c->id);
  else if (!json_object_equal(o, gm_unconst(judged)))
    gm_fail(err, GAMUT_E_INVALID,
            "job %s is another by now: somebody has settled it or looked it "
            "up meanwhile",
            c->id);
  else
    return GM_TAKE(o);
  return NULL;
}

int32_t gamut_settle(struct gamut *g, const char *id, int32_t charged,
                     struct gamut_error *ret_error)
{
  struct settle s = { .verdict = charged ? "charged" : "not-charged",
                      .charged = charged != 0 };
  _cleanup_json_ struct json_object *job = NULL;
  int32_t rc = gm_job_unsettled(g, id, &job, ret_error);

  if (rc)
    return rc;
  s.judged = gm_json_at(job, "record");
  memcpy(s.claim.id, gm_json_str(job, "id", ""), GAMUT_ID_SIZE);
  gm_on_engine(g, settle_now, &s);
  gm_wait_over(g, &s.over);
  return gm_report(&s.err, ret_error);
}
