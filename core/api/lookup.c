/* lookup.c - a maybe-charged job is looked up at the vendor.
 *
 * Nothing is guessed.  Exactly one job of the vendor's that fits and that no
 * job of ours is bound to is this one: it goes on from there.  None at all in a
 * list that reaches back far enough means that it never ran.  Anything else is
 * left to people.  The same holds of each attempt, where there were several. */
#include "api/jobs.h"
#include "api/look.h"
#include "api/query.h"
#include "api/rewrite.h"
#include "base/clock.h"
#include "base/str.h"
#include "job/doubt.h"
#include "plugin/slot.h"
#include <string.h>

/* A list may lag behind: counted from the last that is known of it, which is
 * never before what was sent has arrived. */
#define LAG_MS 60000

struct lookup {
  struct gm_waited_look w;
  struct json_object *found; /* what the vendor has: [{"id", "resume"}] */
  struct gm_rewrite r;
  const char *vendor_id; /* of the one that it is */
  struct json_object *resume;
  bool doubt_stays; /* of other attempts than the one that it is */
};

/* ---- whose are they ------------------------------------------------------ */

/* Where a record has the vendor's id of its job. */
static const char *const id_paths[] = { "provider_state/id",
                                        "found/facts/request_id",
                                        "found/facts/vendor_job",
                                        GM_LOOKED_UP };

static bool is_bound(const struct json_object *record, const char *id)
{
  size_t i;

  for (i = 0; i < GM_LEN(id_paths); i++)
    if (gm_streq(gm_json_str(record, id_paths[i], NULL), id))
      return true;
  return false;
}

/* A job that was accepted need not be looked for, and its own record would
 * strike it from the list. */
static int32_t refuse_known(const struct json_object *record, const char *id,
                            struct gm_error *err)
{
  size_t i;

  for (i = 0; i < GM_LEN(id_paths); i++)
    if (gm_json_at(record, id_paths[i]))
      return gm_fail(err, GAMUT_E_UNKNOWN,
                     "the vendor took job %s: fetching it shows whether it was "
                     "made; if not, settle with --charged or --not-charged",
                     id);
  return 0;
}

static int32_t strike(void *user, const struct gamut_store_row *row)
{
  struct lookup *l = user;
  _cleanup_json_ struct json_object *record =
    gm_json_parse_once(row->body, row->body_len, NULL, NULL);
  size_t i = gm_json_count(l->found, NULL);

  while (record && i-- > 0)
    if (is_bound(record,
                 gm_json_str(json_object_array_get_idx(l->found, i), "id", "")))
      json_object_array_del_idx(l->found, i, 1);
  return 0;
}

static int32_t strike_bound(struct gm_look *k, const struct gamut_store *type,
                            void *handle, char *message)
{
  struct lookup *l = GM_CONTAINER(k, struct lookup, w.look);
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .table = GM_TABLE_JOB };

  return type->scan(handle, &q, strike, l, message);
}

/* ---- other attempts ------------------------------------------------------ */

/* The last one ended so, or nobody saw how it ended. */
static bool is_last_in_doubt(const struct json_object *record)
{
  return gm_doubt_read(record).last || gm_doubt_is_open(record);
}

/* By the same key for the same model: then the same list has it. */
static bool is_here(const struct json_object *record,
                    const struct json_object *attempt)
{
  const struct json_object *link = gm_job_link(gm_json_at(record, "owner"));

  return gm_streq(gm_json_str(attempt, "provider", ""),
                  gm_json_str(link, "provider", NULL)) &&
         gm_streq(gm_json_str(attempt, "model", ""),
                  gm_json_str(link, "model", NULL)) &&
         gm_streq(gm_json_str(attempt, "key", ""),
                  gm_json_str(record, "slot", ""));
}

/* One in doubt may be where this list does not tell. */
static bool is_elsewhere(const struct json_object *record)
{
  const struct json_object *all = gm_json_at(record, "owner/attempts");
  size_t i, n = gm_json_count(all, NULL);

  for (i = 0; i < n && gm_doubt_read(record).earlier; i++)
    if (!is_here(record, json_object_array_get_idx(all, i)))
      return true;
  return false;
}

/* ---- going on with it ---------------------------------------------------- */

/* As if it had not been sent, but with a request that goes on with the vendor's
 * job instead of making one. */
static void resume_record(struct gm_rewrite *r, struct json_object **record)
{
  static const char *const gone[] = {
    "doubtful", "accepted", "pending", "provider_state", "found", "giving_way"
  };
  struct lookup *l = GM_CONTAINER(r, struct lookup, r);
  const struct gm_doubt doubt = { .earlier = l->doubt_stays };
  struct json_object *o = *record;
  struct json_object *request = gm_json_at(o, "request");
  struct json_object_iter it;
  size_t i;

  if (!json_object_is_type(request, json_type_object)) {
    gm_fail(&r->err, GAMUT_E_PROTOCOL, "the record of job %s is broken",
            r->claim.id);
    return;
  }
  for (i = 0; i < GM_LEN(gone); i++)
    json_object_object_del(o, gone[i]);
  json_object_object_del(gm_json_at(o, "owner"), "end");
  json_object_object_add(o, "state", json_object_new_string("queued"));
  json_object_object_add(o, "settled", json_object_new_string("charged"));
  json_object_object_add(o, GM_LOOKED_UP, json_object_new_string(l->vendor_id));
  gm_doubt_set(o, doubt);
  json_object_object_foreachC(l->resume, it)
  {
    json_object_object_add(request, it.key, json_object_get(it.val));
  }
}

