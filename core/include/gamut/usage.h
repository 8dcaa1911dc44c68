/* gamut/usage.h - the books, and budgets; a part of gamut/gamut.h.
 *
 * The store has an entry of every job: which provider and model it went to, for
 * which "user" and "project" and under which "tag"s, what it was expected to
 * cost and what it did, whatever became of it.  What was reserved before it was
 * paid for is settled when it ends: with the vendor's figure, else by the
 * catalog's price over what was delivered, else as it was expected.  What
 * failed for sure costs nothing, what is maybe-charged counts apart until
 * gamut_settle(), and what costs nobody knows what is counted, never added as
 * 0.  Entries stay when the records of their jobs go.
 *
 * "user" is also sent to vendors that want to know the end user; the setting
 * `user` counts in the books only, and so do "project" and "tag".
 *
 * Days, weeks (from Monday), months and years are those of the calendar in GMT,
 * by the store's clock, and a job belongs to when it was submitted.
 */
#ifndef GAMUT_USAGE_H
#define GAMUT_USAGE_H

#include <gamut/types.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What was used, as JSON: {"from", "to", "total": sums} and, if asked for by
 * something, {"by", "groups": [sums with their "name"]}, the dearest first.
 * Sums are {"requests", "succeeded", "failed", "blocked", "cancelled",
 * "maybe_charged", "cached", "open": under way, "cost_usd", "maybe_usd",
 * "reserved_usd", "saved_usd": by the cache, "unknown_cost": how many requests
 * cost nobody knows what, "hit_rate", "p50_ms", "p95_ms": of those that
 * succeeded, from submission to the end}.  A request with several tags counts
 * for each.
 *
 * query  NULL, or a JSON object: "period" ("day", "week", "month", the preset,
 *        "year", or "2026-11-01..2026-11-30") or "from" and "to" (days, `to`
 *        exclusive); "by" ("provider", "model", "project", "user", "tag", "day",
 *        "status")
 *
 * gamut_string_free(); waits for the store, not from a callback.
 * GAMUT_E_INVALID for a query that makes no sense; GAMUT_E_STORAGE. */
GAMUT_API int32_t gamut_usage(struct gamut *g, const char *query,
                              char **ret_json, struct gamut_error *ret_error);

/* What budgets (setting `budgets`) have left in the present period, as a JSON
 * array of {"scope", "name", "period", "limit_usd", "spent_usd", "maybe_usd",
 * "reserved_usd", "left_usd", "unknown_cost", "resets_at"}; of a budget for
 * each name of its scope one for every name so far.  A request that would pass
 * a limit, with all that is reserved, fails as GAMUT_E_QUOTA before it is sent,
 * and the route goes on to its next link.  As gamut_usage(). */
GAMUT_API int32_t gamut_budgets(struct gamut *g, char **ret_json,
                                struct gamut_error *ret_error);

#ifdef __cplusplus
}
#endif
#endif
