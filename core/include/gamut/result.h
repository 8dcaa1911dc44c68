/* gamut/result.h - what came of a request; a part of gamut/gamut.h. */
#ifndef GAMUT_RESULT_H
#define GAMUT_RESULT_H

#include <gamut/types.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* gamut_result_status() */
enum {
  GAMUT_COMPLETED = 1, /* every artifact asked for is there */
  GAMUT_FAILED,
  GAMUT_BLOCKED,   /* content policy */
  GAMUT_CANCELLED,
  GAMUT_DETACHED   /* out of time: it goes on at the vendor */
};

struct gamut_artifact_info {
  uint32_t struct_size;
  int32_t kind;      /* GAMUT_IMAGE, GAMUT_VIDEO, GAMUT_AUDIO */
  const char *path;  /* the file, or NULL */
  const char *url;   /* at the vendor, or NULL */
  const char *mime;  /* by the bytes; by the vendor's word when not fetched */
  const void *data;  /* the bytes when no file was asked for, or NULL */
  size_t data_len;
  uint64_t size;     /* bytes */
  uint32_t width, height, duration_ms; /* as read from the bytes; 0: unknown */
  uint32_t vendor_width, vendor_height; /* as the vendor said; 0: not said */
  int32_t error_class;  /* why it could not be fetched or written; 0.  Bytes that
                           are nowhere else have a path or data all the same */
  const char *error;    /* the sentence, or NULL */
  const char *sha256;   /* hex, when a sidecar was asked for, or NULL */
  const char *provider, *model; /* who made it, when several links did; else
                                   NULL: the result's */
};

/* One try of one link. */
struct gamut_attempt_info {
  uint32_t struct_size;
  int32_t error_class; /* 0: this one succeeded */
  const char *provider, *model;
  const char *message;    /* NULL when it succeeded */
  const char *request_id; /* the vendor's, or NULL */
  int32_t http_status;    /* 0: none */
  uint32_t tries;         /* billable submissions sent by it */
  uint32_t repeats;       /* exchanges sent again */
  uint64_t elapsed_ms;
  const char *key; /* the name of the key that it went with, when the provider
                      has several; else NULL */
};

/* NULL is fine.  Everything that was read from the result goes with it. */
GAMUT_API void gamut_result_free(struct gamut_result *result);

/* The job's id. */
GAMUT_API const char *gamut_result_id(const struct gamut_result *result);

/* GAMUT_COMPLETED, GAMUT_FAILED ... */
GAMUT_API int32_t gamut_result_status(const struct gamut_result *result);

/* 0 when completed, else the class that ended the job, and its sentence (NULL
 * when completed). */
GAMUT_API int32_t gamut_result_class(const struct gamut_result *result);
GAMUT_API const char *gamut_result_message(const struct gamut_result *result);

/* May the vendor have charged for something we did not get? 1 or 0. */
GAMUT_API int32_t gamut_result_maybe_charged(const struct gamut_result *result);

/* Has the vendor taken it as a job of his?  1: yes, so gamut_attach() goes on
 * with one that was left, and gamut_fetch() asks for the files of one that ended
 * without them; both for nothing.  0: it was not sent, or nobody knows. */
GAMUT_API int32_t gamut_result_accepted(const struct gamut_result *result);

/* The link that gave the result, or the last one tried; NULL before one. */
GAMUT_API const char *gamut_result_provider(const struct gamut_result *result);
GAMUT_API const char *gamut_result_model(const struct gamut_result *result);

/* The name the model was asked by, when the catalog resolved it, else NULL. */
GAMUT_API const char *
gamut_result_resolved_from(const struct gamut_result *result);

/* Artifacts and attempts, counted from 0; NULL past the end. */
GAMUT_API uint32_t gamut_result_artifacts(const struct gamut_result *result);
GAMUT_API const struct gamut_artifact_info *
gamut_result_artifact(const struct gamut_result *result, uint32_t i);
GAMUT_API uint32_t gamut_result_attempts(const struct gamut_result *result);
GAMUT_API const struct gamut_attempt_info *
gamut_result_attempt(const struct gamut_result *result, uint32_t i);

/* Drafts that the vendor has shown on the way, of all attempts and also of a
 * job that failed in the midst of them: `path` of the file, or `data` without
 * an "output" (both with "save_partials" only), or the `url` at the vendor;
 * `error` when one could not be saved, which is no failure of the job.  NULL
 * past the end. */
GAMUT_API uint32_t gamut_result_partials(const struct gamut_result *result);
GAMUT_API const struct gamut_artifact_info *
gamut_result_partial(const struct gamut_result *result, uint32_t i);

/* How many outputs the vendor withheld (content policy) beside the others. */
GAMUT_API uint32_t gamut_result_withheld(const struct gamut_result *result);

/* Cost in millionths of a US dollar, -1: not known.  `ret_estimated` (may be
 * NULL): 1 when it is the catalog's price and not the vendor's figure. */
GAMUT_API int64_t gamut_result_cost(const struct gamut_result *result,
                                    int32_t *ret_estimated);

/* What the catalog's price said before it was sent, and what the same formula
 * says of what was delivered; likewise.  gamut_result_cost() less the second is
 * by how much the vendor's figure and the catalog differ. */
GAMUT_API int64_t gamut_result_estimate(const struct gamut_result *result);
GAMUT_API int64_t gamut_result_formula_cost(const struct gamut_result *result);

/* Was it made before, and served from the cache?  1 or 0.  Then the cost is 0
 * (or what it took to compare prompts), no job was sent to a vendor, and its
 * facts are those of the job that it was made for: that job's id, or NULL. */
GAMUT_API int32_t gamut_result_cache_hit(const struct gamut_result *result);
GAMUT_API const char *
gamut_result_cached_from(const struct gamut_result *result);

/* When it was made for a prompt that is only similar (setting "cache.semantic"):
 * that prompt, and how alike the two are, 0 to 1; else NULL, and 0. */
GAMUT_API const char *
gamut_result_cached_prompt(const struct gamut_result *result);
GAMUT_API double gamut_result_similarity(const struct gamut_result *result);

/* What that job had cost, as gamut_result_cost() tells it; -1: not known, or no
 * hit. */
GAMUT_API int64_t gamut_result_cost_avoided(const struct gamut_result *result,
                                            int32_t *ret_estimated);

/* Times in ms: "total", "queue" (accepted to first progress), "generate"
 * (accepted to result), "download"; -1: not known. */
GAMUT_API int64_t gamut_result_time(const struct gamut_result *result,
                                    const char *what);

/* Facts that the vendor told: "seed", "request_id", "revised_prompt"; NULL. */
GAMUT_API const char *gamut_result_fact(const struct gamut_result *result,
                                        const char *name);

/* The vendor's last reply as it came (JSON text), or NULL. */
GAMUT_API const char *gamut_result_raw(const struct gamut_result *result);

/* Where the delivered bytes differ from what was asked, sentence by sentence:
 * "asked for 1024x1024, got 1024x768"; NULL past the end. */
GAMUT_API const char *gamut_result_difference(const struct gamut_result *result,
                                              uint32_t i);

/* Everything above as one JSON document, as `gamut --json` prints it. */
GAMUT_API const char *gamut_result_json(const struct gamut_result *result);

#ifdef __cplusplus
}
#endif
#endif
