/* price.c - what a request costs.
 *
 * One calculation serves before and after: before, the outputs are what was
 * asked for; after, what came.  The first row whose conditions hold is the
 * price, rows marked `plus` that hold are added.  When a row needs what is not
 * known (tokens, a length that nobody said) the price is not known: half a sum
 * would look like a whole one.
 *
 * A megapixel is 1024 x 1024 pixels, as vendors count it: with a million,
 * rounded up, the most usual picture would cost double.  A video's tokens are
 * width x height x seconds x 24 / 1024, whatever its frame rate.
 */
#include "route/price.h"
#include "base/str.h"
#include "route/price_private.h"
#include "route/request_size.h"
#include <gamut/plugin.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MEGAPIXEL    (1024.0 * 1024.0)
#define TOKENS       (24 / 1024.0) /* for each pixel and second */
#define USD_MAX      1e9           /* beyond is a slip in the catalog */
#define LENGTH_NEAR  0.5  /* seconds: a file is a little longer than asked */
#define LENGTH_WHOLE 0.25 /* and what nobody asked for is whole seconds */

struct bill {
  const struct gm_model *m;
  const struct json_object *request;
  const struct gm_input *inputs;
  uint32_t n_inputs;
  const struct gm_delivered *delivered; /* NULL: an estimate */
  uint32_t n;
  double usd;
  bool guessed;          /* a shape was worked out, not known */
  struct gm_price price; /* so far */
  size_t formula_len;
};

/* ---- conditions --------------------------------------------------------- */

static bool same(const struct json_object *want, const struct json_object *have)
{
  const char *a = gm_json_str(want, NULL, NULL);
  const char *b = gm_json_str(have, NULL, NULL);

  if (!want || !have)
    return !want && !have;
  if (a && b)
    return gm_strieq(a, b);
  if (json_object_is_type(want, json_type_boolean) ||
      json_object_is_type(have, json_type_boolean))
    return json_object_equal(gm_unconst(want), gm_unconst(have)) != 0;
  return gm_json_real(want, NULL, NAN) == gm_json_real(have, NULL, NAN);
}

/* A vendor's parameter is a condition like a field of ours. */
static const struct json_object *field_of(const struct json_object *request,
                                          const char *name)
{
  struct json_object *value = NULL;

  if (!json_object_object_get_ex(request, name, &value))
    json_object_object_get_ex(gm_json_at(request, "extra"), name, &value);
  return value;
}

/* The size is two fields of the request and one word of a condition. */
static struct json_object *size_word(const struct json_object *request)
{
  char text[32];
  uint32_t w, h;

  if (!gm_request_size(request, &w, &h))
    return NULL;
  snprintf(text, sizeof(text), "%ux%u", w, h);
  return json_object_new_string(text);
}

static bool one_holds(const struct json_object *want,
                      const struct json_object *have)
{
  size_t i, n = gm_json_count(want, NULL);

  if (!json_object_is_type(want, json_type_array))
    return same(want, have);
  for (i = 0; i < n; i++) {
    if (same(json_object_array_get_idx(want, i), have))
      return true;
  }
  return false;
}

/* How many inputs have this role; NULL: all. */
static uint32_t count_inputs(const struct bill *b, const char *role)
{
  uint32_t i, n = 0;

  for (i = 0; i < b->n_inputs; i++)
    n += !role || gm_streq(b->inputs[i].role, role);
  return n;
}

/* Is there an input of the role, or of one of them?  null: there is none. */
static bool inputs_hold(const struct bill *b, const struct json_object *want)
{
  size_t i, n = gm_json_count(want, NULL);

  if (!json_object_is_type(want, json_type_array))
    return want ? count_inputs(b, gm_json_str(want, NULL, "")) > 0
                : b->n_inputs == 0;
  for (i = 0; i < n; i++) {
    if (inputs_hold(b, json_object_array_get_idx(want, i)))
      return true;
  }
  return false;
}

