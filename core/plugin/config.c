/* config.c - the values of one instance, found and checked when it is made.
 *
 * API, then environment, then file, then preset.  Under a name of its own
 * ("work": {"use": "fal", ...}) the file comes before the environment, for the
 * variables are the vendor's and there is one set of them; and an instance with
 * a name and a base URL of its own gets no secret from the environment at all:
 * the vendor's key must not go to somebody else's server. */
#include "base/file.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define N_IMPLICIT 5 /* base_url, and those in `implicit` */
#define SHOW_TAIL  4
#define SHOW_MIN   12
#define LABEL_SIZE 512
#define NAME_SIZE  (GM_NAME_MAX + GM_KEY_MAX + 16)
#define OUT        "out of memory"

struct resolve {
  const char *name; /* of the instance */
  const struct gm_provider *provider;
  struct gm_settings *settings;
  const struct gm_slot *slot; /* or NULL */
  struct gm_log *log;
  struct gm_config *config;
  struct gm_error *err;
};

/* A map of texts, and how its values are told about. */
struct source {
  const struct gm_map *map;
  enum gm_origin origin;
  const char *where;
  bool of_slot; /* its names are without that of the instance */
};

static int32_t no_memory(const struct resolve *r)
{
  return gm_fail(r->err, GAMUT_E_NOMEM, OUT);
}

static struct source source_of(const struct resolve *r, enum gm_origin origin)
{
  if (origin == GM_FROM_API)
    return (struct source){ &r->settings->api, origin, "the program", false };
  return (struct source){ &r->settings->text, origin, r->settings->file_path,
                          false };
}

static bool is_secret(const struct gm_config_value *v)
{
  return v->key.flags & GAMUT_KEY_SECRET;
}

/* ---- one value -------------------------------------------------------------
 */

/* Of a secret the choices are beginnings of what is no such key. */
static int32_t check_beginning(const struct gamut_key *k, const char *text,
                               const char *label, struct gm_error *err)
{
  const char *p = k->choices ? k->choices : "";
  size_t len;

  for (; *p; p += len + (p[len] == '|')) {
    len = strcspn(p, "|");
    if (len > 0 && strncmp(text, p, len) == 0)
      return gm_fail(err, GAMUT_E_AUTH,
                     "%s holds no such key: it begins with '%.*s'", label,
                     (int)len, p);
  }
  return 0;
}

/* Take the text over (also on failure); blank secrets count as unset. */
static int32_t set_value(const struct resolve *r, struct gm_config_value *v,
                         char *text, enum gm_origin origin, const char *where,
                         const char *label)
{
  _cleanup_(gm_wipe_freep) char *own = text;
  char name[NAME_SIZE];
  struct gm_setting row;
  int32_t rc;

  if (!own)
    return no_memory(r);
  snprintf(name, sizeof(name), "%s.%s", r->name, v->key.name);
  row = gm_setting_of_key(&v->key, name);
  if (is_secret(v))
    rc = gm_secret_clean(own, v->key.flags & GAMUT_KEY_HEADERS, label, r->err);
  else
    rc = gm_setting_check(&row, own, where, r->err);
  if (!rc && is_secret(v))
    rc = check_beginning(&v->key, own, label, r->err);
  if (rc || (is_secret(v) && !*own))
    return rc;
  if (!is_secret(v) && strpbrk(own, "\r\n"))
    return gm_fail(r->err, GAMUT_E_INVALID,
                   "%s contains a line break (from "
                   "%.200s)",
                   name, where);
  v->where = gm_strdup(where);
  if (!v->where)
    return no_memory(r);
  v->text = GM_TAKE(own);
  v->origin = origin;
  return 0;
}

/* What stands around a value there comes from a file or a shell, and a value of
 * nothing else is as good as unset. */
static int32_t from_env(const struct resolve *r, struct gm_config_value *v)
{
  static const char blanks[] = " \t\r\n";
  const char *list = v->key.env, *text;
  char name[128];
  size_t len;
  int32_t rc = 0;

  while (!rc && !v->text && gm_env_next(&list, name, sizeof(name))) {
    text = gm_env(name);
    if (!text)
      continue;
    text += strspn(text, blanks);
    len = strlen(text);
    while (len > 0 && strchr(blanks, text[len - 1]))
      len--;
    if (len > 0)
      rc = set_value(r, v, gm_strndup(text, len), GM_FROM_ENV, name, name);
  }
  return rc;
}

static const char *look_up(const struct resolve *r, const struct source *s,
                           const struct gm_config_value *v, const char *tail,
                           char label[LABEL_SIZE])
{
  char name[NAME_SIZE];

  snprintf(name, sizeof(name), "%s%s%s%s", s->of_slot ? "" : r->name,
           s->of_slot ? "" : ".", v->key.name, tail);
  if (s->origin == GM_FROM_API)
    snprintf(label, LABEL_SIZE, "%s", name);
  else
    snprintf(label, LABEL_SIZE, "%s in %.350s", name, s->where);
  return gm_map_get(s->map, name);
}

