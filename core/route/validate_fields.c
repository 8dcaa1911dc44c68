/* validate_fields.c - fields that stand alone: numbers with a range or a list,
 * switches, words from a list.
 */
#include "base/str.h"
#include "route/validate_private.h"
#include <math.h>

#define NEAR 1e-6 /* 0.1 + 0.2 is 0.3 */

static bool same_number(double a, double b)
{
  return fabs(a - b) <= NEAR;
}

/* ---- ranges ------------------------------------------------------------- */

static double into_range(const struct json_object *range, double v)
{
  double min = gm_json_real(range, "min", -HUGE_VAL);
  double max = gm_json_real(range, "max", HUGE_VAL);
  double step = gm_json_real(range, "step", 0);

  v = GM_MIN(GM_MAX(v, min), max);
  if (step > 0) {
    double from = isfinite(min) ? min : 0;

    v = from + round((v - from) / step) * step;
    if (v > max + NEAR)
      v -= step; /* the grid need not meet the upper end */
  }
  return v;
}

/* `verb` completes "more than MODEL ...". */
static int32_t check_range(struct gm_check *c, const char *field,
                           const struct json_object *range, const char *verb)
{
  const struct json_object *value = gm_json_at(c->request, field);
  double v = gm_json_real(value, NULL, 0), fit = into_range(range, v);
  char shown[GM_SHOWN], limit[32];

  if (same_number(v, fit))
    return 0;
  if (c->nearest)
    return gm_check_set_number(c, field, fit);
  gm_check_show(shown, value);
  if (v > gm_json_real(range, "max", HUGE_VAL))
    return gm_check_refuse(c, "%s %s is more than %s %s (%s)", field, shown,
                           c->model, verb, gm_fmt_real(limit, fit));
  if (v < gm_json_real(range, "min", -HUGE_VAL))
    return gm_check_refuse(c, "%s %s is less than %s %s (%s)", field, shown,
                           c->model, verb, gm_fmt_real(limit, fit));
  return gm_check_refuse(c, "%s %s is not offered by %s; the nearest is %s",
                         field, shown, c->model, gm_fmt_real(limit, fit));
}

/* The model does not know the field at all. */
static int32_t not_there(struct gm_check *c, const char *field)
{
  if (c->nearest)
    return gm_check_drop(c, field);
  return gm_check_refuse(c, "%s is not offered by %s", field, c->model);
}

/* A rule that is true, false or a range. */
static int32_t check_switch(struct gm_check *c, const char *field)
{
  const struct json_object *rule = gm_json_at(c->entry, field);

  if (!rule || !gm_json_at(c->request, field))
    return 0;
  if (!gm_json_bool(rule, NULL, true))
    return not_there(c, field);
  if (json_object_is_type(rule, json_type_object))
    return check_range(c, field, rule, "takes");
  return 0;
}

static int32_t check_list(struct gm_check *c, const char *field,
                          const struct json_object *list)
{
  const struct json_object *value = gm_json_at(c->request, field);
  size_t i, n = gm_json_count(list, NULL);
  char shown[GM_SHOWN], listed[GM_LISTED];
  double v = gm_json_real(value, NULL, 0);

  for (i = 0; i < n; i++) {
    if (same_number(
          v, gm_json_real(json_object_array_get_idx(list, i), NULL, NAN)))
      return 0;
  }
  if (c->nearest)
    return n ? gm_check_set_number(c, field, gm_nearest_number(list, v))
             : gm_check_drop(c, field);
  return gm_check_refuse(c, "%s %s is not offered by %s; it has %s", field,
                         gm_check_show(shown, value), c->model,
                         gm_check_list(listed, list));
}

/* A rule that is a list or a range. */
static int32_t check_choice(struct gm_check *c, const char *field,
                            const char *member)
{
  const struct json_object *rule = gm_json_at(c->entry, member);

  if (!rule || !gm_json_at(c->request, field))
    return 0;
  if (json_object_is_type(rule, json_type_array))
    return check_list(c, field, rule);
  return check_range(c, field, rule, "takes");
}

