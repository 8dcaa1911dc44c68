/* once.c - requests that are submitted once for a key of the caller's, whatever
 * happens to the processes that try.
 *
 * The key is bound to a job's id before anything is sent under that id: a row
 * of its own, made only when there is none.  The job's record comes before that
 * as well, and with it an entry in the ledger, which stays when the record is
 * removed after a while: under an id that has neither nothing was sent.
 *
 * But the two come and go behind the back of whoever has just looked.  So what
 * is first written under the id marks the key's row as used, if that is as it
 * was when it was read: of several that find the id unused one begins. */
#include "api/jobs.h"
#include "api/request.h"
#include "base/random.h"
#include "base/str.h"
#include <string.h>

#define TABLE "line"

/* The numbers of its rows. */
enum { SEAL, USED };

struct binding {
  struct gm_waited_look w;
  const char *key;
  char id[GAMUT_ID_SIZE];
  uint64_t version;
  bool there, broken;
  bool used; /* something was written under the id */
};

/* Another id that is valid would be one under which nothing was sent.  One
 * without a seal is from before there were seals. */
static bool is_whole(const struct binding *b, const struct gamut_store_row *row)
{
  return row->body_len == GAMUT_ID_SIZE - 1 &&
         (row->numbers[SEAL] == 0 ||
          row->numbers[SEAL] ==
            gm_journal_seal(b->key, row->body, row->body_len));
}

static int32_t binding_row(void *user, const struct gamut_store_row *row)
{
  struct binding *b = user;

  b->there = true;
  b->version = row->version;
  b->used = row->numbers[USED] != 0;
  if (is_whole(b, row))
    memcpy(b->id, row->body, GAMUT_ID_SIZE - 1);
  b->broken = !gm_id_valid(b->id);
  return 0;
}

static int32_t run_binding(struct gm_look *k, const struct gamut_store *type,
                           void *handle, char *message)
{
  struct binding *b = GM_CONTAINER(k, struct binding, w.look);

  return gm_store_row(type, handle, TABLE, b->key, 0, binding_row, b, message);
}

static int32_t read_binding(struct gamut *g, const char *key, struct binding *b,
                            struct gm_error *err)
{
  *b = (struct binding){ .w.look.run = run_binding, .key = key };
  if (gm_look_and_wait(g, &b->w)) {
    gm_error_move(err, &b->w.err);
    return err->error_class;
  }
  if (b->broken)
    return gm_fail(err, GAMUT_E_PROTOCOL,
                   "what the store has of the job that was submitted for this "
                   "is broken");
  return 0;
}

/* Only a look tells the version that a row was given. */
static int32_t read_bound(struct gamut *g, struct binding *b, const char *id,
                          bool *ret_done, struct gm_error *err)
{
  if (read_binding(g, b->key, b, err))
    return err->error_class;
  *ret_done = strcmp(b->id, id) == 0 && !b->used;
  return 0;
}

/* Bind the key to a new id, in `b`, unless somebody was quicker: *ret_done. */
static int32_t bind_anew(struct gamut *g, struct binding *b, bool *ret_done,
                         struct gm_error *err)
{
  char id[GAMUT_ID_SIZE];
  struct gamut_store_op op = { .table = TABLE,
                               .key = b->key,
                               .conditions =
                                 b->there ? GAMUT_IF_VERSION : GAMUT_IF_ABSENT,
                               .changes = GAMUT_SET_BODY | GAMUT_SET_NUMBERS,
                               .version = b->version,
                               .body = id,
                               .body_len = GAMUT_ID_SIZE - 1 };

  gm_id_new(id);
  op.numbers[SEAL] = gm_journal_seal(b->key, id, GAMUT_ID_SIZE - 1);
  if (gm_write_and_wait(g, &op, ret_done, err) || !*ret_done)
    return err->error_class;
  return read_bound(g, b, id, ret_done, err);
}

