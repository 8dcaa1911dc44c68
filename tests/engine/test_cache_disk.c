/* test_cache_disk.c - what becomes of the cache when the disk, the clock or
 * another process does something to it. */
#undef _FORTIFY_SOURCE /* it has functions of these names, with clang */
#include "engine/cache_kit.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- this program's own clock and disk, also for the plugin -------------- */

static atomic_llong wall_offset_s;
static atomic_bool disk_is_full; /* for what the store's thread writes */
static atomic_int slow_s;        /* how long the next of its long reads takes */

static bool on_store_thread(void)
{
  char name[16] = "";

  return pthread_getname_np(pthread_self(), name, sizeof(name)) == 0 &&
         strcmp(name, "gamut-store") == 0;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id,
                                                         struct timespec *t)
{
  long rc = syscall(SYS_clock_gettime, id, t);

  if (rc == 0 && id == CLOCK_REALTIME)
    t->tv_sec += (time_t)wall_offset_s;
  return (int)rc;
}

__attribute__((visibility("default"))) ssize_t write(int fd, const void *p,
                                                     size_t len)
{
  if (disk_is_full && len > 60 && on_store_thread()) {
    errno = ENOSPC;
    return -1;
  }
  return (ssize_t)syscall(SYS_write, fd, p, len);
}

static ssize_t read_at(int fd, void *p, size_t len, off_t at)
{
  if (slow_s && len > 500000 && on_store_thread()) {
    sleep((unsigned)slow_s);
    slow_s = 0;
  }
  return (ssize_t)syscall(SYS_pread64, fd, p, len, at);
}

__attribute__((visibility("default"))) ssize_t pread(int fd, void *p,
                                                     size_t len, off_t at)
{
  return read_at(fd, p, len, at);
}

/* The same where files are large by default. */
ssize_t pread64(int fd, void *p, size_t len, off_t at);
__attribute__((visibility("default"))) ssize_t pread64(int fd, void *p,
                                                       size_t len, off_t at)
{
  return read_at(fd, p, len, at);
}

/* ---- the disk ------------------------------------------------------------ */

/* The one blob of a store, by its path. */
static const char *find_blob(const char *place)
{
  static char found[700];
  char below[600];
  struct dirent *e, *b;
  DIR *d, *in;

  snprintf(below, sizeof(below), "%s/blobs", place);
  d = opendir(below);
  ck_assert_ptr_nonnull(d);
  found[0] = '\0';
  while ((e = readdir(d))) {
    snprintf(below, sizeof(below), "%s/blobs/%.100s", place, e->d_name);
    in = e->d_name[0] == '.' ? NULL : opendir(below);
    while (in && (b = readdir(in)))
      if (b->d_name[0] != '.')
        snprintf(found, sizeof(found), "%s/%.90s", below, b->d_name);
    if (in)
      closedir(in);
  }
  closedir(d);
  return found;
}

static void poison(const char *place)
{
  int fd = open(find_blob(place), O_WRONLY);

  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(pwrite(fd, "X", 1, 40), 1);
  close(fd);
}

static void truncate_blob(const char *place)
{
  ck_assert_int_eq(truncate(find_blob(place), 20), 0);
}

static void remove_blob(const char *place)
{
  ck_assert_int_eq(unlink(find_blob(place)), 0);
}

/* Rows that say nothing, or nonsense. */
static void break_row(const char *place, const char *body)
{
  struct gamut_store_op op = { .table = "cache",
                               .changes = GAMUT_SET_BODY,
                               .body = body,
                               .body_len = strlen(body) };
  struct gamut_store_query q = { .struct_size = sizeof(q), .table = "cache" };
  struct kit k;
  char key[100];

  kit_open(&k, KIT_SQLITE, place);
  snprintf(key, sizeof(key), "%s", kit_keys(&k, &q));
  op.key = key;
  ck_assert_int_eq(kit_run(&k, &op, 1), 0);
  kit_close(&k);
}

static void no_json(const char *place)
{
  break_row(place, "{\"v\":1,");
}

static void another_version(const char *place)
{
  break_row(place, "{\"v\":2,\"files\":[{\"sha256\":\"x\"}]}");
}

