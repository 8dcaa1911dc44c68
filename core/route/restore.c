/* restore.c - a run from the record that record.c has written, to go on with or
 * to be looked at. */
#include "base/file.h"
#include "base/str.h"
#include "job/doubt.h"
#include "job/input.h"
#include "job/trace.h"
#include "plugin/slot.h"
#include "route/bind.h"
#include "route/ledger.h"
#include "route/pool.h"
#include "route/team.h"
#include <stdio.h>
#include <string.h>

#define RECORD_VERSION 1

struct reading {
  struct gm_run *run;
  const struct gm_restore *how; /* NULL: only to be looked at */
  const struct json_object *record, *owner;
  struct gm_error no_input; /* the first that is gone */
};

/* "fox.png" of another process is in its folder. */
static char *whole_path(const struct reading *r, const char *path)
{
  return gm_path_from(gm_json_str(r->owner, "folder", NULL), path);
}

static bool is_path(const char *source)
{
  return !gm_input_is_held(source) && !strstr(source, "://");
}

static void put_all(struct json_object *to, struct json_object *from)
{
  const struct lh_entry *e;

  for (e = json_object_get_object(from)->head; e; e = e->next)
    json_object_object_add(
      to, lh_entry_k(e),
      json_object_get((struct json_object *)gm_unconst(lh_entry_v(e))));
}

char *gm_run_output_of(const struct json_object *owner)
{
  const char *output = gm_json_str(owner, "control/output", NULL);

  return output ? gm_path_from(gm_json_str(owner, "folder", NULL), output)
                : NULL;
}

static int32_t read_control(const struct reading *r, struct gm_error *err)
{
  _cleanup_json_ struct json_object *c = NULL;
  _cleanup_free_ char *whole = gm_run_output_of(r->owner);

  if (json_object_deep_copy(gm_json_at(r->owner, "control"), &c, NULL))
    c = json_object_new_object();
  json_object_object_del(c, "timeout"); /* was that of who waited then */
  if (whole)
    json_object_object_add(c, "output", json_object_new_string(whole));
  if (r->how && r->how->control)
    put_all(c, r->how->control);
  return gm_bind_control(r->run, c, err);
}

static bool read_link(struct gm_router *router, struct gm_link *l,
                      const struct json_object *o)
{
  const char *from = gm_json_str(o, "resolved_from", NULL);

  l->given = gm_strdup(gm_json_str(o, "given", ""));
  l->provider = gm_strdup(gm_json_str(o, "provider", ""));
  l->model = gm_strdup(gm_json_str(o, "model", ""));
  l->resolved_from = gm_strdup(from);
  if (!l->given || !l->provider || !l->model || (from && !l->resolved_from))
    return false;
  /* Without an entry it is a model that the catalog does not know. */
  (void)gm_router_adopt_named(router, l->provider, NULL);
  (void)gm_bind_entry(router, l);
  return true;
}

static int32_t read_links(const struct reading *r, struct gm_error *err)
{
  const struct json_object *list = gm_json_at(r->owner, "links");
  struct gm_run *run = r->run;
  size_t i, n = gm_json_count(list, NULL);
  int64_t at = gm_json_i64(r->owner, "at", 0);

  if (n == 0 || at < 0 || at >= (int64_t)n)
    return gm_fail(err, GAMUT_E_PROTOCOL, "the record of job %s is broken",
                   run->job.id);
  run->links = gm_zalloc(n * sizeof(*run->links));
  for (i = 0; run->links && i < n; i++) {
    run->n_links++;
    if (!read_link(run->router, &run->links[i],
                   json_object_array_get_idx(list, i)))
      break;
  }
  run->at = (uint32_t)at;
  return i == n ? 0 : gm_fail(err, GAMUT_E_NOMEM, "no memory for a route");
}

/* The same as when the job was submitted: another picture under the name is
 * none of its. */
static int32_t read_file(struct gm_input *in, const char *role,
                         const char *path, const struct json_object *o,
                         struct gm_error *err)
{
  int32_t rc = gm_input_open(in, role, path, NULL, err);

