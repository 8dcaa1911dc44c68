/* listen.c - deliveries that come in over HTTP: /PROVIDER on 127.0.0.1.
 *
 * Each is checked by its provider and answered when that is over: 200 for what
 * is genuine, also when it comes again; 401 for what is not.  503 says that it
 * could not be told, so that the vendor tries again.  Whatever is answered,
 * polling goes on. */
#include "api/query.h"
#include "base/clock.h"
#include "base/str.h"
#include "loop/receiver.h"
#include <string.h>

#define PROVIDERS_MAX 64
/* Vendors wait ten seconds and more. */
#define ANSWER_MS 8000

struct gm_listener {
  struct gamut *g;
  struct gm_receiver *receiver;
  struct gm_list deliveries;          /* being checked */
  char *providers[PROVIDERS_MAX + 1]; /* none: any */
};

struct delivery {
  struct gm_list link;
  struct gm_listener *listener;
  struct gm_received *received;
  struct gm_instance *instance;
  struct gm_query query;
  struct gm_timer timer; /* the end of patience; at once when it is over */
};

/* ---- answers ------------------------------------------------------------ */

static int status_of(int32_t error_class)
{
  switch (error_class) {
  case 0:
    return 200;
  case GAMUT_E_AUTH:
  case GAMUT_E_PERMISSION:
    return 401;
  case GAMUT_E_NOT_FOUND:
    return 404;
  case GAMUT_E_INVALID:
  case GAMUT_E_PROTOCOL:
    return 400;
  default:
    return 503;
  }
}

static const char *word_of(int status)
{
  return status == 200   ? "taken"
         : status == 401 ? "not genuine"
         : status == 404 ? "no such provider"
         : status == 400 ? "not understood"
                         : "cannot be told now";
}

/* What the application hears of it. */
static void tell(struct gm_listener *l, const char *provider, int status,
                 struct json_object *answer)
{
  struct gamut_event e = { .type = GAMUT_EVENT_DELIVERY,
                           .provider = provider,
                           .number = status };
  const char *woke = gm_json_str(answer, "woke", "");

  e.text = gm_json_text(answer, NULL);
  memcpy(e.id, woke, GM_MIN(strlen(woke), sizeof(e.id) - 1));
  gm_event_tell(l->g, &e);
}

static void refuse(struct gm_listener *l, struct gm_received *r,
                   const char *provider, const struct gm_error *err)
{
  _cleanup_json_ struct json_object *o = json_object_new_object();
  int status = status_of(err->error_class);

  gm_debug(&l->g->log, "webhook: %s refused, %d: %s", provider, status,
           gm_error_text(err));
  json_object_object_add(o, "error",
                         json_object_new_string(gm_error_text(err)));
  json_object_object_add(
    o, "class", json_object_new_string(gamut_class_name(err->error_class)));
  tell(l, provider, status, o);
  gm_received_answer(r, status, word_of(status));
}

/* ---- checking ----------------------------------------------------------- */

static void drop(struct delivery *d)
{
  gm_timer_stop(d->listener->g->loop, &d->timer);
  gm_list_remove(&d->link);
  gm_query_finish(&d->query);
  gm_free(d);
}

static void take(struct delivery *d)
{
  struct gm_listener *l = d->listener;
  struct json_object *answer = d->query.job.found->answer;

  gm_delivery_heed(l->g, d->instance, answer);
  tell(l, d->instance->name, 200, answer);
  gm_received_answer(d->received, 200, word_of(200));
}

static void conclude(struct gm_timer *t)
{
  struct delivery *d = GM_CONTAINER(t, struct delivery, timer);
  struct gm_error *err = &d->query.job.err;

  if (!d->query.done)
    gm_fail(err, GAMUT_E_TIMEOUT, "it could not be checked within %d s",
            ANSWER_MS / 1000);
  if (err->error_class)
    refuse(d->listener, d->received, d->instance->name, err);
  else
    take(d);
  drop(d);
}

/* A query must not be freed from here. */
static void over(struct gm_query *q)
{
  struct delivery *d = q->user;

  gm_timer_start(d->listener->g->loop, &d->timer, gm_mono_ms());
}

static int32_t check(struct gm_listener *l, struct gm_received *r,
                     struct gm_instance *i, struct gm_error *err)
{
  char *text = gm_delivery_text(r->in.pairs, gm_buf_text(&r->in.body),
                                r->in.body.len, err);
  struct delivery *d = text ? gm_zalloc(sizeof(*d)) : NULL;