static void no_hash(const char *place)
{
  break_row(place, "{\"v\":1,\"job\":\"x\",\"files\":[{\"size\":5,\"sha256\":"
                   "\"../../../../etc/passwd\"}]}");
}

static const struct {
  const char *name;
  void (*hurt)(const char *place);
  const char *says; /* the log; NULL: nothing */
} damages[] = {
  { "poisoned", poison, "it is thrown away, and the job is made anew" },
  { "cut short", truncate_blob, "it is thrown away" },
  { "a row without its blob", remove_blob, NULL },
  { "no JSON", no_json, NULL },
  { "of a later version", another_version, NULL },
  { "a hash that is a path", no_hash, NULL },
};

static void reopen(struct fix *f, const char *place)
{
  struct script *script = f->script;

  gamut_close(f->g);
  cf_open_in(f, script, 0, KIT_SQLITE, place);
}

/* Made anew, and right from then on. */
START_TEST(damaged)
{
  const char *place = scratch_folder();
  char name[100];
  struct fix f;
  int hit, i;

  cf_open_fix(&f, cf_well, 2, 0, KIT_SQLITE, place);
  cf_run(&f, cf_seeded(NULL), &hit);
  reopen(&f, place); /* what is to be written is there */
  damages[_i].hurt(place);
  for (i = 0; i < 2; i++) {
    snprintf(name, sizeof(name), "damaged%d-%d.png", _i, i);
    ck_assert_msg(cf_run(&f, cf_seeded(cf_in_folder(name)), &hit) == 2, "%s",
                  damages[_i].name);
    ck_assert_int_eq(hit, i);
    cf_expect_picture(cf_in_folder(name));
  }
  if (damages[_i].says)
    ck_assert_msg(strstr(cf_lines, damages[_i].says) != NULL, "%s: %s",
                  damages[_i].name, cf_lines);
  else
    ck_assert_str_eq(cf_lines, "");
  fix_close(&f);
}
END_TEST

/* The job succeeds, the log says why it is not kept, and the next one as well.
 */
START_TEST(full_disk)
{
  struct fix f;
  int hit, i;

  cf_open_fix(&f, cf_well, 2, _i ? GAMUT_THREAD : 0, KIT_SQLITE,
              scratch_folder());
  disk_is_full = true;
  for (i = 1; i <= 2; i++)
    ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), i);
  cf_settle(&f);
  disk_is_full = false;
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), 3);
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), 3);
  ck_assert_int_eq(hit, 1);
  ck_assert_msg(strstr(cf_lines, "is not kept: ") != NULL, "%s", cf_lines);
  fix_close(&f);
}
END_TEST

/* By this program's clock. */
START_TEST(ttl)
{
  struct fix f;
  int hit;

  cf_open_fix(&f, cf_well, 2, 0, _i ? KIT_SQLITE : KIT_MEMORY,
              scratch_folder());
  cf_run(&f, cf_seeded(NULL), &hit);
  cf_settle(&f);
  wall_offset_s = 3000;
  fix_set(&f, "cache.ttl", "1h");
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), 1);
  wall_offset_s = 4000;
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), 2);
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), 2);
  cf_settle(&f);
  wall_offset_s = 8000;
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), 3);
  fix_set(&f, "cache.ttl", "0");
  wall_offset_s = 9000000;
  cf_run(&f, cf_seeded(NULL), &hit);
  fix_close(&f);
}
END_TEST

static int64_t number(const char *json, const char *name)
{
  char wanted[100];
  const char *at;

  snprintf(wanted, sizeof(wanted), "\"%s\":", name);
  at = strstr(json, wanted);
  ck_assert_msg(at != NULL, "%s in %s", name, json);
  return strtoll(at + strlen(wanted), NULL, 10);
}

#define ck_number(json, name, want)                                            \
  ck_assert_msg(number(json, name) == (want), "%s: %s", name, json)

