/* test_usual.c - usual durations: what a row of the store keeps of them, for
 * several processes at once. */
#include "fake.h"
#include "job/usual.h"
#include "kit.h"
#include "unit/scratch.h"
#include <stdio.h>

/* A process, as far as the store can tell. */
struct process {
  struct gm_loop *loop;
  struct gm_store *store;
  struct gm_usuals *usuals;
};

static struct gm_log log_;
static const struct gamut_store *type;
static const char *place;

static int32_t choose(void *user, struct gm_store_choice *ret,
                      struct gm_error *err)
{
  (void)user;
  (void)err;
  ret->type = type;
  ret->place = gm_strdup(place);
  ret->required = true;
  return 0;
}

static void start(struct process *p)
{
  ck_assert_int_eq(gm_loop_new(&log_, &p->loop, NULL), 0);
  ck_assert_int_eq(gm_store_new(p->loop, &log_, choose, NULL, &p->store), 0);
  ck_assert_int_eq(gm_usuals_new(p->store, &p->usuals), 0);
}

static void stop(struct process *p)
{
  gm_usuals_flush(p->usuals);
  gm_store_free(p->store);
  gm_usuals_free(p->usuals);
  gm_loop_free(p->loop);
}

/* Everything that was asked is done. */
struct fence {
  struct gm_look look;
  bool done;
};

static int32_t nothing(struct gm_look *k, const struct gamut_store *t,
                       void *handle, char *message)
{
  (void)k, (void)t, (void)handle, (void)message;
  return 0;
}

static void passed(struct gm_look *k, int32_t error_class)
{
  ck_assert_int_eq(error_class, 0);
  GM_CONTAINER(k, struct fence, look)->done = true;
}

static void settle(struct process *p)
{
  struct fence f = { { .run = nothing, .done = passed }, false };

  gm_store_look(p->store, &f.look);
  while (!f.done)
    gm_loop_turn(p->loop, -1);
}

static struct gm_usual *usual(struct process *p)
{
  struct gm_usual *u =
    gm_usual_of(p->usuals, "fal", "fal-ai/flux/dev", "text-to-image");

  ck_assert_ptr_nonnull(u);
  gm_usual_want(u);
  settle(p);
  return u;
}

static void add(struct process *p, uint64_t ms, int n)
{
  struct gm_usual *u = usual(p);

  while (n-- > 0) {
    gm_usual_add(u, ms);
    settle(p);
  }
}

static void use(int kind)
{
  type = kit_type(kind);
  place = scratch_folder();
}

#define KIND_OR_RETURN()                                                       \
  do {                                                                         \
    if (_i == KIT_SQLITE && !kit_sqlite())                                     \
      return;                                                                  \
    use(_i);                                                                   \
  } while (0)

/* ---- what it tells ------------------------------------------------------- */

START_TEST(quantiles)
{
  struct process p;
  struct gm_usual *u;
  uint32_t i;

  KIND_OR_RETURN();
  start(&p);
  u = usual(&p);
  ck_assert_int_eq(gm_usual_p50(u), -1);
  ck_assert_uint_eq(gm_usual_pace(u).early_ms, 0);
  for (i = 0; i < 4; i++)
    gm_usual_add(u, 10000);
  ck_assert_int_eq(gm_usual_p50(u), -1); /* too few to say */
  for (i = 0; i < 196; i++)
    gm_usual_add(u, 6000 + 40 * i); /* 6 to 13.8 s */
  ck_assert_int_ge(gm_usual_p50(u), 8500);
  ck_assert_int_le(gm_usual_p50(u), 11500);
  ck_assert_int_ge(gm_usual_p95(u), 12000);
  ck_assert_int_le(gm_usual_p95(u), 15500);
  ck_assert_uint_ge(gm_usual_pace(u).early_ms, 5500);
  ck_assert_uint_le(gm_usual_pace(u).early_ms, 7500);
  ck_assert_uint_eq(gm_usual_count(u), 200);
  stop(&p);
}
END_TEST

