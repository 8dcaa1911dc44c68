/* input.h - pictures, masks, frames that a request brings along. */
#ifndef GM_JOB_INPUT_H
#define GM_JOB_INPUT_H

#include "plugin/call.h"

/* Look at one input: a path, file:// URL, http(s) URL or data: URI.  A file is
 * opened and its type read.  INVALID names role and source: missing, not
 * readable, a folder, no picture where one is needed. */
int32_t gm_input_open(struct gm_input *in, const char *role,
                      const char *source, struct gm_error *err);
/* False: no memory; `to` can be closed all the same. */
bool gm_input_copy(struct gm_input *to, const struct gm_input *from);
void gm_input_close(struct gm_input *in);

#endif
