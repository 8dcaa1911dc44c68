/* validate_shape.c - the shape of the picture: size, aspect_ratio, resolution.
 *
 * Vendors describe it in one of two ways, by pixels or by ratio (and a class of
 * resolution).  A model that speaks of one of the three fields is taken to
 * speak of all of them: what it then does not name it would silently ignore.
 */
#include "base/str.h"
#include "route/validate_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define USUAL_SIDE 1024.0

struct shape {
  const struct json_object *sizes, *ratios, *resolutions;
};

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
  while (b) {
    uint32_t rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

static bool any_ratio(const struct json_object *ratios)
{
  size_t n = gm_json_count(ratios, NULL);

  return n > 0 && gm_streq(gm_json_str(json_object_array_get_idx(ratios, n - 1),
                                       NULL, NULL),
                           "*");
}

/* As the list spells it, or NULL. */
static const char *spelled(const struct json_object *list, const char *word)
{
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    const char *known =
      gm_json_str(json_object_array_get_idx(list, i), NULL, "");

    if (gm_strieq(known, word))
      return known;
  }
  return NULL;
}

/* ---- size --------------------------------------------------------------- */

/* Pixels to a model that has ratios and resolutions. */
static int32_t size_to_words(struct gm_check *c, const struct shape *s,
                             uint32_t w, uint32_t h)
{
  const char *ratio = gm_nearest_ratio(s->ratios, (double)w / h);
  const char *resolution =
    gm_nearest_resolution(s->resolutions, (double)w * h, NULL);
  uint32_t by = common_divisor(w, h);
  char exact[32];
  int32_t rc;

  snprintf(exact, sizeof(exact), "%u:%u", w / by, h / by);
  if (any_ratio(s->ratios) && gm_ratio_of(exact) > 0)
    ratio = exact;
  rc = gm_check_drop_size(c);
  if (!rc && ratio && !gm_json_at(c->request, "aspect_ratio"))
    rc = gm_check_set_text(c, "aspect_ratio", ratio);
  if (!rc && resolution && !gm_json_at(c->request, "resolution"))
    rc = gm_check_set_text(c, "resolution", resolution);
  return rc;
}

static int32_t check_size(struct gm_check *c, const struct shape *s)
{
  char buf[GM_LISTED], near[48] = "";
  const char *broken;
  uint32_t w, h, nw, nh;

  if (!gm_request_size(c->request, &w, &h))
    return 0;
  if (!s->sizes && c->nearest)
    return size_to_words(c, s, w, h);
  if (!s->sizes)
    return gm_check_refuse(
      c, "size %ux%u is not offered by %s, which has no sizes; it has %s %s", w,
      h, c->model, s->ratios ? "aspect_ratio" : "resolution",
      gm_check_list(buf, s->ratios ? s->ratios : s->resolutions));
  broken = gm_size_breaks(s->sizes, w, h, buf);
  if (!broken)
    return 0;
  if (!gm_nearest_size(s->sizes, w, h, &nw, &nh))
    return gm_check_refuse(c, "size %ux%u is not offered by %s; %s", w, h,
                           c->model, broken);
  if (c->nearest)
    return gm_check_set_size(c, nw, nh);
  snprintf(near, sizeof(near), "; the nearest is %ux%u", nw, nh);
  return gm_check_refuse(c, "size %ux%u is not offered by %s; %s%s", w, h,
                         c->model, broken, near);
}

/* ---- aspect_ratio ------------------------------------------------------- */

static void default_size(const struct json_object *sizes, double *ret_w,
                         double *ret_h)
{
  uint32_t w, h;

  if (!gm_parse_size(gm_json_str(sizes, "default", ""), &w, &h)) {
    *ret_w = *ret_h = USUAL_SIDE;
    return;
  }
  *ret_w = w;
  *ret_h = h;
}

/* A ratio to a model that has only sizes: one of about as many pixels as it
 * would give anyhow. */
static int32_t ratio_to_size(struct gm_check *c, const struct shape *s,
                             double ratio)
{
  uint32_t nw, nh;
  double w, h;
  int32_t rc;

  default_size(s->sizes, &w, &h);
  if (!gm_nearest_size(s->sizes, sqrt(w * h * ratio), sqrt(w * h / ratio), &nw,
                       &nh))
    return gm_check_drop(c, "aspect_ratio");
  rc = gm_check_drop(c, "aspect_ratio");
  if (!rc && !gm_json_at(c->request, "width"))
    rc = gm_check_set_size(c, nw, nh);
  return rc;
}

