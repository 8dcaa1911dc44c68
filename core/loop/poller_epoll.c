/* poller_epoll.c - the poller of Linux: one epoll set that holds the sockets,
 * an eventfd for wake-ups and a timerfd.  An epoll set is itself a descriptor,
 * so a foreign event loop can wait for all of it at once.
 *
 * The timerfd is armed only on request: our own turns give epoll_wait a time
 * limit, which costs no further system call.  A closed socket leaves the set
 * without a word, so `known` may be ahead of the kernel: EPOLL_CTL_MOD then
 * fails with ENOENT and the socket is added anew.
 *
 * A kept connection is waited for, and not, with each exchange.  If its closing
 * will be told it stays in the set meanwhile; should it then have something to
 * say, that is told to nobody and it leaves. */
#include "loop/poller.h"

#ifdef HAVE_SYS_EPOLL_H

#include "loop/loop.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { BATCH = 64 };

struct known {
  uint8_t in_set; /* GM_READ | GM_WRITE that it is in the set for; 0: it is not */
  bool wanted;    /* somebody waits for it */
  bool stays;     /* its closing will be told */
};

struct gm_poller {
  int set, wake, timer;
  struct known *known; /* per descriptor */
  size_t n_known;
};

static int add_own(struct gm_poller *p, int fd)
{
  struct epoll_event ev = { .events = EPOLLIN, .data = { .fd = fd } };

  if (fd < 0)
    return -errno;
  return epoll_ctl(p->set, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int open_all(struct gm_poller *p)
{
  int rc;

  p->set = epoll_create1(EPOLL_CLOEXEC);
  if (p->set < 0)
    return -errno;
  p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  rc = add_own(p, p->wake);
  if (rc)
    return rc;
  p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  return add_own(p, p->timer);
}

int gm_poller_new(struct gm_poller **ret)
{
  struct gm_poller *p = gm_zalloc(sizeof(*p));
  int rc;

  if (!p)
    return -ENOMEM;
  p->set = p->wake = p->timer = -1;
  rc = open_all(p);
  if (rc) {
    gm_poller_free(p);
    return rc;
  }
  *ret = p;
  return 0;
}

void gm_poller_free(struct gm_poller *p)
{
  if (!p)
    return;
  if (p->timer >= 0)
    close(p->timer);
  if (p->wake >= 0)
    close(p->wake);
  if (p->set >= 0)
    close(p->set);
  gm_free(p->known);
  gm_free(p);
}

static bool make_room(struct gm_poller *p, size_t fd)
{
  size_t size = GM_MAX(p->n_known, (size_t)64);
  struct known *known;

  if (fd < p->n_known)
    return true;
  while (size <= fd)
    size *= 2;
  known = gm_realloc(p->known, size * sizeof(*known));
  if (!known)
    return false;
  memset(known + p->n_known, 0, (size - p->n_known) * sizeof(*known));
  p->known = known;
  p->n_known = size;
  return true;
}

static struct known *known_of(struct gm_poller *p, int fd)
{
  return fd >= 0 && (size_t)fd < p->n_known ? &p->known[fd] : NULL;
}

static int forget(struct gm_poller *p, int fd)
{
  struct known *k = known_of(p, fd);
  struct epoll_event ev = { 0 };

  if (!k || !k->in_set)
    return 0;
  k->in_set = 0;
  if (epoll_ctl(p->set, EPOLL_CTL_DEL, fd, &ev) < 0 && errno != ENOENT &&
      errno != EBADF)
    return -errno;
  return 0;
}

/* One that waits to be written to nearly always may be. */
static int unwatch(struct gm_poller *p, int fd)
{
  struct known *k = known_of(p, fd);

  if (!k)
    return 0;
  k->wanted = false;
  return k->stays && k->in_set == GM_READ ? 0 : forget(p, fd);
}

int gm_poller_watch(struct gm_poller *p, int fd, int events)
{
  struct epoll_event ev = { .data = { .fd = fd } };
  struct known *k;

  if (fd < 0)
    return -EBADF;
  if (!events)
    return unwatch(p, fd);
  if (!make_room(p, (size_t)fd))
    return -ENOMEM;
  k = &p->known[fd];
  k->wanted = true;
  if (k->stays && k->in_set == events)
    return 0;
  ev.events = (events & GM_READ ? (uint32_t)EPOLLIN : 0) |
              (events & GM_WRITE ? (uint32_t)EPOLLOUT : 0);
  if (!k->in_set || epoll_ctl(p->set, EPOLL_CTL_MOD, fd, &ev)) {
    if (k->in_set && errno != ENOENT)
      return -errno;
    if (epoll_ctl(p->set, EPOLL_CTL_ADD, fd, &ev) < 0)
      return -errno;
  }
  k->in_set = (uint8_t)events;
  return 0;
}

/* Without memory it is as any other. */
void gm_poller_opened(struct gm_poller *p, int fd)
{
  if (fd >= 0 && make_room(p, (size_t)fd))
    p->known[fd] = (struct known){ .stays = true };
}

void gm_poller_closes(struct gm_poller *p, int fd)
{
  struct known *k = known_of(p, fd);

  forget(p, fd);
  if (k)
    *k = (struct known){ 0 };
}

static void drain(int fd)
{
  uint64_t count;

  while (read(fd, &count, sizeof(count)) < 0 && errno == EINTR)
    ;
}

int gm_poller_wait(struct gm_poller *p, int timeout_ms,
                   struct gm_poller_event *ret, int max)
{
  struct epoll_event ev[BATCH];
  int n = epoll_wait(p->set, ev, GM_MIN(max, (int)BATCH), timeout_ms);
  int count = 0;

  for (int i = 0; i < n; i++) {
    int fd = ev[i].data.fd;
    uint32_t got = ev[i].events;
    bool broken = got & (EPOLLERR | EPOLLHUP);

    if (fd == p->wake || fd == p->timer) {
      drain(fd);
      continue;
    }
    if (!known_of(p, fd) || !p->known[fd].wanted) {
      forget(p, fd);
      continue;
    }
    ret[count].fd = fd;
    ret[count].events = (got & EPOLLIN || broken ? GM_READ : 0) |
                        (got & EPOLLOUT || broken ? GM_WRITE : 0);
    count++;
  }
  return count;
}

void gm_poller_wake(struct gm_poller *p)
{
  uint64_t one = 1;

  /* A full counter (EAGAIN) is readable as well. */
  while (write(p->wake, &one, sizeof(one)) < 0 && errno == EINTR)
    ;
}

int gm_poller_fd(const struct gm_poller *p)
{
  return p->set;
}

void gm_poller_arm(struct gm_poller *p, int64_t delay_ms)
{
  struct itimerspec when = { .it_value = { 0, 0 } };

  if (delay_ms >= 0) {
    when.it_value.tv_sec = (time_t)(delay_ms / 1000);
    when.it_value.tv_nsec = (long)(delay_ms % 1000) * 1000000;
    if (!delay_ms)
      when.it_value.tv_nsec = 1; /* all zero would disarm it */
  }
  timerfd_settime(p->timer, 0, &when, NULL);
}

#endif /* HAVE_SYS_EPOLL_H */
