/* instance.c - providers with their configuration, made when first named and
 * kept until the context goes.
 *
 * One that could not be made is not remembered: the user may have mended it.
 * The token and everything else secret is wiped before its memory is freed. */
#include "plugin/instance.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <stdio.h>
#include <string.h>

struct gm_instances {
  struct gm_registry *registry;
  struct gm_settings *settings;
  struct gm_log *log;
  struct gm_map by_name;
  const char **names; /* what gm_instance_names() gave last */
};

/* ---- one -------------------------------------------------------------------
 */

static void one_free(struct gm_instance *i)
{
  if (i->opened && i->provider->def.close)
    i->provider->def.close(i->user);
  gm_config_free(i->config);
  gm_wipe_freep(&i->token);
  gm_free(i->rows);
  gm_free(i->base_url);
  gm_free(i->base_query);
  gm_instance_drop_headers(i);
  gm_free(i->webhook_state);
  gm_free(i->name);
  gm_free(i);
}

/* With all its slots. */
static void instance_free(struct gm_instance *i)
{
  struct gm_instance *next;

  for (; i; i = next) {
    next = i->next_slot;
    one_free(i);
  }
}
GM_CLEANUP(struct gm_instance, instance_free)

static bool set_base(struct gm_instance *i)
{
  const struct gm_config_value *v = gm_config_find(i->config, "base_url");
  const char *url = v && v->text ? v->text : "";
  size_t len = strcspn(url, "?");

  i->base_query = gm_strdup(url[len] ? url + len + 1 : "");
  while (len > 0 && url[len - 1] == '/')
    len--;
  i->base_url = gm_strndup(url, len);
  if (!i->base_url || !i->base_query)
    return false;
  i->own_base = v && v->text && v->origin != GM_FROM_PRESET;
  if (!gm_url_origin(i->base_url, i->base_origin))
    i->base_origin[0] = '\0';
  return true;
}

/* What the instance is of: "use", else itself. */
static const char *provider_of(const struct gm_instances *all, const char *name)
{
  char key[GM_NAME_MAX + 8];
  const char *use;

  snprintf(key, sizeof(key), "%.31s.use", name);
  use = gm_map_get(&all->settings->api, key);
  if (!use)
    use = gm_map_get(&all->settings->text, key);
  return use ? use : name;
}

static int32_t not_found(struct gm_instances *all, const char *name,
                         struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf known = GM_BUF_INIT(1024);
  const char *const *names = gm_instance_names(all);
  char hint[128];
  size_t i;

  if (!names)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  for (i = 0; names[i]; i++)
    gm_buf_addf(&known, "%s%s", i ? ", " : "", names[i]);
  return gm_fail(
    err, GAMUT_E_NOT_FOUND, "no provider '%.100s' (there are: %s)%s", name,
    i ? gm_buf_text(&known) : "none", gm_did_you_mean(hint, name, names));
}

static int32_t find_provider(struct gm_instances *all, const char *name,
                             const struct gm_provider **ret,
                             struct gm_error *err)
{
  _cleanup_(gm_error_finish) struct gm_error own = GM_ERROR_INIT;
  const char *provider;
  int32_t rc;

  if (!gm_stem_ok(name))
    return not_found(all, name, err);
  provider = provider_of(all, name);
  rc = gm_registry_find(all->registry, provider, ret, &own);
  if (rc == GAMUT_E_NOT_FOUND && provider == name)
    return not_found(all, name, err);
  if (rc && provider != name)
    gm_error_prefix(&own, "'%s'", name);
  return rc ? gm_fail(err, rc, "%s", gm_error_text(&own)) : 0;
}

/* Of the whole provider, or of one key of several. */
static int32_t make_one(struct gm_instances *all, const char *name,
                        const struct gm_provider *p, const struct gm_slot *slot,
                        struct gm_instance **ret, struct gm_error *err)
{
  _cleanup_(instance_freep) struct gm_instance *i = gm_zalloc(sizeof(*i));
  int32_t rc;

  if (!i)
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  i->provider = p;
  rc = gm_config_new(name, p, all->settings, slot, all->log, &i->config, err);
  if (rc)
    return rc;
  i->registry = all->registry;
  i->name = gm_strdup(name);
  i->is_slot = slot != NULL;
  i->weight = slot ? slot->weight : 1;
  if (!i->name || !set_base(i) || !gm_instance_set_rows(i) ||
      !gm_instance_split_headers(i, all->log))
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  gm_slot_set_hash(i);
  if (slot)
    snprintf(i->slot, sizeof(i->slot), "%s",
             *slot->label ? slot->label : i->key_hash);
  gm_instance_set_account(i);
  gm_instance_set_proof(i);
  *ret = GM_TAKE(i);
  return 0;
}