/* It failed: by what the vendor made of it, or by what became of its files? */
static bool has_failed(const struct gamut_result *r, bool files)
{
  return gamut_result_status(r) == GAMUT_FAILED &&
         !gamut_result_maybe_charged(r) &&
         (gamut_result_artifacts(r) > 0) == files;
}

/* Of a stream that broke all is there that has come. */
static bool lacks_files(const struct gamut_result *r)
{
  uint32_t i, n = gamut_result_artifacts(r);

  for (i = 0; i < n; i++)
    if (!gamut_result_artifact(r, i)->path)
      return true;
  return false;
}

/* By somebody who has looked at the vendor's books. */
static bool is_settled_charged(const struct json_object *job)
{
  return gm_streq(gm_json_str(job, "settled", NULL), "charged");
}

/* What failed the vendor may have counted all the same, which only the ledger
 * knows. */
static int32_t read_paid(struct gamut *g, const char *id, bool *ret,
                         struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;
  int32_t remains;

  if (gm_job_remains(g, id, &remains, &err) == 0)
    *ret = remains == GM_REMAINS_PAID;
  return gm_report(&err, ret_error);
}

/* It has failed, and is not in doubt.  Since its whole has ended it may have
 * been looked up, or fetched, and so made. */
static bool has_come_to_nothing(const struct json_object *part)
{
  const char *state = gm_json_str(part, "state", NULL);

  return gm_json_bool(part, "ended", false) && !is_settled_charged(part) &&
         !gm_streq(state, "completed") && !gm_streq(state, "maybe-charged");
}

static int32_t read_part(struct gamut *g, const char *id, bool *ret,
                         struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *job = NULL;
  struct gm_error err = GM_ERROR_INIT;
  int32_t remains, rc = gm_job_read_row(g, id, &job, ret_error);

  if (rc == GAMUT_E_NOT_FOUND) {
    if (gm_job_remains(g, id, &remains, &err) == 0)
      *ret = remains >= GM_REMAINS_COUNTS;
    return gm_report(&err, ret_error);
  }
  if (rc)
    return rc;
  *ret = !has_come_to_nothing(job);
  return *ret ? 0 : read_paid(g, id, ret, ret_error);
}

/* Was it charged, or a part of it, of which its own record does not tell?  Only
 * what could be read says no.  A request of several has no entry in the ledger:
 * its parts have. */
static int32_t read_charged(struct gamut *g, const char *id, bool *ret,
                            struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *job = NULL;
  const struct json_object *parts;
  int32_t rc = gm_job_read_row(g, id, &job, ret_error);
  size_t i, n;

  if (rc)
    return rc;
  *ret = is_settled_charged(job);
  parts = gm_json_at(job, "team/members");
  n = gm_json_count(parts, NULL);
  if (!*ret && !parts)
    rc = read_paid(g, id, ret, ret_error);
  for (i = 0; rc == 0 && !*ret && i < n; i++) {
    const char *part =
      gm_json_str(json_object_array_get_idx(parts, i), "id", "");

    if (gm_id_valid(part))
      rc = read_part(g, part, ret, ret_error);
  }
  return rc;
}

struct once {
  const struct gamut_request *request;
  gamut_done_fn *on_done;
  void *user;
  struct gamut_result *result;
  struct gamut_error error;
  bool again; /* somebody was quicker: look once more */
};

static int32_t submit_bound(struct gamut *g, struct once *o,
                            const struct binding *b)
{
  struct gamut_store_op use = { .table = TABLE,
                                .key = b->key,
                                .conditions = GAMUT_IF_VERSION,
                                .changes = GAMUT_ADD_NUMBERS,
                                .version = b->version,
                                .numbers[USED] = 1 };

  return gm_submit_as(g, o->request, o->on_done, o->user, b->id, &use,
                      &o->error);
}

static int32_t submit_anew(struct gamut *g, struct once *o, struct binding *b)
{
  struct gm_error err = GM_ERROR_INIT;
  bool done = false;

  if (bind_anew(g, b, &done, &err))
    return gm_report(&err, &o->error);
  o->again = !done;
  return done ? submit_bound(g, o, b) : 0;
}

