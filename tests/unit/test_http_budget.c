/* test_http_budget.c - replies in memory stay within a budget, and whatever
 * holds the bytes, something moves. */
#include "client.h"
#include "loop/coded.h"
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { LETTERS = 2 << 20, MIB = 1 << 20, PIECE = 100000 };
enum { MANY = 64, FIRST = 1 << 18 /* letters of each before more */ };

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

static const char abc[] =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static char picture[LETTERS + 1];
static uint64_t picture_sum;
static atomic_bool stalls;

static void make_picture(void)
{
  uint32_t x = 1;

  for (size_t i = 0; i < LETTERS; i++) {
    x = x * 1664525 + 1013904223;
    picture[i] = abc[x >> 26];
  }
  picture_sum = server_sum(0, picture, LETTERS);
}

static bool send_all(int fd, size_t from, size_t to)
{
  while (from < to) {
    size_t n = GM_MIN(to - from, (size_t)PIECE);

    if (!server_send(fd, picture + from, n))
      return false;
    from += n;
  }
  return true;
}

/* "/" the picture; "/gate" its FIRST letters, the others when the test lets go;
 * "/stall" half of it until the test lets go; "/drip" a letter at a time,
 * endlessly; "/cut" half of it, then it hangs up; "/small". */
static enum server_end answer(struct server *s, int fd,
                              const struct server_request *r, void *user)
{
  char head[128];
  int n = (int)strlen("{\"b\":\"\"}") + LETTERS;

  (void)user;
  if (server_asks(r, "GET /small")) {
    server_reply(fd, "{\"a\":1}");
    return SERVER_KEEP;
  }
  snprintf(head, sizeof(head), HEAD "Content-Length: %d\r\n\r\n{\"b\":\"", n);
  server_say(fd, head);
  if (server_asks(r, "GET /drip")) {
    while (!atomic_load(&stalls) && server_send(fd, "A", 1))
      usleep(5000);
    return SERVER_CLOSE;
  }
  if (server_asks(r, "GET /cut")) {
    send_all(fd, 0, LETTERS / 2);
    server_wait(s);
    return SERVER_CLOSE;
  }
  if (server_asks(r, "GET /gate")) {
    send_all(fd, 0, FIRST);
    server_wait(s);
    send_all(fd, FIRST, LETTERS);
  } else if (server_asks(r, "GET /stall")) {
    send_all(fd, 0, LETTERS / 2);
    server_wait(s);
    send_all(fd, LETTERS / 2, LETTERS);
  } else {
    send_all(fd, 0, LETTERS);
  }
  server_say(fd, "\"}");
  return SERVER_KEEP;
}

static void check_picture(const struct trial *t)
{
  const struct gm_blob *b;
  char piece[4096];
  uint64_t at = 0, sum = 0;
  ssize_t n;

  ck_assert_msg(!t->x.error_class, "%s", gm_error_text(&t->x.err));
  ck_assert_uint_eq(t->x.reader.n_blobs, 1);
  b = &t->x.reader.blobs[0];
  ck_assert_uint_eq(gm_coded_text_len(b), LETTERS);
  while ((n = gm_coded_read_text(b, at, piece, sizeof(piece))) > 0) {
    sum = server_sum(sum, piece, (size_t)n);
    at += (uint64_t)n;
  }
  ck_assert_uint_eq(sum, picture_sum);
}

static bool is_in_file(const struct trial *t)
{
  return t->x.reader.n_blobs == 1 && t->x.reader.blobs[0].fd >= 0;
}

/* For a while, or until it is done. */
static void turn(struct client *c, const struct trial *t, uint64_t ms)
{
  uint64_t until = gm_mono_ms() + ms;

  while (gm_mono_ms() < until && !(t && t->done))
    gm_loop_turn(c->loop, 10);
}

/* Until so many have had to wait. */
static void wait_for_pauses(struct client *c, uint64_t n)
{
  while (c->http->stats.pauses < n)
    gm_loop_turn(c->loop, 10);
}

