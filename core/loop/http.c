/* http.c - exchanges move here: curl's multi interface on our loop, a pool of
 * slots, and the way of an exchange from start to done().
 *
 * libcurl may not be asked for anything about handles from inside its own
 * callbacks.  While `in_curl` is set an abort therefore only marks its slot
 * (x NULL, list `doomed`), a start only queues, and after_curl() does the rest.
 * Owners' done() runs outside of libcurl, so they may do anything but free the
 * client.
 *
 * None of its timers needs memory after gm_http_new(): they always have a place
 * in the heap, "never" (UINT64_MAX) when they rest. */
#include "base/clock.h"
#include "loop/http_private.h"
#include <gamut/plugin.h>
#include <string.h>

enum { PER_HOST = 64, TOTAL = 256 };

static const uint64_t reply_budget = (uint64_t)256 << 20;

const char *gm_http_real_url(struct gm_http *h, const char *url,
                             bool *ret_mapped)
{
  *ret_mapped = false;
  if (!h->endpoints)
    return url;
  gm_buf_clear(&h->mapped);
  *ret_mapped = gm_endpoints_map(h->endpoints, url, &h->mapped);
  return gm_buf_failed(&h->mapped) ? NULL : gm_buf_text(&h->mapped);
}

bool gm_http_maps(struct gm_http *h, const char *url)
{
  bool mapped;

  return gm_http_real_url(h, url, &mapped) && mapped;
}

/* ---- the way of an exchange */

/* Hand the slot back; its exchange is no longer of interest. */
static void release(struct gm_http_slot *s)
{
  struct gm_http *h = s->http;

  gm_http_waits_not(s);
  gm_timer_stop(h->loop, &s->limit);
  gm_http_lines_wipe(s);
  if (s->x)
    s->x->slot = NULL;
  s->x = NULL;
  gm_list_remove(&s->link);
  gm_list_append(h->idle.next, &s->link); /* warm ones first */
  gm_http_host_leave(h, s->host);
  s->host = NULL;
}

static void fail_later(struct gm_http *h, struct gm_exchange *x,
                       int32_t error_class)
{
  x->error_class = error_class;
  x->queued = true;
  gm_list_append(&h->failed, &x->link);
  gm_timer_start(h->loop, &h->kick, 0);
}

static void start(struct gm_http *h, struct gm_exchange *x,
                  struct gm_http_host *host)
{
  struct gm_list *link = gm_list_pop(&h->idle);
  struct gm_http_slot *s =
    link ? GM_CONTAINER(link, struct gm_http_slot, link) : gm_http_slot_new(h);
  int32_t rc;

  if (!s) {
    gm_http_host_leave(h, host);
    fail_later(h, x,
               gm_fail(&x->err, GAMUT_E_NOMEM, "no memory for a request"));
    return;
  }
  if (!x->hops)
    x->start_us = gm_mono_us();
  s->x = x;
  s->host = host;
  x->slot = s;
  gm_list_append(&h->active, &s->link);
  rc = gm_http_slot_setup(s);
  if (!rc && curl_multi_add_handle(h->multi, s->easy))
    rc = gm_fail(&x->err, GAMUT_E_NOMEM, "no memory for a request");
  if (!rc)
    return;
  release(s);
  fail_later(h, x, rc);
}

/* Start what waits and may. */
static void pump(struct gm_http *h)
{
  struct gm_http_host *host;
  struct gm_exchange *x;

  while ((x = gm_http_next(h, &host)) != NULL)
    start(h, x, host);
}

static void finish(struct gm_http *h, struct gm_exchange *x,
                   int32_t error_class)
{
  x->error_class = error_class;
  x->end_us = gm_mono_us();
  gm_debug(h->log, "%s %.*s: %d, %u ms", x->method,
           (int)GM_MIN(strcspn(x->url, "?#"), (size_t)200), x->url,
           (int)(error_class ? error_class : x->status),
           (unsigned)((x->end_us - x->start_us) / 1000));
  x->done(x);
}

