/* operation.c - the operation that a request means.
 *
 * The one that is named counts.  Else the inputs say it, by this order:
 *
 *   a video              video-to-video
 *   a mask               edit
 *   a first, last frame  image-to-video
 *   an image, reference  edit, image-to-image, image-to-video or upscale: the
 *                        first of them that the model can; text-to-... when it
 *                        takes that role beside its text; without a model
 *                        image-to-video if length or sound is asked for, else
 *                        edit
 *   none, or sound only  text-to-image or text-to-video, whichever the model
 *                        can; what else it can, when it makes nothing of text;
 *                        without a model text-to-video if length or sound is
 *                        asked for, else text-to-image
 *
 * The answer is what is meant, not what is possible: it may be something that
 * the model cannot, which the check then says.
 */
#include "base/str.h"
#include "route/validate.h"
#include <string.h>

static bool has_role(const struct gm_input *inputs, uint32_t n_inputs,
                     const char *role)
{
  uint32_t i;

  for (i = 0; i < n_inputs; i++) {
    if (gm_streq(inputs[i].role, role))
      return true;
  }
  return false;
}

static bool moves(const struct json_object *request)
{
  return gm_json_at(request, "duration") || gm_json_at(request, "fps") ||
         gm_json_bool(request, "audio", false);
}

static const char *first_that(const struct gm_model *m,
                              const char *const *operations)
{
  for (; m && *operations; operations++) {
    if (gm_model_can(m, *operations))
      return *operations;
  }
  return NULL;
}

static const char *of_video(const struct gm_model *m)
{
  static const char *const order[] = { "video-to-video", "upscale", "edit",
                                       NULL };
  const char *can = first_that(m, order);

  return can ? can : order[0];
}

static const char *of_picture(const struct json_object *request,
                              const char *role, const struct gm_model *m)
{
  static const char *const order[] = { "edit", "image-to-image",
                                       "image-to-video", "upscale", NULL };
  static const char *const text[] = { "text-to-image", "text-to-video", NULL };
  const char *can = first_that(m, order);

  if (can)
    return can;
  if (m && gm_json_at(gm_json_at(m->entry, "inputs"), role))
    can = first_that(m, text);
  if (can)
    return can;
  if (moves(request) || (m && gm_model_can(m, "text-to-video")))
    return "image-to-video";
  return "edit";
}

static const char *of_text(const struct json_object *request,
                           const struct gm_model *m)
{
  static const char *const order[] = { "text-to-image",  "text-to-video",
                                       "edit",           "image-to-image",
                                       "image-to-video", "video-to-video",
                                       "upscale",        NULL };
  const char *can = first_that(m, order);

  if (can)
    return can;
  return moves(request) ? "text-to-video" : "text-to-image";
}

const char *gm_operation_role(const struct json_object *request,
                              const struct gm_input *inputs, uint32_t n_inputs)
{
  static const char *const stronger[] = { "video", "mask", "first_frame",
                                          "last_frame" };
  size_t i;

  if (gm_json_at(request, "operation"))
    return NULL;
  for (i = 0; i < GM_LEN(stronger); i++)
    if (has_role(inputs, n_inputs, stronger[i]))
      return NULL;
  if (has_role(inputs, n_inputs, "image"))
    return "image";
  return has_role(inputs, n_inputs, "reference") ? "reference" : NULL;
}

const char *gm_operation_of(const struct json_object *request,
                            const struct gm_input *inputs, uint32_t n_inputs,
                            const struct gm_model *m)
{
  const char *named = gm_json_str(request, "operation", NULL);

  if (named && *named)
    return named;
  if (has_role(inputs, n_inputs, "video"))
    return of_video(m);
  if (has_role(inputs, n_inputs, "mask"))
    return "edit";
  if (has_role(inputs, n_inputs, "first_frame") ||
      has_role(inputs, n_inputs, "last_frame"))
    return "image-to-video";
  if (has_role(inputs, n_inputs, "image"))
    return of_picture(request, "image", m);
  if (has_role(inputs, n_inputs, "reference"))
    return of_picture(request, "reference", m);
  return of_text(request, m);
}

bool gm_request_brings_more(const struct json_object *request)
{
  const struct json_object *extra = gm_json_at(request, "extra");
  struct json_object_iter it;

  if (!json_object_is_type(extra, json_type_object))
    return false;
  json_object_object_foreachC(gm_unconst(extra), it)
  {
    enum json_type type = json_object_get_type(it.val);

    if (type == json_type_string || type == json_type_array ||
        type == json_type_object)
      return true;
  }
  return false;
}
