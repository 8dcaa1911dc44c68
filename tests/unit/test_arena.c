/* test_arena.c - memory that goes at once. */
#include "base/arena.h"
#include "unit.h"

START_TEST(pieces_are_aligned_and_apart)
{
  struct gm_arena a;
  char *p[500];
  size_t i, j;

  gm_arena_init(&a, 1 << 20);
  for (i = 0; i < GM_LEN(p); i++) {
    p[i] = gm_arena_alloc(&a, i);
    ck_assert_ptr_nonnull(p[i]);
    ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
    memset(p[i], (int)(i & 0x7f), i);
  }
  for (i = 0; i < GM_LEN(p); i++) {
    for (j = 0; j < i; j++)
      ck_assert_int_eq(p[i][j], (char)(i & 0x7f));
  }
  gm_arena_finish(&a);
}
END_TEST

START_TEST(limit_holds)
{
  struct gm_arena a;
  size_t got = 0;

  gm_arena_init(&a, 10000);
  ck_assert_ptr_null(gm_arena_alloc(&a, 10001));
  ck_assert_ptr_null(gm_arena_alloc(&a, SIZE_MAX));
  ck_assert_ptr_null(gm_arena_alloc(&a, SIZE_MAX - 8));
  while (gm_arena_alloc(&a, 100))
    got += 112;
  ck_assert_uint_le(a.total, 10000);
  ck_assert_uint_ge(got, 9000);
  gm_arena_reset(&a);
  ck_assert_ptr_nonnull(gm_arena_alloc(&a, 5000));
  gm_arena_finish(&a);
  ck_assert_uint_eq(a.total, 0);
}
END_TEST

START_TEST(reset_keeps_the_first_block)
{
  struct gm_arena a;
  void *first;

  gm_arena_init(&a, 1 << 20);
  gm_arena_reset(&a);
  first = gm_arena_alloc(&a, 10);
  ck_assert_ptr_nonnull(gm_arena_alloc(&a, 100000));
  ck_assert_ptr_nonnull(gm_arena_alloc(&a, 3000));
  gm_arena_reset(&a);
  ck_assert_ptr_eq(gm_arena_alloc(&a, 10), first);
  gm_mem_fail(1, true);
  gm_arena_reset(&a);
  ck_assert_ptr_eq(gm_arena_alloc(&a, 10), first);
  gm_mem_fail(0, false);
  gm_arena_finish(&a);
}
END_TEST

START_TEST(large_pieces_leave_the_block)
{
  struct gm_arena a;
  char *before, *after;

  gm_arena_init(&a, 1 << 20);
  before = gm_arena_alloc(&a, 16);
  ck_assert_ptr_nonnull(gm_arena_alloc(&a, 100000));
  after = gm_arena_alloc(&a, 16);
  ck_assert_ptr_eq(after, before + 16);
  gm_arena_finish(&a);
}
END_TEST

START_TEST(text_is_copied)
{
  struct gm_arena a;

  gm_arena_init(&a, 1 << 20);
  ck_assert_str_eq(gm_arena_strdup(&a, "text"), "text");
  ck_assert_ptr_null(gm_arena_strdup(&a, NULL));
  ck_assert_str_eq(gm_arena_strndup(&a, "text", 2), "te");
  ck_assert_str_eq(gm_arena_strndup(&a, "", 0), "");
  ck_assert_str_eq(gm_arena_printf(&a, "%s/%05d", "a", 42), "a/00042");
  ck_assert_uint_eq(strlen(gm_arena_printf(&a, "%5000d", 1)), 5000);
  ck_assert_mem_eq(gm_arena_strndup(&a, "a\0b", 3), "a\0b", 4);
  ck_assert_ptr_null(gm_arena_strndup(&a, "x", SIZE_MAX));
  gm_arena_finish(&a);
}
END_TEST

static bool build(void)
{
  struct gm_arena a;
  bool ok = true;
  int i;

  gm_arena_init(&a, 1 << 20);
  for (i = 0; i < 50; i++) {
    ok = gm_arena_printf(&a, "%200d", i) && ok;
    ok = gm_arena_alloc(&a, 3000) && ok;
  }
  ok = gm_arena_alloc(&a, 70000) && ok;
  gm_arena_reset(&a);
  ok = gm_arena_strdup(&a, "after") && ok;
  gm_arena_finish(&a);
  return ok;
}

START_TEST(no_memory_is_clean)
{
  unit_torture(build);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("arena");

  tcase_add_test(tc, pieces_are_aligned_and_apart);
  tcase_add_test(tc, limit_holds);
  tcase_add_test(tc, reset_keeps_the_first_block);
  tcase_add_test(tc, large_pieces_leave_the_block);
  tcase_add_test(tc, text_is_copied);
  tcase_add_test(tc, no_memory_is_clean);
  return unit_run("arena", tc);
}