/* Jobs are bound to labels, so each is there once; and so is each key. */
static int32_t check_slot(const struct gm_instance *first,
                          const struct gm_instance *i,
                          const struct gm_slots *slots, size_t at,
                          struct gm_error *err)
{
  for (; first; first = first->next_slot) {
    if (strcmp(first->key_hash, i->key_hash) == 0)
      return gm_fail(err, GAMUT_E_INVALID, "%s is the same key as '%s'",
                     slots->at[at]->where, first->slot);
    if (strcmp(first->slot, i->slot) == 0)
      return gm_fail(err, GAMUT_E_INVALID,
                     "%s: there is another key of the name '%s'",
                     slots->at[at]->where, i->slot);
  }
  return 0;
}

static int32_t make_slots(struct gm_instances *all, const char *name,
                          const struct gm_provider *p,
                          const struct gm_slots *slots,
                          struct gm_instance **ret, struct gm_error *err)
{
  _cleanup_(instance_freep) struct gm_instance *first = NULL;
  struct gm_instance **end = &first, *i;
  size_t n;
  int32_t rc;

  for (n = 0; n < slots->n; n++) {
    rc = make_one(all, name, p, slots->at[n], &i, err);
    if (rc)
      return rc;
    rc = check_slot(first, i, slots, n, err);
    *end = i;
    end = &i->next_slot;
    if (rc)
      return rc;
  }
  *ret = GM_TAKE(first);
  return 0;
}

static int32_t make(struct gm_instances *all, const char *name,
                    struct gm_instance **ret, struct gm_error *err)
{
  _cleanup_(instance_freep) struct gm_instance *i = NULL;
  struct gm_slots slots = { 0 };
  const struct gm_provider *p;
  int32_t rc;

  rc = find_provider(all, name, &p, err);
  if (rc == 0)
    rc = gm_slots_read(name, p, all->settings, &slots, err);
  if (rc == 0)
    rc = slots.n > 0 ? make_slots(all, name, p, &slots, &i, err)
                     : make_one(all, name, p, NULL, &i, err);
  gm_slots_finish(&slots);
  if (rc)
    return rc;
  if (!gm_map_put(&all->by_name, name, i))
    return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
  *ret = GM_TAKE(i);
  return 0;
}

static int32_t missing(const struct gm_instance *i, const struct gamut_key *k,
                       struct gm_error *err)
{
  _cleanup_(gm_buf_finish) struct gm_buf how = GM_BUF_INIT(GM_ERROR_MAX);
  const char *page = i->provider->def.homepage;
  bool secret = k->flags & GAMUT_KEY_SECRET;

  gm_config_how(i, k->name, &how);
  return gm_fail(err, secret ? GAMUT_E_AUTH : GAMUT_E_INVALID,
                 "no %s for %s: set %s%s%s%s", secret ? "key" : k->name,
                 i->name, gm_buf_text(&how), page && secret ? " (" : "",
                 page && secret ? page : "", page && secret ? ")" : "");
}

static int32_t check_required(const struct gm_instance *i, struct gm_error *err)
{
  bool foreign = gm_config_is_foreign(i->config, i->name, i->provider);
  size_t n;

  for (n = 0; n < i->config->n_values; n++) {
    const struct gm_config_value *v = &i->config->values[n];

    if (v->text || !(v->key.flags & GAMUT_KEY_REQUIRED) ||
        (foreign && v->key.flags & GAMUT_KEY_SECRET))
      continue;
    return missing(i, &v->key, err);
  }
  return 0;
}

/* ---- all -------------------------------------------------------------------
 */

int32_t gm_instances_new(struct gm_registry *r, struct gm_settings *s,
                         struct gm_log *log, struct gm_instances **ret)
{
  struct gm_instances *all = gm_zalloc(sizeof(*all));

  if (!all)
    return GAMUT_E_NOMEM;
  all->registry = r;
  all->settings = s;
  all->log = log;
  *ret = all;
  return 0;
}

void gm_instances_free(struct gm_instances *all)
{
  struct gm_map_entry *e;
  size_t it = 0;

  if (!all)
    return;
  while ((e = gm_map_next(&all->by_name, &it)))
    instance_free(e->value);
  gm_map_finish(&all->by_name);
  gm_free(all->names);
  gm_free(all);
}

