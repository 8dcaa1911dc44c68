/* http_pause.c - transfers wait while the replies in memory are too many.
 *
 * A transfer whose bytes stay in memory asks before it takes more.  When the
 * budget is reached it waits, unless it is the last one that flows: that one
 * goes on and puts what it can into a file.  Waiting ones go on, the longest
 * first, as soon as there is room, or when nobody flows any more, or when those
 * who flow have brought nothing for a while: so whatever holds the bytes, and
 * whatever server stalls, something moves.
 *
 * HTTP/2 streams never wait.  libcurl then closes the stream's window, and
 * several versions have failed to open it again (its issues 9180 and 16955), or
 * have let streams that wait fill the window of the connection they share with
 * others (10988).  They use files instead.
 *
 * What libcurl has taken from the socket when we say no it keeps (32 KiB, more
 * when it was compressed).  Time that we make a transfer wait is not counted
 * against it. */
#include "base/clock.h"
#include "loop/http_private.h"
#include <string.h>

enum {
  ROOM_FOR_ONE = 4 * 1024 * 1024, /* what a transfer may take until it spills */
  IDLE_MS = 250
};

static bool stays_in_memory(const struct gm_exchange *x)
{
  return !(x->flags & GM_X_DOWNLOAD) || x->flags & GM_X_HELD;
}

static void set_flows(struct gm_http_slot *s, bool flows)
{
  if (s->flows == flows)
    return;
  s->flows = flows;
  s->http->n_flowing += flows ? 1 : UINT32_MAX;
}

/* ---- waiting ------------------------------------------------------------ */

static void stop_clocks(struct gm_http_slot *s)
{
  gm_timer_start(s->http->loop, &s->limit, UINT64_MAX);
  s->paused_us = gm_mono_us();
}

static bool must_go_on(const struct gm_http_slot *s)
{
  const struct gm_http *h = s->http;

  return s->is_http2 || s->hurries || h->n_flowing - s->flows == 0;
}

bool gm_http_waits(struct gm_http_slot *s)
{
  struct gm_http *h = s->http;

  if (!stays_in_memory(s->x))
    return false;
  if (h->budget.held < h->budget.max) {
    set_flows(s, true);
    return false;
  }
  if (must_go_on(s)) {
    set_flows(s, true);
    gm_reader_spill(&s->x->reader);
    if (s->x->feeds)
      gm_reader_spill(s->x->feeds);
    return false;
  }
  stop_clocks(s);
  set_flows(s, false);
  h->stats.pauses++;
  if (gm_list_empty(&h->paused))
    gm_timer_start(h->loop, &h->watch, gm_mono_ms() + IDLE_MS);
  gm_list_append(&h->paused, &s->wait);
  return true;
}

/* Room or not, the one that has waited longest goes on, into a file. */
static void hurry(struct gm_http *h)
{
  if (gm_list_empty(&h->paused))
    return;
  GM_CONTAINER(h->paused.next, struct gm_http_slot, wait)->hurries = true;
  h->urgent = true;
  gm_timer_start(h->loop, &h->kick, 0);
}

void gm_http_waits_not(struct gm_http_slot *s)
{
  struct gm_http *h = s->http;

  gm_list_remove(&s->wait);
  set_flows(s, false);
  if (h->n_flowing == 0 || s->hurries)
    hurry(h);
}

/* ---- going on ----------------------------------------------------------- */

static void start_clocks(struct gm_http_slot *s)
{
  s->x->paused_us += gm_mono_us() - s->paused_us;
  gm_http_slot_limit(s);
}

/* libcurl hands over what it has kept before it returns. */
static CURLcode go_on(struct gm_http_slot *s)
{
  struct gm_http *h = s->http;
  CURLcode code;

  gm_list_remove(&s->wait);
  start_clocks(s);
  set_flows(s, true);
  h->in_curl = true;
  code = curl_easy_pause(s->easy, CURLPAUSE_CONT);
  h->in_curl = false;
  return code;
}

struct gm_http_slot *gm_http_resume(struct gm_http *h, CURLcode *ret)
{
  const struct gm_budget *b = &h->budget;
  uint64_t n = b->held < b->max ? 1 + (b->max - b->held) / ROOM_FOR_ONE : 0;

  if (n == 0 && h->urgent)
    n = 1;
  h->urgent = false;
  for (; n > 0 && !gm_list_empty(&h->paused); n--) {
    struct gm_http_slot *s =
      GM_CONTAINER(h->paused.next, struct gm_http_slot, wait);

    *ret = go_on(s);
    if (*ret && s->x)
      return s;
  }
  return NULL;
}

/* Do those who flow bring nothing? */
void gm_http_on_watch(struct gm_timer *t)
{
  struct gm_http *h = GM_CONTAINER(t, struct gm_http, watch);
  bool idle = h->moved == h->moved_seen;

  h->moved_seen = h->moved;
  if (gm_list_empty(&h->paused)) {
    gm_timer_start(h->loop, t, UINT64_MAX);
    return;
  }
  gm_timer_start(h->loop, t, gm_mono_ms() + IDLE_MS);
  if (idle)
    hurry(h);
}