/* ---- asking -------------------------------------------------------------- */

/* Records of before that have only when they were written. */
static void put_when(struct json_object *o, const char *name,
                     const struct json_object *record, const char *member)
{
  int64_t at = gm_json_i64(record, "at", 0);

  json_object_object_add(
    o, name, json_object_new_int64(gm_json_i64(record, member, at) / 1000));
}

static char *question_of(const struct json_object *record)
{
  _cleanup_json_ struct json_object *o = json_object_new_object();
  struct json_object *request = gm_json_at(record, "request");

  json_object_object_add(o, "request", json_object_get(request));
  put_when(o, "since", record, "paid_at");
  put_when(o, "until", record, "paid_until");
  return gm_strdup(gm_json_text(o, NULL));
}

static int32_t ask(struct gamut *g, const struct json_object *record,
                   struct json_object **ret, struct gm_error *err)
{
  const char *instance = gm_json_str(record, "instance", "");
  char slot[GM_SLOT_NAME_SIZE], *text = NULL;

  /* With the key that it was submitted with. */
  instance = gm_slot_name(instance, gm_json_str(record, "slot", ""), slot);
  if (gm_inquire(g, instance, "lookup", question_of(record), NULL, &text,
                 err) == GAMUT_E_UNSUPPORTED) {
    gm_error_finish(err);
    return gm_fail(err, GAMUT_E_UNSUPPORTED,
                   "%s has no list in which a job can be looked up: see its "
                   "books, and settle with --charged or --not-charged",
                   instance);
  }
  if (err->error_class)
    return err->error_class;
  *ret = gm_json_parse_once(text, strlen(text), NULL, NULL);
  gm_free(text);
  return *ret ? 0 : gm_fail(err, GAMUT_E_NOMEM, "no memory for an answer");
}

/* What is not in the list is not there. */
static bool is_certain(const struct json_object *record, bool complete)
{
  return complete &&
         gm_wall_ms() >= (uint64_t)gm_json_i64(record, "at", 0) + LAG_MS;
}

static int32_t go_on_with(struct gamut *g, struct lookup *l, const char *id,
                          const char **ret, struct gm_error *err)
{
  const struct json_object *one = json_object_array_get_idx(l->found, 0);

  l->vendor_id = gm_json_str(one, "id", "");
  l->resume = gm_json_at(one, "resume");
  if (gm_rewrite_and_wait(g, &l->r, id) == 0)
    *ret = "running";
  return gm_error_move(err, &l->r.err), err->error_class;
}

static int32_t decide(struct gamut *g, struct lookup *l, const char *id,
                      bool complete, const char **ret, struct gm_error *err)
{
  const struct json_object *record = l->r.judged;
  size_t n = gm_json_count(l->found, NULL);
  bool certain = is_certain(record, complete);
  bool elsewhere = is_elsewhere(record);

  if (n > 1)
    return gm_fail(err, GAMUT_E_UNKNOWN,
                   "%zu jobs of the vendor fit and none of ours is bound to "
                   "them: see which it is, and settle with --charged or "
                   "--not-charged",
                   n);
  if (n == 1 && (is_last_in_doubt(record) || !elsewhere)) {
    l->doubt_stays = gm_doubt_read(record).earlier && (elsewhere || !certain);
    return go_on_with(g, l, id, ret, err);
  }
  if (elsewhere)
    return gm_fail(err, GAMUT_E_UNKNOWN,
                   "it was sent more than once, and not always to where it can "
                   "be looked up: see the books there, and settle with "
                   "--charged or --not-charged");
  if (!certain)
    return gm_fail(err, GAMUT_E_UNKNOWN,
                   "the vendor lists no such job, %s: try again, or settle "
                   "with --charged or --not-charged",
                   complete ? "but it was under way less than a minute ago"
                            : "but its list does not reach back far enough");
  *ret = "not-charged";
  return 0;
}

int32_t gamut_settle_lookup(struct gamut *g, const char *id,
                            const char **ret_verdict,
                            struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *job = NULL, *answer = NULL;
  struct lookup l = { .w.look.run = strike_bound,
                      .r.change = resume_record,
                      .r.flags = GM_PUT_RELEASE };
  struct gm_error err = GM_ERROR_INIT;
  const struct json_object *record;
  const char *whole_id;
  int32_t rc = gm_job_unsettled(g, id, &job, ret_error);

  if (rc)
    return rc;
  record = l.r.judged = gm_json_at(job, "record");
  whole_id = gm_json_str(job, "id", "");
  if (refuse_known(record, whole_id, &err) == 0 &&
      ask(g, record, &answer, &err) == 0) {
    l.found = gm_json_at(answer, "jobs");
    if (gm_look_and_wait(g, &l.w))
      gm_error_move(&err, &l.w.err);
    else
      decide(g, &l, whole_id, gm_json_bool(answer, "complete", false),
             ret_verdict, &err);
  }
  if (!err.error_class && gm_streq(*ret_verdict, "not-charged"))
    return gm_job_settle_as(g, job, false, ret_error);
  return gm_report(&err, ret_error);
}
