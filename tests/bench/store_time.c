/* store_time.c - what a store costs.
 *
 *     store_time FOLDER-OF-PLUGINS STATE-FOLDER
 *
 * Lines of "what value unit": the first start, a later one, commits a second
 * with so many records in each, and the CPU that one record takes, of the size
 * that a job's record has. */
#include "base/clock.h"
#include "plugin/registry.h"
#include <gamut/store.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define RECORD 900 /* bytes; a fal job's */
#define JOBS   2000

static const struct gamut_store *type;
static void *store;
static char message[GAMUT_STORE_MESSAGE];

static void die(const char *what)
{
  fprintf(stderr, "store_time: %s: %s\n", what, message);
  exit(1);
}

static double cpu_us(void)
{
  struct rusage r;

  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
         (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void open_store(const char *place, const char *what)
{
  struct gamut_store_open o = { .struct_size = sizeof(o),
                                .busy_ms = 1000,
                                .place = place };
  uint64_t start = gm_mono_us();

  if (type->open(&o, &store, message))
    die("open");
  printf("%s %.3f ms\n", what, (double)(gm_mono_us() - start) / 1000);
}

static void close_store(const char *what)
{
  uint64_t start = gm_mono_us();

  type->close(store);
  printf("%s %.3f ms\n", what, (double)(gm_mono_us() - start) / 1000);
}

/* A job's row is made, written over twice, removed: as the engine does. */
static void make_op(struct gamut_store_op *op, const char *key, unsigned round,
                    const char *body)
{
  static const struct gamut_store_op rounds[] = {
    { .conditions = GAMUT_IF_ABSENT,
      .changes = GAMUT_SET_BODY | GAMUT_SET_OWNER },
    { .conditions = GAMUT_IF_MINE, .changes = GAMUT_SET_BODY },
    { .conditions = GAMUT_IF_MINE, .changes = GAMUT_SET_BODY },
    { .conditions = GAMUT_IF_MINE, .changes = GAMUT_REMOVE },
  };

  *op = rounds[round];
  op->table = "job";
  op->key = key;
  op->owner = "01M0000000000000000000OWNER";
  op->body = body;
  op->body_len = RECORD;
}

static void commits(uint32_t size, uint32_t flags, const char *what)
{
  static struct gamut_store_op ops[JOBS];
  static struct gamut_store_tx txs[JOBS];
  static struct gamut_store_tx *list[JOBS];
  static char keys[JOBS][32], body[RECORD];
  unsigned round, n_commits = 0;
  uint64_t start = gm_mono_us();
  double cpu = cpu_us(), s;
  uint32_t i, n = size < 16 ? JOBS / 10 : JOBS;

  memset(body, 'x', sizeof(body));
  for (round = 0; round < 4; round++) {
    for (i = 0; i < n; i++) {
      snprintf(keys[i], sizeof(keys[i]), "01M00000000000000000%06u", i);
      make_op(&ops[i], keys[i], round, body);
      txs[i] = (struct gamut_store_tx){ .struct_size = sizeof(txs[i]),
                                        .flags = flags,
                                        .ops = { &ops[i], 1,
                                                 sizeof(ops[i]) } };
      list[i] = &txs[i];
    }
    for (i = 0; i < n; i += size, n_commits++)
      if (type->commit(store, list + i, size < n - i ? size : n - i, message))
        die("commit");
    for (i = 0; i < n; i++)
      if (txs[i].outcome)
        die("a condition did not hold");
  }
  s = (double)(gm_mono_us() - start) / 1e6;
  printf("commits_%s %.0f a_second\n", what, (double)n_commits / s);
  printf("record_%s %.2f us_cpu\n", what, (cpu_us() - cpu) / (4.0 * n));
}

int main(int argc, char **argv)
{
  struct gm_registry *registry;
  struct gm_log log = { 0 };

  if (argc < 3 || gm_registry_new(argv[1], &log, &registry, NULL))
    return 2;
  type = gm_registry_extension(registry, "store-sqlite", GAMUT_EXT_STORE, NULL);
  if (!type)
    return 77;
  open_store(argv[2], "open_first");
  close_store("close_first");
  open_store(argv[2], "open_again");
  commits(1, 0, "of_1");
  commits(16, 0, "of_16");
  commits(256, 0, "of_256");
  commits(1, GAMUT_TX_LOOSE, "loose_of_1");
  commits(256, GAMUT_TX_LOOSE, "loose_of_256");
  close_store("close");
  open_store(argv[2], "open_full_log");
  close_store("close");
  gm_registry_free(registry);
  return 0;
}
