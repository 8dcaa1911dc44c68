/* result_json.c - a result as one JSON document.  What is not known is left
 * out. */
#include "api/result.h"
#include "base/str.h"
#include "job/policy.h"
#include <math.h>
#include <string.h>

static void put(struct json_object *o, const char *name, const char *text)
{
  if (text)
    json_object_object_add(o, name, json_object_new_string(text));
}

static void put_known(struct json_object *o, const char *name, int64_t n)
{
  if (n > 0)
    json_object_object_add(o, name, json_object_new_int64(n));
}

static void put_ms(struct json_object *o, const char *name, int64_t ms)
{
  if (ms >= 0)
    json_object_object_add(o, name, json_object_new_int64(ms));
}

static void put_class(struct json_object *o, int32_t error_class,
                      const char *message)
{
  if (!error_class)
    return;
  put(o, "class", gm_policy_of(error_class)->name);
  put(o, "message", message);
}

const char *gm_kind_name(int32_t kind)
{
  return kind == GAMUT_IMAGE   ? "image"
         : kind == GAMUT_VIDEO ? "video"
         : kind == GAMUT_AUDIO ? "audio"
                               : NULL;
}

static struct json_object *artifact(const struct gamut_artifact_info *a)
{
  struct json_object *o = json_object_new_object();

  put(o, "kind", gm_kind_name(a->kind));
  put(o, "path", a->path);
  put(o, "url", a->url);
  put(o, "mime", a->mime);
  put_known(o, "size", (int64_t)a->size);
  put_known(o, "width", a->width);
  put_known(o, "height", a->height);
  put_known(o, "duration_ms", a->duration_ms);
  put(o, "sha256", a->sha256);
  put(o, "provider", a->provider);
  put(o, "model", a->model);
  if (a->error_class)
    put(o, "error", a->error);
  return o;
}

/* Only of jobs that had some. */
static void put_partials(struct json_object *o, const struct gamut_result *r)
{
  struct json_object *list = r->n_partials ? json_object_new_array() : NULL;
  uint32_t i;

  for (i = 0; list && i < r->n_partials; i++)
    json_object_array_add(list, artifact(&r->partials[i]));
  if (list)
    json_object_object_add(o, "partials", list);
}

static struct json_object *attempt(const struct gamut_attempt_info *a)
{
  struct json_object *o = json_object_new_object();

  put(o, "provider", a->provider);
  put(o, "model", a->model);
  put_class(o, a->error_class, a->message);
  put(o, "key", a->key);
  put(o, "request_id", a->request_id);
  put_known(o, "http_status", a->http_status);
  json_object_object_add(o, "tries", json_object_new_int64(a->tries));
  json_object_object_add(o, "repeats", json_object_new_int64(a->repeats));
  put_ms(o, "elapsed_ms", (int64_t)a->elapsed_ms);
  return o;
}

static void put_lists(struct json_object *o, const struct gamut_result *r)
{
  struct json_object *artifacts = json_object_new_array();
  struct json_object *attempts = json_object_new_array();
  struct json_object *differences = json_object_new_array();
  uint32_t i;

  for (i = 0; i < r->n_artifacts; i++)
    json_object_array_add(artifacts, artifact(&r->artifacts[i]));
  for (i = 0; i < r->n_attempts; i++)
    json_object_array_add(attempts, attempt(&r->attempt_infos[i]));
  for (i = 0; i < r->n_differences; i++)
    json_object_array_add(differences,
                          json_object_new_string(r->differences[i]));
  json_object_object_add(o, "artifacts", artifacts);
  put_partials(o, r);
  json_object_object_add(o, "withheld",
                         json_object_new_int64(gamut_result_withheld(r)));
  json_object_object_add(o, "attempts", attempts);
  json_object_object_add(o, "differences", differences);
}

static void put_times(struct json_object *o, const struct gamut_result *r)
{
  struct json_object *t = json_object_new_object();

  put_ms(t, "total_ms", r->total_ms);
  put_ms(t, "queue_ms", r->queue_ms);
  put_ms(t, "generate_ms", r->generate_ms);
  put_ms(t, "download_ms", r->download_ms);
  json_object_object_add(o, "times", t);
}

static void put_usd(struct json_object *o, const char *name, int64_t microusd)
{
  json_object_object_add(o, name, gm_json_new_real((double)microusd / 1e6));
}

