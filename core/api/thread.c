/* thread.c - the engine thread of GAMUT_THREAD.  Other threads hand it a
 * function and wait; that one door is all the locking the core below needs. */
#include "api/context.h"
#include <signal.h>

struct errand {
  struct gm_post post;
  struct gamut *g;
  gm_engine_fn *fn;
  void *arg;
  bool done;
};

static void run_errand(struct gm_post *p)
{
  struct errand *e = GM_CONTAINER(p, struct errand, post);
  struct gamut *g = e->g;

  e->fn(g, e->arg);
  pthread_mutex_lock(&g->lock);
  e->done = true;
  pthread_cond_broadcast(&g->changed);
  pthread_mutex_unlock(&g->lock);
}

void gm_on_engine(struct gamut *g, gm_engine_fn *fn, void *arg)
{
  struct errand e = { .post = { .run = run_errand }, .g = g, .fn = fn,
                      .arg = arg };

  if (!(g->flags & GAMUT_THREAD) || pthread_equal(g->owner, pthread_self())) {
    fn(g, arg);
    return;
  }
  gm_loop_post(g->loop, &e.post);
  pthread_mutex_lock(&g->lock);
  while (!e.done)
    pthread_cond_wait(&g->changed, &g->lock);
  pthread_mutex_unlock(&g->lock);
}

void gm_wait_over(struct gamut *g, const bool *over)
{
  if (!(g->flags & GAMUT_THREAD)) {
    while (!*over)
      gm_loop_turn(g->loop, -1);
    return;
  }
  pthread_mutex_lock(&g->lock);
  while (!*over)
    pthread_cond_wait(&g->changed, &g->lock);
  pthread_mutex_unlock(&g->lock);
}

void gm_tell_over(struct gamut *g, bool *over)
{
  pthread_mutex_lock(&g->lock);
  *over = true;
  pthread_cond_broadcast(&g->changed);
  pthread_mutex_unlock(&g->lock);
}

static bool stopping(struct gamut *g)
{
  bool stop;

  pthread_mutex_lock(&g->lock);
  stop = g->stop;
  pthread_mutex_unlock(&g->lock);
  return stop;
}

static void *engine(void *arg)
{
  struct gamut *g = arg;

  while (!stopping(g))
    gm_loop_turn(g->loop, -1);
  return NULL;
}

/* Signals are the application's: our thread takes none. */
int32_t gm_thread_start(struct gamut *g)
{
  sigset_t all, before;
  int rc;

  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_mutex_lock(&g->lock);
  rc = pthread_create(&g->owner, NULL, engine, g);
  pthread_mutex_unlock(&g->lock);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc ? GAMUT_E_NOMEM : 0;
}

void gm_thread_stop(struct gamut *g)
{
  pthread_mutex_lock(&g->lock);
  g->stop = true;
  pthread_mutex_unlock(&g->lock);
  gm_loop_wake(g->loop);
  pthread_join(g->owner, NULL);
}
