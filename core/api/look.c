/* look.c - what there is: models, providers, settings, as JSON. */
#include "api/look.h"
#include "base/str.h"
#include "job/query.h"
#include "plugin/registry.h"
#include "plugin/slot.h"
#include <string.h>

struct question {
  gm_look_fn *fn;
  const void *arg;
  struct json_object *answer;
  struct gm_error err;
};

static void ask_now(struct gamut *g, void *arg)
{
  struct question *q = arg;

  q->fn(g, q->arg, &q->answer, &q->err);
}

int32_t gm_look(struct gamut *g, gm_look_fn *fn, const void *arg,
                char **ret_json, struct gamut_error *ret_error)
{
  struct question q = { fn, arg, NULL, GM_ERROR_INIT };
  int32_t rc = gm_enter(g, ret_error);
  char *text;

  if (rc)
    return rc;
  gm_on_engine(g, ask_now, &q);
  text = q.answer ? gm_strdup(gm_json_text(q.answer, NULL)) : NULL;
  json_object_put(q.answer);
  if (!text && !q.err.error_class)
    gm_fail(&q.err, GAMUT_E_NOMEM, "no memory for an answer");
  if (q.err.error_class) {
    gm_free(text);
    return gm_report(&q.err, ret_error);
  }
  *ret_json = text;
  return 0;
}

void gamut_string_free(char *s)
{
  gm_free(s);
}

void gm_look_put(struct json_object *o, const char *name, const char *text)
{
  if (text)
    json_object_object_add(o, name, json_object_new_string(text));
}

/* ---- models ------------------------------------------------------------- */

static void copy_member(struct json_object *to, const struct gm_model *m,
                        const char *name)
{
  struct json_object *v = gm_json_at(m->entry, name);

  if (v)
    json_object_object_add(to, name, json_object_get(v));
}

static struct json_object *model(const struct gm_model *m)
{
  static const char *const members[] = { "names",     "title",
                                         "operations", "life",
                                         "life_date", "successor",
                                         "latency_ms" };
  struct json_object *o = json_object_new_object();
  _cleanup_(gm_buf_finish) struct gm_buf price = GM_BUF_INIT(1024);
  size_t i;

  gm_look_put(o, "id", m->id);
  gm_look_put(o, "provider", m->provider);
  for (i = 0; i < GM_LEN(members); i++)
    copy_member(o, m, members[i]);
  if (gm_price_text(m, &price) == 0 && price.len > 0)
    gm_look_put(o, "price", gm_buf_text(&price));
  json_object_object_add(o, "entry", json_object_get(m->entry));
  return o;
}

/* Every word of the search occurs in the entry's text, case folded. */
static bool matches(const struct gm_model *m, const char *search)
{
  const char *text = gm_json_text(m->entry, NULL);
  struct gm_cur c = gm_cur_of(search ? search : "");
  char word[128];

  for (gm_cur_space(&c); gm_cur_until(&c, " \t", word, sizeof(word));
       gm_cur_space(&c))
    if (!strcasestr(text, word) && !strcasestr(m->provider, word))
      return false;
  return true;
}

static void models(struct gamut *g, const void *arg, struct json_object **ret,
                   struct gm_error *err)
{
  struct json_object *all = json_object_new_array();
  const struct gm_model *m;
  size_t i;

  if (gm_router_adopt_rest(&g->router, err)) {
    json_object_put(all);
    return;
  }
  for (i = 0;; i++) {
    if (gm_catalog_at(g->catalog, i, &m, err)) {
      json_object_put(all);
      return;
    }
    if (!m)
      break;
    if (matches(m, arg))
      json_object_array_add(all, model(m));
  }
  *ret = all;
}

int32_t gamut_models(struct gamut *g, const char *search, char **ret_json,
                     struct gamut_error *ret_error)
{
  return gm_look(g, models, search, ret_json, ret_error);
}

/* ---- settings ----------------------------------------------------------- */

static const char *origin_name(enum gm_origin origin)
{
  static const char *const names[] = { "unset", "api", "environment", "file",
                                       "preset" };

  return (size_t)origin < GM_LEN(names) ? names[origin] : names[0];
}

