/* rewrite.c - see rewrite.h. */
#include "api/rewrite.h"
#include "api/jobs.h"
#include <string.h>

/* Between the look at it and the claim somebody else may have settled it, or
 * found it at the vendor. */
static struct json_object *read_judged(struct gm_rewrite *r)
{
  const struct gm_claim *c = &r->claim;
  _cleanup_json_ struct json_object *o =
    gm_json_parse_once(gm_buf_text(&c->text), c->text.len, NULL, NULL);

  if (!gm_json_at(o, "owner"))
    gm_fail(&r->err, GAMUT_E_PROTOCOL, "the record of job %s is broken", c->id);
  else if (!json_object_equal(o, gm_unconst(r->judged)))
    gm_fail(&r->err, GAMUT_E_INVALID,
            "job %s is another by now: somebody has settled it or looked it "
            "up meanwhile",
            c->id);
  else
    return GM_TAKE(o);
  return NULL;
}

static char *changed_text(struct gm_rewrite *r)
{
  _cleanup_json_ struct json_object *record = read_judged(r);
  char *text = NULL;

  if (record)
    r->change(r, &record);
  if (!r->err.error_class)
    text = gm_strdup(gm_json_text(record, NULL));
  if (!r->err.error_class && !text)
    gm_fail(&r->err, GAMUT_E_NOMEM, "no memory for job %s", r->claim.id);
  return text;
}

/* Whoever waits may have freed it when this returns. */
static void over(struct gm_rewrite *r)
{
  gm_journal_forget(r->g->journal, &r->durable);
  gm_claim_finish(&r->claim);
  gm_tell_over(r->g, &r->over);
}

static void written(struct gm_durable *d, int32_t error_class)
{
  struct gm_rewrite *r = GM_CONTAINER(d, struct gm_rewrite, durable);

  if (error_class)
    gm_fail(&r->err, error_class, "%s", gm_store_why(r->g->store));
  over(r);
}

/* 0: written() is told what becomes of it, perhaps already. */
static int32_t write_changed(struct gm_rewrite *r)
{
  char *text = changed_text(r);
  int32_t rc;

  if (!text)
    return r->err.error_class;
  r->durable.ended = r->claim.ended;
  r->durable.also = r->also;
  gm_journal_adopt(r->g->journal, r->claim.id, &r->durable);
  r->durable.ready = written;
  rc = gm_journal_put(r->g->journal, r->claim.id, text, GM_PUT_WAIT | r->flags,
                      &r->durable);
  return rc ? gm_fail(&r->err, rc, "no memory for job %s", r->claim.id) : 0;
}

static void claimed(struct gm_claim *c, int32_t error_class)
{
  struct gm_rewrite *r = GM_CONTAINER(c, struct gm_rewrite, claim);

  if (error_class)
    gm_job_claim_failed(r->g, c, error_class, &r->err);
  else if (write_changed(r) == 0)
    return;
  else
    gm_claim_give_back(c);
  over(r);
}

static void claim_now(struct gamut *g, void *arg)
{
  struct gm_rewrite *r = arg;

  r->g = g;
  r->claim.done = claimed;
  gm_claim_begin(&r->claim, g->journal, g->store);
}

int32_t gm_rewrite_and_wait(struct gamut *g, struct gm_rewrite *r,
                            const char *id)
{
  memcpy(r->claim.id, id, GM_ID_SIZE);
  gm_on_engine(g, claim_now, r);
  gm_wait_over(g, &r->over);
  return r->err.error_class;
}
