/* sidecar.h - private to core/api. */
#ifndef GM_API_SIDECAR_H
#define GM_API_SIDECAR_H

#include "api/result.h"

/* Beside each file of the result a `<file>.json` that says how it was made.  A
 * sidecar that cannot be written is a difference of the result, not a failure. */
void gm_sidecars_write(struct gamut_result *r, const struct gm_run *run);

#endif
