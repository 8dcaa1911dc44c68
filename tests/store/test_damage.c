/* test_damage.c - files that are cut, overwritten, taken away, newer, another
 * program's, or in a place that cannot be written.  What is damaged is moved
 * aside and said, never deleted. */
#include "kit.h"
#include "unit/scratch.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 60 };

static char file[512], log_file[512]; /* of the present place */

static void *read_file(const char *path, size_t *ret_len)
{
  struct stat st;
  int fd = open(path, O_RDONLY);
  char *p;

  *ret_len = 0;
  if (fd < 0)
    return NULL;
  ck_assert_int_eq(fstat(fd, &st), 0);
  p = malloc((size_t)st.st_size + 1);
  ck_assert_int_eq(read(fd, p, (size_t)st.st_size), st.st_size);
  close(fd);
  *ret_len = (size_t)st.st_size;
  return p;
}

/* The handle's own locks on the file would go with the descriptor: in a child.
 */
static void in_child(void (*fn)(const void *arg), const void *arg)
{
  int status;
  pid_t pid = fork();

  ck_assert_int_ge(pid, 0);
  if (pid == 0) {
    fn(arg);
    _exit(0);
  }
  ck_assert_int_eq(waitpid(pid, &status, 0), pid);
  ck_assert_int_eq(status, 0);
}

/* Rows of half a kilobyte, by a process that does not close the store. */
static void write_rows(const void *place)
{
  char key[16], body[512];
  struct kit k;
  int i;

  kit_open(&k, KIT_SQLITE, place);
  for (i = 0; i < ROWS; i++) {
    struct gamut_store_op op;

    snprintf(key, sizeof(key), "%03d", i);
    memset(body, 'a' + i % 26, sizeof(body) - 1);
    body[sizeof(body) - 1] = '\0';
    op = kit_put("t", key, body);
    ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  }
}

