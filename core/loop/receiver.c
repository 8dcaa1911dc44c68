/* receiver.c - see receiver.h.
 *
 * A connection reads its request, is handed over, writes the answer and then
 * lingers: whoever closes while bytes of the peer are unread resets the
 * connection, and the answer may be lost with it.  Every stage but the handing
 * over, whose owner has a clock of his own, has a deadline. */
#include "loop/receiver.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE is set instead */
#endif
#define ANSWER_MAX 1024
#define PIECE      16384
#define AGAIN_MS   100

enum stage { READING, HANDED, WRITING, LINGERING };

struct gm_receiver {
  struct gm_loop *loop;
  struct gm_watch watch;
  struct gm_timer again; /* out of descriptors: try in a while */
  struct gm_list connections;
  uint32_t n;
  gm_received_fn *fn;
  void *user;
};

struct connection {
  struct gm_received received;
  struct gm_list link;
  struct gm_watch watch;
  struct gm_timer timer;
  struct gm_receiver *receiver;
  enum stage stage;
  struct gm_buf answer;
  size_t sent;
};

/* ---- connections -------------------------------------------------------- */

static void accept_more(struct gm_receiver *r)
{
  gm_watch_start(r->loop, &r->watch, GM_READ);
}

static void drop(struct connection *c)
{
  struct gm_receiver *r = c->receiver;

  gm_watch_stop(r->loop, &c->watch);
  gm_timer_stop(r->loop, &c->timer);
  gm_list_remove(&c->link);
  close(c->watch.fd);
  gm_incoming_finish(&c->received.in);
  gm_buf_finish(&c->answer);
  gm_free(c);
  if (r->n-- == GM_RECEIVER_MOST)
    accept_more(r);
}

/* Moving a timer that runs needs no memory. */
static void deadline(struct connection *c, uint32_t ms)
{
  gm_timer_start(c->receiver->loop, &c->timer, gm_mono_ms() + ms);
}

/* The rest of what the peer sends is read and thrown away. */
static void linger(struct connection *c)
{
  shutdown(c->watch.fd, SHUT_WR);
  c->stage = LINGERING;
  deadline(c, GM_RECEIVER_LINGER_MS);
  if (gm_watch_start(c->receiver->loop, &c->watch, GM_READ))
    drop(c);
}

static void write_answer(struct connection *c)
{
  ssize_t n;

  while (c->sent < c->answer.len) {
    n = send(c->watch.fd, c->answer.data + c->sent, c->answer.len - c->sent,
             MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN) {
      if (gm_watch_start(c->receiver->loop, &c->watch, GM_WRITE))
        drop(c);
      return;
    }
    if (n <= 0) {
      drop(c);
      return;
    }
    c->sent += (size_t)n;
  }
  linger(c);
}

static const char *phrase_of(int status)
{
  static const struct {
    int status;
    const char *phrase;
  } phrases[] = {
    { 200, "OK" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 408, "Request Timeout" },
    { 411, "Length Required" },
    { 413, "Content Too Large" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 503, "Service Unavailable" },
    { 505, "HTTP Version Not Supported" },
  };
  size_t i;

  for (i = 0; i < GM_LEN(phrases); i++)
    if (phrases[i].status == status)
      return phrases[i].phrase;
  return "Other";
}

static void answer(struct connection *c, int status, const char *text)
{
  gm_buf_addf(&c->answer,
              "HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\n"
              "content-length: %zu\r\nconnection: close\r\n%s\r\n%s\n",
              status, phrase_of(status), strlen(text) + 1,
              status == 405 ? "allow: POST\r\n" : "", text);
  if (gm_buf_failed(&c->answer)) {
    drop(c);
    return;
  }
  c->stage = WRITING;
  deadline(c, GM_RECEIVER_MS);
  write_answer(c);
}

void gm_received_answer(struct gm_received *r, int status, const char *text)
{
  answer(GM_CONTAINER(r, struct connection, received), status, text);
}

/* ---- reading ------------------------------------------------------------ */

static void hand_over(struct connection *c)
{
  gm_watch_stop(c->receiver->loop, &c->watch);
  gm_timer_start(c->receiver->loop, &c->timer, UINT64_MAX - 1);
  c->stage = HANDED;
  c->receiver->fn(&c->received);
}

/* It waits for a word before it sends its body. */
static void invite(struct connection *c)
{
  static const char line[] = "HTTP/1.1 100 Continue\r\n\r\n";

  if (!c->received.in.expects)
    return;
  c->received.in.expects = false;
  if (send(c->watch.fd, line, sizeof(line) - 1, MSG_NOSIGNAL) < 0)
    deadline(c, 0);
}

static void read_request(struct connection *c)
{
  char piece[PIECE];
  ssize_t n = recv(c->watch.fd, piece, sizeof(piece), 0);
  int status;

  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  if (n <= 0) {
    drop(c);
    return;
  }
  status = gm_incoming_feed(&c->received.in, piece, (size_t)n);
  if (status == 200)
    hand_over(c);
  else if (status != 0)
    answer(c, status, phrase_of(status));
  else
    invite(c);
}