/* "720p" are lines, "4K" are 2160; 0: something else. */
static double lines_of(const char *resolution)
{
  size_t len = strspn(resolution, "0123456789");
  int64_t lines = 0;
  char number[8];

  if (gm_strieq(resolution, "2K"))
    return 1440;
  if (gm_strieq(resolution, "4K"))
    return 2160;
  if (len == 0 || len >= sizeof(number) || !gm_strieq(resolution + len, "p"))
    return 0;
  memcpy(number, resolution, len);
  number[len] = '\0';
  return gm_parse_i64(number, 1, 99999, &lines) ? (double)lines : 0;
}

/* Pixels have a resolution as well: that of their shorter side. */
static bool lines_hold(const struct bill *b, const struct json_object *want)
{
  size_t i, n = gm_json_count(want, NULL);
  uint32_t w, h;

  if (field_of(b->request, "resolution") ||
      !gm_request_size(b->request, &w, &h))
    return false;
  if (!json_object_is_type(want, json_type_array))
    return lines_of(gm_json_str(want, NULL, "")) == GM_MIN(w, h);
  for (i = 0; i < n; i++) {
    if (lines_hold(b, json_object_array_get_idx(want, i)))
      return true;
  }
  return false;
}

static bool field_holds(const struct bill *b, const char *name,
                        const struct json_object *want)
{
  _cleanup_json_ struct json_object *size = NULL;

  if (gm_streq(name, "inputs"))
    return inputs_hold(b, want);
  if (gm_streq(name, "resolution") && lines_hold(b, want))
    return true;
  if (!gm_streq(name, "size"))
    return one_holds(want, field_of(b->request, name));
  size = size_word(b->request);
  return one_holds(want, size);
}

static bool holds(const struct bill *b, const struct json_object *row)
{
  const struct json_object *when = gm_json_at(row, "when");
  struct json_object_iterator it, end;

  if (!json_object_is_type(when, json_type_object))
    return true;
  it = json_object_iter_begin(gm_unconst(when));
  end = json_object_iter_end(when);
  for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
    if (!field_holds(b, json_object_iter_peek_name(&it),
                     json_object_iter_peek_value(&it)))
      return false;
  }
  return true;
}

/* ---- quantities --------------------------------------------------------- */

/* Asked or usual pixels; 0: not known. */
static double pixels_before(struct bill *b)
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

static double megapixels(struct bill *b, uint32_t i)
{
  const struct gm_delivered *d = b->delivered ? &b->delivered[i] : NULL;

  if (d && d->width && d->height)
    return (double)d->width * d->height / MEGAPIXEL;
  return pixels_before(b) / MEGAPIXEL;
}

/* Asked or usual length; 0: not known. */
static double seconds_before(const struct bill *b)
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
static double seconds(const struct bill *b, uint32_t i)
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
static double frame_pixels(struct bill *b, uint32_t i)
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
  lines = lines_of(resolution);
  return lines * lines * GM_MAX(w, h) / GM_MIN(w, h);
}

/* Is output i of the kind that the unit counts? */
static bool counts(const struct bill *b, const char *unit, uint32_t i)
{
  uint32_t kind = b->delivered ? b->delivered[i].kind : 0;
  bool video = gm_starts(unit, "video") || gm_ends(unit, "second");

  return kind == 0 || kind == (video ? GAMUT_VIDEO : GAMUT_IMAGE);
}

static double charged(const struct json_object *row, double units)
{
  if (gm_json_bool(row, "round_up", false))
    units = ceil(units - 1e-9);
  return GM_MAX(units, gm_json_real(row, "minimum", 0));
}

static double cost_of(const struct json_object *row, double units)
{
  double usd = gm_json_real(row, "usd", 0);
  double first = gm_json_real(row, "first_usd", usd);

  return first * GM_MIN(units, 1) + usd * GM_MAX(units - 1, 0);
}

/* ---- the formula -------------------------------------------------------- */

