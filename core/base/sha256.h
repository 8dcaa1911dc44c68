/* sha256.h - FIPS 180-4, for content hashes of inputs and outputs. */
#ifndef GM_BASE_SHA256_H
#define GM_BASE_SHA256_H

#include "base/util.h"

struct gm_sha256 {
  uint32_t h[8];
  uint64_t len;
  uint8_t block[64];
};
#define GM_SHA256_HEX 65

void gm_sha256_init(struct gm_sha256 *s);
void gm_sha256_add(struct gm_sha256 *s, const void *p, size_t len);
void gm_sha256_end(struct gm_sha256 *s, uint8_t ret[32]);
void gm_sha256_hex(struct gm_sha256 *s, char ret[GM_SHA256_HEX]);

#endif