/* What a cache of the vendor's has saved. */
static void put_avoided(struct json_object *o, const struct gamut_result *r)
{
  const char *text = gamut_result_fact(r, "cost_avoided_usd");
  double usd;

  if (text && gm_parse_real(text, 0, 1e9, &usd))
    json_object_object_add(o, "avoided_usd", gm_json_new_real(usd));
}

/* Before, after, and by the formula. */
static void put_costs(struct json_object *o, const struct gamut_result *r)
{
  struct json_object *c = json_object_new_object();

  if (r->cost_microusd >= 0) {
    put_usd(c, "usd", r->cost_microusd);
    json_object_object_add(c, "estimated",
                           json_object_new_boolean(r->estimated));
  }
  if (r->estimate_microusd >= 0)
    put_usd(c, "estimate_usd", r->estimate_microusd);
  if (r->formula_microusd >= 0)
    put_usd(c, "formula_usd", r->formula_microusd);
  if (r->cost_microusd >= 0 && r->formula_microusd >= 0)
    put_usd(c, "difference_usd", r->cost_microusd - r->formula_microusd);
  put_avoided(c, r);
  if (json_object_object_length(c) > 0)
    json_object_object_add(o, "cost", c);
  else
    json_object_put(c);
}

static void put_cost(struct json_object *o, const struct gamut_result *r)
{
  put_costs(o, r);
  if (r->cost_microusd < 0)
    return;
  json_object_object_add(o, "cost_usd",
                         gm_json_new_real((double)r->cost_microusd / 1e6));
  json_object_object_add(o, "cost_estimated",
                         json_object_new_boolean(r->estimated));
}

/* What the job had cost that it was made for. */
static void put_saved(struct json_object *o, const struct gm_hit *hit)
{
  if (hit->cost_microusd < 0)
    return;
  json_object_object_add(
    o, "cost_avoided_usd",
    gm_json_new_real((double)hit->cost_microusd / 1e6));
  json_object_object_add(o, "cost_avoided_estimated",
                         json_object_new_boolean(hit->estimated));
}

static void put_cache(struct json_object *o, const struct gamut_result *r)
{
  const struct gm_hit *hit = r->hit;

  json_object_object_add(o, "cache_hit", json_object_new_boolean(hit != NULL));
  if (!hit)
    return;
  put(o, "cached_from", hit->job);
  put_saved(o, hit);
  put(o, "cache_kind", hit->prompt ? "semantic" : "exact");
  if (!hit->prompt)
    return;
  put(o, "cached_prompt", hit->prompt);
  json_object_object_add(
    o, "similarity", gm_json_new_real(round(hit->similarity * 1e4) / 1e4));
}

static void put_vendor(struct json_object *o, const struct gamut_result *r)
{
  struct json_object *raw;

  if (!r->found)
    return;
  if (r->found->facts.n > 0)
    json_object_object_add(o, "facts", gm_texts_pairs(&r->found->facts));
  if (!r->found->raw)
    return;
  raw = gm_json_parse_once(r->found->raw, strlen(r->found->raw), &(size_t){ 0 },
                           &(const char *){ NULL });
  if (raw)
    json_object_object_add(o, "raw", raw);
}

static struct json_object *document(const struct gamut_result *r)
{
  struct json_object *o = json_object_new_object();

  if (!o)
    return NULL;
  put(o, "id", r->id);
  put(o, "status", gm_status_name(r->status));
  put_class(o, r->err.error_class, gamut_result_message(r));
  put(o, "provider", r->provider);
  put(o, "model", r->model);
  put(o, "resolved_from", r->resolved_from);
  put(o, "correlation_id", r->correlation_id);
  json_object_object_add(o, "maybe_charged",
                         json_object_new_boolean(r->maybe_charged));
  json_object_object_add(o, "accepted", json_object_new_boolean(r->accepted));
  put_cost(o, r);
  put_cache(o, r);
  put_lists(o, r);
  put_times(o, r);
  put_vendor(o, r);
  return o;
}

const char *gamut_result_json(const struct gamut_result *r)
{
  struct gamut_result *mine = gm_unconst(r);
  _cleanup_json_ struct json_object *o = NULL;

  if (!r)
    return NULL;
  if (!r->json) {
    o = document(r);
    mine->json = o ? gm_strdup(gm_json_text(o, NULL)) : NULL;
  }
  return r->json;
}