GM_PRINTF(2, 3)
static void say(struct bill *b, const char *fmt, ...)
{
  size_t room = sizeof(b->price.formula) - b->formula_len;
  va_list ap;
  int n;

  va_start(ap, fmt);
  n = vsnprintf(b->price.formula + b->formula_len, room, fmt, ap);
  va_end(ap);
  if (n > 0)
    b->formula_len += GM_MIN((size_t)n, room - 1);
}

static void say_units(struct bill *b, double units, const char *phrase)
{
  char number[32];

  /* Three decimals of a megapixel are enough for anyone. */
  say(b, "%s %s%s", gm_fmt_real(number, round(units * 1000) / 1000), phrase,
      units == 1 ? "" : "s");
}

static void say_row(struct bill *b, const struct json_object *row,
                    const char *phrase, uint32_t n, double units)
{
  double usd = gm_json_real(row, "usd", 0);
  char money[32], number[32];

  if (b->formula_len > 0)
    say(b, " + ");
  if (n > 1)
    say(b, "%u outputs x ", n);
  if (!gm_json_at(row, "first_usd")) {
    say_units(b, units, phrase);
    say(b, " x $%s", gm_fmt_usd(money, usd));
    return;
  }
  say(b, "(first %s $%s", phrase,
      gm_fmt_usd(money, gm_json_real(row, "first_usd", 0)));
  if (units > 1)
    say(b, " + %s x $%s", gm_fmt_real(number, round((units - 1) * 1000) / 1000),
        gm_fmt_usd(money, usd));
  say(b, ")");
}

/* ---- the sum ------------------------------------------------------------ */

/* Images and videos are counted; the rest is measured on each output. */
static double units_of(struct bill *b, const char *unit, uint32_t i)
{
  if (gm_streq(unit, "megapixel"))
    return megapixels(b, i);
  if (gm_streq(unit, "second"))
    return seconds(b, i);
  if (gm_streq(unit, "megapixel_second"))
    return megapixels(b, i) * seconds(b, i);
  if (gm_streq(unit, "video_token"))
    return frame_pixels(b, i) * seconds(b, i) * TOKENS;
  return 1;
}

static bool add_outputs(struct bill *b, const struct json_object *row,
                        const struct gm_price_unit *unit)
{
  bool counted = gm_streq(unit->name, "image") || gm_streq(unit->name, "video");
  double total = 0, first = 0, usd = 0;
  bool alike = true;
  uint32_t i, n = 0;

  for (i = 0; i < b->n; i++) {
    double units;

    if (!counts(b, unit->name, i))
      continue;
    units = units_of(b, unit->name, i);
    if (units <= 0)
      return false;
    units = charged(row, units);
    first = n == 0 ? units : first;
    alike = alike && units == first;
    total += units;
    usd += cost_of(row, units);
    n++;
  }
  if (n == 0)
    return false;
  b->usd += usd;
  if ((counted && !gm_json_at(row, "first_usd")) || !alike)
    say_row(b, row, unit->phrase, 1, total);
  else
    say_row(b, row, unit->phrase, n, first);
  return true;
}

/* Drafts are made of each output. */
static double per_request(const struct bill *b, const struct json_object *row,
                          const char *unit)
{
  if (gm_streq(unit, "partial"))
    return (double)gm_json_i64(b->request, "partials", 0) * b->n;
  return gm_streq(unit, "request")
           ? 1
           : count_inputs(b, gm_json_str(row, "role", NULL));
}

static bool add_row(struct bill *b, const struct json_object *row)
{
  const struct gm_price_unit *unit = gm_price_unit(row);
  double units;

  if (!unit || unit->per == GM_PER_TOKEN || !gm_json_at(row, "usd"))
    return false;
  if (!b->price.source)
    b->price.source = gm_json_str(row, "source", NULL);
  if (!b->price.checked)
    b->price.checked = gm_json_str(row, "checked", NULL);
  b->price.sure = b->price.sure && gm_json_bool(row, "sure", true);
  if (unit->per == GM_PER_OUTPUT)
    return add_outputs(b, row, unit);
  units = charged(row, per_request(b, row, unit->name));
  if (units > 0) {
    b->usd += cost_of(row, units);
    say_row(b, row, unit->phrase, 1, units);
  }
  return true;
}

