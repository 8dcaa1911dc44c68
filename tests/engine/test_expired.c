/* test_expired.c - the addresses of what was made are good no longer when it is
 * fetched: the vendor is asked for others, once, where that is free, and what
 * was known before is lost in no case. */
#include "engine/books.h"
#include "engine/timed.h"
#include "unit/scratch.h"
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS "POST /a/jobs"
#define POLL "GET /a/jobs/1"
#define OLD  "GET /old.png"
#define NEW  "GET /new.png"
#define TELL "DELETE /a/jobs/1"

#define URL(name) "{\"url\":\"$/" name ".png\"}"
#define AT(urls)  "{\"id\":\"1\",\"status\":\"done\",\"images\":[" urls "]}"
#define AT_OLD    AT(URL("old"))
#define AT_NEW    AT(URL("new"))
#define COMES     SAYS(NEW, "@png")
/* It is made, and left when it was asked for by that address. */
#define BEGUN(answer)                                                          \
  SAYS(JOBS, QUEUED), SAYS_TIMES(1, POLL, answer), HOLDS_ONCE(OLD)

struct place {
  struct fix f;
  const char *folder;
  char id[GAMUT_ID_SIZE];
};

static void until_asked(struct place *p, const char *asks, int n)
{
  while (script_count(p->f.script, asks) < n)
    gamut_step(p->f.g, 1);
}

/* The next process. */
static void reopen(struct place *p)
{
  gamut_close(p->f.g);
  books_context(&p->f, p->folder);
}

static void attach(struct place *p)
{
  ck_assert_msg(gamut_attach(p->f.g, p->id, NULL, NULL, NULL, &p->f.err) == 0,
                "%s", p->f.err.message);
}

static void detach(struct place *p)
{
  struct gamut_result *result;

  ck_assert_int_eq(gamut_detach(p->f.g, p->id), 0);
  result = fix_wait(&p->f, p->id);
  ck_class(result, GAMUT_E_DETACHED);
  gamut_result_free(result);
}

/* Nobody asks for it any more. */
static void ck_quiet(struct place *p)
{
  struct gm_http_stats s;

  gm_http_stats(p->f.g->http, &s);
  ck_assert_uint_eq(s.active, 0);
}

static void submit(struct place *p)
{
  struct gamut_request *r =
    fix_request("a:cheap", "x", "output",
                scratch_path(p->folder, "{job}-{index}.{ext}"), NULL);

  ck_assert_int_eq(gamut_submit(p->f.g, r, NULL, NULL, p->id, &p->f.err), 0);
  gamut_request_free(r);
}

/* A job whose old addresses are in its record, and a process that has just
 * begun. */
static void leave(struct place *p)
{
  submit(p);
  until_asked(p, OLD, 1);
  detach(p);
  reopen(p);
}

static void begin(struct place *p, const struct answer *rows, size_t n)
{
  memset(p, 0, sizeof(*p));
  p->folder = scratch_folder();
  books_open(&p->f, rows, n, p->folder);
  leave(p);
}

static void end(struct place *p)
{
  script_go(p->f.script);
  fix_close(&p->f);
}

static void ck_recorded(struct place *p, const char *part)
{
  struct kit_row row;
  struct kit k;

  gamut_durable(p->f.g);
  kit_open(&k, KIT_SQLITE, p->folder);
  ck_assert(kit_get(&k, "job", p->id, &row));
  kit_close(&k);
  ck_assert_msg(strstr(row.body, part) != NULL, "no %s in %s", part, row.body);
}

/* Once, whatever it went through: for so many pictures. */
static void ck_paid_once(struct place *p, int pictures)
{
  struct kit_row row;

  ck_assert_int_eq(script_count(p->f.script, JOBS), 1);
  gamut_durable(p->f.g);
  books_charge(p->folder, p->id, &row);
  ck_assert_int_eq(row.numbers[GM_CHARGE_RESERVED], 0);
  ck_assert_int_eq(row.numbers[GM_CHARGE_SETTLED], pictures * BOOKS_CHEAP);
  ck_assert_int_eq(row.numbers[GM_CHARGE_MAYBE], 0);
}

