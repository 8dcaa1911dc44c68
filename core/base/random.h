/* random.h - randomness from the system, and identifiers. */
#ifndef GM_BASE_RANDOM_H
#define GM_BASE_RANDOM_H

#include "base/util.h"

void gm_random(void *p, size_t len); /* cryptographic; cannot fail */
uint64_t
gm_random_below(uint64_t n);        /* 0 .. n-1, from a fast generator that
                                       the system seeds: jitter, not secrets */
void gm_random_seed(uint64_t seed); /* tests: make gm_random_below repeat */

/* 26 characters and a NUL: time then randomness, sorts by time (ULID). */
#define GM_ID_SIZE 27
void gm_id_new(char ret[GM_ID_SIZE]);
bool gm_id_valid(const char *s);
/* What every id of that moment or later sorts behind. */
void gm_id_at(uint64_t wall_ms, char ret[GM_ID_SIZE]);
#define GM_UUID_SIZE 37
void gm_uuid_new(char ret[GM_UUID_SIZE]); /* version 4 */
/* A UUID (version 8 form) that the text alone decides: replays see it again. */
void gm_uuid_from(const char *text, char ret[GM_UUID_SIZE]);

#endif
