/* test_once_two.c - one key and two processes: what one of them finds unused
 * the other uses, and forgets, before the first has begun.  And one process
 * that submits twice.
 *
 * The first process asks the provider "e" to open when it has looked and has
 * written nothing yet; all that the second does is done there. */
#include "engine/attach_kit.h"
#include "store/kit.h"
#include <pthread.h>

static struct fix *second;      /* a context of its own, or NULL */
static struct gamut_request *r; /* what it submits by the key */
static int32_t comes_to;        /* the class */

/* All of it, to the end, of which no record is kept. */
static void be_quicker(struct fix *f)
{
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE];

  open_here(f);
  fix_set(f, "keep_jobs", "0");
  ck_assert_int_eq(
    gamut_submit_once(f->g, r, "key", NULL, NULL, id, &result, &f->err), 0);
  ck_assert_ptr_null(result);
  result = fix_wait(f, id);
  ck_class(result, comes_to);
  gamut_result_free(result);
  ck_listed(f, NULL, NULL);
  gamut_close(f->g);
}

static int32_t open_late(struct gamut_call *c, void **instance)
{
  struct fix *f = GM_TAKE(second);

  (void)c;
  *instance = NULL;
  if (f)
    be_quicker(f);
  return 0;
}

/* The vendor "a" by another name. */
static void add_e(struct fix *f)
{
  static struct gamut_provider e;
  char url[100];

  e = vendor_a;
  e.name = "e";
  e.catalog = NULL;
  e.open = open_late;
  ck_assert_int_eq(gamut_register_provider(f->g, &e, &f->err), 0);
  fix_set(f, "e.base_url", script_url(f->script, "/a", url, sizeof(url)));
}

static void open_first(struct fix *f)
{
  open_here(f);
  fix_set(f, "keep_jobs", "0");
  add_e(f);
}

static int32_t submit(struct fix *f, const struct gamut_request *request,
                      char id[GAMUT_ID_SIZE])
{
  struct gamut_result *result = NULL;
  int32_t rc =
    gamut_submit_once(f->g, request, "key", NULL, NULL, id, &result, &f->err);

  ck_assert_ptr_null(result);
  return rc;
}

static struct kit_row line(void)
{
  struct kit_row row;
  struct kit k;

  kit_open(&k, KIT_SQLITE, folder);
  ck_assert(kit_get(&k, "line", "key", &row));
  row.body[row.body_len] = '\0';
  kit_close(&k);
  return row;
}

/* The key is bound, and nothing is sent: there is no such provider. */
static void bind_only(struct fix *f, char id[GAMUT_ID_SIZE])
{
  struct gamut_request *wrong = fix_request("nobody:x", "x", NULL);

  ck_assert_int_ne(submit(f, wrong, id), 0);
  memcpy(id, line().body, GAMUT_ID_SIZE);
  ck_assert_int_eq(line().numbers[1], 0);
  gamut_request_free(wrong);
}

static const struct {
  const char *name, *first, *second; /* links */
  const char *n, *field, *value;
  struct answer answers[4];
  int32_t comes_to;
  int posts;
} races[] = {
  { "one job",
    "e:cheap",
    "a:cheap",
    "1",
    "seed",
    "1",
    { WORKS_FOR(1, "a", MADE), PICTURE },
    0,
    1 },
  { "of several",
    "e:cheap a:dear",
    "a:cheap a:dear",
    "2",
    "spread",
    "yes",
    { WORKS_FOR(1, "a", MADE), PICTURE },
    0,
    2 },
  { "hedged",
    "e:cheap a:dear",
    "a:cheap a:dear",
    "1",
    "hedge",
    "60s",
    { WORKS_FOR(1, "a", MADE), PICTURE },
    0,
    1 },
  { "refused",
    "e:cheap",
    "a:cheap",
    "1",
    "seed",
    "1",
    { { JOBS, 1, 402, "{}", NULL, 0 }, WORKS("a") },
    GAMUT_E_QUOTA,
    1 },
};

static struct gamut_request *request_of(int i, const char *links)
{
  return fix_request(links, "x", "n", races[i].n, races[i].field,
                     races[i].value, NULL);
}

/* Whoever looks again then finds what it came to: paid for, or made again under
 * another id. */
