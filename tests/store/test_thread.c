/* test_thread.c - the queue before the store: what is committed together, what
 * waits, what is taken back, and what happens without a store. */
#include "base/clock.h"
#include "fake.h"
#include "kit.h"
#include "store/memory.h"
#include "unit/scratch.h"
#include <stdio.h>

static struct gm_loop *loop;
static struct gm_store *store;
static struct gm_log log_;
static char lines[2048];

static struct gm_store_choice chosen;
static int32_t choice_class;
static int n_choices;

static void write_line(void *user, int32_t level, const char *line)
{
  size_t len = strlen(lines);

  (void)user;
  snprintf(lines + len, sizeof(lines) - len, "%d %s\n", level, line);
}

static int32_t choose(void *user, struct gm_store_choice *ret,
                      struct gm_error *err)
{
  (void)user;
  n_choices++;
  *ret = chosen;
  ret->place = gm_strdup(chosen.place);
  if (choice_class)
    return gm_fail(err, choice_class, "there is no such store");
  return 0;
}

static void open_store(const struct gamut_store *type, bool required)
{
  fake_reset();
  lines[0] = '\0';
  log_ = (struct gm_log){ .write = write_line, .level = GAMUT_WARN };
  chosen = (struct gm_store_choice){ .type = type, .required = required };
  choice_class = 0;
  n_choices = 0;
  ck_assert_int_eq(gm_loop_new(&log_, &loop, NULL), 0);
  ck_assert_int_eq(gm_store_new(loop, &log_, choose, NULL, &store), 0);
}

static void close_store(void)
{
  gm_store_free(store);
  gm_loop_free(loop);
  store = NULL;
}

/* ---- transactions of tests ----------------------------------------------- */

struct entry {
  struct gm_tx tx;
  struct gamut_store_op op;
  char key[16];
  int n_done;
  int32_t error_class;
  int order; /* of its end among all */
};

static int n_ended;

static void done(struct gm_tx *t, int32_t error_class)
{
  struct entry *e = GM_CONTAINER(t, struct entry, tx);

  e->n_done++;
  e->error_class = error_class;
  e->order = n_ended++;
}

static void put_as(struct entry *e, int n, bool lasting)
{
  memset(e, 0, sizeof(*e));
  e->tx.lasting = lasting;
  snprintf(e->key, sizeof(e->key), "%04d", n);
  e->op = kit_put("t", e->key, "x");
  e->tx.tx = (struct gamut_store_tx){ .struct_size = sizeof(e->tx.tx),
                                      .ops = { &e->op, 1, sizeof(e->op) } };
  e->tx.done = done;
  gm_store_commit(store, &e->tx);
}

static void put(struct entry *e, int n)
{
  put_as(e, n, false);
}

static void until_done(const struct entry *e)
{
  while (!e->n_done)
    gm_loop_turn(loop, -1);
  ck_assert_int_eq(e->n_done, 1);
}

/* Puts several of them inside one turn. */
struct burst {
  struct gm_post post;
  struct entry *entries;
  int first, n;
};

static void run_burst(struct gm_post *p)
{
  struct burst *b = GM_CONTAINER(p, struct burst, post);
  int i;

  for (i = 0; i < b->n; i++)
    put(&b->entries[i], b->first + i);
}

static void burst(struct entry *entries, int first, int n)
{
  struct burst b = {
    .post = { .run = run_burst }, .entries = entries, .first = first, .n = n
  };

  gm_loop_post(loop, &b.post);
  gm_loop_turn(loop, -1);
}

/* ---- together ------------------------------------------------------------ */

START_TEST(one_turn_is_one_commit)
{
  static struct entry e[100];
  int i;

  open_store(&fake_durable, true);
  burst(e, 0, 100);
  until_done(&e[99]);
  ck_assert_str_eq(fake_commits(), "100");
  for (i = 0; i < 100; i++) {
    ck_assert_int_eq(e[i].n_done, 1);
    ck_assert_int_eq(e[i].error_class, 0);
    ck_assert_int_eq(e[i].order, i);
  }
  close_store();
  ck_assert_int_eq(fake_closes(), 1);
}
END_TEST

