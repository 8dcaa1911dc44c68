/* bind.c - a request meets a link: which provider, which vendor id, does the
 * model do what is asked, what does it cost.  Everything here happens before
 * the first byte is sent. */
#include "route/bind.h"
#include "base/str.h"
#include "job/input.h"
#include "route/ledger.h"
#include "route/prefer.h"
#include <stdio.h>
#include <string.h>

/* Bytes of a provider's name. */
#define PROVIDER_MAX 31

enum gm_resubmit {
  RESUBMIT_DEFAULT,
  RESUBMIT_NEVER,
  RESUBMIT_CHEAP,
  RESUBMIT_ALWAYS
};

/* A control of the request, else the setting of the same name. */
static const char *control(const struct gm_run *run,
                           const struct json_object *c, const char *name)
{
  const char *v = gm_json_str(c, name, NULL);

  return v ? v : gm_setting_str(run->router->settings, name);
}

static uint8_t resubmit_of(const char *text)
{
  if (gm_streq(text, "never"))
    return RESUBMIT_NEVER;
  if (gm_streq(text, "cheap"))
    return RESUBMIT_CHEAP;
  return gm_streq(text, "always") ? RESUBMIT_ALWAYS : RESUBMIT_DEFAULT;
}

static uint8_t check_of(const char *text)
{
  if (gm_streq(text, "nearest"))
    return GM_CHECK_NEAREST;
  return gm_streq(text, "pass") ? GM_CHECK_PASS : GM_CHECK_STRICT;
}

static uint8_t cache_mode_of(const char *text)
{
  if (gm_streq(text, "use"))
    return GM_CACHE_USE;
  return gm_streq(text, "refresh") ? GM_CACHE_REFRESH : GM_CACHE_OFF;
}

/* A time of the request, else the setting of the same name; 0: none. */
static uint32_t time_of(const struct gm_run *run, const struct json_object *c,
                        const char *name)
{
  int64_t ms =
    gm_json_i64(c, name, gm_setting_int(run->router->settings, name));

  return ms > 0 ? (uint32_t)GM_MIN(ms, UINT32_MAX) : 0;
}

int32_t gm_bind_control(struct gm_run *run, struct json_object *c,
                        struct gm_error *err)
{
  const char *cost = gm_setting_str(run->router->settings, "max_cost");

  run->plan_text = gm_strdup(gm_json_text(c, NULL));
  run->plan.name = gm_strdup(gm_json_str(c, "output", NULL));
  run->plan.leave = !gm_json_bool(c, "download", true);
  run->plan.force = gm_json_bool(c, "force", false);
  run->plan.sidecar = gm_json_bool(c, "sidecar", false);
  run->plan.partials = gm_json_bool(c, "save_partials", false);
  run->timeout_ms = time_of(run, c, "timeout");
  run->attempt_timeout_ms = time_of(run, c, "attempt_timeout");
  run->max_cost = gm_json_real(
    c, "max_cost",
    cost ? gm_setting_real(run->router->settings, "max_cost") : -1);
  run->allow_unknown_cost = gm_json_bool(c, "allow_unknown_cost", false);
  run->blocked_next = gm_streq(control(run, c, "on_blocked"), "next");
  run->check = check_of(control(run, c, "check"));
  run->resubmit = resubmit_of(control(run, c, "resubmit"));
  run->hedge_ms = (int32_t)gm_json_i64(c, "hedge", 0);
  run->spread = gm_json_bool(c, "spread", false);
  run->prefer = gm_prefer_of(gm_json_str(c, "prefer", NULL));
  run->cache_mode = cache_mode_of(control(run, c, "cache"));
  run->project = gm_strdup(control(run, c, "project"));
  run->correlation_id = gm_strdup(control(run, c, "correlation_id"));
  run->traceparent = gm_strdup(gm_json_str(c, "traceparent", NULL));
  if (gm_json_count(c, "tag") > 0)
    run->tags = gm_strdup(gm_json_text(gm_json_at(c, "tag"), NULL));
  if (run->hedge_ms && run->spread)
    return gm_fail(err, GAMUT_E_INVALID,
                   "hedge and spread: one of them; parts of n are on several "
                   "links already (what a route says is undone by hedge off, "
                   "or spread no)");
  if (json_object_object_get_ex(c, "max_cost", NULL) && run->max_cost < 0)
    return gm_fail(err, GAMUT_E_INVALID, "max_cost: less than 0");
  if (!run->tags && gm_json_count(c, "tag") > 0)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
  if (!run->plan_text || (!run->plan.name && gm_json_str(c, "output", NULL)) ||
      (!run->project && control(run, c, "project")) ||
      (!run->correlation_id && control(run, c, "correlation_id")))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
  return 0;
}

