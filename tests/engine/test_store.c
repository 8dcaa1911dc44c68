/* test_store.c - jobs and the store: what is written before money leaves, what
 * is left behind, and what happens when nothing can be written. */
#include "api/context.h"
#include "engine/vendor.h"
#include "store/kit.h"
#include "unit/scratch.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBMIT "POST /a/jobs"
#define POLL   "GET /a/jobs/1"
#define DONE   "{\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"

static const struct answer well[] = {
  SAYS(SUBMIT, QUEUED),
  SAYS_TIMES(1, POLL, QUEUED),
  SAYS(POLL, DONE),
  PICTURE,
};
static const struct answer held[] = { { SUBMIT, 0, SCRIPT_HOLD, 0, NULL, 0 } };
static const struct answer queued[] = { SAYS(SUBMIT, QUEUED),
                                        SAYS(POLL, QUEUED) };

static char lines[4096];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void write_line(void *user, int32_t level, const char *line)
{
  size_t len;

  (void)user;
  (void)level;
  pthread_mutex_lock(&lock);
  len = strlen(lines);
  snprintf(lines + len, sizeof(lines) - len, "%s\n", line);
  pthread_mutex_unlock(&lock);
}

static void open_fix(struct fix *f, const struct answer *rows, size_t n,
                     uint32_t flags, const char *store, const char *place)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = flags | GAMUT_NO_CONFIG,
                             .log = write_line,
                             .log_level = GAMUT_WARN };

  memset(f, 0, sizeof(*f));
  lines[0] = '\0';
  f->script = script_start(rows, n);
  ck_assert_msg(gamut_open(&o, &f->g, &f->err) == 0, "%s", f->err.message);
  fix_set(f, "retry_max_wait", "5ms");
  fix_set(f, "sync_files", "no");
  fix_set(f, "store", store);
  fix_set(f, "state_dir", place);
  fix_provider(f, &vendor_a);
  fix_provider(f, &vendor_b);
}

static void submit(struct fix *f, const char *prompt, char id[GAMUT_ID_SIZE])
{
  struct gamut_request *r = fix_request("a:m", prompt, NULL);

  ck_assert_msg(gamut_submit(f->g, r, NULL, NULL, id, &f->err) == 0, "%s",
                f->err.message);
  gamut_request_free(r);
}

static void until_asked(struct fix *f, const char *asks, int n)
{
  while (script_count(f->script, asks) < n)
    gamut_step(f->g, 1);
}

/* The job's row, as another process sees it; no body: there is none. */
static void record_of(const char *place, const char *id, struct kit_row *row)
{
  struct kit k;

  memset(row, 0, sizeof(*row));
  kit_open(&k, KIT_SQLITE, place);
  kit_get(&k, "job", id, row);
  kit_close(&k);
}

/* ---- before the money leaves --------------------------------------------- */

START_TEST(written_before_it_is_sent)
{
  const char *place = scratch_folder();
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;

  open_fix(&f, held, 1, _i ? GAMUT_THREAD : 0, "sqlite", place);
  submit(&f, "x", id);
  until_asked(&f, SUBMIT, 1);
  record_of(place, id, &row);
  ck_assert_ptr_nonnull(strstr(row.body, "\"state\":\"sending\""));
  ck_assert_int_gt(row.owner_ttl_ms, 0);
  gamut_close(f.g);
  script_go(f.script);
  script_stop(f.script);
  /* Given back when the context closed: anybody may take it up. */
  record_of(place, id, &row);
  ck_assert_ptr_nonnull(strstr(row.body, "\"v\":1"));
  ck_assert_int_eq(row.owner_ttl_ms, 0);
}
END_TEST

