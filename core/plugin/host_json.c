/* host_json.c - JSON across the boundary.
 *
 * struct gamut_json is json-c's object under another name; the casts are in two
 * functions.  json-c has no node for null, so one address of ours stands for a
 * null that is there, which a missing node (NULL) is not.
 *
 * Values that a provider makes are kept by the call until it returns, also
 * those that a later json_set() replaces: what was read out of them stays
 * valid.  Setting takes a reference, so a node may hang in two trees at once;
 * a tree that would contain itself is refused.
 */
#include "base/str.h"
#include "plugin/call_build.h"
#include <math.h>
#include <string.h>

static const char null_node;
#define NULL_NODE ((const struct gamut_json *)(const void *)&null_node)

struct json_object *gm_json_of(const struct gamut_json *o)
{
  return o == NULL_NODE ? NULL : (struct json_object *)gm_unconst(o);
}

const struct gamut_json *gm_json_seen(struct json_object *o)
{
  return (const struct gamut_json *)o;
}

static struct json_object *member_value(const struct lh_entry *e)
{
  return (struct json_object *)lh_entry_v(e);
}

/* ---- reading ------------------------------------------------------------ */

const struct gamut_json *gm_host_json_get(const struct gamut_json *o,
                                          const char *path)
{
  struct json_object *node = gm_json_of(o), *found;

  if (!path || !path[0] || !node)
    return o;
  if (!gm_json_find(node, path, &found))
    return NULL;
  return found ? gm_json_seen(found) : NULL_NODE;
}

const char *gm_host_json_str(const struct gamut_json *o, const char *path,
                             const char *fallback)
{
  return gm_json_str(gm_json_of(o), path, fallback);
}

int64_t gm_host_json_int(const struct gamut_json *o, const char *path,
                         int64_t fallback)
{
  return gm_json_i64(gm_json_of(o), path, fallback);
}

double gm_host_json_real(const struct gamut_json *o, const char *path,
                         double fallback)
{
  return gm_json_real(gm_json_of(o), path, fallback);
}

uint32_t gm_host_json_count(const struct gamut_json *o, const char *path)
{
  return (uint32_t)gm_json_count(gm_json_of(o), path);
}

const struct gamut_json *gm_host_json_member(const struct gamut_json *o,
                                             uint32_t n, const char **ret_key)
{
  struct json_object *node = gm_json_of(o), *value;
  struct lh_entry *e;

  if (json_object_is_type(node, json_type_array)) {
    if (n >= json_object_array_length(node))
      return NULL;
    value = json_object_array_get_idx(node, n);
    return value ? gm_json_seen(value) : NULL_NODE;
  }
  if (!json_object_is_type(node, json_type_object))
    return NULL;
  for (e = json_object_get_object(node)->head; e && n > 0; n--)
    e = e->next;
  if (!e)
    return NULL;
  if (ret_key)
    *ret_key = lh_entry_k(e);
  value = member_value(e);
  return value ? gm_json_seen(value) : NULL_NODE;
}

int32_t gm_host_json_type(const struct gamut_json *o)
{
  if (!o)
    return 0;
  switch (json_object_get_type(gm_json_of(o))) {
  case json_type_boolean:
    return GAMUT_JSON_BOOL;
  case json_type_int:
    return GAMUT_JSON_INT;
  case json_type_double:
    return GAMUT_JSON_REAL;
  case json_type_string:
    return GAMUT_JSON_STRING;
  case json_type_array:
    return GAMUT_JSON_ARRAY;
  case json_type_object:
    return GAMUT_JSON_OBJECT;
  case json_type_null:
    break;
  }
  return GAMUT_JSON_NULL;
}

const char *gm_host_json_text(struct gamut_call *pub,
                              const struct gamut_json *o)
{
  struct gm_call *c = gm_call_of(pub);
  const char *text = "null", *full;
  size_t len = 4;

  if (gm_call_broken(c) || !o)
    return NULL;
  if (o != NULL_NODE)
    text = gm_json_text(gm_json_of(o), &len);
  if (len == 0)
    gm_call_break(c, GAMUT_E_NOMEM, "no memory");
  full = gm_call_broken(c) ? NULL : gm_call_expand(c, text, &len);
  return full == text ? gm_call_copy(c, text, len) : full;
}

/* ---- building ----------------------------------------------------------- */

static struct gamut_json *made(struct gm_call *c, struct json_object *o)
{
  return (struct gamut_json *)gm_call_root(c, o);
}

struct gamut_json *gm_host_json_object(struct gamut_call *pub)
{
  struct gm_call *c = gm_call_of(pub);

  return gm_call_broken(c) ? NULL : made(c, json_object_new_object());
}

struct gamut_json *gm_host_json_array(struct gamut_call *pub)
{
  struct gm_call *c = gm_call_of(pub);

  return gm_call_broken(c) ? NULL : made(c, json_object_new_array());
}

/* Foreign text: that it is no JSON is for the provider to judge. */
struct gamut_json *gm_host_json_parse(struct gamut_call *pub, const char *text,
                                      size_t len)
{
  struct gm_call *c = gm_call_of(pub);
  const char *why = NULL;
  struct json_object *o;
  size_t at;

  if (gm_call_broken(c) || !text)
    return NULL;
  o = gm_json_parse(c->parser, text, len, &at, &why);
  return o ? made(c, o) : NULL;
}

/* May `child` hang below `parent`?  Not when the parent is inside it. */
static bool may_contain(const struct json_object *parent,
                        struct json_object *child, int depth)
{
  const struct lh_entry *e;
  size_t i;

