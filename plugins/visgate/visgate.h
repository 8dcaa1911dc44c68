/* visgate.h - what the files of the visgate provider share. */
#ifndef VISGATE_H
#define VISGATE_H

#include <gamut/plugin.h>

/* The exchanges; the first three are also the kinds of work. */
enum {
  VG_GENERATE,
  VG_IMAGES,
  VG_VIDEOS,
  VG_REQUEST,
  VG_MODELS,
  VG_BILLING,
  VG_BALANCES,
  VG_USAGE,
  VG_KEYS,
  VG_API_KEYS,
  VG_SET_KEY,
  VG_VALIDATE_KEY,
  VG_DELETE_KEY,
  VG_HEALTH
};

/* visgate.c: an exchange with the API. */
int32_t vg_http(struct gamut_call *c, struct gamut_http *x);

/* options.c: which endpoint does it; 0, or what fail() returned; a switch as
 * asked for, else `preset`. */
int32_t vg_endpoint(struct gamut_call *c);
int32_t vg_check_options(struct gamut_call *c);
int vg_wants(struct gamut_call *c, const char *name, int preset);
int vg_is_async(struct gamut_call *c);

/* body.c: the request in visgate's words.  *ret_wrong: what it has no word for,
 * as a sentence, else left alone. */
struct gamut_json *vg_body(struct gamut_call *c, const char **ret_wrong);

/* reply.c: what a good answer says beside its files; a picture or video, where
 * there is a URL (whether there was one); an answer of 400 and above. */
void vg_tell(struct gamut_call *c);
int vg_hand_over(struct gamut_call *c, int32_t kind, const char *url);
int32_t vg_refused(struct gamut_call *c);
/* Does this sentence tell of refused content? */
int vg_is_refusal(const char *sentence);

/* account.c */
extern const struct gamut_models vg_models;
extern const struct gamut_account vg_account;

#endif
