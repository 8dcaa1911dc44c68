/* Webhooks.  Callers name public https addresses, as the vendors demand it;
 * what leaves goes to one origin on loopback that --hooks-to or the control URL
 * named, with the path of the address that was meant.  Nothing else is ever
 * connected to from here.
 *
 * A delivery has a thread of its own, which owns all that it looks at: the
 * loop never waits for a receiver. */
#include "hooks.h"

#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define TRIES      5
#define PAUSE_MS   200
#define REPLY_S    10
#define ORIGIN     "http://127.0.0.1:"
#define STACK_SIZE ((size_t)256 * 1024)

/* ---- addresses ---------------------------------------------------------- */

bool em_hook_url_ok(const char *url)
{
  const char *host = url + strlen("https://");
  size_t n;

  if (!em_starts(url, "https://"))
    return false;
  n = strcspn(host, "/?#");
  if (memchr(host, '@', n) || *host == '[')
    return false;
  n = strcspn(host, "/?#:");
  return n > 3 && memchr(host, '.', n) && strspn(host, "0123456789.") < n &&
         !em_streq_n("localhost.localdomain", host, n);
}

static unsigned port_of(const char *origin)
{
  const char *text = origin + strlen(ORIGIN);
  int64_t port;

  if (!em_starts(origin, ORIGIN) ||
      !em_parse_int(text, strlen(text), 1, 65535, &port))
    return 0;
  return (unsigned)port;
}

/* ---- one delivery, in its thread ---------------------------------------- */

struct delivery {
  unsigned port;
  struct em_buf request; /* the whole of it, head and body */
};

static void pause_ms(int64_t ms)
{
  struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

  nanosleep(&t, NULL);
}

static int connect_to(unsigned port)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port) };
  const struct timeval limit = { .tv_sec = REPLY_S };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0)
    return -1;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  if (!connect(fd, (const struct sockaddr *)&address, sizeof(address)))
    return fd;
  close(fd);
  return -1;
}

/* Sends it once; was the answer a 2xx? */
static bool deliver(const struct delivery *d)
{
  int fd = connect_to(d->port);
  char reply[32] = "";
  size_t sent = 0, got = 0;
  ssize_t n = 0;

  if (fd < 0)
    return false;
  for (; sent < d->request.len; sent += (size_t)n) {
    n = send(fd, d->request.data + sent, d->request.len - sent, MSG_NOSIGNAL);
    if (n <= 0)
      break;
  }
  while (n > 0 && got < sizeof(reply) - 1) {
    n = recv(fd, reply + got, sizeof(reply) - 1 - got, 0);
    got += n > 0 ? (size_t)n : 0;
  }
  close(fd);
  return em_starts(reply, "HTTP/1.") && reply[9] == '2';
}

static void *run_delivery(void *arg)
{
  struct delivery *d = arg;
  unsigned i;

  for (i = 0; i < TRIES && !deliver(d); i++)
    pause_ms((int64_t)PAUSE_MS << i);
  em_buf_finish(&d->request);
  free(d);
  return NULL;
}

/* ---- sending ------------------------------------------------------------ */

/* The path of a URL that was decoded once. */
static void put_path(const char *path, struct em_buf *out)
{
  for (; *path; path++)
    if (*path > ' ' && *path <= '~')
      em_buf_putc(out, (unsigned char)*path);
    else
      em_buf_printf(out, "%%%02X", (unsigned char)*path);
}

void em_hook_send(struct em_server *sv, const char *url,
                  const struct em_buf *headers, const struct em_buf *body)
{
  const char *host = strstr(url, "://") + 3;
  const char *path = strchr(host, '/');
  struct delivery *d;
  pthread_attr_t attributes;
  pthread_t thread;

  if (!sv->hooks.to || !em_can_sign())
    return;
  d = em_alloc(sizeof(*d));
  d->port = port_of(sv->hooks.to);
  em_buf_puts(&d->request, "POST ");
  put_path(path ? path : "/", &d->request);
  em_buf_printf(&d->request,
                " HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n"
                "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                (int)strcspn(host, "/"), host, body->len);
  em_buf_add(&d->request, headers->data, headers->len);
  em_buf_puts(&d->request, "\r\n");
  em_buf_add(&d->request, body->data, body->len);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_SIZE);
  if (pthread_create(&thread, &attributes, run_delivery, d)) {
    em_buf_finish(&d->request);
    free(d);
  }
  pthread_attr_destroy(&attributes);
  sv->hooks.sent++;
}