static void look_again(struct fix *f, int i, const struct gamut_request *again,
                       const char *id)
{
  bool paid = !races[i].comes_to;
  char other[GAMUT_ID_SIZE];

  ck_assert_int_eq(submit(f, again, other), paid ? GAMUT_E_NOT_FOUND : 0);
  if (!paid)
    ck_assert_str_ne(id, other);
  while (!paid && script_count(f->script, POLL) < 1)
    gamut_step(f->g, 1);
  ck_assert_int_eq(script_count(f->script, JOBS), races[i].posts + !paid);
}

/* With a key that is bound anew, and with one that was bound before. */
static void race(int i, bool bound)
{
  struct gamut_request *late = request_of(i, races[i].first);
  struct fix f, other = { 0 };
  char id[GAMUT_ID_SIZE];
  struct gamut_result *result;

  begin(&f, races[i].answers, GM_LEN(races[i].answers));
  open_first(&f);
  if (bound)
    bind_only(&f, id);
  r = request_of(i, races[i].second);
  comes_to = races[i].comes_to;
  other.script = f.script;
  second = &other;
  ck_assert_msg(submit(&f, late, id) == 0, "%s", f.err.message);
  ck_assert_ptr_null(second);
  ck_assert_int_eq(script_count(f.script, JOBS), races[i].posts);
  result = fix_wait(&f, id);
  ck_assert_int_eq(script_count(f.script, JOBS), races[i].posts);
  ck_class(result, GAMUT_E_DETACHED);
  gamut_result_free(result);
  ck_listed(&f, "{\"parts\":true}", NULL);
  look_again(&f, i, late, id);
  gamut_request_free(late);
  gamut_request_free(r);
  finish(&f);
}

START_TEST(one_is_quicker)
{
  race(_i / 2, _i % 2);
}
END_TEST

/* A process that dies behind the binding loses nothing: the id is used by the
 * next one, and is then known as used. */
START_TEST(bound_and_left)
{
  static const struct answer answers[] = { WORKS_FOR(1, "a", MADE), PICTURE };
  struct gamut_request *request = fix_request("a:cheap", "x", NULL);
  char id[GAMUT_ID_SIZE], other[GAMUT_ID_SIZE];
  struct gamut_result *result;
  int32_t state;
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_first(&f);
  bind_only(&f, id);
  ck_assert_int_eq(gamut_look_once(f.g, "key", &state, &f.err), 0);
  ck_assert_int_eq(state, GAMUT_ONCE_NEW);
  ck_assert_int_eq(submit(&f, request, other), 0);
  ck_assert_str_eq(id, other);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  gamut_result_free(result);
  ck_assert_int_eq(line().numbers[1], 1);
  ck_assert_str_eq(line().body, id);
  ck_assert_int_eq(submit(&f, request, other), GAMUT_E_NOT_FOUND);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  gamut_request_free(request);
  finish(&f);
}
END_TEST

static void mark_used(void)
{
  struct gamut_store_op op = { .table = "line",
                               .key = "key",
                               .changes = GAMUT_ADD_NUMBERS,
                               .numbers = { 0, 1 } };
  struct kit k;

  kit_open(&k, KIT_SQLITE, folder);
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  kit_close(&k);
}

/* What was begun under it came to nothing, and nothing is left of it: another
 * process may still be about to use it. */
START_TEST(used_and_gone)
{
  static const struct answer answers[] = { WORKS("a") };
  struct gamut_request *request = fix_request("a:cheap", "x", NULL);
  char id[GAMUT_ID_SIZE], other[GAMUT_ID_SIZE];
  int32_t state;
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_first(&f);
  bind_only(&f, id);
  mark_used();
  ck_assert_int_eq(gamut_look_once(f.g, "key", &state, &f.err), 0);
  ck_assert_int_eq(state, GAMUT_ONCE_NEW);
  ck_assert_int_eq(submit(&f, request, other), 0);
  ck_assert_str_ne(id, other);
  ck_assert_str_eq(line().body, other);
  while (script_count(f.script, POLL) < 1)
    gamut_step(f.g, 1);
  ck_assert_int_eq(line().numbers[1], 1);
  ck_assert_int_eq(script_count(f.script, JOBS), 1);
  gamut_request_free(request);
  finish(&f);
}
END_TEST

