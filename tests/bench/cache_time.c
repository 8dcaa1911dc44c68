/* cache_time.c - how long it takes until a picture that was made before is a
 * file again, from the call to its return.
 *
 *     cache_time fill|hit COUNT OUTDIR STATE
 *
 * "fill" has it made by whoever GAMUT_ENDPOINTS leads to, "hit" prints the
 * median of COUNT hits in microseconds and needs nobody. */
#include <gamut/gamut.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct gamut *g;

static double now_us(void)
{
  struct timespec t;

  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void die(const char *why)
{
  fprintf(stderr, "cache_time: %s\n", why);
  exit(1);
}

/* Was it a hit? */
static int make(const char *folder, int nth)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_result *result = NULL;
  struct gamut_error error = { 0 };
  char path[512];
  int hit;

  snprintf(path, sizeof(path), "%s/fox-%d.png", folder, nth);
  gamut_request_link(r, "fal:fal-ai/flux/dev", NULL);
  gamut_request_set(r, "prompt", "a neon fox", NULL);
  gamut_request_set(r, "seed", "7", NULL);
  gamut_request_set(r, "output", path, NULL);
  gamut_request_set(r, "force", "yes", NULL);
  if (gamut_generate(g, r, &result, &error))
    die(error.message);
  hit = gamut_result_cache_hit(result);
  gamut_result_free(result);
  gamut_request_free(r);
  return hit;
}

static int by_size(const void *a, const void *b)
{
  const double *x = a, *y = b;

  return *x < *y ? -1 : *x > *y;
}

int main(int argc, char **argv)
{
  int fill = argc == 5 && strcmp(argv[1], "fill") == 0;
  int n = argc == 5 ? (int)strtoul(argv[2], NULL, 10) : 0, i;
  double *took = calloc((size_t)n + 1, sizeof(*took)), begun;

  if (n < 1 || !took)
    die("fill|hit COUNT OUTDIR STATE");
  if (gamut_open(NULL, &g, NULL) || gamut_set(g, "state_dir", argv[4], NULL) ||
      gamut_set(g, "store", "sqlite", NULL))
    die("no context");
  if (!fill)
    make(argv[3], n); /* opens the store */
  for (i = 0; i < n; i++) {
    begun = now_us();
    if (make(argv[3], i) == fill)
      die(fill ? "it was there already" : "it was not there");
    took[i] = now_us() - begun;
  }
  gamut_close(g);
  qsort(took, (size_t)n, sizeof(*took), by_size);
  if (!fill)
    printf("%.1f %.1f\n", took[n / 2], took[n - 1 - n / 20]);
  free(took);
  return 0;
}
