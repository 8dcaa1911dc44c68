/* http_queue.c - who may start next: per origin first come first served, and
 * the origins in turn, so that one with ten thousand exchanges does not stand
 * in another's way.
 *
 * A host is in http->ready exactly when something waits for it and it has room.
 * Hosts that are done with are kept up to a number, for the usual case of few
 * hosts and many exchanges; the rest go, since vendors may name any number. */
#include "loop/http_private.h"
#include <gamut/plugin.h>
#include <string.h>

enum { HOSTS_KEPT = 64 };

static void update(struct gm_http *h, struct gm_http_host *host)
{
  gm_list_remove(&host->link);
  if (!gm_list_empty(&host->waiting) && host->active < h->max_per_host)
    gm_list_append(&h->ready, &host->link);
}

static void drop_unused(struct gm_http *h, struct gm_http_host *host)
{
  if (host->active || !gm_list_empty(&host->waiting) ||
      h->n_hosts <= HOSTS_KEPT)
    return;
  gm_map_remove(&h->hosts, host->origin);
  h->n_hosts--;
  gm_free(host);
}

static struct gm_http_host *host_of(struct gm_http *h, const char *origin)
{
  struct gm_http_host *host = gm_map_get(&h->hosts, origin);

  if (host)
    return host;
  host = gm_zalloc(sizeof(*host));
  if (!host)
    return NULL;
  gm_list_init(&host->link);
  gm_list_init(&host->waiting);
  memcpy(host->origin, origin, strlen(origin) + 1);
  if (!gm_map_put(&h->hosts, origin, host)) {
    gm_free(host);
    return NULL;
  }
  h->n_hosts++;
  return host;
}

/* A query may hold a key, and so does "user:password@". */
static int32_t bad_url(struct gm_exchange *x, const char *url)
{
  bool quote = url && !strchr(url, '@');

  return gm_fail(&x->err, GAMUT_E_INVALID,
                 "not an http(s) URL, or one with a user: '%.*s'",
                 quote ? (int)GM_MIN(strcspn(url, "?#"), (size_t)80) : 3,
                 quote ? url : "...");
}

int32_t gm_http_enqueue(struct gm_http *h, struct gm_exchange *x, bool first)
{
  char origin[GM_ORIGIN_SIZE];
  struct gm_http_host *host;
  const char *url = gm_exchange_url(x);

  if (!gm_endpoints_origin(h->endpoints, url, origin))
    return bad_url(x, url);
  if (x->flags & GM_X_ASIDE) {
    memcpy(h->aside_host.origin, origin, sizeof(origin));
    gm_list_append(&h->aside, &x->link);
    x->queued = true;
    return 0;
  }
  host = host_of(h, origin);
  if (!host)
    return gm_fail(&x->err, GAMUT_E_NOMEM, "no memory for a request");
  gm_list_append(first ? host->waiting.next : &host->waiting, &x->link);
  x->queued = true;
  x->slot = host;
  h->stats.waiting++;
  update(h, host);
  return 0;
}

void gm_http_dequeue(struct gm_http *h, struct gm_exchange *x)
{
  struct gm_http_host *host = x->slot;

  gm_list_remove(&x->link);
  x->queued = false;
  x->slot = NULL;
  if (!host) /* one that could not start, or goes aside */
    return;
  h->stats.waiting--;
  update(h, host);
  drop_unused(h, host);
}

struct gm_exchange *gm_http_next(struct gm_http *h, struct gm_http_host **ret)
{
  struct gm_http_host *host;
  struct gm_exchange *x;
  struct gm_list *link = gm_list_pop(&h->aside);

  if (link) {
    *ret = &h->aside_host;
    x = GM_CONTAINER(link, struct gm_exchange, link);
    x->queued = false;
    return x;
  }
  if (gm_list_empty(&h->ready) || h->stats.active >= h->max_total)
    return NULL;
  host = GM_CONTAINER(h->ready.next, struct gm_http_host, link);
  link = gm_list_pop(&host->waiting);
  if (!link)
    return NULL;
  x = GM_CONTAINER(link, struct gm_exchange, link);
  x->queued = false;
  x->slot = NULL;
  h->stats.waiting--;
  h->stats.active++;
  host->active++;
  update(h, host);
  *ret = host;
  return x;
}

void gm_http_host_leave(struct gm_http *h, struct gm_http_host *host)
{
  if (host == &h->aside_host)
    return;
  h->stats.active--;
  host->active--;
  update(h, host);
  drop_unused(h, host);
}

void gm_http_hosts_finish(struct gm_http *h)
{
  struct gm_map_entry *e;
  struct gm_list *l;
  size_t it = 0;

  while ((l = gm_list_pop(&h->aside)))
    GM_CONTAINER(l, struct gm_exchange, link)->queued = false;
  while ((e = gm_map_next(&h->hosts, &it)) != NULL) {
    struct gm_http_host *host = e->value;
    struct gm_list *link;

    while ((link = gm_list_pop(&host->waiting)) != NULL) {
      struct gm_exchange *x = GM_CONTAINER(link, struct gm_exchange, link);

      x->queued = false;
      x->slot = NULL;
    }
    gm_free(host);
  }
  gm_map_finish(&h->hosts);
}