  if (rc || !gm_json_at(o, "size") ||
      (gm_json_i64(o, "size", -1) == (int64_t)in->size &&
       gm_json_i64(o, "mtime_ns", 0) == in->mtime_ns))
    return rc;
  return gm_fail(err, GAMUT_E_INVALID,
                 "%s: '%s' has changed since the job was submitted", role,
                 path);
}

static int32_t read_held(struct gm_input *in, const char *role,
                         const char *source, const struct json_object *o,
                         struct gm_error *err)
{
  _cleanup_(gm_held_unrefp) struct gm_held *held = NULL;
  const char *coded = gm_json_str(o, "bytes", NULL);

  if (coded)
    held = gm_input_hold_coded(coded);
  if (held)
    return gm_input_open(in, role, source, held, err);
  in->role = gm_strdup(role); /* a provider may ask for it all the same */
  in->source = gm_strdup(source);
  if (!in->role || !in->source)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an input");
  return gm_fail(err, GAMUT_E_INVALID,
                 "%s: the bytes of '%s' are gone with the process that had "
                 "them",
                 role, source);
}

/* An input that is gone matters only when it must be sent yet. */
static bool read_input(struct reading *r, struct gm_input *in,
                       const struct json_object *o)
{
  const char *source = gm_json_str(o, "source", "");
  const char *role = gm_json_str(o, "role", "image");
  _cleanup_free_ char *path = is_path(source) ? whole_path(r, source) : NULL;

  if (gm_input_is_held(source))
    (void)read_held(in, role, source, o, &r->no_input);
  else if (path)
    (void)read_file(in, role, path, o, &r->no_input);
  else if (!is_path(source))
    (void)gm_input_open(in, role, source, NULL, &r->no_input);
  return path || !is_path(source);
}

static int32_t read_inputs(struct reading *r, struct gm_error *err)
{
  const struct json_object *list = gm_json_at(r->owner, "inputs");
  struct gm_run *run = r->run;
  size_t i, n = gm_json_count(list, NULL);

  if (n == 0)
    return 0;
  run->inputs = gm_zalloc(n * sizeof(*run->inputs));
  for (i = 0; run->inputs && i < n; i++) {
    run->n_inputs++;
    if (!read_input(r, &run->inputs[i], json_object_array_get_idx(list, i)))
      break;
  }
  return i == n ? 0 : gm_fail(err, GAMUT_E_NOMEM, "no memory for inputs");
}

static int32_t read_attempts(const struct reading *r, struct gm_error *err)
{
  const struct json_object *list = gm_json_at(r->owner, "attempts");
  struct gm_run *run = r->run;
  size_t i, n = gm_json_count(list, NULL);

  if (n == 0 || (r->how && r->how->again)) /* those are history */
    return 0;
  run->attempts = gm_zalloc(n * sizeof(*run->attempts));
  if (!run->attempts)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for attempts");
  for (i = 0; i < n; i++) {
    const struct json_object *o = json_object_array_get_idx(list, i);
    struct gm_attempt *a = &run->attempts[run->n_attempts++];
    int32_t error_class = (int32_t)gm_json_i64(o, "class", 0);

    a->provider = gm_strdup(gm_json_str(o, "provider", ""));
    a->model = gm_strdup(gm_json_str(o, "model", ""));
    a->request_id = gm_strdup(gm_json_str(o, "request_id", NULL));
    a->key = gm_strdup(gm_json_str(o, "key", NULL));
    if (error_class)
      gm_fail(&a->err, error_class, "%s", gm_json_str(o, "message", ""));
    a->http_status = (int32_t)gm_json_i64(o, "status", 0);
    a->tries = (uint32_t)gm_json_i64(o, "tries", 0);
    a->repeats = (uint32_t)gm_json_i64(o, "repeats", 0);
    a->elapsed_ms = (uint64_t)gm_json_i64(o, "elapsed_ms", 0);
  }
  return 0;
}

/* The same account at the same place as before; a lone key, or one that has a
 * name, may have been renewed. */