/* The books need it also when the fields are text again. */
int32_t gm_bind_user(struct gm_run *run, const char *user, struct gm_error *err)
{
  run->user = gm_strdup(user);
  return run->user || !user
           ? 0
           : gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
}

int32_t gm_bind_inputs(struct gm_run *run, const struct gm_ask *ask,
                       struct gm_error *err)
{
  uint32_t i;
  int32_t rc = 0;

  if (ask->n_inputs == 0)
    return 0;
  run->inputs = gm_zalloc(ask->n_inputs * sizeof(*run->inputs));
  if (!run->inputs)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for inputs");
  for (i = 0; i < ask->n_inputs && rc == 0; i++) {
    rc = gm_input_open(&run->inputs[i], ask->inputs[i].role,
                       ask->inputs[i].source, ask->inputs[i].held, err);
    run->n_inputs++;
  }
  return rc;
}

static const char *provider_of(void *user, const char *instance)
{
  const struct gm_router *r = user;
  struct json_object *all = gm_settings_object(r->settings, "providers");
  struct json_object *one = NULL;

  if (all)
    json_object_object_get_ex(all, instance, &one);
  return gm_json_str(one, "use", instance);
}

/* What the vendor's own words bring, a picture among them, the operation does
 * not know: who names an id in full and no input of ours means that id. */
static bool is_literal(const struct gm_run *run, const char *operation)
{
  return run->check == GM_CHECK_PASS ||
         (gm_request_brings_more(run->fields) &&
          gm_starts(operation, "text-to-"));
}

static int32_t look_up(struct gm_run *run, const char *text,
                       struct gm_link *ret, struct gm_error *err)
{
  const char *operation =
    gm_operation_of(run->fields, run->inputs, run->n_inputs, NULL);
  struct gm_address_book book = {
    .catalog = run->router->catalog,
    .providers = gm_instance_names(run->router->instances),
    .default_provider =
      gm_setting_str(run->router->settings, "default_provider"),
    .provider_of = provider_of,
    .user = run->router,
    .unchecked = run->check == GM_CHECK_PASS, /* other servers may have it */
    .role = gm_operation_role(run->fields, run->inputs, run->n_inputs),
    .literal = is_literal(run, operation),
  };

  return gm_address_resolve(&book, text, operation, ret, err);
}

int32_t gm_bind_entry(struct gm_router *r, struct gm_link *l)
{
  return gm_catalog_find(r->catalog, provider_of(r, l->provider), l->model,
                         &l->entry, NULL);
}

/* Does the link begin with the name of a provider that is installed?  What
 * comes before the first colon, or all of it; no name has a '/'. */
static bool names_provider(struct gm_run *run, const char *text,
                           char name[PROVIDER_MAX + 1])
{
  size_t len = strcspn(text, ":/");
  const char *const *p;

  if (len == 0 || len > PROVIDER_MAX || text[len] == '/')
    return false;
  memcpy(name, text, len);
  name[len] = '\0';
  p = gm_instance_names(run->router->instances);
  while (p && *p && !gm_streq(*p, name))
    p++;
  return p && *p;
}

/* A plugin may bring its own catalog, which is known once it is loaded. */
static int32_t resolve(struct gm_run *run, const char *text,
                       struct gm_link *ret, struct gm_error *err)
{
  _cleanup_(gm_error_finish) struct gm_error first = GM_ERROR_INIT;
  char name[PROVIDER_MAX + 1];
  int32_t rc;

  /* A price needs no plugin where a file has it. */
  if (run->quoting && look_up(run, text, ret, NULL) == 0) {
    if (ret->entry)
      return 0;
    gm_link_finish(ret);
  }
  if (names_provider(run, text, name)) {
    rc =
      gm_router_adopt_named(run->router, provider_of(run->router, name), err);
    return rc ? rc : look_up(run, text, ret, err);
  }
  rc = look_up(run, text, ret, &first);
  if (run->router->adopted || (rc == 0 && ret->entry) ||
      (rc && rc != GAMUT_E_NOT_FOUND)) {
    gm_error_move(err, &first);
    return rc;
  }
  if (rc == 0)
    gm_link_finish(ret);
  rc = gm_router_adopt_rest(run->router, err);
  return rc ? rc : look_up(run, text, ret, err);
}