/* It keeps the name that it was submitted with: by now that of the request may be
 * another's. */
static int32_t attach_bound(struct gamut *g, struct once *o,
                            const struct binding *b)
{
  struct gamut_request how = { o->request ? gm_ask_copy(o->request->ask)
                                          : NULL };
  struct gm_error err = GM_ERROR_INIT;
  int32_t rc;

  if (!how.ask) {
    gm_fail(&err, o->request ? GAMUT_E_NOMEM : GAMUT_E_INVALID,
            o->request ? "no memory for a job" : "no request");
    return gm_report(&err, &o->error);
  }
  json_object_object_del(how.ask->control, "output");
  rc = gamut_attach(g, b->id, &how, o->on_done, o->user, &o->error);
  gm_ask_free(how.ask);
  return rc;
}

/* It does not count, or it is paid for and was not fetched; else it counts. */
enum ending { COUNTS, MADE_AGAIN, FETCHED_AGAIN };

static int32_t read_ending(struct gamut *g, const char *id,
                           const struct gamut_result *r, enum ending *ret,
                           struct gamut_error *ret_error)
{
  bool charged = false;
  int32_t rc;

  *ret = has_failed(r, true) && lacks_files(r) ? FETCHED_AGAIN : COUNTS;
  if (!has_failed(r, false))
    return 0;
  rc = read_charged(g, id, &charged, ret_error);
  if (rc == 0 && !charged)
    *ret = MADE_AGAIN;
  return rc;
}

static int32_t after_end(struct gamut *g, struct once *o, struct binding *b)
{
  enum ending how;
  int32_t rc = read_ending(g, b->id, o->result, &how, &o->error);

  if (rc == 0 && how == COUNTS)
    return 0;
  gamut_result_free(GM_TAKE(o->result));
  if (rc)
    return rc;
  if (how == MADE_AGAIN)
    return submit_anew(g, o, b);
  return gamut_fetch(g, b->id, o->request, o->on_done, o->user, &o->error);
}

static bool is_known(struct gamut *g, const char *id)
{
  struct gamut_result *r = NULL;
  int32_t rc = gamut_job_result(g, id, &r, NULL);

  gamut_result_free(r);
  return rc != GAMUT_E_NOT_FOUND;
}

static int32_t refuse_forgotten(struct gamut *g, struct once *o,
                                const struct binding *b)
{
  struct gm_error err = GM_ERROR_INIT;

  o->again = is_known(g, b->id); /* another process has just begun it */
  if (o->again)
    return 0;
  gm_fail(&err, GAMUT_E_NOT_FOUND,
          "job %s, which was submitted for this, is not remembered any more "
          "(keep_jobs)",
          b->id);
  return gm_report(&err, &o->error);
}

/* Another process may be about to submit what nothing was sent for: under the
 * one id only one of us can.  An id that was used is not used again, also when
 * it came to nothing and nothing is left of it. */
static int32_t without_record(struct gamut *g, struct once *o,
                              struct binding *b)
{
  struct gm_error err = GM_ERROR_INIT;
  int32_t remains;

  if (gm_job_remains(g, b->id, &remains, &err))
    return gm_report(&err, &o->error);
  if (remains >= GM_REMAINS_COUNTS)
    return refuse_forgotten(g, o, b);
  return remains == GM_REMAINS_FREE || b->used ? submit_anew(g, o, b)
                                               : submit_bound(g, o, b);
}

/* Meanwhile?  Else there is another reason not to go on with it. */
static bool has_ended(struct gamut *g, struct once *o, const struct binding *b)
{
  return gamut_job_result(g, b->id, &o->result, NULL) == 0;
}

/* What there is under the id: a result, a job to go on with, nothing (yet, or
 * any more). */
