/* test_retry_after.c - how long a server wants us to wait. */
#include "loop/retry_after.h"
#include "unit.h"

#define NOW    UINT64_C(784111777000) /* Sun, 06 Nov 1994 08:49:37 GMT */
#define ABSENT UINT32_MAX
#define DAY    86400000u

static const struct {
  const char *after, *after_ms;
  uint32_t ms;
} rows[] = {
  { NULL, NULL, ABSENT },
  { "0", NULL, 0 },
  { "2", NULL, 2000 },
  { "0.5", NULL, 500 },
  { "1.0004", NULL, 1001 },
  { " 3\t", NULL, 3000 },
  { "86400", NULL, DAY },
  { "86401", NULL, DAY },
  { "99999999999999999999999", NULL, DAY },
  { "-1", NULL, ABSENT },
  { "x", NULL, ABSENT },
  { "", NULL, ABSENT },
  { " ", NULL, ABSENT },
  { "1e3", NULL, ABSENT },
  { "0x10", NULL, ABSENT },
  { "nan", NULL, ABSENT },
  { "1.2.3", NULL, ABSENT },
  { ".5", NULL, ABSENT },
  { "2 3", NULL, ABSENT },
  { "2, 3", NULL, ABSENT },
  { "Sun, 06 Nov 1994 08:49:47 GMT", NULL, 10000 },
  { "Sun, 06 Nov 1994 08:49:37 GMT", NULL, 0 },
  { "Sun, 06 Nov 1994 08:00:00 GMT", NULL, 0 },
  { "Sun, 06 Nov 2044 08:00:00 GMT", NULL, DAY },
  { "Sun Nov  6 08:49:38 1994", NULL, 1000 },
  { "Sun, 06 Foo 1994 08:49:47 GMT", NULL, ABSENT },
  { "1000000000000000000000000000000000000000000000000000000000000000000000",
    NULL, ABSENT },
  { NULL, "1500", 1500 },
  { NULL, "0", 0 },
  { NULL, "0.2", 1 },
  { NULL, "-5", ABSENT },
  { NULL, "Sun, 06 Nov 1994 08:49:47 GMT", ABSENT },
  { "7", "1500", 1500 },
  { "7", "soon", 7000 },
  { "7", "", 7000 },
};

START_TEST(waits)
{
  uint32_t ms = ABSENT;
  bool ok = gm_retry_after(rows[_i].after, rows[_i].after_ms, NOW, &ms);

  ck_assert_msg(ms == rows[_i].ms, "'%s' '%s': %u", rows[_i].after,
                rows[_i].after_ms, ms);
  ck_assert(ok == (rows[_i].ms != ABSENT));
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("retry_after");

  tcase_add_loop_test(tc, waits, 0, (int)GM_LEN(rows));
  return unit_run("retry_after", tc);
}
