/* gamut/store.h - the store ABI, version 1: where gamut keeps what must outlive
 * a process, or be shared by several.
 *
 * A store is a plugin like any other (gamut/plugin.h) whose extension() answers
 * GAMUT_EXT_STORE with a table of functions.  The file store-<name>.so is
 * chosen by the setting `store`:
 *
 *   static const struct gamut_store store = { sizeof(store), ... };
 *   static const void *extension(const char *id)
 *   {
 *     return strcmp(id, GAMUT_EXT_STORE) == 0 ? &store : NULL;
 *   }
 *   GAMUT_PLUGIN_NAMED(store_postgres, "store-postgres", .version = "1.0.0",
 *                      .license = "MIT", .extension = extension);
 *
 * It keeps two things.  *Rows*, in tables that need not be declared: text keys,
 * a body that is the host's own business, and a few members that the store
 * understands, so that whatever several processes could race for is decided
 * inside one transaction: counters with a ceiling, rows that expire, rows that
 * belong to somebody.  And *blobs*, bytes under the SHA-256 of their content.
 * What gamut makes of them:
 *
 *   table    key             use
 *   owner    owner's name    who is alive; see "Owners"
 *   job      job id          the record that any process can take a job over
 *                            from; owned by the process that drives it
 *   vendor   provider/id     the job behind a vendor's id (webhooks)
 *   line     caller's key    the job that a line of a batch is bound to
 *   upload   account, hash   the URL of a file that the vendor has; expires
 *   charge   job id          the ledger: estimate, actual; ranked by time
 *   budget   scope/period    counter with a ceiling: reserved and spent
 *   cache    request's hash  a result by its request; ranked by last use
 *   making   request's hash  who makes it just now; owned by that process
 *   vector   group/key       embeddings of prompts
 *   fact     any             breaker state, learned limits, usual durations
 *
 * Expect 10,000 jobs under way, each a record of 1 to 100 KiB that is written a
 * few times within minutes, and millions of small rows that stay.
 *
 * Rules, beside those of gamut/plugin.h:
 *  - Threads: every function of one handle is called by one thread at a time,
 *    the host's store thread, and may block there; different handles may be
 *    used by different threads at once.  After fork() only the parent uses a
 *    handle.
 *  - Processes: any number of processes, on as many machines as the store
 *    reaches, may have it open.  Each function is one transaction: it sees one
 *    state of the whole store, and others see all of what it wrote or none.
 *    Nothing here depends on a file system that they share.
 *  - Memory: neither side frees what the other allocated.  What is passed in
 *    lives until the function returns, what a callback is shown until the
 *    callback returns.
 *  - The host passes only what this header allows (names, sizes, flags); a
 *    store need not check it.
 *  - Errors: functions return 0 or a class of gamut/plugin.h and write one
 *    sentence into `message` (GAMUT_STORE_MESSAGE bytes, never NULL): which
 *    file or server, and what to do about it.  GAMUT_E_STORAGE: it cannot be
 *    written or read (disk full, read-only, damaged, unreachable).
 *    GAMUT_E_TIMEOUT: others held it for longer than busy_ms.  GAMUT_E_NOMEM.
 *    GAMUT_E_UNSUPPORTED: its contents are from a newer version.  After any of
 *    these nothing was written.  GAMUT_E_UNKNOWN: the connection broke during
 *    the commit, so it may have been written; only for stores behind a network.
 *    An unknown class counts as GAMUT_E_STORAGE.  The handle stays usable: what
 *    failed may be tried again.
 *
 * Growth: as in gamut/plugin.h, members are only appended, struct_size or the
 * stride of a table tells how many there are.  Condition and change bits that a
 * store does not know fail the commit with GAMUT_E_UNSUPPORTED.
 */
#ifndef GAMUT_STORE_H
#define GAMUT_STORE_H

#include <gamut/plugin.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GAMUT_EXT_STORE "gamut.store/1"

#define GAMUT_STORE_MESSAGE   512 /* bytes of `message`, with the NUL */
#define GAMUT_STORE_TABLE_MAX 31  /* [a-z][a-z0-9_]*, bytes without the NUL */
#define GAMUT_STORE_KEY_MAX   255 /* UTF-8, 1 to 255 bytes */
#define GAMUT_STORE_BODY_MAX  (256u << 20)
#define GAMUT_STORE_NUMBERS   8
#define GAMUT_STORE_HASH      65 /* 64 hex digits, lower case, and a NUL */

