/* runway.h - what the files of the runway provider share. */
#ifndef RUNWAY_H
#define RUNWAY_H

#include <gamut/plugin.h>

enum { CREATE, TASK, CANCEL, UPLOAD, STORE, ORGANIZATION, USAGE };

/* runway.c: an exchange with the API. */
int32_t runway_http(struct gamut_call *c, struct gamut_http *x);

/* body.c: the request in Runway's words.  *ret_path: "text_to_image".
 * *ret_wrong: what the model cannot take, as a sentence, else left alone. */
struct gamut_json *runway_body(struct gamut_call *c, const char **ret_path,
                               const char **ret_wrong);

/* inputs.c: puts the pictures, videos and sounds into the body, as the block
 * of the catalog places them; what the model cannot take as a sentence, or
 * NULL. */
const char *runway_inputs(struct gamut_call *c, const struct gamut_json *block,
                          struct gamut_json *body);
/* Has the request an input of this role? */
int runway_has_role(struct gamut_call *c, const char *role);

/* tags.c: by what the prompt calls the k-th of `n` reference pictures, or NULL.
 */
const char *runway_tag(struct gamut_call *c, const uint32_t *inputs, uint32_t n,
                       uint32_t k);

/* upload.c, query.c */
extern const struct gamut_upload runway_upload;
extern const struct gamut_account runway_account;

#endif
