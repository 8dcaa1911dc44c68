/* epoll.c - gamut inside an event loop that is yours: 200 jobs, no thread.
 *
 *   cc -std=c99 epoll.c $(pkg-config --cflags --libs gamut) -o epoll
 *   FAL_KEY=... ./epoll folder
 *
 * gamut_fd() is readable when there is something to do; then gamut_step(g, 0)
 * does it and does not wait.  That is all: sockets, retries and poll intervals
 * of every job are behind the one descriptor, which goes into epoll, poll, glib
 * or libuv beside your own (here: a timer that shows how far we are).
 * Callbacks run inside gamut_step(), so nothing needs a lock. */
#define _POSIX_C_SOURCE 200809L
#include <gamut/gamut.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { JOBS = 200 };

struct tally {
  unsigned done, failed;
};

static void on_done(void *user, struct gamut_result *result)
{
  struct tally *t = user;

  if (gamut_result_status(result) == GAMUT_COMPLETED) {
    t->done++;
  } else {
    t->failed++;
    fprintf(stderr, "%s\n", gamut_result_message(result));
  }
  gamut_result_free(result);
}

static void submit(struct gamut *g, const char *folder, unsigned i,
                   struct tally *t)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error err;
  char text[512];

  gamut_request_link(r, "flux", NULL);
  snprintf(text, sizeof(text), "leaf %u", i);
  gamut_request_set(r, "prompt", text, NULL);
  snprintf(text, sizeof(text), "%s/leaf-%u.png", folder, i);
  gamut_request_set(r, "output", text, NULL);
  if (gamut_submit(g, r, on_done, t, NULL, &err)) {
    fprintf(stderr, "%s\n", err.message);
    t->failed++;
  }
  gamut_request_free(r);
}

static void watch(int epoll, int fd)
{
  struct epoll_event e = { .events = EPOLLIN, .data = { .fd = fd } };

  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

static void turn(struct gamut *g, int epoll, int second, const struct tally *t)
{
  struct epoll_event e;
  char ticks[8];

  if (epoll_wait(epoll, &e, 1, -1) != 1)
    return;
  if (e.data.fd != second)
    gamut_step(g, 0);
  else if (read(second, ticks, sizeof(ticks)) > 0)
    fprintf(stderr, "%u of %d\n", t->done + t->failed, (int)JOBS);
}

int main(int argc, char **argv)
{
  struct itimerspec each = { { 1, 0 }, { 1, 0 } };
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int second = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  struct tally t = { 0, 0 };
  struct gamut_error err;
  struct gamut *g;
  unsigned i;

  if (gamut_open(NULL, &g, &err)) {
    fprintf(stderr, "%s\n", err.message);
    return 1;
  }
  timerfd_settime(second, 0, &each, NULL);
  watch(epoll, second);
  watch(epoll, gamut_fd(g));
  for (i = 0; i < JOBS; i++)
    submit(g, argc > 1 ? argv[1] : ".", i, &t);
  while (gamut_active(g) > 0)
    turn(g, epoll, second, &t);
  gamut_close(g);
  close(second);
  close(epoll);
  printf("%u done, %u failed\n", t.done, t.failed);
  return t.failed > 0;
}