static int32_t go_on(struct gamut *g, struct once *o, struct binding *b)
{
  int32_t rc = gamut_job_result(g, b->id, &o->result, &o->error);

  if (rc == GAMUT_E_NOT_FOUND)
    return without_record(g, o, b);
  if (rc == 0)
    return after_end(g, o, b);
  if (rc != GAMUT_E_RATE)
    return rc;
  rc = attach_bound(g, o, b);
  if (rc == GAMUT_E_INVALID && has_ended(g, o, b))
    return after_end(g, o, b);
  return rc;
}

static int32_t check_key(const char *key, struct gm_error *err)
{
  size_t len = key ? strlen(key) : 0;

  if (len > 0 && len <= GAMUT_STORE_KEY_MAX)
    return 0;
  return gm_fail(err, GAMUT_E_INVALID,
                 "a key to submit once by has 1 to %d bytes",
                 GAMUT_STORE_KEY_MAX);
}

int32_t gamut_submit_once(struct gamut *g, const struct gamut_request *request,
                          const char *key, gamut_done_fn *on_done, void *user,
                          char ret_id[GAMUT_ID_SIZE],
                          struct gamut_result **ret_result,
                          struct gamut_error *ret_error)
{
  struct once o = { request, on_done, user, NULL, { 0 }, false };
  struct gm_error err = GM_ERROR_INIT;
  struct binding b;
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  if (check_key(key, &err))
    return gm_report(&err, ret_error);
  do {
    o.again = false;
    if (read_binding(g, key, &b, &err))
      return gm_report(&err, ret_error);
    rc = b.there ? go_on(g, &o, &b) : submit_anew(g, &o, &b);
  } while (o.again);
  if (rc && ret_error)
    *ret_error = o.error;
  if (rc == 0 && ret_id)
    memcpy(ret_id, b.id, GAMUT_ID_SIZE);
  if (rc == 0)
    *ret_result = o.result;
  return rc;
}

/* A key is bound before it is known whether there can be a job at all: what was
 * refused then has none.  Nor is anything left of one that was forgotten before
 * it was in the ledger. */
static int32_t look_without_record(struct gamut *g, const char *id,
                                   int32_t *ret_once, struct gm_error *err)
{
  static const int32_t means[] = {
    [GM_REMAINS_NOTHING] = GAMUT_ONCE_NEW,
    [GM_REMAINS_FREE] = GAMUT_ONCE_AGAIN,
    [GM_REMAINS_COUNTS] = GAMUT_ONCE_KEPT,
    [GM_REMAINS_PAID] = GAMUT_ONCE_KEPT,
  };
  int32_t remains;

  if (gm_job_remains(g, id, &remains, err))
    return err->error_class;
  *ret_once = means[remains];
  return 0;
}

static int32_t look_bound(struct gamut *g, const char *id, int32_t *ret_once,
                          struct gm_error *err)
{
  struct gamut_error why = { 0 };
  struct gamut_result *r = NULL;
  enum ending how = COUNTS; /* while it goes on */
  int32_t rc = gamut_job_result(g, id, &r, &why);

  if (rc == GAMUT_E_NOT_FOUND)
    return look_without_record(g, id, ret_once, err);
  if (rc == 0)
    rc = read_ending(g, id, r, &how, &why);
  gamut_result_free(r);
  if (rc && rc != GAMUT_E_RATE)
    return gm_fail(err, rc, "%s", why.message);
  *ret_once = how == COUNTS ? GAMUT_ONCE_KEPT : GAMUT_ONCE_AGAIN;
  return 0;
}

int32_t gamut_look_once(struct gamut *g, const char *key, int32_t *ret_once,
                        struct gamut_error *ret_error)
{
  struct gm_error err = GM_ERROR_INIT;
  struct binding b;
  int32_t once = GAMUT_ONCE_NEW, rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  if (check_key(key, &err) || read_binding(g, key, &b, &err) ||
      (b.there && look_bound(g, b.id, &once, &err)))
    return gm_report(&err, ret_error);
  *ret_once = once;
  return 0;
}
