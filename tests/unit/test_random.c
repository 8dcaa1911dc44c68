/* test_random.c - randomness and identifiers. */
#include "base/clock.h"
#include "base/random.h"
#include "unit.h"
#include <pthread.h>

START_TEST(bytes_differ)
{
  unsigned char a[1000] = { 0 }, b[1000] = { 0 };
  size_t i, zeros = 0;

  gm_random(a, sizeof(a));
  gm_random(b, sizeof(b));
  gm_random(NULL, 0);
  ck_assert(memcmp(a, b, sizeof(a)) != 0);
  for (i = 0; i < sizeof(a); i++)
    zeros += a[i] == 0;
  ck_assert_uint_lt(zeros, 100); /* about four are to be expected */
}
END_TEST

START_TEST(below_stays_below)
{
  static const uint64_t tops[] = {
    1, 2, 3, 10, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, UINT64_MAX
  };
  size_t i;
  int k;

  ck_assert_uint_eq(gm_random_below(0), 0);
  for (i = 0; i < GM_LEN(tops); i++) {
    for (k = 0; k < 1000; k++)
      ck_assert_uint_lt(gm_random_below(tops[i]), tops[i]);
  }
}
END_TEST

START_TEST(below_is_even)
{
  unsigned hits[6] = { 0 };
  int i;

  gm_random_seed(42);
  for (i = 0; i < 60000; i++)
    hits[gm_random_below(6)]++;
  for (i = 0; i < 6; i++)
    ck_assert_uint_lt(hits[i] > 10000 ? hits[i] - 10000 : 10000 - hits[i], 500);
}
END_TEST

START_TEST(seeds_repeat)
{
  uint64_t first[10];
  int i, same = 0;

  gm_random_seed(7);
  for (i = 0; i < 10; i++)
    first[i] = gm_random_below(UINT64_MAX);
  gm_random_seed(7);
  for (i = 0; i < 10; i++)
    ck_assert_uint_eq(gm_random_below(UINT64_MAX), first[i]);
  gm_random_seed(0);
  for (i = 0; i < 10; i++)
    same += gm_random_below(UINT64_MAX) == first[i];
  ck_assert_int_eq(same, 0);
}
END_TEST

START_TEST(ids_sort_by_time)
{
  char a[GM_ID_SIZE], b[GM_ID_SIZE];
  int i;

  gm_clock_fake(0, UINT64_C(1795168800000));
  gm_id_new(a);
  ck_assert(gm_id_valid(a));
  for (i = 0; i < 1000; i++) {
    gm_clock_advance(1);
    gm_id_new(b);
    ck_assert(gm_id_valid(b));
    ck_assert_int_lt(strcmp(a, b), 0);
    memcpy(a, b, sizeof(a));
  }
  gm_id_new(a);
  ck_assert_int_eq(strncmp(a, b, 10), 0); /* the same millisecond */
  ck_assert_str_ne(a, b);
}
END_TEST

static const struct {
  const char *text;
  bool ok;
} ids[] = {
  { "01ARZ3NDEKTSV4RRFFQ69G5FAV", true },
  { "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", true },
  { "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", false },
  { "01ARZ3NDEKTSV4RRFFQ69G5FA", false },
  { "01ARZ3NDEKTSV4RRFFQ69G5FAVX", false },
  { "01arz3ndektsv4rrffq69g5fav", false },
  { "01ARZ3NDEKTSV4RRFFQ69G5FAU", false },
  { "../../../../../etc/passwd1", false },
  { "", false },
};

START_TEST(ids_are_checked)
{
  ck_assert_msg(gm_id_valid(ids[_i].text) == ids[_i].ok, "%s", ids[_i].text);
  ck_assert(!gm_id_valid(NULL));
}
END_TEST

static void check_uuid(const char *s, char version)
{
  size_t i;

  ck_assert_uint_eq(strlen(s), 36);
  for (i = 0; i < 36; i++) {
    if (i == 8 || i == 13 || i == 18 || i == 23)
      ck_assert_int_eq(s[i], '-');
    else
      ck_assert(strchr("0123456789abcdef", s[i]) != NULL);
  }
  ck_assert_int_eq(s[14], version);
  ck_assert(strchr("89ab", s[19]) != NULL);
}

START_TEST(uuids_have_their_form)
{
  char a[GM_UUID_SIZE], b[GM_UUID_SIZE];

  gm_uuid_new(a);
  gm_uuid_new(b);
  check_uuid(a, '4');
  ck_assert_str_ne(a, b);
}
END_TEST

/* The value is pinned: a job taken over by a later version must find it. */
START_TEST(uuids_of_text_never_change)
{
  char a[GM_UUID_SIZE], b[GM_UUID_SIZE];

  gm_uuid_from("01ARZ3NDEKTSV4RRFFQ69G5FAV/1", a);
  check_uuid(a, '8');
  ck_assert_str_eq(a, "27876104-416b-8784-89a9-eda049fea62f");
  gm_uuid_from("01ARZ3NDEKTSV4RRFFQ69G5FAV/2", b);
  ck_assert_str_ne(a, b);
  gm_uuid_from("", b);
  check_uuid(b, '8');
}
END_TEST

#define N_THREADS 4
#define N_DRAWS   2000

static void *draw(void *p)
{
  uint64_t *out = p;
  int i;

  for (i = 0; i < N_DRAWS; i++)
    out[i] = gm_random_below(UINT64_MAX);
  return NULL;
}

static int by_value(const void *a, const void *b)
{
  const uint64_t *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

START_TEST(threads_never_draw_the_same)
{
  static uint64_t all[N_THREADS * N_DRAWS];
  pthread_t t[N_THREADS];
  int i;

  for (i = 0; i < N_THREADS; i++)
    ck_assert_int_eq(pthread_create(&t[i], NULL, draw, all + i * N_DRAWS), 0);
  for (i = 0; i < N_THREADS; i++)
    pthread_join(t[i], NULL);
  qsort(all, GM_LEN(all), sizeof(all[0]), by_value);
  for (i = 1; i < N_THREADS * N_DRAWS; i++)
    ck_assert_uint_ne(all[i - 1], all[i]);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("random");

  tcase_add_test(tc, bytes_differ);
  tcase_add_test(tc, below_stays_below);
  tcase_add_test(tc, below_is_even);
  tcase_add_test(tc, seeds_repeat);
  tcase_add_test(tc, ids_sort_by_time);
  tcase_add_loop_test(tc, ids_are_checked, 0, (int)GM_LEN(ids));
  tcase_add_test(tc, uuids_have_their_form);
  tcase_add_test(tc, uuids_of_text_never_change);
  tcase_add_test(tc, threads_never_draw_the_same);
  return unit_run("random", tc);
}
