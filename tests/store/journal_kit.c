/* journal_kit.c - see journal_kit.h. */
#include "journal_kit.h"
#include "fake.h"
#include "unit/unit.h"
#include <stdio.h>

struct gm_loop *loop;
struct gm_store *store;
struct gm_journal *journal;
static struct gm_log log_;
char lines[2048];
const struct gamut_store *type;
const char *place;

static void write_line(void *user, int32_t level, const char *line)
{
  size_t len = strlen(lines);

  (void)user;
  snprintf(lines + len, sizeof(lines) - len, "%d %s\n", level, line);
}

int32_t choose(void *user, struct gm_store_choice *ret, struct gm_error *err)
{
  (void)user;
  (void)err;
  ret->type = type;
  ret->place = gm_strdup(place);
  ret->required = true;
  return 0;
}

void open_journal(const struct gamut_store *t)
{
  fake_reset();
  lines[0] = '\0';
  type = t;
  log_ = (struct gm_log){ .write = write_line, .level = GAMUT_WARN };
  ck_assert_int_eq(gm_loop_new(&log_, &loop, NULL), 0);
  ck_assert_int_eq(gm_store_new(loop, &log_, choose, NULL, &store), 0);
  ck_assert_int_eq(gm_journal_new(loop, store, &log_, &journal), 0);
}

void close_journal(void)
{
  gm_store_free(store);
  gm_journal_free(journal);
  gm_loop_free(loop);
}

/* ---- jobs of tests ------------------------------------------------------- */

static void ready(struct gm_durable *d, int32_t error_class)
{
  struct job *job = GM_CONTAINER(d, struct job, d);

  job->n_ready++;
  job->error_class = error_class;
}

static void lost(struct gm_durable *d)
{
  GM_CONTAINER(d, struct job, d)->n_lost++;
}

void job_init(struct job *job)
{
  memset(job, 0, sizeof(*job));
  job->d.ready = ready;
  job->d.lost = lost;
  gm_id_new(job->id);
}

void put(struct job *job, const char *text, unsigned flags)
{
  ck_assert_int_eq(
    gm_journal_put(journal, job->id, gm_strdup(text), flags, &job->d), 0);
}

void put_and_wait(struct job *job, const char *text)
{
  int before = job->n_ready;

  put(job, text, GM_PUT_WAIT);
  while (job->n_ready == before)
    gm_loop_turn(loop, -1);
  ck_assert_int_eq(job->n_ready, before + 1);
}

void put_end(struct job *job)
{
  ck_assert_int_eq(
    gm_journal_put(journal, job->id, NULL, GM_PUT_ENDED, &job->d), 0);
}

struct view {
  struct gm_look look;
  const char *table, *key;
  struct seen seen;
  bool done;
};

static int32_t take_row(void *user, const struct gamut_store_row *row)
{
  struct seen *s = user;

  s->version = row->version;
  memcpy(s->numbers, row->numbers, sizeof(s->numbers));
  snprintf(s->text, sizeof(s->text), "%.*s %s", (int)row->body_len,
           (const char *)row->body,
           !row->owner             ? "nobody"
           : row->owner_ttl_ms > 0 ? "held"
                                   : "gone");
  return 0;
}

static int32_t look(struct gm_look *k, const struct gamut_store *t,
                    void *handle, char *message)
{
  struct view *v = GM_CONTAINER(k, struct view, look);
  struct gamut_store_query q = { .struct_size = sizeof(q),
                                 .flags = GAMUT_SCAN_KEY,
                                 .table = v->table,
                                 .from = v->key };

  return t->scan(handle, &q, take_row, &v->seen, message);
}

static void looked(struct gm_look *k, int32_t error_class)
{
  ck_assert_int_eq(error_class, 0);
  GM_CONTAINER(k, struct view, look)->done = true;
}

struct seen see(const char *table, const char *key)
{
  struct view v = { .look = { .run = look, .done = looked },
                    .table = table,
                    .key = key };

  gm_store_look(store, &v.look);
  while (!v.done)
    gm_loop_turn(loop, -1);
  return v.seen;
}

const char *row_of(const struct job *job)
{
  static struct seen s;

  s = see(GM_TABLE_JOB, job->id);
  return s.text;
}

struct other {
  struct gm_tx tx;
  struct gamut_store_op op;
  bool done;
};

static void done(struct gm_tx *t, int32_t error_class)
{
  ck_assert_int_eq(error_class, 0);
  GM_CONTAINER(t, struct other, tx)->done = true;
}

void write_there(struct gamut_store_op op)
{
  struct other o = { .op = op, .tx.done = done };

  o.tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(o.tx.tx),
                                     .ops = { &o.op, 1, sizeof(o.op) } };
  gm_store_commit(store, &o.tx);
  while (!o.done)
    gm_loop_turn(loop, -1);
}

const struct gamut_store *kind(int i)
{
  return i ? &fake_durable : &fake_plain;
}