static void ck_ends(struct place *p, const char *name, int32_t error_class)
{
  struct gamut_result *result = fix_wait(&p->f, p->id);
  int pictures = (int)gamut_result_artifacts(result);

  ck_assert_msg(gamut_result_class(result) == error_class, "%s: %s: %s", name,
                gamut_class_name(gamut_result_class(result)),
                gamut_result_message(result));
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  if (error_class == 0)
    ck_assert_int_eq(access(gamut_result_artifact(result, 0)->path, R_OK), 0);
  gamut_result_free(result);
  ck_paid_once(p, pictures);
}

/* ---- what the vendor says ------------------------------------------------ */

/* Of a row: what came first, what is answered now, and how it ends; how often
 * was looked at it, asked for by the old address. */
static const struct {
  const char *name;
  struct answer answers[7];
  int32_t error_class;
  int looks, olds;
} rows[] = {
  { .name = "403",
    .answers = { BEGUN(AT_OLD), REFUSES(OLD, 403), SAYS(POLL, AT_NEW), COMES },
    .looks = 2,
    .olds = 2 },
  { .name = "404",
    .answers = { BEGUN(AT_OLD), REFUSES(OLD, 404), SAYS(POLL, AT_NEW), COMES },
    .looks = 2,
    .olds = 2 },
  { .name = "410",
    .answers = { BEGUN(AT_OLD), REFUSES(OLD, 410), SAYS(POLL, AT_NEW), COMES },
    .looks = 2,
    .olds = 2 },
  { .name = "the vendor looks for it",
    .answers = { BEGUN(AT_OLD), REFUSES(OLD, 404), SAYS_TIMES(2, POLL, QUEUED),
                 SAYS(POLL, AT_NEW), COMES },
    .looks = 4,
    .olds = 2 },
  { .name = "several",
    .answers = { BEGUN(AT(URL("old") "," URL("old2"))), REFUSES(OLD, 404),
                 SAYS(POLL, AT(URL("new") "," URL("new2"))), COMES,
                 SAYS("GET /new2.png", "@png") },
    .looks = 2,
    .olds = 2 },
  { .name = "one has come",
    .answers = { BEGUN(AT(URL("old") "," URL("gone"))), SAYS(OLD, "@png"),
                 SAYS(POLL, AT(URL("new") "," URL("new2"))), COMES,
                 SAYS("GET /new2.png", "@png") },
    .error_class = GAMUT_E_NOT_FOUND,
    .looks = 1,
    .olds = 2 },
  { .name = "it is about the key",
    .answers = { BEGUN(AT_OLD), REFUSES(OLD, 401), SAYS(POLL, AT_NEW), COMES },
    .error_class = GAMUT_E_AUTH,
    .looks = 1,
    .olds = 2 },
  { .name = "the same again",
    .answers = { BEGUN(AT_OLD), REFUSES(OLD, 410), SAYS(POLL, AT_OLD) },
    .error_class = GAMUT_E_NOT_FOUND,
    .looks = 2,
    .olds = 3 },
};

START_TEST(asked_anew)
{
  struct place p;

  begin(&p, rows[_i].answers, GM_LEN(rows[_i].answers));
  attach(&p);
  ck_ends(&p, rows[_i].name, rows[_i].error_class);
  ck_assert_msg(script_count(p.f.script, POLL) == rows[_i].looks,
                "%s: %d looks", rows[_i].name, script_count(p.f.script, POLL));
  ck_assert_msg(script_count(p.f.script, OLD) >= rows[_i].olds, "%s: %d",
                rows[_i].name, script_count(p.f.script, OLD));
  end(&p);
}
END_TEST

/* No other address comes of it: it ends as it would have without asking, and a
 * later fetch, when the vendor answers, has everything it needs. */
