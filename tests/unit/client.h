/* client.h - a loop, an HTTP client and a server for the tests of http. */
#ifndef GM_TESTS_CLIENT_H
#define GM_TESTS_CLIENT_H

#include "base/clock.h"
#include "loop/http_private.h"
#include "server.h"
#include "unit.h"
#include <gamut/plugin.h>

struct client {
  struct gm_loop *loop;
  struct gm_http *http;
  struct server *server;
};

/* An exchange that knows whether it is done. */
struct trial {
  struct gm_exchange x;
  char url[256];
  bool done;
  int n_done, n_sent;
};

static inline void client_open(struct client *c, server_fn *fn, void *user,
                               const struct gm_http_options *o)
{
  static const struct gm_http_options usual = { .user_agent = "gamut-test" };

  c->server = server_start(fn, user);
  ck_assert_int_eq(gm_loop_new(NULL, &c->loop, NULL), 0);
  ck_assert_int_eq(gm_http_new(c->loop, NULL, o ? o : &usual, &c->http, NULL),
                   0);
}

static inline void client_close(struct client *c)
{
  gm_http_free(c->http);
  gm_loop_free(c->loop);
  server_stop(c->server);
}

static inline void trial_done(struct gm_exchange *x)
{
  struct trial *t = GM_CONTAINER(x, struct trial, x);

  t->done = true;
  t->n_done++;
}

static inline void trial_sending(struct gm_exchange *x)
{
  GM_CONTAINER(x, struct trial, x)->n_sent++;
}

/* A request for `path` of the client's own server, or for a whole URL. */
static inline void trial_init(struct trial *t, const struct client *c,
                              const char *method, const char *path)
{
  memset(t, 0, sizeof(*t));
  gm_exchange_init(&t->x);
  if (path[0] == '/')
    server_url(c->server, path, t->url, sizeof(t->url));
  else
    memcpy(t->url, path, strlen(path) + 1);
  t->x.method = method;
  t->x.url = t->url;
  t->x.done = trial_done;
  t->x.sending = trial_sending;
}

static inline void trial_wait(struct client *c, struct trial *t)
{
  while (!t->done)
    gm_loop_turn(c->loop, -1);
}

static inline void trial_run(struct client *c, struct trial *t)
{
  t->done = false;
  gm_http_start(c->http, &t->x);
  trial_wait(c, t);
}

#endif
