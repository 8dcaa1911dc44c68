/* unit.h - what the unit tests share: one way to run, one way to torture. */
#ifndef GM_TESTS_UNIT_H
#define GM_TESTS_UNIT_H

#include "base/util.h"
#include <check.h>
#include <string.h>

/* The end of every main(). */
static inline int unit_run(const char *name, TCase *tc)
{
  Suite *s = suite_create(name);
  SRunner *sr;
  int failed;

  suite_add_tcase(s, tc);
  sr = srunner_create(s);
  srunner_run_all(sr, CK_ENV);
  failed = srunner_ntests_failed(sr);
  srunner_free(sr);
  return failed != 0;
}

/* Run `scenario` with allocation 1 failing, then 2, ... until one run sees no
 * failure; each once alone and once with all that follow.  The scenario
 * returns whether it succeeded and must clean up in either case (the leak
 * checker of the sanitizers looks).  It has to succeed when nothing fails. */
static inline void unit_torture(bool (*scenario)(void))
{
  int all;

  for (all = 0; all <= 1; all++) {
    uint64_t n, asked;
    bool ok;

    for (n = 1;; n++) {
      gm_mem_fail(n, all);
      ok = scenario();
      asked = gm_mem_fail(0, false);
      if (asked < n)
        break;
      ck_assert_msg(n < 100000, "the torture does not end");
    }
    ck_assert_msg(ok, "fails without a failing allocation");
    ck_assert_msg(n > 1, "allocates nothing: not worth torturing");
  }
}

#endif
