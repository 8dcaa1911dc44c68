/* map.h - a hash table from text to pointers.  Keys are copied. */
#ifndef GM_BASE_MAP_H
#define GM_BASE_MAP_H

#include "base/util.h"

struct gm_map_entry {
  char *key;
  void *value;
};
struct gm_map {
  struct gm_map_entry *slots;
  size_t n_slots, n_used, n_dead;
};

void gm_map_finish(struct gm_map *m); /* values stay the caller's */
void *gm_map_get(const struct gm_map *m, const char *key);
bool gm_map_put(struct gm_map *m, const char *key, void *value); /* false: no
                                                                    memory */
void *gm_map_remove(struct gm_map *m, const char *key); /* the old value */
/* Walk: `it` starts at 0; NULL at the end.  No put or remove meanwhile, except
 * removing the entry just returned. */
struct gm_map_entry *gm_map_next(const struct gm_map *m, size_t *it);

#endif
