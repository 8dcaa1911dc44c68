/* soak.c - one process that makes pictures for a long time, through the
 * library, while the vendor has its moods.
 *
 *     soak SECONDS STORE FOLDER   the store's folder; pictures go to
 * FOLDER/made
 *
 * Twenty times it looks at itself: memory, descriptors, the store's files. From
 * the second quarter to the last none of them may have grown.  What was counted
 * is the last line, for the script that knows the vendor's books. */
#include <dirent.h>
#include <gamut/gamut.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE 32
#define LOOKS   20
#define SLACK   (2 << 10) /* KiB that memory may move about in */

struct look {
  long rss_kib, store_kib, begun;
  int fds;
};

static const char *models[] = { "fal:fal-ai/flux/dev", "runway:gen4_image",
                                "openai:gpt-image-2" };
static struct gamut *g;
static const char *folder, *store;
static unsigned long begun, completed, maybe, failed, wrong;

/* ---- jobs ---------------------------------------------------------------- */

/* Its file is whole, and goes. */
static void check_file(const struct gamut_result *r)
{
  const struct gamut_artifact_info *a = gamut_result_artifact(r, 0);
  struct stat st;

  if (!a || !a->path || stat(a->path, &st) || (uint64_t)st.st_size != a->size) {
    printf("FAIL job %s has no whole file\n", gamut_result_id(r));
    wrong++;
  } else {
    unlink(a->path);
  }
}

static void on_done(void *user, struct gamut_result *r)
{
  (void)user;
  if (gamut_result_class(r) == 0) {
    completed++;
    check_file(r);
  } else if (gamut_result_maybe_charged(r)) {
    maybe++;
  } else {
    failed++;
    printf("     %s: %s\n", gamut_class_name(gamut_result_class(r)),
           gamut_result_message(r));
  }
  gamut_result_free(r);
}

static void begin(void)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error err = { 0 };
  char prompt[64], output[4096];

  snprintf(prompt, sizeof(prompt), "soak %lu", begun);
  snprintf(output, sizeof(output), "%s/made/%lu.{ext}", folder, begun);
  if (!r || gamut_request_link(r, models[begun % 3], NULL) ||
      gamut_request_set(r, "prompt", prompt, NULL) ||
      gamut_request_set(r, "output", output, NULL) ||
      gamut_request_set(r, "resubmit", "never", NULL) ||
      gamut_submit(g, r, on_done, NULL, NULL, &err)) {
    printf("FAIL not submitted: %s\n", err.message);
    exit(1);
  }
  begun++;
  gamut_request_free(r);
}

/* ---- looks --------------------------------------------------------------- */

static long rss_kib(void)
{
  FILE *f = fopen("/proc/self/statm", "r");
  long size, pages = 0;

  if (f && fscanf(f, "%ld %ld", &size, &pages) != 2)
    pages = 0;
  if (f)
    fclose(f);
  return pages * (sysconf(_SC_PAGESIZE) >> 10);
}

static int count_fds(void)
{
  DIR *dir = opendir("/proc/self/fd");
  int n = -1; /* the folder's own */

  while (dir && readdir(dir))
    n++;
  if (dir)
    closedir(dir);
  return n - 2; /* "." and ".." */
}

static long store_kib(void)
{
  static const char *const tails[] = { "", "-wal", "-shm" };
  char path[4096];
  struct stat st;
  long kib = 0;
  size_t i;

  for (i = 0; i < 3; i++) {
    snprintf(path, sizeof(path), "%s/gamut.db%s", store, tails[i]);
    kib += stat(path, &st) == 0 ? (long)(st.st_size >> 10) : 0;
  }
  return kib;
}

static struct look look(double seconds)
{
  struct look l = { rss_kib(), store_kib(), (long)begun, count_fds() };

  printf("%6.0f s %8lu jobs %7ld KiB %4d descriptors %7ld KiB in the store\n",
         seconds, begun, l.rss_kib, l.fds, l.store_kib);
  fflush(stdout);
  return l;
}

static struct look most_of(const struct look *l, int n)
{
  struct look most = { 0 };

  for (; n > 0; n--, l++) {
    most.rss_kib = l->rss_kib > most.rss_kib ? l->rss_kib : most.rss_kib;
    most.fds = l->fds > most.fds ? l->fds : most.fds;
    most.begun = l->begun;
    if (l->store_kib > most.store_kib)
      most.store_kib = l->store_kib;
  }
  return most;
}

static void compare(const char *what, long before, long after, long allowed)
{
  if (after <= allowed)
    return;
  printf("FAIL %s grew from %ld to %ld\n", what, before, after);
  wrong++;
}

/* ---- all of it ----------------------------------------------------------- */

static double now(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void open_all(void)
{
  static const char *const settings[][2] = {
    { "poll_interval", "100ms" },
    { "retry_max_wait", "50ms" },
    { "keep_jobs", "1s" }, /* so that the store is full soon */
  };
  struct gamut_error err = { 0 };
  size_t i;
  int32_t rc = gamut_open(NULL, &g, &err);

  for (i = 0; rc == 0 && i < 3; i++)
    rc = gamut_set(g, settings[i][0], settings[i][1], &err);
  if (rc == 0)
    return;
  printf("FAIL %s\n", err.message);
  exit(1);
}

int main(int argc, char **argv)
{
  double seconds = argc == 4 ? strtod(argv[1], NULL) : 0, start = now();
  struct look looks[LOOKS], before, after;
  int n = 0;

  if (seconds <= 0)
    return 2;
  store = argv[2];
  folder = argv[3];
  open_all();
  while (n < LOOKS) {
    while (gamut_active(g) < AT_ONCE)
      begin();
    gamut_step(g, 100);
    if (now() - start >= seconds * (n + 1) / LOOKS) {
      looks[n] = look(now() - start);
      n++;
    }
  }
  while (gamut_active(g) > 0)
    gamut_step(g, -1);
  before = most_of(looks + LOOKS / 4, LOOKS / 4);
  after = most_of(looks + LOOKS * 3 / 4, LOOKS / 4);
#ifndef GM_SANITIZED /* which keeps what was freed, to see who uses it */
  compare("memory (KiB)", before.rss_kib, after.rss_kib,
          before.rss_kib + before.rss_kib / 10 + SLACK);
#endif
  compare("descriptors", before.fds, after.fds, before.fds + AT_ONCE);
  compare("the store (KiB)", before.store_kib, after.store_kib,
          before.store_kib * 3 / 2 + 1024 +
            (after.begun - before.begun) / 2); /* the ledger stays */
  gamut_close(g);
  printf("%lu begun, %lu completed, %lu maybe-charged, %lu failed\n", begun,
         completed, maybe, failed);
  return wrong > 0;
}