static struct json_object *core_line(struct gamut *g,
                                     const struct gm_setting *row)
{
  struct json_object *o = json_object_new_object();
  struct gm_value v = { 0 };

  gm_setting_get(&g->settings, row->name, &v, NULL);
  gm_look_put(o, "name", row->name);
  gm_look_put(o, "value", v.text);
  gm_look_put(o, "from", v.text ? origin_name(v.origin) : "unset");
  gm_look_put(o, "where", v.where);
  gm_look_put(o, "env", row->env);
  gm_look_put(o, "help", row->help);
  json_object_object_add(o, "secret", json_object_new_boolean(false));
  return o;
}

static struct json_object *provider_line(const struct gm_instance *i,
                                         const struct gm_config_line *l)
{
  struct json_object *o = json_object_new_object();
  char slot[GM_SLOT_NAME_SIZE];
  struct gm_buf name = GM_BUF_INIT(256);

  gm_buf_addf(&name, "%s.%s",
              l->of_slot ? gm_slot_name(i->name, i->slot, slot) : i->name,
              l->key);
  gm_look_put(o, "name", gm_buf_text(&name));
  gm_look_put(o, "value", l->shown);
  gm_look_put(o, "from", l->shown ? origin_name(l->origin) : "unset");
  gm_look_put(o, "where", l->where);
  gm_look_put(o, "env", l->env);
  gm_look_put(o, "help", l->help);
  json_object_object_add(
    o, "secret", json_object_new_boolean(l->flags & GAMUT_KEY_SECRET));
  gm_buf_finish(&name);
  return o;
}

/* What keys have of their own stands with each of them, the rest once. */
static void put_lines(struct json_object *all, struct gm_instance *first)
{
  const struct gm_config_line *line;
  struct gm_instance *i;
  size_t n;

  for (n = 0; (line = gm_instance_config(first, n)); n++)
    json_object_array_add(all, provider_line(first, line));
  for (i = first->next_slot; i; i = i->next_slot)
    for (n = 0; (line = gm_instance_config(i, n)); n++)
      if (line->of_slot)
        json_object_array_add(all, provider_line(i, line));
}

static void config(struct gamut *g, const void *arg, struct json_object **ret,
                   struct gm_error *err)
{
  struct json_object *all = json_object_new_array();
  const struct gm_setting *row;
  const char *const *names;
  struct gm_instance *i;
  size_t k;

  (void)arg;
  (void)err;
  for (row = gm_settings_core; row->name; row++)
    json_object_array_add(all, core_line(g, row));
  gm_registry_load_all(g->registry);
  /* The list of names is made anew when an instance is looked for in vain. */
  for (k = 0; (names = gm_instance_names(g->instances)) && names[k]; k++) {
    if (gm_instance_look(g->instances, names[k], &i, NULL))
      continue; /* `doctor` and `providers` say why */
    put_lines(all, i);
  }
  *ret = all;
}

int32_t gamut_config(struct gamut *g, char **ret_json,
                     struct gamut_error *ret_error)
{
  return gm_look(g, config, NULL, ret_json, ret_error);
}

/* ---- providers ---------------------------------------------------------- */

static struct json_object *keys_of(struct gm_instance *i)
{
  struct json_object *all = json_object_new_array(), *o;
  const struct gm_config_line *l;
  size_t n;

  for (n = 0; (l = gm_instance_config(i, n)); n++) {
    o = json_object_new_object();
    gm_look_put(o, "name", l->key);
    gm_look_put(o, "env", l->env);
    gm_look_put(o, "help", l->help);
    json_object_object_add(
      o, "secret", json_object_new_boolean(l->flags & GAMUT_KEY_SECRET));
    json_object_object_add(o, "set", json_object_new_boolean(l->shown != NULL));
    json_object_array_add(all, o);
  }
  return all;
}

/* One of several keys, masked. */
static struct json_object *slots_of(const struct gm_instance *i)
{
  struct json_object *all = json_object_new_array(), *o;

  for (; i; i = i->next_slot) {
    o = json_object_new_object();
    gm_look_put(o, "name", i->slot);
    gm_look_put(o, "value", gm_slot_shown(i));
    json_object_object_add(o, "weight", json_object_new_int64(i->weight));
    json_object_array_add(all, o);
  }
  return all;
}

