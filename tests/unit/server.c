/* server.c - one thread accepts, one more serves each connection.  Plain malloc
 * throughout: the tests fail the allocations of the library, not ours. */
#include "server.h"
#include "base/util.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096, HEAD_MAX = 256 * 1024, BODY_MAX = 32 << 20 };

struct connection {
  struct server *server;
  pthread_t thread;
  int fd, number;
};

struct server {
  server_fn *fn;
  void *user;
  int fd, port;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool stops, goes;
  int n_requests, n_connections;
  struct connection *connections[CONNECTIONS_MAX];
};

static void need(bool ok, const char *what)
{
  if (ok)
    return;
  perror(what);
  abort();
}

bool server_send(int fd, const void *p, size_t len)
{
  const char *from = p;

  while (len) {
    ssize_t n = send(fd, from, len, MSG_NOSIGNAL);

    if (n <= 0)
      return false;
    from += n;
    len -= (size_t)n;
  }
  return true;
}

void server_say(int fd, const char *text)
{
  server_send(fd, text, strlen(text));
}

void server_reply(int fd, const char *body)
{
  char head[128];

  snprintf(head, sizeof(head),
           "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
           "Content-Length: %zu\r\n\r\n",
           strlen(body));
  server_say(fd, head);
  server_say(fd, body);
}

bool server_asks(const struct server_request *r, const char *start)
{
  return strncmp(r->head, start, strlen(start)) == 0;
}

static const char *find_header(const char *head, const char *name, size_t *len)
{
  size_t n = strlen(name);

  for (const char *p = strstr(head, "\r\n"); p; p = strstr(p, "\r\n")) {
    p += 2;
    if (strncasecmp(p, name, n) != 0 || p[n] != ':')
      continue;
    p += n + 1;
    p += strspn(p, " ");
    *len = strcspn(p, "\r");
    return p;
  }
  return NULL;
}

const char *server_header(const struct server_request *r, const char *name,
                          char *buf, size_t size)
{
  size_t len = 0;
  const char *p = find_header(r->head, name, &len);

  if (!p || len >= size)
    return NULL;
  memcpy(buf, p, len);
  buf[len] = '\0';
  return buf;
}

/* One byte more each time until the blank line: simple, and a test's requests
 * are short. */
static char *read_head(int fd)
{
  char *head = malloc(HEAD_MAX);
  size_t n = 0;

  need(head, "malloc");
  while (n + 1 < HEAD_MAX && recv(fd, head + n, 1, 0) == 1) {
    n++;
    if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0) {
      head[n] = '\0';
      return head;
    }
  }
  free(head);
  return NULL;
}

uint64_t server_sum(uint64_t sum, const void *p, size_t len)
{
  const unsigned char *at = p;

  while (len-- > 0)
    sum = sum * 31 + *at++;
  return sum;
}

/* Kept up to a size; of a larger one only length and sum are told. */
static char *read_body(int fd, struct server_request *r)
{
  size_t digits = 0, len = 0;
  const char *p = find_header(r->head, "content-length", &digits);
  char *body, piece[65536];

  for (size_t i = 0; p && i < digits; i++)
    len = len * 10 + (size_t)(p[i] - '0');
  body = malloc(GM_MIN(len, BODY_MAX) + 1);
  need(body, "malloc");
  while (r->body_len < len) {
    ssize_t n = recv(fd, piece, GM_MIN(len - r->body_len, sizeof(piece)), 0);

    if (n <= 0)
      break;
    if (len <= BODY_MAX)
      memcpy(body + r->body_len, piece, (size_t)n);
    r->body_sum = server_sum(r->body_sum, piece, (size_t)n);
    r->body_len += (size_t)n;
  }
  body[len <= BODY_MAX ? r->body_len : 0] = '\0';
  r->body_announced = len;
  return body;
}

static void hang_up(struct connection *c, bool reset)
{
  struct linger now = { .l_onoff = 1, .l_linger = 0 };

  pthread_mutex_lock(&c->server->lock);
  if (reset)
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close(c->fd);
  c->fd = -1;
  pthread_mutex_unlock(&c->server->lock);
}