void gm_instances_each(struct gm_instances *all,
                       void (*fn)(struct gm_instance *i))
{
  struct gm_instance *i;
  struct gm_map_entry *e;
  size_t it = 0;

  while (all && (e = gm_map_next(&all->by_name, &it)))
    for (i = e->value; i; i = i->next_slot)
      fn(i);
}

/* "fal#team-a" */
static int32_t look_slot(struct gm_instances *all, const char *name,
                         const char *label, struct gm_instance **ret,
                         struct gm_error *err)
{
  char whole[GM_NAME_MAX + 1];
  struct gm_instance *i;
  int32_t rc;

  if ((size_t)(label - name) >= sizeof(whole))
    return not_found(all, name, err);
  memcpy(whole, name, (size_t)(label - name));
  whole[label - name] = '\0';
  rc = gm_instance_look(all, whole, &i, err);
  for (label++; rc == 0 && i; i = i->next_slot)
    if (strcmp(i->slot, label) == 0) {
      *ret = i;
      return 0;
    }
  return rc ? rc
            : gm_fail(err, GAMUT_E_NOT_FOUND,
                      "%s has no key '%.60s' (`gamut providers -v` shows its "
                      "keys)",
                      whole, label);
}

int32_t gm_instance_look(struct gm_instances *all, const char *name,
                         struct gm_instance **ret, struct gm_error *err)
{
  struct gm_instance *i = gm_map_get(&all->by_name, name);
  const char *label = i ? NULL : strchr(name, '#');
  int32_t rc;

  if (label)
    return look_slot(all, name, label, ret, err);
  rc = i ? 0 : make(all, name, &i, err);
  if (!rc)
    *ret = i;
  return rc;
}

int32_t gm_instance_use(struct gm_instances *all, struct gm_instance *i,
                        struct gm_error *err)
{
  int32_t rc = check_required(i, err);

  if (!rc && !i->opened)
    rc = gm_instance_open(i, all->log, err);
  return rc;
}

int32_t gm_instance_get(struct gm_instances *all, const char *name,
                        struct gm_instance **ret, struct gm_error *err)
{
  struct gm_instance *i;
  int32_t rc;

  rc = gm_instance_look(all, name, &i, err);
  if (!rc)
    rc = gm_instance_use(all, i, err);
  if (!rc)
    *ret = i;
  return rc;
}

/* ---- names -----------------------------------------------------------------
 */

/* Grows as it is filled: the registry may look into folders meanwhile and see
 * more than a moment ago. */
struct names {
  const char **at;
  size_t n, size;
  bool failed; /* no memory */
};

static bool add_name(struct names *l, const char *name)
{
  const char **bigger;
  size_t i;

  for (i = 0; i < l->n; i++) {
    if (strcmp(l->at[i], name) == 0)
      return false;
  }
  if (l->n + 1 >= l->size) {
    bigger = gm_realloc(l->at, 2 * (l->size + 8) * sizeof(*bigger));
    l->failed |= !bigger;
    if (!bigger)
      return false;
    l->at = bigger;
    l->size = 2 * (l->size + 8);
  }
  l->at[l->n++] = name;
  l->at[l->n] = NULL;
  return true;
}

/* A file that is not loaded yet stands for the provider of its name; once it
 * is, for those that it brings. */
static void add_row(struct names *l, const struct gm_plugin_info *info)
{
  size_t i;

  if (info->refused)
    return;
  if (!info->version && !info->providers[0])
    add_name(l, info->name);
  for (i = 0; info->providers[i]; i++)
    add_name(l, info->providers[i]->def.name);
}

const char *const *gm_instance_names(struct gm_instances *all)
{
  struct json_object *file = gm_settings_object(all->settings, "providers");
  const struct gm_plugin_info *info;
  struct json_object_iter it;
  struct names l = { NULL, 0, 0, false };
  size_t i;

  for (i = 0; (info = gm_registry_info(all->registry, i)); i++)
    add_row(&l, info);
  if (file) {
    json_object_object_foreachC(file, it)
    {
      /* Without "use" it configures a provider, which is there or not. */
      if (json_object_object_get(it.val, "use"))
        add_name(&l, it.key);
    }
  }
  if (l.failed || (!l.at && !(l.at = gm_zalloc(sizeof(*l.at))))) {
    gm_free(l.at);
    return NULL;
  }
  gm_sort_names(l.at, l.n);
  gm_free(all->names);
  all->names = l.at;
  return l.at;
}