START_TEST(far_ends)
{
  struct process p;
  struct gm_usual *u;

  KIND_OR_RETURN();
  start(&p);
  add(&p, 0, 10);
  u = usual(&p);
  ck_assert_int_le(gm_usual_p95(u), 100);
  add(&p, UINT64_MAX, 100);
  ck_assert_int_ge(gm_usual_p50(u), 2000 * 1000);
  ck_assert_int_le(gm_usual_p95(u), 3700 * 1000);
  ck_assert_ptr_null(gm_usual_of(
    p.usuals, "fal",
    "m123456789012345678901234567890123456789012345678901234567890123456789"
    "m123456789012345678901234567890123456789012345678901234567890123456789"
    "m123456789012345678901234567890123456789012345678901234567890123456789"
    "m123456789012345678901234567890123456789012345678901234567890123456789",
    NULL));
  stop(&p);
}
END_TEST

/* ---- several processes --------------------------------------------------- */

START_TEST(next_process_knows)
{
  struct process p;

  if (!kit_sqlite())
    return;
  use(KIT_SQLITE);
  start(&p);
  add(&p, 20000, 3);
  gm_usual_add(usual(&p), 20000);
  gm_usual_add(usual(&p), 20000); /* gathered behind the one under way */
  stop(&p);
  start(&p);
  ck_assert_uint_eq(gm_usual_count(usual(&p)), 5);
  ck_assert_int_ge(gm_usual_p50(usual(&p)), 17000);
  ck_assert_int_le(gm_usual_p50(usual(&p)), 23000);
  stop(&p);
}
END_TEST

START_TEST(two_add_up)
{
  struct process a, b, c;
  int i;

  if (!kit_sqlite())
    return;
  use(KIT_SQLITE);
  start(&a);
  start(&b);
  for (i = 0; i < 40; i++) {
    add(&a, 5000, 1);
    add(&b, 50000, 1);
  }
  stop(&a);
  stop(&b);
  start(&c);
  ck_assert_uint_eq(gm_usual_count(usual(&c)), 80);
  stop(&c);
}
END_TEST

/* A vendor that has become quicker: after some hundred jobs nobody knows any
 * more how slow it was.  The row never grows beyond its bits. */
START_TEST(old_ones_fade)
{
  struct process p;
  struct gm_usual *u;
  int i;

  KIND_OR_RETURN();
  start(&p);
  u = usual(&p);
  for (i = 0; i < 3000; i++) {
    gm_usual_add(u, 60000);
    settle(&p);
  }
  ck_assert_uint_le(gm_usual_count(u), 1100);
  for (i = 0; i < 2500; i++) {
    gm_usual_add(u, 6000);
    settle(&p);
  }
  ck_assert_int_le(gm_usual_p50(u), 7500);
  stop(&p);
  start(&p);
  if (_i == KIT_SQLITE) {
    ck_assert_uint_le(gm_usual_count(usual(&p)), 1100);
    ck_assert_int_le(gm_usual_p50(usual(&p)), 7500);
  }
  stop(&p);
}
END_TEST

/* ---- what it costs ------------------------------------------------------- */

/* Many ends while the store is busy are one transaction more. */
START_TEST(gathers)
{
  struct process p;
  struct gm_usual *u;
  char before[256];
  int i;

  fake_reset();
  type = &fake_durable;
  place = "x";
  start(&p);
  u = gm_usual_of(p.usuals, "a", "m", NULL);
  gm_usual_want(u);
  settle(&p);
  snprintf(before, sizeof(before), "%s", fake_commits());
  for (i = 0; i < 50; i++)
    gm_usual_add(u, 1000);
  settle(&p);
  settle(&p);
  ck_assert_str_eq(before, "");
  ck_assert_str_eq(fake_commits(), "1 1");
  stop(&p);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("usual");

  tcase_set_timeout(tc, 60);
  tcase_add_loop_test(tc, quantiles, 0, KIT_KINDS);
  tcase_add_loop_test(tc, far_ends, 0, KIT_KINDS);
  tcase_add_test(tc, next_process_knows);
  tcase_add_test(tc, two_add_up);
  tcase_add_loop_test(tc, old_ones_fade, 0, KIT_KINDS);
  tcase_add_test(tc, gathers);
  return unit_run("usual", tc);
}
