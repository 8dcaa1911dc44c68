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

struct view {
  struct gm_look look;
  const char *id;
  char text[256];
  bool done;
};

static int32_t take_row(void *user, const struct gamut_store_row *row)
{
  struct view *v = user;

  snprintf(v->text, sizeof(v->text), "%.*s %s", (int)row->body_len,
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
                                 .table = GM_TABLE_JOB,
                                 .from = v->id };

  return t->scan(handle, &q, take_row, v, message);
}

static void looked(struct gm_look *k, int32_t error_class)
{
  ck_assert_int_eq(error_class, 0);
  GM_CONTAINER(k, struct view, look)->done = true;
}

const char *row_of(const struct job *job)
{
  static struct view v;

  v = (struct view){ .look = { .run = look, .done = looked }, .id = job->id };
  gm_store_look(store, &v.look);
  while (!v.done)
    gm_loop_turn(loop, -1);
  return v.text;
}

const struct gamut_store *kind(int i)
{
  return i ? &fake_durable : &fake_plain;
}
