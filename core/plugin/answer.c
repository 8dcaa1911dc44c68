/* answer.c - what a query found out: answers that come page by page become one.
 *
 * Arrays are joined, objects member by member; of two plain values the later
 * one stands. */
#include "base/json.h"
#include "plugin/call_build.h"

static bool join_arrays(struct json_object *to, struct json_object *from)
{
  size_t i, n = json_object_array_length(from);
  bool ok = true;

  for (i = 0; i < n && ok; i++) {
    struct json_object *v = json_object_get(json_object_array_get_idx(from, i));

    ok = json_object_array_add(to, v) == 0;
    if (!ok)
      json_object_put(v);
  }
  return ok;
}

/* `have` is the member as it was; it may be replaced. */
static bool join_member(struct json_object *to, const char *key,
                        struct json_object *value)
{
  struct json_object *have = NULL;

  json_object_object_get_ex(to, key, &have);
  have = json_object_get(have);
  if (gm_answer_join(&have, value) &&
      json_object_object_add(to, key, have) == 0)
    return true;
  json_object_put(have);
  return false;
}

static bool join_objects(struct json_object *to, struct json_object *from)
{
  const struct lh_entry *e;

  for (e = json_object_get_object(from)->head; e; e = e->next) {
    const char *key = lh_entry_k(e);

    if (!join_member(to, key, (struct json_object *)lh_entry_v(e)))
      return false;
  }
  return true;
}

bool gm_answer_join(struct json_object **to, struct json_object *from)
{
  struct json_object *copy = NULL;

  if (*to && json_object_is_type(*to, json_type_array) &&
      json_object_is_type(from, json_type_array))
    return join_arrays(*to, from);
  if (*to && json_object_is_type(*to, json_type_object) &&
      json_object_is_type(from, json_type_object))
    return join_objects(*to, from);
  if (from && json_object_deep_copy(from, &copy, NULL))
    return false;
  json_object_put(*to);
  *to = copy;
  return true;
}

void gm_host_answer(struct gamut_call *pub, const struct gamut_json *answer)
{
  struct gm_call *c = gm_call_of(pub);
  _cleanup_json_ struct json_object *own = NULL;

  if (gm_call_broken(c))
    return;
  if (!answer) {
    gm_call_break(c, GAMUT_E_PLUGIN, "gave an empty answer");
    return;
  }
  own = gm_json_owned(c, gm_json_of(answer));
  if (!gm_call_broken(c) && (!own || !gm_answer_join(&c->answer, own)))
    gm_call_break(c, GAMUT_E_NOMEM, "no memory for an answer");
}
