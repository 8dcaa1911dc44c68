/* vectors.h - the prompts of what is in the cache as vectors, and those nearest
 * to another one.
 *
 *   table    key           body
 *   vector   GROUP/ENTRY   the numbers, 16 bits each, little-endian; ranked by
 *                          the group and when it was written, so that a group
 *                          lies together and its newest rows can be asked for
 *
 * A group is what may be compared with each other, an entry the key of the row
 * in "cache" that a vector leads to; both are 64 hex digits.  Vectors are
 * written after their entry and go after it: one without an entry is no harm,
 * and the next sweep removes it.
 *
 * The first search of a group in a process goes through its rows in the store
 * and keeps nothing: a process that asks once should not pay for more.  From
 * the second on the group is in memory with 8 bits a number, follows what other
 * processes write, and only the nearest few are read in the store for what they
 * exactly are.
 *
 * All functions run on the store's thread. */
#ifndef GM_STORE_VECTORS_H
#define GM_STORE_VECTORS_H

#include "base/sha256.h"
#include "base/vector.h"
#include <gamut/store.h>

#define GM_TABLE_VECTOR "vector"

/* The store, as gm_look.run() gets it. */
struct gm_vector_store {
  const struct gamut_store *type;
  void *handle;
  char *message;
};

struct gm_vectors;
/* `max_bytes`: of all groups in memory together; a group that is larger is
 * looked for in the store each time.  NULL: no memory. */
struct gm_vectors *gm_vectors_new(size_t max_bytes);
void gm_vectors_free(struct gm_vectors *all);
GM_CLEANUP(struct gm_vectors, gm_vectors_free)
/* What they take. */
size_t gm_vectors_bytes(const struct gm_vectors *all);

/* `v` has `n` numbers (1 to GAMUT_VECTOR_MAX) and the length 1.  It stays for
 * `ttl_ms`; 0: for ever. */
int32_t gm_vectors_put(const struct gm_vector_store *s, const char *group,
                       const char *entry, const float *v, size_t n,
                       int64_t ttl_ms);
/* What a row is ranked by that was written then. */
int64_t gm_vectors_rank(const char *group, int64_t at_ms);
/* The row is gone, or was never there. */
int32_t gm_vectors_remove(const struct gm_vector_store *s, const char *group,
                          const char *entry);

/* The nearest of a group with a cosine of at least `least`, the nearest first,
 * at most GM_NEAR of them. */
#define GM_NEAR 8
struct gm_near {
  char entry[GM_SHA256_HEX];
  double similarity;
};
int32_t gm_vectors_find(struct gm_vectors *all, const struct gm_vector_store *s,
                        const char *group, const float *v, size_t n,
                        double least, struct gm_near ret[GM_NEAR],
                        size_t *ret_n);

/* Remove those without an entry in "cache"; *ret_removed of them. */
int32_t gm_vectors_sweep(const struct gm_vector_store *s,
                         uint32_t *ret_removed);

#endif