static void count(struct gm_http *h, const struct gm_http_slot *s)
{
  curl_off_t body = 0;
  long head = 0;

  curl_easy_getinfo(s->easy, CURLINFO_REQUEST_SIZE, &head);
  curl_easy_getinfo(s->easy, CURLINFO_SIZE_UPLOAD_T, &body);
  h->stats.exchanges++;
  h->stats.bytes_in += s->head_bytes + s->x->body_received;
  h->stats.bytes_out += (uint64_t)head + (uint64_t)body;
}

/* curl is through with the slot's exchange. */
static void end(struct gm_http_slot *s, CURLcode code)
{
  struct gm_http *h = s->http;
  struct gm_exchange *x = s->x;
  bool dropped = code == CURLE_WRITE_ERROR && !s->failed;
  bool redirects = s->redirects && (code == CURLE_OK || dropped);
  int32_t rc;

  curl_multi_remove_handle(h->multi, s->easy);
  count(h, s);
  if (s->not_taken && s->host->refused < h->max_per_host)
    s->host->refused++;
  rc = redirects ? gm_http_redirect(h, x) : gm_http_judge(s, code);
  release(s);
  if (!redirects || rc) {
    finish(h, x, rc);
    return;
  }
  rc = gm_http_enqueue(h, x, true);
  if (rc)
    fail_later(h, x, rc);
}

/* ---- between curl and the loop */

static void reap_doomed(struct gm_http *h)
{
  while (!gm_list_empty(&h->doomed)) {
    struct gm_http_slot *s =
      GM_CONTAINER(h->doomed.next, struct gm_http_slot, link);

    if (s->x) {
      s->failed = GAMUT_E_NOMEM;
      end(s, CURLE_OUT_OF_MEMORY);
      continue;
    }
    curl_multi_remove_handle(h->multi, s->easy);
    release(s);
  }
}

static void after_curl(struct gm_http *h)
{
  CURLMsg *m;
  int left;

  reap_doomed(h);
  while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
    CURLcode code = m->data.result;
    struct gm_http_slot *s = NULL;

    if (m->msg != CURLMSG_DONE ||
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&s))
      continue;
    end(s, code);
  }
  pump(h);
}

static void act(struct gm_http *h, curl_socket_t fd, int events)
{
  int running;

  h->in_curl = true;
  curl_multi_socket_action(h->multi, fd, events, &running);
  h->in_curl = false;
  after_curl(h);
}