static void throw_away(struct connection *c)
{
  char piece[PIECE];
  ssize_t n = recv(c->watch.fd, piece, sizeof(piece), 0);

  if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
    drop(c);
}

static void ready(struct gm_watch *w, int events)
{
  struct connection *c = GM_CONTAINER(w, struct connection, watch);

  (void)events;
  if (c->stage == READING)
    read_request(c);
  else if (c->stage == WRITING)
    write_answer(c);
  else if (c->stage == LINGERING)
    throw_away(c);
}

static void too_late(struct gm_timer *t)
{
  struct connection *c = GM_CONTAINER(t, struct connection, timer);

  if (c->stage == READING)
    answer(c, 408, phrase_of(408));
  else if (c->stage != HANDED)
    drop(c);
}

/* ---- accepting ---------------------------------------------------------- */

/* Descriptors 0 to 2 belong to the application even when it closed them. */
static int prepare(int fd)
{
  int own = fd >= 0 && fd <= STDERR_FILENO ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : fd;
  int flags;
#ifdef SO_NOSIGPIPE
  int on = 1;
#endif

  if (own != fd)
    close(fd);
  flags = own < 0 ? -1 : fcntl(own, F_GETFL);
  if (flags >= 0 && fcntl(own, F_SETFL, flags | O_NONBLOCK) == 0 &&
      fcntl(own, F_SETFD, FD_CLOEXEC) == 0) {
#ifdef SO_NOSIGPIPE
    setsockopt(own, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
#endif
    return own;
  }
  if (own >= 0)
    close(own);
  return -1;
}

static void begin(struct gm_receiver *r, int fd)
{
  struct connection *c = gm_zalloc(sizeof(*c));

  if (!c) {
    close(fd);
    return;
  }
  c->receiver = r;
  c->received.user = r->user;
  c->watch.fd = fd;
  c->watch.ready = ready;
  c->timer.fire = too_late;
  gm_incoming_init(&c->received.in, GM_RECEIVER_BODY);
  gm_buf_init(&c->answer, ANSWER_MAX);
  gm_list_append(&r->connections, &c->link);
  r->n++;
  if (!gm_timer_start(r->loop, &c->timer, gm_mono_ms() + GM_RECEIVER_MS) ||
      gm_watch_start(r->loop, &c->watch, GM_READ))
    drop(c);
}

static void try_again(struct gm_timer *t)
{
  accept_more(GM_CONTAINER(t, struct gm_receiver, again));
}

static void on_accept(struct gm_watch *w, int events)
{
  struct gm_receiver *r = GM_CONTAINER(w, struct gm_receiver, watch);
  int fd;

  (void)events;
  while (r->n < GM_RECEIVER_MOST) {
    fd = prepare(accept(w->fd, NULL, NULL));
    if (fd >= 0)
      begin(r, fd);
    else if (errno != EINTR && errno != ECONNABORTED)
      break;
  }
  if (r->n < GM_RECEIVER_MOST &&
      (errno == EAGAIN ||
       !gm_timer_start(r->loop, &r->again, gm_mono_ms() + AGAIN_MS)))
    return;
  gm_watch_stop(r->loop, w);
}

static int open_port(uint16_t port)
{
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
  int fd = prepare(socket(AF_INET, SOCK_STREAM, 0)), on = 1, failed;

  if (fd < 0)
    return -1;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
      listen(fd, SOMAXCONN) == 0)
    return fd;
  failed = errno;
  close(fd);
  errno = failed;
  return -1;
}

static uint16_t port_of(int fd)
{
  struct sockaddr_in at = { 0 };
  socklen_t len = sizeof(at);

  return getsockname(fd, (struct sockaddr *)&at, &len) ? 0 : ntohs(at.sin_port);
}

int32_t gm_receiver_new(struct gm_loop *l, uint16_t port, gm_received_fn *fn,
                        void *user, struct gm_receiver **ret,
                        uint16_t *ret_port, struct gm_error *err)
{
  struct gm_receiver *r = gm_zalloc(sizeof(*r));
  char why[128];
  int failed;

  if (!r)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory to listen with");
  r->loop = l;
  r->fn = fn;
  r->user = user;
  r->watch.ready = on_accept;
  r->again.fire = try_again;
  gm_list_init(&r->connections);
  r->watch.fd = open_port(port);
  if (r->watch.fd < 0) {
    failed = errno;
    gm_free(r);
    return gm_fail(err, GAMUT_E_INVALID, "cannot listen on 127.0.0.1:%u: %s",
                   port, strerror_r(failed, why, sizeof(why)));
  }
  if (gm_watch_start(l, &r->watch, GM_READ)) {
    gm_receiver_free(r);
    return gm_fail(err, GAMUT_E_NOMEM, "no memory to listen with");
  }
  *ret_port = port_of(r->watch.fd);
  *ret = r;
  return 0;
}

void gm_receiver_free(struct gm_receiver *r)
{
  struct gm_list *e;

  if (!r)
    return;
  while ((e = r->connections.next) != &r->connections)
    drop(GM_CONTAINER(e, struct connection, link));
  gm_timer_stop(r->loop, &r->again);
  gm_watch_stop(r->loop, &r->watch);
  close(r->watch.fd);
  gm_free(r);
}
