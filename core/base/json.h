/* json.h - json-c behind limits.  Everything that parses foreign JSON comes
 * through here: depth at most 64, a byte ceiling, no raw NUL, valid UTF-8. */
#ifndef GM_BASE_JSON_H
#define GM_BASE_JSON_H

#include "base/buf.h"
#include "base/error.h"
#include <json-c/json.h>

#define GM_JSON_DEPTH 64

/* One parser is reused by everybody on a thread; never shared. */
struct gm_json_parser;
struct gm_json_parser *gm_json_parser_new(void);
void gm_json_parser_free(struct gm_json_parser *p);
GM_CLEANUP(struct gm_json_parser, gm_json_parser_free)
/* Parse exactly one document; NULL with *ret_offset and *ret_why (static text)
 * when it is malformed.  The literal null gives NULL with *ret_why NULL. */
struct json_object *gm_json_parse(struct gm_json_parser *p, const char *text,
                                  size_t len, size_t *ret_offset,
                                  const char **ret_why);
/* The same with a parser of its own, for rare use. */
struct json_object *gm_json_parse_once(const char *text, size_t len,
                                       size_t *ret_offset,
                                       const char **ret_why);
/* Like it, with // and slash-star comments allowed (configuration); `err` says
 * "line 3, column 7: why".  NULL on error. */
struct json_object *gm_json_parse_config(const char *text, size_t len,
                                         struct gm_error *err);

/* A path is keys and indexes joined by '/'; "" or NULL is the node itself. */
bool gm_json_find(const struct json_object *o, const char *path,
                  struct json_object **ret); /* true: it is there; NULL: null */
struct json_object *gm_json_at(const struct json_object *o, const char *path);
const char *gm_json_str(const struct json_object *o, const char *path,
                        const char *fallback); /* strings only */
int64_t gm_json_i64(const struct json_object *o, const char *path,
                    int64_t fallback); /* integers, and doubles in range */
double gm_json_real(const struct json_object *o, const char *path,
                    double fallback);
bool gm_json_bool(const struct json_object *o, const char *path, bool fallback);
size_t gm_json_count(const struct json_object *o, const char *path);

/* Compact text without escaped slashes. Valid until `o` changes or is freed. */
const char *gm_json_text(struct json_object *o, size_t *ret_len);
/* Keys sorted, numbers in one form: equal values give equal bytes. */
int32_t gm_json_canonical(const struct json_object *o, struct gm_buf *out);

/* A double that is written with the fewest digits that read back: 0.025 and
 * not 0.025000000000000001.  NULL: no memory. */
struct json_object *gm_json_new_real(double v);

static inline void gm_json_putp(struct json_object **o)
{
  json_object_put(*o);
}
#define _cleanup_json_ _cleanup_(gm_json_putp)

#endif
