/* job_row.c - a job as one row of a list, from its record. */
#include "api/jobs.h"
#include "api/look.h"
#include "api/result.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "job/doubt.h"
#include "job/policy.h"
#include <string.h>
#include <sys/stat.h>

static void put_time(struct json_object *o, const char *name, int64_t wall_ms)
{
  char text[32];

  if (wall_ms > 0)
    gm_look_put(o, name, gm_fmt_time(text, (uint64_t)wall_ms));
}

const struct json_object *gm_job_link(const struct json_object *owner)
{
  const struct json_object *links = gm_json_at(owner, "links");
  int64_t at = gm_json_i64(owner, "at", 0);

  return at >= 0 && (size_t)at < gm_json_count(links, NULL)
           ? json_object_array_get_idx(links, (size_t)at)
           : NULL;
}

/* A paid exchange was about to leave, and nobody waits for its answer. */
static bool is_unknown(const struct json_object *record,
                       const struct gamut_store_row *row)
{
  return !(row->owner && row->owner_ttl_ms > 0) && gm_doubt_is_open(record) &&
         !(gm_json_i64(record, "pending/flags", 0) & GAMUT_HTTP_KEYED);
}

/* "completed", "blocked" ... of one that has ended; else where it stands. */
static const char *state_of(const struct json_object *record,
                            const struct gamut_store_row *row)
{
  const struct json_object *end = gm_json_at(record, "owner/end");
  const char *state = gm_json_str(record, "state", "unknown");
  struct gm_doubt doubt = gm_doubt_read(record);

  if (doubt.last || doubt.earlier || is_unknown(record, row))
    return "maybe-charged";
  if (!end && gm_json_at(record, "before"))
    return "fetching"; /* it was made long ago, whatever is asked for it now */
  /* Between two looks at what the vendor does nothing is written, one that was
   * on its way tells nobody anything, and neither does it that the job was
   * taken up and given back before the first of them. */
  if (!end && gm_json_bool(record, "accepted", false) &&
      (gm_streq(state, "ready") || gm_streq(state, "sending") ||
       gm_streq(state, "queued")))
    return "waiting";
  if (!end)
    return state;
  return gm_status_name(gm_status_of((int32_t)gm_json_i64(end, "class", 0)));
}

/* What was expected is no cost of one that nobody is charged for: it failed,
 * was never sent, or the vendor's books say so. */
static bool is_charged(const struct json_object *record,
                       const struct gamut_store_row *row)
{
  const char *settled = gm_json_str(record, "settled", NULL);
  const char *state = state_of(record, row);

  if (settled)
    return gm_streq(settled, "charged");
  if (gm_streq(state, "queued") || gm_streq(state, "ready"))
    return gm_json_i64(record, "tries", 0) > 0;
  return row->rank != 0 || gm_streq(state, "completed") ||
         gm_streq(state, "maybe-charged");
}

static void put_cost(struct json_object *o, const struct json_object *record,
                     const struct gamut_store_row *row)
{
  const struct json_object *end = gm_json_at(record, "owner/end");
  int64_t cost = gm_json_i64(end, "cost/microusd", -1);
  bool estimated = cost >= 0 ? gm_json_bool(end, "cost/estimated", false)
                             : !gm_json_at(record, "found/cost_microusd");

  if (gm_streq(gm_json_str(record, "settled", NULL), "not-charged"))
    return;
  if (cost < 0)
    cost = gm_json_i64(record, "found/cost_microusd", -1);
  if (cost < 0 && is_charged(record, row))
    cost = gm_json_i64(record, "owner/price_microusd", -1);
  if (cost < 0)
    return;
  json_object_object_add(o, "cost_usd", gm_json_new_real((double)cost / 1e6));
  if (estimated)
    json_object_object_add(o, "cost_estimated", json_object_new_boolean(true));
}

static void put_end(struct json_object *o, const struct json_object *record)
{
  const struct json_object *end = gm_json_at(record, "owner/end");
  int32_t error_class = (int32_t)gm_json_i64(end, "class", 0);

  if (!error_class)
    return;
  gm_look_put(o, "class", gm_policy_of(error_class)->name);
  gm_look_put(o, "message", gm_json_str(end, "message", NULL));
}

/* ---- at the vendor ------------------------------------------------------- */

/* By which the vendor knows it: what is looked for in his books. */
static void put_request_id(struct json_object *o,
                           const struct json_object *record)
{
  const struct json_object *tries = gm_json_at(record, "owner/attempts");
  size_t n = gm_json_count(tries, NULL);
  const struct json_object *last =
    n > 0 ? json_object_array_get_idx(tries, n - 1) : NULL;
  const char *id =
    gm_json_str(record, GM_LOOKED_UP, gm_json_str(last, "request_id", NULL));

  gm_look_put(o, "request_id",
              gm_json_str(record, "found/facts/request_id", id));
}

/* What left of one of which nobody knows whether it is charged, without the
 * query, in which there may be secrets.  When it left is known until the end is
 * written. */
