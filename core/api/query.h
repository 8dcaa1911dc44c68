/* query.h - questions to vendors, within core/api. */
#ifndef GM_API_QUERY_H
#define GM_API_QUERY_H

#include "api/context.h"
#include "job/query.h"

/* query.c: ask and wait.  Takes `request` (gm_free; NULL: no memory for it);
 * *ret_json is the caller's. */
int32_t gm_inquire(struct gamut *g, const char *provider, const char *what,
                   char *request, const char *secret, char **ret_json,
                   struct gm_error *err);
/* Where the engine runs: the instance to ask, opened. */
int32_t gm_inquiry_find(struct gamut *g, const char *provider, const char *what,
                        struct gm_instance **ret, struct gm_error *err);

/* webhook.c: a delivery as the request of a query (gm_free), or NULL. */
char *gm_delivery_text(const char *const *headers, const void *body, size_t len,
                       struct gm_error *err);
/* Where the engine runs: a delivery that was found genuine.  Wakes whom it is
 * about, unless it came before; adds "repeated" and "woke" to `answer`. */
void gm_delivery_heed(struct gamut *g, const struct gm_instance *i,
                      struct json_object *answer);

#endif
