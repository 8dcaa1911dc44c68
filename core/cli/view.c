/* view.c - json-c, with fewer questions asked.
 */
#include "view.h"
#include <stdio.h>
#include <stdlib.h>

struct json_object *cli_view_parse(const char *text)
{
  return text ? json_tokener_parse(text) : NULL;
}

int32_t cli_view_jobs(struct gamut *g, const char *filter,
                      struct json_object **ret, struct gamut_error *error)
{
  char *text = NULL;
  int32_t rc = gamut_jobs(g, filter, &text, error);

  *ret = cli_view_parse(text);
  gamut_string_free(text);
  if (rc == 0 && !*ret)
    rc = error->error_class = GAMUT_E_NOMEM;
  return rc;
}

struct json_object *cli_view_get(struct json_object *o, const char *key)
{
  struct json_object *found = NULL;

  if (!json_object_is_type(o, json_type_object))
    return NULL;
  return json_object_object_get_ex(o, key, &found) ? found : NULL;
}

const char *cli_view_str(struct json_object *o, const char *key)
{
  struct json_object *v = cli_view_get(o, key);

  return json_object_is_type(v, json_type_string) ? json_object_get_string(v)
                                                  : NULL;
}

bool cli_view_bool(struct json_object *o, const char *key)
{
  return json_object_get_boolean(cli_view_get(o, key));
}

int64_t cli_view_int(struct json_object *o, const char *key)
{
  return json_object_get_int64(cli_view_get(o, key));
}

size_t cli_view_count(struct json_object *array)
{
  return json_object_is_type(array, json_type_array)
           ? json_object_array_length(array)
           : 0;
}

struct json_object *cli_view_at(struct json_object *array, size_t i)
{
  return i < cli_view_count(array) ? json_object_array_get_idx(array, i) : NULL;
}

const char *cli_view_key(struct json_object *o, size_t i)
{
  const struct lh_entry *e = NULL;

  if (json_object_is_type(o, json_type_object))
    e = json_object_get_object(o)->head;
  for (; e && i > 0; i--)
    e = e->next;
  return e ? lh_entry_k(e) : NULL;
}

char *cli_view_join(struct json_object *o, const char *key)
{
  struct json_object *array = cli_view_get(o, key);
  size_t i, n = cli_view_count(array), len = 0;
  char *text = NULL;
  FILE *out = open_memstream(&text, &len);

  if (!out)
    return NULL;
  for (i = 0; i < n; i++) {
    const char *piece = json_object_get_string(cli_view_at(array, i));

    fprintf(out, "%s%s", i ? ", " : "", piece ? piece : "");
  }
  if (fclose(out)) {
    free(text);
    return NULL;
  }
  return text;
}
