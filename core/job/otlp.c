/* otlp.c - the queue of spans, and the one exchange that empties it. */
#include "job/otlp.h"
#include "base/clock.h"
#include "base/json.h"
#include "job/policy.h"
#include "loop/url.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>

#define QUEUE_BYTES  ((size_t)16 << 20)
#define REPLY_BYTES  65536
#define HEADERS_MAX  16
#define AGAIN_MAX    4
#define AGAIN_MS     1000
#define AGAIN_CAP_MS 16000
#define TURN_MS      50
#define TURNS_MAX    2000 /* whatever the clock says */

struct span {
  struct gm_list link;
  size_t len;
  char text[];
};

struct gm_otlp {
  struct gm_loop *loop;
  struct gm_http *http;
  struct gm_log *log;
  struct gm_meters *meters;
  char *url, *resource;
  char *names[HEADERS_MAX], *values[HEADERS_MAX];
  struct gm_header headers[HEADERS_MAX + 1];
  size_t n_headers;
  uint32_t timeout_ms, delay_ms, queue_max, batch_max;
  struct gm_list queue;
  size_t n_queued, queued_bytes;
  /* what is on its way, or waits to be sent again */
  struct gm_exchange x;
  struct gm_buf body;
  uint32_t n_sent, again;
  bool busy;    /* the exchange is under way */
  bool hurries; /* the context is being closed */
  struct gm_timer timer;
};

/* ---- dropping
 * ---------------------------------------------------------------- */

static void tell(struct gm_otlp *o, uint32_t n, const char *outcome)
{
  gm_count(o->meters, GM_M_SPANS, n, outcome, NULL, NULL);
}

static void drop_batch(struct gm_otlp *o, const char *why)
{
  tell(o, o->n_sent, "dropped");
  gm_warn(o->log, "spans are dropped, since %.*s does not take them: %s",
          (int)strcspn(o->url, "?#"), o->url, why);
  o->n_sent = o->again = 0;
  gm_buf_finish(&o->body);
}

/* ---- one batch
 * ---------------------------------------------------------------- */

static void add_scope(struct gm_otlp *o)
{
  gm_buf_add(&o->body, "{\"resourceSpans\":[{\"resource\":{\"attributes\":");
  gm_buf_add(&o->body, o->resource);
  gm_buf_add(&o->body, "},\"scopeSpans\":[{\"scope\":{\"name\":\"gamut\","
                       "\"version\":\"" PACKAGE_VERSION "\"},\"spans\":[");
}

static void make_batch(struct gm_otlp *o)
{
  struct gm_list *l;

  gm_buf_clear(&o->body);
  add_scope(o);
  while (o->n_sent < o->batch_max && (l = gm_list_pop(&o->queue))) {
    struct span *s = GM_CONTAINER(l, struct span, link);

    if (o->n_sent++ > 0)
      gm_buf_addc(&o->body, ',');
    gm_buf_addn(&o->body, s->text, s->len);
    o->n_queued--;
    o->queued_bytes -= s->len;
    gm_free(s);
  }
  gm_buf_add(&o->body, "]}]}]}");
}

static void answered(struct gm_exchange *x);

static void send_batch(struct gm_otlp *o)
{
  struct gm_exchange *x = &o->x;

  if (o->n_sent == 0)
    make_batch(o);
  if (gm_buf_failed(&o->body)) {
    drop_batch(o, "no memory");
    return;
  }
  gm_exchange_reset(x);
  x->method = "POST";
  x->url = o->url;
  x->headers = o->headers;
  x->n_headers = o->n_headers;
  x->body = o->body.data;
  x->body_len = o->body.len;
  x->flags = GM_X_ASIDE;
  x->timeout_ms = o->timeout_ms;
  x->max_body = REPLY_BYTES;
  x->owner = o;
  x->done = answered;
  o->busy = true;
  gm_http_start(o->http, x);
}

/* Enough for a batch, or nothing may wait any longer: now; else after a while.
 */
static void go_on(struct gm_otlp *o)
{
  if (o->busy || o->timer.at)
    return;
  if (o->n_queued >= o->batch_max || (o->hurries && o->n_queued > 0))
    send_batch(o);
  else if (o->n_queued > 0)
    gm_timer_start(o->loop, &o->timer, gm_mono_ms() + o->delay_ms);
}

static void on_timer(struct gm_timer *t)
{
  struct gm_otlp *o = GM_CONTAINER(t, struct gm_otlp, timer);

  if (!o->busy && (o->n_sent > 0 || o->n_queued > 0))
    send_batch(o);
}

/* ---- its answer
 * ---------------------------------------------------------------- */

/* By OTLP's specification these, and no others, may be sent again. */
static bool may_again(const struct gm_exchange *x)
{
  if (x->error_class)
    return gm_policy_of(x->error_class)->again;
  return x->status == 429 || (x->status >= 502 && x->status <= 504);
}

/* {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "..."}} */
static void take_verdict(struct gm_otlp *o)
{
  const struct gm_buf *text = &o->x.reader.text;
  _cleanup_json_ struct json_object *reply =
    gm_json_parse_once(gm_buf_text(text), text->len, NULL, NULL);
  struct json_object *n = gm_json_at(reply, "partialSuccess/rejectedSpans");
  int64_t rejected = n ? json_object_get_int64(n) : 0;
  uint32_t lost = (uint32_t)GM_MIN(GM_MAX(rejected, 0), (int64_t)o->n_sent);

  tell(o, o->n_sent - lost, "exported");
  tell(o, lost, "rejected");
  if (lost > 0)
    gm_warn(
      o->log, "the collector rejects spans: %s",
      gm_json_str(reply, "partialSuccess/errorMessage", "no reason given"));
  o->n_sent = o->again = 0;
  gm_buf_finish(&o->body);
}

