/* slot.c - several keys of one provider: what the settings say of them.
 *
 * They come from "keys" of the file or of the program, from a list in place of
 * a secret, or from a file with a key in each line.  Variables of the
 * environment hold one key each, as their vendors mean them: one that is set
 * comes before the file's list, as it comes before a single key. */
#include "plugin/slot.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <stdio.h>
#include <string.h>

/* Of a key that is hashed for nothing else. */
#define CONTEXT "gamut key slot"

struct reading {
  const char *name; /* of the instance */
  const struct gm_provider *provider;
  const struct gm_settings *settings;
  struct gm_slots *slots;
  const char *where;
  struct gm_error *err;
};

static int32_t no_memory(struct gm_error *err)
{
  return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
}

/* ---- from the file to text ------------------------------------------------
 */

static int32_t not_keys(const char *instance, const char *key,
                        struct gm_error *err)
{
  return gm_fail(err, GAMUT_E_INVALID,
                 "providers: %s.%.80s is not a list of keys, as in [\"key\", "
                 "\"key\"]; an object for each goes into \"keys\"",
                 instance, key);
}

char *gm_slots_text(const char *instance, const char *key,
                    struct json_object *list, struct gm_error *err)
{
  _cleanup_json_ struct json_object *all = json_object_new_array();
  size_t i, n = json_object_array_length(list);
  char *text = NULL;

  if (n == 0) {
    not_keys(instance, key, err);
    return NULL;
  }
  if (strcmp(key, "keys") == 0) {
    text = gm_strdup(gm_json_text(list, NULL));
    if (!text)
      no_memory(err);
    return text;
  }
  for (i = 0; all && i < n; i++) {
    struct json_object *one = json_object_array_get_idx(list, i), *o;

    o = json_object_new_object();
    if (!json_object_is_type(one, json_type_string)) {
      json_object_put(o);
      not_keys(instance, key, err);
      return NULL;
    }
    json_object_object_add(o, key, json_object_get(one));
    json_object_array_add(all, o);
  }
  text = all ? gm_strdup(gm_json_text(all, NULL)) : NULL;
  if (!text)
    no_memory(err);
  return text;
}

/* ---- one ------------------------------------------------------------------
 */

static const struct gamut_key *key_of(const struct reading *r, const char *name)
{
  const struct gamut_key *k;
  uint32_t n;

  for (n = 0; (k = gm_table_row(&r->provider->def.keys, n, sizeof(*k), NULL));
       n++)
    if (strcmp(k->name, name) == 0)
      return k;
  return NULL;
}

/* The key that "api_key", "api_key_file" and "api_key_command" are about, when
 * it proves who we are. */
static const struct gamut_key *proof_of(const struct reading *r,
                                        const char *member)
{
  static const char *const tails[] = { "", "_file", "_command" };
  const struct gamut_key *k = key_of(r, member);
  char name[GM_KEY_MAX + 1];
  size_t t, len = strlen(member), tail;

  if (k && k->flags & GAMUT_KEY_JSON)
    return k;
  for (t = 0; t < GM_LEN(tails); t++) {
    tail = strlen(tails[t]);
    if (len <= tail || len - tail > GM_KEY_MAX ||
        strcmp(member + len - tail, tails[t]) != 0)
      continue;
    memcpy(name, member, len - tail);
    name[len - tail] = '\0';
    k = key_of(r, name);
    if (k && k->flags & GAMUT_KEY_SECRET)
      return k;
  }
  return NULL;
}

static int32_t take_name(const struct reading *r, struct gm_slot *s,
                         const char *name)
{
  if (!gm_stem_ok(name))
    return gm_fail(r->err, GAMUT_E_INVALID,
                   "%s: name '%.60s' cannot be one (a to z, 0 to 9, '_', '-', "
                   "at most %d)",
                   s->where, name, GM_NAME_MAX);
  snprintf(s->label, sizeof(s->label), "%s", name);
  return 0;
}

static int32_t take_weight(const struct reading *r, struct gm_slot *s,
                           const char *text)
{
  int64_t n;

  if (!gm_parse_i64(text, 1, GM_WEIGHT_MAX, &n))
    return gm_fail(r->err, GAMUT_E_INVALID,
                   "%s: weight '%.40s' is not a whole number of 1 to %d",
                   s->where, text, GM_WEIGHT_MAX);
  s->weight = (uint32_t)n;
  return 0;
}

