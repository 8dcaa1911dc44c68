/* validate_nearest.c - which of a model's values is closest to what was asked.
 *
 * Shapes are compared on a logarithmic scale: 2:1 is as far from 1:1 as 1:2 is,
 * and half the pixels as far as twice.
 */
#include "base/str.h"
#include "route/validate_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define RATIO_COUNTS 2.0 /* a wrong shape is worse than a wrong size */

double gm_ratio_of(const char *text)
{
  uint32_t w, h;

  return gm_parse_ratio(text, &w, &h) ? (double)w / h : 0;
}

double gm_pixels_of(const char *resolution)
{
  size_t len = strspn(resolution, "0123456789.");
  const char *unit = resolution + len;
  char number[16];
  uint32_t w, h;
  double v;

  if (gm_parse_size(resolution, &w, &h))
    return (double)w * h;
  if (len == 0 || len >= sizeof(number))
    return 0;
  memcpy(number, resolution, len);
  number[len] = '\0';
  if (!gm_parse_real(number, 0.01, 100000, &v))
    return 0;
  if (gm_strieq(unit, "k"))
    return v * 1024 * v * 1024;
  if (gm_strieq(unit, "p"))
    return v * v * 16 / 9;
  return gm_strieq(unit, "mp") ? v * 1024 * 1024 : 0;
}

static double apart(double a, double b)
{
  return fabs(log(a) - log(b));
}

const char *gm_nearest_ratio(const struct json_object *array, double ratio)
{
  size_t i, n = gm_json_count(array, NULL);
  double best_at = HUGE_VAL;
  const char *best = NULL;

  for (i = 0; ratio > 0 && i < n; i++) {
    const char *text =
      gm_json_str(json_object_array_get_idx(array, i), NULL, "");
    double r = gm_ratio_of(text);

    if (r <= 0 || apart(r, ratio) >= best_at)
      continue;
    best = text;
    best_at = apart(r, ratio);
  }
  return best;
}

const char *gm_nearest_resolution(const struct json_object *array,
                                  double pixels, const char *word)
{
  size_t i, n = gm_json_count(array, NULL);
  double best_at = HUGE_VAL;
  const char *best = NULL;

  for (i = 0; i < n; i++) {
    const char *text =
      gm_json_str(json_object_array_get_idx(array, i), NULL, "");
    const char *const words[] = { text, NULL };
    double p = gm_pixels_of(text);

    if (pixels <= 0 && !best && word && gm_nearest(word, words))
      best = text;
    if (pixels <= 0 || p <= 0 || apart(p, pixels) >= best_at)
      continue;
    best = text;
    best_at = apart(p, pixels);
  }
  return best;
}

double gm_nearest_number(const struct json_object *array, double value)
{
  size_t i, n = gm_json_count(array, NULL);
  double best = value, best_at = HUGE_VAL;

  for (i = 0; i < n; i++) {
    double v =
      gm_json_real(json_object_array_get_idx(array, i), NULL, HUGE_VAL);

    if (fabs(v - value) >= best_at)
      continue;
    best = v;
    best_at = fabs(v - value);
  }
  return best;
}

/* ---- sizes -------------------------------------------------------------- */

struct limits {
  double min_side, max_side, min_pixels, max_pixels, multiple, max_ratio;
  bool any; /* there is a limit besides the list */
};

static struct limits limits_of(const struct json_object *sizes)
{
  struct limits l = {
    .min_side = gm_json_real(sizes, "min_side", 1),
    .max_side = gm_json_real(sizes, "max_side", 65536),
    .min_pixels = gm_json_real(sizes, "min_pixels", 1),
    .max_pixels = gm_json_real(sizes, "max_pixels", 65536.0 * 65536.0),
    .multiple = gm_json_real(sizes, "multiple_of", 1),
    .max_ratio = gm_json_real(sizes, "max_ratio", 65536),
  };

  l.any = gm_json_at(sizes, "min_side") || gm_json_at(sizes, "max_side") ||
          gm_json_at(sizes, "min_pixels") || gm_json_at(sizes, "max_pixels");
  l.multiple = GM_MAX(l.multiple, 1);
  l.max_ratio = GM_MAX(l.max_ratio, 1);
  return l;
}

