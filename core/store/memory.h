/* memory.h - the store that keeps nothing. */
#ifndef GM_STORE_MEMORY_H
#define GM_STORE_MEMORY_H

#include <gamut/store.h>

extern const struct gamut_store gm_store_memory;

#endif
