/* texts.c - a few short texts in one block, each ended by its NUL.  Looking for
 * one goes through all before it. */
#include "base/texts.h"
#include "base/buf.h"
#include "base/json.h"
#include <string.h>

void gm_texts_finish(struct gm_texts *t)
{
  gm_free(t->data);
  *t = (struct gm_texts){ 0 };
}

bool gm_texts_add(struct gm_texts *t, const char *text)
{
  size_t size = strlen(text) + 1;
  char *data = gm_realloc(t->data, t->len + size);

  if (!data)
    return false;
  memcpy(data + t->len, text, size);
  t->data = data;
  t->len += size;
  t->n++;
  return true;
}

const char *gm_texts_next(const struct gm_texts *t, const char *text)
{
  const char *next = text ? text + strlen(text) + 1 : t->data;

  return t->n > 0 && next < t->data + t->len ? next : NULL;
}

void gm_texts_remove(struct gm_texts *t, const char *text)
{
  size_t size = strlen(text) + 1, at = (size_t)(text - t->data);

  memmove(t->data + at, t->data + at + size, t->len - at - size);
  t->len -= size;
  t->n--;
}

/* ---- pairs --------------------------------------------------------------- */

/* The name among the names. */
static const char *find(const struct gm_texts *t, const char *name)
{
  const char *at = gm_texts_next(t, NULL);

  while (at && strcmp(at, name) != 0)
    at = gm_texts_next(t, gm_texts_next(t, at));
  return at;
}

bool gm_texts_set(struct gm_texts *t, const char *name, const char *value)
{
  const char *old = find(t, name);

  if (old && strcmp(gm_texts_next(t, old), value) == 0)
    return true;
  if (old) {
    gm_texts_remove(t, gm_texts_next(t, old));
    gm_texts_remove(t, old);
  }
  if (!gm_texts_add(t, name))
    return false;
  if (gm_texts_add(t, value))
    return true;
  gm_texts_remove(t, find(t, name));
  return false;
}

const char *gm_texts_get(const struct gm_texts *t, const char *name)
{
  const char *at = find(t, name);

  return at ? gm_texts_next(t, at) : NULL;
}

/* ---- as JSON ------------------------------------------------------------- */

void gm_texts_add_list(const struct gm_texts *t, struct gm_buf *b)
{
  const char *at = gm_texts_next(t, NULL);

  gm_buf_addc(b, '[');
  while (at) {
    gm_buf_add_json(b, at);
    at = gm_texts_next(t, at);
    gm_buf_add(b, at ? "," : "");
  }
  gm_buf_addc(b, ']');
}

void gm_texts_add_pairs(const struct gm_texts *t, struct gm_buf *b)
{
  const char *name = gm_texts_next(t, NULL), *value;

  gm_buf_addc(b, '{');
  while (name) {
    value = gm_texts_next(t, name);
    gm_buf_add_json(b, name);
    gm_buf_addc(b, ':');
    gm_buf_add_json(b, value);
    name = gm_texts_next(t, value);
    gm_buf_add(b, name ? "," : "");
  }
  gm_buf_addc(b, '}');
}

struct json_object *gm_texts_pairs(const struct gm_texts *t)
{
  struct json_object *o = t->n > 0 ? json_object_new_object() : NULL;
  const char *name = o ? gm_texts_next(t, NULL) : NULL, *value;

  while (name) {
    value = gm_texts_next(t, name);
    json_object_object_add(o, name, json_object_new_string(value));
    name = gm_texts_next(t, value);
  }
  return o;
}

bool gm_texts_read_list(struct gm_texts *t, const struct json_object *o)
{
  size_t i, n = gm_json_count(o, NULL);

  for (i = 0; i < n && json_object_is_type(o, json_type_array); i++) {
    const char *text = gm_json_str(json_object_array_get_idx(o, i), NULL, NULL);

    if (text && !gm_texts_add(t, text))
      return false;
  }
  return true;
}

bool gm_texts_read_pairs(struct gm_texts *t, const struct json_object *o)
{
  struct json_object_iter it;

  if (!json_object_is_type(o, json_type_object))
    return true;
  json_object_object_foreachC(o, it)
  {
    const char *value = gm_json_str(it.val, NULL, NULL);

    if (value && !gm_texts_set(t, it.key, value))
      return false;
  }
  return true;
}
