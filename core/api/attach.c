/* attach.c - jobs of the store go on in this context: those that another
 * process left, those that this one gave back, and the files of those that have
 * ended.
 *
 * A claim reads the record and takes the row; then a run is made of it, which a
 * ticket owns as if it had been submitted here. */
#include "api/jobs.h"
#include "api/request.h"
#include "base/str.h"
#include <string.h>

struct attach {
  struct gm_claim claim;
  struct gamut *g;
  struct gm_restore how;
  gamut_done_fn *on_done;
  void *user;
  struct gm_error err;
  char part_of[GAMUT_ID_SIZE]; /* that job is to be taken up instead; "" */
  bool over;
};

static int32_t make_ticket(struct attach *a)
{
  struct gamut *g = a->g;
  struct gm_ticket *t = gm_zalloc(sizeof(*t));
  struct gm_run *run;
  int32_t rc;

  if (!t)
    return gm_fail(&a->err, GAMUT_E_NOMEM, "no memory for a job");
  gm_list_init(&t->link);
  t->g = g;
  t->on_done = a->on_done;
  t->user = a->user;
  rc =
    gm_run_restore(&g->router, gm_buf_text(&a->claim.text), a->claim.text.len,
                   &a->how, &gm_ticket_ops, t, &run, &a->err);
  if (rc) {
    gm_free(t);
    return rc;
  }
  run->job.durable.ended = a->claim.ended;
  gm_journal_adopt(g->journal, run->job.id, &run->job.durable);
  gm_ticket_add(g, t, run);
  return 0;
}

/* What a damaged record says must not decide about money. */
int32_t gm_job_claim_failed(struct gamut *g, const struct gm_claim *c,
                            int32_t error_class, struct gm_error *err)
{
  switch (error_class) {
  case GAMUT_E_NOT_FOUND:
    return gm_fail(err, error_class, "no job '%s'", c->id);
  case GAMUT_E_RATE:
    return gm_fail(err, error_class,
                   "job %s is under way in another process, or in this one",
                   c->id);
  case GAMUT_E_PROTOCOL:
    return gm_fail(
      err, error_class,
      "the record of job %s is damaged, so nothing is sent for it: "
      "look for it at the vendor, and see to the disk",
      c->id);
  default:
    return gm_fail(err, error_class, "%s", gm_store_why(g->store));
  }
}

static int32_t check_claim(struct attach *a, int32_t error_class)
{
  if (error_class)
    return gm_job_claim_failed(a->g, &a->claim, error_class, &a->err);
  if (a->how.again && !a->claim.ended)
    a->how.again = false; /* it goes on, and fetches what it brings */
  if (!a->how.again && a->claim.ended)
    return gm_fail(&a->err, GAMUT_E_INVALID, "job %s has ended already",
                   a->claim.id);
  return 0;
}

static void claimed(struct gm_claim *c, int32_t error_class)
{
  struct attach *a = GM_CONTAINER(c, struct attach, claim);

  if (check_claim(a, error_class) == 0)
    make_ticket(a);
  if (!error_class && a->err.error_class) {
    if (a->err.error_class == GAMUT_E_RATE)
      gm_run_part_of(gm_buf_text(&c->text), c->text.len, a->part_of);
    gm_claim_give_back(c);
  }
  gm_claim_finish(c);
  gm_tell_over(a->g, &a->over);
}

static void claim_now(struct gamut *g, void *arg)
{
  struct attach *a = arg;

  a->g = g;
  a->claim.done = claimed;
  gm_claim_begin(&a->claim, g->journal, g->store);
}

static struct json_object *control_of(const struct gamut_request *how)
{
  return how && how->ask ? how->ask->control : NULL;
}

static void claim_and_wait(struct gamut *g, struct attach *a)
{
  a->over = false;
  a->part_of[0] = '\0';
  gm_on_engine(g, claim_now, a);
  gm_wait_over(g, &a->over);
}

/* A job that has a part in another one is taken up with that, or alone when that
 * has ended. */
static void take_whole(struct gamut *g, struct attach *a)
{
  struct attach whole = *a;
  char id[GAMUT_ID_SIZE];

  memcpy(id, a->claim.id, GAMUT_ID_SIZE);
  memset(&whole.claim, 0, sizeof(whole.claim)); /* what was seen of the part */
  memcpy(whole.claim.id, a->part_of, GAMUT_ID_SIZE);
  whole.err = (struct gm_error)GM_ERROR_INIT;
  claim_and_wait(g, &whole);
  gm_error_finish(&a->err);
  if (whole.err.error_class != GAMUT_E_INVALID &&
      whole.err.error_class != GAMUT_E_NOT_FOUND) {
    gm_error_move(&a->err, &whole.err);
    return;
  }
  gm_error_finish(&whole.err);
  memset(&a->claim, 0, sizeof(a->claim));
  memcpy(a->claim.id, id, GAMUT_ID_SIZE);
  a->how.alone = true;
  claim_and_wait(g, a);
}

