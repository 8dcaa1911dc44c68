/* price_text.c - prices for people. */
#include "base/str.h"
#include "route/price_private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MILLION  1000000.0
#define SAID_MAX 3 /* values of one condition */

const struct gm_price_unit *gm_price_unit(const struct json_object *row)
{
  static const struct gm_price_unit units[] = {
    { "image", "image", GM_PER_OUTPUT },
    { "megapixel", "megapixel", GM_PER_OUTPUT },
    { "second", "second", GM_PER_OUTPUT },
    { "video", "video", GM_PER_OUTPUT },
    { "video_token", "video token", GM_PER_OUTPUT },
    { "megapixel_second", "megapixel second", GM_PER_OUTPUT },
    { "request", "request", GM_PER_REQUEST },
    { "partial", "draft", GM_PER_REQUEST },
    { "input_image", "input image", GM_PER_REQUEST },
    { "text_token", "text token", GM_PER_TOKEN },
    { "image_token", "image token", GM_PER_TOKEN },
    { "cached_token", "cached token", GM_PER_TOKEN },
    { "output_token", "output token", GM_PER_TOKEN },
    { "credit", "credit", GM_PER_TOKEN },
  };
  const char *name = gm_json_str(row, "unit", NULL);
  size_t i;

  for (i = 0; i < GM_LEN(units); i++) {
    if (gm_streq(name, units[i].name))
      return &units[i];
  }
  return NULL;
}

const char *gm_fmt_usd(char buf[32], double usd)
{
  /* Through an integer: the C library would write the locale's comma. */
  int64_t nano = (int64_t)llround(GM_MIN(GM_MAX(usd, 0), MILLION) * 1e9);
  size_t len;

  snprintf(buf, 32, "%lld.%09lld", (long long)(nano / 1000000000),
           (long long)(nano % 1000000000));
  for (len = strlen(buf); buf[len - 1] == '0' && buf[len - 3] != '.'; len--)
    buf[len - 1] = '\0';
  return buf;
}

/* "4K", "audio", "no audio", "duration 5" */
static void add_value(struct gm_buf *out, const char *name,
                      const struct json_object *value)
{
  const char *text = gm_json_str(value, NULL, NULL);
  char number[32];

  if (text)
    gm_buf_add(out, text);
  else if (json_object_is_type(value, json_type_boolean))
    gm_buf_addf(out, "%s%s", gm_json_bool(value, NULL, false) ? "" : "no ",
                name);
  else if (value)
    gm_buf_addf(out, "%s %s", name,
                gm_fmt_real(number, gm_json_real(value, NULL, 0)));
}

/* That a field is absent goes without saying. */
static bool is_said(const struct json_object *want)
{
  size_t i, n = gm_json_count(want, NULL);

  if (!json_object_is_type(want, json_type_array))
    return want != NULL;
  for (i = 0; i < n; i++) {
    if (json_object_array_get_idx(want, i))
      return true;
  }
  return false;
}

static void add_condition(struct gm_buf *out, const char *name,
                          const struct json_object *want)
{
  size_t i, said = 0, n = gm_json_count(want, NULL);

  if (!json_object_is_type(want, json_type_array)) {
    add_value(out, name, want);
    return;
  }
  for (i = 0; i < n; i++) {
    const struct json_object *one = json_object_array_get_idx(want, i);

    if (!one)
      continue;
    if (said == SAID_MAX) {
      gm_buf_add(out, " ...");
      break;
    }
    if (said++)
      gm_buf_add(out, " or ");
    add_value(out, name, one);
  }
}

static void add_when(struct gm_buf *out, const struct json_object *when)
{
  struct json_object_iterator it, end;
  size_t said = 0;

  if (!json_object_is_type(when, json_type_object))
    return;
  it = json_object_iter_begin(gm_unconst(when));
  end = json_object_iter_end(when);
  for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
    const struct json_object *want = json_object_iter_peek_value(&it);

    if (!is_said(want))
      continue;
    gm_buf_add(out, said++ ? ", " : " (");
    add_condition(out, json_object_iter_peek_name(&it), want);
  }
  if (said)
    gm_buf_add(out, ")");
}

static void add_row(struct gm_buf *out, const struct json_object *row,
                    const struct gm_price_unit *unit)
{
  double usd = gm_json_real(row, "usd", 0);
  bool token = gm_ends(unit->name, "_token");
  const char *article = strchr("aeiou", *unit->phrase) ? "an" : "a";
  char money[32];

  if (gm_json_at(row, "first_usd"))
    gm_buf_addf(out, "$%s the first %s, then ",
                gm_fmt_usd(money, gm_json_real(row, "first_usd", 0)),
                unit->phrase);
  if (!gm_json_at(row, "usd"))
    gm_buf_addf(out, "%s credits %s %s",
                gm_fmt_real(money, gm_json_real(row, "credits", 0)), article,
                unit->phrase);
  else if (token)
    gm_buf_addf(out, "$%s a million %ss", gm_fmt_usd(money, usd * MILLION),
                unit->phrase);
  else
    gm_buf_addf(out, "$%s %s %s", gm_fmt_usd(money, usd), article,
                unit->phrase);
  add_when(out, gm_json_at(row, "when"));
}

