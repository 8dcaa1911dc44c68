/* ledger_time.c - what the books cost.
 *
 *     ledger_time FOLDER-OF-PLUGINS STATE-FOLDER ROWS
 *
 * Lines of "what value unit": a ledger of so many rows over a year, as jobs
 * write them, and how long the usage of a month, and of all of it, takes. */
#include "base/clock.h"
#include "base/random.h"
#include "plugin/registry.h"
#include "route/ledger.h"
#include "route/usage.h"
#include <stdio.h>
#include <string.h>

#define BATCH 1000
#define DAY   INT64_C(86400000)

static const struct gamut_store *type;
static void *store;
static char message[GAMUT_STORE_MESSAGE];

static void die(const char *what)
{
  fprintf(stderr, "ledger_time: %s: %s\n", what, message);
  exit(1);
}

static void make_row(struct gamut_store_op *op, char key[GM_ID_SIZE],
                     char body[512], int64_t at_ms)
{
  static const char *const models[] = { "fal-ai/flux/dev",
                                        "fal-ai/flux/schnell", "gpt-image-2",
                                        "gen4_image" };
  unsigned which = (unsigned)gm_random_below(4);

  gm_id_new(key);
  snprintf(body, 512,
           "{\"by\":[\"%s\",\"%s\",\"project-%u\",\"user-%u\",[\"tag-%u\"]],"
           "\"operation\":\"text-to-image\",\"slot\":\"fal.api_key\","
           "\"estimate\":25000,\"actual\":25000,\"basis\":\"units\","
           "\"queue_ms\":120,\"generate_ms\":2310,\"download_ms\":95,"
           "\"attempts\":1}",
           which < 2    ? "fal"
           : which == 2 ? "openai"
                        : "runway",
           models[which], (unsigned)gm_random_below(12),
           (unsigned)gm_random_below(300), (unsigned)gm_random_below(40));
  *op = (struct gamut_store_op){ .table = GM_TABLE_CHARGE,
                                 .key = key,
                                 .changes = GAMUT_SET_BODY | GAMUT_SET_RANK |
                                            GAMUT_SET_NUMBERS,
                                 .rank = at_ms,
                                 .body = body,
                                 .body_len = strlen(body) };
  op->numbers[GM_CHARGE_SETTLED] = 25000;
  op->numbers[GM_CHARGE_FACTS] =
    gm_random_below(20) ? GM_CHARGE_COMPLETED : GM_CHARGE_FAILED;
  op->numbers[GM_CHARGE_MS] = 1000 + (int64_t)gm_random_below(9000);
}

/* In the order of time, as they come. */
static void fill(uint32_t n, int64_t from_ms, int64_t to_ms)
{
  static struct gamut_store_op ops[BATCH];
  static char keys[BATCH][GM_ID_SIZE], bodies[BATCH][512];
  struct gamut_store_tx tx, *list[] = { &tx };
  uint32_t i, k;

  for (i = 0; i < n; i += k) {
    for (k = 0; k < BATCH && i + k < n; k++)
      make_row(&ops[k], keys[k], bodies[k],
               from_ms +
                 (int64_t)((double)(i + k) / n * (double)(to_ms - from_ms)));
    tx = (struct gamut_store_tx){ .struct_size = sizeof(tx),
                                  .flags = GAMUT_TX_LOOSE,
                                  .ops = { ops, k, sizeof(ops[0]) } };
    if (type->commit(store, list, 1, message))
      die("commit");
  }
}

static void ask(const char *what, const char *query, int64_t now_ms)
{
  uint64_t start = gm_mono_us();
  struct gm_usage_query q;
  struct json_object *o;
  struct gm_usage *u;

  if (gm_usage_read(query, now_ms, &q, NULL))
    die(query);
  u = gm_usage_new(&q);
  if (!u || gm_usage_scan(u, type, store, message))
    die("scan");
  o = gm_usage_json(u);
  printf("%s %.3f ms %lld requests\n", what,
         (double)(gm_mono_us() - start) / 1000,
         (long long)gm_json_i64(o, "total/requests", -1));
  json_object_put(o);
  gm_usage_free(u);
}

int main(int argc, char **argv)
{
  int64_t now = INT64_C(1795910400000), rows; /* 2026-11-29 */
  struct gamut_store_open open = { .struct_size = sizeof(open),
                                   .busy_ms = 1000 };
  struct gm_registry *registry;
  struct gm_log log = { 0 };

  if (argc < 4 || gm_registry_new(argv[1], &log, &registry, NULL))
    return 2;
  type = gm_registry_extension(registry, "store-sqlite", GAMUT_EXT_STORE, NULL);
  if (!type)
    return 77;
  rows = strtoll(argv[3], NULL, 10);
  open.place = argv[2];
  if (type->open(&open, &store, message))
    die("open");
  fill((uint32_t)rows, now - 334 * DAY, now);
  type->close(store);
  if (type->open(&open, &store, message))
    die("open");
  ask("month", "{\"period\":\"month\"}", now);
  ask("month_by_model", "{\"period\":\"month\",\"by\":\"model\"}", now);
  ask("month_by_user", "{\"period\":\"month\",\"by\":\"user\"}", now);
  ask("month_by_day", "{\"period\":\"month\",\"by\":\"day\"}", now);
  ask("year", "{\"period\":\"year\"}", now);
  ask("year_by_user", "{\"period\":\"year\",\"by\":\"user\"}", now);
  type->close(store);
  gm_registry_free(registry);
  return 0;
}
