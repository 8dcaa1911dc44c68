/* gamut/host.h - host services: what a call can ask of the host; a part of
 * gamut/plugin.h. */
#ifndef GAMUT_HOST_H
#define GAMUT_HOST_H

#include <gamut/call.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GAMUT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define GAMUT_PRINTF(f, a)
#endif

struct gamut_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  const char *version;

  /* endings of a step; each returns what the step must return.  [loop] */
  int32_t (*http)(struct gamut_call *, const struct gamut_http *);
  int32_t (*work)(struct gamut_call *); /* hand over to perform() */
  int32_t (*more)(struct gamut_call *); /* EV_CHUNK: wait for the next one */
  int32_t (*done)(struct gamut_call *); /* [any] */
  GAMUT_PRINTF(3, 4)
  int32_t (*fail)(struct gamut_call *, int32_t error_class, const char *fmt,
                  ...);
  /* The host judges the reply, by reasons and error_path: it may repeat the
   * exchange first if the class allows that. */
  int32_t (*fail_reply)(struct gamut_call *);

  /* adds to the next http().  [loop] */
  void (*header)(struct gamut_call *, const char *name, const char *value);
  void (*part_text)(struct gamut_call *, const char *name, const char *value);
  void (*part_input)(struct gamut_call *, const char *name, uint32_t input);
  /* The body is bytes of an input, `size` from `offset` (0: to its end). */
  void (*body_input)(struct gamut_call *, uint32_t input, uint64_t offset,
                     uint64_t size);

  /* results so far.  [any] */
  void (*artifact)(struct gamut_call *, const struct gamut_artifact *);
  void (*progress)(struct gamut_call *, int32_t permille, const char *note);
  void (*queue)(struct gamut_call *, int32_t position); /* 0: next */
  /* What the vendor counted, and what that cost; -1: by the catalog, where the
   * unit is that of the model's price ("image", "second"), or "unit" for
   * whatever it is billed by. */
  void (*usage)(struct gamut_call *, const char *unit, double amount,
                int64_t cost_microusd);
  /* A fact for the result: "seed", "request_id", "revised_prompt"; where a
   * cache of the vendor's has answered "cache_hit" ("true") and
   * "cost_avoided_usd" (what that saved, a decimal number; its cost is told by
   * usage()).  "vendor_job" is the vendor's id of the job, by which deliveries
   * of its webhooks name it, when that is not the request_id. */
  void (*fact)(struct gamut_call *, const char *name, const char *value);
  int32_t (*cancelled)(struct gamut_call *);

  /* configuration, resolved and checked; secrets are not readable, config_int()
   * says of one whether it is set (1) or not (0).  [any] */
  const char *(*config_str)(struct gamut_call *, const char *key);
  int64_t (*config_int)(struct gamut_call *, const char *key);
  double (*config_real)(struct gamut_call *, const char *key);

  /* Reading JSON: a path is keys and indexes joined by '/'; "" is the node
   * itself; a missing node or wrong type gives the fallback.  [any] */
  const struct gamut_json *(*json_get)(const struct gamut_json *,
                                       const char *path);
  const char *(*json_str)(const struct gamut_json *, const char *path,
                          const char *fallback);
  int64_t (*json_int)(const struct gamut_json *, const char *path,
                      int64_t fallback);
  double (*json_real)(const struct gamut_json *, const char *path,
                      double fallback);
  uint32_t (*json_count)(const struct gamut_json *, const char *path);
  /* The n-th member of an object (ret_key may be NULL); NULL past the end. */
  const struct gamut_json *(*json_member)(const struct gamut_json *, uint32_t n,
                                          const char **ret_key);
  int32_t (*json_type)(const struct gamut_json *); /* GAMUT_JSON_..., 0: NULL */
  const char *(*json_text)(struct gamut_call *, const struct gamut_json *);

  /* Building JSON: key NULL appends to an array.  [any] */
  struct gamut_json *(*json_object)(struct gamut_call *);
  struct gamut_json *(*json_array)(struct gamut_call *);
  struct gamut_json *(*json_parse)(struct gamut_call *, const char *, size_t);
  void (*json_set)(struct gamut_json *, const char *key,
                   const struct gamut_json *);
  void (*json_set_str)(struct gamut_json *, const char *key, const char *);
  void (*json_set_int)(struct gamut_json *, const char *key, int64_t);
  void (*json_set_real)(struct gamut_json *, const char *key, double);
  void (*json_set_bool)(struct gamut_json *, const char *key, int32_t);
  void (*json_set_input)(struct gamut_json *, const char *key, uint32_t input,
                         int32_t form);

  /* text, encodings, identity.  [any] */
  GAMUT_PRINTF(2, 3)
  const char *(*text)(struct gamut_call *, const char *fmt, ...);
  const char *(*escape)(struct gamut_call *, const char *); /* URL component */
  const char *(*base64)(struct gamut_call *, const void *, size_t);
  const char *(*reply_header)(struct gamut_call *, const char *name);
  /* About input 0..n_inputs-1: "role", "url" (NULL for a file that was not
   * uploaded; of a data: URI what stands before the bytes), "name", "mime",
   * "size" (bytes), "sha256". */
  const char *(*input_info)(struct gamut_call *, uint32_t input,
                            const char *what);
  const char *(*uuid)(struct gamut_call *); /* a replay sees it again */
  const char *(*jwt)(struct gamut_call *, const char *secret_key,
                     const struct gamut_json *claims);
  void (*token)(struct gamut_call *, const char *value, uint32_t ttl_s);
  GAMUT_PRINTF(3, 4)
  void (*log)(struct gamut_call *, int32_t level, const char *fmt, ...);

  const void *(*extension)(const char *id);

  /* What a query (gamut.models/1, gamut.account/1, gamut.webhook/1,
   * gamut.embed/1) found out, in the form that its extension states; copied.
   * Of several answers, in one call or in several, arrays are joined, and
   * objects member by member, so that each page of a list can be handed over as
   * it comes.  [loop] */
  void (*answer)(struct gamut_call *, const struct gamut_json *);
  /* Is the signature right?  0; GAMUT_E_AUTH: no.  When that cannot be told (no
   * such secret is set, no crypto plugin) the call fails as well.  [loop] */
  int32_t (*verify)(struct gamut_call *, const struct gamut_signature *);
  /* The vector of the next text of gamut.embed/1: an array of numbers, or a
   * string, the base64 of 32-bit floats, little-endian.  It is handed on with the
   * length 1.  What is no vector of a direction (empty, all 0, not finite, more
   * than GAMUT_VECTOR_MAX numbers) fails the call as GAMUT_E_PROTOCOL.  [loop] */
  void (*vector)(struct gamut_call *, const struct gamut_json *);
};
#define GAMUT_VECTOR_MAX 8192u

#ifdef __cplusplus
}
#endif
#endif
