/* test_vector.c - directions: how near they are, in 16 bits and in 8, and what
 * providers hand over as one. */
#include "base/random.h"
#include "base/vector.h"
#include "call_fixture.h"
#include "unit.h"
#include <math.h>
#include <string.h>

#define DIMENSIONS 768

static float noise(void)
{
  return (float)gm_random_below(2000001) / 1e6f - 1.0f;
}

/* Unit vectors `b` that are a share of `a` and otherwise anything. */
static double near_pair(size_t n, float share, float *a, float *b)
{
  double cosine = 0;
  size_t i;

  for (i = 0; i < n; i++)
    a[i] = noise();
  ck_assert(gm_vector_unit(a, n));
  for (i = 0; i < n; i++)
    b[i] = share * a[i] + (1 - share) * noise() / (float)sqrt((double)n / 3);
  ck_assert(gm_vector_unit(b, n));
  for (i = 0; i < n; i++)
    cosine += (double)a[i] * (double)b[i];
  return cosine;
}

START_TEST(cosine_is_kept)
{
  static const size_t sizes[] = { 1, 2, 63, 64, 65, DIMENSIONS, 3072, 8192 };
  static float a[8192], b[8192];
  static int16_t p[8192], q[8192];
  static int8_t c[8192];
  size_t n = sizes[_i], room = gm_vector_room(n);
  double real, scale;
  int k;

  for (k = 0; k < 20; k++) {
    real = near_pair(n, (float)k / 20, a, b);
    gm_vector_pack16(a, n, p);
    gm_vector_pack16(b, n, q);
    ck_assert_double_eq_tol(gm_vector_cosine16(gm_vector_sum16(p, q, room)),
                            real, 1e-4);
    scale = (double)gm_vector_pack8(q, n, c);
    ck_assert_double_eq_tol(gm_vector_sum8(p, c, room) * scale, real, 5e-3);
  }
}
END_TEST

/* The worst for a sum in 32 bits: all in one number, and all alike. */
START_TEST(sums_stay_in_32_bits)
{
  static float v[8192];
  static int16_t p[8192];
  static int8_t c[8192];
  size_t i;

  for (i = 0; i < GM_LEN(v); i++)
    v[i] = _i ? 1.0f : (float)(i == 7);
  ck_assert(gm_vector_unit(v, GM_LEN(v)));
  gm_vector_pack16(v, GM_LEN(v), p);
  ck_assert_double_eq_tol(gm_vector_cosine16(gm_vector_sum16(p, p, GM_LEN(p))),
                          1, 2e-3);
  ck_assert_double_eq_tol((double)gm_vector_pack8(p, GM_LEN(p), c) *
                            gm_vector_sum8(p, c, GM_LEN(p)),
                          1, 1e-2);
}
END_TEST

START_TEST(bytes_are_little_endian)
{
  const int16_t v[] = { 1, -2, 0x1234, -32767 };
  const uint8_t want[] = { 1, 0, 0xfe, 0xff, 0x34, 0x12, 0x01, 0x80 };
  int16_t back[GM_VECTOR_BLOCK];
  uint8_t bytes[8];

  gm_vector_write(v, 4, bytes);
  ck_assert_mem_eq(bytes, want, 8);
  memset(back, 0x55, sizeof(back));
  gm_vector_read(bytes, 4, back);
  ck_assert_mem_eq(back, v, sizeof(v));
  ck_assert_int_eq(back[4], 0);
  ck_assert_int_eq(back[GM_VECTOR_BLOCK - 1], 0);
}
END_TEST

/* ---- the service -------------------------------------------------------- */

static int32_t step(void *instance, struct gamut_call *c)
{
  const struct gamut_json *list = c->host->json_get(c->request, "vectors"), *v;
  uint32_t i;

  (void)instance;
  for (i = 0; (v = c->host->json_member(list, i, NULL)); i++)
    c->host->vector(c, v);
  if (i == 0)
    c->host->vector(c, NULL);
  return c->host->done(c);
}

static const char *const phases[] = { "only" };
static const struct gamut_provider teller = {
  .struct_size = sizeof(teller),
  .name = "teller",
  .title = "Teller",
  .base_url = "https://api.teller.test",
  .phases = GAMUT_TABLE(phases),
  .step = step,
};

/* answer NULL: refused. */
static const struct {
  const char *request, *answer;
} handed[] = {
  { "{\"vectors\":[[3,4.0],[0,-2]]}",
    "{\"vectors\":[\"mpkZP83MTD8=\",\"AAAAAAAAgL8=\"]}" },
  /* 3 and 4 as floats */
  { "{\"vectors\":[\"AABAQAAAgEA=\"]}", "{\"vectors\":[\"mpkZP83MTD8=\"]}" },
  { "{\"vectors\":[]}", NULL },
  { "{\"vectors\":[[]]}", NULL },
  { "{\"vectors\":[[0,0,0]]}", NULL },
  { "{\"vectors\":[[1,\"2\"]]}", NULL },
  { "{\"vectors\":[[1,null]]}", NULL },
  { "{\"vectors\":[7]}", NULL },
  { "{\"vectors\":[\"\"]}", NULL },
  { "{\"vectors\":[\"AABAQAAA\"]}", NULL },     /* one and a half */
  { "{\"vectors\":[\"AABAQ*AAgEA=\"]}", NULL }, /* no base64 */
  { "{\"vectors\":[\"AACAfwAAgEA=\"]}", NULL }, /* infinite */
};

START_TEST(vectors_are_handed_over)
{
  struct json_object *request = gm_json_parse_once(
    handed[_i].request, strlen(handed[_i].request), NULL, NULL);
  struct fixture f = { 0 };

  fixture_open(&f, &teller);
  f.in.request = request;
  gm_call_step(&f.call, f.i, &f.in);
  if (handed[_i].answer) {
    ck_assert_msg(f.call.kind == GM_STEP_DONE, "%s",
                  gm_error_text(&f.call.err));
    ck_assert_str_eq(gm_json_text(f.call.answer, NULL), handed[_i].answer);
  } else {
    ck_assert_msg(f.call.kind == GM_STEP_FAIL, "%s", handed[_i].request);
    ck_assert_int_eq(f.call.err.error_class, GAMUT_E_PROTOCOL);
  }
  gm_call_end(&f.call);
  json_object_put(request);
  fixture_close(&f);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("vector");

  tcase_add_loop_test(tc, cosine_is_kept, 0, 8);
  tcase_add_loop_test(tc, sums_stay_in_32_bits, 0, 2);
  tcase_add_test(tc, bytes_are_little_endian);
  tcase_add_loop_test(tc, vectors_are_handed_over, 0, GM_LEN(handed));
  return unit_run("vector", tc);
}
