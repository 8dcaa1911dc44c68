/* choose.c - which link of a chain begins.
 *
 * A lone link is begun at once, and what the store knows of it is read beside
 * that: however often it has failed, there is no other to take.  With several
 * the store is asked first, and links whose breaker is open are passed over;
 * they are tried after all when no other brings anything. */
#include "route/choose.h"
#include "job/meter.h"
#include "job/policy.h"
#include "route/bind.h"

struct gm_choice {
  struct gm_look look;
  struct gm_run *run; /* NULL: gone */
  bool starting, done;
};

/* ---- breakers ------------------------------------------------------------ */

static struct gm_breaker *find(const struct gm_run *run, uint32_t i,
                               const struct gm_instance *instance,
                               bool of_account)
{
  const struct gm_link *l = &run->links[i];

  return gm_breaker_of(run->router->breakers, l->provider, instance->account_id,
                       of_account ? NULL : l->model);
}

struct gm_breaker *gm_choice_breaker(const struct gm_run *run, uint32_t i,
                                     const struct gm_instance *instance)
{
  return find(run, i, instance, false);
}

struct gm_breaker *gm_choice_account(const struct gm_run *run, uint32_t i,
                                     const struct gm_instance *instance)
{
  return find(run, i, instance, true);
}

static int32_t refuse(const struct gm_breaker *b, const char *what,
                      struct gm_error *err)
{
  struct gm_breaker_view v;

  gm_breaker_look(b, &v);
  if (v.state == GM_BREAKER_HALF_OPEN)
    return gm_fail(err, v.error_class,
                   "passed over: another job tries whether %s works again",
                   what);
  return gm_fail(err, v.error_class,
                 "passed over for %llu s more: %s failed %u time%s in a row "
                 "(%s)",
                 (unsigned long long)(v.left_ms + 999) / 1000, what, v.failures,
                 v.failures == 1 ? "" : "s", gm_policy_of(v.error_class)->name);
}

int32_t gm_choice_check(const struct gm_breaker *link,
                        const struct gm_breaker *account, struct gm_error *err)
{
  struct gm_breaker_view v;

  gm_breaker_look(account, &v);
  if (v.state == GM_BREAKER_OPEN)
    return refuse(account, "the account", err);
  gm_breaker_look(link, &v);
  return v.state == GM_BREAKER_OPEN ? refuse(link, "it", err) : 0;
}

bool gm_choice_enter(struct gm_run *run, const struct gm_instance *instance,
                     struct gm_error *err)
{
  run->link_breaker = gm_choice_breaker(run, run->at, instance);
  run->account_breaker = gm_choice_account(run, run->at, instance);
  if (run->n_links < 2 || run->last_resort)
    return true;
  if (!gm_breaker_enter(run->account_breaker))
    refuse(run->account_breaker, "the account", err);
  else if (!gm_breaker_enter(run->link_breaker)) {
    gm_breaker_leave(run->account_breaker);
    refuse(run->link_breaker, "it", err);
  }
  if (!err->error_class)
    return true;
  run->link_breaker = run->account_breaker = NULL;
  return false;
}

/* Whose fault was it?  A key and its credit are the account's, all models; a
 * refusal before anything was sent is nobody's. */
static void tell(struct gm_run *run, int32_t error_class)
{
  const struct gm_job *job = &run->job;
  bool account = error_class == GAMUT_E_AUTH || error_class == GAMUT_E_QUOTA;
  bool asked = error_class == 0 || job->tries > 0 || job->http_status > 0;

  if (error_class == 0) {
    gm_breaker_done(run->link_breaker, 0);
    gm_breaker_done(run->account_breaker, 0);
    return;
  }
  if (asked && account)
    gm_breaker_done(run->account_breaker, error_class);
  else
    gm_breaker_leave(run->account_breaker);
  if (asked &&
      (error_class == GAMUT_E_PERMISSION || gm_policy_of(error_class)->trips))
    gm_breaker_done(run->link_breaker, error_class);
  else
    gm_breaker_leave(run->link_breaker);
}

/* Of a link that always works there is nothing to show. */
static void show(const struct gm_run *run, enum gm_breaker_state before)
{
  static const int64_t values[] = {
    [GM_BREAKER_CLOSED] = 0, [GM_BREAKER_HALF_OPEN] = 1, [GM_BREAKER_OPEN] = 2
  };
  const struct gm_link *l = gm_run_link(run);
  struct gm_breaker_view now;

  gm_breaker_look(run->link_breaker, &now);
  if (now.state != GM_BREAKER_CLOSED || before != GM_BREAKER_CLOSED)
    gm_gauge(run->router->engine->meters, GM_M_BREAKER, values[now.state],
             l->provider, l->model, NULL);
}

void gm_choice_over(struct gm_run *run)
{
  struct gm_breaker_view before;

  gm_breaker_look(run->link_breaker, &before);
  tell(run, run->job.err.error_class);
  show(run, before.state);
  run->link_breaker = run->account_breaker = NULL;
}

/* ---- what the store knows ------------------------------------------------ */

static void want_link(struct gm_run *run, uint32_t i)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_link *l = &run->links[i];
  struct gm_instance *instance;

  if (gm_instance_look(run->router->instances, l->provider, &instance, &err))
    return;
  for (; instance; instance = instance->next_slot) {
    gm_breaker_want(gm_choice_breaker(run, i, instance));
    gm_breaker_want(gm_choice_account(run, i, instance));
  }
  gm_usual_want(gm_run_usual(run, i));
}

void gm_choice_want(struct gm_run *run)
{
  uint32_t i;

  for (i = 0; i < run->n_links; i++)
    want_link(run, i);
}

/* The store does what it is asked in order: behind all that was wanted. */
static int32_t behind(struct gm_look *k, const struct gamut_store *type,
                      void *handle, char *message)
{
  (void)k, (void)type, (void)handle, (void)message;
  return 0;
}

static void known(struct gm_look *k, int32_t error_class)
{
  struct gm_choice *c = GM_CONTAINER(k, struct gm_choice, look);
  struct gm_run *run = c->run;

  (void)error_class; /* a store that fails knows nothing */
  c->done = true;
  if (c->starting)
    return;
  gm_free(c);
  if (!run)
    return;
  run->choice = NULL;
  gm_run_chosen(run);
}

bool gm_choice_begin(struct gm_run *run)
{
  struct gm_choice *c;

  run->chosen = true;
  c = gm_zalloc(sizeof(*c));
  if (!c)
    return false;
  c->run = run;
  c->starting = true;
  c->look.run = behind;
  c->look.done = known;
  gm_choice_want(run);
  gm_store_look(run->router->store, &c->look);
  c->starting = false;
  if (c->done) {
    gm_free(c);
    return false;
  }
  run->choice = c;
  return true;
}

void gm_choice_drop(struct gm_run *run)
{
  if (run->choice)
    run->choice->run = NULL;
  run->choice = NULL;
}