/* ---- many at once */

static void forget(struct gm_exchange *x)
{
  struct trial *t = GM_CONTAINER(x, struct trial, x);

  check_picture(t);
  trial_done(x);
  gm_reader_reset(&x->reader);
}

/* Row 0: each reply is kept by its owner to the end; 1: none is. */
START_TEST(many_large_replies)
{
  /* All can begin, and less than one can be whole. */
  enum { BUDGET = MANY * (FIRST / 4 * 3) + MIB };
  static const struct gm_http_options o = { .reply_budget = BUDGET };
  static struct trial t[MANY];
  struct client c;
  int in_files = 0;

  client_open(&c, answer, NULL, &o);
  for (int i = 0; i < MANY; i++) {
    trial_init(&t[i], &c, "GET", "/gate");
    if (_i)
      t[i].x.done = forget;
    gm_http_start(c.http, &t[i].x);
  }
  for (int i = 0; i < MANY; i++)
    while (t[i].x.body_received < FIRST)
      gm_loop_turn(c.loop, -1);
  server_go(c.server);
  for (int i = 0; i < MANY; i++) {
    trial_wait(&c, &t[i]);
    ck_assert_int_eq(t[i].x.error_class, 0);
  }
  for (int i = 0; i < MANY && !_i; i++) {
    check_picture(&t[i]);
    in_files += is_in_file(&t[i]);
  }
  ck_assert_uint_gt(c.http->stats.pauses, 0);
  /* Whoever may go on takes what libcurl has kept for it, before anybody is
   * asked again. */
  ck_assert_uint_le(c.http->budget.peak, BUDGET + 4 * MIB);
  if (!_i) {
    ck_assert_int_ge(in_files, MANY - BUDGET / (LETTERS / 4 * 3) - 4);
    ck_assert_uint_gt(c.http->budget.held, BUDGET / 2);
  }
  for (int i = 0; i < MANY; i++)
    gm_exchange_finish(&t[i].x);
  ck_assert_uint_eq(c.http->budget.held, 0);
  ck_assert_uint_eq(c.http->n_flowing, 0);
  client_close(&c);
}
END_TEST

