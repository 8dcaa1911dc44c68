/* request.h - what is behind struct gamut_request.  Private to core/api. */
#ifndef GM_API_REQUEST_H
#define GM_API_REQUEST_H

#include "route/ask.h"

struct gamut_request {
  struct gm_ask *ask;
};

#endif
