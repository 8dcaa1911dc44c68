/* test_fetch.c - the way home: downloads that go wrong, bytes that are not what
 * they should be, files that cannot be written.  Nothing paid for is lost. */
#include "engine/vendor.h"
#include "unit/scratch.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_URL "GET /f.png"
#define JOB(images)                                                            \
  {                                                                            \
    "POST /a/jobs", 0, 200,                                                    \
      "{\"id\":\"1\",\"status\":\"done\",\"images\":[" images "]}", NULL, 0    \
  }
#define INLINE(text)                                                           \
  SAYS("POST /a/jobs",                                                         \
       "{\"id\":\"1\",\"status\":\"done\",\"b64\":[\"" text "\"]}")
#define ONE JOB("{\"url\":\"$/f.png\"}")

static const struct {
  const char *name, *prompt;
  struct answer first[2];
  int32_t error_class;
  int fetches;
  const char *words;
} rows[] = {
  { "cut short", "x", { { FILE_URL, 2, 200, "@png", NULL, 9 } }, 0, 3, NULL },
  { "reset", "x", { { FILE_URL, 2, SCRIPT_RESET, 0, NULL, 0 } }, 0, 3, NULL },
  { "not yet", "x", { { FILE_URL, 1, 503, "<html>", NULL, 0 } }, 0, 2, NULL },
  { "HTML first", "x", { SAYS_TIMES(1, FILE_URL, "<html>") }, 0, 2,
    NULL },
  { "HTML for ever", "x", { SAYS(FILE_URL, "<html>") },
    GAMUT_E_PROTOCOL, 6, "image" },
  { "empty for ever", "x", { SAYS(FILE_URL, "") },
    GAMUT_E_PROTOCOL, 6, "empty" },
  { "cut for ever", "x", { { FILE_URL, 0, 200, "@png", NULL, 9 } },
    GAMUT_E_TRANSPORT, 6, NULL },
  { "gone", "x", { { FILE_URL, 0, 404, "{}", NULL, 0 } }, GAMUT_E_NOT_FOUND, 1,
    "404" },
  { "a video instead", "x", { SAYS(FILE_URL, "@mp4") },
    GAMUT_E_PROTOCOL, 6, "not image" },
  { "a picture instead", "video", { SAYS(FILE_URL, "@png") },
    GAMUT_E_PROTOCOL, 6, "not video" },
  { "a video", "video", { SAYS(FILE_URL, "@mp4") }, 0, 1, NULL },
  { "redirect", "x",
    { { FILE_URL, 1, 302, "", "Location: /f.png?2\r\n", 0 } }, 0, 2, NULL },
  { "redirect to the metadata service", "x",
    { { FILE_URL, 0, 302, "", "Location: http://169.254.169.254/\r\n", 0 } },
    GAMUT_E_PROTOCOL, 6, "169.254.169.254" },
  { "redirect to a file", "x",
    { { FILE_URL, 0, 302, "", "Location: file:///etc/passwd\r\n", 0 } },
    GAMUT_E_PROTOCOL, 6, NULL },
  { "announced too big", "x",
    { { FILE_URL, 0, 200, "@png", "X: y\r\nContent-Length: 99999999999\r\n",
        0 } },
    GAMUT_E_PROTOCOL, 6, NULL },
};

static struct fix begin(const struct answer *first, size_t n_first,
                        const struct answer *rest, size_t n_rest)
{
  static struct answer all[8];
  size_t n = 0, i;
  struct fix f;

  for (i = 0; i < n_first && first[i].asks; i++)
    all[n++] = first[i];
  for (i = 0; i < n_rest; i++)
    all[n++] = rest[i];
  fix_open(&f, all, n, 0);
  return f;
}

static int files_in(const char *folder)
{
  DIR *d = opendir(folder);
  struct dirent *e;
  int n = 0;

  while ((e = readdir(d)))
    n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
  closedir(d);
  return n;
}

