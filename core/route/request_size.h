/* request_size.h - the pixels that a normalised request asks for. */
#ifndef GM_ROUTE_REQUEST_SIZE_H
#define GM_ROUTE_REQUEST_SIZE_H

#include "base/json.h"

#define GM_SIDE_MAX 65536

/* False: it asks for none, or for what is no size. */
static inline bool gm_request_size(const struct json_object *request,
                                   uint32_t *ret_w, uint32_t *ret_h)
{
  int64_t w = gm_json_i64(request, "width", 0);
  int64_t h = gm_json_i64(request, "height", 0);

  if (w < 1 || h < 1 || w > GM_SIDE_MAX || h > GM_SIDE_MAX)
    return false;
  *ret_w = (uint32_t)w;
  *ret_h = (uint32_t)h;
  return true;
}

#endif
