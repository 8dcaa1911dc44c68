/* view.h - reading the JSON that the library hands out.  A missing member or
 * another type is NULL, 0 or false. */
#ifndef GAMUT_CLI_VIEW_H
#define GAMUT_CLI_VIEW_H

#include <gamut/gamut.h>
#include <json.h>
#include <stdbool.h>
#include <stdint.h>

struct json_object *cli_view_parse(const char *text); /* json_object_put() */
/* gamut_jobs(), likewise; its class. */
int32_t cli_view_jobs(struct gamut *g, const char *filter,
                      struct json_object **ret, struct gamut_error *error);
struct json_object *cli_view_get(struct json_object *o, const char *key);
const char *cli_view_str(struct json_object *o, const char *key);
bool cli_view_bool(struct json_object *o, const char *key);
int64_t cli_view_int(struct json_object *o, const char *key);
size_t cli_view_count(struct json_object *array);
struct json_object *cli_view_at(struct json_object *array, size_t i);

/* The i-th member's name, in order; NULL past the end and of what is no object. */
const char *cli_view_key(struct json_object *o, size_t i);

/* The strings of the array `key`, joined by ", "; free(); NULL: no memory. */
char *cli_view_join(struct json_object *o, const char *key);

#endif
