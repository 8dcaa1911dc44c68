/* memory.c - the store of programs without a durable one: a table of texts.
 * Nothing outlives the process. */
#include "base/map.h"
#include "store/store.h"
#include <gamut/plugin.h>
#include <string.h>

struct memory {
  struct gm_store store;
  struct gm_map texts;
};

static struct memory *of(struct gm_store *s)
{
  return GM_CONTAINER(s, struct memory, store);
}

static int32_t put(struct memory *m, const struct gm_record *r)
{
  char *copy = gm_strndup(r->text, r->len);
  char *before = gm_map_get(&m->texts, r->id);

  if (!copy || !gm_map_put(&m->texts, r->id, copy)) {
    gm_free(copy);
    return GAMUT_E_NOMEM;
  }
  gm_free(before);
  return 0;
}

static int32_t memory_commit(struct gm_store *s, const struct gm_record *r,
                             size_t n, struct gm_error *err)
{
  struct memory *m = of(s);
  size_t i;

  for (i = 0; i < n; i++) {
    if (r[i].gone)
      gm_free(gm_map_remove(&m->texts, r[i].id));
    else if (put(m, &r[i]))
      return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job record");
  }
  return 0;
}

static int32_t memory_load(struct gm_store *s, const char *id,
                           struct gm_buf *text, struct gm_error *err)
{
  const char *found = gm_map_get(&of(s)->texts, id);

  if (!found)
    return gm_fail(err, GAMUT_E_NOT_FOUND, "no job '%s'", id);
  gm_buf_add(text, found);
  return gm_buf_failed(text) ? GAMUT_E_NOMEM : 0;
}

static int by_key(const void *a, const void *b)
{
  const struct gm_map_entry *const *x = a, *const *y = b;

  return strcmp((*x)->key, (*y)->key);
}

static int32_t memory_walk(struct gm_store *s,
                           int32_t (*fn)(void *user, const char *id,
                                         const char *text, size_t len),
                           void *user, struct gm_error *err)
{
  struct memory *m = of(s);
  _cleanup_free_ struct gm_map_entry **all = NULL;
  struct gm_map_entry *e;
  size_t it = 0, n = 0, i;
  int32_t rc = 0;

  all = gm_alloc((m->texts.n_used + 1) * sizeof(struct gm_map_entry *));
  if (!all)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory to list jobs");
  while ((e = gm_map_next(&m->texts, &it)))
    all[n++] = e;
  qsort(all, n, sizeof(struct gm_map_entry *), by_key);
  for (i = 0; i < n && rc == 0; i++)
    rc = fn(user, all[i]->key, all[i]->value, strlen(all[i]->value));
  return rc;
}

static void memory_free(struct gm_store *s)
{
  struct memory *m = of(s);
  struct gm_map_entry *e;
  size_t it = 0;

  while ((e = gm_map_next(&m->texts, &it)))
    gm_free(e->value);
  gm_map_finish(&m->texts);
  gm_free(m);
}

static const struct gm_store_ops memory_ops = {
  .name = "memory",
  .commit = memory_commit,
  .load = memory_load,
  .walk = memory_walk,
  .free = memory_free,
};

int32_t gm_store_memory_new(struct gm_store **ret)
{
  struct memory *m = gm_zalloc(sizeof(*m));

  if (!m)
    return GAMUT_E_NOMEM;
  m->store.ops = &memory_ops;
  *ret = &m->store;
  return 0;
}