/* What can be asked of it, and what else it can beside generating. */
static struct json_object *has_of(const struct gamut_provider *p)
{
  struct json_object *all = json_object_new_array();
  size_t i;

  for (i = 0; gm_query_name(i); i++)
    if (gm_query_function(p, gm_query_name(i)))
      json_object_array_add(all, json_object_new_string(gm_query_name(i)));
  if (p->extension && p->extension(GAMUT_EXT_UPLOAD))
    json_object_array_add(all, json_object_new_string("upload"));
  if (p->flags & GAMUT_WANTS_CANCEL)
    json_object_array_add(all, json_object_new_string("cancel"));
  return all;
}

static int64_t models_of(struct gamut *g, const char *provider)
{
  const struct gm_model *m;
  int64_t count = 0;
  size_t i;

  for (i = 0; gm_catalog_at(g->catalog, i, &m, NULL) == 0 && m; i++)
    count += strcmp(m->provider, provider) == 0;
  return count;
}

static void put_instance(struct gamut *g, struct json_object *o,
                         const char *name)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *i;

  if (gm_instance_look(g->instances, name, &i, &err)) {
    gm_look_put(o, "refused", gm_error_text(&err));
    return;
  }
  gm_look_put(o, "title", i->provider->def.title);
  gm_look_put(o, "homepage", i->provider->def.homepage);
  json_object_object_add(o, "keys", keys_of(i));
  if (gm_slot_is_one(i))
    json_object_object_add(o, "slots", slots_of(i));
  json_object_object_add(o, "has", has_of(&i->provider->def));
  json_object_object_add(
    o, "ready", json_object_new_boolean(gm_instance_ready(i, &err) == 0));
  if (err.error_class)
    gm_look_put(o, "why", gm_error_text(&err));
  json_object_object_add(
    o, "models",
    json_object_new_int64(models_of(g, i->provider->def.name)));
}

static void add_plugin(struct gamut *g, struct json_object *all,
                       const struct gm_plugin_info *p)
{
  const struct gm_provider *const *one;
  struct json_object *o;
  bool any = false;

  for (one = p->providers; one && *one; one++) {
    o = json_object_new_object();
    any = true;
    gm_look_put(o, "name", (*one)->def.name);
    gm_look_put(o, "plugin", p->name);
    gm_look_put(o, "file", p->file);
    gm_look_put(o, "version", p->version);
    gm_look_put(o, "license", p->license);
    put_instance(g, o, (*one)->def.name);
    json_object_array_add(all, o);
  }
  if (any)
    return;
  o = json_object_new_object();
  gm_look_put(o, "name", p->name);
  gm_look_put(o, "plugin", p->name);
  gm_look_put(o, "file", p->file);
  gm_look_put(o, "refused", p->refused);
  if (!p->refused)
    json_object_object_add(o, "extension", json_object_new_boolean(true));
  json_object_array_add(all, o);
}

static struct json_object *folders(struct gamut *g)
{
  struct json_object *all = json_object_new_array(), *o;
  const char *path, *refused;
  size_t i;

  for (i = 0; (path = gm_registry_folder(g->registry, i, &refused)); i++) {
    o = json_object_new_object();
    gm_look_put(o, "path", path);
    gm_look_put(o, "refused", refused);
    json_object_array_add(all, o);
  }
  return all;
}

static void providers(struct gamut *g, const void *arg,
                      struct json_object **ret, struct gm_error *err)
{
  struct json_object *o = json_object_new_object();
  struct json_object *all = json_object_new_array();
  const struct gm_plugin_info *p;
  size_t i;

  (void)arg;
  (void)err;
  gm_registry_load_all(g->registry);
  for (i = 0; (p = gm_registry_info(g->registry, i)); i++)
    add_plugin(g, all, p);
  json_object_object_add(o, "folders", folders(g));
  json_object_object_add(o, "providers", all);
  *ret = o;
}

int32_t gamut_providers(struct gamut *g, char **ret_json,
                        struct gamut_error *ret_error)
{
  return gm_look(g, providers, NULL, ret_json, ret_error);
}
