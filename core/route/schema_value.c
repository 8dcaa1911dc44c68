/* schema_value.c - a value against a schema: the keywords that look at one
 * value only, and how a complaint is worded.
 *
 * A rule that does not concern the value's type lets it pass, as JSON Schema
 * has it; `type` alone says what a value must be.
 */
#include "base/str.h"
#include "route/schema_walk.h"
#include <gamut/plugin.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_MAX 400

int32_t gm_schema_fail(struct gm_schema_walk *w, int32_t error_class,
                       const char *fmt, ...)
{
  char sentence[SENTENCE_MAX];
  va_list ap;

  va_start(ap, fmt);
  vsnprintf(sentence, sizeof(sentence), fmt, ap);
  va_end(ap);
  return gm_fail(w->err, error_class, "%s%s%s", w->place,
                 w->place_len ? ": " : "", sentence);
}

const char *gm_schema_show(char buf[GM_SCHEMA_SHOWN],
                           const struct json_object *value)
{
  static const char more[] = "...";
  const char *text = value ? gm_json_str(value, NULL, NULL) : "null";
  size_t len, fits = GM_SCHEMA_SHOWN - sizeof(more) - 2;
  bool cut;

  if (!text)
    text = gm_json_text(gm_unconst(value), NULL);
  if (!text)
    text = "";
  len = strlen(text);
  cut = len > fits;
  if (cut)
    len = gm_utf8_cut(text, len, fits);
  snprintf(buf, GM_SCHEMA_SHOWN, "'%.*s%s'", (int)len, text, cut ? more : "");
  return buf;
}

static const struct {
  const char *name, *phrase;
  enum json_type type;
} types[] = {
  { "object", "an object", json_type_object },
  { "array", "a list", json_type_array },
  { "string", "text", json_type_string },
  { "integer", "a whole number", json_type_int },
  { "number", "a number", json_type_double },
  { "boolean", "true or false", json_type_boolean },
  { "null", "null", json_type_null },
};

bool gm_schema_is(const struct json_object *value, const char *type)
{
  enum json_type is = json_object_get_type(value);
  size_t i;

  for (i = 0; i < GM_LEN(types); i++) {
    if (!gm_streq(type, types[i].name))
      continue;
    if (is == types[i].type)
      return true;
    if (types[i].type == json_type_double)
      return is == json_type_int;
    if (types[i].type == json_type_int && is == json_type_double) {
      double v = json_object_get_double(value);

      return isfinite(v) && v == floor(v); /* 4.0 is a whole number */
    }
  }
  return false;
}

static const char *phrase_of(const char *type)
{
  size_t i;

  for (i = 0; i < GM_LEN(types); i++) {
    if (gm_streq(type, types[i].name))
      return types[i].phrase;
  }
  return NULL;
}

int32_t gm_schema_type(struct gm_schema_walk *w,
                       const struct json_object *schema,
                       const struct json_object *rule,
                       const struct json_object *value)
{
  const char *type = gm_json_str(rule, NULL, "");
  const char *phrase = phrase_of(type);
  char shown[GM_SCHEMA_SHOWN];

  (void)schema;
  if (!phrase)
    return gm_schema_fail(w, GAMUT_E_PLUGIN, "the schema has a type '%s'",
                          type);
  if (gm_schema_is(value, type))
    return 0;
  return gm_schema_fail(w, GAMUT_E_INVALID, "%s is not %s",
                        gm_schema_show(shown, value), phrase);
}

/* "a, b, c", cut when the list is long. */
static void list_texts(const struct json_object *list, char *out, size_t size)
{
  size_t i, n = gm_json_count(list, NULL), len = 0;

  out[0] = '\0';
  for (i = 0; i < n && len < size; i++) {
    const char *one =
      json_object_get_string(json_object_array_get_idx(list, i));
    int more = snprintf(out + len, size - len, "%s%s", i ? ", " : "",
                        one ? one : "null");

    len += more > 0 ? (size_t)more : 0;
  }
}

