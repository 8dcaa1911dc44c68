/* poller_epoll.c - the poller of Linux: one epoll set that holds the sockets,
 * an eventfd for wake-ups and a timerfd.  An epoll set is itself a descriptor,
 * so a foreign event loop can wait for all of it at once.
 *
 * The timerfd is armed only on request: our own turns give epoll_wait a time
 * limit, which costs no further system call.  A closed socket leaves the set
 * without a word, so `known` may be ahead of the kernel: EPOLL_CTL_MOD then
 * fails with ENOENT and the socket is added anew. */
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

struct gm_poller {
  int set, wake, timer;
  uint8_t *known; /* per descriptor: is it in the set? */
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
  uint8_t *known;

  if (fd < p->n_known)
    return true;
  while (size <= fd)
    size *= 2;
  known = gm_realloc(p->known, size);
  if (!known)
    return false;
  memset(known + p->n_known, 0, size - p->n_known);
  p->known = known;
  p->n_known = size;
  return true;
}

static int forget(struct gm_poller *p, int fd)
{
  struct epoll_event ev = { 0 };

  if ((size_t)fd >= p->n_known || !p->known[fd])
    return 0;
  p->known[fd] = 0;
  if (epoll_ctl(p->set, EPOLL_CTL_DEL, fd, &ev) < 0 && errno != ENOENT &&
      errno != EBADF)
    return -errno;
  return 0;
}

int gm_poller_watch(struct gm_poller *p, int fd, int events)
{
  struct epoll_event ev = { .data = { .fd = fd } };

  if (fd < 0)
    return -EBADF;
  if (!events)
    return forget(p, fd);
  if (!make_room(p, (size_t)fd))
    return -ENOMEM;
  ev.events = (events & GM_READ ? (uint32_t)EPOLLIN : 0) |
              (events & GM_WRITE ? (uint32_t)EPOLLOUT : 0);
  if (p->known[fd]) {
    if (!epoll_ctl(p->set, EPOLL_CTL_MOD, fd, &ev))
      return 0;
    if (errno != ENOENT)
      return -errno;
  }
  if (epoll_ctl(p->set, EPOLL_CTL_ADD, fd, &ev) < 0)
    return -errno;
  p->known[fd] = 1;
  return 0;
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