int32_t gm_price_text(const struct gm_model *m, struct gm_buf *out)
{
  const struct json_object *rows = m ? gm_json_at(m->entry, "price") : NULL;
  size_t i, said = 0, n = gm_json_count(rows, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *row = json_object_array_get_idx(rows, i);
    const struct gm_price_unit *unit = gm_price_unit(row);

    if (!unit)
      continue;
    if (said++)
      gm_buf_add(out, gm_json_bool(row, "plus", false) ? " plus " : ", ");
    add_row(out, row, unit);
  }
  return out->failed;
}

/* ---- what it depends on -------------------------------------------------- */

static void add_fields(struct json_object *to, const struct json_object *when,
                       const struct json_object *request)
{
  struct json_object_iterator it, end;

  if (!json_object_is_type(when, json_type_object))
    return;
  it = json_object_iter_begin(gm_unconst(when));
  end = json_object_iter_end(when);
  for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
    const char *name = json_object_iter_peek_name(&it);
    struct json_object *value = NULL;

    if (json_object_object_get_ex(to, name, NULL))
      continue;
    if (!json_object_object_get_ex(request, name, &value))
      json_object_object_get_ex(gm_json_at(request, "extra"), name, &value);
    json_object_object_add(to, name, json_object_get(value));
  }
}

struct json_object *gm_price_depends(const struct gm_model *m,
                                     const struct json_object *request)
{
  const struct json_object *rows = m ? gm_json_at(m->entry, "price") : NULL;
  struct json_object *o = NULL;
  size_t i, n = gm_json_count(rows, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *when =
      gm_json_at(json_object_array_get_idx(rows, i), "when");

    if (when && !o)
      o = json_object_new_object();
    if (o)
      add_fields(o, when, request);
  }
  return o;
}

/* "quality, size or aspect_ratio" */
static void add_names(struct gm_buf *out, const struct gm_model *m)
{
  _cleanup_json_ struct json_object *o = gm_price_depends(m, NULL);
  struct json_object_iterator it, end;
  int i, n = o ? json_object_object_length(o) : 0;

  if (n == 0)
    return;
  it = json_object_iter_begin(o);
  end = json_object_iter_end(o);
  for (i = 0; !json_object_iter_equal(&it, &end);
       json_object_iter_next(&it), i++)
    gm_buf_addf(out, "%s%s",
                i == 0       ? ""
                : i == n - 1 ? " and "
                             : ", ",
                json_object_iter_peek_name(&it));
}

static bool has_conditions(const struct gm_model *m)
{
  const struct json_object *rows = gm_json_at(m->entry, "price");
  size_t i, n = gm_json_count(rows, NULL);

  for (i = 0; i < n; i++) {
    if (gm_json_at(json_object_array_get_idx(rows, i), "when"))
      return true;
  }
  return false;
}

static bool has_role(const struct gm_input *inputs, uint32_t n_inputs,
                     const char *role)
{
  uint32_t i;

  for (i = 0; i < n_inputs; i++) {
    if (gm_streq(inputs[i].role, role))
      return true;
  }
  return false;
}

/* A model that only changes what it is given has that one's length and size,
 * whether or not it has been named yet. */
static bool takes_after_input(const struct gm_model *m, const char *role)
{
  return gm_json_at(gm_json_at(m->entry, "inputs"), role) &&
         !gm_model_can(m, "text-to-video") &&
         !gm_model_can(m, "image-to-video") &&
         !gm_model_can(m, "text-to-image");
}

static const char *reason(enum gm_price_why why, bool of_input)
{
  switch (why) {
  case GM_PRICE_NO_MODEL:
    return "the catalog does not have the model";
  case GM_PRICE_NONE:
    return "the catalog has no price of it";
  case GM_PRICE_OPTIONS:
    return "the catalog has a price for other options only";
  case GM_PRICE_TOKENS:
    return "priced by tokens that only the vendor counts";
  case GM_PRICE_CREDITS:
    return "what a credit costs is not known (\"credit_usd\" in a catalog "
           "file of yours says it)";
  case GM_PRICE_LENGTH:
    return of_input ? "it depends on the length of the input"
                    : "it depends on the duration, which is not given";
  case GM_PRICE_PIXELS:
    return of_input ? "it depends on the pixels of the input"
                    : "it depends on the size, which is not given";
  case GM_PRICE_BROKEN:
    return "the price in the catalog is not understood";
  case GM_PRICE_HUGE:
    return "it comes to more than a billion dollars, a slip in the catalog";
  case GM_PRICE_NOTHING:
    return "nothing came that is charged for";
  case GM_PRICE_KNOWN:
    break;
  }
  return "";
}

void gm_price_reason(const struct gm_model *m, const struct gm_price *p,
                     const struct gm_input *inputs, uint32_t n_inputs,
                     struct gm_buf *out)
{
  bool of_input =
    m && (has_role(inputs, n_inputs, "video") || takes_after_input(m, "video"));

  if (m && p->why == GM_PRICE_PIXELS)
    of_input = of_input || has_role(inputs, n_inputs, "image") ||
               takes_after_input(m, "image");
  gm_buf_add(out, reason(p->why, of_input));
  if (!m || !has_conditions(m) ||
      (p->why != GM_PRICE_OPTIONS && p->why != GM_PRICE_TOKENS))
    return;
  gm_buf_add(out, "; it depends on ");
  add_names(out, m);
}