/* A key in a file that others can read deserves a word, not a refusal, and one
 * is enough for all the keys in it. */
static void warn_if_open(const struct resolve *r, const struct source *s)
{
  const char *file = s->of_slot ? r->slot->file : s->where;
  struct gm_map *told = &r->settings->open;
  struct stat st;

  if (s->origin != GM_FROM_FILE || !file || gm_map_get(told, file))
    return;
  if (stat(file, &st) == 0 && st.st_mode & (S_IRGRP | S_IROTH) &&
      gm_map_put(told, file, told))
    gm_warn(r->log, "%s contains a key and other users can read it: chmod 600",
            file);
}

/* "api_key", or for a secret "api_key_file", "api_key_command". */
static int32_t from_source(const struct resolve *r, struct gm_config_value *v,
                           const struct source *source)
{
  const struct source s = *source;
  enum gm_origin origin = s.origin;
  char label[LABEL_SIZE], *got = NULL;
  const char *text;
  int32_t rc = 0;

  text = look_up(r, &s, v, "", label);
  if (text) {
    if (is_secret(v))
      warn_if_open(r, &s);
    return set_value(r, v, gm_strdup(text), origin, s.where, label);
  }
  if (!is_secret(v))
    return 0;
  text = look_up(r, &s, v, "_file", label);
  if (text) {
    rc = gm_secret_from_file(text, label, &got, r->err);
  } else {
    text = look_up(r, &s, v, "_command", label);
    if (text)
      rc = gm_secret_from_command(text, label, &got, r->err);
  }
  if (!text || rc)
    return rc;
  return set_value(r, v, got, origin, label, label);
}

bool gm_config_is_foreign(const struct gm_config *c, const char *name,
                          const struct gm_provider *p)
{
  const struct gm_config_value *base = &c->values[0];

  return strcmp(name, p->def.name) != 0 && base->text &&
         (base->origin == GM_FROM_API || base->origin == GM_FROM_FILE);
}

/* What a key of several has of its own. */
static int32_t from_slot(const struct resolve *r, struct gm_config_value *v)
{
  struct source s = { NULL, GM_FROM_FILE, NULL, true };
  int32_t rc;

  if (!r->slot)
    return 0;
  s.map = &r->slot->text;
  s.where = r->slot->where;
  rc = from_source(r, v, &s);
  v->of_slot = v->text != NULL;
  return rc;
}

static int32_t resolve_value(const struct resolve *r, struct gm_config_value *v)
{
  const struct source api = source_of(r, GM_FROM_API);
  const struct source file = source_of(r, GM_FROM_FILE);
  bool named = strcmp(r->name, r->provider->def.name) != 0;
  int32_t rc;

  rc = from_slot(r, v);
  if (!rc && !v->text)
    rc = from_source(r, v, &api);
  if (!rc && !v->text && !named)
    rc = from_env(r, v);
  if (!rc && !v->text)
    rc = from_source(r, v, &file);
  if (!rc && !v->text && named &&
      !(is_secret(v) && gm_config_is_foreign(r->config, r->name, r->provider)))
    rc = from_env(r, v);
  if (!rc && !v->text && v->key.preset)
    rc = set_value(r, v, gm_strdup(v->key.preset), GM_FROM_PRESET, "preset",
                   v->key.name);
  return rc;
}

/* The last characters tell two keys apart; of a short one they would tell too
 * much. */
static char *shown_of(const struct gm_config_value *v)
{
  char masked[8] = "***";
  size_t len = strlen(v->text);

  if (!is_secret(v))
    return gm_strdup(v->text);
  if (len >= SHOW_MIN)
    memcpy(masked + 3, v->text + len - SHOW_TAIL, SHOW_TAIL + 1);
  return gm_strdup(masked);
}

static int32_t check_base_url(const struct resolve *r,
                              const struct gm_config_value *v)
{
  if (!v->text || !strchr(v->text, '#'))
    return 0;
  return gm_fail(r->err, GAMUT_E_INVALID,
                 "%s.base_url: '%.200s' has a fragment (from %s)", r->name,
                 v->text, v->where);
}