static const struct {
  const char *name;
  struct answer answer;
  int looks;
} unheard[] = {
  { "it knows of no such job", { POLL, 1, 404, "{}", NULL, 0 }, 1 },
  { "it may not be asked", { POLL, 1, 401, "{}", NULL, 0 }, 1 },
  { "it is out of order", { POLL, 13, 503, "{}", NULL, 0 }, 13 },
  { "it has failed after all", SAYS_TIMES(1, POLL, FAILED), 1 },
  { "it brings nothing", SAYS_TIMES(1, POLL, AT("")), 1 },
  { "it brings more", SAYS_TIMES(1, POLL, AT(URL("new") "," URL("b"))), 1 },
  { "it brings bytes",
    SAYS_TIMES(1, POLL,
               "{\"id\":\"1\",\"status\":\"done\",\"b64\":[\"aaaa\"]}"),
    1 },
};

START_TEST(nothing_comes_of_it)
{
  const struct answer answers[] = {
    BEGUN(AT_OLD), REFUSES(OLD, 403), unheard[_i].answer, SAYS(POLL, AT_NEW),
    COMES,
  };
  struct place p;

  begin(&p, answers, GM_LEN(answers));
  attach(&p);
  ck_ends(&p, unheard[_i].name, GAMUT_E_PERMISSION);
  ck_assert_msg(script_count(p.f.script, POLL) == 1 + unheard[_i].looks,
                "%s: %d looks", unheard[_i].name,
                script_count(p.f.script, POLL));
  ck_recorded(&p, "/old.png");
  reopen(&p);
  ck_assert_int_eq(gamut_fetch(p.f.g, p.id, NULL, NULL, NULL, &p.f.err), 0);
  ck_ends(&p, unheard[_i].name, 0);
  end(&p);
}
END_TEST

/* The question leads to what would be paid for: that is not sent. */
static int32_t greedy_step(void *instance, struct gamut_call *c)
{
  struct gamut_http x = { .struct_size = sizeof(x) };
  const struct gamut_host *h = c->host;

  if (c->event != GAMUT_EV_REPLY ||
      strcmp(h->json_str(c->reply->json, "status", ""), "lost") != 0)
    return vendor_a.step(instance, c);
  x.phase = 1;
  x.method = "POST";
  x.url = "/jobs";
  x.flags = GAMUT_HTTP_BILLABLE;
  return h->http(c, &x);
}

START_TEST(not_paid_again)
{
  static const struct answer answers[] = {
    SAYS("POST /greedy/jobs", QUEUED),
    SAYS_TIMES(1, "GET /greedy/jobs/1", AT_OLD),
    REFUSES(OLD, 404),
    SAYS("GET /greedy/jobs/1", "{\"status\":\"lost\"}"),
  };
  struct gamut_provider greedy = vendor_a;
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  greedy.name = "greedy";
  greedy.catalog = NULL;
  greedy.step = greedy_step;
  fix_provider(&f, &greedy);
  result = fix_run(&f, fix_request("greedy:m", "x", NULL));
  ck_class(result, GAMUT_E_NOT_FOUND);
  ck_assert_int_eq(gamut_result_maybe_charged(result), 0);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(f.script, "GET /greedy/jobs/1"), 2);
  ck_assert_int_eq(script_count(f.script, "POST /greedy/jobs"), 1);
  fix_close(&f);
}
END_TEST

/* It is not waited for for ever, also by a job that nobody took up. */
START_TEST(no_end_of_it)
{
  static const struct answer answers[] = {
    SAYS(JOBS, QUEUED),
    SAYS_TIMES(1, POLL, AT_OLD),
    REFUSES(OLD, 404),
    SAYS(POLL, QUEUED),
  };
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct fix f;

  timed_open(&f, answers, GM_LEN(answers));
  timed_submit(&f, fix_request("a:m", "paced", NULL), id);
  timed_until_asked(&f, POLL, 3);
  gm_clock_advance(60000);
  result = timed_result(&f, id);
  ck_class(result, GAMUT_E_NOT_FOUND);
  ck_assert_int_eq(script_count(f.script, OLD), 1);
  gamut_result_free(result);
  timed_close(&f);
}
END_TEST

