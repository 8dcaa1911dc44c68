/* file.c - the database file: made, opened, and moved aside when it is damaged.
 *
 * Nothing here opens the file but SQLite: closing any descriptor of it would
 * take away the locks that another handle of this process has on it. */
#include "sqlite.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Others are waited for in short naps: a commit takes milliseconds. */
#define NAP_MS 5
#define PAGE   4096 /* of files that we make */

/* ---- waiting ------------------------------------------------------------- */

static int on_busy(void *arg, int count)
{
  const struct sq_store *s = arg;

  if (sq_mono_ms() >= s->busy_until)
    return 0;
  sq_sleep_ms(count < NAP_MS ? count + 1 : NAP_MS);
  return 1;
}

/* ---- statements ---------------------------------------------------------- */

sqlite3_stmt *sq_statement(struct sq_store *s, int which, const char *sql,
                           int *ret_rc)
{
  sqlite3_stmt **at = &s->statements[which];

  *ret_rc = SQLITE_OK;
  if (!*at)
    *ret_rc =
      sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, at, NULL);
  return *at;
}

int sq_exec(struct sq_store *s, const char *sql)
{
  return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

void sq_disconnect(struct sq_store *s)
{
  size_t i;

  for (i = 0; i < SQ_STATEMENTS; i++) {
    sqlite3_finalize(s->statements[i]);
    s->statements[i] = NULL;
  }
  sqlite3_close(s->db);
  s->db = NULL;
}

/* ---- the folder ---------------------------------------------------------- */

static int make_folder(const char *path)
{
  struct stat st;

  if (mkdir(path, 0700) == 0 || (stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
    return 0;
  if (errno == EEXIST || errno == 0)
    errno = ENOTDIR;
  return -1;
}

/* It and its parents, for its user alone. */
static int32_t make_folders(struct sq_store *s, char *message)
{
  char *copy = sqlite3_mprintf("%s", s->folder), *p;
  int32_t rc = 0;

  if (!copy)
    return sq_fail(s, SQLITE_NOMEM, message);
  for (p = copy + 1; (p = strchr(p, '/')) && rc == 0; p++) {
    *p = '\0';
    if (p[-1] && make_folder(copy))
      rc = sq_fail_errno("make", copy, message);
    *p = '/';
  }
  if (rc == 0 && make_folder(copy))
    rc = sq_fail_errno("make", copy, message);
  sqlite3_free(copy);
  return rc;
}

/* SQLite would make it readable for all; those beside it take after it. */
static int32_t make_file(struct sq_store *s, char *message)
{
  int fd =
    open(s->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    return errno == EEXIST ? 0 : sq_fail_errno("make", s->file, message);
  close(fd); /* new: nobody can have a lock on it */
  return 0;
}

/* ---- damage -------------------------------------------------------------- */

static int exists(const char *path, int64_t *ret_size)
{
  struct stat st;

  if (lstat(path, &st))
    return 0;
  *ret_size = (int64_t)st.st_size;
  return 1;
}

static int64_t size_of(const struct sq_store *s, const char *tail)
{
  char *path = sqlite3_mprintf("%s%s", s->file, tail);
  int64_t size = 0;

  if (path)
    exists(path, &size);
  sqlite3_free(path);
  return size;
}

/* What SQLite does not see: it takes a file of no page for a new one, and fills
 * a page that was cut with zeros.  The latter is right as long as there is a
 * log: the page is in it, and not yet written to its place.  A journal is there
 * while a new file gets its first page, and puts everything right. */
static int is_cut(const struct sq_store *s)
{
  int64_t size = size_of(s, ""), log_size = size_of(s, "-wal");

  if (size % PAGE == 0)
    return size == 0 && log_size > 0;
  return (size < PAGE || log_size == 0) && size_of(s, "-journal") == 0;
}

/* Marked before, or cut. */
static int looks_damaged(struct sq_store *s)
{
  char *mark = sqlite3_mprintf("%s/%s", s->folder, SQ_MARK);
  int64_t size;
  int damaged = (mark && exists(mark, &size)) || is_cut(s);

  sqlite3_free(mark);
  return damaged;
}

static void set_mark(struct sq_store *s)
{
  char *mark = sqlite3_mprintf("%s/%s", s->folder, SQ_MARK);
  int fd = mark ? open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

  if (fd >= 0)
    close(fd);
  sqlite3_free(mark);
}

/* "gamut.db.damaged-20261128T101500Z", "....2" when that is taken. */
static char *aside_name(const struct sq_store *s)
{
  time_t now = time(NULL);
  struct tm tm = { 0 };
  char date[32] = "", *name = NULL;
  int64_t size;
  int i;

  gmtime_r(&now, &tm);
  strftime(date, sizeof(date), "%Y%m%dT%H%M%SZ", &tm);
  for (i = 1; i < 1000; i++) {
    sqlite3_free(name);
    name = i == 1 ? sqlite3_mprintf("%s.damaged-%s", s->file, date)
                  : sqlite3_mprintf("%s.damaged-%s.%d", s->file, date, i);
    if (!name || !exists(name, &size))
      break;
  }
  return name;
}

/* One of the files that belong together; it need not be there. */
static int move_one(const struct sq_store *s, const char *to, const char *tail)
{
  char *old = sqlite3_mprintf("%s%s", s->file, tail);
  char *new = sqlite3_mprintf("%s%s", to, tail);
  int rc = old && new ? rename(old, new) : -1;

  if (rc && old && new &&errno == ENOENT)
    rc = 0;
  sqlite3_free(old);
  sqlite3_free(new);
  return rc;
}

/* The database last: as long as it stands there it is looked at again. */
static int32_t move_aside(struct sq_store *s, char *message)
{
  char *to = aside_name(s), *mark;
  int32_t rc = 0;

  if (!to)
    return sq_fail(s, SQLITE_NOMEM, message);
  if (move_one(s, to, "-journal") || move_one(s, to, "-wal") ||
      move_one(s, to, "-shm") || move_one(s, to, ""))
    rc = sq_fail_errno("move aside", s->file, message);
  mark = rc == 0 ? sqlite3_mprintf("%s/%s", s->folder, SQ_MARK) : NULL;
  if (mark)
    unlink(mark);
  if (rc == 0)
    sq_note(s, GAMUT_WARN,
            "the store '%s' was damaged: it was moved to '%s' and a new one "
            "was begun, which does not know the jobs of the old one",
            s->file, to);
  sqlite3_free(mark);
  sqlite3_free(to);
  return rc;
}

/* ---- opening ------------------------------------------------------------- */

/* Before anything is read.  The last one to close would move the log into the
 * database and remove it: that waits for the disk, where the log is read
 * quicker; and when the log could not be read because the disk is full, nothing
 * is moved and the log, which has all that is new, removed. */
static void prepare(struct sq_store *s)
{
  int on = 1;

  sqlite3_extended_result_codes(s->db, 1);
  sqlite3_busy_handler(s->db, on_busy, s);
  sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on);
}

static int set_up(struct sq_store *s)
{
  static const char *const always[] = {
    "PRAGMA page_size = 4096",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 16777216",
    "PRAGMA cell_size_check = ON",
    "PRAGMA trusted_schema = OFF",
  };
  int rc = SQLITE_OK;
  size_t i;

  for (i = 0; i < SQ_LEN(always) && rc == SQLITE_OK; i++)
    rc = sq_exec(s, always[i]);
  s->full_sync = 1;
  return rc;
}

/* Owners of an earlier start of the machine are gone, whatever they say.  Of
 * several who open it at once the first writes the new start down, and the
 * others must not take its owner away: so that is asked again inside.  Whoever
 * cannot read its name now, because descriptors are short, does not take it for
 * another one: those who drive jobs would lose them to the next process. */
static int forget_earlier_start(struct sq_store *s)
{
  sqlite3_stmt *st = NULL;
  char boot[64], *sql = NULL;
  int rc, known = 0;

  if (sq_boot_id(boot))
    return SQLITE_CANTOPEN;
  s->even_clock = boot[0] != '\0';
  rc = sqlite3_prepare_v2(
    s->db, "SELECT value = ?1 FROM meta WHERE name = 'boot'", -1, &st, NULL);
  if (rc == SQLITE_OK) {
    sqlite3_bind_text(st, 1, boot, -1, SQLITE_STATIC);
    rc = sqlite3_step(st);
    known = rc == SQLITE_ROW && sqlite3_column_int(st, 0);
    rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
  }
  sqlite3_finalize(st);
  if (rc != SQLITE_OK || known)
    return rc;
  sql = sqlite3_mprintf("BEGIN IMMEDIATE;"
                        "DELETE FROM row WHERE tab = 'owner' AND NOT EXISTS"
                        " (SELECT 1 FROM meta WHERE name = 'boot' AND"
                        " value = %Q);"
                        "INSERT OR REPLACE INTO meta VALUES ('boot', %Q);"
                        "COMMIT",
                        boot, boot);
  rc = sql ? sq_exec(s, sql) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (!sqlite3_get_autocommit(s->db))
    sq_exec(s, "ROLLBACK");
  return rc;
}

/* What is there decides before anything is written to it. */
static int look_and_bring(struct sq_store *s)
{
  int version, rc = sq_schema_check(s->db, sq_n_steps, &version);

  if (rc == SQLITE_OK)
    rc = set_up(s);
  if (rc == SQLITE_OK && version < sq_n_steps)
    rc = sq_schema_bring(s->db, sq_steps, sq_n_steps);
  if (rc == SQLITE_OK)
    rc = forget_earlier_start(s);
  return rc;
}

static int open_file(struct sq_store *s)
{
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  int rc;

  if (looks_damaged(s))
    return SQLITE_NOTADB;
  rc = sqlite3_open_v2(s->file, &s->db, flags, sq_vfs());
  if (rc == SQLITE_OK) {
    prepare(s);
    rc = look_and_bring(s);
  }
  return rc;
}

static int32_t newer(struct sq_store *s, char *message)
{
  int version = 0;

  sq_schema_check(s->db, sq_n_steps, &version);
  if (version > sq_n_steps)
    return sq_say(message, GAMUT_E_UNSUPPORTED,
                  "the store '%.200s' was written by a newer gamut (version %d "
                  "of it, this one knows %d): use that gamut, or name another "
                  "folder with state_dir",
                  s->file, version, sq_n_steps);
  return sq_say(message, GAMUT_E_UNSUPPORTED,
                "'%.200s' is a database of another program: name another "
                "folder with state_dir",
                s->file);
}

/* One try; *ret_rc is SQLite's code. */
static int32_t try_open(struct sq_store *s, int *ret_rc, char *message)
{
  int32_t rc = make_file(s, message);

  *ret_rc = SQLITE_OK;
  if (rc == 0)
    *ret_rc = open_file(s);
  if (rc || *ret_rc == SQLITE_OK)
    return rc;
  if (sq_is_damage(*ret_rc) && sq_read_failed(s))
    *ret_rc = SQLITE_IOERR;
  rc = *ret_rc == SQLITE_MISMATCH ? newer(s, message)
                                  : sq_fail(s, *ret_rc, message);
  sq_disconnect(s);
  return rc;
}

/* It is damaged, and we hold the shared lock.  0: look again. */
static int32_t replace(struct sq_store *s, char *message)
{
  int32_t rc = 0;
  int damage;

  sq_unlock(s);
  if (sq_lock_alone(s)) {
    rc = try_open(s, &damage, message); /* it may have been replaced already */
    if (rc && sq_is_damage(damage))
      rc = move_aside(s, message);
    sq_disconnect(s);
  } else if (sq_mono_ms() >= s->busy_until) {
    rc = sq_say(message, GAMUT_E_STORAGE,
                "the store '%.200s' is damaged, and other gamut processes have "
                "it open: end them, then it is moved aside",
                s->file);
  } else {
    sq_sleep_ms(NAP_MS);
  }
  sq_unlock(s);
  return rc;
}

static int32_t connect_file(struct sq_store *s, char *message)
{
  int32_t rc = 0;
  int damage;

  while (rc == 0) {
    rc = sq_lock_shared(s, message);
    if (rc)
      break;
    rc = try_open(s, &damage, message);
    if (rc == 0)
      return 0;
    if (sq_is_damage(damage)) {
      rc = replace(s, message);
      continue;
    }
    sq_unlock(s);
    if (rc == GAMUT_E_TIMEOUT && sq_mono_ms() < s->busy_until) {
      sq_sleep_ms(NAP_MS); /* not every lock of SQLite waits by itself */
      rc = 0;
    }
  }
  return rc;
}

int32_t sq_open_place(struct sq_store *s, char *message)
{
  int32_t rc;

  s->busy_until = sq_mono_ms() + s->busy_ms;
  sq_disconnect(s);
  rc = make_folders(s, message);
  if (rc == 0)
    rc = sq_lock_open(s, message);
  if (rc == 0)
    rc = connect_file(s, message);
  return rc;
}

static int has_moved(struct sq_store *s)
{
  int moved = 0;

  return sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
           SQLITE_OK &&
         moved;
}

int32_t sq_begin_call(struct sq_store *s, char *message)
{
  s->busy_until = sq_mono_ms() + s->busy_ms;
  if (!s->db)
    return sq_open_place(s, message);
  if (!has_moved(s))
    return 0;
  sq_note(s, GAMUT_WARN,
          "the store '%s' was taken away while it was in use: a new one was "
          "begun, which does not know the jobs of the old one",
          s->file);
  return sq_open_place(s, message);
}

int32_t sq_after_damage(struct sq_store *s, char *message)
{
  if (!sq_read_failed(s))
    set_mark(s);
  return sq_open_place(s, message);
}