/* Kept for a while, as what ended and nobody's. */
START_TEST(ended)
{
  const char *place = scratch_folder();
  struct gamut_result *result;
  struct kit_row row;
  struct fix f;

  open_fix(&f, well, GM_LEN(well), _i ? GAMUT_THREAD : 0, "sqlite", place);
  result = fix_run(&f, fix_request("a:m", "x", NULL));
  ck_class(result, 0);
  ck_assert_str_eq(lines, "");
  fix_close(&f);
  record_of(place, gamut_result_id(result), &row);
  ck_assert_ptr_nonnull(strstr(row.body, "\"state\":\"ended\""));
  ck_assert_str_eq(row.owner, "");
  ck_assert_int_eq(row.rank, 0);
  ck_assert_int_gt(row.ttl_ms, 0);
  gamut_result_free(result);
}
END_TEST

/* Detached in a process that goes on: nobody's. */
START_TEST(detached_is_nobodys)
{
  const char *place = scratch_folder();
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;

  open_fix(&f, queued, 2, _i ? GAMUT_THREAD : 0, "sqlite", place);
  submit(&f, "x", id);
  until_asked(&f, POLL, 2);
  ck_assert_int_eq(gamut_detach(f.g, id), 0);
  result = fix_wait(&f, id);
  ck_assert_int_eq(gamut_result_status(result), GAMUT_DETACHED);
  gamut_result_free(result);
  do {
    record_of(place, id, &row);
  } while (row.owner[0] && gamut_step(f.g, 1) >= 0);
  ck_assert_ptr_nonnull(strstr(row.body, "\"accepted\":true"));
  fix_close(&f);
}
END_TEST

/* ---- killed -------------------------------------------------------------- */

/* Submits to the vendor whose URL it reads, tells the id, and goes on. */
static void be_killed(const char *place, int in, int out)
{
  char id[GAMUT_ID_SIZE], url[128] = "";
  struct fix f;

  open_fix(&f, held, 1, 0, "sqlite", place);
  if (read(in, url, sizeof(url)) <= 0)
    _exit(1);
  fix_set(&f, "a.base_url", url);
  submit(&f, "x", id);
  if (write(out, id, sizeof(id)) != sizeof(id))
    _exit(1);
  for (;;)
    gamut_step(f.g, -1);
}

START_TEST(killed_process)
{
  const char *place = scratch_folder();
  int in[2], out[2], status;
  struct script *script;
  struct kit_row row;
  char id[GAMUT_ID_SIZE] = "", url[128] = "";
  pid_t pid;

  ck_assert(pipe(in) == 0 && pipe(out) == 0);
  pid = fork();
  ck_assert_int_ge(pid, 0);
  if (pid == 0)
    be_killed(place, in[0], out[1]);
  script = script_start(held, 1);
  script_url(script, "/a", url, sizeof(url));
  ck_assert_int_eq(write(in[1], url, sizeof(url)), sizeof(url));
  ck_assert_int_eq(read(out[0], id, sizeof(id)), sizeof(id));
  script_wait(script, SUBMIT, 1);
  record_of(place, id, &row);
  ck_assert_int_gt(row.owner_ttl_ms, 0);
  kill(pid, SIGKILL);
  ck_assert_int_eq(waitpid(pid, &status, 0), pid);
  record_of(place, id, &row);
  ck_assert_ptr_nonnull(strstr(row.body, "\"state\":\"sending\""));
  ck_assert_int_eq(row.owner_ttl_ms, 0);
  script_go(script);
  script_stop(script);
}
END_TEST

/* ---- forked -------------------------------------------------------------- */

#ifndef GM_SANITIZED /* the locks of its malloc() may not be free in a child */
static void open_own(const char *place)
{
  struct fix f;

  alarm(20); /* a lock that nobody gives back */
  open_fix(&f, held, 1, 0, "sqlite", place);
  _exit(!gamut_durable(f.g));
}

/* Forks while the store's library is used for the first time. */
static void fork_early(const char *place, int i)
{
  char id[GAMUT_ID_SIZE];
  int status = 1;
  struct fix f;
  pid_t pid;

  open_fix(&f, held, 1, GAMUT_THREAD, "sqlite", place);
  submit(&f, "x", id);
  usleep((useconds_t)i * 50);
  pid = fork();
  if (pid == 0)
    open_own(place);
  if (pid < 0 || waitpid(pid, &status, 0) != pid)
    _exit(1);
  _exit(status != 0);
}

