/* input.h - pictures, masks, frames that a request brings along. */
#ifndef GM_JOB_INPUT_H
#define GM_JOB_INPUT_H

#include "base/sha256.h"
#include "plugin/call.h"

/* Look at one input: a path, file:// URL, http(s) URL; with `held` (shared with
 * the caller) a data: URI or standard input, whose bytes those are.  What has
 * bytes gets its type from them.  INVALID names role and source: missing, not
 * readable, a folder, no picture where one is needed, not what a data: URI says
 * that it is. */
int32_t gm_input_open(struct gm_input *in, const char *role, const char *source,
                      struct gm_held *held, struct gm_error *err);
/* False: no memory; `to` can be closed all the same. */
bool gm_input_copy(struct gm_input *to, const struct gm_input *from);
void gm_input_close(struct gm_input *in);

/* input_held.c: inputs without a file, read once, when the request is made. */
bool gm_input_is_held(const char *source); /* "-" or a data: URI */
/* Standard input to its end, or what the URI says.  *ret_source: what to call
 * it from now on (gm_free): "-", or the head of the URI up to its comma, always
 * in the form of base64.  INVALID, STORAGE (temporary file), NOMEM. */
int32_t gm_input_hold(const char *role, const char *source, char **ret_source,
                      struct gm_held **ret, struct gm_error *err);
/* From base64, as a record has them; NULL: it is none, or no memory. */
struct gm_held *gm_input_hold_coded(const char *base64);

/* input_hash.c: the SHA-256 of its bytes.  INVALID when they are not there any
 * more, or not the same; NOMEM.  [any thread] */
int32_t gm_input_hash(const struct gm_input *in, char ret[GM_SHA256_HEX],
                      struct gm_error *err);

/* input_type.c: what a data: URI says of its bytes contradicts `found`, by
 * whose bytes it was told. */
bool gm_input_contradicts(const char *head, const char *found);

#endif
