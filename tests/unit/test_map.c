/* test_map.c - a hash table from text to pointers. */
#include "base/hash.h"
#include "base/map.h"
#include "unit.h"
#include <stdio.h>

#define MANY 5000

static const char *name(char buf[32], int i)
{
  snprintf(buf, 32, "key-%d", i);
  return buf;
}

START_TEST(empty_is_empty)
{
  struct gm_map m = { 0 };
  size_t it = 0;

  ck_assert_ptr_null(gm_map_get(&m, "x"));
  ck_assert_ptr_null(gm_map_remove(&m, "x"));
  ck_assert_ptr_null(gm_map_next(&m, &it));
  gm_map_finish(&m);
}
END_TEST

START_TEST(few_keys_are_told_apart)
{
  static const char *const keys[] = { "", "a", "ab", "b", "a b", "A" };
  struct gm_map m = { 0 };
  size_t i, j;

  for (i = 0; i < GM_LEN(keys); i++)
    ck_assert(gm_map_put(&m, keys[i], &m));
  for (i = 0; i < GM_LEN(keys); i++) {
    ck_assert_ptr_eq(gm_map_remove(&m, keys[i]), &m);
    for (j = 0; j < GM_LEN(keys); j++)
      ck_assert_ptr_eq(gm_map_get(&m, keys[j]), j > i ? &m : NULL);
  }
  ck_assert_ptr_null(gm_map_get(&m, "abc"));
  gm_map_finish(&m);
}
END_TEST

START_TEST(many_keys_stay)
{
  static int values[MANY];
  struct gm_map m = { 0 };
  char key[32];
  int i;

  for (i = 0; i < MANY; i++)
    ck_assert(gm_map_put(&m, name(key, i), &values[i]));
  ck_assert_uint_eq(m.n_used, MANY);
  for (i = 0; i < MANY; i += 2)
    ck_assert_ptr_eq(gm_map_remove(&m, name(key, i)), &values[i]);
  for (i = 0; i < MANY; i++)
    ck_assert_ptr_eq(gm_map_get(&m, name(key, i)), i % 2 ? &values[i] : NULL);
  ck_assert(gm_map_put(&m, "key-1", &values[0]));
  ck_assert_ptr_eq(gm_map_get(&m, "key-1"), &values[0]);
  ck_assert_uint_eq(m.n_used, MANY / 2);
  gm_map_finish(&m);
  ck_assert_ptr_null(gm_map_get(&m, "key-1"));
}
END_TEST

START_TEST(come_and_go_does_not_grow)
{
  struct gm_map m = { 0 };
  char key[32];
  int i;

  for (i = 0; i < 100000; i++) {
    ck_assert(gm_map_put(&m, name(key, i), &m));
    if (i >= 10)
      ck_assert_ptr_eq(gm_map_remove(&m, name(key, i - 10)), &m);
  }
  ck_assert_uint_eq(m.n_used, 10);
  ck_assert_uint_le(m.n_slots, 64);
  gm_map_finish(&m);
}
END_TEST

START_TEST(walk_sees_each_once)
{
  struct gm_map m = { 0 };
  struct gm_map_entry *e;
  int seen[100] = { 0 }, *value;
  char key[32];
  size_t it = 0;
  int i;

  for (i = 0; i < 100; i++)
    ck_assert(gm_map_put(&m, name(key, i), &seen[i]));
  while ((e = gm_map_next(&m, &it))) {
    snprintf(key, sizeof(key), "%s", e->key);
    value = e->value;
    ++*value;
    ck_assert_ptr_eq(gm_map_remove(&m, key), value);
  }
  for (i = 0; i < 100; i++)
    ck_assert_int_eq(seen[i], 1);
  ck_assert_uint_eq(m.n_used, 0);
  gm_map_finish(&m);
}
END_TEST

/* Key 00..0f, messages 00.. of 0 and 63 bytes: the authors' test vectors. */
START_TEST(siphash_is_siphash)
{
  const uint64_t a = UINT64_C(0x0706050403020100);
  const uint64_t b = UINT64_C(0x0f0e0d0c0b0a0908);
  unsigned char message[63];
  struct gm_hash h;
  unsigned i;

  for (i = 0; i < sizeof(message); i++)
    message[i] = (unsigned char)i;
  h = gm_hash(message, 0, a, b);
  ck_assert_uint_eq(h.a, UINT64_C(0xe6a825ba047f81a3));
  ck_assert_uint_eq(h.b, UINT64_C(0x930255c71472f66d));
  h = gm_hash(message, sizeof(message), a, b);
  ck_assert_uint_eq(h.a, UINT64_C(0x4a83502f77d15051));
  ck_assert_uint_eq(h.b, UINT64_C(0x7cbd3f979a063e50));
}
END_TEST

static bool build(void)
{
  struct gm_map m = { 0 };
  char key[32];
  bool ok = true;
  int i;

  for (i = 0; i < 50; i++) {
    bool put = gm_map_put(&m, name(key, i), &m);

    ck_assert_ptr_eq(gm_map_get(&m, key), put ? &m : NULL);
    ok = ok && put;
  }
  gm_map_finish(&m);
  return ok;
}

START_TEST(no_memory_is_clean)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("map");

  tcase_add_test(tc, empty_is_empty);
  tcase_add_test(tc, few_keys_are_told_apart);
  tcase_add_test(tc, many_keys_stay);
  tcase_add_test(tc, come_and_go_does_not_grow);
  tcase_add_test(tc, walk_sees_each_once);
  tcase_add_test(tc, siphash_is_siphash);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("map", tc);
}
