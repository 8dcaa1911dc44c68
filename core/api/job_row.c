/* job_row.c - a job as one row of a list, from its record. */
#include "api/jobs.h"
#include "api/look.h"
#include "api/result.h"
#include "base/clock.h"
#include "base/str.h"
#include "job/policy.h"

static void put_time(struct json_object *o, const char *name, int64_t wall_ms)
{
  char text[32];

  if (wall_ms > 0)
    gm_look_put(o, name, gm_fmt_time(text, (uint64_t)wall_ms));
}

static const struct json_object *link_of(const struct json_object *owner)
{
  const struct json_object *links = gm_json_at(owner, "links");
  int64_t at = gm_json_i64(owner, "at", 0);

  return json_object_array_get_idx(links, (size_t)at);
}

/* A paid exchange was about to leave, and nobody waits for its answer. */
static bool is_unknown(const struct json_object *record,
                       const struct gamut_store_row *row)
{
  int64_t flags = gm_json_i64(record, "pending/flags", 0);

  return !(row->owner && row->owner_ttl_ms > 0) &&
         gm_streq(gm_json_str(record, "state", NULL), "sending") &&
         flags & GAMUT_HTTP_BILLABLE && !(flags & GAMUT_HTTP_KEYED);
}

/* "completed", "blocked" ... of one that has ended; else where it stands. */
static const char *state_of(const struct json_object *record,
                            const struct gamut_store_row *row)
{
  const struct json_object *end = gm_json_at(record, "owner/end");

  if (gm_json_bool(record, "maybe_charged", false) || is_unknown(record, row))
    return "maybe-charged";
  /* Between two looks at what the vendor does nothing is written. */
  if (!end && gm_json_bool(record, "accepted", false) &&
      gm_streq(gm_json_str(record, "state", NULL), "ready"))
    return "waiting";
  if (!end)
    return gm_json_str(record, "state", "unknown");
  return gm_status_name(gm_status_of((int32_t)gm_json_i64(end, "class", 0)));
}

static void put_end(struct json_object *o, const struct json_object *record)
{
  const struct json_object *end = gm_json_at(record, "owner/end");
  int32_t error_class = (int32_t)gm_json_i64(end, "class", 0);
  int64_t cost = gm_json_i64(record, "found/cost_microusd", -1);

  if (error_class) {
    gm_look_put(o, "class", gm_policy_of(error_class)->name);
    gm_look_put(o, "message", gm_json_str(end, "message", NULL));
  }
  if (cost < 0)
    cost = gm_json_i64(record, "owner/price_microusd", -1);
  if (cost >= 0)
    json_object_object_add(o, "cost_usd", gm_json_new_real((double)cost / 1e6));
}

static void put_files(struct json_object *o, const struct json_object *record)
{
  const struct json_object *list = gm_json_at(record, "found/outputs");
  struct json_object *files = json_object_new_array();
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    const char *path =
      gm_json_str(json_object_array_get_idx(list, i), "path", NULL);

    if (path && *path)
      json_object_array_add(files, json_object_new_string(path));
  }
  json_object_object_add(o, "files", files);
}

struct json_object *gm_job_row(const struct json_object *record,
                               const struct gamut_store_row *row)
{
  struct json_object *o = json_object_new_object();
  const struct json_object *owner = gm_json_at(record, "owner");
  const struct json_object *link = link_of(owner);

  gm_look_put(o, "id", row->key);
  gm_look_put(o, "state", state_of(record, row));
  json_object_object_add(o, "ended", json_object_new_boolean(row->rank == 0));
  json_object_object_add(
    o, "driven", json_object_new_boolean(row->owner && row->owner_ttl_ms > 0));
  gm_look_put(o, "provider", gm_json_str(link, "provider", NULL));
  gm_look_put(o, "model", gm_json_str(link, "model", NULL));
  gm_look_put(o, "prompt", gm_json_str(owner, "fields/prompt", NULL));
  put_time(o, "began_at", gm_json_i64(owner, "began", 0));
  put_time(o, "written_at", gm_json_i64(record, "at", 0));
  put_end(o, record);
  gm_look_put(o, "settled", gm_json_str(record, "settled", NULL));
  put_files(o, record);
  return o;
}
