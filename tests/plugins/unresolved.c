/* unresolved.c - calls a function that nobody has, in step() and not before: a
 * loader that binds lazily would find out in the middle of a job. */
#include "plugin_test.h"

int32_t a_function_that_nobody_has(void);

static int32_t step(void *instance, struct gamut_call *c)
{
  (void)instance;
  (void)c;
  return a_function_that_nobody_has();
}

PROVIDER(unresolved, step)
PLUGIN(unresolved);
