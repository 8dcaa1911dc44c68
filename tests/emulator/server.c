/* One thread and one loop around libmicrohttpd.  A request is collected whole,
 * given to the host that its first path segment names, and answered from
 * `rq->reply`.  Nothing waits in a handler: an answer that shall come later
 * parks its connection in a heap by due time on the job clock, which the
 * control URL can move.
 *
 * What one trips over: libmicrohttpd calls the handler again after a parked
 * connection wakes; a parked connection does not notice that its client has
 * gone, so the hanging ones are looked at twice a second; and all must be
 * woken before the daemon stops. */
#include "server.h"

#include "replay.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define BODY_MAX          (128u << 20)
#define CONNECTION_MEMORY ((size_t)16 * 1024)
#define HANG_LOOK_MS      500

struct em_parked {
  int64_t due_ms;
  struct MHD_Connection *conn;
};

int64_t em_now_ms(const struct em_server *sv)
{
  return em_monotonic_ms() + sv->clock_ahead_ms;
}

/* The heap of parked connections. */

void em_park(struct em_server *sv, struct MHD_Connection *conn, int64_t due_ms)
{
  size_t at = sv->n_parked++;

  if (sv->n_parked > sv->cap_parked) {
    sv->cap_parked = sv->cap_parked ? sv->cap_parked * 2 : 64;
    sv->parked = em_realloc(sv->parked, sv->cap_parked * sizeof(*sv->parked));
  }
  for (; at && sv->parked[(at - 1) / 2].due_ms > due_ms; at = (at - 1) / 2)
    sv->parked[at] = sv->parked[(at - 1) / 2];
  sv->parked[at] = (struct em_parked){ due_ms, conn };
  MHD_suspend_connection(conn);
}

static struct MHD_Connection *unpark(struct em_server *sv)
{
  struct MHD_Connection *first = sv->parked[0].conn;
  struct em_parked last = sv->parked[--sv->n_parked];
  size_t at = 0, child;

  while ((child = at * 2 + 1) < sv->n_parked) {
    if (child + 1 < sv->n_parked &&
        sv->parked[child + 1].due_ms < sv->parked[child].due_ms)
      child++;
    if (sv->parked[child].due_ms >= last.due_ms)
      break;
    sv->parked[at] = sv->parked[child];
    at = child;
  }
  sv->parked[at] = last;
  return first;
}

/* True when somebody woke: libmicrohttpd's own timeout does not say so. */
static bool wake_due(struct em_server *sv)
{
  int64_t now = sv->n_parked ? em_now_ms(sv) : 0;
  bool woken = false;

  while (sv->n_parked && (sv->stopping || sv->parked[0].due_ms <= now)) {
    MHD_resume_connection(unpark(sv));
    woken = true;
  }
  return woken;
}

/* Requests */

static struct em_request *request_new(struct em_server *sv,
                                      struct MHD_Connection *conn,
                                      const char *url, const char *method)
{
  struct em_request *rq = em_alloc(sizeof(*rq));

  rq->server = sv;
  rq->connection = conn;
  rq->method = method; /* lives as long as the request */
  rq->url = em_strdup(url);
  rq->phase = EM_OTHER;
  return rq;
}

static void request_free(struct em_request *rq)
{
  em_reply_clear(&rq->reply);
  em_buf_finish(&rq->body);
  em_buf_finish(&rq->pending);
  free(rq->url);
  free(rq);
}

static void request_take(struct em_request *rq, const char *bytes, size_t len)
{
  if (rq->body.len + len > BODY_MAX)
    rq->body_too_large = true;
  else
    em_buf_add(&rq->body, bytes, len);
}

