/* work.h - a bounded pool of threads for what must block (gamut.perform/1,
 * later the store).  Threads start when first needed and end with the pool. */
#ifndef GM_LOOP_WORK_H
#define GM_LOOP_WORK_H

#include "loop/loop.h"

struct gm_work_pool;

struct gm_work {
  void (*run)(struct gm_work *w);  /* [worker] */
  void (*done)(struct gm_work *w); /* [loop], once, after run */
  struct gm_post post;             /* private */
  struct gm_work *next;            /* private */
};

int32_t gm_work_pool_new(struct gm_loop *l, uint32_t max_threads,
                         struct gm_work_pool **ret, struct gm_error *err);
/* Waits for what runs; drops what has not begun (no callback). */
void gm_work_pool_free(struct gm_work_pool *p);
GM_CLEANUP(struct gm_work_pool, gm_work_pool_free)
/* False: no memory or no thread could be started; then nothing follows. */
bool gm_work_start(struct gm_work_pool *p, struct gm_work *w);

#endif
