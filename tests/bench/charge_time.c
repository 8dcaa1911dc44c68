/* charge_time.c - the CPU that the books take of one job beside the commits:
 * reserved, built, settled, built, with the members of its records, under one
 * budget.
 *
 *     charge_time
 *
 * A line of "charge value us". */
#include "base/clock.h"
#include "route/ledger.h"
#include "store/memory.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROUNDS 50000

static int32_t choose(void *user, struct gm_store_choice *ret,
                      struct gm_error *err)
{
  (void)user;
  (void)err;
  ret->type = &gm_store_memory;
  return 0;
}

static double cpu_us(void)
{
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* As the journal asks. */
static void write_down(struct gm_charge *c, struct gm_buf *record)
{
  struct gm_also *a = gm_charge_also(c);
  const struct gamut_store_op *ops = NULL;
  uint32_t n = 0;

  gm_buf_clear(record);
  gm_charge_record(c, record);
  if (a->build(a, &ops, &n) || n != 2)
    exit(1);
  a->written(a, 0, -1);
}

static void one_job(struct gm_ledger *l, struct gm_run *run,
                    struct gm_buf *record)
{
  struct gm_charge *c;

  gm_id_new(run->job.id);
  run->charge = c = gm_charge_new(l, run);
  if (!c || gm_charge_reserve(c))
    exit(1);
  write_down(c, record);
  gm_charge_attempt(c);
  gm_charge_end(c);
  write_down(c, record);
  gm_charge_drop(c);
}

int main(void)
{
  struct gm_link link = { .provider = gm_strdup("fal"),
                          .model = gm_strdup("fal-ai/flux/dev") };
  struct gm_found found = { .cost_microusd = 25000 };
  struct gm_buf record = GM_BUF_INIT(1 << 20);
  struct gm_settings settings = { 0 };
  struct gm_router router = { .settings = &settings };
  struct gm_run run = { .router = &router,
                        .links = &link,
                        .n_links = 1,
                        .price_microusd = 25000,
                        .project = gm_strdup("spring"),
                        .tags = gm_strdup("[\"a\",\"b\"]") };
  struct gm_budgets budgets;
  struct gm_log log = { 0 };
  struct gm_ledger *l;
  struct gm_store *store;
  struct gm_loop *loop;
  double start;
  int i;

  if (gm_loop_new(&log, &loop, NULL) ||
      gm_store_new(loop, &log, choose, NULL, &store) ||
      gm_budgets_parse("[{\"scope\":\"all\",\"limit_usd\":1e6,"
                       "\"period\":\"month\"}]",
                       &budgets, NULL))
    return 1;
  l = gm_ledger_new(store, &log);
  gm_ledger_set_budgets(l, &budgets);
  run.job.found = &found;
  run.began_wall_ms = gm_wall_ms();
  start = cpu_us();
  for (i = 0; i < ROUNDS; i++)
    one_job(l, &run, &record);
  printf("charge %.3f us\n", (cpu_us() - start) / ROUNDS);
  gm_store_free(store);
  gm_ledger_free(l);
  gm_loop_free(loop);
  gm_buf_finish(&record);
  gm_free(link.provider);
  gm_free(link.model);
  gm_free(run.project);
  gm_free(run.tags);
  return 0;
}