/* In a route a model that comes twice, under whatever names, is a mistake. */
static int32_t check_twice(const struct gm_run *run, struct gm_error *err)
{
  const struct gm_link *l = &run->links[run->n_links - 1], *before;

  for (before = run->links; before < l; before++) {
    if (gm_streq(before->provider, l->provider) &&
        gm_streq(before->model, l->model))
      return gm_fail(err, GAMUT_E_INVALID,
                     "the route has %s:%s twice, as '%s' and as '%s'",
                     l->provider, l->model, before->given, l->given);
  }
  return 0;
}

int32_t gm_bind_links(struct gm_run *run, const struct gm_ask *ask,
                      struct gm_error *err)
{
  uint32_t i;
  int32_t rc;

  if (ask->n_links == 0)
    return gm_fail(err, GAMUT_E_INVALID,
                   "no model is named (`gamut models` lists them)");
  run->links = gm_zalloc(ask->n_links * sizeof(*run->links));
  if (!run->links)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a route");
  for (i = 0; i < ask->n_links; i++) {
    rc = resolve(run, ask->links[i], &run->links[i], err);
    if (rc)
      return rc;
    run->n_links++;
    if (gm_json_at(ask->control, "route"))
      rc = check_twice(run, err);
    if (rc)
      return rc;
  }
  return 0;
}

int32_t gm_run_check_cost(const struct gm_run *run, uint32_t i,
                          struct gm_error *err)
{
  const struct gm_link *l = &run->links[i];
  char cost[32], most[32];
  int32_t rc = gm_ledger_check(run, l, err);

  if (rc || run->max_cost < 0)
    return rc;
  if (run->price_microusd < 0 && !run->allow_unknown_cost)
    return gm_fail(err, GAMUT_E_UNSUPPORTED,
                   "the price of %s is not known, and max_cost is set "
                   "(allow_unknown_cost permits it)",
                   l->model);
  if ((double)run->price_microusd > run->max_cost * 1e6)
    return gm_fail(err, GAMUT_E_UNSUPPORTED,
                   "%s would cost $%s (%s), more than max_cost $%s", l->model,
                   gm_fmt_usd(cost, (double)run->price_microusd / 1e6),
                   run->quote->formula, gm_fmt_usd(most, run->max_cost));
  return 0;
}

void gm_bind_pack(struct gm_run *run)
{
  if (!run->fields)
    return;
  gm_free(run->fields_text);
  run->fields_text = gm_strdup(gm_json_text(run->fields, NULL));
  if (!run->fields_text)
    return;
  json_object_put(run->fields);
  run->fields = NULL;
}

static struct json_object *fields_copy(const struct gm_run *run)
{
  struct json_object *o = NULL;

  if (!run->fields)
    return gm_json_parse_once(run->fields_text, strlen(run->fields_text),
                              &(size_t){ 0 }, &(const char *){ NULL });
  return json_object_deep_copy(run->fields, &o, NULL) ? NULL : o;
}

/* The format that the name of the file asks for, as the model spells it; NULL:
 * none, or the model has no choice. */
static const char *format_of_name(const struct gm_run *run,
                                  const struct gm_model *m)
{
  const char *dot = run->plan.name ? strrchr(run->plan.name, '.') : NULL;
  const struct json_object *list = m ? gm_json_at(m->entry, "formats") : NULL;
  size_t i, n = gm_json_count(list, NULL);

  if (!dot || strchr(dot, '/') || n < 2)
    return NULL;
  dot = gm_strieq(dot, ".jpg") ? ".jpeg" : dot;
  for (i = 0; i < n; i++) {
    const char *known =
      gm_json_str(json_object_array_get_idx(list, i), NULL, "");

    if (gm_strieq(known, dot + 1))
      return known;
  }
  return NULL;
}

/* The normalised request for this link: what was asked, plus operation and
 * vendor id; a file named .png asks for PNG where the model has a choice. */
static struct json_object *request_for(const struct gm_run *run,
                                       const struct gm_link *l,
                                       struct gm_error *err)
{
  struct json_object *o = fields_copy(run);
  const char *operation, *format;

  if (!o) {
    gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
    return NULL;
  }
  format = run->check == GM_CHECK_PASS || gm_json_at(o, "format")
             ? NULL
             : format_of_name(run, l->entry);
  if (format)
    json_object_object_add(o, "format", json_object_new_string(format));
  operation = gm_operation_of(o, run->inputs, run->n_inputs, l->entry);
  if (operation)
    json_object_object_add(o, "operation", json_object_new_string(operation));
  json_object_object_add(o, "model", json_object_new_string(l->model));
  return o;
}

bool gm_bind_quote(const struct gm_run *run, uint32_t i, struct gm_price *ret)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_link *l = &run->links[i];
  _cleanup_json_ struct json_object *o = request_for(run, l, &err);

  return o &&
         gm_price_estimate(l->entry, o, run->inputs, run->n_inputs, false, ret);
}

