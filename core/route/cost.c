/* cost.c - what a job did cost, once it is over: the vendor's figure where
 * there is one, else the vendor's count at the catalog's price, else the
 * catalog's formula over what was delivered.  What the formula says is kept
 * beside the vendor's figure, so that a price that has changed shows. */
#include "job/input.h"
#include "job/parsed.h"
#include "route/bind.h"
#include <math.h>
#include <string.h>

/* The vendor has counted, the catalog knows what each is worth. */
static bool by_count(struct gm_run *run, const struct json_object *request)
{
  const struct gm_found *f = run->job.found;
  struct gm_price price;

  if (!f || !f->usage_unit ||
      !gm_price_billed(gm_run_link(run)->entry, request, run->inputs,
                       run->n_inputs, f->usage_unit, f->usage_amount, false,
                       &price))
    return false;
  run->cost.microusd = price.microusd;
  run->cost.estimated = !price.sure;
  return true;
}

static int64_t by_formula(const struct gm_run *run,
                          const struct json_object *request)
{
  const struct gm_found *f = run->job.found;
  uint32_t n = f ? f->n_outputs : 0, i;
  _cleanup_free_ struct gm_delivered *d =
    n > 0 ? gm_zalloc(n * sizeof(*d)) : NULL;
  struct gm_price price;

  if (!d)
    return -1;
  for (i = 0; i < n; i++) {
    const struct gm_output *o = &f->outputs[i];

    d[i] = (struct gm_delivered){
      (uint32_t)(o->media.kind ? o->media.kind : o->kind), o->media.width,
      o->media.height, o->media.duration_ms
    };
  }
  gm_price_delivered(gm_run_link(run)->entry, request, run->inputs,
                     run->n_inputs, d, n, false, &price);
  return price.microusd;
}

/* A started millionth counts: what is known and small is not nothing. */
int64_t gm_run_embedding_microusd(const struct gm_run *run)
{
  return (int64_t)ceil(run->embedding_usd * 1e6);
}

static void cost_of_job(struct gm_run *run, const struct json_object *request)
{
  struct gm_cost *c = &run->cost;
  int64_t said = run->job.found ? run->job.found->cost_microusd : -1;

  *c = (struct gm_cost){ .known = true, .microusd = said };
  c->formula_microusd = by_formula(run, request);
  if (said >= 0 || by_count(run, request))
    return;
  c->microusd = c->formula_microusd;
  c->estimated = c->microusd >= 0;
}

void gm_run_cost(struct gm_run *run, const struct json_object *request)
{
  cost_of_job(run, request);
  if (run->cost.microusd >= 0)
    run->cost.microusd += gm_run_embedding_microusd(run);
}

void gm_run_tally(struct gm_run *run)
{
  _cleanup_json_ struct json_object *request = gm_job_request(&run->job);

  gm_run_cost(run, request);
}
