/* doctor.c - what is installed, found, missing or wrong, and how to mend it. */
#include "api/look.h"
#include "base/file.h"
#include "plugin/slot.h"
#include "store/journal.h"
#include <curl/curl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

GM_PRINTF(4, 5)
static void say(struct json_object *all, const char *level, const char *mend,
                const char *fmt, ...)
{
  struct json_object *o = json_object_new_object();
  struct gm_buf b = GM_BUF_INIT(4096);
  va_list ap;

  va_start(ap, fmt);
  gm_buf_addv(&b, fmt, ap);
  va_end(ap);
  gm_look_put(o, "level", level);
  gm_look_put(o, "what", gm_buf_text(&b));
  gm_look_put(o, "mend", mend);
  json_object_array_add(all, o);
  gm_buf_finish(&b);
}

static void libraries(struct json_object *all)
{
  const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

  say(all, "ok", NULL, "gamut %s, libcurl %s (%s%s), json-c %s", GAMUT_VERSION,
      v->version, v->ssl_version ? v->ssl_version : "no TLS",
      v->features & CURL_VERSION_HTTP2 ? ", HTTP/2" : "",
      json_c_version());
  if (!(v->features & CURL_VERSION_SSL))
    say(all, "error", "install a libcurl with TLS",
        "this libcurl has no TLS: no https service can be reached");
  if (v->cainfo && access(v->cainfo, R_OK) && (!v->capath ||
                                               access(v->capath, R_OK)))
    say(all, "error", "install the package ca-certificates",
        "no certificates at '%s': every https service will be refused",
        v->cainfo);
}

static void config_file(struct gamut *g, struct json_object *all)
{
  const char *path = g->settings.file_path;

  if (g->settings.file)
    say(all, "ok", NULL, "config file %s", path);
  else if (path)
    say(all, "note", NULL, "no config file (%s)", path);
}

static void plugin_folders(struct gamut *g, struct json_object *all)
{
  const char *path, *refused;
  size_t i;

  for (i = 0; (path = gm_registry_folder(g->registry, i, &refused)); i++) {
    if (!refused)
      say(all, "ok", NULL, "plugin folder %s", path);
    else if (access(path, F_OK))
      say(all, "note", NULL, "plugin folder %s: not there", path);
    else
      say(all, "error", "chmod go-w the folder, or see plugin_trust",
          "plugin folder %s: %s", path, refused);
  }
}

static void one_key(struct json_object *all, struct gm_instance *i)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const char *name = i->provider->def.name, *shown = gm_slot_shown(i);

  if (gm_instance_ready(i, &err))
    say(all, "warning", i->provider->def.homepage, "provider %s%s%s: %s", name,
        i->slot[0] ? "#" : "", i->slot, gm_error_text(&err));
  else if (gm_slot_is_one(i))
    say(all, "ok", NULL, "provider %s is ready with key '%s' (%s, %s)", name,
        i->slot, shown, i->base_url);
  else
    say(all, "ok", NULL, "provider %s is ready (%s)", name, i->base_url);
}

static void one_provider(struct gamut *g, struct json_object *all,
                         const struct gm_provider *p)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *i;

  if (gm_instance_look(g->instances, p->def.name, &i, &err)) {
    say(all, "error", NULL, "provider %s: %s", p->def.name,
        gm_error_text(&err));
    return;
  }
  for (; i; i = i->next_slot)
    one_key(all, i);
}

static void plugins(struct gamut *g, struct json_object *all)
{
  const struct gm_plugin_info *p;
  const struct gm_provider *const *one;
  size_t i, n = 0;

  gm_registry_load_all(g->registry);
  for (i = 0; (p = gm_registry_info(g->registry, i)); i++) {
    if (p->refused)
      say(all, "error", NULL, "plugin %s is refused: %s",
          p->file ? p->file : p->name, p->refused);
    for (one = p->providers; one && *one; one++, n++)
      one_provider(g, all, *one);
  }
  if (n == 0)
    say(all, "error",
        "install gamut's plugins, or name their folder in GAMUT_PLUGIN_PATH",
        "no provider is installed");
}

static void catalog(struct gamut *g, struct json_object *all)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_model *m = NULL;
  size_t i = 0;
  int32_t rc;

  while ((rc = gm_catalog_at(g->catalog, i, &m, &err)) == 0 && m)
    i++;
  if (rc)
    say(all, "error", "mend or remove the file", "catalog: %s",
        gm_error_text(&err));
  else if (i == 0)
    say(all, "error", "reinstall, or name its folder in GAMUT_CATALOG_PATH",
        "the catalog is empty: no shorthand is known");
  else
    say(all, "ok", NULL, "catalog: %zu models", i);
}

struct jobs {
  unsigned long all, free;
};

static int32_t count_job(void *user, const struct gamut_store_row *row)
{
  struct jobs *n = user;

  n->all++;
  n->free += row->owner_ttl_ms == 0;
  return 0;
}

static void opened_store(const struct gamut_store *type, const char *place,
                         struct json_object *all)
{
  struct gamut_store_open o = { .struct_size = sizeof(o),
                                .busy_ms = 1000,
                                .place = place };
  struct gamut_store_query q = { .struct_size = sizeof(q),
                                 /* those that have ended have no rank */
                                 .flags =
                                   GAMUT_SCAN_NO_BODY | GAMUT_SCAN_BY_RANK,
                                 .table = GM_TABLE_JOB,
                                 .min_rank = INT64_MIN,
                                 .max_rank = INT64_MAX };
  char message[GAMUT_STORE_MESSAGE] = "";
  struct jobs n = { 0, 0 };
  void *store;
  int32_t rc = type->open(&o, &store, message);

  if (rc == 0) {
    rc = type->scan(store, &q, count_job, &n, message);
    type->close(store);
  }
  if (rc)
    say(all, "error", NULL, "%s", message);
  else
    say(all, "ok", NULL,
        "store in %s: %lu unfinished jobs, %lu of them with nobody at work on "
        "them",
        place, n.all, n.free);
}

/* Looked into where there is one; none is made. */
static void store(struct gamut *g, struct json_object *all)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_store_choice c = { .type = NULL };

  if (gm_choose_store(g, &c, &err))
    say(all, c.required ? "error" : "warning",
        "install it, or say store=memory to keep no job",
        "store: %s: jobs are forgotten when their process ends",
        gm_error_text(&err));
  else if (!c.place)
    say(all, "note", NULL,
        "store is memory: jobs are forgotten when their process ends");
  else if (access(c.place, F_OK))
    say(all, "ok", NULL, "store in %s: no job yet", c.place);
  else
    opened_store(c.type, c.place, all);
  gm_free(c.place);
}

static void endpoint_map(struct gamut *g, struct json_object *all)
{
  struct gm_value v = { 0 };

  gm_setting_get(&g->settings, "endpoints", &v, NULL);
  if (v.text)
    say(all, "note", "unset it to talk to the real services",
        "an endpoint map is in force (%s)", v.where ? v.where : "config file");
}

static void doctor(struct gamut *g, const void *arg, struct json_object **ret,
                   struct gm_error *err)
{
  struct json_object *all = json_object_new_array();

  (void)arg;
  (void)err;
  libraries(all);
  config_file(g, all);
  endpoint_map(g, all);
  catalog(g, all);
  plugin_folders(g, all);
  plugins(g, all);
  store(g, all);
  *ret = all;
}

int32_t gamut_doctor(struct gamut *g, char **ret_json,
                     struct gamut_error *ret_error)
{
  return gm_look(g, doctor, NULL, ret_json, ret_error);
}
