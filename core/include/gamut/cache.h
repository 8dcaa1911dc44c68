/* gamut/cache.h - what was made before and is kept; a part of gamut/gamut.h.
 *
 * A request that was made before is not made again: its files are written from
 * the store, by the rules of its output, and nothing is sent.  The same are two
 * requests when provider, place and model, operation, prompt, seed and all that
 * decides what is made are the same, inputs by their content (an URL by its
 * text), and the project is (setting "cache.scope").  Requests without a seed
 * want something new each time, unless the setting "cache.unseeded" says
 * otherwise.  The field "cache" of a request, or the setting:
 *
 *   use      give what there is, else make it and keep it; what another job, in
 *            any process with this store, makes just now is waited for
 *   refresh  make it anew, and keep it instead of what there is
 *   off      neither look nor keep
 *
 * Kept are results that are whole: every output there, none withheld.  Drafts are
 * not, so a request with "save_partials" is made; one with "download" off has no
 * part in it.  A blocked result is not shared: each who waited for it tries
 * for himself, one after the other.  When the store is slow or broken the job is
 * made as if there were no cache.  What is damaged on the disk is found by its
 * hash, thrown away and made anew, and the log says so.
 *
 * With the setting "cache.semantic" on, a request that misses is given what was
 * made for another prompt, when that means so much the same as "cache.similarity"
 * says (0.95) and all else is the same: operation, parameters, seed, inputs by
 * content, and the model unless "cache.across_models" is on.  "cache.embedder", a
 * provider with gamut.embed/1, compares them (preset: the provider of the job);
 * what that costs is part of the job's cost.  A job waits for it as long as
 * "cache.embed_wait" says, then goes on without.
 */
#ifndef GAMUT_CACHE_H
#define GAMUT_CACHE_H

#include <gamut/types.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What there is: {"entries", "bytes", "max_bytes", "ttl_ms", "hits",
 * "saved_usd" (by the entries that are there), "used_at", "durable"}.
 * gamut_string_free().  These functions wait for the store, as gamut_jobs()
 * does. */
GAMUT_API int32_t gamut_cache_stats(struct gamut *g, char **ret_json,
                                    struct gamut_error *ret_error);

/* All entries, the last used first, as a JSON array of {"key", "job", "provider",
 * "model", "operation", "prompt", "project", "made_at", "used_at", "hits",
 * "bytes", "cost_usd", "files": [{"mime", "size", "width", ...}]}. */
GAMUT_API int32_t gamut_cache_list(struct gamut *g, char **ret_json,
                                   struct gamut_error *ret_error);

/* Throw all of it away: {"removed": entries, "freed": bytes, "entries": that came
 * meanwhile, "bytes", "damaged", "strays"}. */
GAMUT_API int32_t gamut_cache_clear(struct gamut *g, char **ret_json,
                                    struct gamut_error *ret_error);

/* Read all of it, and throw away what is damaged, too old, too much, or has no
 * entry: as gamut_cache_clear(), with "damaged" the entries whose files were not
 * what they had been, and "strays" the files without an entry. */
GAMUT_API int32_t gamut_cache_verify(struct gamut *g, char **ret_json,
                                     struct gamut_error *ret_error);

#ifdef __cplusplus
}
#endif
#endif
