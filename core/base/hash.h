/* hash.h - SipHash-2-4: keyed, quick on short text, hard to collide on purpose
 * by who does not know the key.  Not a digest. */
#ifndef GM_BASE_HASH_H
#define GM_BASE_HASH_H

#include "base/util.h"

/* 128 bits; callers that want 64 take the first half. */
struct gm_hash {
  uint64_t a, b;
};
struct gm_hash gm_hash(const void *p, size_t len, uint64_t key_a,
                       uint64_t key_b);

/* A sum that tells whether bytes are what they were, several times as quick: it
 * guards against disks, not against people. */
uint64_t gm_sum64(const void *p, size_t len, uint64_t seed);

#endif
