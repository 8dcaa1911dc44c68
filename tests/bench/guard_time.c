/* guard_time.c - what it costs a job to ask its breakers, and the limiter for
 * each of its six exchanges, whose answers say how much may still be asked.  No
 * job has to wait for its turn.
 *
 *     guard_time    prints "breaker N us", "limiter N us": CPU a job */
#include "api/context.h"
#include "job/limiter.h"
#include "route/choose.h"
#include <gamut/plugin.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define JOBS      20000
#define EXCHANGES 6

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  return c->host->done(c);
}

static const struct gamut_provider bench = { .struct_size = sizeof(bench),
                                             .name = "bench",
                                             .base_url = "https://bench.test",
                                             .step = step };

static const char headers[] = "content-type: application/json\n"
                              "date: Sat, 28 Nov 2026 12:00:00 GMT\n"
                              "x-request-id: 7b0228b37c2ca89c8be8870e142fcc37\n"
                              "x-ratelimit-limit-requests: 5000\n"
                              "x-ratelimit-remaining-requests: 4999\n"
                              "x-ratelimit-reset-requests: 12ms\n";

static double cpu_us(void)
{
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void over(struct gm_job *job)
{
  (void)job;
}

static const struct gm_job_ops ops = { .attempt_over = over };

static bool ask_breakers(struct gm_run *run)
{
  struct gm_error err = GM_ERROR_INIT;
  bool may = gm_choice_enter(run, run->job.instance, &err);

  gm_error_finish(&err);
  gm_choice_over(run);
  return may;
}

static bool ask_limiter(struct gm_job *job, struct gm_exchange *x)
{
  bool may = true;
  int i;

  for (i = 0; i < EXCHANGES; i++) {
    may = gm_limit_ready(job) && may;
    gm_limit_sent(job);
    gm_limit_answered(job, x);
  }
  gm_limit_release(job);
  return may;
}

static bool make_job(struct gamut *g, struct gm_job *job)
{
  struct gamut_http x = { .struct_size = sizeof(x),
                          .flags = GAMUT_HTTP_BILLABLE };
  struct gm_pending_parts parts = { .method = "POST",
                                    .url = "https://bench.test/jobs" };

  if (gamut_register_provider(g, &bench, NULL) ||
      gm_instance_get(g->instances, "bench", &job->instance, NULL))
    return false;
  job->pending = gm_pending_new(&x, &parts);
  job->patience_ms = UINT32_MAX;
  return job->pending && gm_job_init(job, &g->engine, &ops) == 0;
}

int main(void)
{
  char provider[] = "bench", model[] = "m";
  struct gm_link links[2] = { { .provider = provider, .model = model },
                              { .provider = provider, .model = model } };
  struct gm_run run = { .links = links, .n_links = 2, .chosen = true };
  struct gm_exchange x = { .status = 200, .header_text = GM_BUF_INIT(4096) };
  bool may = true;
  struct gamut *g;
  double start;
  int i;

  if (gamut_open(NULL, &g, NULL) || !make_job(g, &run.job))
    return 2;
  run.router = &g->router;
  gm_buf_add(&x.header_text, headers);
  start = cpu_us();
  for (i = 0; i < JOBS; i++)
    may = ask_breakers(&run) && may;
  printf("breaker %.2f us\n", (cpu_us() - start) / JOBS);
  start = cpu_us();
  for (i = 0; i < JOBS; i++)
    may = ask_limiter(&run.job, &x) && may;
  printf("limiter %.2f us\n", (cpu_us() - start) / JOBS);
  gm_job_finish(&run.job);
  gm_buf_finish(&x.header_text);
  gamut_close(g);
  return may ? 0 : 1;
}
