/* test_log_sink.c - lines in files that are shared, rotated, full, and in the
 * system's log, which this program plays itself. */
#undef _FORTIFY_SOURCE /* it makes other names of ours, with clang macros */
#include "base/clock.h"
#include "base/file.h"
#include "base/log_sink.h"
#include "base/str.h"
#include "scratch.h"
#include "unit.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

/* ---- syslog(3), in place of the C library's -------------------------------
 */

static int priority;
static char sent[300];

void syslog(int pri, const char *fmt, ...)
{
  va_list ap;

  priority = pri;
  va_start(ap, fmt);
  vsnprintf(sent, sizeof(sent), fmt, ap);
  va_end(ap);
}

/* What a fortified call becomes. */
__attribute__((format(printf, 3, 4))) void
__syslog_chk(int pri, int flag, const char *fmt, ...);
void __syslog_chk(int pri, int flag, const char *fmt, ...)
{
  va_list ap;

  (void)flag;
  priority = pri;
  va_start(ap, fmt);
  vsnprintf(sent, sizeof(sent), fmt, ap);
  va_end(ap);
}

/* ----------------------------------------------------------------------------
 */

static void keep(void *user, int32_t level, const char *line)
{
  (void)level;
  snprintf(user, 300, "%s", line);
}

static struct gm_sink *open_sink(struct gm_log *l, enum gm_sink_kind kind,
                                 const char *path)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_sink *s = NULL;

  ck_assert_msg(gm_sink_open(l, kind, path, &s, &err) == 0, "%s",
                gm_error_text(&err));
  return s;
}

static char *text_of(const char *path)
{
  struct gm_buf b = GM_BUF_INIT(8u << 20);

  ck_assert_int_eq(gm_file_read(path, &b, GAMUT_E_STORAGE, NULL), 0);
  return b.data ? gm_buf_take(&b) : gm_strdup("");
}

START_TEST(appends_to_a_private_file)
{
  const char *path = scratch_path(scratch_folder(), "log");
  struct gm_log l = { .level = 0 };
  struct gm_sink *s;
  struct stat st;
  char *text;

  gm_clock_fake(0, 1795861566123);
  s = open_sink(&l, GM_SINK_FILE, path);
  gm_warn(&l, "one\ntwo");
  gm_log_finish(&l);
  gm_sink_free(s);
  s = open_sink(&l, GM_SINK_FILE, path);
  l.json = true;
  gm_info(&l, "three");
  gm_log_finish(&l);
  gm_sink_free(s);
  ck_assert_int_eq(stat(path, &st), 0);
  ck_assert_int_eq(st.st_mode & 0777, 0600);
  text = text_of(path);
  ck_assert_str_eq(text,
                   "2026-11-28T10:26:06.123Z warn one?two\n"
                   "{\"time\":\"2026-11-28T10:26:06.123Z\",\"level\":\"info\","
                   "\"message\":\"three\"}\n");
  gm_free(text);
  gm_clock_real();
}
END_TEST

START_TEST(follows_rotation)
{
  const char *folder = scratch_folder(), *path, *old;
  struct gm_log l = { .level = 0 };
  struct gm_sink *s;
  char *text;

  path = scratch_path(folder, "log");
  old = scratch_path(folder, "log.1");
  gm_clock_fake(5000, 0);
  s = open_sink(&l, GM_SINK_FILE, path);
  gm_info(&l, "before");
  ck_assert_int_eq(rename(path, old), 0);
  gm_info(&l, "still there"); /* within the second */
  gm_clock_advance(1000);
  gm_info(&l, "after");
  text = text_of(old);
  ck_assert_ptr_nonnull(strstr(text, "still there\n"));
  ck_assert_ptr_null(strstr(text, "after"));
  gm_free(text);
  text = text_of(path);
  ck_assert_ptr_nonnull(strstr(text, "after\n"));
  gm_free(text);
  gm_log_finish(&l);
  gm_sink_free(s);
  gm_clock_real();
}
END_TEST

#define WRITERS 4
#define LINES   500

static void write_many(const char *path, int who)
{
  struct gm_log l = { .level = 0 };
  struct gm_sink *s = open_sink(&l, GM_SINK_FILE, path);
  char filler[300];
  int i;

  memset(filler, 'a' + who, sizeof(filler) - 1);
  filler[sizeof(filler) - 1] = '\0';
  for (i = 0; i < LINES; i++)
    gm_debug(&l, "%d %s end", i, filler);
  gm_log_finish(&l);
  gm_sink_free(s);
}