START_TEST(download)
{
  static const struct answer rest[] = {
    ONE, SAYS(FILE_URL, "@png")
  };
  struct fix f = begin(rows[_i].first, 2, rest, GM_LEN(rest));
  const char *folder = scratch_folder(), *path = scratch_path(folder, "out");
  const struct gamut_artifact_info *a;
  struct gamut_result *result;
  int got;

  result =
    fix_run(&f, fix_request("a:m b:m", rows[_i].prompt, "output", path, NULL));
  ck_assert_ptr_nonnull(result);
  ck_assert_msg(gamut_result_class(result) == rows[_i].error_class,
                "%s: class %s: %s", rows[_i].name,
                gamut_class_name(gamut_result_class(result)),
                gamut_result_message(result));
  a = gamut_result_artifact(result, 0);
  ck_assert_ptr_nonnull(a);
  ck_assert_ptr_nonnull(a->url); /* in any case */
  got = script_count(f.script, FILE_URL);
  ck_assert_msg(got == rows[_i].fetches, "%s: %d fetches", rows[_i].name, got);
  ck_assert_int_eq(script_count(f.script, "POST /a/jobs"), 1);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), 0);
  ck_assert_int_eq(files_in(folder), rows[_i].error_class ? 0 : 1);
  if (rows[_i].error_class) {
    ck_assert_ptr_null(a->path);
    ck_assert_int_eq(a->error_class, rows[_i].error_class);
  } else {
    ck_assert_str_eq(a->path, path);
  }
  if (rows[_i].words)
    ck_assert_msg(strstr(gamut_result_message(result), rows[_i].words) != NULL,
                  "%s: %s", rows[_i].name, gamut_result_message(result));
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* A zip is a video's frames where the provider says so, whatever its URL. */
static const struct {
  const char *prompt;
  struct answer job;
  int32_t error_class;
} zips[] = {
  { "video", JOB("{\"url\":\"$/f\",\"mime\":\"application/zip\"}"), 0 },
  { "video", JOB("{\"url\":\"$/f.zip\"}"), GAMUT_E_PROTOCOL },
  { "video", JOB("{\"url\":\"$/f.zip\",\"mime\":\"video/mp4\"}"),
    GAMUT_E_PROTOCOL },
  { "x", JOB("{\"url\":\"$/f.zip\",\"mime\":\"application/zip\"}"),
    GAMUT_E_PROTOCOL },
};

