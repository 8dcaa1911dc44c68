/* policy.c - the class decides: one row for each.
 *
 * `again` is about the same exchange, and only as far as that may be sent twice
 * at all: a billable one that may have run is never repeated, whatever stands
 * here.  `next` likewise holds only for what is known not to have run.
 */
#include "job/policy.h"
#include <gamut/plugin.h>

/* clang-format off */
#define ROW(c, n, a, x, t, e, h) { GAMUT_##c, n, a, GM_NEXT_##x, t, e, h }
static const struct gm_policy policies[] = {
  /*  class          name            again  next      trips  exit  hint */
  ROW(OK,            "ok",            false, NO,       false, 0, NULL),
  ROW(E_INVALID,     "invalid",       false, NO,       false, 2,
      "mend the request; `gamut --help` shows the forms"),
  ROW(E_UNSUPPORTED, "unsupported",   false, YES,      false, 2,
      "`--nearest` takes the closest value that the model has, `--no-check` "
      "sends it as it is"),
  /* A renewed token is tried once before either class counts. */
  ROW(E_AUTH,        "auth",          false, YES,      false, 3,
      "`gamut doctor` shows which keys are set"),
  ROW(E_PERMISSION,  "permission",    false, YES,      false, 3,
      "the key is valid but may not do this: see the account at the vendor"),
  ROW(E_QUOTA,       "quota",         false, YES,      false, 4,
      "add credit at the vendor, or name another model with `--fallback`"),
  ROW(E_NOT_FOUND,   "not-found",     false, YES,      false, 5,
      "`gamut models` lists what is known"),
  ROW(E_BLOCKED,     "blocked",       false, IF_ASKED, false, 6,
      "word the prompt otherwise, or let another model try with "
      "`--on-blocked next`"),
  ROW(E_RATE,        "rate",          true,  IF_LONG,  false, 7,
      "wait a little, or name another model with `--fallback`"),
  ROW(E_PROVIDER,    "provider",      true,  YES,      true,  8, NULL),
  ROW(E_TIMEOUT,     "timeout",       true,  YES,      true,  8,
      "allow more time with `--timeout`"),
  ROW(E_PROTOCOL,    "protocol",      true,  YES,      true,  8,
      "the vendor's answer was not understood: see it with `-v`"),
  ROW(E_TRANSPORT,   "transport",     true,  YES,      true,  9,
      "see whether the network and the proxy settings work"),
  ROW(E_UNKNOWN,     "maybe-charged", false, IF_ASKED, true,  10,
      "it was sent and no answer came: look at the vendor's history before "
      "you send it again, or allow it with `--resubmit`"),
  ROW(E_CANCELLED,   "cancelled",     false, NO,       false, 130, NULL),
  ROW(E_PLUGIN,      "plugin",        false, YES,      true,  70,
      "the provider's plugin is at fault: tell its author"),
  ROW(E_NOMEM,       "no-memory",     false, NO,       false, 71, NULL),
  ROW(E_DETACHED,    "detached",      false, NO,       false, 11,
      "it goes on at the vendor"),
  /* The picture is there and paid for: making it again would not help. */
  ROW(E_STORAGE,     "storage",       false, NO,       false, 12,
      "nothing is lost at the vendor: free some space or choose another "
      "place with `-o`, and fetch the file from the URL shown"),
};
#undef ROW
/* clang-format on */

const struct gm_policy *gm_policy_of(int32_t error_class)
{
  const struct gm_policy *provider = policies;
  size_t i;

  for (i = 0; i < GM_LEN(policies); i++) {
    if (policies[i].error_class == error_class)
      return &policies[i];
    if (policies[i].error_class == GAMUT_E_PROVIDER)
      provider = &policies[i];
  }
  return provider;
}
