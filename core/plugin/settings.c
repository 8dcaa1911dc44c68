/* settings.c - where every value comes from.
 *
 * The file is checked as a whole when it is loaded, so a typo is told at once
 * and not when its key is first asked for.  Its scalars are then kept as text
 * in one flat map with the names that the API uses ("fal.api_key"), so that
 * the two sources are read alike.  Keys of providers are not known here; they
 * are checked when the provider is (config.c). */
#include "plugin/settings.h"
#include "base/file.h"
#include "base/str.h"
#include "plugin/plugin_private.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX  (1024u * 1024)
#define NAMES_MAX 64
#define WHERE_API "the program"

/* What the file may have beside the core's settings. */
static const char *const objects[] = { "providers", "endpoints", "routes",
                                       "budgets",   "cache",     NULL };

static const struct gm_setting *find_row(const char *name)
{
  const struct gm_setting *row;

  for (row = gm_settings_core; row->name; row++) {
    if (row->name[0] == name[0] && strcmp(row->name, name) == 0)
      return row;
  }
  return NULL;
}

static bool is_object_name(const char *name)
{
  size_t i;

  for (i = 0; objects[i]; i++) {
    if (strcmp(objects[i], name) == 0)
      return true;
  }
  return false;
}

static int32_t unknown(const char *name, bool in_file, struct gm_error *err)
{
  const char *names[NAMES_MAX] = { NULL };
  const struct gm_setting *row;
  char hint[128];
  size_t n = 0, i;

  for (row = gm_settings_core; row->name && n < NAMES_MAX - 8; row++)
    names[n++] = row->name;
  for (i = 0; in_file && objects[i]; i++)
    names[n++] = objects[i];
  return gm_fail(err, GAMUT_E_INVALID, "'%.100s' is not a setting%s", name,
                 gm_did_you_mean(hint, name, names));
}

/* ---- maps of text ----------------------------------------------------------
 */

static void drop(struct gm_map *m)
{
  struct gm_map_entry *e;
  size_t it = 0;

  while ((e = gm_map_next(m, &it))) {
    char *text = e->value;

    gm_wipe_freep(&text);
  }
  gm_map_finish(m);
}

/* Keep `text`, which becomes the map's also on failure. */
static int32_t keep(struct gm_map *m, const char *name, char *text,
                    struct gm_error *err)
{
  char *old = text ? gm_map_get(m, name) : NULL;

  if (text && gm_map_put(m, name, text)) {
    gm_wipe_freep(&old);
    return 0;
  }
  gm_wipe_freep(&text);
  return gm_fail(err, GAMUT_E_NOMEM, "out of memory");
}

/* ---- the environment -------------------------------------------------------
 */

static size_t count_rows(void)
{
  size_t n = 0;

  while (gm_settings_core[n].name)
    n++;
  return n;
}

static void forget_environment(struct gm_settings *s)
{
  size_t i, n = s->env ? count_rows() : 0;

  for (i = 0; i < n; i++)
    gm_wipe_freep(&s->env[i]);
  gm_free(GM_TAKE(s->env));
}

int32_t gm_settings_read_environment(struct gm_settings *s,
                                     struct gm_error *err)
{
  const struct gm_setting *rows = gm_settings_core;
  size_t i, n = count_rows();
  bool failed;

  forget_environment(s);
  s->env = gm_zalloc(n * sizeof(*s->env));
  failed = !s->env;
  for (i = 0; i < n && !failed; i++) {
    const char *text = rows[i].env ? gm_env(rows[i].env) : NULL;

    s->env[i] = text ? gm_strdup(text) : NULL;
    failed = text && !s->env[i];
  }
  return failed ? gm_fail(err, GAMUT_E_NOMEM, "out of memory") : 0;
}

/* ---- the file --------------------------------------------------------------
 */

static bool is_scalar(const struct json_object *o)
{
  switch (json_object_get_type(o)) {
  case json_type_boolean:
  case json_type_int:
  case json_type_double:
  case json_type_string:
    return true;
  default:
    return false;
  }
}