/* What was not used for longest goes first. */
START_TEST(ceiling)
{
  static const struct answer big[] = { SAYS(SUBMIT, DONE),
                                       SAYS("GET /f.png", "@big") };
  static const char *const seeds[] = { "1", "2", "3", "1", "4", "1", "2" };
  static const int hits[] = { 0, 0, 0, 1, 0, 1, 0 };
  struct fix f;
  char *json, body[300];
  int hit;
  size_t i;

  cf_open_fix(&f, big, 2, 0, _i ? KIT_SQLITE : KIT_MEMORY, scratch_folder());
  fix_set(&f, "cache.max_size", "10"); /* three of them */
  for (i = 0; i < GM_LEN(seeds); i++) {
    cf_run(&f, fix_request("a:m", "x", "seed", seeds[i], NULL), &hit);
    ck_assert_msg(hit == hits[i], "%zu", i);
    kit_sleep(3);
  }
  ck_assert_int_eq(gamut_cache_stats(f.g, &json, &f.err), 0);
  snprintf(body, sizeof(body), "%s", json);
  ck_number(body, "hits", 2);
  ck_assert_int_le(number(body, "bytes"), 10 << 20);
  gamut_string_free(json);
  fix_close(&f);
}
END_TEST

/* stats, list, verify, clear; blobs that are shared, and those without a row.
 */
START_TEST(looked_after)
{
  const char *place = scratch_folder();
  static char hash[65] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
  char stray[600];
  struct fix f;
  struct kit k;
  char *json;
  void *blob;
  int hit;

  cf_open_fix(&f, cf_well, 2, 0, KIT_SQLITE, place);
  cf_run(&f, cf_seeded(NULL), &hit);
  cf_run(&f, cf_seeded(NULL), &hit);
  cf_run(&f, fix_request("a:m", "x", "seed", "9", NULL), &hit); /* same bytes */
  kit_open(&k, KIT_SQLITE, place);
  ck_assert_int_eq(k.type->blob_new(k.store, &blob, k.message), 0);
  ck_assert_int_eq(k.type->blob_add(blob, "abc", 3, k.message), 0);
  ck_assert_int_eq(k.type->blob_keep(blob, hash, k.message), 0);
  snprintf(stray, sizeof(stray), "%s/blobs/%.2s/%s", place, hash, hash + 2);
  ck_assert_int_eq(gamut_cache_stats(f.g, &json, &f.err), 0);
  ck_number(json, "entries", 2);
  ck_number(json, "hits", 1);
  ck_assert_ptr_nonnull(strstr(json, "\"saved_usd\":0.02"));
  ck_assert_ptr_nonnull(strstr(json, "\"durable\":true"));
  gamut_string_free(json);
  ck_assert_int_eq(gamut_cache_list(f.g, &json, &f.err), 0);
  ck_assert_ptr_nonnull(strstr(json, "\"prompt\":\"a fox\""));
  ck_assert_ptr_nonnull(strstr(json, "\"hits\":1"));
  gamut_string_free(json);
  /* A fresh one may be part of an entry that is just being written. */
  ck_assert_int_eq(gamut_cache_verify(f.g, &json, &f.err), 0);
  ck_number(json, "entries", 2);
  ck_number(json, "removed", 0);
  ck_number(json, "strays", 0);
  gamut_string_free(json);
  ck_assert_int_eq(utimensat(AT_FDCWD, stray, old, 0), 0);
  ck_assert_int_eq(gamut_cache_verify(f.g, &json, &f.err), 0);
  ck_number(json, "entries", 2);
  ck_number(json, "strays", 1);
  ck_assert_int_ne(access(stray, F_OK), 0);
  gamut_string_free(json);
  poison(place); /* both have it */
  ck_assert_int_eq(gamut_cache_verify(f.g, &json, &f.err), 0);
  ck_number(json, "removed", 2);
  ck_number(json, "damaged", 2);
  gamut_string_free(json);
  ck_assert_str_eq(find_blob(place), "");
  cf_run(&f, cf_seeded(NULL), &hit);
  ck_assert_int_eq(gamut_cache_clear(f.g, &json, &f.err), 0);
  ck_number(json, "removed", 1);
  ck_number(json, "entries", 0);
  gamut_string_free(json);
  ck_assert_str_eq(find_blob(place), "");
  kit_close(&k);
  fix_close(&f);
}
END_TEST

