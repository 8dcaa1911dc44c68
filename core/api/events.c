/* events.c - what happens, in a queue for whoever asks; and the ways to wait.
 * The queue is filled where the engine runs and emptied by one reader. */
#include "api/context.h"
#include "base/clock.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A reader that stays away must not cost memory for ever: above this, only the
 * ends of jobs are queued. */
#define EVENTS_MAX 65536
#define BYTES_MAX  ((size_t)64 << 20) /* the same for the drafts in them */

static const struct gamut_event none = { .struct_size = sizeof(none) };

void gm_signal(struct gamut *g)
{
  ssize_t n;

  do
    n = write(g->signal_fd[1], "", 1);
  while (n < 0 && errno == EINTR);
}

static void drain(struct gamut *g)
{
  char sink[64];

  while (read(g->signal_fd[0], sink, sizeof(sink)) > 0)
    ;
}

static char *append(char *at, const char *s, const char **ret)
{
  size_t len = s ? strlen(s) + 1 : 0;

  *ret = s ? at : NULL;
  if (len > 0)
    memcpy(at, s, len);
  return at + len;
}

static size_t length(const char *s)
{
  return s ? strlen(s) + 1 : 0;
}

static bool is_full(struct gamut *g, size_t len)
{
  bool full;

  pthread_mutex_lock(&g->lock);
  full = g->n_events >= EVENTS_MAX ||
         (g->event_bytes > 0 && len > 0 && g->event_bytes + len > BYTES_MAX);
  pthread_mutex_unlock(&g->lock);
  return full;
}

/* Copies what the event points to, but for the result, which it takes.  NULL:
 * no memory. */
static struct gm_event_node *node_of(const struct gamut_event *e)
{
  struct gm_event_node *n =
    gm_zalloc(sizeof(*n) + length(e->text) + length(e->provider) +
              length(e->model) + length(e->path) + e->data_len);
  char *at;

  if (!n)
    return NULL;
  n->event = *e;
  n->event.struct_size = sizeof(n->event);
  at = append(n->text, e->text, &n->event.text);
  at = append(at, e->provider, &n->event.provider);
  at = append(at, e->model, &n->event.model);
  at = append(at, e->path, &n->event.path);
  if (e->data_len > 0) {
    memcpy(at, e->data, e->data_len);
    n->event.data = at;
  }
  return n;
}

static void queue(struct gamut *g, struct gm_event_node *n)
{
  pthread_mutex_lock(&g->lock);
  gm_list_append(&g->events, &n->link);
  g->n_events++;
  g->event_bytes += n->event.data_len;
  pthread_mutex_unlock(&g->lock);
  if (g->flags & GAMUT_THREAD)
    gm_signal(g);
}

void gm_event_push(struct gamut *g, const struct gm_ticket *t,
                   const struct gm_job_event *e, struct gamut_result *result)
{
  const struct gm_link *l = gm_run_link(t->run);
  struct gamut_event event = { .type = e->type,
                               .provider = l->provider,
                               .model = l->model,
                               .number = e->number,
                               .total = e->total,
                               .text = e->text,
                               .path = e->path,
                               .data = e->data,
                               .data_len = e->data_len,
                               .result = result };
  struct gm_event_node *n;

  if (e->type != GAMUT_EVENT_DONE && is_full(g, e->data_len))
    return;
  memcpy(event.id, t->run->job.id, GAMUT_ID_SIZE);
  n = node_of(&event);
  if (n)
    queue(g, n);
  else
    gamut_result_free(result);
}

void gm_event_tell(struct gamut *g, const struct gamut_event *e)
{
  struct gm_event_node *n;

  if (!atomic_load(&g->want_events) || is_full(g, 0))
    return;
  n = node_of(e);
  if (n)
    queue(g, n);
}

static void free_node(struct gm_event_node *n)
{
  if (!n)
    return;
  if (n->event.type == GAMUT_EVENT_DONE && n->event.result)
    gamut_result_free(n->event.result);
  gm_free(n);
}

/* Events that nobody read.  The one handed out last keeps its result with the
 * caller. */
void gm_events_drop(struct gamut *g)
{
  struct gm_list *l;

  gm_free(g->given);
  g->given = NULL;
  while ((l = gm_list_pop(&g->events)))
    free_node(GM_CONTAINER(l, struct gm_event_node, link));
}

static const struct gamut_event *take(struct gamut *g)
{
  struct gm_list *l;

  pthread_mutex_lock(&g->lock);
  gm_free(g->given);
  g->given = NULL;
  l = gm_list_pop(&g->events);
  if (l) {
    g->given = GM_CONTAINER(l, struct gm_event_node, link);
    g->n_events--;
    g->event_bytes -= g->given->event.data_len;
  }
  pthread_mutex_unlock(&g->lock);
  return g->given ? &g->given->event : NULL;
}

static int wait_signal(struct gamut *g, int32_t timeout_ms)
{
  struct pollfd p = { .fd = g->signal_fd[0], .events = POLLIN };
  int n = poll(&p, 1, timeout_ms);

  if (n > 0)
    drain(g);
  return n;
}

/* What is left of a wait that began at `start_ms`. */
static int32_t rest(int32_t timeout_ms, uint64_t start_ms)
{
  uint64_t gone = gm_mono_ms() - start_ms;

  if (timeout_ms < 0)
    return -1;
  return gone >= (uint64_t)timeout_ms ? 0 : timeout_ms - (int32_t)gone;
}

void gamut_want_events(struct gamut *g, int32_t all)
{
  if (gm_enter(g, NULL) == 0)
    atomic_store(&g->want_events, all != 0);
}

const struct gamut_event *gamut_next_event(struct gamut *g, int32_t timeout_ms)
{
  uint64_t start = gm_mono_ms();
  const struct gamut_event *e;
  int ran;

  if (gm_enter(g, NULL))
    return &none;
  e = take(g);
  if (e)
    return e;
  do {
    if (g->flags & GAMUT_THREAD)
      ran = wait_signal(g, rest(timeout_ms, start));
    else
      ran = gm_loop_turn(g->loop, rest(timeout_ms, start));
    e = take(g);
  } while (!e && ran > 0 && !atomic_exchange(&g->woken, 0) &&
           rest(timeout_ms, start) != 0);
  return e ? e : &none;
}

int32_t gamut_step(struct gamut *g, int32_t timeout_ms)
{
  int32_t rc = gm_enter(g, NULL);

  if (rc)
    return rc;
  if (g->flags & GAMUT_THREAD)
    wait_signal(g, timeout_ms);
  else
    gm_loop_turn(g->loop, timeout_ms);
  return (int32_t)gamut_active(g);
}

int32_t gamut_fd(struct gamut *g)
{
  if (gm_enter(g, NULL))
    return -1;
  return g->flags & GAMUT_THREAD ? g->signal_fd[0] : gm_loop_fd(g->loop);
}

int32_t gamut_timeout(struct gamut *g)
{
  if (gm_enter(g, NULL) || g->flags & GAMUT_THREAD)
    return -1;
  return gm_loop_wait_ms(g->loop);
}

void gamut_wakeup(struct gamut *g)
{
  if (!g)
    return;
  atomic_store(&g->woken, 1);
  if (g->flags & GAMUT_THREAD)
    gm_signal(g);
  else
    gm_loop_wake(g->loop);
}
