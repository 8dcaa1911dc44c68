/* test_policy.c - the class decides. */
#include "base/random.h"
#include "base/str.h"
#include "job/policy.h"
#include "unit.h"
#include <gamut/plugin.h>

static const struct {
  int32_t error_class;
  const char *name;
  bool again;
  enum gm_next next;
  bool trips;
  int32_t exit;
} rows[] = {
  { GAMUT_OK, "ok", false, GM_NEXT_NO, false, 0 },
  { GAMUT_E_INVALID, "invalid", false, GM_NEXT_NO, false, 2 },
  { GAMUT_E_UNSUPPORTED, "unsupported", false, GM_NEXT_YES, false, 2 },
  { GAMUT_E_AUTH, "auth", false, GM_NEXT_YES, false, 3 },
  { GAMUT_E_PERMISSION, "permission", false, GM_NEXT_YES, false, 3 },
  { GAMUT_E_QUOTA, "quota", false, GM_NEXT_YES, false, 4 },
  { GAMUT_E_NOT_FOUND, "not-found", false, GM_NEXT_YES, false, 5 },
  { GAMUT_E_BLOCKED, "blocked", false, GM_NEXT_IF_ASKED, false, 6 },
  { GAMUT_E_RATE, "rate", true, GM_NEXT_IF_LONG, false, 7 },
  { GAMUT_E_PROVIDER, "provider", true, GM_NEXT_YES, true, 8 },
  { GAMUT_E_TIMEOUT, "timeout", true, GM_NEXT_YES, true, 8 },
  { GAMUT_E_PROTOCOL, "protocol", true, GM_NEXT_YES, true, 8 },
  { GAMUT_E_TRANSPORT, "transport", true, GM_NEXT_YES, true, 9 },
  { GAMUT_E_UNKNOWN, "maybe-charged", false, GM_NEXT_IF_ASKED, true, 10 },
  { GAMUT_E_CANCELLED, "cancelled", false, GM_NEXT_NO, false, 130 },
  { GAMUT_E_PLUGIN, "plugin", false, GM_NEXT_YES, true, 70 },
  { GAMUT_E_NOMEM, "no-memory", false, GM_NEXT_NO, false, 71 },
  { GAMUT_E_DETACHED, "detached", false, GM_NEXT_NO, false, 11 },
  { GAMUT_E_STORAGE, "storage", false, GM_NEXT_NO, false, 12 },
  /* what this version does not know is the vendor's fault */
  { -19, "provider", true, GM_NEXT_YES, true, 8 },
  { 7, "provider", true, GM_NEXT_YES, true, 8 },
  { INT32_MIN, "provider", true, GM_NEXT_YES, true, 8 },
};

START_TEST(the_class_decides)
{
  const struct gm_policy *p = gm_policy_of(rows[_i].error_class);

  ck_assert_str_eq(p->name, rows[_i].name);
  ck_assert_msg(p->again == rows[_i].again, "%s again", p->name);
  ck_assert_msg(p->next == rows[_i].next, "%s next", p->name);
  ck_assert_msg(p->trips == rows[_i].trips, "%s trips", p->name);
  ck_assert_msg(p->exit == rows[_i].exit, "%s exit", p->name);
}
END_TEST

/* A row for each class there is: the last one is STORAGE. */
START_TEST(every_class_has_its_row)
{
  int32_t c;

  for (c = GAMUT_OK; c >= GAMUT_E_STORAGE; c--)
    ck_assert_int_eq(gm_policy_of(c)->error_class, c);
}
END_TEST

static const struct {
  const char *name;
  uint32_t n, base, cap;
  bool has;
  uint32_t after, min, max;
} waits[] = {
  { "first", 0, 500, 8000, false, 0, 0, 500 },
  { "second", 1, 500, 8000, false, 0, 0, 1000 },
  { "fourth", 3, 500, 8000, false, 0, 0, 4000 },
  { "at the cap", 4, 500, 8000, false, 0, 0, 8000 },
  { "above the cap", 40, 500, 8000, false, 0, 0, 8000 },
  { "far above", UINT32_MAX, 500, UINT32_MAX, false, 0, 0, UINT32_MAX },
  { "cap below base", 0, 500, 100, false, 0, 0, 100 },
  { "no base", UINT32_MAX, 0, 8000, false, 0, 0, 0 },
  { "not said", 0, 0, 8000, false, 9000, 0, 0 },
  { "as said", 0, 500, 8000, true, 1234, 1234, 1234 },
  { "said now", 0, 500, 8000, true, 0, 0, 250 },
  { "said tomorrow", 0, 500, 8000, true, 86400000, 300000, 300000 },
};

START_TEST(waits_are_spread)
{
  uint32_t least = UINT32_MAX, most = 0, i;

  gm_random_seed(7);
  for (i = 0; i < 2000; i++) {
    uint32_t ms = gm_backoff_ms(waits[_i].n, waits[_i].base, waits[_i].cap,
                                waits[_i].has, waits[_i].after);

    least = GM_MIN(least, ms);
    most = GM_MAX(most, ms);
  }
  ck_assert_msg(least >= waits[_i].min && most <= waits[_i].max, "%s: %u..%u",
                waits[_i].name, least, most);
  /* 2000 draws come near both ends */
  ck_assert_msg(least - waits[_i].min <= (waits[_i].max - waits[_i].min) / 50,
                "%s: least %u", waits[_i].name, least);
  ck_assert_msg(waits[_i].max - most <= (waits[_i].max - waits[_i].min) / 50,
                "%s: most %u", waits[_i].name, most);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("policy");

  tcase_add_loop_test(tc, the_class_decides, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, every_class_has_its_row);
  tcase_add_loop_test(tc, waits_are_spread, 0, (int)GM_LEN(waits));
  return unit_run("policy", tc);
}
