/* validate_private.h - what the parts of the check share. */
#ifndef GM_ROUTE_VALIDATE_PRIVATE_H
#define GM_ROUTE_VALIDATE_PRIVATE_H

#include "route/request_size.h"
#include "route/validate.h"

/* One request against one model. */
struct gm_check {
  const char *model;               /* its id, for sentences */
  const struct json_object *entry; /* of the catalog */
  struct json_object *request;
  bool nearest; /* else strict */
  bool quote;   /* GM_CHECK_QUOTE */
  struct json_object *notes;
  struct gm_error *err;
};

/* ---- validate_change.c: the two ways out */

/* UNSUPPORTED with that sentence. */
GM_PRINTF(2, 3)
int32_t gm_check_refuse(struct gm_check *c, const char *fmt, ...);
/* A sentence for the notes. */
GM_PRINTF(2, 3)
int32_t gm_check_note(struct gm_check *c, const char *fmt, ...);
/* Change or leave out a field and note it: "n 9 became 4: MODEL does not offer
 * it". */
int32_t gm_check_set_text(struct gm_check *c, const char *field,
                          const char *value);
int32_t gm_check_set_number(struct gm_check *c, const char *field,
                            double value);
int32_t gm_check_drop(struct gm_check *c, const char *field);
/* The same for the size, which is two fields, width and height. */
int32_t gm_check_set_size(struct gm_check *c, uint32_t w, uint32_t h);
int32_t gm_check_drop_size(struct gm_check *c);
/* The same value in the vendor's spelling: no note, nobody's wish is changed.
 */
int32_t gm_check_respell(struct gm_check *c, const char *field,
                         const char *value);

/* For sentences.  Texts in single quotes, numbers bare, long ones cut. */
#define GM_SHOWN 96
const char *gm_check_show(char buf[GM_SHOWN], const struct json_object *value);
#define GM_LISTED 400
/* "1:1, 4:3, 16:9"; "nothing else" when empty. */
const char *gm_check_list(char buf[GM_LISTED], const struct json_object *array);

/* ---- the parts, each for some fields */

int32_t gm_check_numbers(struct gm_check *c); /* validate_fields.c */
int32_t gm_check_words(struct gm_check *c);
int32_t gm_check_shape(struct gm_check *c); /* validate_shape.c */
/* validate_inputs.c: each input alone, then all together */
int32_t gm_check_inputs(struct gm_check *c, const struct gm_input *inputs,
                        uint32_t n_inputs);
int32_t gm_check_counts(struct gm_check *c, const char *operation,
                        const struct gm_input *inputs, uint32_t n_inputs);

/* ---- validate_nearest.c: which is closest */

double gm_ratio_of(const char *text);        /* "16:9" -> 1.78; 0: none */
double gm_pixels_of(const char *resolution); /* "1080p", "2K"; 0: not known */
const char *gm_nearest_ratio(const struct json_object *array, double ratio);
const char *gm_nearest_resolution(const struct json_object *array,
                                  double pixels, const char *word);
double gm_nearest_number(const struct json_object *array, double value);
/* The allowed size that is closest to w x h; false when none can be made. */
bool gm_nearest_size(const struct json_object *sizes, double w, double h,
                     uint32_t *ret_w, uint32_t *ret_h);
/* What a size breaks, as the end of a sentence, or NULL. */
const char *gm_size_breaks(const struct json_object *sizes, uint32_t w,
                           uint32_t h, char buf[GM_LISTED]);

#endif
