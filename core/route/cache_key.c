/* cache_key.c - see cache_key.h.
 *
 * A member that this file does not know counts, so that a field of a later
 * version can make a request miss what it could have had, but never get what it
 * did not ask for.  Whoever changes the form changes FORM with it: keys of the
 * old form are then never met again. */
#include "route/cache_key.h"
#include "base/str.h"
#include <gamut/plugin.h>
#include <string.h>

#define FORM     "gamut-cache-1"
#define TEXT_MAX (8u << 20)

/* Who asked, how it is told and shown on the way: the same is made. */
static const char *const beside[] = { "user",    "webhook", "partials",
                                      "project", "tag",     "tags" };

static bool put(struct json_object *o, const char *name, const char *text)
{
  struct json_object *v = text ? json_object_new_string(text) : NULL;

  if (v && json_object_object_add(o, name, v) == 0)
    return true;
  json_object_put(v);
  return false;
}

/* The members are the caller's, so nothing below them may be changed. */
static struct json_object *request_of(const struct gm_key_parts *p,
                                      unsigned leave_out)
{
  struct json_object *o = json_object_new_object();
  struct json_object_iterator it =
    json_object_iter_begin(gm_unconst(p->request));
  struct json_object_iterator end = json_object_iter_end(p->request);
  size_t i;

  for (; o && !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
    json_object_object_add(o, json_object_iter_peek_name(&it),
                           json_object_get(json_object_iter_peek_value(&it)));
  for (i = 0; o && i < GM_LEN(beside); i++)
    json_object_object_del(o, beside[i]);
  if (o && gm_json_i64(o, "n", 0) == 1) /* as good as not said */
    json_object_object_del(o, "n");
  if (o && leave_out & GM_KEY_ANY_PROMPT)
    json_object_object_del(o, "prompt");
  if (o && leave_out & GM_KEY_ANY_MODEL)
    json_object_object_del(o, "model");
  return o;
}

/* Order matters: "the first on the left, the second on the right". */
static struct json_object *inputs_of(const struct gm_key_parts *p,
                                     int32_t *ret_class)
{
  struct json_object *list = json_object_new_array();
  uint32_t i;

  *ret_class = GAMUT_E_NOMEM;
  for (i = 0; list && i < p->n_inputs; i++) {
    const struct gm_input *in = &p->inputs[i];
    bool bytes = gm_input_has_bytes(in);
    struct json_object *o = json_object_new_object();

    if (bytes && !in->sha256)
      *ret_class = GAMUT_E_INVALID;
    if (!o || !put(o, "role", in->role) ||
        !put(o, bytes ? "sha256" : "url", bytes ? in->sha256 : in->url) ||
        json_object_array_add(list, o)) {
      json_object_put(o);
      json_object_put(list);
      return NULL;
    }
  }
  return list;
}

static bool add(struct json_object *o, const char *name, struct json_object *v)
{
  if (v && json_object_object_add(o, name, v) == 0)
    return true;
  json_object_put(v);
  return false;
}

static void digest(const struct gm_buf *text, char ret[GM_SHA256_HEX])
{
  struct gm_sha256 sum;

  gm_sha256_init(&sum);
  gm_sha256_add(&sum, text->data, text->len);
  gm_sha256_hex(&sum, ret);
}

int32_t gm_cache_key(const struct gm_key_parts *p, unsigned leave_out,
                     char ret[GM_SHA256_HEX])
{
  _cleanup_json_ struct json_object *o = json_object_new_object();
  _cleanup_(gm_buf_finish) struct gm_buf text = GM_BUF_INIT(TEXT_MAX);
  bool any_model = leave_out & GM_KEY_ANY_MODEL;
  int32_t rc = GAMUT_E_NOMEM;

  if (!o || !put(o, "form", FORM) || !put(o, "scope", p->scope) ||
      !add(o, "leave_out", json_object_new_int((int)leave_out)) ||
      !put(o, "provider", any_model ? "" : p->provider) ||
      !put(o, "place", any_model ? "" : p->place) ||
      !add(o, "request", request_of(p, leave_out)) ||
      !add(o, "inputs", inputs_of(p, &rc)))
    return rc;
  rc = gm_json_canonical(o, &text);
  if (rc == 0)
    digest(&text, ret);
  return rc;
}
