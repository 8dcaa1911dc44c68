/* explain.c - which link of a route would be taken, and why. */
#include "api/look.h"
#include "api/request.h"
#include "job/policy.h"
#include "plugin/slot.h"
#include "route/choose.h"
#include "route/pool.h"
#include "route/prefer.h"

/* A run that is never started needs nobody to hear of its end. */
static const struct gm_run_ops no_ops = { .over = NULL };

static void put_int(struct json_object *o, const char *name, int64_t n)
{
  json_object_object_add(o, name, json_object_new_int64(n));
}

static void put_outlook(struct json_object *o, const struct gm_run *run,
                        uint32_t at)
{
  struct gm_outlook look;

  gm_outlook_of(run, at, &look);
  if (look.microusd >= 0)
    json_object_object_add(o, "price_usd",
                           gm_json_new_real((double)look.microusd / 1e6));
  if (look.ms < 0)
    return;
  put_int(o, "expected_ms", look.ms);
  gm_look_put(o, "expected_by", look.measured ? "measured" : "catalog");
}

static const char *why_first(uint8_t prefer)
{
  static const char *const reasons[] = {
    [GM_PREFER_ORDER] = "the first that can do it",
    [GM_PREFER_CHEAPEST] = "the lowest price of those that can do it",
    [GM_PREFER_FASTEST] = "the shortest time of those that can do it",
    [GM_PREFER_BALANCED] = "the best of price and time of those that can do it",
  };

  return reasons[prefer];
}

static void put_breaker(struct json_object *o, const char *name,
                        const struct gm_breaker *b)
{
  struct json_object *state;
  struct gm_breaker_view v;

  gm_breaker_look(b, &v);
  if (v.state == GM_BREAKER_CLOSED && v.failures == 0)
    return;
  state = json_object_new_object();
  gm_look_put(state, "state", gm_breaker_name(v.state));
  put_int(state, "failures", v.failures);
  gm_look_put(state, "class", gm_policy_of(v.error_class)->name);
  if (v.left_ms > 0)
    put_int(state, "left_ms", (int64_t)v.left_ms);
  json_object_object_add(o, name, state);
}

/* Is it passed over?  A route of one link has no choice. */
static bool is_spared(struct json_object *o, struct gm_run *run, uint32_t at,
                      const struct gm_instance *instance, struct gm_error *err)
{
  struct gm_breaker *link = gm_choice_breaker(run, at, instance);
  struct gm_breaker *account = gm_choice_account(run, at, instance);

  put_breaker(o, "breaker", link);
  put_breaker(o, "account_breaker", account);
  return run->n_links > 1 && gm_choice_check(link, account, err) != 0;
}

/* *chosen: has a link been chosen already?  *spared: this one is passed over. */
static struct json_object *explain_link(struct gm_run *run, uint32_t at,
                                        bool *chosen, bool *spared)
{
  const struct gm_link *l = &run->links[at];
  struct json_object *o = json_object_new_object();
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *instance = NULL;
  _cleanup_free_ char *text = gm_run_request(run, at, &instance, &err);

  gm_look_put(o, "link", l->given);
  gm_look_put(o, "provider", l->provider);
  gm_look_put(o, "model", l->model);
  gm_look_put(o, "resolved_from", l->resolved_from);
  put_outlook(o, run, at);
  run->at = at;
  if (text && gm_pool_choose(run, &instance, &err) == 0 &&
      gm_instance_ready(instance, &err) == 0) {
    if (gm_slot_is_one(instance))
      gm_look_put(o, "key", instance->slot);
    *spared = is_spared(o, run, at, instance, &err);
  }
  if (err.error_class) {
    gm_link_excuse(l, run->router->catalog, &err);
    gm_look_put(o, "decision", "skipped");
    gm_look_put(o, "class", gm_policy_of(err.error_class)->name);
    gm_look_put(o, "why", gm_error_text(&err));
    return o;
  }
  gm_look_put(o, "decision", *chosen ? "fallback" : "first");
  gm_look_put(o, "why",
              *chosen ? "when those before it fail" : why_first(run->prefer));
  *chosen = true;
  return o;
}