  if (!d) {
    gm_free(text);
    return text ? gm_fail(err, GAMUT_E_NOMEM, "no memory for a delivery")
                : err->error_class;
  }
  d->listener = l;
  d->received = r;
  d->instance = i;
  d->timer.fire = conclude;
  d->query.over = over;
  d->query.user = d;
  gm_list_append(&l->deliveries, &d->link);
  if (!gm_timer_start(l->g->loop, &d->timer, gm_mono_ms() + ANSWER_MS)) {
    gm_free(text);
    gm_fail(err, GAMUT_E_NOMEM, "no memory for a delivery");
  } else {
    gm_query_begin(&d->query, &l->g->engine, i, "webhook", text, NULL, err);
  }
  if (err->error_class)
    drop(d);
  return err->error_class;
}

/* ---- which provider ----------------------------------------------------- */

static bool is_name(const char *s)
{
  size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-");

  return n > 0 && n < 64 && !s[n];
}

static bool is_wanted(const struct gm_listener *l, const char *name)
{
  size_t i;

  for (i = 0; l->providers[i]; i++)
    if (gm_streq(l->providers[i], name))
      return true;
  return i == 0;
}

/* "/fal", "/fal/", "/fal?anything": the first part of the path. */
static void name_in(const char *target, char *name, size_t size)
{
  size_t n = strcspn(target + 1, "?"), len = n;

  if (len > 0 && target[len] == '/')
    len--;
  len = len < size ? len : 0;
  memcpy(name, target + 1, len);
  name[len] = '\0';
}

static void on_received(struct gm_received *r)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_listener *l = r->user;
  struct gm_instance *i;
  char name[64];

  name_in(r->in.target, name, sizeof(name));
  if (!is_name(name) || !is_wanted(l, name))
    gm_fail(&err, GAMUT_E_NOT_FOUND, "nobody listens at that address");
  else if (gm_inquiry_find(l->g, name, "webhook", &i, &err) == 0)
    check(l, r, i, &err);
  if (err.error_class == GAMUT_E_UNSUPPORTED)
    err.error_class = GAMUT_E_NOT_FOUND;
  if (err.error_class)
    refuse(l, r, is_name(name) ? name : NULL, &err);
}

/* ---- beginning and end -------------------------------------------------- */

void gm_listener_free(struct gm_listener *l)
{
  struct gm_list *e;
  size_t i;

  if (!l)
    return;
  while ((e = l->deliveries.next) != &l->deliveries)
    drop(GM_CONTAINER(e, struct delivery, link));
  gm_receiver_free(l->receiver);
  for (i = 0; l->providers[i]; i++)
    gm_free(l->providers[i]);
  gm_free(l);
}

struct wish {
  uint32_t port;
  const char *const *providers;
  uint32_t ret_port;
  struct gm_error err;
};

/* Each must be one that has deliveries. */
static int32_t copy_providers(struct gm_listener *l, const struct wish *w,
                              struct gm_error *err)
{
  struct gm_instance *i;
  size_t k;

  for (k = 0; w->providers && w->providers[k]; k++) {
    if (k == PROVIDERS_MAX)
      return gm_fail(err, GAMUT_E_INVALID, "more than %d providers",
                     PROVIDERS_MAX);
    if (gm_inquiry_find(l->g, w->providers[k], "webhook", &i, err))
      return err->error_class;
    l->providers[k] = gm_strdup(w->providers[k]);
    if (!l->providers[k])
      return gm_fail(err, GAMUT_E_NOMEM, "no memory to listen with");
  }
  return 0;
}

static void listen_now(struct gamut *g, void *arg)
{
  struct wish *w = arg;
  struct gm_listener *l;
  uint16_t port;

  if (g->listener || g->closing || w->port > UINT16_MAX) {
    gm_fail(&w->err, GAMUT_E_INVALID,
            w->port > UINT16_MAX ? "a port is a number up to 65535"
            : g->closing         ? "the context is being closed"
                                 : "this context listens already");
    return;
  }
  l = gm_zalloc(sizeof(*l));
  if (!l) {
    gm_fail(&w->err, GAMUT_E_NOMEM, "no memory to listen with");
    return;
  }
  l->g = g;
  gm_list_init(&l->deliveries);
  if (copy_providers(l, w, &w->err) ||
      gm_receiver_new(g->loop, (uint16_t)w->port, on_received, l, &l->receiver,
                      &port, &w->err)) {
    gm_listener_free(l);
    return;
  }
  w->ret_port = port;
  g->listener = l;
}

int32_t gamut_listen(struct gamut *g, uint32_t port,
                     const char *const *providers, uint32_t *ret_port,
                     struct gamut_error *ret_error)
{
  struct wish w = { port, providers, 0, GM_ERROR_INIT };
  int32_t rc = gm_enter(g, ret_error);

  if (rc)
    return rc;
  gm_on_engine(g, listen_now, &w);
  if (!w.err.error_class && ret_port)
    *ret_port = w.ret_port;
  return gm_report(&w.err, ret_error);
}
