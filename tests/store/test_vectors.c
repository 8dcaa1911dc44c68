/* test_vectors.c - the nearest prompts: what is found and what is not, by the
 * way through the store and by the one through memory, in either store. */
#include "base/random.h"
#include "store/kit.h"
#include "store/vectors.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LARGE ((size_t)1 << 30)

struct vec {
  struct kit kit;
  struct gm_vector_store store;
  struct gm_vectors *all;
  struct gm_near near[GM_NEAR];
  size_t n_near;
};

static void open_vec(struct vec *t, int kind, size_t max_bytes)
{
  memset(t, 0, sizeof(*t));
  kit_open(&t->kit, kind, NULL);
  t->store =
    (struct gm_vector_store){ t->kit.type, t->kit.store, t->kit.message };
  t->all = gm_vectors_new(max_bytes);
  ck_assert_ptr_nonnull(t->all);
}

static void close_vec(struct vec *t)
{
  gm_vectors_free(t->all);
  kit_close(&t->kit);
}

/* "a" as an entry: 64 times that digit. */
static const char *entry_of(char c)
{
  static char ring[4][GM_SHA256_HEX];
  static unsigned at;
  char *entry = ring[at++ % 4];

  memset(entry, c, GM_SHA256_HEX - 1);
  entry[GM_SHA256_HEX - 1] = '\0';
  return entry;
}

/* A direction in the plane, at an angle that has this cosine with (1, 0, 0). */
static void plane(double cosine, float v[3])
{
  v[0] = (float)cosine;
  v[1] = (float)sqrt(1 - cosine * cosine);
  v[2] = 0;
}

static void put(struct vec *t, const char *group, char entry, double cosine)
{
  float v[3];

  plane(cosine, v);
  ck_assert_int_eq(gm_vectors_put(&t->store, group, entry_of(entry), v, 3, 0),
                   0);
}

/* "ab": what is near (1, 0, 0), the nearest first. */
static const char *find(struct vec *t, const char *group, double least)
{
  static char found[GM_NEAR + 1];
  const float v[3] = { 1, 0, 0 };
  size_t i;

  ck_assert_int_eq(
    gm_vectors_find(t->all, &t->store, group, v, 3, least, t->near, &t->n_near),
    0);
  for (i = 0; i < t->n_near; i++)
    found[i] = t->near[i].entry[0];
  found[i] = '\0';
  return found;
}

/* Twice: through the store, and from memory; then there is nothing to learn. */
static void ck_found(struct vec *t, const char *group, double least,
                     const char *want)
{
  int i;

  for (i = 0; i < 3; i++)
    ck_assert_str_eq(find(t, group, least), want);
}

START_TEST(nearest_first)
{
  struct vec t;

  open_vec(&t, _i, LARGE);
  ck_found(&t, "g", 0.5, "");
  put(&t, "g", 'a', 0.96);
  put(&t, "g", 'b', 0.99);
  put(&t, "g", 'c', 0.94);
  put(&t, "h", 'd', 1);
  put(&t, "g0", 'e', 1);
  ck_found(&t, "g", 0.95, "ba");
  ck_assert_double_eq_tol(t.near[0].similarity, 0.99, 1e-4);
  ck_assert_double_eq_tol(t.near[1].similarity, 0.96, 1e-4);
  ck_found(&t, "g", 0.9399, "bac");
  ck_found(&t, "g", 0.9401, "ba");
  ck_found(&t, "g", 0.995, "");
  ck_found(&t, "h", 0.95, "d");
  ck_found(&t, "none", 0.95, "");
  close_vec(&t);
}
END_TEST

/* What changes after the group is in memory, by whomever. */
START_TEST(changes_are_followed)
{
  struct vec t;

  open_vec(&t, _i, LARGE);
  put(&t, "g", 'a', 0.96);
  ck_found(&t, "g", 0.95, "a");
  put(&t, "g", 'b', 0.97);
  ck_found(&t, "g", 0.95, "ba");
  put(&t, "g", 'a', 0.98); /* written anew */
  ck_found(&t, "g", 0.95, "ab");
  ck_assert_double_eq_tol(t.near[0].similarity, 0.98, 1e-4);
  ck_assert_int_eq(gm_vectors_remove(&t.store, "g", entry_of('a')), 0);
  ck_found(&t, "g", 0.95, "b");
  ck_assert_int_eq(gm_vectors_remove(&t.store, "g", entry_of('b')), 0);
  ck_found(&t, "g", 0.95, "");
  ck_assert_int_eq(gm_vectors_remove(&t.store, "g", entry_of('b')), 0);
  put(&t, "g", 'b', 0.97);
  ck_found(&t, "g", 0.95, "b");
  close_vec(&t);
}
END_TEST

