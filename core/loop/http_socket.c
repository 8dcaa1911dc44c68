/* http_socket.c - what is decided between curl and the network: which address
 * may be connected to, and whether a request may be sent (again).
 *
 * The address is judged where it is used, after the name was resolved, so a
 * name that resolves to a private address gains nothing.  A kept connection is
 * not opened anew: its address is looked at again just before the request is
 * sent over it. */
#include "loop/http_private.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_guarded(const struct gm_http_slot *s)
{
  return s->guarded && !s->proxied;
}

static void refuse(struct gm_http_slot *s, const struct sockaddr *addr)
{
  const void *ip = &((const struct sockaddr_in *)(const void *)addr)->sin_addr;

  if (addr->sa_family == AF_INET6)
    ip = &((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr;
  if (!inet_ntop(addr->sa_family, ip, s->address, sizeof(s->address)))
    s->address[0] = '\0';
  s->refused = true;
}

/* Descriptors 0 to 2 belong to the application even when it closed them: a
 * stray print must not end up at a vendor. */
static int above_stdio(int fd)
{
  int high;

  if (fd < 0 || fd > 2)
    return fd;
  high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  close(fd);
  return high;
}

static int open_socket(int family, int type, int protocol)
{
#ifdef SOCK_CLOEXEC
  return above_stdio(socket(family, type | SOCK_CLOEXEC, protocol));
#else
  int fd = above_stdio(socket(family, type, protocol));

  if (fd >= 0)
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
#endif
}

curl_socket_t gm_http_on_open(void *user, curlsocktype purpose,
                              struct curl_sockaddr *a)
{
  struct gm_http_slot *s = user;
  int fd;

  (void)purpose;
  if (!s->x)
    return CURL_SOCKET_BAD;
  if (is_guarded(s) && gm_addr_is_private(&a->addr)) {
    refuse(s, &a->addr);
    return CURL_SOCKET_BAD;
  }
  fd = open_socket(a->family, a->socktype, a->protocol);
  if (fd < 0) {
    s->open_errno = errno;
    return CURL_SOCKET_BAD;
  }
  s->opened = true;
  gm_loop_opened(s->http->loop, fd);
  s->http->stats.connections++;
  return fd;
}

/* Kept connections outlive their slot. */
int gm_http_on_close(void *user, curl_socket_t fd)
{
  struct gm_http *h = user;

  gm_loop_closes(h->loop, fd);
  return close(fd);
}

static bool leads_home(struct gm_http_slot *s, const char *ip)
{
  struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
  struct sockaddr_in in = { .sin_family = AF_INET };
  const struct sockaddr *addr = (const struct sockaddr *)(const void *)&in;

  if (inet_pton(AF_INET, ip, &in.sin_addr) != 1) {
    if (inet_pton(AF_INET6, ip, &in6.sin6_addr) != 1)
      return false;
    addr = (const struct sockaddr *)(const void *)&in6;
  }
  if (!gm_addr_is_private(addr))
    return false;
  refuse(s, addr);
  return true;
}

/* curl calls this each time it is about to send the request: also when a kept
 * connection ended before the answer began and it would, for a POST as well,
 * send everything again over a new one.
 *
 * Over a connection that was not used before it would do so only when the
 * server says that it has not processed the request (HTTP/2's REFUSED_STREAM,
 * or that it wants HTTP/1.1).  Over a kept one that cannot be told from its
 * end. */
int gm_http_on_send(void *user, char *remote_ip, char *local_ip,
                    int remote_port, int local_port)
{
  struct gm_http_slot *s = user;
  struct gm_exchange *x = s->x;

  (void)local_ip;
  (void)remote_port;
  (void)local_port;
  if (!x || (is_guarded(s) && leads_home(s, remote_ip)))
    return CURL_PREREQFUNC_ABORT;
  if (!x->was_sent) {
    x->was_sent = true;
    s->fresh = s->opened;
    if (x->sending)
      x->sending(x);
    return CURL_PREREQFUNC_OK;
  }
  if (!(x->flags & GM_X_BILLABLE))
    return CURL_PREREQFUNC_OK;
  s->resent = true;
  s->not_taken = s->fresh && s->head_bytes == 0;
  if (s->not_taken)
    x->was_sent = false;
  return CURL_PREREQFUNC_ABORT;
}