START_TEST(what_piled_up_is_one_commit)
{
  static struct entry e[100];
  int i;

  open_store(&fake_durable, true);
  fake_hold(true);
  put(&e[0], 0);
  fake_wait();
  for (i = 1; i < 100; i += 11)
    burst(&e[i], i, 11);
  ck_assert_int_eq(e[0].n_done, 0);
  fake_hold(false);
  until_done(&e[99]);
  ck_assert_str_eq(fake_commits(), "1 99");
  close_store();
}
END_TEST

/* A great many are split, so that the first do not wait for the last. */
START_TEST(a_commit_has_an_end)
{
  static struct entry e[3000];

  open_store(&fake_durable, true);
  burst(e, 0, 3000);
  until_done(&e[2999]);
  ck_assert_str_eq(fake_commits(), "1024 1024 952");
  close_store();
}
END_TEST

/* Asked outside a turn it goes at once. */
START_TEST(outside_of_turns)
{
  struct entry e;

  open_store(&fake_durable, true);
  fake_hold(true);
  put(&e, 0);
  fake_wait();
  fake_hold(false);
  until_done(&e);
  close_store();
}
END_TEST

START_TEST(without_a_thread)
{
  struct entry e;

  open_store(&fake_plain, true);
  put(&e, 0);
  ck_assert_int_eq(e.n_done, 1);
  put(&e, 1);
  ck_assert_str_eq(fake_commits(), "1 1");
  close_store();
  ck_assert_int_eq(fake_closes(), 1);
}
END_TEST

/* ---- taken back ---------------------------------------------------------- */

START_TEST(taken_back)
{
  static struct entry e[3];

  open_store(&fake_durable, true);
  fake_hold(true);
  put(&e[0], 0);
  fake_wait();
  put(&e[1], 1);
  burst(&e[2], 2, 1);
  ck_assert(!gm_store_take_back(store, &e[0].tx)); /* too late */
  ck_assert(gm_store_take_back(store, &e[1].tx));
  ck_assert(!gm_store_take_back(store, &e[1].tx));
  fake_hold(false);
  until_done(&e[2]);
  ck_assert_int_eq(e[0].n_done, 1);
  ck_assert_int_eq(e[1].n_done, 0);
  ck_assert_str_eq(fake_commits(), "1 1");
  gm_store_commit(store, &e[1].tx); /* and given again */
  until_done(&e[1]);
  close_store();
}
END_TEST

/* ---- looks --------------------------------------------------------------- */

struct seen {
  struct gm_look look;
  int n_rows, n_done;
  int32_t error_class;
};

static int32_t count(void *user, const struct gamut_store_row *row)
{
  int *n = user;

  (void)row;
  ++*n;
  return 0;
}

static int32_t look(struct gm_look *k, const struct gamut_store *type,
                    void *handle, char *message)
{
  struct gamut_store_query q = { .struct_size = sizeof(q), .table = "t" };

  return type->scan(handle, &q, count,
                    &GM_CONTAINER(k, struct seen, look)->n_rows, message);
}

static void looked(struct gm_look *k, int32_t error_class)
{
  struct seen *s = GM_CONTAINER(k, struct seen, look);

  s->n_done++;
  s->error_class = error_class;
}

/* A look sees what was asked before it and nothing of what was asked after. */
START_TEST(looks_have_their_place)
{
  static struct entry e[20];
  struct seen s = { .look = { .run = look, .done = looked } };
  int i;

  open_store(_i ? &fake_durable : &fake_plain, true);
  fake_hold(_i);
  put(&e[0], 0);
  for (i = 1; i < 10; i++)
    put(&e[i], i);
  gm_store_look(store, &s.look);
  for (; i < 20; i++)
    put(&e[i], i);
  fake_hold(false);
  until_done(&e[19]);
  ck_assert_int_eq(s.n_done, 1);
  ck_assert_int_eq(s.error_class, 0);
  ck_assert_int_eq(s.n_rows, 10);
  close_store();
}
END_TEST

/* ---- failures ------------------------------------------------------------ */

