/* cache_when.c - which requests the cache is for.  One without a seed wants
 * something new each time, unless the setting says that it does not. */
#include "route/cache_private.h"
#include <string.h>

static bool is_unseeded(const struct gm_run *run)
{
  return gm_setting_bool(run->router->settings, "cache.unseeded");
}

/* Drafts to be kept are made, or they are not there. */
static bool keeps_drafts(const struct gm_run *run,
                         const struct json_object *request)
{
  return run->plan.partials && gm_json_i64(request, "partials", 0) > 0;
}

static bool is_off(const struct gm_run *run)
{
  return run->cache_mode == GM_CACHE_OFF || run->plan.leave ||
         !run->router->cache;
}

bool gm_cache_counts(struct gm_run *run, bool *ret_only_keeps)
{
  bool unseeded = is_unseeded(run);
  _cleanup_json_ struct json_object *request = NULL;

  if (is_off(run))
    return false;
  /* Most requests have no seed, and need not be read to know it. */
  if (!unseeded && !strstr(run->job.request, "\"seed\""))
    return false;
  request = gm_json_parse(run->router->engine->parser, run->job.request,
                          strlen(run->job.request), NULL, NULL);
  *ret_only_keeps =
    run->cache_mode == GM_CACHE_REFRESH || keeps_drafts(run, request);
  return unseeded || gm_json_at(request, "seed");
}

bool gm_cache_may_serve(const struct gm_run *run,
                        const struct json_object *request)
{
  return !is_off(run) && run->cache_mode == GM_CACHE_USE &&
         !keeps_drafts(run, request) &&
         (is_unseeded(run) || gm_json_at(request, "seed"));
}