/* What else is in it is checked with the values (config.c). */
static int32_t take_member(const struct reading *r, struct gm_slot *s,
                           const char *name, struct json_object *v)
{
  const char *text = json_object_get_string(v);
  char *own;

  if (!v)
    return 0;
  if (json_object_is_type(v, json_type_object) ||
      json_object_is_type(v, json_type_array))
    return gm_fail(r->err, GAMUT_E_INVALID,
                   "%s: '%.60s' is neither text nor a number", s->where, name);
  if (strcmp(name, "name") == 0)
    return take_name(r, s, text);
  if (strcmp(name, "weight") == 0)
    return take_weight(r, s, text);
  if (strcmp(name, "base_url") == 0 || strcmp(name, "use") == 0 ||
      strcmp(name, "key_choice") == 0)
    return gm_fail(r->err, GAMUT_E_INVALID,
                   "%s: '%s' is for all keys and belongs beside \"keys\"",
                   s->where, name);
  s->proves |= proof_of(r, name) != NULL;
  own = gm_strdup(text);
  if (own && gm_map_put(&s->text, name, own))
    return 0;
  gm_wipe_freep(&own);
  return no_memory(r->err);
}

static struct gm_slot *new_slot(const struct reading *r)
{
  struct gm_slots *all = r->slots;
  struct gm_slot *s, **bigger;
  char where[512];

  bigger = gm_realloc(all->at, (all->n + 1) * sizeof(struct gm_slot *));
  if (!bigger)
    return NULL;
  all->at = bigger;
  s = gm_zalloc(sizeof(*s));
  if (!s)
    return NULL;
  all->at[all->n++] = s;
  snprintf(where, sizeof(where), "%s.keys[%zu] in %.300s", r->name, all->n - 1,
           r->where);
  s->where = gm_strdup(where);
  s->weight = 1;
  if (all->n == 1 && r->where == r->settings->file_path)
    s->file = r->settings->file_path;
  return s->where ? s : NULL;
}

static int32_t take_one(const struct reading *r, struct json_object *o)
{
  struct gm_slot *s = new_slot(r);
  struct json_object_iter it;
  int32_t rc;

  if (!s)
    return no_memory(r->err);
  if (!json_object_is_type(o, json_type_object))
    return gm_fail(r->err, GAMUT_E_INVALID,
                   "%s is not an object like {\"api_key\": \"...\"}", s->where);
  json_object_object_foreachC(o, it)
  {
    rc = take_member(r, s, it.key, it.val);
    if (rc)
      return rc;
  }
  if (s->proves)
    return 0;
  return gm_fail(r->err, GAMUT_E_INVALID, "%s has no key in it", s->where);
}

static int32_t take_list(const struct reading *r, const char *text)
{
  _cleanup_(gm_error_finish) struct gm_error why = GM_ERROR_INIT;
  _cleanup_json_ struct json_object *list =
    gm_json_parse_config(text, strlen(text), &why);
  size_t i, n = gm_json_count(list, NULL);
  int32_t rc;

  if (!list)
    return gm_fail(r->err, why.error_class, "%s.keys: %s (from %.200s)",
                   r->name, gm_error_text(&why), r->where);
  if (!json_object_is_type(list, json_type_array) || n == 0 || n > GM_SLOTS_MAX)
    return gm_fail(r->err, GAMUT_E_INVALID,
                   "%s.keys is not a list of 1 to %d objects (from %.200s)",
                   r->name, GM_SLOTS_MAX, r->where);
  for (i = 0; i < n; i++) {
    rc = take_one(r, json_object_array_get_idx(list, i));
    if (rc)
      return rc;
  }
  return 0;
}

/* ---- a file with a key in each line ----------------------------------------
 */

static int32_t take_line(const struct reading *r, const char *key, char *line)
{
  size_t len = strcspn(line, "\r");
  struct gm_slot *s;
  char *own;

  line[len] = '\0';
  if (line[strspn(line, " \t")] == '\0')
    return 0;
  if (r->slots->n == GM_SLOTS_MAX)
    return gm_fail(r->err, GAMUT_E_INVALID, "%s has more than %d keys",
                   r->where, GM_SLOTS_MAX);
  s = new_slot(r);
  own = s ? gm_strdup(line) : NULL;
  if (own && gm_map_put(&s->text, key, own)) {
    s->proves = true;
    return 0;
  }
  gm_wipe_freep(&own);
  return no_memory(r->err);
}

