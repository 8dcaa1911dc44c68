/* vectors_index.h - one group of vectors in memory, private to vectors.c. */
#ifndef GM_STORE_VECTORS_INDEX_H
#define GM_STORE_VECTORS_INDEX_H

#include "store/vectors.h"

#define GM_ENTRY_BYTES 32 /* of the key of an entry */

struct gm_vindex {
  size_t n, room; /* numbers of a vector; with the zeros at its end */
  size_t n_rows, max_rows;
  int8_t *numbers; /* `room` a row */
  float *scales;   /* 0: the row is gone */
  uint8_t (*entries)[GM_ENTRY_BYTES];
  uint32_t *slots; /* row + 1 by entry, 0: free; a power of two */
  size_t n_slots;
};

/* A row and how near it is, as far as 8 bits tell. */
struct gm_coarse {
  size_t row;
  float similarity;
};

void gm_vindex_finish(struct gm_vindex *x);
size_t gm_vindex_bytes(const struct gm_vindex *x);
/* `v` has x->room numbers; the row of that entry is replaced, or there is one
 * more.  False: no memory. */
bool gm_vindex_put(struct gm_vindex *x, const uint8_t entry[GM_ENTRY_BYTES],
                   const int16_t *v);
static inline void gm_vindex_drop(struct gm_vindex *x, size_t row)
{
  x->scales[row] = 0;
}
/* The nearest, with at least `least`; how many. */
size_t gm_vindex_near(const struct gm_vindex *x, const int16_t *v, float least,
                      struct gm_coarse ret[GM_NEAR]);

/* "0af3..." and back; false: it is no 64 lower-case hex digits. */
bool gm_entry_read(const char *hex, uint8_t ret[GM_ENTRY_BYTES]);
void gm_entry_write(const uint8_t entry[GM_ENTRY_BYTES],
                    char ret[GM_SHA256_HEX]);

#endif
