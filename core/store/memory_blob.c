/* memory_blob.c - blobs of the store that keeps nothing. */
#include "base/clock.h"
#include "store/memory_private.h"
#include <stdio.h>
#include <string.h>

struct blob {
  struct gm_list link; /* among those not ended */
  struct gm_memory *memory;
  struct gm_buf bytes;
  uint64_t kept_ms; /* mono */
};

int32_t gm_memory_blob_new(void *store, void **ret, char *message)
{
  struct gm_memory *m = store;
  struct blob *b = gm_zalloc(sizeof(*b));

  if (!b)
    return gm_memory_none(message);
  b->memory = m;
  gm_buf_init(&b->bytes, SIZE_MAX / 4);
  gm_list_append(&m->unended, &b->link);
  *ret = b;
  return 0;
}

int32_t gm_memory_blob_add(void *blob, const void *bytes, size_t len,
                           char *message)
{
  struct blob *b = blob;

  gm_buf_addn(&b->bytes, bytes, len);
  return gm_buf_failed(&b->bytes) ? gm_memory_none(message) : 0;
}

void gm_memory_blob_drop(void *blob)
{
  struct blob *b = blob;

  gm_list_remove(&b->link);
  gm_buf_finish(&b->bytes);
  gm_free(b);
}

int32_t gm_memory_blob_keep(void *blob, const char *hash, char *message)
{
  struct blob *b = blob;
  struct gm_map *blobs = &b->memory->blobs;

  if (gm_map_get(blobs, hash)) {
    gm_memory_blob_drop(b);
    return 0;
  }
  if (gm_buf_failed(&b->bytes) || !gm_map_put(blobs, hash, b)) {
    gm_memory_blob_drop(b);
    return gm_memory_none(message);
  }
  gm_list_remove(&b->link);
  b->kept_ms = gm_mono_ms();
  return 0;
}

int32_t gm_memory_blob_read(void *store, const char *hash, uint64_t offset,
                            void *buf, size_t size, size_t *ret_len,
                            uint64_t *ret_total, char *message)
{
  struct gm_memory *m = store;
  const struct blob *b = gm_map_get(&m->blobs, hash);

  if (!b) {
    snprintf(message, GAMUT_STORE_MESSAGE, "no blob %s", hash);
    return GAMUT_E_NOT_FOUND;
  }
  *ret_total = b->bytes.len;
  *ret_len = 0;
  if (offset >= b->bytes.len || size == 0)
    return 0;
  *ret_len = GM_MIN(size, b->bytes.len - (size_t)offset);
  memcpy(buf, b->bytes.data + offset, *ret_len);
  return 0;
}

int32_t gm_memory_blob_remove(void *store, const char *hash, char *message)
{
  struct gm_memory *m = store;
  struct blob *b = gm_map_remove(&m->blobs, hash);

  (void)message;
  if (b)
    gm_memory_blob_drop(b);
  return 0;
}

int32_t gm_memory_blob_each(void *store, gamut_store_blob_fn *fn, void *user,
                            char *message)
{
  struct gm_memory *m = store;
  struct gm_map_entry *e;
  int32_t rc = 0;
  size_t it = 0;

  (void)message;
  while (rc == 0 && (e = gm_map_next(&m->blobs, &it))) {
    const struct blob *b = e->value;

    rc = fn(user, e->key, b->bytes.len, (int64_t)(gm_mono_ms() - b->kept_ms));
  }
  return rc;
}

void gm_memory_blobs_finish(struct gm_memory *m)
{
  struct gm_map_entry *e;
  size_t it = 0;

  while ((e = gm_map_next(&m->blobs, &it)))
    gm_memory_blob_drop(e->value);
  gm_map_finish(&m->blobs);
  while (!gm_list_empty(&m->unended))
    gm_memory_blob_drop(GM_CONTAINER(m->unended.next, struct blob, link));
}