  if (child == parent || depth > GM_JSON_DEPTH)
    return false;
  if (json_object_is_type(child, json_type_array)) {
    for (i = 0; i < json_object_array_length(child); i++)
      if (!may_contain(parent, json_object_array_get_idx(child, i), depth + 1))
        return false;
  } else if (json_object_is_type(child, json_type_object)) {
    for (e = json_object_get_object(child)->head; e; e = e->next)
      if (!may_contain(parent, member_value(e), depth + 1))
        return false;
  }
  return true;
}

/* What a key held lives on until the call ends. */
static bool keep_old(struct gm_call *c, struct json_object *o, const char *key)
{
  struct json_object *old = NULL;

  if (!c || !json_object_object_get_ex(o, key, &old) || !old)
    return true;
  return gm_call_root(c, json_object_get(old)) != NULL;
}

static bool attach(struct gm_call *c, struct json_object *o, const char *key,
                   struct json_object *value)
{
  if (c)
    c->json_set = true;
  if (json_object_is_type(o, json_type_array) && !key)
    return json_object_array_add(o, value) == 0;
  return json_object_is_type(o, json_type_object) && key &&
         keep_old(c, o, key) && json_object_object_add(o, key, value) == 0;
}

static bool can_set(struct gm_call *c, const struct gamut_json *to,
                    const char *key)
{
  struct json_object *o = gm_json_of(to);

  if (!o || (c && gm_call_broken(c)))
    return false;
  if (json_object_is_type(o, key ? json_type_object : json_type_array))
    return !c || !key || gm_call_utf8(c, "JSON key", "", key);
  if (c)
    gm_call_break(c, GAMUT_E_PLUGIN, "sets the key '%s' of what is no %s",
                  key ? key : "", key ? "object" : "array");
  return false;
}

/* Takes the reference over, also when it fails. */
static void set(struct gamut_json *to, const char *key,
                struct json_object *value)
{
  struct gm_call *c = gm_call_current();

  if (value && attach(c, gm_json_of(to), key, value))
    return;
  json_object_put(value);
  if (c)
    gm_call_break(c, GAMUT_E_NOMEM, "no memory");
}

/* Long strings of the reply are tokens; a copy has them in full. */
static bool expand(struct gm_call *c, struct json_object *o)
{
  const struct lh_entry *e;
  size_t i;

  if (json_object_is_type(o, json_type_string)) {
    const char *s = json_object_get_string(o), *full = gm_call_plain(c, s);

    if (full && full != s && !json_object_set_string(o, full))
      gm_call_break(c, GAMUT_E_NOMEM, "no memory");
  } else if (json_object_is_type(o, json_type_array)) {
    for (i = 0; i < json_object_array_length(o); i++)
      if (!expand(c, json_object_array_get_idx(o, i)))
        return false;
  } else if (json_object_is_type(o, json_type_object)) {
    for (e = json_object_get_object(o)->head; e; e = e->next)
      if (!expand(c, member_value(e)))
        return false;
  }
  return !gm_call_broken(c);
}

struct json_object *gm_json_owned(struct gm_call *c, struct json_object *value)
{
  const struct gm_reader *r = c ? gm_call_reader(c) : NULL;
  struct json_object *copy = NULL;

  if (!r || r->n_blobs == 0)
    return json_object_get(value);
  if (json_object_deep_copy(value, &copy, NULL) != 0)
    return NULL;
  if (expand(c, copy))
    return copy;
  json_object_put(copy);
  return NULL;
}

void gm_host_json_set(struct gamut_json *o, const char *key,
                      const struct gamut_json *value)
{
  struct gm_call *c = gm_call_current();

  if (!value || !can_set(c, o, key))
    return;
  if (value == NULL_NODE) {
    if (!attach(c, gm_json_of(o), key, NULL) && c)
      gm_call_break(c, GAMUT_E_NOMEM, "no memory");
  } else if (may_contain(gm_json_of(o), gm_json_of(value), 0)) {
    set(o, key, gm_json_owned(c, gm_json_of(value)));
  } else if (c) {
    gm_call_break(c, GAMUT_E_PLUGIN, "puts a JSON value into itself");
  }
}

void gm_host_json_set_str(struct gamut_json *o, const char *key,
                          const char *value)
{
  struct gm_call *c = gm_call_current();

  if (!value || !can_set(c, o, key))
    return;
  if (c) {
    value = gm_call_plain(c, value);
    if (!value || !gm_call_utf8(c, "value of", key ? key : "", value))
      return;
  }
  set(o, key, json_object_new_string(value));
}

void gm_host_json_set_int(struct gamut_json *o, const char *key, int64_t value)
{
  if (can_set(gm_call_current(), o, key))
    set(o, key, json_object_new_int64(value));
}

void gm_host_json_set_real(struct gamut_json *o, const char *key, double value)
{
  struct gm_call *c = gm_call_current();
  char text[32];

  if (!can_set(c, o, key))
    return;
  if (isfinite(value))
    set(o, key, json_object_new_double_s(value, gm_fmt_real(text, value)));
  else if (c)
    gm_call_break(c, GAMUT_E_PLUGIN, "sets '%s' to no number", key ? key : "");
}

void gm_host_json_set_bool(struct gamut_json *o, const char *key, int32_t value)
{
  if (can_set(gm_call_current(), o, key))
    set(o, key, json_object_new_boolean(value != 0));
}

void gm_host_json_set_input(struct gamut_json *o, const char *key,
                            uint32_t input, int32_t form)
{
  struct gm_call *c = gm_call_current();
  const char *text;

  if (!c || !can_set(c, o, key))
    return;
  if (form < GAMUT_AS_BASE64 || form > GAMUT_AS_URL) {
    gm_call_break(c, GAMUT_E_PLUGIN, "asked for form %d of an input",
                  (int)form);
    return;
  }
  text = gm_call_input_text(c, input, form);
  if (text)
    set(o, key, json_object_new_string(text));
}