START_TEST(frames)
{
  const struct answer answers[] = { zips[_i].job,
                                    SAYS("GET /f", "PK\3\4 1.png") };
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  result = fix_run(&f, fix_request("a:m", zips[_i].prompt, NULL));
  ck_class(result, zips[_i].error_class);
  if (!zips[_i].error_class)
    ck_assert_str_eq(gamut_result_artifact(result, 0)->mime, "application/zip");
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* Others' URLs that must not be fetched at all. */
static const char *const bad_urls[] = {
  "http://169.254.169.254/latest", "http://localhost:1/x", "file:///etc/passwd",
  "http://10.0.0.1/x", "ftp://example.com/x", "http://[::1]:1/x",
};

START_TEST(foreign_urls)
{
  char job[256];
  struct answer answer = { "POST /a/jobs", 0, 200, job, NULL, 0 };
  const struct gamut_artifact_info *a;
  struct gamut_result *result;
  struct fix f;

  snprintf(job, sizeof(job),
           "{\"id\":\"1\",\"status\":\"done\",\"images\":[{\"url\":\"%s\"}]}",
           bad_urls[_i]);
  fix_open(&f, &answer, 1, 0);
  result = fix_run(&f, fix_request("a:m", "x", NULL));
  ck_assert_ptr_nonnull(result);
  ck_assert_msg(gamut_result_class(result) != 0, "%s was fetched",
                bad_urls[_i]);
  a = gamut_result_artifact(result, 0);
  ck_assert_str_eq(a->url, bad_urls[_i]);
  ck_assert_ptr_nonnull(a->error);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

START_TEST(in_memory)
{
  static const struct answer answers[] = {
    ONE, SAYS(FILE_URL, "@wide")
  };
  const struct gamut_artifact_info *a;
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, 2, 0);
  result = fix_run(&f, fix_request("a:m", "x", NULL));
  ck_class(result, 0);
  a = gamut_result_artifact(result, 0);
  ck_assert_ptr_null(a->path);
  ck_assert_ptr_nonnull(a->data);
  ck_assert_uint_eq(a->data_len, a->size);
  ck_assert_str_eq(a->mime, "image/png");
  ck_assert_uint_eq(a->width, 3);
  ck_assert_uint_eq(a->height, 2);
  gamut_result_free(result);

  /* Left at the vendor. */
  result = fix_run(&f, fix_request("a:m", "x", "download", "no", NULL));
  ck_class(result, 0);
  a = gamut_result_artifact(result, 0);
  ck_assert_ptr_null(a->data);
  ck_assert_ptr_nonnull(a->url);
  ck_assert_int_eq(script_count(f.script, FILE_URL), 1);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* One of three fails for good: the others are kept. */
START_TEST(some)
{
  static const struct answer answers[] = {
    JOB("{\"url\":\"$/f.png\"},{\"url\":\"$/gone\"},{\"url\":\"$/h.png\"}"),
    { FILE_URL, 3, 503, "<html>", NULL, 0 },
    SAYS(FILE_URL, "@png"),
    { "GET /h.png", 4, 503, "<html>", NULL, 0 },
    SAYS("GET /h.png", "@png"),
  };
  const char *folder = scratch_folder();
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  result =
    fix_run(&f, fix_request("a:m", "x", "n", "3", "output",
                            scratch_path(folder, "p.png"), NULL));
  ck_class(result, GAMUT_E_NOT_FOUND);
  ck_assert_str_eq(gamut_result_artifact(result, 0)->path,
                   scratch_path(folder, "p-1.png"));
  ck_assert_ptr_null(gamut_result_artifact(result, 1)->path);
  ck_assert_str_eq(gamut_result_artifact(result, 2)->path,
                   scratch_path(folder, "p-3.png"));
  ck_assert_int_eq(files_in(folder), 2);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* ---- files ---------------------------------------------------------------- */

/* A file, and a name that comes to it or may. */
static const char *const taken[][2] = {
  { "p.png", "p.png" },
  { "p.png", "p.{ext}" },
  { "p-1.png", "p-{index}.{ext}" },
};
/* ... that does not, or cannot be known to. */
static const char *const beside[][2] = {
  { "p.txt", "p.{ext}" },
  { "p-2.png", "p-{index}.{ext}" },
  { "x-x.png", "{job}-{model}.{ext}" },
};
static const struct answer one_file[] = { ONE, SAYS(FILE_URL, "@png") };

START_TEST(existing_file)
{
  const char *folder = scratch_folder();
  const char *path = scratch_path(folder, taken[_i][0]);
  const char *output = scratch_path(folder, taken[_i][1]);
  struct gamut_result *result;
  struct stat st;
  struct fix f;

  scratch_text(path, "mine", 0644);
  fix_open(&f, one_file, 2, 0);
  result = fix_run(&f, fix_request("a:m", "x", "output", output, NULL));
  ck_assert_ptr_null(result);
  ck_assert_int_eq(f.err.error_class, GAMUT_E_INVALID);
  ck_assert_ptr_nonnull(strstr(f.err.message, "exists already"));
  ck_assert_int_eq(script_count(f.script, "POST"), 0);
  ck_assert_int_eq(stat(path, &st), 0);
  ck_assert_int_eq(st.st_size, 4);
  result = fix_run(
    &f, fix_request("a:m", "x", "output", output, "force", "yes", NULL));
  ck_class(result, 0);
  ck_assert_int_eq(stat(path, &st), 0);
  ck_assert_int_gt(st.st_size, 4);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

START_TEST(file_beside)
{
  const char *folder = scratch_folder();
  const char *path = scratch_path(folder, beside[_i][0]);
  const char *output = scratch_path(folder, beside[_i][1]);
  struct gamut_result *result;
  struct stat st;
  struct fix f;

  scratch_text(path, "mine", 0644);
  fix_open(&f, one_file, 2, 0);
  result = fix_run(&f, fix_request("a:m", "x", "output", output, NULL));
  ck_class(result, 0);
  ck_assert_int_eq(stat(path, &st), 0);
  ck_assert_int_eq(st.st_size, 4);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* Somebody else makes the file while the picture is made. */
START_TEST(file_appears)
{
  static const struct answer answers[] = {
    SAYS("POST /a/jobs", "{\"id\":\"1\",\"status\":\"queued\"}"),
    SAYS_TIMES(3, "GET /a/jobs", "{\"status\":\"queued\"}"),
    SAYS("GET /a/jobs", "{\"status\":\"done\",\"images\":[{\"url\":\"$/f.png\"}]}"),
    SAYS(FILE_URL, "@png"),
  };
  const char *folder = scratch_folder(), *path = scratch_path(folder, "p.png");
  struct gamut_request *r = fix_request("a:m", "x", "output", path, NULL);
  const struct gamut_artifact_info *a;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  struct stat st;
  struct fix f;

  fix_open(&f, answers, GM_LEN(answers), 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  scratch_text(path, "mine", 0644);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_STORAGE);
  a = gamut_result_artifact(result, 0);
  ck_assert_ptr_nonnull(a->url);
  ck_assert_ptr_null(a->path);
  ck_assert_int_eq(stat(path, &st), 0);
  ck_assert_int_eq(st.st_size, 4);
  ck_assert_int_eq(files_in(folder), 1);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* A disk that is full, as far as a process can have one for itself. */
static void small_files(void)
{
  struct rlimit limit = { 1 << 20, 1 << 20 };

  signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(disk_full)
{
  static const struct answer answers[] = {
    ONE, SAYS(FILE_URL, "@big")
  };
  const char *folder = scratch_folder(), *path = scratch_path(folder, "p.png");
  const struct gamut_artifact_info *a;
  struct gamut_result *result;
  struct fix f;

  fix_open(&f, answers, 2, 0);
  small_files();
  result = fix_run(&f, fix_request("a:m b:m", "x", "output", path, NULL));
  ck_class(result, GAMUT_E_STORAGE);
  a = gamut_result_artifact(result, 0);
  ck_assert_int_eq(a->error_class, GAMUT_E_STORAGE);
  ck_assert_ptr_nonnull(a->url);
  ck_assert_ptr_null(a->path);
  ck_assert_int_eq(files_in(folder), 0);
  ck_assert_int_eq(script_count(f.script, FILE_URL), 1);
  ck_assert_int_eq(script_count(f.script, "POST /b/jobs"), 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* Bytes that came in the reply are nowhere else: they go to $TMPDIR. */
START_TEST(bytes_are_rescued)
{
  static const struct answer answers[] = {
    SAYS("POST /a/jobs", "{\"id\":\"1\",\"status\":\"queued\"}"),
    SAYS("GET /a/jobs", "{\"status\":\"done\",\"b64\":[\"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAA"
      "A6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==\"]}"),
  };
  const char *folder = scratch_folder(), *tmp = scratch_folder(),
             *path = scratch_path(folder, "p.png");
  struct gamut_request *r = fix_request("a:m", "x", "output", path, NULL);
  const struct gamut_artifact_info *a;
  const unsigned char *png;
  struct gamut_result *result;
  char id[GAMUT_ID_SIZE];
  size_t len = script_png(&png);
  struct stat st;
  struct fix f;

  setenv("TMPDIR", tmp, 1);
  fix_open(&f, answers, 2, 0);
  ck_assert_int_eq(gamut_submit(f.g, r, NULL, NULL, id, &f.err), 0);
  gamut_request_free(r);
  ck_assert_int_eq(rename(folder, scratch_path(tmp, "moved")), 0);
  result = fix_wait(&f, id);
  ck_class(result, GAMUT_E_STORAGE);
  a = gamut_result_artifact(result, 0);
  ck_assert_ptr_nonnull(a->path);
  ck_assert_msg(strncmp(a->path, tmp, strlen(tmp)) == 0, "%s", a->path);
  ck_assert_ptr_nonnull(strstr(gamut_result_message(result), a->path));
  ck_assert_int_eq(stat(a->path, &st), 0);
  ck_assert_uint_eq((size_t)st.st_size, len);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* Paid bytes that are not the picture that was asked for, and are nowhere else:
 * of a type that nobody here knows, of another, and no medium at all. */
static const struct {
  const char *name;
  struct answer job;
  const char *ext, *bytes; /* what they begin with */
} odd[] = {
  { "unknown", INLINE("Z2xURgIAAAA="), "bin", "glTF" },
  { "a film", INLINE("AAAAHGZ0eXBqeGwgAAAAAA=="), "mp4", "\0\0\0\034" },
  { "a sound", INLINE("UklGRgQAAABXQVZFZm10IA=="), "wav", "RIFF" },
  { "a page", INLINE("eyJlcnJvciI6Im5vIn0="), "json", "{\"error\":" },
};
/* ... that nobody can read. */
static const struct answer broken = INLINE("AAAA!");

static struct gamut_result *run_odd(struct fix *f, const struct answer *job,
                                    const char *output)
{
  /* The script has them longer than we are here. */
  static struct answer answers[] = { SAYS("POST /a/jobs", ""),
                                     SAYS("POST /b/jobs", MADE), PICTURE };
  struct gamut_request *r = fix_request("a:m b:m", "x", NULL);
  struct gamut_result *result;

  answers[0] = *job;
  gamut_request_set(r, "output", output, NULL);
  fix_open(f, answers, GM_LEN(answers), 0);
  result = fix_run(f, r);
  ck_class(result, GAMUT_E_PROTOCOL);
  ck_assert_int_eq(script_count(f->script, "POST /b/jobs"), 0);
  ck_assert_int_eq(gamut_result_artifact(result, 0)->error_class,
                   GAMUT_E_PROTOCOL);
  return result;
}

START_TEST(odd_bytes_are_rescued)
{
  const char *folder = scratch_folder(), *tmp = scratch_folder();
  const struct gamut_artifact_info *a;
  struct gamut_result *result;
  char ending[8], text[32] = "";
  struct fix f;
  FILE *file;

  setenv("TMPDIR", tmp, 1);
  result = run_odd(&f, &odd[_i].job, scratch_path(folder, "p.png"));
  a = gamut_result_artifact(result, 0);
  ck_assert_msg(a->path && strncmp(a->path, tmp, strlen(tmp)) == 0, "%s: %s",
                odd[_i].name, a->path);
  snprintf(ending, sizeof(ending), ".%s", odd[_i].ext);
  ck_assert_str_eq(strrchr(a->path, '.'), ending);
  ck_assert_ptr_nonnull(strstr(gamut_result_message(result), a->path));
  ck_assert_int_eq(files_in(folder), 0);
  file = fopen(a->path, "rb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fread(text, 1, sizeof(text), file), a->size);
  fclose(file);
  ck_assert_int_eq(memcmp(text, odd[_i].bytes, 4), 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

/* Who wants no file gets them as what he does want. */
START_TEST(odd_bytes_in_memory)
{
  const char *tmp = scratch_folder();
  const struct gamut_artifact_info *a;
  struct gamut_result *result;
  struct fix f;

  setenv("TMPDIR", tmp, 1);
  result = run_odd(&f, &odd[_i].job, NULL);
  a = gamut_result_artifact(result, 0);
  ck_assert_ptr_null(a->path);
  ck_assert_ptr_nonnull(a->data);
  ck_assert_uint_eq(a->data_len, a->size);
  ck_assert_int_eq(memcmp(a->data, odd[_i].bytes, 4), 0);
  ck_assert_int_eq(files_in(tmp), 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

START_TEST(broken_bytes_leave_nothing)
{
  const char *tmp = scratch_folder();
  const struct gamut_artifact_info *a;
  struct gamut_result *result;
  struct fix f;

  setenv("TMPDIR", tmp, 1);
  result = run_odd(&f, &broken, _i ? scratch_path(tmp, "p.png") : NULL);
  a = gamut_result_artifact(result, 0);
  ck_assert(!a->path && !a->data);
  ck_assert_int_eq(files_in(tmp), 0);
  gamut_result_free(result);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("fetch");

  tcase_add_loop_test(tc, download, 0, GM_LEN(rows));
  tcase_add_loop_test(tc, frames, 0, GM_LEN(zips));
  tcase_add_loop_test(tc, foreign_urls, 0, GM_LEN(bad_urls));
  tcase_add_test(tc, in_memory);
  tcase_add_test(tc, some);
  tcase_add_loop_test(tc, existing_file, 0, GM_LEN(taken));
  tcase_add_loop_test(tc, file_beside, 0, GM_LEN(beside));
  tcase_add_test(tc, file_appears);
  tcase_add_test(tc, disk_full);
  tcase_add_test(tc, bytes_are_rescued);
  tcase_add_loop_test(tc, odd_bytes_are_rescued, 0, GM_LEN(odd));
  tcase_add_loop_test(tc, odd_bytes_in_memory, 0, GM_LEN(odd));
  tcase_add_loop_test(tc, broken_bytes_leave_nothing, 0, 2);
  return unit_run("fetch", tc);
}
