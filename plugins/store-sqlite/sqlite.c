/* sqlite.c - gamut's store on this machine: one SQLite database and a folder of
 * blobs, for any number of processes at once.
 *
 *   <state_dir>/gamut.db       the rows, with its -wal and -shm
 *   <state_dir>/gamut.lock     who has it open; see lock.c
 *   <state_dir>/blobs/ab/...   bytes by their hash
 *
 * All of it is for its user alone (0600, 0700).  A commit that must last waits
 * for the disk once (write-ahead log, synchronous = FULL). */
#include "sqlite.h"
#include <string.h>

/* ---- open and close ------------------------------------------------------ */

static void store_free(struct sq_store *s)
{
  sq_disconnect(s);
  sq_lock_close(s);
  sqlite3_free(s->folder);
  sqlite3_free(s->file);
  sqlite3_free(s);
}

static int32_t set_place(struct sq_store *s, const char *place, char *message)
{
  size_t len = place ? strlen(place) : 0;

  while (len > 1 && place[len - 1] == '/')
    len--;
  if (len == 0 || place[0] != '/')
    return sq_say(message, GAMUT_E_INVALID,
                  "the store needs the path of a folder that begins with '/', "
                  "not '%.200s': see state_dir",
                  place ? place : "");
  s->folder = sqlite3_mprintf("%.*s", (int)len, place);
  s->file = s->folder ? sqlite3_mprintf("%s/" SQ_FILE, s->folder) : NULL;
  return s->file
           ? 0
           : sq_say(message, GAMUT_E_NOMEM, "no memory is left for the store");
}

static int32_t sq_open(const struct gamut_store_open *options, void **ret_store,
                       char *message)
{
  struct sq_store *s = sqlite3_malloc64(sizeof(*s));
  int32_t rc;

  if (!s)
    return sq_say(message, GAMUT_E_NOMEM, "no memory is left for the store");
  memset(s, 0, sizeof(*s));
  s->lock_fd = -1;
  s->busy_ms = options->busy_ms;
  s->note = options->note;
  s->user = options->user;
  rc = set_place(s, options->place, message);
  if (rc == 0)
    rc = sq_open_place(s, message);
  if (rc)
    store_free(s);
  else
    *ret_store = s;
  return rc;
}

/* So that what it owned is free at once; else it would be when the lock goes.
 */
static int forget_owners(struct sq_store *s)
{
  char *sql =
    sqlite3_mprintf("DELETE FROM row WHERE tab = 'owner' AND session = %lld",
                    (long long)s->session);
  int rc = sql ? sq_exec(s, "PRAGMA synchronous = NORMAL") : SQLITE_NOMEM;

  if (rc == SQLITE_OK)
    rc = sq_exec(s, sql);
  sqlite3_free(sql);
  return rc;
}

/* Waits for nobody. */
static void sq_close(void *store)
{
  struct sq_store *s = store;

  sq_blobs_finish(s);
  s->busy_until = 0;
  if (s->db && forget_owners(s) == SQLITE_OK)
    sq_shorten_log(s);
  store_free(s);
}

static int64_t store_now(void *store)
{
  (void)store;
  return sq_wall_ms();
}

/* ---- the table ----------------------------------------------------------- */

static const struct gamut_store store = {
  .struct_size = sizeof(store),
  .flags = GAMUT_STORE_DURABLE,
  .open = sq_open,
  .close = sq_close,
  .now = store_now,
  .commit = sq_commit,
  .scan = sq_scan,
  .blob_new = sq_blob_new,
  .blob_add = sq_blob_add,
  .blob_keep = sq_blob_keep,
  .blob_drop = sq_blob_drop,
  .blob_read = sq_blob_read,
  .blob_remove = sq_blob_remove,
  .blob_each = sq_blob_each,
};

static const void *extension(const char *id)
{
  return strcmp(id, GAMUT_EXT_STORE) == 0 ? &store : NULL;
}

GAMUT_PLUGIN_NAMED(store_sqlite, "store-sqlite", .version = "1.0.0",
                   .license = "MIT", .extension = extension);
