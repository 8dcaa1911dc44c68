/* price_text.c - prices for people. */
#include "base/str.h"
#include "route/price.h"
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
  if (token)
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
