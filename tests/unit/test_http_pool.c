/* test_http_pool.c - who may start when, and how to stop at every moment. */
#include "client.h"

static enum server_end answer(struct server *s, int fd,
                              const struct server_request *r, void *user)
{
  (void)s;
  (void)r;
  (void)user;
  server_reply(fd, "{\"an\":\"answer\"}");
  return SERVER_KEEP;
}

/* ---- the pool */

START_TEST(connections_are_kept)
{
  struct client c;
  struct trial t;
  struct gm_http_stats stats;

  client_open(&c, answer, NULL, NULL);
  trial_init(&t, &c, "GET", "/");
  for (int i = 0; i < 20; i++)
    trial_run(&c, &t);
  gm_http_stats(c.http, &stats);
  ck_assert_uint_eq(stats.exchanges, 20);
  ck_assert_uint_eq(stats.connections, 1);
  ck_assert_uint_eq(stats.active + stats.waiting, 0);
  ck_assert_uint_gt(stats.bytes_in, 20 * t.x.body_received);
  ck_assert_uint_gt(stats.bytes_out, 20 * 50);
  ck_assert_int_eq(server_connections(c.server), 1);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

START_TEST(the_pool_is_bounded)
{
  enum { N = 300 };
  static const struct gm_http_options few = { .max_per_host = 4,
                                              .max_total = 6 };
  static struct trial t[N];
  struct client c;
  struct gm_http_stats stats;

  client_open(&c, answer, NULL, &few);
  for (int i = 0; i < N; i++) {
    trial_init(&t[i], &c, "GET", "/");
    gm_http_start(c.http, &t[i].x);
    gm_http_stats(c.http, &stats);
    ck_assert_uint_eq(stats.active, GM_MIN((uint32_t)i + 1, 4u));
    ck_assert_uint_eq(stats.waiting,
                      (uint32_t)i + 1 - GM_MIN((uint32_t)i + 1, 4u));
  }
  for (int i = 0; i < N; i++) {
    trial_wait(&c, &t[i]);
    ck_assert_int_eq(t[i].x.error_class, 0);
    gm_exchange_finish(&t[i].x);
  }
  ck_assert_int_le(server_connections(c.server), 4);
  client_close(&c);
}
END_TEST

/* A host whose server holds everything does not stand in another's way. */
static enum server_end hold(struct server *s, int fd,
                            const struct server_request *r, void *user)
{
  (void)r;
  (void)user;
  server_wait(s);
  server_reply(fd, "{}");
  return SERVER_KEEP;
}

START_TEST(hosts_take_turns)
{
  static const struct gm_http_options few = { .max_per_host = 2,
                                              .max_total = 3 };
  static struct trial slow[8];
  struct client c;
  struct trial t;
  struct server *quick = server_start(answer, NULL);

  client_open(&c, hold, NULL, &few);
  for (size_t i = 0; i < GM_LEN(slow); i++) {
    trial_init(&slow[i], &c, "GET", "/");
    gm_http_start(c.http, &slow[i].x);
  }
  trial_init(&t, &c, "GET", "x");
  server_url(quick, "/", t.url, sizeof(t.url));
  trial_run(&c, &t);
  ck_assert_int_eq(t.x.status, 200);
  ck_assert(!slow[0].done);
  server_go(c.server);
  for (size_t i = 0; i < GM_LEN(slow); i++) {
    trial_wait(&c, &slow[i]);
    gm_exchange_finish(&slow[i].x);
  }
  gm_exchange_finish(&t.x);
  client_close(&c);
  server_stop(quick);
}
END_TEST

START_TEST(many_hosts_are_forgotten)
{
  struct client c;
  struct trial t;
  struct server *others[80];

  client_open(&c, answer, NULL, NULL);
  for (size_t i = 0; i < GM_LEN(others); i++) {
    others[i] = server_start(answer, NULL);
    trial_init(&t, &c, "GET", "x");
    server_url(others[i], "/", t.url, sizeof(t.url));
    trial_run(&c, &t);
    ck_assert_int_eq(t.x.status, 200);
    gm_exchange_finish(&t.x);
  }
  ck_assert_uint_le(c.http->n_hosts, 64);
  client_close(&c);
  for (size_t i = 0; i < GM_LEN(others); i++)
    server_stop(others[i]);
}
END_TEST

/* Kept connections to one host give way to another's. */
START_TEST(a_small_pool_serves_many_hosts)
{
  static const struct gm_http_options one = { .max_total = 1 };
  struct server *other = server_start(answer, NULL);
  struct client c;
  struct trial t;

  client_open(&c, answer, NULL, &one);
  for (int i = 0; i < 6; i++) {
    trial_init(&t, &c, "GET", "/");
    if (i % 2)
      server_url(other, "/", t.url, sizeof(t.url));
    trial_run(&c, &t);
    ck_assert_int_eq(t.x.status, 200);
    gm_exchange_finish(&t.x);
  }
  client_close(&c);
  server_stop(other);
}
END_TEST

/* ---- abort and free, at every moment */

static struct gm_http *the_http;
static struct gm_exchange *victim;

static void abort_victim(struct gm_exchange *x)
{
  trial_done(x);
  gm_http_abort(the_http, victim);
}

START_TEST(abort_of_another_in_done)
{
  static const struct gm_http_options one = { .max_total = 1 };
  struct client c;
  struct trial t, other, last;

  client_open(&c, answer, NULL, _i ? &one : NULL); /* waiting or active */
  the_http = c.http;
  trial_init(&t, &c, "GET", "/");
  trial_init(&other, &c, "GET", "/");
  trial_init(&last, &c, "GET", "/");
  t.x.done = abort_victim;
  other.x.done = abort_victim;
  victim = &other.x;
  gm_http_start(c.http, &t.x);
  gm_http_start(c.http, &other.x);
  trial_wait(&c, &t);
  gm_http_abort(c.http, &other.x); /* again: nothing */
  trial_run(&c, &last);
  ck_assert_int_eq(last.x.status, 200);
  ck_assert(other.n_done <= 1);
  gm_exchange_finish(&t.x);
  gm_exchange_finish(&other.x);
  gm_exchange_finish(&last.x);
  client_close(&c);
}
END_TEST

static int32_t abort_in_sink(struct gm_exchange *x, const char *p, size_t len)
{
  (void)x;
  (void)p;
  (void)len;
  gm_http_abort(the_http, victim);
  return 0;
}

/* The victim is the one whose bytes come, or one that is held. */
START_TEST(abort_in_a_callback_of_curl)
{
  struct client c;
  struct trial t, held, last;
  struct server *holds = server_start(hold, NULL);

  client_open(&c, answer, NULL, NULL);
  the_http = c.http;
  trial_init(&t, &c, "GET", "/");
  trial_init(&held, &c, "GET", "x");
  server_url(holds, "/", held.url, sizeof(held.url));
  trial_init(&last, &c, "GET", "/");
  t.x.sink = abort_in_sink;
  victim = _i ? &held.x : &t.x;
  gm_http_start(c.http, &held.x);
  while (!server_requests(holds))
    gm_loop_turn(c.loop, 10);
  gm_http_start(c.http, &t.x);
  while (victim->slot)
    gm_loop_turn(c.loop, -1);
  trial_run(&c, &last);
  ck_assert_int_eq(last.x.status, 200);
  ck_assert_int_eq(held.n_done, 0);
  ck_assert_int_eq(t.n_done, _i ? 1 : 0);
  gm_http_abort(c.http, &held.x);
  gm_exchange_finish(&t.x);
  gm_exchange_finish(&held.x);
  gm_exchange_finish(&last.x);
  client_close(&c);
  server_stop(holds);
}
END_TEST

static struct trial *follower;

static int32_t start_in_sink(struct gm_exchange *x, const char *p, size_t len)
{
  (void)x;
  (void)p;
  (void)len;
  if (!follower->x.slot && !follower->done)
    gm_http_start(the_http, &follower->x);
  return 0;
}

START_TEST(start_in_a_callback_of_curl)
{
  struct client c;
  struct trial t, next;

  client_open(&c, answer, NULL, NULL);
  the_http = c.http;
  follower = &next;
  trial_init(&t, &c, "GET", "/");
  trial_init(&next, &c, "GET", "/");
  t.x.sink = start_in_sink;
  trial_run(&c, &t);
  trial_wait(&c, &next);
  ck_assert_int_eq(next.x.status, 200);
  gm_exchange_finish(&t.x);
  gm_exchange_finish(&next.x);
  client_close(&c);
}
END_TEST

static void again(struct gm_exchange *x)
{
  struct trial *t = GM_CONTAINER(x, struct trial, x);

  if (++t->n_done < 5) {
    gm_exchange_reset(x);
    gm_http_start(the_http, x);
  } else {
    t->done = true;
  }
}

START_TEST(done_may_start_it_again)
{
  struct client c;
  struct trial t;

  client_open(&c, answer, NULL, NULL);
  the_http = c.http;
  trial_init(&t, &c, "GET", _i ? "nonsense" : "/");
  t.x.done = again;
  trial_run(&c, &t);
  ck_assert_int_eq(t.n_done, 5);
  ck_assert_int_eq(server_requests(c.server), _i ? 0 : 5);
  gm_exchange_finish(&t.x);
  client_close(&c);
}
END_TEST

START_TEST(free_with_exchanges_under_way)
{
  static const struct gm_http_options few = { .max_total = 2 };
  struct client c;
  struct trial t[6];

  client_open(&c, hold, NULL, &few);
  for (int i = 0; i < 5; i++) {
    trial_init(&t[i], &c, "GET", "/");
    gm_http_start(c.http, &t[i].x);
  }
  trial_init(&t[5], &c, "GET", "nonsense");
  gm_http_start(c.http, &t[5].x);
  if (_i)
    while (server_requests(c.server) < 2)
      gm_loop_turn(c.loop, 10);
  gm_http_free(c.http);
  c.http = NULL;
  for (int i = 0; i < 6; i++) {
    ck_assert_int_eq(t[i].n_done, _i && i == 5 ? 1 : 0);
    ck_assert(!t[i].x.slot && !t[i].x.queued);
    gm_exchange_finish(&t[i].x);
  }
  client_close(&c);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("http_pool");

  tcase_set_timeout(tc, 120);
  tcase_add_test(tc, connections_are_kept);
  tcase_add_test(tc, the_pool_is_bounded);
  tcase_add_test(tc, hosts_take_turns);
  tcase_add_test(tc, many_hosts_are_forgotten);
  tcase_add_test(tc, a_small_pool_serves_many_hosts);
  tcase_add_loop_test(tc, abort_of_another_in_done, 0, 2);
  tcase_add_loop_test(tc, abort_in_a_callback_of_curl, 0, 2);
  tcase_add_test(tc, start_in_a_callback_of_curl);
  tcase_add_loop_test(tc, done_may_start_it_again, 0, 2);
  tcase_add_loop_test(tc, free_with_exchanges_under_way, 0, 2);
  return unit_run("http_pool", tc);
}