const char *em_header(const struct em_request *rq, const char *name)
{
  return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

const char *em_query(const struct em_request *rq, const char *name)
{
  return MHD_lookup_connection_value(rq->connection, MHD_GET_ARGUMENT_KIND,
                                     name);
}

bool em_method(const struct em_request *rq, const char *method)
{
  return !strcmp(rq->method, method);
}

static const struct em_host *find_host(const struct em_server *sv,
                                       const char *name, size_t len)
{
  const struct em_host *h;

  for (h = sv->hosts; h->name; h++)
    if (em_streq_n(h->name, name, len) ||
        (h->alias && em_streq_n(h->alias, name, len)))
      return h;
  return NULL;
}

/* How much the vendor is asked in one second; files are somebody else's. */
static void count_second(struct em_stats *s, enum em_phase phase)
{
  int64_t now = em_wall_us() / 1000000;

  if (phase == EM_CONTROL || phase == EM_FILE)
    return;
  if (s->second != now)
    s->in_second = 0;
  s->second = now;
  if (++s->in_second > s->busiest)
    s->busiest = s->in_second;
}

static void dispatch(struct em_request *rq)
{
  struct em_server *sv = rq->server;
  const char *name = rq->url + (*rq->url == '/');
  size_t len = strcspn(name, "/");
  const struct em_host *host = find_host(sv, name, len);

  rq->path = name[len] ? name + len : "/";
  rq->host = host ? host->name : "";
  if (em_streq_n("control", name, len)) {
    rq->phase = EM_CONTROL;
    em_control_answer(rq);
  } else if (sv->replay) {
    em_replay_answer(rq);
  } else if (rq->body_too_large) {
    em_reply_json(rq, 413, "{\"detail\":\"Request body too large\"}");
  } else if (host) {
    host->answer(rq);
  } else {
    em_reply_json(rq, 404, "{\"detail\":\"no such host here: see --help\"}");
  }
  sv->stats.requests[rq->phase]++;
  count_second(&sv->stats, rq->phase);
}

/* True while the client of a hanging answer is still there. */
static bool client_waits(const struct em_request *rq)
{
  const union MHD_ConnectionInfo *info =
    MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  char byte;
  ssize_t n;

  if (!info)
    return false;
  n = recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n > 0 || (n < 0 && errno == EAGAIN);
}

static enum MHD_Result answer(struct em_request *rq)
{
  struct em_server *sv = rq->server;
  struct em_wire *wire = &rq->reply.wire;
  int64_t delay_ms = wire->delay_ms;

  if (!rq->answered) {
    rq->answered = true;
    dispatch(rq);
    delay_ms = wire->delay_ms;
  } else {
    delay_ms = 0; /* it has been waited for */
  }
  if (sv->stopping)
    return MHD_NO;
  if (wire->hang) {
    if (!client_waits(rq))
      return MHD_NO;
    delay_ms = HANG_LOOK_MS;
  }
  if (delay_ms > 0) {
    em_park(sv, rq->connection, em_now_ms(sv) + delay_ms);
    return MHD_YES;
  }
  if (sv->options->verbose)
    fprintf(stderr, "%s %s -> %u\n", rq->method, rq->url, rq->reply.status);
  return em_reply_send(rq);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn,
                                  const char *url, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_len, void **context)
{
  struct em_request *rq = *context;

  (void)version;
  if (!rq) {
    *context = request_new(cls, conn, url, method);
    return MHD_YES;
  }
  if (*upload_len) {
    request_take(rq, upload, *upload_len);
    *upload_len = 0;
    return MHD_YES;
  }
  return answer(rq);
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **context,
                         enum MHD_RequestTerminationCode why)
{
  (void)cls;
  (void)conn;
  (void)why;
  if (*context)
    request_free(*context);
  *context = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *conn,
                          void **context,
                          enum MHD_ConnectionNotificationCode what)
{
  struct em_stats *stats = &((struct em_server *)cls)->stats;

  (void)conn;
  (void)context;
  if (what != MHD_CONNECTION_NOTIFY_STARTED) {
    stats->open--;
    return;
  }
  stats->connections++;
  if (++stats->open > stats->peak)
    stats->peak = stats->open;
}

static void EM_PRINTF(2, 0) on_log(void *cls, const char *format, va_list args)
{
  if (((struct em_server *)cls)->options->verbose)
    vfprintf(stderr, format, args);
}

/* The server */

struct em_server *em_server_new(const struct em_options *options,
                                const struct em_host *hosts)
{
  struct em_server *sv = em_alloc(sizeof(*sv));

  sv->options = options;
  sv->hosts = hosts;
  sv->jobs.salt = options->seed ? options->seed : em_random_seed();
  return sv;
}

static unsigned most_connections(void)
{
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit))
    return 1000;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur > 65536)
    return 65000;
  return limit.rlim_cur > 64 ? (unsigned)limit.rlim_cur - 32 : 32;
}

