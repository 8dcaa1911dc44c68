/* ask.h - what a caller wants, before it is bound to a model: fields as JSON,
 * links, inputs, and how to run it. */
#ifndef GM_ROUTE_ASK_H
#define GM_ROUTE_ASK_H

#include "base/error.h"
#include "base/json.h"
#include "loop/blob.h"
#include <gamut/gamut.h>

#define GM_ASK_LINKS_MAX 32
#define GM_HEDGE_P95 (-1) /* "hedge": when 95 per cent of such jobs are done */

struct gm_ask_input {
  char *role;
  char *source;         /* "-" for standard input, of a data: URI its head */
  struct gm_held *held; /* the bytes of those two, or NULL */
};
struct gm_ask {
  struct json_object *fields; /* for the provider: "prompt", "n", "extra" ... */
  struct json_object *control; /* for us: "output", "timeout" (ms) ... */
  char **links;
  struct gm_ask_input *inputs;
  uint32_t n_links, n_inputs;
  struct gm_error err; /* the first one */
};

struct gm_ask *gm_ask_new(void);
void gm_ask_free(struct gm_ask *a);
GM_CLEANUP(struct gm_ask, gm_ask_free)
struct gm_ask *gm_ask_copy(const struct gm_ask *a);
int32_t gm_ask_set(struct gm_ask *a, const char *name, const char *value,
                   struct gm_error *err);
int32_t gm_ask_link(struct gm_ask *a, const char *link, struct gm_error *err);
int32_t gm_ask_input(struct gm_ask *a, const char *role, const char *source,
                     struct gm_error *err);
/* Of bytes that are there already: takes `held` (or NULL) over. */
int32_t gm_ask_input_held(struct gm_ask *a, const char *role,
                          const char *source, struct gm_held *held,
                          struct gm_error *err);
int32_t gm_ask_extra(struct gm_ask *a, const char *name, const char *value,
                     struct gm_error *err);

int32_t gm_ask_option(struct gm_ask *a, const char *name, const char *value,
                      struct gm_error *err);

extern const struct gamut_field gm_ask_fields[]; /* ends with name NULL */

#endif
