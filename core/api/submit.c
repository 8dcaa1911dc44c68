/* submit.c - requests become jobs, jobs end.
 *
 * A ticket ties a run to whoever submitted it, on the thread that works.  It
 * leaves the list before its end is told: nothing that a callback or a waiting
 * thread does then finds a job that is over. */
#include "api/context.h"
#include "api/request.h"
#include "api/result.h"
#include "api/sidecar.h"
#include "route/team.h"
#include <string.h>
#include <strings.h>

/* Tell the end in the way that was asked for.  A ticket that is waited for is
 * gone afterwards: it is on the stack of gamut_generate(). */
static void tell_end(struct gm_ticket *t, struct gamut_result *result)
{
  struct gm_job_event e = { .type = GAMUT_EVENT_DONE };
  struct gamut *g = t->g;

  if (t->waited) {
    t->result = result;
    gm_tell_over(g, &t->over);
  } else if (t->on_done) {
    bool within = g->in_callback; /* one may end another job */

    g->in_callback = true;
    t->on_done(t->user, result);
    g->in_callback = within;
    if (g->flags & GAMUT_THREAD)
      gm_signal(g);
  } else {
    gm_event_push(g, t, &e, result);
  }
}

static void run_over(struct gm_run *run)
{
  struct gm_ticket *t = run->owner;
  struct gamut_result *result = gm_result_of(run);
  struct gamut *g = t->g;
  bool waited = t->waited;

  if (result && run->plan.sidecar)
    gm_sidecars_write(result, run);
  gm_trace_request(run, result);
  gm_log_request(g, run, result);
  gm_metrics_request(g, result);
  gm_list_remove(&t->link);
  g->n_tickets--;
  if (result)
    gm_cache_keep(run, result->found, result->cost_microusd, result->estimated);
  tell_end(t, result);
  gm_run_free(run);
  if (!waited)
    gm_free(t);
}

static void run_event(struct gm_run *run, const struct gm_job_event *e)
{
  struct gm_ticket *t = run->owner;

  gm_event_push(t->g, t, e, NULL);
}

static bool run_watched(struct gm_run *run)
{
  struct gm_ticket *t = run->owner;

  return atomic_load(&t->g->want_events) != 0;
}

const struct gm_run_ops gm_ticket_ops = {
  .over = run_over,
  .event = run_event,
  .wants_events = run_watched,
};

void gm_ticket_add(struct gamut *g, struct gm_ticket *t, struct gm_run *run)
{
  t->run = run;
  gm_list_append(&g->tickets, &t->link);
  g->n_tickets++;
  gm_metrics_begin(g);
  gm_wishes_heed(g);
}

/* What crosses to the engine: a request, a ticket, the refusal. */
struct submission {
  const struct gm_ask *ask;
  struct gm_ticket *ticket;
  const char *wanted_id; /* or NULL: a new one */
  const struct gamut_store_op *first; /* or NULL; goes with its first record */
  char id[GAMUT_ID_SIZE];
  struct gm_error err;
};

static int32_t start(struct submission *s, struct gm_run *run)
{
  if (s->first && gm_journal_first(&run->job.durable, s->first))
    return gm_fail(&s->err, GAMUT_E_NOMEM, "no memory for a job");
  return gm_run_start(run, &s->err);
}

/* Another thread was quicker; or it was this one, and the job has no record
 * yet.  The store cannot tell two of one process apart. */
static bool is_here(const struct gamut *g, const char *id)
{
  return id && gm_map_get(&g->router.engine->jobs, id);
}

static void submit_now(struct gamut *g, void *arg)
{
  struct submission *s = arg;
  struct gm_ticket *t = s->ticket;

  gm_list_init(&t->link);
  if (g->closing) {
    gm_fail(&s->err, GAMUT_E_INVALID, "the context is being closed");
    return;
  }
  if (is_here(g, s->wanted_id)) {
    gm_fail(&s->err, GAMUT_E_RATE, "job %s is under way in this process",
            s->wanted_id);
    return;
  }
  if (gm_run_new(&g->router, s->ask, &gm_ticket_ops, t, s->wanted_id, &t->run,
                 &s->err))
    return;
  memcpy(s->id, t->run->job.id, GAMUT_ID_SIZE);
  if (start(s, t->run)) {
    gm_run_free(t->run);
    return;
  }
  gm_ticket_add(g, t, t->run);
}

static int32_t submit(struct gamut *g, const struct gamut_request *request,
                      gamut_done_fn *on_done, void *user, struct submission *s,
                      struct gamut_error *ret_error)
{
  int32_t rc = gm_enter(g, ret_error);

  if (rc)
    return rc;
  s->ask = request ? request->ask : NULL;
  s->ticket = gm_zalloc(sizeof(*s->ticket));
  if (!s->ask || !s->ticket) {
    gm_free(s->ticket);
    gm_fail(&s->err, s->ask ? GAMUT_E_NOMEM : GAMUT_E_INVALID,
            s->ask ? "no memory for a job" : "no request");
    return gm_report(&s->err, ret_error);
  }
  s->ticket->g = g;
  s->ticket->on_done = on_done;
  s->ticket->user = user;
  gm_on_engine(g, submit_now, s);
  if (s->err.error_class)
    gm_free(s->ticket);
  return gm_report(&s->err, ret_error);
}

