/* fail.c - what went wrong, as a sentence that says what to do about it. */
#include "sqlite.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
  int code; /* primary result code of SQLite */
  int32_t error_class;
  const char *what;
} codes[] = {
  { SQLITE_FULL, GAMUT_E_STORAGE,
    "the disk is full: free some space, or name another folder with "
    "state_dir" },
  { SQLITE_READONLY, GAMUT_E_STORAGE,
    "it cannot be written: see who owns it, or name another folder with "
    "state_dir" },
  { SQLITE_CANTOPEN, GAMUT_E_STORAGE,
    "it cannot be opened: see who owns it and its folder, or name another "
    "folder with state_dir" },
  { SQLITE_PERM, GAMUT_E_STORAGE, "it cannot be opened: see who owns it" },
  { SQLITE_IOERR, GAMUT_E_STORAGE,
    "the disk failed: see the system's log, or name another folder with "
    "state_dir" },
  { SQLITE_CORRUPT, GAMUT_E_STORAGE,
    "it is damaged: it will be moved aside when nobody has it open" },
  { SQLITE_NOTADB, GAMUT_E_STORAGE,
    "it is damaged: it will be moved aside when nobody has it open" },
  { SQLITE_TOOBIG, GAMUT_E_STORAGE, "a record is larger than SQLite can keep" },
  { SQLITE_BUSY, GAMUT_E_TIMEOUT,
    "other processes held it for too long: end those that hang" },
  { SQLITE_LOCKED, GAMUT_E_TIMEOUT,
    "other processes held it for too long: end those that hang" },
  { SQLITE_PROTOCOL, GAMUT_E_TIMEOUT,
    "other processes held it for too long: end those that hang" },
  { SQLITE_NOMEM, GAMUT_E_NOMEM, "no memory is left for it" },
};

int32_t sq_say(char *message, int32_t error_class, const char *fmt, ...)
{
  va_list ap;

  va_start(ap, fmt);
  vsnprintf(message, GAMUT_STORE_MESSAGE, fmt, ap);
  va_end(ap);
  return error_class;
}

int sq_is_damage(int rc)
{
  rc &= 0xff;
  return rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
}

static int is_of_the_disk(int number)
{
  return number == EIO || number == ENXIO;
}

/* SQLite calls it damage as well when the disk does not give a page that may be
 * good: from a cable that was loose for a moment to a server that is away. */
int sq_read_failed(const struct sq_store *s)
{
  sqlite3_file *log = NULL;
  int number = 0;

  if (!s->db)
    return 0;
  sqlite3_file_control(s->db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
  if (is_of_the_disk(number))
    return 1;
  sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (!log || !log->pMethods)
    return 0;
  number = 0;
  log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
  return is_of_the_disk(number);
}

int32_t sq_fail(struct sq_store *s, int rc, char *message)
{
  const char *said = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc);
  char why[128] = "";
  int number = s->db ? sqlite3_system_errno(s->db) : 0;
  size_t i;

  if (rc == SQLITE_IOERR_NOMEM)
    rc = SQLITE_NOMEM;
  if (sq_is_damage(rc) && sq_read_failed(s)) {
    rc = SQLITE_IOERR;
    number = EIO;
  }
  if (number && ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN))
    snprintf(why, sizeof(why), " (%s)", strerror(number));
  if (rc == SQLITE_IOERR_SHMMAP)
    return sq_say(message, GAMUT_E_STORAGE,
                  "the store '%.200s'%s: its file system shares no memory "
                  "between processes: name a folder on a disk of this machine "
                  "with state_dir",
                  s->file, why);
  for (i = 0; i < SQ_LEN(codes); i++)
    if (codes[i].code == (rc & 0xff))
      return sq_say(message, codes[i].error_class, "the store '%.200s'%s: %s",
                    s->file, why, codes[i].what);
  return sq_say(message, GAMUT_E_STORAGE, "the store '%.200s': %.200s (%d)",
                s->file, said, rc);
}

int32_t sq_fail_errno(const char *what, const char *path, char *message)
{
  int number = errno;

  if (number == ENOMEM)
    return sq_say(message, GAMUT_E_NOMEM, "no memory is left for the store");
  return sq_say(message, GAMUT_E_STORAGE,
                "the store cannot %s '%.200s': %s; name another folder with "
                "state_dir",
                what, path, strerror(number));
}

void sq_note(struct sq_store *s, int32_t level, const char *fmt, ...)
{
  char line[1024];
  va_list ap;

  if (!s->note)
    return;
  va_start(ap, fmt);
  vsnprintf(line, sizeof(line), fmt, ap);
  va_end(ap);
  s->note(s->user, level, line);
}
