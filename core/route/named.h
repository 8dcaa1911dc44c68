/* named.h - routes of the configuration, asked for as "@name":
 *
 *   "routes": {
 *     "hero": { "links": ["openai:gpt-image-2", "fal:flux2-pro"],
 *               "prefer": "cheapest", "max_cost": 0.2, "deadline": "90s",
 *               "on_blocked": "next" } }
 *
 * A link may be another route.  What the request says itself wins over the
 * route, and the route over the settings. */
#ifndef GM_ROUTE_NAMED_H
#define GM_ROUTE_NAMED_H

#include "plugin/settings.h"
#include "route/ask.h"

/* Everything about the routes that can be told without a provider: members,
 * values, names, circles, links that come twice.  INVALID says where. */
int32_t gm_named_check(const struct gm_settings *s, struct gm_error *err);

/* What is asked for when a link of `ask` is a route: a copy with the routes'
 * links in its place and, of the first link's route, the values that the
 * request leaves open; gm_ask_free().  *ret is NULL when there is no route in
 * it. NOT_FOUND names the nearest route; INVALID; NOMEM. */
int32_t gm_named_ask(const struct gm_settings *s, const struct gm_ask *ask,
                     struct gm_ask **ret, struct gm_error *err);

/* Every route by name, in the order of the file; NULL past the end. */
const char *gm_named_at(const struct gm_settings *s, uint32_t i);

#endif
