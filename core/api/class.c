/* class.c - names and exit codes of the classes, from the policy table. */
#include "job/policy.h"
#include <gamut/gamut.h>

const char *gamut_version(void)
{
  return GAMUT_VERSION;
}

/* The policy table judges an unknown class as PROVIDER; its name must not. */
const char *gamut_class_name(int32_t error_class)
{
  const struct gm_policy *p = gm_policy_of(error_class);

  return p->error_class == error_class ? p->name : "unknown-class";
}

int32_t gamut_class_exit(int32_t error_class)
{
  return gm_policy_of(error_class)->exit;
}