/* ---- what happens meanwhile ---------------------------------------------- */

enum { CLOSED, DETACHED, KILLED, WAYS };

#define ASKED                                                                  \
  BEGUN(AT_OLD), REFUSES(OLD, 404), HOLDS_ONCE(POLL), SAYS(POLL, AT_NEW), COMES

/* Goes on with the job that it reads, and is killed. */
static void be_killed(int orders)
{
  struct place p = { 0 };
  char url[128], folder[256];

  if (read(orders, folder, sizeof(folder)) != sizeof(folder) ||
      read(orders, url, sizeof(url)) != sizeof(url) ||
      read(orders, p.id, sizeof(p.id)) != sizeof(p.id))
    _exit(0);
  p.folder = folder;
  p.f.script = script_start(NULL, 0);
  books_context(&p.f, folder);
  fix_set(&p.f, "a.base_url", url);
  attach(&p);
  for (;;)
    gamut_step(p.f.g, 1000);
}

static void kill_meanwhile(struct place *p, int orders, pid_t pid)
{
  char url[128] = "", folder[256] = "";

  gamut_close(p->f.g);
  snprintf(folder, sizeof(folder), "%s", p->folder);
  script_url(p->f.script, "/a", url, sizeof(url));
  ck_assert_int_eq(write(orders, folder, sizeof(folder)), sizeof(folder));
  ck_assert_int_eq(write(orders, url, sizeof(url)), sizeof(url));
  ck_assert_int_eq(write(orders, p->id, sizeof(p->id)), sizeof(p->id));
  script_wait(p->f.script, POLL, 2);
  kill(pid, SIGKILL);
  ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
  books_context(&p->f, p->folder);
}

/* Left while the question is on its way: it has the old addresses, so the next
 * one comes to ask as well. */
START_TEST(left_meanwhile)
{
  static const struct answer answers[] = { ASKED };
  struct place p;
  int orders[2];
  pid_t pid;

  ck_assert_int_eq(pipe(orders), 0);
  pid = fork();
  ck_assert_int_ge(pid, 0);
  if (pid == 0) {
    close(orders[1]);
    be_killed(orders[0]);
  }
  begin(&p, answers, GM_LEN(answers));
  if (_i == KILLED) {
    kill_meanwhile(&p, orders[1], pid);
  } else {
    attach(&p);
    until_asked(&p, POLL, 2);
    if (_i == DETACHED) {
      detach(&p);
      ck_quiet(&p);
    }
    reopen(&p);
  }
  ck_recorded(&p, "\"state\":\"fetching\"");
  ck_recorded(&p, "/old.png");
  attach(&p);
  ck_ends(&p, "left", 0);
  ck_assert_int_eq(script_count(p.f.script, POLL), 3);
  end(&p);
  close(orders[0]);
  close(orders[1]);
  if (_i != KILLED)
    waitpid(pid, NULL, 0);
}
END_TEST

/* It has been made and is paid for: the vendor is not told. */
START_TEST(cancelled_meanwhile)
{
  static const struct answer answers[] = { ASKED, SAYS(TELL, GONE) };
  struct place p;

  begin(&p, answers, GM_LEN(answers));
  attach(&p);
  until_asked(&p, POLL, 2);
  ck_assert_int_eq(gamut_cancel(p.f.g, p.id), 0);
  ck_ends(&p, "cancelled", GAMUT_E_CANCELLED);
  ck_quiet(&p);
  ck_assert_int_eq(script_count(p.f.script, TELL), 0);
  ck_recorded(&p, "/old.png");
  end(&p);
}
END_TEST

/* The new addresses are written down before the files are here. */
START_TEST(left_with_new_ones)
{
  static const struct answer answers[] = {
    BEGUN(AT_OLD), REFUSES(OLD, 404), SAYS(POLL, AT_NEW), HOLDS_ONCE(NEW),
    COMES,
  };
  struct place p;

  begin(&p, answers, GM_LEN(answers));
  attach(&p);
  until_asked(&p, NEW, 1);
  ck_recorded(&p, "/new.png");
  reopen(&p);
  attach(&p);
  ck_ends(&p, "left", 0);
  ck_assert_int_eq(script_count(p.f.script, POLL), 2);
  ck_assert_int_eq(script_count(p.f.script, OLD), 2);
  end(&p);
}
END_TEST

