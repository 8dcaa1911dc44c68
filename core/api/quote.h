/* quote.h - private to core/api: prices as JSON, for quotes and dry runs. */
#ifndef GM_API_QUOTE_H
#define GM_API_QUOTE_H

#include "api/look.h"

/* Put what link `at`, priced by gm_run_price() just now, costs for `request`
 * into `link` as its member "price". */
void gm_quote_put_price(struct json_object *link, const struct gm_run *run,
                        uint32_t at, const struct json_object *request);
/* "link", "provider", "model", "resolved_from" */
void gm_quote_put_link(struct json_object *o, const struct gm_link *l);
/* "error": {"class", "message"} */
void gm_quote_put_error(struct json_object *link, const struct gm_error *err);

#endif