static int32_t find_instance(const struct reading *r, struct gm_instance **ret,
                             struct gm_error *err)
{
  struct gm_router *router = r->run->router;
  const char *name = gm_json_str(r->record, "instance", "");
  const char *base = gm_json_str(r->record, "base_url", "");
  int32_t rc =
    gm_slot_find(router->instances, name, gm_json_str(r->record, "slot", ""),
                 gm_json_str(r->record, "key_hash", ""), ret, err);

  if (rc == 0)
    rc = gm_instance_use(router->instances, *ret, err);
  if (rc == 0)
    rc = gm_instance_ready(*ret, err);
  if (rc == 0 && !gm_streq((*ret)->base_url, base))
    rc = gm_fail(err, GAMUT_E_INVALID,
                 "job %s was submitted to %s, but base_url of %s is now %s: "
                 "set it back to go on with the job",
                 r->run->job.id, base, name, (*ret)->base_url);
  return rc;
}

static bool read_hit(const struct reading *r)
{
  const struct json_object *from = gm_json_at(r->owner, "cache");
  struct gm_hit *hit = from ? gm_zalloc(sizeof(*hit)) : NULL;

  if (!hit)
    return !from;
  r->run->hit = hit;
  hit->job = gm_strdup(gm_json_str(from, "job", ""));
  hit->prompt = gm_strdup(gm_json_str(from, "prompt", NULL));
  hit->similarity = gm_json_real(from, "similarity", 0);
  hit->made_ms = gm_json_i64(from, "made", 0);
  hit->cost_microusd = gm_json_i64(from, "cost_microusd", -1);
  hit->estimated = gm_json_bool(from, "estimated", false);
  return hit->job != NULL;
}

/* Whoever had begun with that may have been killed. */
static bool is_fetched_again(const struct reading *r)
{
  return r->how->again || gm_json_bool(r->record, "again", false);
}

/* It was looked up: the vendor has one of its attempts, and unless the record
 * says so, no other is in doubt any more. */
static void reopen_found(const struct reading *r)
{
  struct gm_charge *c = r->run->charge;

  gm_charge_reopen(c, r->run->at);
  if (!gm_doubt_read(r->record).earlier)
    gm_charge_acquit(c);
}

/* It is fetched: with its files it is known what it has cost. */
static bool reopen_doubtful(const struct reading *r)
{
  return gm_doubt_read(r->record).last &&
         gm_charge_reopen(r->run->charge, r->run->at);
}

/* What is reserved for it stays so. */
static int32_t read_charge(const struct reading *r, struct gm_error *err)
{
  struct gm_run *run = r->run;
  int32_t rc =
    gm_bind_user(run, gm_json_str(r->owner, "fields/user", NULL), err);

  snprintf(run->operation, sizeof(run->operation), "%s",
           gm_json_str(r->record, "request/operation", ""));
  if (rc || !r->how || gm_json_at(r->owner, "team"))
    return rc;
  if (gm_run_open_charge(run))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  if (!run->charge)
    return 0;
  if (gm_charge_restore(run->charge, r->owner))
    return gm_fail(err, GAMUT_E_PROTOCOL, "the record of job %s is broken",
                   run->job.id);
  if (is_fetched_again(r)) {
    if (!reopen_doubtful(r))
      gm_charge_freeze(run->charge);
  } else if (gm_json_at(r->record, "settled")) {
    reopen_found(r);
  }
  return 0;
}

/* What it makes is a part of another request. */
static int32_t read_part(const struct reading *r, struct gm_error *err)
{
  struct gm_member *m, *given = r->how ? r->how->member : NULL;
  struct gm_run *run = r->run;

  if (!gm_json_at(r->owner, "of"))
    return 0;
  m = gm_member_read(r->owner);
  if (!m)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  if (given) {
    given->lost |= m->lost;
    gm_member_free(m);
    run->member = given;
    return 0;
  }
  m->run = run;
  run->member = m;
  run->job.was_part = r->how && r->how->again;
  /* Its request has ended: with what another one made. */
  m->lost |= r->how && r->how->alone && m->why <= GM_WHY_HEDGE;
  if (m->lost && r->how &&
      !r->how->again) /* else somebody wants it after all */
    gm_member_leave(run);
  if (!r->how || r->how->again || r->how->alone || m->lost)
    return 0;
  return gm_fail(err, GAMUT_E_RATE, "job %s is a part of job %s: take that up",
                 run->job.id, m->of);
}

