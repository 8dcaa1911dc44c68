/* test_file.c - whole files, folders, paths. */
#include "base/file.h"
#include "base/str.h"
#include "unit.h"
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

static void setup(void)
{
  const char *tmp = gm_env("TMPDIR");

  snprintf(folder, sizeof(folder), "%s/test-file-XXXXXX", tmp ? tmp : "/tmp");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* Two levels are all that these tests make. */
static void teardown(void)
{
  static const char *const names[] = { "a/b/c", "a/b", "a", "file", "fifo" };
  size_t i;

  for (i = 0; i < GM_LEN(names); i++) {
    char *path = gm_path_join(folder, names[i]);

    if (unlink(path))
      rmdir(path);
    gm_free(path);
  }
  ck_assert_int_eq(rmdir(folder), 0);
}

static char *at(const char *name)
{
  return gm_path_join(folder, name);
}

static void put(const char *path, const void *p, size_t len)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(gm_write_all(fd, p, len), 0);
  close(fd);
}

START_TEST(files_are_read_whole)
{
  static const size_t sizes[] = { 0, 1, 63, 16383, 16384, 16385, 100000 };
  _cleanup_free_ char *path = at("file");
  char *text = gm_alloc(100000);
  size_t i;

  memset(text, 'x', 100000);
  for (i = 0; i < GM_LEN(sizes); i++) {
    _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(100000);
    _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;

    put(path, text, sizes[i]);
    gm_buf_add(&b, "old");
    ck_assert_int_eq(gm_file_read(path, &b, GAMUT_E_INVALID, &e), 0);
    ck_assert_uint_eq(b.len, sizes[i]);
    ck_assert_mem_eq(gm_buf_text(&b), text, sizes[i]);
    ck_assert_int_eq(gm_buf_text(&b)[sizes[i]], '\0');
  }
  gm_free(text);
}
END_TEST

START_TEST(ceiling_is_kept)
{
  _cleanup_free_ char *path = at("file");
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(10);
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;

  put(path, "0123456789", 10);
  ck_assert_int_eq(gm_file_read(path, &b, GAMUT_E_INVALID, &e), 0);
  put(path, "0123456789X", 11);
  ck_assert_int_eq(gm_file_read(path, &b, GAMUT_E_INVALID, &e),
                   GAMUT_E_INVALID);
  ck_assert_msg(gm_ends(gm_error_text(&e), "file': larger than 10 bytes"), "%s",
                gm_error_text(&e));
}
END_TEST

/* /proc says 0 bytes and gives more. */
START_TEST(sizes_may_lie)
{
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(100000);

  if (access("/proc/self/status", R_OK))
    return;
  ck_assert_int_eq(gm_file_read("/proc/self/status", &b, GAMUT_E_INVALID, NULL),
                   0);
  ck_assert_uint_gt(b.len, 100);
}
END_TEST

START_TEST(absent_files_are_named)
{
  _cleanup_free_ char *path = at("absent");
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(10);
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;

  ck_assert_int_eq(gm_file_read(path, &b, GAMUT_E_NOT_FOUND, &e),
                   GAMUT_E_NOT_FOUND);
  ck_assert(strstr(gm_error_text(&e), "/absent': No such file") != NULL);
}
END_TEST

START_TEST(others_than_files_are_refused)
{
  _cleanup_free_ char *fifo = at("fifo");
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(10);
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;

  ck_assert_int_eq(mkfifo(fifo, 0600), 0);
  ck_assert_int_eq(gm_file_read(fifo, &b, GAMUT_E_INVALID, &e),
                   GAMUT_E_INVALID); /* and does not hang */
  ck_assert(gm_ends(gm_error_text(&e), "not a regular file"));
  ck_assert_int_eq(gm_file_read(folder, &b, GAMUT_E_INVALID, NULL),
                   GAMUT_E_INVALID);
  ck_assert_int_eq(gm_file_read("/dev/zero", &b, GAMUT_E_INVALID, NULL),
                   GAMUT_E_INVALID);
}
END_TEST

START_TEST(write_errors_are_told)
{
  int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

  ck_assert_int_eq(gm_write_all(-1, "x", 1), -EBADF);
  ck_assert_int_eq(gm_write_all(-1, "x", 0), 0);
  if (fd < 0)
    return;
  ck_assert_int_eq(gm_write_all(fd, "x", 1), -ENOSPC);
  close(fd);
}
END_TEST

