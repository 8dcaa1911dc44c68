/* work.c - threads for what must block.  A work item runs on one of them and
 * its end is posted to the loop.
 *
 * Threads start one by one, when work comes and none is idle, and live until
 * the pool is freed.  They block every signal: those are the application's.
 * After its `run` the pool does not touch an item again, only its post. */
#include "loop/work.h"
#include <gamut/plugin.h>
#include <pthread.h>
#include <signal.h>

struct gm_work_pool {
  struct gm_loop *loop;
  pthread_mutex_t lock;
  pthread_cond_t more;
  struct gm_work *first, *last; /* waiting; under the lock, as is the rest */
  uint32_t n_waiting, n_idle, n_threads, max_threads;
  bool ending;
  pthread_t threads[];
};

static void run_done(struct gm_post *p)
{
  struct gm_work *w = GM_CONTAINER(p, struct gm_work, post);

  w->done(w);
}

static struct gm_work *take_next(struct gm_work_pool *p)
{
  struct gm_work *w = p->first;

  p->first = w->next;
  if (!p->first)
    p->last = NULL;
  p->n_waiting--;
  return w;
}

static void *worker(void *arg)
{
  struct gm_work_pool *p = arg;
  struct gm_work *w;

  pthread_mutex_lock(&p->lock);
  while (!p->ending) {
    if (!p->first) {
      p->n_idle++;
      pthread_cond_wait(&p->more, &p->lock);
      p->n_idle--;
      continue;
    }
    w = take_next(p);
    pthread_mutex_unlock(&p->lock);
    w->run(w);
    w->post.run = run_done;
    gm_loop_post(p->loop, &w->post);
    pthread_mutex_lock(&p->lock);
  }
  pthread_mutex_unlock(&p->lock);
  return NULL;
}

int32_t gm_work_pool_new(struct gm_loop *l, uint32_t max_threads,
                         struct gm_work_pool **ret, struct gm_error *err)
{
  uint32_t n = GM_MAX(max_threads, 1U);
  struct gm_work_pool *p = gm_zalloc(sizeof(*p) + n * sizeof(p->threads[0]));

  if (!p)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a pool of threads");
  p->loop = l;
  p->max_threads = n;
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->more, NULL);
  *ret = p;
  return 0;
}

void gm_work_pool_free(struct gm_work_pool *p)
{
  if (!p)
    return;
  pthread_mutex_lock(&p->lock);
  p->ending = true;
  pthread_cond_broadcast(&p->more);
  pthread_mutex_unlock(&p->lock);
  for (uint32_t i = 0; i < p->n_threads; i++)
    pthread_join(p->threads[i], NULL);
  pthread_cond_destroy(&p->more);
  pthread_mutex_destroy(&p->lock);
  gm_free(p);
}

/* Under the lock: the new thread waits for it. */
static bool start_thread(struct gm_work_pool *p)
{
  pthread_t *t = &p->threads[p->n_threads];
  sigset_t all, before;
  int rc;

  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  rc = pthread_create(t, NULL, worker, p);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (rc)
    return false;
#if defined(HAVE_PTHREAD_SETNAME_NP) && defined(__linux__)
  pthread_setname_np(*t, "gamut-work");
#endif
  p->n_threads++;
  return true;
}

bool gm_work_start(struct gm_work_pool *p, struct gm_work *w)
{
  bool ok = true;

  pthread_mutex_lock(&p->lock);
  if (p->n_idle <= p->n_waiting && p->n_threads < p->max_threads)
    ok = start_thread(p) || p->n_threads > 0;
  if (ok) {
    w->next = NULL;
    if (p->last)
      p->last->next = w;
    else
      p->first = w;
    p->last = w;
    p->n_waiting++;
    pthread_cond_signal(&p->more);
  }
  pthread_mutex_unlock(&p->lock);
  return ok;
}
