/* validate_common.c - what holds for every model: a wrong value here is wrong
 * everywhere, so the class is INVALID and no fallback is tried.
 *
 * One row a field.  Limits here only keep nonsense out; what a model has is its
 * entry's to say.
 */
#include "base/str.h"
#include "route/validate_private.h"
#include <gamut/plugin.h>
#include <math.h>
#include <string.h>

#define TEXT_MAX     1000000 /* bytes of a prompt */
#define WORD_MAX     64
#define DURATION_MAX 86400

struct rule {
  const char *field;
  int32_t (*check)(const struct rule *r, const struct json_object *value,
                   struct gm_error *err);
  double min, max;
};

/* The text, or an error: "prompt is not text". */
static int32_t take_text(const struct rule *r, const struct json_object *value,
                         const char **ret, struct gm_error *err)
{
  const char *text;
  size_t len;

  if (!json_object_is_type(value, json_type_string))
    return gm_fail(err, GAMUT_E_INVALID, "%s is not text", r->field);
  text = json_object_get_string(gm_unconst(value));
  len = (size_t)json_object_get_string_len(value);
  if (len > (size_t)r->max)
    return gm_fail(err, GAMUT_E_INVALID,
                   "%s has %zu bytes, more than %.0f are not taken", r->field,
                   len, r->max);
  if (memchr(text, '\0', len))
    return gm_fail(err, GAMUT_E_INVALID, "%s has a NUL byte in it", r->field);
  if (!gm_utf8_valid(text, len))
    return gm_fail(err, GAMUT_E_INVALID, "%s is not valid UTF-8", r->field);
  *ret = text;
  return 0;
}

static int32_t check_text(const struct rule *r, const struct json_object *value,
                          struct gm_error *err)
{
  const char *text;
  int32_t rc = take_text(r, value, &text, err);

  if (!rc && r->min > 0 && text[strspn(text, " \t\r\n\v\f")] == '\0')
    return gm_fail(err, GAMUT_E_INVALID, "%s is empty", r->field);
  return rc;
}

static int32_t out_of(const struct rule *r, const struct json_object *value,
                      struct gm_error *err)
{
  char shown[GM_SHOWN], min[32], max[32];

  /* 2^63 as a double is one above the largest whole number. */
  if (r->max >= 0x1p63)
    return gm_fail(err, GAMUT_E_INVALID, "%s %s is not between %s and %lld",
                   r->field, gm_check_show(shown, value),
                   gm_fmt_real(min, r->min), (long long)INT64_MAX);
  return gm_fail(err, GAMUT_E_INVALID, "%s %s is not between %s and %s",
                 r->field, gm_check_show(shown, value),
                 gm_fmt_real(min, r->min), gm_fmt_real(max, r->max));
}

static int32_t check_whole(const struct rule *r,
                           const struct json_object *value,
                           struct gm_error *err)
{
  double v = gm_json_real(value, NULL, NAN);
  char shown[GM_SHOWN];
  int64_t whole;

  if (isnan(v) || v != floor(v))
    return gm_fail(err, GAMUT_E_INVALID, "%s %s is not a whole number",
                   r->field, gm_check_show(shown, value));
  if (v < r->min || v > r->max)
    return out_of(r, value, err);
  /* At the upper end a double cannot tell; the reader of integers can. */
  whole = gm_json_i64(value, NULL, -1);
  return whole < 0 && v >= 0 ? out_of(r, value, err) : 0;
}

static int32_t check_real(const struct rule *r, const struct json_object *value,
                          struct gm_error *err)
{
  double v = gm_json_real(value, NULL, NAN);
  char shown[GM_SHOWN];

  if (isnan(v))
    return gm_fail(err, GAMUT_E_INVALID, "%s %s is not a number", r->field,
                   gm_check_show(shown, value));
  return v < r->min || v > r->max ? out_of(r, value, err) : 0;
}

/* Above zero, at most max. */
static int32_t check_positive(const struct rule *r,
                              const struct json_object *value,
                              struct gm_error *err)
{
  int32_t rc = check_real(r, value, err);
  char shown[GM_SHOWN];

  if (!rc && gm_json_real(value, NULL, 0) <= 0)
    return gm_fail(err, GAMUT_E_INVALID, "%s %s is not above 0", r->field,
                   gm_check_show(shown, value));
  return rc;
}

static int32_t check_bool(const struct rule *r, const struct json_object *value,
                          struct gm_error *err)
{
  char shown[GM_SHOWN];

  if (json_object_is_type(value, json_type_boolean))
    return 0;
  return gm_fail(err, GAMUT_E_INVALID, "%s %s is neither true nor false",
                 r->field, gm_check_show(shown, value));
}

/* A ratio, or one of the vendors' words for "as you think best": auto,
 * adaptive, match_input_image. */
static int32_t check_ratio(const struct rule *r,
                           const struct json_object *value,
                           struct gm_error *err)
{
  const char *text;
  char shown[GM_SHOWN];
  uint32_t w, h;
  int32_t rc = take_text(r, value, &text, err);