static int32_t check_n(struct gm_check *c)
{
  const struct json_object *rule = gm_json_at(c->entry, "n");
  int64_t n = gm_json_i64(c->request, "n", 1);

  if (rule && gm_json_at(c->request, "n"))
    return check_range(c, "n", rule, "gives at once");
  if (n <= 1)
    return 0;
  if (c->nearest)
    return gm_check_set_number(c, "n", 1);
  return gm_check_refuse(c, "n %lld is more than %s gives at once (1)",
                         (long long)n, c->model);
}

/* Drafts change nothing about what is made: a model that makes none is asked
 * without them.  One that makes them says so. */
static int32_t check_partials(struct gm_check *c)
{
  const struct json_object *rule = gm_json_at(c->entry, "partials");

  if (!gm_json_at(c->request, "partials"))
    return 0;
  if (json_object_is_type(rule, json_type_object))
    return check_range(c, "partials", rule, "shows");
  if (gm_json_bool(rule, NULL, false))
    return 0;
  json_object_object_del(c->request, "partials");
  return gm_check_note(c, "%s shows no drafts; it was asked without", c->model);
}

int32_t gm_check_numbers(struct gm_check *c)
{
  static const char *const switches[] = { "seed", "guidance", "steps",
                                          "strength" };
  int32_t rc = check_n(c);
  size_t i;

  if (!rc)
    rc = check_choice(c, "duration", "durations");
  if (!rc)
    rc = check_choice(c, "fps", "fps");
  for (i = 0; !rc && i < GM_LEN(switches); i++)
    rc = check_switch(c, switches[i]);
  if (!rc)
    rc = check_partials(c);
  return rc;
}

/* ---- words -------------------------------------------------------------- */

/* The same format by its other name. */
static bool same_word(const char *a, const char *b)
{
  static const char *const jpeg[] = { "jpg", "jpeg" };
  size_t i;

  if (gm_strieq(a, b))
    return true;
  for (i = 0; i < GM_LEN(jpeg); i++) {
    if (gm_strieq(a, jpeg[i]))
      return gm_strieq(b, jpeg[1 - i]);
  }
  return false;
}

/* The closest by its letters, or none: words have no other distance. */
static int32_t nearest_word(struct gm_check *c, const char *field,
                            const struct json_object *list, const char *word)
{
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    const char *words[] = {
      gm_json_str(json_object_array_get_idx(list, i), NULL, ""), NULL
    };

    if (gm_nearest(word, words))
      return gm_check_set_text(c, field, words[0]);
  }
  return gm_check_drop(c, field);
}

static int32_t check_word(struct gm_check *c, const char *field,
                          const char *member)
{
  const struct json_object *list = gm_json_at(c->entry, member);
  const char *word = gm_json_str(c->request, field, NULL);
  char shown[GM_SHOWN], listed[GM_LISTED];
  size_t i, n = gm_json_count(list, NULL);

  if (!list || !word)
    return 0;
  for (i = 0; i < n; i++) {
    const char *known =
      gm_json_str(json_object_array_get_idx(list, i), NULL, "");

    if (gm_streq(known, word))
      return 0;
    if (same_word(known, word))
      return gm_check_respell(c, field, known);
  }
  if (c->nearest)
    return nearest_word(c, field, list, word);
  return gm_check_refuse(c, "%s %s is not offered by %s; it has %s", field,
                         gm_check_show(shown, gm_json_at(c->request, field)),
                         c->model, gm_check_list(listed, list));
}

int32_t gm_check_words(struct gm_check *c)
{
  static const struct {
    const char *field, *member;
  } words[] = {
    { "format", "formats" },
    { "quality", "qualities" },
    { "background", "backgrounds" },
    { "style", "styles" },
  };
  int32_t rc = 0;
  size_t i;

  if (gm_json_at(c->request, "negative_prompt") &&
      !gm_json_bool(c->entry, "negative_prompt", true))
    rc = not_there(c, "negative_prompt");
  /* Silence is no wish that a silent model could not meet. */
  if (!rc && gm_json_bool(c->request, "audio", false) &&
      !gm_json_bool(c->entry, "audio", true))
    rc = not_there(c, "audio");
  for (i = 0; !rc && i < GM_LEN(words); i++)
    rc = check_word(c, words[i].field, words[i].member);
  return rc;
}