bool em_server_start(struct em_server *sv)
{
  unsigned flags = MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
  const union MHD_DaemonInfo *info;
  struct sockaddr_in address = { .sin_family = AF_INET };

  address.sin_port = htons((uint16_t)sv->options->port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES)
    flags |= MHD_USE_EPOLL;
  sv->daemon = MHD_start_daemon(
    flags, 0, NULL, NULL, on_request, sv, MHD_OPTION_EXTERNAL_LOGGER, on_log,
    sv, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
    MHD_OPTION_CONNECTION_LIMIT, most_connections(),
    MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
    MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096u, MHD_OPTION_LISTENING_ADDRESS_REUSE,
    1u, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
    MHD_OPTION_NOTIFY_CONNECTION, on_connection, sv, MHD_OPTION_END);
  if (!sv->daemon) {
    fprintf(stderr, "gamut-emulator: cannot listen on 127.0.0.1:%u: %s\n",
            sv->options->port, strerror(errno));
    return false;
  }
  info = MHD_get_daemon_info(sv->daemon, MHD_DAEMON_INFO_BIND_PORT);
  sv->port = info ? info->port : sv->options->port;
  return true;
}

/* Milliseconds until something is due, at most `most`. */
static int next_timeout(struct em_server *sv, int most)
{
  MHD_UNSIGNED_LONG_LONG mhd_ms;
  int64_t timeout = most, hook_ms = em_hooks_run(sv);

  if (hook_ms >= 0 && hook_ms < timeout)
    timeout = hook_ms;

  if (MHD_get_timeout(sv->daemon, &mhd_ms) == MHD_YES &&
      mhd_ms < (MHD_UNSIGNED_LONG_LONG)timeout)
    timeout = (int64_t)mhd_ms;
  if (sv->n_parked) {
    int64_t due = sv->parked[0].due_ms - em_now_ms(sv);

    if (due < timeout)
      timeout = due > 0 ? due : 0;
  }
  return (int)timeout;
}

/* Signals are let in only while the loop sleeps, so that none is missed
 * between the look at `*stop` and the sleep. */
void em_server_run(struct em_server *sv, volatile int *stop)
{
  const union MHD_DaemonInfo *info =
    MHD_get_daemon_info(sv->daemon, MHD_DAEMON_INFO_EPOLL_FD);
  sigset_t blocked, open;
  int most;

  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  sigprocmask(SIG_BLOCK, &blocked, &open);
  while (!*stop) {
    most = wake_due(sv) ? 0 : 60000;
#ifdef __linux__
    if (info && info->epoll_fd >= 0) {
      struct pollfd poll_fd = { .fd = info->epoll_fd, .events = POLLIN };
      int ms = next_timeout(sv, most);
      struct timespec sleep = { ms / 1000, ms % 1000 * 1000000L };

      (void)ppoll(&poll_fd, 1, &sleep, &open);
      MHD_run(sv->daemon);
      continue;
    }
#endif
    (void)info;
    sigprocmask(SIG_SETMASK, &open, NULL);
    MHD_run_wait(sv->daemon, next_timeout(sv, most ? 100 : 0));
    sigprocmask(SIG_BLOCK, &blocked, NULL);
  }
  sigprocmask(SIG_SETMASK, &open, NULL);
}

void em_server_free(struct em_server *sv)
{
  if (!sv)
    return;
  sv->stopping = true;
  if (sv->daemon) {
    (void)wake_due(sv);
    MHD_run(sv->daemon);
    MHD_stop_daemon(sv->daemon);
  }
  em_hooks_finish(sv);
  em_jobs_finish(&sv->jobs);
  em_otlp_finish(&sv->otlp);
  em_faults_finish(&sv->faults);
  em_pictures_finish(&sv->pictures);
  em_replay_free(sv->replay);
  free(sv->parked);
  free(sv);
}

void em_put_origin(const struct em_server *sv, const char *host,
                   struct em_buf *out)
{
  if (sv->options->own_urls)
    em_buf_printf(out, "http://127.0.0.1:%u/%s", sv->port, host);
  else
    em_buf_printf(out, "https://%s", host);
}

/* A local server has no certificate, nor has the metadata server of a Google
 * machine. */
static bool is_plain(const char *name)
{
  return em_starts(name, "127.") || em_starts(name, "169.254.");
}

void em_endpoint_map(const struct em_host *hosts, const char *base,
                     struct em_buf *out)
{
  const struct em_host *h;

  em_buf_putc(out, '{');
  for (h = hosts; h->name; h++)
    em_buf_printf(out, "%s\"%s://%s\":\"%s/%s\"", h == hosts ? "" : ",",
                  is_plain(h->name) ? "http" : "https", h->name, base, h->name);
  em_buf_putc(out, '}');
}