int32_t gamut_submit(struct gamut *g, const struct gamut_request *request,
                     gamut_done_fn *on_done, void *user,
                     char ret_id[GAMUT_ID_SIZE], struct gamut_error *ret_error)
{
  struct submission s = { .err = GM_ERROR_INIT };
  int32_t rc = submit(g, request, on_done, user, &s, ret_error);

  if (rc == 0 && ret_id)
    memcpy(ret_id, s.id, GAMUT_ID_SIZE);
  return rc;
}

int32_t gm_submit_as(struct gamut *g, const struct gamut_request *request,
                     gamut_done_fn *on_done, void *user, const char *id,
                     const struct gamut_store_op *first,
                     struct gamut_error *ret_error)
{
  struct submission s = { .wanted_id = id,
                          .first = first,
                          .err = GM_ERROR_INIT };

  return submit(g, request, on_done, user, &s, ret_error);
}

int32_t gamut_generate(struct gamut *g, const struct gamut_request *request,
                       struct gamut_result **ret, struct gamut_error *ret_error)
{
  struct gm_ticket t = { .g = g, .waited = true };
  struct submission s = { .ticket = &t, .err = GM_ERROR_INIT };
  int32_t rc = gm_enter(g, ret_error);

  if (rc)
    return rc;
  s.ask = request ? request->ask : NULL;
  if (!s.ask)
    gm_fail(&s.err, GAMUT_E_INVALID, "no request");
  else if (pthread_equal(g->owner, pthread_self()) && g->in_callback)
    gm_fail(&s.err, GAMUT_E_INVALID,
            "gamut_generate() would wait for itself inside a callback; use "
            "gamut_submit()");
  else
    gm_on_engine(g, submit_now, &s);
  if (s.err.error_class)
    return gm_report(&s.err, ret_error);
  gm_wait_over(g, &t.over);
  rc = gamut_result_class(t.result);
  if (rc) {
    gm_fail(&s.err, rc, "%s", gamut_result_message(t.result));
    gm_report(&s.err, ret_error);
  }
  if (ret)
    *ret = t.result;
  else
    gamut_result_free(t.result);
  return rc;
}

struct wish {
  const char *id;
  void (*what)(struct gm_run *run);
  int32_t rc;
};

static bool begins_with(const char *whole, const char *id)
{
  return *id && strncasecmp(whole, id, strlen(id)) == 0;
}

/* Who takes up a part has the whole. */
static bool is_meant(const struct gm_run *run, const char *id)
{
  const struct gm_member *m;

  if (begins_with(run->job.id, id))
    return true;
  if (!run->team)
    return false;
  GM_EACH_MEMBER(run->team, m)
  {
    if (begins_with(m->id, id))
      return true;
  }
  return false;
}

/* By the beginning of its id, in any case of letters, for so gamut_attach()
 * takes it.  NULL: none, or several.  A whole id is one job's: whoever ends
 * 10,000 does not look through all of them for each. */
static struct gm_ticket *find_ticket(struct gamut *g, const char *id)
{
  bool whole = strlen(id) == GAMUT_ID_SIZE - 1;
  struct gm_ticket *found = NULL;
  struct gm_list *l;

  for (l = g->tickets.next; l != &g->tickets; l = l->next) {
    struct gm_ticket *t = GM_CONTAINER(l, struct gm_ticket, link);

    if (!is_meant(t->run, id))
      continue;
    if (whole)
      return t;
    if (found)
      return NULL;
    found = t;
  }
  return found;
}

static void wish_now(struct gamut *g, void *arg)
{
  struct wish *w = arg;
  struct gm_ticket *t = find_ticket(g, w->id);

  w->rc = t ? 0 : GAMUT_E_NOT_FOUND;
  if (t)
    w->what(t->run);
}

static int32_t wish(struct gamut *g, const char *id,
                    void (*what)(struct gm_run *run))
{
  struct wish w = { .id = id, .what = what };
  int32_t rc = gm_enter(g, NULL);

  if (rc)
    return rc;
  if (!id)
    return GAMUT_E_NOT_FOUND;
  gm_on_engine(g, wish_now, &w);
  return w.rc;
}

bool gm_ticket_cancel(struct gamut *g, const char *id)
{
  struct wish w = { .id = id, .what = gm_run_cancel };

  wish_now(g, &w);
  return w.rc == 0;
}

int32_t gamut_cancel(struct gamut *g, const char *id)
{
  return wish(g, id, gm_run_cancel);
}

int32_t gamut_detach(struct gamut *g, const char *id)
{
  return wish(g, id, gm_run_detach);
}

static void count_now(struct gamut *g, void *arg)
{
  uint32_t *n = arg;

  *n = g->n_tickets;
}

uint32_t gamut_active(struct gamut *g)
{
  uint32_t n = 0;

  if (gm_enter(g, NULL) == 0)
    gm_on_engine(g, count_now, &n);
  return n;
}

void gm_ticket_detach_all(struct gamut *g)
{
  while (!gm_list_empty(&g->tickets)) {
    struct gm_ticket *t = GM_CONTAINER(g->tickets.next, struct gm_ticket, link);

    gm_run_detach(t->run);
  }
  gm_router_abandon(&g->router);
}