struct gm_usual *gm_run_usual(const struct gm_run *run, uint32_t i)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_link *l = &run->links[i];
  _cleanup_json_ struct json_object *o = request_for(run, l, &err);

  return gm_usual_of(run->router->engine->usuals, l->provider, l->model,
                     gm_json_str(o, "operation", NULL));
}

/* The notes are those of the present link. */
static int32_t check(struct gm_run *run, const struct gm_link *l,
                     struct json_object *request, struct gm_error *err)
{
  _cleanup_json_ struct json_object *notes = json_object_new_array();
  int32_t rc =
    gm_validate(l->entry, request, run->inputs, run->n_inputs,
                run->check | (run->quoting ? GM_CHECK_QUOTE : 0u), notes, err);

  json_object_put(run->notes);
  run->notes = gm_json_count(notes, NULL) > 0 ? GM_TAKE(notes) : NULL;
  return rc;
}

/* `words`: how it comes to that is said as well. */
static int32_t find_price(struct gm_run *run, uint32_t i, bool words,
                          struct json_object **ret, struct gm_error *err)
{
  const struct gm_link *l = &run->links[i];
  _cleanup_json_ struct json_object *o = request_for(run, l, err);

  if (!o || check(run, l, o, err))
    return err->error_class;
  if (!run->quote && !(run->quote = gm_zalloc(sizeof(*run->quote))))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a price");
  run->price_microusd = gm_price_estimate(l->entry, o, run->inputs,
                                          run->n_inputs, words, run->quote)
                          ? run->quote->microusd
                          : -1;
  *ret = GM_TAKE(o);
  return 0;
}

int32_t gm_run_price(struct gm_run *run, uint32_t i, struct json_object **ret,
                     struct gm_error *err)
{
  return find_price(run, i, true, ret, err);
}

/* What was made before costs nothing now. */
static int32_t check_cost(struct gm_run *run, uint32_t i,
                          const struct json_object *request,
                          struct gm_error *err)
{
  int32_t rc = gm_run_check_cost(run, i, err);

  if (rc != GAMUT_E_UNSUPPORTED || !gm_cache_may_serve(run, request))
    return rc;
  gm_error_move(&run->too_dear, err);
  return 0;
}

static char *request_text(struct gm_run *run, uint32_t i, bool begins,
                          struct gm_instance **ret_instance,
                          struct gm_error *err)
{
  const struct gm_link *l = &run->links[i];
  _cleanup_json_ struct json_object *o = NULL;
  char *text;

  gm_error_finish(&run->too_dear);
  /* A refusal for its price says how it comes to that. */
  if (find_price(run, i, !begins || run->max_cost >= 0, &o, err) ||
      (begins ? check_cost(run, i, o, err) : gm_run_check_cost(run, i, err)))
    return NULL;
  snprintf(run->operation, sizeof(run->operation), "%s",
           gm_json_str(o, "operation", ""));
  if (gm_instance_get(run->router->instances, l->provider, ret_instance, err))
    return NULL;
  text = gm_strdup(gm_json_text(o, NULL));
  if (!text)
    gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
  return text;
}

char *gm_run_request(struct gm_run *run, uint32_t i,
                     struct gm_instance **ret_instance, struct gm_error *err)
{
  return request_text(run, i, false, ret_instance, err);
}

char *gm_bind_request(struct gm_run *run, uint32_t i,
                      struct gm_instance **ret_instance, struct gm_error *err)
{
  return request_text(run, i, true, ret_instance, err);
}

#define CHEAP_MICROUSD 50000

/* May a job that was perhaps charged be submitted once more?  `cheap` is the
 * preset for images: a known price of at most five cents. */
bool gm_bind_may_resubmit(const struct gm_run *run)
{
  const struct gm_link *l = gm_run_link(run);
  bool video = l->entry && !gm_model_can(l->entry, "text-to-image") &&
               !gm_model_can(l->entry, "image-to-image") &&
               !gm_model_can(l->entry, "edit") &&
               !gm_model_can(l->entry, "upscale");
  bool cheap =
    run->price_microusd >= 0 && run->price_microusd <= CHEAP_MICROUSD;

  switch (run->resubmit) {
  case RESUBMIT_NEVER:
    return false;
  case RESUBMIT_ALWAYS:
    return true;
  case RESUBMIT_CHEAP:
    return cheap;
  default:
    return cheap && !video;
  }
}

bool gm_bind_always_resubmit(const struct gm_run *run)
{
  return run->resubmit == RESUBMIT_ALWAYS;
}
