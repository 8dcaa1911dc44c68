/* jobs.c - what the store knows of jobs, of this process and of others.
 *
 * Records are read and judged on the store's thread; what is kept of them goes
 * back as one document. */
#include "api/jobs.h"
#include "api/look.h"
#include "api/result.h"
#include "base/clock.h"
#include "base/str.h"
#include <ctype.h>
#include <string.h>

#define RECORD_MAX (128u << 20)

/* ---- asking the store ---------------------------------------------------- */

static void looked(struct gm_look *k, int32_t error_class)
{
  struct gm_waited_look *w = GM_CONTAINER(k, struct gm_waited_look, look);

  if (error_class)
    gm_fail(&w->err, error_class, "%s", gm_store_why(w->g->store));
  gm_tell_over(w->g, &w->over);
}

static void look_now(struct gamut *g, void *arg)
{
  struct gm_waited_look *w = arg;

  gm_store_look(g->store, &w->look);
}

int32_t gm_look_and_wait(struct gamut *g, struct gm_waited_look *w)
{
  w->g = g;
  w->look.done = looked;
  gm_on_engine(g, look_now, w);
  gm_wait_over(g, &w->over);
  return w->err.error_class;
}

struct write {
  struct gm_tx tx;
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

int32_t gm_write_and_wait(struct gamut *g, struct gamut_store_op *op,
                          bool *ret_done, struct gm_error *err)
{
  struct write w = { .g = g, .tx.done = written };

  w.tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(w.tx.tx),
                                     .ops = { op, 1, sizeof(*op) } };
  gm_on_engine(g, write_now, &w);
  gm_wait_over(g, &w.over);
  *ret_done = !w.err.error_class && w.tx.tx.outcome == 0;
  if (w.err.error_class)
    gm_error_move(err, &w.err);
  return err->error_class;
}

static int32_t run_nothing(struct gm_look *k, const struct gamut_store *type,
                           void *handle, char *message)
{
  (void)k, (void)type, (void)handle, (void)message;
  return 0;
}

int32_t gamut_durable(struct gamut *g)
{
  struct gm_waited_look w = { .look.run = run_nothing };
  int32_t rc;

  if (gm_enter_wait(g, NULL))
    return 0;
  rc = gm_look_and_wait(g, &w);
  gm_error_finish(&w.err);
  return rc == 0 && gm_store_keeps(g->store);
}

/* ---- finding one --------------------------------------------------------- */

struct search {
  struct gm_waited_look w;
  char from[GAMUT_ID_SIZE], to[GAMUT_ID_SIZE + 1], found[GAMUT_ID_SIZE];
  uint32_t n;
};

static int32_t count_row(void *user, const struct gamut_store_row *row)
{
  struct search *s = user;

  if (gm_id_valid(row->key))
    memcpy(s->found, row->key, GAMUT_ID_SIZE);
  s->n++;
  return 0;
}

static int32_t run_search(struct gm_look *k, const struct gamut_store *type,
                          void *handle, char *message)
{
  struct search *s = GM_CONTAINER(k, struct search, w.look);
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .flags = GAMUT_SCAN_NO_BODY,
                                       .table = GM_TABLE_JOB,
                                       .from = s->from,
                                       .to = s->to,
                                       .limit = 2 };

  return type->scan(handle, &q, count_row, s, message);
}

int32_t gm_job_find_id(struct gamut *g, const char *given,
                       char ret[GAMUT_ID_SIZE], struct gm_error *err)
{
  struct search s = { .w.look.run = run_search };
  size_t i, len = given ? strlen(given) : 0;

  if (len == 0 || len >= GAMUT_ID_SIZE)
    return gm_fail(err, GAMUT_E_NOT_FOUND, "'%.40s' is no job's id",
                   given ? given : "");
  for (i = 0; i < len; i++)
    s.from[i] = (char)toupper((unsigned char)given[i]);
  memcpy(s.to, s.from, len);
  s.to[len] = '~'; /* behind every letter of an id */
  if (gm_look_and_wait(g, &s.w)) {
    gm_error_move(err, &s.w.err);
    return err->error_class;
  }
  if (s.n == 0)
    return gm_fail(err, GAMUT_E_NOT_FOUND,
                   "no job '%s' (`gamut jobs` lists those that are known)",
                   given);
  if (s.n > 1)
    return gm_fail(err, GAMUT_E_INVALID,
                   "several jobs begin with '%s': give more of the id", given);
  memcpy(ret, s.found, GAMUT_ID_SIZE);
  return 0;
}

/* ---- the list ------------------------------------------------------------ */

struct listing {
  struct gm_waited_look w;
  const char *state, *provider, *model, *search;
  bool parts;
  char since[GAMUT_ID_SIZE]; /* ids sort by time */
  int64_t limit;
  struct json_object *all;
};

/* Case does not matter. */
static bool has(const struct json_object *line, const char *member,
                const char *word)
{
  const char *text = gm_json_str(line, member, NULL);

  return text && strcasestr(text, word);
}