/* A child may open a context of its own, whatever the store of its parent's is
 * about: its library's locks are free. */
START_TEST(forked_beside_the_store)
{
  const char *place = scratch_folder();
  int status;
  pid_t pid = fork();

  ck_assert_int_ge(pid, 0);
  if (pid == 0)
    fork_early(place, _i);
  ck_assert_int_eq(waitpid(pid, &status, 0), pid);
  ck_assert_int_eq(status, 0);
}
END_TEST
#endif

/* ---- the disk is full ---------------------------------------------------- */

static void limit_files(rlim_t bytes)
{
  struct rlimit all;

  getrlimit(RLIMIT_FSIZE, &all);
  all.rlim_cur = bytes;
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
}

/* ... when the vendor takes the job: that is written down as soon as it can be,
 * and not only at the end. */
START_TEST(accepted_on_a_full_disk)
{
  static const struct answer answers[] = {
    { SUBMIT, 0, SCRIPT_LATE, QUEUED, NULL, 0 },
    SAYS(POLL, QUEUED),
  };
  const char *place = scratch_folder();
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;

  signal(SIGXFSZ, SIG_IGN);
  open_fix(&f, answers, GM_LEN(answers), 0, "sqlite", place);
  submit(&f, "x", id);
  until_asked(&f, SUBMIT, 1);
  limit_files(1);
  script_go(f.script);
  until_asked(&f, POLL, 1);
  limit_files(RLIM_INFINITY);
  ck_assert_ptr_nonnull(strstr(lines, "could not be written down"));
  until_asked(&f, POLL, 4);
  record_of(place, id, &row);
  ck_assert_ptr_nonnull(strstr(row.body, "\"accepted\":true"));
  fix_close(&f);
}
END_TEST

static void step_until_logged(struct fix *f, const char *words)
{
  bool there = false;

  while (!there) {
    gamut_step(f->g, 1);
    pthread_mutex_lock(&lock);
    there = strstr(lines, words) != NULL;
    pthread_mutex_unlock(&lock);
  }
}

/* ... when a request of several jobs is written down: that is made up for
 * before one of them is paid. */
START_TEST(whole_on_a_full_disk)
{
  static const struct answer answers[] = {
    { "GET /a/hello", 0, SCRIPT_LATE, "{}", NULL, 0 },
    SAYS(SUBMIT, MADE),
    PICTURE,
  };
  const char *place = scratch_folder();
  struct gamut_request *r = fix_request("a:m b:m", "warm", "hedge", "1h", NULL);
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;

  signal(SIGXFSZ, SIG_IGN);
  open_fix(&f, answers, GM_LEN(answers), 0, "sqlite", place);
  ck_assert_int_eq(gamut_durable(f.g), 1);
  limit_files(1);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  step_until_logged(&f, "could not be written");
  until_asked(&f, "GET /a/hello", 1);
  limit_files(RLIM_INFINITY);
  script_go(f.script);
  result = fix_wait(&f, id);
  ck_class(result, 0);
  ck_assert_int_eq(script_count(f.script, SUBMIT), 1);
  gamut_result_free(result);
  gamut_durable(f.g); /* what was asked of it before is there */
  record_of(place, id, &row);
  ck_assert_ptr_nonnull(strstr(row.body, "\"state\":\"ended\""));
  fix_close(&f);
}
END_TEST

/* ---- no store ------------------------------------------------------------ */