/* "TIME debug N aaa... end": of one writer from its first to its last byte. */
static bool is_whole(const char *line, size_t len)
{
  const char *end = line + len, *a = end - strlen(" end") - 299;

  return len > 330 && memcmp(end - 4, " end", 4) == 0 &&
         memchr(line, 'Z', 30) && a[-1] == ' ' &&
         strspn(a, (char[]){ *a, '\0' }) == 299;
}

START_TEST(processes_share_a_file)
{
  const char *path = scratch_path(scratch_folder(), "log");
  char *text, *line, *end;
  int i, n = 0, status;

  for (i = 0; i < WRITERS; i++) {
    pid_t pid = fork();

    if (pid == 0) {
      write_many(path, i);
      _exit(0);
    }
  }
  for (i = 0; i < WRITERS; i++) {
    ck_assert(wait(&status) > 0);
    ck_assert_int_eq(status, 0);
  }
  text = text_of(path);
  for (line = text; (end = strchr(line, '\n')); line = end + 1, n++)
    ck_assert(is_whole(line, (size_t)(end - line)));
  ck_assert_int_eq(n, WRITERS * LINES);
  gm_free(text);
}
END_TEST

START_TEST(refuses_what_cannot_be_opened)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  _cleanup_(gm_error_finish) struct gm_error none = GM_ERROR_INIT;
  struct gm_log l = { .level = 0 };
  struct gm_sink *s = NULL;

  ck_assert_int_eq(
    gm_sink_open(&l, GM_SINK_FILE, "/no/such/folder/log", &s, &err),
    GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(gm_error_text(&err), "/no/such/folder/log"));
  ck_assert_int_eq(gm_sink_open(&l, GM_SINK_FILE, NULL, &s, &none),
                   GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(gm_error_text(&none), "log_file must name one"));
  ck_assert_ptr_null(s);
}
END_TEST

START_TEST(a_full_disk_is_told_once)
{
  char told[300] = "";
  struct gm_log l = { .write = keep, .user = told };
  struct gm_sink *s;

  if (access("/dev/full", W_OK))
    return;
  s = open_sink(&l, GM_SINK_FILE, "/dev/full");
  gm_warn(&l, "lost");
  ck_assert_ptr_nonnull(strstr(told, "'/dev/full' cannot be written"));
  told[0] = '\0';
  gm_warn(&l, "lost too");
  ck_assert_str_eq(told, "");
  gm_log_finish(&l);
  gm_sink_free(s);
}
END_TEST

START_TEST(syslog_gets_level_and_line)
{
  static const int wanted[] = { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR };
  struct gm_log l = { .level = 0 };
  struct gm_sink *s = open_sink(&l, GM_SINK_SYSLOG, NULL);
  int32_t i;

  for (i = 0; i < 4; i++) {
    gm_log_line(&l, i, "%d%%s\nx", (int)i);
    ck_assert_int_eq(priority, wanted[i]);
    ck_assert_int_eq(sent[0], '0' + i);
    ck_assert_str_eq(sent + 1, "%s?x");
  }
  gm_log_finish(&l);
  gm_sink_free(s);
}
END_TEST

static const char *shared;

static bool build(void)
{
  struct gm_log l = { .level = 0 };
  struct gm_sink *s = NULL;
  bool ok = gm_sink_open(&l, GM_SINK_FILE, shared, &s, NULL) == 0;

  gm_log_line(&l, 3, "a line");
  gm_log_finish(&l);
  gm_sink_free(s);
  return ok;
}

START_TEST(no_memory)
{
  shared = scratch_path(scratch_folder(), "log");
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("log_sink");

  tcase_add_test(tc, appends_to_a_private_file);
  tcase_add_test(tc, follows_rotation);
  tcase_add_test(tc, processes_share_a_file);
  tcase_add_test(tc, refuses_what_cannot_be_opened);
  tcase_add_test(tc, a_full_disk_is_told_once);
  tcase_add_test(tc, syslog_gets_level_and_line);
  tcase_add_test(tc, no_memory);
  return unit_run("log_sink", tc);
}