static int32_t nearest_ratio(struct gm_check *c, const struct shape *s,
                             double ratio)
{
  const char *near = gm_nearest_ratio(s->ratios, ratio);

  if (near)
    return gm_check_set_text(c, "aspect_ratio", near);
  if (!s->ratios && s->sizes && ratio > 0)
    return ratio_to_size(c, s, ratio);
  return gm_check_drop(c, "aspect_ratio");
}

static int32_t check_ratio(struct gm_check *c, const struct shape *s)
{
  const char *asked = gm_json_str(c->request, "aspect_ratio", NULL);
  const char *known = asked ? spelled(s->ratios, asked) : NULL;
  double ratio = asked ? gm_ratio_of(asked) : 0;
  char listed[GM_LISTED];
  const char *near;

  if (!asked || gm_streq(known, asked) || (ratio > 0 && any_ratio(s->ratios)))
    return 0;
  if (known)
    return gm_check_respell(c, "aspect_ratio", known);
  if (c->nearest)
    return nearest_ratio(c, s, ratio);
  if (!s->ratios)
    return gm_check_refuse(c,
                           "aspect_ratio '%s' is not offered by %s, which "
                           "has no aspect ratios%s",
                           asked, c->model, s->sizes ? "; give it a size" : "");
  near = gm_nearest_ratio(s->ratios, ratio);
  return gm_check_refuse(
    c, "aspect_ratio '%s' is not offered by %s; it has %s%s%s", asked, c->model,
    gm_check_list(listed, s->ratios), near ? "; the nearest is " : "",
    near ? near : "");
}

/* ---- resolution --------------------------------------------------------- */

static int32_t resolution_to_size(struct gm_check *c, const struct shape *s,
                                  double pixels)
{
  const char *asked = gm_json_str(c->request, "aspect_ratio", NULL);
  double w, h, ratio = asked ? gm_ratio_of(asked) : 0;
  bool has_size = gm_json_at(c->request, "width") != NULL;
  int32_t rc = gm_check_drop(c, "resolution");
  uint32_t nw, nh;

  default_size(s->sizes, &w, &h);
  if (ratio <= 0)
    ratio = w / h;
  if (rc || has_size || pixels <= 0 ||
      !gm_nearest_size(s->sizes, sqrt(pixels * ratio), sqrt(pixels / ratio),
                       &nw, &nh))
    return rc;
  if (asked)
    rc = gm_check_drop(c, "aspect_ratio"); /* the size has it now */
  return rc ? rc : gm_check_set_size(c, nw, nh);
}

static int32_t check_resolution(struct gm_check *c, const struct shape *s)
{
  const char *asked = gm_json_str(c->request, "resolution", NULL);
  const char *known = asked ? spelled(s->resolutions, asked) : NULL;
  double pixels = asked ? gm_pixels_of(asked) : 0;
  char listed[GM_LISTED];
  const char *near;

  if (!asked || gm_streq(known, asked))
    return 0;
  if (known) /* "1080P" */
    return gm_check_respell(c, "resolution", known);
  near = gm_nearest_resolution(s->resolutions, pixels, asked);
  if (c->nearest && near)
    return gm_check_set_text(c, "resolution", near);
  if (c->nearest)
    return s->sizes ? resolution_to_size(c, s, pixels)
                    : gm_check_drop(c, "resolution");
  if (!s->resolutions)
    return gm_check_refuse(c,
                           "resolution '%s' is not offered by %s, which has "
                           "no resolutions%s",
                           asked, c->model, s->sizes ? "; give it a size" : "");
  return gm_check_refuse(c,
                         "resolution '%s' is not offered by %s; it has %s%s%s",
                         asked, c->model, gm_check_list(listed, s->resolutions),
                         near ? "; the nearest is " : "", near ? near : "");
}

int32_t gm_check_shape(struct gm_check *c)
{
  struct shape s = { gm_json_at(c->entry, "sizes"),
                     gm_json_at(c->entry, "aspect_ratios"),
                     gm_json_at(c->entry, "resolutions") };
  int32_t rc;

  if (!s.sizes && !s.ratios && !s.resolutions)
    return 0;
  rc = check_size(c, &s);
  if (!rc)
    rc = check_resolution(c, &s);
  if (!rc)
    rc = check_ratio(c, &s);
  return rc;
}