/* One that must be there: nothing is sent. */
START_TEST(required)
{
  struct gamut_result *result;
  struct fix f;

  open_fix(&f, well, GM_LEN(well), _i ? GAMUT_THREAD : 0, "sqlite",
           "/proc/gamut");
  result = fix_run(&f, fix_request("a:m b:m", "x", NULL));
  ck_class(result, GAMUT_E_STORAGE);
  ck_assert_msg(strstr(gamut_result_message(result),
                       "not sent: the store cannot make") != NULL,
                "%s", gamut_result_message(result));
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  ck_assert_int_eq(script_count(f.script, "POST"), 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* What was spent before would not count without it. */
START_TEST(required_by_a_budget)
{
  struct gamut_result *result;
  struct fix f;

  open_fix(&f, well, GM_LEN(well), 0, "auto", "/proc/gamut");
  fix_set(&f, "budgets",
          "[{\"scope\":\"all\",\"limit_usd\":1,\"period\":\"day\"}]");
  result = fix_run(&f, fix_request("a:cheap", "x", NULL));
  ck_class(result, GAMUT_E_STORAGE);
  ck_assert_int_eq(script_count(f.script, "POST"), 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* One that may be missing: said once, whatever number of jobs there are. */
START_TEST(without)
{
  struct gamut_result *result;
  const char *said;
  struct fix f;
  int i;

  open_fix(&f, well, GM_LEN(well), _i ? GAMUT_THREAD : 0, "auto",
           "/proc/gamut");
  for (i = 0; i < 3; i++) {
    result = fix_run(&f, fix_request("a:m", "x", NULL));
    ck_class(result, 0);
    gamut_result_free(result);
  }
  fix_close(&f);
  said = strstr(lines, "jobs will be forgotten when this process ends: the "
                       "store cannot make '/proc/gamut'");
  ck_assert_ptr_nonnull(said);
  ck_assert_msg(!strstr(said + 1, "jobs will"), "%s", lines);
}
END_TEST

START_TEST(unknown_store)
{
  struct gamut_result *result;
  struct fix f;

  open_fix(&f, well, GM_LEN(well), 0, "nosuch", scratch_folder());
  result = fix_run(&f, fix_request("a:m", "x", NULL));
  ck_class(result, GAMUT_E_STORAGE);
  ck_assert_ptr_nonnull(strstr(gamut_result_message(result), "store-nosuch"));
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* ---- when it is opened --------------------------------------------------- */

START_TEST(only_for_a_job)
{
  char place[600], *json = NULL;
  struct gamut_request *r = fix_request("a:m", "x", NULL);
  struct gamut_result *result;
  struct fix f;

  snprintf(place, sizeof(place), "%s/state", scratch_folder());
  open_fix(&f, well, GM_LEN(well), 0, "sqlite", place);
  ck_assert_int_eq(gamut_dry_run(f.g, r, &json, &f.err), 0);
  gamut_string_free(json);
  ck_assert_int_eq(gamut_models(f.g, NULL, &json, &f.err), 0);
  gamut_string_free(json);
  gamut_request_free(r);
  ck_assert_int_ne(access(place, F_OK), 0);
  fix_set(&f, "state_dir", place);
  result = fix_run(&f, fix_request("a:m", "x", NULL));
  ck_class(result, 0);
  gamut_result_free(result);
  ck_assert_int_eq(access(place, F_OK), 0);
  ck_assert_int_eq(gamut_set(f.g, "state_dir", "/", &f.err), GAMUT_E_INVALID);
  ck_assert_int_eq(gamut_set(f.g, "store", "memory", &f.err), GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(f.err.message, "when the first job begins"));
  fix_close(&f);
}
END_TEST

/* ---- taken over ---------------------------------------------------------- */

/* Its row goes to another process. */
static void steal(struct kit *k, const char *place, const char *id)
{
  struct gamut_store_op op = kit_put("job", id, "mine");

  kit_open(k, KIT_SQLITE, place);
  kit_owner(k, "thief", 60000);
  op.changes |= GAMUT_SET_OWNER;
  op.owner = "thief";
  ck_assert_int_eq(kit_run(k, &op, 1), 0);
}

static void ck_stolen(struct kit *k, const char *id)
{
  struct kit_row row;

  ck_assert(kit_get(k, "job", id, &row));
  ck_assert_str_eq(row.body, "mine");
  ck_assert_str_eq(row.owner, "thief");
}

/* While it waits for the vendor: it is given up here at the next record, and
 * nothing is written over. */
START_TEST(taken_over)
{
  const char *place = scratch_folder();
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;
  struct kit k;

  open_fix(&f, queued, 2, _i ? GAMUT_THREAD : 0, "sqlite", place);
  submit(&f, "x", id);
  until_asked(&f, POLL, 2);
  steal(&k, place, id);
  ck_assert_int_eq(gamut_detach(f.g, id), 0); /* writes */
  result = fix_wait(&f, id);
  ck_assert_int_eq(gamut_result_status(result), GAMUT_DETACHED);
  gamut_result_free(result);
  fix_close(&f);
  ck_stolen(&k, id);
  kit_close(&k);
}
END_TEST

/* The row of the only job but `id`. */
static void other_row(struct kit *k, const char *id, struct kit_row *row)
{
  const struct gamut_store_query all = { .struct_size = sizeof(all),
                                         .table = "job" };
  char keys[2 * GAMUT_ID_SIZE];

  snprintf(keys, sizeof(keys), "%s", kit_keys(k, &all));
  ck_assert_uint_eq(strlen(keys), sizeof(keys) - 1);
  keys[GAMUT_ID_SIZE - 1] = '\0';
  ck_assert(kit_get(k, "job",
                    strcmp(keys, id) == 0 ? keys + GAMUT_ID_SIZE : keys, row));
}

/* A request is found to be another's when it is about to begin a second job:
 * that is not begun, and the first one, whether its answer is here or on its
 * way, is seen to its end. */
static const struct {
  struct answer answers[4];
  const char *waits; /* for the vendor to go on */
} parts[] = {
  { { SAYS(SUBMIT, QUEUED), HOLDS_ONCE(POLL), SAYS(POLL, DONE), PICTURE },
    POLL },
  { { { SUBMIT, 0, SCRIPT_LATE, QUEUED, NULL, 0 }, SAYS(POLL, DONE), PICTURE },
    SUBMIT },
};

START_TEST(part_of_one_taken_over)
{
  const char *place = scratch_folder();
  struct gamut_request *r = fix_request("a:m b:m", "x", "hedge", "1s", NULL);
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct kit_row row;
  struct fix f;
  struct kit k;

  open_fix(&f, parts[_i].answers, GM_LEN(parts[_i].answers), 0, "sqlite",
           place);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  until_asked(&f, parts[_i].waits, 1);
  steal(&k, place, id);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_DETACHED);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  gamut_result_free(result);
  script_go(f.script);
  do {
    other_row(&k, id, &row);
  } while (row.owner[0] && gamut_step(f.g, 1) >= 0);
  ck_assert_msg(strstr(row.body, "\"state\":\"ended\"") != NULL, "%s",
                row.body);
  ck_assert_ptr_null(strstr(row.body, "maybe_charged"));
  ck_assert_int_eq(script_count(f.script, "POST"), 1);
  fix_close(&f);
  ck_stolen(&k, id);
  kit_close(&k);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("store");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, written_before_it_is_sent, 0, 2);
  tcase_add_loop_test(tc, ended, 0, 2);
  tcase_add_loop_test(tc, detached_is_nobodys, 0, 2);
  tcase_add_test(tc, killed_process);
#ifndef GM_SANITIZED
  tcase_add_loop_test(tc, forked_beside_the_store, 0, 20);
#endif
  tcase_add_test(tc, accepted_on_a_full_disk);
  tcase_add_test(tc, whole_on_a_full_disk);
  tcase_add_loop_test(tc, required, 0, 2);
  tcase_add_test(tc, required_by_a_budget);
  tcase_add_loop_test(tc, without, 0, 2);
  tcase_add_test(tc, unknown_store);
  tcase_add_test(tc, only_for_a_job);
  tcase_add_loop_test(tc, taken_over, 0, 2);
  tcase_add_loop_test(tc, part_of_one_taken_over, 0, GM_LEN(parts));
  return unit_run("store", tc);
}
