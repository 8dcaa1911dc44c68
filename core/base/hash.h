/* hash.h - SipHash: keyed, quick on short text, hard to collide on purpose by
 * who does not know the key.  Not a digest. */
#ifndef GM_BASE_HASH_H
#define GM_BASE_HASH_H

#include "base/util.h"

/* SipHash-2-4 with 128 bits: what a name is made of. */
struct gm_hash {
  uint64_t a, b;
};
struct gm_hash gm_hash(const void *p, size_t len, uint64_t key_a,
                       uint64_t key_b);

/* SipHash-1-3 with 64: where something lies in a table. */
uint64_t gm_hash_quick(const void *p, size_t len, uint64_t key_a,
                       uint64_t key_b);

/* A sum that tells whether bytes are what they were, several times as quick: it
 * guards against disks, not against people. */
uint64_t gm_sum64(const void *p, size_t len, uint64_t seed);

#endif
