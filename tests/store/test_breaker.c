/* test_breaker.c - links that fail are left alone for a while, and the next
 * process knows. */
#include "base/clock.h"
#include "kit.h"
#include "peer.h"
#include "route/breaker.h"
#include "unit/scratch.h"
#include <gamut/plugin.h>

#define WALL 1764000000000 /* some day */

struct process {
  struct peer peer;
  struct gm_breakers *all;
};

static void start(struct process *p, int kind, const char *place)
{
  peer_start(&p->peer, kit_type(kind), place);
  ck_assert_int_eq(gm_breakers_new(p->peer.store, &p->all), 0);
}

static void stop(struct process *p)
{
  gm_breakers_close(p->all);
  peer_stop_store(&p->peer);
  gm_breakers_free(p->all);
  peer_stop(&p->peer);
}

static struct gm_breaker *of(struct process *p, const char *model)
{
  struct gm_breaker *b = gm_breaker_of(p->all, "fal", "a1", model);

  ck_assert_ptr_nonnull(b);
  gm_breaker_want(b);
  peer_settle(&p->peer);
  return b;
}

/* So many jobs end so; each begins when the one before is over. */
static void ends(struct gm_breaker *b, int32_t error_class, int n)
{
  while (n-- > 0) {
    ck_assert(gm_breaker_enter(b));
    gm_breaker_done(b, error_class);
  }
}

static struct gm_breaker_view view(const struct gm_breaker *b)
{
  struct gm_breaker_view v;

  gm_breaker_look(b, &v);
  return v;
}

#define IS(b, s) ck_assert_int_eq(view(b).state, GM_BREAKER_##s)

START_TEST(opens_and_closes)
{
  struct process p;
  struct gm_breaker *b;

  start(&p, KIT_MEMORY, "x");
  b = of(&p, "m");
  ends(b, GAMUT_E_PROVIDER, 4);
  ends(b, 0, 1); /* in a row, that is */
  ends(b, GAMUT_E_TRANSPORT, 4);
  IS(b, CLOSED);
  ends(b, GAMUT_E_TIMEOUT, 1);
  IS(b, OPEN);
  ck_assert_int_eq(view(b).error_class, GAMUT_E_TIMEOUT);
  ck_assert_uint_eq(view(b).left_ms, 30000);
  ck_assert(!gm_breaker_enter(b));
  IS(of(&p, "other"), CLOSED);
  gm_clock_advance(29999);
  ck_assert(!gm_breaker_enter(b));
  gm_clock_advance(1);
  IS(b, HALF_OPEN);
  ck_assert(gm_breaker_enter(b));
  ck_assert(!gm_breaker_enter(b)); /* one at a time */
  gm_breaker_done(b, 0);
  IS(b, CLOSED);
  ends(b, GAMUT_E_PROVIDER, 5);
  ck_assert_uint_eq(view(b).left_ms, 30000); /* it begins anew */
  stop(&p);
}
END_TEST

/* 30 s, 60 s ... 5 minutes. */
START_TEST(longer_each_time)
{
  static const uint64_t seconds[] = { 30, 60, 120, 240, 300, 300 };
  struct process p;
  struct gm_breaker *b;
  size_t i;

  start(&p, KIT_MEMORY, "x");
  b = of(&p, "m");
  ends(b, GAMUT_E_PROVIDER, 5);
  for (i = 0; i < GM_LEN(seconds); i++) {
    ck_assert_uint_eq(view(b).left_ms, seconds[i] * 1000);
    gm_clock_advance(seconds[i] * 1000);
    ends(b, GAMUT_E_PROVIDER, 1);
  }
  stop(&p);
}
END_TEST

/* A probe that tells nothing lets the next one try. */
START_TEST(probe_leaves)
{
  struct process p;
  struct gm_breaker *b;

  start(&p, KIT_MEMORY, "x");
  b = of(&p, "m");
  ends(b, GAMUT_E_PROVIDER, 5);
  gm_clock_advance(30000);
  ck_assert(gm_breaker_enter(b));
  gm_breaker_leave(b);
  ck_assert(gm_breaker_enter(b));
  stop(&p);
}
END_TEST

START_TEST(by_share)
{
  struct process p;
  struct gm_breaker *b;
  int i;

  start(&p, KIT_MEMORY, "x");
  b = of(&p, "m");
  for (i = 0; i < 9; i++) { /* every second one, but too few to say */
    ends(b, GAMUT_E_PROVIDER, 1);
    ends(b, 0, 1);
  }
  IS(b, CLOSED);
  gm_clock_advance(30001); /* another window */
  for (i = 0; i < 9; i++) {
    ends(b, 0, 1);
    ends(b, GAMUT_E_PROVIDER, 1);
  }
  IS(b, CLOSED);
  ends(b, 0, 1);
  ends(b, GAMUT_E_PROVIDER, 1);
  IS(b, OPEN);
  stop(&p);
}
END_TEST

