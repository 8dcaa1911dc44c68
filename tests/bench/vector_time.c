/* vector_time.c - what the nearest of many prompts costs.
 *
 *     vector_time FOLDER-OF-PLUGINS STATE-FOLDER [VECTORS [NUMBERS]]
 *
 * Lines of "what value unit": the walk through memory alone; the first search
 * in a process, which goes through the store; the second, which brings the
 * group into memory; those after it; one after another process wrote. */
#include "base/clock.h"
#include "base/random.h"
#include "plugin/registry.h"
#include "store/vectors.h"
#include "store/vectors_index.h"
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define SEARCHES 20
#define GROUP    "group"
#define BATCH    256

static char message[GAMUT_STORE_MESSAGE];
static struct gm_vector_store store = { .message = message };
static float v[GAMUT_VECTOR_MAX];
static size_t n = 768, n_vectors = 100000;

static void die(const char *what)
{
  fprintf(stderr, "vector_time: %s: %s\n", what, message);
  exit(1);
}

static void any_vector(void)
{
  size_t i;

  for (i = 0; i < n; i++)
    v[i] = (float)gm_random_below(2000001) / 1e6f - 1.0f;
  gm_vector_unit(v, n);
}

static void entry_of(size_t i, char ret[GM_SHA256_HEX])
{
  struct gm_sha256 sum;

  gm_sha256_init(&sum);
  gm_sha256_add(&sum, &i, sizeof(i));
  gm_sha256_hex(&sum, ret);
}

/* Many in one transaction each, and written an hour ago. */
static void put_all(void)
{
  static struct gamut_store_op ops[BATCH];
  static char keys[BATCH][2 * GM_SHA256_HEX];
  static uint8_t bodies[BATCH][2 * GAMUT_VECTOR_MAX];
  static int16_t packed[GAMUT_VECTOR_MAX];
  struct gamut_store_tx tx = { .struct_size = sizeof(tx) }, *list = &tx;
  int64_t then = store.type->now(store.handle) - 3600 * 1000;
  char entry[GM_SHA256_HEX];
  uint64_t start = gm_mono_us();
  size_t i, k;

  for (i = 0; i < n_vectors; i += k) {
    for (k = 0; k < BATCH && i + k < n_vectors; k++) {
      any_vector();
      gm_vector_pack16(v, n, packed);
      gm_vector_write(packed, n, bodies[k]);
      entry_of(i + k, entry);
      snprintf(keys[k], sizeof(keys[k]), GROUP "/%s", entry);
      ops[k] = (struct gamut_store_op){
        .table = GM_TABLE_VECTOR,
        .key = keys[k],
        .changes = GAMUT_SET_BODY | GAMUT_SET_RANK,
        .body = bodies[k],
        .body_len = 2 * n,
        .rank = gm_vectors_rank(GROUP, then + (int64_t)(i + k))
      };
    }
    tx.ops = (struct gamut_table){ ops, (uint32_t)k, sizeof(ops[0]) };
    if (store.type->commit(store.handle, &list, 1, message))
      die("put");
  }
  printf("put %.1f us\n", (double)(gm_mono_us() - start) / (double)n_vectors);
}

static void walk_memory(void)
{
  struct gm_vindex x = { .n = n, .room = gm_vector_room(n) };
  int16_t *query = calloc(x.room, sizeof(*query));
  uint64_t best = UINT64_MAX, start;
  struct gm_coarse near[GM_NEAR];
  char entry[GM_SHA256_HEX];
  uint8_t id[GM_ENTRY_BYTES];
  size_t i;

  for (i = 0; i < n_vectors; i++) {
    any_vector();
    gm_vector_pack16(v, n, query);
    entry_of(i, entry);
    if (!gm_entry_read(entry, id) || !gm_vindex_put(&x, id, query))
      die("no memory");
  }
  for (i = 0; i < SEARCHES; i++) {
    start = gm_mono_us();
    if (gm_vindex_near(&x, query, 0.9f, near) == 0)
      die("a vector is not found by itself");
    best = GM_MIN(best, gm_mono_us() - start);
  }
  printf("walk %.2f ms\n", (double)best / 1000);
  gm_vindex_finish(&x);
  free(query);
}

static double cpu_ms(void)
{
  struct rusage r;

  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 +
         (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e3;
}

static void find(struct gm_vectors *all, const char *what, unsigned times)
{
  struct gm_near near[GM_NEAR];
  uint64_t best = UINT64_MAX, start;
  double cpu = cpu_ms();
  size_t found;
  unsigned i;

  for (i = 0; i < times; i++) {
    start = gm_mono_us();
    if (gm_vectors_find(all, &store, GROUP, v, n, 0.95, near, &found))
      die("find");
    if (found != 1)
      die("what was put last is not found");
    best = GM_MIN(best, gm_mono_us() - start);
  }
  printf("%s %.2f ms\n", what, (double)best / 1000);
  printf("%s_cpu %.2f ms\n", what, (cpu_ms() - cpu) / times);
}

int main(int argc, char **argv)
{
  struct gamut_store_open o = { .struct_size = sizeof(o), .busy_ms = 1000 };
  struct gm_vectors *all = gm_vectors_new((size_t)1 << 30);
  struct gm_registry *registry;
  char entry[GM_SHA256_HEX];
  struct gm_log log = { 0 };

  if (argc < 3 || gm_registry_new(argv[1], &log, &registry, NULL))
    return 2;
  if (argc > 3)
    n_vectors = (size_t)strtoul(argv[3], NULL, 10);
  if (argc > 4)
    n = (size_t)strtoul(argv[4], NULL, 10);
  store.type =
    gm_registry_extension(registry, "store-sqlite", GAMUT_EXT_STORE, NULL);
  if (!store.type || !all)
    return 77;
  o.place = argv[2];
  walk_memory();
  if (store.type->open(&o, &store.handle, message))
    die("open");
  put_all();
  find(all, "first", 1);
  find(all, "load", 1);
  printf("memory %.1f MiB\n", (double)gm_vectors_bytes(all) / (1 << 20));
  find(all, "search", SEARCHES);
  any_vector();
  entry_of(n_vectors, entry);
  if (gm_vectors_put(&store, GROUP, entry, v, n, 0))
    die("put");
  find(all, "follow", SEARCHES);
  store.type->close(store.handle);
  gm_vectors_free(all);
  gm_registry_free(registry);
  return 0;
}
