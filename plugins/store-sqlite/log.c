/* log.c - the write-ahead log, whose first write decides how long a short-lived
 * process waits. */
#include "sqlite.h"
#include <pthread.h>
#include <sys/stat.h>

/* Every process reads it whole when it is the first: some 60 pages. */
#define USUAL (256 << 10)

/* SQLite's own way to files, but for one thing: when it opens a log that it may
 * have to make, it syncs the folder as well after the first write, also when
 * the log was there all the time, and so doubles what the first commit of a
 * process waits for.  Ours stays from process to process, and whoever made it
 * has synced the folder. */
static sqlite3_vfs vfs;
static sqlite3_vfs *real_vfs;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int64_t size_of(const char *path)
{
  struct stat st;

  return path && stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static int open_file(sqlite3_vfs *v, const char *name, sqlite3_file *f,
                     int flags, int *ret_flags)
{
  (void)v;
  if (flags & SQLITE_OPEN_WAL && size_of(name) > 0)
    flags &= ~SQLITE_OPEN_CREATE;
  return real_vfs->xOpen(real_vfs, name, f, flags, ret_flags);
}

static void make_vfs(void)
{
  real_vfs = sqlite3_vfs_find(NULL);
  if (!real_vfs)
    return;
  vfs = *real_vfs;
  vfs.zName = "gamut";
  vfs.pNext = NULL;
  vfs.xOpen = open_file;
  if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
    real_vfs = NULL;
}

const char *sq_vfs(void)
{
  pthread_once(&once, make_vfs);
  return real_vfs ? vfs.zName : NULL;
}

void sq_shorten_log(struct sq_store *s)
{
  char *path = sqlite3_mprintf("%s-wal", s->file);

  if (size_of(path) > USUAL)
    sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                              NULL);
  sqlite3_free(path);
}