/* All but the job itself. */
static int32_t read_run(struct reading *r, struct gm_error *err)
{
  struct gm_run *run = r->run;
  struct json_object *fields = gm_json_at(r->owner, "fields");
  int32_t rc = read_control(r, err);

  if (rc == 0)
    rc = read_links(r, err);
  if (rc == 0)
    rc = read_inputs(r, err);
  if (rc == 0)
    rc = read_attempts(r, err);
  if (rc == 0)
    rc = read_part(r, err);
  if (rc)
    return rc;
  run->fields_text = gm_strdup(gm_json_text(fields, NULL));
  if (!run->fields_text || !read_hit(r))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a request");
  run->plan.taken_up = true;
  run->began_wall_ms = (uint64_t)gm_json_i64(r->owner, "began", 0);
  run->resubmitted = gm_json_bool(r->owner, "resubmitted", false);
  run->price_microusd = gm_json_i64(r->owner, "price_microusd", -1);
  if (gm_json_at(r->owner, "too_dear"))
    gm_fail(&run->too_dear, GAMUT_E_UNSUPPORTED, "%s",
            gm_json_str(r->owner, "too_dear", ""));
  rc = read_charge(r, err);
  if (rc)
    return rc;
  run->job.inputs = run->inputs;
  run->job.n_inputs = run->n_inputs;
  run->job.plan = &run->plan;
  run->job.patience_ms = gm_run_patience_ms(run);
  return 0;
}

/* Its files are had without them, but they are named yet: what is in doubt of
 * it, or was charged, is known by the records of its parts. */
static int32_t keep_team(struct gm_run *run, const struct json_object *team,
                         struct gm_error *err)
{
  if (!team)
    return 0;
  run->team_text = gm_strdup(gm_json_text(gm_unconst(team), NULL));
  return run->team_text ? 0
                        : gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
}

static int32_t go_on(struct reading *r, struct gm_error *err)
{
  struct gm_run *run = r->run;
  const struct gm_link *l = gm_run_link(run);
  const struct json_object *team = gm_json_at(r->owner, "team");
  struct gm_instance *instance;
  int32_t rc;

  gm_run_trace(run);
  if (team && !is_fetched_again(r))
    return gm_team_restore(run, team, err);
  rc = keep_team(run, team, err);
  if (rc == 0)
    rc = find_instance(r, &instance, err);
  if (rc)
    return rc;
  gm_draft_sweep(&run->plan, run->job.id);
  run->job.latency_ms = gm_model_latency_ms(l->entry);
  rc = gm_job_restore(&run->job, instance,
                      l->entry ? gm_json_at(l->entry->entry, "wire") : NULL,
                      r->record, r->how->again, err);
  if (rc == 0)
    gm_pool_begun(run);
  if (rc || run->job.takeup != GM_TAKEUP_BEGIN || run->job.looked_up)
    return rc;
  if (r->no_input.error_class)
    gm_error_move(err, &r->no_input);
  else if (gm_cache_begin(run)) /* somebody may have made it meanwhile */
    gm_timer_stop(run->router->engine->loop, &run->job.timer);
  else
    gm_error_move(err, &run->too_dear);
  return err->error_class;
}

