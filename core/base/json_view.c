/* json_view.c - json-c behind limits: looking things up.
 *
 * A reader of a vendor's reply asks for what it expects and gets its fallback
 * for anything else: absent, null, another type, out of range, or (strings)
 * with a NUL inside, which C text would silently cut there.
 */
#include "base/json.h"
#include "base/str.h"
#include <math.h>
#include <string.h>

#define KEY_MAX   256 /* a longer part of a path names nothing */
#define TWO_TO_63 9223372036854775808.0

/* Nearly all objects have so few members that to look at each is quicker than
 * json-c's hash of the key, which a step computes a hundred times. */
#define FEW 32

static bool member_of_few(const struct lh_table *t, const char *key, size_t len,
                          struct json_object **ret)
{
  const struct lh_entry *e;

  for (e = t->head; e; e = e->next) {
    const char *name = lh_entry_k(e);

    if (name[0] == key[0] && strncmp(name, key, len) == 0 && !name[len]) {
      *ret = (struct json_object *)lh_entry_v(e);
      return true;
    }
  }
  return false;
}

static bool element(const struct json_object *o, const char *name,
                    struct json_object **ret)
{
  int64_t index;

  if (!gm_parse_i64(name, 0, INT32_MAX, &index) ||
      (size_t)index >= json_object_array_length(o))
    return false;
  *ret = json_object_array_get_idx(o, (size_t)index);
  return true;
}

static bool child(const struct json_object *o, const char *key, size_t len,
                  struct json_object **ret)
{
  const struct lh_table *members = json_object_get_object(o);
  char name[KEY_MAX];

  if (len >= sizeof(name))
    return false;
  if (members && len > 0 && members->count <= FEW)
    return member_of_few(members, key, len, ret);
  memcpy(name, key, len);
  name[len] = '\0';
  if (members)
    return json_object_object_get_ex(o, name, ret);
  return json_object_is_type(o, json_type_array) && element(o, name, ret);
}

bool gm_json_find(const struct json_object *o, const char *path,
                  struct json_object **ret)
{
  *ret = gm_unconst(o);
  if (!path || !*path)
    return true;
  while (*ret) {
    size_t len = (size_t)(strchrnul(path, '/') - path);

    o = *ret;
    *ret = NULL;
    if (!child(o, path, len, ret))
      return false;
    if (!path[len])
      return true;
    path += len + 1;
  }
  return false;
}

struct json_object *gm_json_at(const struct json_object *o, const char *path)
{
  struct json_object *found;

  return gm_json_find(o, path, &found) ? found : NULL;
}

const char *gm_json_str(const struct json_object *o, const char *path,
                        const char *fallback)
{
  struct json_object *s = gm_json_at(o, path);
  const char *text;

  if (!json_object_is_type(s, json_type_string))
    return fallback;
  text = json_object_get_string(s);
  if (strlen(text) != (size_t)json_object_get_string_len(s))
    return fallback;
  return text;
}

int64_t gm_json_i64(const struct json_object *o, const char *path,
                    int64_t fallback)
{
  struct json_object *n = gm_json_at(o, path);
  double v;

  if (json_object_is_type(n, json_type_int)) {
    /* json-c would clamp what is above. */
    return json_object_get_int64(n) == INT64_MAX &&
               json_object_get_uint64(n) > INT64_MAX
             ? fallback
             : json_object_get_int64(n);
  }
  if (!json_object_is_type(n, json_type_double))
    return fallback;
  v = json_object_get_double(n);
  /* 2^63 is a double, INT64_MAX is not. */
  return v >= -TWO_TO_63 && v < TWO_TO_63 ? (int64_t)v : fallback;
}

double gm_json_real(const struct json_object *o, const char *path,
                    double fallback)
{
  struct json_object *n = gm_json_at(o, path);
  double v;

  if (!json_object_is_type(n, json_type_int) &&
      !json_object_is_type(n, json_type_double))
    return fallback;
  v = json_object_get_double(n);
  return isfinite(v) ? v : fallback;
}

bool gm_json_bool(const struct json_object *o, const char *path, bool fallback)
{
  struct json_object *b = gm_json_at(o, path);

  if (!json_object_is_type(b, json_type_boolean))
    return fallback;
  return json_object_get_boolean(b) != 0;
}

size_t gm_json_count(const struct json_object *o, const char *path)
{
  struct json_object *c = gm_json_at(o, path);

  if (json_object_is_type(c, json_type_array))
    return json_object_array_length(c);
  if (json_object_is_type(c, json_type_object))
    return (size_t)json_object_object_length(c);
  return 0;
}