/* ---- in one process ------------------------------------------------------ */

/* The first waits for its turn and has no record yet: it is under way in this
 * process all the same. */
START_TEST(while_it_waits)
{
  static const struct answer answers[] = { WORKS("a") };
  struct gamut_request *twice = fix_request("a:cheap", "x", NULL);
  struct gamut_result *result = NULL;
  char id[2][GAMUT_ID_SIZE];
  struct fix f;

  begin(&f, answers, GM_LEN(answers));
  open_here(&f);
  fix_set(&f, "a.max_concurrent", "1");
  ck_assert_int_eq(gamut_submit(f.g, twice, NULL, NULL, NULL, &f.err), 0);
  while (script_count(f.script, POLL) < 1)
    gamut_step(f.g, 1);
  ck_assert_int_eq(
    gamut_submit_once(f.g, twice, "key", NULL, NULL, id[0], &result, &f.err),
    0);
  ck_assert_int_eq(
    gamut_submit_once(f.g, twice, "key", NULL, NULL, id[1], &result, &f.err),
    GAMUT_E_RATE);
  ck_assert_ptr_null(result);
  ck_assert_uint_eq(gamut_active(f.g), 2);
  ck_assert_int_eq(gamut_cancel(f.g, id[0]), 0);
  gamut_request_free(twice);
  finish(&f);
}
END_TEST

struct caller {
  struct fix *f;
  const struct gamut_request *request;
  pthread_barrier_t *both;
};

static void open_threaded(struct fix *f)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = GAMUT_NO_CONFIG | GAMUT_THREAD,
                             .log_level = GAMUT_ERROR };
  char url[100];

  ck_assert_int_eq(gamut_open(&o, &f->g, &f->err), 0);
  fix_set(f, "store", "sqlite");
  fix_set(f, "state_dir", folder);
  fix_set(f, "poll_interval", "5ms");
  fix_set(f, "sync_files", "no");
  ck_assert_int_eq(gamut_register_provider(f->g, &vendor_a, &f->err), 0);
  fix_set(f, "a.base_url", script_url(f->script, "/a", url, sizeof(url)));
}

static void *submit_now(void *user)
{
  struct caller *c = user;
  struct gamut_result *result = NULL;
  struct gamut_error err;
  char id[GAMUT_ID_SIZE];

  pthread_barrier_wait(c->both);
  gamut_submit_once(c->f->g, c->request, "key", NULL, NULL, id, &result, &err);
  gamut_result_free(result);
  return NULL;
}

/* Two threads at once, by a key that is bound and was not used. */
START_TEST(two_threads)
{
  static const struct answer answers[] = { WORKS("a") };
  struct gamut_request *twice =
    fix_request("a:cheap a:dear", "x", "n", "2", "spread", "yes", NULL);
  struct gamut_request *wrong = fix_request("nobody:x", "x", NULL);
  struct gamut_result *result = NULL;
  char id[GAMUT_ID_SIZE];
  pthread_barrier_t both;
  pthread_t threads[2];
  struct caller c;
  struct fix f;
  int i;

  begin(&f, answers, GM_LEN(answers));
  open_threaded(&f);
  ck_assert_int_ne(
    gamut_submit_once(f.g, wrong, "key", NULL, NULL, id, &result, &f.err), 0);
  pthread_barrier_init(&both, NULL, 2);
  c = (struct caller){ &f, twice, &both };
  for (i = 0; i < 2; i++)
    pthread_create(&threads[i], NULL, submit_now, &c);
  for (i = 0; i < 2; i++)
    pthread_join(threads[i], NULL);
  script_wait(f.script, POLL, 12);
  ck_assert_int_eq(script_count(f.script, JOBS), 2);
  gamut_request_free(wrong);
  gamut_request_free(twice);
  finish(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("once, two");

  if (!durable_store())
    return 77;
  tcase_add_loop_test(tc, one_is_quicker, 0, 2 * GM_LEN(races));
  tcase_add_test(tc, bound_and_left);
  tcase_add_test(tc, used_and_gone);
  tcase_add_test(tc, while_it_waits);
  tcase_add_loop_test(tc, two_threads, 0, 20);
  return unit_run("once_two", tc);
}