/* One entry of two with the same file goes: the file stays. */
START_TEST(shared_blob)
{
  const char *place = scratch_folder();
  struct fix f;
  char *json;
  int hit;

  cf_open_fix(&f, cf_well, 2, 0, KIT_SQLITE, place);
  cf_run(&f, cf_seeded(NULL), &hit);
  cf_settle(&f);
  wall_offset_s = 7200;
  cf_run(&f, fix_request("a:m", "x", "seed", "9", NULL), &hit);
  fix_set(&f, "cache.ttl", "1h");
  ck_assert_int_eq(gamut_cache_verify(f.g, &json, &f.err), 0);
  ck_number(json, "removed", 1);
  ck_number(json, "damaged", 0);
  gamut_string_free(json);
  ck_assert_int_eq(cf_run(&f, fix_request("a:m", "x", "seed", "9", NULL), &hit),
                   2);
  ck_assert_int_eq(hit, 1);
  fix_close(&f);
}
END_TEST

/* One clears while the other serves, again and again: who finds the file gone
 * makes it anew, and what comes out is always right. */
struct clearing {
  struct fix f;
  bool stop;
};

static void *clear_on(void *arg)
{
  struct clearing *c = arg;
  char *json;

  while (!__atomic_load_n(&c->stop, __ATOMIC_ACQUIRE)) {
    if (gamut_cache_clear(c->f.g, &json, NULL) == 0)
      gamut_string_free(json);
    usleep(500);
  }
  return NULL;
}

START_TEST(cleared_meanwhile)
{
  static const struct answer big[] = { SAYS(SUBMIT, DONE),
                                       SAYS("GET /f.png", "@big") };
  const char *place = scratch_folder();
  struct clearing c = { .stop = false };
  struct gamut_result *result;
  struct fix f;
  pthread_t thread;
  int i, hits = 0, n = 40;

  cf_open_fix(&f, big, 2, 0, KIT_SQLITE, place);
  cf_open_in(&c.f, f.script, GAMUT_THREAD, KIT_SQLITE, place);
  ck_assert_int_eq(pthread_create(&thread, NULL, clear_on, &c), 0);
  for (i = 0; i < n; i++) {
    result = fix_run(&f, cf_seeded(NULL));
    ck_class(result, 0);
    ck_assert_uint_eq(gamut_result_artifact(result, 0)->data_len, 3u << 20);
    hits += gamut_result_cache_hit(result);
    gamut_result_free(result);
  }
  __atomic_store_n(&c.stop, true, __ATOMIC_RELEASE);
  pthread_join(thread, NULL);
  ck_assert_int_eq(script_count(f.script, SUBMIT), n - hits);
  gamut_close(c.f.g);
  fix_close(&f);
}
END_TEST

/* A disk that hangs: the job is made meanwhile, and what comes too late is not
 * waited for. */
START_TEST(slow_disk)
{
  struct fix f;
  int hit;

  cf_open_fix(&f, cf_well, 2, _i ? GAMUT_THREAD : 0, KIT_SQLITE,
              scratch_folder());
  cf_run(&f, cf_seeded(NULL), &hit);
  cf_settle(&f);
  slow_s = 6;
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), 2);
  ck_assert_int_eq(hit, 0);
  ck_assert_int_eq(slow_s, 0);
  ck_assert_int_eq(cf_run(&f, cf_seeded(NULL), &hit), 2);
  ck_assert_int_eq(hit, 1);
  fix_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("cache_disk");

  if (!kit_sqlite())
    return 77; /* not built */
  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, damaged, 0, (int)GM_LEN(damages));
  tcase_add_loop_test(tc, full_disk, 0, 2);
  tcase_add_loop_test(tc, ttl, 0, 2);
  tcase_add_loop_test(tc, ceiling, 0, 2);
  tcase_add_test(tc, looked_after);
  tcase_add_test(tc, shared_blob);
  tcase_add_test(tc, cleared_meanwhile);
  tcase_add_loop_test(tc, slow_disk, 0, 2);
  return unit_run("cache_disk", tc);
}