static void refused(struct gm_otlp *o)
{
  const struct gm_exchange *x = &o->x;
  char why[32] = "";
  uint32_t wait_ms;

  if (may_again(x) && o->again < AGAIN_MAX && !o->hurries) {
    wait_ms = gm_backoff_ms(o->again++, AGAIN_MS, AGAIN_CAP_MS,
                            x->has_retry_after, x->retry_after_ms);
    if (gm_timer_start(o->loop, &o->timer, gm_mono_ms() + wait_ms))
      return;
  }
  snprintf(why, sizeof(why), "HTTP %d", (int)x->status);
  drop_batch(o, x->error_class ? gm_error_text(&x->err) : why);
}

static void answered(struct gm_exchange *x)
{
  struct gm_otlp *o = x->owner;

  o->busy = false;
  if (x->error_class == 0 && x->status >= 200 && x->status < 300)
    take_verdict(o);
  else
    refused(o);
  go_on(o);
}

/* ---- for owners
 * ------------------------------------------------------------------ */

void gm_otlp_add(struct gm_otlp *o, struct gm_buf *span)
{
  struct span *s = NULL;

  if (!gm_buf_failed(span) && o->n_queued < o->queue_max &&
      o->queued_bytes + span->len <= QUEUE_BYTES)
    s = gm_alloc(sizeof(*s) + span->len);
  if (s) {
    s->len = span->len;
    memcpy(s->text, gm_buf_text(span), span->len);
    gm_list_append(&o->queue, &s->link);
    o->n_queued++;
    o->queued_bytes += s->len;
  } else {
    tell(o, 1, "dropped");
  }
  gm_buf_finish(span);
  go_on(o);
}

void gm_otlp_flush(struct gm_otlp *o, uint32_t most_ms)
{
  uint64_t until_ms = gm_mono_ms() + most_ms;
  uint32_t turns = 0;

  o->hurries = true;
  if (!o->busy) {
    gm_timer_stop(o->loop, &o->timer);
    on_timer(&o->timer);
  }
  while ((o->busy || o->n_queued > 0) && gm_mono_ms() < until_ms &&
         turns++ < TURNS_MAX)
    gm_loop_turn(o->loop, TURN_MS);
  tell(o, o->n_sent + (uint32_t)o->n_queued, "dropped");
  if (o->n_sent > 0 || o->n_queued > 0)
    gm_warn(o->log, "spans are dropped, since %.*s takes too long",
            (int)strcspn(o->url, "?#"), o->url);
}

static bool add_header(void *user, const char *name, const char *value)
{
  struct gm_otlp *o = user;
  size_t i = o->n_headers;

  if (i == HEADERS_MAX || strpbrk(name, " \r\n\t:") || strpbrk(value, "\r\n"))
    return false;
  gm_log_secret(o->log, value);
  o->names[i] = gm_strdup(name);
  o->values[i] = gm_strdup(value);
  o->headers[i] = (struct gm_header){ o->names[i], o->values[i] };
  o->n_headers++;
  return o->names[i] && o->values[i];
}

static int32_t take_options(struct gm_otlp *o,
                            const struct gm_otlp_options *from,
                            struct gm_error *err)
{
  char origin[GM_ORIGIN_SIZE];

  o->url = gm_strdup(from->url);
  o->resource = gm_strdup(from->resource);
  if (!o->url || !o->resource)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for traces");
  if (!gm_url_origin(o->url, origin))
    return gm_fail(err, GAMUT_E_INVALID,
                   "the endpoint of OTLP is no http(s) URL: '%.*s'",
                   (int)strcspn(o->url, "?#@"), o->url);
  if (from->headers && !gm_otlp_pairs(from->headers, add_header, o))
    return gm_fail(err, GAMUT_E_INVALID,
                   "the headers for OTLP are no name=value,name=value");
  o->headers[o->n_headers++] =
    (struct gm_header){ "content-type", "application/json" };
  o->timeout_ms = from->timeout_ms;
  o->delay_ms = from->delay_ms;
  o->queue_max = from->queue_max;
  o->batch_max = GM_MIN(from->batch_max, from->queue_max);
  return 0;
}

int32_t gm_otlp_new(struct gm_loop *loop, struct gm_http *http,
                    struct gm_log *log, struct gm_meters *meters,
                    const struct gm_otlp_options *from, struct gm_otlp **ret,
                    struct gm_error *err)
{
  struct gm_otlp *o = gm_zalloc(sizeof(*o));
  int32_t rc;

  if (!o)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for traces");
  o->loop = loop;
  o->http = http;
  o->log = log;
  o->meters = meters;
  gm_list_init(&o->queue);
  gm_exchange_init(&o->x);
  gm_buf_init(&o->body, 2 * QUEUE_BYTES);
  o->timer.fire = on_timer;
  rc = take_options(o, from, err);
  if (rc)
    gm_otlp_free(o);
  else
    *ret = o;
  return rc;
}

void gm_otlp_free(struct gm_otlp *o)
{
  struct gm_list *l;
  size_t i;

  if (!o)
    return;
  gm_timer_stop(o->loop, &o->timer);
  if (o->busy)
    gm_http_abort(o->http, &o->x);
  gm_exchange_finish(&o->x);
  while ((l = gm_list_pop(&o->queue)))
    gm_free(GM_CONTAINER(l, struct span, link));
  for (i = 0; i < HEADERS_MAX; i++) {
    gm_free(o->names[i]);
    if (o->values[i])
      explicit_bzero(o->values[i], strlen(o->values[i]));
    gm_free(o->values[i]);
  }
  gm_buf_finish(&o->body);
  gm_free(o->url);
  gm_free(o->resource);
  gm_free(o);
}
