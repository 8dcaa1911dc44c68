/* look.h - private to core/api: JSON documents for people and scripts. */
#ifndef GM_API_LOOK_H
#define GM_API_LOOK_H

#include "api/context.h"

/* Fill `ret` (owned by the caller) or `err`; run where the engine runs. */
typedef void gm_look_fn(struct gamut *g, const void *arg,
                        struct json_object **ret, struct gm_error *err);

int32_t gm_look(struct gamut *g, gm_look_fn *fn, const void *arg,
                char **ret_json, struct gamut_error *ret_error);
/* Add text; NULL adds nothing. */
void gm_look_put(struct json_object *o, const char *name, const char *text);

#endif