/* ---- rows --------------------------------------------------------------- */

/* One row, as scan() shows it.  Keys are ordered by their bytes. */
struct gamut_store_row {
  uint32_t struct_size;
  uint32_t reserved;
  const char *key;
  const void *body; /* NULL with GAMUT_SCAN_NO_BODY */
  size_t body_len;
  uint64_t version;  /* another one after each change, and never one that a row
                        of this key had before */
  int64_t rank;      /* what GAMUT_SCAN_BY_RANK orders by: a time, a use; 0: it
                        has none */
  int64_t ttl_ms;    /* for how long it is still there; -1: until removed */
  const char *owner; /* whose it is, or NULL */
  int64_t owner_ttl_ms; /* for how long the owner is good; 0: it is gone */
  int64_t numbers[GAMUT_STORE_NUMBERS];
};

/* Owners.
 *
 * Rows belong to owners by name, and an owner is good as long as the table
 * "owner" has a row with that name as its key.  Whoever drives jobs keeps his
 * one row there alive by writing it again before its ttl is over, and so keeps
 * ten thousand jobs; when he dies or hangs, the row expires and all that he
 * owned is free to be taken at once, without any of it being written.
 *
 * A lease must not move with the calendar: the rows of this table expire by a
 * clock that goes on evenly (that of the store's machine since its start, that
 * of the store's server), while ttls elsewhere may follow the wall clock.  They
 * end when that clock begins anew.  A store that learns sooner that the process
 * which wrote such a row is gone (its connection ended) may drop the
 * row then. */
#define GAMUT_STORE_OWNERS "owner"

/* gamut_store_op.conditions: all of them must hold, judged when the operations
 * before it have been done.  A row that has expired is not there. */
enum {
  GAMUT_IF_ABSENT = 1u << 0,  /* there is no such row */
  GAMUT_IF_PRESENT = 1u << 1, /* there is */
  GAMUT_IF_VERSION = 1u << 2, /* there is, and it has this `version` */
  GAMUT_IF_MINE = 1u << 3, /* there is, and it is `owner`'s, good or not: what
                              nobody has taken from him is still his */
  GAMUT_IF_FREE = 1u << 4, /* no good owner but `owner` has it; also when there
                              is no such row */
  GAMUT_IF_MAX = 1u << 5   /* numbers[0] will be at most `max` afterwards */
};

/* gamut_store_op.changes.  None: the operation is its conditions alone.  A SET
 * or ADD makes the row when there is none; what it does not set is then empty,
 * 0, nobody's and without end, in a row that is there unchanged. */
enum {
  GAMUT_SET_BODY = 1u << 0,
  GAMUT_SET_RANK = 1u << 1,
  GAMUT_SET_TTL = 1u << 2, /* `ttl_ms` from now; -1: for good */
  GAMUT_SET_NUMBERS = 1u << 3,
  GAMUT_ADD_NUMBERS = 1u << 4, /* to what is there, up to the ends of int64 */
  GAMUT_SET_OWNER = 1u << 5,   /* `owner`, which is not NULL */
  GAMUT_CLEAR_OWNER = 1u << 6, /* nobody's */
  GAMUT_REMOVE = 1u << 7       /* alone; the row need not be there */
};

struct gamut_store_op {
  const char *table, *key;
  uint32_t conditions, changes;
  const void *body;
  size_t body_len;
  const char *owner; /* a key of the table "owner", or NULL */
  uint64_t version;
  int64_t max, rank, ttl_ms;
  int64_t numbers[GAMUT_STORE_NUMBERS];
};

/* gamut_store_tx.flags.  LOOSE: it need not survive a power cut, only the end
 * of this process. */
enum { GAMUT_TX_LOOSE = 1u << 0 };

/* gamut_store_tx.outcome, beside 0 */
enum { GAMUT_STORE_NOT_MET = 1 };

/* All of its operations or none. */
struct gamut_store_tx {
  uint32_t struct_size;
  uint32_t flags;
  struct gamut_table ops; /* struct gamut_store_op */
  /* Written by commit(): 0 when it was done; NOT_MET when the condition of
   * operation `failed` did not hold and so none of it was done. */
  int32_t outcome;
  uint32_t failed;
};

