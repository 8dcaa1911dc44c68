/* sha256_ni.h - the quick way through whole blocks, where the processor has
 * instructions for it; and the plain one, which every processor has. */
#ifndef GM_BASE_SHA256_NI_H
#define GM_BASE_SHA256_NI_H

#include "base/util.h"

extern const uint32_t gm_sha256_k[64];

/* Takes `n` blocks of 64 bytes into `h`.  False: not on this processor, nothing
 * was done. */
bool gm_sha256_ni(uint32_t h[8], const uint8_t *p, size_t n);
void gm_sha256_plain(uint32_t h[8], const uint8_t *p, size_t n); /* sha256.c */

#endif
