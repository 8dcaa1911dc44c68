/* endpoints.h - the endpoint map: URL prefixes mapped to others, for every
 * exchange, upload and download of every provider.  Longest prefix wins. */
#ifndef GM_LOOP_ENDPOINTS_H
#define GM_LOOP_ENDPOINTS_H

#include "base/buf.h"
#include "base/error.h"
#include "loop/url.h"

struct json_object;
struct gm_endpoints;

/* From a JSON object {"https://a": "http://127.0.0.1:1/a"}; each key and value
 * must be an http(s) URL without query, user or fragment.  Class INVALID with
 * the key named.  `o` NULL gives an empty map. */
int32_t gm_endpoints_new(const struct json_object *o, struct gm_endpoints **ret,
                         struct gm_error *err);
/* The same from the text of GAMUT_ENDPOINTS: JSON, or @file. */
int32_t gm_endpoints_parse(const char *text, struct gm_endpoints **ret,
                           struct gm_error *err);
void gm_endpoints_free(struct gm_endpoints *e);
GM_CLEANUP(struct gm_endpoints, gm_endpoints_free)

/* Append where `url` really goes; true when an entry applied.  A prefix ends
 * only at the end of the URL, '/', '?' or '#', never within a word. */
bool gm_endpoints_map(const struct gm_endpoints *e, const char *url,
                      struct gm_buf *out);
/* The origin of where `url` really goes; false: it is no URL. */
bool gm_endpoints_origin(const struct gm_endpoints *e, const char *url,
                         char ret[GM_ORIGIN_SIZE]);
/* Is this URL's origin one that the map maps to? */
bool gm_endpoints_is_target(const struct gm_endpoints *e, const char *url);

#endif