static void on_ready(void *user, int fd, int events)
{
  act(user, fd,
      (events & GM_READ ? CURL_CSELECT_IN : 0) |
        (events & GM_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(struct gm_timer *t)
{
  struct gm_http *h = GM_CONTAINER(t, struct gm_http, timer);

  gm_timer_start(h->loop, t, UINT64_MAX);
  act(h, CURL_SOCKET_TIMEOUT, 0);
}

/* curl wants to be called then.  It counts in smaller units than we do, so a
 * millisecond more makes sure that something is due by its clock, too. */
static int set_timer(CURLM *multi, long delay_ms, void *user)
{
  struct gm_http *h = user;
  uint64_t due_ms = UINT64_MAX;

  (void)multi;
  if (delay_ms == 0)
    due_ms = 0;
  else if (delay_ms > 0)
    due_ms = gm_mono_ms() + (uint64_t)delay_ms + 1;
  gm_timer_start(h->loop, &h->timer, due_ms);
  return 0;
}

/* An error from here would break the whole multi handle, so a socket that
 * cannot be watched ends only the exchange that it is for. */
static int set_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                      void *socket_user)
{
  struct gm_http *h = user;
  struct gm_http_slot *s = NULL;
  int events =
    (what == CURL_POLL_IN || what == CURL_POLL_INOUT ? GM_READ : 0) |
    (what == CURL_POLL_OUT || what == CURL_POLL_INOUT ? GM_WRITE : 0);

  (void)socket_user;
  if (!gm_loop_watch(h->loop, fd, events))
    return 0;
  if (easy && !curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&s) && s &&
      s->x) {
    gm_list_remove(&s->link);
    gm_list_append(&h->doomed, &s->link);
    gm_timer_start(h->loop, &h->kick, 0);
  }
  return 0;
}

/* Transfers that waited for room in memory. */
static void go_on(struct gm_http *h)
{
  struct gm_http_slot *s;
  CURLcode code;

  while ((s = gm_http_resume(h, &code)) != NULL)
    end(s, code);
}

static void on_less(struct gm_budget *b)
{
  struct gm_http *h = GM_CONTAINER(b, struct gm_http, budget);

  if (!gm_list_empty(&h->paused) && b->held < b->max)
    gm_timer_start(h->loop, &h->kick, 0);
}

static void on_kick(struct gm_timer *t)
{
  struct gm_http *h = GM_CONTAINER(t, struct gm_http, kick);
  struct gm_list todo, *e;

  gm_timer_start(h->loop, t, UINT64_MAX);
  gm_list_init(&todo);
  while ((e = gm_list_pop(&h->failed)) != NULL)
    gm_list_append(&todo, e);
  while ((e = gm_list_pop(&todo)) != NULL) {
    struct gm_exchange *x = GM_CONTAINER(e, struct gm_exchange, link);

    x->queued = false;
    finish(h, x, x->error_class);
  }
  go_on(h);
  after_curl(h);
}

/* ---- limits
 *
 * All but the connection's are kept here and not by libcurl, which looks at its
 * clock before it reads: a process that was stopped for longer than the limit
 * would throw away an answer that has been there all the time.  A turn of the
 * loop tells sockets before timers, and what has come but takes more than one
 * turn has time when the timer is late. */

enum { LATE_MS = 1000, GRACE_MS = 10000 };

uint64_t gm_http_slot_due_ms(const struct gm_http_slot *s)
{
  uint32_t silence_ms = gm_exchange_silence_ms(s->x);

  return silence_ms ? GM_MIN(s->moved_ms + silence_ms, s->due_ms) : s->due_ms;
}

static void on_limit(struct gm_timer *t)
{
  struct gm_http_slot *s = GM_CONTAINER(t, struct gm_http_slot, limit);
  struct gm_http *h = s->http;
  uint64_t due_ms = gm_http_slot_due_ms(s), now = gm_mono_ms();
  uint64_t again_ms = now - t->due_ms > LATE_MS ? now + GRACE_MS : now;

  again_ms = GM_MAX(again_ms, due_ms);
  if (again_ms > now) {
    gm_timer_start(h->loop, t, again_ms);
    return;
  }
  s->silent = due_ms != s->due_ms;
  end(s, CURLE_OPERATION_TIMEDOUT);
  pump(h);
}

/* ---- for owners */

void gm_http_start(struct gm_http *h, struct gm_exchange *x)
{
  int32_t rc;

  gm_assert(!x->slot && !x->queued);
  gm_exchange_begin(x);
  x->reader.budget = &h->budget;
  rc = gm_http_enqueue(h, x, false);
  if (rc)
    fail_later(h, x, rc);
  else if (!h->in_curl)
    pump(h);
}

void gm_http_abort(struct gm_http *h, struct gm_exchange *x)
{
  struct gm_http_slot *s = x->slot;

  if (x->queued) {
    gm_http_dequeue(h, x);
    return;
  }
  if (!s)
    return;
  if (h->in_curl) {
    gm_timer_stop(h->loop, &s->limit);
    x->slot = NULL;
    s->x = NULL;
    gm_list_remove(&s->link);
    gm_list_append(&h->doomed, &s->link);
    return;
  }
  curl_multi_remove_handle(h->multi, s->easy);
  release(s);
  gm_timer_start(h->loop, &h->kick, 0); /* there is room for another */
}

struct gm_budget *gm_http_budget(struct gm_http *h)
{
  return &h->budget;
}

void gm_http_set_budget(struct gm_http *h, uint64_t bytes)
{
  h->budget.max = bytes ? bytes : reply_budget;
  on_less(&h->budget);
}

void gm_http_stats(const struct gm_http *h, struct gm_http_stats *ret)
{
  *ret = h->stats;
}

/* ---- making and freeing */

static void set_multi(struct gm_http *h)
{
  curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
  curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
  curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer);
  curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
  curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
  /* Kept connections count here, too; one a slot is the most we can use.
   * libcurl opens a connection for each HTTP/2 stream that finds the first
   * connection full unless it is told where to stop.  One more is for what goes
   * aside. */
  curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)h->max_total + 1);
  curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                    (long)h->max_total + 1);
  curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                    (long)h->max_per_host + 1);
}

