/* doubt.c - which attempts of a job may have been charged.
 *
 * "maybe_charged" stands for the job as a whole, so that whoever lists jobs
 * reads one member; the others say which attempts: "maybe_earlier" not the
 * present one, "maybe_both" that one and another. */
#include "job/doubt.h"
#include "base/str.h"
#include <gamut/plugin.h>

struct gm_doubt gm_doubt_read(const struct json_object *record)
{
  bool not_last = gm_json_bool(record, "maybe_earlier", false);
  bool both = gm_json_bool(record, "maybe_both", false);
  struct gm_doubt d = {
    .last = !not_last && gm_json_bool(record, "maybe_charged", false),
    .earlier = not_last || both,
  };

  return d;
}

void gm_doubt_add(struct gm_buf *b, struct gm_doubt d)
{
  if (d.last || d.earlier)
    gm_buf_add(b, ",\"maybe_charged\":true");
  if (d.earlier)
    gm_buf_add(b, d.last ? ",\"maybe_both\":true" : ",\"maybe_earlier\":true");
}

static void set(struct json_object *record, const char *name, bool value)
{
  if (value)
    json_object_object_add(record, name, json_object_new_boolean(true));
  else
    json_object_object_del(record, name);
}

void gm_doubt_set(struct json_object *record, struct gm_doubt d)
{
  set(record, "maybe_charged", d.last || d.earlier);
  set(record, "maybe_earlier", d.earlier && !d.last);
  set(record, "maybe_both", d.earlier && d.last);
}

bool gm_doubt_is_open(const struct json_object *record)
{
  return gm_streq(gm_json_str(record, "state", NULL), "sending") &&
         gm_json_i64(record, "pending/flags", 0) & GAMUT_HTTP_BILLABLE;
}
