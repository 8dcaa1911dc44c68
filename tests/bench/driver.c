/* driver.c - makes many pictures through the library, as fast as it goes.
 *
 *     driver API BASE COUNT CONCURRENCY OUTDIR POLL_MS
 *
 * It is a program like any user's: it sees only the public header.  BASE stands
 * in for the vendor (the emulator, or any other server that speaks like it). At
 * most CONCURRENCY jobs are under way; each end begins the next.  The last line
 * counts how they ended. */
#include <gamut/gamut.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a host of the vendor's is found below BASE. */
struct host {
  const char *origin, *folder;
};

struct api {
  const char *name;
  const char *model;
  const char *option, *set; /* of the provider, or NULL */
  const char *key, *value;  /* for the environment, when it has none */
  struct host hosts[4];
};

static const struct api apis[] = {
  /* submit, polls, result, download */
  { "fal",
    "fal-ai/flux/dev",
    NULL,
    NULL,
    "FAL_KEY",
    "bench:bench",
    { { "https://queue.fal.run", "/queue" },
      { "https://v3b.fal.media", "/files" },
      { "https://v3.fal.media", "/files" },
      { "https://fal.media", "/files" } } },
  /* an answer that names the file, download */
  { "run",
    "fal-ai/flux/dev",
    "mode",
    "run",
    "FAL_KEY",
    "bench:bench",
    { { "https://fal.run", "/run" },
      { "https://v3b.fal.media", "/files" },
      { "https://v3.fal.media", "/files" },
      { "https://fal.media", "/files" } } },
  /* the picture is in the answer, as base64 */
  { "openai",
    "openai:gpt-image-2",
    NULL,
    NULL,
    "OPENAI_API_KEY",
    "sk-bench",
    { { "https://api.openai.com", "" } } },
};
#define N_APIS  (sizeof(apis) / sizeof(apis[0]))
#define N_HOSTS (sizeof(apis[0].hosts) / sizeof(apis[0].hosts[0]))

struct bench {
  struct gamut *gamut;
  const struct api *api;
  const char *base, *folder, *poll_ms;
  unsigned long count, most, begun, running;
  unsigned long done, failed, blocked;
};

/* The first few: the rest will be like them. */
static void complain(const struct bench *b, const char *message)
{
  if (b->failed + b->blocked <= 3)
    fprintf(stderr, "driver: %s\n", message ? message : "no reason given");
}

static void fill(struct bench *b);

static void on_done(void *user, struct gamut_result *result)
{
  struct bench *b = user;

  b->running--;
  switch (gamut_result_status(result)) {
  case GAMUT_COMPLETED:
    b->done++;
    break;
  case GAMUT_BLOCKED:
    b->blocked++;
    complain(b, gamut_result_message(result));
    break;
  default:
    b->failed++;
    complain(b, gamut_result_message(result));
  }
  gamut_result_free(result);
  fill(b);
}

static int begin(struct bench *b, unsigned long n)
{
  struct gamut_request *r = gamut_request_new();
  struct gamut_error error = { 0, "no memory" };
  char prompt[64], output[4096];
  int32_t rc;

  if (!r)
    return GAMUT_E_NOMEM;
  snprintf(prompt, sizeof(prompt), "picture %lu of a benchmark", n);
  snprintf(output, sizeof(output), "%s/%06lu.{ext}", b->folder, n);
  gamut_request_link(r, b->api->model, NULL);
  gamut_request_set(r, "prompt", prompt, NULL);
  gamut_request_set(r, "output", output, NULL);
  if (b->api->option)
    gamut_request_option(r, b->api->option, b->api->set, NULL);
  rc = gamut_submit(b->gamut, r, on_done, b, NULL, &error);
  gamut_request_free(r);
  if (rc) {
    b->failed++;
    complain(b, error.message);
  }
  return rc;
}

static void fill(struct bench *b)
{
  while (b->running < b->most && b->begun < b->count)
    if (begin(b, b->begun++) == 0)
      b->running++;
}

static void map_endpoints(const struct bench *b)
{
  const struct host *hosts = b->api->hosts;
  char map[8192] = "{";
  size_t i, len = 1;

  for (i = 0; i < N_HOSTS && hosts[i].origin && len < sizeof(map); i++)
    len += (size_t)snprintf(map + len, sizeof(map) - len, "%s\"%s\": \"%s%s\"",
                            i ? ", " : "", hosts[i].origin, b->base,
                            hosts[i].folder);
  if (len < sizeof(map))
    snprintf(map + len, sizeof(map) - len, "}");
  setenv("GAMUT_ENDPOINTS", map, 1);
}

/* What the build tree has stands in for what is not installed. */
static void prepare(const struct bench *b)
{
  setenv(b->api->key, b->api->value, 0);
  setenv("GAMUT_PLUGIN_PATH", BENCH_PLUGIN_PATH, 0);
  setenv("GAMUT_CATALOG_PATH", BENCH_CATALOG_PATH, 0);
  map_endpoints(b);
}

static int set_poll(const struct bench *b)
{
  struct gamut_error error;
  char value[32];

  snprintf(value, sizeof(value), "%sms", b->poll_ms);
  if (gamut_set(b->gamut, "poll_interval", value, &error) == 0)
    return 0;
  fprintf(stderr, "driver: %s\n", error.message);
  return 1;
}

static int run(struct bench *b)
{
  struct gamut_options options = { .struct_size = sizeof(options),
                                   .flags = GAMUT_NO_CONFIG,
                                   .log_level = GAMUT_ERROR };
  struct gamut_error error;
  int rc;

  prepare(b);
  if (gamut_open(&options, &b->gamut, &error)) {
    fprintf(stderr, "driver: %s\n", error.message);
    return 1;
  }
  rc = set_poll(b);
  if (rc == 0)
    fill(b);
  while (rc == 0 && b->running > 0)
    rc = gamut_step(b->gamut, -1) < 0;
  gamut_close(b->gamut);
  printf("done %lu failed %lu blocked %lu\n", b->done, b->failed, b->blocked);
  return rc || b->done < b->count;
}

static const struct api *api_of(const char *name)
{
  size_t i;

  for (i = 0; i < N_APIS; i++)
    if (strcmp(apis[i].name, name) == 0)
      return &apis[i];
  return NULL;
}

int main(int argc, char **argv)
{
  struct bench b = { 0 };

  if (argc == 7) {
    b.api = api_of(argv[1]);
    b.base = argv[2];
    b.count = strtoul(argv[3], NULL, 10);
    b.most = strtoul(argv[4], NULL, 10);
    b.folder = argv[5];
    b.poll_ms = argv[6];
  }
  if (!b.api || b.count == 0 || b.most == 0) {
    fputs("usage: driver fal|run|openai BASE COUNT CONCURRENCY OUTDIR "
          "POLL_MS\n",
          stderr);
    return 2;
  }
  return run(&b);
}