/* Row 0: enough for all; 1: for less than one. */
START_TEST(one_alone_never_waits)
{
  const struct gm_http_options o = { .reply_budget = _i ? 1 : 4 * MIB };
  struct client c;
  struct trial t;

  client_open(&c, answer, NULL, &o);
  trial_init(&t, &c, "GET", "/");
  for (int i = 0; i < 3; i++) {
    trial_run(&c, &t);
    check_picture(&t);
    ck_assert_int_eq(is_in_file(&t), _i);
    gm_exchange_reset(&t.x);
  }
  ck_assert_uint_eq(c.http->stats.pauses, 0);
  ck_assert_uint_le(c.http->budget.peak, _i ? MIB / 2 : 2 * MIB);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

/* ---- who waits */

/* Somebody holds the whole budget. */
struct hog {
  struct gm_budget *budget;
  size_t counted;
};

static void hog_takes(struct hog *h, struct client *c)
{
  *h = (struct hog){ .budget = gm_http_budget(c->http) };
  gm_budget_count(h->budget, &h->counted, h->budget->max);
}

static void hog_gives(struct hog *h)
{
  gm_budget_count(h->budget, &h->counted, 0);
}

/* A transfer that moves but never ends, so that nobody else has to. */
static void start_drip(struct client *c, struct trial *t)
{
  atomic_store(&stalls, false);
  trial_init(t, c, "GET", "/drip");
  t->x.timeout_ms = 60000;
  gm_http_start(c->http, &t->x);
  while (t->x.body_received == 0)
    gm_loop_turn(c->loop, 10);
}

/* No room is left, and somebody moves. */
static void begin(struct client *c, struct trial *drip, struct hog *hog)
{
  client_open(c, answer, NULL, NULL);
  start_drip(c, drip);
  hog_takes(hog, c);
}

static void finish(struct client *c, struct trial *drip)
{
  atomic_store(&stalls, true);
  gm_http_abort(c->http, &drip->x);
  gm_exchange_finish(&drip->x);
  client_close(c);
}

static int32_t count_bytes(struct gm_exchange *x, const char *p, size_t len)
{
  size_t *n = x->owner;

  (void)p;
  *n += len;
  return 0;
}

/* The time for which it waits is not counted, and what it waits for may come as
 * late as it likes: an exchange, a stream, a download that stays in memory. */
START_TEST(waiting_costs_no_time)
{
  static const uint32_t flags[] = { 0, GM_X_STREAM, GM_X_DOWNLOAD | GM_X_HELD };
  struct client c;
  struct trial drip, t;
  struct hog hog;
  size_t n = 0;

  begin(&c, &drip, &hog);
  trial_init(&t, &c, "GET", "/");
  t.x.flags = flags[_i];
  t.x.timeout_ms = 1500;
  if (_i) {
    t.x.owner = &n;
    t.x.sink = count_bytes;
  }
  gm_http_start(c.http, &t.x);
  wait_for_pauses(&c, 1);
  turn(&c, &t, 1700);
  ck_assert(!t.done);
  hog_gives(&hog);
  trial_wait(&c, &t);
  ck_assert_msg(!t.x.error_class, "%s", gm_error_text(&t.x.err));
  ck_assert_uint_ge(t.x.paused_us, 1600000);
  if (_i)
    ck_assert_uint_eq(n, LETTERS + 8);
  else
    check_picture(&t);
  ck_assert_uint_eq(c.http->stats.pauses, 1);
  gm_exchange_finish(&t.x);
  finish(&c, &drip);
}
END_TEST

/* What it did not use before it had to wait is all that it has after. */
START_TEST(the_limit_holds_after_waiting)
{
  struct client c;
  struct trial drip, t;
  struct hog hog;
  uint64_t from;

  begin(&c, &drip, &hog);
  trial_init(&t, &c, "GET", "/stall");
  t.x.timeout_ms = 1200;
  gm_http_start(c.http, &t.x);
  wait_for_pauses(&c, 1);
  turn(&c, &t, 1400);
  ck_assert(!t.done);
  hog_gives(&hog);
  from = gm_mono_ms();
  trial_wait(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_TIMEOUT);
  ck_assert_uint_le(gm_mono_ms() - from, 5000);
  ck_assert_uint_gt(t.x.body_received, LETTERS / 4);
  gm_exchange_finish(&t.x);
  finish(&c, &drip);
}
END_TEST

/* A download to a file takes no memory. */
START_TEST(files_need_no_room)
{
  struct client c;
  struct trial drip, t;
  struct hog hog;
  size_t n = 0;

  begin(&c, &drip, &hog);
  trial_init(&t, &c, "GET", "/");
  t.x.flags = GM_X_DOWNLOAD;
  t.x.owner = &n;
  t.x.sink = count_bytes;
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.error_class, 0);
  ck_assert_uint_eq(n, LETTERS + 8);
  ck_assert_uint_eq(c.http->stats.pauses, 0);
  gm_exchange_finish(&t.x);
  hog_gives(&hog);
  finish(&c, &drip);
}
END_TEST

/* ---- nobody gives room, and yet they move */

/* The one that may go on gets nothing more from its server. */
START_TEST(a_server_that_stalls_stops_nobody)
{
  enum { N = 8 };
  static struct trial t[N];
  struct client c;
  struct trial first;
  struct hog hog;

  client_open(&c, answer, NULL, NULL);
  hog_takes(&hog, &c);
  trial_init(&first, &c, "GET", "/stall");
  gm_http_start(c.http, &first.x);
  while (first.x.body_received == 0)
    gm_loop_turn(c.loop, 10);
  for (int i = 0; i < N; i++) {
    trial_init(&t[i], &c, "GET", i % 2 ? "/small" : "/");
    gm_http_start(c.http, &t[i].x);
  }
  for (int i = 0; i < N; i++) {
    trial_wait(&c, &t[i]);
    ck_assert_int_eq(t[i].x.error_class, 0);
    if (i % 2 == 0) {
      check_picture(&t[i]);
      ck_assert(is_in_file(&t[i]));
    }
  }
  ck_assert(!first.done);
  server_go(c.server);
  trial_wait(&c, &first);
  check_picture(&first);
  ck_assert(is_in_file(&first));
  gm_exchange_finish(&first.x);
  for (int i = 0; i < N; i++)
    gm_exchange_finish(&t[i].x);
  hog_gives(&hog);
  ck_assert_uint_eq(c.http->budget.held, 0);
  client_close(&c);
}
END_TEST

