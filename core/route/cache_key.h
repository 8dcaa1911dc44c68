/* cache_key.h - what a request is known by in the cache: the SHA-256 of a
 * canonical form of everything that decides what is made, and of nothing else.
 */
#ifndef GM_ROUTE_CACHE_KEY_H
#define GM_ROUTE_CACHE_KEY_H

#include "base/json.h"
#include "base/sha256.h"
#include "plugin/call.h"

struct gm_key_parts {
  const char *scope; /* who shares what is made: "global", "project:NAME" */
  const char
    *provider;       /* the plugin: two accounts at one place make the same */
  const char *place; /* the URL that base_url leads to */
  const struct json_object *request; /* bound to a model */
  const struct gm_input *inputs;     /* those with bytes have their sha256 */
  uint32_t n_inputs;
};

/* Leave these out: requests that differ in nothing else have a key in common,
 * their shape. */
enum { GM_KEY_ANY_PROMPT = 1, GM_KEY_ANY_MODEL = 2 };

/* Hex, in `ret`.  NOMEM; INVALID: an input has bytes and no sha256. */
int32_t gm_cache_key(const struct gm_key_parts *p, unsigned leave_out,
                     char ret[GM_SHA256_HEX]);

#endif
