/* validate_inputs.c - what is given to the model: roles, counts, types, bytes.
 *
 * Nothing here has a nearest value: which of five pictures to leave out is the
 * caller's to say.  That a file is what its name claims is found out earlier,
 * when its first bytes are looked at.
 */
#include "base/str.h"
#include "route/validate_private.h"
#include <stdio.h>
#include <string.h>

#define NAME_MAX_SHOWN 60

static bool makes_from_text_only(const struct json_object *entry)
{
  const struct json_object *operations = gm_json_at(entry, "operations");
  size_t i, n = gm_json_count(operations, NULL);

  for (i = 0; i < n; i++) {
    if (!gm_starts(
          gm_json_str(json_object_array_get_idx(operations, i), NULL, ""),
          "text-to-"))
      return false;
  }
  return n > 0;
}

static const char *name_of(const struct gm_input *input, char buf[GM_SHOWN])
{
  const char *name = input->held     ? gm_input_source(input)
                     : input->name   ? input->name
                     : input->path   ? input->path
                     : input->source ? input->source
                                     : "";
  size_t len = strlen(name);

  snprintf(buf, GM_SHOWN, "%.*s%s", (int)gm_utf8_cut(name, len, NAME_MAX_SHOWN),
           name, len > NAME_MAX_SHOWN ? "..." : "");
  return buf;
}

static const char *roles_of(const struct json_object *roles,
                            char buf[GM_LISTED])
{
  struct json_object_iterator it, end;
  size_t len = 0;

  snprintf(buf, GM_LISTED, "none");
  if (!json_object_is_type(roles, json_type_object))
    return buf;
  it = json_object_iter_begin(gm_unconst(roles));
  end = json_object_iter_end(roles);
  for (; !json_object_iter_equal(&it, &end) && len < GM_LISTED;
       json_object_iter_next(&it))
    len += (size_t)snprintf(buf + len, GM_LISTED - len, "%s%s", len ? ", " : "",
                            json_object_iter_peek_name(&it));
  return buf;
}

static bool type_fits(const struct json_object *types, const char *mime)
{
  size_t i, n = gm_json_count(types, NULL);

  for (i = 0; i < n; i++) {
    if (gm_glob(gm_json_str(json_object_array_get_idx(types, i), NULL, ""),
                mime))
      return true;
  }
  return n == 0;
}

static int32_t check_one(struct gm_check *c, const struct json_object *roles,
                         const struct gm_input *input)
{
  const struct json_object *rule = gm_json_at(roles, input->role);
  int64_t most = gm_json_i64(rule, "max_bytes", INT64_MAX);
  char name[GM_SHOWN], listed[GM_LISTED];

  if (!rule)
    return gm_check_refuse(c, "inputs: %s takes no %s; it takes %s", c->model,
                           input->role, roles_of(roles, listed));
  if (input->mime && !type_fits(gm_json_at(rule, "types"), input->mime))
    return gm_check_refuse(c, "inputs: '%s' is %s; %s takes %s for its %s",
                           name_of(input, name), input->mime, c->model,
                           gm_check_list(listed, gm_json_at(rule, "types")),
                           input->role);
  if (most > 0 && input->size > (uint64_t)most)
    return gm_check_refuse(
      c, "inputs: '%s' has %llu bytes; %s takes at most %lld for its %s",
      name_of(input, name), (unsigned long long)input->size, c->model,
      (long long)most, input->role);
  return 0;
}

static int32_t check_count(struct gm_check *c, const char *role,
                           const struct json_object *rule,
                           const struct gm_input *inputs, uint32_t n_inputs)
{
  int64_t min = gm_json_i64(rule, "min", 0);
  int64_t max = gm_json_i64(rule, "max", INT64_MAX);
  int64_t n = 0;
  uint32_t i;

  for (i = 0; i < n_inputs; i++)
    n += gm_streq(inputs[i].role, role);
  if (n > max)
    return gm_check_refuse(
      c, "inputs: %lld of the role %s are more than %s takes (%lld)",
      (long long)n, role, c->model, (long long)max);
  if (n < min && !c->quote)
    return gm_check_refuse(
      c, "inputs: %s needs %lld of the role %s, there %s %lld", c->model,
      (long long)min, role, n == 1 ? "is" : "are", (long long)n);
  return 0;
}

static int32_t check_roles(struct gm_check *c, const struct json_object *roles,
                           const struct gm_input *inputs, uint32_t n_inputs)
{
  struct json_object_iterator it = json_object_iter_begin(gm_unconst(roles));
  struct json_object_iterator end = json_object_iter_end(roles);
  int32_t rc = 0;

  for (; !rc && !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
    rc = check_count(c, json_object_iter_peek_name(&it),
                     json_object_iter_peek_value(&it), inputs, n_inputs);
  return rc;
}

int32_t gm_check_inputs(struct gm_check *c, const struct gm_input *inputs,
                        uint32_t n_inputs)
{
  const struct json_object *roles = gm_json_at(c->entry, "inputs");
  int32_t rc = 0;
  uint32_t i;

  if (!roles && !makes_from_text_only(c->entry))
    return 0;
  for (i = 0; !rc && i < n_inputs; i++)
    rc = check_one(c, roles, &inputs[i]);
  return rc;
}

int32_t gm_check_counts(struct gm_check *c, const char *operation,
                        const struct gm_input *inputs, uint32_t n_inputs)
{
  const struct json_object *roles = gm_json_at(c->entry, "inputs");
  char listed[GM_LISTED];
  int32_t rc = 0;

  /* The vendor's own words may bring it. */
  if (n_inputs == 0 && gm_request_brings_more(c->request))
    return 0;
  if (json_object_is_type(roles, json_type_object))
    rc = check_roles(c, roles, inputs, n_inputs);
  if (rc || n_inputs > 0 || c->quote || gm_starts(operation, "text-to-"))
    return rc;
  return gm_check_refuse(c, "inputs: %s makes nothing out of text alone%s%s",
                         c->model, roles ? "; it takes " : "",
                         roles ? roles_of(roles, listed) : "");
}