static int32_t attach(struct gamut *g, const char *id,
                      const struct gamut_request *how, bool again,
                      gamut_done_fn *on_done, void *user,
                      struct gamut_error *ret_error)
{
  struct attach a = { .on_done = on_done, .user = user };
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  a.how.again = again;
  a.how.control = control_of(how);
  if (how && how->ask && how->ask->err.error_class)
    gm_fail(&a.err, how->ask->err.error_class, "%s",
            gm_error_text(&how->ask->err));
  if (!a.err.error_class && gm_job_find_id(g, id, a.claim.id, &a.err) == 0) {
    claim_and_wait(g, &a);
    if (a.part_of[0])
      take_whole(g, &a);
  }
  return gm_report(&a.err, ret_error);
}

int32_t gamut_attach(struct gamut *g, const char *id,
                     const struct gamut_request *how, gamut_done_fn *on_done,
                     void *user, struct gamut_error *ret_error)
{
  return attach(g, id, how, false, on_done, user, ret_error);
}

int32_t gamut_fetch(struct gamut *g, const char *id,
                    const struct gamut_request *how, gamut_done_fn *on_done,
                    void *user, struct gamut_error *ret_error)
{
  return attach(g, id, how, true, on_done, user, ret_error);
}

/* ---- all of them --------------------------------------------------------- */

struct orphans {
  struct gm_waited_look w;
  char (*ids)[GAMUT_ID_SIZE];
  uint32_t n, room;
};

static int32_t orphan_row(void *user, const struct gamut_store_row *row)
{
  struct orphans *o = user;
  char(*more)[GAMUT_ID_SIZE];

  if (!gm_id_valid(row->key))
    return 0;
  if (o->n == o->room) {
    o->room = o->room ? 2 * o->room : 64;
    more = gm_realloc(o->ids, o->room * sizeof(*more));
    if (!more)
      return GAMUT_E_NOMEM;
    o->ids = more;
  }
  memcpy(o->ids[o->n++], row->key, GAMUT_ID_SIZE);
  return 0;
}

/* Rows with a rank have not ended. */
static int32_t run_orphans(struct gm_look *k, const struct gamut_store *type,
                           void *handle, char *message)
{
  struct orphans *o = GM_CONTAINER(k, struct orphans, w.look);
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .flags = GAMUT_SCAN_BY_RANK |
                                                GAMUT_SCAN_FREE |
                                                GAMUT_SCAN_NO_BODY,
                                       .table = GM_TABLE_JOB,
                                       .min_rank = 1,
                                       .max_rank = INT64_MAX };

  return type->scan(handle, &q, orphan_row, o, message);
}

struct resume {
  struct attach *all;
  struct json_object *control;
  struct orphans *orphans;
  gamut_done_fn *on_done;
  void *user;
};

/* Their claims share commits. */
static void resume_now(struct gamut *g, void *arg)
{
  struct resume *r = arg;
  uint32_t i;

  for (i = 0; i < r->orphans->n; i++) {
    struct attach *a = &r->all[i];

    memcpy(a->claim.id, r->orphans->ids[i], GAMUT_ID_SIZE);
    a->how.control = r->control;
    a->on_done = r->on_done;
    a->user = r->user;
    claim_now(g, a);
  }
}

static bool is_among(const struct resume *r, const char *id)
{
  uint32_t i;

  for (i = 0; i < r->orphans->n; i++) {
    if (memcmp(r->orphans->ids[i], id, GAMUT_ID_SIZE) == 0)
      return true;
  }
  return false;
}

/* Those that another process was quicker with are nobody's failure; parts are
 * taken up by what they are parts of. */
static uint32_t settle_resume(struct gamut *g, struct resume *r)
{
  uint32_t i, taken = 0;

  for (i = 0; i < r->orphans->n; i++) {
    struct attach *a = &r->all[i];

    gm_wait_over(g, &a->over);
    if (a->part_of[0] && !is_among(r, a->part_of))
      take_whole(g, a);
    if (!a->err.error_class)
      taken++;
    else if (a->err.error_class != GAMUT_E_RATE)
      gm_warn(&g->log, "job %s is not taken up: %s", a->claim.id,
              gm_error_text(&a->err));
    gm_error_finish(&a->err);
  }
  return taken;
}

int32_t gamut_resume_all(struct gamut *g, const struct gamut_request *how,
                         gamut_done_fn *on_done, void *user,
                         uint32_t *ret_count, struct gamut_error *ret_error)
{
  struct orphans o = { .w.look.run = run_orphans };
  struct resume r = {
    .control = control_of(how), .orphans = &o, .on_done = on_done, .user = user
  };
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  *ret_count = 0;
  if (gm_look_and_wait(g, &o.w) == 0 && o.n > 0) {
    r.all = gm_zalloc(o.n * sizeof(*r.all));
    if (r.all) {
      gm_on_engine(g, resume_now, &r);
      *ret_count = settle_resume(g, &r);
    } else {
      gm_fail(&o.w.err, GAMUT_E_NOMEM, "no memory to take up %u jobs", o.n);
    }
  }
  gm_free(r.all);
  gm_free(o.ids);
  return gm_report(&o.w.err, ret_error);
}