static const struct {
  const char *name;
  int32_t error_class;
  uint64_t left_ms;
} at_once[] = {
  { "a key that is refused", GAMUT_E_AUTH, 600000 },
  { "no credit", GAMUT_E_QUOTA, 600000 },
};

START_TEST(switched_off)
{
  struct process p;
  struct gm_breaker *b;

  start(&p, KIT_MEMORY, "x");
  b = of(&p, NULL);
  ends(b, at_once[_i].error_class, 1);
  ck_assert_msg(view(b).left_ms == at_once[_i].left_ms, "%s", at_once[_i].name);
  stop(&p);
}
END_TEST

START_TEST(off_by_setting)
{
  struct process p;
  struct gm_breaker *b;
  const struct gm_breaker_rules off = { .off = true };

  start(&p, KIT_MEMORY, "x");
  b = of(&p, "m");
  gm_breakers_rules(p.all, &off);
  ends(b, GAMUT_E_PROVIDER, 50);
  IS(b, CLOSED);
  stop(&p);
}
END_TEST

START_TEST(names_too_long)
{
  char model[400];
  struct process p;
  struct gm_breaker *b;

  memset(model, 'm', sizeof(model) - 1);
  model[sizeof(model) - 1] = '\0';
  start(&p, KIT_MEMORY, "x");
  b = gm_breaker_of(p.all, "fal", "a", model);
  ck_assert_ptr_null(b);
  gm_breaker_want(b);
  ck_assert(gm_breaker_enter(b));
  gm_breaker_done(b, GAMUT_E_PROVIDER);
  gm_breaker_leave(b);
  IS(b, CLOSED);
  stop(&p);
}
END_TEST

/* ---- several processes --------------------------------------------------- */

/* Processes that make one job each count together. */
START_TEST(one_shots_count)
{
  const char *place = scratch_folder();
  struct process p;
  int i;

  if (!kit_sqlite())
    return;
  for (i = 0; i < 5; i++) {
    start(&p, KIT_SQLITE, place);
    IS(of(&p, "m"), CLOSED);
    ends(of(&p, "m"), GAMUT_E_PROVIDER, 1);
    peer_settle(&p.peer);
    stop(&p);
  }
  start(&p, KIT_SQLITE, place);
  IS(of(&p, "m"), OPEN);
  ck_assert_int_eq(view(of(&p, "m")).error_class, GAMUT_E_PROVIDER);
  gm_clock_advance(30000);
  ends(of(&p, "m"), 0, 1);
  peer_settle(&p.peer);
  stop(&p);
  start(&p, KIT_SQLITE, place);
  ck_assert_uint_eq(view(of(&p, "m")).failures, 0);
  stop(&p);
}
END_TEST

START_TEST(forgotten_in_time)
{
  const char *place = scratch_folder();
  struct process p;

  if (!kit_sqlite())
    return;
  start(&p, KIT_SQLITE, place);
  ends(of(&p, "m"), GAMUT_E_PROVIDER, 4);
  peer_settle(&p.peer);
  peer_settle(&p.peer);
  stop(&p);
  /* The clock was set back by a year: no link is off for that long. */
  gm_clock_fake(5000, WALL - INT64_C(31536000000));
  start(&p, KIT_SQLITE, place);
  ends(of(&p, "m"), GAMUT_E_PROVIDER, 1);
  ck_assert_uint_le(view(of(&p, "m")).left_ms, 600000);
  stop(&p);
}
END_TEST

static void still(void)
{
  gm_clock_fake(1000, WALL);
}

int main(void)
{
  TCase *tc = tcase_create("breaker");

  tcase_add_checked_fixture(tc, still, gm_clock_real);
  tcase_add_test(tc, opens_and_closes);
  tcase_add_test(tc, longer_each_time);
  tcase_add_test(tc, probe_leaves);
  tcase_add_test(tc, by_share);
  tcase_add_loop_test(tc, switched_off, 0, GM_LEN(at_once));
  tcase_add_test(tc, off_by_setting);
  tcase_add_test(tc, names_too_long);
  tcase_add_test(tc, one_shots_count);
  tcase_add_test(tc, forgotten_in_time);
  return unit_run("breaker", tc);
}