  if (rc || gm_parse_ratio(text, &w, &h))
    return rc;
  if (*text && strspn(text, "abcdefghijklmnopqrstuvwxyz_") == strlen(text))
    return 0;
  return gm_fail(err, GAMUT_E_INVALID,
                 "%s %s is not of the form W:H, as in 16:9", r->field,
                 gm_check_show(shown, value));
}

/* Before what it may say is known: one of ours, or it is a slip. */
static int32_t check_operation(const struct rule *r,
                               const struct json_object *value,
                               struct gm_error *err)
{
  static const char *const known[] = { "text-to-image",  "image-to-image",
                                       "edit",           "text-to-video",
                                       "image-to-video", "video-to-video",
                                       "upscale",        NULL };
  const char *const *k, *text, *near;
  char shown[GM_SHOWN];
  int32_t rc = take_text(r, value, &text, err);

  for (k = known; !rc && *k; k++) {
    if (gm_streq(text, *k))
      return 0;
  }
  if (rc)
    return rc;
  near = gm_nearest(text, known);
  return gm_fail(err, GAMUT_E_INVALID, "%s %s is not known%s%s%s", r->field,
                 gm_check_show(shown, value), near ? ", did you mean '" : "",
                 near ? near : "", near ? "'?" : "");
}

/* For texts `min` above 0 means that an empty one is refused. */
/* clang-format off */
static const struct rule rules[] = {
  { "operation",       check_operation, 1,      WORD_MAX },
  { "prompt",          check_text,      1,      TEXT_MAX },
  { "negative_prompt", check_text,      0,      TEXT_MAX },
  { "n",               check_whole,     1,      100 },
  { "seed",            check_whole,     0,      0x1p63 },
  { "aspect_ratio",    check_ratio,     1,      WORD_MAX },
  { "resolution",      check_text,      1,      WORD_MAX },
  { "duration",        check_positive,  0,      DURATION_MAX },
  { "fps",             check_positive,  0,      1000 },
  { "audio",           check_bool,      0,      0 },
  { "format",          check_text,      1,      WORD_MAX },
  { "quality",         check_text,      1,      WORD_MAX },
  { "background",      check_text,      1,      WORD_MAX },
  { "style",           check_text,      1,      WORD_MAX },
  { "guidance",        check_real,      -1000,  1000 },
  { "steps",           check_whole,     1,      10000 },
  { "strength",        check_real,      0,      100 },
  { "partials",        check_whole,     0,      100 },
};
/* clang-format on */

static int32_t check_size(const struct json_object *request,
                          struct gm_error *err)
{
  const struct json_object *width = gm_json_at(request, "width");
  const struct json_object *height = gm_json_at(request, "height");
  char w[GM_SHOWN], h[GM_SHOWN];
  uint32_t side;

  if ((!width && !height) || gm_request_size(request, &side, &side))
    return 0;
  if (!width || !height)
    return gm_fail(err, GAMUT_E_INVALID, "size has no %s",
                   width ? "height" : "width");
  return gm_fail(
    err, GAMUT_E_INVALID, "size %sx%s: a side is not between 1 and %d pixels",
    gm_check_show(w, width), gm_check_show(h, height), GM_SIDE_MAX);
}

/* Two ways to say the shape that do not agree. */
static int32_t check_agreement(const struct json_object *request,
                               struct gm_error *err)
{
  const char *text = gm_json_str(request, "aspect_ratio", "");
  double ratio = gm_ratio_of(text);
  uint32_t w, h;

  if (ratio <= 0 || !gm_request_size(request, &w, &h))
    return 0;
  /* 1360x768 is called 16:9 by everybody. */
  if (fabs((double)w / h / ratio - 1) < 0.05)
    return 0;
  return gm_fail(err, GAMUT_E_INVALID,
                 "size %ux%u is not of the aspect_ratio '%s': give one of them",
                 w, h, text);
}

int32_t gm_validate_quote(const struct json_object *request,
                          struct gm_error *err)
{
  int32_t rc = 0;
  size_t i;

  for (i = 0; !rc && i < GM_LEN(rules); i++) {
    struct json_object *value;

    if (json_object_object_get_ex(request, rules[i].field, &value) && value)
      rc = rules[i].check(&rules[i], value, err);
  }
  if (!rc)
    rc = check_size(request, err);
  if (!rc)
    rc = check_agreement(request, err);
  return rc;
}

int32_t gm_validate_common(const struct json_object *request,
                           struct gm_error *err)
{
  int32_t rc = gm_validate_quote(request, err);

  /* The vendor's own words may say it: several prompts, one a shot. */
  if (rc || gm_json_at(request, "prompt") ||
      gm_request_brings_more(request) ||
      !gm_starts(gm_json_str(request, "operation", ""), "text-to-"))
    return rc;
  return gm_fail(err, GAMUT_E_INVALID, "prompt is missing");
}
