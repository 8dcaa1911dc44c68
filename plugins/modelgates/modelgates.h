/* modelgates.h - what the files of the modelgates plugin share. */
#ifndef MODELGATES_H
#define MODELGATES_H

#include <gamut/plugin.h>

enum {
  GATE_IMAGE,
  GATE_SUBMIT,
  GATE_POLL,
  GATE_VIDEO_MODELS,
  GATE_IMAGE_MODELS,
  GATE_KEY,
  GATE_CREDITS
};

/* modelgates.c: what errors mean; a failed stream is looked up there too. */
extern const struct gamut_reason gate_reasons[];
extern const uint32_t gate_n_reasons;
#define GATE_ERROR_TYPE "error/metadata/error_type"
#define GATE_CODE       "error/code"

/* body.c: the request in the gateway's words.  *ret_wrong: what cannot be said
 * in them, as a sentence, and *ret_class; else left alone. */
struct gamut_json *gate_body(struct gamut_call *c, const char **ret_wrong,
                             int32_t *ret_class);
int gate_is_video(struct gamut_call *c);

/* inputs.c: puts the pictures, videos and sounds into the body; what does not
 * fit as a sentence, or NULL. */
const char *gate_inputs(struct gamut_call *c, struct gamut_json *body);

/* error.c: a reply of 400 and above.  `unsure`: whether the gateway has images
 * is not known. */
int32_t gate_refused(struct gamut_call *c, int unsure);
/* Has a good status, but holds an error. */
int gate_has_error(struct gamut_call *c, const struct gamut_json *reply);
/* The class of {"error": ...} out of a stream. */
int32_t gate_class(struct gamut_call *c, const struct gamut_json *event);
/* Does the vendor's sentence say that the content was refused? */
int gate_says_blocked(const char *sentence);

/* image.c */
int32_t gate_image(struct gamut_call *c);
int32_t gate_image_reply(struct gamut_call *c);
int32_t gate_image_event(struct gamut_call *c);

/* video.c */
int32_t gate_video(struct gamut_call *c);
int32_t gate_video_reply(struct gamut_call *c);

/* facts.c: what a reply tells beside its pictures. */
void gate_tell_cost(struct gamut_call *c, const struct gamut_json *reply,
                    const char *unit, double amount);
void gate_tell_facts(struct gamut_call *c, const struct gamut_json *reply);
/* A number as a member, to so many parts of one; a whole one stays whole. */
void gate_put_number(struct gamut_call *c, struct gamut_json *to,
                     const char *name, double v, double parts);
/* Is the member there, and true? */
int gate_is_true(struct gamut_call *c, const struct gamut_json *o,
                 const char *path);

/* skus.c: {"duration_seconds_720p": "0.10"} as "price" of the catalog, or NULL
 * when a name is not understood. */
const struct gamut_json *gate_price(struct gamut_call *c,
                                    const struct gamut_json *skus);

/* models.c, account.c, webhook.c: what can be asked beside a generation. */
extern const struct gamut_models gate_models;
extern const struct gamut_account gate_account;
extern const struct gamut_webhook gate_webhook;

#endif
