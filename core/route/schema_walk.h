/* schema_walk.h - one check of a value against a schema; private to schema*.c.
 */
#ifndef GM_ROUTE_SCHEMA_WALK_H
#define GM_ROUTE_SCHEMA_WALK_H

#include "base/error.h"
#include "base/json.h"

struct gm_schema_walk {
  const struct json_object *root; /* for $ref */
  struct gm_error *err;
  int depth; /* of rules inside rules: a $ref may go round in circles */
  size_t place_len;
  char place[256]; /* "models/3/price/0/usd", cut when longer */
};

/* One keyword: `rule` is its argument, `schema` what it stands in.  `value`
 * NULL is JSON's null. */
typedef int32_t gm_schema_fn(struct gm_schema_walk *w,
                             const struct json_object *schema,
                             const struct json_object *rule,
                             const struct json_object *value);

/* Keywords that look at one value only (schema_value.c). */
gm_schema_fn gm_schema_type, gm_schema_enum, gm_schema_min_length,
  gm_schema_minimum, gm_schema_maximum, gm_schema_pattern, gm_schema_min_items;

/* Is it of the type of that name?  "number" takes integers too. */
bool gm_schema_is(const struct json_object *value, const char *type);
/* The value for a sentence: text in single quotes, cut when long. */
#define GM_SCHEMA_SHOWN 64
const char *gm_schema_show(char buf[GM_SCHEMA_SHOWN],
                           const struct json_object *value);
/* "place: sentence" */
GM_PRINTF(3, 4)
int32_t gm_schema_fail(struct gm_schema_walk *w, int32_t error_class,
                       const char *fmt, ...);

#endif
