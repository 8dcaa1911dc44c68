/* observe_time.c - what it costs to see a job: its record in a log file, and
 * all that is counted of a job with six exchanges.
 *
 *     observe_time LOG    prints "log N us", "metrics N us": CPU a job */
#include "api/context.h"
#include "api/result.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define JOBS 20000

static double cpu_us(void)
{
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void count_job(struct gm_meters *m, const struct gamut_result *r)
{
  static const char *const phases[] = { "submit", "status", "status",
                                        "status", "result", "download" };
  size_t i;

  for (i = 0; i < GM_LEN(phases); i++) {
    gm_count(m, GM_M_EXCHANGES, 1, r->provider, phases[i], "200");
    gm_count(m, GM_M_SENT_BYTES, 200, r->provider, NULL, NULL);
    gm_count(m, GM_M_RECEIVED_BYTES, 2000, r->provider, NULL, NULL);
  }
  gm_count(m, GM_M_ATTEMPTS, 1, r->provider, r->model, "ok");
  gm_observe(m, GM_M_FIRST_POLL, 40, r->provider, r->model, NULL);
}

int main(int argc, char **argv)
{
  char provider[] = "fal", model[] = "fal-ai/flux/dev", from[] = "flux";
  char operation[] = "text-to-image", correlation[] = "order-7";
  struct gm_attempt attempt = { .tries = 1 };
  struct gamut_result r = { .status = GAMUT_COMPLETED,
                            .provider = provider,
                            .model = model,
                            .resolved_from = from,
                            .operation = operation,
                            .correlation_id = correlation,
                            .attempts = &attempt,
                            .n_attempts = 1,
                            .cost_microusd = 25000,
                            .total_ms = 2018,
                            .queue_ms = 534,
                            .generate_ms = 1950,
                            .download_ms = 26 };
  char tags[] = "[\"autumn\",\"print\"]";
  struct gm_run run = { .tags = tags };
  struct gamut *g;
  double start;
  int i;

  if (argc != 2 || setenv("GAMUT_LOG_FILE", argv[1], 1) ||
      gamut_open(NULL, &g, NULL)) {
    fputs("usage: observe_time LOG\n", stderr);
    return 2;
  }
  gm_id_new(r.id);
  run.router = &g->router;
  start = cpu_us();
  for (i = 0; i < JOBS; i++)
    gm_log_request(g, &run, &r);
  printf("log %.2f us\n", (cpu_us() - start) / JOBS);
  start = cpu_us();
  for (i = 0; i < JOBS; i++) {
    count_job(g->engine.meters, &r);
    gm_metrics_request(g, &r);
  }
  printf("metrics %.2f us\n", (cpu_us() - start) / JOBS);
  gamut_close(g);
  return 0;
}
