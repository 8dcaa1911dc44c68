/* vector.c - a vector of gamut.embed/1 on its way into the answer: the base64
 * of 32-bit floats, little-endian.  No JSON number is made of its numbers. */
#include "base/vector.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "plugin/call_build.h"
#include <string.h>

static void no_vector(struct gm_call *c)
{
  gm_call_break(c, GAMUT_E_PROTOCOL, "got a vector without a direction");
}

static float float_of(const uint8_t *p)
{
  uint32_t bits =
    p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
  float v;

  memcpy(&v, &bits, sizeof(v));
  return v;
}

static void put_float(float v, uint8_t *p)
{
  uint32_t bits;

  memcpy(&bits, &v, sizeof(bits));
  p[0] = (uint8_t)bits;
  p[1] = (uint8_t)(bits >> 8);
  p[2] = (uint8_t)(bits >> 16);
  p[3] = (uint8_t)(bits >> 24);
}

/* How many numbers; 0: it is none. */
static size_t read_text(struct gm_call *c, const char *text, float *out)
{
  struct gm_base64 d = GM_BASE64_INIT;
  size_t i, len = strlen(text), n;
  uint8_t *bytes;

  if (len > gm_base64_size(4 * GAMUT_VECTOR_MAX))
    return 0;
  bytes = gm_call_alloc(c, len / 4 * 3 + 3);
  n = bytes ? gm_base64_decode(&d, text, len, bytes) : 0;
  if (n == SIZE_MAX || n % 4 || !gm_base64_done(&d))
    return 0;
  for (i = 0; i < n / 4; i++)
    out[i] = float_of(bytes + 4 * i);
  return n / 4;
}

static size_t read_array(struct json_object *list, float *out)
{
  size_t i, n = json_object_array_length(list);

  if (n > GAMUT_VECTOR_MAX)
    return 0;
  for (i = 0; i < n; i++) {
    struct json_object *v = json_object_array_get_idx(list, i);

    if (!json_object_is_type(v, json_type_double) &&
        !json_object_is_type(v, json_type_int))
      return 0;
    out[i] = (float)json_object_get_double(v);
  }
  return n;
}

static struct json_object *list_of(const char *text)
{
  struct json_object *list = json_object_new_array();
  struct json_object *one = json_object_new_string(text);

  if (list && one && json_object_array_add(list, one) == 0)
    return list;
  json_object_put(one);
  json_object_put(list);
  return NULL;
}

/* {"vectors": [base64]}, which joins those before it. */
static void keep(struct gm_call *c, const float *v, size_t n)
{
  _cleanup_json_ struct json_object *o = json_object_new_object();
  struct json_object *list;
  uint8_t *bytes = gm_call_alloc(c, 4 * n);
  char *text = gm_call_alloc(c, gm_base64_size(4 * n) + 1);
  size_t i;

  if (!bytes || !text)
    return;
  for (i = 0; i < n; i++)
    put_float(v[i], bytes + 4 * i);
  gm_base64_encode(bytes, 4 * n, text);
  text[gm_base64_size(4 * n)] = '\0';
  list = list_of(text);
  if (!o || !list || json_object_object_add(o, "vectors", list))
    json_object_put(list);
  else if (gm_answer_join(&c->answer, o))
    return;
  gm_call_break(c, GAMUT_E_NOMEM, "no memory for an answer");
}

void gm_host_vector(struct gamut_call *pub, const struct gamut_json *vector)
{
  struct gm_call *c = gm_call_of(pub);
  struct json_object *o = vector ? gm_json_of(vector) : NULL;
  const char *text;
  size_t n = 0;
  float *v;

  if (gm_call_broken(c))
    return;
  v = gm_call_alloc(c, GAMUT_VECTOR_MAX * sizeof(*v));
  if (!v)
    return;
  if (json_object_is_type(o, json_type_string)) {
    text = gm_call_plain(c, json_object_get_string(o));
    n = text ? read_text(c, text, v) : 0;
  } else if (json_object_is_type(o, json_type_array)) {
    n = read_array(o, v);
  }
  if (n == 0 || !gm_vector_unit(v, n))
    no_vector(c);
  else
    keep(c, v, n);
}