/* Who fetches once more has asked for them just now. */
START_TEST(fetched_again)
{
  static const struct answer answers[] = { BEGUN(AT_OLD),
                                           SAYS_TIMES(1, OLD, "@png"),
                                           SAYS(POLL, AT_NEW),
                                           REFUSES(NEW, 404) };
  struct gamut_result *result;
  struct place p;

  begin(&p, answers, GM_LEN(answers));
  attach(&p);
  ck_ends(&p, "at first", 0);
  reopen(&p);
  ck_assert_int_eq(gamut_fetch(p.f.g, p.id, NULL, NULL, NULL, &p.f.err), 0);
  result = fix_wait(&p.f, p.id);
  ck_class(result, GAMUT_E_NOT_FOUND);
  gamut_result_free(result);
  ck_assert_int_eq(script_count(p.f.script, POLL), 2);
  ck_assert_int_eq(script_count(p.f.script, NEW), 1);
  ck_recorded(&p, "/old.png");
  end(&p);
}
END_TEST

/* ---- no memory for it ---------------------------------------------------- */

static struct script *vendor;

static struct gamut *open_context(void)
{
  struct gamut_options o = { .struct_size = sizeof(o),
                             .flags = GAMUT_NO_CONFIG,
                             .log_level = GAMUT_ERROR };
  struct gamut *g = NULL;
  char url[128];

  if (gamut_open(&o, &g, NULL))
    return NULL;
  if (gamut_set(g, "retry_max_wait", "1ms", NULL) == 0 &&
      gamut_set(g, "store", "memory", NULL) == 0 &&
      gamut_register_provider(g, &vendor_a, NULL) == 0 &&
      gamut_set(g, "a.base_url", script_url(vendor, "/a", url, sizeof(url)),
                NULL) == 0)
    return g;
  gamut_close(g);
  return NULL;
}

/* The address is the same whenever it is asked for, so it ends as it would
 * have; but it ends, and is paid for once. */
static bool scenario(void)
{
  struct gamut *g = open_context();
  struct gamut_request *r = gamut_request_new();
  int posts = script_count(vendor, JOBS), olds = script_count(vendor, OLD);
  struct gamut_result *result = NULL;
  int32_t rc = GAMUT_E_NOMEM;

  if (g && r && gamut_request_link(r, "a:m", NULL) == 0 &&
      gamut_request_set(r, "prompt", "x", NULL) == 0)
    rc = gamut_generate(g, r, &result, NULL);
  ck_assert_int_ne(rc, 0);
  ck_assert_int_le(script_count(vendor, JOBS) - posts, 1);
  olds = script_count(vendor, OLD) - olds;
  ck_assert_int_le(olds, 2);
  gamut_result_free(result);
  gamut_request_free(r);
  gamut_close(g);
  return rc == GAMUT_E_NOT_FOUND && olds == 2;
}

START_TEST(no_memory)
{
  static const struct answer answers[] = {
    SAYS(JOBS, QUEUED),
    SAYS(POLL, AT_OLD),
    REFUSES(OLD, 404),
  };

  vendor = script_start(answers, GM_LEN(answers));
  unit_torture(scenario);
  script_stop(vendor);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("expired");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, left_meanwhile, 0, WAYS); /* forks: first */
  tcase_add_loop_test(tc, asked_anew, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, nothing_comes_of_it, 0, GM_LEN(unheard));
  tcase_add_test(tc, not_paid_again);
  tcase_add_test(tc, no_end_of_it);
  tcase_add_test(tc, cancelled_meanwhile);
  tcase_add_test(tc, left_with_new_ones);
  tcase_add_test(tc, fetched_again);
  tcase_add_test(tc, no_memory);
  return unit_run("expired", tc);
}
