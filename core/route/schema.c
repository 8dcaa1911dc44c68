/* schema.c - a value against a schema: the keywords that lead to other schemas.
 *
 * A schema that uses a keyword which is not in the table below would be checked
 * less strictly than it reads, so that is an error of the schema.  Rules run in
 * the order of the table: the type first, so that later ones complain about
 * values of the right type only.
 */
#include "route/schema.h"
#include "base/str.h"
#include "route/schema_walk.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX   (2 * GM_JSON_DEPTH) /* each level may pass one $ref */
#define MEMBERS_MAX 128                 /* that one schema may name */

static int32_t check(struct gm_schema_walk *w, const struct json_object *schema,
                     const struct json_object *value);

static int32_t check_below(struct gm_schema_walk *w, const char *name,
                           const struct json_object *schema,
                           const struct json_object *value)
{
  size_t len = w->place_len;
  size_t room = sizeof(w->place) - len;
  int n = snprintf(w->place + len, room, "%s%s", len ? "/" : "", name);
  int32_t rc;

  if (n > 0)
    w->place_len = len + GM_MIN((size_t)n, room - 1);
  rc = check(w, schema, value);
  w->place_len = len;
  w->place[len] = '\0';
  return rc;
}

static int32_t check_ref(struct gm_schema_walk *w,
                         const struct json_object *schema,
                         const struct json_object *rule,
                         const struct json_object *value)
{
  static const char here[] = "#/$defs/";
  const char *ref = gm_json_str(rule, NULL, "");
  const struct json_object *target = NULL;

  (void)schema;
  if (gm_starts(ref, here))
    target = gm_json_at(gm_json_at(w->root, "$defs"), ref + strlen(here));
  if (!target)
    return gm_schema_fail(w, GAMUT_E_PLUGIN,
                          "the schema refers to '%s', which it does not have",
                          ref);
  return check(w, target, value);
}

static int32_t check_required(struct gm_schema_walk *w,
                              const struct json_object *schema,
                              const struct json_object *rule,
                              const struct json_object *value)
{
  size_t i, n = gm_json_count(rule, NULL);

  (void)schema;
  if (!gm_schema_is(value, "object"))
    return 0;
  for (i = 0; i < n; i++) {
    const char *name =
      gm_json_str(json_object_array_get_idx(rule, i), NULL, "");

    if (!json_object_object_get_ex(value, name, NULL))
      return gm_schema_fail(w, GAMUT_E_INVALID, "'%s' is missing", name);
  }
  return 0;
}

static int32_t check_properties(struct gm_schema_walk *w,
                                const struct json_object *schema,
                                const struct json_object *rule,
                                const struct json_object *value)
{
  struct json_object_iterator it, end;
  int32_t rc = 0;

  (void)schema;
  if (!gm_schema_is(value, "object") || !gm_schema_is(rule, "object"))
    return 0;
  it = json_object_iter_begin(gm_unconst(rule));
  end = json_object_iter_end(rule);
  for (; !rc && !json_object_iter_equal(&it, &end);
       json_object_iter_next(&it)) {
    const char *name = json_object_iter_peek_name(&it);
    struct json_object *member;

    if (json_object_object_get_ex(value, name, &member))
      rc = check_below(w, name, json_object_iter_peek_value(&it), member);
  }
  return rc;
}

static int32_t unknown_member(struct gm_schema_walk *w, const char *name,
                              const struct json_object *known)
{
  const char *names[MEMBERS_MAX + 1] = { NULL }, *near;
  struct json_object_iterator it, end;
  size_t n = 0;

  if (gm_schema_is(known, "object")) {
    it = json_object_iter_begin(gm_unconst(known));
    end = json_object_iter_end(known);
    for (; n < MEMBERS_MAX && !json_object_iter_equal(&it, &end);
         json_object_iter_next(&it))
      names[n++] = json_object_iter_peek_name(&it);
  }
  near = gm_nearest(name, names);
  if (near)
    return gm_schema_fail(w, GAMUT_E_INVALID,
                          "unknown member '%s', did you mean '%s'?", name,
                          near);
  return gm_schema_fail(w, GAMUT_E_INVALID, "unknown member '%s'", name);
}

static int32_t check_additional(struct gm_schema_walk *w,
                                const struct json_object *schema,
                                const struct json_object *rule,
                                const struct json_object *value)
{
  const struct json_object *known = gm_json_at(schema, "properties");
  bool refuse = !gm_json_bool(rule, NULL, true);
  struct json_object_iterator it, end;
  int32_t rc = 0;

  if (!gm_schema_is(value, "object"))
    return 0;
  it = json_object_iter_begin(gm_unconst(value));
  end = json_object_iter_end(value);
  for (; !rc && !json_object_iter_equal(&it, &end);
       json_object_iter_next(&it)) {
    const char *name = json_object_iter_peek_name(&it);

    if (known && json_object_object_get_ex(known, name, NULL))
      continue;
    if (refuse)
      rc = unknown_member(w, name, known);
    else if (gm_schema_is(rule, "object"))
      rc = check_below(w, name, rule, json_object_iter_peek_value(&it));
  }
  return rc;
}

static int32_t check_items(struct gm_schema_walk *w,
                           const struct json_object *schema,
                           const struct json_object *rule,
                           const struct json_object *value)
{
  size_t i, n = gm_schema_is(value, "array") ? gm_json_count(value, NULL) : 0;
  int32_t rc = 0;

  (void)schema;
  for (i = 0; !rc && i < n; i++) {
    char index[24];

    snprintf(index, sizeof(index), "%zu", i);
    rc = check_below(w, index, rule, json_object_array_get_idx(value, i));
  }
  return rc;
}

