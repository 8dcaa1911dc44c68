/* once.c - requests that are submitted once for a key of the caller's, whatever
 * happens to the processes that try.
 *
 * The key is bound to a job's id before anything is sent under that id: a row
 * of its own, made only when there is none.  An id without a record is one
 * under which nothing was sent, for the record comes before that. */
#include "api/jobs.h"
#include "api/request.h"
#include "base/random.h"
#include "base/str.h"
#include <string.h>

#define TABLE   "line"
#define IDS_MAX (256u << 20)

struct binding {
  struct gm_waited_look w;
  const char *key;
  char id[GAMUT_ID_SIZE];
  uint64_t version;
  bool there;
};

static int32_t binding_row(void *user, const struct gamut_store_row *row)
{
  struct binding *b = user;

  if (row->body_len != GAMUT_ID_SIZE - 1)
    return 0;
  memcpy(b->id, row->body, GAMUT_ID_SIZE - 1);
  b->version = row->version;
  b->there = gm_id_valid(b->id);
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
  if (gm_look_and_wait(g, &b->w) == 0)
    return 0;
  gm_error_move(err, &b->w.err);
  return err->error_class;
}

struct write {
  struct gm_tx tx;
  struct gamut_store_op op;
  struct gamut *g;
  struct gm_error err;
  bool over;
};

static void written(struct gm_tx *t, int32_t error_class)
{
  struct write *w = GM_CONTAINER(t, struct write, tx);

  if (error_class)
    gm_fail(&w->err, error_class, "%s", gm_store_why(w->g->store));
  gm_tell_over(w->g, &w->over);
}

static void write_now(struct gamut *g, void *arg)
{
  struct write *w = arg;

  gm_store_commit(g->store, &w->tx);
}

/* Bind the key to a new id, in `b`, unless somebody was quicker: *ret_done. */
static int32_t bind_anew(struct gamut *g, struct binding *b, bool *ret_done,
                         struct gm_error *err)
{
  struct write w = { .g = g };

  gm_id_new(b->id);
  w.op = (struct gamut_store_op){ .table = TABLE,
                                  .key = b->key,
                                  .conditions = b->there ? GAMUT_IF_VERSION
                                                         : GAMUT_IF_ABSENT,
                                  .changes = GAMUT_SET_BODY,
                                  .version = b->version,
                                  .body = b->id,
                                  .body_len = GAMUT_ID_SIZE - 1 };
  w.tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(w.tx.tx),
                                     .ops = { &w.op, 1, sizeof(w.op) } };
  w.tx.done = written;
  gm_on_engine(g, write_now, &w);
  gm_wait_over(g, &w.over);
  *ret_done = !w.err.error_class && w.tx.tx.outcome == 0;
  if (w.err.error_class)
    gm_error_move(err, &w.err);
  return err->error_class;
}

/* It failed: by what the vendor made of it, or by what became of its files? */
static bool has_failed(const struct gamut_result *r, bool files)
{
  return gamut_result_status(r) == GAMUT_FAILED &&
         !gamut_result_maybe_charged(r) &&
         (gamut_result_artifacts(r) > 0) == files;
}

/* Somebody who has looked at the vendor's books has said so. */
static bool is_charged(struct gamut *g, const char *id)
{
  _cleanup_json_ struct json_object *job = NULL;
  char *text = NULL;

  if (gamut_job(g, id, &text, NULL))
    return false;
  job = gm_json_parse_once(text, strlen(text), NULL, NULL);
  gamut_string_free(text);
  return gm_streq(gm_json_str(job, "settled", NULL), "charged");
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
  return gm_submit_as(g, o->request, o->on_done, o->user, b->id, &o->error);
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

/* What there is under the id: a result, a job to go on with, nothing yet. */
static int32_t go_on(struct gamut *g, struct once *o, struct binding *b)
{
  int32_t rc = gamut_job_result(g, b->id, &o->result, &o->error);

  if (rc == GAMUT_E_NOT_FOUND)
    return submit_bound(g, o, b);
  if (rc == 0 && has_failed(o->result, false) &&
      !is_charged(g, b->id)) { /* it does not count */
    gamut_result_free(GM_TAKE(o->result));
    return submit_anew(g, o, b);
  }
  if (rc == 0 && has_failed(o->result, true)) { /* paid, not fetched */
    gamut_result_free(GM_TAKE(o->result));
    return gamut_fetch(g, b->id, o->request, o->on_done, o->user, &o->error);
  }
  if (rc != GAMUT_E_RATE)
    return rc;
  rc = attach_bound(g, o, b);
  o->again = rc == GAMUT_E_INVALID; /* it has ended meanwhile */
  return o->again ? 0 : rc;
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

/* ---- how many --------------------------------------------------------------
 */

struct count {
  struct gm_waited_look w;
  const char *from;
  char to[GAMUT_STORE_KEY_MAX + 2];
  struct gm_buf ids; /* one behind the other */
  uint32_t n;
};

static int32_t note_id(void *user, const struct gamut_store_row *row)
{
  struct count *c = user;

  if (row->body_len == GAMUT_ID_SIZE - 1)
    gm_buf_addn(&c->ids, row->body, row->body_len);
  return 0;
}

static int32_t count_job(void *user, const struct gamut_store_row *row)
{
  struct count *c = user;

  (void)row;
  c->n++;
  return 0;
}

/* A key is bound before it is known whether there can be a job at all: what was
 * refused then has none. */
static int32_t count_jobs(struct count *c, const struct gamut_store *type,
                          void *handle, char *message)
{
  char id[GAMUT_ID_SIZE] = "";
  int32_t rc = 0;
  size_t at;

  for (at = 0; rc == 0 && at < c->ids.len; at += GAMUT_ID_SIZE - 1) {
    memcpy(id, c->ids.data + at, GAMUT_ID_SIZE - 1);
    rc = gm_store_row(type, handle, GM_TABLE_JOB, id, GAMUT_SCAN_NO_BODY,
                      count_job, c, message);
  }
  return rc;
}

static int32_t run_count(struct gm_look *k, const struct gamut_store *type,
                         void *handle, char *message)
{
  struct count *c = GM_CONTAINER(k, struct count, w.look);
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .table = TABLE,
                                       .from = c->from,
                                       .to = c->to };
  int32_t rc = type->scan(handle, &q, note_id, c, message);

  if (rc == 0 && gm_buf_failed(&c->ids))
    rc = GAMUT_E_NOMEM;
  return rc ? rc : count_jobs(c, type, handle, message);
}

int32_t gamut_count_once(struct gamut *g, const char *prefix,
                         uint32_t *ret_count, struct gamut_error *ret_error)
{
  struct count c = { .w.look.run = run_count,
                     .from = prefix,
                     .ids = GM_BUF_INIT(IDS_MAX) };
  int32_t rc = gm_enter_wait(g, ret_error);
  size_t len = prefix ? strlen(prefix) : 0;

  if (rc)
    return rc;
  if (check_key(prefix, &c.w.err) == 0) {
    memcpy(c.to, prefix, len);
    c.to[len] = '\x7f'; /* behind what keys are made of */
    gm_look_and_wait(g, &c.w);
  }
  gm_buf_finish(&c.ids);
  if (!c.w.err.error_class)
    *ret_count = c.n;
  return gm_report(&c.w.err, ret_error);
}