static void put_sent(struct json_object *o, const struct json_object *record,
                     const struct gamut_store_row *row)
{
  const struct json_object *pending = gm_json_at(record, "pending");
  const struct json_object *body = gm_json_at(pending, "body");
  const char *url = gm_json_str(pending, "url", NULL);
  _cleanup_free_ char *shown = url ? gm_strndup(url, strcspn(url, "?#")) : NULL;
  struct json_object *sent;

  if (!shown || !(gm_json_i64(pending, "flags", 0) & GAMUT_HTTP_BILLABLE) ||
      !gm_streq(state_of(record, row), "maybe-charged"))
    return;
  sent = json_object_new_object();
  gm_look_put(sent, "method", gm_json_str(pending, "method", NULL));
  gm_look_put(sent, "url", shown);
  if (row->rank != 0)
    put_time(sent, "at", gm_json_i64(record, "at", 0));
  if (json_object_is_type(body, json_type_string))
    json_object_object_add(
      sent, "bytes",
      json_object_new_int64((int64_t)json_object_get_string_len(body)));
  json_object_object_add(o, "sent", sent);
}

/* ---- files --------------------------------------------------------------- */

static void put_known(struct json_object *o, const char *name, int64_t n)
{
  if (n > 0)
    json_object_object_add(o, name, json_object_new_int64(n));
}

static bool is_there(const char *path)
{
  struct stat st;

  return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* What the bytes were when they came; the vendor's word of those that did
 * not. */
static struct json_object *output_of(const struct json_object *from)
{
  const struct json_object *got = gm_json_at(from, "got");
  const struct json_object *facts = got ? got : from;
  const char *path = gm_json_str(from, "path", NULL);
  struct json_object *o = json_object_new_object();

  gm_look_put(o, "kind", gm_kind_name((int32_t)gm_json_i64(from, "kind", 0)));
  if (path && *path) {
    gm_look_put(o, "path", path);
    json_object_object_add(o, "there", json_object_new_boolean(is_there(path)));
  }
  gm_look_put(o, "url", gm_json_str(from, "url", NULL));
  gm_look_put(o, "mime", gm_json_str(facts, "mime", NULL));
  put_known(o, "size", gm_json_i64(got, "size", 0));
  put_known(o, "width", gm_json_i64(facts, "width", 0));
  put_known(o, "height", gm_json_i64(facts, "height", 0));
  put_known(o, "duration_ms", gm_json_i64(facts, "duration_ms", 0));
  return o;
}

static void put_outputs(struct json_object *o, const struct json_object *record)
{
  const struct json_object *list = gm_json_at(record, "found/outputs");
  struct json_object *all = json_object_new_array();
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++)
    json_object_array_add(all, output_of(json_object_array_get_idx(list, i)));
  json_object_object_add(o, "outputs", all);
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

/* Where one that goes on is to write; it may be driven from another folder. */
static void put_output(struct json_object *o, const struct json_object *owner)
{
  const char *output = gm_json_str(owner, "control/output", NULL);
  _cleanup_free_ char *whole = NULL;

  if (output)
    whole = gm_path_from(gm_json_str(owner, "folder", NULL), output);
  gm_look_put(o, "output", whole);
}

static void put_member(struct json_object *o, const char *name,
                       struct json_object *v)
{
  if (v)
    json_object_object_add(o, name, json_object_get(v));
}

struct json_object *gm_job_row(const struct json_object *record,
                               const struct gamut_store_row *row)
{
  struct json_object *o = json_object_new_object();
  const struct json_object *owner = gm_json_at(record, "owner");
  const struct json_object *link = gm_job_link(owner);

  gm_look_put(o, "id", row->key);
  gm_look_put(o, "state", state_of(record, row));
  json_object_object_add(o, "ended", json_object_new_boolean(row->rank == 0));
  json_object_object_add(
    o, "driven", json_object_new_boolean(row->owner && row->owner_ttl_ms > 0));
  gm_look_put(o, "provider", gm_json_str(link, "provider", NULL));
  gm_look_put(o, "model", gm_json_str(link, "model", NULL));
  gm_look_put(o, "key", gm_json_str(record, "slot", NULL));
  gm_look_put(o, "resolved_from", gm_json_str(link, "resolved_from", NULL));
  gm_look_put(o, "prompt", gm_json_str(owner, "fields/prompt", NULL));
  put_time(o, "began_at", gm_json_i64(owner, "began", 0));
  put_time(o, "written_at", gm_json_i64(record, "at", 0));
  put_known(o, "took_ms", gm_json_i64(owner, "end/took_ms", 0));
  put_end(o, record);
  put_cost(o, record, row);
  put_request_id(o, record);
  put_sent(o, record, row);
  if (gm_json_at(record, "owner/cache"))
    json_object_object_add(o, "cache_hit", json_object_new_boolean(true));
  gm_look_put(o, "settled", gm_json_str(record, "settled", NULL));
  if (row->rank != 0)
    put_output(o, owner);
  put_files(o, record);
  put_outputs(o, record);
  put_known(o, "withheld", gm_json_i64(record, "found/withheld", 0));
  put_member(o, "of", gm_json_at(owner, "of"));
  put_member(o, "team", gm_json_at(owner, "team"));
  put_member(o, "request", gm_json_at(owner, "fields"));
  put_member(o, "facts", gm_json_at(record, "found/facts"));
  return o;
}
