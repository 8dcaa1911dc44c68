/* base64_avx2.h - the quick way through plain base64, where there is one. */
#ifndef GM_BASE_BASE64_AVX2_H
#define GM_BASE_BASE64_AVX2_H

#include "base/util.h"

/* Decode whole groups of the standard alphabet from `s`; stops early at
 * anything else, near the end, or at once on other processors.  Returns how
 * many characters were eaten (a multiple of 4); writes within len / 4 * 3. */
size_t gm_base64_decode_avx2(const char *s, size_t len, uint8_t *out);

#endif