/* `merged`: they are in the file itself, not in its log. */
static const char *make(bool merged)
{
  const char *place = scratch_folder();
  sqlite3 *db;

  snprintf(file, sizeof(file), "%s/gamut.db", place);
  snprintf(log_file, sizeof(log_file), "%s/gamut.db-wal", place);
  in_child(write_rows, place);
  if (merged) {
    ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
    ck_assert_int_eq(
      sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", 0, 0, 0), SQLITE_OK);
    sqlite3_close(db);
  }
  return place;
}

static int32_t check_row(void *user, const struct gamut_store_row *row)
{
  const char *body = row->body;
  int *n = user;
  size_t i;

  ck_assert_int_eq(atoi(row->key), *n);
  ck_assert_uint_eq(row->body_len, 511);
  for (i = 0; i < row->body_len; i++)
    ck_assert_int_eq(body[i], 'a' + *n % 26);
  ++*n;
  return 0;
}

static int32_t scan(struct kit *k, int *n)
{
  struct gamut_store_query q = { .struct_size = sizeof(q), .table = "t" };

  *n = 0;
  return k->type->scan(k->store, &q, check_row, n, k->message);
}

/* The file that was moved aside; how many there are. */
static int asides(const char *place, char *ret_path, size_t size)
{
  DIR *d = opendir(place);
  struct dirent *e;
  int n = 0;

  ck_assert_ptr_nonnull(d);
  while ((e = readdir(d))) {
    if (strncmp(e->d_name, "gamut.db.damaged-", 17) != 0 ||
        strstr(e->d_name, "-wal") || strstr(e->d_name, "-shm"))
      continue;
    snprintf(ret_path, size, "%s/%s", place, e->d_name);
    n++;
  }
  closedir(d);
  return n;
}

/* Byte by byte what it was, and its name was said. */
static void check_aside(const char *place, const struct kit *k,
                        const void *before, size_t len)
{
  char path[600] = "";
  size_t now_len;
  void *now;

  ck_assert_int_eq(asides(place, path, sizeof(path)), 1);
  ck_assert_msg(strstr(k->notes, path) != NULL, "%s", k->notes);
  now = read_file(path, &now_len);
  ck_assert_uint_eq(now_len, len);
  ck_assert_mem_eq(now, before, len);
  free(now);
}

/* It opens, and what can be read is right, or all of it is moved aside. Returns
 * which of the two. */
static bool survives(const char *place, const char *what)
{
  struct gamut_store_op op = kit_put("t", "000", "x");
  char path[600];
  size_t len;
  void *before = read_file(file, &len);
  bool moved;
  struct kit k;
  int n;

  ck_assert_msg(kit_try_open(&k, kit_sqlite(), place, 1000) == 0, "%s: %s",
                what, k.message);
  if (scan(&k, &n)) {
    ck_assert_ptr_nonnull(strstr(k.message, "damaged and begun anew"));
    ck_assert_int_eq(scan(&k, &n), 0);
  }
  moved = strstr(k.notes, "was damaged: it was moved to") != NULL;
  if (moved) {
    ck_assert_int_eq(n, 0);
    check_aside(place, &k, before, len);
  } else {
    ck_assert_int_eq(asides(place, path, sizeof(path)), 0);
  }
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  kit_close(&k);
  free(before);
  return moved;
}

/* A place that has only this file. */
static const char *place_with(const void *bytes, size_t len)
{
  const char *place = scratch_folder();

  snprintf(file, sizeof(file), "%s/gamut.db", place);
  scratch_write(file, bytes, len, 0600);
  return place;
}

/* ---- cut ----------------------------------------------------------------- */

START_TEST(cut)
{
  size_t len, at;
  void *whole;

  make(true);
  whole = read_file(file, &len);
  ck_assert_uint_gt(len, 8 * 4096);
  for (at = 1; at < len; at += len / 37)
    ck_assert_msg(survives(place_with(whole, at), "cut"),
                  "not seen: at %zu of "
                  "%zu",
                  at, len);
  free(whole);
}
END_TEST

/* Nothing is left of the file, but its log says that there was something. */
START_TEST(emptied)
{
  const char *place = make(false);

  scratch_write(file, "", 0, 0600);
  ck_assert(survives(place, "emptied"));
}
END_TEST

/* The log is cut: what was committed last is gone, as after a crash, and what
 * is left is whole. */
START_TEST(log_cut)
{
  size_t len, log_len, at;
  const char *place;
  void *whole, *log;
  int last = -1, n;
  struct kit k;

  make(false);
  whole = read_file(file, &len);
  log = read_file(log_file, &log_len);
  ck_assert_uint_gt(log_len, 16 * 4096);
  for (at = 1; at < log_len; at += log_len / 23) {
    place = place_with(whole, len);
    scratch_write(scratch_path(place, "gamut.db-wal"), log, at, 0600);
    kit_open(&k, KIT_SQLITE, place);
    ck_assert_int_eq(scan(&k, &n), 0);
    ck_assert_int_ge(n, last);
    ck_assert_str_eq(k.notes, "");
    last = n;
    kit_close(&k);
  }
  ck_assert_int_gt(last, ROWS / 2);
  free(whole);
  free(log);
}
END_TEST

/* ---- overwritten --------------------------------------------------------- */

static void fill(unsigned char *p, size_t len, unsigned seed)
{
  while (len-- > 0) {
    seed = seed * 1103515245u + 12345u;
    *p++ = (unsigned char)(seed >> 16);
  }
}

/* Page after page, and the whole. */
START_TEST(garbage)
{
  unsigned char *whole, *copy;
  int seen = 0, n = 0;
  size_t len, at;

  make(true);
  whole = read_file(file, &len);
  copy = malloc(len);
  for (at = 0; at < len; at += 4096) {
    memcpy(copy, whole, len);
    fill(copy + at, 4096, (unsigned)at + 1);
    seen += survives(place_with(copy, len), "a page of garbage");
    n++;
  }
  ck_assert_int_ge(seen, n / 2); /* not pages that are used by nothing */
  fill(copy, len, 7);
  ck_assert(survives(place_with(copy, len), "all garbage"));
  memset(copy, 0, len);
  ck_assert(survives(place_with(copy, len), "all zeros"));
  ck_assert(survives(place_with("hello\n", 6), "a text"));
  free(copy);
  free(whole);
}
END_TEST

static void overwrite(const void *arg)
{
  unsigned char bytes[4096];
  int fd = open(arg, O_WRONLY), i;

  fill(bytes, sizeof(bytes), 99);
  for (i = 0; fd >= 0 && i < 64; i++)
    if (pwrite(fd, bytes, sizeof(bytes), (off_t)i * 4096) != sizeof(bytes))
      _exit(1);
}

/* Under a handle that has it open. */
START_TEST(garbage_while_open)
{
  const char *place = make(true);
  struct gamut_store_op op;
  struct kit k;
  int i, n;

  kit_open(&k, KIT_SQLITE, place);
  in_child(overwrite, file);
  for (i = 0; i < ROWS; i++) {
    char key[16];

    snprintf(key, sizeof(key), "%03d", i);
    op = kit_put("u", key, "x");
    ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  }
  ck_assert_ptr_nonnull(strstr(k.notes, "was damaged: it was moved to"));
  ck_assert_int_eq(scan(&k, &n), 0);
  ck_assert_int_eq(n, 0);
  kit_close(&k);
}
END_TEST

/* ... and another has it open as well: it is not moved away under that one. */
START_TEST(garbage_while_others_have_it)
{
  const char *place = make(true);
  struct gamut_store_op op = kit_put("u", "a", "x");
  struct kit a, b, c;
  char path[600];
  int32_t outcome, rc = 0;
  int i, n;

  kit_open(&a, KIT_SQLITE, place);
  ck_assert_int_eq(kit_try_open(&b, kit_sqlite(), place, 100), 0);
  ck_assert_int_eq(scan(&b, &n), 0);
  in_child(overwrite, file);
  for (i = 0; i < 1000 && rc == 0; i++)
    rc = kit_try(&b, &op, 1, &outcome);
  ck_assert_int_eq(rc, GAMUT_E_STORAGE);
  ck_assert_msg(strstr(b.message, "other gamut processes have it open") != NULL,
                "%s", b.message);
  ck_assert_int_eq(asides(place, path, sizeof(path)), 0);
  ck_assert_int_eq(kit_try_open(&c, kit_sqlite(), place, 100), GAMUT_E_STORAGE);
  kit_close(&a);
  ck_assert_int_eq(kit_run(&b, &op, 1), 0); /* now it can */
  ck_assert_int_eq(asides(place, path, sizeof(path)), 1);
  kit_close(&b);
}
END_TEST

/* ---- taken away ---------------------------------------------------------- */

START_TEST(taken_away)
{
  const char *place = make(false);
  struct gamut_store_op op = kit_put("u", "a", "x");
  char command[600];
  struct kit_row row;
  struct kit k;

  kit_open(&k, KIT_SQLITE, place);
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  if (_i == 0)
    snprintf(command, sizeof(command), "rm -rf '%s'", place);
  else
    snprintf(command, sizeof(command), "rm -f '%s'", file);
  ck_assert_int_eq(system(command), 0);
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  ck_assert_ptr_nonnull(strstr(k.notes, "was taken away"));
  ck_assert_int_eq(access(file, F_OK), 0);
  ck_assert(kit_get(&k, "u", "a", &row));
  kit_close(&k);
  kit_open(&k, KIT_SQLITE, place);
  ck_assert(kit_get(&k, "u", "a", &row));
  kit_close(&k);
}
END_TEST

/* ---- not ours to touch --------------------------------------------------- */

static void sql(const char *text)
{
  sqlite3 *db;

  ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
  ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
}

static void refused(const char *place, const char *why)
{
  size_t before_len, after_len;
  void *before = read_file(file, &before_len), *after;
  char path[600];
  struct kit k;

  ck_assert_int_eq(kit_try_open(&k, kit_sqlite(), place, 100),
                   GAMUT_E_UNSUPPORTED);
  ck_assert_msg(strstr(k.message, why) && strstr(k.message, file), "%s",
                k.message);
  after = read_file(file, &after_len);
  ck_assert_uint_eq(after_len, before_len);
  ck_assert_mem_eq(after, before, before_len);
  ck_assert_int_eq(asides(place, path, sizeof(path)), 0);
  free(before);
  free(after);
}

START_TEST(newer)
{
  const char *place = make(true);

  sql("PRAGMA user_version = 99");
  refused(place, "written by a newer gamut (version 99 of it, this one knows ");
}
END_TEST

START_TEST(of_another_program)
{
  const char *place = scratch_folder();

  snprintf(file, sizeof(file), "%s/gamut.db", place);
  sql("CREATE TABLE recipes (name TEXT)");
  refused(place, "another program");
}
END_TEST

/* ---- places that cannot be ----------------------------------------------- */

static void place_fails(const char *place, int32_t error_class, const char *why)
{
  struct kit k;
  int32_t rc = kit_try_open(&k, kit_sqlite(), place, 100);

  ck_assert_msg(rc == error_class && strstr(k.message, why), "'%s': %d, %s",
                place, rc, k.message);
}

START_TEST(bad_places)
{
  const char *folder = scratch_folder();

  scratch_text(scratch_path(folder, "file"), "x", 0600);
  place_fails("relative/place", GAMUT_E_INVALID, "begins with '/'");
  place_fails("", GAMUT_E_INVALID, "begins with '/'");
  place_fails(NULL, GAMUT_E_INVALID, "begins with '/'");
  place_fails("/proc/gamut", GAMUT_E_STORAGE, "state_dir");
  place_fails(scratch_path(folder, "file"), GAMUT_E_STORAGE, "state_dir");
  place_fails(scratch_path(folder, "file/below"), GAMUT_E_STORAGE,
              "Not a directory");
}
END_TEST

/* Root may write everywhere: be somebody else. */
static void try_read_only(const void *arg)
{
  struct kit k;
  int32_t rc;

  kit_sqlite();
  if (geteuid() == 0 && (setegid(65534) || seteuid(65534)))
    _exit(2);
  rc = kit_try_open(&k, kit_sqlite(), arg, 100);
  if (rc != GAMUT_E_STORAGE || !strstr(k.message, "Permission denied")) {
    fprintf(stderr, "%d: %s\n", rc, k.message);
    _exit(1);
  }
}

START_TEST(read_only_folder)
{
  const char *place = make(true);

  ck_assert_int_eq(chmod(place, 0555), 0);
  in_child(try_read_only, place);
  ck_assert_int_eq(chmod(place, 0700), 0);
  survives(place, "read-only for a while");
}
END_TEST

/* ---- for its user alone -------------------------------------------------- */

static void check_modes(const char *place)
{
  DIR *d = opendir(place);
  struct dirent *e;
  struct stat st;
  int n = 0;

  ck_assert_ptr_nonnull(d);
  ck_assert_int_eq(fstat(dirfd(d), &st), 0);
  ck_assert_uint_eq(st.st_mode & 0777, 0700);
  while ((e = readdir(d))) {
    if (e->d_name[0] == '.')
      continue;
    ck_assert_int_eq(fstatat(dirfd(d), e->d_name, &st, 0), 0);
    ck_assert_msg((st.st_mode & 077) == 0, "%s: %o", e->d_name, st.st_mode);
    n++;
  }
  closedir(d);
  ck_assert_int_ge(n, 4);
}

START_TEST(modes)
{
  const char *place = scratch_path(scratch_folder(), "state/of/gamut");
  struct gamut_store_op op = kit_put("u", "a", "x");
  void *blob = NULL;
  struct kit k;

  umask(0);
  kit_open(&k, KIT_SQLITE, place);
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  ck_assert_int_eq(k.type->blob_new(k.store, &blob, k.message), 0);
  check_modes(place);
  kit_close(&k);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("damage");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 120);
  tcase_add_test(tc, cut);
  tcase_add_test(tc, emptied);
  tcase_add_test(tc, log_cut);
  tcase_add_test(tc, garbage);
  tcase_add_test(tc, garbage_while_open);
  tcase_add_test(tc, garbage_while_others_have_it);
  tcase_add_loop_test(tc, taken_away, 0, 2);
  tcase_add_test(tc, newer);
  tcase_add_test(tc, of_another_program);
  tcase_add_test(tc, bad_places);
  tcase_add_test(tc, read_only_folder);
  tcase_add_test(tc, modes);
  return unit_run("damage", tc);
}
