/* gamut/inspect.h - looking: what would be sent, prices, models, settings,
 * metrics; a part of gamut/gamut.h. */
#ifndef GAMUT_INSPECT_H
#define GAMUT_INSPECT_H

#include <gamut/types.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What would be sent, without sending: the exchanges of each link with secrets
 * masked, the price as gamut_price() has it, the checks, and "inputs" with
 * "role", "source", "size", "sha256", as JSON.  gamut_string_free(). */
GAMUT_API int32_t gamut_dry_run(struct gamut *g,
                                const struct gamut_request *request,
                                char **ret_json,
                                struct gamut_error *ret_error);

/* Which link of the request's route would be taken, and why, as JSON:
 * {"route", "prefer", "max_cost_usd", "deadline_ms", "attempt_timeout_ms",
 * "hedge": "p95" or ms, "spread", "on_blocked", "links": [{"link", "provider",
 * "model", "resolved_from", "price_usd", "expected_ms": from submit to result,
 * "expected_by": "catalog" or "measured", "decision": "first", "fallback",
 * "skipped", or "last-resort" of what is passed over and yet tried, because no
 * other can do it, "class": why it is skipped, "why", "key": of several the one
 * that it would get now, "breaker" and "account_breaker" when they have something
 * to tell: {"state": "closed", "open" or "half-open", "failures": in a row,
 * "class", "left_ms"}}]}.  Sends nothing, and
 * needs no prompt.  Waits for the store; not from a callback.
 * gamut_string_free(). */
GAMUT_API int32_t gamut_explain(struct gamut *g,
                                const struct gamut_request *request,
                                char **ret_json,
                                struct gamut_error *ret_error);

/* What a request would cost at each link of its route ("@hero" stands for all
 * of them), without loading a provider: as JSON {"links": [{"link", "provider",
 * "model", "resolved_from", "operation", "n", "price", "notes", "refused",
 * "error": {"class", "message"}}]}, in their order.
 *
 * "price" is {"usd" (absent: not known), "why" (then), "formula" ("4 seconds x
 * $0.40"; of an unknown price what is known of it), "unit" ("image",
 * "megapixel", "second", "text_token" ...), "credits" (the same in the
 * vendor's), "source", "checked" (of that fact, a date), "sure" (first-hand, and
 * no shape was guessed), "guessed" (a shape was), "excludes" (what is charged
 * beside it), "depends_on": {field: as it is asked for, null when it is not}}.
 * "refused" says why "max_cost" would keep the request from that link, "error"
 * why the model cannot do it.
 *
 * A request without a prompt or an input has a price too, where that does not
 * depend on them.  gamut_string_free(); GAMUT_E_INVALID, GAMUT_E_NOT_FOUND. */
GAMUT_API int32_t gamut_price(struct gamut *g,
                              const struct gamut_request *request,
                              char **ret_json, struct gamut_error *ret_error);

/* Models whose id, names, title or operations contain every word of `search`
 * (NULL: all), as a JSON array.  gamut_string_free(). */
GAMUT_API int32_t gamut_models(struct gamut *g, const char *search,
                               char **ret_json, struct gamut_error *ret_error);

/* Providers with where they come from, version, keys and whether those are
 * set, or why a plugin was refused, as JSON.  Of one with several keys "slots"
 * has {"name", "value": masked, "weight"} for each.  Loads all of them. */
GAMUT_API int32_t gamut_providers(struct gamut *g, char **ret_json,
                                  struct gamut_error *ret_error);

/* Every setting with value, origin and help, secrets masked, as JSON. */
GAMUT_API int32_t gamut_config(struct gamut *g, char **ret_json,
                               struct gamut_error *ret_error);

/* What is installed, found, missing or wrong, each with how to mend it, as a
 * JSON array of {"level": "ok|note|warning|error", "what", "mend"}. */
GAMUT_API int32_t gamut_doctor(struct gamut *g, char **ret_json,
                               struct gamut_error *ret_error);

/* What this context has counted since it was opened, in the text format of
 * Prometheus (0.0.4): requests by provider, model and status, attempts, retries,
 * fallbacks, cost, durations, exchanges, bytes, jobs in flight.  What never
 * happened is absent.  Serve it as text/plain; version=0.0.4.  The setting
 * metrics_file adds the same, without gauges, to a file that any number of
 * processes share, every 15 s while jobs are under way and in gamut_close().
 * gamut_string_free(). */
GAMUT_API int32_t gamut_metrics(struct gamut *g, char **ret_text,
                                struct gamut_error *ret_error);

#ifdef __cplusplus
}
#endif
#endif
