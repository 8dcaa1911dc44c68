/* price_when.c - whether a row of the price holds for a request. */
#include "base/str.h"
#include "route/price_private.h"
#include "route/request_size.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

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
uint32_t gm_bill_inputs(const struct gm_bill *b, const char *role)
{
  uint32_t i, n = 0;

  for (i = 0; i < b->n_inputs; i++)
    n += !role || gm_streq(b->inputs[i].role, role);
  return n;
}

/* Is there an input of the role, or of one of them?  null: there is none. */
static bool inputs_hold(const struct gm_bill *b, const struct json_object *want)
{
  size_t i, n = gm_json_count(want, NULL);

  if (!json_object_is_type(want, json_type_array))
    return want ? gm_bill_inputs(b, gm_json_str(want, NULL, "")) > 0
                : b->n_inputs == 0;
  for (i = 0; i < n; i++) {
    if (inputs_hold(b, json_object_array_get_idx(want, i)))
      return true;
  }
  return false;
}

/* "720p" are lines, "4K" are 2160; 0: something else. */
double gm_price_lines(const char *resolution)
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
static bool lines_hold(const struct gm_bill *b, const struct json_object *want)
{
  size_t i, n = gm_json_count(want, NULL);
  uint32_t w, h;

  if (field_of(b->request, "resolution") ||
      !gm_request_size(b->request, &w, &h))
    return false;
  if (!json_object_is_type(want, json_type_array))
    return gm_price_lines(gm_json_str(want, NULL, "")) == GM_MIN(w, h);
  for (i = 0; i < n; i++) {
    if (lines_hold(b, json_object_array_get_idx(want, i)))
      return true;
  }
  return false;
}

static bool field_holds(const struct gm_bill *b, const char *name,
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

bool gm_bill_holds(const struct gm_bill *b, const struct json_object *row)
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