static int32_t take_lines(struct reading *r, const struct gamut_key *k,
                          const char *path, const char *told_in)
{
  _cleanup_(gm_wipe_freep) char *text = NULL;
  char label[GM_NAME_MAX + GM_KEY_MAX + 384], *line, *end;
  int32_t rc;

  snprintf(label, sizeof(label), "%s.%s_file%s%.350s", r->name, k->name,
           told_in ? " in " : "", told_in ? told_in : "");
  rc = gm_secret_from_file(path, label, &text, r->err);
  r->where = path;
  for (line = text; rc == 0 && line; line = end) {
    end = strchr(line, '\n');
    if (end)
      *end++ = '\0';
    rc = take_line(r, k->name, line);
  }
  if (rc == 0 && r->slots->n < 2) /* one key is no pool */
    gm_slots_finish(r->slots);
  return rc;
}

/* ---- where they are --------------------------------------------------------
 */

static const char *text_of(const struct reading *r, const struct gm_map *m,
                           const char *key, const char *tail)
{
  char name[GM_NAME_MAX + GM_KEY_MAX + 16];

  snprintf(name, sizeof(name), "%s.%s%s", r->name, key, tail);
  return gm_map_get(m, name);
}

static bool is_set(const struct reading *r, const struct gm_map *m,
                   const char *key)
{
  return text_of(r, m, key, "") || text_of(r, m, key, "_file") ||
         text_of(r, m, key, "_command");
}

static bool in_environment(const struct gamut_key *k)
{
  const char *list = k->env;
  char name[128];

  while (gm_env_next(&list, name, sizeof(name)))
    if (gm_env(name) && *gm_env(name))
      return true;
  return false;
}

/* A key of the same name that comes before the list. */
static bool is_preceded(const struct reading *r, const struct gamut_key *k)
{
  return is_set(r, &r->settings->api, k->name) ||
         (strcmp(r->name, r->provider->def.name) == 0 && in_environment(k));
}

static bool are_preceded(const struct reading *r)
{
  const struct gamut_key *k;
  const struct gm_map_entry *e;
  size_t n, it;

  for (n = 0; n < r->slots->n; n++) {
    it = 0;
    while ((e = gm_map_next(&r->slots->at[n]->text, &it))) {
      k = proof_of(r, e->key);
      if (k && is_preceded(r, k))
        return true;
    }
  }
  return false;
}

/* "keys" and "api_key" at one place contradict each other. */
static int32_t check_single(const struct reading *r, const struct gm_map *m)
{
  const struct gamut_key *k;
  const struct gm_map_entry *e;
  size_t n, it;

  for (n = 0; n < r->slots->n; n++) {
    it = 0;
    while ((e = gm_map_next(&r->slots->at[n]->text, &it))) {
      k = proof_of(r, e->key);
      if (k && is_set(r, m, k->name))
        return gm_fail(r->err, GAMUT_E_INVALID,
                       "%s has both \"keys\" and \"%s\" (from %.200s): put "
                       "that one into the list",
                       r->name, k->name, r->where);
    }
  }
  return 0;
}

static int32_t from_list(struct reading *r, const struct gm_map *m,
                         const char *text, bool of_program)
{
  int32_t rc = take_list(r, text);

  if (rc == 0)
    rc = check_single(r, m);
  if (rc == 0 && !of_program && are_preceded(r))
    gm_slots_finish(r->slots);
  return rc;
}

static int32_t from_lines(struct reading *r)
{
  const struct gm_map *api = &r->settings->api, *file = &r->settings->text;
  const struct gamut_key *k;
  const char *path, *told_in;
  uint32_t n;

  for (n = 0; (k = gm_table_row(&r->provider->def.keys, n, sizeof(*k), NULL));
       n++) {
    if (!(k->flags & GAMUT_KEY_SECRET) || k->flags & GAMUT_KEY_HEADERS ||
        text_of(r, api, k->name, ""))
      continue;
    path = text_of(r, api, k->name, "_file");
    told_in = path ? NULL : r->settings->file_path;
    if (!path && !is_preceded(r, k) && !text_of(r, file, k->name, ""))
      path = text_of(r, file, k->name, "_file");
    if (path)
      return take_lines(r, k, path, told_in);
  }
  return 0;
}