static bool add_up(struct bill *b)
{
  const struct json_object *rows = gm_json_at(b->m->entry, "price");
  size_t i, n = gm_json_count(rows, NULL);
  bool based = false;

  for (i = 0; i < n; i++) {
    const struct json_object *row = json_object_array_get_idx(rows, i);
    bool plus = gm_json_bool(row, "plus", false);

    if ((!plus && based) || !holds(b, row))
      continue;
    if (!add_row(b, row))
      return false;
    based = based || !plus;
  }
  if (!based || !(b->usd >= 0 && b->usd <= USD_MAX))
    return false;
  b->price.microusd = llround(b->usd * 1e6);
  b->price.sure = b->price.sure && !b->guessed;
  return true;
}

static bool make_bill(struct bill *b, struct gm_price *ret)
{
  b->price.sure = true;
  if (!b->m || !add_up(b))
    return false;
  *ret = b->price;
  return true;
}

bool gm_price_estimate(const struct gm_model *m,
                       const struct json_object *request,
                       const struct gm_input *inputs, uint32_t n_inputs,
                       struct gm_price *ret)
{
  int64_t n = gm_json_i64(request, "n", 1);
  struct bill b = { .m = m,
                    .request = request,
                    .inputs = inputs,
                    .n_inputs = n_inputs,
                    .n = n < 1      ? 1
                         : n > 1000 ? 1000
                                    : (uint32_t)n };

  return make_bill(&b, ret);
}

/* The one row that holds; NULL: none, or another is added to it. */
static const struct json_object *only_row(const struct bill *b)
{
  const struct json_object *rows =
    b->m ? gm_json_at(b->m->entry, "price") : NULL;
  const struct json_object *row, *found = NULL;
  size_t i, n = gm_json_count(rows, NULL);

  for (i = 0; i < n; i++) {
    row = json_object_array_get_idx(rows, i);
    if (!holds(b, row))
      continue;
    if (gm_json_bool(row, "plus", false))
      return NULL;
    if (!found)
      found = row;
  }
  return found;
}

bool gm_price_billed(const struct gm_model *m,
                     const struct json_object *request,
                     const struct gm_input *inputs, uint32_t n_inputs,
                     const char *unit, double units, struct gm_price *ret)
{
  struct bill b = {
    .m = m, .request = request, .inputs = inputs, .n_inputs = n_inputs
  };
  const struct json_object *row = only_row(&b);
  const struct gm_price_unit *known = row ? gm_price_unit(row) : NULL;

  if (!known || known->per == GM_PER_TOKEN || units < 0 ||
      (!gm_streq(unit, "unit") && !gm_streq(unit, known->name)))
    return false;
  b.usd = cost_of(row, units);
  if (!(b.usd >= 0 && b.usd <= USD_MAX))
    return false;
  say_row(&b, row, known->phrase, 1, units);
  b.price.microusd = llround(b.usd * 1e6);
  b.price.sure = gm_json_bool(row, "sure", true);
  b.price.source = gm_json_str(row, "source", NULL);
  b.price.checked = gm_json_str(row, "checked", NULL);
  *ret = b.price;
  return true;
}

bool gm_price_delivered(const struct gm_model *m,
                        const struct json_object *request,
                        const struct gm_input *inputs, uint32_t n_inputs,
                        const struct gm_delivered *d, uint32_t n_delivered,
                        struct gm_price *ret)
{
  struct bill b = { .m = m,
                    .request = request,
                    .inputs = inputs,
                    .n_inputs = n_inputs,
                    .delivered = d,
                    .n = n_delivered };

  /* Nothing came: whether that was charged the formula cannot tell. */
  return n_delivered > 0 && make_bill(&b, ret);
}