static bool has_file(const struct json_object *line, const char *word)
{
  const struct json_object *files = gm_json_at(line, "files");
  size_t i, n = gm_json_count(files, NULL);

  for (i = 0; i < n; i++)
    if (strcasestr(json_object_get_string(json_object_array_get_idx(files, i)),
                   word))
      return true;
  return false;
}

/* Every word is somewhere in what a person would know a job by. */
static bool matches(const struct json_object *line, const char *search)
{
  struct gm_cur c = gm_cur_of(search);
  char word[128];

  for (gm_cur_space(&c); gm_cur_until(&c, " \t", word, sizeof(word));
       gm_cur_space(&c))
    if (!has(line, "prompt", word) && !has(line, "model", word) &&
        !has(line, "resolved_from", word) && !has(line, "provider", word) &&
        !has(line, "id", word) && !has_file(line, word))
      return false;
  return true;
}

/* What a request is made of is seen there, unless it needs somebody's eye. */
static bool is_hidden(const struct listing *l, const struct json_object *line)
{
  if (l->parts || !gm_json_at(line, "of"))
    return false;
  return !gm_streq(gm_json_str(line, "state", NULL), "maybe-charged") &&
         (gm_json_bool(line, "ended", false) ||
          !gm_json_bool(line, "of/lost", false));
}

static bool is_wanted(const struct listing *l, const struct json_object *line)
{
  const char *state = gm_json_str(line, "state", "");
  bool ended = gm_json_bool(line, "ended", false);

  if (is_hidden(l, line))
    return false;
  if ((l->provider &&
       !gm_streq(l->provider, gm_json_str(line, "provider", NULL))) ||
      (l->model && !has(line, "model", l->model) &&
       !has(line, "resolved_from", l->model)) ||
      (l->search && !matches(line, l->search)))
    return false;
  if (!l->state || gm_streq(l->state, state))
    return true;
  return (gm_streq(l->state, "unfinished") && !ended) ||
         (gm_streq(l->state, "ended") && ended);
}

static int32_t list_row(void *user, const struct gamut_store_row *row)
{
  struct listing *l = user;
  _cleanup_json_ struct json_object *record =
    gm_json_parse_once(row->body, row->body_len, NULL, NULL);
  _cleanup_json_ struct json_object *line =
    record ? gm_job_row(record, row) : NULL;

  if (!line || !is_wanted(l, line))
    return 0;
  if (json_object_array_add(l->all, json_object_get(line)))
    return GAMUT_E_NOMEM;
  return (int64_t)json_object_array_length(l->all) >= l->limit;
}

static int32_t run_listing(struct gm_look *k, const struct gamut_store *type,
                           void *handle, char *message)
{
  struct listing *l = GM_CONTAINER(k, struct listing, w.look);
  const struct gamut_store_query q = { .struct_size = sizeof(q),
                                       .flags = GAMUT_SCAN_DOWN,
                                       .table = GM_TABLE_JOB,
                                       .from = *l->since ? l->since : NULL };
  int32_t rc = type->scan(handle, &q, list_row, l, message);

  return rc == 1 ? 0 : rc;
}

/* "24h", "7d", or a day: 2026-11-28. */
static int32_t read_since(struct listing *l, const char *text,
                          struct gm_error *err)
{
  int64_t ms;
  uint64_t from;

  if (!text)
    return 0;
  if (gm_parse_msec(text, &ms))
    from = gm_wall_ms() - GM_MIN((uint64_t)ms, gm_wall_ms());
  else if (!gm_parse_day(text, &from))
    return gm_fail(err, GAMUT_E_INVALID,
                   "since: '%.40s' is neither a time (24h) nor a day "
                   "(2026-11-28)",
                   text);
  gm_id_at(from, l->since);
  return 0;
}

static bool is_state(const char *word)
{
  struct gm_cur cur = gm_cur_of(GAMUT_JOB_STATES);
  char state[32];

  do
    if (gm_cur_until(&cur, "|", state, sizeof(state)) && gm_streq(state, word))
      return true;
  while (gm_cur_char(&cur, '|'));
  return false;
}

static int32_t read_filter(struct listing *l, const struct json_object *f,
                           struct gm_error *err)
{
  l->state = gm_json_str(f, "state", NULL);
  l->provider = gm_json_str(f, "provider", NULL);
  l->model = gm_json_str(f, "model", NULL);
  l->search = gm_json_str(f, "search", NULL);
  l->parts = gm_json_bool(f, "parts", false);
  l->limit = gm_json_i64(f, "limit", INT64_MAX);
  if (l->state && !is_state(l->state))
    return gm_fail(err, GAMUT_E_INVALID, "state: '%.40s' is none of %s",
                   l->state, GAMUT_JOB_STATES);
  return read_since(l, gm_json_str(f, "since", NULL), err);
}

