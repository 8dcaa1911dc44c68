/* poller_poll.c - the poller of systems without epoll: poll() over an array and
 * a pipe for wake-ups.  Entry 0 is the pipe.  `place` says where a descriptor
 * stands, so adding and forgetting cost the same with one socket or thousands;
 * the wait itself does not. */
#include "loop/poller.h"

#ifndef HAVE_SYS_EPOLL_H

#include "loop/loop.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct gm_poller {
  int wake[2]; /* read, write */
  struct pollfd *fds;
  size_t n_fds, size_fds;
  size_t *place; /* per descriptor: index in fds, 0 for none */
  size_t n_place;
  size_t from; /* where the next report begins, so that none starves */
};

static int open_pipe(int fds[2])
{
  if (pipe(fds) < 0)
    return -errno;
  for (int i = 0; i < 2; i++) {
    if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) < 0 ||
        fcntl(fds[i], F_SETFL, O_NONBLOCK) < 0)
      return -errno;
  }
  return 0;
}

static bool grow_fds(struct gm_poller *p)
{
  size_t size = p->size_fds ? p->size_fds * 2 : 16;
  struct pollfd *fds;

  if (p->n_fds < p->size_fds)
    return true;
  fds = gm_realloc(p->fds, size * sizeof(*fds));
  if (!fds)
    return false;
  p->fds = fds;
  p->size_fds = size;
  return true;
}

static bool grow_place(struct gm_poller *p, size_t fd)
{
  size_t size = GM_MAX(p->n_place, (size_t)64);
  size_t *place;

  if (fd < p->n_place)
    return true;
  while (size <= fd)
    size *= 2;
  place = gm_realloc(p->place, size * sizeof(*place));
  if (!place)
    return false;
  memset(place + p->n_place, 0, (size - p->n_place) * sizeof(*place));
  p->place = place;
  p->n_place = size;
  return true;
}

int gm_poller_new(struct gm_poller **ret)
{
  struct gm_poller *p = gm_zalloc(sizeof(*p));
  int rc;

  if (!p)
    return -ENOMEM;
  p->wake[0] = p->wake[1] = -1;
  rc = open_pipe(p->wake);
  if (!rc && !grow_fds(p))
    rc = -ENOMEM;
  if (rc) {
    gm_poller_free(p);
    return rc;
  }
  p->fds[0] = (struct pollfd){ .fd = p->wake[0], .events = POLLIN };
  p->n_fds = 1;
  *ret = p;
  return 0;
}

void gm_poller_free(struct gm_poller *p)
{
  if (!p)
    return;
  for (int i = 0; i < 2; i++) {
    if (p->wake[i] >= 0)
      close(p->wake[i]);
  }
  gm_free(p->fds);
  gm_free(p->place);
  gm_free(p);
}

static void forget(struct gm_poller *p, int fd)
{
  size_t at = (size_t)fd < p->n_place ? p->place[fd] : 0;

  if (!at)
    return;
  p->fds[at] = p->fds[--p->n_fds];
  p->place[p->fds[at].fd] = at;
  p->place[fd] = 0;
}

/* Here to wait for it costs nothing beforehand. */
void gm_poller_opened(struct gm_poller *p, int fd)
{
  forget(p, fd);
}

void gm_poller_closes(struct gm_poller *p, int fd)
{
  forget(p, fd);
}

int gm_poller_watch(struct gm_poller *p, int fd, int events)
{
  short wanted = (short)((events & GM_READ ? POLLIN : 0) |
                         (events & GM_WRITE ? POLLOUT : 0));

  if (fd < 0)
    return -EBADF;
  if (!events) {
    forget(p, fd);
    return 0;
  }
  if (!grow_place(p, (size_t)fd) || !grow_fds(p))
    return -ENOMEM;
  if (!p->place[fd]) {
    p->place[fd] = p->n_fds;
    p->fds[p->n_fds++] = (struct pollfd){ .fd = fd };
  }
  p->fds[p->place[fd]].events = wanted;
  return 0;
}

static void drain(int fd)
{
  char bytes[64];
  ssize_t n;

  do
    n = read(fd, bytes, sizeof(bytes));
  while (n == (ssize_t)sizeof(bytes) || (n < 0 && errno == EINTR));
}

int gm_poller_wait(struct gm_poller *p, int timeout_ms,
                   struct gm_poller_event *ret, int max)
{
  int n = poll(p->fds, (nfds_t)p->n_fds, timeout_ms);
  size_t n_fds = p->n_fds;
  int count = 0;

  if (n <= 0)
    return 0;
  if (p->fds[0].revents)
    drain(p->wake[0]);
  for (size_t i = 0; i + 1 < n_fds && count < max; i++) {
    struct pollfd *f = &p->fds[1 + (p->from + i) % (n_fds - 1)];
    bool broken = f->revents & (POLLERR | POLLHUP | POLLNVAL);

    if (!f->revents)
      continue;
    ret[count].fd = f->fd;
    ret[count].events = (f->revents & POLLIN || broken ? GM_READ : 0) |
                        (f->revents & POLLOUT || broken ? GM_WRITE : 0);
    count++;
  }
  p->from += (size_t)count;
  return count;
}

void gm_poller_wake(struct gm_poller *p)
{
  /* A full pipe (EAGAIN) is readable as well. */
  while (write(p->wake[1], "", 1) < 0 && errno == EINTR)
    ;
}

int gm_poller_fd(const struct gm_poller *p)
{
  (void)p;
  return -1;
}

void gm_poller_arm(struct gm_poller *p, int64_t delay_ms)
{
  (void)p;
  (void)delay_ms;
}

#endif /* !HAVE_SYS_EPOLL_H */
