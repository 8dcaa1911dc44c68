/* price_private.h - what the two parts of the prices share. */
#ifndef GM_ROUTE_PRICE_PRIVATE_H
#define GM_ROUTE_PRICE_PRIVATE_H

#include "base/buf.h"
#include "base/json.h"

struct gm_price_unit {
  const char *name;   /* in the catalog */
  const char *phrase; /* "input image" */
  enum { GM_PER_OUTPUT, GM_PER_REQUEST, GM_PER_TOKEN } per;
};
/* NULL: not known here. */
const struct gm_price_unit *gm_price_unit(const struct json_object *row);

/* "0.025", "0.40": at least two decimals, at most nine. */
const char *gm_fmt_usd(char buf[32], double usd);

#endif