static void init_lists(struct gm_http *h)
{
  gm_list_init(&h->ready);
  gm_list_init(&h->aside);
  gm_list_init(&h->idle);
  gm_list_init(&h->active);
  gm_list_init(&h->doomed);
  gm_list_init(&h->failed);
  gm_list_init(&h->paused);
  gm_buf_init(&h->mapped, 2 * GM_URL_MAX);
}

static bool init_timers(struct gm_http *h)
{
  h->timer.fire = on_timer;
  h->kick.fire = on_kick;
  h->on_limit = on_limit;
  h->watch.fire = gm_http_on_watch;
  return gm_timer_start(h->loop, &h->timer, UINT64_MAX) &&
         gm_timer_start(h->loop, &h->watch, UINT64_MAX) &&
         gm_timer_start(h->loop, &h->kick, UINT64_MAX);
}

static int32_t init(struct gm_http *h, const struct gm_http_options *o,
                    struct gm_error *err)
{
  h->endpoints = o->endpoints;
  h->one_shot = o->one_shot;
  h->budget.less = on_less;
  gm_http_set_budget(h, o->reply_budget);
  h->max_per_host = o->max_per_host ? o->max_per_host : PER_HOST;
  h->max_total = o->max_total ? o->max_total : TOTAL;
  h->user_agent = gm_strdup(o->user_agent);
  h->ca_file = gm_strdup(o->ca_file);
  h->multi = curl_multi_init();
  if (!h->multi || (o->user_agent && !h->user_agent) ||
      (o->ca_file && !h->ca_file) || !gm_proxy_new(&h->proxy) ||
      !init_timers(h))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an HTTP client");
  set_multi(h);
  gm_loop_on_socket(h->loop, on_ready, h);
  return gm_http_check_ca(h, err);
}

int32_t gm_http_new(struct gm_loop *l, struct gm_log *log,
                    const struct gm_http_options *o, struct gm_http **ret,
                    struct gm_error *err)
{
  _cleanup_(gm_http_freep) struct gm_http *h = NULL;
  int32_t rc = gm_http_global(err);

  if (rc)
    return rc;
  h = gm_zalloc(sizeof(*h));
  if (!h)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for an HTTP client");
  h->loop = l;
  h->log = log;
  init_lists(h);
  rc = init(h, o, err);
  if (rc)
    return rc;
  *ret = GM_TAKE(h);
  return 0;
}

static void abandon(struct gm_http *h, struct gm_list *slots)
{
  struct gm_list *link;

  while ((link = gm_list_pop(slots)) != NULL) {
    struct gm_http_slot *s = GM_CONTAINER(link, struct gm_http_slot, link);

    gm_timer_stop(h->loop, &s->limit);
    if (s->host)
      curl_multi_remove_handle(h->multi, s->easy);
    if (s->x)
      s->x->slot = NULL;
    gm_http_slot_free(s);
  }
}

void gm_http_free(struct gm_http *h)
{
  struct gm_list *link;

  if (!h)
    return;
  gm_assert(!h->in_curl);
  abandon(h, &h->active);
  abandon(h, &h->doomed);
  abandon(h, &h->idle);
  while ((link = gm_list_pop(&h->failed)) != NULL)
    GM_CONTAINER(link, struct gm_exchange, link)->queued = false;
  gm_http_hosts_finish(h);
  curl_multi_cleanup(h->multi);
  gm_timer_stop(h->loop, &h->timer);
  gm_timer_stop(h->loop, &h->kick);
  gm_timer_stop(h->loop, &h->watch);
  gm_loop_on_socket(h->loop, NULL, NULL);
  gm_proxy_free(h->proxy);
  gm_buf_finish(&h->mapped);
  gm_free(h->user_agent);
  gm_free(h->ca_file);
  gm_free(h);
}