int32_t gm_slots_read(const char *name, const struct gm_provider *p,
                      const struct gm_settings *s, struct gm_slots *ret,
                      struct gm_error *err)
{
  struct reading r = { name, p, s, ret, "the program", err };
  const char *text = text_of(&r, &s->api, "keys", "");
  int32_t rc;

  if (text) {
    rc = from_list(&r, &s->api, text, true);
  } else {
    text = text_of(&r, &s->text, "keys", "");
    r.where = s->file_path;
    rc = text ? from_list(&r, &s->text, text, false) : from_lines(&r);
  }
  if (rc)
    gm_slots_finish(ret);
  return rc;
}

void gm_slots_finish(struct gm_slots *all)
{
  struct gm_map_entry *e;
  size_t i, it;

  for (i = 0; i < all->n; i++) {
    struct gm_slot *s = all->at[i];

    it = 0;
    while ((e = gm_map_next(&s->text, &it))) {
      char *text = e->value;

      gm_wipe_freep(&text);
    }
    gm_map_finish(&s->text);
    gm_free(s->where);
    gm_free(s);
  }
  gm_free(GM_TAKE(all->at));
  all->n = 0;
}

/* ---- names -----------------------------------------------------------------
 */

/* What proves who we are: of a slot all that is its own, else what headers are
 * made of. */
static bool is_proof(const struct gm_instance *i,
                     const struct gm_config_value *v)
{
  if (!v->text || !(v->key.flags & (GAMUT_KEY_SECRET | GAMUT_KEY_JSON)))
    return false;
  return i->is_slot ? v->of_slot : gm_credential_uses(i, v->key.name);
}

void gm_slot_set_hash(struct gm_instance *i)
{
  char hex[GM_SHA256_HEX];
  struct gm_sha256 sum;
  bool any = false;
  size_t n;

  gm_sha256_init(&sum);
  gm_sha256_add(&sum, CONTEXT, sizeof(CONTEXT));
  for (n = 0; n < i->config->n_values; n++) {
    const struct gm_config_value *v = &i->config->values[n];

    if (!is_proof(i, v))
      continue;
    any = true;
    gm_sha256_add(&sum, v->key.name, strlen(v->key.name) + 1);
    gm_sha256_add(&sum, v->text, strlen(v->text) + 1);
  }
  gm_sha256_hex(&sum, hex);
  snprintf(i->key_hash, sizeof(i->key_hash), "%.*s", any ? GM_KEY_HASH_LEN : 0,
           hex);
}

const char *gm_slot_name(const char *instance, const char *label,
                         char ret[GM_SLOT_NAME_SIZE])
{
  snprintf(ret, GM_SLOT_NAME_SIZE, "%.35s%s%.31s", instance, *label ? "#" : "",
           label);
  return ret;
}

const char *gm_slot_shown(const struct gm_instance *i)
{
  size_t n;

  for (n = 0; n < i->config->n_values; n++) {
    const struct gm_config_value *v = &i->config->values[n];

    if (v->text && is_proof(i, v))
      return v->shown;
  }
  return "";
}

int32_t gm_slot_find(struct gm_instances *all, const char *name,
                     const char *label, const char *key_hash,
                     struct gm_instance **ret, struct gm_error *err)
{
  struct gm_instance *first, *i;
  int32_t rc = gm_instance_look(all, name, &first, err);

  if (rc)
    return rc;
  *ret = NULL;
  for (i = first; i && *label && !*ret; i = i->next_slot)
    if (strcmp(i->slot, label) == 0)
      *ret = i;
  for (i = first; i && *key_hash && !*ret; i = i->next_slot)
    if (strcmp(i->key_hash, key_hash) == 0)
      *ret = i;
  /* One key before and now: it was renewed. */
  if (!*ret && !*label && (!*key_hash || !gm_slot_is_one(first)))
    *ret = first;
  if (*ret)
    return 0;
  return gm_fail(err, GAMUT_E_AUTH,
                 "the key '%s' of %s, with which it was submitted, is not in "
                 "the settings any more: put it back to go on with the job",
                 *label ? label : key_hash, name);
}