static char *scalar_text(struct json_object *o)
{
  char number[32];

  switch (json_object_get_type(o)) {
  case json_type_boolean:
    return gm_strdup(json_object_get_boolean(o) ? "true" : "false");
  case json_type_int:
    snprintf(number, sizeof(number), "%lld",
             (long long)json_object_get_int64(o));
    return gm_strdup(number);
  case json_type_double:
    return gm_strdup(gm_fmt_real(number, json_object_get_double(o)));
  default:
    return gm_strdup(json_object_get_string(o));
  }
}

static bool has_nul(struct json_object *o)
{
  return json_object_is_type(o, json_type_string) &&
         strlen(json_object_get_string(o)) !=
           (size_t)json_object_get_string_len(o);
}

/* "fal": {"keys": [...]} or {"api_key": [...]}. */
static int32_t take_keys(struct gm_settings *s, const char *instance,
                         const char *key, struct json_object *list,
                         struct gm_error *err)
{
  char name[GM_NAME_MAX + 16];
  char *text;

  snprintf(name, sizeof(name), "%s.keys", instance);
  if (gm_map_get(&s->text, name))
    return gm_fail(err, GAMUT_E_INVALID,
                   "providers: '%s' has two lists of keys; keys that belong "
                   "together are one object of \"keys\"",
                   instance);
  text = gm_slots_text(instance, key, list, err);
  return text ? keep(&s->text, name, text, err) : err->error_class;
}

/* "name": value, or "providers": {"instance": {"key": value}}. */
static int32_t take_scalar(struct gm_settings *s, const char *name,
                           struct json_object *o, struct gm_error *err)
{
  if (!o) /* null: as if it were not there */
    return 0;
  if (!is_scalar(o))
    return gm_fail(err, GAMUT_E_INVALID,
                   "'%.200s' is neither text nor a number nor true or false",
                   name);
  if (has_nul(o))
    return gm_fail(err, GAMUT_E_INVALID, "'%.200s' contains a NUL", name);
  return keep(&s->text, name, scalar_text(o), err);
}

static int32_t take_instance(struct gm_settings *s, const char *instance,
                             struct json_object *o, struct gm_error *err)
{
  char name[GM_NAME_MAX + GM_KEY_MAX + 16];
  struct json_object_iter it;
  int32_t rc;

  if (!gm_stem_ok(instance))
    return gm_fail(err, GAMUT_E_INVALID,
                   "providers: '%.100s' cannot be a name (a to z, 0 to 9, "
                   "'_', '-', at most %d)",
                   instance, GM_NAME_MAX);
  if (!json_object_is_type(o, json_type_object))
    return gm_fail(err, GAMUT_E_INVALID, "providers: '%s' is not an object",
                   instance);
  json_object_object_foreachC(o, it)
  {
    if (strlen(it.key) > GM_KEY_MAX + 8)
      return gm_fail(err, GAMUT_E_INVALID,
                     "providers: '%s' has a key of %zu "
                     "bytes",
                     instance, strlen(it.key));
    snprintf(name, sizeof(name), "%s.%s", instance, it.key);
    rc = json_object_is_type(it.val, json_type_array)
           ? take_keys(s, instance, it.key, it.val, err)
           : take_scalar(s, name, it.val, err);
    if (rc)
      return rc;
  }
  return 0;
}

static int32_t take_row(struct gm_settings *s, const struct gm_setting *row,
                        struct json_object *o, struct gm_error *err)
{
  int32_t rc = take_scalar(s, row->name, o, err);
  const char *text = gm_map_get(&s->text, row->name);

  return rc || !text ? rc : gm_setting_check(row, text, NULL, err);
}

/* "cache": {"mode": "use", "ttl": "24h"}: its rows are "cache" and "cache.ttl".
 */
static int32_t take_group(struct gm_settings *s, const char *group,
                          struct json_object *o, struct gm_error *err)
{
  char name[GM_KEY_MAX + 16];
  struct json_object_iter it;
  int32_t rc;

  json_object_object_foreachC(o, it)
  {
    bool mode = strcmp(it.key, "mode") == 0;
    const struct gm_setting *row;

    snprintf(name, sizeof(name), "%s%s%.40s", group, mode ? "" : ".",
             mode ? "" : it.key);
    row = find_row(name);
    rc = row ? take_row(s, row, it.val, err) : unknown(name, true, err);
    if (rc)
      return rc;
  }
  return 0;
}