static int32_t resolve_all(const struct resolve *r)
{
  struct gm_config *c = r->config;
  int32_t rc;
  size_t i;

  for (i = 0; i < c->n_values; i++) {
    struct gm_config_value *v = &c->values[i];

    rc = resolve_value(r, v);
    if (!rc && i == 0)
      rc = check_base_url(r, v);
    if (rc)
      return rc;
    if (v->text && v->key.flags & GAMUT_KEY_JSON &&
        !gm_key_file_read(c, v, r->log))
      return no_memory(r);
    if (!v->text)
      continue;
    v->shown = shown_of(v);
    if (!v->shown ||
        (is_secret(v) && r->log && !gm_log_secret(r->log, v->text)))
      return no_memory(r);
  }
  return 0;
}

/* ---- which keys there are --------------------------------------------------
 */

/* "FAL_BASE_URL" */
static char *base_url_env(const char *provider)
{
  char name[GM_NAME_MAX + 16];
  size_t i;

  snprintf(name, sizeof(name), "%s_base_url", provider);
  for (i = 0; name[i]; i++) {
    if (name[i] >= 'a' && name[i] <= 'z')
      name[i] = (char)(name[i] - 'a' + 'A');
    else if (name[i] == '-')
      name[i] = '_';
  }
  return gm_strdup(name);
}

static const struct gamut_key *declared(const struct gm_provider *p, uint32_t i)
{
  return gm_table_row(&p->def.keys, i, sizeof(struct gamut_key), NULL);
}

static const struct gamut_key *declared_as(const struct gm_provider *p,
                                           const char *name)
{
  const struct gamut_key *k;
  uint32_t i;

  for (i = 0; (k = declared(p, i)); i++) {
    if (strcmp(k->name, name) == 0)
      return k;
  }
  return NULL;
}

/* A provider may declare base_url to name variables of its own. */
static bool add_base_url(const struct gm_provider *p, struct gm_config_value *v)
{
  const struct gamut_key *k = declared_as(p, "base_url");

  if (k)
    v->key = *k;
  else
    v->key = (struct gamut_key){
      .name = "base_url", .help = "where the API is: a proxy, a region, a test"
    };
  v->key.type = GAMUT_URL;
  v->key.flags = 0;
  if (!v->key.preset)
    v->key.preset = p->def.base_url;
  if (!v->key.env)
    v->key.env = v->own_env = base_url_env(p->def.name);
  return v->key.env != NULL;
}

/* What every provider has, unless it declares a key of that name itself. */
static const struct gamut_key implicit[] = {
  { .name = "timeout", .help = "for one exchange", .type = GAMUT_MSEC },
  { .name = "max_concurrent",
    .help = "generations at once, over all processes; 0: no limit",
    .type = GAMUT_INT,
    .max = 1024 },
  { .name = "max_per_second",
    .help = "requests a second, over all processes; 0: no limit",
    .type = GAMUT_REAL,
    .max = 1000000 },
  { .name = "key_choice",
    .help = "which of several keys a job gets: the least used, or by weight",
    .type = GAMUT_CHOICE,
    .choices = "least-used|weighted",
    .preset = "least-used" },
};

static bool add_keys(struct gm_config *c, const struct gm_provider *p)
{
  const struct gamut_key *k;
  uint32_t i;

  c->values = gm_zalloc((p->def.keys.count + N_IMPLICIT) * sizeof(*c->values));
  if (!c->values)
    return false;
  c->n_values = 1;
  if (!add_base_url(p, &c->values[0]))
    return false;
  for (i = 0; (k = declared(p, i)); i++) {
    if (strcmp(k->name, "base_url") != 0)
      c->values[c->n_values++].key = *k;
  }
  for (i = 0; i < GM_LEN(implicit); i++)
    if (!declared_as(p, implicit[i].name))
      c->values[c->n_values++].key = implicit[i];
  return true;
}

/* ---- unknown keys ----------------------------------------------------------
 */

static bool is_known(const struct gm_config *c, const char *key)
{
  size_t i;

  if (strcmp(key, "use") == 0 || strcmp(key, "keys") == 0)
    return true;
  for (i = 0; i < c->n_values; i++) {
    const struct gm_config_value *v = &c->values[i];
    const char *tail = key + strlen(v->key.name);

    if (!gm_starts(key, v->key.name))
      continue;
    if (!*tail ||
        (is_secret(v) && (!strcmp(tail, "_file") || !strcmp(tail, "_command"))))
      return true;
  }
  return false;
}

static int32_t unknown_key(const struct resolve *r, const char *key,
                           const struct source *s)
{
  _cleanup_free_ const char **names = NULL;
  char hint[128] = "";
  size_t i;

  names = gm_zalloc((r->config->n_values + 1) * sizeof(*names));
  for (i = 0; names && i < r->config->n_values; i++)
    names[i] = r->config->values[i].key.name;
  if (names)
    gm_did_you_mean(hint, key, names);
  return gm_fail(r->err, GAMUT_E_INVALID, "%s has no key '%.80s' (from %s)%s",
                 r->name, key, s->where, hint);
}

