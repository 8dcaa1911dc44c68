/* test_loop.c - turns, posts from other threads, hooks, sockets, and the one
 * descriptor that stands for all of it. */
#include "base/clock.h"
#include "loop/loop.h"
#include "unit.h"
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static struct gm_loop *loop;

static void open_loop(void)
{
  ck_assert_int_eq(gm_loop_new(NULL, &loop, NULL), 0);
}

static void close_loop(void)
{
  gm_loop_free(loop);
}

/* ---- posts */

struct note {
  struct gm_post post;
  int number;
};

static int order[64];
static size_t n_order;

static void note(struct gm_post *p)
{
  order[n_order++ % GM_LEN(order)] = GM_CONTAINER(p, struct note, post)->number;
}

START_TEST(posts_run_in_order)
{
  struct note notes[10];

  for (int i = 0; i < 10; i++) {
    notes[i].post.run = note;
    notes[i].number = i;
    gm_loop_post(loop, &notes[i].post);
  }
  ck_assert_uint_eq(n_order, 0);
  ck_assert_int_eq(gm_loop_turn(loop, -1), 10);
  for (int i = 0; i < 10; i++)
    ck_assert_int_eq(order[i], i);
  ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
}
END_TEST

static void post_again(struct gm_post *p)
{
  if (++GM_CONTAINER(p, struct note, post)->number < 3)
    gm_loop_post(loop, p);
}

START_TEST(a_post_may_post_itself)
{
  struct note n = { .post = { .run = post_again } };

  gm_loop_post(loop, &n.post);
  for (int i = 1; i <= 3; i++) {
    ck_assert_int_eq(gm_loop_turn(loop, -1), 1);
    ck_assert_int_eq(n.number, i);
  }
  ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
}
END_TEST

enum { THREADS = 4, EACH = 5000 };
static int last_of[THREADS], n_run;

struct numbered {
  struct gm_post post;
  int thread, number;
};

static void run_numbered(struct gm_post *p)
{
  struct numbered *n = GM_CONTAINER(p, struct numbered, post);

  ck_assert_int_eq(n->number, last_of[n->thread] + 1);
  last_of[n->thread] = n->number;
  n_run++;
}

static void *post_many(void *arg)
{
  struct numbered *n = arg;

  for (int i = 0; i < EACH; i++)
    gm_loop_post(loop, &n[i].post);
  return NULL;
}

START_TEST(threads_post_and_nothing_is_lost)
{
  static struct numbered all[THREADS][EACH];
  pthread_t threads[THREADS];

  for (int t = 0; t < THREADS; t++) {
    for (int i = 0; i < EACH; i++)
      all[t][i] = (struct numbered){ { NULL, run_numbered }, t, i + 1 };
    ck_assert_int_eq(pthread_create(&threads[t], NULL, post_many, all[t]), 0);
  }
  while (n_run < THREADS * EACH)
    gm_loop_turn(loop, -1);
  for (int t = 0; t < THREADS; t++)
    pthread_join(threads[t], NULL);
  ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
}
END_TEST

static void *wake(void *arg)
{
  (void)arg;
  gm_loop_wake(loop);
  return NULL;
}

START_TEST(a_wake_ends_the_wait)
{
  pthread_t t;

  ck_assert_int_eq(pthread_create(&t, NULL, wake, NULL), 0);
  ck_assert_int_eq(gm_loop_turn(loop, -1), 0); /* else it would hang */
  pthread_join(t, NULL);
}
END_TEST

/* ---- hooks */

struct hook {
  struct gm_turn_hook h;
  struct hook *other;
  int n;
};

static void count_hook(struct gm_turn_hook *h)
{
  GM_CONTAINER(h, struct hook, h)->n++;
}

static void unhook_both(struct gm_turn_hook *h)
{
  struct hook *k = GM_CONTAINER(h, struct hook, h);

  k->n++;
  gm_loop_unhook(&k->other->h);
  gm_loop_unhook(h);
}