/* What the alternative `schema` wants for a type, through one $ref. */
static const char *type_of(const struct gm_schema_walk *w,
                           const struct json_object *schema)
{
  const char *ref = gm_json_str(schema, "$ref", "");

  if (gm_starts(ref, "#/"))
    schema = gm_json_at(w->root, ref + 2);
  return gm_json_str(schema, "type", "");
}

/* Its type alone may rule an alternative out.  *ret_one is one that it does not
 * rule out. */
static size_t of_its_type(const struct gm_schema_walk *w,
                          const struct json_object *rule,
                          const struct json_object *value,
                          const struct json_object **ret_one)
{
  size_t i, n = gm_json_count(rule, NULL), left = 0;

  for (i = 0; i < n; i++) {
    const struct json_object *one = json_object_array_get_idx(rule, i);
    const char *type = type_of(w, one);

    if (*type && !gm_schema_is(value, type))
      continue;
    *ret_one = one;
    left++;
  }
  return left;
}

/* How many fit; what a try says interests nobody. */
static int32_t try_all(struct gm_schema_walk *w, const struct json_object *rule,
                       const struct json_object *value, size_t *ret_fits)
{
  size_t i, n = gm_json_count(rule, NULL);
  struct gm_error *err = w->err;

  *ret_fits = 0;
  for (i = 0; i < n; i++) {
    int32_t rc;

    w->err = NULL;
    rc = check(w, json_object_array_get_idx(rule, i), value);
    w->err = err;
    if (rc && rc != GAMUT_E_INVALID)
      return gm_schema_fail(w, rc, "the schema of its forms is not usable");
    *ret_fits += rc == 0;
  }
  return 0;
}

/* Where the type leaves one alternative, that one says what is wrong. */
static int32_t check_one_of(struct gm_schema_walk *w,
                            const struct json_object *schema,
                            const struct json_object *rule,
                            const struct json_object *value)
{
  const struct json_object *one = NULL;
  size_t fits = of_its_type(w, rule, value, &one);
  char shown[GM_SCHEMA_SHOWN];
  int32_t rc = 0;

  (void)schema;
  if (fits == 1)
    return check(w, one, value);
  if (fits > 1)
    rc = try_all(w, rule, value, &fits);
  if (rc || fits == 1)
    return rc;
  return gm_schema_fail(w, GAMUT_E_INVALID, "%s has %s of the allowed forms",
                        gm_schema_show(shown, value),
                        fits ? "more than one" : "none");
}

/* When none fits, the first one says what is wrong. */
static int32_t check_any_of(struct gm_schema_walk *w,
                            const struct json_object *schema,
                            const struct json_object *rule,
                            const struct json_object *value)
{
  size_t fits;
  int32_t rc = try_all(w, rule, value, &fits);

  (void)schema;
  if (rc || fits > 0)
    return rc;
  return check(w, json_object_array_get_idx(rule, 0), value);
}

static const struct {
  const char *name;
  gm_schema_fn *check; /* NULL: says nothing about the value */
} keywords[] = {
  { "$ref", check_ref },
  { "type", gm_schema_type },
  { "enum", gm_schema_enum },
  { "minLength", gm_schema_min_length },
  { "pattern", gm_schema_pattern },
  { "minimum", gm_schema_minimum },
  { "maximum", gm_schema_maximum },
  { "minItems", gm_schema_min_items },
  { "required", check_required },
  { "additionalProperties", check_additional },
  { "properties", check_properties },
  { "items", check_items },
  { "oneOf", check_one_of },
  { "anyOf", check_any_of },
  { "$schema", NULL },
  { "$id", NULL },
  { "$defs", NULL },
  { "$comment", NULL },
  { "title", NULL },
  { "description", NULL },
  { "default", NULL },
  { "examples", NULL },
};

static bool is_keyword(const char *name)
{
  size_t i;

  for (i = 0; i < GM_LEN(keywords); i++) {
    if (gm_streq(name, keywords[i].name))
      return true;
  }
  return false;
}

static int32_t check_keywords(struct gm_schema_walk *w,
                              const struct json_object *schema)
{
  struct json_object_iterator it, end;

  if (!gm_schema_is(schema, "object"))
    return gm_schema_fail(w, GAMUT_E_PLUGIN, "the schema is not an object");
  it = json_object_iter_begin(gm_unconst(schema));
  end = json_object_iter_end(schema);
  for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
    const char *name = json_object_iter_peek_name(&it);

    if (!is_keyword(name))
      return gm_schema_fail(w, GAMUT_E_PLUGIN,
                            "the schema uses '%s', which is not known here",
                            name);
  }
  return 0;
}

static int32_t check(struct gm_schema_walk *w, const struct json_object *schema,
                     const struct json_object *value)
{
  int32_t rc = check_keywords(w, schema);
  struct json_object *rule;
  size_t i;

  if (!rc && w->depth >= DEPTH_MAX)
    rc = gm_schema_fail(w, GAMUT_E_PLUGIN, "the schema leads nowhere");
  w->depth++;
  for (i = 0; !rc && i < GM_LEN(keywords); i++) {
    if (keywords[i].check &&
        json_object_object_get_ex(schema, keywords[i].name, &rule))
      rc = keywords[i].check(w, schema, rule, value);
  }
  w->depth--;
  return rc;
}

int32_t gm_schema_check(const struct json_object *schema,
                        const struct json_object *value, struct gm_error *err)
{
  struct gm_schema_walk w = { .root = schema, .err = err };

  return check(&w, schema, value);
}