START_TEST(folders_are_made)
{
  _cleanup_free_ char *deep = at("a/b/c"), *file = at("file");
  _cleanup_free_ char *slashes = at("a//b///c/"), *through = at("file/x");
  struct stat st;

  umask(0);
  ck_assert_int_eq(gm_mkdirs(deep), 0);
  ck_assert_int_eq(stat(deep, &st), 0);
  ck_assert_uint_eq(st.st_mode & 07777, 0700);
  ck_assert_int_eq(gm_mkdirs(deep), 0);
  ck_assert_int_eq(gm_mkdirs(slashes), 0);
  ck_assert_int_eq(gm_mkdirs("/"), 0);
  put(file, "", 0);
  ck_assert_int_eq(gm_mkdirs(file), -ENOTDIR);
  ck_assert_int_eq(gm_mkdirs(through), -ENOTDIR);
  ck_assert_int_eq(gm_mkdirs(""), -ENOENT);
}
END_TEST

static const struct {
  const char *path, *base, *dir;
} paths[] = {
  { "a/b.png", "b.png", "a" },
  { "b.png", "b.png", "." },
  { "a/b/", "", "a/b" },
  { "/x", "x", "/" },
  { "/", "", "/" },
  { "a//b", "b", "a" },
  { "", "", "." },
  { "//x", "x", "/" },
};

START_TEST(paths_come_apart)
{
  _cleanup_free_ char *dir = gm_path_dir(paths[_i].path);

  ck_assert_str_eq(gm_path_base(paths[_i].path), paths[_i].base);
  ck_assert_str_eq(dir, paths[_i].dir);
}
END_TEST

static const struct {
  const char *dir, *name, *path;
} joins[] = {
  { "a", "b", "a/b" }, { "a/", "b", "a/b" }, { "a//", "/b", "a/b" },
  { "/", "b", "/b" },  { "", "b", "b" },     { "", "/b", "/b" },
  { ".", "b", "./b" }, { "a", "", "a/" },
};

START_TEST(paths_join)
{
  _cleanup_free_ char *path = gm_path_join(joins[_i].dir, joins[_i].name);

  ck_assert_str_eq(path, joins[_i].path);
}
END_TEST

static const struct {
  const char *home, *var, *tail, *path; /* NULL: unset, nowhere */
} places[] = {
  { "/home/u", NULL, "gamut", "/home/u/.config/gamut" },
  { "/home/u", "", "gamut", "/home/u/.config/gamut" },
  { "/home/u", "rel", "gamut", "/home/u/.config/gamut" },
  { "/home/u", "/etc/u/", "gamut", "/etc/u/gamut" },
  { NULL, "/etc/u", NULL, "/etc/u" },
  { "/home/u", NULL, "", "/home/u/.config" },
  { NULL, NULL, "gamut", NULL },
  { "", NULL, "gamut", NULL },
};

static void set_env(const char *name, const char *value)
{
  if (value)
    setenv(name, value, 1);
  else
    unsetenv(name);
}

START_TEST(places_follow_the_environment)
{
  _cleanup_free_ char *path = NULL;

  set_env("HOME", places[_i].home);
  set_env("XDG_TEST_HOME", places[_i].var);
  path = gm_path_xdg("XDG_TEST_HOME", ".config", places[_i].tail);
  if (places[_i].path)
    ck_assert_str_eq(path, places[_i].path);
  else
    ck_assert_ptr_null(path);
}
END_TEST

static bool build(void)
{
  _cleanup_free_ char *path = gm_path_xdg(NULL, ".config", "a/b");
  _cleanup_free_ char *dir = path ? gm_path_dir(path) : NULL;
  _cleanup_(gm_buf_finish) struct gm_buf b = GM_BUF_INIT(100000);
  _cleanup_(gm_error_finish) struct gm_error e = GM_ERROR_INIT;
  int32_t rc = gm_file_read("/proc/self/status", &b, GAMUT_E_INVALID, &e);

  ck_assert(rc == 0 || rc == GAMUT_E_NOMEM);
  ck_assert_int_eq(rc, e.error_class);
  return dir && rc == 0;
}

START_TEST(no_memory_is_clean)
{
  setenv("HOME", "/home/u", 1);
  if (access("/proc/self/status", R_OK) == 0)
    unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("file");

  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, files_are_read_whole);
  tcase_add_test(tc, ceiling_is_kept);
  tcase_add_test(tc, sizes_may_lie);
  tcase_add_test(tc, absent_files_are_named);
  tcase_add_test(tc, others_than_files_are_refused);
  tcase_add_test(tc, write_errors_are_told);
  tcase_add_test(tc, folders_are_made);
  tcase_add_loop_test(tc, paths_come_apart, 0, (int)GM_LEN(paths));
  tcase_add_loop_test(tc, paths_join, 0, (int)GM_LEN(joins));
  tcase_add_loop_test(tc, places_follow_the_environment, 0,
                      (int)GM_LEN(places));
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("file", tc);
}
