/* validate.h - what was asked is what is checked: a request against its model,
 * before anything is sent. */
#ifndef GM_ROUTE_VALIDATE_H
#define GM_ROUTE_VALIDATE_H

#include "plugin/call.h"
#include "route/catalog.h"

enum gm_check_mode { GM_CHECK_STRICT, GM_CHECK_NEAREST, GM_CHECK_PASS };
/* Beside a mode: for a price; a prompt or an input that is missing is not
 * missed. */
#define GM_CHECK_QUOTE 8u

/* The operation that a request means: the one named, else by its inputs (mask:
 * edit, image: image-to-image or edit, first or last frame: image-to-video,
 * video: video-to-video ...) and by what `m` (may be NULL) can do. */
const char *gm_operation_of(const struct json_object *request,
                            const struct gm_input *inputs, uint32_t n_inputs,
                            const struct gm_model *m);

/* The role of pictures that the operation follows from, when there is nothing
 * stronger: "image", "reference"; NULL. */
const char *gm_operation_role(const struct json_object *request,
                              const struct gm_input *inputs, uint32_t n_inputs);

/* May what is said in the vendor's own words be a prompt or a picture?  A text,
 * a list or an object; a number or a switch cannot. */
bool gm_request_brings_more(const struct json_object *request);

/* Checks that hold for every model: prompt (empty, over 1,000,000 bytes,
 * UTF-8), n 1..100, seed 0..2^63-1, size sides 1..65536, known ratio grammar,
 * duration > 0.  INVALID naming field and value. */
int32_t gm_validate_common(const struct json_object *request,
                           struct gm_error *err);
/* The same but for the prompt, which a price does not need. */
int32_t gm_validate_quote(const struct json_object *request,
                          struct gm_error *err);

/* Against the model's entry.  STRICT: the first thing it cannot do is
 * UNSUPPORTED, "flux: aspect_ratio '5:1' is not offered by fal-ai/flux/dev; it
 * has 1:1, 4:3 ...".  NEAREST changes `request` to the closest allowed value
 * and appends a sentence to `notes` (JSON array of strings).  PASS checks
 * nothing. A member that the entry does not speak of is not checked; a NULL
 * entry passes.  Drafts that the model does not make are left out, with a note,
 * in both modes. */
int32_t gm_validate(const struct gm_model *m, struct json_object *request,
                    const struct gm_input *inputs, uint32_t n_inputs,
                    uint32_t mode, struct json_object *notes,
                    struct gm_error *err);

#endif