int32_t gm_schema_enum(struct gm_schema_walk *w,
                       const struct json_object *schema,
                       const struct json_object *rule,
                       const struct json_object *value)
{
  size_t i, n = gm_json_count(rule, NULL);
  char shown[GM_SCHEMA_SHOWN], allowed[256];

  (void)schema;
  for (i = 0; i < n; i++) {
    if (json_object_equal(json_object_array_get_idx(rule, i),
                          gm_unconst(value)))
      return 0;
  }
  list_texts(rule, allowed, sizeof(allowed));
  return gm_schema_fail(w, GAMUT_E_INVALID, "%s is none of %s",
                        gm_schema_show(shown, value), allowed);
}

int32_t gm_schema_min_length(struct gm_schema_walk *w,
                             const struct json_object *schema,
                             const struct json_object *rule,
                             const struct json_object *value)
{
  int64_t min = gm_json_i64(rule, NULL, 0);

  (void)schema;
  if (!gm_schema_is(value, "string"))
    return 0;
  if ((int64_t)gm_utf8_count(json_object_get_string(gm_unconst(value))) >= min)
    return 0;
  if (min == 1)
    return gm_schema_fail(w, GAMUT_E_INVALID, "the text is empty");
  return gm_schema_fail(w, GAMUT_E_INVALID,
                        "the text is shorter than %lld characters",
                        (long long)min);
}

static int32_t beyond(struct gm_schema_walk *w, const char *how,
                      const struct json_object *value, double limit)
{
  char shown[GM_SCHEMA_SHOWN], number[32];

  return gm_schema_fail(w, GAMUT_E_INVALID, "%s is %s %s",
                        gm_schema_show(shown, value), how,
                        gm_fmt_real(number, limit));
}

int32_t gm_schema_minimum(struct gm_schema_walk *w,
                          const struct json_object *schema,
                          const struct json_object *rule,
                          const struct json_object *value)
{
  double limit = gm_json_real(rule, NULL, -HUGE_VAL);

  (void)schema;
  if (!gm_schema_is(value, "number") || json_object_get_double(value) >= limit)
    return 0;
  return beyond(w, "below", value, limit);
}

int32_t gm_schema_maximum(struct gm_schema_walk *w,
                          const struct json_object *schema,
                          const struct json_object *rule,
                          const struct json_object *value)
{
  double limit = gm_json_real(rule, NULL, HUGE_VAL);

  (void)schema;
  if (!gm_schema_is(value, "number") || json_object_get_double(value) <= limit)
    return 0;
  return beyond(w, "above", value, limit);
}

int32_t gm_schema_min_items(struct gm_schema_walk *w,
                            const struct json_object *schema,
                            const struct json_object *rule,
                            const struct json_object *value)
{
  int64_t min = gm_json_i64(rule, NULL, 0);

  (void)schema;
  if (!gm_schema_is(value, "array") ||
      (int64_t)gm_json_count(value, NULL) >= min)
    return 0;
  return gm_schema_fail(w, GAMUT_E_INVALID, "the list has fewer than %lld",
                        (long long)min);
}

/* JSON Schema means ECMAScript's expressions; ours keep to what POSIX extended
 * ones have in common with them: sets, counts, anchors. */
int32_t gm_schema_pattern(struct gm_schema_walk *w,
                          const struct json_object *schema,
                          const struct json_object *rule,
                          const struct json_object *value)
{
  const char *pattern = gm_json_str(rule, NULL, "");
  char shown[GM_SCHEMA_SHOWN];
  const char *text;
  regex_t regex;
  int rc;

  (void)schema;
  if (!gm_schema_is(value, "string"))
    return 0;
  text = gm_json_str(value, NULL, NULL);
  rc = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
  if (rc == REG_ESPACE)
    return gm_schema_fail(w, GAMUT_E_NOMEM, "out of memory");
  if (rc)
    return gm_schema_fail(w, GAMUT_E_PLUGIN,
                          "the schema's pattern '%s' is not "
                          "usable",
                          pattern);
  rc = text ? regexec(&regex, text, 0, NULL, 0) : REG_NOMATCH;
  regfree(&regex);
  if (rc == 0)
    return 0;
  return gm_schema_fail(w, GAMUT_E_INVALID, "%s is not of the form %s",
                        gm_schema_show(shown, value), pattern);
}
