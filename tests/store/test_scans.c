/* test_scans.c - what every store does: scans, bytes of any kind, blobs. */
#include "kit.h"
#include "unit/scratch.h"

static struct kit kit;

static void open_kind(int kind)
{
  kit_open(&kit, kind, NULL);
  kit_owner(&kit, "good", 3600000);
}

/* ---- scans --------------------------------------------------------------- */

static const struct {
  const char *name;
  struct gamut_store_query q;
  const char *keys;
} scans[] = {
  { "all", { .table = "s" }, "a b bb c d \xc3\xa9" },
  { "down", { .table = "s", .flags = GAMUT_SCAN_DOWN }, "\xc3\xa9 d c bb b a" },
  { "another table", { .table = "other" }, "b" },
  { "no such table", { .table = "none" }, "" },
  { "from", { .table = "s", .from = "bb" }, "bb c d \xc3\xa9" },
  { "from, not there", { .table = "s", .from = "ba" }, "bb c d \xc3\xa9" },
  { "to", { .table = "s", .to = "c" }, "a b bb" },
  { "from to", { .table = "s", .from = "b", .to = "c" }, "b bb" },
  { "empty range", { .table = "s", .from = "c", .to = "c" }, "" },
  { "limit", { .table = "s", .limit = 2 }, "a b" },
  { "limit, down",
    { .table = "s", .limit = 2, .flags = GAMUT_SCAN_DOWN },
    "\xc3\xa9 d" },
  { "key", { .table = "s", .from = "bb", .flags = GAMUT_SCAN_KEY }, "bb" },
  { "key, not there",
    { .table = "s", .from = "x", .flags = GAMUT_SCAN_KEY },
    "" },
  { "rank",
    { .table = "s",
      .flags = GAMUT_SCAN_BY_RANK,
      .min_rank = INT64_MIN,
      .max_rank = INT64_MAX },
    "d b c a" },
  { "rank, down",
    { .table = "s",
      .flags = GAMUT_SCAN_BY_RANK | GAMUT_SCAN_DOWN,
      .min_rank = INT64_MIN,
      .max_rank = INT64_MAX },
    "a c b d" },
  { "ranks",
    { .table = "s",
      .flags = GAMUT_SCAN_BY_RANK,
      .min_rank = 20,
      .max_rank = 20 },
    "b c" },
  { "ranks from on",
    { .table = "s",
      .flags = GAMUT_SCAN_BY_RANK,
      .min_rank = 21,
      .max_rank = INT64_MAX },
    "a" },
  { "ranks, limit",
    { .table = "s",
      .flags = GAMUT_SCAN_BY_RANK,
      .min_rank = INT64_MIN,
      .max_rank = INT64_MAX,
      .limit = 2 },
    "d b" },
  { "free", { .table = "s", .flags = GAMUT_SCAN_FREE }, "a bb c \xc3\xa9" },
  { "free, limit",
    { .table = "s", .flags = GAMUT_SCAN_FREE, .limit = 2 },
    "a bb" },
  { "free, key",
    { .table = "s", .from = "b", .flags = GAMUT_SCAN_FREE | GAMUT_SCAN_KEY },
    "" },
  { "no body",
    { .table = "s", .flags = GAMUT_SCAN_NO_BODY },
    "a b bb c d \xc3\xa9" },
};

static void fill(void)
{
  static const struct {
    const char *table, *key, *owner;
    int64_t rank;
  } rows[] = { { "s", "c", "gone", 20 }, { "s", "a", NULL, 30 },
               { "s", "b", "good", 20 }, { "s", "d", "good", -5 },
               { "s", "bb", NULL, 0 },   { "s", "\xc3\xa9", NULL, 0 },
               { "other", "b", NULL, 1 } };
  struct gamut_store_op op;
  size_t i;

  for (i = 0; i < GM_LEN(rows); i++) {
    op = kit_put(rows[i].table, rows[i].key, "body");
    op.changes |= GAMUT_SET_RANK;
    op.rank = rows[i].rank;
    op.owner = rows[i].owner;
    if (op.owner)
      op.changes |= GAMUT_SET_OWNER;
    ck_assert_int_eq(kit_run(&kit, &op, 1), 0);
  }
}

START_TEST(scan)
{
  const char *keys;
  size_t i;

  open_kind(_i);
  fill();
  for (i = 0; i < GM_LEN(scans); i++) {
    struct gamut_store_query q = scans[i].q;

    q.struct_size = sizeof(q);
    keys = kit_keys(&kit, &q);
    ck_assert_msg(strcmp(keys, scans[i].keys) == 0, "%s: %s", scans[i].name,
                  keys);
  }
  kit_close(&kit);
}
END_TEST

static int32_t stop_at_b(void *user, const struct gamut_store_row *row)
{
  int *n = user;

  ck_assert_ptr_null(row->body);
  ck_assert_uint_eq(row->body_len, 4);
  ++*n;
  return strcmp(row->key, "b") == 0 ? GAMUT_E_CANCELLED : 0;
}

START_TEST(scan_is_ended)
{
  struct gamut_store_query q = { .struct_size = sizeof(q),
                                 .table = "s",
                                 .flags = GAMUT_SCAN_NO_BODY };
  int n = 0, i;

  open_kind(_i);
  fill();
  for (i = 1; i <= 3; i++) {
    ck_assert_int_eq(kit.type->scan(kit.store, &q, stop_at_b, &n, kit.message),
                     GAMUT_E_CANCELLED);
    ck_assert_int_eq(n, 2 * i);
  }
  /* Nothing is left open by it: it can be written. */
  fill();
  kit_close(&kit);
}
END_TEST

