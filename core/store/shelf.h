/* shelf.h - where the cache keeps what was made: a row by the hash of the
 * request, its files as blobs by the hash of their content.
 *
 *   table    key                 body, numbers
 *   cache    hash of a request   the entry as JSON (below); GM_SHELF_...
 *   making   hash of a request   {"job": id}; owned by the process that makes
 * it fact     "cache.bytes"       numbers[0]: the bytes of all entries, about
 *
 * {"v": 1, "at": when, "job", "provider", "model", "prompt", "project",
 * "shape", "cost_microusd", "estimated", "facts": {}, "files": [{"sha256",
 * "size", "kind", "width", "height", "duration_ms", "vendor_width",
 * "vendor_height", "mime"}]}
 *
 * A blob is shared by all entries with the same file.  Rows and blobs are not
 * written together: a row may lack a blob, which makes it a miss, and a blob
 * may have no row, which the next sweep removes when it is old enough not to be
 * one that is just being written.
 *
 * All functions run on the store's thread. */
#ifndef GM_STORE_SHELF_H
#define GM_STORE_SHELF_H

#include "base/json.h"
#include "base/sha256.h"
#include <gamut/store.h>

#define GM_TABLE_CACHE  "cache"
#define GM_TABLE_MAKING "making"
#define GM_TABLE_FACT   "fact"
#define GM_FACT_CACHE   "cache.bytes"

/* numbers of a row */
enum { GM_SHELF_BYTES, GM_SHELF_FILES, GM_SHELF_COST, GM_SHELF_HITS };

struct gm_shelf {
  const struct gamut_store *type;
  void *handle;
  char *message; /* of whoever was asked last, as in gamut/store.h */
};

/* What there is under a key. */
struct gm_shelf_row {
  char *body; /* gm_free; NULL: no entry */
  size_t len;
  uint64_t version;
  int64_t now_ms; /* the store's clock */
  bool made;      /* somebody who lives is making it; not `owner` */
};
int32_t gm_shelf_find(const struct gm_shelf *s, const char *key,
                      const char *owner, struct gm_shelf_row *ret);

/* Put an entry there; `owner`, unless NULL, makes it no longer.  *ret_bytes: of
 * all entries now. */
struct gm_shelf_entry {
  const char *key, *body, *owner;
  int64_t ttl_ms; /* 0: for ever */
  int64_t numbers[GAMUT_STORE_NUMBERS];
};
int32_t gm_shelf_put(const struct gm_shelf *s, const struct gm_shelf_entry *e,
                     int64_t *ret_bytes);

/* The entry of this version cannot be served: away with it, and with the blob
 * `damaged`, if it is not NULL. */
int32_t gm_shelf_discard(const struct gm_shelf *s, const char *key,
                         uint64_t version, const char *damaged);

/* One look at all of it: what is too old goes, then what was not used for
 * longest until no more than nine tenths of `max_bytes` are left (when there is
 * more than all of it), and blobs without an entry. */
struct gm_sweep {
  uint64_t max_bytes; /* 0: no limit */
  int64_t ttl_ms;     /* 0: for ever */
  bool all;           /* everything goes */
  bool verify;        /* read every blob; what is damaged goes */
  /* ---- what it came to */
  uint32_t entries, removed; /* those left, those that went */
  uint32_t damaged;          /* of these: blobs missing or not what they were */
  uint32_t strays;           /* blobs without an entry that went */
  uint64_t bytes, freed;
};
int32_t gm_shelf_sweep(const struct gm_shelf *s, struct gm_sweep *sweep);

/* The hash of a whole blob; NOT_FOUND. */
int32_t gm_shelf_hash(const struct gm_shelf *s, const char *hash,
                      char ret[GM_SHA256_HEX]);
/* Is it one at all? */
bool gm_shelf_is_hash(const char *s);

#endif
