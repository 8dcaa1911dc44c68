/* validate.c - a request against its model's entry.
 *
 * What was asked is what is checked: a value that the model does not have is
 * refused with those that it has, or, when the caller wants the nearest,
 * changed and noted.  What has no nearest (the operation, an input, a prompt
 * that is too long: it is not for us to cut) is refused in both modes.
 *
 * Absent from the entry means unknown and is not checked.  Four things count as
 * spoken of nevertheless: n above 1 and drafts, since a model that gives them
 * says so; the shape of the picture, once any of sizes, aspect_ratios,
 * resolutions is there; and inputs to a model that only makes something out of
 * text.
 */
#include "base/str.h"
#include "route/validate_private.h"
#include <string.h>

static int32_t check_operation(struct gm_check *c, const struct gm_model *m,
                               const char *operation)
{
  char listed[GM_LISTED];

  if (!gm_json_count(c->entry, "operations") || gm_model_can(m, operation))
    return 0;
  return gm_check_refuse(
    c, "%s is not what %s does; it has %s", operation, c->model,
    gm_check_list(listed, gm_json_at(c->entry, "operations")));
}

static int32_t check_prompt(struct gm_check *c, const char *operation)
{
  const char *prompt = gm_json_str(c->request, "prompt", NULL);
  const char *rule = gm_json_str(c->entry, "prompt", "");
  int64_t max = gm_json_i64(c->entry, "prompt_max", 0);
  size_t len;

  if (!*rule && gm_starts(operation, "text-to-"))
    rule = "required";
  if (!prompt && gm_streq(rule, "required") && !c->quote)
    return gm_check_refuse(c, "%s needs a prompt", c->model);
  if (!prompt)
    return 0;
  if (gm_streq(rule, "none"))
    return c->nearest ? gm_check_drop(c, "prompt")
                      : gm_check_refuse(c, "%s takes no prompt", c->model);
  len = max > 0 ? gm_utf8_count(prompt) : 0;
  if (max <= 0 || len <= (size_t)max)
    return 0;
  return gm_check_refuse(c,
                         "the prompt has %zu characters, %s takes at most %lld",
                         len, c->model, (long long)max);
}

/* Inputs before the operation, which is mostly guessed from them: "takes no
 * mask" says more than "does not edit".  That one is missing comes last. */
static int32_t check_purpose(struct gm_check *c, const struct gm_model *m,
                             const char *operation,
                             const struct gm_input *inputs, uint32_t n_inputs)
{
  int32_t rc = gm_check_inputs(c, inputs, n_inputs);

  if (!rc)
    rc = check_operation(c, m, operation);
  return rc ? rc : gm_check_counts(c, operation, inputs, n_inputs);
}

int32_t gm_validate(const struct gm_model *m, struct json_object *request,
                    const struct gm_input *inputs, uint32_t n_inputs,
                    uint32_t mode, struct json_object *notes,
                    struct gm_error *err)
{
  struct gm_check c = { .request = request,
                        .nearest = (mode & ~GM_CHECK_QUOTE) == GM_CHECK_NEAREST,
                        .quote = (mode & GM_CHECK_QUOTE) != 0,
                        .notes = notes,
                        .err = err };
  const char *operation;
  int32_t rc;

  if (!m || (mode & ~GM_CHECK_QUOTE) == GM_CHECK_PASS)
    return 0;
  c.model = m->id;
  c.entry = m->entry;
  operation = gm_operation_of(request, inputs, n_inputs, m);
  rc = check_purpose(&c, m, operation, inputs, n_inputs);
  if (!rc)
    rc = check_prompt(&c, operation);
  if (!rc)
    rc = gm_check_shape(&c);
  if (!rc)
    rc = gm_check_numbers(&c);
  if (!rc)
    rc = gm_check_words(&c);
  return rc;
}