START_TEST(rows_end)
{
  struct vec t;
  float v[3];

  open_vec(&t, _i, LARGE);
  plane(0.99, v);
  ck_assert_int_eq(gm_vectors_put(&t.store, "g", entry_of('a'), v, 3, 300), 0);
  put(&t, "g", 'b', 0.97);
  ck_assert_str_eq(find(&t, "g", 0.95), "ab");
  ck_assert_str_eq(find(&t, "g", 0.95), "ab");
  kit_sleep(400);
  ck_found(&t, "g", 0.95, "b");
  close_vec(&t);
}
END_TEST

/* Nearer ones that are gone must not hide those that are there. */
START_TEST(gone_rows_hide_nobody)
{
  static const char many[] = "0123456789abcdef";
  struct vec t;
  size_t i;

  open_vec(&t, _i, LARGE);
  put(&t, "g", 'f', 0.96);
  for (i = 0; i < 15; i++)
    put(&t, "g", many[i], 0.99);
  ck_assert_uint_eq(strlen(find(&t, "g", 0.95)), GM_NEAR);
  ck_assert_uint_eq(strlen(find(&t, "g", 0.95)), GM_NEAR);
  for (i = 0; i < 15; i++)
    ck_assert_int_eq(gm_vectors_remove(&t.store, "g", entry_of(many[i])), 0);
  ck_found(&t, "g", 0.95, "f");
  close_vec(&t);
}
END_TEST

/* Another length is another group's; rows that are broken are passed over. */
START_TEST(odd_rows_are_passed_over)
{
  const float two[2] = { 1, 0 };
  const char *const keys[] = { "g/short", "g/x", "g/", "g/nohex" };
  struct gamut_store_op op;
  struct vec t;
  size_t i;

  open_vec(&t, _i, LARGE);
  put(&t, "g", 'a', 0.96);
  ck_assert_int_eq(gm_vectors_put(&t.store, "g", entry_of('b'), two, 2, 0), 0);
  for (i = 0; i < GM_LEN(keys); i++) {
    op = kit_put(GM_TABLE_VECTOR, keys[i], "123456");
    op.changes |= GAMUT_SET_RANK;
    op.rank = gm_vectors_rank("g", t.kit.type->now(t.kit.store));
    ck_assert_int_eq(kit_run(&t.kit, &op, 1), 0);
  }
  ck_found(&t, "g", 0.95, "a");
  ck_assert_int_eq(
    gm_vectors_find(t.all, &t.store, "g", two, 2, 0.95, t.near, &t.n_near), 0);
  ck_assert_uint_eq(t.n_near, 1);
  ck_found(&t, "g", 0.95, "a");
  close_vec(&t);
}
END_TEST

/* A group that is too large for memory is found all the same; of several the
 * one that was not used for longest goes. */
START_TEST(memory_has_a_ceiling)
{
  struct vec t;
  size_t one;

  open_vec(&t, _i, 1);
  put(&t, "g", 'a', 0.96);
  ck_found(&t, "g", 0.95, "a");
  ck_assert_uint_eq(gm_vectors_bytes(t.all), 0);
  gm_vectors_free(t.all);
  t.all = gm_vectors_new(LARGE);
  ck_found(&t, "g", 0.95, "a");
  one = gm_vectors_bytes(t.all);
  ck_assert_uint_gt(one, 0);
  gm_vectors_free(t.all);
  t.all = gm_vectors_new(2 * one);
  put(&t, "h", 'b', 0.96);
  put(&t, "i", 'c', 0.96);
  ck_found(&t, "g", 0.95, "a");
  ck_found(&t, "h", 0.95, "b");
  ck_found(&t, "i", 0.95, "c");
  ck_assert_uint_eq(gm_vectors_bytes(t.all), 2 * one);
  ck_found(&t, "g", 0.95, "a");
  ck_assert_uint_eq(gm_vectors_bytes(t.all), 2 * one);
  close_vec(&t);
}
END_TEST