/* All wait, and the last that flowed ends: row 0 by itself, 1 aborted. */
START_TEST(the_last_one_hands_over)
{
  struct client c;
  struct trial drip, t;
  struct hog hog;

  begin(&c, &drip, &hog);
  trial_init(&t, &c, "GET", "/");
  gm_http_start(c.http, &t.x);
  wait_for_pauses(&c, 1);
  if (_i)
    gm_http_abort(c.http, &drip.x);
  atomic_store(&stalls, true);
  trial_wait(&c, &t);
  check_picture(&t);
  ck_assert(is_in_file(&t));
  gm_exchange_finish(&t.x);
  hog_gives(&hog);
  finish(&c, &drip);
}
END_TEST

/* ---- the end of those who wait */

START_TEST(who_waits_can_be_stopped)
{
  struct client c;
  struct trial drip, t[3];
  struct hog hog;

  begin(&c, &drip, &hog);
  for (size_t i = 0; i < GM_LEN(t); i++) {
    trial_init(&t[i], &c, "GET", "/");
    gm_http_start(c.http, &t[i].x);
  }
  wait_for_pauses(&c, GM_LEN(t));
  gm_http_abort(c.http, &t[1].x);
  ck_assert(!t[1].done);
  hog_gives(&hog);
  if (_i == 0) {
    trial_wait(&c, &t[0]);
    trial_wait(&c, &t[2]);
    check_picture(&t[0]);
    check_picture(&t[2]);
    for (size_t i = 0; i < GM_LEN(t); i++)
      gm_exchange_finish(&t[i].x);
  }
  finish(&c, &drip); /* row 1: while they wait */
  for (size_t i = 0; i < GM_LEN(t) && _i; i++)
    gm_exchange_finish(&t[i].x);
}
END_TEST

START_TEST(a_reply_that_is_cut_while_it_waits)
{
  struct client c;
  struct trial drip, t;
  struct hog hog;

  begin(&c, &drip, &hog);
  trial_init(&t, &c, "GET", "/cut");
  gm_http_start(c.http, &t.x);
  wait_for_pauses(&c, 1);
  server_go(c.server);
  turn(&c, &t, 50);
  hog_gives(&hog);
  trial_wait(&c, &t);
  ck_assert_int_eq(t.x.error_class, GAMUT_E_TRANSPORT);
  gm_exchange_finish(&t.x);
  ck_assert_uint_le(c.http->n_flowing, 1);
  finish(&c, &drip);
}
END_TEST

/* Aborted by the sink that it was just given its bytes by. */
static struct gm_http *the_http;

static int32_t abort_itself(struct gm_exchange *x, const char *p, size_t len)
{
  (void)p;
  (void)len;
  gm_http_abort(the_http, x);
  return 0;
}

static int32_t refuse(struct gm_exchange *x, const char *p, size_t len)
{
  (void)p;
  (void)len;
  return gm_fail(&x->err, GAMUT_E_BLOCKED, "not this");
}