static int32_t take_object(struct gm_settings *s, const char *key,
                           struct json_object *o, struct gm_error *err)
{
  struct json_object_iter it;
  int32_t rc;

  bool list = strcmp(key, "budgets") == 0;

  if (!json_object_is_type(o, list ? json_type_array : json_type_object))
    return gm_fail(err, GAMUT_E_INVALID, "'%s' is not an %s", key,
                   list ? "array" : "object");
  if (list || strcmp(key, "endpoints") == 0)
    return keep(&s->text, key, gm_strdup(gm_json_text(o, NULL)), err);
  if (strcmp(key, "cache") == 0)
    return take_group(s, key, o, err);
  if (strcmp(key, "providers") != 0)
    return 0; /* whoever uses it checks it */
  json_object_object_foreachC(o, it)
  {
    rc = take_instance(s, it.key, it.val, err);
    if (rc)
      return rc;
  }
  return 0;
}

static int32_t take_setting(struct gm_settings *s, const char *key,
                            struct json_object *o, struct gm_error *err)
{
  const struct gm_setting *row = find_row(key);

  /* "endpoints" and "budgets" are both: JSON here, text in the environment. */
  if (is_object_name(key) && (!row || !is_scalar(o)))
    return o ? take_object(s, key, o, err) : 0;
  if (!row)
    return strcmp(key, "$schema") == 0 ? 0 : unknown(key, true, err);
  return take_row(s, row, o, err);
}

static int32_t take_file(struct gm_settings *s, struct gm_error *err)
{
  struct json_object_iter it;
  int32_t rc;

  if (!json_object_is_type(s->file, json_type_object))
    return gm_fail(err, GAMUT_E_INVALID, "is not a JSON object");
  json_object_object_foreachC(s->file, it)
  {
    rc = take_setting(s, it.key, it.val, err);
    if (rc)
      return rc;
  }
  return 0;
}

static void forget_file(struct gm_settings *s)
{
  drop(&s->text);
  json_object_put(s->file);
  s->file = NULL;
  gm_free(GM_TAKE(s->file_path));
}

static bool is_missing(const char *path)
{
  return access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR);
}

static int32_t read_file(struct gm_settings *s, struct gm_error *err)
{
  /* It may have keys in it. */
  _cleanup_(gm_wipe_buf) struct gm_buf text = GM_BUF_INIT(FILE_MAX);
  int32_t rc;

  rc = gm_file_read(s->file_path, &text, GAMUT_E_INVALID, err);
  if (rc)
    return rc;
  s->file = gm_json_parse_config(gm_buf_text(&text), text.len, err);
  rc = s->file ? take_file(s, err) : err->error_class;
  if (rc)
    gm_error_prefix(err, "%s", s->file_path);
  return rc;
}

int32_t gm_settings_load(struct gm_settings *s, const char *path,
                         struct gm_error *err)
{
  struct gm_error own = GM_ERROR_INIT;
  int32_t rc;

  forget_file(s);
  s->file_path =
    path ? gm_strdup(path)
         : gm_path_xdg("XDG_CONFIG_HOME", ".config", "gamut/config.json");
  if (!s->file_path) /* no home is no mistake */
    return path ? gm_fail(err, GAMUT_E_NOMEM, "out of memory") : 0;
  if (!path && is_missing(s->file_path))
    return 0;
  rc = read_file(s, &own);
  if (rc && err && !err->error_class)
    gm_error_move(err, &own);
  gm_error_finish(&own);
  if (rc) { /* nothing of a broken file counts */
    drop(&s->text);
    json_object_put(s->file);
    s->file = NULL;
  }
  return rc;
}

void gm_settings_finish(struct gm_settings *s)
{
  forget_file(s);
  forget_environment(s);
  drop(&s->api);
  gm_map_finish(&s->open);
}

struct json_object *gm_settings_object(const struct gm_settings *s,
                                       const char *name)
{
  struct json_object *o = NULL;

  if (!s->file || !json_object_object_get_ex(s->file, name, &o) ||
      !json_object_is_type(o, json_type_object))
    return NULL;
  return o;
}

/* ---- the API ---------------------------------------------------------------
 */

static int32_t check_instance_key(const char *name, const char *dot,
                                  struct gm_error *err)
{
  char instance[GM_NAME_MAX + 1];
  size_t len = (size_t)(dot - name);

