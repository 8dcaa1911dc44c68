/* kit.h - stores for the tests: either kind behind one face, and short ways to
 * write to them. */
#ifndef TESTS_STORE_KIT_H
#define TESTS_STORE_KIT_H

#include "unit/unit.h"
#include <gamut/store.h>

enum { KIT_MEMORY, KIT_SQLITE, KIT_KINDS };

struct kit {
  const struct gamut_store *type;
  void *store;
  char message[GAMUT_STORE_MESSAGE];
  char notes[4096]; /* what it said, line by line */
};

/* The functions of store-sqlite, loaded as gamut loads it; NULL: not built. */
const struct gamut_store *kit_sqlite(void);
const struct gamut_store *kit_type(int kind);
/* A fresh store of the kind in a folder of its own, or in `place`. */
void kit_open(struct kit *k, int kind, const char *place);
int32_t kit_try_open(struct kit *k, const struct gamut_store *type,
                     const char *place, uint32_t busy_ms);
void kit_close(struct kit *k);

/* One transaction of `n` operations; its outcome.  It must not fail. */
int32_t kit_run(struct kit *k, const struct gamut_store_op *ops, uint32_t n);
/* The same, with the class when it fails; *ret_outcome else. */
int32_t kit_try(struct kit *k, const struct gamut_store_op *ops, uint32_t n,
                int32_t *ret_outcome);
/* An operation that writes this body. */
struct gamut_store_op kit_put(const char *table, const char *key,
                              const char *body);

/* One row, copied; false: there is none. */
struct kit_row {
  char key[GAMUT_STORE_KEY_MAX + 1], owner[GAMUT_STORE_KEY_MAX + 1];
  char body[4096];
  size_t body_len;
  uint64_t version;
  int64_t rank, ttl_ms, owner_ttl_ms, numbers[GAMUT_STORE_NUMBERS];
};
bool kit_get(struct kit *k, const char *table, const char *key,
             struct kit_row *ret);
/* "a b c": the keys of a scan in their order. */
const char *kit_keys(struct kit *k, const struct gamut_store_query *q);
/* An owner that is good for so long. */
void kit_owner(struct kit *k, const char *name, int64_t ttl_ms);
void kit_sleep(int ms);

#endif