/* gamut_store_query.flags */
enum {
  GAMUT_SCAN_KEY = 1u << 0,     /* only the row whose key is `from` */
  GAMUT_SCAN_BY_RANK = 1u << 1, /* rows with a rank, by it, then by key; else
                                   all, by key */
  GAMUT_SCAN_DOWN = 1u << 2,    /* the greatest first */
  GAMUT_SCAN_FREE = 1u << 3,    /* rows without a good owner only */
  GAMUT_SCAN_NO_BODY = 1u << 4
};

struct gamut_store_query {
  uint32_t struct_size;
  uint32_t flags;
  const char *table;
  const char *from, *to;      /* from <= key < to; NULL: open */
  int64_t min_rank, max_rank; /* both inclusive; only with BY_RANK */
  uint32_t limit;             /* at most so many rows; 0: all */
  uint32_t reserved;
};

/* Must not call the store.  0: go on; else scan() ends and returns this. */
typedef int32_t gamut_store_row_fn(void *user,
                                   const struct gamut_store_row *row);

/* Likewise, for each blob.  age_ms: since it was kept. */
typedef int32_t gamut_store_blob_fn(void *user, const char *hash, uint64_t size,
                                    int64_t age_ms);

/* ---- the store ---------------------------------------------------------- */

struct gamut_store_open {
  uint32_t struct_size;
  uint32_t busy_ms;  /* how long a call may wait for other processes */
  const char *place; /* the setting `state_dir`: a folder, absolute, which need
                        not exist; or whatever address the store documents */
  /* For what the user should know but what is no failure, such as a damaged
   * file that was moved aside.  `level` as in gamut_host.log.  During calls
   * only. */
  void (*note)(void *user, int32_t level, const char *line);
  void *user;
};

/* gamut_store.flags.  DURABLE: what is committed outlives the process. */
enum { GAMUT_STORE_DURABLE = 1u << 0 };

/* All functions are there; none is NULL. */
struct gamut_store {
  uint32_t struct_size;
  uint32_t flags;

  /* Open it, and begin it where there is none yet.  Contents that cannot be
   * read are put aside, never deleted, and said by note(); contents of a newer
   * version are left alone (GAMUT_E_UNSUPPORTED), those of an older one brought
   * up to date. */
  int32_t (*open)(const struct gamut_store_open *options, void **ret_store,
                  char *message);
  /* The end of the session: the owners that were written through it go. */
  void (*close)(void *store);

  /* The wall clock of the store: milliseconds since 1970, the same for all who
   * use it.  For ranks and periods; nothing is measured by it. */
  int64_t (*now)(void *store);

  /* Do `n` transactions in this order, each for itself as its conditions
   * decide, and make them durable together: one wait for the disk, however
   * many.  Without LOOSE in all of them, what was done survives a power cut
   * when this returns 0.  On failure none was done and no outcome is written.
   */
  int32_t (*commit)(void *store, struct gamut_store_tx *const *txs, uint32_t n,
                    char *message);

  /* Show the rows of one table, all of one moment.  0, also when there are
   * none; a class; or what `fn` returned. */
  int32_t (*scan)(void *store, const struct gamut_store_query *query,
                  gamut_store_row_fn *fn, void *user, char *message);

  /* Blobs come in pieces: new, add..., then keep under the hash of all of them
   * (the host computes it), or drop.  Both end it, also when keep() fails; what
   * was never ended goes with the store.  Keeping what is there already is
   * fine.  A blob may be lost to a power cut, and readers compare the hash; it
   * is never there in part. */
  int32_t (*blob_new)(void *store, void **ret_blob, char *message);
  int32_t (*blob_add)(void *blob, const void *bytes, size_t len, char *message);
  int32_t (*blob_keep)(void *blob, const char *hash, char *message);
  void (*blob_drop)(void *blob);

  /* Up to `size` bytes from `offset` on; *ret_len is less only at its end.
   * *ret_total: bytes of the whole blob.  GAMUT_E_NOT_FOUND, also between two
   * pieces, when another process removed it. */
  int32_t (*blob_read)(void *store, const char *hash, uint64_t offset,
                       void *buf, size_t size, size_t *ret_len,
                       uint64_t *ret_total, char *message);
  /* 0 also when it is not there. */
  int32_t (*blob_remove)(void *store, const char *hash, char *message);
  /* Every blob, in no order.  0, a class, or what `fn` returned. */
  int32_t (*blob_each)(void *store, gamut_store_blob_fn *fn, void *user,
                       char *message);
};

#ifdef __cplusplus
}
#endif
#endif