/* Without any other those that are passed over are tried in their order. */
static void explain_last(struct json_object *links, const bool *spared)
{
  size_t i;

  for (i = 0; i < json_object_array_length(links); i++) {
    struct json_object *o = json_object_array_get_idx(links, i);

    if (spared[i])
      gm_look_put(o, "decision", "last-resort");
  }
}

static void put_rules(struct json_object *o, const struct gm_run *run,
                      const char *route)
{
  gm_look_put(o, "route", route);
  gm_look_put(o, "prefer", gm_prefer_name(run->prefer));
  if (run->max_cost >= 0)
    json_object_object_add(o, "max_cost_usd", gm_json_new_real(run->max_cost));
  if (run->timeout_ms > 0)
    put_int(o, "deadline_ms", run->timeout_ms);
  if (run->attempt_timeout_ms > 0)
    put_int(o, "attempt_timeout_ms", run->attempt_timeout_ms);
  if (run->hedge_ms > 0)
    put_int(o, "hedge", run->hedge_ms);
  else if (run->hedge_ms)
    gm_look_put(o, "hedge", "p95");
  if (run->spread)
    json_object_object_add(o, "spread", json_object_new_boolean(true));
  gm_look_put(o, "on_blocked", run->blocked_next ? "next" : "stop");
}

static const char *route_of(const struct gm_ask *ask)
{
  return ask->n_links > 0 && *ask->links[0] == '@' ? ask->links[0] + 1 : NULL;
}

static void explain(struct gamut *g, const void *arg, struct json_object **ret,
                    struct gm_error *err)
{
  const struct gm_ask *ask = arg;
  struct json_object *o, *links;
  struct gm_run *run;
  bool chosen = false, spared[GM_ASK_LINKS_MAX] = { false };
  uint32_t i;

  if (gm_run_new(&g->router, ask, &no_ops, NULL, NULL, &run, err))
    return;
  o = json_object_new_object();
  links = json_object_new_array();
  put_rules(o, run, route_of(ask));
  for (i = 0; i < run->n_links; i++)
    json_object_array_add(links, explain_link(run, i, &chosen, &spared[i]));
  if (!chosen)
    explain_last(links, spared);
  json_object_object_add(o, "links", links);
  gm_run_free(run);
  *ret = o;
}

struct wanted {
  const struct gm_ask *ask;
  struct gm_error err;
};

static void want_now(struct gamut *g, void *arg)
{
  struct wanted *w = arg;
  struct gm_run *run;

  if (gm_run_new(&g->router, w->ask, &no_ops, NULL, NULL, &run, &w->err))
    return;
  gm_choice_want(run);
  gm_run_free(run);
}

/* Which link it is does not depend on the words. */
static struct gm_ask *with_prompt(const struct gamut_request *request)
{
  struct gm_ask *ask = gm_ask_copy(request->ask);

  if (ask && !gm_json_at(ask->fields, "prompt"))
    gm_ask_set(ask, "prompt", "any", NULL);
  return ask;
}

int32_t gamut_explain(struct gamut *g, const struct gamut_request *request,
                      char **ret_json, struct gamut_error *ret_error)
{
  _cleanup_(gm_ask_freep) struct gm_ask *ask = NULL;
  struct wanted w = { .err = GM_ERROR_INIT };
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  w.ask = ask = request ? with_prompt(request) : NULL;
  if (!request)
    gm_fail(&w.err, GAMUT_E_INVALID, "no request");
  else if (!ask)
    gm_fail(&w.err, GAMUT_E_NOMEM, "no memory for a request");
  else
    gm_on_engine(g, want_now, &w);
  if (w.err.error_class)
    return gm_report(&w.err, ret_error);
  gamut_durable(g); /* behind what was wanted: it is there then */
  return gm_look(g, explain, ask, ret_json, ret_error);
}