START_TEST(hooks_run_after_what_ran)
{
  struct hook a = { .h.run = count_hook }, b = { .h.run = unhook_both };
  struct hook c = { .h.run = count_hook };
  struct note n = { .post = { .run = note } };

  b.other = &c;
  gm_loop_hook(loop, &a.h);
  gm_loop_hook(loop, &b.h);
  gm_loop_hook(loop, &c.h);
  gm_loop_turn(loop, 0);
  ck_assert_int_eq(a.n, 0); /* nothing ran */
  for (int i = 1; i <= 2; i++) {
    gm_loop_post(loop, &n.post);
    gm_loop_turn(loop, -1);
    ck_assert_int_eq(a.n, i);
  }
  ck_assert_int_eq(b.n, 1);
  ck_assert_int_eq(c.n, 0);
  gm_loop_unhook(&a.h);
}
END_TEST

/* ---- sockets */

static int seen_fd, seen_events, n_seen;

static void on_socket(void *user, int fd, int events)
{
  ck_assert_ptr_eq(user, &seen_fd);
  seen_fd = fd;
  seen_events = events;
  n_seen++;
}

START_TEST(sockets_are_reported)
{
  int fds[2];

  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  gm_loop_on_socket(loop, on_socket, &seen_fd);
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], GM_READ), 0);
  ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
  ck_assert_int_eq(write(fds[1], "x", 1), 1);
  ck_assert_int_eq(gm_loop_turn(loop, -1), 1);
  ck_assert_int_eq(seen_fd, fds[0]);
  ck_assert_int_eq(seen_events, GM_READ);
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], GM_READ | GM_WRITE), 0);
  ck_assert_int_eq(gm_loop_turn(loop, -1), 1);
  ck_assert_int_eq(seen_events, GM_READ | GM_WRITE);
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], 0), 0);
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], 0), 0); /* again: nothing */
  ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], GM_WRITE), 0);
  close(fds[1]); /* a hang-up counts as both */
  ck_assert_int_eq(gm_loop_turn(loop, -1), 1);
  ck_assert_int_eq(seen_events, GM_READ | GM_WRITE);
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], 0), 0);
  close(fds[0]);
  ck_assert_int_ne(gm_loop_watch(loop, -1, GM_READ), 0);
}
END_TEST

/* A socket whose closing is told is waited for, or not, as any other. */
START_TEST(kept_sockets_are_reported)
{
  int fds[2], i;

  gm_loop_on_socket(loop, on_socket, &seen_fd);
  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  gm_loop_opened(loop, fds[0]);
  for (i = 0; i < 3; i++) {
    ck_assert_int_eq(gm_loop_watch(loop, fds[0], GM_READ), 0);
    ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
    ck_assert_int_eq(gm_loop_watch(loop, fds[0], 0), 0);
    ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
  }
  ck_assert_int_eq(write(fds[1], "x", 1), 1);
  for (i = 0; i < 3; i++)
    ck_assert_int_eq(gm_loop_turn(loop, 0), 0); /* nobody waits for it */
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], GM_READ), 0);
  ck_assert_int_eq(gm_loop_turn(loop, -1), 1);
  ck_assert_int_eq(seen_events, GM_READ);
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], GM_READ | GM_WRITE), 0);
  ck_assert_int_eq(gm_loop_turn(loop, -1), 1);
  ck_assert_int_eq(seen_events, GM_READ | GM_WRITE);
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], 0), 0);
  ck_assert_int_eq(gm_loop_turn(loop, 0), 0);
  gm_loop_closes(loop, fds[0]);
  close(fds[0]);
  close(fds[1]);
}
END_TEST

/* Closed while nobody waits, and its number comes back. */
START_TEST(a_kept_number_may_come_back)
{
  int fds[2], again[2];

  gm_loop_on_socket(loop, on_socket, &seen_fd);
  for (int told = 0; told < 2; told++) {
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    gm_loop_opened(loop, fds[0]);
    ck_assert_int_eq(gm_loop_watch(loop, fds[0], GM_READ), 0);
    ck_assert_int_eq(gm_loop_watch(loop, fds[0], 0), 0);
    gm_loop_closes(loop, fds[0]);
    close(fds[0]);
    close(fds[1]);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, again), 0);
    ck_assert_int_eq(again[0], fds[0]);
    if (told)
      gm_loop_opened(loop, again[0]);
    ck_assert_int_eq(gm_loop_watch(loop, again[0], GM_READ), 0);
    ck_assert_int_eq(write(again[1], "x", 1), 1);
    ck_assert_int_eq(gm_loop_turn(loop, -1), 1);
    ck_assert_int_eq(gm_loop_watch(loop, again[0], 0), 0);
    gm_loop_closes(loop, again[0]);
    close(again[0]);
    close(again[1]);
  }
}
END_TEST