START_TEST(a_commit_fails)
{
  static struct entry e[5];
  int i;

  open_store(_i ? &fake_durable : &fake_plain, true);
  fake_fail_commit(1, GAMUT_E_STORAGE); /* it is tried once more */
  put(&e[0], 0);
  until_done(&e[0]);
  ck_assert_int_eq(e[0].error_class, 0);
  fake_fail_commit(1, GAMUT_E_TIMEOUT); /* that was patient already */
  put(&e[0], 0);
  until_done(&e[0]);
  ck_assert_int_eq(e[0].error_class, GAMUT_E_TIMEOUT);
  fake_fail_commit(2, GAMUT_E_STORAGE);
  put(&e[0], 0);
  until_done(&e[0]);
  ck_assert_int_eq(e[0].error_class, GAMUT_E_STORAGE);
  ck_assert_str_eq(gm_store_why(store), "the fake store has its moods");
  burst(e, 0, 5); /* the next one works */
  until_done(&e[4]);
  for (i = 0; i < 5; i++)
    ck_assert_int_eq(e[i].error_class, 0);
  close_store();
}
END_TEST

/* What is lasting outlives a lock, and stands in nobody's way. */
START_TEST(a_lock_lasts)
{
  static struct entry last, other;

  open_store(&fake_durable, true);
  fake_fail_commit(3, GAMUT_E_TIMEOUT);
  fake_hold(true);
  put_as(&last, 0, true);
  fake_wait();
  put(&other, 1);
  fake_hold(false);
  until_done(&other);
  ck_assert_int_eq(other.error_class, GAMUT_E_TIMEOUT);
  until_done(&last);
  ck_assert_int_eq(last.error_class, 0);
  ck_assert_int_lt(other.order, last.order);
  ck_assert_ptr_nonnull(strstr(lines, "locked by another process"));
  close_store();
}
END_TEST

/* One that must be there: what is asked fails, and it is tried again. */
START_TEST(a_required_one_does_not_open)
{
  struct seen s = { .look = { .run = look, .done = looked } };
  struct entry e;

  open_store(_i ? &fake_durable : &fake_plain, true);
  fake_fail_open(2, GAMUT_E_STORAGE);
  put(&e, 0);
  until_done(&e);
  ck_assert_int_eq(e.error_class, GAMUT_E_STORAGE);
  ck_assert_str_eq(gm_store_why(store), "the fake store has its moods");
  gm_store_look(store, &s.look);
  while (!s.n_done)
    gm_loop_turn(loop, -1);
  ck_assert_int_eq(s.error_class, GAMUT_E_STORAGE);
  put(&e, 0);
  until_done(&e);
  ck_assert_int_eq(e.error_class, 0);
  ck_assert_str_eq(lines, "");
  close_store();
  ck_assert_int_eq(fake_opens(), 3);
  ck_assert_int_eq(fake_closes(), 1);
}
END_TEST

/* One that may be missing: said once, and memory takes its place. */
START_TEST(another_takes_its_place)
{
  static struct entry e[3];

  open_store(_i ? &fake_durable : &fake_plain, false);
  fake_fail_open(1, GAMUT_E_STORAGE);
  put(&e[0], 0);
  until_done(&e[0]);
  ck_assert_int_eq(e[0].error_class, 0);
  put(&e[1], 1);
  put(&e[2], 2);
  until_done(&e[2]);
  ck_assert_str_eq(lines,
                   "2 jobs will be forgotten when this process ends: the fake "
                   "store has its moods (the setting store=memory says that "
                   "this is meant)\n");
  ck_assert_str_eq(fake_commits(), "");
  close_store();
  ck_assert_int_eq(fake_opens(), 1);
}
END_TEST

START_TEST(there_is_no_such_store)
{
  struct entry e;

  open_store(NULL, _i);
  choice_class = GAMUT_E_NOT_FOUND;
  put(&e, 0);
  ck_assert_int_eq(e.n_done, 1);
  ck_assert_int_eq(e.error_class, _i ? GAMUT_E_STORAGE : 0);
  if (_i)
    ck_assert_str_eq(gm_store_why(store), "there is no such store");
  else
    ck_assert_ptr_nonnull(strstr(lines, "there is no such store"));
  put(&e, 1);
  ck_assert_int_eq(n_choices, 1);
  close_store();
}
END_TEST

START_TEST(notes_reach_the_log)
{
  struct entry e;

  open_store(_i ? &fake_durable : &fake_plain, true);
  fake_note("moved\nfrom here to there");
  put(&e, 0);
  until_done(&e);
  ck_assert_str_eq(lines, "2 moved?from here to there\n");
  close_store();
}
END_TEST

/* ---- the end ------------------------------------------------------------- */

