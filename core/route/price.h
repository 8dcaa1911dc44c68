/* price.h - what a request costs: the catalog's formula before, the same over
 * what was delivered after.  Unknown is not zero. */
#ifndef GM_ROUTE_PRICE_H
#define GM_ROUTE_PRICE_H

#include "plugin/call.h"
#include "route/catalog.h"

struct gm_price {
  int64_t microusd;
  bool sure;                    /* every row used is first-hand */
  char formula[240];            /* "2 images x 1 megapixel x $0.025" */
  const char *source, *checked; /* of the first row; may be NULL */
};
struct gm_delivered {
  uint32_t kind, width, height, duration_ms; /* 0: not known */
};
/* False: not known (no price, or it depends on what is not known). */
bool gm_price_estimate(const struct gm_model *m,
                       const struct json_object *request,
                       const struct gm_input *inputs, uint32_t n_inputs,
                       struct gm_price *ret);
bool gm_price_delivered(const struct gm_model *m,
                        const struct json_object *request,
                        const struct gm_input *inputs, uint32_t n_inputs,
                        const struct gm_delivered *d, uint32_t n_delivered,
                        struct gm_price *ret);
/* What so many units, counted by the vendor, come to.  False when the price is
 * by another unit ("unit": by whichever) or has further parts. */
bool gm_price_billed(const struct gm_model *m,
                     const struct json_object *request,
                     const struct gm_input *inputs, uint32_t n_inputs,
                     const char *unit, double units, struct gm_price *ret);
/* "$0.025 a megapixel", "$0.40 a second (audio), $0.20 a second": for lists. */
int32_t gm_price_text(const struct gm_model *m, struct gm_buf *out);

#endif
