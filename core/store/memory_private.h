/* memory_private.h - what the two files of the memory store share. */
#ifndef GM_STORE_MEMORY_PRIVATE_H
#define GM_STORE_MEMORY_PRIVATE_H

#include "base/buf.h"
#include "base/list.h"
#include "base/map.h"
#include "store/memory.h"

struct gm_memory {
  struct gm_map tables, blobs;
  struct gm_list unended;
  struct row *latest; /* of this commit */
  uint64_t version;
};

int32_t gm_memory_none(char *message); /* says NOMEM */

/* As in struct gamut_store. */
int32_t gm_memory_blob_new(void *store, void **ret, char *message);
int32_t gm_memory_blob_add(void *blob, const void *bytes, size_t len,
                           char *message);
int32_t gm_memory_blob_keep(void *blob, const char *hash, char *message);
void gm_memory_blob_drop(void *blob);
int32_t gm_memory_blob_read(void *store, const char *hash, uint64_t offset,
                            void *buf, size_t size, size_t *ret_len,
                            uint64_t *ret_total, char *message);
int32_t gm_memory_blob_remove(void *store, const char *hash, char *message);
int32_t gm_memory_blob_each(void *store, gamut_store_blob_fn *fn, void *user,
                            char *message);
void gm_memory_blobs_finish(struct gm_memory *m);

#endif