int32_t gamut_jobs(struct gamut *g, const char *filter, char **ret_json,
                   struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *f =
    filter ? gm_json_parse_once(filter, strlen(filter), NULL, NULL) : NULL;
  _cleanup_json_ struct json_object *all = json_object_new_array();
  struct listing l = { .w.look.run = run_listing, .all = all };
  struct gm_error err = GM_ERROR_INIT;
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  if (filter && !json_object_is_type(f, json_type_object))
    gm_fail(&err, GAMUT_E_INVALID, "the filter is no JSON object");
  else if (read_filter(&l, f, &err) == 0 && gm_look_and_wait(g, &l.w))
    gm_error_move(&err, &l.w.err);
  if (!err.error_class) {
    *ret_json = gm_strdup(gm_json_text(all, NULL));
    if (!*ret_json)
      gm_fail(&err, GAMUT_E_NOMEM, "no memory for a list");
  }
  return gm_report(&err, ret_error);
}

/* ---- one job ------------------------------------------------------------- */

struct single {
  struct gm_waited_look w;
  char id[GAMUT_ID_SIZE];
  struct json_object *line, *record;
  struct gamut_result *result;
  struct gm_buf text;
};

static int32_t single_row(void *user, const struct gamut_store_row *row)
{
  struct single *s = user;

  gm_buf_addn(&s->text, row->body, row->body_len);
  s->record = gm_json_parse_once(row->body, row->body_len, NULL, NULL);
  s->line = s->record ? gm_job_row(s->record, row) : NULL;
  return gm_buf_failed(&s->text) ? GAMUT_E_NOMEM : 0;
}

static int32_t run_single(struct gm_look *k, const struct gamut_store *type,
                          void *handle, char *message)
{
  struct single *s = GM_CONTAINER(k, struct single, w.look);

  return gm_store_row(type, handle, GM_TABLE_JOB, s->id, 0, single_row, s,
                      message);
}

/* What it came to, as it was then. */
static void view_result(struct gamut *g, void *arg)
{
  struct single *s = arg;
  struct gm_run *run;

  if (gm_run_view(&g->router, s->text.data, s->text.len, &run, &s->w.err))
    return;
  s->result = gm_result_of(run);
  gm_run_free(run);
  if (!s->result)
    gm_fail(&s->w.err, GAMUT_E_NOMEM, "no memory for a result");
}

static void read_single(struct gamut *g, struct single *s, const char *id)
{
  struct gm_error *err = &s->w.err;

  s->w.look.run = run_single;
  gm_buf_init(&s->text, RECORD_MAX);
  if (gm_job_find_id(g, id, s->id, err) == 0 &&
      gm_look_and_wait(g, &s->w) == 0 && !s->line)
    gm_fail(err, GAMUT_E_NOT_FOUND, "no job '%.40s'", id);
  if (s->line && gm_json_bool(s->line, "ended", false))
    gm_on_engine(g, view_result, s);
}

static void finish_single(struct single *s)
{
  json_object_put(s->line);
  json_object_put(s->record);
  gamut_result_free(s->result);
  gm_buf_finish(&s->text);
}

int32_t gm_job_read_row(struct gamut *g, const char *id,
                        struct json_object **ret, struct gamut_error *ret_error)
{
  struct single s = { .result = NULL };
  int32_t rc = gm_enter_wait(g, ret_error);
  const char *result;

  if (rc)
    return rc;
  read_single(g, &s, id);
  if (!s.w.err.error_class) {
    result = gamut_result_json(s.result);
    if (result)
      json_object_object_add(
        s.line, "result",
        gm_json_parse_once(result, strlen(result), NULL, NULL));
    json_object_object_add(s.line, "record", json_object_get(s.record));
    *ret = GM_TAKE(s.line);
  }
  finish_single(&s);
  return gm_report(&s.w.err, ret_error);
}

int32_t gamut_job(struct gamut *g, const char *id, char **ret_json,
                  struct gamut_error *ret_error)
{
  _cleanup_json_ struct json_object *job = NULL;
  struct gm_error err = GM_ERROR_INIT;
  int32_t rc = gm_job_read_row(g, id, &job, ret_error);

  if (rc)
    return rc;
  *ret_json = gm_strdup(gm_json_text(job, NULL));
  if (!*ret_json)
    gm_fail(&err, GAMUT_E_NOMEM, "no memory for a job");
  return gm_report(&err, ret_error);
}

int32_t gamut_job_result(struct gamut *g, const char *id,
                         struct gamut_result **ret,
                         struct gamut_error *ret_error)
{
  struct single s = { .result = NULL };
  int32_t rc = gm_enter_wait(g, ret_error);

  if (rc)
    return rc;
  read_single(g, &s, id);
  if (!s.w.err.error_class && !s.result)
    gm_fail(&s.w.err, GAMUT_E_RATE, "job %s has not ended yet", s.id);
  if (!s.w.err.error_class)
    *ret = GM_TAKE(s.result);
  finish_single(&s);
  return gm_report(&s.w.err, ret_error);
}
