/* quote.c - what a request would cost, link by link, with where each figure
 * comes from.  Nothing is sent and no provider is loaded: the catalog knows. */
#include "api/quote.h"
#include "api/request.h"
#include "job/policy.h"

void gm_quote_put_error(struct json_object *link, const struct gm_error *err)
{
  struct json_object *o = json_object_new_object();

  gm_look_put(o, "class", gm_policy_of(err->error_class)->name);
  gm_look_put(o, "message", gm_error_text(err));
  json_object_object_add(link, "error", o);
}

void gm_quote_put_link(struct json_object *o, const struct gm_link *l)
{
  gm_look_put(o, "link", l->given);
  gm_look_put(o, "provider", l->provider);
  gm_look_put(o, "model", l->model);
  gm_look_put(o, "resolved_from", l->resolved_from);
}

static void put_reason(struct json_object *o, const struct gm_run *run,
                       uint32_t at)
{
  _cleanup_(gm_buf_finish) struct gm_buf why = GM_BUF_INIT(1024);

  gm_price_reason(run->links[at].entry, run->quote, run->inputs, run->n_inputs,
                  &why);
  if (!gm_buf_failed(&why))
    gm_look_put(o, "why", gm_buf_text(&why));
}

static void put_facts(struct json_object *o, const struct gm_price *p)
{
  if (*p->formula)
    gm_look_put(o, "formula", p->formula);
  gm_look_put(o, "unit", p->unit);
  if (p->credits >= 0)
    json_object_object_add(o, "credits", gm_json_new_real(p->credits));
  gm_look_put(o, "source", p->source);
  gm_look_put(o, "checked", p->checked);
  gm_look_put(o, "excludes", p->excludes);
}

void gm_quote_put_price(struct json_object *link, const struct gm_run *run,
                        uint32_t at, const struct json_object *request)
{
  const struct gm_price *p = run->quote;
  bool known = run->price_microusd >= 0;
  struct json_object *o = json_object_new_object(), *depends;

  if (known)
    json_object_object_add(o, "usd",
                           gm_json_new_real((double)p->microusd / 1e6));
  else
    put_reason(o, run, at);
  put_facts(o, p);
  if (known)
    json_object_object_add(o, "sure", json_object_new_boolean(p->sure));
  if (known && p->guessed)
    json_object_object_add(o, "guessed", json_object_new_boolean(true));
  depends = gm_price_depends(run->links[at].entry, request);
  if (depends)
    json_object_object_add(o, "depends_on", depends);
  json_object_object_add(link, "price", o);
}

static void put_refusal(struct json_object *o, const struct gm_run *run,
                        uint32_t at)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  if (gm_run_check_cost(run, at, &err))
    gm_look_put(o, "refused", gm_error_text(&err));
}

static struct json_object *quote_link(struct gm_run *run, uint32_t at)
{
  struct json_object *o = json_object_new_object();
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_json_ struct json_object *request = NULL;

  gm_quote_put_link(o, &run->links[at]);
  if (gm_run_price(run, at, &request, &err)) {
    gm_quote_put_error(o, &err);
    return o;
  }
  gm_look_put(o, "operation", gm_json_str(request, "operation", NULL));
  json_object_object_add(o, "n",
                         json_object_new_int64(gm_json_i64(request, "n", 1)));
  gm_quote_put_price(o, run, at, request);
  if (run->notes)
    json_object_object_add(o, "notes", json_object_get(run->notes));
  put_refusal(o, run, at);
  return o;
}

static void quote(struct gamut *g, const void *arg, struct json_object **ret,
                  struct gm_error *err)
{
  const struct gamut_request *r = arg;
  struct json_object *o, *links;
  struct gm_run *run;
  uint32_t i;

  if (!r) {
    gm_fail(err, GAMUT_E_INVALID, "no request");
    return;
  }
  if (gm_run_quote(&g->router, r->ask, &run, err))
    return;
  links = json_object_new_array();
  for (i = 0; i < run->n_links; i++)
    json_object_array_add(links, quote_link(run, i));
  o = json_object_new_object();
  json_object_object_add(o, "links", links);
  gm_run_free(run);
  *ret = o;
}

int32_t gamut_price(struct gamut *g, const struct gamut_request *request,
                    char **ret_json, struct gamut_error *ret_error)
{
  return gm_look(g, quote, request, ret_json, ret_error);
}
