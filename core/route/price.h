/* price.h - what a request costs: the catalog's formula before, the same over
 * what was delivered after.  Unknown is not zero. */
#ifndef GM_ROUTE_PRICE_H
#define GM_ROUTE_PRICE_H

#include "plugin/call.h"
#include "route/catalog.h"

/* Why a price is not known. */
enum gm_price_why {
  GM_PRICE_KNOWN,
  GM_PRICE_NO_MODEL, /* not in the catalog */
  GM_PRICE_NONE,     /* the catalog has none */
  GM_PRICE_OPTIONS,  /* only for other options than these */
  GM_PRICE_TOKENS,   /* the vendor counts them */
  GM_PRICE_CREDITS,  /* what a credit costs is not known */
  GM_PRICE_LENGTH,   /* seconds that nobody said */
  GM_PRICE_PIXELS,   /* pixels that nobody said */
  GM_PRICE_BROKEN,   /* a row that is not understood */
  GM_PRICE_HUGE,     /* beyond all measure */
  GM_PRICE_NOTHING   /* of the kind that is charged nothing came */
};

struct gm_price {
  int64_t microusd;      /* -1: not known */
  enum gm_price_why why; /* then */
  bool sure;             /* every row used is first-hand, no shape is guessed */
  bool guessed;          /* a shape is */
  double credits;        /* the same in the vendor's; negative: it has none */
  char formula[240];     /* "2 images x 1 megapixel x $0.025"; of an unknown
                            price what is known of it */
  const char *unit;      /* of the first row; may be NULL, as those below */
  const char *source, *checked;
  const char *excludes; /* what is charged beside it: "input tokens" */
};
struct gm_delivered {
  uint32_t kind, width, height, duration_ms; /* 0: not known */
};
/* False: not known (no price, or it depends on what is not known), for the
 * reason in ret->why.  `words`: is ret->formula wanted?  It takes more time
 * than all the rest. */
bool gm_price_estimate(const struct gm_model *m,
                       const struct json_object *request,
                       const struct gm_input *inputs, uint32_t n_inputs,
                       bool words, struct gm_price *ret);
bool gm_price_delivered(const struct gm_model *m,
                        const struct json_object *request,
                        const struct gm_input *inputs, uint32_t n_inputs,
                        const struct gm_delivered *d, uint32_t n_delivered,
                        bool words, struct gm_price *ret);
/* What so many units, counted by the vendor, come to.  False when the price is
 * by another unit ("unit": by whichever) or has further parts. */
bool gm_price_billed(const struct gm_model *m,
                     const struct json_object *request,
                     const struct gm_input *inputs, uint32_t n_inputs,
                     const char *unit, double units, bool words,
                     struct gm_price *ret);

/* ---- price_text.c */

/* "0.025", "0.40": at least two decimals, at most nine. */
const char *gm_fmt_usd(char buf[32], double usd);

/* "$0.025 a megapixel", "$0.40 a second (audio), $0.20 a second": for lists. */
int32_t gm_price_text(const struct gm_model *m, struct gm_buf *out);
/* Why it is not known, as a part of a sentence; "" when it is. */
void gm_price_reason(const struct gm_model *m, const struct gm_price *p,
                     const struct gm_input *inputs, uint32_t n_inputs,
                     struct gm_buf *out);
/* The fields of the request that the model's price looks at, with what they
 * are (null: absent); NULL: at none. */
struct json_object *gm_price_depends(const struct gm_model *m,
                                     const struct json_object *request);

#endif