START_TEST(strays_are_swept)
{
  struct gamut_store_op op;
  uint32_t removed = 99;
  struct vec t;
  int i;

  open_vec(&t, _i, LARGE);
  ck_assert_int_eq(gm_vectors_sweep(&t.store, &removed), 0);
  ck_assert_uint_eq(removed, 0);
  put(&t, "g", 'a', 0.96);
  put(&t, "g", 'b', 0.97);
  put(&t, "h", 'a', 0.98);
  op = kit_put("cache", entry_of('a'), "{}");
  ck_assert_int_eq(kit_run(&t.kit, &op, 1), 0);
  ck_assert_int_eq(gm_vectors_sweep(&t.store, &removed), 0);
  ck_assert_uint_eq(removed, 1);
  ck_found(&t, "g", 0.95, "a");
  ck_found(&t, "h", 0.95, "a");
  for (i = 0; i < 200; i++) { /* more than one transaction's worth */
    char group[8];

    snprintf(group, sizeof(group), "g%d", i);
    put(&t, group, 'b', 0.96);
  }
  ck_assert_int_eq(gm_vectors_sweep(&t.store, &removed), 0);
  ck_assert_uint_eq(removed, 200);
  close_vec(&t);
}
END_TEST

/* ---- many ---------------------------------------------------------------- */

#define MANY 20000
#define DIM  64

static void any(float *v)
{
  size_t i;

  for (i = 0; i < DIM; i++)
    v[i] = (float)gm_random_below(2001) / 1000.0f - 1.0f;
  ck_assert(gm_vector_unit(v, DIM));
}

static double cosine(const float *a, const float *b)
{
  double sum = 0;
  size_t i;

  for (i = 0; i < DIM; i++)
    sum += (double)a[i] * (double)b[i];
  return sum;
}

/* The best of all by the plain sum is what both ways find. */
START_TEST(many_are_as_few)
{
  static float rows[MANY][DIM], query[DIM];
  struct gm_sha256 sum;
  char entry[GM_SHA256_HEX], best[GM_SHA256_HEX];
  double most = -1;
  struct vec t;
  size_t i, k;

  open_vec(&t, _i, LARGE);
  gm_random_seed(7);
  for (i = 0; i < MANY; i++) {
    any(rows[i]);
    gm_sha256_init(&sum);
    gm_sha256_add(&sum, &i, sizeof(i));
    gm_sha256_hex(&sum, entry);
    ck_assert_int_eq(gm_vectors_put(&t.store, "g", entry, rows[i], DIM, 0), 0);
  }
  for (k = 0; k < 5; k++, most = -1) {
    any(query);
    for (i = 0; i < MANY; i++)
      if (cosine(query, rows[i]) > most) {
        most = cosine(query, rows[i]);
        gm_sha256_init(&sum);
        gm_sha256_add(&sum, &i, sizeof(i));
        gm_sha256_hex(&sum, best);
      }
    ck_assert_int_eq(gm_vectors_find(t.all, &t.store, "g", query, DIM,
                                     most - 0.05, t.near, &t.n_near),
                     0);
    ck_assert_uint_ge(t.n_near, 1);
    ck_assert_str_eq(t.near[0].entry, best);
    ck_assert_double_eq_tol(t.near[0].similarity, most, 1e-4);
  }
  close_vec(&t);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("vectors");

  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, nearest_first, 0, KIT_KINDS);
  tcase_add_loop_test(tc, changes_are_followed, 0, KIT_KINDS);
  tcase_add_loop_test(tc, rows_end, 0, KIT_KINDS);
  tcase_add_loop_test(tc, gone_rows_hide_nobody, 0, KIT_KINDS);
  tcase_add_loop_test(tc, odd_rows_are_passed_over, 0, KIT_KINDS);
  tcase_add_loop_test(tc, memory_has_a_ceiling, 0, KIT_KINDS);
  tcase_add_loop_test(tc, strays_are_swept, 0, KIT_KINDS);
  tcase_add_loop_test(tc, many_are_as_few, 0, KIT_KINDS);
  return unit_run("vectors", tc);
}