/* The end as it was, with times as if it had begun a moment ago. */
static int32_t read_end(struct reading *r, struct gm_error *err)
{
  const struct json_object *end = gm_json_at(r->owner, "end");
  struct gm_run *run = r->run;
  struct gm_job *j = &run->job;
  int32_t error_class = (int32_t)gm_json_i64(end, "class", 0);
  uint64_t began = 1;

  if (error_class)
    gm_fail(&run->err, error_class, "%s", gm_json_str(end, "message", ""));
  if (gm_json_at(end, "cost"))
    run->cost = (struct gm_cost){
      .known = true,
      .microusd = gm_json_i64(end, "cost/microusd", -1),
      .formula_microusd = gm_json_i64(end, "cost/formula_microusd", -1),
      .estimated = gm_json_bool(end, "cost/estimated", false),
    };
  run->began_ms = began;
  j->ended_ms = began + (uint64_t)gm_json_i64(end, "took_ms", 0);
  if (gm_json_at(end, "accepted_ms"))
    j->accepted_ms = began + (uint64_t)gm_json_i64(end, "accepted_ms", 0);
  if (gm_json_at(end, "working_ms"))
    j->working_ms = began + (uint64_t)gm_json_i64(end, "working_ms", 0);
  if (gm_json_at(end, "generated_ms"))
    j->generated_ms = began + (uint64_t)gm_json_i64(end, "generated_ms", 0);
  return gm_job_read(j, r->record, err);
}

static int32_t open_record(struct reading *r, struct gm_router *router,
                           const struct gm_run_ops *ops, void *owner,
                           struct gm_error *err)
{
  const char *id = gm_json_str(r->record, "id", "");

  r->owner = gm_json_at(r->record, "owner");
  if (!gm_id_valid(id))
    return gm_fail(err, GAMUT_E_PROTOCOL, "a job's record is broken");
  if (gm_json_i64(r->record, "v", 0) != RECORD_VERSION)
    return gm_fail(err, GAMUT_E_UNSUPPORTED,
                   "job %s was written by another version of gamut", id);
  return gm_run_adopt(router, ops, owner, id, &r->run, err);
}

static int32_t close_record(struct reading *r, int32_t rc, struct gm_run **ret)
{
  gm_error_finish(&r->no_input);
  if (rc)
    gm_run_free(r->run);
  else
    *ret = r->run;
  return rc;
}

int32_t gm_run_restore(struct gm_router *router, const char *text, size_t len,
                       const struct gm_restore *how,
                       const struct gm_run_ops *ops, void *owner,
                       struct gm_run **ret, struct gm_error *err)
{
  _cleanup_json_ struct json_object *record =
    gm_json_parse_once(text, len, NULL, NULL);
  struct reading r = { .record = record, .how = how };
  int32_t rc = open_record(&r, router, ops, owner, err);

  if (rc == 0)
    rc = read_run(&r, err);
  if (rc == 0)
    rc = go_on(&r, err);
  if (rc == 0)
    gm_run_deadline(r.run, r.run->began_ms);
  if (rc == 0 && !how->again && !r.run->team)
    gm_run_attempt_deadline(r.run, r.run->began_ms + r.run->attempt_timeout_ms);
  return close_record(&r, rc, ret);
}

static int32_t view(struct reading *r, struct gm_router *router,
                    struct gm_error *err)
{
  int32_t rc = open_record(r, router, NULL, NULL, err);

  if (rc == 0)
    rc = read_run(r, err);
  if (rc == 0)
    rc = read_end(r, err);
  return rc;
}

int32_t gm_run_view(struct gm_router *router, const char *text, size_t len,
                    struct gm_run **ret, struct gm_error *err)
{
  _cleanup_json_ struct json_object *record =
    gm_json_parse_once(text, len, NULL, NULL);
  struct reading r = { .record = record };

  return close_record(&r, view(&r, router, err), ret);
}

/* It may be there no more: then the whole has an end, but none that can be
 * fetched again. */
static void find_account(const struct reading *r)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_instance *instance;

  if (find_instance(r, &instance, &err) == 0)
    r->run->job.instance = instance;
}

int32_t gm_run_view_part(struct gm_router *router, const char *text, size_t len,
                         struct gm_run **ret, struct gm_error *err)
{
  _cleanup_json_ struct json_object *record =
    gm_json_parse_once(text, len, NULL, NULL);
  struct reading r = { .record = record };
  int32_t rc = view(&r, router, err);

  if (rc == 0)
    find_account(&r);
  return close_record(&r, rc, ret);
}