#ifdef HAVE_SYS_EPOLL_H
/* curl may close a socket first and its number may come back at once. */
START_TEST(a_number_may_come_back)
{
  int fds[2], again[2];

  gm_loop_on_socket(loop, on_socket, &seen_fd);
  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  ck_assert_int_eq(gm_loop_watch(loop, fds[0], GM_READ), 0);
  close(fds[0]);
  close(fds[1]);
  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, again), 0);
  ck_assert_int_eq(again[0], fds[0]);
  ck_assert_int_eq(gm_loop_watch(loop, again[0], GM_WRITE), 0);
  ck_assert_int_eq(gm_loop_turn(loop, -1), 1);
  ck_assert_int_eq(seen_events, GM_WRITE);
  gm_loop_watch(loop, again[0], 0);
  close(again[0]);
  close(again[1]);
}
END_TEST

static void fired(struct gm_timer *t)
{
  t->due_ms = 0;
  n_seen++;
}

static bool readable(int fd, int timeout_ms)
{
  struct pollfd p = { .fd = fd, .events = POLLIN };

  return poll(&p, 1, timeout_ms) == 1;
}

/* A foreign loop polls one descriptor: for a post, a timer that was started
 * before or after, a socket. */
START_TEST(one_descriptor_stands_for_all)
{
  struct gm_timer t = { .fire = fired }, u = { .fire = fired };
  struct note n = { .post = { .run = note } };
  int fd;

  ck_assert(gm_timer_start(loop, &t, gm_mono_ms() + 5));
  fd = gm_loop_fd(loop);
  ck_assert_int_ge(fd, 0);
  ck_assert(readable(fd, -1));
  while (!n_seen)
    gm_loop_turn(loop, 0); /* it may be a millisecond early */
  ck_assert(!readable(fd, 0));
  ck_assert(gm_timer_start(loop, &u, gm_mono_ms()));
  ck_assert(readable(fd, -1));
  ck_assert_int_eq(gm_loop_turn(loop, 0), 1);
  ck_assert(!readable(fd, 0));
  gm_loop_post(loop, &n.post);
  ck_assert(readable(fd, -1));
  ck_assert_int_eq(gm_loop_turn(loop, 0), 1);
  ck_assert(!readable(fd, 0));
  ck_assert(gm_timer_start(loop, &t, gm_mono_ms() + 1));
  gm_timer_stop(loop, &t);
  ck_assert(!readable(fd, 3));
}
END_TEST
#endif

static bool make_loop(void)
{
  struct gm_loop *l = NULL;
  int fds[2];
  bool ok;

  if (gm_loop_new(NULL, &l, NULL))
    return false;
  ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  ok = !gm_loop_watch(l, fds[0], GM_READ);
  close(fds[0]);
  close(fds[1]);
  gm_loop_free(l);
  return ok;
}

START_TEST(no_memory_is_clean)
{
  unit_torture(make_loop);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("loop");

  tcase_set_timeout(tc, 60);
  tcase_add_checked_fixture(tc, open_loop, close_loop);
  tcase_add_test(tc, posts_run_in_order);
  tcase_add_test(tc, a_post_may_post_itself);
  tcase_add_test(tc, threads_post_and_nothing_is_lost);
  tcase_add_test(tc, a_wake_ends_the_wait);
  tcase_add_test(tc, hooks_run_after_what_ran);
  tcase_add_test(tc, sockets_are_reported);
  tcase_add_test(tc, kept_sockets_are_reported);
  tcase_add_test(tc, a_kept_number_may_come_back);
#ifdef HAVE_SYS_EPOLL_H
  tcase_add_test(tc, a_number_may_come_back);
  tcase_add_test(tc, one_descriptor_stands_for_all);
#endif
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("loop", tc);
}