static bool listed(const struct json_object *list, uint32_t w, uint32_t h)
{
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    uint32_t lw, lh;

    if (gm_parse_size(gm_json_str(json_object_array_get_idx(list, i), NULL, ""),
                      &lw, &lh) &&
        lw == w && lh == h)
      return true;
  }
  return false;
}

/* A list of sizes is all there is unless limits of sides or pixels stand
 * beside it. */
const char *gm_size_breaks(const struct json_object *sizes, uint32_t w,
                           uint32_t h, char buf[GM_LISTED])
{
  const struct json_object *list = gm_json_at(sizes, "list");
  double less = GM_MIN(w, h), more = GM_MAX(w, h), pixels = (double)w * h;
  struct limits l = limits_of(sizes);
  char text[GM_LISTED - 16];

  if (listed(list, w, h))
    return NULL;
  if (list && !l.any) {
    gm_check_list(buf, list);
    snprintf(text, sizeof(text), "%.*s", (int)sizeof(text) - 1, buf);
    snprintf(buf, GM_LISTED, "it has %s", text);
  } else if (less < l.min_side || more > l.max_side) {
    snprintf(buf, GM_LISTED, "its sides are %.0f to %.0f pixels long",
             l.min_side, l.max_side);
  } else if (fmod(w, l.multiple) != 0 || fmod(h, l.multiple) != 0) {
    snprintf(buf, GM_LISTED, "its sides are multiples of %.0f", l.multiple);
  } else if (pixels < l.min_pixels || pixels > l.max_pixels) {
    snprintf(buf, GM_LISTED, "it has %.0f to %.0f pixels", l.min_pixels,
             l.max_pixels);
  } else if (more > less * l.max_ratio) {
    snprintf(buf, GM_LISTED,
             "its longer side is at most %s times the shorter one",
             gm_fmt_real(text, l.max_ratio));
  } else {
    return NULL;
  }
  return buf;
}

static bool nearest_listed(const struct json_object *list, double w, double h,
                           uint32_t *ret_w, uint32_t *ret_h)
{
  size_t i, n = gm_json_count(list, NULL);
  double best_at = HUGE_VAL;

  for (i = 0; i < n; i++) {
    uint32_t lw, lh;
    double at;

    if (!gm_parse_size(
          gm_json_str(json_object_array_get_idx(list, i), NULL, ""), &lw, &lh))
      continue;
    at = RATIO_COUNTS * apart((double)lw / lh, w / h) +
         apart((double)lw * lh, w * h);
    if (at >= best_at)
      continue;
    best_at = at;
    *ret_w = lw;
    *ret_h = lh;
  }
  return isfinite(best_at);
}

/* On the grid, inside the limits of a side. */
static double fit_side(const struct limits *l, double v, bool down)
{
  double steps = v / l->multiple;
  double least = ceil(l->min_side / l->multiple) * l->multiple;
  double most = floor(l->max_side / l->multiple) * l->multiple;

  v = (down ? floor(steps + 1e-9) : round(steps)) * l->multiple;
  return GM_MIN(GM_MAX(v, GM_MAX(least, l->multiple)), most);
}

bool gm_nearest_size(const struct json_object *sizes, double w, double h,
                     uint32_t *ret_w, uint32_t *ret_h)
{
  const struct json_object *list = gm_json_at(sizes, "list");
  struct limits l = limits_of(sizes);
  double ratio, pixels;
  char why[GM_LISTED];
  int way;

  if (list && !l.any)
    return nearest_listed(list, w, h, ret_w, ret_h);
  ratio = GM_MIN(GM_MAX(w / h, 1 / l.max_ratio), l.max_ratio);
  pixels = GM_MIN(GM_MAX(w * h, l.min_pixels), l.max_pixels);
  /* Rounding may pass a limit of pixels or shape: then down, then up. */
  for (way = 0; way < 3; way++) {
    double grown = way == 2 ? l.multiple : 0;

    w = fit_side(&l, sqrt(pixels * ratio) + grown, way > 0);
    h = fit_side(&l, sqrt(pixels / ratio) + grown, way > 0);
    if (w < 1 || h < 1 || w > 65536 || h > 65536)
      return false;
    *ret_w = (uint32_t)w;
    *ret_h = (uint32_t)h;
    if (!gm_size_breaks(sizes, *ret_w, *ret_h, why))
      return true;
  }
  return nearest_listed(list, w, h, ret_w, ret_h);
}
