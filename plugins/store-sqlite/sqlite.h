/* sqlite.h - what the files of the SQLite store share. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <gamut/store.h>
#include <sqlite3.h>

#define SQ_FILE "gamut.db"
#define SQ_LOCK "gamut.lock"
/* Beside the file when it was found damaged while others had it open. */
#define SQ_MARK  "gamut.damaged"
#define SQ_BLOBS "blobs"

#define SQ_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Statements that are made once: an UPDATE for each set of members, a SELECT
 * for each set of gamut_store_query.flags. */
enum {
  SQ_BEGIN,
  SQ_COMMIT,
  SQ_FIND,
  SQ_INSERT,
  SQ_DELETE,
  SQ_OWNER,
  SQ_PURGE,
  SQ_UPDATE,
  SQ_SCAN = SQ_UPDATE + 64,
  SQ_STATEMENTS = SQ_SCAN + 32
};

struct sq_blob;

struct sq_store {
  sqlite3 *db;
  sqlite3_stmt *statements[SQ_STATEMENTS];
  char *folder, *file; /* sqlite3_free */
  int lock_fd;
  int64_t session; /* the byte of the lock file that is ours while we live */
  int full_sync;   /* as the connection is set now */
  uint32_t busy_ms;
  int64_t busy_until; /* of the present call; sq_mono_ms() */
  int64_t purged_at;
  int even_clock; /* owners expire by a clock that begins with the machine */
  void (*note)(void *user, int32_t level, const char *line);
  void *user;
  struct sq_blob *unended;
  uint32_t n_blobs; /* begun, for their names */
  int swept;
};

/* ---- clock.c */
int64_t sq_mono_ms(void);
int64_t sq_wall_ms(void);
void sq_sleep_ms(int64_t ms);
/* The clock by which rows of this table expire. */
int64_t sq_now(const struct sq_store *s, const char *table);
/* What the machine's start is called; "": it has no name here.  -1 with errno:
 * it has one, which could not be read. */
int sq_boot_id(char out[64]);

/* ---- fail.c: a sentence, and its class */
__attribute__((format(printf, 3, 4))) int32_t
sq_say(char *message, int32_t error_class, const char *fmt, ...);
/* What SQLite said last; `rc` is its code. */
int32_t sq_fail(struct sq_store *s, int rc, char *message);
int32_t sq_fail_errno(const char *what, const char *path, char *message);
int sq_is_damage(int rc);
/* ... and it is the disk that fails, not what is on it. */
int sq_read_failed(const struct sq_store *s);
__attribute__((format(printf, 3, 4))) void
sq_note(struct sq_store *s, int32_t level, const char *fmt, ...);

/* ---- lock.c: who has the store open */
int32_t sq_lock_open(struct sq_store *s, char *message);
void sq_lock_close(struct sq_store *s);
/* 0, or a class when it was not to be had until busy_until. */
int32_t sq_lock_shared(struct sq_store *s, char *message);
int sq_lock_alone(struct sq_store *s); /* 1: nobody else has it open */
void sq_unlock(struct sq_store *s);
/* Does the handle that wrote this number still live? */
int sq_session_lives(const struct sq_store *s, int64_t session);

/* ---- file.c: the database file itself */
/* Folder, locks and database, from nothing or anew. */
int32_t sq_open_place(struct sq_store *s, char *message);
void sq_disconnect(struct sq_store *s);
/* The head of every function: its wait for others counts anew, and a file that
 * was taken away under us, or could not be opened last time, is opened anew. */
int32_t sq_begin_call(struct sq_store *s, char *message);
/* What was open is damaged: put it aside and begin again; or it could not be
 * read: begin again with it. */
int32_t sq_after_damage(struct sq_store *s, char *message);
/* The statement, made when first asked for; NULL: *ret_rc says why. */
sqlite3_stmt *sq_statement(struct sq_store *s, int which, const char *sql,
                           int *ret_rc);
int sq_exec(struct sq_store *s, const char *sql);

/* ---- log.c: the write-ahead log */
const char *sq_vfs(void); /* NULL: SQLite's own */
void sq_shorten_log(struct sq_store *s);

/* ---- schema.c */
struct sq_step {
  const char *sql; /* from this version minus one to it */
};
extern const struct sq_step sq_steps[];
extern const int sq_n_steps;
/* SQLITE_OK; SQLITE_MISMATCH: it is newer, or another program's. */
int sq_schema_check(sqlite3 *db, int newest, int *ret_version);
int sq_schema_bring(sqlite3 *db, const struct sq_step *steps, int n);

/* ---- commit.c, scan.c, blob.c: as in struct gamut_store */
int32_t sq_commit(void *store, struct gamut_store_tx *const *txs, uint32_t n,
                  char *message);
/* For how long this owner is good; 0: it is gone; negative: an SQLite error,
 * negated. */
int64_t sq_owner_ttl(struct sq_store *s, const char *owner);
int32_t sq_scan(void *store, const struct gamut_store_query *query,
                gamut_store_row_fn *fn, void *user, char *message);
int32_t sq_blob_new(void *store, void **ret_blob, char *message);
int32_t sq_blob_add(void *blob, const void *bytes, size_t len, char *message);
int32_t sq_blob_keep(void *blob, const char *hash, char *message);
void sq_blob_drop(void *blob);
int32_t sq_blob_read(void *store, const char *hash, uint64_t offset, void *buf,
                     size_t size, size_t *ret_len, uint64_t *ret_total,
                     char *message);
int32_t sq_blob_remove(void *store, const char *hash, char *message);
int32_t sq_blob_each(void *store, gamut_store_blob_fn *fn, void *user,
                     char *message);
void sq_blobs_finish(struct sq_store *s);

#endif