/* Bytes as they are, of any length; keys of any UTF-8. */
START_TEST(any_bytes)
{
  static char big[1 << 20];
  char key[GAMUT_STORE_KEY_MAX + 1] = "";
  struct gamut_store_op op = kit_put("t", key, "");
  struct kit_row row;
  size_t i;

  open_kind(_i);
  memset(key, 'k', GAMUT_STORE_KEY_MAX);
  key[GAMUT_STORE_KEY_MAX] = '\0';
  for (i = 0; i < sizeof(big); i++)
    big[i] = (char)(i * 7 + (i >> 8));
  op.body = big;
  op.body_len = sizeof(big);
  ck_assert_int_eq(kit_run(&kit, &op, 1), 0);
  ck_assert(kit_get(&kit, "t", key, &row));
  ck_assert_uint_eq(row.body_len, sizeof(big));
  ck_assert_mem_eq(row.body, big, sizeof(row.body) - 1);
  ck_assert_str_eq(row.key, key);
  kit_close(&kit);
}
END_TEST

/* ---- blobs --------------------------------------------------------------- */

#define HASH_A                                                                 \
  "aa00000000000000000000000000000000000000000000000000000000000001"
#define HASH_B                                                                 \
  "ab00000000000000000000000000000000000000000000000000000000000002"

static void *blob_of(const char *text)
{
  void *blob = NULL;
  size_t half = strlen(text) / 2;

  ck_assert_int_eq(kit.type->blob_new(kit.store, &blob, kit.message), 0);
  ck_assert_int_eq(kit.type->blob_add(blob, text, half, kit.message), 0);
  ck_assert_int_eq(
    kit.type->blob_add(blob, text + half, strlen(text) - half, kit.message), 0);
  return blob;
}

static int32_t read_blob(const char *hash, uint64_t offset, char *buf,
                         size_t size, uint64_t *total)
{
  size_t len = 0;
  int32_t rc = kit.type->blob_read(kit.store, hash, offset, buf, size, &len,
                                   total, kit.message);

  buf[rc ? 0 : len] = '\0';
  return rc;
}

static int32_t count_blob(void *user, const char *hash, uint64_t size,
                          int64_t age_ms)
{
  uint64_t *sum = user;

  ck_assert_uint_eq(strlen(hash), GAMUT_STORE_HASH - 1);
  ck_assert_int_ge(age_ms, 0);
  ck_assert_int_lt(age_ms, 60000);
  *sum += size;
  return size == 1 ? 7 : 0;
}

static uint64_t all_blobs(void)
{
  uint64_t sum = 0;

  ck_assert_int_eq(
    kit.type->blob_each(kit.store, count_blob, &sum, kit.message), 0);
  return sum;
}

START_TEST(blobs)
{
  uint64_t total = 0, sum = 0;
  char buf[64];

  open_kind(_i);
  ck_assert_uint_eq(all_blobs(), 0);
  ck_assert_int_eq(read_blob(HASH_A, 0, buf, 9, &total), GAMUT_E_NOT_FOUND);
  ck_assert_int_eq(
    kit.type->blob_keep(blob_of("hello, blob"), HASH_A, kit.message), 0);
  ck_assert_int_eq(read_blob(HASH_A, 0, buf, 63, &total), 0);
  ck_assert_str_eq(buf, "hello, blob");
  ck_assert_uint_eq(total, 11);
  ck_assert_int_eq(read_blob(HASH_A, 7, buf, 3, &total), 0);
  ck_assert_str_eq(buf, "blo");
  ck_assert_int_eq(read_blob(HASH_A, 11, buf, 9, &total), 0);
  ck_assert_str_eq(buf, "");
  ck_assert_int_eq(read_blob(HASH_A, 1u << 30, buf, 9, &total), 0);
  ck_assert_str_eq(buf, "");
  ck_assert_int_eq(read_blob(HASH_A, 0, buf, 0, &total), 0);
  ck_assert_uint_eq(total, 11);
  /* Again is fine; another beside it; one that is never kept is nowhere. */
  ck_assert_int_eq(
    kit.type->blob_keep(blob_of("hello, blob"), HASH_A, kit.message), 0);
  kit.type->blob_drop(blob_of("dropped"));
  ck_assert_int_eq(kit.type->blob_keep(blob_of("x"), HASH_B, kit.message), 0);
  ck_assert_int_eq(
    kit.type->blob_each(kit.store, count_blob, &sum, kit.message), 7);
  ck_assert_int_eq(kit.type->blob_remove(kit.store, HASH_B, kit.message), 0);
  ck_assert_int_eq(kit.type->blob_remove(kit.store, HASH_B, kit.message), 0);
  ck_assert_int_eq(read_blob(HASH_B, 0, buf, 9, &total), GAMUT_E_NOT_FOUND);
  ck_assert_uint_eq(all_blobs(), 11);
  blob_of("unended");
  ck_assert_uint_eq(all_blobs(), 11);
  kit_close(&kit);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("scans");
  int kinds = kit_sqlite() ? KIT_KINDS : 1;

  tcase_add_loop_test(tc, scan, 0, kinds);
  tcase_add_loop_test(tc, scan_is_ended, 0, kinds);
  tcase_add_loop_test(tc, any_bytes, 0, kinds);
  tcase_add_loop_test(tc, blobs, 0, kinds);
  return unit_run("scans", tc);
}
