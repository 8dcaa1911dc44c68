/* price_units.c - how many of a unit there are: asked for, usual, or delivered.
 *
 * A megapixel is 1024 x 1024 pixels, as vendors count it: with a million,
 * rounded up, the most usual picture would cost double.  A video's tokens are
 * width x height x seconds x 24 / 1024, whatever its frame rate.
 */
#include "base/str.h"
#include "route/price_private.h"
#include "route/request_size.h"
#include <gamut/plugin.h>
#include <math.h>
#include <string.h>

#define MEGAPIXEL    (1024.0 * 1024.0)
#define TOKENS       (24 / 1024.0) /* for each pixel and second */
#define LENGTH_NEAR  0.5           /* seconds: a file is a little longer */
#define LENGTH_WHOLE 0.25 /* and what nobody asked for is whole seconds */

void gm_bill_unknown(struct gm_bill *b, enum gm_price_why why)
{
  if (b->price.why == GM_PRICE_KNOWN)
    b->price.why = why;
}

/* Asked or usual pixels; 0: not known. */
static double pixels_before(struct gm_bill *b)
{
  const char *usual = gm_json_str(b->m->entry, "sizes/default", "");
  const char *ratio = gm_json_str(b->request, "aspect_ratio", NULL);
  uint32_t w, h, rw, rh;
  double side;

  if (gm_request_size(b->request, &w, &h))
    return (double)w * h;
  if (gm_json_at(b->request, "resolution") || !gm_parse_size(usual, &w, &h))
    return 0;
  if (!ratio)
    return (double)w * h;
  if (!gm_parse_ratio(ratio, &rw, &rh))
    return 0;
  /* Most vendors keep the longer side. */
  b->guessed = true;
  side = GM_MAX(w, h);
  return side * side * GM_MIN(rw, rh) / GM_MAX(rw, rh);
}

static double megapixels(struct gm_bill *b, uint32_t i)
{
  const struct gm_delivered *d = b->delivered ? &b->delivered[i] : NULL;

  if (d && d->width && d->height)
    return (double)d->width * d->height / MEGAPIXEL;
  return pixels_before(b) / MEGAPIXEL;
}

/* Asked or usual length; 0: not known. */
static double seconds_before(const struct gm_bill *b)
{
  const struct json_object *durations = gm_json_at(b->m->entry, "durations");
  double asked = gm_json_real(b->request, "duration", 0);

  if (asked > 0)
    return asked;
  if (json_object_is_type(durations, json_type_array) &&
      gm_json_count(durations, NULL) == 1)
    return gm_json_real(durations, "0", 0);
  return gm_json_real(durations, "default", 0);
}

/* Vendors charge what was ordered, so a file of 5.04 seconds is one of 5. */
static double seconds(const struct gm_bill *b, uint32_t i)
{
  double ordered = seconds_before(b), length;

  if (!b->delivered || b->delivered[i].duration_ms == 0)
    return ordered;
  length = b->delivered[i].duration_ms / 1000.0;
  if (ordered > 0 && fabs(length - ordered) <= LENGTH_NEAR)
    return ordered;
  if (round(length) > 0 && fabs(length - round(length)) <= LENGTH_WHOLE)
    return round(length);
  return length;
}

/* Of a picture of a video: the lines are those of its shorter side. */
static double frame_pixels(struct gm_bill *b, uint32_t i)
{
  const struct gm_delivered *d = b->delivered ? &b->delivered[i] : NULL;
  const char *resolution = gm_json_str(b->request, "resolution", "");
  const char *ratio = gm_json_str(b->request, "aspect_ratio", NULL);
  uint32_t w = 16, h = 9;
  double lines;

  if (d && d->width && d->height)
    return (double)d->width * d->height;
  if (gm_request_size(b->request, &w, &h))
    return (double)w * h;
  if (ratio && !gm_parse_ratio(ratio, &w, &h))
    return 0;
  /* Other ratios are rounded as the vendor likes. */
  b->guessed = b->guessed || !ratio || GM_MAX(w, h) * 9 != GM_MIN(w, h) * 16;
  lines = gm_price_lines(resolution);
  return lines * lines * GM_MAX(w, h) / GM_MIN(w, h);
}

bool gm_bill_counts(const struct gm_bill *b, const char *unit, uint32_t i)
{
  uint32_t kind = b->delivered ? b->delivered[i].kind : 0;
  bool video = gm_starts(unit, "video") || gm_ends(unit, "second");

  return kind == 0 || kind == (video ? GAMUT_VIDEO : GAMUT_IMAGE);
}

/* A product of what is known is known; the first that is not says why. */
static double known(struct gm_bill *b, double units, enum gm_price_why why)
{
  if (!(units > 0))
    gm_bill_unknown(b, why);
  return units > 0 ? units : 0;
}

/* Images and videos are counted; the rest is measured on each output. */
double gm_bill_units(struct gm_bill *b, const char *unit, uint32_t i)
{
  if (gm_streq(unit, "megapixel"))
    return known(b, megapixels(b, i), GM_PRICE_PIXELS);
  if (gm_streq(unit, "second"))
    return known(b, seconds(b, i), GM_PRICE_LENGTH);
  if (gm_streq(unit, "megapixel_second"))
    return known(b, megapixels(b, i), GM_PRICE_PIXELS) *
           known(b, seconds(b, i), GM_PRICE_LENGTH);
  if (gm_streq(unit, "video_token"))
    return known(b, frame_pixels(b, i), GM_PRICE_PIXELS) *
           known(b, seconds(b, i), GM_PRICE_LENGTH) * TOKENS;
  return 1;
}

/* Drafts are made of each output. */
double gm_bill_per_request(const struct gm_bill *b,
                           const struct json_object *row, const char *unit)
{
  if (gm_streq(unit, "partial"))
    return (double)gm_json_i64(b->request, "partials", 0) * (double)b->n;
  return gm_streq(unit, "request")
           ? 1
           : gm_bill_inputs(b, gm_json_str(row, "role", NULL));
}