START_TEST(what_the_kept_bytes_may_do)
{
  struct client c;
  struct trial drip, t;
  struct hog hog;

  client_open(&c, answer, NULL, NULL);
  the_http = c.http;
  start_drip(&c, &drip);
  hog_takes(&hog, &c);
  trial_init(&t, &c, "GET", "/");
  t.x.flags = GM_X_STREAM;
  t.x.sink = _i ? abort_itself : refuse;
  gm_http_start(c.http, &t.x);
  wait_for_pauses(&c, 1);
  hog_gives(&hog);
  turn(&c, &t, _i ? 200 : 5000);
  ck_assert_int_eq(t.done, !_i);
  ck_assert_int_eq(t.x.error_class, _i ? 0 : GAMUT_E_BLOCKED);
  gm_exchange_finish(&t.x);
  trial_init(&t, &c, "GET", "/");
  trial_run(&c, &t);
  check_picture(&t);
  gm_exchange_finish(&t.x);
  finish(&c, &drip);
}
END_TEST

/* The budget may change at any time. */
START_TEST(a_larger_budget_lets_them_go)
{
  struct client c;
  struct trial drip, t;
  struct hog hog;

  client_open(&c, answer, NULL, NULL);
  start_drip(&c, &drip);
  gm_http_set_budget(c.http, MIB);
  hog_takes(&hog, &c);
  trial_init(&t, &c, "GET", "/");
  gm_http_start(c.http, &t.x);
  wait_for_pauses(&c, 1);
  turn(&c, &t, 100);
  ck_assert(!t.done);
  gm_http_set_budget(c.http, 64 * MIB);
  trial_wait(&c, &t);
  check_picture(&t);
  ck_assert(!is_in_file(&t));
  gm_exchange_finish(&t.x);
  hog_gives(&hog);
  finish(&c, &drip);
}
END_TEST

/* ---- no memory */

static struct server *tortured;

static bool three_at_once(void)
{
  static const struct gm_http_options o = { .user_agent = "torture",
                                            .reply_budget = 1 };
  struct client c = { 0 };
  struct trial t[3];
  bool ok = true;

  c.server = tortured;
  if (gm_loop_new(NULL, &c.loop, NULL))
    return false;
  if (gm_http_new(c.loop, NULL, &o, &c.http, NULL)) {
    gm_loop_free(c.loop);
    return false;
  }
  for (size_t i = 0; i < GM_LEN(t); i++) {
    trial_init(&t[i], &c, "GET", "/");
    gm_http_start(c.http, &t[i].x);
  }
  for (size_t i = 0; i < GM_LEN(t); i++) {
    trial_wait(&c, &t[i]);
    ck_assert_msg(!t[i].x.error_class || t[i].x.error_class == GAMUT_E_NOMEM,
                  "class %d: %s", (int)t[i].x.error_class,
                  gm_error_text(&t[i].x.err));
    if (t[i].x.error_class)
      ok = false;
  }
  for (size_t i = 0; i < GM_LEN(t); i++)
    gm_exchange_finish(&t[i].x);
  ck_assert_uint_eq(c.http->budget.held, 0);
  gm_http_free(c.http);
  gm_loop_free(c.loop);
  return ok;
}

START_TEST(no_memory_is_clean)
{
  tortured = server_start(answer, NULL);
  unit_torture(three_at_once);
  server_stop(tortured);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("http_budget");

  make_picture();
  tcase_set_timeout(tc, 120);
  tcase_add_loop_test(tc, many_large_replies, 0, 2);
  tcase_add_loop_test(tc, one_alone_never_waits, 0, 2);
  tcase_add_loop_test(tc, waiting_costs_no_time, 0, 3);
  tcase_add_test(tc, the_limit_holds_after_waiting);
  tcase_add_test(tc, files_need_no_room);
  tcase_add_test(tc, a_server_that_stalls_stops_nobody);
  tcase_add_loop_test(tc, the_last_one_hands_over, 0, 2);
  tcase_add_loop_test(tc, who_waits_can_be_stopped, 0, 2);
  tcase_add_test(tc, a_reply_that_is_cut_while_it_waits);
  tcase_add_loop_test(tc, what_the_kept_bytes_may_do, 0, 2);
  tcase_add_test(tc, a_larger_budget_lets_them_go);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("http_budget", tc);
}