static enum server_end serve_one(struct connection *c, char *head, int nth)
{
  struct server *s = c->server;
  struct server_request r = { .connection = c->number,
                              .nth = nth,
                              .head = head };
  char *body = read_body(c->fd, &r);
  enum server_end end;

  r.body = body;
  pthread_mutex_lock(&s->lock);
  r.total = s->n_requests++;
  pthread_mutex_unlock(&s->lock);
  end = s->fn(s, c->fd, &r, s->user);
  free(body);
  return end;
}

static void *serve(void *arg)
{
  struct connection *c = arg;
  enum server_end end = SERVER_KEEP;
  char *head;

  for (int nth = 0; end == SERVER_KEEP; nth++) {
    head = read_head(c->fd);
    if (!head)
      break;
    end = serve_one(c, head, nth);
    free(head);
  }
  hang_up(c, end == SERVER_RESET);
  return NULL;
}

static void *accept_all(void *arg)
{
  struct server *s = arg;
  int fd, one = 1;

  while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
    struct connection *c = calloc(1, sizeof(*c));

    need(c, "calloc");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    pthread_mutex_lock(&s->lock);
    if (s->stops || s->n_connections == CONNECTIONS_MAX) {
      close(fd);
      free(c);
    } else {
      c->server = s;
      c->fd = fd;
      c->number = s->n_connections;
      need(!pthread_create(&c->thread, NULL, serve, c), "pthread_create");
      s->connections[s->n_connections++] = c;
    }
    pthread_mutex_unlock(&s->lock);
  }
  return NULL;
}

struct server *server_start(server_fn *fn, void *user)
{
  struct server *s = calloc(1, sizeof(*s));
  struct sockaddr_in in = { .sin_family = AF_INET };
  socklen_t len = sizeof(in);

  need(s, "calloc");
  s->fn = fn;
  s->user = user;
  pthread_mutex_init(&s->lock, NULL);
  pthread_cond_init(&s->changed, NULL);
  in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  s->fd = socket(AF_INET, SOCK_STREAM, 0);
  need(s->fd >= 0, "socket");
  need(!bind(s->fd, (struct sockaddr *)&in, sizeof(in)), "bind");
  need(!getsockname(s->fd, (struct sockaddr *)&in, &len), "getsockname");
  s->port = ntohs(in.sin_port);
  need(!listen(s->fd, 512), "listen");
  need(!pthread_create(&s->thread, NULL, accept_all, s), "pthread_create");
  return s;
}

void server_stop(struct server *s)
{
  if (!s)
    return;
  pthread_mutex_lock(&s->lock);
  s->stops = true;
  pthread_cond_broadcast(&s->changed);
  for (int i = 0; i < s->n_connections; i++) {
    if (s->connections[i]->fd >= 0)
      shutdown(s->connections[i]->fd, SHUT_RDWR);
  }
  pthread_mutex_unlock(&s->lock);
  shutdown(s->fd, SHUT_RDWR);
  pthread_join(s->thread, NULL);
  close(s->fd);
  for (int i = 0; i < s->n_connections; i++) {
    pthread_join(s->connections[i]->thread, NULL);
    free(s->connections[i]);
  }
  pthread_cond_destroy(&s->changed);
  pthread_mutex_destroy(&s->lock);
  free(s);
}

int server_port(const struct server *s)
{
  return s->port;
}

static int locked(struct server *s, const int *value)
{
  int n;

  pthread_mutex_lock(&s->lock);
  n = *value;
  pthread_mutex_unlock(&s->lock);
  return n;
}

int server_requests(struct server *s)
{
  return locked(s, &s->n_requests);
}

int server_connections(struct server *s)
{
  return locked(s, &s->n_connections);
}

const char *server_url(const struct server *s, const char *path, char *buf,
                       size_t size)
{
  snprintf(buf, size, "http://127.0.0.1:%d%s", s->port, path);
  return buf;
}

void server_wait(struct server *s)
{
  pthread_mutex_lock(&s->lock);
  while (!s->goes && !s->stops)
    pthread_cond_wait(&s->changed, &s->lock);
  pthread_mutex_unlock(&s->lock);
}

void server_go(struct server *s)
{
  pthread_mutex_lock(&s->lock);
  s->goes = true;
  pthread_cond_broadcast(&s->changed);
  pthread_mutex_unlock(&s->lock);
}
