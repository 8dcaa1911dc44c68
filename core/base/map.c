/* map.c - a hash table from text to pointers.
 *
 * Open addressing, linear probing, a power of two of slots, at most three
 * quarters of them used or dead.  A removed slot holds the `dead` key until the
 * next rehash.  A zeroed structure is an empty table.
 */
#include "base/map.h"
#include "base/hash.h"
#include "base/random.h"
#include <pthread.h>
#include <string.h>

#define MIN_SLOTS 8

static char dead[1];
static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
  gm_random(seed, sizeof(seed));
}

static size_t hash_of(const char *key)
{
  pthread_once(&seed_once, make_seed);
  return (size_t)gm_hash_quick(key, strlen(key), seed[0], seed[1]);
}

void gm_map_finish(struct gm_map *m)
{
  size_t i;

  for (i = 0; i < m->n_slots; i++) {
    if (m->slots[i].key != dead)
      gm_free(m->slots[i].key);
  }
  gm_free(m->slots);
  *m = (struct gm_map){ 0 };
}

/* To look at each of a few is quicker than a hash. */
static struct gm_map_entry *find_of_few(const struct gm_map *m, const char *key)
{
  size_t i;

  for (i = 0; i < MIN_SLOTS; i++) {
    struct gm_map_entry *e = &m->slots[i];

    if (e->key && e->key != dead && e->key[0] == key[0] &&
        strcmp(e->key, key) == 0)
      return e;
  }
  return NULL;
}

/* The slot of `key`, or NULL. */
static struct gm_map_entry *find(const struct gm_map *m, const char *key)
{
  size_t i;

  if (m->n_used == 0)
    return NULL;
  if (m->n_slots == MIN_SLOTS)
    return find_of_few(m, key);
  for (i = hash_of(key);; i++) {
    struct gm_map_entry *e = &m->slots[i & (m->n_slots - 1)];

    if (!e->key)
      return NULL;
    if (e->key != dead && strcmp(e->key, key) == 0)
      return e;
  }
}

/* The first slot without a live key on the way of `key`; there is one. */
static struct gm_map_entry *vacant(const struct gm_map *m, const char *key)
{
  size_t i = hash_of(key);

  while (m->slots[i & (m->n_slots - 1)].key &&
         m->slots[i & (m->n_slots - 1)].key != dead)
    i++;
  return &m->slots[i & (m->n_slots - 1)];
}

/* Into fresh slots, at most half full, without the dead. */
static bool rehash(struct gm_map *m)
{
  struct gm_map fresh = { NULL, MIN_SLOTS, m->n_used, 0 };
  size_t i;

  while (fresh.n_slots < (m->n_used + 1) * 2)
    fresh.n_slots *= 2;
  fresh.slots = gm_zalloc(fresh.n_slots * sizeof(*fresh.slots));
  if (!fresh.slots)
    return false;
  for (i = 0; i < m->n_slots; i++) {
    const struct gm_map_entry *e = &m->slots[i];

    if (e->key && e->key != dead)
      *vacant(&fresh, e->key) = *e;
  }
  gm_free(m->slots);
  *m = fresh;
  return true;
}

void *gm_map_get(const struct gm_map *m, const char *key)
{
  const struct gm_map_entry *e = find(m, key);

  return e ? e->value : NULL;
}

bool gm_map_put(struct gm_map *m, const char *key, void *value)
{
  struct gm_map_entry *e = find(m, key);
  char *copy;

  if (e) {
    e->value = value;
    return true;
  }
  if ((m->n_used + m->n_dead + 1) * 4 > m->n_slots * 3 && !rehash(m))
    return false;
  copy = gm_strdup(key);
  if (!copy)
    return false;
  e = vacant(m, key);
  m->n_dead -= e->key == dead;
  m->n_used++;
  *e = (struct gm_map_entry){ copy, value };
  return true;
}

void *gm_map_remove(struct gm_map *m, const char *key)
{
  struct gm_map_entry *e = find(m, key);
  void *value;

  if (!e)
    return NULL;
  value = e->value;
  gm_free(e->key);
  *e = (struct gm_map_entry){ dead, NULL };
  m->n_used--;
  m->n_dead++;
  return value;
}

struct gm_map_entry *gm_map_next(const struct gm_map *m, size_t *it)
{
  while (*it < m->n_slots) {
    struct gm_map_entry *e = &m->slots[(*it)++];

    if (e->key && e->key != dead)
      return e;
  }
  return NULL;
}
