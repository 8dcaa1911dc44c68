/* higgsfield.h - what the files of the higgsfield provider share. */
#ifndef HIGGSFIELD_H
#define HIGGSFIELD_H

#include <gamut/plugin.h>

enum {
  HF_SUBMIT,
  HF_STATUS,
  HF_CANCEL,
  HF_UPLOAD,
  HF_STORE,
  HF_MODELS,
  HF_JOB_SET /* the submit of one, which was HF_SUBMIT once */
};

/* input.c: the request in Higgsfield's words: a flat object, or the params of a
 * job set.  *ret_wrong: what the model cannot take, as a sentence, else left
 * alone. */
struct gamut_json *hf_input(struct gamut_call *c, const char **ret_wrong);
/* Where the model is, "/higgsfield-ai/soul/standard"; NULL when its id is none.
 */
const char *hf_path(struct gamut_call *c);
/* Is it a model of the old API? */
int hf_is_v1(struct gamut_call *c);
/* Letters, digits, dots, dashes: may stand in a path. */
int hf_is_word(const char *s);

/* higgsfield.c */
int32_t hf_poll(struct gamut_call *c);
/* Progress, unless it was the last thing said. */
void hf_say(struct gamut_call *c, int32_t permille, const char *note);
/* One file of a result; whether there was one. */
int hf_hand_over(struct gamut_call *c, int32_t kind,
                 const struct gamut_json *file);

/* jobset.c: the old API. */
struct gamut_json *hf_jobset_body(struct gamut_call *c,
                                  struct gamut_json *params);
int32_t hf_jobset_polled(struct gamut_call *c);

/* upload.c, query.c, webhook.c */
extern const struct gamut_upload hf_upload;
extern const struct gamut_models hf_models;
extern const struct gamut_webhook hf_webhook;

#endif
