/* price_private.h - what the parts of the prices share. */
#ifndef GM_ROUTE_PRICE_PRIVATE_H
#define GM_ROUTE_PRICE_PRIVATE_H

#include "base/buf.h"
#include "base/json.h"
#include "route/price.h"

struct gm_price_unit {
  const char *name;   /* in the catalog */
  const char *phrase; /* "input image" */
  enum { GM_PER_OUTPUT, GM_PER_REQUEST, GM_PER_TOKEN } per;
};
/* NULL: not known here. */
const struct gm_price_unit *gm_price_unit(const struct json_object *row);

/* A price that is being worked out. */
struct gm_bill {
  const struct gm_model *m;
  const struct json_object *request;
  const struct gm_input *inputs;
  uint32_t n_inputs;
  const struct gm_delivered *delivered; /* NULL: an estimate */
  int64_t n;                            /* outputs */
  int64_t nanousd;
  bool guessed;          /* a shape was worked out, not known */
  bool words;            /* the formula is wanted */
  struct gm_price price; /* so far */
  size_t formula_len;
};

/* ---- price_when.c */

/* Do the conditions of the row hold? */
bool gm_bill_holds(const struct gm_bill *b, const struct json_object *row);
/* How many inputs have this role; NULL: all. */
uint32_t gm_bill_inputs(const struct gm_bill *b, const char *role);
/* "720p" are lines, "4K" are 2160; 0: something else. */
double gm_price_lines(const char *resolution);

/* ---- price_units.c: how many units; 0: not known, and `why` says so. */
double gm_bill_units(struct gm_bill *b, const char *unit, uint32_t i);
/* Is output i of the kind that the unit counts? */
bool gm_bill_counts(const struct gm_bill *b, const char *unit, uint32_t i);
/* Of what is counted by the request and not by the output. */
double gm_bill_per_request(const struct gm_bill *b,
                           const struct json_object *row, const char *unit);
/* The price is not known; the first reason stays. */
void gm_bill_unknown(struct gm_bill *b, enum gm_price_why why);

#endif