  if (len <= GM_NAME_MAX) {
    memcpy(instance, name, len);
    instance[len] = '\0';
    if (gm_stem_ok(instance) && gm_key_name_ok(dot + 1))
      return 0;
  }
  return gm_fail(err, GAMUT_E_INVALID,
                 "'%.200s' is not the name of a provider and a key, as in "
                 "fal.api_key",
                 name);
}

int32_t gm_settings_set(struct gm_settings *s, const char *name,
                        const char *value, struct gm_error *err)
{
  const char *dot = name ? strchr(name, '.') : NULL;
  const struct gm_setting *row = name ? find_row(name) : NULL;
  int32_t rc = 0;
  char *old;

  if (!name)
    return gm_fail(err, GAMUT_E_INVALID, "a setting without a name");
  if (row)
    rc = value ? gm_setting_check(row, value, NULL, err) : 0;
  else if (dot)
    rc = check_instance_key(name, dot, err);
  else
    rc = unknown(name, false, err);
  if (rc)
    return rc;
  if (value)
    return keep(&s->api, name, gm_strdup(value), err);
  old = gm_map_remove(&s->api, name);
  gm_wipe_freep(&old);
  return 0;
}

/* ---- reading ---------------------------------------------------------------
 */

static bool find_value(const struct gm_settings *s,
                       const struct gm_setting *row, struct gm_value *v)
{
  *v =
    (struct gm_value){ gm_map_get(&s->api, row->name), GM_FROM_API, WHERE_API };
  if (!v->text && s->env)
    *v = (struct gm_value){ s->env[row - gm_settings_core], GM_FROM_ENV,
                            row->env };
  if (!v->text)
    *v = (struct gm_value){ gm_map_get(&s->text, row->name), GM_FROM_FILE,
                            s->file_path };
  if (!v->text)
    *v = (struct gm_value){ row->preset, GM_FROM_PRESET, "preset" };
  return v->text != NULL;
}

static int32_t read_row(const struct gm_settings *s,
                        const struct gm_setting *row, struct gm_value *ret,
                        struct gm_error *err)
{
  struct gm_value v;
  int32_t rc;

  if (find_value(s, row, &v) && v.origin == GM_FROM_ENV) {
    rc = gm_setting_check(row, v.text, v.where, err);
    if (rc)
      return rc;
  }
  *ret = v;
  return 0;
}

int32_t gm_setting_get(const struct gm_settings *s, const char *name,
                       struct gm_value *ret, struct gm_error *err)
{
  const struct gm_setting *row = find_row(name);

  return row ? read_row(s, row, ret, err) : unknown(name, false, err);
}

static const char *text_of(const struct gm_settings *s,
                           const struct gm_setting *row)
{
  struct gm_value v;

  return read_row(s, row, &v, NULL) ? row->preset : v.text;
}

const char *gm_setting_str(const struct gm_settings *s, const char *name)
{
  const struct gm_setting *row = find_row(name);

  return row ? text_of(s, row) : NULL;
}

int64_t gm_setting_int(const struct gm_settings *s, const char *name)
{
  const struct gm_setting *row = find_row(name);
  const char *text = row ? text_of(s, row) : NULL;
  int64_t v = -1;

  if (!text)
    return -1;
  if (row->type == GAMUT_MSEC)
    return gm_parse_msec(text, &v) ? v : -1;
  return gm_parse_i64(text, INT64_MIN, INT64_MAX, &v) ? v : -1;
}

bool gm_setting_bool(const struct gm_settings *s, const char *name)
{
  bool v = false;

  return gm_parse_bool(gm_setting_str(s, name), &v) && v;
}

double gm_setting_real(const struct gm_settings *s, const char *name)
{
  const char *text = gm_setting_str(s, name);
  double v = -1;

  return text && gm_parse_real(text, -1e300, 1e300, &v) ? v : -1;
}

bool gm_env_next(const char **list, char *out, size_t size)
{
  struct gm_cur c;

  if (!*list)
    return false;
  c = gm_cur_of(*list);
  gm_cur_space(&c);
  if (!gm_cur_until(&c, " ", out, size))
    return false;
  *list = c.p;
  return true;
}
