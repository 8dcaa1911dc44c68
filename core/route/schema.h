/* schema.h - the part of JSON Schema that catalog/schema.json uses, so that the
 * file that documents the catalog is also what checks it. */
#ifndef GM_ROUTE_SCHEMA_H
#define GM_ROUTE_SCHEMA_H

#include "base/error.h"
#include "base/json.h"

/* Check `value` against `schema` (whole document; $ref only "#/$defs/x").  Knows
 * type, enum, required, properties, additionalProperties, items, minItems,
 * minLength, minimum, maximum, pattern, oneOf; any other keyword that restricts
 * is an error of the schema (PLUGIN).  INVALID with the place and the value:
 * "models/3/price/0/usd: 'free' is not a number".  Unknown members name the
 * nearest known one. */
int32_t gm_schema_check(const struct json_object *schema,
                        const struct json_object *value, struct gm_error *err);

#endif
