/* json_text.c - json-c behind limits: writing.
 *
 * The canonical form is what hashes and idempotency keys are made of: two
 * requests that mean the same must give the same bytes, whoever built them.
 */
#include "base/json.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *gm_json_text(struct json_object *o, size_t *ret_len)
{
  size_t len = 0;
  const char *text = json_object_to_json_string_length(
    o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

  if (ret_len)
    *ret_len = text ? len : 0;
  return text ? text : "";
}

static int32_t add_value(const struct json_object *o, unsigned depth,
                         struct gm_buf *out);

static void add_string(const struct json_object *o, struct gm_buf *out)
{
  struct json_object *s = gm_unconst(o);
  const char *text = json_object_get_string(s);
  size_t len = (size_t)json_object_get_string_len(s);

  if (strlen(text) == len)
    gm_buf_add_json(out, text);
  else /* a NUL inside: json-c knows how to write it */
    gm_buf_add(out,
               json_object_to_json_string_ext(
                 s, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* 2, 2.0 and 2e0 are one number. */
static void add_number(const struct json_object *o, struct gm_buf *out)
{
  double v = json_object_get_double(o);
  char text[32];

  if (json_object_is_type(o, json_type_int)) {
    int64_t n = json_object_get_int64(o);

    if (n == INT64_MAX)
      gm_buf_addf(out, "%" PRIu64, json_object_get_uint64(o));
    else
      gm_buf_addf(out, "%" PRId64, n);
  } else if (!isfinite(v)) {
    gm_buf_add(out, "null");
  } else if (fabs(v) < 9007199254740992.0 && v == trunc(v)) {
    gm_buf_addf(out, "%" PRId64, (int64_t)v);
  } else {
    gm_buf_add(out, gm_fmt_real(text, v));
  }
}

static int by_name(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of `o` in order; they stay json-c's.  NULL: no memory. */
static const char **sorted_keys(const struct json_object *o, size_t *ret_n)
{
  size_t n = 0, max = (size_t)json_object_object_length(o);
  const char **keys = gm_alloc(max * sizeof(*keys));
  struct json_object_iterator it, end;

  if (!keys)
    return NULL;
  it = json_object_iter_begin(gm_unconst(o));
  end = json_object_iter_end(o);
  for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
    keys[n++] = json_object_iter_peek_name(&it);
  if (n)
    qsort(keys, n, sizeof(*keys), by_name);
  *ret_n = n;
  return keys;
}

static int32_t add_object(const struct json_object *o, unsigned depth,
                          struct gm_buf *out)
{
  size_t n, i;
  const char **keys = sorted_keys(o, &n);
  int32_t rc = keys ? 0 : GAMUT_E_NOMEM;

  gm_buf_addc(out, '{');
  for (i = 0; !rc && i < n; i++) {
    if (i)
      gm_buf_addc(out, ',');
    gm_buf_add_json(out, keys[i]);
    gm_buf_addc(out, ':');
    rc = add_value(json_object_object_get(o, keys[i]), depth + 1, out);
  }
  gm_buf_addc(out, '}');
  gm_free(keys);
  return rc;
}

static int32_t add_array(const struct json_object *o, unsigned depth,
                         struct gm_buf *out)
{
  size_t n = json_object_array_length(o), i;
  int32_t rc = 0;

  gm_buf_addc(out, '[');
  for (i = 0; !rc && i < n; i++) {
    if (i)
      gm_buf_addc(out, ',');
    rc = add_value(json_object_array_get_idx(o, i), depth + 1, out);
  }
  gm_buf_addc(out, ']');
  return rc;
}

static int32_t add_value(const struct json_object *o, unsigned depth,
                         struct gm_buf *out)
{
  if (depth > 2 * GM_JSON_DEPTH) /* built by hand; a parsed one cannot be */
    return GAMUT_E_INVALID;
  switch (json_object_get_type(o)) {
  case json_type_object:
    return add_object(o, depth, out);
  case json_type_array:
    return add_array(o, depth, out);
  case json_type_string:
    add_string(o, out);
    break;
  case json_type_int:
  case json_type_double:
    add_number(o, out);
    break;
  case json_type_boolean:
    gm_buf_add(out, json_object_get_boolean(o) ? "true" : "false");
    break;
  case json_type_null:
    gm_buf_add(out, "null");
    break;
  }
  return out->failed;
}

int32_t gm_json_canonical(const struct json_object *o, struct gm_buf *out)
{
  int32_t rc = add_value(o, 0, out);

  return rc ? rc : out->failed;
}

struct json_object *gm_json_new_real(double v)
{
  char text[32];

  return json_object_new_double_s(v, gm_fmt_real(text, v));
}