static int32_t check_unknown(const struct resolve *r, enum gm_origin origin)
{
  const struct source s = source_of(r, origin);
  size_t len = strlen(r->name), it = 0;
  const struct gm_map_entry *e;

  while ((e = gm_map_next(s.map, &it))) {
    if (strncmp(e->key, r->name, len) == 0 && e->key[len] == '.' &&
        !is_known(r->config, e->key + len + 1))
      return unknown_key(r, e->key + len + 1, &s);
  }
  return 0;
}

static int32_t check_slot(const struct resolve *r)
{
  const struct gm_slot *slot = r->slot;
  const struct gm_map_entry *e;
  size_t it = 0;

  while (slot && (e = gm_map_next(&slot->text, &it))) {
    const struct source s = { &slot->text, GM_FROM_FILE, slot->where, true };

    if (!is_known(r->config, e->key))
      return unknown_key(r, e->key, &s);
  }
  return 0;
}

/* ---- the whole -------------------------------------------------------------
 */

int32_t gm_config_new(const char *name, const struct gm_provider *p,
                      struct gm_settings *s, const struct gm_slot *slot,
                      struct gm_log *log, struct gm_config **ret,
                      struct gm_error *err)
{
  _cleanup_(gm_config_freep) struct gm_config *c = gm_zalloc(sizeof(*c));
  const struct resolve r = { name, p, s, slot, log, c, err };
  int32_t rc;

  if (!c || !add_keys(c, p))
    return gm_fail(err, GAMUT_E_NOMEM, OUT);
  rc = check_unknown(&r, GM_FROM_API);
  if (!rc)
    rc = check_unknown(&r, GM_FROM_FILE);
  if (!rc)
    rc = check_slot(&r);
  if (!rc)
    rc = resolve_all(&r);
  if (rc)
    return rc;
  *ret = GM_TAKE(c);
  return 0;
}

void gm_config_free(struct gm_config *c)
{
  size_t i;

  if (!c)
    return;
  for (i = 0; i < c->n_values; i++) {
    gm_key_file_finish(&c->values[i]);
    gm_wipe_freep(&c->values[i].text);
    gm_free(c->values[i].where);
    gm_free(c->values[i].shown);
    gm_free(c->values[i].own_env);
  }
  gm_free(c->values);
  gm_free(c);
}

struct gm_config_value *gm_config_find(const struct gm_config *c,
                                       const char *key)
{
  size_t i;

  for (i = 0; i < c->n_values; i++) {
    const char *name = c->values[i].key.name;

    if (name[0] == key[0] && strcmp(name, key) == 0)
      return &c->values[i];
  }
  return NULL;
}

void gm_config_how(const struct gm_instance *i, const char *key,
                   struct gm_buf *out)
{
  const struct gm_config_value *v = gm_config_find(i->config, key);
  const char *list = v ? v->key.env : NULL;
  char name[128];

  if (gm_env_next(&list, name, sizeof(name)))
    gm_buf_add(out, name);
  else
    gm_buf_addf(out, "%s.%s in the settings", i->name, key);
}

const struct gm_config_line *gm_instance_config(struct gm_instance *i, size_t n)
{
  struct gm_config *c = i->config;
  const struct gm_config_value *v = n < c->n_values ? &c->values[n] : NULL;

  if (!v)
    return NULL;
  c->line = (struct gm_config_line){ v->key.name, v->key.help, v->key.env,
                                     v->shown,    v->where,    v->key.flags,
                                     v->origin,   v->of_slot };
  return &c->line;
}

/* The value that "key" or "key/member" is about; *ret_member: the member. */
static const struct gm_config_value *
value_at(const struct gm_instance *i, const char *key, const char **ret_member)
{
  char name[GM_KEY_MAX + 1];
  const char *slash = strchr(key, '/');
  const struct gm_config_value *v;
  size_t len = slash ? (size_t)(slash - key) : 0;

  *ret_member = NULL;
  if (!slash)
    return gm_config_find(i->config, key);
  if (len >= sizeof(name))
    return NULL;
  memcpy(name, key, len);
  name[len] = '\0';
  v = gm_config_find(i->config, name);
  *ret_member = slash + 1;
  return v && v->key.flags & GAMUT_KEY_JSON ? v : NULL;
}

const char *gm_instance_value(const struct gm_instance *i, const char *key,
                              bool secret)
{
  const char *member;
  const struct gm_config_value *v = value_at(i, key, &member);

  if (v && member)
    return gm_key_file_member(v, member, secret);
  return v && (secret || !is_secret(v)) ? v->text : NULL;
}

const char *gm_instance_broken(const struct gm_instance *i, const char *key)
{
  const char *member;
  const struct gm_config_value *v = value_at(i, key, &member);

  return v && member ? v->broken : NULL;
}