/* What was asked is done and told, also when nobody turns the loop any more. */
START_TEST(all_is_done_at_the_end)
{
  static struct entry e[50];
  int i;

  open_store(&fake_durable, true);
  fake_hold(true);
  put(&e[0], 0);
  fake_wait();
  for (i = 1; i < 50; i++)
    put(&e[i], i);
  fake_hold(false);
  gm_store_free(store);
  for (i = 0; i < 50; i++) {
    ck_assert_int_eq(e[i].n_done, 1);
    ck_assert_int_eq(e[i].error_class, 0);
  }
  while (gm_loop_turn(loop, 0)) /* a post that was under way is gone */
    ;
  gm_loop_free(loop);
}
END_TEST

START_TEST(nothing_asked_nothing_done)
{
  open_store(&fake_durable, true);
  gm_loop_turn(loop, 0);
  ck_assert(!gm_store_begun(store));
  close_store();
  ck_assert_int_eq(n_choices, 0);
  ck_assert_int_eq(fake_opens(), 0);
}
END_TEST

/* ---- the real one, under load -------------------------------------------- */

static struct entry *all;
static int n_again;

/* Ends bring new beginnings, as with jobs. */
static void again(struct gm_tx *t, int32_t error_class)
{
  struct entry *e = GM_CONTAINER(t, struct entry, tx);

  ck_assert_int_eq(error_class, 0);
  e->n_done++;
  if (e->n_done < 20)
    gm_store_commit(store, t);
  else
    n_again--;
}

START_TEST(sqlite_under_load)
{
  enum { N = 200 };
  struct seen s = { .look = { .run = look, .done = looked } };
  int i;

  open_store(kit_sqlite(), true);
  chosen.place = gm_unconst(scratch_folder());
  all = calloc(N, sizeof(*all));
  for (i = 0; i < N; i++) {
    put(&all[i], i);
    all[i].tx.done = again;
  }
  n_again = N;
  while (n_again > 0)
    gm_loop_turn(loop, -1);
  gm_store_look(store, &s.look);
  while (!s.n_done)
    gm_loop_turn(loop, -1);
  ck_assert_int_eq(s.n_rows, N);
  close_store();
  free(all);
}
END_TEST

/* ---- no memory ----------------------------------------------------------- */

static const struct gamut_store *tortured;

static bool scenario(void)
{
  struct gm_loop *l = NULL;
  struct gm_store *s = NULL;
  struct entry e = { .n_done = 0 };
  bool ok;

  chosen = (struct gm_store_choice){ .type = tortured };
  if (gm_loop_new(NULL, &l, NULL) || gm_store_new(l, NULL, choose, NULL, &s)) {
    gm_store_free(s);
    gm_loop_free(l);
    return false;
  }
  store = s;
  put(&e, 0);
  gm_store_free(s);
  ck_assert_int_eq(e.n_done, 1);
  ck_assert(e.error_class == 0 || e.error_class == GAMUT_E_NOMEM);
  ok = e.error_class == 0;
  gm_loop_free(l);
  return ok;
}

START_TEST(no_memory)
{
  fake_reset();
  tortured = _i ? &fake_durable : &gm_store_memory;
  unit_torture(scenario);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("thread");

  tcase_set_timeout(tc, 60);
  tcase_add_test(tc, one_turn_is_one_commit);
  tcase_add_test(tc, what_piled_up_is_one_commit);
  tcase_add_test(tc, a_commit_has_an_end);
  tcase_add_test(tc, outside_of_turns);
  tcase_add_test(tc, without_a_thread);
  tcase_add_test(tc, taken_back);
  tcase_add_loop_test(tc, looks_have_their_place, 0, 2);
  tcase_add_test(tc, a_lock_lasts);
  tcase_add_loop_test(tc, a_commit_fails, 0, 2);
  tcase_add_loop_test(tc, a_required_one_does_not_open, 0, 2);
  tcase_add_loop_test(tc, another_takes_its_place, 0, 2);
  tcase_add_loop_test(tc, there_is_no_such_store, 0, 2);
  tcase_add_loop_test(tc, notes_reach_the_log, 0, 2);
  tcase_add_test(tc, all_is_done_at_the_end);
  tcase_add_test(tc, nothing_asked_nothing_done);
  if (kit_sqlite())
    tcase_add_test(tc, sqlite_under_load);
  tcase_add_loop_test(tc, no_memory, 0, 2);
  return unit_run("thread", tc);
}