void em_hook_secret(const struct em_server *sv, unsigned char key[24],
                    struct em_buf *out)
{
  em_standard_secret(em_mix(sv->options->seed ^ 0x400cu), key, out);
}

int64_t em_hook_time(const struct em_server *sv)
{
  return em_wall_us() / 1000000 - sv->hooks.late_s;
}

bool em_hook_tampered(struct em_server *sv)
{
  bool tamper = sv->hooks.tamper;

  sv->hooks.tamper = false;
  return tamper;
}

/* ---- waiting for the end of jobs ---------------------------------------- */

void em_hook_add(struct em_server *sv, struct em_job *job, const char *url,
                 void (*over)(struct em_server *sv, struct em_job *job,
                              const char *url))
{
  struct em_hooks *h = &sv->hooks;

  if (h->n == h->cap) {
    h->cap = h->cap ? h->cap * 2 : 16;
    h->all = em_realloc(h->all, h->cap * sizeof(*h->all));
  }
  h->all[h->n++] =
    (struct em_hook){ .job = job, .url = em_strdup(url), .over = over };
  h->n_open++;
}

/* A caller that waits for a delivery need not poll: the time of a job passes
 * also where polls are counted. */
static int64_t left_ms(const struct em_server *sv, struct em_job *job)
{
  const struct em_options *o = sv->options;
  int64_t now = em_now_ms(sv);
  int64_t left = job->submitted_ms + o->latency_ms - now;

  if (em_job_state(job, o, now) == EM_COMPLETED)
    return 0;
  if (left <= 0)
    job->polls = o->polls;
  return left > 0 ? left : 0;
}

static bool never_ends(struct em_server *sv, const struct em_job *job)
{
  return !job->cancelled &&
         em_fault_take(&sv->faults, job->faults, EM_STATUS, EM_F_NEVER);
}

int64_t em_hooks_run(struct em_server *sv)
{
  struct em_hooks *h = &sv->hooks;
  int64_t next = -1, left;
  size_t i;

  for (i = 0; i < h->n && h->n_open; i++) {
    struct em_hook *hook = &h->all[i];

    if (hook->done)
      continue;
    left = left_ms(sv, hook->job);
    if (!left) {
      hook->done = true;
      h->n_open--;
      if (!never_ends(sv, hook->job))
        hook->over(sv, hook->job, hook->url);
    } else if (next < 0 || left < next) {
      next = left;
    }
  }
  return next;
}

const char *em_hooks_control(struct em_server *sv, const char *to,
                             const char *again, bool tamper, int64_t late_s)
{
  struct em_hooks *h = &sv->hooks;
  size_t i;

  if (to && !port_of(to))
    return "to: http://127.0.0.1:PORT";
  if (!em_can_sign())
    return "built without libcrypto: nothing is signed, nothing delivered";
  if (to) {
    free(h->to);
    h->to = em_strdup(to);
  }
  h->tamper = tamper;
  h->late_s = late_s;
  if (!again)
    return NULL;
  for (i = 0; i < h->n; i++)
    if (h->all[i].done && !strcmp(h->all[i].job->id, again)) {
      h->all[i].over(sv, h->all[i].job, h->all[i].url);
      return NULL;
    }
  return "again: no such job has been delivered";
}

void em_hooks_clear(struct em_server *sv)
{
  struct em_hooks *h = &sv->hooks;

  while (h->n)
    free(h->all[--h->n].url);
  h->n_open = 0;
  h->tamper = false;
  h->late_s = 0;
}

void em_hooks_finish(struct em_server *sv)
{
  em_hooks_clear(sv);
  free(sv->hooks.all);
  free(sv->hooks.to);
}
