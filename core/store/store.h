/* store.h - where job records live.  Batches in, one durable commit out.  The
 * memory store stands here until a durable one is found; both sit behind the
 * same table, so the engine never knows. */
#ifndef GM_STORE_STORE_H
#define GM_STORE_STORE_H

#include "base/buf.h"
#include "base/error.h"

struct gm_store;

/* One record: the whole job as JSON text; `gone` forgets it. */
struct gm_record {
  const char *id;
  const char *text;
  size_t len;
  bool gone;
};

struct gm_store_ops {
  const char *name;
  bool durable; /* outlives the process */
  /* All records or none.  Returns when they are as safe as this store makes
   * them.  May block; the journal decides on which thread. */
  int32_t (*commit)(struct gm_store *s, const struct gm_record *r, size_t n,
                    struct gm_error *err);
  /* NOT_FOUND when there is none. */
  int32_t (*load)(struct gm_store *s, const char *id, struct gm_buf *text,
                  struct gm_error *err);
  /* Each record, in the order of their ids; non-zero from `fn` stops. */
  int32_t (*walk)(struct gm_store *s,
                  int32_t (*fn)(void *user, const char *id, const char *text,
                                size_t len),
                  void *user, struct gm_error *err);
  void (*free)(struct gm_store *s);
};
struct gm_store {
  const struct gm_store_ops *ops;
};

int32_t gm_store_memory_new(struct gm_store **ret);
static inline void gm_store_free(struct gm_store *s)
{
  if (s)
    s->ops->free(s);
}

#endif
